"""Everybody opens the results at once: ``make crowd``. See bench/README.md for the method.

A thousand people of a thousand addresses, then a hall of five hundred behind one, while viewers watch and a jury votes.
"""

import argparse
import asyncio
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.climax import desks
from bench.climax.browsers import Outcome, Plan
from bench.climax.definition import ANNOUNCED, LIVE, ORGANISER, REVEALING, definition, jury_of, projects_of
from bench.climax.server import Server
from roadshow.bench import media
from roadshow.bench.fleet import Fleet, Look
from roadshow.bench.peer import Client
from roadshow.bench.publisher import Publisher
from roadshow.bench.results import quantile
from roadshow.bench.signalling import Exchange

ROOT = Path(__file__).resolve().parent.parent
PEOPLE, HALL, VIEWERS, LIVE_JUDGES = 1000, 500, 300, 20
PROJECTS, JUDGES = 30, 15
WITHIN_S = 2.0
"""In which all of them come."""
P99_MS, WORST_MS, PING_MS = 1000, 2000, 50
HALL_ADDRESS = "127.9.9.9"
SETTLE_S = 2.0
JOIN_RATE = 100.0
"""Viewers a second, before anything is measured."""
LANGUAGES = ["en-GB,en", "zh-CN,zh", "ru-RU,ru"]


class Measured(msgspec.Struct, frozen=True):
    outcome: Outcome
    pings_ms: list[float]
    judged: desks.Judged
    lost: int
    seconds: float
    spent: list[float]
    """Of each of the server's processes, a share of one core."""


def addresses(people: int) -> list[str]:
    """One for each, no two in one network of 256."""
    return [f"127.{16 + number // 250}.{number % 250 + 1}.7" for number in range(people)]


async def surge(
    server: Server, fleet: Fleet, judges: Sequence[desks.Desk], criteria: Sequence[str], plan: Plan
) -> Measured:
    """Everybody comes. Judges' pings and viewers' losses are those of that time."""
    browsers = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.climax.browsers",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 24,
        cwd=ROOT,
    )  # fmt: skip
    assert browsers.stdin is not None
    assert browsers.stdout is not None
    browsers.stdin.write(msgspec.json.encode(plan) + b"\n")
    assert await browsers.stdout.readline() == b"ready\n"
    for judge in judges:
        judge.pings.clear()
    before, spent, begin = fleet.look(), server.spent(), time.perf_counter()
    browsers.stdin.write(b"go\n")

    async def told() -> bytes:
        assert browsers.stdout is not None
        return await browsers.stdout.readline()

    answer = asyncio.ensure_future(told())
    judged = await desks.judging(judges, projects_of(LIVE, 1)[0], criteria, _done(answer))
    seconds, now = time.perf_counter() - begin, server.spent()
    await asyncio.sleep(0.5)  # what is on its way to viewers is no loss
    await browsers.wait()
    return Measured(
        outcome=msgspec.json.decode(await answer, type=Outcome),
        pings_ms=sorted(1000 * ping for judge in judges for ping in judge.pings),
        judged=judged,
        lost=_lost(before, fleet.look()),
        seconds=seconds,
        spent=[now[pid].since(was).total / seconds for pid, was in spent.items() if pid in now],
    )


async def _done(answer: "asyncio.Future[bytes]") -> None:
    await asyncio.wait([answer])


def _lost(before: Look, after: Look) -> int:
    return after.since(before).lost


