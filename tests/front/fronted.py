"""A house in memory and, beside it, what a front answers of it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from roadshow.access.roles import Visitor
from roadshow.adapters import OpenStores, Stores, in_memory
from roadshow.app import OpenHouse, open_house
from roadshow.clock import Clock, SystemClock
from roadshow.competitions.definition import Competition
from roadshow.competitions.loading import load_preset
from roadshow.errors import Unavailable
from roadshow.fields.revisions import Revisions
from roadshow.front.answering import Answer, Asked
from roadshow.front.public.answers import PublicAnswers
from roadshow.ids import CommandId, CompetitionId, CriterionId, RoomId
from roadshow.live.messages import Message
from roadshow.settings import Settings
from roadshow.show import Show
from roadshow.voting.acts import CloseCount
from roadshow.voting.service import VotingService
from roadshow.voting.votes import Cast

TODAY = date(2090, 1, 1)
"""To come: the times of a plan that should have begun move with every second."""
COMPETITION = load_preset("demo", today=TODAY)
FIELD = COMPETITION.fields[0]


class Away:
    """Readers of a store that may be away, or hang; counts what is read of it."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self.is_away = False
        self.before: Callable[[], Any] | None = None
        self.reads = 0

    @property
    def cast(self) -> Any:
        return _Part(self, self._stores.cast)

    @property
    def journal(self) -> Any:
        return _Part(self, self._stores.journal)

    @property
    def votes(self) -> Any:
        return _Part(self, self._stores.votes)

    @property
    def awards(self) -> Any:
        return _Part(self, self._stores.awards)

    async def ask(self) -> None:
        self.reads += 1
        if self.before is not None:
            await self.before()
        if self.is_away:
            raise Unavailable("store.away")


class _Part:
    def __init__(self, away: Away, store: Any) -> None:
        self._away = away
        self._store = store

    async def load(self, *names: Any) -> Any:
        await self._away.ask()
        return await self._store.load(*names)

    async def read(self, poll: Any) -> Any:
        await self._away.ask()
        return await self._store.read(poll)

    async def ledger(self, poll: Any, after: int, limit: int) -> Any:
        await self._away.ask()
        return await self._store.ledger(poll, after, limit)


class Ear:
    """One of the audience who only listens for one thing: a word that its event holds."""

    visitor = Visitor(None, "127.0.0.1")

    def __init__(self, word: str) -> None:
        self.word = word
        self.heard = asyncio.Event()

    def send(self, message: Message) -> None:
        raise AssertionError(message)

    def send_event(self, room: RoomId, frame: str) -> None:
        if self.word in frame:
            self.heard.set()

    def send_snapshot(self, room: RoomId, frame: str) -> None: ...

    def end(self, code: int, reason: str, last: Message | None = None) -> None: ...


@dataclass
class Machine:
    """Seconds of a machine that pass when the test says so."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Fronted:
    house: OpenHouse
    answers: PublicAnswers
    revisions: Revisions
    stores: Mapping[CompetitionId, Away]
    machine: Machine
    commands: Iterator[int] = field(default_factory=count)

    @property
    def show(self) -> Show:
        return self.house.shows[0]

    @property
    def voting(self) -> VotingService:
        voting = self.show.parts.context.voting
        assert isinstance(voting, VotingService)
        return voting

    @property
    def store(self) -> Away:
        return self.stores[self.show.competition.id]

    async def get(self, path: str, query: str = "", **headers: str) -> Answer | None:
        """As a connection asks: first for what is there."""
        wanted = asked(path, query, **headers)
        return self.answers.ready(wanted) or await self.answers.make(wanted)

    async def text(self, path: str, query: str = "", **headers: str) -> str:
        answer = await self.get(path, query, **headers)
        assert answer is not None, path
        assert answer.status == 200, path
        return answer.body.decode()

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """At the house itself."""
        base = self.house.settings.public_url
        transport = httpx.ASGITransport(self.house.app, raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=base, headers={"Origin": base, **headers})

    async def vote(
        self, room: RoomId = FIELD.room, before_the_word: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """From the first window to the confirmed result. ``before_the_word``: done before the chair confirms."""
        show = self.show
        chosen = next(one for one in show.competition.fields if one.room == room)
        jury = show.casting.cast.jury_of(chosen)
        for rank, project in enumerate(show.casting.cast.projects_in(chosen.id)):
            await self.voting.open_window(room, project.id, None)
            for judge in jury:
                if project.id not in judge.recused:
                    scores = {CriterionId(one.id): max(one.maximum - rank, 0) for one in show.competition.criteria}
                    await self.voting.cast(room, judge.id, Cast(self.command(), project.id, scores, 0))
            await self.voting.close_window(room, project.id)
        chair = next(judge.id for judge in jury if judge.chair)
        if before_the_word is not None:
            await before_the_word()
        async with self.news_of(room):
            await self.voting.act(room, chair, CloseCount(1), self.command())
            await self.voting.confirm(room, chair, True, self.command())

    async def reveal(self, announced: int, room: RoomId = FIELD.room) -> int:
        """The next place, until sockets have heard of it; how many are still to come."""
        organiser = next(one.id for one in self.show.people if one.role.value == "organiser")
        async with self.news_of(room):
            view = await self.voting.reveal_next(room, organiser, announced, self.command())
        return view.remaining

    @asynccontextmanager
    async def news_of(self, room: RoomId, word: str = '"ceremony"') -> AsyncIterator[None]:
        """Goes on once sockets have heard of the ceremony, or of something else, what the block did."""
        ear = Ear(word)
        self.show.hub.join(ear)
        await self.show.hub.follow(ear, room)
        yield
        async with asyncio.timeout(10):
            await ear.heard.wait()
        self.show.hub.leave(ear)

    async def reveal_all(self, room: RoomId = FIELD.room) -> None:
        announced = 0
        while await self.reveal(announced, room):
            announced += 1

    def command(self) -> CommandId:
        return CommandId(f"command-{next(self.commands):06}")


def asked(path: str, query: str = "", **headers: str) -> Asked:
    return Asked("GET", path, query, {name.replace("_", "-"): value for name, value in headers.items()})


@asynccontextmanager
async def fronted(folder: Path, competitions: Sequence[Competition] = (COMPETITION,)) -> AsyncIterator[Fronted]:
    stores: dict[CompetitionId, Away] = {}

    @asynccontextmanager
    async def remembered(settings: Settings, clock: Clock) -> AsyncIterator[OpenStores]:
        async with in_memory(settings, clock) as opened:

            def of(competition: CompetitionId) -> Stores:
                found = opened(competition)
                stores[competition] = Away(found)
                return found

            yield of

    settings = Settings(data=folder / "data", port=0, udp_port=0, public_url="https://final.example.org")
    revisions, machine = Revisions.private(), Machine()
    async with open_house(settings, competitions, adapters=remembered, revisions=revisions) as house:
        answers = PublicAnswers(
            settings, competitions, stores.__getitem__, revisions, clock=SystemClock(), machine=machine
        )
        yield Fronted(house, answers, revisions, stores, machine)
