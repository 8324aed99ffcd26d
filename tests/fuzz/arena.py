"""A relay with honest peers, hostile ones and strangers around it, all on loopback.

Hostile peers have real keys: what is mutated is the plain packet, which is then protected, so that it passes
authentication. Most datagrams are handed to the relay where its socket would hand them over, under an address that is
a real socket's, so that whatever it answers arrives somewhere and is counted.
"""

import asyncio
import contextlib
import random
import select
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from unittest.mock import patch

import pylibsrtp
from typing_extensions import override

from roadshow.ids import PublisherId, SourceId
from roadshow.moments import Duration
from roadshow.rooms.lanes import FLOOR_1, FLOOR_2, FLOOR_3, MAIN, SLIDES
from roadshow.rooms.relay.config import MediaPath, RelayConfig
from roadshow.rooms.relay.load import LoadMeter
from roadshow.rooms.relay.relay import ForwardingRelay
from roadshow.rooms.relay.transport.ration import Ration
from roadshow.rooms.relay.wire.datagrams import MAX_DATAGRAM
from roadshow.rooms.relay.wire.rtcp import (
    ReportBlock,
    bandwidth_limit,
    negative_acknowledgement,
    picture_loss,
    receiver_report,
)
from roadshow.rooms.relay.wire.rtp import is_rtcp, parse, unwrap
from tests.fuzz.finds import Watch
from tests.fuzz.packets import RID_ID
from tests.relay.light_peer import LightPeer, opus, section, vp8
from tests.relay.support import ROOM, Listener, ShiftedClock

RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
STRANGERS = 16
SPARE_PORTS = 12
"""More addresses for one hostile peer than the relay keeps for any."""
REMEMBERED = 1024
"""Numbers of a stream for which the honest viewer remembers what came under them."""
CHECK_MS = 2500
PUBLISHED = (
    [*section("video", "0", "sendonly", ["VP8", "H264"]), "a=ssrc:1 cname:x"],
    [*section("audio", "1", "sendonly", ["opus"]), "a=ssrc:2 cname:x"],
    [*section("video", "2", "sendonly", ["VP8", "H264"]), "a=ssrc:3 cname:x"],
)
RIDS = (b"q", b"h", b"f")
LAYERED = (
    [*section("video", "0", "sendonly", ["VP8", "H264"]), f"a=extmap:{RID_ID} {RID_URI}",
     "a=rid:q send", "a=rid:h send", "a=rid:f send", "a=simulcast:send q;h;f"],
    *PUBLISHED[1:],
)  # fmt: skip
WATCHED = (
    section("video", "0", "recvonly", ["VP8", "H264"]),
    section("video", "1", "recvonly", ["VP8", "H264"], rtx=False),
    *(section("audio", str(mid), "recvonly", ["opus"]) for mid in (2, 3, 4)),
)
PROGRAMME = {
    MAIN: SourceId("good/camera"),
    SLIDES: SourceId("bad/camera"),
    FLOOR_1: SourceId("good/microphone"),
    FLOOR_2: SourceId("bad/microphone"),
    FLOOR_3: SourceId("worse/microphone"),
}


