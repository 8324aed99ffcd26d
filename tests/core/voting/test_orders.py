"""Ballots that are orders: which counts, of what, and what they come to."""

import pytest
from msgspec import structs

from roadshow.errors import Conflict, InputError
from roadshow.ids import CommandId, CriterionId, PersonId, ProjectId
from roadshow.voting import acts
from roadshow.voting.ballot import canonical, check, frame
from roadshow.voting.entitlement import require_heard
from roadshow.voting.explanation import Counted
from roadshow.voting.ledger.proceedings.standing import Impossible
from roadshow.voting.results import CeremonyState
from roadshow.voting.rules import FieldResult, Votes
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import PollState, Revote, Tally
from roadshow.voting.votes import Accepted, Ballot, Cast
from tests.core.voting.juries import ballot_of, explanation, order_of, outcome, places, scores, set_aside, spec_of
from tests.core.voting.test_proceedings import ARM, CHAIR, LEG, LIN, SPEC, WHY, Ledger

CHAIN = ("pairwise-majority", "re-vote", "chair", "shared")
A, B, C = (ProjectId(name) for name in "abc")


def ordered(*sent: Ballot, judges: str = "jkl", **rules: object) -> Votes:
    spec = spec_of(
        {judge: {} for judge in judges},
        projects="abc",
        **{"estimator": "borda", "ballots": "orders", "chain": CHAIN, **rules},  # type: ignore[arg-type]  # own types
    )
    return Votes(spec, sent)


def row(judge: str, window: str, order: str) -> Ballot:
    """``order``: the best first, those level in one word: ``"a bc"``."""
    levels = order.split()
    ahead = [sum(map(len, levels[:number])) for number in range(len(levels))]
    return order_of(judge, window, {p: 1 + ahead[at] for at, level in enumerate(levels) for p in level})


def states(result: FieldResult, project: str) -> dict[str, str]:
    counted = explanation(result, project).steps[0]
    assert isinstance(counted, Counted)
    return {one.judge: one.state for one in counted.judges}


def test_the_newest_order_counts_whichever_window_it_was_sent_in() -> None:
    """Judges put a project in its place when they have seen the next one: what they said last is what they mean."""
    result = outcome(ordered(row("j", "c", "a b c"), row("j", "a", "b"), row("k", "a", "a"), row("k", "c", "c a b")))
    assert states(result, "a") == {"j": "absent", "k": "submitted", "l": "absent"}
    assert states(result, "b") == {"j": "submitted", "k": "submitted", "l": "absent"}
    assert scores(result) == {"c": "100.00", "a": "50.00", "b": "25.00"}


def test_by_borda_an_order_is_worth_the_share_of_those_behind() -> None:
    """Two of three judges put a first, one puts it last."""
    result = outcome(ordered(row("j", "c", "a b c"), row("k", "c", "a c b"), row("l", "c", "b c a")))
    assert places(result) == {"a": (1, "score"), "b": (2, "score"), "c": (3, "score")}
    assert scores(result) == {"a": "66.67", "b": "50.00", "c": "33.33"}
    counted = explanation(result, "a").steps[0]
    assert isinstance(counted, Counted)
    assert [(one.place, one.ordered) for one in counted.judges] == [(1, 3), (1, 3), (3, 3)]


def test_those_level_have_the_mean_of_what_their_places_are_worth() -> None:
    """Nobody gains by being level with another."""
    votes = ordered(row("j", "c", "ab c"), estimator="place-points", place_points=(10, 7, 1), level_places=True)
    assert scores(outcome(votes)) == {"a": "85.00", "b": "85.00", "c": "10.00"}


