"""Single-use invitation links: their values and rules. Pure. What they open are ``signins``.

Each person has two counters, their ``Access``. An invitation carries the numbers it was issued under, a sign-in the era
it was opened under. A link for one more device raises ``issue``, which ends the links nobody has used; a new link and a
revocation raise ``era`` as well, which ends everything at one stroke, also what is being accepted at that very moment.
A link that nobody has used may be sent again: then there are several of one issue, and using one uses up all.
"""

from enum import IntEnum
from hashlib import sha256

import msgspec

from roadshow.errors import Gone, NotFound
from roadshow.ids import PersonId
from roadshow.moments import Duration, Instant

TOKEN_BYTES = 24
"""Random bytes of an invitation or session token: 192 bits, 32 letters of URL-safe base64."""
MAX_TOKEN_LENGTH = 64
"""Letters; whatever is longer was never issued and is not looked up."""
INVITATION_LIFE = Duration.minutes(30 * 24 * 60)
REPEATED_WITHIN = Duration.minutes(10)
"""The browser that used a link may use it again: a double click, or a server that died before it had answered. Later
nobody may, so that a sign-out is one."""
REMEMBERED = Duration.minutes(60 * 24 * 60)
"""How long past its end an invitation is kept, to tell "expired" from "unknown"."""
MAX_PEOPLE_IN_BROWSER = 100
"""People one browser may hold: a whole final's links on the organiser's own laptop, with room to spare."""


MOVES_WITHIN = Duration.seconds(30)
"""A session that a link is used in has given way to the next one by then, and its browser knows it."""


class Use(IntEnum):
    """What came of using an invitation."""

    REFUSED = 0
    """Somebody else used its issue, or it is of no use any more."""
    USED = 1
    AGAIN = 2
    """Another one is being used in the same browser at this moment, and this one is not used up."""


class Again(Exception):
    """As ``Use.AGAIN``: nobody may be left behind in a session whose place another has taken. Ask once more, with the
    cookie that the browser gets for the other one."""


class Taken(msgspec.Struct, frozen=True):
    """That an issue was used."""

    issue: int
    session: str
    """Hash of the session that the browser showed."""
    at: Instant


class Access(msgspec.Struct, frozen=True):
    """A person's counters; both start at 0."""

    issue: int = 0
    era: int = 0
    taken: Taken | None = None
    """The newest issue that was used."""
    sent: int = 0
    """The newest issue of which there was a link: a revocation raises the issue as well."""

    @property
    def waits(self) -> bool:
        """Whether there is a link that nobody has used."""
        return self.issue == self.sent > 0 and (self.taken is None or self.taken.issue != self.issue)

    @property
    def is_taken_back(self) -> bool:
        """Whether there is no newer link than the one that a revocation ended."""
        return 0 < self.sent < self.issue


class Invitation(msgspec.Struct, frozen=True):
    """As it rests in the store, found by ``hash_token`` of its token; the token itself is kept nowhere."""

    person: PersonId
    issue: int
    era: int
    expires_at: Instant
    consumed_by: str | None = None
    """Of a version before this one: hash of the session that used it."""
    by: PersonId | None = None
    """Who made it, at a desk of theirs. None: the server's console."""


def hash_token(token: str) -> str:
    """SHA-256, hex. A plain hash is enough: tokens are random, not chosen by people."""
    return sha256(token.encode()).hexdigest()


def admit(invitation: Invitation | None, access: Access, session: str | None, now: Instant) -> None:
    """Let the browser whose session hash is ``session`` use the invitation: one of an issue that nobody has used, or
    that it used itself a moment ago.

    Raises NotFound("invitation.unknown"), Gone("invitation.taken_back"), Gone("invitation.revoked"),
    Gone("invitation.used") or Gone("invitation.expired").
    """
    if invitation is None:
        raise NotFound("invitation.unknown")
    if invitation.era != access.era:
        raise Gone("invitation.taken_back" if access.is_taken_back else "invitation.revoked")
    taken = access.taken
    if taken is not None and taken.issue == invitation.issue:
        if taken.session == session and now - taken.at < REPEATED_WITHIN:
            return
        raise Gone("invitation.used")
    if invitation.consumed_by is not None:
        raise Gone("invitation.used")
    if invitation.issue != access.issue:
        raise Gone("invitation.revoked")
    if invitation.expires_at <= now:
        raise Gone("invitation.expired")
