"""The composition root: settings and a competition become a running show. The only place that names adapters."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.types import ASGIApp
from typing_extensions import override

from roadshow.access.headers import HeadersMiddleware
from roadshow.access.identity import Door
from roadshow.access.limits import Limits
from roadshow.access.media_limits import MediaLimitsMiddleware
from roadshow.access.origin import OriginMiddleware
from roadshow.access.tokens import PublishGrant, SignallingTokens
from roadshow.access.voters import Voters
from roadshow.clock import Clock, SystemClock
from roadshow.competitions import plan
from roadshow.competitions.definition import Competition
from roadshow.competitions.guests import Guests
from roadshow.competitions.people import Person
from roadshow.competitions.redis_store import RedisPeopleStore
from roadshow.desks import control, invitation, judge, media, people, pitch, public, results, screen, watch
from roadshow.desks.context import DeskContext
from roadshow.desks.operator import operator
from roadshow.errors import NotFound, NotSignedIn, SetupError
from roadshow.fields.plans import locked, poll_spec, refuse_what_is_not_offered, room_plan
from roadshow.ids import PersonId, PublisherId, RoomId, SourceId
from roadshow.languages import LANGUAGES, message_for
from roadshow.live.award import AwardDesk, AwardNews
from roadshow.live.handlers import DeskHandlers
from roadshow.live.hub import Hub
from roadshow.live.news import VoteNews
from roadshow.live.socket import LiveEndpoint
from roadshow.pages.pages import Pages
from roadshow.rooms.commands import SourceCame, SourceWent
from roadshow.rooms.redis_store import RedisJournal
from roadshow.rooms.relay.config import MediaPath
from roadshow.rooms.relay.offers.ice_servers import IceServer
from roadshow.rooms.relay.relay import ForwardingRelay, RelayConfig
from roadshow.rooms.runner import RoomRunner
from roadshow.rooms.views import RoomEvent, SessionView
from roadshow.settings import Settings
from roadshow.signalling.routes import signalling_routes
from roadshow.store.connection import Store, open_store
from roadshow.store.keys import Keys
from roadshow.voting.audience.redis_store import RedisAudienceStore
from roadshow.voting.audience.service import AudienceAward
from roadshow.voting.key_file import load_signer
from roadshow.voting.ports import PollChanged, VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.service import VotingService

DESKS = (public, watch, screen, results, invitation, judge, pitch, control, media, people, operator)


@dataclass(frozen=True, slots=True)
class Show:
    """A running show. ``app`` is its ASGI application."""

    app: Starlette
    settings: Settings
    competition: Competition
    people: tuple[Person, ...]
    rooms: dict[RoomId, RoomRunner]
    tokens: SignallingTokens
    guests: Guests
    hub: Hub

    async def was_invited(self, person: Person) -> bool:
        return (await self.guests.access([person]))[person.id].issue > 0

    async def invite(self, person: PersonId) -> str:
        """A new invitation's address; unused former ones end."""
        return f"{self.settings.public_url}/i/{await self.guests.invite(person)}"

    def say_goodbye(self) -> None:
        """Tell browsers to come back to the next server."""
        self.hub.shut_down()


class _RelayNews:
    """Tells rooms which tracks are published. Satisfies the relay's ``SourceListener``."""

    def __init__(self, rooms: dict[RoomId, RoomRunner]) -> None:
        self._rooms = rooms

    def source_came(self, room: RoomId, source: SourceId) -> None:
        self._rooms[room].tell(SourceCame(source))

    def source_went(self, room: RoomId, source: SourceId) -> None:
        self._rooms[room].tell(SourceWent(source))


class _Gate:
    """Who may send and get media: in rooms there are, by tokens. Satisfies ``signalling.SignallingGate``."""

    def __init__(self, tokens: SignallingTokens, rooms: Mapping[RoomId, RoomRunner], guests: Guests) -> None:
        self._tokens = tokens
        self._rooms = rooms
        self._guests = guests

    async def may_publish(self, room: str, bearer: str | None) -> PublishGrant:
        grant = self._tokens.may_publish(self._known(room), bearer)
        if grant.holder is not None and not await self._guests.has_access(grant.holder, grant.era):
            raise NotSignedIn("whip.token")
        return grant

    def may_watch(self, room: str, bearer: str | None) -> RoomId:
        known = self._known(room)
        self._tokens.may_watch(known, bearer)
        return known

    def _known(self, room: str) -> RoomId:
        if RoomId(room) not in self._rooms:
            raise NotFound("room.unknown")
        return RoomId(room)


class _Application(Starlette):
    """Headers go around everything, also around what Starlette answers when a page fails."""

    def __init__(self, *, secure: bool, media_from: str | None, **options: Any) -> None:
        super().__init__(**options)
        self._secure = secure
        self._media_from = media_from

    @override
    def build_middleware_stack(self) -> ASGIApp:
        return HeadersMiddleware(super().build_middleware_stack(), secure=self._secure, media_from=self._media_from)


class _RoomNews:
    """Tells followers what happens in a room, and the voting's news that a review may say more once the room is over.
    Satisfies ``rooms.ports.Audience``."""

    def __init__(self, hub: Hub, news: VoteNews) -> None:
        self._hub = hub
        self._news = news
        self._over: dict[RoomId, bool] = {}

    def publish(self, event: RoomEvent) -> None:
        self._hub.publish(event)
        match event.section:
            case SessionView(over=over) if self._over.get(event.room) is not over:
                self._over[event.room] = over
                self._news.progress_changed(event.room)
            case _:
                pass