def test_an_abstention_holds_until_a_later_order_has_the_project_again() -> None:
    """As a ballot takes the place of an abstention where ballots are scores."""
    abstained = ballot_of("j", "b", None, abstained=True, category="missed")
    before, after = row("j", "a", "b a c"), row("j", "c", "b c a")
    assert states(outcome(ordered(before, abstained)), "b")["j"] == "abstained"
    assert states(outcome(ordered(before, abstained)), "a")["j"] == "submitted"
    assert states(outcome(ordered(before, abstained, after)), "b")["j"] == "submitted"
    assert states(outcome(ordered(abstained, row("j", "c", "c a"))), "b")["j"] == "abstained"


def test_a_project_that_is_struck_out_of_an_order_lets_the_others_close_ranks() -> None:
    """By a conflict of interest as by the chair's word."""
    order = row("j", "c", "a b c")
    votes = ordered(order, ballot_of("j", "a", None, category="stake"))
    assert states(outcome(votes), "a")["j"] == "recused"
    assert scores(outcome(votes)) == {"b": "100.00", "c": "0.00", "a": ""}
    votes = Votes(votes.spec, (order,), set_aside=(set_aside("j", "a"),))
    assert states(outcome(votes), "a")["j"] == "void"
    assert scores(outcome(votes)) == {"b": "100.00", "c": "0.00", "a": ""}


def test_a_re_vote_is_an_order_of_the_tie() -> None:
    """Two put a first and two put b first; in the re-vote one has changed their mind, and one stays away."""
    sent = [row("j", "c", "a b c"), row("k", "c", "a b c"), row("l", "c", "b a c"), row("m", "c", "b a c")]
    again = [row("j", "a", "b a"), row("k", "b", "a b"), row("l", "a", "b a"), row("m", "a", "b")]
    revote = Revote(2, (A, B), "level", tuple(Accepted(one, n, "") for n, one in enumerate(again)))
    votes = ordered(*sent, judges="jklm", revote_quorum=3)
    assert outcome(votes).ties
    result = outcome(Votes(votes.spec, sent, revotes=(revote,)))
    assert places(result)["b"] == (1, "re-vote")
    withheld = ballot_of("j", "a", None, abstained=True, category="conflict")
    others = (*revote.ballots[1:], Accepted(row("j", "b", "b a"), 1, ""), Accepted(withheld, 2, ""))
    fewer = structs.replace(revote, ballots=others)
    assert outcome(Votes(votes.spec, sent, revotes=(fewer,))).ties[0].judges == 2


def _check(spec: PollSpec, project: str, scores: dict[str, int]) -> str:
    cast = Cast(CommandId("command-1"), ProjectId(project), {CriterionId(p): n for p, n in scores.items()}, 0)
    try:
        check(cast, spec)
    except InputError as refusal:
        return refusal.code
    return ""


@pytest.mark.parametrize(
    ("scores", "code"),
    [
        ({"a": 1}, ""),
        ({"a": 2, "b": 1, "c": 3}, ""),
        ({"b": 1}, "ballot.order"),
        ({"a": 0}, "ballot.order"),
        ({"a": 2}, "ballot.order"),
        ({"a": 1, "b": 3}, "ballot.order"),
        ({"a": True}, "ballot.order"),
        ({"a": 1, "x": 2}, "ballot.order"),
        ({}, "ballot.order"),
        ({"a": 1, "b": 1}, "ballot.level"),
        ({"a": 1, "b": 1, "c": 2}, "ballot.order"),
    ],
)
def test_an_order_hands_out_its_places_one_after_the_other(scores: dict[str, int], code: str) -> None:
    """A gap or a place twice would be worth points that nobody gave."""
    assert _check(ordered().spec, "a", scores) == code


def test_level_places_leave_a_gap() -> None:
    """1, 1, 3: as in any race."""
    spec = ordered(level_places=True).spec
    assert _check(spec, "a", {"a": 1, "b": 1, "c": 3}) == ""
    assert _check(spec, "a", {"a": 1, "b": 1, "c": 2}) == "ballot.order"


