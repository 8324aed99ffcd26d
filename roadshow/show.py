"""One competition, running: its cast, its fields, its desks. ``roadshow.app`` opens one or several in a house."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette

from roadshow.access.admission.house import Admission
from roadshow.access.crowding import tell_of_crowds
from roadshow.access.identity import Door
from roadshow.access.limits import Limits
from roadshow.access.office import as_it_passed
from roadshow.access.speaking import Speaking
from roadshow.access.tokens import SignallingTokens
from roadshow.access.voters import Voters
from roadshow.adapters import OpenStores, Stores
from roadshow.clock import Clock, ShowClock
from roadshow.competitions.casting import Casting, Changed
from roadshow.competitions.definition import Competition
from roadshow.competitions.guests import Guests
from roadshow.competitions.people import Person
from roadshow.competitions.signins.life import Standing
from roadshow.competitions.signins.presence import Ended, keep_looking
from roadshow.desks.context import DeskContext
from roadshow.desks.programme import base_of, overview_for
from roadshow.errors import SetupError
from roadshow.fields.announcing import Announcing
from roadshow.fields.field import Fields, LiveField
from roadshow.fields.lines import LineChecks
from roadshow.fields.news import AwardNews, News
from roadshow.fields.plans import poll_of, refuse_what_is_not_offered, room_plan
from roadshow.fields.polls import open_voting
from roadshow.fields.revisions import Revisions
from roadshow.fields.rooms import PrivateRooms, RoomKind, SideRoom, refuse_names_of_side_rooms
from roadshow.fields.sections import View
from roadshow.fields.timekeeper import Timekeeper
from roadshow.ids import PersonId, RoomId, SignInId
from roadshow.live.families import FAMILIES
from roadshow.live.family import Families, Services
from roadshow.live.hub import Hub
from roadshow.live.messages import EndReason
from roadshow.pages.pages import Pages
from roadshow.pages.static import StaticFiles
from roadshow.rooms.feeds.crew import Crew
from roadshow.rooms.lines.views import LinesView
from roadshow.rooms.relay.relay import ForwardingRelay
from roadshow.rooms.relay.share import Share
from roadshow.rooms.runner import RoomRunner
from roadshow.settings import Settings
from roadshow.signalling.given import Given
from roadshow.store import tenure
from roadshow.telemetry import Telemetry
from roadshow.voting.audience.award import TurnoutView
from roadshow.voting.audience.service import AudienceAward, AwardPlan
from roadshow.voting.key_file import USUAL, Once
from roadshow.voting.office.leads import Leads
from roadshow.voting.service import VotingService

REASONS: Mapping[Standing, EndReason] = {
    Standing.ENDED: "ended",
    Standing.REVOKED: "revoked",
    Standing.EXPIRED: "expired",
}
"""What browsers are told of how their sign-in ended."""


@dataclass(frozen=True, slots=True)
class House:
    """What the competitions of an installation share."""

    settings: Settings
    clock: ShowClock
    steady: Clock
    """For what is counted of strangers and of speech: no setting right of the show's clock may shut or open it."""
    stores: OpenStores
    relay: ForwardingRelay
    limits: Limits
    admission: Admission
    speaking: Speaking
    telemetry: Telemetry
    static: StaticFiles
    several: bool
    """Whether there are others: then each has addresses, and rooms in the relay, that begin with its name."""
    revisions: Revisions
    """By the order of the competitions."""
    standing: tenure.Standing
    timekeeper: Timekeeper
    once: Once = USUAL


@dataclass(frozen=True, slots=True)
class Backstage:
    """A show before it has an application: all its parts."""

    competition: Competition
    casting: Casting
    fields: Fields
    guests: Guests
    hub: Hub
    relay: Share
    context: DeskContext
    services: Services
    families: Families
    award: AudienceAward
    given: Given


