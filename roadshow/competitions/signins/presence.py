"""Who is signed in where, until when, and how it ends: the rules of ``signins`` tied to a store."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeAlias

from roadshow.competitions.invitations import Access, Invitation
from roadshow.competitions.people import Person
from roadshow.competitions.ports import PeopleStore
from roadshow.competitions.signins.life import (
    DAY,
    LIFETIMES,
    Device,
    SignIn,
    Standing,
    ends_at,
    is_due,
    sign_in_id,
    standing,
)
from roadshow.errors import NotFound, Unavailable
from roadshow.ids import PersonId, SignInId
from roadshow.moments import Instant
from roadshow.store.trouble import in_words

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0
"""Seconds between two looks at what has ended: by itself, or by another program's word (``roadshow revoke``). Its
sockets and its media end within this and the time of one reading; docs/operating.md says five seconds."""

Who: TypeAlias = Callable[[PersonId], Person | None]
"""Who somebody is now: a look into the cast. None: nobody of it (any more)."""
Ended: TypeAlias = Callable[[PersonId, SignInId, Standing], None]
"""Hears whose sign-in has ended, and how. May hear of one twice."""


@dataclass(frozen=True, slots=True)
class Held:
    """One of the people whom a browser holds."""

    person: Person
    sign_in: SignInId
    since: Instant
    let_in: PersonId | None
    """As in ``SignIn``."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A sign-in as it stands now."""

    sign_in: SignIn
    standing: Standing
    ends_at: Instant
    """By itself, if it is not used any more."""
    ends_in_any_case: Instant

    @property
    def is_open(self) -> bool:
        return self.standing is Standing.OPEN

    def last_day(self, now: Instant) -> bool:
        """Whether it ends within a day, however much it is used: time for a new link."""
        return self.ends_in_any_case - now < DAY


async def keep_looking(*looks: Callable[[], Awaitable[None]]) -> None:
    """Notice, for ever, what ends without a word from here."""
    while True:
        for look in looks:
            try:
                await look()
            except Unavailable as problem:
                log.debug("Sign-ins cannot be looked at: %s", in_words(problem))
            except Exception:
                # One look is lost; sockets, and the other competitions' looks, go on.
                log.exception("Sign-ins could not be looked at")
        await asyncio.sleep(LOOK_EVERY)


class Presence:
    def __init__(self, store: PeopleStore, who: Who, when_ended: Ended) -> None:
        self._store = store
        self._who = who
        self._when_ended = when_ended

    async def held(self, browser: str) -> tuple[Held, ...]:
        """Everybody who is signed in there, by id. ``browser``: the hash of its session."""
        found, now = await self._store.held(browser)
        if not found and await self._move_in(browser):
            found, now = await self._store.held(browser)
        if not found:
            return ()
        access = await self._store.access(one.person for one in found)
        here = [one for one in self._seen(found, access, now) if one.is_open]
        if due := [one.sign_in.id for one in here if is_due(one.sign_in, now)]:
            with suppress(Unavailable):  # a store that only reads must not keep anybody out
                await self._store.seen(due)
        people = ((self._who(one.sign_in.person), one.sign_in) for one in here)
        held = (Held(person, one.id, one.opened_at, one.let_in) for person, one in people if person is not None)
        return tuple(sorted(held, key=lambda one: one.person.id))

    async def enter(self, invitation: Invitation, device: Device, browser: str, former: str | None) -> bool:
        """Sign the invitation's person in. ``former``: the session in whose place ``browser`` comes, with everybody
        there. Whether they are signed in now: not, if that had ended before, or was revoked meanwhile."""
        person, nobody = invitation.person, Instant(0)
        id_, by = sign_in_id(browser, person), invitation.by
        sign_in = SignIn(id_, person, invitation.era, invitation.issue, device, nobody, nobody, let_in=by)
        await self._store.open(sign_in, browser, former)
        return any(one.person.id == person for one in await self.held(browser))

    async def is_open(self, sign_in: SignInId) -> bool:
        """Whether it holds now."""
        return any(one.sign_in.id == sign_in and one.is_open for one in await self.all())

    async def all(self, person: PersonId | None = None) -> tuple[Seen, ...]:
        """The newest first; of one person, or of everybody. Those that have ended are remembered for a while."""
        found, now = await self._store.sign_ins()
        wanted = [one for one in found if person is None or one.person == person]
        access = await self._store.access(one.person for one in wanted)
        return tuple(sorted(self._seen(wanted, access, now), key=lambda one: one.sign_in.opened_at, reverse=True))

    async def end(self, person: PersonId, sign_ins: Collection[SignInId] | None = None) -> tuple[SignIn, ...]:
        """End these of the person's, or all; those that were open. Raises NotFound("sign_in.unknown")."""
        theirs = {one.sign_in.id: one for one in await self.all(person)}
        if sign_ins is not None and not theirs.keys() >= set(sign_ins):
            raise NotFound("sign_in.unknown")
        ended = tuple(
            one.sign_in for one in theirs.values() if one.is_open and (sign_ins is None or one.sign_in.id in sign_ins)
        )
        await self._store.end([one.id for one in ended])
        for one in ended:
            self._when_ended(person, one.id, Standing.ENDED)
        return ended

    async def look(self, present: Mapping[SignInId, PersonId]) -> None:
        """Tell which of them hold no more. The others are in use. ``present``: whose desks are open."""
        if not present:
            return
        found, now = await self._store.sign_ins()
        wanted = [one for one in found if one.id in present]
        access = await self._store.access(one.person for one in wanted)
        seen = {one.sign_in.id: one for one in self._seen(wanted, access, now)}
        for id_, person in present.items():
            if id_ not in seen or not seen[id_].is_open:
                self._when_ended(person, id_, seen[id_].standing if id_ in seen else Standing.EXPIRED)
        if due := [id_ for id_, one in seen.items() if one.is_open and is_due(one.sign_in, now)]:
            await self._store.seen(due)

    def _seen(self, found: Iterable[SignIn], access: Mapping[PersonId, Access], now: Instant) -> list[Seen]:
        """Those of somebody who is not of the cast any more have been revoked."""
        each = []
        for one in found:
            person = self._who(one.person)
            if person is None:
                each.append(Seen(one, Standing.REVOKED, one.opened_at, one.opened_at))
            else:
                how = standing(one, access[one.person].era, person.role, now)
                last = one.opened_at + LIFETIMES[person.role].whole
                each.append(Seen(one, how, ends_at(one, person.role), last))
        return each

    async def _move_in(self, browser: str) -> bool:
        """Whether the browser was known to the version before this one: it stays signed in."""
        before = await self._store.former_session(browser)
        for person, era in before.items():
            moved = SignIn(sign_in_id(browser, person), person, era, 0, Device(), Instant(0), Instant(0))
            await self._store.open(moved, browser, None)
        if before:
            await self._store.forget_former_session(browser)
        return bool(before)
