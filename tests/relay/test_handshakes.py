"""Whose DTLS is taken, in both roles; what is told where it is not; and how soon a flight that got lost comes again."""

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL, crypto
from typing_extensions import override

from roadshow.ids import PublisherId
from roadshow.rooms.relay.diagnosis.troubles import Trouble
from roadshow.rooms.relay.transport.dtls import PROFILES, Certificate
from roadshow.rooms.relay.transport.flights import (
    FLIGHT_MS,
    HELLO_MS,
    LONGEST_MS,
    MAX_REPEATS,
    MTU,
    Failure,
    Repeats,
    alert,
    packed,
)
from roadshow.rooms.relay.transport.handshake import Handshake
from roadshow.rooms.relay.transport.identity import is_theirs, kind, strong_enough
from roadshow.rooms.relay.transport.peer import CONNECT_MS
from tests.relay.browser import serving, whip
from tests.relay.certificates import TheirCertificate, keys, self_signed
from tests.relay.light_peer import LightPeer, section
from tests.relay.support import ROOM, Listener, running_relay

PUBLISHED = (section("video", "0", "sendonly", ["VP8"]),)
KEYS = keys()
Lossy = Callable[[bytes], bool]


class End:
    """One end of a way in memory, with a handshake; ``lost`` says which datagrams do not arrive."""

    def __init__(self, connection: SSL.Connection, client: bool, lost: Lossy = lambda data: False) -> None:
        self.sent: list[bytes] = []
        self.heard: list[bytes] = []
        """Came, and is not read yet."""
        self.other: End | None = None
        self._lost = lost
        self.shaking = Handshake(connection, self._send, client)

    def _send(self, data: bytes) -> None:
        self.sent.append(data)
        if self.other is not None and not self._lost(data):
            self.other.heard.append(data)

    def reads(self, now: int) -> None:
        while self.heard and not self.shaking.over:
            self.shaking.heard(self.heard.pop(0), now)


def first(count: int) -> Lossy:
    """So many datagrams are lost, then none."""
    left = iter(range(count))
    return lambda data: next(left, None) is not None


def shaken(
    theirs: SSL.Context, we_serve: bool, ours: Lossy = lambda data: False, other: Lossy = lambda data: False
) -> tuple[Failure | None, SSL.Connection, End]:
    """Our end of a handshake with such a peer, in this role."""
    context = Certificate.generateCertificate()._create_ssl_context(PROFILES)
    here, there = SSL.Connection(context), SSL.Connection(theirs)
    (here.set_accept_state if we_serve else here.set_connect_state)()
    (there.set_connect_state if we_serve else there.set_accept_state)()
    near, far = End(here, not we_serve, ours), End(there, we_serve, other)
    near.other, far.other = far, near
    (far if we_serve else near).shaking.begin(0)
    now = 0
    while not near.shaking.over:
        if near.heard or (far.heard and not far.shaking.over):
            near.reads(now)
            far.reads(now)
            continue
        now += 100  # all is lost or waits
        assert now < CONNECT_MS
        for end in (near, far):
            if not end.shaking.over:
                end.shaking.look(now)
    return near.shaking.failure, here, near


@pytest.mark.parametrize("we_serve", [True, False])
@pytest.mark.parametrize("kind", ["P-256", "P-384", "P-521", "RSA 2048"])
def test_a_certificate_that_proves_something_is_taken(kind: str, we_serve: bool) -> None:
    """Other stacks' defaults: a server of theirs may have RSA, which needs suites of its own."""
    failed, connection, _ = shaken(TheirCertificate(KEYS[kind])._create_ssl_context(PROFILES), we_serve)
    assert failed is None
    assert connection.get_selected_srtp_profile() == b"SRTP_AEAD_AES_128_GCM"


@pytest.mark.parametrize("kind", ["P-224", "RSA 1024"])
def test_a_certificate_that_is_not_taken_is_named(kind: str) -> None:
    """RSA of 1,024 bits can be broken; our OpenSSL has no P-224 in TLS. Whoever runs the encoder must be told."""
    failed, _, _ = shaken(TheirCertificate(KEYS[kind])._create_ssl_context(PROFILES), True)
    assert failed is not None
    assert failed.trouble is Trouble.CERTIFICATE
    assert ("secp224r1" if kind == "P-224" else "1024 bits") in failed.detail


