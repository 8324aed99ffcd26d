"""A substitute in the rules, in what is said beforehand, and in a ledger that somebody wrote by hand."""

import pytest
from msgspec import structs

from roadshow.errors import NotAllowed
from roadshow.ids import PersonId, ProjectId
from roadshow.voting.acts import AskSubstitute, Substitute
from roadshow.voting.ballot import canonical
from roadshow.voting.entitlement import require_seating, signing_seat
from roadshow.voting.ledger.proceedings import Impossible
from roadshow.voting.review import Prospect
from roadshow.voting.rules import evaluate
from roadshow.voting.seating.preview import preview
from roadshow.voting.spec import PollSpec, Trim
from roadshow.voting.tally import Substitution
from tests.core.voting.juries import ballot_of, ballots_of, explanation, one_criterion, scores, spec_of
from tests.core.voting.test_proceedings import ARM, CHAIR, DEPUTY, LEG, LIN, ORGANISER, SPEC, WHY, Ledger

VERA = PersonId("vera")
TABLE = one_criterion([[80, 80, 80], [70, 70, 70], [60, 60, 60]])


def asked(judge: str, project: str, by: str = "organiser", substitute: str = "vera") -> Substitution:
    return Substitution(PersonId(judge), PersonId(substitute), ProjectId(project), WHY, PersonId(by), 1)


def with_reserve(spec: PollSpec) -> PollSpec:
    return structs.replace(spec, reserve=(VERA,))


def test_ballots_of_one_seat_count_once_and_who_had_it_is_not_missed() -> None:
    """What the lost judge gave for b, from a store that let it in, would be a second voice; c waits for nobody."""
    spec = with_reserve(spec_of(TABLE, estimator="borda"))
    ballots = [one for one in ballots_of(TABLE) if not (one.judge == "j2" and one.project == "c")]
    ballots += [ballot_of("vera", "b", (90,)), ballot_of("vera", "c", (90,)), ballot_of("vera", "a", (0,))]
    result = evaluate(structs.replace(spec, rules=structs.replace(spec.rules, estimator="mean")), ballots,
                      substitutions=(asked("j2", "b"),))  # fmt: skip
    assert scores(result) == {"a": "70.00", "b": "80.00", "c": "80.00"}
    assert result.caveat is None
    states = [
        {one.judge: one.state for one in explanation(result, project).steps[0].judges}  # type: ignore[union-attr]
        for project in "ab"
    ]
    assert (states[0]["vera"], states[0]["j2"]) == ("replaced", "submitted")
    assert (states[1]["vera"], states[1]["j2"]) == ("submitted", "replaced")


def test_what_a_substitution_does_is_said_before_it_is_signed() -> None:
    """Without one, a project would miss its quorum and no project would be trimmed; with one who is recused from c, c
    alone still would."""
    spec = with_reserve(spec_of(TABLE, estimator="trimmed-mean", quorum=3, trim=Trim(1, 3)))
    told = preview(spec, {(VERA, ProjectId("c"))}, (), asked("j2", "b"))
    assert told.without == Prospect((ProjectId("b"), ProjectId("c")), "trimmed-mean")
    assert told.seated == Prospect((ProjectId("c"),), "trimmed-mean")
    spec = structs.replace(spec, rules=structs.replace(spec.rules, quorum=2))
    told = preview(spec, frozenset(), (), asked("j2", "b"))
    assert (told.without, told.seated) == (Prospect((), "mean"), Prospect((), "trimmed-mean"))


@pytest.mark.parametrize(
    ("by", "judge", "office"),
    [("organiser", "lin", "deputy"), ("deputy", "lin", "chair"), ("chair", "deputy", "organiser")],
)
def test_the_deputy_signs_or_whoever_is_next_and_not_concerned(by: str, judge: str, office: str) -> None:
    """Who asked and whom it is about have no second voice in it."""
    spec = with_reserve(SPEC)
    offered = asked(judge, "leg", by)
    assert signing_seat(spec, offered) == office
    people = {"deputy": DEPUTY, "chair": CHAIR, "organiser": PersonId("another")}
    require_seating(spec, people[office], Substitute(1), offered)
    for other in (PersonId(by), PersonId(judge), VERA, *(who for name, who in people.items() if name != office)):
        with pytest.raises(NotAllowed, match=r"substitute\.second_person"):
            require_seating(spec, other, Substitute(1), offered)


def test_nobody_on_the_reserve_is_taken_for_an_organiser() -> None:
    """They hold no office: neither may they ask for a seat, nor decide anything."""
    with pytest.raises(NotAllowed, match=r"result\.not_chair"):
        require_seating(with_reserve(SPEC), VERA, AskSubstitute(LIN, PersonId("other"), LEG, WHY), None)


def _ledger() -> Ledger:
    ledger = Ledger(with_reserve(SPEC))
    ledger.open(ARM)
    ledger.ballot(LIN, ARM)
    ledger.close(ARM)
    return ledger


def test_a_substitution_that_may_be_is_possible() -> None:
    """Nobody must be accused of it: asked by the organiser, signed by the deputy, and the substitute votes."""
    ledger = _ledger()
    ledger.act(DEPUTY, Substitute(ledger.act(ORGANISER, AskSubstitute(LIN, VERA, LEG, WHY))))
    ledger.open(LEG)
    ledger.ballot(VERA, LEG)


@pytest.mark.parametrize(
    ("by", "judge", "project", "signs", "why"),
    [
        (ORGANISER, LIN, LEG, ORGANISER, "no second person"),
        (ORGANISER, LIN, LEG, CHAIR, "no second person"),
        (ORGANISER, LIN, LEG, VERA, "no second person"),
        (LIN, LIN, LEG, DEPUTY, "had not to ask"),
        (VERA, LIN, LEG, DEPUTY, "had not to ask"),
        (ORGANISER, LIN, ARM, DEPUTY, "has given something"),
        (ORGANISER, VERA, LEG, DEPUTY, "does not sit there"),
        (ORGANISER, LIN, ProjectId("none"), DEPUTY, "no such project"),
    ],
)
def test_a_substitution_that_no_store_lets_through_is_told(
    by: PersonId, judge: PersonId, project: ProjectId, signs: PersonId, why: str
) -> None:
    """Whoever has the store could write one in: a friend in a judge's seat."""
    ledger = _ledger()
    with pytest.raises(Impossible, match=why):
        ledger.act(signs, Substitute(ledger.act(by, AskSubstitute(judge, VERA, project, WHY))))


def test_a_seat_is_taken_once_and_its_ballots_are_of_who_has_it() -> None:
    """The former judge's ballot after that, or the substitute's before, is none of the seat's."""
    ledger = _ledger()
    ask = ledger.act(ORGANISER, AskSubstitute(LIN, VERA, LEG, WHY))
    ledger.act(DEPUTY, Substitute(ask))
    with pytest.raises(Impossible, match="no such request"):
        ledger.act(DEPUTY, Substitute(ask))
    with pytest.raises(Impossible, match="not on the reserve"):
        ledger.act(ORGANISER, AskSubstitute(CHAIR, VERA, LEG, WHY))
    ledger.open(LEG)
    with pytest.raises(Impossible, match="seat of lin"):
        ledger.ballot(LIN, LEG)
    with pytest.raises(Impossible, match="seat of vera"):
        ledger.ballot(VERA, ARM, kind="late")


def test_a_poll_without_a_reserve_has_nothing_of_it_in_its_spec() -> None:
    """Hashes of polls that were begun before stay what they were."""
    assert b"reserve" not in canonical(SPEC)
