"""How often strangers may ask for pages that the house itself answers.

Counted before anything is looked at, as every such answer costs the core that carries media. Whoever was let in as
somebody not long ago is not counted: a guest who floods the hall's address must not keep its jury out.
"""

import re
from collections import OrderedDict
from collections.abc import Callable

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from roadshow.access.admission.flows import Flow
from roadshow.access.admission.origins import origin_of
from roadshow.access.admission.places import NoPlace
from roadshow.access.limits import PAGES_FROM_ADDRESS, Limits, client_address
from roadshow.access.origin import EXEMPT as MEDIA_PATHS
from roadshow.access.rates import spend_from
from roadshow.clock import Clock
from roadshow.errors import TooMany
from roadshow.moments import Duration, Instant

RETRY_S = 2
"""By then all that were counted are over."""
MOST_REMEMBERED = 2_000
"""Sign-ins that proved good; who has not been here for longest is asked again."""
GOOD_FOR = Duration.seconds(60)
"""A sign-in may end meanwhile, by another program's word too. The next page of a desk, which is never counted with a
session, proves it anew."""
UNCOUNTED = ("/static/", "/health", "/metrics")
"""Files cost next to nothing; whoever looks after the house must see that it is flooded."""

VOTER = re.compile(r"(?:/c/[^/]+)?/rooms/[^/]+/voters/[^/]+")
"""Asked for by a socket, which has a place: a guest who floods the hall's address must not keep it from voting."""
INVITED = re.compile(r"(?:/c/[^/]+)?/(?:i|as)/.+")
"""Nor a judge of that hall from coming in, and to a desk for the first time. Links that open nothing have a limit of
their own. A desk opens to nobody without a session, so whoever shows none is counted."""
DESK = re.compile(r"(?:/c/[^/]+)?/as/.+")

Refuse = Callable[[HTTPConnection, TooMany], Response]
"""What a stranger reads."""


class PageLimitsMiddleware:
    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        pages: Flow,
        clock: Clock,
        session: Callable[[HTTPConnection], str],
        refuse: Refuse,
    ) -> None:
        """``clock``: one that never goes back. ``session``: what a browser shows that holds its people; empty:
        nothing."""
        self._app = app
        self._limits = limits
        self._pages = pages
        self._clock = clock
        self._session = session
        self._refuse = refuse
        self._known: OrderedDict[str, Instant] = OrderedDict()
        """Until when each need not prove itself; whoever did last at the end."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _costs_little(scope["path"]):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        session, path = self._session(connection), scope["path"]
        if not self._is_known(session) and not (INVITED.fullmatch(path) and (session or not DESK.fullmatch(path))):
            try:
                await self._count(client_address(connection))
            except TooMany as refusal:
                await self._refuse(connection, refusal)(scope, receive, send)
                return
        await self._app(scope, receive, send)
        visitor = scope.get("state", {}).get("visitor")
        if visitor is not None and visitor.person is not None:
            self._remember(session)

    def _is_known(self, session: str) -> bool:
        until = self._known.get(session)
        return until is not None and self._clock.now() < until

    async def _count(self, address: str) -> None:
        await spend_from(self._limits, PAGES_FROM_ADDRESS, address)
        try:
            self._pages.take(origin_of(address), self._clock.now())
        except NoPlace as refusal:
            raise refusal.told(RETRY_S) from None

    def _remember(self, session: str) -> None:
        self._known[session] = self._clock.now() + GOOD_FOR
        self._known.move_to_end(session)
        if len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)


def _costs_little(path: str) -> bool:
    return path.startswith(UNCOUNTED) or MEDIA_PATHS.fullmatch(path) is not None or VOTER.fullmatch(path) is not None
