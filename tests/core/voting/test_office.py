"""The chair's office in the rules, in what is said beforehand, and in a ledger that somebody wrote by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from roadshow.access.office import as_it_passed
from roadshow.competitions.people import Appointment, Person, Role
from roadshow.errors import NotAllowed
from roadshow.ids import PersonId, RoomId
from roadshow.texts import Text
from roadshow.voting.acts import Act, AskReopening, CloseCount, Countersign, Penalise, Reopen
from roadshow.voting.ballot import canonical
from roadshow.voting.entitlement import deciding, office_of, require_act, require_deciding
from roadshow.voting.ledger.proceedings import Impossible
from roadshow.voting.office.acts import AskChair, PassChair
from roadshow.voting.office.leads import Leads
from roadshow.voting.office.passing import candidates, in_force
from roadshow.voting.office.view import outlook
from roadshow.voting.review import Outlook
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import PassedChair, Tally
from tests.core.voting.test_proceedings import ARM, CHAIR, DEPUTY, LEG, LIN, ORGANISER, SPEC, WHY, Ledger

SECOND, MEI = PersonId("organiser-2"), PersonId("mei")
JURY = structs.replace(SPEC, judges=(CHAIR, LIN, MEI))
NAME = Text("Somebody", "某人", "Кто-то")
PEOPLE = (CHAIR, DEPUTY, LIN, MEI, ORGANISER, SECOND)


def passed(chair: PersonId, by: PersonId = ORGANISER, count: int | None = None) -> PassedChair:
    return PassedChair(chair, WHY, by, 1, count)


def pass_to(ledger: Ledger, chair: PersonId, by: PersonId = ORGANISER, count: int | None = None) -> None:
    ledger.act(SECOND, PassChair(ledger.act(by, AskChair(chair, count, WHY))))


def _ledger(spec: PollSpec = JURY) -> Ledger:
    ledger = Ledger(spec)
    for project in (ARM, LEG):
        ledger.open(project)
        ledger.ballot(LIN, project)
        ledger.close(project)
    return ledger


def test_who_was_chair_has_no_office_and_is_taken_for_no_organiser() -> None:
    """Who is none of the jury organises: a former chair without a vote would else have every organiser's right."""
    spec = structs.replace(JURY, judges=(LIN, MEI))
    now = in_force(spec, (passed(DEPUTY),))
    assert (office_of(now, CHAIR), office_of(now, DEPUTY), now.deputy) == (None, "chair", None)
    for act in (Penalise(ARM, 100, WHY), Reopen(1), Countersign(1), AskChair(LIN, None, WHY), PassChair(1)):
        with pytest.raises(NotAllowed, match=r"result\.not_chair"):
            require_act(now, CHAIR, act, ())


def test_a_new_chair_in_conflict_decides_no_more_than_the_former_one() -> None:
    """Whoever takes the office for a project they are recused from has nothing of it; nor is there another deputy."""
    conflict = {(DEPUTY, ARM)}
    now = in_force(JURY, (passed(DEPUTY),))
    assert (deciding(now, conflict, (ARM,)), deciding(now, conflict, (LEG,))) == ("organiser", "chair")
    with pytest.raises(NotAllowed, match=r"ruling\.conflict"):
        require_deciding(now, conflict, DEPUTY, (ARM, LEG), settles=True)


def test_what_it_does_is_said_before_it_is_signed() -> None:
    """Whose the projects in conflict are then, whether they vote, whether ties are theirs, and who is deputy then."""
    conflict = {(DEPUTY, ARM), (LIN, LEG)}
    told = outlook(JURY, Tally(()), conflict, passed(DEPUTY))
    assert told == Outlook({ARM: "organiser"}, votes=False, settles=True, deputy=None)
    told = outlook(JURY, Tally(()), conflict, passed(LIN, count=1))
    assert told == Outlook({LEG: "deputy"}, votes=True, settles=False, deputy=DEPUTY)


