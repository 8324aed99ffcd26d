"""The same through the whole server: judges at their sockets, a real store, and SIGKILL in the middle of the storm."""

import asyncio
import random
import tempfile
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from roadshow.competitions.cast import first_cast
from roadshow.competitions.loading import load_preset
from roadshow.fields.plans import poll_spec
from roadshow.ids import CommandId, CriterionId, PersonId, ProjectId
from roadshow.store.connection import connect, socket_url
from roadshow.store.embedded import EmbeddedStore
from roadshow.store.keys import Keys
from roadshow.voting.key_file import load_signer
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.spec import PollSpec
from roadshow.voting.votes import Cast
from tests.chaos.desks import Desk, Gone, Guest, receipt_of
from tests.chaos.votes_history import History, Verdict, judge
from tests.chaos.votes_server import Everything, read_all
from tests.demo_server import DemoServer

ROOM = "ai"
CRITERIA = ("innovation", "market", "team", "feasibility", "cooperation")
JUDGES = 4
BALLOTS = 15
"""Of each judge; with ``follow`` fewer than one socket may send at once."""
RETRY_AFTER = 0.1


class _Whole:
    def __init__(self, server: DemoServer, seed: int) -> None:
        self.server = server
        self.seed = seed
        self.pick = random.Random(seed)
        self.history = History()
        self.kills = 0
        self._kill_at = self.pick.randint(5, JUDGES * BALLOTS)
        self._victim = self.pick.choice(("server", "store", "both"))

    def _strike(self) -> None:
        """At the n-th event."""
        if self.history.events < self._kill_at or self.kills:
            return
        if self._victim != "server":
            self.kills += bool(self.server.kill_store())
        if self._victim != "store":
            self.server.kill()
            self.kills += 1

    async def send(self, desk: Desk, cast: Cast) -> bool:
        """Until it is answered; whether it was taken. Raises Gone."""
        ballot: dict[str, object] = {
            "type": "ballot.cast",
            "project": cast.project,
            "scores": cast.scores,
            "expected_revision": cast.expected_revision,
        }
        while True:
            self.history.was_sent(PersonId(desk.person), cast)
            answer = await desk.ask(ballot, cast.command)
            if answer["type"] != "refused":
                self.history.was_told(receipt_of(answer))
                self._strike()
                return True
            if not answer["retry"]:
                self.history.was_refused(cast.command, answer["code"])
                return False
            await asyncio.sleep(RETRY_AFTER)

    async def storm(self, desk: Desk, project: ProjectId) -> None:
        try:
            for revision in range(BALLOTS):
                scores = {CriterionId(criterion): self.pick.randint(0, 10) for criterion in CRITERIA}
                command = CommandId(f"{desk.person}-{self.seed}-{revision:04}")
                if not await self.send(desk, Cast(command, project, scores, revision)):
                    return
        except Gone:
            return

    async def play(self) -> None:
        server, people = self.server, self.server.people
        organiser = await Guest.accepted(server.base, people["organiser"])
        async with organiser.desk(ROOM) as control:
            for phase in ("pitch", "questions", "voting"):
                await control.advance(phase)
            project = ProjectId(control.room["session"]["project"])
        guests = [await Guest.accepted(server.base, link) for link in people["judges"][ROOM][:JUDGES]]
        async with AsyncExitStack() as stack:
            desks = [await stack.enter_async_context(guest.desk(ROOM)) for guest in guests]
            async with asyncio.TaskGroup() as tasks:
                for desk in desks:
                    tasks.create_task(self.storm(desk, project))
        if server.process is not None and server.process.poll() is not None:
            await asyncio.to_thread(server.start)
        again = self.history.outbox() + [(one.judge, one.cast) for one in self.history.acknowledged()]
        for guest in guests:
            async with guest.desk(ROOM) as desk:
                for person, cast in again:
                    if person == guest.person:
                        await self.send(desk, cast)


async def left_in(data: Path, *rooms: str) -> list[tuple[PollSpec, Everything]]:
    """What a demo's server, which has stopped, left of the votes of some rooms, or all."""
    competition = load_preset("demo", today=datetime.now(UTC).date())
    cast = first_cast(competition)
    specs = [poll_spec(competition, field, cast) for field in competition.fields if not rooms or field.room in rooms]
    async with EmbeddedStore(data) as embedded, connect(socket_url(embedded.socket)) as store:
        votes = RedisVoteStore(store, Keys(competition.id))
        return [(spec, await read_all(votes, spec.poll)) for spec in specs]


async def play_whole(seed: int) -> tuple[int, Verdict]:
    """How many were killed, and what came of it."""
    with tempfile.TemporaryDirectory(prefix="votes-") as folder:
        server = DemoServer(Path(folder), brisk=False)
        whole = _Whole(server, seed)
        try:
            await asyncio.to_thread(server.start)
            await whole.play()
        finally:
            await asyncio.to_thread(server.stop)
        ((spec, everything),) = await left_in(server.data, ROOM)
        key = load_signer(server.data / "signing.key").public_key
        return whole.kills, judge(whole.history, spec, *everything, key)
