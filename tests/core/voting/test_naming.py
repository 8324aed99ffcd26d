"""What projects and people are called is bound when the voting begins."""

from typing import TypeVar

import msgspec
import pytest
from msgspec import structs

from roadshow.ids import CriterionId, PersonId, PollId, ProjectId
from roadshow.texts import Text, same_in_all
from roadshow.voting.changes import changes
from roadshow.voting.identity.naming import name_faults, named, sealed_names
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.record import NO_NAMES, Names
from roadshow.voting.spec import Criterion, PollSpec, RuleSet, begun_as, former

ARM, LEG = ProjectId("arm"), ProjectId("leg")
CHAIR, DEPUTY, LIN, VERA = map(PersonId, ("chair", "deputy", "lin", "vera"))
BARE = PollSpec(
    PollId("robotics"),
    (ARM, LEG),
    (LIN,),
    CHAIR,
    (),
    (Criterion(CriterionId("impact"), 1, 10),),
    RuleSet("mean", 1, ("shared",), "exact", 2),
    deputy=DEPUTY,
    procedure=2,
    reserve=(VERA,),
)
PROJECTS = {ARM: Text("Arm", "臂", "Рука"), LEG: Text("Leg", "腿", "Нога")}
PEOPLE = {one: same_in_all(one.title()) for one in named(BARE)}
SPEC = structs.replace(BARE, names=sealed_names(PROJECTS, PEOPLE))
SAID = Names({one: name.en for one, name in PROJECTS.items()}, {one: name.en for one, name in PEOPLE.items()})


Id = TypeVar("Id", ProjectId, PersonId)


def _exchanged(names: dict[Id, str], one: Id, other: Id) -> dict[Id, str]:
    return names | {one: names[other], other: names[one]}


def test_names_that_were_exchanged_are_told() -> None:
    """Two projects would have exchanged their places, as everybody reads them."""
    assert list(name_faults(SPEC, SAID)) == []
    projects = _exchanged(SAID.projects, ARM, LEG)
    (fault,) = name_faults(SPEC, structs.replace(SAID, projects=projects))
    assert "projects have not the names" in fault
    people = _exchanged(SAID.people, CHAIR, LIN)
    (fault,) = name_faults(SPEC, structs.replace(SAID, people=people))
    assert "judges have not the names" in fault


def test_others_than_the_spec_names_may_come_and_go() -> None:
    """Organisers and pitchers are in no ballot; and where judges are numbered, nobody is named."""
    more = {**SAID.people, PersonId("organiser"): "Anna"}
    assert list(name_faults(SPEC, structs.replace(SAID, people=more))) == []
    assert list(name_faults(SPEC, structs.replace(SAID, people={}))) == []


def test_names_left_out_are_told() -> None:
    """A record without them says of no place whose it is."""
    assert len(list(name_faults(SPEC, NO_NAMES))) == 1
    people = {one: name for one, name in SAID.people.items() if one != LIN}
    assert len(list(name_faults(SPEC, structs.replace(SAID, people=people)))) == 1


@pytest.mark.parametrize(
    ("projects", "people", "said"),
    [
        (PROJECTS | {ARM: PROJECTS[LEG], LEG: PROJECTS[ARM]}, PEOPLE, "names of projects"),
        (PROJECTS, PEOPLE | {CHAIR: PEOPLE[LIN], LIN: PEOPLE[CHAIR]}, "names of chair and judges"),
        (PROJECTS | {ARM: Text("Arm", "腿", "Рука")}, PEOPLE, "another language than English"),
    ],
)
def test_the_operator_reads_whose_names_they_are(
    projects: dict[ProjectId, Text], people: dict[PersonId, Text], said: str
) -> None:
    """A start that is refused without saying where to look costs the evening."""
    other = structs.replace(SPEC, names=sealed_names(projects, people))
    assert genesis(other) != genesis(SPEC)
    (line,) = changes(SPEC, other)
    assert said in line


def test_a_poll_from_before_goes_on_without() -> None:
    """Its spec, and so its ledger's first parent, stays as it was."""
    assert begun_as(SPEC) == (SPEC, BARE, former(SPEC))
    assert b"names" not in msgspec.json.encode(BARE)
    assert list(name_faults(BARE, NO_NAMES)) == []
    assert changes(BARE, SPEC) == ()