@given(st.lists(st.tuples(st.sampled_from(PEOPLE), st.sampled_from([None, 1])), max_size=6))
def test_however_often_it_passes_there_is_one_chair_and_nobody_returns(
    wanted: list[tuple[PersonId, int | None]],
) -> None:
    """As many of the jury as there are, each once; a deputy is the one who was named, or there is none."""
    done: list[PassedChair] = []
    for chair, count in wanted:
        if chair in candidates(JURY, (), done):
            done.append(passed(chair, count=count))
    now = in_force(JURY, done)
    line = [CHAIR, *(one.chair for one in done)]
    assert len(set(line)) == len(line)
    assert (now.chair, now.stood_down) == (line[-1], tuple(line[:-1]))
    assert now.deputy == (None if DEPUTY in line else DEPUTY)
    assert now.chosen_late == bool(done and done[-1].count and done[-1].chair != DEPUTY)
    assert set(candidates(JURY, (), done)) == {DEPUTY, LIN, MEI} - set(line)
    assert [office_of(now, person) for person in line] == [*[None] * len(done), "chair"]


def test_an_office_that_passes_as_it_may_is_possible() -> None:
    """Nobody must be accused of it: the deputy closes the count and confirms."""
    ledger = _ledger()
    pass_to(ledger, DEPUTY)
    ledger.act(DEPUTY, CloseCount(1))
    ledger.write("confirm", b'{"chair":"deputy","command":"command-last","result":"00"}')


@pytest.mark.parametrize(
    ("by", "chair", "signs", "why"),
    [
        (ORGANISER, DEPUTY, ORGANISER, "no second person"),
        (DEPUTY, DEPUTY, DEPUTY, "no second person"),
        (ORGANISER, LIN, LIN, "no second person"),
        (ORGANISER, LIN, MEI, "no second person"),
        (ORGANISER, LIN, CHAIR, "no second person"),
        (LIN, LIN, SECOND, "had not to ask"),
        (ORGANISER, CHAIR, SECOND, "has it or had it"),
        (ORGANISER, SECOND, DEPUTY, "neither the deputy nor a judge"),
    ],
)
def test_an_office_that_no_store_lets_pass_is_told(by: PersonId, chair: PersonId, signs: PersonId, why: str) -> None:
    """Whoever has the store could write one in: a chair of their choice."""
    ledger = _ledger()
    with pytest.raises(Impossible, match=why):
        ledger.act(signs, PassChair(ledger.act(by, AskChair(chair, None, WHY))))


@pytest.mark.parametrize("votes", [True, False])
@pytest.mark.parametrize("act", [CloseCount(1), Penalise(LEG, 100, WHY), AskChair(LIN, None, WHY)])
def test_what_a_former_chair_did_afterwards_is_told(act: Act, votes: bool) -> None:
    """An act of theirs that was replayed, or written in later; nor is one without a vote taken for an organiser."""
    ledger = _ledger(JURY if votes else structs.replace(JURY, judges=(LIN, MEI)))
    pass_to(ledger, DEPUTY)
    with pytest.raises(Impossible):
        ledger.act(CHAIR, act)


def test_the_same_person_signs_nothing_twice_in_two_roles() -> None:
    """Confirmed as the chair, and signed as a judge; asked for as the deputy, and signed as the chair."""
    ledger = Ledger(structs.replace(JURY, rules=structs.replace(JURY.rules, second_confirmation=True)))
    ledger.open(ARM)
    ledger.close(ARM)
    ledger.close_count()
    ledger.confirm()
    pass_to(ledger, DEPUTY, count=1)
    for person in (CHAIR, DEPUTY):
        with pytest.raises(Impossible, match="second signature"):
            ledger.act(person, Countersign(1))
    asked = ledger.act(DEPUTY, AskReopening(1, WHY))
    for person in (CHAIR, DEPUTY, LIN):
        with pytest.raises(Impossible, match="no second person"):
            ledger.act(person, Reopen(asked))
    ledger.act(ORGANISER, Reopen(asked))