async def run(options: argparse.Namespace) -> bool:
    projects, judges = options.projects, options.judges
    text = definition(projects, judges, LIVE_JUDGES)
    with Server(text) as server:
        people = desks.People(server.base)
        everybody = [*jury_of(ANNOUNCED, judges), *jury_of(REVEALING, judges), *jury_of(LIVE, LIVE_JUDGES)]
        await people.enter(server.link, everybody)
        control = {field: await people.desk(ORGANISER, field) for field in (ANNOUNCED, REVEALING, LIVE)}
        criteria = server.criteria()
        for field, places in ((ANNOUNCED, desks.PLACES), (REVEALING, desks.PLACES - 1)):
            jury = [await people.desk(judge, field) for judge in jury_of(field, judges)]
            await desks.play(control[field], jury, jury[0], criteria)
            await desks.reveal(control[field], places)
            for judge in jury:
                await judge.close()
        print(f"{projects} projects, {judges} judges: two fields are played", flush=True)
        live = [await people.desk(judge, LIVE) for judge in jury_of(LIVE, LIVE_JUDGES)]
        for phase in ("pitch", "questions", "voting"):
            await control[LIVE].advance(phase)
        whip, whep = (f"{server.base}/rooms/{LIVE}/{what}" for what in ("whip", "whep"))
        client = Client()
        with Publisher(whip, server.feed_token(LIVE)):
            await asyncio.sleep(1.0)
            fleet = Fleet(client, lambda source: Exchange(whep, source=source))
            try:
                joins = await asyncio.to_thread(fleet.grow, options.viewers, JOIN_RATE)
                assert joins.joined == options.viewers, joins.problems
                await asyncio.sleep(SETTLE_S)
                port = int(server.base.rpartition(":")[2])

                def plan(field: str, whence: list[str]) -> Plan:
                    return Plan(port, f"/rooms/{field}/results", field, whence, options.within, LANGUAGES)

                crowd = await surge(server, fleet, live, criteria, plan(ANNOUNCED, addresses(options.people)))
                show(f"{options.people} people of {options.people} addresses", crowd)
                await asyncio.sleep(SETTLE_S)
                await desks.reveal(control[REVEALING], 1)
                hall = await surge(server, fleet, live, criteria, plan(REVEALING, [HALL_ADDRESS] * options.hall))
                show(f"a hall of {options.hall} behind one address, at the reveal", hall)
            finally:
                await asyncio.to_thread(fleet.close)
        for desk in [*live, *control.values()]:
            await desk.close()
    return conclude(options, crowd, hall)


def show(who: str, measured: Measured) -> None:
    took, outcome = sorted(measured.outcome.took_ms), measured.outcome
    print(
        f"{who}: {outcome.answered} got all within {measured.seconds:.1f} s, {outcome.requests} answers"
        f" {dict(outcome.statuses)}, p50 {_at(took, 0.5):.0f} p99 {_at(took, 0.99):.0f} worst {_at(took, 1):.0f} ms;"
        f" {measured.judged.acknowledged} ballots ({measured.judged.refused} refused), ping"
        f" p50 {_at(measured.pings_ms, 0.5):.1f} p99"
        f" {_at(measured.pings_ms, 0.99):.1f} ms of {len(measured.pings_ms)}; lost {measured.lost} packets"
    )
    shares = " ".join(f"{share:.2f}" for share in measured.spent)
    print(f"  of a core: the server's processes {shares}, the crowd itself {outcome.spent_s / measured.seconds:.2f}")
    for problem, times in outcome.problems.items():
        print(f"  ! {times} times {problem}")


def conclude(options: argparse.Namespace, crowd: Measured, hall: Measured) -> bool:
    """The last line. Whether all of it is as asked."""
    took = sorted([*crowd.outcome.took_ms, *hall.outcome.took_ms])
    pings = sorted([*crowd.pings_ms, *hall.pings_ms])
    p99, worst, ping = (round(value) for value in (_at(took, 0.99), _at(took, 1), _at(pings, 0.99)))
    lost = crowd.lost + hall.lost
    print(
        f"crowd: people {options.people} answered {crowd.outcome.answered} p99_ms {p99} worst_ms {worst}"
        f" ping_p99_ms {ping} lost {lost} hall {options.hall} hall_answered {hall.outcome.answered}"
    )
    everybody = crowd.outcome.answered == options.people and hall.outcome.answered == options.hall
    refused = crowd.judged.refused + hall.judged.refused
    return everybody and not refused and p99 <= P99_MS and worst <= WORST_MS and ping <= PING_MS and not lost


def _at(values: Sequence[float], share: float) -> float:
    found = quantile(list(values), share)
    return float("inf") if found is None else found


def main() -> None:
    parser = argparse.ArgumentParser(description="Everybody opens the results at once.")
    parser.add_argument("--people", type=int, default=PEOPLE)
    parser.add_argument("--hall", type=int, default=HALL)
    parser.add_argument("--viewers", type=int, default=VIEWERS)
    parser.add_argument("--projects", type=int, default=PROJECTS)
    parser.add_argument("--judges", type=int, default=JUDGES)
    parser.add_argument("--within", type=float, default=WITHIN_S, help="seconds in which all of them come")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    media.load()
    sys.exit(0 if asyncio.run(run(options)) else 1)


if __name__ == "__main__":
    main()
