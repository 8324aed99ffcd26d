"""A publisher of three layers, through the real socket: what it is told, and what of it goes on."""

from roadshow.ids import SourceId
from roadshow.moments import Duration
from roadshow.rooms.relay.wire import rtcp
from roadshow.rooms.relay.wire.rtp import extension_block
from tests.relay.light_peer import MID_ID, LightPeer, head, vp8
from tests.relay.studio import Studio, pictures, steps, wants_key_frame
from tests.relay.support import ROOM
from tests.relay.test_simulcast import AUDIO, LAYERS, REPAIRED_ID, RID_ID, camera

SSRCS = {"l": 11, "m": 12, "h": 13}


class Camera:
    """Sends frames of some layers, each of one packet that says its layer."""

    def __init__(self, peer: LightPeer, first_ssrc: int = 11) -> None:
        self.peer = peer
        self.ssrcs = {rid: first_ssrc + number for number, rid in enumerate("lmh")}
        self.frame = 0

    def send(self, rids: str, key: bool = False, skip: str = "") -> None:
        """One frame; of the layers in ``skip`` it gets lost."""
        self.frame += 1
        for rid in rids:
            data = vp8(self.frame, 3000 * self.frame, key, self.frame, self.ssrcs[rid], body=self.body(rid, self.frame))
            if rid not in skip:
                self.peer.send_rtp(named(data, RID_ID, rid))

    def repeat(self, rid: str, frame: int, sequence: int, ssrc: int) -> None:
        """The RTX packet of a frame that was no key frame."""
        original = vp8(frame, 3000 * frame, False, frame, self.ssrcs[rid], body=self.body(rid, frame))
        data = head(sequence, 3000 * frame, ssrc, 97, True) + frame.to_bytes(2, "big") + original[12:]
        self.peer.send_rtp(named(data, REPAIRED_ID, rid))

    @staticmethod
    def body(rid: str, frame: int) -> bytes:
        return f"{rid}{frame}".encode()


def named(data: bytes, ident: int, rid: str) -> bytes:
    extensions = extension_block([(MID_ID, b"0"), (ident, rid.encode())])
    return bytes((data[0] | 0x10,)) + data[1:12] + extensions + data[12:]


async def a_camera(studio: Studio, name: str = "alpha") -> Camera:
    return Camera(await studio.publisher(name, camera(*LAYERS), AUDIO))


def asked(peer: LightPeer) -> set[int]:
    """SSRCs of which a key frame was requested."""
    parts = [part for data in peer.rtcp for part in rtcp.parse(data)]
    return {part.ssrc for part in parts if isinstance(part, rtcp.KeyFrameRequest)}


def limits(peer: LightPeer) -> list[tuple[int, set[int]]]:
    """Bandwidth messages: bits a second, and SSRCs."""
    found: list[tuple[int, set[int]]] = []
    for data in peer.rtcp:
        at = data.find(b"REMB")
        if at >= 0:
            count, numbers = data[at + 4], int.from_bytes(data[at + 5 : at + 8], "big")
            words = [int.from_bytes(data[at + 8 + 4 * n : at + 12 + 4 * n], "big") for n in range(count)]
            found.append(((numbers & 0x3FFFF) << (numbers >> 18), set(words)))
    return found


async def shows(viewer: LightPeer, rid: str, frame: int) -> None:
    """Wait until the viewer's newest picture is this."""
    body = Camera.body(rid, frame)
    await viewer.until(lambda: pictures(viewer)[-1:] and pictures(viewer)[-1].payload.endswith(body))


