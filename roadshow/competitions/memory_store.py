"""The cast and its invitations in memory, for tests and for reading: what the ports promise, in its shortest form."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace
from typing_extensions import override

from roadshow.clock import Clock
from roadshow.competitions.former import FormerPerson
from roadshow.competitions.invitations import REMEMBERED, Access, Invitation, Session
from roadshow.competitions.merging import NOTHING, Key, Record, Records
from roadshow.competitions.ports import CastStore, PeopleStore
from roadshow.errors import Conflict
from roadshow.ids import PersonId
from roadshow.moments import Instant


class MemoryCastStore(CastStore):
    def __init__(self, former: Iterable[FormerPerson] = ()) -> None:
        self._records: dict[Key, Record] = {}
        self._former = tuple(former)

    @override
    async def load(self) -> Records:
        return dict(self._records)

    @override
    async def former(self) -> tuple[FormerPerson, ...]:
        return self._former

    @override
    async def write(self, records: Records) -> None:
        for key, record in records.items():
            stored = self._records.get(key, NOTHING)
            if record != stored and record.revision != stored.revision + 1:
                raise Conflict("cast.stale")
        self._records.update(records)


class MemoryPeopleStore(PeopleStore):
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._access: dict[PersonId, Access] = {}
        self._invitations: dict[str, Invitation] = {}
        self._sessions: dict[str, Session] = {}

    @override
    async def ping(self) -> None:
        pass

    @override
    async def access(self, people: Iterable[PersonId]) -> Mapping[PersonId, Access]:
        return {one: self._access.get(one, Access()) for one in people}

    @override
    async def raise_issue(self, person: PersonId) -> Access:
        access = self._access.get(person, Access())
        self._access[person] = Access(access.issue + 1, access.era)
        return self._access[person]

    @override
    async def raise_era(self, person: PersonId) -> Access:
        access = self._access.get(person, Access())
        self._access[person] = Access(access.issue + 1, access.era + 1)
        return self._access[person]

    @override
    async def add_invitation(self, token_hash: str, invitation: Invitation) -> None:
        self._invitations[token_hash] = invitation

    @override
    async def invitation(self, token_hash: str) -> Invitation | None:
        found = self._invitations.get(token_hash)
        return found if found is not None and self._clock.now() < found.expires_at + REMEMBERED else None

    @override
    async def consume(self, token_hash: str, session_hash: str) -> bool:
        found = self._invitations.get(token_hash)
        if found is None:
            return False
        if found.consumed_by is None:
            self._invitations[token_hash] = replace(found, consumed_by=session_hash)
            return True
        return found.consumed_by == session_hash

    @override
    async def session(self, session_hash: str) -> Session | None:
        found = self._sessions.get(session_hash)
        return found if found is not None and self._clock.now() < found.expires_at else None

    @override
    async def join(self, session_hash: str, person: PersonId, era: int, expires_at: Instant) -> None:
        found = await self.session(session_hash)
        people = found.people if found is not None else {}
        self._sessions[session_hash] = Session({**people, person: era}, expires_at)

    @override
    async def renew(self, session_hash: str, expires_at: Instant) -> None:
        found = await self.session(session_hash)
        if found is not None:
            self._sessions[session_hash] = replace(found, expires_at=expires_at)
