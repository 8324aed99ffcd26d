"""What goes back: retransmissions, requests, reports, through the real socket, DTLS and SRTP."""

import asyncio
import struct

import pytest
from aiortc.rtcdtlstransport import SRTP_AES128_CM_SHA1_80

from roadshow.moments import Duration
from roadshow.rooms.relay.last_mile.estimate.measured import FULL_MS
from roadshow.rooms.relay.last_mile.ladder import LOW, Rates
from roadshow.rooms.relay.last_mile.patience import HOLD_MS, LEAST
from roadshow.rooms.relay.offers.negotiation import PLAYOUT_DELAY
from roadshow.rooms.relay.wire import rtcp
from roadshow.rooms.relay.wire.sync import ntp_from_ms
from roadshow.rooms.relay.wire.transport_wide import SEQUENCE_URI, write
from tests.relay.light_peer import LightPeer, opus, section, vp8
from tests.relay.studio import WATCHED, Studio, pictures, wants_key_frame
from tests.relay.support import ROOM


async def test_a_lost_packet_is_sent_again_as_rtx(studio: Studio) -> None:
    """RFC 4588: on a stream of its own, so that nothing is ever encrypted twice under one number."""
    studio.show("alpha")
    viewer, publisher = await studio.viewer(), await studio.publisher("alpha")
    for number in range(3):
        publisher.send_rtp(vp8(number, 3000 * number, key=number == 0, body=b"body%d" % number))
    await viewer.until(lambda: len(viewer.rtp) == 3)
    lost = viewer.rtp[1]
    viewer.send_rtcp(rtcp.negative_acknowledgement(1, lost.ssrc, [lost.sequence, (lost.sequence + 500) & 0xFFFF]))
    await viewer.until(lambda: len(viewer.rtp) == 4)
    again = viewer.rtp[3]
    assert (again.payload_type, again.timestamp, again.marker) == (97, lost.timestamp, lost.marker)
    assert again.ssrc != lost.ssrc
    assert again.payload == lost.sequence.to_bytes(2, "big") + lost.payload
    assert again.extension(1) == b"0"


async def test_packets_carry_transport_wide_numbers_of_their_viewer(studio: Studio) -> None:
    """On through RTX; the playout delay, which moves everything behind it, moves their place as well."""
    studio.show("alpha")
    offered = [f"a=extmap:5 {SEQUENCE_URI}", f"a=extmap:6 {PLAYOUT_DELAY}", "a=rtcp-fb:96 transport-cc"]
    viewer = await studio.viewer([*section("video", "0", "recvonly", ["VP8"]), *offered])
    other, publisher = await studio.viewer(), await studio.publisher("alpha")
    for number in range(3):
        publisher.send_rtp(vp8(number, 3000 * number, key=number == 0, body=b"body%d" % number))
    await viewer.until(lambda: len(viewer.rtp) == 3)
    lost = viewer.rtp[1]
    nack = rtcp.negative_acknowledgement(1, lost.ssrc, [lost.sequence])
    for came in (4, 6, 8):  # whoever asks again is sent two, and then told to hold more
        studio.clock.ahead += Duration(50)
        viewer.send_rtcp(nack)
        await viewer.until(lambda came=came: len(viewer.rtp) == came)  # type: ignore[misc]
    assert viewer.rtp[7].extension(6) is not None
    numbers = [int.from_bytes(packet.extension(5) or b"?", "big") for packet in viewer.rtp]
    assert numbers == list(range(len(numbers)))
    assert len({(packet.ssrc, packet.sequence) for packet in viewer.rtp}) == len(viewer.rtp)
    assert all(packet.extension(5) is None for packet in other.rtp)


