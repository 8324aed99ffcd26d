"""The composition root: settings and a competition become a running show."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from starlette.applications import Starlette

from roadshow.access.identity import Door
from roadshow.access.limits import Limits
from roadshow.access.tokens import SignallingTokens
from roadshow.access.voters import Voters
from roadshow.adapters import Adapters, Stores, stored
from roadshow.clock import ShowClock, SystemClock
from roadshow.competitions.cast import Cast
from roadshow.competitions.casting import Casting, Changed, Fit
from roadshow.competitions.definition import Competition
from roadshow.competitions.guests import Guests
from roadshow.competitions.people import Person
from roadshow.desks.context import DeskContext
from roadshow.errors import SetupError
from roadshow.fields.field import Fields, LiveField
from roadshow.fields.news import AwardNews, News
from roadshow.fields.plans import locked, poll_spec, refuse_what_is_not_offered, room_plan
from roadshow.fields.sections import View
from roadshow.ids import PersonId, RoomId, SourceId
from roadshow.live.family import Services
from roadshow.live.hub import Hub
from roadshow.pages.pages import Pages
from roadshow.rooms.commands import SourceCame, SourceWent
from roadshow.rooms.relay.config import MediaPath
from roadshow.rooms.relay.offers.ice_servers import IceServer
from roadshow.rooms.relay.relay import ForwardingRelay, RelayConfig
from roadshow.rooms.runner import RoomRunner
from roadshow.settings import Settings
from roadshow.site import application
from roadshow.telemetry import Telemetry
from roadshow.voting.audience.service import AudienceAward
from roadshow.voting.key_file import key_path, load_signer
from roadshow.voting.ports import PollChanged
from roadshow.voting.service import VotingService


@dataclass(frozen=True, slots=True)
class Show:
    """A running show. ``app`` is its ASGI application."""

    app: Starlette
    settings: Settings
    competition: Competition
    casting: Casting
    fields: Fields
    tokens: SignallingTokens
    guests: Guests
    hub: Hub

    @property
    def people(self) -> tuple[Person, ...]:
        """Everybody of the cast, as it is now."""
        return self.casting.cast.everybody()

    @property
    def rooms(self) -> Mapping[RoomId, RoomRunner]:
        return self.fields.rooms

    async def was_invited(self, person: Person) -> bool:
        return (await self.guests.access([person.id]))[person.id].issue > 0

    async def invite(self, person: PersonId) -> str:
        """A new invitation's address; unused former ones end."""
        return f"{self.settings.public_url}/i/{await self.guests.invite(person)}"

    def say_goodbye(self) -> None:
        """Tell browsers to come back to the next server."""
        self.hub.shut_down()


class _RelayNews:
    """Tells rooms which tracks are published. Satisfies the relay's ``SourceListener``."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields

    def source_came(self, room: RoomId, source: SourceId) -> None:
        self._fields[room].room.tell(SourceCame(source))

    def source_went(self, room: RoomId, source: SourceId) -> None:
        self._fields[room].room.tell(SourceWent(source))


@asynccontextmanager
async def open_show(
    settings: Settings, competition: Competition, *, adapters: Adapters = stored, clock: ShowClock | None = None
) -> AsyncIterator[Show]:
    """Everything that runs, for as long as the block does. ``adapters``: where it is kept. ``clock``: the show's; media
    go by the machine's. Raises SetupError, Unavailable."""
    refuse_what_is_not_offered(competition)
    clock = clock or SystemClock()
    secret = settings.signing_secret()
    fields = Fields()
    async with adapters(settings, clock) as stores_of:
        stores = stores_of(competition.id)

        async def read(room: RoomId, wanted: tuple[type[View], ...]) -> tuple[View, ...]:
            return await fields.of(room).read(wanted)

        rooms = [field.room for field in competition.fields]
        telemetry = Telemetry(competition.id)
        hub = Hub(rooms, clock, read, secrets.token_hex(4), telemetry)
        news, award_news = News(hub), AwardNews(hub, clock)
        relay = _relay(settings, fields)
        casting = await Casting.load(stores.cast, competition, when_changed=_recalling(hub, relay))
        guests = Guests(stores.people, casting.who, clock, when_revoked=_expelling(hub, relay, casting))
        voting, award = await _fill(fields, settings, competition, casting, stores, news, award_news, clock, relay)
        await relay.start()
        limits = Limits()
        context = DeskContext(
            pages=Pages(competition, settings),
            competition=competition,
            casting=casting,
            door=Door(guests, limits, secure=settings.is_secure),
            guests=guests,
            voting=voting,
            rooms=fields.rooms,
            tokens=SignallingTokens(secret, clock, competition.id),
            settings=settings,
            clock=clock,
            traffic=hub,
            relay=relay,
            voters=Voters(secret, limits, secure=settings.is_secure),
            telemetry=telemetry,
        )
        show = Show(
            app=application(context, relay, hub, Services(fields, news, award_news), limits),
            settings=settings,
            competition=competition,
            casting=casting,
            fields=fields,
            tokens=context.tokens,
            guests=guests,
            hub=hub,
        )
        try:
            async with _running(show, award, news, award_news):
                yield show
        finally:
            await relay.stop()


