"""The reader in C does what Python does: the same is absorbed with the same sums, the same is handed on."""

import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from aioice import stun as reference
from hypothesis import given, settings
from hypothesis import strategies as st
from pylibsrtp import Error, Policy, Session

from roadshow.rooms.relay.egress.native import NoNative
from roadshow.rooms.relay.egress.native.fan import Fan
from roadshow.rooms.relay.transport.arrival import Arrival
from roadshow.rooms.relay.transport.dtls import RTCP_LABELS, session_keys
from roadshow.rooms.relay.transport.native.reader import Limits, NativeIntake, NativePeer, NativeReader
from roadshow.rooms.relay.transport.ration import Ration
from roadshow.rooms.relay.transport.transactions import MAX_TRANSACTIONS, REMEMBERED_MS, Transactions
from roadshow.rooms.relay.wire import feedback, rtcp, stun
from roadshow.rooms.relay.wire.datagrams import MAX_DATAGRAM
from roadshow.rooms.relay.wire.feedback import Feedback
from tests.fuzz import packets
from tests.fuzz.handshakes import stun as stun_of

KEY, SALT = bytes(range(16)), bytes(range(100, 112))
LIMITS = Limits(checks=20, feedback=30, streams=4)
NAME, PASSWORD = "ours", "a-password-of-22-chars"
ELSEWHERE = ("127.0.0.2", 9)


def policy(kind: int) -> Policy:
    return Policy(key=KEY + SALT, ssrc_type=kind, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM)


def native() -> NativeReader:
    try:
        return NativeReader(LIMITS)
    except NoNative as why:
        pytest.skip(str(why))


class Desk:
    """A reader with one peer, whose checks are answered over a socket of ours."""

    def __init__(self, sock: socket.socket, reader: NativeReader) -> None:
        self.now = 1_000_000
        self.handed: list[bytes] = []
        self.acted: list[bytes] = []
        self.refused = 0
        self.peer: NativePeer = reader.peer()
        self.peer.keys(*session_keys(KEY, SALT, RTCP_LABELS))
        self.peer.named((NAME, PASSWORD))
        self.intake = NativeIntake(reader, sock, self, Arrival(), lambda: self.now)

    def received(self, data: bytes, address: Any) -> None:
        self.handed.append(data)

    def acts(self, tag: int, plain: bytes, now: int) -> None:
        assert (tag, now) == (self.peer.tag, self.now)
        self.acted.append(plain)

    def tell(self, refused: int, dropped: int) -> None:
        assert not dropped
        self.refused += refused


@contextmanager
def desk() -> Iterator[tuple[Desk, socket.socket]]:
    """And the peer's own socket, which the reader knows."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as theirs,
    ):
        ours.bind(("127.0.0.1", 0))
        theirs.bind(("127.0.0.1", 0))
        theirs.setblocking(False)
        made = Desk(ours, native())
        made.peer.at(theirs.getsockname())
        yield made, theirs


seeds = st.integers(0, 2**64)


def compound(dice: random.Random) -> bytes:
    """A viewer's RTCP, true or anything but."""
    data = packets.rtcp(dice, range(6), (10, 11, 0xFFFF))
    for _ in range(dice.randrange(3)):
        body = dice.randbytes(4 * dice.choice((0, 1, 2, 3, 10, 200)))
        data += dice.choice((
            rtcp._packet(205, 15, body),
            rtcp._packet(206, 15, bytes(8) + b"REMB" + bytes((1, dice.randrange(256))) + dice.randbytes(2)),
            rtcp.bandwidth_limit(1, dice.choice((5, 500_000)), []),
        ))  # fmt: skip
    return data[:1340]


def as_python(data: bytes, told: Feedback, now: int) -> list[rtcp.Part]:
    """What calls for an act; the rest is kept."""
    return [each for each in rtcp.parse(data) if not told.takes(each, now)]


def acts_in(plain: bytes) -> list[rtcp.Part]:
    news = Feedback()
    return [each for each in rtcp.parse(plain) if not news.takes(each, 0)]


def harmless(parts: list[rtcp.Part]) -> list[rtcp.Part]:
    """Viewers' sender reports are news to nobody, nor is transport-wide feedback where no line is measured."""
    return [each for each in parts if not isinstance(each, rtcp.SenderReport | rtcp.TransportWide)]


