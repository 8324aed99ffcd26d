"""Encoders of one feed at a relay, through the real socket, DTLS and SRTP: who is shown, and who is refused."""

import httpx
import pytest
from starlette.applications import Starlette
from typing_extensions import override

from roadshow.access.tokens import PublishGrant
from roadshow.errors import Conflict
from roadshow.ids import FEED, EncoderId, RoomId, SourceId
from roadshow.moments import Duration
from roadshow.rooms.feeds.encoders import BACKUP, MAIN
from roadshow.rooms.lanes import SLIDES
from roadshow.rooms.relay.diagnosis.troubles import Trouble
from roadshow.rooms.relay.feeds.places import EncoderStats, State
from roadshow.rooms.relay.feeds.succession import SILENT_MS, STEADY_MS
from roadshow.signalling.routes import SDP, signalling_routes
from tests.relay.light_peer import LightPeer, opus, section, vp8
from tests.relay.studio import PUBLISHED, Studio, pictures, steps, wants_key_frame
from tests.relay.support import ROOM, Gate

PICTURE = section("video", "0", "sendonly", ["VP8"])


async def encoder(studio: Studio, name: EncoderId, *, slides: bool = False) -> LightPeer:
    peer = LightPeer()
    studio.peers.append(peer)
    offer = peer.offer(*((PICTURE,) if slides else PUBLISHED))
    return await peer.connect((await studio.relay.publish(ROOM, FEED, slides, offer, name)).sdp)


class Sending:
    """A machine that sends pictures, each a key frame or not, with its name in them."""

    def __init__(self, peer: LightPeer, name: bytes, ssrc: int) -> None:
        self.peer = peer
        self.name = name
        self._ssrc = ssrc
        self._number = 100 * ssrc

    def send(self, *, key: bool = False) -> None:
        self._number += 1
        self.peer.send_rtp(vp8(self._number, 3000 * self._number, key=key, ssrc=self._ssrc, body=self.name))


def shown(viewer: LightPeer) -> list[bytes]:
    """Whose pictures came."""
    return [packet.payload.rpartition(b"#")[2] for packet in pictures(viewer)]


async def stands(studio: Studio, name: EncoderId, state: State) -> None:
    """Once all that was sent has been read."""
    await studio.peers[-1].check()
    assert _state(studio, name) is state


def _state(studio: Studio, name: EncoderId) -> State | None:
    return next((one.picture for one in studio.relay.places.encoders(ROOM) if one.encoder == name), None)


