"""The composition root: settings and competitions become a house that serves them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from starlette.applications import Starlette

from roadshow import installation
from roadshow.access.admission.house import Admission
from roadshow.access.admission.viewing import kept_for_people
from roadshow.access.limits import Limits
from roadshow.access.speaking import Speaking
from roadshow.adapters import Adapters, OpenStores, stored
from roadshow.clock import ShowClock, SteadyClock, SystemClock
from roadshow.competitions.definition import Competition
from roadshow.errors import SetupError
from roadshow.fields.revisions import Revisions
from roadshow.fields.rooms import standing_programme
from roadshow.fields.timekeeper import Timekeeper
from roadshow.ids import RoomId, SourceId
from roadshow.pages.static import StaticFiles
from roadshow.rooms.commands import SourceCame, SourceWent
from roadshow.rooms.relay.config import MediaPath
from roadshow.rooms.relay.offers.ice_servers import IceServer
from roadshow.rooms.relay.relay import ForwardingRelay, RelayConfig
from roadshow.rooms.runner import RoomRunner
from roadshow.settings import Settings
from roadshow.show import House, Show, prepare, running
from roadshow.site import application
from roadshow.store.tenure import Standing, in_office
from roadshow.telemetry import Telemetry
from roadshow.voting.key_file import USUAL, Once

MOST_COMPETITIONS = 20
"""In one house, past editions among them: each has its rooms in memory."""

GOODBYE_WITHIN = 0.5
"""Seconds. Five thousand sockets take a tenth of that; the web server then closes what is left, without a reason."""


@dataclass(frozen=True, slots=True)
class OpenHouse:
    """A house that is running. ``app`` is its ASGI application."""

    app: Starlette
    settings: Settings
    shows: tuple[Show, ...]
    """The first is the current one: addresses without a competition are its."""
    telemetry: Telemetry
    standing: Standing

    async def say_goodbye(self) -> None:
        """Tell browsers to come back to the next server, and when: each has its closing frame when this returns, but
        for those that do not read, or wait for an act."""
        for show in self.shows:
            show.hub.shut_down()
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_WITHIN):
                for show in self.shows:
                    await show.hub.emptied()


@asynccontextmanager
async def open_house(
    settings: Settings,
    competitions: Sequence[Competition],
    *,
    adapters: Adapters = stored,
    clock: ShowClock | None = None,
    revisions: Revisions | None = None,
    standing: Standing | None = None,
    once: Once = USUAL,
) -> AsyncIterator[OpenHouse]:
    """Everything that runs, for as long as the block does. Before that, it waits for another server that runs one of
    the competitions, and ``standing.lost`` tells when another has taken over. ``adapters``: where it is kept.
    ``clock``: the shows'; media go by the machine's. ``revisions``: what a front in another process reads; None: there
    is none. Raises SetupError, Unavailable, NotWanted."""
    _check(settings, competitions)
    standing = standing or Standing()
    clock = clock or SystemClock()
    steady = SteadyClock()
    timekeeper = Timekeeper(clock)
    rooms: dict[RoomId, RoomRunner] = {}
    relay = _relay(settings, rooms)
    telemetry = Telemetry()
    revisions = revisions or Revisions.private()
    async with (
        adapters(settings, clock) as open_stores,
        _leased(competitions, open_stores, standing, timekeeper) as stores,
    ):
        admission = Admission(settings.max_viewers)
        house = House(
            settings=settings,
            clock=clock,
            steady=steady,
            stores=stores,
            relay=relay,
            limits=Limits(steady),
            admission=admission,
            speaking=Speaking(admission.messages),
            telemetry=telemetry,
            static=StaticFiles(installation.web() / "static"),
            several=len(competitions) > 1,
            revisions=revisions,
            standing=standing,
            timekeeper=timekeeper,
            once=once,
        )
        shows = tuple([await prepare(house, competition, place) for place, competition in enumerate(competitions)])
        rooms.update(
            (show.relay.full_name(room), runner) for show in shows for room, runner in show.fields.rooms.items()
        )
        await relay.start()
        try:
            app = application(house, shows)
            async with running(house, shows):
                yield OpenHouse(app, settings, tuple(Show(app, parts) for parts in shows), telemetry, standing)
        finally:
            for show in shows:
                await show.context.voting.aclose()
            await relay.stop()


@asynccontextmanager
async def _leased(
    competitions: Sequence[Competition], open_stores: OpenStores, standing: Standing, timekeeper: Timekeeper
) -> AsyncIterator[OpenStores]:
    """The stores of all competitions, which this server may write to while the block runs."""
    stores = {competition.id: open_stores(competition.id) for competition in competitions}
    async with in_office({name: those.lease for name, those in stores.items()}, standing, timekeeper.heard_store):
        yield stores.__getitem__


@asynccontextmanager
async def open_show(
    settings: Settings, competition: Competition, *, adapters: Adapters = stored, clock: ShowClock | None = None
) -> AsyncIterator[Show]:
    """A house with one competition. As ``open_house``."""
    async with open_house(settings, [competition], adapters=adapters, clock=clock) as house:
        yield house.shows[0]


def _check(settings: Settings, competitions: Sequence[Competition]) -> None:
    if not 1 <= len(competitions) <= MOST_COMPETITIONS:
        raise SetupError(f"A house serves between 1 and {MOST_COMPETITIONS} competitions.")
    names = [competition.id for competition in competitions]
    if twice := {name for name in names if names.count(name) > 1}:
        raise SetupError(f"Two competitions have the same id: {', '.join(sorted(twice))}.")
    if len(names) > 1 and settings.whep_redirect and "{competition}" not in settings.whep_redirect:
        raise SetupError(
            "With several competitions ROADSHOW_WHEP_REDIRECT must name them too, as in "
            "https://second.example.org/c/{competition}/rooms/{room}/whep: their rooms may have the same names."
        )


class _RelayNews:
    """Tells rooms which tracks are published. Satisfies the relay's ``SourceListener``."""

    def __init__(self, rooms: dict[RoomId, RoomRunner]) -> None:
        """By the names the relay knows them by."""
        self._rooms = rooms

    def source_came(self, room: RoomId, source: SourceId) -> None:
        self._tell(room, SourceCame(source))

    def source_went(self, room: RoomId, source: SourceId) -> None:
        self._tell(room, SourceWent(source))

    def _tell(self, room: RoomId, news: SourceCame | SourceWent) -> None:
        """A side room has nobody to tell."""
        if room in self._rooms:
            self._rooms[room].tell(news)


def _relay(settings: Settings, rooms: dict[RoomId, RoomRunner]) -> ForwardingRelay:
    config = RelayConfig(
        host=settings.udp_host,
        udp_port=settings.udp_port,
        advertised=settings.advertised_addresses,
        site=settings.public_url,
        tcp=settings.media_tcp == "on",
        max_viewers=settings.max_viewers,
        kept_for_people=kept_for_people(settings.max_viewers),
        ice_servers=ice_servers(settings),
        path=MediaPath(settings.relay_path),
        workers=settings.relay_workers,
    )
    return ForwardingRelay(config, SystemClock(), _RelayNews(rooms), standing_programme)


def ice_servers(settings: Settings) -> tuple[IceServer, ...]:
    """That clients are told of. STUN servers know no secret."""
    kinds = (
        (settings.turn_people_urls, settings.turn_people_secret, True),
        (settings.turn_urls, settings.turn_secret, False),
    )
    return tuple(
        IceServer(url, secret or "" if url.startswith("turn") else "", for_people)
        for urls, secret, for_people in kinds
        for url in urls
    )
