"""What leaves the relay, native or not: every viewer gets its own numbers, decryptable under its own key."""

import _ctypes
import ctypes
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pylibsrtp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pylibsrtp import Policy

from roadshow.rooms.relay.config import MediaPath
from roadshow.rooms.relay.egress.egress import Crowd, Egress, Target
from roadshow.rooms.relay.egress.native import load
from roadshow.rooms.relay.egress.native.fan import Fan
from roadshow.rooms.relay.egress.outgoing import NO_SHIFT, Outgoing, Shift, padded, shifted
from roadshow.rooms.relay.last_mile.estimate.told import Fate, ident_of
from roadshow.rooms.relay.transport.dtls import session_keys
from roadshow.rooms.relay.wire.datagrams import MAX_DATAGRAM
from roadshow.rooms.relay.wire.rtp import HEADER, Packet, parse

STREAM, LANE, SSRC = 9, 0, 0xABCD


def policy(master: bytes, direction: int) -> Policy:
    made = Policy(key=master, ssrc_type=direction, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_128_GCM)
    made.allow_repeat_tx = True
    made.window_size = 1024
    return made


@dataclass
class Viewer:
    """A receiver with a socket, the key to what it gets, and the target by which the egress knows it."""

    target: Target
    inbound: pylibsrtp.Session
    socket: socket.socket

    def received(self) -> list[Packet]:
        """All that came so far, decrypted."""
        packets: list[Packet] = []
        while True:
            try:
                data = self.socket.recv(2048)
            except BlockingIOError:
                return packets
            packet = parse(self.inbound.unprotect(data))
            assert packet is not None
            packets.append(packet)


class Hall:
    """An egress with viewers on loopback."""

    def __init__(self, path: MediaPath, workers: int = 0, family: int = socket.AF_INET) -> None:
        self.egress = Egress(Fan(workers) if path is MediaPath.NATIVE else None)
        self.family = family
        self.host = "127.0.0.1" if family == socket.AF_INET else "::1"
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((self.host, 0))
        self.socket.setblocking(False)
        self.egress.open(self.socket)
        self.crowd: Crowd = self.egress.crowd()
        self.sockets = [self.socket]
        self.viewers: list[Viewer] = []

    def viewer(self, shift: Shift = NO_SHIFT, roc: int = 0, stream: int = STREAM, gcm: bool = True) -> Viewer:
        master = secrets.token_bytes(28)
        keys = session_keys(master[:16], master[16:])
        outbound = pylibsrtp.Session(policy(master, Policy.SSRC_ANY_OUTBOUND))
        sock = self.open()
        viewer = Viewer(
            Target(outbound, keys if gcm else None, sock.getsockname()),
            pylibsrtp.Session(policy(master, Policy.SSRC_ANY_INBOUND)),
            sock,
        )
        self.viewers.append(viewer)
        self.crowd.add(viewer.target)
        self.crowd.take(viewer.target, LANE, stream, shift, roc)
        return viewer

    def open(self) -> socket.socket:
        sock = socket.socket(self.family, socket.SOCK_DGRAM)
        sock.bind((self.host, 0))
        sock.setblocking(False)
        self.sockets.append(sock)
        return sock

    def close(self) -> None:
        self.egress.close()
        for sock in self.sockets:
            sock.close()


@pytest.fixture
def hall(media_path: MediaPath) -> Iterator[Hall]:
    made = Hall(media_path)
    yield made
    made.close()


def packet(
    number: int, payload: bytes = b"payload", stream: int = STREAM, lane: int = LANE, timestamp: int = 0
) -> Outgoing:
    head = HEADER.pack(0x80, 96, number & 0xFFFF, timestamp, SSRC)
    return Outgoing(head + payload, len(head), number, stream, lane, True, False)


def vp8(number: int, picture: int, tl0: int, body: bytes = b"picture") -> Outgoing:
    descriptor = bytes((0x90, 0xC0)) + (0x8000 | picture).to_bytes(2, "big") + bytes((tl0,))
    made = packet(number, descriptor + body)
    made.picture_at, made.tl0_at = 14, 16
    return made


def numbered(number: int, body: bytes = b"payload", stream: int = STREAM) -> Outgoing:
    """With a place for a transport-wide number, as the header extension 5."""
    head = HEADER.pack(0x90, 96, number & 0xFFFF, 0, SSRC) + b"\xbe\xde\0\x01\x51\0\0\0"
    made = Outgoing(head + body, len(head), number, stream, LANE, True, False)
    made.wide_at = 17
    return made


def wide(packets: list[Packet]) -> list[int]:
    return [int.from_bytes(each.extension(5) or b"", "big") for each in packets]


