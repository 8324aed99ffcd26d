"""What judges say of their conflicts of interest before the voting."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from roadshow.competitions.cast import Cast, first_cast, voters
from roadshow.competitions.declarations import Declaration, Declared, declared
from roadshow.competitions.jury import faults, short, warnings
from roadshow.competitions.loading import load_preset
from roadshow.competitions.plan import conflicts_until, opens_at
from roadshow.conflicts import ConflictCategory
from roadshow.errors import Conflict, NotFound
from roadshow.fields.plans import poll_spec
from roadshow.ids import PersonId, ProjectId, RoomId
from roadshow.moments import Duration, Instant
from tests.core.competitions.definitions import TODAY

A, B, C = PROJECTS = tuple(ProjectId(name) for name in "abc")
LIN, AI = PersonId("lin"), RoomId("ai")
UNTIL = Instant(1_000)
IN_TIME, LATE = Instant(999), Instant(1_000)
Said = dict[ProjectId, ConflictCategory]

DEMO = load_preset("demo", today=TODAY)
FIELD = next(field for field in DEMO.fields if field.id == "ai")


def answer(former: Declaration | None, said: Said, at: Instant) -> Declaration:
    return declared(former, LIN, AI, said, PROJECTS, at, UNTIL)


def test_to_have_none_is_an_answer() -> None:
    """Who has not answered must be told from who has nothing to say."""
    assert answer(None, {}, IN_TIME) == Declaration(LIN, AI, IN_TIME.ms, ())


def test_until_the_deadline_all_can_be_taken_back() -> None:
    """Somebody clicked the wrong line."""
    first = answer(None, {B: "stake", A: "works"}, IN_TIME)
    assert first.conflicts == (Declared(A, "works"), Declared(B, "stake"))
    assert answer(first, {C: "close"}, IN_TIME).conflicts == (Declared(C, "close"),)


def test_after_it_more_can_be_said_and_nothing_less() -> None:
    """A conflict that comes to mind late is better told than not; one that is gone late is one that was bought off."""
    first = answer(None, {B: "stake"}, IN_TIME)
    more = answer(first, {A: "works", B: "stake"}, LATE)
    assert more.conflicts == (Declared(A, "works", late=True), Declared(B, "stake"))
    assert answer(more, {A: "works", B: "stake"}, LATE + Duration.minutes(1)).conflicts == more.conflicts
    less: list[Said] = [{}, {A: "works"}, {A: "works", B: "rival"}]
    for said in less:
        with pytest.raises(Conflict, match=r"conflicts\.fixed"):
            answer(more, said, LATE)


def test_only_projects_of_the_field_are_asked_about() -> None:
    """A form is written by whoever sends it."""
    with pytest.raises(NotFound, match=r"project\.unknown"):
        answer(None, {ProjectId("elsewhere"): "works"}, IN_TIME)


_SAID = st.dictionaries(st.sampled_from(PROJECTS), st.sampled_from(["works", "stake", "other"]))


@given(st.lists(st.tuples(_SAID, st.integers(900, 1_100)), max_size=8))
def test_what_was_said_at_the_deadline_stays(answers: list[tuple[Said, int]]) -> None:
    """Whatever is sent afterwards, in whatever order: late ones come on top and are marked."""
    stands: Declaration | None = None
    for said, at in sorted(answers, key=lambda one: one[1]):
        before = stands
        try:
            stands = answer(stands, said, Instant(at))
        except Conflict:
            assert at >= UNTIL.ms
            continue
        assert stands.categories == said
        if before is not None and at >= UNTIL.ms:
            assert set(before.conflicts) <= set(stands.conflicts)
        assert at >= UNTIL.ms or not any(one.late for one in stands.conflicts)


# What comes of it ---------------------------------------------------------------------------------------------------


def said_by(cast: Cast, judge: PersonId, *conflicts: Declared, room: RoomId = FIELD.room) -> Cast:
    said = Declaration(judge, room, 1, conflicts)
    return Cast(cast.people, cast.projects, cast.organisations, {**cast.declarations, (judge, room): said})


CAST = first_cast(DEMO)
FIRST, SECOND = (project.id for project in CAST.projects_in(FIELD.id)[:2])
JURY = [juror.id for juror in CAST.jury_of(FIELD) if not juror.recused]


def test_a_declared_conflict_is_as_good_as_one_of_the_definition() -> None:
    """The poll takes no ballot, and nobody decides about the project who has it; of what kind it is, is on record."""
    cast = said_by(CAST, JURY[1], Declared(SECOND, "advises"), Declared(FIRST, "close", late=True))
    spec = poll_spec(DEMO, FIELD, cast)
    assert {(JURY[1], FIRST), (JURY[1], SECOND)} <= set(spec.recused)
    assert spec.declared == ((JURY[1], FIRST, "close"), (JURY[1], SECOND, "advises"))
    assert JURY[1] not in voters(cast, cast.project(FIRST), FIELD, DEMO.rules)
    assert poll_spec(DEMO, FIELD, said_by(CAST, JURY[1])) == poll_spec(DEMO, FIELD, CAST)


def test_what_is_said_twice_is_said_once() -> None:
    """The organiser knew already, or the project left the field."""
    field, judge = next((field, one) for field in DEMO.fields for one in CAST.jury_of(field) if one.recused)
    said = (Declared(judge.recused[0], "stake"), Declared(ProjectId("gone"), "stake"))
    cast = said_by(CAST, judge.id, *said, room=field.room)
    assert poll_spec(DEMO, field, cast) == poll_spec(DEMO, field, CAST)


def test_too_many_conflicts_are_told_and_keep_no_field_from_being_held() -> None:
    """Who tells the truth must not be refused, nor a server that starts again with it."""
    cast = CAST
    for judge in JURY[: len(JURY) - DEMO.rules.quorum + 2]:
        cast = said_by(cast, judge, Declared(FIRST, "close"))
    assert list(faults(cast, FIELD, DEMO.rules)) == []
    assert short(cast, FIELD, DEMO.rules).keys() == {FIRST}
    assert any(FIRST in line and "declared" in line for line in warnings(cast, DEMO))
    assert short(CAST, FIELD, DEMO.rules) == {}


def test_the_deadline_is_the_definitions_or_the_fields_start() -> None:
    """Without one, the last moment is when the doors open."""
    assert conflicts_until(DEMO, FIELD) == opens_at(FIELD)
    earlier = replace(DEMO, conflicts_until="2020-12-01T18:00:00+08:00")
    assert conflicts_until(earlier, FIELD) == Instant(1_606_816_800_000)