def test_a_server_we_share_no_suite_with_is_named_by_its_alert() -> None:
    theirs = TheirCertificate(KEYS["P-256"])._create_ssl_context(PROFILES)
    theirs.set_cipher_list(b"ECDHE-ECDSA-AES256-GCM-SHA384")
    failed, _, _ = shaken(theirs, we_serve=False)
    assert failed == Failure(Trouble.HANDSHAKE, "got handshake_failure")


def test_a_server_that_asks_for_its_cookie_gets_it() -> None:
    """RFC 6347, section 4.2.1: servers on the open network prove our address first."""
    theirs = TheirCertificate(KEYS["P-256"])._create_ssl_context(PROFILES)
    theirs.set_options(SSL.OP_COOKIE_EXCHANGE)
    theirs.set_cookie_generate_callback(lambda connection: b"cookie")
    theirs.set_cookie_verify_callback(lambda connection, cookie: cookie == b"cookie")
    failed, _, end = shaken(theirs, we_serve=False)
    assert failed is None
    assert sum(data[13] == 1 for data in end.sent) == 2


@pytest.mark.parametrize("we_serve", [True, False])
def test_what_is_lost_of_either_side_comes_again(we_serve: bool) -> None:
    """The other end is as good as ours; so each flight's loss is mended by whoever lost it."""
    theirs = TheirCertificate(KEYS["P-256"])._create_ssl_context(PROFILES)
    failed, _, _ = shaken(theirs, we_serve, first(1), first(1))
    assert failed is None


def test_a_hello_of_today_is_answered_though_it_comes_in_pieces() -> None:
    """Browsers offer DTLS 1.3 with post-quantum key shares of 1.2 KB: more than a datagram holds, and out of order."""
    client = SSL.Connection(TheirCertificate(KEYS["P-256"])._create_ssl_context(PROFILES))
    client.set_connect_state()
    with contextlib.suppress(SSL.WantReadError):
        client.do_handshake()
    server = SSL.Connection(Certificate.generateCertificate()._create_ssl_context(PROFILES))
    server.set_accept_state()
    end = End(server, client=False)
    pieces = list(in_pieces(with_key_shares(client.bio_read(4000)[25:]), 400))
    assert len(pieces) > 3
    for piece in [*pieces[::-1], pieces[0]]:
        end.heard.append(piece)
    end.reads(0)
    assert (end.sent[0][0], end.sent[0][13]) == (22, 2)  # a handshake record: ServerHello
    assert end.sent[0][25:27] == b"\xfe\xfd"  # DTLS 1.2
    assert all(len(data) <= MTU for data in end.sent)


def with_key_shares(hello: bytes) -> bytes:
    """A ClientHello that also offers DTLS 1.3 with X25519MLKEM768 and X25519."""
    at = 34
    at += 1 + hello[at]  # session id
    at += 1 + hello[at]  # cookie
    at += 2 + int.from_bytes(hello[at : at + 2], "big")  # suites
    at += 1 + hello[at]  # compression
    shares = b"".join(group + len(key).to_bytes(2, "big") + key for group, key in
                      ((b"\x11\xec", bytes(1216)), (b"\x00\x1d", bytes(range(32)))))  # fmt: skip
    shares = len(shares).to_bytes(2, "big") + shares
    extensions = hello[at + 2 :] + b"\x00\x33" + len(shares).to_bytes(2, "big") + shares
    extensions += b"\x00\x2b\x00\x05\x04\xfe\xfc\xfe\xfd"
    return hello[:at] + len(extensions).to_bytes(2, "big") + extensions


def in_pieces(hello: bytes, size: int) -> Iterator[bytes]:
    """Records with fragments of a ClientHello (RFC 6347, section 4.2.3)."""
    for number, at in enumerate(range(0, len(hello), size)):
        piece = hello[at : at + size]
        head = b"\x01" + len(hello).to_bytes(3, "big") + b"\0\0" + at.to_bytes(3, "big") + len(piece).to_bytes(3, "big")
        body = head + piece
        yield b"\x16\xfe\xff\0\0" + number.to_bytes(6, "big") + len(body).to_bytes(2, "big") + body


class LateServer(LightPeer):
    """Wants to be the DTLS server, and takes the first ClientHello for the end of ICE, as FFmpeg does."""

    def __init__(self) -> None:
        super().__init__(waits=True)
        self.hellos: list[bytes] = []

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if 19 < data[0] < 64 and not self.hellos:
            self.hellos.append(data)
            return
        if 19 < data[0] < 64:
            self.hellos.append(data)
        super().datagram_received(data, addr)


