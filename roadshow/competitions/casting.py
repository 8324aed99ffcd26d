"""The cast of a running competition: what everybody sees of it now, and every way to change it.

A change is checked against all that must hold, then durable, and only then seen. Whoever changes something says which
revision they looked at, so that of two people who open the same record the second is told, and nothing is lost.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Self, TypeVar

import msgspec
from msgspec import inspect
from msgspec.structs import replace

from roadshow.competitions.appointing import require_final, require_fitting
from roadshow.competitions.cast import MOST_ORGANISATIONS, MOST_PEOPLE, Cast, Organisation, Project, first_cast
from roadshow.competitions.declarations import Declaration
from roadshow.competitions.definition import MOST_FIELDS, MOST_JUDGES, Competition
from roadshow.competitions.enrolment import Enrolment, require_first
from roadshow.competitions.former import recalled
from roadshow.competitions.jury import faults
from roadshow.competitions.merging import (
    NOTHING,
    Key,
    Merged,
    Record,
    Records,
    Subject,
    cast_of,
    key_of,
    merge,
    said,
)
from roadshow.competitions.people import JUDGING, Appointment, Person
from roadshow.competitions.ports import CastStore
from roadshow.competitions.reading.shape import shape_problems
from roadshow.errors import Conflict, InputError, NotAllowed, NotFound, RoadshowError, SetupError
from roadshow.ids import OrganisationId, PersonId, ProjectId, RoomId
from roadshow.texts import Text

Fit = Callable[[Cast], Awaitable[None]]
"""Makes the polls what this cast says. Raises Conflict("poll.changed") when one has begun with another jury."""
Changed = Callable[[Person, Person | None], None]
"""Hears of everybody whose record was another before; None: they are not in the cast any more."""

_Kind = TypeVar("_Kind", Person, Project, Organisation, Declaration, Enrolment)
MOST = {
    "person": MOST_PEOPLE,
    "organisation": MOST_ORGANISATIONS,
    "declaration": MOST_FIELDS * MOST_JUDGES,
    "key": MOST_FIELDS * MOST_JUDGES,
}
"""Records of each kind that can be made here."""
_SHAPES = {kind: inspect.type_info(kind) for kind in (Person, Project, Organisation, Declaration, Enrolment)}


async def _nothing_to_fit(_: Cast) -> None:
    pass


def _ignore(_: Person, __: Person | None) -> None:
    pass


def _unseen() -> None:
    pass


class Casting:
    """``load`` one, ``keep`` what its start changed, and ask it."""

    def __init__(
        self,
        store: CastStore,
        competition: Competition,
        merged: Merged,
        news: Sequence[str],
        *,
        when_changed: Changed = _ignore,
        when_seen: Callable[[], None] = _unseen,
    ) -> None:
        self._store = store
        self._competition = competition
        self._records = dict(merged.records)
        self._unwritten = merged.written
        self._cast = cast_of(self._records)
        self._fit: Fit = _nothing_to_fit
        self._when_changed = when_changed
        self._when_seen = when_seen
        self._turn = asyncio.Lock()
        """One change at a time: between a check and its write lies the store."""
        self._in_doubt = False
        """Whether a write got no answer: it may or may not have happened."""
        self.news = tuple(news)
        """What this start changed, a line each; nothing at a first start, which has nothing to compare with."""

    @classmethod
    async def load(
        cls,
        store: CastStore,
        competition: Competition,
        *,
        when_changed: Changed = _ignore,
        when_seen: Callable[[], None] = _unseen,
    ) -> Self:
        """The store's cast with what the definition brings. Nothing is written yet. ``when_seen`` hears of every
        change, before ``when_changed`` hears of whom it concerns. Raises SetupError when no final can be held with
        what comes of it, Unavailable."""
        brought = first_cast(competition)
        stored = await store.load() or recalled(await store.former(), brought)
        merged = merge(stored, brought)
        casting = cls(
            store,
            competition,
            merged,
            tuple(said(merged.changes)) if stored else (),
            when_changed=when_changed,
            when_seen=when_seen,
        )
        casting._require_sense()
        return casting

    async def keep(self, fit: Fit = _nothing_to_fit) -> None:
        """Make what the start changed durable; from now on there may be changes, of which ``fit`` tells the polls.
        Raises SetupError, Unavailable."""
        try:
            await self._store.write(self._unwritten)
        except Conflict:
            raise SetupError("Another server changed the cast just now. Start this one again.") from None
        self._unwritten = {}
        self._fit = fit

    # What is there -------------------------------------------------------------------------------------------------

    @property
    def cast(self) -> Cast:
        """As it is in the store."""
        return self._cast

    def who(self, person: PersonId) -> Person | None:
        """Somebody of the cast; None: nobody of that id."""
        return self._cast.people.get(person)

    def revision(self, subject: Subject) -> int:
        """What to say when changing it."""
        return self.revision_of(key_of(subject))

    def revision_of(self, key: Key) -> int:
        """The same of a record that may not be there yet."""
        return self._records.get(key, NOTHING).revision

    # How it changes ------------------------------------------------------------------------------------------------

    async def register(
        self,
        name: Text,
        appointments: Sequence[Appointment],
        *,
        affiliation: Text | None = None,
        organisation: OrganisationId | None = None,
    ) -> Person:
        """Somebody new, who can be invited from now on. Raises what ``appoint`` raises, Conflict("cast.full")."""
        person = Person(
            PersonId(_new_id("person")), name, tuple(appointments), organisation=organisation, affiliation=affiliation
        )
        await self._put(person, 0)
        return person

    async def register_organisation(self, name: Text, place: Text | None = None) -> Organisation:
        """Raises InputError("cast.malformed"), Conflict("cast.full")."""
        organisation = Organisation(OrganisationId(_new_id("organisation")), name, place)
        await self._put(organisation, 0)
        return organisation

    async def appoint(self, person: PersonId, appointment: Appointment, expected_revision: int) -> Person:
        """Give somebody one more role, or the same one with other recusals. Raises Conflict("cast.stale"),
        Conflict("poll.changed") once the field's voting has begun, NotFound("person.unknown"), and what
        ``appointing.require_fitting`` raises."""
        known = self._cast.person(person)
        others = tuple(one for one in known.appointments if one.place != appointment.place)
        return await self._put(replace(known, appointments=(*others, appointment)), expected_revision)

    async def dismiss(self, person: PersonId, appointment: Appointment, expected_revision: int) -> Person:
        """Take the role from them; whoever has none left stays on record. Raises as ``appoint``, and
        NotFound("appointment.unknown")."""
        known = self._cast.person(person)
        left = tuple(one for one in known.appointments if one.place != appointment.place)
        if left == known.appointments:
            raise NotFound("appointment.unknown")
        return await self._put(replace(known, appointments=left), expected_revision)

    async def change_person(self, person: Person, expected_revision: int) -> Person:
        """Another name, organisation or affiliation; appointments as they are on record. Raises as ``appoint``."""
        known = self._cast.person(person.id)
        return await self._put(replace(person, appointments=known.appointments), expected_revision)

    async def change_project(self, project: Project, expected_revision: int) -> Project:
        """Other words, another deck. Its field and its place in the running order are the running room's. Raises
        InputError("cast.malformed"), Conflict("cast.stale"), NotFound("project.unknown")."""
        known = self._cast.project(project.id)
        return await self._put(replace(project, field=known.field, order=known.order), expected_revision)

    async def declare(
        self, declaration: Declaration, words: Mapping[ProjectId, str], expected_revision: int
    ) -> Declaration:
        """What a judge says of their conflicts (``declarations.declared``), and in their own words. Raises as
        ``appoint``, NotAllowed("ballot.not_entitled") for whoever does not judge the field."""
        self._require_judge(declaration.person, declaration.room)
        stored = await self._put(declaration, expected_revision)
        field = next(one for one in self._competition.fields if one.room == declaration.room)
        names = {project.id: f"{declaration.id}.{project.id}" for project in self._cast.projects_in(field.id)}
        said_of = {project: words.get(project, "") for project in declaration.categories}
        await self._store.keep_words({name: said_of.get(project, "") for project, name in names.items()})
        return stored

    async def enrol(self, enrolment: Enrolment) -> Enrolment:
        """The key with which a judge signs in a field: the first one stays. Raises NotAllowed("ballot.not_entitled"),
        Conflict("key.early") if another was enrolled, Conflict("poll.changed") once the field's voting has begun, and
        what every change does."""
        self._require_judge(enrolment.person, enrolment.room)
        former = self._cast.keys.get((enrolment.person, enrolment.room))
        require_first(former, enrolment.key)
        return former or await self._put(enrolment, self.revision_of(key_of(enrolment)))

    def _require_judge(self, person: PersonId, room: RoomId) -> None:
        known = self._cast.person(person)
        if not any(one.role in JUDGING and one.room == room for one in known.appointments):
            raise NotAllowed("ballot.not_entitled")

    async def words_of(self, room: RoomId) -> Mapping[tuple[PersonId, ProjectId], str]:
        """What the field's judges say of their conflicts in their own words; for chair, deputy and organisers."""
        told: dict[tuple[PersonId, ProjectId], str] = {}
        for name, text in (await self._store.words()).items():
            person, of_room, project = name.split(".")
            if of_room == room:
                told[PersonId(person), ProjectId(project)] = text
        return told

    async def withdraw(self, person: PersonId, expected_revision: int) -> None:
        """Take somebody out of the cast: they have no access from now on, and a definition that names them does not
        bring them back. Raises as ``appoint``."""
        await self._change(key_of(self._cast.person(person)), None, expected_revision)

    # Behind it -----------------------------------------------------------------------------------------------------

    async def _put(self, subject: _Kind, expected_revision: int) -> _Kind:
        # As it would be read: lists where a document has lists.
        if any(shape_problems(msgspec.json.decode(msgspec.json.encode(subject)), _SHAPES[type(subject)])):
            raise InputError("cast.malformed")
        await self._change(key_of(subject), subject, expected_revision)
        return subject

    async def _change(self, key: Key, value: Subject | None, expected_revision: int) -> None:
        async with self._turn:
            if self._in_doubt:
                await self._look_again()
            record = self._records.get(key, NOTHING)
            if record.revision != expected_revision:
                raise Conflict("cast.stale")
            if key not in self._records:
                self._require_place(key.kind)
            changed = Record(record.revision + 1, value, record.brought)
            records = {**self._records, key: changed}
            cast = cast_of(records)
            if isinstance(value, Person):
                require_fitting(value, cast, self._competition)
            require_final(cast, self._competition)
            self._in_doubt = True
            try:
                # The polls first: once one has begun, its jury is fixed, and nothing may be written of another.
                await self._fit(cast)
                await self._store.write({key: changed})
            except RoadshowError:
                with suppress(RoadshowError):
                    await self._look_again()
                raise
            self._in_doubt = False
            self._see(records)

    def _require_place(self, kind: str) -> None:
        """For one more record. Whoever was withdrawn has one, too: it keeps them from coming back."""
        if sum(known.kind == kind for known in self._records) >= MOST[kind]:
            raise Conflict("cast.full", most=MOST[kind])

    async def _look_again(self) -> None:
        """What the store holds is in force, whatever was meant."""
        records = await self._store.load()
        await self._fit(cast_of(records))
        self._in_doubt = False
        self._see(records)

    def _see(self, records: Records) -> None:
        before, self._records, self._cast = self._cast, dict(records), cast_of(records)
        self._when_seen()
        for person in before.people.values():
            now = self.who(person.id)
            if now is None or now.appointments != person.appointments:
                self._when_changed(person, now)

    def _require_sense(self) -> None:
        problems = [
            fault.text if fault.project is None else f"project {fault.project}: {fault.text}"
            for field in self._competition.fields
            for fault in faults(self._cast, field, self._competition.judging(field).rules)
        ]
        if problems:
            raise SetupError(
                "\n".join(
                    [
                        "the definition and what was changed here do not make a final together:",
                        *(f"  {problem}" for problem in problems),
                        *(f"  {line}" for line in self.news),
                        "Nothing was changed. Put back what the definition said before.",
                    ]
                )
            )


def _new_id(kind: str) -> str:
    """Nobody's yet: with 40 random bits, and a revision of 0 that only a new record has."""
    return f"{kind}-{secrets.token_hex(5)}"
