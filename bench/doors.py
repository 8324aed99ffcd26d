"""How long a first picture takes in networks that let little through: `make bench-doors`.

An installation by the files of deploy/, a viewer in a network of its own, Chromium. Each figure is of a page that was
just opened: from the answer to its offer to the first picture, ms."""

import argparse
import asyncio
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from roadshow.bench.lines.devtools import Browser
from roadshow.bench.lines.network import Line, missing
from tests.closed_network import Place, closed_network

HTTPS = 443
GIVEN_UP_MS = 15_000


async def joined(place: Place, browser: Browser, pages: int, *, knows: bool) -> list[float | None]:
    """``knows``: the page had a connection before."""
    found = []
    for _ in range(pages):
        page = await place.page(browser)
        if knows:
            await page.call("lines.join.bind(lines)", place.room["whep"], GIVEN_UP_MS)
        found.append((await page.call("lines.join.bind(lines)", place.room["whep"], GIVEN_UP_MS))["picture"])
        await page.close()
    return found


def told(name: str, delay: float, found: list[float | None]) -> str:
    times = sorted(GIVEN_UP_MS if one is None else one for one in found)
    never = sum(one is None for one in found)
    row = f"{name:32} round trip {delay:3.0f} ms: {times[0]:5.0f} to {times[-1]:5.0f}"
    return f"{row}, median {statistics.median(times):5.0f} ms" + (f", {never} without" if never else "")


async def measure(place: Place, pages: int, delays: list[float]) -> None:
    media = place.server.udp_port
    networks = (
        ("UDP", (), False),
        ("TCP: media by TCP", (HTTPS, media), False),
        ("TCP to 443: TURN", (HTTPS,), False),
        ("TCP to 443: TURN, once more", (HTTPS,), True),
    )
    async with place.browser("pitcher") as theirs, place.browser("viewer") as ours:
        await place.pitch(theirs)
        for delay in delays:
            line = Line(delay=delay / 2)
            place.network["viewer"].line(up=line, down=line)
            for name, ports, knows in networks:
                if ports:
                    place.shut(*ports)
                sys.stdout.write(told(name, delay, await joined(place, ours, pages, knows=knows)) + "\n")
                sys.stdout.flush()
                if ports:
                    place.open_again()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=10)
    parser.add_argument("--delays", default="0,150", help="round trips, ms")
    given = parser.parse_args()
    if why := missing():
        sys.exit(why)
    with tempfile.TemporaryDirectory(prefix="roadshow-doors-") as folder, closed_network(Path(folder)) as place:
        asyncio.run(measure(place, given.pages, [float(one) for one in given.delays.split(",")]))


if __name__ == "__main__":
    main()