async def test_a_server_that_listens_late_hears_the_hello_again_at_once() -> None:
    """Not after OpenSSL's second: that repeat would have another record number, ours are the same bytes."""
    peer = LateServer()
    async with running_relay() as relay:
        await peer.connect((await relay.publish(ROOM, PublisherId("a"), False, peer.offer(*PUBLISHED))).sdp)
        peer.vanish()
    assert peer.hellos[0] == peer.hellos[1]


async def test_a_failed_handshake_is_noted_for_whose_it_is() -> None:
    """The control desk and the log tell it; before, only a metric counted it."""
    peer = LightPeer(certificate=TheirCertificate(KEYS["P-224"]))
    async with running_relay() as relay:
        answer = await relay.publish(ROOM, PublisherId("alpha"), False, peer.offer(*PUBLISHED))
        with contextlib.suppress(AssertionError):
            await peer.connect(answer.sdp)
        [entry] = relay.diary.of(ROOM, relay._now())
        assert (entry.who, entry.trouble) == ("alpha", Trouble.CERTIFICATE)
        assert relay.stats().tally.handshakes_failed == 1
        again = LightPeer()
        await again.connect((await relay.publish(ROOM, PublisherId("alpha"), False, again.offer(*PUBLISHED))).sdp)
        await again.check()
        assert relay.diary.of(ROOM, relay._now(), "alpha") == ()
        again.vanish()
        peer.vanish()


async def test_another_certificate_than_offered_is_named() -> None:
    """Somebody in the middle, or an encoder that mixes up its sessions."""
    peer, other = LightPeer(), LightPeer()
    async with running_relay() as relay:
        fingerprint = next(line for line in other.offer().split("\r\n") if "fingerprint" in line)
        offer = "\r\n".join(
            fingerprint if "fingerprint" in line else line for line in peer.offer(*PUBLISHED).split("\r\n")
        )
        answer = await relay.publish(ROOM, PublisherId("alpha"), False, offer)
        await peer.connect(answer.sdp)  # its end is content; ours has looked by then
        [entry] = relay.diary.of(ROOM, relay._now())
        assert (entry.trouble, "fingerprint" in entry.detail) == (Trouble.CERTIFICATE, True)
        peer.vanish()


FFMPEG = """
import sys, av
from fractions import Fraction
with av.open(sys.argv[1], "w", format="whip", options=dict(word.split("=", 1) for word in sys.argv[2:])) as out:
    stream = out.add_stream("libx264", rate=30, options={"tune": "zerolatency", "profile": "baseline"})
    stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
    for number in range(10):
        frame = av.VideoFrame(320, 240, "yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, 30)
        out.mux(stream.encode(frame))
"""
"""Ten pictures by FFmpeg's WHIP muxer, which PyAV brings with GnuTLS. A process of its own: it waits with the
interpreter's lock held."""


