"""What a ballot costs now, beside what it cost at other commits, in one run. See bench/README.md.

python bench/votes_against.py COMMIT …
"""

import argparse
import asyncio
import importlib.util
import io
import json
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve()
ROOT = HERE.parents[1]
NOW = "now"
TURNS = 24
"""Of each state, with each number of judges: its place among the others changes from turn to turn."""
ACTS = {1: 200, 20: 750, 200: 1_500}
"""Ballots in one turn, by how many judges vote at once."""
WARM = 1
"""Turns that do not count."""
LEAST_RATE, MOST_P99 = 0.9, 1.1
"""Of the earlier state's."""


@dataclass
class Turn:
    """``seconds``, and each ballot's; ``server`` and ``store``: seconds of a core that they had."""

    seconds: float
    took: list[float]
    server: float
    store: float


@dataclass
class State:
    """A checkout, in a process of its own with a store of its own, which votes when it is told to."""

    name: str
    process: "subprocess.Popen[str]"
    turns: dict[int, list[Turn]] = field(default_factory=lambda: {judges: [] for judges in ACTS})

    def vote(self, judges: int, turn: int) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{judges} {turn}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.name}: it ended")
        if turn >= WARM:
            self.turns[judges].append(Turn(**json.loads(answer)))

    def rate(self, judges: int) -> float:
        """The median of the turns, so that a neighbour who comes by changes little."""
        return statistics.median(len(one.took) / one.seconds for one in self.turns[judges])

    def p99(self, judges: int) -> float:
        """The median of the turns', in milliseconds."""
        return statistics.median(statistics.quantiles(one.took, n=100)[98] for one in self.turns[judges]) * 1_000

    def core(self, judges: int, whose: str) -> float:
        """Microseconds of a core for one ballot."""
        turns = self.turns[judges]
        used: float = sum(getattr(one, whose) for one in turns)
        return used / sum(len(one.took) for one in turns) * 1e6

    def line(self, judges: int) -> str:
        costs = f"server {self.core(judges, 'server'):4.0f} µs  store {self.core(judges, 'store'):4.0f} µs"
        return f"{judges:3} at once  {self.name:9} {self.rate(judges):6.0f}/s  p99 {self.p99(judges):6.2f} ms  {costs}"


# The one who compares -------------------------------------------------------------------------------------------------


def _checkout(commit: str, folder: Path) -> Path:
    packed = subprocess.run(["git", "-C", str(ROOT), "archive", commit], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def _start(name: str, tree: Path) -> State:
    # -P: what is imported comes from the tree, and from nowhere beside this file.
    command = [sys.executable, "-P", str(HERE), "--votes-in", str(tree)]
    return State(name, subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tree))


def compare(commits: list[str]) -> bool:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        trees = {NOW: ROOT} | {commit: _checkout(commit, Path(folder) / commit) for commit in commits}
        states = [_start(name, tree) for name, tree in trees.items()]
        for state in states:
            stack.enter_context(state.process)
        for judges in ACTS:
            for turn in range(WARM + TURNS):
                first = turn % len(states)
                for state in (*states[first:], *states[:first]):
                    state.vote(judges, turn)
    held = [_held(states[0], before) for before in states[1:]]  # all of them are told
    return all(held)


def _held(now: State, before: State) -> bool:
    held = True
    for judges in ACTS:
        rate, p99 = now.rate(judges) / before.rate(judges), now.p99(judges) / before.p99(judges)
        held = held and rate >= LEAST_RATE and p99 <= MOST_P99
        server, store = (now.core(judges, one) / before.core(judges, one) for one in ("server", "store"))
        print(before.line(judges))
        print(now.line(judges))
        costs = f"server {server:4.2f}     store {store:4.2f}"
        print(f"{judges:3} at once  ratio       {rate:5.2f}    p99   {p99:5.2f}     {costs}")
    wanted = f"at least {LEAST_RATE} of the rate, p99 at most {MOST_P99} times"
    print(f"beside {before.name}, {wanted}: {'yes' if held else 'NO'}")
    return held


# The one who votes, in a process of its own --------------------------------------------------------------------------


def _votes_of(tree: Path) -> Any:
    """Its own bench/votes.py: how a poll is opened and a ballot is cast has stayed the same there."""
    sys.path.insert(0, str(tree))
    spec = importlib.util.spec_from_file_location("votes_of_tree", tree / "bench" / "votes.py")
    assert spec is not None
    assert spec.loader is not None
    votes = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = votes
    spec.loader.exec_module(votes)
    return votes


def _cores(pid: int) -> float:
    """Seconds that another process had."""
    times = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(times[11]) + int(times[12])) / 100


def _own_cores() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def take_turns(tree: Path) -> None:
    votes = _votes_of(tree)
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        embedded = await stack.enter_async_context(votes.EmbeddedStore(Path(folder)))
        store = await stack.enter_async_context(votes.connect(votes.socket_url(embedded.socket)))
        polls: dict[int, tuple[Any, str]] = {}
        for judges, acts in ACTS.items():
            polls[judges] = await votes._open_poll(store, judges, (WARM + TURNS) * acts)
            if hasattr(polls[judges][0], "aclose"):  # of a state that signs in the background
                stack.push_async_callback(polls[judges][0].aclose)
        while line := sys.stdin.readline():
            judges, turn = map(int, line.split())
            measured, server, of_store = votes._Measured(), _own_cores(), _cores(embedded.pid)
            await votes._round(judges, turn * ACTS[judges], ACTS[judges], _voting(votes, *polls[judges]), measured)
            used = _own_cores() - server, _cores(embedded.pid) - of_store
            print(json.dumps(vars(Turn(measured.seconds, measured.took, *used))), flush=True)


def _voting(votes: Any, service: Any, room: str) -> Callable[[int, int], Awaitable[None]]:
    """A client's act, as there."""

    async def vote(_client: int, number: int) -> None:
        judge, project = divmod(number, len(votes.PROJECTS))
        cast = votes.Cast(f"command-{number:08}", votes.PROJECTS[project], votes.SCORES, 0)
        await service.cast(room, f"judge-{judge}", cast)

    return vote


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("commits", nargs="*", metavar="COMMIT")
    parser.add_argument("--votes-in", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.votes_in is not None:
        asyncio.run(take_turns(options.votes_in))
        return 0
    return 0 if compare(options.commits) else 1


if __name__ == "__main__":
    sys.exit(main())
