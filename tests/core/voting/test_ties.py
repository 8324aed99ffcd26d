"""The steps that divide a tie beyond those of test_rules: net, untrimmed mean, re-vote; and what waits for whom."""

from roadshow.ids import ProjectId
from roadshow.voting.explanation import NotHeld, TieTried
from roadshow.voting.review import Tie
from roadshow.voting.rules import FieldResult, evaluate
from roadshow.voting.spec import TieStep
from roadshow.voting.tally import Revote
from tests.core.voting.juries import (
    CYCLE,
    Table,
    audience,
    ballots_of,
    explanation,
    one_criterion,
    places,
    revote_of,
    set_aside,
    spec_of,
)

A, B, C = ProjectId("a"), ProjectId("b"), ProjectId("c")
LEVEL = one_criterion([[50, 50, 40]])
VOTES: tuple[TieStep, ...] = ("re-vote", "chair", "shared")


def test_the_exact_net_can_divide_what_rounding_made_level() -> None:
    """100 and 99.995 are both 100.00 on the sheet."""
    table: Table = {"j0": {"a": (1, 1), "b": (1, 1)}, "j1": {"a": (1, 1), "b": (1, 0)}}
    spec = spec_of(table, ((9_999, 1), (1, 1)), rank_on="rounded", chain=("net", "shared"))
    assert places(evaluate(spec, ballots_of(table))) == {"a": (1, "net"), "b": (2, "net")}


def test_the_jury_alone_can_divide_what_the_audience_made_level() -> None:
    """0.5·90 + 0.5·90 = 0.5·80 + 0.5·100; without the audience it is 90 against 80."""
    table = one_criterion([[90, 80]])
    spec = spec_of(table, audience_share=50, chain=("net", "shared"))
    assert places(evaluate(spec, ballots_of(table), audience=audience(a=9, b=10)))["a"] == (1, "net")


def test_the_untrimmed_mean_lets_the_dropped_ones_decide() -> None:
    """The middle three are alike; a's highest and lowest are better than b's."""
    table = one_criterion([[90, 85], [80, 80], [80, 80], [80, 80], [70, 65]])
    spec = spec_of(table, estimator="trimmed-mean", chain=("untrimmed-mean", "shared"))
    assert places(evaluate(spec, ballots_of(table))) == {"a": (1, "untrimmed-mean"), "b": (2, "untrimmed-mean")}


def test_a_re_vote_is_waited_for_and_then_divides() -> None:
    """The judges score the tied once more; places outside the tie stay as they are."""
    spec = spec_of(LEVEL, chain=VOTES)
    assert evaluate(spec, ballots_of(LEVEL)).ties == (Tie((A, B), "re-vote"),)
    vote = revote_of(one_criterion([[10, 20]]))
    result = evaluate(spec, ballots_of(LEVEL), revotes=(vote,))
    assert result.ties == ()
    assert places(result) == {"b": (1, "re-vote"), "a": (2, "re-vote"), "c": (3, "score")}


def test_a_level_re_vote_goes_to_the_chair_and_a_newer_one_replaces_it() -> None:
    """It was held and cannot tell; nobody waits for what is over."""
    spec = spec_of(LEVEL, chain=VOTES)
    level = revote_of(one_criterion([[30, 30]]))
    assert evaluate(spec, ballots_of(LEVEL), revotes=(level,)).ties == (Tie((A, B), "chair"),)
    newer = revote_of(one_criterion([[40, 30]]))
    assert places(evaluate(spec, ballots_of(LEVEL), revotes=(level, newer)))["a"] == (1, "re-vote")


def test_the_chair_may_vote_instead_of_a_re_vote() -> None:
    """Judges may have left; the final must be able to end. Where the chain names no chair, there is no such vote."""
    result = evaluate(spec_of(LEVEL, chain=VOTES), ballots_of(LEVEL), ((B, A),))
    assert places(result)["b"] == (1, "chair")
    without = spec_of(LEVEL, chain=("re-vote", "shared"))
    assert evaluate(without, ballots_of(LEVEL), ((B, A),)).ties == (Tie((A, B), "re-vote"),)


def test_a_re_vote_on_another_group_does_not_count() -> None:
    """Three judges' answer about a and c says nothing about a and b."""
    other: Table = {"j0": {"a": (10,), "c": (20,)}}
    spec = spec_of(LEVEL, chain=VOTES)
    assert evaluate(spec, ballots_of(LEVEL), revotes=(revote_of(other),)).ties == (Tie((A, B), "re-vote"),)


def _tried(result: FieldResult, project: str) -> list[TieTried | NotHeld]:
    return [step for step in explanation(result, project).steps if isinstance(step, TieTried | NotHeld)]


