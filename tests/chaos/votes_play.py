"""Seeds, lives and kills: what ``votes_run`` does."""

import argparse
import asyncio
import multiprocessing
import os
import random
import signal
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from roadshow.ids import CommandId, PersonId
from roadshow.moments import decode_moment
from roadshow.voting.key_file import load_signer
from roadshow.voting.votes import Cast, Receipt
from tests.chaos.votes_history import History, Verdict, judge
from tests.chaos.votes_server import FAILPOINTS, SIGNING_KEY, Everything, Plan, held, serve
from tests.chaos.votes_whole import play_whole

LIVES = 2
"""That end by SIGKILL, of each seed."""
COUNTING = 0.5
"""How likely a life but the first finds the windows closed, and the count closed and opened again in it; so it is in
all after it."""
MOST_PASSES = {"counting": 4, "store starting": 1, "closing": 2}
"""How often a failpoint is passed at least, where that is not often."""
USUAL_PASSES = 15
SCORES = b'"scores":{'
"""As they begin in a ballot in the open. The store's files hold its functions, too."""
SEALED_EVERY = 2
"""Seeds to one whose ballots the store cannot read."""
WHOLE_EVERY = 100
"""Seeds to one that is played through the whole server: it takes as long as ten."""
LIFE_WITHIN = 60.0
"""Seconds; only so that a life which hangs fails its seed."""

_context = multiprocessing.get_context("forkserver")


@dataclass
class Played:
    """What came of a seed."""

    seed: int
    kills: int = 0
    verdict: Verdict = field(default_factory=Verdict)


def play(seed: int) -> Played:
    if seed % WHOLE_EVERY == WHOLE_EVERY - 1:
        kills, verdict = asyncio.run(play_whole(seed))
        return Played(seed, kills, verdict)
    played, history, pick = Played(seed), History(), random.Random(seed)
    sealed = seed % SEALED_EVERY == 0
    with tempfile.TemporaryDirectory(prefix="votes-") as folder:
        data, dump = Path(folder) / "data", Path(folder) / "dump"
        try:
            counting = False
            for life in range(LIVES):
                counting = counting or (life > 0 and pick.random() < COUNTING)
                plan, kill_after = _draw(pick, Plan(data, f"{seed}-{life}", history.outbox(), sealed, counting))
                played.kills += _live(plan, history, kill_after)
            for tries_left in reversed(range(3)):  # a killed store may need its time to be gone
                again = [(one.judge, one.cast) for one in history.acknowledged()]
                plan = Plan(data, f"{seed}-end", history.outbox(), sealed, counting, again=again, dump=dump)
                _live(plan, history)
                if dump.exists() or not tries_left:
                    break
            if not dump.exists():
                played.verdict.wrong.append("the last server did not come to its end")
                return played
            entries, state, seals = msgspec.json.decode(dump.read_bytes(), type=Everything, dec_hook=decode_moment)
            key = load_signer(data / SIGNING_KEY).public_key
            spec, boxes = held(data, sealed)
            box = boxes.box(spec.poll) if sealed else None
            played.verdict = judge(history, spec, entries, state, seals, key, box)
            if sealed:
                played.verdict.wrong += _in_the_open(data / "store")
        finally:
            _end_store(data)
    return played


def _draw(pick: random.Random, plan: Plan) -> tuple[Plan, int]:
    """How a life ends, and after how many events its end comes from outside; 0: it comes at a failpoint."""
    plan = replace(plan, victim=pick.choice(("server", "server", "store", "both")))
    if pick.random() < 0.4:
        return plan, pick.randint(1, 150)
    failpoint = pick.choice(FAILPOINTS)
    passes = pick.randint(1, MOST_PASSES.get(failpoint, USUAL_PASSES))
    return replace(plan, failpoint=failpoint, passes=passes), 0


def _in_the_open(folder: Path) -> list[str]:
    """What the store's files tell of ballots that it is not to read."""
    files = [one for one in folder.rglob("*") if one.is_file()]
    return [f"{one.name} tells scores" for one in files if SCORES in one.read_bytes()]


def _live(plan: Plan, history: History, kill_after: int = 0) -> int:
    """Run a server until its end, and take down what it says. How many were killed."""
    ours, theirs = _context.Pipe(duplex=False)
    process = _context.Process(target=serve, args=(plan, theirs), daemon=True)
    process.start()
    theirs.close()
    kills = events = store_pid = 0
    give_up = time.monotonic() + LIFE_WITHIN
    with suppress(EOFError):
        while ours.poll(max(0.0, give_up - time.monotonic())):
            kind, *rest = msgspec.json.decode(ours.recv_bytes())
            if kind == "store":
                store_pid = rest[0]
                continue
            if kind == "killed":
                kills += rest[0]
                continue
            _take_down(kind, rest, history)
            events += 1
            if events == kill_after:
                kills += _kill(plan.victim, process.pid or 0, store_pid)
    if process.is_alive() and time.monotonic() >= give_up:
        process.kill()
    process.join()
    ours.close()
    return kills


def _kill(victim: str, server: int, store: int) -> int:
    pids = {"server": [server], "store": [store], "both": [store, server]}[victim]
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return len(pids)


def _take_down(kind: str, rest: list[Any], history: History) -> None:
    if kind == "sent":
        history.was_sent(PersonId(rest[0]), msgspec.convert(rest[1], Cast))
    elif kind == "acted":
        history.was_done(CommandId(rest[0]))
    elif kind == "act refused":
        history.was_not_done(CommandId(rest[0]), rest[1])
    elif kind == "told":
        history.was_told(msgspec.convert(rest[0], Receipt, dec_hook=decode_moment))
    else:
        history.was_refused(CommandId(rest[0]), rest[1])


def _end_store(data: Path) -> None:
    """Whatever still works in the folder."""
    with suppress(OSError, ValueError):
        pid = int((data / "store" / "lock").read_text())
        if Path(f"/proc/{pid}/cwd").samefile(data / "store"):
            os.kill(pid, signal.SIGKILL)


def main(description: str) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=4)
    options = parser.parse_args()
    _context.set_forkserver_preload(["tests.chaos.votes_server"])
    start, kills, total = time.monotonic(), 0, Verdict()
    with ThreadPoolExecutor(options.jobs) as threads:
        for played in threads.map(play, range(options.first, options.first + options.seeds)):
            kills += played.kills
            total.add(played.verdict)
            for fault in played.verdict.faults:
                print(f"seed {played.seed}: {fault}", flush=True)
    print(f"{options.seeds} seeds in {time.monotonic() - start:.0f} s; other faults: {len(total.wrong)}")
    print(f"chaos: kills {kills} acknowledged {total.acknowledged} lost {len(total.lost)} doubled {len(total.doubled)}")
    return 1 if total.faults else 0