def test_each_viewer_has_its_own_transport_wide_numbers(hall: Hall) -> None:
    """Counted over all it gets, whatever the lane or the shift; who has no line gets the place as it is."""
    usual, late, gcmless, without = hall.viewer(), hall.viewer(Shift(number=7)), hall.viewer(gcm=False), hall.viewer()
    for viewer in (usual, gcmless):
        hall.crowd.measure(viewer.target)
    hall.egress.send(hall.crowd, [numbered(1), packet(2), numbered(3)])
    hall.crowd.measure(late.target)
    hall.egress.send_to(usual.target, [numbered(4)])
    hall.egress.send(hall.crowd, [padded(numbered(5), 9)])
    hall.egress.send_one(usual.target, numbered(6).data, 20, 0, wide_at=17)
    assert wide(usual.received()) == [0, 0, 1, 2, 3, 4]
    assert wide(gcmless.received()) == [0, 0, 1, 2]
    assert wide(late.received()) == [0, 0, 0, 0]
    assert wide(without.received()) == [0, 0, 0, 0]
    line = usual.target.line
    assert line is not None
    assert line.told.departed == 5
    assert [line.fate(ident_of(SSRC, number)) for number in (1, 3, 4, 5, 6)] == [Fate.ON_ITS_WAY] * 5
    assert line.fate(ident_of(SSRC, 2)) is Fate.UNKNOWN, "it has no number"
    assert line.acknowledge(bytes(8) + b"\0\0\0\x05" + b"\0\0\x10\0" + b"\x20\x05" + bytes(5)) is not None
    assert line.told.octets == 5 * len(numbered(1).data) + 9 + 5 * 16


def test_everybody_gets_the_burst_in_order(hall: Hall) -> None:
    viewers = [hall.viewer() for _ in range(5)]
    burst = [packet(100 + n, bytes([n]) * size) for n, size in enumerate([900, 900, 900, 400, 60, 900, 60])]
    hall.egress.send(hall.crowd, burst)
    for viewer in viewers:
        got = viewer.received()
        assert [each.sequence for each in got] == [100 + n for n in range(7)]
        assert [each.payload for each in got] == [each.data[12:] for each in burst]
    assert hall.egress.sent.packets == 35
    assert hall.egress.sent.octets > 5 * sum(len(each.data) for each in burst) - 1
    assert hall.egress.sent.dropped == 0


def test_a_burst_is_fewer_calls_where_the_kernel_cuts_it(media_path: MediaPath, hall: Hall) -> None:
    hall.viewer()
    hall.egress.send(hall.crowd, [packet(n, bytes(500)) for n in range(10)])
    assert hall.egress.sent.packets == 10
    assert hall.egress.sent.calls == (1 if media_path is MediaPath.NATIVE and hall.egress.gso else 10)


def test_a_burst_may_be_more_than_one_call_takes(hall: Hall) -> None:
    """A key frame of 90 large packets: more segments and more bytes than the kernel cuts at once."""
    viewer = hall.viewer()
    hall.egress.send(hall.crowd, [packet(n, bytes(1200)) for n in range(90)])
    assert [each.sequence for each in viewer.received()] == list(range(90))


def test_each_gets_only_what_it_takes(hall: Hall) -> None:
    first, second, none = hall.viewer(), hall.viewer(stream=77), hall.viewer(stream=0)
    hall.egress.send(hall.crowd, [packet(1), packet(50, stream=77), packet(2)])
    assert [each.sequence for each in first.received()] == [1, 2]
    assert [each.sequence for each in second.received()] == [50]
    assert none.received() == []


def test_a_shifted_viewer_has_its_own_numbers(hall: Hall) -> None:
    plain, ahead = hall.viewer(), hall.viewer(Shift(number=1000, timestamp=0xFFFFFFFF, picture=0x7FFF, tl0=250))
    hall.egress.send(hall.crowd, [vp8(5, 300, 10), vp8(6, 0, 11)])
    for viewer, number, timestamp, pictures, tl0s in [
        (plain, 5, 0, [300, 0], [10, 11]),
        (ahead, 1005, 0xFFFFFFFF, [299, 0x7FFF], [4, 5]),
    ]:
        got = viewer.received()
        assert [each.sequence for each in got] == [number, number + 1]
        assert {each.timestamp for each in got} == {timestamp}
        assert [int.from_bytes(each.payload[2:4], "big") & 0x7FFF for each in got] == pictures
        assert [each.payload[4] for each in got] == tl0s
        assert all(each.payload[2] & 0x80 and each.payload[5:] == b"picture" for each in got)


def test_the_rollover_counter_follows_the_numbers(hall: Hall) -> None:
    """Who came before a wrap goes on after it; who comes after it begins at zero."""
    early = hall.viewer()
    hall.egress.send(hall.crowd, [packet(number) for number in (0xFFFE, 0xFFFF, 0x10000, 0x10001)])
    late = hall.viewer(roc=1)
    hall.egress.send(hall.crowd, [packet(number) for number in range(0x10002, 0x10008)])
    assert [each.sequence for each in early.received()] == [0xFFFE, 0xFFFF, *range(8)]
    assert [each.sequence for each in late.received()] == list(range(2, 8))


