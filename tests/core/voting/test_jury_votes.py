"""What votes of the jury come to: who goes first, and when the chair's own order stands in for them."""

from dataclasses import replace

from roadshow.ids import ProjectId
from roadshow.voting.rules import Votes
from tests.core.voting.juries import ballots_of, one_criterion, outcome, places, question_of, spec_of

LEVEL = one_criterion([[80, 80, 50], [80, 80, 50]])
VOTES = Votes(spec_of(LEVEL, chain=("jury", "chair", "shared"), vote_quorum=2), ballots_of(LEVEL))
CHAIRS = (tuple(map(ProjectId, "ba")),)


def test_the_chairs_order_does_not_count_before_the_jury_was_asked() -> None:
    """Whoever settles past the jury, by the store's own function say, has settled nothing."""
    result = outcome(replace(VOTES, settled=CHAIRS))
    assert [(tie.projects, tie.waits_for) for tie in result.ties] == [(("a", "b"), "jury")]


def test_it_counts_once_the_jury_did_not_come() -> None:
    """One vote of the two that are needed: the rules go on."""
    asked = question_of("ab", {"j0": "a"}, jury=("j0", "j1"))
    result = outcome(replace(VOTES, settled=CHAIRS, questions=(asked,)))
    assert places(result) == {"b": (1, "chair"), "a": (2, "chair"), "c": (3, "score")}


def test_what_the_jury_said_goes_before_the_chairs_order() -> None:
    """Also if the chair's is newer."""
    asked = question_of("ab", {"j0": "a", "j1": "a"})
    result = outcome(replace(VOTES, settled=CHAIRS, questions=(asked,)))
    assert places(result) == {"a": (1, "jury"), "b": (2, "jury"), "c": (3, "score")}


def test_level_votes_wait_for_the_casting_vote_whatever_the_chair_has_ordered() -> None:
    """It is an act of its own, with the jury's votes before it."""
    asked = question_of("ab", {"j0": "a", "j1": "b"})
    result = outcome(replace(VOTES, settled=CHAIRS, questions=(asked,)))
    assert [tie.waits_for for tie in result.ties] == ["casting-vote"]
    given = question_of("ab", {"j0": "a", "j1": "b"}, casting="a")
    assert places(outcome(replace(VOTES, settled=CHAIRS, questions=(given,))))["a"] == (1, "jury")
