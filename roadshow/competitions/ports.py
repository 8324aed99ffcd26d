"""What people and their invitations need of a store."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from roadshow.competitions.invitations import Access, Invitation, Session
from roadshow.competitions.people import Person
from roadshow.ids import PersonId
from roadshow.moments import Instant


class PeopleStore(Protocol):
    """Every method is durable when it returns, and each may raise Unavailable("store.away"): whether it happened is
    then unknown, and calling it again is safe. (``raise_issue`` and ``raise_era`` may then count twice, which does no
    harm: they only ever end older links.) Hashes are of ``invitations.hash_token``."""

    async def set_people(self, people: Iterable[Person]) -> None:
        """These are all the people there are, replacing former ones. Counters and sessions stay."""
        ...

    async def people(self) -> tuple[Person, ...]:
        """By id."""
        ...

    async def access(self, people: Iterable[PersonId]) -> Mapping[PersonId, tuple[Person, Access]]:
        """Those of ``people`` that exist, with their counters, read together."""
        ...

    async def raise_issue(self, person: PersonId) -> Access:
        """Add 1 to the person's issue; atomic."""
        ...

    async def raise_era(self, person: PersonId) -> Access:
        """Add 1 to the person's era and issue; atomic."""
        ...

    async def add_invitation(self, token_hash: str, invitation: Invitation) -> None:
        """Kept until ``REMEMBERED`` after its end."""
        ...

    async def invitation(self, token_hash: str) -> Invitation | None: ...

    async def consume(self, token_hash: str, session_hash: str) -> bool:
        """Mark the invitation as used by the session. Of any number of simultaneous calls one wins and the others get
        False, as does a call for one that was used before or is not there; the winner's repeated call gets True."""
        ...

    async def session(self, session_hash: str) -> Session | None:
        """None also once it has ended."""
        ...

    async def join(self, session_hash: str, person: PersonId, era: int, expires_at: Instant) -> None:
        """Add the person to the session, which is made if it is not there, and move its end."""
        ...

    async def renew(self, session_hash: str, expires_at: Instant) -> None:
        """Move the session's end; nothing if it is not there."""
        ...
