"""Inviting people, and letting them in: the rules of ``invitations`` tied to a store and a clock. Who is in, and for
how long: ``signins``."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from roadshow.clock import Clock
from roadshow.competitions.invitations import (
    INVITATION_LIFE,
    MAX_PEOPLE_IN_BROWSER,
    MAX_TOKEN_LENGTH,
    TOKEN_BYTES,
    Access,
    Again,
    Invitation,
    Use,
    admit,
    hash_token,
)
from roadshow.competitions.people import Person
from roadshow.competitions.ports import PeopleStore
from roadshow.competitions.signins.elsewhere import Elsewhere
from roadshow.competitions.signins.life import Device, Standing
from roadshow.competitions.signins.presence import Ended, Held, Presence, Who
from roadshow.errors import Conflict, Gone, NotFound
from roadshow.ids import PersonId, SignInId

_PURPOSE = b"roadshow: sessions that take the place of others"
"""Keeps this use of the secret apart from its others."""


def new_token() -> str:
    """Unguessable, and safe in URLs and cookies."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def _ignore(_: PersonId) -> None:
    pass


def _ignore_end(_person: PersonId, _sign_in: SignInId, _how: Standing) -> None:
    pass


class Guests:
    """Session arguments are the cookie's value or None."""

    def __init__(
        self,
        store: PeopleStore,
        who: Who,
        clock: Clock,
        when_revoked: Callable[[PersonId], None] = _ignore,
        when_ended: Ended = _ignore_end,
        secret: bytes | None = None,
    ) -> None:
        """``when_revoked`` hears of everybody whose access has ended, ``when_ended`` of each sign-in. ``secret`` None:
        one of its own; then a repeated request must come to the same process."""
        self._store = store
        self._who = who
        self._clock = clock
        self._when_revoked = when_revoked
        self._key = hmac.digest(secret or secrets.token_bytes(TOKEN_BYTES), _PURPOSE, "sha256")
        self.presence = Presence(store, who, when_ended)
        self.elsewhere = Elsewhere(store)

    def person(self, person: PersonId) -> Person:
        """Raises NotFound("person.unknown")."""
        found = self._who(person)
        if found is None:
            raise NotFound("person.unknown")
        return found

    async def access(self, people: Iterable[PersonId]) -> Mapping[PersonId, Access]:
        """Their counters; an issue of 0 means never invited."""
        return await self._store.access(people)

    async def has_access(self, person: PersonId, era: int, sign_in: SignInId | None = None) -> bool:
        """Whether what the person was given in this era, and by this sign-in, still holds: only somebody with a role is
        given anything."""
        if sign_in is not None and not await self.presence.is_open(sign_in):
            return False
        access = (await self._store.access([person]))[person]
        known = self._who(person)  # asked last, after what waits
        return known is not None and bool(known.appointments) and access.era == era

    # Inviting -------------------------------------------------------------------------------------------------------

    async def invite(self, person: PersonId, by: PersonId | None = None) -> str:
        """A new token, made ``by`` somebody at a desk. What the person's former ones opened ends, and those that are
        unused are dead: whoever had one by mistake or by theft is out. Raises NotFound("person.unknown")."""
        await self.revoke(person)
        return await self._issue(person, (await self._store.access([person]))[person], by)

    async def invite_again(self, person: PersonId, by: PersonId | None = None) -> str:
        """Another token of the issue that nobody has used: whichever is used first, the others are used up. Ends
        nothing. Raises Conflict("invitation.not_waiting") where there is none, NotFound("person.unknown")."""
        self.person(person)
        access = (await self._store.access([person]))[person]
        if not access.waits:
            raise Conflict("invitation.not_waiting")
        return await self._issue(person, access, by)

    async def invite_further(self, person: PersonId, by: PersonId | None = None) -> str:
        """A token for one more browser: the person's unused former ones are dead, and where they are signed in they
        stay. Raises NotFound("person.unknown")."""
        self.person(person)
        return await self._issue(person, await self._store.raise_issue(person), by)

    async def _issue(self, person: PersonId, access: Access, by: PersonId | None) -> str:
        token = new_token()
        invitation = Invitation(person, access.issue, access.era, self._clock.now() + INVITATION_LIFE, by=by)
        await self._store.add_invitation(hash_token(token), invitation)
        return token

    async def revoke(self, person: PersonId) -> None:
        """End the person's invitations and sign-ins, everywhere. Raises NotFound("person.unknown")."""
        self.person(person)
        await self.elsewhere.raise_era(person)
        self._when_revoked(person)

    # Letting in -----------------------------------------------------------------------------------------------------

    async def look(self, token: str, session: str | None) -> tuple[Person, bool]:
        """For whom an invitation is, without using it, and whether this browser holds that person already.

        Raises what ``invitations.admit`` raises, unless the browser holds the person.
        """
        shown = await self._show(token, session)
        return shown.person, shown.is_signed_in

    async def accept(self, token: str, session: str | None, device: Device | None = None) -> tuple[Person, str]:
        """Use an invitation: the person is signed in, and with them everybody whom the session holds, to a session that
        takes its place, whose token is returned.

        A new one, because somebody else might know the old one: who planted it in this browser, say. Safe to repeat for
        a moment with the old one, and always made the same way, so that both requests of a double click end with the
        same cookie. Uses nothing up when the browser holds the person already. Raises what ``invitations.admit``
        raises, Conflict("invitation.too_many_people") when the browser holds all it may, and Again.
        """
        if session is None or len(session) > MAX_TOKEN_LENGTH:
            session = new_token()
        shown = await self._show(token, session)
        if shown.is_signed_in:
            return shown.person, session
        if shown.held >= MAX_PEOPLE_IN_BROWSER:
            raise Conflict("invitation.too_many_people", most=MAX_PEOPLE_IN_BROWSER)
        before = hash_token(session)
        follows = self._following(session, token)
        use = await self._store.take(shown.invitation, before, hash_token(follows))
        if use is Use.AGAIN:
            raise Again
        if use is Use.REFUSED:
            raise Gone("invitation.used")
        # Opened after it is used up: if the server dies in between, the same browser's next try comes back here. The
        # era is the one read before: a revocation that came in the meantime wins.
        if not await self.presence.enter(shown.invitation, device or Device(), hash_token(follows), before):
            raise Gone("invitation.used")
        return shown.person, follows

    async def held(self, session: str) -> tuple[Held, ...]:
        """Everybody the browser holds, by id; nobody for a session that is unknown or over."""
        return () if len(session) > MAX_TOKEN_LENGTH else await self.presence.held(hash_token(session))

    async def signed_in(self, session: str) -> tuple[Person, ...]:
        """As ``held``, the people alone."""
        return tuple(one.person for one in await self.held(session))

    def _following(self, session: str, token: str) -> str:
        """Whoever knows the old session does not know the invitation, and who reads a used invitation in some log does
        not know the secret."""
        digest = hmac.digest(self._key, f"{session} {token}".encode(), sha256)
        return urlsafe_b64encode(digest[:TOKEN_BYTES]).decode()

    async def _show(self, token: str, session: str | None) -> "_Shown":
        invitation = None if len(token) > MAX_TOKEN_LENGTH else await self._store.invitation(hash_token(token))
        if invitation is None:
            raise NotFound("invitation.unknown")
        person = self._who(invitation.person)
        if person is None:
            raise Gone("invitation.taken_back")
        held = () if session is None else await self.held(session)
        signed_in = any(one.person.id == person.id for one in held)
        if not signed_in:
            access = (await self._store.access([person.id]))[person.id]
            admit(invitation, access, None if session is None else hash_token(session), self._clock.now())
        return _Shown(invitation, person, signed_in, len(held))


@dataclass(frozen=True, slots=True)
class _Shown:
    """An invitation as it presents itself to one browser."""

    invitation: Invitation
    person: Person
    is_signed_in: bool
    held: int
    """People the browser holds."""