def test_reordering_over_a_wrap_decrypts(hall: Hall) -> None:
    viewer = hall.viewer()
    hall.egress.send(hall.crowd, [packet(number) for number in (0xFFFD, 0x10001, 0xFFFE, 0x10000, 0xFFFF, 0x10002)])
    assert [each.sequence for each in viewer.received()] == [0xFFFD, 1, 0xFFFE, 0, 0xFFFF, 2]


def test_padding_is_taken_off_again(hall: Hall) -> None:
    viewer = hall.viewer()
    hall.egress.send(hall.crowd, [padded(packet(1, b"short"), 200), padded(packet(2, b"short"), 1), packet(3, b"long")])
    assert [each.payload for each in viewer.received()] == [b"short", b"short", b"long"]


def test_one_packet_to_one_viewer(hall: Hall) -> None:
    viewer, other = hall.viewer(), hall.viewer()
    again = packet(0x10005)
    hall.egress.send(hall.crowd, [packet(0xFFFF), again])
    hall.egress.send_to(viewer.target, [packet(0x10006)])
    hall.egress.send_one(viewer.target, packet(7).data, 12, 1)
    assert [each.sequence for each in viewer.received()] == [0xFFFF, 5, 6, 7]
    assert [each.sequence for each in other.received()] == [0xFFFF, 5]


def test_who_left_gets_nothing_and_who_moved_gets_it_there(hall: Hall) -> None:
    stays, leaves, moves = hall.viewer(), hall.viewer(), hall.viewer()
    hall.crowd.remove(leaves.target)
    elsewhere = hall.open()
    moves.target.readdress(elsewhere.getsockname())
    hall.egress.send(hall.crowd, [packet(1)])
    assert len(stays.received()) == 1
    assert leaves.received() == moves.received() == []
    moves.socket = elsewhere
    assert len(moves.received()) == 1
    assert hall.crowd.size == 2


def test_what_is_too_large_is_dropped_and_counted(hall: Hall) -> None:
    viewer = hall.viewer()
    hall.egress.send(hall.crowd, [packet(1, bytes(1489)), packet(2, bytes(1472)), packet(3)])
    assert [each.sequence for each in viewer.received()] == [2, 3]
    assert hall.egress.sent.dropped == 1


def test_whom_the_kernel_refuses_costs_nobody_else_a_packet(hall: Hall) -> None:
    """Several viewers' bursts go to it in one call, which ends at the first that it refuses."""
    viewers = [hall.viewer() for _ in range(11)]
    refused = (0, 1, 5, 7, 10)
    for place in refused:
        viewers[place].target.readdress((hall.host, 0))
    hall.egress.send(hall.crowd, [packet(n, bytes(700)) for n in range(3)])
    got = [[each.sequence for each in viewer.received()] for viewer in viewers]
    assert got == [[] if place in refused else [0, 1, 2] for place in range(11)]
    assert (hall.egress.sent.packets, hall.egress.sent.dropped) == (3 * 6, 3 * 5)


def test_a_viewer_without_aes_gcm_is_served_all_the_same(hall: Hall) -> None:
    """Its crowd is mixed: the others stay with the native way, where there is one."""
    usual, other = hall.viewer(), hall.viewer(gcm=False)
    hall.egress.send(hall.crowd, [packet(1), packet(2)])
    assert [each.sequence for each in usual.received()] == [1, 2]
    assert [each.sequence for each in other.received()] == [1, 2]


def test_ipv6(media_path: MediaPath) -> None:
    hall = Hall(media_path, family=socket.AF_INET6)
    try:
        viewer = hall.viewer()
        hall.egress.send(hall.crowd, [packet(n, bytes(300)) for n in range(4)])
        assert [each.sequence for each in viewer.received()] == [0, 1, 2, 3]
    finally:
        hall.close()


def test_threads_share_a_crowd() -> None:
    """Each viewer is served once, whichever thread does it."""
    hall = Hall(MediaPath.NATIVE, workers=3)
    try:
        viewers = [hall.viewer() for _ in range(300)]
        hall.egress.send(hall.crowd, [packet(n) for n in range(3)])
        assert all([each.sequence for each in viewer.received()] == [0, 1, 2] for viewer in viewers)
        assert hall.egress.sent.packets == 900
        assert hall.egress.sent.cpu_s > 0
    finally:
        hall.close()


