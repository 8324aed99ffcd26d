"""Why there is no picture: the rules, and what a relay that runs tells viewers, publishers and control."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.ids import LaneId, PublisherId, SourceId
from roadshow.moments import Duration
from roadshow.rooms.lanes import MAIN, SLIDES
from roadshow.rooms.relay import diagnosing
from roadshow.rooms.relay.diagnosing import Missing, groups
from roadshow.rooms.relay.diagnosis.rules import (
    WAITS_MS,
    Blind,
    Shown,
    grouped,
    trouble_of_picture,
    trouble_of_viewer,
)
from roadshow.rooms.relay.diagnosis.troubles import Trouble
from roadshow.rooms.relay.last_mile.quality import Choice
from roadshow.rooms.relay.stage.stage import Stage
from roadshow.rooms.relay.stats import Condition, RoomStats, SourceStats
from roadshow.rooms.relay.watching import Watching
from roadshow.rooms.relay.wire.sdp import BadOffer
from tests.relay.light_peer import SLICE, LightPeer, h264, nal, opus, section, vp8
from tests.relay.studio import Studio, wants_key_frame
from tests.relay.support import ROOM

VP8_ONLY = section("video", "0", "recvonly", ["VP8"])
SOUND = section("audio", "1", "recvonly", ["opus"])
H264_ONLY = section("video", "0", "sendonly", ["H264"])

pictures = st.one_of(
    st.none(),
    st.builds(
        Shown,
        comes=st.booleans(),
        codec=st.sampled_from(["", "VP8", "H264"]),
        key_frames=st.integers(0, 3),
        lacks_sets=st.booleans(),
    ),
)
codecs = st.lists(st.sampled_from(["VP8", "H264"]), unique=True)
waits = st.one_of(st.none(), st.integers(0, 3 * WAITS_MS))


# -- the rules --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "trouble"),
    [
        (None, Trouble.ABSENT),
        (Shown(comes=False), Trouble.SILENT),
        (Shown(comes=False, codec="VP8", key_frames=3), Trouble.SILENT),
        (Shown(comes=True, codec="VP8"), Trouble.NO_KEY_FRAME),
        (Shown(comes=True, codec="H264", key_frames=3, lacks_sets=True), Trouble.NO_PARAMETER_SETS),
        (Shown(comes=True, codec="H264", key_frames=1), None),
    ],
)
def test_what_ails_a_picture_has_one_name(shown: Shown | None, trouble: Trouble | None) -> None:
    assert trouble_of_picture(shown) is trouble


@given(pictures, codecs, waits)
def test_nobody_is_without_a_picture_and_without_a_reason(
    shown: Shown | None, takes: list[str], waits_ms: int | None
) -> None:
    """No reason means: it comes in a codec the viewer has, decodable, and its key frame is there or soon will be."""
    trouble = trouble_of_viewer(shown, takes, waits_ms)
    sees = (
        shown is not None
        and shown.comes
        and shown.key_frames > 0
        and not shown.lacks_sets
        and shown.codec in takes
        and (waits_ms is None or waits_ms <= WAITS_MS)
    )
    assert (trouble is None) is sees


@given(pictures, codecs, codecs, waits)
def test_what_nobody_sees_has_the_same_reason_for_all(
    shown: Shown | None, some: list[str], others: list[str], waits_ms: int | None
) -> None:
    """Else control would read of codecs while the camera is off."""
    trouble = trouble_of_picture(shown)
    if trouble is not None:
        assert trouble_of_viewer(shown, some, waits_ms) is trouble_of_viewer(shown, others, None) is trouble


@given(
    st.lists(
        st.builds(
            Blind,
            st.sampled_from([MAIN, SLIDES]),
            st.sampled_from(Trouble),
            st.sampled_from(["VP8", "H264"]),
            codecs.map(tuple),
        )
    )
)
def test_groups_hold_every_viewer_once_and_the_largest_comes_first(found: Sequence[Blind]) -> None:
    groups = grouped(found)
    assert sum(group.viewers for group in groups) == len(found)
    assert len(groups) == len(set(found))
    assert [group.viewers for group in groups] == sorted((group.viewers for group in groups), reverse=True)


# -- of a relay that runs ---------------------------------------------------------------------------------------------


async def comes_true(condition: Callable[[], bool]) -> None:
    """For what the relay knows without telling anybody."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # the relay has no event for each of its counts
            await asyncio.sleep(0.01)


