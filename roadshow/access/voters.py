"""Voters of the audience award: each browser has a random token in a cookie no script can read.

Tokens, not addresses: a hall's whole audience may share one address. What is bounded by address is only how many *new*
tokens it gets. A token carries our signature, so that nobody can make their own, and nothing has to be kept of those
who only watch; of those who vote, the store keeps the token's hash.
"""

import hmac
import re
import secrets
from hashlib import sha256

from starlette.requests import HTTPConnection
from starlette.responses import Response

from roadshow.access.limits import VOTERS_FROM_ADDRESS, Limits, client_address
from roadshow.errors import TooMany
from roadshow.voting.audience.award import VoterId

COOKIE_AGE = 30 * 24 * 60 * 60
"""Seconds; a competition's days."""
_PURPOSE = b"roadshow voter 1"
_TOKEN = re.compile(r"([A-Za-z0-9_-]{24})\.([0-9a-f]{32})")


class Voters:
    def __init__(self, secret: bytes, limits: Limits, *, secure: bool) -> None:
        """``secure``: people come over TLS."""
        self._key = hmac.digest(secret, _PURPOSE, sha256)
        self._limits = limits
        self._secure = secure
        self.cookie = "__Host-voter" if secure else "voter"

    def voter(self, connection: HTTPConnection) -> VoterId | None:
        """Whose browser it is; None without a token of ours."""
        found = _TOKEN.fullmatch(connection.cookies.get(self.cookie, ""))
        if found is None or not hmac.compare_digest(found[2], self._signature(found[1])):
            return None
        return VoterId(sha256(found[1].encode()).hexdigest()[:32])

    async def keep(self, connection: HTTPConnection, response: Response) -> None:
        """Give the browser a token with this response, unless it has one or its address got too many: who only watches
        needs none."""
        if self.voter(connection) is not None:
            return
        try:
            await self._limits.spend(VOTERS_FROM_ADDRESS, client_address(connection))
        except TooMany:
            return
        response.set_cookie(
            self.cookie,
            self.new_token(),
            max_age=COOKIE_AGE,
            path="/",
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )

    def new_token(self) -> str:
        name = secrets.token_urlsafe(18)
        return f"{name}.{self._signature(name)}"

    def _signature(self, name: str) -> str:
        return hmac.digest(self._key, name.encode(), sha256)[:16].hex()
