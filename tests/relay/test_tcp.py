"""Media by TCP: the same peers, in frames on a stream, for networks that let no UDP through."""

import asyncio
import errno
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from roadshow.ids import PublisherId
from roadshow.rooms.relay.offers.ends import IceCredentials, Transport, transport_lines
from roadshow.rooms.relay.stats import Closed
from roadshow.rooms.relay.transport import tcp
from roadshow.rooms.relay.transport.frames import Frames, Malformed, framed
from roadshow.rooms.relay.wire.datagrams import MAX_DATAGRAM
from tests.relay.light_peer import LightPeer, opus, vp8
from tests.relay.studio import PUBLISHED, WATCHED, Studio, pictures, steps
from tests.relay.support import ROOM, running_relay

CHECK = b"\0\1" + bytes(18)


class Streaming(LightPeer):
    """A peer on one TCP connection."""

    def __init__(self) -> None:
        super().__init__()
        self.reader: Any = None
        self.writer: Any = None

    @override
    async def open(self, answer: str) -> None:
        self.take(answer)
        self.reader, self.writer = await asyncio.open_connection(*self.server)
        task = asyncio.get_running_loop().create_task(self._read())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @override
    def send(self, data: bytes) -> None:
        self.writer.write(framed(data))

    @override
    def vanish(self) -> None:
        if self.writer is not None:
            self.writer.close()
        super().vanish()

    async def _read(self) -> None:
        try:
            while True:
                size = int.from_bytes(await self.reader.readexactly(2), "big")
                self.datagram_received(await self.reader.readexactly(size), ("127.0.0.1", 9))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass


async def streaming(studio: Studio, *, publishes: str = "") -> Streaming:
    peer = Streaming()
    studio.peers.append(peer)
    if publishes:
        answer = await studio.relay.publish(ROOM, PublisherId(publishes), False, peer.offer(*PUBLISHED))
    else:
        answer = await studio.relay.watch(ROOM, peer.offer(*WATCHED))
    await peer.connect(answer.sdp)
    return peer


def got(peer: LightPeer, packets: int) -> Callable[[], bool]:
    return lambda: len(peer.rtp) >= packets


def none_left(*_: Any) -> Any:
    raise OSError(errno.EMFILE, "Too many open files")


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  (sockets tell nobody)
            await asyncio.sleep(0.01)


async def test_media_go_both_ways_and_beside_udp(studio: Studio) -> None:
    """Who publishes and who watches, each by either; handshake, encryption and numbers are the same."""
    studio.show("alpha")
    by_tcp, by_udp = await streaming(studio), await studio.viewer()
    publisher = await streaming(studio, publishes="alpha")
    for number in range(6):
        publisher.send_rtp(vp8(number, 3000 * number, key=number == 0, marker=number % 2 == 1, start=number % 2 == 0))
        publisher.send_rtp(opus(number, 960 * number))
    for viewer in (by_tcp, by_udp):
        await viewer.until(got(viewer, 12))
        assert steps(pictures(viewer)) == {1}
    streams = studio.relay.stats().streams
    assert streams is not None
    assert (streams.connections, streams.unproved, streams.tally.closed) == (2, 0, {})
    assert streams.tally.octets_in > 1000 < streams.tally.octets_out


async def test_an_end_is_heard_of(studio: Studio) -> None:
    """Nothing is left of a connection that closed, nor of any when the relay stops."""
    viewer, other = await streaming(studio), await streaming(studio)
    door = studio.relay._door
    viewer.vanish()
    await until(lambda: len(door.connections) == 1)
    await studio.relay.stop()
    async with asyncio.timeout(10):
        await until(other.reader.at_eof)
    assert not door.connections


