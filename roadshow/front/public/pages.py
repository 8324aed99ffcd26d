"""Public pages, each built once for all who ask: from the store, by the house's own modules.

A page is made of a request of our own, which says where, in which language and in which theme, and nothing of what a
visitor said. So it cannot hold a visitor's words, name or secret, whatever a template does.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from http import HTTPStatus
from itertools import product
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from roadshow.clock import Clock
from roadshow.competitions.definition import Competition
from roadshow.desks import outside, programme, public, screen, watch
from roadshow.desks.public_context import PublicContext
from roadshow.desks.result import page as results
from roadshow.errors import RoadshowError, SetupError, Unavailable
from roadshow.fields.revisions import Revisions
from roadshow.front.accepting import Seldom
from roadshow.front.public.cache import FRESH_FOR, Key, Page, PageCache
from roadshow.front.public.reading import PublicReading, Readers
from roadshow.ids import CompetitionId
from roadshow.pages.encodings import Encoded
from roadshow.pages.pages import LANGUAGE_COOKIE, THEME_COOKIE, THEMES, Pages
from roadshow.pages.static import StaticFiles
from roadshow.settings import Settings
from roadshow.store.trouble import in_words
from roadshow.texts import LANGUAGES

log = logging.getLogger(__name__)

PUBLIC_DESKS: tuple[Callable[[PublicContext], list[Route]], ...] = (
    public.routes,
    results.public_routes,
    screen.routes,
    watch.public_routes,
    outside.routes,
)
"""Whose pages are the same for everybody."""
PATIENCE = 2.0
"""Seconds for a look into the store, which takes milliseconds, on a busy machine tenths of a second. Waiting for other
pages to be built is not in it: a busy front is no store that is away."""
TRY_AGAIN = 1.0
"""Seconds in which a store that was away is left alone."""
BREATH = 0.25
"""Seconds before each page that is built in advance: one takes some 20 ms, in which nobody else is answered."""
ANOTHER_ROUND = 10.0
"""Seconds until those are tried again that could not be built in advance."""
KEPT = ("content-type", "content-language", "content-disposition", "cache-control")
"""Headers of what the modules answer that go into the cache with it. Cookies never."""


class Site:
    """Routes to pages of some competitions, and what their pages are made of."""

    def __init__(self, routes: Sequence[Route], readings: Sequence[PublicReading], places: tuple[int, ...]) -> None:
        """``places``: of these competitions, by which revisions know them."""
        self.routes = routes
        self.places = places
        self._readings = readings
        self.turn = asyncio.Lock()
        """One page at a time: all who wait for one get what the first of them has built."""
        self.revision: tuple[int, ...] | None = None
        """Of what was read last; None: nothing yet."""
        self.read_at = 0.0
        self.away_until = 0.0

    async def renew(self) -> None:
        """Read everything anew. Raises Unavailable, SetupError."""
        for reading in self._readings:
            await reading.renew()


class PageHouse:
    """All public pages of a house, as they are now."""

    def __init__(
        self,
        settings: Settings,
        competitions: Sequence[Competition],
        static: StaticFiles,
        readers: Callable[[CompetitionId], Readers],
        revisions: Revisions,
        clock: Clock,
        machine: Callable[[], float],
    ) -> None:
        """``competitions``: in the house's order. ``clock``: the shows'; ``machine``: seconds of this machine, for how
        old a page is."""
        self._revisions = revisions
        self._machine = machine
        self._cache = PageCache()
        self._away = Seldom("Public pages stay as they were.")
        self._sites = tuple(_sites(settings, competitions, static, readers, clock))
        self._looked_for = tuple(_looked_for(competitions))

    def known(self, path: str, language: str, theme: str) -> Page | None:
        """A page that is there and as new as all that sockets have told; None: it has to be asked for with ``page``,
        if there is one at all."""
        page = self._cache.get(Key(path, language, theme))
        if page is None:
            return None
        return page if page.is_fresh(self._revision(page.places), self._machine()) else None

    async def page(self, path: str, language: str, theme: str) -> tuple[Page, bool] | None:
        """Also whether it is known to be as new as all that sockets have told: while the store is away, the last one
        there was is better than none. None: the house itself has to answer."""
        found = self._find(path)
        if found is None:
            return None
        site, route, scope = found
        key = Key(path, language, theme)
        if self._is_away(site):
            return self._former(key)
        try:
            async with site.turn:
                page = self.known(*key)
                if page is None and self._is_away(site):  # whoever had the turn before has found out
                    return self._former(key)
                page = page or await self._built(site, route, scope, key)
        except (Unavailable, TimeoutError) as problem:  # of the store's: nothing else is timed here
            site.away_until = self._machine() + TRY_AGAIN
            self._away.happened(log, reason=in_words(problem))
            return self._former(key)
        except OSError as problem:  # no descriptor is left to read a template or to reach the store, say
            self._away.happened(log, reason=problem.strerror or type(problem).__name__)
            return self._former(key)
        except (RoadshowError, SetupError):
            return None  # the house has the words for it
        except Exception:
            log.exception("A public page could not be built; the house answers in its place.")
            return None
        return None if page is None else (page, True)

    async def prepare(self) -> None:
        """Build what most people look for, before the first of them does: a store that goes away finds it there. Never
        while somebody waits for a page."""
        wanted = [Key(*one) for one in product(self._looked_for, LANGUAGES, THEMES)]
        wanted.sort(key=lambda key: THEMES.index(key.theme))  # a browser's own colours first
        while wanted:
            wanted = [key for key in wanted if not await self._prepared(key)]
            if wanted:
                await asyncio.sleep(ANOTHER_ROUND)

    async def _prepared(self, key: Key) -> bool:
        await asyncio.sleep(BREATH)
        if any(site.turn.locked() for site in self._sites):
            return False
        return self._cache.get(key) is not None or await self.page(*key) is not None

    async def _built(self, site: Site, route: Route, scope: Mapping[str, Any], key: Key) -> Page | None:
        revision, now = self._revision(site.places), self._machine()  # before anything is read
        if site.revision != revision or not 0 <= now - site.read_at < FRESH_FOR:
            async with asyncio.timeout(PATIENCE):
                await site.renew()
            site.revision, site.read_at = revision, now
        async with asyncio.timeout(PATIENCE):  # it waits for nothing but a poll that is read
            response: Response = await route.endpoint(_request(key, scope))
        if response.status_code != HTTPStatus.OK:
            return None
        headers = tuple((name, response.headers[name]) for name in KEPT if name in response.headers)
        encoded = Encoded(bytes(response.body), compressible=not (response.media_type or "").startswith("image/"))
        page = Page(headers, encoded, site.places, revision, site.read_at, now)
        return self._cache.put(key, page)

    def _is_away(self, site: Site) -> bool:
        return self._machine() < site.away_until

    def _former(self, key: Key) -> tuple[Page, bool] | None:
        page = self._cache.get(key)
        return None if page is None else (page, False)

    def _find(self, path: str) -> tuple[Site, Route, Mapping[str, Any]] | None:
        scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
        for site in self._sites:
            for route in site.routes:
                match, found = route.matches(scope)
                if match is Match.FULL:
                    return site, route, found
        return None

    def _revision(self, places: tuple[int, ...]) -> tuple[int, ...]:
        return tuple([self._revisions.of(place) for place in places])


def _sites(
    settings: Settings,
    competitions: Sequence[Competition],
    static: StaticFiles,
    readers: Callable[[CompetitionId], Readers],
    clock: Clock,
) -> Iterator[Site]:
    """As ``roadshow.site`` lays out addresses: the house's programme, then each competition under its name, the first
    also without it."""
    several = len(competitions) > 1

    def reading(competition: Competition) -> PublicReading:
        base = programme.base_of(competition, several=several)
        overview = programme.overview_for(competition, several=several)
        pages = Pages(competition, settings, base, overview, static=static)
        return PublicReading(competition, readers(competition.id), pages, base, clock)

    readings = [reading(competition) for competition in competitions]
    house = programme.pages_of_house(readings[0], settings, several=several)
    routes = [
        *outside.routes_of_house(readings, readings[0].pages),
        *programme.routes(readings, house, is_home=several),
    ]
    yield Site(routes, readings, tuple(range(len(readings))))
    for place, one in enumerate(readings):
        routes = [route for desk in PUBLIC_DESKS for route in desk(one)]
        named = [_under(f"/c/{one.competition.id}", route) for route in routes]
        yield Site((*named, *routes) if place == 0 else named, [one], (place,))


def _looked_for(competitions: Sequence[Competition]) -> Iterator[str]:
    """Addresses that links lead to and halls open, the first first."""
    several = len(competitions) > 1
    yield from ("/", "/programme")
    for competition in competitions:
        base = programme.base_of(competition, several=several)
        if base:
            yield f"{base}/"
        yield f"{base}/results"
        for field in competition.fields:
            yield from (f"{base}/rooms/{field.room}/results", f"{base}/rooms/{field.room}/watch")


def _under(name: str, route: Route) -> Route:
    return Route(f"{name}{route.path}", route.endpoint, name=route.name)


def _request(key: Key, scope: Mapping[str, Any]) -> Request:
    """All that a page may know of who asks."""
    chosen = f"{LANGUAGE_COOKIE}={key.language}; {THEME_COOKIE}={key.theme}"
    return Request(
        {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "server": ("localhost", 80),
            "path": key.path,
            "root_path": "",
            "query_string": b"",
            "headers": [(b"cookie", chosen.encode())],
            **scope,
        }
    )