async def test_what_a_viewer_tells_of_its_packets_reaches_its_line(studio: Studio) -> None:
    """In one compound with a report, as browsers send it; overuse is told at once, all else when it is looked at."""
    studio.show("alpha")
    offered = [f"a=extmap:5 {SEQUENCE_URI}", "a=rtcp-fb:96 transport-cc"]
    viewer = await studio.viewer([*section("video", "0", "recvonly", ["VP8"]), *offered])
    publisher = await studio.publisher("alpha")
    for number in range(3):
        publisher.send_rtp(vp8(number, 3000 * number, key=number == 0))
    await viewer.until(lambda: len(viewer.rtp) == 3)
    (watching,) = studio.relay._viewers.values()
    assert watching.measured is not None
    line = watching.measured.line
    feedback, told = write(1, viewer.rtp[0].ssrc, 0, 0, [4000, None, 4004])
    assert told == 3
    viewer.send_rtcp(rtcp.receiver_report(1, []) + feedback)
    await viewer.until(lambda: line.told.came == 2)
    assert line.told.lost == 1
    viewer.send_rtcp(feedback)
    viewer.send_rtcp(rtcp.picture_loss(1, viewer.rtp[0].ssrc))
    await viewer.until(lambda: watching.key_frames_asked)
    assert line.told.came == 2


async def test_what_came_after_all_is_not_sent_again_on_a_line_that_changes_the_order(studio: Studio) -> None:
    """As its feedback tells a moment after it was asked for; what it tells to be lost is sent then."""
    studio.show("alpha")
    offered = [f"a=extmap:5 {SEQUENCE_URI}", "a=rtcp-fb:96 transport-cc"]
    viewer = await studio.viewer([*section("video", "0", "recvonly", ["VP8"]), *offered])
    publisher = await studio.publisher("alpha")
    for number in range(4):
        publisher.send_rtp(vp8(number, 3000 * number, key=number == 0, body=b"body%d" % number))
    await viewer.until(lambda: len(viewer.rtp) == 4)
    (watching,) = studio.relay._viewers.values()
    watching._patience._late.extend([True] * LEAST)
    watching._patience._told_at = studio.clock.now().ms
    sent = viewer.rtp[:4]
    viewer.send_rtcp(rtcp.negative_acknowledgement(1, sent[0].ssrc, [sent[1].sequence, sent[2].sequence]))
    feedback, _ = write(1, sent[0].ssrc, 0, 0, [4000, 4030, None, 4012])
    viewer.send_rtcp(rtcp.receiver_report(1, []) + feedback)
    publisher.send_rtp(vp8(4, 12_000))
    await viewer.until(lambda: len(viewer.rtp) == 5)
    assert watching.stage.waiting == {watching: None}
    studio.clock.ahead += Duration(HOLD_MS)
    await viewer.until(lambda: len(viewer.rtp) >= 6)
    assert viewer.rtp[4].ssrc == sent[0].ssrc
    assert viewer.rtp[5].payload == sent[2].sequence.to_bytes(2, "big") + sent[2].payload
    leg = watching.lanes[0][2]
    assert leg.resending.playout(0, studio.clock.now().ms), "where packets come late, pictures are held longer"
    assert watching.stage.waiting == {}


async def test_a_viewer_that_is_well_is_left_alone_until_something_stirs(studio: Studio) -> None:
    """For a crowd on good lines a look at each, twice a second, would cost a tenth of the core."""
    studio.show("alpha")
    offered = [f"a=extmap:5 {SEQUENCE_URI}", "a=rtcp-fb:96 transport-cc"]
    viewer = await studio.viewer([*section("video", "0", "recvonly", ["VP8"]), *offered])
    publisher = await studio.publisher("alpha")
    for number in range(14):
        publisher.send_rtp(vp8(number, 3000 * number, key=number == 0))
    await viewer.until(lambda: len(viewer.rtp) == 14)
    (watching,) = studio.relay._viewers.values()
    assert watching.measured is not None
    line, rates, looks = watching.measured.line, Rates((100,)), list[int]()
    tenths = [400 * number for number in range(12)]
    viewer.send_rtcp(write(1, viewer.rtp[0].ssrc, 0, 0, tenths)[0])
    await viewer.until(lambda: line.told.came == 12)

    look, now = watching._look, studio.relay._now() + 10_000

    def counted(now: int) -> None:
        looks.append(now)
        look(now)

    watching._look = counted  # type: ignore[method-assign]

    def ticks(*times: int) -> list[int]:
        """As the clockwork has it. When it was looked at."""
        looks.clear()
        for at in times:
            if watching.calm_until <= at:
                watching.tick(rates, at)
        return looks

    ticks(now)
    in_c = watching.peer.native is not None
    times = [now + 500 * step for step in range(1, 15)]
    assert ticks(*times) == ([] if in_c else times)
    assert ticks(now + 9_900) == [now + 9_900]

    at = now + 10_000
    viewer.send_rtcp(write(1, viewer.rtp[0].ssrc, 1, 12, [None, 5000])[0])
    await viewer.until(lambda: line.told.lost == 1)
    await viewer.until(lambda: watching.calm_until <= at)
    assert ticks(at, at + 200) == ([at] if in_c else [at, at + 200])
    viewer.send_rtcp(rtcp.picture_loss(1, viewer.rtp[0].ssrc))
    await viewer.until(lambda: watching.key_frames_asked)
    assert ticks(at + 400) == [at + 400]


