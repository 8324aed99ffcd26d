"""A lane is a row of a table: what today's rows give, and what one row more gives without any other code."""

from collections.abc import AsyncIterator

import pytest

from roadshow.ids import LaneId, RoomId, SourceId
from roadshow.rooms.lanes import FLOOR_1, LANES, MAIN, SLIDES, GivesWay, Kind, Lane
from roadshow.rooms.relay.config import MediaPath
from roadshow.rooms.relay.egress.egress import Egress
from roadshow.rooms.relay.egress.native.fan import Fan
from roadshow.rooms.relay.egress.outgoing import PLACES
from roadshow.rooms.relay.last_mile.ladder import Rates
from roadshow.rooms.relay.last_mile.quality import Choice
from roadshow.rooms.relay.offers.lanes import LaneTable, StreamForm, Variant, Wanted
from roadshow.rooms.relay.sources.publication import Publication
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.stage import Stage
from roadshow.rooms.relay.wire.codecs import Codec
from roadshow.rooms.relay.wire.rtp import parse
from roadshow.rooms.relay.wire.sync import SenderClock
from tests.relay.light_peer import LightPeer, opus, section, vp8
from tests.relay.studio import WATCHED, Studio
from tests.relay.support import ROOM, Listener, ShiftedClock, running_relay

GUEST, CHINESE, RUSSIAN = LaneId("guest"), LaneId("language-1"), LaneId("language-2")
WITH_GUESTS = (
    *LANES,
    Lane("guest", Kind.VIDEO, gives_way=GivesWay.FIRST),
    Lane("language", Kind.AUDIO, count=2),
    Lane("cue", Kind.AUDIO),
)


def pictures(count: int) -> list[list[str]]:
    return [section("video", f"v{number}", "recvonly", ["VP8"]) for number in range(count)]


def sounds(count: int) -> list[list[str]]:
    return [section("audio", f"a{number}", "recvonly", ["opus"]) for number in range(count)]


@pytest.fixture
async def studio(media_path: MediaPath) -> AsyncIterator[Studio]:
    listener, clock = Listener(), ShiftedClock()
    async with running_relay(listener, clock=clock, path=media_path, lanes=WITH_GUESTS) as relay:
        made = Studio(relay, listener, clock)
        yield made
    for peer in made.peers:
        peer.vanish()


def test_todays_offers_get_todays_lanes() -> None:
    table = LaneTable()
    assert table.offered("video", 1)[:1] == [MAIN]
    assert table.offered("video", 3) == [MAIN, SLIDES]
    assert table.offered("audio", 1) == ["floor"]
    assert table.offered("audio", 2)[:2] == table.offered("audio", 9)[:2] == ["floor-1", "floor-2"]
    assert len(table.offered("audio", 9)) == 3
    assert [lane for lane in table.places if table.in_step(lane)] == [MAIN, "floor", "floor-1"]


def test_a_row_more_moves_no_lane_that_is_there() -> None:
    """Pages and players that know nothing of guests must get what they got."""
    former, table = LaneTable(), LaneTable(WITH_GUESTS)
    for kind, sections in (("video", 1), ("video", 2), ("audio", 1), ("audio", 3)):
        assert table.offered(kind, sections)[:sections] == former.offered(kind, sections)[:sections]
    assert [table.places[lane] for lane in former.places] == list(former.places.values())


def test_the_egress_has_a_place_for_each_of_ten_lanes_and_more() -> None:
    assert Fan().lanes == PLACES
    assert 10 <= len(LaneTable(WITH_GUESTS).places) <= PLACES


@pytest.mark.parametrize("row", [Lane("main", Kind.AUDIO), Lane("floor-2", Kind.VIDEO)])
def test_no_two_lanes_have_one_name(row: Lane) -> None:
    with pytest.raises(ValueError, match="one name"):
        LaneTable((*LANES, row))


async def test_more_lanes_than_a_viewer_has_places_for_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="16"):
        async with running_relay(lanes=(*LANES, Lane("language", Kind.AUDIO, count=11))):
            pass


async def test_a_tenth_lane_goes_from_end_to_end(studio: Studio) -> None:
    """Only the rows above make it: it is offered, answered, cast, renumbered, encrypted and decrypted as any other."""
    host, guest = await studio.publisher("host"), await studio.publisher("guest")
    studio.relay.show(
        ROOM,
        {
            MAIN: SourceId("host/camera"),
            FLOOR_1: SourceId("host/microphone"),
            GUEST: SourceId("guest/camera"),
            RUSSIAN: SourceId("guest/microphone"),
        },
    )
    viewer = await studio.viewer(*pictures(4), *sounds(7))
    before = await studio.viewer(*WATCHED)
    assert [line.partition(" ")[2] for line in viewer.answer.split("\r\n") if line.startswith("a=msid:stage ")] == [
        "main",
        "floor-1",
    ]
    assert viewer.answer.count("a=inactive") == 2, "one picture more than there are lanes, and one sound"
    for number in range(4):
        host.send_rtp(vp8(number, 3000 * number, key=number == 0, body=b"host"))
        guest.send_rtp(vp8(700 + number, 3000 * number, key=number == 0, body=b"guest"))
        host.send_rtp(opus(number, 960 * number))
        guest.send_rtp(opus(30 + number, 960 * number))
    await viewer.until(lambda: len(viewer.rtp) == 16)
    await before.until(lambda: len(before.rtp) == 8)
    assert by_lane(viewer) == {"main": 4, "guest": 4, "floor-1": 4, "language-2": 4}
    guests = [packet for packet in viewer.rtp if packet.extension(1) == b"v2"]
    assert [packet.payload[-5:] for packet in guests] == [b"guest"] * 4
    assert by_lane(before) == {"main": 4, "floor": 4}