def room(studio: Studio) -> RoomStats:
    return next(one for one in studio.relay.stats().rooms if one.room == ROOM)


def camera(studio: Studio) -> SourceStats | None:
    return next((one for one in room(studio).sources if one.source == "alpha/camera"), None)


async def missing(studio: Studio, session: str) -> dict[LaneId, Missing]:
    return (await studio.relay.received(session)).missing


async def watching(studio: Studio, *sections: list[str]) -> tuple[LightPeer, str]:
    """A viewer and its session."""
    peer = LightPeer()
    studio.peers.append(peer)
    answer = await studio.relay.watch(ROOM, peer.offer(*sections))
    return await peer.connect(answer.sdp), answer.session


async def publishing(studio: Studio, *sections: list[str]) -> tuple[LightPeer, str]:
    peer = LightPeer()
    studio.peers.append(peer)
    answer = await studio.relay.publish(ROOM, PublisherId("alpha"), False, peer.offer(*sections))
    return await peer.connect(answer.sdp), answer.session


async def test_who_has_not_the_codec_is_told_and_so_are_publisher_and_control(studio: Studio) -> None:
    """A Firefox without H264 waited for ever, and the host read "good"."""
    studio.show("alpha")
    able = await studio.viewer()
    _, unable = await watching(studio, VP8_ONLY, SOUND)
    publisher, session = await publishing(studio, H264_ONLY)
    publisher.send_rtp(h264(1, 0, key=True))
    await able.until(lambda: len(able.rtp) == 1)

    assert await missing(studio, unable) == {MAIN: Missing(Trouble.CODEC, "H264")}
    assert room(studio).blind == (Blind(MAIN, Trouble.CODEC, "H264", ("VP8",), 1),)
    seen = camera(studio)
    assert seen is not None
    assert (seen.condition, seen.blind, seen.trouble) == (Condition.WEAK, 1, None)
    (told,) = (await studio.relay.report(session)).sources
    assert (told.viewers, told.blind, told.codec) == (2, 1, "H264")


async def test_a_picture_that_everybody_sees_is_good_and_nobody_is_told_anything(studio: Studio) -> None:
    studio.show("alpha")
    viewer, session = await watching(studio, VP8_ONLY, SOUND)
    publisher, own = await publishing(studio, section("video", "0", "sendonly", ["VP8"]))
    publisher.send_rtp(vp8(1, 0, key=True))
    await viewer.until(lambda: len(viewer.rtp) == 1)
    assert await missing(studio, session) == {}
    seen = camera(studio)
    assert seen is not None
    assert (seen.condition, room(studio).blind) == (Condition.GOOD, ())
    report = await studio.relay.report(own)
    assert [(one.trouble, one.blind) for one in report.sources] == [(None, 0)]
    assert report.noted == ()


@pytest.mark.parametrize(
    ("packet", "trouble"),
    [
        (nal(1, 0, SLICE), Trouble.NO_KEY_FRAME),
        (h264(1, 0, key=True, bare=True), Trouble.NO_PARAMETER_SETS),
    ],
)
async def test_a_picture_that_cannot_begin_has_its_reason(studio: Studio, packet: bytes, trouble: Trouble) -> None:
    studio.show("alpha")
    _, session = await watching(studio, section("video", "0", "recvonly", ["VP8", "H264"]), SOUND)
    publisher, own = await publishing(studio, H264_ONLY)
    publisher.send_rtp(packet)
    await comes_true(lambda: (seen := camera(studio)) is not None and seen.layers[0].packets == 1)
    assert await missing(studio, session) == {MAIN: Missing(trouble, "H264")}
    seen = camera(studio)
    assert seen is not None
    assert (seen.condition, seen.trouble) == (Condition.WEAK, trouble)
    assert [one.trouble for one in (await studio.relay.report(own)).sources] == [trouble]


async def test_a_picture_that_stops_is_silent_and_one_that_never_came_absent(studio: Studio) -> None:
    studio.show("alpha")
    viewer, session = await watching(studio, VP8_ONLY, SOUND)
    assert await missing(studio, session) == {MAIN: Missing(Trouble.ABSENT, "")}
    publisher, _ = await publishing(studio, section("video", "0", "sendonly", ["VP8"]))
    publisher.send_rtp(vp8(1, 0, key=True))
    await viewer.until(lambda: len(viewer.rtp) == 1)
    studio.clock.ahead += Duration(4000)
    assert await missing(studio, session) == {MAIN: Missing(Trouble.SILENT, "VP8")}