def test_a_tie_is_not_settled_by_whom_those_chose_who_knew_of_it() -> None:
    """The deputy settles it, who was named before."""
    ledger = _ledger()
    ledger.close_count()
    pass_to(ledger, LIN, count=1)
    with pytest.raises(Impossible, match="deputy's to decide"):
        ledger.settle(LIN, ARM, LEG)
    ledger.settle(DEPUTY, ARM, LEG)


def test_a_request_from_before_the_count_was_closed_is_not_signed_after_it() -> None:
    """It would pass for one that was made when nobody knew of ties."""
    ledger = _ledger()
    asked = ledger.act(ORGANISER, AskChair(LIN, None, WHY))
    ledger.close_count()
    with pytest.raises(Impossible, match="meanwhile"):
        ledger.act(SECOND, PassChair(asked))


def test_a_poll_whose_office_never_passed_has_nothing_of_it_in_its_spec() -> None:
    """Hashes of polls that were begun before stay what they were."""
    assert b"stood_down" not in canonical(SPEC)
    assert b"chosen_late" not in canonical(SPEC)


def _person(name: PersonId, role: Role) -> Person:
    return Person(name, NAME, (Appointment(role, RoomId("robotics"), recused=(LEG,)),))


def _roles(leads: Leads, name: PersonId, role: Role) -> list[Role]:
    now = as_it_passed(_person(name, role), leads)
    assert now is not None
    return [one.role for one in now.appointments]


def test_whoever_comes_comes_as_what_they_are_by_now() -> None:
    """The cast does not change, and their links hold: the deputy finds the chair's desk, the former chair a judge's."""
    told: list[PersonId] = []
    leads = Leads(told.append)
    room = RoomId("robotics")
    leads.learn(room, JURY, Tally(()))
    assert (_roles(leads, CHAIR, Role.CHAIR), told) == ([Role.CHAIR], [])
    for _ in range(2):  # each reading tells it
        leads.learn(room, JURY, Tally((), passed=(passed(DEPUTY),)))
    assert told == [CHAIR, DEPUTY]
    assert _roles(leads, CHAIR, Role.CHAIR) == [Role.JUDGE]
    assert _roles(leads, DEPUTY, Role.DEPUTY) == [Role.CHAIR]
    assert _roles(leads, LIN, Role.JUDGE) == [Role.JUDGE]
    assert _roles(leads, SECOND, Role.ORGANISER) == [Role.ORGANISER]
    leads.learn(room, structs.replace(JURY, judges=(LIN,)), Tally((), passed=(passed(LIN),)))
    assert (_roles(leads, CHAIR, Role.CHAIR), _roles(leads, LIN, Role.JUDGE)) == ([], [Role.CHAIR])
    other = Appointment(Role.CHAIR, RoomId("elsewhere"))
    assert as_it_passed(Person(CHAIR, NAME, (other,)), leads) == Person(CHAIR, NAME, (other,))


def test_what_was_read_before_changes_nothing_of_who_leads_now() -> None:
    """Answers of a store may come in another order. And who was chair in between is told, too: they sit before the
    chair's desk, with all that it is sent."""
    told: list[PersonId] = []
    leads = Leads(told.append)
    room, once, twice = RoomId("robotics"), (passed(LIN),), (passed(LIN), passed(DEPUTY))
    leads.learn(room, JURY, Tally((), passed=twice))
    assert told == [CHAIR, LIN, DEPUTY]
    leads.learn(room, JURY, Tally((), passed=once))
    assert told == [CHAIR, LIN, DEPUTY]
    assert (_roles(leads, LIN, Role.JUDGE), _roles(leads, DEPUTY, Role.DEPUTY)) == ([Role.JUDGE], [Role.CHAIR])
