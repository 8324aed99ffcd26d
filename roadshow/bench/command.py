"""``roadshow bench relay``: how many viewers does this machine hold?"""

import argparse
import logging
import os
import resource
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec

from roadshow.bench import media
from roadshow.bench.machine import Cores, choose_cores, pinned, processor
from roadshow.bench.peer import CHROMIUM, PLAIN, Client, calibrate
from roadshow.bench.ramp import relay_ramp
from roadshow.bench.results import COLUMNS, Advice, Step, advise, row
from roadshow.errors import SetupError
from roadshow.terminal import say

STEPS = (50, 100, 200, 300, 400, 500, 600, 800, 1000, 1250, 1500, 1750, 2000)
MOST_VIEWERS = 10_000
"""A client on one core counts a tenth of what these would get; catches a mistyped number."""
MOST_SECONDS = 600.0
FILES_BESIDE = 200
"""Open files of this process that are not viewers."""
DERIVED = (
    "us_per_packet", "server_percent", "load_percent", "lost_percent", "frames_percent", "join_ms", "memory_each",
)  # fmt: skip
PATHS = ("auto", "python", "native")


class Machine(msgspec.Struct, frozen=True):
    """Where and when, so that two reports can be compared."""

    processor: str
    cores: int
    kernel: str
    at: str
    load_average: float
    sendto_us: float
    """Of one bare packet of 1,108 bytes, from this core, just before."""
    cipher_us: float
    """Of its AES-128-GCM."""


class Report(msgspec.Struct, frozen=True):
    machine: Machine
    path: str
    steps: list[dict[str, Any]]
    advice: Advice


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--steps", type=_steps, default=STEPS, metavar="50,100,…", help="numbers of viewers (default 50 … 2000)"
    )
    parser.add_argument("--seconds", type=_seconds, default=8.0, help="counted at each step (default 8)")
    parser.add_argument("--path", choices=PATHS, default="auto", help="which of the relay's ways to send is tried")
    parser.add_argument("--workers", type=_workers, help="threads of the native way (default: as the server's)")
    parser.add_argument(
        "--plain", action="store_true", help="viewers that answer no feedback and take no RED, unlike browsers"
    )
    parser.add_argument("--json", action="store_true", help="a JSON document instead of the table")


def run(options: argparse.Namespace) -> int:
    """The exit code: 0 if any number of viewers was held, else 1. Raises SetupError."""
    logging.basicConfig(level="INFO", format="%(message)s", stream=sys.stderr)
    allow_open_files(max(options.steps) + FILES_BESIDE)
    tell = partial(say, error=options.json)  # standard output is then for a program
    cores, steps = choose_cores(), []
    with pinned(cores.load):  # the client's threads, too
        media.load()
        machine = describe(cores)
        tell(heading(machine, cores))
        tell(COLUMNS)
        most = max(options.steps) + 1
        client = Client()
        try:
            viewers = PLAIN if options.plain else CHROMIUM
            with relay_ramp(
                client, cores, most=most, path=options.path, workers=options.workers, behaviour=viewers
            ) as ramp:
                for step in ramp.steps(options.steps, options.seconds):
                    steps.append(step)
                    tell(row(step) + "".join(f"  ! {problem}" for problem in step.problems))
        finally:
            client.stop()
    advice = advise(steps, shared_core=cores.shared)
    if options.json:
        say(as_json(Report(machine, options.path, [with_rates(step) for step in steps], advice)))
    else:
        tell(f"\n{advice.text}")
    return 0 if advice.holds else 1


def describe(cores: Cores) -> Machine:
    """Measures what a packet costs without any server. Raises SetupError."""
    sendto, cipher = calibrate(cores.server, min(cores.load))
    return Machine(
        processor=processor(),
        cores=os.cpu_count() or 1,
        kernel=os.uname().release,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        load_average=os.getloadavg()[0],
        sendto_us=round(sendto, 3),
        cipher_us=round(cipher, 3),
    )


def heading(machine: Machine, cores: Cores) -> str:
    where = f"server on core {cores.server}, load on {', '.join(map(str, sorted(cores.load)))}"
    what = f"{machine.processor}, {machine.cores} cores, Linux {machine.kernel}"
    return (
        f"{what}; {where}; load average {machine.load_average:.2f}\n"
        f"calibration: one bare sendto {machine.sendto_us:.2f} us, its AES-128-GCM {machine.cipher_us:.2f} us"
    )


def with_rates(step: Step) -> dict[str, Any]:
    """A step with what follows from it, for other programs."""
    plain: dict[str, Any] = msgspec.to_builtins(step)
    return {**plain, **{name: round(getattr(step, name), 4) for name in DERIVED}}


def as_json(report: Report) -> str:
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()


def allow_open_files(wanted: int) -> None:
    """Sockets are files. Raises SetupError when the system grants too few."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        if hard != resource.RLIM_INFINITY and hard < wanted:
            raise SetupError(
                f"{wanted} open files are needed and {hard} are allowed: raise ulimit -n, or try fewer viewers."
            )
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _steps(text: str) -> Sequence[int]:
    try:
        steps = [int(word) for word in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError("give whole numbers, such as 50,100,200") from None
    if steps != sorted(set(steps)) or steps[0] < 1 or steps[-1] > MOST_VIEWERS:
        raise argparse.ArgumentTypeError(f"give rising numbers from 1 to {MOST_VIEWERS}")
    return steps


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= MOST_SECONDS:
        raise argparse.ArgumentTypeError(f"give seconds, up to {MOST_SECONDS:.0f}")
    return seconds


def _workers(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= 64):
        raise argparse.ArgumentTypeError("give a whole number from 0 to 64")
    return int(text)
