"""The door: which of the browser's people a request is for.

A browser keeps one cookie, a random token; the store knows by its hash which people it holds. Whoever signs in gets
another cookie, which holds what the old one held. Over TLS the cookie is
``__Host-roadshow`` and Secure. Over plain HTTP (localhost, or a rehearsal on a LAN) browsers refuse both, so it is
``roadshow``. Where several competitions are served, each has one of its own, named after it.
"""

import re

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from roadshow.access.devices import device
from roadshow.access.limits import INVITATION_MISSES, Limits, client_address
from roadshow.access.roles import ROUTES, Visitor, allowed, authorise
from roadshow.competitions.guests import Guests, new_token
from roadshow.competitions.people import Person, Role
from roadshow.competitions.signins.life import Device
from roadshow.competitions.signins.presence import Held
from roadshow.errors import Gone, NotFound, NotSignedIn
from roadshow.ids import is_slug

COOKIE_AGE = 400 * 24 * 60 * 60
"""Seconds; the most browsers grant. The session itself ends much earlier, on the server's word."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")
"""What ``new_token`` makes; nothing else is taken for a session, least of all a short one somebody else chose."""


class Door:
    def __init__(
        self, guests: Guests, limits: Limits, *, secure: bool, competition: str = "", several: bool = False
    ) -> None:
        """``secure``: people come over TLS. ``several``: other competitions are served beside this one. Then it has a
        cookie of its own, because a sign-in to one changes its cookie and must end nothing in another; the plain one is
        read as well, so that nobody is out when a second competition comes or goes."""
        self._guests = guests
        self._limits = limits
        self._secure = secure
        plain = "__Host-roadshow" if secure else "roadshow"
        own = f"{plain}-{competition}" if competition else plain
        self.cookie, self._other_cookie = (own, plain) if several else (plain, own)

    def session(self, connection: HTTPConnection) -> str:
        """What the browser shows, be it known or made up; empty: nothing that could be a session."""
        return self._session(connection) or ""

    async def people(self, connection: HTTPConnection) -> tuple[Person, ...]:
        """Everybody the browser holds, by id."""
        return tuple(one.person for one in await self.held(connection))

    async def held(self, connection: HTTPConnection) -> tuple[Held, ...]:
        """As ``people``, each with their sign-in."""
        session = self._session(connection)
        return () if session is None else await self._guests.held(session)

    async def visitor(self, connection: HTTPConnection, as_person: str | None) -> Visitor:
        """``as_person`` names which of the browser's people is meant; None: audience.

        Raises NotSignedIn("sign_in.needed") when the browser does not hold that person (any more).
        """
        address = client_address(connection)
        if as_person is None:
            return Visitor(None, address)
        if is_slug(as_person):
            held = await self.held(connection)
            for one in held:
                if one.person.id == as_person:
                    return Visitor(one.person, address, one.sign_in, len(held) - 1, one.since, one.let_in)
        raise NotSignedIn("sign_in.needed")

    async def enter(
        self, connection: HTTPConnection, action: str, as_person: str | None, room: str | None = None
    ) -> Visitor:
        """The visitor, if they may do ``action`` (a route's name, a message's tag). Raises what ``visitor`` and
        ``roles.authorise`` raise."""
        visitor = await self.visitor(connection, as_person)
        authorise(visitor, action, room)
        return visitor

    async def look(self, connection: HTTPConnection, token: str) -> tuple[Person, bool]:
        """For whom an invitation is, without using it, and whether this browser holds that person already (then lead
        on to the desk). Raises what ``invitations.admit`` raises, or TooMany("rate.invitations") in its place."""
        try:
            return await self._guests.look(token, self._session(connection))
        except (NotFound, Gone):
            # A good link opens all the same: a hall shares one address, and one guest who tries must not lock it out.
            await self.missed(connection)
            raise

    async def accept(self, connection: HTTPConnection, token: str) -> tuple[Person, str]:
        """Use an invitation. Give the session that is returned to ``keep``, with the response. Raises as ``look``,
        and Again."""
        try:
            return await self._guests.accept(token, self._session(connection), _device(connection))
        except (NotFound, Gone):
            await self.missed(connection)
            raise

    async def missed(self, connection: HTTPConnection) -> None:
        """Count what opened nothing. Raises TooMany("rate.invitations")."""
        await self._limits.spend(INVITATION_MISSES, client_address(connection))

    def keep(self, connection: HTTPConnection, response: Response, session: str | None = None) -> None:
        """Have the browser keep its session's cookie: ``session``, or the one it shows, or a fresh one.

        The invitation's page does so before anything is accepted: then both requests of a double click come from the
        same session, and the second is answered like the first.
        """
        response.set_cookie(
            self.cookie,
            session or self._session(connection) or new_token(),
            max_age=COOKIE_AGE,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def knows(self, connection: HTTPConnection) -> bool:
        """Whether the browser has a session's cookie, and under this competition's own name."""
        return _TOKEN.fullmatch(connection.cookies.get(self.cookie, "")) is not None

    def forget(self, response: Response) -> None:
        """Have the browser let go of a cookie that holds nobody any more. The other one may be another competition's
        as well; here it holds nobody either."""
        response.delete_cookie(self.cookie, path="/", secure=self._secure, httponly=True, samesite="lax")

    def _session(self, connection: HTTPConnection) -> str | None:
        for name in (self.cookie, self._other_cookie):
            if _TOKEN.fullmatch(value := connection.cookies.get(name, "")):
                return value
        return None


def _device(connection: HTTPConnection) -> Device:
    return device(connection.headers.get("user-agent", ""), "" if connection.client is None else connection.client.host)


class Guard:
    """Middleware of one route: lets in whom the table names, and puts the Visitor into ``request.state.visitor``.

    ``as_person`` comes from the path's ``person``, the room from its ``room``. Wrong names fail at start.
    """

    def __init__(self, app: ASGIApp, door: Door, action: str) -> None:
        if action not in ROUTES:
            raise ValueError(f"the route {action!r} is not in the table of access/roles.py")
        self._app = app
        self._door = door
        self._action = action

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        parameters = connection.path_params
        person = parameters.get("person")
        if person is None and not allowed(Role.AUDIENCE, self._action):
            raise NotSignedIn("sign_in.needed")
        connection.state.visitor = await self._door.enter(connection, self._action, person, parameters.get("room"))
        await self._app(scope, receive, send)
