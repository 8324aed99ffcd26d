"""How many instructions the relay spends on a packet: counted by valgrind, so that a busy machine changes nothing.

``python bench/instructions.py [TREE …]``: each a checkout that was set up. See bench/README.md for the method.
"""

import argparse
import asyncio
import importlib
import importlib.util
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pylibsrtp import Policy, Session
from typing_extensions import override

sys.path.append(str(Path(__file__).resolve().parents[1]))  # behind the tree that is asked about

from bench.callgrind import counter, done, trigger

HERE = Path(__file__).resolve()


class Run(NamedTuple):
    path: str
    viewers: int
    measured: bool = False
    """Whether they answer transport-wide feedback. Its own price is not counted; what is looked at because of it is."""

    @property
    def frames(self) -> int:
        """Counted. A viewer that is well is looked at every eight seconds: two looks at each."""
        return 480 if self.measured else 60

    @property
    def packets(self) -> int:
        return round(self.viewers * self.frames * (VIDEO_PACKETS + FRAME_MS / SOUND_MS))

    @override
    def __str__(self) -> str:
        return f"{self.path:6} {self.viewers:5} viewers{', measured' if self.measured else ''}"


RUNS = (Run("native", 500), Run("native", 50), Run("native", 100, measured=True), Run("python", 100))
WARM_FRAMES = 30
LINE_BITS = 1e8
FEEDBACK_FRAMES = 3
"""Between two feedbacks of a viewer: a tenth of a second."""
VIDEO_PACKETS, FRAME_MS, SOUND_MS, TICK_MS = 6, 33, 20, 20
ROOM, NAME = "hall", "feed"
KEY, SALT = bytes(range(16)), bytes(range(12))
SEQUENCE_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"


def section(kind: str, mid: str, direction: str, measured: bool) -> list[str]:
    """An m-section of an offer, as browsers write it."""
    types = ["96 VP8/90000", "97 rtx/90000"] if kind == "video" else ["111 opus/48000/2"]
    feedback = ["nack", "nack pli", "goog-remb"] if kind == "video" else []
    return [
        f"m={kind} 9 UDP/TLS/RTP/SAVPF {' '.join(line.split()[0] for line in types)}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{mid}",
        f"a={direction}",
        "a=rtcp-mux",
        "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid",
        "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        "a=extmap:3 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        *[f"a=rtpmap:{line}" for line in types],
        *[f"a=rtcp-fb:96 {what}" for what in feedback],
        *(["a=fmtp:97 apt=96"] if kind == "video" else []),
        *([f"a=extmap:4 {SEQUENCE_URI}", f"a=rtcp-fb:{types[0].split()[0]} transport-cc"] if measured else []),
    ]


def offer(direction: str, measured: bool = False) -> str:
    head = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=setup:actpass"]
    head += ["a=ice-ufrag:abcdefgh", f"a=ice-pwd:{'p' * 24}", f"a=fingerprint:sha-256 {':'.join(['AB'] * 32)}"]
    return (
        "\r\n".join([*head, *section("video", "0", direction, measured), *section("audio", "1", direction, measured)])
        + "\r\n"
    )


def rtp(payload_type: int, marker: bool, sequence: int, timestamp: int, ssrc: int, payload: bytes) -> bytes:
    head = bytes((0x80, payload_type | (0x80 if marker else 0))) + (sequence & 0xFFFF).to_bytes(2, "big")
    return head + (timestamp & 0xFFFFFFFF).to_bytes(4, "big") + ssrc.to_bytes(4, "big") + payload


def frame(number: int) -> Iterator[bytes]:
    """One picture's packets."""
    for part in range(VIDEO_PACKETS):
        descriptor = bytes((0x90 if part == 0 else 0x80, 0x80)) + (0x8000 | number & 0x7FFF).to_bytes(2, "big")
        body = (b"\x10" if number == 0 and part == 0 else b"\x11") + bytes(1000 + part % 2)
        last = part == VIDEO_PACKETS - 1
        yield rtp(96, last, number * VIDEO_PACKETS + part, number * 3000, 0x1111, descriptor + body)


def module(*names: str) -> Any:
    """The first of these that there is: trees lay their modules out differently."""
    for name in names:
        if importlib.util.find_spec(name.rpartition(".")[0]) and importlib.util.find_spec(name):
            return importlib.import_module(name)
    raise ModuleNotFoundError(names[0])


class StillClock:
    """A clock that a program sets."""

    def __init__(self, instant: Any) -> None:
        self._instant = instant
        self.ms = 1_000_000_000_000

    def now(self) -> Any:
        return self._instant(self.ms)


