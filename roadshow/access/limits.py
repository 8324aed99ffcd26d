"""How often somebody may do something: by identity and by address in ``Limits``; what one socket may send is counted on
the socket itself, in a ``Bucket``. Both take the moment from whoever calls or made them, so that no test hangs on the
minute it happens to run in.
"""

import math
from collections import Counter
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from roadshow.addresses.clients import client_of
from roadshow.clock import Clock
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
PAGES_FROM_ADDRESS = Rule("rate.network", 1200, 60, "pages-from-address")
"""That the house itself answers: a hall of 500, each of whom opens two."""
MEDIA_FROM_ADDRESS = Rule("rate.media", 900, 60, "media-from-address")
"""WHIP and WHEP posts."""
MEDIA_CHANGES_FROM_ADDRESS = Rule("rate.media", 2400, 60, "media-changes-from-address")
"""What is asked of sessions there are: a hall of a thousand, each of whom restarts once and ends once in a minute."""
LINE_CHECKS_OF_PERSON = Rule("rate.lines", 6, 600, "line-checks-of-person")
"""Cable, Wi-Fi and phone, each twice. A check sends at full rate."""

MESSAGES_PER_SECOND = 20
"""What one socket may send for long; a busy control desk sends one or two."""
MESSAGES_AT_ONCE = 40
"""What it may send in one burst: after reconnecting, a desk follows its rooms and repeats what was unanswered."""


class Limits:
    """Kept in memory, for this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[Rule, _SlidingWindow] = {}

    async def spend(self, rule: Rule, who: str = "") -> None:
        """Count one. Raises TooMany."""
        now = self._clock.now()
        window = self._windows.get(rule)
        if window is None:
            window = self._windows[rule] = _SlidingWindow(rule.amount, rule.seconds, now)
        if not window.take(who, now):
            raise TooMany(rule.code, retry_after=window.seconds_until_one(who, now))


class _SlidingWindow:
    """Counts by two windows of fixed length, the one that runs and the one before, of which only the part counts that
    lies within the last ``seconds``: as good as a list of moments, for two numbers. Pure.

    What is older goes with its window, so it holds nobody who was not here for two of them.
    """

    def __init__(self, amount: int, seconds: int, now: Instant) -> None:
        self._amount = amount
        self._length = seconds * 1000
        self._begun = now.ms
        self._running: Counter[str] = Counter()
        self._before: Counter[str] = Counter()

    def take(self, who: str, now: Instant) -> bool:
        """Whether there was one left to take."""
        self._move_on(now)
        # In thousandths of a window's count, so that all of it is whole numbers.
        if self._counted(who, now) >= self._amount * self._length:
            return False
        self._running[who] += 1
        return True

    def seconds_until_one(self, who: str, now: Instant) -> int:
        """From which on there is one again if nobody takes any, rounded up; of somebody for whom there was none."""
        self._move_on(now)
        fades, stays, left, wait = self._before[who], self._running[who], self._left(now), 0
        if stays >= self._amount:  # only once these fade, in the next window
            wait, fades, stays, left = left + 1, stays, 0, self._length - 1
        # The first whole millisecond at which fades x left, which falls by ``fades`` in each, is small enough.
        wait += (fades * left - (self._amount - stays) * self._length) // fades + 1
        return math.ceil(wait / 1000)

    @property
    def people(self) -> int:
        """Of whom anything is remembered."""
        return len(self._before.keys() | self._running.keys())

    def _counted(self, who: str, now: Instant) -> int:
        return self._before[who] * self._left(now) + self._running[who] * self._length

    def _left(self, now: Instant) -> int:
        """Of the running window after this millisecond; of the one before, so much still counts."""
        return self._length - 1 - (now.ms - self._begun)

    def _move_on(self, now: Instant) -> None:
        passed = (now.ms - self._begun) // self._length
        if passed > 0:
            self._before = self._running if passed == 1 else Counter()
            self._running = Counter()
            self._begun += passed * self._length


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
    return client_of("" if connection.client is None else connection.client.host)
