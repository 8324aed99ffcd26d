"""The life of a sign-in: when it ends by itself, and what is told of it. Pure.

A sign-in is one person in one browser. It is opened by an invitation, seen again with every page and while a desk is
open, and ends: by a sign-out, by somebody's word on the page of sign-ins, by a new link (which raises the person's
era), or by itself, after a while without use or a while in all. Whatever has ended stays ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

import msgspec

from roadshow.competitions.people import Role
from roadshow.ids import PersonId, SignInId
from roadshow.moments import Duration, Instant

DAY = Duration.minutes(24 * 60)
SEEN_EVERY = Duration.minutes(10)
"""When somebody was last seen is written at most this often: a page view must not cost a durable write."""
KEPT = Duration(60 * DAY.ms)
"""How long a sign-in is remembered past its last use: whoever looks into a theft finds what was open then."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    idle: Duration
    """Since it was last seen. An open desk is seen all the time: nobody is idle in the middle of a show."""
    whole: Duration
    """Since it was opened, however often it is used."""


_GUESTS = Lifetime(idle=Duration(14 * DAY.ms), whole=Duration(45 * DAY.ms))
"""Somebody who signs in on the day the invitation comes, up to thirty days before the final (``INVITATION_LIFE``),
must find their desk on the final's day and on the days after it; between a rehearsal and the final lie two weeks at
most."""
LIFETIMES: Final[Mapping[Role, Lifetime]] = {
    # Runs everything, so a forgotten laptop is worth most: three days are a long weekend, two weeks a final's
    # preparation. A second organiser lets in whoever comes later.
    Role.ORGANISER: Lifetime(idle=Duration(3 * DAY.ms), whole=Duration(14 * DAY.ms)),
    Role.CHAIR: _GUESTS,
    Role.DEPUTY: _GUESTS,
    Role.JUDGE: _GUESTS,
    Role.PITCHER: _GUESTS,
    Role.CLERK: _GUESTS,
    Role.AUDITOR: _GUESTS,
    Role.AUDIENCE: _GUESTS,
}
"""By the strongest of somebody's roles."""
LONGEST_WHOLE = max(life.whole for life in LIFETIMES.values())


class Browser(StrEnum):
    """Families, as people call them."""

    CHROME = "Chrome"
    EDGE = "Edge"
    FIREFOX = "Firefox"
    OPERA = "Opera"
    SAFARI = "Safari"
    SAMSUNG = "Samsung Internet"
    WECHAT = "WeChat"
    YANDEX = "Yandex"
    OTHER = ""


class System(StrEnum):
    ANDROID = "Android"
    CHROMEOS = "ChromeOS"
    IPAD = "iPad"
    IPHONE = "iPhone"
    LINUX = "Linux"
    MACOS = "macOS"
    WINDOWS = "Windows"
    OTHER = ""


class Network(StrEnum):
    """From where, as coarsely as can be: an address would tell more about somebody than this page has to know."""

    HERE = "here"
    """The server's own machine."""
    LOCAL = "local"
    """The server's own network: a hall."""
    INTERNET = "internet"
    UNKNOWN = ""


class Device(msgspec.Struct, frozen=True, omit_defaults=True):
    """By which people know one of their sign-ins from another."""

    browser: Browser = Browser.OTHER
    system: System = System.OTHER
    network: Network = Network.UNKNOWN


class SignIn(msgspec.Struct, frozen=True):
    id: SignInId
    person: PersonId
    era: int
    """The person's, when they signed in (``invitations.Access``)."""
    issue: int
    """Of the invitation that opened it; 0: of a version that did not write it down."""
    device: Device
    opened_at: Instant
    seen_at: Instant
    """Up to ``SEEN_EVERY`` ago while it is used."""
    ended_at: Instant | None = None
    """By somebody's word."""
    let_in: PersonId | None = None
    """Who made the invitation. None: nobody at a desk."""


class Standing(StrEnum):
    OPEN = "open"
    ENDED = "ended"
    """By a sign-out, or on the page of sign-ins."""
    REVOKED = "revoked"
    """By a new link, or because access was taken back."""
    EXPIRED = "expired"


def sign_in_id(browser: str, person: PersonId) -> SignInId:
    """``browser``: the hash of its session. Always the same one, so that opening a sign-in may be repeated."""
    return SignInId(sha256(f"{browser}:{person}".encode()).hexdigest()[:16])


def ends_at(sign_in: SignIn, role: Role) -> Instant:
    """When it ends by itself, if it is not used any more."""
    life = LIFETIMES[role]
    return min(sign_in.seen_at + life.idle, sign_in.opened_at + life.whole)


def standing(sign_in: SignIn, era: int, role: Role, now: Instant) -> Standing:
    """``era``: the person's present one. ``now``: by the store's clock, as all of a sign-in's times."""
    if sign_in.ended_at is not None:
        return Standing.ENDED
    if sign_in.era != era:
        return Standing.REVOKED
    return Standing.OPEN if now < ends_at(sign_in, role) else Standing.EXPIRED


def is_due(sign_in: SignIn, now: Instant) -> bool:
    """Whether it is time to write down that it was seen."""
    return now - sign_in.seen_at >= SEEN_EVERY
