"""The whole of it: ``python -m tests.fuzz.run --datagrams 1000000 --sdps 10000``. Ends with 1 and a report of the first
thing that must not be."""

import argparse
import asyncio
import secrets
import sys

from roadshow.rooms.relay.config import MediaPath
from tests.fuzz.campaign import MAX_GROWTH, Result, datagrams, offers
from tests.fuzz.finds import Found


def told(result: Result) -> Result:
    sys.stdout.write(f"{result.told}\n")
    sys.stdout.flush()
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datagrams", type=int, default=1_000_000)
    parser.add_argument("--sdps", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="0: a new one")
    parser.add_argument("--path", type=MediaPath, choices=list(MediaPath), default=MediaPath.AUTO, help="media out")
    given = parser.parse_args()
    seed = given.seed or secrets.randbelow(1 << 31) + 1
    sys.stdout.write(f"seed {seed}, media path {given.path}\n")
    try:
        for result in (
            told(asyncio.run(offers(given.sdps, seed))),
            told(asyncio.run(datagrams(given.datagrams, seed, given.path))),
        ):
            if result.growth > MAX_GROWTH:
                sys.stdout.write(f"memory grew by more than {MAX_GROWTH >> 20} MiB\n")
                return 1
    except Found as found:
        sys.stdout.write(f"{found}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
