"""How many ballots a second are taken and acknowledged, beside a bare store. See bench/README.md."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.store.connection import Store, connect, socket_url
from roadshow.store.embedded import EmbeddedStore
from roadshow.store.keys import Keys
from roadshow.voting.ledger import Signer
from roadshow.voting.ports import Cast, Criterion, PollSpec, RuleSet
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.service import VotingService

BALLOTS = 4_000
CLIENTS = (1, 20, 200)
PROJECTS = tuple(ProjectId(f"project-{number}") for number in range(6))
SCORES = {CriterionId(name): 7 for name in ("impact", "market", "novelty", "team")}
BODY = b"b" * 150
"""About the size of a ballot."""


class _Deaf:
    def progress_changed(self, room: RoomId) -> None: ...

    def ceremony_changed(self, room: RoomId) -> None: ...


async def _open_poll(store: Store, clients: int) -> tuple[VotingService, RoomId]:
    """One poll with as many judges as it takes to cast every ballot once."""
    room = RoomId(f"room-{clients}")
    spec = PollSpec(
        poll=PollId(room),
        projects=PROJECTS,
        judges=tuple(PersonId(f"judge-{number}") for number in range(1 + BALLOTS // len(PROJECTS))),
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


async def _measure(name: str, clients: int, act: Callable[[int], Awaitable[object]]) -> None:
    took: list[float] = []

    async def client(first: int) -> None:
        for number in range(first, BALLOTS, clients):
            start = time.perf_counter()
            await act(number)
            took.append(time.perf_counter() - start)

    start = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for first in range(clients):
            group.create_task(client(first))
    rate = len(took) / (time.perf_counter() - start)
    centiles = statistics.quantiles(took, n=100)
    print(
        f"{clients:3} clients  {name:7}  {rate:7.0f}/s"
        f"  median {centiles[49] * 1000:6.2f} ms  p99 {centiles[98] * 1000:6.2f} ms"
    )


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedStore(Path(folder)) as embedded, connect(socket_url(embedded.socket)) as store:
            for clients in CLIENTS:
                service, room = await _open_poll(store, clients)

                async def write(number: int) -> None:
                    await store.redis.set(f"bare:{number}", BODY)

                async def vote(number: int, service: VotingService = service, room: RoomId = room) -> None:
                    judge, project = divmod(number, len(PROJECTS))
                    cast = Cast(CommandId(f"command-{number:08}"), PROJECTS[project], SCORES, 0)
                    await service.cast(room, PersonId(f"judge-{judge}"), cast)

                await _measure("bare", clients, write)
                await _measure("ballots", clients, vote)


if __name__ == "__main__":
    asyncio.run(main())
