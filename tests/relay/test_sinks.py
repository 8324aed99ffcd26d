"""A sink gets what a lane carries, as a viewer does, and costs viewers nothing: what every sink may count on."""

import itertools
import logging

import pytest

from roadshow.ids import LaneId, RoomId, SourceId
from roadshow.moments import Duration
from roadshow.rooms.lanes import FLOOR_1, MAIN
from roadshow.rooms.relay.egress.egress import Egress
from roadshow.rooms.relay.egress.outgoing import Outgoing
from roadshow.rooms.relay.offers.lanes import LaneTable
from roadshow.rooms.relay.sources.publication import Publication
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.sinks import Sink
from roadshow.rooms.relay.stage.stage import Stage
from roadshow.rooms.relay.wire.codecs import Codec, parse_vp8
from roadshow.rooms.relay.wire.rtp import Packet, parse
from roadshow.rooms.relay.wire.sync import SenderClock
from tests.relay.light_peer import opus, vp8
from tests.relay.studio import Studio, steps, wants_key_frame
from tests.relay.support import ROOM


class Tape:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.taken: list[tuple[LaneId, Outgoing, int]] = []

    def take(self, lane: LaneId, packet: Outgoing, now: int) -> None:
        self.taken.append((lane, packet, now))

    @property
    def packets(self) -> list[Packet]:
        read = [parse(packet.data) for _, packet, _ in self.taken]
        return [packet for packet in read if packet is not None]


class Torn:
    """A sink that fails with its first packet."""

    def take(self, lane: LaneId, packet: Outgoing, now: int) -> None:
        raise OSError("the disk is full")


class Room:
    """A stage without sockets: cameras by name."""

    def __init__(self) -> None:
        self.now = 1_000_000
        self.stage = Stage(RoomId("robotics"), Egress(), LaneTable())
        self.sources: dict[str, Source] = {}
        self.sent: dict[str, int] = {}

    def camera(self, name: str, first: int) -> None:
        self.sources[name] = Source(SourceId(name), True, {96: Codec.VP8}, 0, SenderClock())
        self.sent[name] = first
        self.stage.arrive(Publication([self.sources[name]]), self.now)

    def shown(self, name: str) -> None:
        self.stage.show({MAIN: SourceId(name)}, self.now)

    def frame(self, name: str, key: bool = False, held: int = 0) -> list[bytes]:
        """A picture of three packets; the last ``held`` of them come later."""
        self.now += 33
        numbers = range(self.sent[name] + 1, self.sent[name] + 4)
        self.sent[name] += 3
        data = [
            vp8(number, self.now * 90, key and number == numbers[0], picture=number & 0x7FFF, body=name.encode())
            for number in numbers
        ]
        for each in data[: len(data) - held]:
            self.arrive(name, each)
        return data[len(data) - held :]

    def arrive(self, name: str, data: bytes) -> None:
        packet = parse(data)
        assert packet is not None
        media = self.sources[name].accept(packet, self.now)
        if media is not None:
            self.stage.forward(self.sources[name], media, self.now)


def test_a_sink_gets_a_whole_lane_in_order_through_a_switch() -> None:
    """A record must play from end to end: no packet missing, no number twice, the new picture from its key frame on."""
    room, tape = Room(), Tape()
    room.camera("alpha", 0xFFF0)
    room.camera("beta", 700)
    room.shown("alpha")
    room.stage.attach(tape, MAIN, room.now)
    room.frame("alpha", key=True)
    for _ in range(8):
        room.frame("alpha")
    room.shown("beta")
    room.frame("beta")
    room.frame("alpha")
    room.frame("beta", key=True)
    room.frame("alpha")
    room.frame("beta")
    assert {lane for lane, _, _ in tape.taken} == {MAIN}
    assert [packet.payload[-5:] for packet in tape.packets] == [b"alpha"] * 30 + [
        payload[-5:] for payload in (b"\0beta", b"\1beta", b"\1beta", b"\1beta", b"\1beta", b"\1beta")
    ]
    assert steps(tape.packets) == {1}
    numbers = [packet.number for _, packet, _ in tape.taken]
    assert numbers == list(range(numbers[0], numbers[0] + 36))
    assert len({packet.ssrc for packet in tape.packets}) == 1
    times = [packet.timestamp for packet in tape.packets]
    assert all((after - before) & 0xFFFFFFFF < 90_000 for before, after in itertools.pairwise(times))
    shown = [d.picture for packet in tape.packets if (d := parse_vp8(packet.payload)) is not None]
    assert all(a is not None and b is not None and (b - a) & 0x7FFF == 1 for a, b in itertools.pairwise(shown))
    moments = [now for _, _, now in tape.taken]
    assert moments == sorted(moments)