class Viewer(LightPeer):
    """An honest one: it looks at every packet, keeps few, and knows what must never come."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[bytes] = set()
        self.complaint = ""
        self.received = self.repeated = 0
        self.newest: dict[int, int] = {}
        """By SSRC: the highest number, unwrapped."""
        self._under: dict[int, dict[int, bytes]] = {}
        """By SSRC and number: what came, still encrypted. The same key and number give the same bytes for the same
        packet only, and what was replayed cannot be decrypted again."""

    @override
    def _media(self, data: bytes) -> None:
        again = False
        try:
            if is_rtcp(data):
                self._keys.unprotect_rtcp(data)
                return
            packet = parse(self._keys.unprotect(data))
            if packet is None:
                self.complaint = f"not a packet: {data.hex()}"
            elif packet.payload[-12:-8] == b"HNST":
                self.seen.add(packet.payload[-8:])
        except pylibsrtp.Error as error:
            again = "replay" in str(error)
            if not again:
                self.complaint = f"{error}: {data.hex()}"
                return
        self.received += 1
        self.repeated += again
        ssrc, sequence = int.from_bytes(data[8:12], "big"), int.from_bytes(data[2:4], "big")
        newest = self.newest.setdefault(ssrc, sequence + 0x10000)
        number = unwrap(newest, sequence)
        under = self._under.setdefault(ssrc, {})
        if under.setdefault(number, data) != data:
            self.complaint = f"two packets under number {number} of {ssrc}: {under[number].hex()} {data.hex()}"
        self.newest[ssrc] = max(number, newest)
        if len(under) > 2 * REMEMBERED:
            for old in [old for old in under if old < self.newest[ssrc] - REMEMBERED]:
                del under[old]

    def whims(self, dice: random.Random) -> list[bytes]:
        """True feedback of a viewer on a bad line, who changes its mind: what it missed, losses, bandwidth."""
        if not self.newest:
            return []
        ssrc, newest = dice.choice(list(self.newest.items()))
        missed = sorted({newest - dice.randrange(200) for _ in range(dice.randint(1, 30))})
        block = ReportBlock(ssrc, dice.choice((0, 10, 40, 200)), 9, newest & 0xFFFFFFFF, 5, 0, 0)
        wishes = [
            negative_acknowledgement(1, ssrc, [number & 0xFFFF for number in missed]),
            receiver_report(1, [block]) + bandwidth_limit(1, dice.choice((100_000, 400_000, 9_000_000)), [ssrc]),
            picture_loss(1, ssrc),
        ]
        return [dice.choice(wishes) for _ in range(dice.randrange(4))]


class Hostile(LightPeer):
    """A peer with a session of its own. ``meddle`` may add datagrams around each of its handshake."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.layered = False
        """Publishes its picture in three layers."""
        self.meddle: Callable[[bytes], None] | None = None
        self.checks: list[bytes] = []
        self.sent: list[bytes] = []
        """Protected packets of late, to be played again."""

    @override
    def send(self, data: bytes) -> None:
        if self.meddle is not None:
            self.meddle(data)
        super().send(data)

    @property
    def address(self) -> Any:
        assert self._udp is not None
        return self._udp.get_extra_info("sockname")

    def protected(self, plain: bytes, control: bool) -> bytes | None:
        """As it goes over the network; None where libsrtp itself refuses it, as it would on the other side."""
        keys: Any = self.dtls._tx_srtp
        try:
            data: bytes = keys.protect_rtcp(plain) if control else keys.protect(plain)
        except (pylibsrtp.Error, ValueError):
            return None
        self.sent.append(data)
        del self.sent[:-64]
        return data

    def authentic_check(self) -> bytes:
        self.checks.append(bytes(self.binding()))
        del self.checks[:-16]
        return self.checks[-1]

    def forget(self) -> None:
        """What has come from the relay is of no interest."""
        for kept in (self.rtp, self.raw, self.rtcp, self.stun, self.other):
            kept.clear()


