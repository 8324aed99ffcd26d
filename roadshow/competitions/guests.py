"""Inviting people, and knowing them again: the rules of ``invitations`` tied to a store and a clock."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from roadshow.clock import Clock
from roadshow.competitions.invitations import (
    INVITATION_LIFE,
    MAX_PEOPLE_IN_BROWSER,
    MAX_TOKEN_LENGTH,
    SESSION_LIFE,
    TOKEN_BYTES,
    Access,
    Invitation,
    admit,
    hash_token,
    is_signed_in,
    needs_renewal,
)
from roadshow.competitions.people import Person
from roadshow.competitions.ports import PeopleStore
from roadshow.errors import Conflict, Gone, NotFound
from roadshow.ids import PersonId


def new_token() -> str:
    """Unguessable, and safe in URLs and cookies."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def _ignore(_: PersonId) -> None:
    pass


Who = Callable[[PersonId], Person | None]
"""Who somebody is now: a look into the cast. None: nobody of it (any more)."""


class Guests:
    """Session arguments are the cookie's value or None. ``when_revoked`` hears of everybody whose access has ended."""

    def __init__(
        self, store: PeopleStore, who: Who, clock: Clock, when_revoked: Callable[[PersonId], None] = _ignore
    ) -> None:
        self._store = store
        self._who = who
        self._clock = clock
        self._when_revoked = when_revoked

    async def ping(self) -> None:
        """Raises Unavailable while the store is away."""
        await self._store.ping()

    def person(self, person: PersonId) -> Person:
        """Raises NotFound("person.unknown")."""
        found = self._who(person)
        if found is None:
            raise NotFound("person.unknown")
        return found

    async def access(self, people: Iterable[PersonId]) -> Mapping[PersonId, Access]:
        """Their counters; an issue of 0 means never invited."""
        return await self._store.access(people)

    async def has_access(self, person: PersonId, era: int) -> bool:
        """Whether what the person was given in this era still holds: only somebody with a role is given anything."""
        access = (await self._store.access([person]))[person]
        known = self._who(person)  # asked last, after what waits
        return known is not None and bool(known.appointments) and access.era == era

    async def invite(self, person: PersonId) -> str:
        """A new token; the person's unused former ones are dead. Raises NotFound("person.unknown")."""
        self.person(person)
        access = await self._store.raise_issue(person)
        token = new_token()
        invitation = Invitation(person, access.issue, access.era, self._clock.now() + INVITATION_LIFE)
        await self._store.add_invitation(hash_token(token), invitation)
        return token

    async def revoke(self, person: PersonId) -> None:
        """End the person's invitations and sessions, everywhere. Raises NotFound("person.unknown")."""
        self.person(person)
        await self._store.raise_era(person)
        self._when_revoked(person)

    async def look(self, token: str, session: str | None) -> tuple[Person, bool]:
        """For whom an invitation is, without using it, and whether this browser holds that person already.

        Raises what ``invitations.admit`` raises, unless the browser holds the person.
        """
        shown = await self._show(token, session)
        return shown.person, shown.is_signed_in

    async def accept(self, token: str, session: str | None) -> tuple[Person, str]:
        """Use an invitation: the person is signed in to the session (a new one for None), whose token is returned.

        Safe to repeat with the same session; uses nothing up when the browser holds the person already. Raises what
        ``invitations.admit`` raises, and Conflict("invitation.too_many_people") when the browser holds all it may.
        """
        if session is None or len(session) > MAX_TOKEN_LENGTH:
            session = new_token()
        shown = await self._show(token, session)
        if shown.is_signed_in:
            return shown.person, session
        if shown.held >= MAX_PEOPLE_IN_BROWSER:
            raise Conflict("invitation.too_many_people", most=MAX_PEOPLE_IN_BROWSER)
        session_hash = hash_token(session)
        if not await self._store.consume(hash_token(token), session_hash):
            raise Gone("invitation.used")
        # Joining after consuming: if the server dies in between, the same browser's next try comes back here.
        # The era is the one read before: a revocation that came in the meantime wins.
        await self._store.join(session_hash, shown.person.id, shown.era, self._clock.now() + SESSION_LIFE)
        return shown.person, session

    async def signed_in(self, session: str) -> tuple[Person, ...]:
        """Everybody the browser holds, by id; none for a session that is unknown or over."""
        if len(session) > MAX_TOKEN_LENGTH:
            return ()
        session_hash = hash_token(session)
        held = await self._store.session(session_hash)
        if held is None:
            return ()
        now = self._clock.now()
        found = await self._store.access(held.people)
        signed_in = sorted(one for one, access in found.items() if is_signed_in(held, one, access, now))
        people = tuple(person for one in signed_in if (person := self._who(one)) is not None)
        if people and needs_renewal(held, now):
            await self._store.renew(session_hash, now + SESSION_LIFE)
        return people

    async def _show(self, token: str, session: str | None) -> "_Shown":
        invitation = None if len(token) > MAX_TOKEN_LENGTH else await self._store.invitation(hash_token(token))
        if invitation is None:
            raise NotFound("invitation.unknown")
        person = self._who(invitation.person)
        if person is None:
            raise Gone("invitation.revoked")
        access = (await self._store.access([person.id]))[person.id]
        now = self._clock.now()
        session_hash = None if session is None else hash_token(session)
        held = None if session_hash is None else await self._store.session(session_hash)
        signed_in = is_signed_in(held, person.id, access, now)
        if not signed_in:
            admit(invitation, access, session_hash, now)
        return _Shown(person, access.era, signed_in, 0 if held is None else len(held.people))


@dataclass(frozen=True, slots=True)
class _Shown:
    """An invitation as it presents itself to one browser."""

    person: Person
    era: int
    is_signed_in: bool
    held: int
    """People the browser holds."""