@settings(deadline=None)
@given(seeds)
def test_whatever_compound_packets_say_both_keep_the_same_and_hand_on_the_same(seed: int) -> None:
    """Each part is hostile, though it is authentic: a viewer is anybody."""
    dice = random.Random(seed)
    peer, told, counted = native().peer(), Feedback(), Feedback()
    peer.keys(*session_keys(KEY, SALT, RTCP_LABELS))
    sender, receiver = Session(policy(Policy.SSRC_ANY_OUTBOUND)), Session(policy(Policy.SSRC_ANY_INBOUND))
    now = 0
    for number in range(dice.randrange(40)):
        now += dice.randrange(300)
        plain = b"\x80\xc9\0\1" + (number % LIMITS.streams).to_bytes(4, "big") + compound(dice)
        sealed = sender.protect_rtcp(plain)
        assert receiver.unprotect_rtcp(sealed) == plain
        asked = as_python(plain, told, now)
        found = peer.control(sealed, now)
        assert found is not None
        assert found in (b"", plain)
        assert harmless(acts_in(found)) == harmless(asked)
    peer.news(counted)
    assert counted == told
    again = Feedback()
    peer.news(again)
    assert again == Feedback()


def test_a_viewer_stirs_where_it_loses_and_not_where_it_only_reports() -> None:
    """One that is calm is not looked at for a while, so whatever could change what it gets must be noticed here."""
    reader = native()
    peer, fan = reader.peer(), Fan()
    assert not peer.rest(), "nobody measures its line"
    peer.keys(*session_keys(KEY, SALT, RTCP_LABELS))
    line = fan.line(fan.peer(KEY, SALT))
    peer.measure(line)
    sender = Session(policy(Policy.SSRC_ANY_OUTBOUND))

    def stirs(*parts: bytes) -> bool:
        assert peer.control(sender.protect_rtcp(b"".join(parts)), 0) == b""
        return peer.stirs()

    def reported(fraction: int, lost: int) -> bytes:
        return rtcp.receiver_report(1, [rtcp.ReportBlock(7, fraction, lost, 100, 5, 0, 0)])

    for _ in range(3):
        line.depart(1000, 1000)
    came = rtcp._packet(205, 15, bytes(8) + b"\0\0\0\x01" + b"\0\0\x10\0" + b"\x20\x01\x04\0")
    assert not stirs(reported(1, 40)), "it does not rest"
    assert peer.rest()
    assert not stirs(reported(0, 41), came)
    assert stirs(reported(1, 42))
    assert not stirs(reported(1, 43)), "it was said"
    peer.news(Feedback())
    assert peer.rest()
    assert not peer.stirs(), "it was looked at, which is no news"
    assert stirs(rtcp._packet(205, 15, bytes(8) + b"\0\x01\0\x01" + b"\0\0\x10\0" + b"\0\x01\0\0"))


@settings(deadline=None, max_examples=50)
@given(seeds)
def test_what_is_not_authentic_or_was_seen_before_is_refused(seed: int) -> None:
    """Out of order, repeated, damaged, of too many streams; within the 128 indices that libsrtp remembers, too."""
    dice = random.Random(seed)
    sender = Session(policy(Policy.SSRC_ANY_OUTBOUND))
    made = {
        (ssrc, index): sender.protect_rtcp(rtcp.receiver_report(ssrc, []))
        for ssrc in range(6)
        for index in range(1, 301)
    }
    at, order = dict.fromkeys(range(6), 1), []
    for _ in range(dice.randrange(100)):
        ssrc = dice.randrange(6)
        at[ssrc] = min(
            300, max(1, at[ssrc] + dice.choice((1, 1, 2, 5, 63, 64, 65, 127, 128, 129, -1, -3, -64, -127, -128)))
        )
        order.append((ssrc, at[ssrc]))
    peer = native().peer()
    seen: set[tuple[int, int]] = set()
    started: dict[int, int] = {}
    peer.keys(*session_keys(KEY, SALT, RTCP_LABELS))
    for ssrc, index in order:
        data = bytearray(made[ssrc, index])
        if dice.randrange(8) == 0:
            data[dice.randrange(len(data))] ^= dice.randrange(256)
        found = peer.control(bytes(data), 0)
        highest = started.get(ssrc, -1)
        whole = bytes(data) == made[ssrc, index]
        known = ssrc in started or len(started) < LIMITS.streams
        expected = whole and known and (ssrc, index) not in seen and index > highest - 128
        assert (found is not None) == expected
        if expected:
            seen.add((ssrc, index))
            started[ssrc] = max(highest, index)


