"""A viewer that is about to connect: what it will need is asked for while it shakes hands."""

from roadshow.moments import Duration
from roadshow.rooms.relay.stage.stage import FRESH_MS
from tests.relay.light_peer import LightPeer, vp8
from tests.relay.studio import WATCHED, Studio, wants_key_frame
from tests.relay.support import ROOM


async def nearing(studio: Studio) -> LightPeer:
    """A viewer that has sent one check, and no DTLS."""
    peer = LightPeer()
    studio.peers.append(peer)
    await peer.open((await studio.relay.watch(ROOM, peer.offer(*WATCHED))).sdp)
    await peer.check()
    return peer


async def test_a_key_frame_is_asked_for_with_the_first_check_alone(studio: Studio) -> None:
    """From far away a handshake takes long enough for a picture to be made, which then need not be waited for. Once for
    each viewer: checks are cheap."""
    studio.show("alpha")
    early, publisher = await studio.viewer(), await studio.publisher("alpha")
    publisher.send_rtp(vp8(1, 0, key=True))
    await early.until(lambda: early.rtp)
    asked = len([data for data in publisher.rtcp if wants_key_frame(data)])

    fresh = await nearing(studio)
    studio.clock.ahead += Duration(FRESH_MS + 1)
    late = await nearing(studio)
    await publisher.until(lambda: sum(wants_key_frame(data) for data in publisher.rtcp) > asked)
    publisher.send_rtp(vp8(2, 3000, key=True))
    await early.until(lambda: len(early.rtp) == 2)
    requests = len([data for data in publisher.rtcp if wants_key_frame(data)])
    assert requests == asked + 1, "the fresh one needed none"

    studio.clock.ahead += Duration(2 * FRESH_MS)
    for peer in (fresh, late):
        await peer.check()
    publisher.send_rtp(vp8(3, 6000))
    await early.until(lambda: len(early.rtp) == 3)
    assert len([data for data in publisher.rtcp if wants_key_frame(data)]) == requests
