"""How many ballots a second are taken and acknowledged, beside a bare store. See bench/README.md."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from redis.asyncio import Redis

from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.store.connection import Store, connect, socket_url
from roadshow.store.embedded import EmbeddedStore
from roadshow.store.keys import Keys
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.service import VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.votes import Cast

JUDGES = (1, 20, 200)
"""At the same time."""
ROUNDS = 8
"""Of each kind, in turns: a busy neighbour then slows both alike."""
ACTS = {1: 400, 20: 1_500, 200: 3_000}
"""In one round."""
MUST_HOLD = (1, 200)
"""Where the bounds below are promised."""
LEAST_RATE = 0.5
"""Of the bare store's."""
MOST_P99 = 4.0
"""Times the bare store's."""
PROJECTS = tuple(ProjectId(f"project-{number}") for number in range(6))
SCORES = {CriterionId(name): 7 for name in ("impact", "market", "novelty", "team")}
BODY = b"b" * 150
"""About the size of a ballot."""

Act = Callable[[int, int], Awaitable[object]]
"""Of a client, by its number and that of the act."""


class _Deaf:
    def progress_changed(self, room: RoomId) -> None: ...

    def ceremony_changed(self, room: RoomId) -> None: ...


@dataclass
class _Measured:
    seconds: float = 0.0
    took: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return len(self.took) / self.seconds

    def centile(self, number: int) -> float:
        return statistics.quantiles(self.took, n=100)[number - 1]

    def line(self, judges: int, name: str) -> str:
        p50, p99 = self.centile(50) * 1000, self.centile(99) * 1000
        return f"{judges:3} at once  {name:7} {self.rate:7.0f}/s  p50 {p50:6.2f} ms  p99 {p99:6.2f} ms"


async def _open_poll(store: Store, judges: int, ballots: int) -> tuple[VotingService, RoomId]:
    """One poll with as many judges as it takes to cast every ballot once."""
    room = RoomId(f"room-{judges}")
    spec = PollSpec(
        poll=PollId(room),
        projects=PROJECTS,
        judges=tuple(PersonId(f"judge-{number}") for number in range(1 + ballots // len(PROJECTS))),
        chair=PersonId("judge-0"),
        recused=(),
        criteria=tuple(Criterion(criterion, 1, 10) for criterion in SCORES),
        rules=RuleSet("mean", 1, ("chair", "shared"), "exact", 3),
    )
    votes = RedisVoteStore(store, Keys(CompetitionId("bench")))
    service = VotingService(votes, Signer(Ed25519PrivateKey.generate()), {room: spec}, _Deaf())
    await service.prepare()
    for project in PROJECTS:
        await service.open_window(room, project, None)
    return service, room


async def _round(clients: int, first: int, acts: int, act: Act, measured: _Measured) -> None:
    async def work(client: int) -> None:
        for number in range(first + client, first + acts, clients):
            start = time.perf_counter()
            await act(client, number)
            measured.took.append(time.perf_counter() - start)

    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for client in range(clients):
            group.create_task(work(client))
    measured.seconds += time.perf_counter() - start


async def _compare(store: Store, url: str, judges: int) -> bool:
    acts = ACTS[judges]
    service, room = await _open_poll(store, judges, ROUNDS * acts)
    async with AsyncExitStack() as stack:
        # A connection for each, so that none waits for one: the bare store at its best.
        own = [await stack.enter_async_context(Redis.from_url(url, max_connections=1)) for _ in range(judges)]
        for redis in own:
            await redis.ping()

        async def write(client: int, number: int) -> None:
            await own[client].set(f"bare:{number}", BODY)

        async def vote(client: int, number: int) -> None:
            judge, project = divmod(number, len(PROJECTS))
            cast = Cast(CommandId(f"command-{number:08}"), PROJECTS[project], SCORES, 0)
            await service.cast(room, PersonId(f"judge-{judge}"), cast)

        bare, ballots = _Measured(), _Measured()
        for number in range(ROUNDS):
            await _round(judges, number * acts, acts, write, bare)
            await _round(judges, number * acts, acts, vote, ballots)
    rate, p99 = ballots.rate / bare.rate, ballots.centile(99) / bare.centile(99)
    print(bare.line(judges, "bare"))
    print(ballots.line(judges, "ballots"))
    print(f"{judges:3} at once  ratio   {rate:7.2f}    p99 {p99:.2f} times")
    return rate >= LEAST_RATE and p99 < MOST_P99


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedStore(Path(folder)) as embedded:
            url = socket_url(embedded.socket)
            async with connect(url) as store:
                held = {judges: await _compare(store, url, judges) for judges in JUDGES}
    promised = " and ".join(map(str, MUST_HOLD))
    verdict = "yes" if all(held[judges] for judges in MUST_HOLD) else "NO"
    print(f"with {promised} at once, at least {LEAST_RATE} of the bare rate, p99 under {MOST_P99} times: {verdict}")


if __name__ == "__main__":
    asyncio.run(main())