async def test_who_waits_for_a_key_frame_that_does_not_come_is_told(studio: Studio) -> None:
    """An encoder with a key frame a minute shows nothing to whoever comes in between; those who were there see it."""
    studio.show("alpha")
    early = await studio.viewer()
    publisher, _ = await publishing(studio, section("video", "0", "sendonly", ["VP8"]))
    publisher.send_rtp(vp8(1, 0, key=True))
    await early.until(lambda: len(early.rtp) == 1)
    studio.clock.ahead += Duration(10_000)
    _, late = await watching(studio, VP8_ONLY, SOUND)
    studio.clock.ahead += Duration(WAITS_MS + 500)
    publisher.send_rtp(vp8(2, 90_000))
    await early.until(lambda: len(early.rtp) == 2)
    assert await missing(studio, late) == {MAIN: Missing(Trouble.NO_KEY_FRAME, "VP8")}
    seen = camera(studio)
    assert seen is not None
    assert (seen.condition, seen.blind, [group.viewers for group in room(studio).blind]) == (Condition.WEAK, 0, [1])


async def test_a_publisher_that_asks_all_the_time_costs_no_more_than_one_look(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look at all viewers takes 25 ms of a thousand, for which nobody gets a packet."""
    looks = 0

    def counted(stage: Stage, viewers: Iterable[Watching], now: int) -> tuple[Blind, ...]:
        nonlocal looks
        looks += 1
        return groups(stage, viewers, now)

    monkeypatch.setattr(diagnosing, "groups", counted)
    studio.show("alpha")
    await watching(studio, VP8_ONLY, SOUND)
    publisher, own = await publishing(studio, section("video", "0", "sendonly", ["VP8"]))
    publisher.send_rtp(vp8(1, 0, key=True))
    await comes_true(lambda: camera(studio) is not None)
    looks = 0
    for _ in range(50):
        (told,) = (await studio.relay.report(own)).sources
        assert told.viewers == 1
    assert looks < 10  # one, or one a second on a machine that is busy
    await watching(studio, VP8_ONLY, SOUND)
    studio.clock.ahead += Duration.seconds(1)
    (told,) = (await studio.relay.report(own)).sources
    assert told.viewers == 2


async def test_a_name_card_in_the_cameras_place_is_nothing_that_is_missing(studio: Studio) -> None:
    """Nobody sends it: each page draws it, and the host needs no advice about a camera that was turned off."""
    _, own = await publishing(studio, section("video", "0", "sendonly", ["VP8"]))
    await studio.relay.show_card(own, True)
    studio.relay.show(ROOM, {MAIN: SourceId("alpha/card")})
    _, session = await watching(studio, VP8_ONLY, SOUND)
    assert await missing(studio, session) == {}
    assert room(studio).blind == ()
    await studio.relay.show_card(own, False)
    assert await missing(studio, session) == {MAIN: Missing(Trouble.ABSENT, "")}


async def test_a_camera_that_is_off_is_not_missing_while_slides_come(studio: Studio) -> None:
    """Nor are slides that nobody sends."""
    studio.relay.show(ROOM, {MAIN: SourceId("alpha/camera"), SLIDES: SourceId("alpha/slides")})
    two = [*VP8_ONLY], [line.replace("mid:0", "mid:2") for line in VP8_ONLY]
    viewer, session = await watching(studio, *two)
    peer = LightPeer()
    studio.peers.append(peer)
    offer = peer.offer(section("video", "0", "sendonly", ["VP8"]))
    await peer.connect((await studio.relay.publish(ROOM, PublisherId("alpha"), True, offer)).sdp)
    peer.send_rtp(vp8(1, 0, key=True))
    await viewer.until(lambda: len(viewer.rtp) == 1)
    assert await missing(studio, session) == {}


async def test_what_a_viewer_left_out_itself_is_not_missing(studio: Studio) -> None:
    """It asked for sound only; control must not count it among those who cannot see."""
    studio.show("alpha")
    viewer, session = await watching(studio, VP8_ONLY, SOUND)
    publisher, _ = await publishing(studio, H264_ONLY, section("audio", "1", "sendonly", ["opus"]))
    publisher.send_rtp(h264(1, 0, key=True))
    publisher.send_rtp(opus(1, 0))
    await viewer.until(lambda: viewer.rtp)
    await studio.relay.choose(session, Choice.SOUND)
    assert await missing(studio, session) == {}
    assert room(studio).blind == ()


async def test_a_player_with_none_of_our_codecs_is_told_too(studio: Studio) -> None:
    """It gets the sound, and a picture section that is declined."""
    studio.show("alpha")
    av1 = [line.replace("VP8/90000", "AV1/90000") for line in VP8_ONLY]
    _, session = await watching(studio, av1, SOUND)
    publisher, _ = await publishing(studio, H264_ONLY)
    publisher.send_rtp(h264(1, 0, key=True))
    await comes_true(lambda: (seen := camera(studio)) is not None and seen.blind == 1)
    assert await missing(studio, session) == {MAIN: Missing(Trouble.CODEC, "H264")}


async def test_who_cannot_play_a_picture_asks_for_no_key_frames_of_it(studio: Studio) -> None:
    """They would wait for ever, and a key frame twice a second costs everybody else their sharpness."""
    studio.show("alpha")
    able = await studio.viewer()
    await watching(studio, VP8_ONLY, SOUND)
    publisher, _ = await publishing(studio, H264_ONLY)
    publisher.send_rtp(h264(1, 0, key=True))
    await able.until(lambda: len(able.rtp) == 1)
    asked = sum(wants_key_frame(data) for data in publisher.rtcp)
    heard = len(publisher.rtcp)
    for _ in range(3):
        studio.clock.ahead += Duration(1000)  # a request is due again, and so is a report
        heard = len(publisher.rtcp)
        await publisher.until(lambda: len(publisher.rtcp) > heard + 1)  # noqa: B023  # waited for at once
    assert sum(wants_key_frame(data) for data in publisher.rtcp) == asked


async def test_an_offer_refused_for_its_codecs_is_told_to_control(studio: Studio) -> None:
    """Whoever set the encoder up sees "failed to connect"; the host sees why, until it is put right."""
    offer = LightPeer().offer([line.replace("H264/90000", "H265/90000") for line in H264_ONLY])
    studio.show("alpha")
    with pytest.raises(BadOffer):
        await studio.relay.publish(ROOM, PublisherId("alpha"), False, offer)
    await studio.viewer()
    assert [(entry.who, entry.trouble, entry.detail) for entry in room(studio).noted] == [
        ("alpha", Trouble.CODEC, "H265")
    ]
    studio.relay.diary.note(ROOM, "alpha", Trouble.WITHDRAWN, studio.clock.now().ms)
    await publishing(studio, H264_ONLY)
    assert room(studio).noted == ()


async def test_connections_of_viewers_that_never_come_about_are_counted(studio: Studio) -> None:
    """A hall whose network lets no video through is seen while it lasts, and not an hour later."""
    connected = await studio.viewer()
    for _ in range(3):
        answer = await studio.relay.watch(ROOM, LightPeer().offer(VP8_ONLY))
        await studio.relay.end(answer.session)
    assert (room(studio).failed, room(studio).viewers.connected) == (3, 1)
    connected.vanish()
    studio.clock.ahead += Duration(61_000)
    assert room(studio).failed == 0


async def test_what_was_noted_of_a_publisher_is_told_to_it_and_to_control(studio: Studio) -> None:
    """An encoder that asks for its session reads what the host reads."""
    _, own = await publishing(studio, H264_ONLY)
    now = studio.clock.now().ms
    studio.relay.diary.note(ROOM, "alpha", Trouble.TOO_FAST, now, detail="33 Mbit/s")
    studio.relay.diary.note(ROOM, "beta", Trouble.HANDSHAKE, now)
    assert [(one.trouble, one.detail) for one in (await studio.relay.report(own)).noted] == [
        (Trouble.TOO_FAST, "33 Mbit/s")
    ]
    assert [entry.who for entry in room(studio).noted][:2] == ["beta", "alpha"]
    totals = studio.relay.stats().troubles
    assert (totals[Trouble.TOO_FAST], totals[Trouble.HANDSHAKE]) == (1, 1)
