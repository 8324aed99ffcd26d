"""The two campaigns: datagrams from everybody in every state, and offers. Both end with a line that tells what was
done; both raise Found at the first thing that must not be."""

import asyncio
import contextlib
import gc
import random
import re
import time
from collections.abc import Callable

import msgspec

from roadshow.errors import RoadshowError
from roadshow.ids import PublisherId
from roadshow.rooms.relay.config import MediaPath
from roadshow.rooms.relay.relay import ForwardingRelay
from roadshow.rooms.relay.wire.sdp import parse_offer
from tests.fuzz.arena import RIDS, Arena, Hostile, arena, fuzzed_relay
from tests.fuzz.finds import Watch, corpus, resident
from tests.fuzz.handshakes import dtls, stun
from tests.fuzz.offers import FRAGMENTS, PUBLISHED, WATCHED, spoiled
from tests.fuzz.packets import H264, OPUS, VP8, Flow, damaged, rtcp, rtp
from tests.relay.support import ROOM

ROUND = 500
"""Datagrams between two looks at the honest viewer."""
BREATH = 25
"""Datagrams between two turns for everybody else in the event loop."""
NEW_PEER = 4
"""Rounds between new hostile sessions."""
MAX_GROWTH = 24 * 1024 * 1024
"""Bytes the process may grow by after its warm-up (the first quarter), whatever the number of inputs."""
_LINE = re.compile(r"[a-z]=[^\r\n\0]*")


class Result(msgspec.Struct):
    """What a campaign did. ``told`` is the line to print."""

    told: str
    growth: int


