"""A relay with light peers around it."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from roadshow.ids import PublisherId, SourceId
from roadshow.rooms.lanes import FLOOR_1, MAIN
from roadshow.rooms.relay.relay import ForwardingRelay
from roadshow.rooms.relay.wire import rtcp
from roadshow.rooms.relay.wire.rtp import Packet
from tests.relay.light_peer import LightPeer, section
from tests.relay.support import ROOM, Listener, ShiftedClock

PUBLISHED = (section("video", "0", "sendonly", ["VP8", "H264"]), section("audio", "1", "sendonly", ["opus"]))
WATCHED = (section("video", "0", "recvonly", ["VP8", "H264"]), section("audio", "1", "recvonly", ["opus"]))


class Studio:
    """A relay, and peers that are closed at the end."""

    def __init__(self, relay: ForwardingRelay, listener: Listener, clock: ShiftedClock) -> None:
        self.relay = relay
        self.listener = listener
        self.clock = clock
        self.peers: list[LightPeer] = []

    async def publisher(self, name: str, *sections: list[str], slides: bool = False) -> LightPeer:
        peer = LightPeer()
        self.peers.append(peer)
        offer = peer.offer(*(sections or PUBLISHED))
        return await peer.connect((await self.relay.publish(ROOM, PublisherId(name), slides, offer)).sdp)

    async def viewer(self, *sections: list[str]) -> LightPeer:
        peer = LightPeer()
        self.peers.append(peer)
        return await peer.connect((await self.relay.watch(ROOM, peer.offer(*(sections or WATCHED)))).sdp)

    def read(self, data: bytes, address: Any) -> None:
        """One datagram in, as if the relay's socket had read it."""
        assert self.relay._reader is not None
        self.relay._reader.intake.offer(data, address)

    def read_at(self, now: Callable[[], int], patch: pytest.MonkeyPatch) -> None:
        """From now on what comes is read at moments of the test's own."""
        assert self.relay._reader is not None
        patch.setattr(self.relay._sessions, "_now", now)
        patch.setattr(self.relay._reader.intake, "_now", now, raising=False)

    def show(self, name: str) -> None:
        camera, microphone = SourceId(f"{name}/camera"), SourceId(f"{name}/microphone")
        self.relay.show(ROOM, {MAIN: camera, FLOOR_1: microphone})


def pictures(peer: LightPeer) -> list[Packet]:
    return [packet for packet in peer.rtp if packet.payload_type in (96, 102)]


def steps(packets: list[Packet]) -> set[int]:
    """The differences of following sequence numbers."""
    return {(b.sequence - a.sequence) & 0xFFFF for a, b in itertools.pairwise(packets)}


def wants_key_frame(data: bytes) -> bool:
    return any(isinstance(part, rtcp.KeyFrameRequest) for part in rtcp.parse(data))
