"""The relay's figures, of a relay that runs: each counts what it says, and none tells who somebody is."""

import asyncio
import socket
from collections.abc import Callable

import msgspec
import pytest

from roadshow.errors import Unavailable
from roadshow.ids import PublisherId, SourceId
from roadshow.moments import Duration
from roadshow.rooms.relay.diagnosis.diary import Diary
from roadshow.rooms.relay.egress.egress import Egress
from roadshow.rooms.relay.last_mile.quality import Choice
from roadshow.rooms.relay.observer import Observer
from roadshow.rooms.relay.offers.lanes import LaneTable
from roadshow.rooms.relay.relay import ForwardingRelay
from roadshow.rooms.relay.sources.publication import Publication
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.stage import Stage
from roadshow.rooms.relay.stats import LOST_AFTER_MS, Condition, LayerStats, Refusal, SourceStats, ViewersStats
from roadshow.rooms.relay.wire import rtcp
from roadshow.rooms.relay.wire.codecs import Codec
from roadshow.rooms.relay.wire.rtp import extension_block, parse
from roadshow.rooms.relay.wire.sync import SenderClock, ntp_from_ms
from tests.relay.light_peer import MID_ID, LightPeer, opus, vp8
from tests.relay.studio import PUBLISHED, WATCHED, Studio, pictures
from tests.relay.support import ROOM, running_relay
from tests.relay.test_simulcast import LAYERS, RID_ID, camera

PATIENCE_S = 10