class Attack:
    """Chooses who sends what next."""

    def __init__(self, ring: Arena, seed: int) -> None:
        self.ring = ring
        self.dice = random.Random(f"attack {seed}")
        self.flights: list[bytes] = []
        """DTLS datagrams that were really sent."""
        self.publisher: Hostile
        self.viewer: Hostile
        self.half: Hostile
        """Its address is authenticated, its handshake never ends well."""
        self.unborn: Hostile
        """It has a session and nothing else."""
        self.flows: list[Flow] = []
        self.counts: dict[str, int] = {}
        self.spoiled = 0
        moves = [
            (8, self._stranger), (34, self._rtp), (12, self._publisher_rtcp), (14, self._viewer_rtcp),
            (4, self._viewer_rtp), (8, self._ciphertext), (8, self._signed_check), (4, self._spare_port),
            (3, self._honest_address), (8, self._half_dtls), (4, self._half_media), (3, self._late_dtls),
        ]  # fmt: skip
        self._moves: list[Callable[[], None]] = [move for weight, move in moves for _ in range(weight)]

    async def begin(self) -> None:
        await self._new_publisher(plain=True)
        await self._new_viewer(plain=True)
        await self._new_unborn()
        await self._new_half()

    async def renew(self, number: int) -> None:
        """Sessions end and others begin, some in the middle of nonsense."""
        await self._new_half()
        if number % NEW_PEER == 0:
            await self._new_publisher(plain=number % (4 * NEW_PEER) == 0)
        if number % NEW_PEER == 2:
            await self._new_viewer(plain=number % (4 * NEW_PEER) == 2)
        if number % (4 * NEW_PEER) == 3:
            await self._new_unborn()

    def one(self) -> None:
        move = self.dice.choice(self._moves)
        self.counts[move.__name__] = self.counts.get(move.__name__, 0) + 1
        move()

    # -- sessions -----------------------------------------------------------------------------------------------------

    async def _new_publisher(self, plain: bool) -> None:
        name = self.dice.choice(("bad", "bad", "bad", "bad", "worse"))
        layered = self.dice.randrange(2) == 0
        made = None if plain else await self.ring.hostile(name, True, self._meddle, layered)
        self.spoiled += made is None and not plain
        made = made or await self.ring.hostile(name, True, self._overhear, layered)
        if made is None:
            return
        if hasattr(self, "publisher"):
            self.ring.dismiss(self.publisher)
        self.publisher = made
        self.flows = [Flow(2, OPUS, self.dice, b"1"), Flow(3, self.dice.choice((VP8, H264)), self.dice, b"2")]
        if layered:
            kind = self.dice.choice((VP8, VP8, H264))
            self.flows += [Flow(10 + number, kind, self.dice, b"0", rid) for number, rid in enumerate(RIDS)]
        else:
            self.flows += [Flow(1, self.dice.choice((VP8, H264)), self.dice)] * 2

    async def _new_viewer(self, plain: bool) -> None:
        made = None if plain else await self.ring.hostile("rude", False, self._meddle)
        self.spoiled += made is None and not plain
        made = made or await self.ring.hostile("rude", False, self._overhear)
        if made is None:
            return
        if hasattr(self, "viewer"):
            self.ring.dismiss(self.viewer)
        self.viewer = made

    async def _new_unborn(self) -> None:
        if hasattr(self, "unborn"):
            self.ring.dismiss(self.unborn)
        self.unborn = Hostile("unborn")
        await self.unborn.open(await self.ring.session(self.unborn, self.dice.randrange(2) == 0))

    async def _new_half(self) -> None:
        if hasattr(self, "half"):
            self.ring.dismiss(self.half)
        self.half = Hostile("half")
        await self.half.open(await self.ring.session(self.half, self.dice.randrange(2) == 0))
        self.ring.put("half: a check", self.half.authentic_check(), self.half.address)

    def _overhear(self, data: bytes) -> None:
        if 19 < data[0] < 64:
            self.flights.append(data)
            del self.flights[:-40]

    def _meddle(self, data: bytes) -> None:
        """During a handshake: its own datagrams damaged, others', and media that comes too early."""
        self._overhear(data)
        peer = next(
            peer for peer in reversed(self.ring._peers) if isinstance(peer, Hostile) and peer.meddle is not None
        )
        for _ in range(self.dice.randrange(4)):
            match self.dice.randrange(4):
                case 0:
                    self.ring.put("handshaking: damaged", damaged(data, self.dice), peer.address)
                case 1:
                    self.ring.put("handshaking: dtls", dtls(self.dice, self.flights), peer.address)
                case 2:
                    self.ring.put("handshaking: media", bytes((0x80,)) + self.dice.randbytes(40), peer.address)
                case _:
                    ours = peer.told("ice-ufrag").encode()
                    self.ring.put("handshaking: check", stun(self.dice, ours + b":x", None), peer.address)

    # -- moves --------------------------------------------------------------------------------------------------------

    def _time(self) -> int:
        """Milliseconds that pass before a datagram: none mostly, at times a while."""
        return self.dice.choice((0, 0, 0, 1, 3)) if self.dice.randrange(400) else self.dice.choice((100, 700, 1600))

    def _stranger(self) -> None:
        """Anything at all, from an address that has proved nothing: known names, wrong passwords, others' checks."""
        dice, ring = self.dice, self.ring
        victim = dice.choice((self.unborn, self.publisher, self.viewer, ring.viewer, ring.camera))
        name = f"{victim.told('ice-ufrag')}:{victim.ufrag}".encode()
        match dice.randrange(7):
            case 0:
                data = stun(dice, name, None)
            case 1:
                data = stun(dice, name, dice.choice((b"", b"guess", victim.password.encode(), dice.randbytes(30))))
            case 2 if self.half.checks:
                data = self.half.checks[-1]
                data = data if dice.randrange(2) else damaged(data, dice)
            case 3:
                data = dtls(dice, self.flights)
            case 4 if self.publisher.sent:
                data = dice.choice(self.publisher.sent)
            case 5:
                data = rtp(dice.choice(self.flows))
            case _:
                data = dice.randbytes(dice.randint(1, 200))
        sender = dice.choice(ring.strangers)
        if dice.randrange(40):
            ring.put("stranger", data, sender.getsockname(), self._time())
        else:
            ring.wire("stranger, by the kernel", data, sender)

    def _send(self, role: str, peer: Hostile, plain: bytes, control: bool) -> None:
        data = peer.protected(plain, control)
        self.ring.watch.trail.append((f"{role}, plain", plain))
        if data is not None:
            self._deliver(role, data, peer)

    def _deliver(self, role: str, data: bytes, peer: Hostile) -> None:
        if self.dice.randrange(40):
            self.ring.put(role, data, peer.address, self._time())
        else:
            self.ring.wire_count += 1
            peer.send(data)

    def _rtp(self) -> None:
        self._send("publisher: rtp", self.publisher, rtp(self.dice.choice(self.flows)), control=False)

    def _publisher_rtcp(self) -> None:
        ssrcs, sequences = [flow.ssrc for flow in self.flows], [flow.sequence for flow in self.flows]
        self._send("publisher: rtcp", self.publisher, rtcp(self.dice, ssrcs, sequences), control=True)

    def _viewer_rtcp(self) -> None:
        ssrcs = [int(ssrc) for ssrc in re.findall(r"^a=ssrc:(\d+) ", self.viewer.answer, re.MULTILINE)]
        near = [packet.sequence for packet in self.viewer.rtp[-20:]]
        self._send("viewer: rtcp", self.viewer, rtcp(self.dice, ssrcs, near), control=True)

    def _viewer_rtp(self) -> None:
        self._send("viewer: rtp", self.viewer, rtp(self.dice.choice(self.flows)), control=False)

    def _ciphertext(self) -> None:
        """Played again, out of order, or damaged after encryption."""
        peer = self.dice.choice((self.publisher, self.viewer))
        if peer.sent:
            data = self.dice.choice(peer.sent)
            again = self.dice.randrange(2) == 0
            self._deliver(f"{peer.name}: ciphertext", data if again else damaged(data, self.dice), peer)

    def _signed_check(self) -> None:
        """True integrity over any attributes, from a peer's own address."""
        peer = self.dice.choice((self.publisher, self.viewer, self.half))
        name = f"{peer.told('ice-ufrag')}:{peer.ufrag}".encode()
        self._deliver(f"{peer.name}: check", stun(self.dice, name, peer.told("ice-pwd").encode()), peer)

    def _spare_port(self) -> None:
        """A peer with more addresses than are kept: checks, then its media, from each."""
        address = self.dice.choice(self.ring.spare).getsockname()
        peer = self.dice.choice((self.publisher, self.viewer))
        if self.dice.randrange(2):
            self.ring.put(f"{peer.name}: elsewhere", bytes(peer.binding()), address)
        elif peer.sent:
            self.ring.put(f"{peer.name}: media elsewhere", self.dice.choice(peer.sent), address)
        elif (data := peer.protected(rtp(self.dice.choice(self.flows)), control=False)) is not None:
            self.ring.put(f"{peer.name}: fresh media elsewhere", data, address)

    def _honest_address(self) -> None:
        """A hostile peer's true check that names an honest peer's address as its own, and nonsense in its name."""
        peer = self.dice.choice((self.ring.camera, self.ring.viewer))
        assert peer._udp is not None
        address = peer._udp.get_extra_info("sockname")
        if self.dice.randrange(2):
            data = bytes(self.viewer.binding())
        else:
            data = self.dice.choice(self.publisher.sent or [b"\x80"])
            data = data if self.dice.randrange(2) else damaged(data, self.dice)
        self.ring.put("in an honest peer's name", data, address)

    def _half_dtls(self) -> None:
        self._deliver("half: dtls", dtls(self.dice, self.flights), self.half)

    def _half_media(self) -> None:
        plain = rtp(self.flows[0]) if self.dice.randrange(2) else rtcp(self.dice, (1, 2), ())
        self._deliver("half: media without keys", plain, self.half)

    def _late_dtls(self) -> None:
        """After the handshake: its own flights again, other records, alerts in the clear."""
        self._deliver("connected: dtls", dtls(self.dice, self.flights), self.dice.choice((self.publisher, self.viewer)))

    def replay_finds(self) -> None:
        """Whatever was found before, from everybody it may come from."""
        ring = self.ring
        for data in corpus("rtp"):
            self._send("past find: rtp", self.publisher, data, control=False)
        for data in corpus("rtcp"):
            self._send("past find: rtcp", self.publisher, data, control=True)
            self._send("past find: rtcp", self.viewer, data, control=True)
        for kind in ("stun", "dtls", "srtp", "rtp", "rtcp"):
            for data in corpus(kind):
                for peer in (self.half, self.publisher, self.viewer):
                    ring.put(f"past find: {kind}", data, peer.address)
                ring.put(f"past find: {kind}", data, ring.strangers[0].getsockname())