def test_feedback_that_is_authentic_and_not_encrypted_is_read() -> None:
    """RFC 3711 leaves encryption of SRTCP to the sender, by the E bit; libsrtp takes it, so C does."""
    reader, told = native(), Feedback()
    peer = reader.peer()
    key, salt = session_keys(KEY, SALT, RTCP_LABELS)
    peer.keys(key, salt)
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    plain, index = rtcp.receiver_report(7, [rtcp.ReportBlock(9, 1, 2, 3, 4, 5, 6)]), (5).to_bytes(4, "big")
    iv = bytes(a ^ b for a, b in zip(bytes(2) + plain[4:8] + bytes(2) + index, salt, strict=True))
    sealed = plain + AESGCM(key).encrypt(iv, b"", plain + index) + index
    assert Session(policy(Policy.SSRC_ANY_INBOUND)).unprotect_rtcp(sealed) == plain
    assert peer.control(sealed, 1) == b""
    peer.news(told)
    assert list(told.reports) == [9]
    with pytest.raises(Error):
        Session(policy(Policy.SSRC_ANY_INBOUND)).unprotect_rtcp(plain + bytes(16) + index)
    assert peer.control(plain + bytes(16) + (6).to_bytes(4, "big"), 1) is None


@pytest.mark.parametrize("size", [0, 1, 2, 7, 8, 20, 27, 28, 29, 1500, 1501, 2000])
def test_no_length_is_taken_for_granted(size: int) -> None:
    peer = native().peer()
    peer.keys(KEY, SALT)
    assert peer.control(bytes(size), 0) is None


def check(dice: random.Random) -> bytes:
    """A request: true, under other names, with another key, damaged."""
    name = dice.choice((NAME, f"{NAME}:theirs", f"{NAME}:theirs", "others:theirs", NAME + "x", "", ":", "\xf6urs:x"))
    return stun_of(dice, name.encode(), dice.choice((PASSWORD, PASSWORD, PASSWORD, "guess")).encode())


class AsPython:
    """What ``Sessions`` and ``Peer`` do with a check of a peer that is where it was proved to be."""

    def __init__(self, transactions: Any) -> None:
        self.ration = Ration(LIMITS.checks)
        self.transactions = transactions

    def answer(self, data: bytes, address: tuple[str, int], now: int) -> bytes | None:
        """None: handed on; empty: refused."""
        check = stun.read(data) if data and data[0] == 0 else None
        if check is None or check.ufrag != NAME:
            return None
        if (
            not self.ration.take(now)
            or not check.authentic(PASSWORD)
            or not self.transactions.admit(check.transaction, address, now)
        ):
            return b""
        return stun.answer(check, PASSWORD, *address)


@settings(deadline=None)
@given(seeds)
def test_checks_are_answered_refused_and_handed_on_alike(seed: int) -> None:
    """To the byte: both speak for the same peer."""
    dice = random.Random(seed)
    with desk() as (made, theirs):
        address = theirs.getsockname()
        python, checked, former = AsPython(Transactions()), 0, [b"\0\0"]
        for _ in range(40):
            made.now += dice.choice((0, 0, 1, 50, 900, REMEMBERED_MS))
            data = check(dice) if dice.randrange(4) else dice.choice(former)
            former.append(data)
            if not 1 < len(data) <= MAX_DATAGRAM or data[0]:
                continue
            expected = python.answer(data, address, made.now)
            handed, refused = len(made.handed), made.refused
            made.intake.offer(data, address)
            assert (len(made.handed) > handed, made.refused > refused) == (expected is None, expected == b"")
            if expected:
                assert theirs.recv(2048) == expected
                checked += len(data)
            else:
                with pytest.raises(BlockingIOError):
                    theirs.recv(2048)
        life = made.peer.life()
        assert (life.octets if life else 0) == checked


