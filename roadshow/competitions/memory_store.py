"""The cast and its invitations in memory, for tests and for reading: what the ports promise, in its shortest form."""

from collections.abc import Iterable, Mapping

from msgspec.structs import replace
from typing_extensions import override

from roadshow.clock import Clock
from roadshow.competitions.former import FormerPerson
from roadshow.competitions.invitations import MOVES_WITHIN, REMEMBERED, REPEATED_WITHIN, Access, Invitation, Taken, Use
from roadshow.competitions.merging import NOTHING, Key, Record, Records
from roadshow.competitions.ports import CastStore, PeopleStore
from roadshow.competitions.signins.life import KEPT, SignIn
from roadshow.errors import Conflict
from roadshow.ids import PersonId, SignInId
from roadshow.moments import Instant


class MemoryCastStore(CastStore):
    def __init__(self, former: Iterable[FormerPerson] = ()) -> None:
        self._records: dict[Key, Record] = {}
        self._former = tuple(former)
        self._words: dict[str, str] = {}

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

    @override
    async def words(self) -> Mapping[str, str]:
        return dict(self._words)

    @override
    async def keep_words(self, words: Mapping[str, str]) -> None:
        self._words = {name: said for name, said in {**self._words, **words}.items() if said}


class MemoryPeopleStore(PeopleStore):
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._access: dict[PersonId, Access] = {}
        self._invitations: dict[str, Invitation] = {}
        self._browsers: dict[str, dict[PersonId, SignInId]] = {}
        self._sign_ins: dict[SignInId, SignIn] = {}
        self._moving: dict[str, tuple[str, Instant]] = {}

    @override
    async def access(self, people: Iterable[PersonId]) -> Mapping[PersonId, Access]:
        return {one: self._access.get(one, Access()) for one in people}

    @override
    async def raise_issue(self, person: PersonId) -> Access:
        access = self._access.get(person, Access())
        self._access[person] = replace(access, issue=access.issue + 1)
        return self._access[person]

    @override
    async def raise_era(self, person: PersonId) -> Access:
        access = self._access.get(person, Access())
        self._access[person] = replace(access, issue=access.issue + 1, era=access.era + 1)
        return self._access[person]

    @override
    async def add_invitation(self, token_hash: str, invitation: Invitation) -> None:
        self._invitations[token_hash] = invitation
        access = self._access.get(invitation.person, Access())
        self._access[invitation.person] = replace(access, sent=invitation.issue)

    @override
    async def invitation(self, token_hash: str) -> Invitation | None:
        found = self._invitations.get(token_hash)
        return found if found is not None and self._clock.now() < found.expires_at + REMEMBERED else None

    @override
    async def take(self, invitation: Invitation, session_hash: str, follows: str) -> Use:
        person, now = invitation.person, self._clock.now()
        access = self._access.get(person, Access())
        taken = access.taken
        if taken is not None and taken.issue == invitation.issue:
            if taken.session != session_hash or now - taken.at >= REPEATED_WITHIN:
                return Use.REFUSED
        elif (invitation.issue, invitation.era) != (access.issue, access.era):
            return Use.REFUSED
        next_one, until = self._moving.get(session_hash, (follows, now))
        if next_one != follows and now < until:
            return Use.AGAIN
        self._moving[session_hash] = follows, now + MOVES_WITHIN
        if taken is not None and taken.issue == invitation.issue:
            return Use.USED
        self._access[person] = replace(access, taken=Taken(invitation.issue, session_hash, now))
        return Use.USED

    @override
    async def held(self, browser: str) -> tuple[tuple[SignIn, ...], Instant]:
        held = self._browsers.get(browser, {})
        return tuple(self._sign_ins[one] for one in held.values() if one in self._sign_ins), self._clock.now()

    @override
    async def sign_ins(self) -> tuple[tuple[SignIn, ...], Instant]:
        return tuple(self._sign_ins.values()), self._clock.now()

    @override
    async def open(self, sign_in: SignIn, browser: str, former: str | None) -> None:
        now = self._clock.now()
        for one in [one for one in self._sign_ins.values() if now - one.seen_at > KEPT]:
            del self._sign_ins[one.id]
        held = self._browsers.setdefault(browser, {})
        if former is not None and former != browser:
            held.update({**self._browsers.pop(former, {}), **held})
        self._sign_ins.setdefault(sign_in.id, replace(sign_in, opened_at=now, seen_at=now))
        held[sign_in.person] = sign_in.id

    @override
    async def seen(self, sign_ins: Iterable[SignInId]) -> None:
        for one in sign_ins:
            if one in self._sign_ins:
                self._sign_ins[one] = replace(self._sign_ins[one], seen_at=self._clock.now())

    @override
    async def end(self, sign_ins: Iterable[SignInId]) -> None:
        for one in sign_ins:
            known = self._sign_ins.get(one)
            if known is not None and known.ended_at is None:
                self._sign_ins[one] = replace(known, ended_at=self._clock.now())

    @override
    async def former_session(self, browser: str) -> Mapping[PersonId, int]:
        return {}

    @override
    async def forget_former_session(self, browser: str) -> None:
        pass
