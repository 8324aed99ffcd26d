"""How a picture gets through a lossy network with a real browser at both ends. See bench/README.md.

python bench/loss.py [--seconds 60] [--codec VP8] [--delay 20] [--loss 0 2 5]
"""

import argparse
import asyncio
import contextlib
import os
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from roadshow.ids import SourceId
from roadshow.rooms.lanes import FLOOR_1, MAIN
from tests.chromium import CHROMIUM, chromium
from tests.relay.browser import a_page, got, sent, serving, whep, whip
from tests.relay.lossy import Weather, lossy
from tests.relay.support import ROOM, running_relay

WIDTH, HEIGHT = 640, 360
SETTLE_S = 8
"""From the first picture until the counting begins: encoders take so long to come up to their bit rate."""
PATIENCE_S = 60
Counts = dict[str, Any]
COLUMNS = {
    "loss each way": "13",
    "frozen": "7.2%",
    "complete": "9.2%",
    "kbit/s": "7.0f",
    "asked of publisher": "19.0f",
    "repeated": "9.0f",
    "asked by viewer": "16.0f",
    "repeats got": "12.0f",
    "PLIs": "5.0f",
    "buffer": "9.0f",
    "sound made up": "14.2%",
}


async def measure(loss: float, options: argparse.Namespace) -> None:
    weather = Weather(loss=loss / 100, delay_ms=options.delay, jitter_ms=options.jitter)
    async with (
        running_relay() as relay,
        serving(relay) as base,
        lossy(relay.udp_port, weather, weather, options.seed) as proxy,
        chromium() as started,
    ):
        browser = await started.running()
        publisher, viewer = await a_page(browser, base), await a_page(browser, base)
        relay.show(ROOM, {MAIN: SourceId("p/camera"), FLOOR_1: SourceId("p/microphone")})
        call = "args => publishNoise(...args)"
        args = [whip(base), "p", options.codec, WIDTH, HEIGHT, proxy.port]
        await publisher.evaluate(call, args)
        await viewer.evaluate("args => watch(...args)", [whep(base), proxy.port])
        async with asyncio.timeout(PATIENCE_S):
            while (await got(viewer)).get("framesDecoded", 0) < 1:  # noqa: ASYNC110  (the browser tells no event)
                await asyncio.sleep(0.1)
        await asyncio.sleep(SETTLE_S)
        before = await sent(publisher), await got(viewer), await got(viewer, "audio")
        began = time.perf_counter()
        await asyncio.sleep(options.seconds)
        after = await sent(publisher), await got(viewer), await got(viewer, "audio")
        elapsed = time.perf_counter() - began
        report(loss, before, after, elapsed)


def report(loss: float, before: tuple[Counts, ...], after: tuple[Counts, ...], elapsed: float) -> None:
    """One row: what the publisher's, the viewer's picture's and the viewer's sound's counts grew by."""

    def went(end: int, name: str) -> float:
        return float(after[end].get(name, 0)) - float(before[end].get(name, 0))

    row = {
        "loss each way": f"{loss:.0f} %",
        "frozen": (went(1, "totalFreezesDuration") + went(1, "totalPausesDuration")) / elapsed,
        "complete": went(1, "framesDecoded") / max(1.0, went(0, "framesSent")),
        "kbit/s": went(0, "bytesSent") * 8 / elapsed / 1000,
        "asked of publisher": went(0, "nackCount"),
        "repeated": went(0, "retransmittedPacketsSent"),
        "asked by viewer": went(1, "nackCount"),
        "repeats got": went(1, "retransmittedPacketsReceived"),
        "PLIs": went(1, "pliCount"),
        "buffer": 1000 * went(1, "jitterBufferDelay") / max(1.0, went(1, "jitterBufferEmittedCount")),
        "sound made up": went(2, "concealedSamples") / max(1.0, went(2, "totalSamplesReceived")),
    }
    print("".join(f"{row[name]:>{form}}" for name, form in COLUMNS.items()), flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--codec", choices=["VP8", "H264"], default="VP8")
    parser.add_argument("--delay", type=float, default=20, help="ms each way on each leg")
    parser.add_argument("--jitter", type=float, default=5, help="ms at most, added to the delay")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--loss", type=float, nargs="+", default=[0, 2, 5], help="percent each way")
    options = parser.parse_args()
    if CHROMIUM is None:
        print("no Chromium here")
        return 1
    print(
        f"{options.codec} {WIDTH}x{HEIGHT}; {options.delay:.0f} ms each way in and out; {options.seconds:.0f} s each; "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    print("".join(f"{name:>{form.partition('.')[0]}}" for name, form in COLUMNS.items()))
    with contextlib.suppress(KeyboardInterrupt):
        for loss in options.loss:
            uvloop.run(measure(loss, options))
    return 0


if __name__ == "__main__":
    sys.exit(main())