async def test_viewers_get_one_layer_and_another_where_that_ends(studio: Studio) -> None:
    studio.show("alpha")
    viewer, sending = await studio.viewer(), await a_camera(studio)
    sending.send("lmh", key=True)
    sending.send("lmh")
    await shows(viewer, "h", 2)
    # Each layer's first packet was what its lane waited for, so nothing is asked at the ticks that follow.
    told = len(sending.peer.rtcp)
    await sending.peer.until(lambda: len(sending.peer.rtcp) >= told + 2)
    assert not asked(sending.peer)
    shown = len(pictures(viewer))
    # The highest ends; only the relay's clock goes on, so that the others' frames span the silence.
    while not pictures(viewer)[shown:]:
        studio.clock.ahead = studio.clock.ahead + Duration(110)
        sending.peer.rtcp.clear()
        sending.send("lm", key=True)
        await sending.peer.until(lambda: sending.peer.rtcp)  # a tick of the relay has passed
        assert not studio.clock.ahead > Duration(5000)
    assert pictures(viewer)[shown].payload.endswith(Camera.body("m", sending.frame))
    assert steps(pictures(viewer)) == {1}
    # A wish for it that is left over is not passed on: the encoder would begin all its layers anew, in vain.
    sending.peer.rtcp.clear()
    lowest, _, highest = studio.relay._stages[ROOM].sources[SourceId("alpha/camera")].layers
    highest.keyframes.wish()
    lowest.keyframes.wish()
    await sending.peer.until(lambda: asked(sending.peer))
    assert asked(sending.peer) == {11}


async def test_a_key_frame_is_asked_of_the_layer_that_is_shown(studio: Studio) -> None:
    studio.show("alpha")
    await studio.viewer()
    sending = await a_camera(studio)
    sending.send("h")
    await sending.peer.until(lambda: any(wants_key_frame(data) for data in sending.peer.rtcp))
    assert asked(sending.peer) == {13}


async def test_a_publisher_of_layers_may_use_more_and_is_told_for_all(studio: Studio) -> None:
    sending = await a_camera(studio)
    sending.send("lmh", key=True)
    await sending.peer.until(lambda: limits(sending.peer)[-1:] and len(limits(sending.peer)[-1][1]) == 3)
    allowed, ssrcs = limits(sending.peer)[-1]
    assert ssrcs == set(sending.ssrcs.values())
    assert 3_490_000 < allowed <= 3_500_000
    single = await studio.publisher("beta")
    single.send_rtp(vp8(1, 0, key=True, ssrc=5))
    await single.until(lambda: limits(single))
    assert 2_490_000 < limits(single)[-1][0] <= 2_500_000


async def test_a_lost_packet_comes_back_by_its_layers_repetitions(studio: Studio) -> None:
    """Of the layer that is seen: another's would take its place on a thin line."""
    studio.show("alpha")
    viewer, sending = await studio.viewer(), await a_camera(studio)
    sending.send("lmh", key=True)
    await shows(viewer, "h", 1)
    sending.send("lmh", skip="mh")
    sending.send("lmh")

    def missed() -> set[tuple[int, int]]:
        parts = [part for data in sending.peer.rtcp for part in rtcp.parse(data)]
        return {(part.ssrc, number) for part in parts if isinstance(part, rtcp.Nacked) for number in part.sequences}

    await sending.peer.until(missed)
    assert missed() == {(13, 2)}
    sending.repeat("h", frame=2, sequence=700, ssrc=23)
    await viewer.until(lambda: any(packet.payload.endswith(b"h2") for packet in pictures(viewer)))


async def test_a_publisher_that_comes_back_with_layers_takes_its_own_place(studio: Studio) -> None:
    """And its source is never reported gone, whether it had layers before or not."""
    studio.show("alpha")
    viewer, plain = await studio.viewer(), await studio.publisher("alpha")
    plain.send_rtp(vp8(1, 0, key=True, body=b"plain"))
    await viewer.until(lambda: pictures(viewer))
    for number in range(2):
        sending = Camera((await a_camera(studio)).peer, first_ssrc=100 * (number + 1))
        sending.frame = 10 * number
        sending.send("lmh", key=True)
        await shows(viewer, "h", sending.frame)
    assert ("went", SourceId("alpha/camera")) not in studio.listener.events
    assert steps(pictures(viewer)) == {1}
    assert len(studio.relay._stages[ROOM].sources[SourceId("alpha/camera")].layers) == 3
