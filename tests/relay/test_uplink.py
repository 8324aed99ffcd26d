"""How a publisher's line is measured: what is agreed on and told, through the real socket, DTLS and SRTP."""

import pytest

from roadshow.ids import PublisherId
from roadshow.moments import Duration
from roadshow.rooms.relay.offers.negotiation import SEND_TIME, plan_publish
from roadshow.rooms.relay.sources.demultiplexer import Demultiplexer
from roadshow.rooms.relay.sources.uplink import EARLY_MS, Uplink
from roadshow.rooms.relay.stats import SourceStats
from roadshow.rooms.relay.wire import rtcp
from roadshow.rooms.relay.wire.rtp import HEADER_SIZE, extension_block, parse, send_time
from roadshow.rooms.relay.wire.sdp import parse_offer
from roadshow.rooms.relay.wire.transport_wide import SEQUENCE_URI, Feedback, read
from tests.relay.light_peer import LightPeer, opus, section, vp8
from tests.relay.studio import Studio

WIDE_ID, TIME_ID = 5, 6


def sending(*extra: str, sound: tuple[str, ...] = ()) -> tuple[list[str], list[str]]:
    """Sections of picture and sound with these lines beside what all have."""
    picture = section("video", "0", "sendonly", ["VP8"])
    return [*picture, *extra], [*section("audio", "1", "sendonly", ["opus"]), *sound]


NUMBERED = (f"a=extmap:{WIDE_ID} {SEQUENCE_URI}", "a=rtcp-fb:96 transport-cc")
NUMBERED_SOUND = (f"a=extmap:{WIDE_ID} {SEQUENCE_URI}", "a=rtcp-fb:111 transport-cc")
TIMED = (f"a=extmap:{TIME_ID} {SEND_TIME}",)


def numbered(data: bytes, number: int) -> bytes:
    return extended(data, WIDE_ID, number.to_bytes(2, "big"))


def extended(data: bytes, ident: int, value: bytes) -> bytes:
    """A packet without header extensions, with one."""
    block = extension_block([(ident, value)])
    return bytes([data[0] | 0x10]) + data[1:HEADER_SIZE] + block + data[HEADER_SIZE:]


def feedback(peer: LightPeer) -> list[Feedback]:
    """All transport-wide feedback so far; each rides behind a report and a name."""
    found: list[Feedback] = []
    for data in peer.rtcp:
        at = 0
        while at < len(data):
            end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
            if data[at + 1] == rtcp.RTP_FEEDBACK and data[at] & 0x1F == 15:
                found.append(read(data[at + 4 : end - data[end - 1] if data[at] & 0x20 else end]))
            at = end
    return found


def limits(peer: LightPeer) -> list[int]:
    parts = (part for data in peer.rtcp for part in rtcp.parse(data))
    return [part.bits_per_second for part in parts if isinstance(part, rtcp.Bandwidth)]


@pytest.mark.parametrize(
    ("extra", "sound", "answered", "ids"),
    [
        ((*NUMBERED, *TIMED), NUMBERED_SOUND, ["extmap:5", "96 transport-cc", "111 transport-cc"], (5, 0)),
        ((*NUMBERED, *TIMED), TIMED, ["extmap:5", "96 transport-cc"], (5, 0)),
        ((NUMBERED[0], *TIMED), (), ["extmap:6"], (0, 6)),
        ((NUMBERED[1],), (), [], (0, 0)),
        ((), (), [], (0, 0)),
    ],
)
def test_of_what_is_offered_the_best_is_taken(
    extra: tuple[str, ...], sound: tuple[str, ...], answered: list[str], ids: tuple[int, int]
) -> None:
    """Numbers with feedback before the time of sending; neither without the other end's part of it."""
    plan = plan_publish(parse_offer(LightPeer().offer(*sending(*extra, sound=sound))), PublisherId("a"), False)
    assert (plan.wide_id, plan.send_time_id) == ids
    assert plan.heeds_limit
    text = "\n".join(line for answer in plan.answers for line in answer.lines)
    for words in ("extmap:5", "extmap:6", "96 transport-cc", "111 transport-cc"):
        assert (words in text) == (words in answered), words