def test_what_comes_late_keeps_its_number_and_comes_once() -> None:
    room, tape = Room(), Tape()
    room.camera("alpha", 5)
    room.shown("alpha")
    room.stage.attach(tape, MAIN, room.now)
    room.frame("alpha", key=True)
    (late,) = room.frame("alpha", held=1)
    room.frame("alpha")
    room.arrive("alpha", late)
    room.arrive("alpha", late)
    numbers = [packet.number - tape.taken[0][1].number for _, packet, _ in tape.taken]
    assert numbers == [0, 1, 2, 3, 4, 6, 7, 8, 5]


def test_a_sink_may_ask_for_a_key_frame() -> None:
    """It begins with one; and whoever cuts a record into files needs one where it cuts."""
    room, tape = Room(), Tape()
    room.camera("alpha", 5)
    room.shown("alpha")
    keyframes = room.sources["alpha"].keyframes
    tap = room.stage.attach(tape, MAIN, room.now)
    room.stage.tick(room.now)
    assert keyframes.due(room.now)
    room.frame("alpha", key=True)
    assert not keyframes.wanted
    tap.ask_key_frame()
    assert keyframes.wanted


def test_an_encoder_that_answers_no_request_is_begun_with_late() -> None:
    room, tape = Room(), Tape()
    room.camera("alpha", 5)
    room.frame("alpha", key=True)
    room.frame("alpha")
    room.shown("alpha")
    room.stage.attach(tape, MAIN, room.now)
    room.now += 1000
    room.stage.tick(room.now)
    assert [packet.payload[-5:] for packet in tape.packets] == [b"alpha"] * 6


def test_a_tap_that_is_closed_takes_nothing_and_keeps_nothing() -> None:
    room, tape = Room(), Tape()
    room.camera("alpha", 5)
    room.shown("alpha")
    tap = room.stage.attach(tape, MAIN, room.now)
    room.frame("alpha", key=True)
    assert not room.stage.idle
    tap.close()
    tap.close()
    room.frame("alpha")
    assert len(tape.taken) == 3
    room.stage.depart(room.stage.sources[SourceId("alpha")], room.now)
    room.stage.show({}, room.now)
    assert room.stage.idle


def test_a_stage_with_a_sink_stays() -> None:
    """A room that is empty for a minute goes on in the same record."""
    room = Room()
    room.stage.attach(Tape(), MAIN, room.now)
    assert not room.stage.idle


@pytest.mark.parametrize("sink", [Torn()])
def test_a_sink_that_fails_is_let_go_and_nobody_else_notices(sink: Sink, caplog: pytest.LogCaptureFixture) -> None:
    room, tape = Room(), Tape()
    room.camera("alpha", 5)
    room.shown("alpha")
    room.stage.attach(sink, MAIN, room.now)
    room.stage.attach(tape, MAIN, room.now)
    with caplog.at_level(logging.ERROR):
        room.frame("alpha", key=True)
        room.frame("alpha")
    assert len(tape.taken) == 6
    assert [record.message for record in caplog.records] == ["A sink on main failed and gets nothing any more."]


def test_without_sinks_nothing_is_asked_of_any_packet() -> None:
    """They cost in the hot path only where there are any: a source that nothing shows goes nowhere."""
    room = Room()
    room.camera("alpha", 5)
    room.shown("alpha")
    assert room.stage._routes == {}
    tap = room.stage.attach(Tape(), MAIN, room.now)
    assert room.stage._routes == {room.sources["alpha"]: [tap]}
    tap.close()
    assert room.stage._routes == {}


async def test_a_relays_sink_gets_what_viewers_get(studio: Studio) -> None:
    """Through sockets and keys, picture and sound, from the first key frame on."""
    tape, sound = Tape(), Tape()
    studio.show("alpha")
    studio.relay.attach(ROOM, tape, MAIN)
    studio.relay.attach(ROOM, sound, FLOOR_1)
    publisher = await studio.publisher("alpha")
    publisher.send_rtp(vp8(1, 0))
    await publisher.until(lambda: any(wants_key_frame(data) for data in publisher.rtcp))
    viewer = await studio.viewer()
    for number in range(2, 6):
        publisher.send_rtp(vp8(number, 3000 * number, key=number == 2, body=b"body%d" % number))
        publisher.send_rtp(opus(number, 960 * number))
        studio.clock.ahead += Duration(33)
    await viewer.until(lambda: len(viewer.rtp) == 8)
    assert [packet.payload[-1:] for packet in tape.packets] == [b"2", b"3", b"4", b"5"]
    assert [packet.payload for packet in sound.packets] == [b"sound"] * 4
    assert steps(tape.packets) == steps(sound.packets) == {1}