@asynccontextmanager
async def open_show(settings: Settings, competition: Competition) -> AsyncIterator[Show]:
    """Everything that runs, for as long as the block does. Raises SetupError, Unavailable."""
    refuse_what_is_not_offered(competition)
    clock = SystemClock()
    keys = Keys(competition.id)
    secret = settings.signing_secret()
    signer = load_signer(settings.data / "signing.key")
    rooms: dict[RoomId, RoomRunner] = {}
    news = VoteNews()
    async with open_store(settings) as store:
        specs = {field.room: poll_spec(competition, field) for field in competition.fields}
        voting = VotingService(vote_store(store, competition), signer, specs, news)
        try:
            await voting.prepare()
        except PollChanged as problem:
            raise SetupError(locked(problem)) from None
        award_news = AwardNews()
        award = AudienceAward(
            RedisAudienceStore(store, keys), {room: spec.projects for room, spec in specs.items()}, award_news.changed
        )
        handlers = DeskHandlers(rooms, voting, award)
        hub = Hub(specs, clock, handlers.snapshot, epoch=secrets.token_hex(4))
        relay = ForwardingRelay(
            RelayConfig(
                host=settings.udp_host,
                udp_port=settings.udp_port,
                advertised=settings.advertised_addresses,
                max_viewers=settings.max_viewers,
                ice_servers=_ice_servers(settings),
                path=MediaPath(settings.relay_path),
                workers=settings.relay_workers,
            ),
            clock,
            _RelayNews(rooms),
        )
        everybody = plan.people(competition)
        publishers = {person.id: PublisherId(person.project) for person in everybody if person.project is not None}

        def revoked(person: PersonId) -> None:
            hub.expel(person)
            if person in publishers:
                relay.expel(publishers[person])

        guests = Guests(RedisPeopleStore(store.redis, keys), clock, when_revoked=revoked)
        await guests.expect(everybody)
        for field in competition.fields:
            rooms[field.room] = await RoomRunner.load(
                room_plan(competition, field),
                clock=clock,
                journal=RedisJournal(store.redis, keys),
                polls=voting,
                relay=relay,
                audience=_RoomNews(hub, news),
            )
        await relay.start()
        limits = Limits()
        voters = Voters(secret, limits, secure=settings.is_secure)
        context = DeskContext(
            pages=Pages(competition, settings),
            competition=competition,
            door=Door(guests, limits, secure=settings.is_secure),
            guests=guests,
            voting=voting,
            rooms=rooms,
            tokens=SignallingTokens(secret, clock),
            settings=settings,
            clock=clock,
            traffic=hub,
            relay=relay,
            voters=voters,
        )
        show = Show(
            app=_application(context, relay, hub, handlers, limits, clock, AwardDesk(award, voters, award_news)),
            settings=settings,
            competition=competition,
            people=everybody,
            rooms=rooms,
            tokens=context.tokens,
            guests=guests,
            hub=hub,
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                running = [tasks.create_task(runner.run()) for runner in rooms.values()]
                running += [tasks.create_task(hub.run()), tasks.create_task(news.run(voting, handlers.review, hub))]
                running += [tasks.create_task(award.run()), tasks.create_task(award_news.run(award, hub, clock))]
                try:
                    yield show
                finally:
                    for task in running:
                        task.cancel()
        except BaseExceptionGroup as problems:
            mistakes, others = problems.split(SetupError)
            if mistakes is not None and others is None:
                raise _first(mistakes) from None  # for the operator: one sentence, no trace
            raise
        finally:
            await relay.stop()


def vote_store(store: Store, competition: Competition) -> VoteStore:
    """Where a competition's votes are."""
    return RedisVoteStore(store, Keys(competition.id))


def _first(problems: BaseExceptionGroup[SetupError]) -> SetupError:
    problem = problems.exceptions[0]
    return _first(problem) if isinstance(problem, BaseExceptionGroup) else problem


def _application(
    context: DeskContext,
    relay: ForwardingRelay,
    hub: Hub,
    handlers: DeskHandlers,
    limits: Limits,
    clock: Clock,
    award: AwardDesk,
) -> Starlette:
    live = LiveEndpoint(context.door, limits, hub, handlers, clock, message_for, LANGUAGES, award)
    routes: list[BaseRoute] = [
        WebSocketRoute("/live", live.serve, name="live"),
        *signalling_routes(
            relay, _Gate(context.tokens, context.rooms, context.guests), overflow=context.settings.whep_redirect
        ),
        *context.pages.routes(),
    ]
    for desk in DESKS:
        routes += desk.routes(context)
    app = _Application(
        secure=context.settings.is_secure,
        media_from=context.settings.whep_redirect,
        routes=routes,
        middleware=[
            Middleware(OriginMiddleware, public_url=context.settings.public_url),
            Middleware(MediaLimitsMiddleware, limits=limits, places=context.settings.max_viewers),
        ],
        exception_handlers=context.pages.error_handlers(),
    )
    # It would send browsers to whatever host their request named.
    app.router.redirect_slashes = False
    return app


def _ice_servers(settings: Settings) -> tuple[IceServer, ...]:
    """STUN servers know no secret."""
    return tuple(
        IceServer(url, settings.turn_secret or "" if url.startswith("turn") else "") for url in settings.turn_urls
    )