async def test_without_rtx_the_very_same_bytes_are_sent_again(studio: Studio) -> None:
    """AES-GCM breaks if two texts are ever encrypted under one SSRC and number."""
    studio.show("alpha")
    viewer = await studio.viewer(section("video", "0", "recvonly", ["VP8"], rtx=False))
    publisher = await studio.publisher("alpha")
    for number in range(3):
        publisher.send_rtp(vp8(number, 3000 * number, key=number == 0, picture=number))
    await viewer.until(lambda: len(viewer.rtp) == 3)
    lost = viewer.rtp[0]
    viewer.send_rtcp(rtcp.negative_acknowledgement(1, lost.ssrc, [lost.sequence]))
    await viewer.until(lambda: viewer.other)  # our own SRTP refuses the replay
    assert viewer.other == [viewer.raw[0]]


async def test_a_gap_is_asked_for_until_it_is_filled(studio: Studio) -> None:
    """One lost packet on the pitcher's uplink would otherwise freeze everybody's picture."""
    studio.show("alpha")
    viewer, publisher = await studio.viewer(), await studio.publisher("alpha")
    publisher.send_rtp(vp8(10, 0, key=True))
    publisher.send_rtp(vp8(13, 9000))

    def asked() -> list[tuple[int, ...]]:
        return [part.sequences for data in publisher.rtcp for part in rtcp.parse(data) if isinstance(part, rtcp.Nacked)]

    await publisher.until(lambda: len(asked()) >= 2)
    assert asked()[:2] == [(11, 12), (11, 12)]
    publisher.send_rtp(vp8(12, 6000))
    publisher.send_rtp(vp8(11, 3000))
    await viewer.until(lambda: len(viewer.rtp) == 4)
    first = viewer.rtp[0].sequence
    assert [(packet.sequence - first) & 0xFFFF for packet in viewer.rtp] == [0, 3, 2, 1]


async def test_a_publisher_is_told_how_much_it_may_send(studio: Studio) -> None:
    """Without a bandwidth message a browser's encoder stays at a few hundred kilobits."""
    publisher = await studio.publisher("alpha")
    publisher.send_rtp(vp8(10, 0, key=True, ssrc=0x11223344))
    await publisher.until(
        lambda: any(b"REMB\x01" in data and data.endswith(b"\x11\x22\x33\x44") for data in publisher.rtcp)
    )


