"""Connectivity checks are read and answered as another implementation writes and reads them."""

from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from aioice import stun as reference
from hypothesis import given
from hypothesis import strategies as st

from roadshow.rooms.relay.wire import stun
from roadshow.rooms.relay.wire.datagrams import packed

PASSWORD = "a-password-of-22-chars"
names = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/", min_size=4, max_size=256)
addresses = st.tuples(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str), st.integers(0, 65535))


def request(username: str = "ours:theirs", password: str = PASSWORD, **attributes: Any) -> reference.Message:
    message = reference.Message(reference.Method.BINDING, reference.Class.REQUEST)
    message.attributes.update({"USERNAME": username, "PRIORITY": 7, "ICE-CONTROLLING": 1, **attributes})
    message.add_message_integrity(password.encode())
    return message


@given(ours=names, theirs=names.filter(lambda name: len(name) <= 256), password=names, address=addresses)
def test_a_check_is_answered_so_that_the_asker_believes_it(
    ours: str, theirs: str, password: str, address: tuple[str, int]
) -> None:
    message = request(f"{ours}:{theirs}", password)
    check = stun.read(bytes(message))
    if len(bytes(message)) > stun.MAX_CHECK or len(ours) + len(theirs) + 1 > 513:
        assert check is None
        return
    assert check is not None
    assert (check.ufrag, check.transaction, check.conflicts) == (ours, message.transaction_id, False)
    assert check.authentic(password)
    assert not check.authentic(password + "x")
    answered = reference.parse_message(stun.answer(check, password, *address))
    assert answered.message_class == reference.Class.RESPONSE
    assert answered.transaction_id == message.transaction_id
    assert answered.attributes["XOR-MAPPED-ADDRESS"] == address
    assert "FINGERPRINT" in answered.attributes
    assert answered.check_message_integrity(password.encode())


def test_two_controlled_sides_are_told_of_their_conflict() -> None:
    message = request()
    del message.attributes["ICE-CONTROLLING"]
    message.attributes["ICE-CONTROLLED"] = 1
    message.add_message_integrity(PASSWORD.encode())
    check = stun.read(bytes(message))
    assert check is not None
    assert check.conflicts
    answered = reference.parse_message(stun.answer(check, PASSWORD, "192.0.2.1", 5000))
    assert (answered.message_class, answered.error_code) == (reference.Class.ERROR, 487)
    assert answered.check_message_integrity(PASSWORD.encode())


@given(ours=names, theirs=names, password=names, transaction=st.binary(min_size=12, max_size=12))
def test_a_request_of_ours_is_what_a_controlling_agent_answers(
    ours: str, theirs: str, password: str, transaction: bytes
) -> None:
    asked = reference.parse_message(stun.request(transaction, f"{theirs}:{ours}", password, b"\1" * 8))
    assert asked.message_class is reference.Class.REQUEST
    assert asked.transaction_id == transaction
    assert asked.check_message_integrity(password.encode())
    assert set(asked.attributes) == {"USERNAME", "PRIORITY", "ICE-CONTROLLED", "MESSAGE-INTEGRITY", "FINGERPRINT"}
    assert asked.attributes["USERNAME"] == f"{theirs}:{ours}"


@pytest.mark.parametrize("kind", [reference.Class.RESPONSE, reference.Class.ERROR])
def test_an_answer_to_ours_is_known_by_its_transaction_and_its_password(kind: reference.Class) -> None:
    """Also one that is an error, as long as it is signed: it came back just the same."""
    message = reference.Message(reference.Method.BINDING, kind, b"t" * 12)
    if kind is reference.Class.ERROR:
        message.attributes["ERROR-CODE"] = (487, "Role Conflict")
    else:
        message.attributes["XOR-MAPPED-ADDRESS"] = ("192.0.2.1", 5000)
    assert stun.read_reply(bytes(message)) is None, "it is not signed"
    message.add_message_integrity(PASSWORD.encode())
    reply = stun.read_reply(bytes(message))
    assert reply is not None
    assert reply.transaction == b"t" * 12
    assert reply.authentic(PASSWORD)
    assert not reply.authentic(PASSWORD + "x")
    assert stun.read(bytes(message)) is None
    assert stun.read_reply(bytes(request())) is None


@given(st.binary(max_size=100), st.integers(0, 25))
def test_any_bytes_are_an_answer_or_none(body: bytes, cut: int) -> None:
    size = len(body) - len(body) % 4
    message = b"\1\1" + size.to_bytes(2, "big") + bytes.fromhex("2112a442") + bytes(12) + body[:size]
    stun.read_reply(message)
    stun.read_reply(message[:cut])


@given(st.data())
def test_no_changed_bit_goes_unnoticed(data: st.DataObject) -> None:
    """Whatever is changed of the check or its fingerprint, it is no longer read, or no longer authentic."""
    whole = bytearray(bytes(request()))
    at = data.draw(st.integers(0, len(whole) - 5).map(lambda at: at if at < len(whole) - 8 else at + 4))
    whole[at] ^= 1 << data.draw(st.integers(0, 7))
    check = stun.read(bytes(whole))
    assert check is None or not check.authentic(PASSWORD)


@given(st.integers(0, 200))
def test_a_check_cut_short_is_none(size: int) -> None:
    whole = bytes(request())
    assert stun.read(whole[: min(size, len(whole) - 1)]) is None


def signed(body: bytes, after: bytes = b"") -> bytes:
    """A request with these attributes before a true MESSAGE-INTEGRITY, and others behind it, without a fingerprint."""
    head = b"\0\1" + len(body).to_bytes(2, "big") + bytes.fromhex("2112a442") + bytes(12)
    digest = reference.message_integrity(head + body, PASSWORD.encode())
    message = head + body + b"\0\x08\0\x14" + digest + after
    return message[:2] + (len(message) - 20).to_bytes(2, "big") + message[4:]


NAME = b"\0\x06\0\x08ours:abc"
OTHER = b"\0\x06\0\x08them:abc"
CONTROLLED = b"\x80\x29\0\x08" + bytes(8)


def test_the_first_name_counts_and_nothing_behind_the_signature() -> None:
    check = stun.read(signed(NAME + OTHER, after=CONTROLLED + OTHER))
    assert check is not None
    assert check.authentic(PASSWORD)
    assert (check.ufrag, check.conflicts) == ("ours", False)


@pytest.mark.parametrize(
    "data",
    [
        signed(b""),
        signed(CONTROLLED),
        NAME,
        signed(b"\0\x06\0\x09ours:abc"),
        signed(NAME, after=b"\x80\x28\0\x04" + bytes(4)),
        signed(NAME, after=b"\x80\x28\0\x08" + bytes(8)),
        signed(b"\0\x06\0\x04\xd0\xb9:x"),
        signed(NAME)[:-4],
        b"\1" + signed(NAME)[1:],
        signed(NAME).replace(bytes.fromhex("2112a442"), bytes(4)),
        signed(NAME + b"\x7f\xff\0\0" * 200),
    ],
)
def test_what_is_no_check_is_not_read(data: bytes) -> None:
    assert stun.read(data) is None


@given(st.ip_addresses(), st.sampled_from(["", "%lo", "%2"]))
def test_an_address_is_packed_as_the_library_has_it(address: IPv4Address | IPv6Address, scope: str) -> None:
    """As a socket gives it, with the interface behind one that is an interface's own."""
    assert packed(f"{address}{scope if address.version == 6 else ''}") == address.packed