async def comes_true(condition: Callable[[], bool]) -> None:
    """For what the relay counts without telling anybody."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  # the relay has no event for each of its counts
            await asyncio.sleep(0.01)


def viewers(relay: ForwardingRelay) -> ViewersStats:
    return next(room.viewers for room in relay.stats().rooms if room.room == ROOM)


def source(relay: ForwardingRelay, name: str) -> SourceStats:
    return next(one for room in relay.stats().rooms for one in room.sources if one.source == name)


def only_layer(relay: ForwardingRelay, name: str) -> LayerStats:
    (layer,) = source(relay, name).layers
    return layer


async def test_a_sources_figures_are_what_came(studio: Studio) -> None:
    """Two packets get lost on the way in and are repaired: asked for, recovered, and not lost."""
    studio.show("alpha")
    viewer, publisher = await studio.viewer(), await studio.publisher("alpha")
    publisher.send_rtp(vp8(10, 0, key=True))
    publisher.send_rtp(vp8(13, 9000))
    await publisher.until(lambda: any(isinstance(p, rtcp.Nacked) for data in publisher.rtcp for p in rtcp.parse(data)))
    assert only_layer(studio.relay, "alpha/camera").lost == 2
    publisher.send_rtp(vp8(11, 3000))
    publisher.send_rtp(vp8(12, 6000))
    publisher.send_rtp(opus(1, 0))
    await viewer.until(lambda: len(viewer.rtp) == 5)

    camera = source(studio.relay, "alpha/camera")
    layer = only_layer(studio.relay, "alpha/camera")
    assert (layer.codec, layer.packets, layer.lost, layer.recovered, layer.key_frames) == ("VP8", 4, 0, 2, 1)
    assert layer.nacks >= 2
    assert layer.live
    assert layer.key_frame_age_ms is not None
    assert camera.round_trip_ms is not None
    assert camera.condition is Condition.GOOD
    microphone = source(studio.relay, "alpha/microphone")
    assert (microphone.video, microphone.condition, microphone.round_trip_ms) == (False, Condition.GOOD, None)
    egress = studio.relay.stats().egress
    assert egress.packets == 5
    assert 0 < egress.calls <= 5
    assert egress.octets > 5 * 12


async def test_a_source_that_is_silent_is_lost(studio: Studio) -> None:
    """The host should hear of it before the hall does."""
    publisher = await studio.publisher("alpha")
    publisher.send_rtp(vp8(1, 0, key=True))
    await studio.listener.until(lambda: studio.listener.present == {SourceId("alpha/camera")})
    assert source(studio.relay, "alpha/camera").condition is Condition.GOOD
    studio.clock.ahead = Duration(LOST_AFTER_MS)
    layer = only_layer(studio.relay, "alpha/camera")
    assert source(studio.relay, "alpha/camera").condition is Condition.LOST
    assert not layer.live
    assert layer.silent_ms is not None
    assert layer.silent_ms >= LOST_AFTER_MS


async def test_what_viewers_asked_for_stays_counted_when_they_leave(studio: Studio) -> None:
    """A counter that falls looks like a restart to whoever reads it."""
    studio.show("alpha")
    viewer, publisher = await studio.viewer(), await studio.publisher("alpha")
    for number in range(3):
        publisher.send_rtp(vp8(number, 3000 * number, key=number == 0))
    await viewer.until(lambda: len(viewer.rtp) == 3)
    lost = viewer.rtp[1]
    viewer.send_rtcp(rtcp.negative_acknowledgement(1, lost.ssrc, [lost.sequence, (lost.sequence + 500) & 0xFFFF]))
    viewer.send_rtcp(rtcp.picture_loss(1, lost.ssrc))
    await viewer.until(lambda: len(viewer.rtp) == 4)
    await comes_true(lambda: viewers(studio.relay).totals.key_frame_requests == 1)
    before = viewers(studio.relay)
    assert (before.connected, before.totals.nacks, before.totals.resent) == (1, 2, 1)
    await viewer.close()
    await comes_true(lambda: viewers(studio.relay).connected == 0)
    assert viewers(studio.relay).totals == before.totals


async def test_a_viewers_loss_and_way_are_seen_and_nothing_of_who_it_is(studio: Studio) -> None:
    """The worst ten are shown to the host: figures, and no address, session or key."""
    studio.show("alpha")
    answer = await studio.relay.watch(ROOM, (viewer := LightPeer()).offer(*WATCHED))
    studio.peers.append(viewer)
    await viewer.connect(answer.sdp)
    other, publisher = await studio.viewer(), await studio.publisher("alpha")
    publisher.send_rtp(vp8(1, 0, key=True))
    await viewer.until(lambda: pictures(viewer))
    await other.until(lambda: pictures(other))
    now = studio.clock.now().ms
    middle = ntp_from_ms(now - 300) >> 16 & 0xFFFFFFFF
    ssrc = pictures(viewer)[0].ssrc
    for lost, highest in ((0, 1), (100, 401)):
        block = rtcp.ReportBlock(ssrc, 255, lost, highest, 0, middle, 0)
        viewer.send_rtcp(rtcp.receiver_report(1, [block]))
        # What comes between two looks is one report.
        await comes_true(lambda: viewers(studio.relay).round_trip_ms.count > 0)
    await comes_true(lambda: viewers(studio.relay).loss.worst == 0.25)
    found = viewers(studio.relay)
    assert (found.loss.count, found.loss.median) == (2, 0.0)
    assert found.qualities["main", "high"] == 2
    assert found.see_less == 0
    assert found.round_trip_ms.worst >= 299  # the NTP timestamp is rounded down

    (worst,) = studio.relay.worst_viewers(ROOM, 10)
    assert worst.loss == 0.25
    told = msgspec.json.encode(worst).decode()
    known = {answer.session, answer.etag, "127.0.0.1", str(viewer.server[1])}
    known |= {viewer.told("ice-ufrag"), viewer.told("ice-pwd")}
    assert not [secret for secret in known if secret and secret in told]


async def test_whoever_gets_less_than_there_is_is_counted(studio: Studio) -> None:
    """One wishes for a small picture. Of a simulcast that is less than the others get; of a plain track it is not."""
    studio.show("alpha")
    answer = await studio.relay.watch(ROOM, (modest := LightPeer()).offer(*WATCHED))
    studio.peers.append(modest)
    await studio.relay.choose(answer.session, Choice.LOW)
    await modest.connect(answer.sdp)
    other = await studio.viewer()
    publisher = await studio.publisher("alpha", camera(*LAYERS))

    def send(number: int, *rids: str) -> None:
        for ssrc, rid in enumerate(rids, 1):
            names = extension_block([(MID_ID, b"0"), (RID_ID, rid.encode())])
            data = vp8(number, 3000 * number, key=True, ssrc=ssrc, body=rid.encode())
            publisher.send_rtp(bytes((data[0] | 0x10,)) + data[1:12] + names + data[12:])

    send(1, "l", "m", "h")
    await modest.until(lambda: pictures(modest) and pictures(modest)[-1].payload.endswith(b"l"))
    await other.until(lambda: pictures(other) and pictures(other)[-1].payload.endswith(b"h"))
    found = viewers(studio.relay)
    assert (found.qualities["main", "low"], found.qualities["main", "high"], found.see_less) == (1, 1, 1)
    layers = source(studio.relay, "alpha/camera").layers
    assert [(layer.rid, layer.live, layer.packets) for layer in layers] == [(rid, True, 1) for rid in "lmh"]

    plain = await studio.publisher("beta")
    studio.show("beta")
    plain.send_rtp(vp8(1, 0, key=True, body=b"plain"))
    await modest.until(lambda: pictures(modest)[-1].payload.endswith(b"plain"))
    await other.until(lambda: pictures(other)[-1].payload.endswith(b"plain"))
    assert viewers(studio.relay).see_less == 0

    studio.clock.ahead = Duration.seconds(2)  # a viewer's choices are followed so often
    await studio.relay.choose(answer.session, Choice.SOUND)
    await comes_true(lambda: viewers(studio.relay).qualities.get(("main", "off")) == 1)
    assert viewers(studio.relay).see_less == 1
    studio.relay.show(ROOM, {})
    assert viewers(studio.relay).see_less == 0, "there is nothing to see"


async def test_whoever_is_on_the_way_is_not_connected_yet(studio: Studio) -> None:
    """Many on the way and few connected: UDP does not get through."""
    await studio.relay.watch(ROOM, LightPeer().offer(*WATCHED))
    assert (viewers(studio.relay).joining, viewers(studio.relay).connected) == (1, 0)
    studio.clock.ahead = Duration(25_000)
    await comes_true(lambda: studio.relay.stats().tally.never_connected == 1)
    assert viewers(studio.relay).joining == 0


async def test_refusals_are_counted_by_their_reason() -> None:
    """Full by setting and full by load are mended in different ways."""
    async with running_relay(max_viewers=1) as relay:
        await relay.watch(ROOM, LightPeer().offer(*WATCHED))
        for _ in range(3):
            with pytest.raises(Unavailable):
                await relay.watch(ROOM, LightPeer().offer(*WATCHED))
        assert relay.stats().tally.refused == {Refusal.VIEWERS: 3}
    with pytest.raises(Unavailable):
        await relay.publish(ROOM, PublisherId("alpha"), False, LightPeer().offer(*PUBLISHED))
    assert relay.stats().tally.refused == {Refusal.VIEWERS: 3, Refusal.STOPPING: 1}


async def test_what_nobody_proved_is_counted_and_not_answered(studio: Studio) -> None:
    """A flood shows, while the relay keeps silent."""
    publisher = await studio.publisher("alpha")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.setblocking(False)
        for check in (bytes(20), bytes((0, 1)) + bytes(30)):
            stranger.sendto(check, publisher.server)
        for first in (0x80, 22):
            stranger.sendto(bytes((first,)) + bytes(40), publisher.server)
        await comes_true(lambda: studio.relay.stats().tally.stun_rejected == 2)
        await comes_true(lambda: studio.relay.stats().tally.strangers == 2)
        with pytest.raises(BlockingIOError):
            stranger.recv(2000)
    publisher.send(bytes((0x80, 96)) + bytes(60))
    await comes_true(lambda: studio.relay.stats().tally.undecryptable == 1)
    await publisher.close()
    await comes_true(lambda: studio.relay.stats().publishers == 0)
    assert studio.relay.stats().tally.undecryptable == 1


# -- without sockets --------------------------------------------------------------------------------------------------


def test_recent_loss_is_of_each_layer_by_itself() -> None:
    """A publisher whose uplink holds two of three encodings should show just that."""
    types, clock = {96: Codec.VP8}, SenderClock()
    low, high = (Source(SourceId("alpha/camera"), True, types, 0, clock, rid) for rid in ("l", "h"))
    stage, observer = Stage(ROOM, Egress(), LaneTable()), Observer(Diary())
    publication = Publication([low, high])
    now, number = 0, 0
    for second in range(20):
        for frame in range(30):
            now, number = second * 1000 + frame * 33, number + 1
            for layer, ssrc in ((low, 1), (high, 2)):
                if layer is low or number % 10:
                    packet = parse(vp8(number, number * 3000, key=frame == 0, ssrc=ssrc))
                    assert packet is not None
                    layer.accept(packet, now)
            publication.refresh(now)
            if publication.id not in stage.sources:
                stage.arrive(publication, now)
        observer.sample([stage], now)
    ((camera,),) = [room.sources for room in observer.rooms([stage], [], now)]
    assert [layer.rid for layer in camera.layers] == ["l", "h"]
    assert camera.layers[0].loss == 0
    assert camera.layers[1].loss == pytest.approx(0.1, abs=0.02)
    assert camera.condition is Condition.WEAK
    stage.depart(publication, now)
    observer.sample([stage], now)
    assert observer.rooms([stage], [], now)[0].sources == ()
    assert not observer._recent, "a source that went is forgotten"
