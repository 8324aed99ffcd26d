"""Single-use invitation links and browser sessions: their values and rules. Pure.

Each person has two counters, their ``Access``. An invitation carries the number it was issued under, a session the era
it was signed in under. Inviting again raises ``issue``, which ends the links nobody has used; revoking raises ``era``
as well, which ends everything at one stroke, also what is being accepted at that very moment.
"""

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
SESSION_LIFE = Duration.minutes(14 * 24 * 60)
"""Since the browser was last seen."""
SESSION_RENEWAL = Duration.minutes(60)
"""A session's end is moved at most this often: a page view must not cost a durable write."""
REMEMBERED = Duration.minutes(60 * 24 * 60)
"""How long past its end an invitation is kept, to tell "expired" from "unknown"."""
MAX_PEOPLE_IN_BROWSER = 100
"""People one browser may hold: a whole final's links on the organiser's own laptop, with room to spare."""


class Access(msgspec.Struct, frozen=True):
    """A person's counters; both start at 0."""

    issue: int = 0
    era: int = 0


class Invitation(msgspec.Struct, frozen=True):
    """As it rests in the store, found by ``hash_token`` of its token; the token itself is kept nowhere."""

    person: PersonId
    issue: int
    era: int
    expires_at: Instant
    consumed_by: str | None = None
    """Hash of the session that accepted it."""


class Session(msgspec.Struct, frozen=True):
    """One browser. ``people``: each with the era they signed in under."""

    people: dict[PersonId, int]
    expires_at: Instant


def hash_token(token: str) -> str:
    """SHA-256, hex. A plain hash is enough: tokens are random, not chosen by people."""
    return sha256(token.encode()).hexdigest()


def admit(invitation: Invitation | None, access: Access, session: str | None, now: Instant) -> None:
    """Let the browser whose session hash is ``session`` use the invitation: one that nobody has used, or that it used
    itself before.

    Raises NotFound("invitation.unknown"), Gone("invitation.revoked"), Gone("invitation.used") or
    Gone("invitation.expired").
    """
    if invitation is None:
        raise NotFound("invitation.unknown")
    if invitation.era != access.era:
        raise Gone("invitation.revoked")
    if invitation.consumed_by is not None:
        if invitation.consumed_by == session:
            return
        raise Gone("invitation.used")
    if invitation.issue != access.issue:
        raise Gone("invitation.revoked")
    if invitation.expires_at <= now:
        raise Gone("invitation.expired")


def is_signed_in(session: Session | None, person: PersonId, access: Access, now: Instant) -> bool:
    """Whether the session holds the person now."""
    return session is not None and now < session.expires_at and session.people.get(person) == access.era


def needs_renewal(session: Session, now: Instant) -> bool:
    """Whether it is time to move the session's end."""
    return session.expires_at - now < SESSION_LIFE - SESSION_RENEWAL
