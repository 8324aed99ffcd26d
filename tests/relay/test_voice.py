"""Sound on lines that lose packets, from offer to packet: redundancy (RFC 2198), and repeats (RFC 4585)."""

import pytest

from roadshow.ids import PublisherId
from roadshow.rooms.relay.offers.lanes import LaneTable
from roadshow.rooms.relay.offers.negotiation import plan_publish, plan_watch
from roadshow.rooms.relay.wire import red, rtcp
from roadshow.rooms.relay.wire.red import Block
from roadshow.rooms.relay.wire.sdp import parse_offer
from roadshow.rooms.relay.wire.transport_wide import SEQUENCE_URI
from tests.relay.light_peer import LightPeer, head, opus, section
from tests.relay.studio import PUBLISHED, Studio

OPUS, RED = 111, 63
NACK = f"a=rtcp-fb:{OPUS} nack"


def sound(direction: str, *, carries: str = f"{OPUS}/{OPUS}", nack: bool = True) -> list[str]:
    """A section as Chromium offers it; ``nack``: as our pages do."""
    lines = section("audio", "1", direction, ["opus"])
    lines[0] += f" {RED}"
    lines += [f"a=rtpmap:{RED} red/48000/2", f"a=fmtp:{RED} {carries}"]
    return [*lines, NACK] if nack else lines


def answer_of(direction: str, lines: list[str]) -> tuple[str, tuple[str, ...]]:
    """The payload types of the answer's section, and its lines."""
    offer = parse_offer(LightPeer().offer(lines))
    publishes = direction == "sendonly"
    plan = plan_publish(offer, PublisherId("a"), False) if publishes else plan_watch(offer, LaneTable())
    return plan.answers[0].formats, plan.answers[0].lines


def test_a_viewer_may_be_sent_either_and_a_publisher_sends_redundancy() -> None:
    """Browsers send what stands first in the answer. Viewers take both at any time, so nothing is negotiated anew."""
    assert answer_of("recvonly", sound("recvonly"))[0] == f"{OPUS} {RED}"
    types, lines = answer_of("sendonly", sound("sendonly"))
    assert types == f"{RED} {OPUS}"
    assert {f"a=rtpmap:{RED} red/48000/2", f"a=fmtp:{RED} {OPUS}/{OPUS}"} <= set(lines)


@pytest.mark.parametrize("carries", ["0/0", f"{OPUS}/0", "", "x", f"{OPUS}/"])
def test_redundancy_of_anything_but_our_opus_is_not_taken(carries: str) -> None:
    """We would write, or read, what nobody meant."""
    for direction in ("recvonly", "sendonly"):
        assert answer_of(direction, sound(direction, carries=carries))[0] == str(OPUS)


@pytest.mark.parametrize("direction", ["recvonly", "sendonly"])
def test_lost_sound_is_asked_for_again_where_that_was_offered(direction: str) -> None:
    """An answer may not have what no offer had (RFC 4585, section 4.2)."""
    assert NACK in answer_of(direction, sound(direction))[1]
    assert NACK not in answer_of(direction, sound(direction, nack=False))[1]


def test_sound_that_may_come_again_has_no_number_that_changes() -> None:
    """It has no RTX: with another transport-wide number it would be other bytes under one sequence number, for which
    AES-GCM gives up its key."""
    wide = [f"a=extmap:5 {SEQUENCE_URI}", f"a=rtcp-fb:{OPUS} transport-cc"]
    assert wide[0] not in answer_of("sendonly", sound("sendonly") + wide)[1]
    assert wide[0] in answer_of("sendonly", sound("sendonly", nack=False) + wide)[1]


def blocks(payload_type: int, payload: bytes) -> list[bytes]:
    """The payloads a packet of sound has, its own last."""
    read = red.read(payload) if payload_type == RED else [Block(OPUS, 0, payload)]
    assert read is not None
    return [block.payload for block in read]


def spoken(number: int) -> bytes:
    return head(number, 960 * number, 2, OPUS, False) + b"word%d" % number


