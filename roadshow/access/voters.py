"""Voters of the audience award: who votes gets a random token, in a cookie no script can read.

Tokens, not addresses: a hall's whole audience may share one address. A token is asked for when somebody votes, while
the award is open; it names the room, the award's opening and the moment, and carries our signature, so that nobody can
make their own, carry one elsewhere or store them up. Nothing has to be kept of who only watches; of who votes, the
store keeps the token's hash.

A browser's socket votes in a *booth*. What cookies the socket came with lie in it; a token that is made later is put
there by the request that sets the cookie, which names the booth. So there is one token for each socket at most, scripts
never hold one, and nobody has to reconnect in the minute in which all of them vote.
"""

import hmac
import ipaddress
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256

from starlette.requests import HTTPConnection
from starlette.responses import Response

from roadshow.access.limits import client_address
from roadshow.errors import NotFound
from roadshow.ids import CompetitionId, RoomId
from roadshow.moments import Instant
from roadshow.voting.audience.award import Voter, VoterId

COOKIE_AGE = 7 * 24 * 60 * 60
"""Seconds: longer than any award is open. It says nothing afterwards: the award is another one next time."""
IPV6_ORIGIN = 48
"""Bits of an IPv6 address that are one origin of voters: what a single customer may be given. A hall on a campus
has one as a hall behind a router has one IPv4 address, and the ration is the same."""
_PURPOSE = b"roadshow voter 2"
_TOKEN = re.compile(r"([0-9]{1,15})\.([0-9]{1,15})\.([A-Za-z0-9_-]{24})\.([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Token:
    room: RoomId
    opening: int
    """As ``StoredAward.opening``."""
    made_at: Instant
    name: str
    text: str
    """What the cookie holds."""

    @property
    def voter(self) -> VoterId:
        return VoterId(sha256(self.name.encode()).hexdigest()[:32])


class Voters:
    """Of one competition."""

    def __init__(self, secret: bytes, competition: CompetitionId, *, secure: bool) -> None:
        """``secure``: people come over TLS."""
        self._key = hmac.digest(secret, _PURPOSE + b"\0" + competition.encode(), sha256)
        self._competition = competition
        self._secure = secure
        self._booths: dict[str, Booth] = {}

    @contextmanager
    def booth(self, connection: HTTPConnection) -> Iterator["Booth"]:
        """The socket's, for as long as it is open."""
        booth = Booth(self, secrets.token_urlsafe(18), connection)
        self._booths[booth.name] = booth
        try:
            yield booth
        finally:
            del self._booths[booth.name]

    def find(self, name: str) -> "Booth":
        """Raises NotFound("audience.booth"): its socket has gone, or is another server's."""
        booth = self._booths.get(name)
        if booth is None:
            raise NotFound("audience.booth")
        return booth

    def cookie(self, room: RoomId) -> str:
        """Its name. Each room of each competition has its own: browsers give all of them to all pages."""
        return f"{'__Host-' if self._secure else ''}voter.{self._competition}.{room}"

    def shown(self, connection: HTTPConnection, room: RoomId) -> Token | None:
        """The browser's token for the room, if it is one of ours."""
        return self.read(room, connection.cookies)

    def read(self, room: RoomId, cookies: Mapping[str, str]) -> Token | None:
        found = _TOKEN.fullmatch(cookies.get(self.cookie(room), ""))
        if found is None:
            return None
        opening, made_at = int(found[1]), Instant(int(found[2]))
        if not hmac.compare_digest(found[4], self._signature(room, opening, made_at, found[3])):
            return None
        return Token(room, opening, made_at, found[3], found[0])

    def make(self, room: RoomId, opening: int, now: Instant) -> Token:
        """A new voter's. ``now``: by the store's clock."""
        name = secrets.token_urlsafe(18)
        text = f"{opening}.{now.ms}.{name}.{self._signature(room, opening, now, name)}"
        return Token(room, opening, now, name, text)

    def keep(self, response: Response, token: Token) -> None:
        """Have the browser keep it. Only requests of our own pages bring it back."""
        response.set_cookie(
            self.cookie(token.room),
            token.text,
            max_age=COOKIE_AGE,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="strict",
        )

    def voter(self, token: Token, address: str) -> Voter:
        """What the store is told of whoever votes with it from the address."""
        named = f"origin {token.room} {token.opening} {_origin(address)}"
        origin = hmac.digest(self._key, named.encode(), sha256)[:12].hex()
        return Voter(token.voter, token.opening, token.made_at, origin)

    def _signature(self, room: RoomId, opening: int, made_at: Instant, name: str) -> str:
        signed = f"token {room} {opening} {made_at.ms} {name}"
        return hmac.digest(self._key, signed.encode(), sha256)[:16].hex()


class Booth:
    """Where one socket votes."""

    def __init__(self, voters: Voters, name: str, connection: HTTPConnection) -> None:
        self.name = name
        """Unguessable, and good for nothing but to put a token in."""
        self._voters = voters
        self._cookies = connection.cookies
        self._address = client_address(connection)
        self._tokens: dict[RoomId, Token | None] = {}
        """Of the rooms that were asked for; a family asks for none that is not there."""
        self._known: dict[RoomId, Voter] = {}

    def token(self, room: RoomId) -> Token | None:
        if room not in self._tokens:
            self._tokens[room] = self._voters.read(room, self._cookies)
        return self._tokens[room]

    def take(self, token: Token) -> None:
        self._tokens[token.room] = token
        self._known.pop(token.room, None)

    def voter(self, room: RoomId) -> Voter | None:
        """Who votes here; None without a token for the room."""
        token = self.token(room)
        if token is None:
            return None
        if room not in self._known:
            self._known[room] = self._voters.voter(token, self._address)
        return self._known[room]


def _origin(address: str) -> str:
    """Of an address as limits count it."""
    if ":" not in address:
        return address
    network = ipaddress.ip_network(address, strict=False)
    return str(network.supernet(new_prefix=IPV6_ORIGIN)) if network.prefixlen > IPV6_ORIGIN else str(network)
