"""What takes OpenSSL's place after the handshake, held against OpenSSL."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL

from roadshow.rooms.relay.transport.association import MAX_REPEATS, SUITES, Association, Heard, expand
from roadshow.rooms.relay.transport.dtls import PROFILES, Certificate
from roadshow.rooms.relay.transport.flights import MTU

LAST = (b"last", b"flight")


def flights(connection: SSL.Connection) -> list[bytes]:
    sent: list[bytes] = []
    while True:
        try:
            sent.append(connection.bio_read(1500))
        except SSL.WantReadError:
            return sent


def shaken() -> tuple[SSL.Connection, SSL.Connection, list[bytes]]:
    """A server and a client after their handshake, and what the client sent last."""
    server_context = Certificate.generateCertificate()._create_ssl_context(PROFILES)
    client_context = Certificate.generateCertificate()._create_ssl_context(PROFILES)
    server, client = SSL.Connection(server_context), SSL.Connection(client_context)
    for one in (server, client):
        one.set_ciphertext_mtu(MTU)
    server.set_accept_state()
    client.set_connect_state()
    last: list[bytes] = []
    for _ in range(6):
        for one, other in ((client, server), (server, client)):
            with contextlib.suppress(SSL.WantReadError):
                one.do_handshake()
            sent = flights(one)
            last = sent if one is client and sent else last
            for data in sent:
                other.bio_write(data)
    assert client.get_cipher_name() == server.get_cipher_name() in SUITES
    return server, client, last


def of(connection: SSL.Connection, server: bool) -> Association:
    master, theirs, ours = connection.master_key(), connection.server_random(), connection.client_random()
    assert master is not None
    assert theirs is not None
    assert ours is not None
    return Association(master, theirs, ours, server, LAST)


@pytest.mark.parametrize("serves", [True, False])
def test_a_goodbye_of_openssls_is_heard(serves: bool) -> None:
    server, client, _ = shaken()
    ours, theirs = (server, client) if serves else (client, server)
    association = of(ours, serves)
    theirs.shutdown()
    [goodbye] = flights(theirs)
    assert association.hear(b"\x16" + goodbye[1:]) is not Heard.GOODBYE
    assert association.hear(goodbye[:-1] + bytes((goodbye[-1] ^ 1,))) is Heard.NOTHING
    assert association.hear(goodbye) is Heard.GOODBYE


@pytest.mark.parametrize("serves", [True, False])
def test_openssl_hears_our_goodbye(serves: bool) -> None:
    server, client, _ = shaken()
    ours, theirs = (server, client) if serves else (client, server)
    theirs.bio_write(of(ours, serves).goodbye())
    with pytest.raises(SSL.ZeroReturnError):
        theirs.recv(100)


def test_a_client_that_repeats_itself_gets_our_last_flight_so_often() -> None:
    server, _, last = shaken()
    association = of(server, True)
    assert last
    assert [association.hear(data) for data in last] == [Heard.REPEAT] * len(last)
    assert [association.last_flight() for _ in range(MAX_REPEATS + 2)] == [LAST] * MAX_REPEATS + [()] * 2


def test_what_a_stranger_can_write_says_nothing() -> None:
    """An alert in the clear, another association's goodbye, application data."""
    server, client, _ = shaken()
    association = of(server, True)
    _, another, _ = shaken()
    another.shutdown()
    client.send(b"data")
    for data in (
        bytes.fromhex("15fefd00000000000000050002") + b"\x01\x00",
        *flights(another),
        *flights(client),
        bytes.fromhex("15fefd00010000000000050002") + b"\x02\x00",
    ):
        assert association.hear(data) is Heard.NOTHING


@given(st.binary(max_size=200), st.integers(0, 255), st.integers(0, 60))
def test_nothing_it_hears_raises(noise: bytes, first: int, size: int) -> None:
    association = Association(bytes(48), bytes(32), bytes(32), False, LAST)
    assert association.hear(bytes((first,)) + noise) is Heard.NOTHING
    record = bytes((21,)) + bytes.fromhex("fefd0001000000000001") + size.to_bytes(2, "big") + noise
    assert association.hear(record) is Heard.NOTHING


def test_the_prf_is_the_standards() -> None:
    """The test vector for SHA-256 that the IETF's TLS list keeps since 2009."""
    secret = bytes.fromhex("9bbe436ba940f017b17652849a71db35")
    seed = bytes.fromhex("a0ba9f936cda311827a6f796ffd5198c")
    begins = bytes.fromhex("e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a")
    assert expand(secret, b"test label", seed, 100)[:32] == begins