class Answers:
    """Viewers that tell of every packet that it came as soon as it left: nothing is lost and no queue grows. How much
    comes in a second of the machine's, which is slow here, says nothing of what their lines hold: that is known."""

    def __init__(self, viewers: list[Any]) -> None:
        self._write = importlib.import_module("roadshow.rooms.relay.wire.transport_wide").write
        self._lines = [viewer.measured.line for viewer in viewers]
        for viewer in viewers:
            viewer.peer.native.keys(KEY, SALT)
            viewer.measured.rate.proved(LINE_BITS)
        self._came: list[int] = []
        self._told = self._number = 0

    def came(self) -> None:
        """What has left since the last call. Lines go by the machine's clock, so this does, too."""
        fresh = self._lines[0].told.departed - self._told - len(self._came)
        self._came += fresh * [time.monotonic_ns() // 250_000]

    def tell(self) -> None:
        packet, count = self._write(1, 2, self._number, self._told, self._came)
        for line in self._lines:
            assert line.acknowledge(packet[4 : len(packet) - (packet[-1] if packet[0] & 0x20 else 0)]) is not None
        self._told, self._number, self._came = self._told + count, self._number + 1, self._came[count:]


async def play(run: Run, trigger: Any) -> None:
    """A publisher and viewers whose handshakes are taken as done. Prints how many packets went out while it counted."""
    viewers = run.viewers
    relays = importlib.import_module("roadshow.rooms.relay.relay")
    rtcp = module("roadshow.rooms.relay.wire.rtcp", "roadshow.rooms.relay.rtcp")
    target = vars(sys.modules[relays.Egress.__module__])["Target"]
    ports = importlib.import_module("roadshow.rooms.ports")
    lane = vars(ports).get("Lane", str)
    clock = StillClock(importlib.import_module("roadshow.moments").Instant)
    listener = type("Listener", (), {"source_came": lambda *_: None, "source_went": lambda *_: None})()
    way = module("roadshow.rooms.relay.config", "roadshow.rooms.relay.relay").MediaPath(run.path)
    config = relays.RelayConfig(host="127.0.0.1", advertised=("127.0.0.1",), max_viewers=viewers + 1, path=way)
    relay = relays.ForwardingRelay(config, clock, listener)
    await relay.start()
    sink = await asyncio.get_running_loop().create_datagram_endpoint(asyncio.DatagramProtocol, ("127.0.0.1", 0))
    address = sink[0].get_extra_info("sockname")
    sink[0].pause_reading()  # type: ignore[attr-defined]
    relay.show(ROOM, {lane("main"): f"{NAME}/camera", lane("floor-1"): f"{NAME}/microphone"})

    def connected(session: str) -> Any:
        peer = relay._sessions.peers[session]
        outbound = Session(Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_OUTBOUND))
        states = vars(sys.modules[type(peer._dtls).__module__])["State"]
        peer._dtls._state = getattr(states, "KEYED", None) or states.CONNECTED
        peer._target = target(outbound, (KEY, SALT), address)
        if hasattr(peer, "way"):  # since trees prove the way back
            peer.way.checked(address, 100, True, clock.ms)
            peer.way.greeted(address, 100)
            peer.way.shook_hands(clock.ms)
        peer.handler.connected(clock.ms)
        return peer.handler

    publishing = connected((await relay.publish(ROOM, NAME, False, offer("sendonly"))).session)
    watching = [connected((await relay.watch(ROOM, offer("recvonly", run.measured))).session) for _ in range(viewers)]
    reports = []
    for viewer in watching:
        blocks = [rtcp.ReportBlock(ssrc, 0, 0, 1000, 5, 0, 0) for _, _, ssrc, _ in viewer.ssrcs]
        reports.append(rtcp.receiver_report(1, blocks))
    let_out = vars(relay).get("_departures", relay._clockwork).let_out
    answers = Answers(watching) if run.measured else None
    tick = sound = counted = 0
    for number in range(WARM_FRAMES + run.frames):
        if number == WARM_FRAMES:
            counted = relay._egress.sent.packets
            trigger.begin()
        clock.ms += FRAME_MS
        for data in frame(number):
            publishing.rtp(data, clock.ms)
        while sound * SOUND_MS <= number * FRAME_MS:
            publishing.rtp(rtp(111, False, sound, sound * 960, 0x2222, bytes(160)), clock.ms)
            sound += 1
        let_out()
        if answers is not None:
            trigger.turn()
            answers.came()
            if number % FEEDBACK_FRAMES == 0:
                answers.tell()
            trigger.turn()
        for place in range(number % 30, viewers, 30):  # each once a second
            watching[place].rtcp(reports[place], clock.ms)
        while tick * TICK_MS <= number * FRAME_MS:
            relay._clockwork._tick(tick, clock.ms)
            tick += 1
    trigger.end()
    assert relay._egress.native is (run.path == "native"), "not the way out that was asked for"
    done(str(relay._egress.sent.packets - counted))


def main() -> None:
    parser = argparse.ArgumentParser(description="Instructions the relay spends on a packet.")
    parser.add_argument("trees", nargs="*", type=Path, default=[HERE.parents[1]], help="checkouts that were set up")
    parser.add_argument("--runs", nargs="+", type=int, choices=range(len(RUNS)), default=range(len(RUNS)))
    parser.add_argument("--inside", type=int, metavar="RUN", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside is not None:
        asyncio.run(play(RUNS[options.inside], trigger()))
    with counter() as counting:
        for number in options.runs:
            run, first = RUNS[number], None
            for tree in options.trees:
                said, instructions = counting.count(tree.resolve(), HERE, ("--inside", str(number)))
                assert int(said) == run.packets, f"{said} went out"
                found = instructions / run.packets
                first = first or found
                print(f"{run!s:30} {found:9.1f} instructions a packet {found / first - 1:+7.2%}  {tree}", flush=True)


if __name__ == "__main__":
    main()