@pytest.mark.parametrize("extra", [TIMED, ()])
def test_whoever_is_measured_by_us_is_told_what_the_line_holds(extra: tuple[str, ...]) -> None:
    """By the times of sending, or of pictures, where it has none: at once when it falls, never above the limit."""
    plan = plan_publish(parse_offer(LightPeer().offer(*sending(*extra))), PublisherId("a"), False)
    uplink, streams = Uplink(plan, 1, 2_500_000), Demultiplexer(plan.tracks, plan.mid_id)
    uplink.connected(0)

    def send(sequence: int, ms: int, held_up: int) -> None:
        data = vp8(sequence, ms * 90, key=sequence == 0, body=bytes(1000))
        packet = parse(extended(data, TIME_ID, send_time(ms)) if extra else data)
        assert packet is not None
        uplink.came(packet, streams.source_of(packet), len(data), (ms + held_up) * 1000)

    def falls() -> bool:
        return uplink.hurries

    def told() -> int:
        (limit,) = (part for part in rtcp.parse(uplink.bandwidth([1], 5000)[0]) if isinstance(part, rtcp.Bandwidth))
        return limit.bits_per_second

    for number in range(200):
        send(number, number * 10, 20)
    assert not falls()
    assert 2_490_000 < told() <= 2_500_000
    for number in range(200, 400):
        send(number, number * 10, 20 + (number - 200) * 2)
    assert falls()
    assert told() < 1_000_000
    assert not falls()


async def test_a_publisher_that_numbers_its_packets_hears_of_each(studio: Studio) -> None:
    """Sound and pictures in one row, with what belongs to no track and what is missing: a browser's estimator goes by
    nothing else."""
    publisher = await studio.publisher("alpha", *sending(*NUMBERED, sound=NUMBERED_SOUND))
    publisher.send_rtp(numbered(vp8(1, 0, key=True), 0xFFFF))
    publisher.send_rtp(numbered(opus(1, 0), 0))
    publisher.send_rtp(numbered(vp8(9, 0, ssrc=77, payload_type=97), 2))
    await publisher.until(lambda: sum(len(each.arrivals) for each in feedback(publisher)) == 4)
    rows = [
        (each.base + place & 0xFFFF, tick) for each in feedback(publisher) for place, tick in enumerate(each.arrivals)
    ]
    assert [number for number, _ in rows] == [0xFFFF, 0, 1, 2]
    times = [tick for _, tick in rows if tick is not None]
    assert rows[2][1] is None
    assert sorted(times) == times
    assert times[-1] - times[0] < 4 * 5000, "three packets sent at once came seconds apart"


async def test_what_a_line_holds_and_loses_is_told_where_we_know_it(studio: Studio) -> None:
    """Whoever operates a server must see a publisher's line, and no figure that nobody measured."""
    ours = await studio.publisher("alpha", *sending(*TIMED))
    theirs = await studio.publisher("beta", *sending(*NUMBERED, sound=NUMBERED_SOUND))
    for publisher in (ours, theirs):
        for number in range(40):
            if number % 5 != 4:
                publisher.send_rtp(vp8(number, number * 3000, key=number == 0))

    def seen() -> dict[str, SourceStats]:
        return {str(source.source): source for room in studio.relay.stats().rooms for source in room.sources}

    def loss() -> float:
        return max(seen()["alpha/camera"].layers[0].line_loss, 0.0) if "alpha/camera" in seen() else 0.0

    await ours.until(lambda: loss() > 0)
    assert loss() <= 0.25
    assert seen()["alpha/camera"].line_bits == 2_500_000
    assert seen()["beta/camera"].line_bits is None


async def test_whoever_measures_is_told_the_limit_only_later(studio: Studio) -> None:
    """Encoders begin at a limit that comes in their first two seconds, whatever the line holds."""
    publisher = await studio.publisher("alpha", *sending(*NUMBERED))
    publisher.send_rtp(numbered(vp8(1, 0, key=True), 1))
    await publisher.until(lambda: feedback(publisher))
    assert limits(publisher) == []
    studio.clock.ahead += Duration(EARLY_MS)
    await publisher.until(lambda: limits(publisher))
    assert 2_400_000 < limits(publisher)[0] <= 2_500_000