async def test_sound_and_picture_stay_on_one_time_line(studio: Studio) -> None:
    """Sender reports are carried over to the lanes: one moment at the publisher is one moment at the viewer."""
    studio.show("alpha")
    viewer, publisher = await studio.viewer(), await studio.publisher("alpha")
    publisher.send_rtp(vp8(1, 90_000, key=True))
    publisher.send_rtp(opus(1, 48_000))
    await viewer.until(lambda: len(viewer.rtp) == 2)
    video, audio = pictures(viewer)[0], next(packet for packet in viewer.rtp if packet.payload_type == 111)
    # At one moment of its own clock, far from ours, picture and sound stood at these timestamps.
    their_ntp = 1_000_000 << 32
    publisher.send_rtcp(rtcp.sender_report(1, their_ntp, 90_000, 1, 1))
    publisher.send_rtcp(rtcp.sender_report(2, their_ntp, 48_000 + 4800, 1, 1))

    def reported() -> dict[int, tuple[float, int]]:
        found = {}
        for data in viewer.rtcp:
            for part in rtcp.parse(data):
                if isinstance(part, rtcp.SenderReport):
                    found[part.ssrc] = (part.ntp / 2**32, part.timestamp)
        return found

    await viewer.until(lambda: len(reported()) == 2)
    video_ntp, video_at = reported()[video.ssrc]
    audio_ntp, audio_at = reported()[audio.ssrc]
    # When was each lane's first packet captured? The sound 100 ms before the picture.
    first_picture = video_ntp - ((video_at - video.timestamp) & 0xFFFFFFFF) / 90_000
    first_sound = audio_ntp - ((audio_at - audio.timestamp) & 0xFFFFFFFF) / 48_000
    assert abs(first_picture - first_sound - 0.1) < 0.005


async def test_a_viewers_request_for_a_key_frame_reaches_the_publisher(studio: Studio) -> None:
    """A decoder that lost its footing must be helped, but a hundred of them with one key frame."""
    studio.show("alpha")
    viewer, publisher = await studio.viewer(), await studio.publisher("alpha")
    publisher.send_rtp(vp8(1, 0, key=True))
    await viewer.until(lambda: viewer.rtp)
    count = sum(wants_key_frame(data) for data in publisher.rtcp)
    for _ in range(20):
        viewer.send_rtcp(rtcp.picture_loss(1, viewer.rtp[0].ssrc))
    await publisher.until(lambda: sum(wants_key_frame(data) for data in publisher.rtcp) > count)
    assert sum(wants_key_frame(data) for data in publisher.rtcp) <= count + 2


async def test_an_impatient_viewer_costs_the_others_little_and_still_gets_its_key_frame(studio: Studio) -> None:
    """One bad connection must not turn everybody's bandwidth into key frames; nor may its wish be forgotten."""
    studio.show("alpha")
    viewer, publisher = await studio.viewer(), await studio.publisher("alpha")

    def asked() -> int:
        return sum(wants_key_frame(data) for data in publisher.rtcp)

    async def ask() -> None:
        viewer.send_rtcp(rtcp.picture_loss(1, viewer.rtp[0].ssrc))
        await viewer.check()  # so that it was read

    publisher.send_rtp(vp8(1, 0, key=True))
    await viewer.until(lambda: viewer.rtp)
    await ask()
    await publisher.until(lambda: asked() == 1)
    publisher.send_rtp(vp8(2, 3000, key=True))
    await viewer.until(lambda: len(viewer.rtp) == 2)
    studio.clock.ahead += Duration(1000)
    await ask()
    studio.clock.ahead += Duration(500)
    sent = len(publisher.rtcp)
    await publisher.until(lambda: len(publisher.rtcp) > sent)
    assert asked() == 1
    studio.clock.ahead += Duration(2000)
    await publisher.until(lambda: asked() == 2)


async def test_a_viewer_that_loses_packets_gets_large_frames_gently(studio: Studio) -> None:
    """And the others do not wait for it."""
    studio.show("alpha")
    viewer, other, publisher = await studio.viewer(), await studio.viewer(), await studio.publisher("alpha")
    publisher.send_rtp(vp8(1, 0, key=True))
    await viewer.until(lambda: viewer.rtp)
    (stage,) = studio.relay._stages.values()
    for number, lost in enumerate((0, 2)):
        block = rtcp.ReportBlock(viewer.rtp[0].ssrc, 0, lost, 1000 + 300 * number, 0, 0, 0)
        viewer.send_rtcp(rtcp.receiver_report(1, [block]))
        await viewer.check()  # so that it was read
        for watching in studio.relay._viewers.values():
            watching.tick(stage.rates(studio.clock.now().ms), studio.clock.now().ms)
        studio.clock.ahead += Duration(1000)
    for number in range(2, 42):
        publisher.send_rtp(vp8(number, 9000, key=number == 2, marker=number == 41))
    await other.until(lambda: len(other.rtp) == 41)
    await viewer.until(lambda: len(viewer.rtp) == 41)
    assert stage.outlet.gentle == 1
    assert [packet.payload for packet in viewer.rtp] == [packet.payload for packet in other.rtp]


