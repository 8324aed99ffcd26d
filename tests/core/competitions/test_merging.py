"""What becomes of a cast when a definition brings another one."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.competitions.cast import Cast, first_cast
from roadshow.competitions.former import FormerPerson, recalled
from roadshow.competitions.loading import load, load_preset
from roadshow.competitions.merging import (
    NOTHING,
    Change,
    Key,
    Record,
    Records,
    Turn,
    cast_of,
    key_of,
    merge,
    records_of,
    said,
)
from roadshow.competitions.people import Appointment, Person, Role
from roadshow.ids import PersonId, RoomId
from roadshow.texts import Text, same_in_all
from tests.core.competitions.definitions import SMALL, TODAY

NAMES = st.sampled_from(["ada", "ben", "eve"])
WORDS = st.sampled_from(["A", "B", "C"])


def _person(name: str, word: str) -> Person:
    return Person(PersonId(name), same_in_all(word))


def _cast(words: Mapping[str, str]) -> Cast:
    people = [_person(name, word) for name, word in words.items()]
    return Cast({person.id: person for person in people}, {}, {})


def _known(records: Records) -> dict[str, str | None]:
    people = {key.id: record.value for key, record in records.items()}
    return {name: one.name.en if isinstance(one, Person) else None for name, one in people.items()}


@dataclass(frozen=True)
class Edit:
    """Done in the product; ``word`` None: withdrawn."""

    name: str
    word: str | None


def _edited(records: Records, edit: Edit) -> Records:
    key = Key("person", edit.name)
    record = records.get(key, NOTHING)
    value = None if edit.word is None else _person(edit.name, edit.word)
    return {**records, key: Record(record.revision + 1, value, record.brought)}


DEFINITIONS = st.dictionaries(NAMES, WORDS)
EDITS = st.builds(Edit, NAMES, st.none() | WORDS)
LIVES = st.lists(DEFINITIONS.map(_cast) | EDITS, max_size=12)


def _lived(life: list[Cast | Edit]) -> Records:
    records: Records = {}
    for event in life:
        records = _edited(records, event) if isinstance(event, Edit) else merge(records, event).records
    return records


@given(LIVES, DEFINITIONS)
def test_what_was_done_in_the_product_stays(life: list[Cast | Edit], words: dict[str, str]) -> None:
    """Somebody worked on it. Wherever it has come to differ from what the definition brought, it is the product's."""
    before = _lived(life)
    after = merge(before, _cast(words)).records
    for key, record in before.items():
        if not record.is_as_brought:
            assert after[key].value == record.value


@given(LIVES, DEFINITIONS)
def test_what_nobody_touched_is_as_the_definition_says(life: list[Cast | Edit], words: dict[str, str]) -> None:
    """A mistake that is mended in the file is mended, and who is not in it any more is out."""
    before = _lived(life)
    after = _known(merge(before, _cast(words)).records)
    touched = {key.id for key, record in before.items() if not record.is_as_brought}
    for name in set(after) - touched:
        assert after[name] == words.get(name)
    assert set(words) <= set(after)


@given(LIVES, DEFINITIONS)
def test_merging_twice_is_merging_once(life: list[Cast | Edit], words: dict[str, str]) -> None:
    """Every start with an unchanged definition merges again, and must neither write nor say anything."""
    once = merge(_lived(life), _cast(words))
    twice = merge(once.records, _cast(words))
    assert (twice.records, twice.written, twice.changes) == (once.records, {}, ())


@given(LIVES, DEFINITIONS)
def test_nothing_changes_in_silence(life: list[Cast | Edit], words: dict[str, str]) -> None:
    """Whose value changed is named, and so is everybody for whom the definition was not followed."""
    before = _lived(life)
    merged = merge(before, _cast(words))
    told = {key_of(change.subject) for change in merged.changes}
    for key, record in merged.records.items():
        former = before.get(key, NOTHING)
        was_passed_over = not record.is_as_brought and record.brought != former.brought
        if record.value != former.value or was_passed_over:
            assert key in told


@given(LIVES, DEFINITIONS)
def test_each_written_record_follows_the_one_it_replaces(life: list[Cast | Edit], words: dict[str, str]) -> None:
    """So that the store sees, in one comparison, whether anybody else wrote meanwhile."""
    before = _lived(life)
    merged = merge(before, _cast(words))
    for key, record in merged.written.items():
        assert record.revision == before.get(key, NOTHING).revision + 1
    for key in set(merged.records) - set(merged.written):
        assert merged.records[key] == before[key]


