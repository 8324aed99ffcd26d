"""Publishers and viewers that see every byte, through the real socket, DTLS and SRTP."""

import itertools

import pytest

from roadshow.errors import SetupError
from roadshow.ids import PublisherId, SourceId
from roadshow.moments import Duration
from roadshow.rooms.lanes import FLOOR_1, FLOOR_2, MAIN, SLIDES
from roadshow.rooms.relay.relay import ForwardingRelay, RelayConfig
from roadshow.rooms.relay.transport.association import records
from roadshow.rooms.relay.wire import rtcp
from roadshow.rooms.relay.wire.codecs import parse_vp8
from tests.relay.light_peer import LEVEL_ID, LightPeer, h264, opus, section, vp8
from tests.relay.studio import PUBLISHED, WATCHED, Studio, pictures, steps, wants_key_frame
from tests.relay.support import ROOM, Listener, ShiftedClock, running_relay


async def test_a_viewer_gets_what_a_publisher_sends(studio: Studio) -> None:
    """The whole way: numbers of the viewer's own, its payload types and MID, the payload untouched."""
    studio.show("alpha")
    viewer, publisher = await studio.viewer(), await studio.publisher("alpha")
    for number in range(5):
        publisher.send_rtp(vp8(65533 + number, 90 * number, key=number == 0, body=b"body%d" % number))
        publisher.send_rtp(opus(number, 960 * number))
    await viewer.until(lambda: len(viewer.rtp) == 10)
    video = pictures(viewer)
    assert steps(video) == {1}
    assert [packet.payload[-1:] for packet in video] == [b"0", b"1", b"2", b"3", b"4"]
    assert [packet.timestamp - video[0].timestamp for packet in video] == [0, 90, 180, 270, 360]
    assert {packet.extension(1) for packet in video} == {b"0"}
    assert len({packet.ssrc for packet in viewer.rtp}) == 2
    assert studio.listener.present == {"alpha/camera", "alpha/microphone"}


async def test_a_picture_begins_with_a_key_frame(studio: Studio) -> None:
    """Anything before it could only be shown as garbage; and the publisher is asked for it at once."""
    studio.show("alpha")
    viewer, publisher = await studio.viewer(), await studio.publisher("alpha")
    publisher.send_rtp(vp8(1, 0))
    await publisher.until(lambda: any(wants_key_frame(data) for data in publisher.rtcp))
    publisher.send_rtp(vp8(2, 3000))
    publisher.send_rtp(vp8(3, 6000, key=True, body=b"key"))
    await viewer.until(lambda: viewer.rtp)
    assert viewer.rtp[0].payload.endswith(b"key")


async def test_a_late_viewer_sees_the_present_picture_at_once(studio: Studio) -> None:
    """Without a new key frame, so that a hundred people who join do not spoil everybody's picture."""
    studio.show("alpha")
    early, publisher = await studio.viewer(), await studio.publisher("alpha")
    for number in range(4):
        publisher.send_rtp(vp8(number, 3000 * number, key=number == 1))
    await early.until(lambda: len(early.rtp) == 3)
    asked = sum(wants_key_frame(data) for data in publisher.rtcp)
    late = await studio.viewer()
    await late.until(lambda: len(late.rtp) == 3)
    publisher.send_rtp(vp8(4, 12000))
    await late.until(lambda: len(late.rtp) == 4)
    assert steps(late.rtp) == {1}
    assert sum(wants_key_frame(data) for data in publisher.rtcp) == asked


async def test_an_encoder_that_answers_no_request_is_helped_out(studio: Studio) -> None:
    """Some send a key frame every few seconds whatever they are asked; viewers get the last one's history instead."""
    studio.show("alpha")
    early, publisher = await studio.viewer(), await studio.publisher("alpha")
    publisher.send_rtp(vp8(1, 0, key=True))
    publisher.send_rtp(vp8(2, 3000))
    await early.until(lambda: len(early.rtp) == 2)
    studio.clock.ahead += Duration(2000)
    late = await studio.viewer()
    other_form = await studio.viewer(section("video", "7", "recvonly", ["VP8"]))
    await publisher.until(lambda: any(wants_key_frame(data) for data in publisher.rtcp))
    assert not late.rtp
    studio.clock.ahead += Duration(1000)
    await late.until(lambda: len(late.rtp) == 2)
    await other_form.until(lambda: len(other_form.rtp) == 2)