@dataclass(frozen=True, slots=True)
class Show:
    """A running show. ``app`` is the ASGI application it is served by."""

    app: Starlette
    parts: Backstage

    @property
    def settings(self) -> Settings:
        return self.parts.context.settings

    @property
    def competition(self) -> Competition:
        return self.parts.competition

    @property
    def casting(self) -> Casting:
        return self.parts.casting

    @property
    def fields(self) -> Fields:
        return self.parts.fields

    @property
    def tokens(self) -> SignallingTokens:
        return self.parts.context.tokens

    @property
    def guests(self) -> Guests:
        return self.parts.guests

    @property
    def hub(self) -> Hub:
        return self.parts.hub

    @property
    def address(self) -> str:
        """What all its addresses begin with."""
        return f"{self.settings.public_url}{self.parts.context.base}"

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
        """A further invitation's address; unused former ones end, and where the person is signed in they stay."""
        return f"{self.address}/i/{await self.guests.invite_further(person)}"


async def prepare(house: House, competition: Competition, place: int = 0) -> Backstage:
    """Everything of a competition as it stood when it was served last. ``place``: among those of the house. Raises
    SetupError, Unavailable."""
    refuse_what_is_not_offered(competition)
    refuse_names_of_side_rooms(competition)
    settings, clock = house.settings, house.clock
    stores = house.stores(competition.id)
    secret = settings.signing_secret()
    fields = Fields()

    async def read(room: RoomId, wanted: tuple[type[View], ...]) -> tuple[View, ...]:
        views = await fields.of(room).read(wanted)
        announcing.read(room, views)
        return views

    def changed() -> None:
        house.revisions.advance(place)

    telemetry = house.telemetry.of(competition.id)
    rooms = [field.room for field in competition.fields]
    hub = Hub(rooms, clock, read, secrets.token_hex(4), telemetry, house.admission.sockets, house.steady)
    announcing = Announcing(hub, changed)
    news, award_news = News(announcing), AwardNews(announcing, hub.viewers, clock)
    relay = Share(house.relay, competition.id if house.several else "")
    given = Given()
    recalling = _recalling(hub, relay, given)
    casting = await Casting.load(stores.cast, competition, when_changed=recalling, when_seen=changed)
    leads = Leads(hub.recall)
    guests = Guests(
        stores.people,
        lambda person: as_it_passed(casting.who(person), leads),
        clock,
        when_revoked=_expelling(hub, relay, given, casting),
        when_ended=_signing_out(hub, relay, given),
        secret=secret,
    )
    crew = Crew(stores.feeds, when_withdrawn=relay.withdraw, when_first=relay.put_first)
    await crew.look()
    voting, award = await _fill(
        fields, settings, competition, casting, stores, news, award_news, clock, relay, leads, house.once
    )
    lines = LineChecks(stores.lines, relay, lambda: casting.cast, fields.rooms, news, clock, secret)
    base = base_of(competition, several=house.several)
    context = DeskContext(
        pages=Pages(competition, settings, base, overview_for(competition, several=house.several), static=house.static),
        competition=competition,
        casting=casting,
        door=Door(guests, house.limits, secure=settings.is_secure, competition=competition.id, several=house.several),
        guests=guests,
        voting=voting,
        polls=voting.looking(stores.looks),
        rooms=fields.rooms,
        tokens=SignallingTokens(secret, clock, competition.id, PrivateRooms()),
        settings=settings,
        clock=clock,
        traffic=hub,
        relay=relay,
        crew=crew,
        voters=Voters(secret, competition.id, secure=settings.is_secure),
        award=award,
        telemetry=telemetry,
        clocks=house.timekeeper,
        admission=house.admission,
        limits=house.limits,
        lines=lines,
        base=base,
    )
    services = Services(fields, news, award_news, clock)
    families = Families(family(services) for family in FAMILIES)
    for live in fields.values():
        live.provide(TurnoutView, award_news.read_turnout)
        live.provide(LinesView, lines.read)
        live.require_readers()
    return Backstage(competition, casting, fields, guests, hub, relay, context, services, families, award, given)


@asynccontextmanager
async def running(house: House, shows: tuple[Backstage, ...]) -> AsyncIterator[None]:
    """All their tasks, and the watch over the clock they share. Raises SetupError for the operator: one sentence, no
    trace."""
    try:
        async with asyncio.TaskGroup() as tasks:
            started = [tasks.create_task(work) for show in shows for work in _work(show)]
            started.append(tasks.create_task(house.timekeeper.run([show.fields for show in shows])))
            started.append(tasks.create_task(tell_of_crowds(house.admission)))
            try:
                yield
            finally:
                for task in started:
                    task.cancel()
    except BaseExceptionGroup as problems:
        mistakes, others = problems.split(SetupError)
        if mistakes is not None and others is None:
            raise _first(mistakes) from None
        raise


