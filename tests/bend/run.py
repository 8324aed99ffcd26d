"""Every way of bending a vote that we know of is taken, each in a final of its own.

    python -m tests.bend.run [WORD …]

With words, those ways whose names have one of them. Ends with 1 if a way ends otherwise than it is to.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from roadshow.store.connection import socket_url
from roadshow.store.embedded import EmbeddedStore
from tests.bend import all_ways
from tests.bend.final import World
from tests.bend.verdict import Outcome, Referee
from tests.bend.ways import Way


@contextmanager
def a_folder() -> Iterator[Path]:
    """In memory where the system has such a place: every act waits for a flush of the disk, and no way is about
    losing power."""
    memory = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


@asynccontextmanager
async def a_world(folder: Path) -> AsyncIterator[World]:
    """One store for all finals of a run."""
    async with EmbeddedStore(folder / "shared") as store:
        yield World(socket_url(store.socket), folder)


async def outcomes(ways: Sequence[Way], folder: Path) -> AsyncIterator[tuple[Way, Outcome]]:
    """One after another. What fails otherwise than is expected is bent: nobody knows what it would have come to."""
    async with a_world(folder) as world:
        referee = Referee(world)
        for way in ways:
            try:
                yield way, await referee.outcome(way)
            except Exception as problem:  # noqa: BLE001
                sys.stderr.write("".join(traceback.format_exception(problem)))
                yield way, Outcome("bent", (f"{type(problem).__name__}: {problem}",))


async def _run(ways: Sequence[Way]) -> int:
    endings: Counter[str] = Counter()
    with a_folder() as folder:
        async for way, outcome in outcomes(ways, folder):
            ending = outcome.ending if outcome.is_as_expected(way) else "bent"
            endings[ending] += 1
            known = f" (until there are {way.waits_for})" if way.waits_for else ""
            sys.stdout.write(f"{ending:6} {way.name}: {', '.join(outcome.by)}{known}\n")
            sys.stdout.flush()
    sys.stdout.write(
        f"bend: ways {len(ways)} caught {endings['caught']} told {endings['told']} bent {endings['bent']}\n"
    )
    return 1 if endings["bent"] else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("words", nargs="*", metavar="WORD")
    words: list[str] = parser.parse_args().words
    ways = [one for one in all_ways() if not words or any(word in one.name for word in words)]
    logging.disable(logging.ERROR)
    began = time.monotonic()
    ended = asyncio.run(_run(ways))
    sys.stderr.write(f"{time.monotonic() - began:.0f} s\n")
    return ended


if __name__ == "__main__":
    sys.exit(main())