async def test_a_viewer_whose_line_loses_sound_gets_redundancy_and_what_it_asks_for(studio: Studio) -> None:
    """Plain as long as nothing is lost. Then each packet has the one before it, under numbers that run on; and what
    is asked for comes again, byte for byte: other bytes under one number would break AES-GCM."""
    studio.show("alpha")
    viewer, publisher = await studio.viewer(sound("recvonly")), await studio.publisher("alpha")
    for number in range(6):
        publisher.send_rtp(spoken(number))
    await viewer.until(lambda: len(viewer.rtp) == 6)
    assert {packet.payload_type for packet in viewer.rtp} == {OPUS}
    ssrc = viewer.rtp[0].ssrc
    viewer.send_rtcp(rtcp.negative_acknowledgement(9, ssrc, [viewer.rtp[number].sequence for number in (1, 3)]))
    await viewer.until(lambda: len(viewer.other) == 2)  # libsrtp knows them: they did come
    assert viewer.other == [viewer.raw[1], viewer.raw[3]]
    number, come = 6, len(viewer.rtp)
    while viewer.rtp[-1].payload_type != RED:  # decided twice a second
        publisher.send_rtp(spoken(number))
        number, come = number + 1, come + 1
        await viewer.until(lambda: len(viewer.rtp) == come)  # noqa: B023  (waited for at once)
    last = viewer.rtp[-1]
    assert blocks(last.payload_type, last.payload) == [b"word%d" % (number - 2), b"word%d" % (number - 1)]
    assert (last.sequence - viewer.rtp[-2].sequence) & 0xFFFF == 1
    assert (last.timestamp - viewer.rtp[-2].timestamp) & 0xFFFFFFFF == 960


async def test_what_a_publishers_packets_carry_along_makes_good_what_is_lost(studio: Studio) -> None:
    """Viewers get plain sound in order, and need not know; nothing is asked for again."""
    studio.show("alpha")
    viewer = await studio.viewer(section("audio", "1", "recvonly", ["opus"]))
    publisher = await studio.publisher("alpha", PUBLISHED[0], sound("sendonly"))
    for number in (0, 1, 3, 4):
        former = [Block(OPUS, 960, b"word%d" % (number - 1))] if number else []
        payload = red.write(former, Block(OPUS, 0, b"word%d" % number))
        publisher.send_rtp(head(number, 960 * number, 2, RED, False) + payload)
    await viewer.until(lambda: len(viewer.rtp) == 5)
    assert [packet.payload for packet in viewer.rtp] == [b"word%d" % number for number in range(5)]
    assert {(packet.payload_type, packet.ssrc) for packet in viewer.rtp} == {(OPUS, viewer.rtp[0].ssrc)}


async def test_of_several_lost_on_end_the_first_is_asked_for_and_the_last_is_there(studio: Studio) -> None:
    """A packet brings the one before it; what is missing further back is lost, and not late."""
    studio.show("alpha")
    viewer = await studio.viewer(section("audio", "1", "recvonly", ["opus"]))
    publisher = await studio.publisher("alpha", PUBLISHED[0], sound("sendonly"))

    def send(number: int) -> None:
        former = [Block(OPUS, 960, b"word%d" % (number - 1))] if number else []
        payload = red.write(former, Block(OPUS, 0, b"word%d" % number))
        publisher.send_rtp(head(number, 960 * number, 2, RED, False) + payload)

    def asked() -> set[int]:
        parts = [part for data in publisher.rtcp for part in rtcp.parse(data)]
        return {number for part in parts if isinstance(part, rtcp.Nacked) for number in part.sequences}

    for number in (0, 1, 4):
        send(number)
    await publisher.until(asked)
    assert asked() == {2}
    send(2)
    await viewer.until(lambda: len(viewer.rtp) == 5)
    assert {packet.payload for packet in viewer.rtp} == {b"word%d" % number for number in range(5)}


@pytest.mark.parametrize("nack", [True, False])
async def test_a_publisher_is_asked_for_lost_sound_if_it_takes_part(studio: Studio, nack: bool) -> None:
    """Whoever did not agree on it would only be sent packets it does not know."""
    studio.show("alpha")
    viewer = await studio.viewer(section("audio", "1", "recvonly", ["opus"]))
    publisher = await studio.publisher(
        "alpha", sound("sendonly", nack=nack), section("video", "0", "sendonly", ["VP8"])
    )

    def asked() -> list[int]:
        parts = [part for data in publisher.rtcp for part in rtcp.parse(data)]
        return [
            number for part in parts if isinstance(part, rtcp.Nacked) and part.ssrc == 2 for number in part.sequences
        ]

    for number in (0, 1, 3, 4, 5, 6):
        publisher.send_rtp(opus(number, 960 * number))
    await viewer.until(lambda: len(viewer.rtp) == 6)
    if nack:
        await publisher.until(lambda: 2 in asked())
        publisher.send_rtp(opus(2, 1920))
        await viewer.until(lambda: len(viewer.rtp) == 7)
    # A report comes once a second: by then it would have been asked for.
    reports = len(publisher.rtcp)
    await publisher.until(lambda: len(publisher.rtcp) > reports)
    assert (2 in asked()) is nack