def test_the_native_cipher_is_libsrtps() -> None:
    """The same bytes as libsrtp's, so our derivation of keys and nonces is the standard's."""
    master = bytes(range(28))
    ffi, lib = load()
    peer = Fan().peer(*session_keys(master[:16], master[16:]))
    out = ffi.new("uint8_t[]", MAX_DATAGRAM)
    theirs = pylibsrtp.Session(policy(master, Policy.SSRC_ANY_OUTBOUND))
    for number in (1, 2, 0x7FFF, 0xF000, 0x10000, 0x17000, 0x1F000, 0x20000):
        each = packet(number, b"the same")
        size = lib.fan_seal(peer, each.data, len(each.data), each.header, number >> 16, out, MAX_DATAGRAM)
        assert bytes(ffi.buffer(out)[:size]) == theirs.protect(each.data)


def test_the_newest_openssl_there_is_encrypts() -> None:
    """Which is loaded already, once for the whole process: contexts of one are nothing to another."""
    _, lib = load()
    within = ctypes.CDLL(pylibsrtp._binding.__file__)
    within.OpenSSL_version_num.restype = ctypes.c_ulong
    assert lib.fan_openssl() >= within.OpenSSL_version_num()
    for path in (pylibsrtp._binding.__file__, "/nowhere/libcrypto.so", _ctypes.__file__):
        assert not lib.fan_openssl_at(path.encode())


def test_session_keys_as_in_the_standard() -> None:
    """RFC 3711, appendix B.3, whose salt has 14 bytes where ours has 12: the derivation is the same."""
    key, salt = bytes.fromhex("E1F97A0D3E018BE0D64FA32C06DE4139"), bytes.fromhex("0EC675AD498AFEEBB6960B3AABE6")
    derived, _ = session_keys(key, salt)
    assert derived == bytes.fromhex("C61E7A93744F39EE10734AFE3FF7A087")


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2000),
            st.integers(0, 3000),
            st.integers(0, 3000),
            st.integers(0, 9),
            st.integers(12, 60),
            st.integers(0, 70),
        ),
        min_size=1,
        max_size=80,
    ),
    st.integers(-(2**62), 2**62),
)
def test_no_length_whatever_reads_or_writes_out_of_bounds(
    shapes: list[tuple[int, int, int, int, int, int]], number: int
) -> None:
    """Lies about every length; under the sanitizers (make sanitize) any slip ends the process."""
    hall = Hall(MediaPath.NATIVE)
    try:
        viewer = hall.viewer(Shift(number=1, timestamp=1, picture=1, tl0=1, first=number), roc=number >> 16)
        hall.crowd.measure(viewer.target)
        burst = []
        for size, picture_at, tl0_at, lane, header, wide_at in shapes:
            lying = packet(number, bytes(size), lane=lane)
            lying.header, lying.picture_at, lying.tl0_at = header, picture_at, tl0_at
            lying.wide_at = wide_at
            burst.append(lying)
        hall.egress.send(hall.crowd, burst)
        sound = [
            each
            for each in burst
            if len(each.data) <= MAX_DATAGRAM
            and each.lane == LANE
            and each.header <= len(each.data)
            and (not each.picture_at or each.header <= each.picture_at <= len(each.data) - 2)
            and (not each.tl0_at or each.header <= each.tl0_at <= len(each.data) - 1)
            and (not each.wide_at or 12 <= each.wide_at <= each.header - 2)
        ]
        assert hall.egress.sent.packets == len(sound)
    finally:
        hall.close()


@given(
    st.integers(0, 2**40),
    st.integers(-(2**20), 2**20),
    st.integers(0, 2**32 - 1),
    st.integers(0, 0x7FFF),
    st.integers(0, 255),
)
def test_shifting_adds_modulo(number: int, ahead: int, timestamp: int, picture: int, tl0: int) -> None:
    before = vp8(number, 0x7FF0, 0xF0)
    after = parse(shifted(before, Shift(ahead, timestamp, picture, tl0)))
    assert after is not None
    assert after.sequence == (number + ahead) & 0xFFFF
    assert after.timestamp == timestamp
    assert int.from_bytes(after.payload[2:4], "big") == 0x8000 | (0x7FF0 + picture) & 0x7FFF
    assert after.payload[4] == (0xF0 + tl0) & 0xFF
    assert len(shifted(before, Shift(1))) == len(before.data)


def test_what_came_before_a_viewer_changed_to_a_stream_is_not_for_it(hall: Hall) -> None:
    """A late packet of the new layer would come out under a number of the former one: one nonce, two packets."""
    changed, usual = hall.viewer(Shift(number=-10, first=105)), hall.viewer()
    hall.egress.send(hall.crowd, [packet(number) for number in (105, 103, 104, 106)])
    assert [each.sequence for each in changed.received()] == [95, 96]
    assert [each.sequence for each in usual.received()] == [105, 103, 104, 106]
    assert hall.egress.sent.packets == 6