async def test_the_backup_takes_over_from_a_silent_main_and_no_viewer_connects_again(studio: Studio) -> None:
    """Under one SSRC, with numbers that run on, from a key frame that the backup is asked for; and main is back once it
    was steady. The room never hears that its feed had gone."""
    studio.show("feed")
    viewer = await studio.viewer()
    main = Sending(await encoder(studio, MAIN), b"#main", 11)
    backup = Sending(await encoder(studio, BACKUP), b"#backup", 12)
    main.send(key=True)
    await viewer.until(lambda: len(viewer.rtp) == 1)
    backup.send(key=True)
    backup.send()
    main.send()
    await viewer.until(lambda: len(viewer.rtp) == 2)
    await stands(studio, BACKUP, State.STANDING_BY)
    (place,) = studio.relay.places._places.values()
    told = [await studio.relay.report(one.peer.id) for one in place.connections(BACKUP)]
    assert [(one.trouble, one.viewers) for one in told[0].sources if one.source == "feed/camera"] == [
        (Trouble.STANDING_BY, 0)
    ]
    assert not any(wants_key_frame(data) for data in backup.peer.rtcp)

    studio.clock.ahead += Duration(SILENT_MS + 1)
    backup.send()
    await backup.peer.until(lambda: any(wants_key_frame(data) for data in backup.peer.rtcp))
    backup.send(key=True)
    await viewer.until(lambda: len(viewer.rtp) == 3)
    await stands(studio, MAIN, State.SILENT)

    for _ in range(STEADY_MS // 1000 + 1):
        studio.clock.ahead += Duration(1000)
        main.send()
        backup.send()
        await main.peer.check()
        await backup.peer.check()
    await main.peer.until(lambda: any(wants_key_frame(data) for data in main.peer.rtcp))
    main.send(key=True)
    await viewer.until(lambda: shown(viewer)[-1] == b"main")
    names = shown(viewer)
    assert names == [b"main"] * 2 + [b"backup"] * (len(names) - 3) + [b"main"]
    assert steps(viewer.rtp) == {1}
    assert len({packet.ssrc for packet in viewer.rtp}) == 1
    assert studio.listener.events == [("came", "feed/camera")]


async def test_a_main_that_leaves_hands_over_at_once(studio: Studio) -> None:
    """Somebody presses Stop: the room must not believe for a moment that it has no feed."""
    studio.show("feed")
    viewer = await studio.viewer()
    main = Sending(await encoder(studio, MAIN), b"#main", 11)
    backup = Sending(await encoder(studio, BACKUP), b"#backup", 12)
    main.send(key=True)
    main.peer.send_rtp(opus(1, 0, ssrc=13))
    backup.send(key=True)
    await viewer.until(lambda: len(viewer.rtp) == 2)
    await main.peer.dtls.stop()
    await backup.peer.until(lambda: any(wants_key_frame(data) for data in backup.peer.rtcp))
    backup.send(key=True)
    await viewer.until(lambda: shown(viewer)[-1] == b"backup")
    assert studio.listener.events == [("came", "feed/camera"), ("came", "feed/microphone")]
    studio.clock.ahead += Duration(6000)  # the backup offers sound, and sends none
    await studio.listener.until(lambda: studio.listener.present == {"feed/camera"})


async def test_slides_and_picture_have_encoders_of_their_own(studio: Studio) -> None:
    """The machine with the slides goes on where only the one with the camera failed."""
    studio.relay.show(ROOM, {SLIDES: SourceId("feed/slides")})
    slides = Sending(await encoder(studio, MAIN, slides=True), b"#slides", 21)
    camera = Sending(await encoder(studio, BACKUP), b"#camera", 22)
    slides.send(key=True)
    camera.send(key=True)
    await studio.listener.until(lambda: studio.listener.present == {"feed/slides", "feed/camera"})
    assert studio.relay.places.encoders(ROOM) == (
        EncoderStats(BACKUP, picture=State.USED),
        EncoderStats(MAIN, slides=State.USED),
    )


async def test_two_machines_with_one_token_do_not_take_the_stage_from_each_other(studio: Studio) -> None:
    """The newcomer has it, once. The other, which tries again and again as encoders do, is told why not; and gets in as
    soon as there is nobody to take it from."""
    studio.show("feed")
    viewer = await studio.viewer()
    first = Sending(await encoder(studio, MAIN), b"#first", 31)
    first.send(key=True)
    await viewer.until(lambda: len(viewer.rtp) == 1)
    second = Sending(await encoder(studio, MAIN), b"#second", 32)
    second.send(key=True)
    await viewer.until(lambda: shown(viewer) == [b"first", b"second"])
    for _ in range(3):
        with pytest.raises(Conflict, match=r"feed\.taken") as refused:
            await encoder(studio, MAIN)
        assert int(refused.value.details["retry_after"]) > 0
    assert studio.relay.places.encoders(ROOM) == (EncoderStats(MAIN, picture=State.USED, disputed=True),)
    (told,) = studio.relay.diary.of(ROOM, studio.clock.now().ms)
    assert (told.who, told.trouble) == (MAIN, Trouble.TAKEN_OVER)
    second.send()
    await viewer.until(lambda: shown(viewer)[-2:] == [b"second"] * 2)

    studio.clock.ahead += Duration(SILENT_MS + 1)
    third = Sending(await encoder(studio, MAIN), b"#third", 33)
    third.send(key=True)
    await viewer.until(lambda: shown(viewer)[-1] == b"third")
    assert studio.listener.events == [("came", "feed/camera")]


async def test_a_machine_that_connects_and_sends_nothing_takes_nothing_away(studio: Studio) -> None:
    """Else a program that only shakes hands, again and again, would keep the stage black."""
    studio.show("feed")
    viewer = await studio.viewer()
    first = Sending(await encoder(studio, MAIN), b"#first", 41)
    first.send(key=True)
    await viewer.until(lambda: len(viewer.rtp) == 1)
    for _ in range(3):
        await (await encoder(studio, MAIN)).check()
    first.send()
    await viewer.until(lambda: shown(viewer) == [b"first"] * 2)
    assert studio.relay.stats().publishers <= 2


async def test_a_machine_refused_at_its_first_packet_is_ended(studio: Studio) -> None:
    """Two came in the same moment, before there was a dispute to refuse them for."""
    studio.show("feed")
    viewer = await studio.viewer()
    first = Sending(await encoder(studio, MAIN), b"#first", 51)
    first.send(key=True)
    await viewer.until(lambda: len(viewer.rtp) == 1)
    late = Sending(await encoder(studio, MAIN), b"#late", 53)
    place = studio.relay.places.place(ROOM, FEED, False)
    place._disputes[MAIN].taken(studio.clock.now().ms, studio.clock.now().ms)
    late.send(key=True)
    first.send()
    await viewer.until(lambda: len(viewer.rtp) == 2)
    assert shown(viewer) == [b"first"] * 2
    assert studio.relay.stats().publishers == 1


async def test_a_host_chooses_an_encoder_and_ends_one(studio: Studio) -> None:
    """Main's picture is green and no machine can see that; then its token turns out to be in the wrong hands."""
    studio.show("feed")
    viewer = await studio.viewer()
    main = Sending(await encoder(studio, MAIN), b"#main", 61)
    backup = Sending(await encoder(studio, BACKUP), b"#backup", 62)
    main.send(key=True)
    await viewer.until(lambda: len(viewer.rtp) == 1)
    backup.send(key=True)
    await stands(studio, BACKUP, State.STANDING_BY)
    studio.relay.places.put_first(ROOM, BACKUP)
    backup.send(key=True)
    await viewer.until(lambda: shown(viewer)[-1] == b"backup")
    studio.relay.places.withdraw(ROOM, BACKUP)
    main.send(key=True)
    await viewer.until(lambda: shown(viewer)[-1] == b"main")
    assert _state(studio, BACKUP) is None
    assert studio.relay.stats().publishers == 1


async def test_a_refused_encoder_is_answered_409_with_when_to_come_back(studio: Studio) -> None:
    """As RFC 9110 has it: the request is in conflict with the state of things, and may be sent again."""

    class Feeds(Gate):
        @override
        async def may_publish(self, room: str, bearer: str | None) -> PublishGrant:
            return PublishGrant(RoomId(room), FEED, MAIN)

    first = Sending(await encoder(studio, MAIN), b"#first", 71)
    first.send(key=True)
    await studio.listener.until(lambda: bool(studio.listener.present))
    second = Sending(await encoder(studio, MAIN), b"#second", 72)
    second.send(key=True)
    await second.peer.check()
    app = Starlette(routes=signalling_routes(studio.relay, Feeds()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://relay.test") as client:
        headers = {"Content-Type": SDP, "Authorization": "Bearer x"}
        refused = await client.post(f"/rooms/{ROOM}/whip", content=LightPeer().offer(PICTURE), headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "feed.taken")
    assert int(refused.headers["retry-after"]) > 0