class Arena:
    """``put`` hands the relay one datagram, ``round`` lets the honest show go on and looks for damage."""

    def __init__(self, relay: ForwardingRelay, clock: ShiftedClock, watch: Watch, dice: random.Random) -> None:
        self.relay, self.clock, self.watch, self.dice = relay, clock, watch, dice
        self.camera, self.viewer, self.fickle = LightPeer(), Viewer(), Viewer()
        self.strangers = [_stranger() for _ in range(STRANGERS)]
        self.spare = [_stranger() for _ in range(SPARE_PORTS)]
        self.put_count = self.wire_count = self.rounds = self.answered = 0
        self._peers: list[LightPeer] = [self.camera, self.viewer, self.fickle]
        self._checked_at = 0

    async def open(self) -> None:
        self.relay.show(ROOM, PROGRAMME)
        offer = self.camera.offer(*PUBLISHED[:2])
        await self.camera.connect((await self.relay.publish(ROOM, PublisherId("good"), False, offer)).sdp)
        for viewer in (self.viewer, self.fickle):
            await viewer.connect((await self.relay.watch(ROOM, viewer.offer(*WATCHED))).sdp)

    def close(self) -> None:
        for peer in self._peers:
            peer.vanish()
        for each in self.strangers + self.spare:
            each.close()

    async def hostile(
        self, name: str, publishes: bool, meddle: Callable[[bytes], None] | None = None, layered: bool = False
    ) -> Hostile | None:
        """A new session, authenticated and its handshake done; None if the meddling spoiled it."""
        peer = Hostile(name)
        peer.layered = layered
        sdp = await self.session(peer, publishes)
        peer.meddle = meddle
        try:
            async with asyncio.timeout(None if meddle is None else 0.5):
                await peer.connect(sdp)
        except (TimeoutError, AssertionError):
            self.dismiss(peer)
            return None
        finally:
            peer.meddle = None
        return peer

    async def session(self, peer: Hostile, publishes: bool) -> str:
        """The answer to its offer."""
        self._peers.append(peer)
        if publishes:
            offer = peer.offer(*(LAYERED if peer.layered else PUBLISHED))
            return (await self.relay.publish(ROOM, PublisherId(peer.name), False, offer)).sdp
        return (await self.relay.watch(ROOM, peer.offer(*WATCHED))).sdp

    def dismiss(self, peer: Hostile) -> None:
        peer.vanish()
        self._peers.remove(peer)

    def put(self, role: str, data: bytes, address: Any, time_ms: int = 0) -> None:
        """One datagram in, as if the socket had read it. Lengths the socket's reader refuses go over the wire."""
        self.clock.ahead += Duration(time_ms)
        self.watch.trail.append((role, data))
        if not 1 < len(data) <= MAX_DATAGRAM:
            self.wire(role, data, self.dice.choice(self.strangers))
            return
        self.put_count += 1
        try:
            assert self.relay._reader is not None
            self.relay._reader.intake.offer(data, address)
        except Exception as error:
            raise self.watch.found(f"{type(error).__name__}: {error}") from error
        self.watch.check()

    def wire(self, role: str, data: bytes, sender: socket.socket) -> None:
        """One datagram in by the kernel."""
        self.watch.trail.append((role, data))
        self.wire_count += 1
        with contextlib.suppress(OSError):
            sender.sendto(data, self.camera.server)

    async def settle(self) -> None:
        """Let everybody read what has come."""
        await asyncio.sleep(0)
        sockets = [peer._udp.get_extra_info("socket") for peer in self._peers if peer._udp is not None]
        while select.select([*sockets, self.relay._open_socket()], [], [], 0)[0]:  # noqa: ASYNC110  (sockets, no event)
            await asyncio.sleep(0)

    async def round(self) -> None:
        """A picture and some sound of the honest publisher reach the honest viewer, and nobody else heard anything."""
        await self.settle()
        now = self.clock.now().ms
        if now - self._checked_at >= CHECK_MS:
            self._checked_at = now
            await self.camera.check()
            await self.viewer.check()
            await self.fickle.check()
        for wish in self.fickle.whims(self.dice):
            self.fickle.send_rtcp(wish)
        self.rounds += 1
        number = self.rounds
        marks = [b"HNST" + number.to_bytes(7, "big") + kind for kind in (b"p", b"s")]
        self.camera.send_rtp(vp8(number, 3000 * number, key=number % 8 == 1, picture=number & 0x7FFF, body=marks[0]))
        self.camera.send_rtp(opus(number, 960 * number, level=20)[:-5] + marks[1])
        try:
            await self.viewer.until(lambda: {mark[4:] for mark in marks} <= self.viewer.seen)
        except TimeoutError as error:
            raise self.watch.found(f"round {number} did not reach the honest viewer: {self.viewer.seen}") from error
        self.viewer.seen.clear()
        self.fickle.seen.clear()
        for peer in self._peers:
            if isinstance(peer, Hostile):
                peer.forget()
        self.camera.rtcp.clear()
        self.camera.stun.clear()
        self.viewer.stun.clear()
        self.fickle.stun.clear()
        for each in self.spare:
            _drain(each)
        self._judge()

    def _judge(self) -> None:
        self.watch.check()
        for viewer in (self.viewer, self.fickle):
            if viewer.complaint:
                raise self.watch.found(viewer.complaint)
        for each in self.strangers:
            self.answered += _drain(each)
        if self.answered:
            raise self.watch.found(f"{self.answered} bytes were sent to strangers")


def _stranger() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.setblocking(False)
    return made


def _drain(sock: socket.socket) -> int:
    """Bytes that came."""
    octets = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            octets += len(sock.recv(2048)) + 1  # an empty datagram is an answer too
    return octets


class Unhurried(LoadMeter):
    """The campaign shares the relay's core and fills it; sessions are to be had all the same."""

    @override
    def window(self, elapsed: float, media: float, total: float, joins: int) -> None:
        pass


@asynccontextmanager
async def fuzzed_relay(path: MediaPath = MediaPath.AUTO) -> AsyncIterator[tuple[ForwardingRelay, ShiftedClock]]:
    clock = ShiftedClock()
    config = RelayConfig(host="127.0.0.1", advertised=("127.0.0.1",), max_viewers=100, path=path)
    relay = ForwardingRelay(config, clock, Listener())
    relay._clockwork.meter = Unhurried()
    await relay.start()
    try:
        yield relay, clock
    finally:
        await relay.stop()


@asynccontextmanager
async def arena(seed: int, watch: Watch, path: MediaPath = MediaPath.AUTO) -> AsyncIterator[Arena]:
    """Nothing is rationed here: what is over a ration is not even read, and campaigns send all they have at once."""
    with patch.object(Ration, "take", lambda ration, now: True):
        async with fuzzed_relay(path) as (relay, clock):
            made = Arena(relay, clock, watch, random.Random(f"arena {seed}"))
            try:
                await made.open()
                yield made
            finally:
                made.close()
    watch.check()