@asynccontextmanager
async def _running(show: Show, award: AudienceAward, news: News, award_news: AwardNews) -> AsyncIterator[None]:
    """All tasks of a show. Raises SetupError for the operator: one sentence, no trace."""
    fields = show.fields
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(field.run()) for field in fields.values()]
            running += [tasks.create_task(field.room.run()) for field in fields.values()]
            running += [tasks.create_task(show.hub.run()), tasks.create_task(news.run(fields))]
            running += [tasks.create_task(award.run()), tasks.create_task(award_news.run(fields))]
            try:
                yield
            finally:
                for task in running:
                    task.cancel()
    except BaseExceptionGroup as problems:
        mistakes, others = problems.split(SetupError)
        if mistakes is not None and others is None:
            raise _first(mistakes) from None
        raise


async def _fill(
    fields: Fields,
    settings: Settings,
    competition: Competition,
    casting: Casting,
    stores: Stores,
    news: News,
    award_news: AwardNews,
    clock: ShowClock,
    relay: ForwardingRelay,
) -> tuple[VotingService, AudienceAward]:
    """Bring each field to life where its room and its poll stood. Raises SetupError, Unavailable."""
    specs = {field.room: poll_spec(competition, field, casting.cast) for field in competition.fields}
    voting = VotingService(stores.votes, load_signer(key_path(settings.data, competition.id)), specs, news)
    try:
        await voting.prepare()
    except PollChanged as problem:
        raise SetupError(locked(problem)) from None
    await casting.keep(_fitting(voting, competition))  # once it is known that the votes there are go with it
    projects = {room: spec.projects for room, spec in specs.items()}
    award = AudienceAward(stores.awards, projects, award_news.changed)
    for field in competition.fields:
        runner = await RoomRunner.load(
            room_plan(competition, field, casting.cast),
            clock=clock,
            journal=stores.journal,
            polls=voting,
            relay=relay,
            followers=news,
        )
        fields[runner.id] = LiveField(runner, voting, award)
    return voting, award


def _relay(settings: Settings, fields: Fields) -> ForwardingRelay:
    config = RelayConfig(
        host=settings.udp_host,
        udp_port=settings.udp_port,
        advertised=settings.advertised_addresses,
        max_viewers=settings.max_viewers,
        ice_servers=_ice_servers(settings),
        path=MediaPath(settings.relay_path),
        workers=settings.relay_workers,
    )
    return ForwardingRelay(config, SystemClock(), _RelayNews(fields))


def _ice_servers(settings: Settings) -> tuple[IceServer, ...]:
    """STUN servers know no secret."""
    return tuple(
        IceServer(url, settings.turn_secret or "" if url.startswith("turn") else "") for url in settings.turn_urls
    )


def _fitting(voting: VotingService, competition: Competition) -> Fit:
    """How a changed cast reaches the polls."""

    async def fit(cast: Cast) -> None:
        for field in competition.fields:
            await voting.refit(field.room, poll_spec(competition, field, cast))

    return fit


def _expelling(hub: Hub, relay: ForwardingRelay, casting: Casting) -> Callable[[PersonId], None]:
    """What a revocation ends at once: the person's sockets, and what they publish."""

    def revoked(person: PersonId) -> None:
        hub.expel(person)
        known = casting.who(person)
        for publisher in known.publishers if known is not None else ():
            relay.expel(publisher)

    return revoked


def _recalling(hub: Hub, relay: ForwardingRelay) -> Changed:
    """What another appointment ends at once: sockets that were let in for the former one, and what it let them send."""

    def changed(before: Person, now: Person | None) -> None:
        hub.recall(before.id)
        for publisher in before.publishers - (now.publishers if now is not None else frozenset()):
            relay.expel(publisher)

    return changed


def _first(problems: BaseExceptionGroup[SetupError]) -> SetupError:
    problem = problems.exceptions[0]
    return _first(problem) if isinstance(problem, BaseExceptionGroup) else problem
