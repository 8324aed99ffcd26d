"""What the cast, its invitations and its browsers need of a store. (pure)"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from roadshow.competitions.former import FormerPerson
from roadshow.competitions.invitations import Access, Invitation, Session
from roadshow.competitions.merging import Records
from roadshow.ids import PersonId
from roadshow.moments import Instant


class CastStore(Protocol):
    """Every method may raise Unavailable("store.away"): whether it happened is then unknown, and calling it again is
    safe."""

    async def load(self) -> Records:
        """All of them, those that are not in the cast any more as well."""
        ...

    async def former(self) -> tuple[FormerPerson, ...]:
        """Whom the version before the cast had; by id."""
        ...

    async def write(self, records: Records) -> None:
        """All or none of them, durable when it returns. Raises Conflict("cast.stale") unless each one's revision
        follows the stored one (0 where there is none); what is stored already may be written again."""
        ...


class PeopleStore(Protocol):
    """Every method is durable when it returns, and each may raise Unavailable("store.away"): whether it happened is
    then unknown, and calling it again is safe. (``raise_issue`` and ``raise_era`` may then count twice, which does no
    harm: they only ever end older links.) Hashes are of ``invitations.hash_token``."""

    async def ping(self) -> None:
        """Whether the store answers."""
        ...

    async def access(self, people: Iterable[PersonId]) -> Mapping[PersonId, Access]:
        """The counters of each of them, read together; for strangers they are 0."""
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