@pytest.mark.parametrize(
    ("stored", "now", "left", "turn"),
    [
        (NOTHING, "A", "A", Turn.ADDED),
        (Record(1, _person("ada", "A"), _person("ada", "A")), "B", "B", Turn.UPDATED),
        (Record(1, _person("ada", "A"), _person("ada", "A")), None, None, Turn.WITHDRAWN),
        (Record(2, _person("ada", "B"), _person("ada", "A")), "C", "B", Turn.KEPT),
        (Record(2, _person("ada", "B"), _person("ada", "A")), "B", "B", None),
        (Record(2, _person("ada", "B"), _person("ada", "A")), None, "B", Turn.KEPT_ALONE),
        (Record(2, None, _person("ada", "A")), "B", None, Turn.KEPT_WITHDRAWN),
        (Record(2, None, _person("ada", "A")), None, None, None),
        (Record(1, _person("ada", "A")), "B", "A", Turn.KEPT_OWN),
        (Record(3, None), "B", "B", Turn.ADDED),
    ],
)
def test_each_way_of_coming_together(stored: Record, now: str | None, left: str | None, turn: Turn | None) -> None:
    """The whole table: nobody has to guess what a start will do."""
    merged = merge({} if stored is NOTHING else {Key("person", "ada"): stored}, _cast({"ada": now} if now else {}))
    assert _known(merged.records) == {"ada": left}
    assert [change.turn for change in merged.changes] == ([] if turn is None else [turn])


def test_what_a_start_changed_is_said_in_so_many_lines() -> None:
    """A terminal is read from the bottom; two hundred lines would push the address off it."""
    changes = tuple(Change(Turn.WITHDRAWN, _person(f"judge-{number}", "Ada")) for number in range(30))
    lines = list(said(changes))
    assert lines[0] == "no longer in the definition, withdrawn: person judge-0 (Ada)"
    assert (len(lines), lines[-1]) == (21, "… and 10 more")


def test_a_definitions_cast_survives_its_own_records() -> None:
    """Nothing of the demo is lost on the way through the store's form."""
    cast = first_cast(load_preset("demo", today=TODAY))
    merged = merge({}, cast)
    assert len(merged.written) == 41 + 18
    assert cast_of(merged.records) == cast


# The version before -------------------------------------------------------------------------------------------------

BROUGHT = first_cast(load(SMALL, "mine.toml", today=TODAY))
FORMER = tuple(
    FormerPerson(person.id, held.role, person.name, held.room, held.project)
    for person in BROUGHT.people.values()
    for held in person.appointments
)


def test_an_upgrade_alone_changes_nobody() -> None:
    """An operator who installs a new version must not read of changes that nobody made."""
    merged = merge(recalled(FORMER, BROUGHT), BROUGHT)
    assert merged.changes == ()
    assert set(merged.written) == set(records_of(BROUGHT))
    assert cast_of(merged.records) == BROUGHT


def test_an_upgrade_with_another_definition_says_who_is_out() -> None:
    """As before, who is not in the definition any more has no access."""
    gone = FormerPerson(PersonId("judge-9"), Role.JUDGE, Text("Old", "旧", "Старый"), RoomId("ai"))
    merged = merge(recalled((*FORMER, gone), BROUGHT), BROUGHT)
    assert [(change.turn, change.subject.id) for change in merged.changes] == [(Turn.WITHDRAWN, "judge-9")]
    assert cast_of(merged.records) == BROUGHT


def test_an_upgrade_with_another_role_follows_the_definition() -> None:
    """What the version before kept is all brought, so it goes the definition's way."""
    former = tuple(
        FormerPerson(row.id, Role.CHAIR if row.id == "judge-1" else row.role, row.name, row.room, row.project)
        for row in FORMER
    )
    merged = merge(recalled(former, BROUGHT), BROUGHT)
    assert [(change.turn, change.subject.id) for change in merged.changes] == [(Turn.UPDATED, "judge-1")]
    assert cast_of(merged.records).people[PersonId("judge-1")].appointments == (
        Appointment(Role.JUDGE, RoomId("ai"), order=1),
    )