async def test_a_tenth_lane_gives_way_as_its_row_says(studio: Studio) -> None:
    """Who asks for sound alone gets no guest either, nor pays for one."""
    host, guest = await studio.publisher("host"), await studio.publisher("guest")
    studio.relay.show(ROOM, {MAIN: SourceId("host/camera"), GUEST: SourceId("guest/camera")})
    viewer = LightPeer()
    studio.peers.append(viewer)
    answer = await studio.relay.watch(ROOM, viewer.offer(*pictures(3), *sounds(1)))
    await studio.relay.choose(answer.session, Choice.SOUND)
    await viewer.connect(answer.sdp)
    other = await studio.viewer(*pictures(3))
    for number in range(3):
        host.send_rtp(vp8(number, 3000 * number, key=number == 0))
        guest.send_rtp(vp8(number, 3000 * number, key=number == 0))
    await other.until(lambda: len(other.rtp) == 6)
    assert not viewer.rtp


def by_lane(peer: LightPeer) -> dict[str, int]:
    """How many packets came on each lane, by the MIDs that the answer gave them."""
    lane_of: dict[bytes, str] = {}
    for part in peer.answer.split("\r\nm=")[1:]:
        lines = part.split("\r\n")
        names = [line.rpartition(" ")[2] for line in lines if line.startswith("a=msid:")]
        mid = next(line[6:] for line in lines if line.startswith("a=mid:"))
        if names:
            lane_of[mid.encode()] = names[-1]
    counts: dict[str, int] = {}
    for packet in peer.rtp:
        mid_value = packet.extension(1)
        assert mid_value is not None
        counts[lane_of[mid_value]] = counts.get(lane_of[mid_value], 0) + 1
    return counts


def test_all_pictures_that_give_way_are_reckoned_together() -> None:
    """Else the quality that is chosen would be a quality of one lane, and the others fill the viewer's line."""
    stage, now = Stage(RoomId("robotics"), Egress(), LaneTable(WITH_GUESTS)), 1_000_000
    rates = {"main": (100_000, 500_000, 1_500_000), "guest": (300_000,), "slides": (200_000,)}
    for name, bitrates in rates.items():
        layers = [Source(SourceId(name), True, {96: Codec.VP8}, 0, SenderClock()) for _ in bitrates]
        for layer, bitrate in zip(layers, bitrates, strict=True):
            packet = parse(vp8(1, 0, key=True))
            assert packet is not None
            layer.accept(packet, now)
            layer.reception.bitrate = bitrate
        stage.arrive(Publication(layers), now)
    stage.show({MAIN: SourceId("main")}, now)
    assert stage.rates(now) == Rates((100_000, 500_000, 1_500_000), peaks=(100_000, 500_000, 1_500_000))
    stage.show({MAIN: SourceId("main"), GUEST: SourceId("guest"), SLIDES: SourceId("slides")}, now)
    together = (400_000, 800_000, 1_800_000)
    assert stage.rates(now) == Rates(together, slides=200_000, peaks=together)
    stage.show({GUEST: SourceId("guest")}, now)
    assert stage.rates(now) == Rates((300_000,), peaks=(300_000,))


def test_alternatives_of_a_lane_are_streams_of_their_own_under_one_ssrc() -> None:
    """A language is chosen by each viewer: its packets, or the floor's where nobody interprets, in the same section."""
    stage, now = Stage(RoomId("robotics"), Egress(), LaneTable()), 1_000_000
    floor, chinese = (
        Source(SourceId(name), False, {111: Codec.OPUS}, 0, SenderClock()) for name in ("floor", "chinese")
    )
    wanted = Wanted(FLOOR_1, False, StreamForm(((Codec.OPUS, 111),)))
    stage.promise(wanted)
    stage.show({FLOOR_1: floor.id}, now, {(FLOOR_1, "zh"): chinese.id})
    stage.arrive(Publication([floor]), now)
    own, other = stage.fanout(wanted, Variant(), now), stage.fanout(wanted, Variant(alternative="zh"), now)
    assert own is not other
    assert own.stream.ssrc == other.stream.ssrc

    def send(source: Source, sequence: int) -> None:
        packet = parse(opus(sequence, 960 * sequence))
        assert packet is not None
        media = source.accept(packet, now)
        assert media is not None
        stage.forward(source, media, now)

    send(floor, 1)
    assert (own.stream.packets, other.stream.packets) == (1, 1), "nobody interprets yet"
    stage.arrive(Publication([chinese]), now)
    send(floor, 2)
    send(chinese, 1)
    assert (own.stream.source, other.stream.source) == (floor, chinese)
    assert (own.stream.packets, other.stream.packets) == (2, 2)