def _work(show: Backstage) -> Iterator[Coroutine[Any, Any, None]]:
    """What never ends by itself."""
    for field in show.fields.values():
        yield field.run()
        yield field.room.run()
    yield show.hub.run()
    yield keep_looking(
        lambda: show.guests.presence.look({**show.given.sign_ins, **show.hub.sign_ins}),
        lambda: _tell_of_revocations_elsewhere(show),
        lambda: _tell_of_withdrawals_elsewhere(show),
    )
    yield from (show.award.run(), show.context.voting.run())
    yield from (show.services.news.run(show.fields), show.services.award_news.run(show.fields))


async def _tell_of_revocations_elsewhere(show: Backstage) -> None:
    """As of a desk's, in the log: by the console's command beside this server, and noticed here a little later."""
    people = show.casting.cast.people
    for id_ in await show.guests.elsewhere.look(people):
        field = next((one.room for one in people[id_].appointments), None)
        with show.context.telemetry.act("people.revoke", who="console", role="console", field=field, whom=id_):
            pass  # it has happened


async def _tell_of_withdrawals_elsewhere(show: Backstage) -> None:
    """The same for an encoder's token."""
    for room, encoder in await show.context.crew.look():
        with show.context.telemetry.act("feed.withdraw", who="console", role="console", field=room, whom=encoder):
            pass  # it has happened


async def _fill(
    fields: Fields,
    settings: Settings,
    competition: Competition,
    casting: Casting,
    stores: Stores,
    news: News,
    award_news: AwardNews,
    clock: ShowClock,
    relay: Share,
    leads: Leads,
    once: Once,
) -> tuple[VotingService, AudienceAward]:
    """Bring each field to life where its room and its poll stood. Raises SetupError, Unavailable."""
    voting, fit = await open_voting(settings.data, competition, casting.cast, stores, news, leads, once)
    await casting.keep(fit)  # once it is known that the votes there are go with it
    awards = {
        field.room: AwardPlan(poll_of(field.room), tuple(one.id for one in casting.cast.projects_in(field.id)))
        for field in competition.fields
    }
    award = AudienceAward(stores.awards, awards, award_news.changed)
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


def _expelling(hub: Hub, relay: Share, given: Given, casting: Casting) -> Callable[[PersonId], None]:
    """What a revocation ends at once: the person's sockets, what they publish and watch, and their practice."""

    def revoked(person: PersonId) -> None:
        hub.expel(person)
        _close_rooms_of(relay, person)
        known = casting.who(person)
        for publisher in known.publishers if known is not None else ():
            relay.expel(publisher)
        _drop(relay, given.take_all(person))

    return revoked


def _signing_out(hub: Hub, relay: Share, given: Given) -> Ended:
    """What the end of one sign-in ends at once: its sockets, what it sends and gets, and its person's practice, which
    they may begin anew where they are still signed in."""

    def ended(person: PersonId, sign_in: SignInId, how: Standing) -> None:
        hub.expel(person, sign_in, REASONS[how])
        _close_rooms_of(relay, person)
        _drop(relay, given.take(sign_in))

    return ended


def _recalling(hub: Hub, relay: Share, given: Given) -> Changed:
    """What another appointment ends at once: sockets that were let in for the former one, and what it let them send."""

    def changed(before: Person, now: Person | None) -> None:
        hub.recall(before.id)
        if now is None or not now.appointments:
            _close_rooms_of(relay, before.id)
            _drop(relay, given.take_all(before.id))
        for publisher in before.publishers - (now.publishers if now is not None else frozenset()):
            relay.expel(publisher)

    return changed


def _close_rooms_of(relay: Share, person: PersonId) -> None:
    """Their practice, and a check of their line."""
    for kind in RoomKind:
        relay.close(SideRoom(kind, person).id)


def _drop(relay: Share, sessions: Iterable[str]) -> None:
    for session in sessions:
        relay.drop(session)


def _first(problems: BaseExceptionGroup[SetupError]) -> SetupError:
    problem = problems.exceptions[0]
    return _first(problem) if isinstance(problem, BaseExceptionGroup) else problem