async def test_whoever_is_not_answered_is_cut_off(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that keeps everybody's connection would be out of descriptors soon."""
    monkeypatch.setattr(tcp, "PROVED_WITHIN_S", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", studio.relay.udp_port)
    writer.write(framed(CHECK))
    async with asyncio.timeout(10):
        with suppress(ConnectionResetError):  # where it ends before the check is read
            assert await reader.read() == b""
    writer.close()
    await until(lambda: not studio.relay._door.connections)
    assert studio.relay._door.tally.closed == {Closed.UNANSWERED: 1}


@pytest.mark.parametrize(
    "begins",
    [b"GET / HTTP/1.1\r\n", framed(b"\x16\xfe\xff" + bytes(40)), framed(bytes(1501))],
    ids=["another protocol", "DTLS", "too long"],
)
async def test_what_is_no_check_is_cut_off_at_once(studio: Studio, begins: bytes) -> None:
    """A scanner costs one read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", studio.relay.udp_port)
    writer.write(begins)
    async with asyncio.timeout(10):
        with suppress(ConnectionResetError):
            assert await reader.read() == b""
    writer.close()
    assert studio.relay._door.tally.closed == {Closed.MALFORMED: 1}


async def test_without_descriptors_a_connection_ends_and_nothing_else(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A traceback for each would fill the disk of a server that is in trouble already."""
    viewer = await streaming(studio)
    reader, writer = await asyncio.open_connection("127.0.0.1", studio.relay.udp_port)
    monkeypatch.setattr(tcp, "_connected", none_left)
    writer.write(framed(CHECK))
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    writer.close()
    await viewer.check()
    assert not [record for record in caplog.records if record.exc_info]


async def test_one_address_takes_only_its_share(studio: Studio) -> None:
    """Of those that have proved nothing; who was answered counts no more."""
    viewer = await streaming(studio)
    opened = [
        await asyncio.open_connection("127.0.0.1", studio.relay.udp_port) for _ in range(tcp.MAX_UNPROVED_OF_ONE + 1)
    ]
    door = studio.relay._door
    await until(lambda: len(door.connections) == tcp.MAX_UNPROVED_OF_ONE + 1)
    async with asyncio.timeout(10):
        closed = await asyncio.wait(
            [asyncio.ensure_future(reader.read()) for reader, _ in opened], return_when=asyncio.FIRST_COMPLETED
        )
    assert len(closed[0]) == 1
    assert door.tally.closed == {Closed.ADDRESS: 1}
    for waiting in closed[1]:
        waiting.cancel()
    for _, writer in opened:
        writer.close()
    await until(lambda: len(door.connections) == 1)
    assert not door._unproved
    assert viewer.dtls.state == "connected"


async def test_who_does_not_read_loses_pictures_and_takes_no_memory(studio: Studio) -> None:
    """Nobody waits for them, and what waits for them is bounded."""
    studio.show("alpha")
    slow, quick = await streaming(studio), await studio.viewer()
    publisher = await studio.publisher("alpha")
    publisher.send_rtp(vp8(0, 0, key=True))
    await slow.until(lambda: slow.rtp)
    slow.writer.transport.pause_reading()
    (connection,) = studio.relay._door.connections
    sent = 1
    while not connection.dropped:
        for _ in range(20):
            publisher.send_rtp(vp8(sent, 3000 * sent, body=bytes(1000)))
            sent += 1
        await quick.until(got(quick, sent))
        assert sent < 20_000
    assert studio.relay._door.tally.dropped == connection.dropped
    assert connection._stream is not None
    assert connection._stream.get_write_buffer_size() <= tcp.WAITING_OCTETS


def test_candidates_by_tcp_stand_last_and_below_all_others() -> None:
    """Some clients look at the first alone, and UDP is better wherever it gets through."""
    both = Transport(IceCredentials("u", "p"), "00", (("192.0.2.1", 8001), ("2001:db8::1", 8001)), by_tcp=True)
    lines = [line.split() for line in transport_lines(both) if line.startswith("a=candidate:")]
    assert [line[2] for line in lines] == ["udp", "udp", "tcp", "tcp"]
    assert lines[2][4:] == ["192.0.2.1", "8001", "typ", "host", "tcptype", "passive"]
    priorities = [int(line[3]) for line in lines]
    assert priorities == sorted(set(priorities), reverse=True)
    assert len({line[0] for line in lines}) == 4
    assert not any(" tcp " in line for line in transport_lines(both, restart=True)), "a client is lost at two"
    by_udp = Transport(both.credentials, "00", both.candidates)
    assert not any(" tcp " in line for line in transport_lines(by_udp))


async def test_it_can_be_turned_off() -> None:
    """Then the answer says nothing of it, and nobody listens."""
    async with running_relay(tcp=False) as relay:
        assert " tcp " not in (await relay.watch(ROOM, LightPeer().offer(*WATCHED))).sdp
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", relay.udp_port)


datagrams = st.lists(st.binary(min_size=2, max_size=300), max_size=8)


@given(datagrams, st.data())
def test_datagrams_come_out_as_they_went_in_however_the_stream_is_cut(rest: list[bytes], data: st.DataObject) -> None:
    """TCP keeps order and no boundaries."""
    whole = [CHECK, *rest]
    stream, frames, found = b"".join(map(framed, whole)), Frames(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        found += list(frames.feed(stream[:size]))
        stream = stream[size:]
    assert found == whole


@given(st.binary(max_size=4000))
def test_no_stream_makes_it_fail_otherwise_or_keep_much(stream: bytes) -> None:
    """It meets anybody."""
    frames = Frames()
    try:
        found = list(frames.feed(stream))
    except Malformed:
        return
    assert all(2 <= len(one) <= MAX_DATAGRAM for one in found)
    assert len(frames._rest) <= MAX_DATAGRAM + 2