async def test_a_change_of_publishers_runs_on_under_one_ssrc(studio: Studio) -> None:
    """A viewer's decoder must not notice: numbers run on, timestamps rise, the new picture begins with a key frame."""
    studio.show("alpha")
    viewer = await studio.viewer()
    alpha, beta = await studio.publisher("alpha"), await studio.publisher("beta")
    beta.send_rtp(vp8(900, 1, key=True, picture=77))
    for number in range(3):
        alpha.send_rtp(
            vp8(60000 + number, 4294967000 + 3000 * number, key=number == 0, picture=32767 + number & 0x7FFF)
        )
    await viewer.until(lambda: len(viewer.rtp) == 3)
    await studio.listener.until(lambda: len(studio.listener.present) == 2)
    studio.show("beta")
    beta.send_rtp(vp8(901, 3001, picture=78))
    alpha.send_rtp(vp8(60003, 8704, picture=2))
    await viewer.until(lambda: len(viewer.rtp) == 4)
    beta.send_rtp(vp8(902, 6001, key=True, picture=79, body=b"beta"))
    await viewer.until(lambda: len(viewer.rtp) == 5)
    alpha.send_rtp(vp8(60004, 11704))
    beta.send_rtp(vp8(903, 9001, picture=80, body=b"beta"))
    await viewer.until(lambda: len(viewer.rtp) == 6)
    assert steps(viewer.rtp) == {1}
    assert len({packet.ssrc for packet in viewer.rtp}) == 1
    assert [packet.payload.endswith(b"beta") for packet in viewer.rtp] == [False] * 4 + [True] * 2
    rises = [(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in zip(viewer.rtp, viewer.rtp[1:], strict=False)]
    assert all(0 < rise < 90_000 * 60 for rise in rises)
    described = [parse_vp8(packet.payload) for packet in viewer.rtp]
    numbers = [d.picture for d in described if d is not None and d.picture is not None]
    assert {(b - a) & 0x7FFF for a, b in itertools.pairwise(numbers)} == {1}
    assert len(numbers) == 6


async def test_a_change_of_codecs_uses_the_viewers_payload_types(studio: Studio) -> None:
    """One pitcher's browser sends VP8, another's H264; a viewer that knows only one gets only that one."""
    studio.show("alpha")
    both, only_vp8 = await studio.viewer(), await studio.viewer(section("video", "0", "recvonly", ["VP8"]))
    alpha, beta = await studio.publisher("alpha"), await studio.publisher("beta")
    alpha.send_rtp(vp8(1, 0, key=True))
    await both.until(lambda: len(both.rtp) == 1)
    await only_vp8.until(lambda: len(only_vp8.rtp) == 1)
    studio.show("beta")
    beta.send_rtp(h264(1, 0, key=True))
    beta.send_rtp(h264(2, 3000))
    await both.until(lambda: len(both.rtp) == 3)
    studio.show("alpha")
    alpha.send_rtp(vp8(2, 3000, key=True))
    await both.until(lambda: len(both.rtp) == 4)
    await only_vp8.until(lambda: len(only_vp8.rtp) == 2)
    assert [packet.payload_type for packet in both.rtp] == [96, 102, 102, 96]
    assert steps(both.rtp) == {1}
    assert steps(only_vp8.rtp) == {1}


async def test_a_publisher_that_comes_again_takes_its_own_place(studio: Studio) -> None:
    """A reload or a lost network must not look like leaving, and the old connection's end must not end the new."""
    studio.show("alpha")
    viewer, before = await studio.viewer(), await studio.publisher("alpha")
    before.send_rtp(vp8(1, 0, key=True))
    before.send_rtp(opus(1, 0))
    await viewer.until(lambda: len(viewer.rtp) == 2)
    after = await studio.publisher("alpha")
    after.send_rtp(vp8(500, 0, key=True, ssrc=9, body=b"again"))
    after.send_rtp(opus(7, 0, ssrc=8))
    await viewer.until(lambda: len(viewer.rtp) == 4)
    before.send_rtp(vp8(2, 0))
    await before.dtls.stop()
    after.send_rtp(vp8(501, 3000, ssrc=9, body=b"again"))
    await viewer.until(lambda: len(viewer.rtp) == 5)
    assert steps(pictures(viewer)) == {1}
    assert studio.listener.events == [("came", "alpha/camera"), ("came", "alpha/microphone")]
    await after.dtls.stop()
    await studio.listener.until(lambda: not studio.listener.present)


async def test_what_a_publisher_does_not_send_again_goes(studio: Studio) -> None:
    """Whoever comes back without a camera must not leave a frozen picture on the stage."""
    before = await studio.publisher("alpha")
    before.send_rtp(vp8(1, 0, key=True))
    before.send_rtp(opus(1, 0))
    await studio.listener.until(lambda: len(studio.listener.present) == 2)
    after = await studio.publisher("alpha")  # offers both
    after.send_rtp(opus(1, 0))
    assert len(studio.listener.events) == 2
    studio.clock.ahead += Duration(6000)
    await studio.listener.until(lambda: studio.listener.present == {"alpha/microphone"})
    only_camera = await studio.publisher("alpha", section("video", "0", "sendonly", ["VP8"]))
    only_camera.send_rtp(vp8(1, 0, key=True))
    await studio.listener.until(lambda: studio.listener.present == {"alpha/camera"})


async def test_slides_come_from_a_second_picture_or_a_session_of_their_own(studio: Studio) -> None:
    """OBS sends one connection, a browser may share its screen in another; both are the same source."""
    one = await studio.publisher("alpha", *PUBLISHED, section("video", "2", "sendonly", ["VP8"]))
    own = await studio.publisher("beta", section("video", "0", "sendonly", ["VP8"]), slides=True)
    studio.relay.show(ROOM, {SLIDES: SourceId("alpha/slides")})
    viewer = await studio.viewer(*WATCHED, section("video", "2", "recvonly", ["VP8"]))
    mid = bytes((0xBE, 0xDE, 0, 1, 0x10)) + b"2\0\0"
    data = vp8(1, 0, key=True, ssrc=5)
    one.send_rtp(bytes((data[0] | 0x10,)) + data[1:12] + mid + data[12:])
    await viewer.until(lambda: viewer.rtp)
    own.send_rtp(vp8(1, 0, key=True, body=b"own"))
    studio.relay.show(ROOM, {SLIDES: SourceId("beta/slides")})
    own.send_rtp(vp8(2, 3000, key=True, body=b"own"))
    await viewer.until(lambda: viewer.rtp[-1].payload.endswith(b"own"))
    assert {packet.extension(1) for packet in viewer.rtp} == {b"2"}
    assert studio.listener.present == {"alpha/slides", "beta/slides"}


async def test_a_single_audio_track_carries_whoever_speaks(studio: Studio) -> None:
    """A plain WHEP player has one audio track; it must hear the judge's question and the pitcher's reply."""
    audio = section("audio", "1", "sendonly", ["opus"])
    pitcher, judge = await studio.publisher("pitcher", audio), await studio.publisher("judge", audio)
    floor = {FLOOR_1: SourceId("pitcher/microphone"), FLOOR_2: SourceId("judge/microphone")}
    studio.relay.show(ROOM, floor)
    viewer = await studio.viewer()
    all_voices = await studio.viewer(*[section("audio", str(number), "recvonly", ["opus"]) for number in range(3)])

    async def talk(loud: LightPeer, quiet: LightPeer, first: int) -> None:
        for number in range(first, first + 60):
            studio.clock.ahead += Duration(20)
            loud.send_rtp(opus(number, 960 * number, level=20))
            quiet.send_rtp(opus(number, 960 * number, level=100))
            count = len(all_voices.rtp)
            await all_voices.until(lambda: len(all_voices.rtp) >= count + 2)  # noqa: B023

    await talk(pitcher, judge, 0)
    assert {packet.extension(LEVEL_ID) for packet in viewer.rtp[-10:]} == {b"\x14"}
    await talk(judge, pitcher, 60)
    assert {packet.extension(LEVEL_ID) for packet in viewer.rtp[-10:]} == {b"\x14"}
    assert steps(viewer.rtp) == {1}
    # Its changes: from nobody's silence to the pitcher at most once, then once to the judge.
    marks = [packet for packet in viewer.rtp if packet.marker]
    assert 1 <= len(marks) <= 3


async def test_a_silent_publisher_is_given_up_after_thirty_seconds(studio: Studio) -> None:
    """A machine that lost its power says no goodbye; the stage must learn of it."""
    publisher = await studio.publisher("alpha")
    publisher.send_rtp(vp8(1, 0, key=True))
    await publisher.until(lambda: publisher.rtcp)
    assert studio.listener.present
    studio.clock.ahead += Duration.seconds(31)
    await studio.listener.until(lambda: not studio.listener.present)
    assert studio.listener.events[-1] == ("went", "alpha/camera")


async def test_a_viewers_media_follows_it_to_a_new_address(studio: Studio) -> None:
    """From Wi-Fi to mobile without a new connection; but a check alone, which anybody could replay, moves nothing."""
    studio.show("alpha")
    viewer, publisher = await studio.viewer(), await studio.publisher("alpha")
    publisher.send_rtp(vp8(1, 0, key=True))
    await viewer.until(lambda: len(viewer.rtp) == 1)
    await viewer.move()
    await viewer.check()
    viewer.send_rtcp(rtcp.receiver_report(1, []))
    await viewer.check()  # answered after the report was read
    publisher.send_rtp(vp8(2, 3000))
    await viewer.until(lambda: len(viewer.rtp) == 2)


async def test_a_publisher_may_be_the_dtls_server(studio: Studio) -> None:
    """Some command-line encoders insist on it."""
    publisher, viewer = LightPeer(waits=True), await studio.viewer()
    studio.peers.append(publisher)
    studio.show("alpha")
    answer = await studio.relay.publish(ROOM, PublisherId("alpha"), False, publisher.offer(*PUBLISHED))
    assert "a=setup:active" in answer.sdp
    await publisher.connect(answer.sdp)
    await publisher.check()  # by its answer our end has its keys, too
    publisher.send_rtp(vp8(1, 0, key=True))
    await viewer.until(lambda: viewer.rtp)


async def test_one_socket_serves_both_families() -> None:
    """A viewer's network may have only one of them; IPv4 peers must not be told an IPv6 address of theirs."""
    async with running_relay(host="::") as relay:
        viewer, publisher = LightPeer(), LightPeer()
        relay.show(ROOM, {MAIN: SourceId("alpha/camera")})
        await viewer.connect((await relay.watch(ROOM, viewer.offer(*WATCHED))).sdp)
        await publisher.connect(
            (await relay.publish(ROOM, PublisherId("alpha"), False, publisher.offer(*PUBLISHED))).sdp
        )
        assert viewer.stun[0].attributes["XOR-MAPPED-ADDRESS"][0] == "127.0.0.1"
        publisher.send_rtp(vp8(1, 0, key=True))
        await viewer.until(lambda: viewer.rtp)
        for peer in (viewer, publisher):
            peer.vanish()


async def test_an_operator_is_told_what_is_wrong_with_the_port() -> None:
    """In one sentence, before anybody tries to watch."""
    async with running_relay() as relay:
        for config in (
            RelayConfig(host="127.0.0.1", udp_port=relay.udp_port, max_viewers=1),
            RelayConfig(host="203.0.113.1", max_viewers=1),
            RelayConfig(host="127.0.0.1", advertised=("media.example.org",), max_viewers=1),
        ):
            with pytest.raises(SetupError):
                await ForwardingRelay(config, ShiftedClock(), Listener()).start()


async def test_an_ice_restart_keeps_the_media_flowing(studio: Studio) -> None:
    """New credentials, the same keys and tracks (RFC 9725, section 4.3.3)."""
    studio.show("alpha")
    publisher = await studio.publisher("alpha")
    viewer = LightPeer()
    studio.peers.append(viewer)
    answer = await studio.relay.watch(ROOM, viewer.offer(*WATCHED))
    await viewer.connect(answer.sdp)
    former = viewer.told("ice-ufrag")
    viewer.ufrag, viewer.password = "fresh", "x" * 22
    fragment = "a=ice-ufrag:fresh\r\na=ice-pwd:" + "x" * 22 + "\r\n"
    restarted = await studio.relay.restart_or_trickle(answer.session, fragment, "*")
    assert restarted is not None
    assert restarted.etag != answer.etag
    viewer.answer = restarted.fragment
    assert viewer.told("ice-ufrag") != former
    await viewer.move()
    await viewer.check()
    viewer.send_rtcp(rtcp.receiver_report(1, []))
    await viewer.check()
    publisher.send_rtp(vp8(1, 0, key=True))
    await viewer.until(lambda: viewer.rtp)


async def test_stopping_says_goodbye_to_everybody(studio: Studio) -> None:
    """Browsers then know at once, instead of waiting half a minute for a dead server."""
    viewer, publisher = await studio.viewer(), await studio.publisher("alpha")
    await studio.relay.stop()
    await viewer.until(lambda: viewer.dtls.state == "closed")
    await publisher.until(lambda: publisher.dtls.state == "closed")


async def test_a_client_that_missed_the_end_of_the_handshake_gets_it_again(studio: Studio) -> None:
    """The relay is done by then, and has let OpenSSL go."""
    peer = LightPeer()
    studio.peers.append(peer)
    lost: list[bytes] = []
    take = peer._wire.feed

    def lossy(data: bytes) -> None:
        if not lost and any(epoch == 1 for _, epoch, _, _ in records(data)):
            lost.append(data)
        else:
            take(data)

    peer._wire.feed = lossy  # type: ignore[method-assign]
    await peer.connect((await studio.relay.watch(ROOM, peer.offer(*WATCHED))).sdp)
    assert lost
    await peer.close()
    # Its goodbye is heard: it is off the stage before the next one's handshake is done.
    await studio.viewer()
    assert studio.relay.stats().rooms[0].viewers.connected == 1