async def datagrams(count: int, seed: int, path: MediaPath = MediaPath.AUTO) -> Result:
    """So many datagrams from everybody, on one of the two ways out. Raises Found."""
    begun = time.monotonic()
    with Watch(seed) as watch:
        async with arena(seed, watch, path) as ring:
            attack = Attack(ring, seed)
            await attack.begin()
            attack.replay_finds()
            await ring.round()
            base, number = 0, 0
            while ring.put_count + ring.wire_count < count:
                await attack.renew(number)
                for turn in range(ROUND):
                    attack.one()
                    if turn % BREATH == 0:
                        await ring.settle()
                await ring.round()
                number += 1
                if not base and ring.put_count + ring.wire_count >= count // 4:
                    base = resident()
            growth = resident() - base
            table = len(ring.relay._sessions.by_address)
            told = (
                f"seed {seed}: {ring.put_count + ring.wire_count} datagrams ({ring.wire_count} by the kernel) in "
                f"{time.monotonic() - begun:.0f} s; {attack.spoiled} handshakes spoiled; "
                f"all {ring.rounds} honest pictures seen, {ring.viewer.received + ring.fickle.received} packets, "
                f"{ring.fickle.repeated} of them again; "
                f"{ring.answered} bytes to strangers; {growth / 1024:+.0f} KiB after warm-up; "
                f"{len(ring.relay._sessions.peers)} peers, {table} addresses left; "
                f"mix {dict(sorted(attack.counts.items()))}"
            )
        await _nothing_left(watch)
    return Result(told, growth)


