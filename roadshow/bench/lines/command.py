"""``roadshow bench lines``: the table, case by case."""

import argparse
import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from roadshow.bench.lines.cases import CASES, Case
from roadshow.bench.lines.devtools import PageError
from roadshow.bench.lines.finding import Finding
from roadshow.bench.lines.others import share_of_others, ticks
from roadshow.bench.lines.scene import Scene
from roadshow.errors import SetupError
from roadshow.terminal import say

MOST_OF_OTHERS, TIMES = 0.1, 3
"""Others may only make a figure worse: a case that was not good while they took more than this of the machine is
measured again, so many times in all."""
FORM = "{:>4}  {:<42}  {:<37}  {:<8}  {}"


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cases", type=_cases, default=CASES, metavar="1,3,7-9", help="these alone (default: all; --list names them)"
    )
    parser.add_argument("--list", action="store_true", help="say which there are, and measure nothing")
    parser.add_argument("--log", type=Path, metavar="FILE", help="keep the server's log here")
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FOLDER",
        help="keep the packets here (emu.c's records), where a case has them",
    )


def run(options: argparse.Namespace) -> int:
    """The exit code: 0 if every case was good, else 1. Raises SetupError where something is missing."""
    if options.list:
        for case in options.cases:
            say(f"{case.number:>4}  {case.what}: {case.reach}")
        return 0
    good = asyncio.run(_measure(options.cases, options.log, options.keep))
    say(f"lines: cases {len(options.cases)} good {good}")
    return 0 if good == len(options.cases) else 1


async def _measure(cases: Sequence[Case], log: Path | None, keep: Path | None) -> int:
    """How many were good."""
    good = 0
    async with Scene(log, keep=keep) as scene:
        say(FORM.format("case", "what", "reach", "", "measured"))
        for case in cases:
            began = time.monotonic()
            found = await measured(case, scene)
            good += found.good
            took = time.monotonic() - began
            word = "good" if found.good else "not"
            say(FORM.format(case.number, case.what, case.reach, word, f"{found.measured}  [{took:.0f} s]"))
    return good


async def measured(case: Case, scene: Scene) -> Finding:
    """As ``tried``, and where other programs were in the way the finding says so."""
    found, others = await _beside(case, scene)
    times = 1
    while not found.good and others > MOST_OF_OTHERS and times < TIMES:
        scene.forget()
        found, others = await _beside(case, scene)
        times += 1
    if times == 1 and others <= MOST_OF_OTHERS:
        return found
    again = f" in try {times}" if times > 1 else ""
    return Finding(f"{found.measured}; other programs took {others:.0%} of the machine{again}", found.good)


async def _beside(case: Case, scene: Scene) -> tuple[Finding, float]:
    before = ticks()
    found = await tried(case, scene)
    return found, share_of_others(before, ticks())


async def tried(case: Case, scene: Scene) -> Finding:
    """A case that breaks is one that is not good, and says why; the others go on."""
    try:
        return await case.measure(scene)
    except (SetupError, PageError, ConnectionError, TimeoutError) as problem:
        return Finding(f"broke: {str(problem).splitlines()[0] if str(problem) else type(problem).__name__}", False)


def _cases(text: str) -> tuple[Case, ...]:
    wanted: set[int] = set()
    try:
        for part in text.split(","):
            first, _, last = part.partition("-")
            wanted.update(range(int(first), int(last or first) + 1))
    except ValueError:
        raise argparse.ArgumentTypeError("give numbers of cases, such as 1,3,7-9") from None
    if unknown := wanted - {case.number for case in CASES}:
        raise argparse.ArgumentTypeError(f"there is no case {min(unknown)}")
    return tuple(case for case in CASES if case.number in wanted)
