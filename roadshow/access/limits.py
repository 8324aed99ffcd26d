"""How often somebody may do something. Counting by identity and by address is the ``limits`` library's; what one socket
may send is counted on the socket itself."""

import ipaddress
import math
import time
from dataclasses import dataclass

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import HTTPConnection

from roadshow.errors import TooMany
from roadshow.moments import Instant


@dataclass(frozen=True, slots=True)
class Rule:
    """``amount`` times in any ``seconds``; beyond that, TooMany(``code``)."""

    code: str
    amount: int
    seconds: int
    name: str
    """Apart from other rules with the same code."""


# A hall's whole audience may share one address, so what everybody does is bounded generously by address.
INVITATION_MISSES = Rule("rate.invitations", 60, 60, "invitation-misses")
"""Links that did not open, by address. They cannot be guessed; this tells somebody who tries, and the log, so."""
HANDSHAKES_FROM_ADDRESS = Rule("rate.connections", 1200, 60, "handshakes-from-address")
HANDSHAKES_OF_PERSON = Rule("rate.connections", 120, 60, "handshakes-of-person")
"""Several desks in several tabs, each reconnecting."""
HANDSHAKES_IN_ALL = Rule("rate.connections", 400, 2, "handshakes-in-all")
"""What one core does while a show runs: a storm is spread, not served at once."""
MEDIA_FROM_ADDRESS = Rule("rate.media", 900, 60, "media-from-address")
"""WHIP and WHEP posts."""
MEDIA_CHANGES_FROM_ADDRESS = Rule("rate.media", 2400, 60, "media-changes-from-address")
"""What is asked of sessions there are: a hall of a thousand, each of whom restarts once and ends once in a minute."""

MESSAGES_PER_SECOND = 20
"""What one socket may send for long; a busy control desk sends one or two."""
MESSAGES_AT_ONCE = 40
"""What it may send in one burst: after reconnecting, a desk follows its rooms and repeats what was unanswered."""

IPV6_NETWORK = 64
"""Bits by which IPv6 clients are told apart: one household or hall has at least a /64 to choose addresses from."""


class Limits:
    """Kept in memory, for this process."""

    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    async def spend(self, rule: Rule, who: str = "") -> None:
        """Count one. Raises TooMany."""
        if not await self._limiter.hit(_item(rule), who):
            raise await self._refusal(rule, who)

    async def _refusal(self, rule: Rule, who: str) -> TooMany:
        reset = (await self._limiter.get_window_stats(_item(rule), who)).reset_time
        return TooMany(rule.code, retry_after=min(max(1, math.ceil(reset - time.time())), rule.seconds))


def _item(rule: Rule) -> RateLimitItemPerSecond:
    return RateLimitItemPerSecond(rule.amount, rule.seconds, namespace=rule.name)


class Bucket:
    """A token bucket: ``at_once`` tokens, refilled ``per_second``. Pure."""

    def __init__(self, per_second: int, at_once: int, now: Instant) -> None:
        self._per_second = per_second
        self._most = at_once * 1000
        self._level = self._most
        """In thousandths of a token, so that milliseconds divide evenly."""
        self._filled_at = now

    def take(self, now: Instant) -> bool:
        """Whether there was a token to take."""
        elapsed = max(0, (now - self._filled_at).ms)
        self._level = min(self._most, self._level + elapsed * self._per_second)
        self._filled_at = now
        if self._level < 1000:
            return False
        self._level -= 1000
        return True


def client_address(connection: HTTPConnection) -> str:
    """The client's address as limits count it; a forwarded one if the web server trusts the proxy."""
    host = "" if connection.client is None else connection.client.host
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host[:64]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, IPV6_NETWORK), strict=False))
    return str(address)
