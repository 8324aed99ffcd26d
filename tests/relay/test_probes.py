"""Packets that nobody misses: what they are on the wire, and that few are sent at once."""

from typing import Any, cast

from roadshow.rooms.relay.probes import MOST, Probes
from roadshow.rooms.relay.stage.repeats import pad
from roadshow.rooms.relay.watching import Watching
from roadshow.rooms.relay.wire.transport_wide import SEQUENCE_URI
from tests.relay.light_peer import section, vp8
from tests.relay.studio import Studio


class Wisher:
    """Stands for a viewer that wishes for more, and needs so many ticks for a cluster."""

    def __init__(self, ticks: int = 3) -> None:
        self.ticks = ticks

    def begin_probe(self, now: int) -> bool:
        return True

    def probe(self, now: int, tick_ms: int) -> bool:
        self.ticks -= 1
        return self.ticks > 0


def test_only_so_many_are_probed_at_once() -> None:
    probes, wishers = Probes(), [Wisher() for _ in range(MOST + 5)]
    for now in range(3):
        for wisher in wishers:
            probes.consider(cast("Watching", wisher), now)
        assert len(probes._probed) == MOST
        probes.step(now, 20)
    assert [wisher.ticks for wisher in wishers] == [0] * MOST + [3] * 5


async def test_padding_is_what_was_sent_once_more_as_rtx(studio: Studio) -> None:
    """Under numbers of its own: nothing is encrypted twice under one. A receiver has it, and drops it."""
    studio.show("alpha")
    offered = [f"a=extmap:5 {SEQUENCE_URI}", "a=rtcp-fb:96 transport-cc"]
    viewer = await studio.viewer([*section("video", "0", "recvonly", ["VP8"]), *offered])
    publisher = await studio.publisher("alpha")
    for number in range(4):
        publisher.send_rtp(vp8(number, 3000 * number, key=number == 0, body=b"x" * 500))
    await viewer.until(lambda: len(viewer.rtp) == 4)
    (watching,) = studio.relay._viewers.values()
    leg, now = watching.lanes[0][2], studio.relay._now()
    sent = pad(watching.stage.outlet, leg, 1000, now)
    assert 1000 <= sent < 1700
    await viewer.until(lambda: len(viewer.rtp) == 6)
    first, second = viewer.rtp[4:]
    assert first.payload == viewer.rtp[3].sequence.to_bytes(2, "big") + viewer.rtp[3].payload
    assert second.payload[2:] == viewer.rtp[2].payload
    assert {first.payload_type, second.payload_type} == {97}
    assert len({(packet.ssrc, packet.sequence) for packet in viewer.rtp}) == 6
    numbers: list[Any] = [packet.extension(5) for packet in viewer.rtp]
    assert [int.from_bytes(number, "big") for number in numbers] == list(range(6))
    assert pad(watching.stage.outlet, leg, 10_000, now) < 10_000, "what there is, once"


async def test_without_rtx_there_is_no_padding(studio: Studio) -> None:
    studio.show("alpha")
    viewer = await studio.viewer(section("video", "0", "recvonly", ["VP8"], rtx=False))
    publisher = await studio.publisher("alpha")
    publisher.send_rtp(vp8(0, 0, key=True))
    await viewer.until(lambda: viewer.rtp)
    (watching,) = studio.relay._viewers.values()
    assert watching.measured is None
    assert pad(watching.stage.outlet, watching.lanes[0][2], 1000, studio.relay._now()) == 0