@pytest.mark.parametrize("kind", [None, "RSA 2048"])
async def test_ffmpeg_with_gnutls_connects_or_the_reason_is_told(kind: str | None, tmp_path: Path) -> None:
    """Its own certificate is of P-224; with another it publishes, whatever the key."""
    listener = Listener()
    options = {"authorization": "alpha"}
    if kind is not None:
        for name, pem in zip(("cert_file", "key_file"), TheirCertificate(KEYS[kind]).pem(), strict=True):
            (tmp_path / name).write_bytes(pem)
            options[name] = str(tmp_path / name)
    async with running_relay(listener) as relay, serving(relay) as base:
        words = [f"{name}={value}" for name, value in options.items()]
        ffmpeg = await asyncio.create_subprocess_exec(
            sys.executable, "-c", FFMPEG, whip(base), *words, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            async with asyncio.timeout(20):
                status = await ffmpeg.wait()
        finally:
            with contextlib.suppress(ProcessLookupError):
                ffmpeg.kill()
        entries = relay.diary.of(ROOM, relay._now(), "alpha")
    if kind is None:
        assert status != 0
        [entry] = entries
        assert (entry.who, entry.trouble, "secp224r1" in entry.detail) == ("alpha", Trouble.CERTIFICATE, True)
    else:
        assert (status, entries, ("came", "alpha/camera") in listener.events) == (0, (), True)


@given(st.lists(st.integers(0, 3000), max_size=60), st.sampled_from([HELLO_MS, FLIGHT_MS]))
def test_repeats_are_never_early_and_have_an_end(steps: list[int], first_ms: int) -> None:
    """A flight to somebody who never answers: no more datagrams than so many, each later than the last wait."""
    repeats, now, sent = Repeats(), 0, [0]
    repeats.began(now, first_ms)
    for step in steps:
        now += step
        if repeats.take(now):
            sent.append(now)
    assert len(sent) - 1 <= MAX_REPEATS
    waits = [later - earlier for earlier, later in pairwise(sent)]
    assert all(wait >= min(first_ms << number, LONGEST_MS) for number, wait in enumerate(waits))


def test_the_time_to_connect_is_covered() -> None:
    """Who listens at any moment of it hears us within the longest wait."""
    repeats, now = Repeats(), 0
    repeats.began(now, HELLO_MS)
    while repeats.due is not None:
        now = repeats.due
        assert repeats.take(now)
    assert now >= CONNECT_MS


def record(kind: int, body: bytes, epoch: int = 0) -> bytes:
    return bytes((kind,)) + b"\xfe\xfd" + epoch.to_bytes(2, "big") + bytes(6) + len(body).to_bytes(2, "big") + body


@given(st.lists(st.integers(0, 1500), max_size=12))
def test_flights_are_cut_between_records(sizes: list[int]) -> None:
    """A record in two datagrams is lost."""
    records = [record(22, bytes(size)) for size in sizes]
    made = packed(b"".join(records))
    assert b"".join(made) == b"".join(records)
    for data in made:
        at, whole = 0, 0
        while at < len(data):
            end = at + 13 + int.from_bytes(data[at + 11 : at + 13], "big")
            assert data[at:end] in records
            at, whole = end, whole + 1
        assert whole == 1 or len(data) <= MTU


@given(st.lists(st.binary(max_size=60), max_size=4))
def test_alerts_are_looked_for_in_anything(datagrams: list[bytes]) -> None:
    assert isinstance(alert(datagrams), str)
    assert alert([*[data for data in datagrams if not alert([data])], record(21, b"\x02\x2a")]) == "bad_certificate"


def test_what_is_encrypted_is_no_alert_we_could_read() -> None:
    assert alert([record(22, b"\x02\x28"), record(21, b"\x02\x28", epoch=1), record(21, b"\x02")]) == ""


SHA_256, SHA_384, SHA_512 = "AA:01", "BB:02", "CC:03"
DIGESTS = {"sha256": SHA_256, "sha384": SHA_384, "sha512": SHA_512}


@pytest.mark.parametrize(
    ("offered", "taken"),
    [
        ([("sha-256", SHA_256)], True),
        ([("sha-384", SHA_384)], True),
        ([("sha-512", SHA_512)], True),
        ([("SHA-256", SHA_256.lower())], True),
        ([("sha-256", "00:00"), ("sha-256", SHA_256)], True),  # two certificates, one of which is shown
        ([("sha-512", "00:00"), ("sha-256", SHA_256)], False),  # the stronger one is believed
        ([("sha-1", "00:00"), ("sha-256", SHA_256)], True),
        ([("sha-1", SHA_256)], False),
        ([("md5", SHA_256), ("sha-3", SHA_256)], False),
        ([("sha-256", SHA_384)], False),
        ([], False),
    ],
)
def test_fingerprints_are_compared_as_the_standard_has_it(offered: list[tuple[str, str]], taken: bool) -> None:
    """RFC 8122, section 5: any certificate of those offered, by the most preferred hash function among them."""
    assert is_theirs(offered, DIGESTS.__getitem__) is taken


def test_a_certificate_whose_key_is_none_is_refused_like_any_other() -> None:
    """OpenSSL asks of it as of a key that is too small, and to look at the key raises: the fuzz found a handshake that
    ended in a traceback."""
    key = ec.generate_private_key(ec.SECP256R1())
    der = self_signed(key).public_bytes(Encoding.DER)
    point = key.public_key().public_numbers().x.to_bytes(32)
    broken = der.replace(b"\x04" + point, b"\x05" + point)
    assert broken != der
    certificate = crypto.load_certificate(crypto.FILETYPE_ASN1, broken)
    connection = SSL.Connection(Certificate.generateCertificate()._create_ssl_context(PROFILES))
    assert strong_enough(connection, certificate, 66, 0, 0) is False
    assert kind(connection) == "unreadable"
