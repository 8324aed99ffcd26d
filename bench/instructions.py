"""How many instructions the relay spends on a packet: counted by valgrind, so that a busy machine changes nothing.

``python bench/instructions.py [TREE …]``: each a checkout that was set up. See bench/README.md for the method.
"""

import argparse
import asyncio
import ctypes
import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pylibsrtp import Policy, Session

HERE = Path(__file__).resolve()
RUNS = (("native", 500), ("native", 50), ("python", 100))
"""Way out, and viewers."""
WARM_FRAMES, FRAMES = 30, 60
VIDEO_PACKETS, FRAME_MS, SOUND_MS, TICK_MS = 6, 33, 20, 20
TRIGGER = """
#include <valgrind/callgrind.h>
void begin(void) { CALLGRIND_START_INSTRUMENTATION; }
void end(void) { CALLGRIND_DUMP_STATS; }
"""
ROOM, NAME = "hall", "feed"
KEY, SALT = bytes(range(16)), bytes(range(12))


def section(kind: str, mid: str, direction: str) -> list[str]:
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
    ]


def offer(direction: str) -> str:
    head = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=setup:actpass"]
    head += ["a=ice-ufrag:abcdefgh", f"a=ice-pwd:{'p' * 24}", f"a=fingerprint:sha-256 {':'.join(['AB'] * 32)}"]
    return "\r\n".join([*head, *section("video", "0", direction), *section("audio", "1", direction)]) + "\r\n"


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


async def play(path: str, viewers: int, trigger: Any) -> None:
    """A publisher and viewers whose handshakes are taken as done. Prints how many packets went out while it counted."""
    relays = importlib.import_module("roadshow.rooms.relay.relay")
    rtcp = module("roadshow.rooms.relay.wire.rtcp", "roadshow.rooms.relay.rtcp")
    target = vars(sys.modules[relays.Egress.__module__])["Target"]
    ports = importlib.import_module("roadshow.rooms.ports")
    lane = vars(ports).get("Lane", str)
    clock = StillClock(importlib.import_module("roadshow.moments").Instant)
    listener = type("Listener", (), {"source_came": lambda *_: None, "source_went": lambda *_: None})()
    way = module("roadshow.rooms.relay.config", "roadshow.rooms.relay.relay").MediaPath(path)
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
    watching = [connected((await relay.watch(ROOM, offer("recvonly"))).session) for _ in range(viewers)]
    reports = []
    for viewer in watching:
        blocks = [rtcp.ReportBlock(ssrc, 0, 0, 1000, 5, 0, 0) for _, _, ssrc, _ in viewer.ssrcs]
        reports.append(rtcp.receiver_report(1, blocks))
    let_out = vars(relay).get("_departures", relay._clockwork).let_out
    tick = sound = counted = 0
    for number in range(WARM_FRAMES + FRAMES):
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
        for place in range(number % 30, viewers, 30):  # each once a second
            watching[place].rtcp(reports[place], clock.ms)
        while tick * TICK_MS <= number * FRAME_MS:
            relay._clockwork._tick(tick, clock.ms)
            tick += 1
    trigger.end()
    assert relay._egress.native is (path == "native"), "not the way out that was asked for"
    print(relay._egress.sent.packets - counted, flush=True)
    os._exit(0)  # nobody waits for a goodbye


def count(tree: Path, path: str, viewers: int, trigger: Path, folder: Path) -> float:
    """Instructions for each delivered packet."""
    out = folder / "callgrind.out"
    command = [
        "valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}",
        str(tree / ".venv/bin/python"), str(HERE), "--inside", path, str(viewers), str(trigger),
    ]  # fmt: skip
    environment = os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": str(tree), "PYTHONMALLOC": "pymalloc"}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{tree}: {done.stderr[-2000:]}")
    packets = int(done.stdout.split()[-1])
    found = re.search(r"^totals: (\d+)", Path(f"{out}.1").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None, "callgrind says no sum"
    assert packets == round(viewers * (FRAMES * VIDEO_PACKETS + FRAMES * FRAME_MS / SOUND_MS)), f"{packets} went out"
    return int(found[1]) / packets


def main() -> None:
    parser = argparse.ArgumentParser(description="Instructions the relay spends on a packet.")
    parser.add_argument("trees", nargs="*", type=Path, default=[HERE.parents[1]], help="checkouts that were set up")
    parser.add_argument("--inside", nargs=3, metavar=("PATH", "VIEWERS", "TRIGGER"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        path, viewers, trigger = options.inside
        asyncio.run(play(path, int(viewers), ctypes.CDLL(trigger)))
    if shutil.which("valgrind") is None or shutil.which("cc") is None:
        raise SystemExit("This needs valgrind with its headers, and a C compiler (Debian: valgrind, gcc).")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, trigger = folder / "trigger.c", folder / "trigger.so"
        source.write_text(TRIGGER, encoding="utf-8")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", str(trigger), str(source)], check=True)
        for path, viewers in RUNS:
            first = None
            for tree in options.trees:
                found = count(tree.resolve(), path, viewers, trigger, folder)
                first = first or found
                what = f"{path:6} {viewers:5} viewers {found:9.1f} instructions a packet"
                print(f"{what} {found / first - 1:+7.2%}  {tree}", flush=True)


if __name__ == "__main__":
    main()