def test_a_re_vote_that_too_few_took_part_in_was_not_held() -> None:
    """Two of four must not decide what three are needed for; and nobody is told that it was level."""
    spec = spec_of(LEVEL, chain=VOTES, revote_quorum=2)
    one = revote_of(one_criterion([[10, 20]]))
    result = evaluate(spec, ballots_of(LEVEL), revotes=(one,))
    assert result.ties == (Tie((A, B), "re-vote", judges=1, quorum=2),)
    missed, waits = _tried(result, "a")[-2:]
    assert missed == NotHeld((A, B), 1, 2)
    assert isinstance(waits, TieTried)
    assert (waits.by, waits.outcome) == ("re-vote", "waits")
    two = revote_of(one_criterion([[10, 20], [10, 20]]))
    assert places(evaluate(spec, ballots_of(LEVEL), revotes=(one, two)))["b"] == (1, "re-vote")


def test_one_that_nobody_scored_all_of_was_not_held_either() -> None:
    """As in polls from before there was a quorum, where one judge is enough."""
    nobody = Revote(2, (A, B), "a tie", ())
    result = evaluate(spec_of(LEVEL, chain=VOTES), ballots_of(LEVEL), revotes=(nobody,))
    assert result.ties == (Tie((A, B), "re-vote", judges=0, quorum=1),)
    assert NotHeld((A, B), 0, 1) in _tried(result, "b")


def test_a_re_vote_that_was_held_stays_when_a_newer_one_is_not() -> None:
    """Else whoever loses by it has it voted on again, and stays away."""
    spec = spec_of(LEVEL, chain=VOTES, revote_quorum=2)
    held, missed = revote_of(one_criterion([[10, 20], [10, 20]])), revote_of(one_criterion([[20, 10]]))
    result = evaluate(spec, ballots_of(LEVEL), revotes=(held, missed))
    assert places(result)["b"] == (1, "re-vote")
    assert NotHeld((A, B), 1, 2) in _tried(result, "b")


def test_the_chair_may_vote_where_a_re_vote_was_not_held() -> None:
    """The final must be able to end."""
    spec = spec_of(LEVEL, chain=VOTES, revote_quorum=2)
    one = revote_of(one_criterion([[10, 20]]))
    result = evaluate(spec, ballots_of(LEVEL), ((A, B),), revotes=(one,))
    assert places(result)["a"] == (1, "chair")
    assert NotHeld((A, B), 1, 2) in _tried(result, "a")


def test_only_who_may_and_did_score_all_of_the_tie_has_a_say_in_a_re_vote() -> None:
    """j0 is recused from a, j1's ballot was set aside, j2 scored b alone; j3 decides, a stranger does not."""
    table = one_criterion([[50, 50], [50, 50], [50, 50], [50, 50]])
    table["j0"]["a"] = None
    again: Table = {
        "j0": {"a": (0,), "b": (100,)},
        "j1": {"a": (0,), "b": (100,)},
        "j2": {"b": (100,)},
        "j3": {"a": (60,), "b": (50,)},
        "stranger": {"a": (0,), "b": (100,)},
    }
    result = evaluate(
        spec_of(table, chain=VOTES), ballots_of(table), set_aside=(set_aside("j1", "b"),), revotes=(revote_of(again),)
    )
    assert places(result) == {"a": (1, "re-vote"), "b": (2, "re-vote")}


def test_no_re_vote_is_asked_for_below_the_podium() -> None:
    """The judges' time, too, is for places that are announced."""
    table = one_criterion([[90, 80, 70, 50, 50]])
    result = evaluate(spec_of(table, chain=VOTES), ballots_of(table))
    assert result.ties == ()
    assert places(result)["d"] == (4, "shared")


def test_what_a_re_vote_leaves_level_starts_at_the_head_of_the_chain() -> None:
    """Of a circle of three the re-vote takes out c; then the majority of judges can tell a from b."""
    table = one_criterion(CYCLE)
    spec = spec_of(table, chain=("pairwise-majority", "re-vote", "chair"))
    vote = revote_of(one_criterion([[50, 50, 10]]))
    assert places(evaluate(spec, ballots_of(table), revotes=(vote,))) == {
        "a": (1, "pairwise-majority"),
        "b": (2, "pairwise-majority"),
        "c": (3, "re-vote"),
    }


def test_a_part_below_the_podium_does_not_wait_because_its_group_began_on_it() -> None:
    """Four were level for two places. The first two of them wait; the others are third, whatever happens."""
    table: Table = {"j0": {"a": (6, 4), "b": (6, 4), "c": (5, 6), "d": (5, 6)}}
    result = evaluate(spec_of(table, ((2, 10), (1, 10)), places=2), ballots_of(table))
    assert result.ties == (Tie((A, B)),)
    assert places(result)["c"] == (3, "shared")