async def offers(count: int, seed: int) -> Result:
    """So many offers and fragments, published, watched and patched. Raises Found."""
    begun, dice = time.monotonic(), random.Random(f"offers {seed}")
    taken = refused = base = 0
    with Watch(seed, trail=1) as watch:
        async with fuzzed_relay() as (relay, _):
            standing = await relay.watch(ROOM, WATCHED[0])
            past = list(corpus("sdp"))
            for number in range(len(past) + count):
                which = number % 5
                if number < len(past):
                    text = past[number].decode("utf-8", "surrogatepass")
                else:
                    text = spoiled((PUBLISHED, PUBLISHED, WATCHED, WATCHED, FRAGMENTS)[which], dice)
                if standing.session not in relay._sessions.peers:  # nobody ever connects to it
                    standing = await relay.watch(ROOM, WATCHED[0])
                for ways in range(3) if number < len(past) else ((0, 0, 1, 1, 2)[which],):
                    accepted = await _offer(relay, watch, text, ways, standing.session)
                    taken, refused = taken + accepted, refused + (not accepted)
                if number % 100 == 0:
                    await asyncio.sleep(0.02)  # the closed ones' tasks end
                if number == count // 4:
                    base = resident()
            growth = resident() - base
        await _nothing_left(watch)
    told = f"seed {seed}: {count} offers in {time.monotonic() - begun:.0f} s; {taken} taken, {refused} refused; "
    told += f"{growth / 1024:+.0f} KiB after warm-up"
    return Result(told, growth)


async def _offer(relay: ForwardingRelay, watch: Watch, text: str, way: int, standing: str) -> bool:
    """Whether it was taken; then its answer must be fit to be read, and its session is ended."""
    watch.trail.append((("whip", "whep", "patch")[way], text.encode("utf-8", "surrogatepass")))
    try:
        if way == 2:
            patched = await relay.restart_or_trickle(standing, text, relay._sessions.peers[standing].etag)
            written = patched.fragment if patched is not None else "\r\n"
        else:
            answer = await (relay.publish(ROOM, PublisherId("p"), False, text) if way == 0 else relay.watch(ROOM, text))
            await relay.end(answer.session)
            written = answer.sdp
    except RoadshowError:
        return False
    except Exception as error:
        raise watch.found(f"{type(error).__name__}: {error}") from error
    finally:
        watch.check()
    if written != "\r\n" and not all(map(_LINE.fullmatch, written.split("\r\n")[:-1])):
        raise watch.found(f"an answer that cannot be read: {written!r}")
    if way < 2 and [s.kind for s in parse_offer(written).sections] != [s.kind for s in parse_offer(text).sections]:
        raise watch.found(f"an answer with other sections: {written!r}")
    return True


async def _nothing_left(watch: Watch) -> None:
    """Exceptions nobody asked for are told when their tasks are collected."""
    with contextlib.suppress(TimeoutError):
        await asyncio.sleep(0)
    gc.collect()
    watch.check()