def test_an_id_seen_here_counts_from_nowhere_else_and_one_seen_elsewhere_not_here() -> None:
    """Whoever overheard a check must not have it counted from an address of their choice, whichever part read it."""
    with desk() as (made, theirs):
        message = reference.Message(reference.Method.BINDING, reference.Class.REQUEST, b"a" * 12)
        message.attributes["USERNAME"] = f"{NAME}:x"
        message.add_message_integrity(PASSWORD.encode())
        made.intake.offer(bytes(message), theirs.getsockname())
        assert made.refused == 0
        assert not made.peer.admit(b"a" * 12, ELSEWHERE, made.now)
        assert made.peer.admit(b"b" * 12, ELSEWHERE, made.now)
        message = reference.Message(reference.Method.BINDING, reference.Class.REQUEST, b"b" * 12)
        message.attributes["USERNAME"] = f"{NAME}:x"
        message.add_message_integrity(PASSWORD.encode())
        made.intake.offer(bytes(message), theirs.getsockname())
        assert made.refused == 1


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 2), st.sampled_from((0, 20, REMEMBERED_MS))), max_size=80)
)
def test_ids_are_remembered_alike(drawn: list[tuple[int, int, int]]) -> None:
    peer, python, now = native().peer(), Transactions(), 0
    for number, host, later in drawn:
        now += later
        for ident in range(number, number + 30):
            given_ = (ident.to_bytes(12, "big"), (f"10.0.0.{host}", 5), now)
            assert peer.admit(*given_) == python.admit(*given_)


def test_no_more_ids_are_remembered_than_are_paid_for() -> None:
    peer = native().peer()
    admitted = [peer.admit(number.to_bytes(12, "big"), ELSEWHERE, 0) for number in range(MAX_TRANSACTIONS + 5)]
    assert admitted == [True] * MAX_TRANSACTIONS + [False] * 5
    assert peer.admit(bytes(12), ELSEWHERE, REMEMBERED_MS + 1)


def test_feedback_beyond_the_ration_is_not_even_decrypted() -> None:
    with desk() as (made, theirs):
        sender = Session(policy(Policy.SSRC_ANY_OUTBOUND))
        for _ in range(LIMITS.feedback + 5):
            made.intake.offer(sender.protect_rtcp(rtcp.picture_loss(1, 2)), theirs.getsockname())
        assert len(made.acted) == LIMITS.feedback
        life = made.peer.life()
        assert life is not None
        assert (life.rejected, life.heard_at) == (5, made.now)
        made.now += 1000
        made.intake.offer(sender.protect_rtcp(rtcp.picture_loss(1, 2)), theirs.getsockname())
        assert len(made.acted) == LIMITS.feedback + 1


@settings(deadline=None)
@given(st.binary(min_size=2, max_size=60), st.booleans())
def test_whatever_is_not_a_peers_check_or_feedback_is_handed_on_as_it_came(data: bytes, known: bool) -> None:
    with desk() as (made, theirs):
        made.intake.offer(data, theirs.getsockname() if known else ELSEWHERE)
        feedback_ = known and 128 <= data[0] < 192 and 192 <= data[1] < 224
        assert made.handed == ([] if feedback_ else [data])


class Tags:
    """Notes whose feedback called for an act."""

    def __init__(self) -> None:
        self.acted: list[int] = []

    def received(self, data: bytes, address: Any) -> None: ...
    def tell(self, refused: int, dropped: int) -> None: ...
    def acts(self, tag: int, plain: bytes, now: int) -> None:
        self.acted.append(tag)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12)), max_size=300))
def test_each_address_is_at_most_one_peers(moves: list[tuple[int, int]]) -> None:
    """The last that was placed there. Hundreds of peers come, move and go."""
    reader = native()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        peers = [reader.peer() for _ in range(10)]
        tags = Tags()
        intake = NativeIntake(reader, sock, tags, Arrival(), lambda: 5)
        where: dict[int, int] = {}
        sender = Session(policy(Policy.SSRC_ANY_OUTBOUND))
        for peer in peers:
            peer.keys(*session_keys(KEY, SALT, RTCP_LABELS))
        for number, place in moves:
            if place == 12:
                reader_lost = peers[number]
                peers[number] = reader.peer()
                peers[number].keys(*session_keys(KEY, SALT, RTCP_LABELS))
                where = {at: one for at, one in where.items() if one != number}
                del reader_lost
                continue
            peers[number].at(None)
            peers[number].at((f"10.0.0.{place}", 7))
            where = {at: one for at, one in where.items() if one != number} | {place: number}
        for place, number in where.items():
            tags.acted.clear()
            intake.offer(sender.protect_rtcp(rtcp.picture_loss(1, 2)), (f"10.0.0.{place}", 7))
            assert tags.acted == [peers[number].tag]


def test_what_python_keeps_is_what_c_has_room_for() -> None:
    lib = native().lib
    assert (lib.READ_REPORTS, lib.READ_ESTIMATES) == (feedback.MAX_STREAMS, feedback.MAX_BANDWIDTHS)