@pytest.mark.parametrize(("why", "distance"), [("stray", 1), ("full", 0), ("thin", 0), ("publisher", 0)])
async def test_what_a_full_line_lost_brings_no_redundancy(studio: Studio, why: str, distance: int) -> None:
    """It would take 70 kbit/s more of a line that has none left; a report may come long after what it tells of. Nor
    does what the publisher's line lost, which no redundancy makes good."""
    studio.show("alpha")
    offered = [f"a=extmap:5 {SEQUENCE_URI}", "a=rtcp-fb:96 transport-cc"]
    viewer = await studio.viewer([*section("video", "0", "recvonly", ["VP8"]), *offered])
    publisher = await studio.publisher("alpha")
    publisher.send_rtp(vp8(1, 0, key=True))
    await viewer.until(lambda: viewer.rtp)
    (watching,), (stage,) = studio.relay._viewers.values(), studio.relay._stages.values()
    assert watching.measured is not None
    for number, lost in enumerate((0, 20)):
        block = rtcp.ReportBlock(viewer.rtp[0].ssrc, 0, lost, 1000 + 1000 * number, 0, 0, 0)
        viewer.send_rtcp(rtcp.receiver_report(1, [block]))
        await viewer.check()  # so that it was read
        watching.tick(stage.rates(studio.clock.now().ms), studio.clock.now().ms)
        if why == "full":
            watching.measured._full_at = studio.clock.now().ms
        elif why == "thin":
            watching.chooser._level = LOW - 1
        elif why == "publisher" and number == 0:
            publisher.send_rtp(vp8(22, 3000))
            await viewer.until(lambda: len(viewer.rtp) == 2)
        studio.clock.ahead += Duration(FULL_MS + 1000 if number == 0 else 0)
    assert watching.protection.distance(studio.clock.now().ms) == distance


async def test_a_viewer_without_aes_gcm_is_heard_beside_those_that_c_hears(studio: Studio) -> None:
    """Its feedback is for libsrtp, through Python, whichever way the others' is read."""
    studio.show("alpha")
    plain, other = LightPeer(), await studio.viewer()
    studio.peers.append(plain)
    plain.dtls._srtp_profiles = [SRTP_AES128_CM_SHA1_80]
    offer = plain.offer(*WATCHED).replace("setup:actpass", "setup:active")  # as its make is
    await plain.connect((await studio.relay.watch(ROOM, offer)).sdp)
    publisher = await studio.publisher("alpha")
    publisher.send_rtp(vp8(1, 0, key=True))
    for viewer in (plain, other):
        await viewer.until(lambda viewer=viewer: viewer.rtp)  # type: ignore[misc]
        middle = ntp_from_ms(studio.clock.now().ms - 300) >> 16 & 0xFFFFFFFF
        block = rtcp.ReportBlock(viewer.rtp[0].ssrc, 0, 0, 1, 0, middle, 0)
        viewer.send_rtcp(rtcp.receiver_report(1, [block]) + rtcp.picture_loss(1, viewer.rtp[0].ssrc))
    async with asyncio.timeout(10):
        while not all(one.key_frames_asked and one.round_trip_ms for one in studio.relay._viewers.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    controls = [bool(one.peer.native and one.peer.native.controls) for one in studio.relay._viewers.values()]
    assert controls == [studio.relay._egress.native, False]


def test_the_reports_words_are_the_rfcs() -> None:
    """Bytes of RFC 3550's header, so that the helpers above check more than themselves."""
    assert rtcp.picture_loss(1, 2) == struct.pack("!BBHII", 0x81, 206, 2, 1, 2)
    assert rtcp.negative_acknowledgement(1, 2, [65535, 0, 15, 16]) == struct.pack(
        "!BBHIIHHHH", 0x81, 205, 4, 1, 2, 65535, 0x8001, 16, 0
    )