def test_an_order_is_of_what_has_pitched_and_in_a_re_vote_of_the_tie() -> None:
    """Nobody puts in order what nobody has heard."""
    spec = ordered().spec
    state = PollState(1, "", (), Tally((), revotes=(Revote(2, (A, B), "level"),)), CeremonyState.SEALED, None, 0)
    state = structs.replace(state, opened=(A, B))

    def asked(in_round: int, **order: int) -> None:
        scores = {CriterionId(project): place for project, place in order.items()}
        require_heard(spec, PersonId("j"), Cast(CommandId("command-1"), A, scores, 0, in_round), state)

    asked(1, a=1, b=2)
    asked(2, a=1, b=2)
    with pytest.raises(Conflict):
        asked(1, a=1, c=2)
    for round_, order in ((2, {"a": 1}), (3, {"a": 1, "b": 2})):
        with pytest.raises(InputError):
            asked(round_, **order)


def test_scores_are_what_a_poll_from_before_takes() -> None:
    """Its spec says nothing of orders, and keeps its hash."""
    spec = spec_of({"lin": {}}, projects="a")
    assert b"orders" not in canonical(spec)
    assert b"level_places" not in canonical(spec)


# Counting again -------------------------------------------------------------------------------------------------------


def _ledger(*, level: bool = False) -> Ledger:
    rules = structs.replace(
        SPEC.rules, estimator="borda", tie_chain=("re-vote", "chair"), ballots="orders", level_places=level
    )
    return Ledger(structs.replace(SPEC, rules=rules, recused=()))


def _send(ledger: Ledger, judge: PersonId, window: ProjectId, revision: int = 1, **order: int) -> None:
    cast = Cast(ledger.command(), window, {CriterionId(one): place for one, place in order.items()}, 0)
    ledger.write("ballot", frame(judge, cast).at_revision(revision))


def test_a_recount_takes_orders_as_a_store_does() -> None:
    """Nobody must be accused of one that fits."""
    ledger = _ledger()
    ledger.open(ARM)
    _send(ledger, LIN, ARM, arm=1)
    ledger.close(ARM)
    ledger.open(LEG)
    _send(ledger, LIN, LEG, arm=2, leg=1)
    _send(ledger, LIN, LEG, 2, arm=1, leg=2)
    ledger.close(LEG)
    ledger.act(CHAIR, acts.Void(LIN, ARM, WHY))
    ledger.act(CHAIR, acts.Restore(LIN, ARM, WHY))


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ({"arm": 1, "leg": 2}, "no window was opened"),
        ({"leg": 1}, "is not in its order"),
        ({"arm": 2}, "nobody has place 1"),
        ({"arm": 1, "impact": 2}, "no window was opened"),
    ],
)
def test_a_recount_tells_of_an_order_that_no_store_takes(order: dict[str, int], why: str) -> None:
    """Whatever store let it through."""
    ledger = _ledger()
    ledger.open(ARM)
    with pytest.raises(Impossible, match=why):
        _send(ledger, LIN, ARM, **order)


def test_a_recount_knows_whether_projects_may_be_level() -> None:
    """It is a rule, and so in the spec."""
    for level in (True, False):
        ledger = _ledger(level=level)
        ledger.open(ARM)
        ledger.open(LEG)
        if level:
            _send(ledger, LIN, ARM, arm=1, leg=1)
        else:
            with pytest.raises(Impossible, match="level"):
                _send(ledger, LIN, ARM, arm=1, leg=1)


def test_a_recount_tells_of_a_late_order_and_of_one_set_aside_that_holds_no_such_project() -> None:
    """Any later window takes an order, so none comes late."""
    ledger = _ledger()
    ledger.open(ARM)
    _send(ledger, LIN, ARM, arm=1)
    ledger.close(ARM)
    cast = Cast(ledger.command(), ARM, {CriterionId("arm"): 1}, 0)
    with pytest.raises(Impossible, match="window alone"):
        ledger.write("late", frame(LIN, cast, "late").at_revision(2))
    with pytest.raises(Impossible, match="no ballot that counts"):
        ledger.act(CHAIR, acts.Void(LIN, LEG, WHY))
