"""What a judge may send, and how it is written down."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.errors import InputError
from roadshow.ids import CommandId, CriterionId, PersonId, PollId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.ballot import (
    MAX_REVISIONS,
    ballot_hash,
    canonical,
    check,
    check_reason,
    decode_ballot,
    encode_ballot,
    frame,
)
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.votes import Ballot, Cast

IMPACT, TEAM = CriterionId("impact"), CriterionId("team")
SPEC = PollSpec(
    poll=PollId("robotics"),
    projects=(ProjectId("arm"),),
    judges=(PersonId("lin"),),
    chair=PersonId("lin"),
    recused=(),
    criteria=(Criterion(IMPACT, 2, 10), Criterion(TEAM, 1, 5)),
    rules=RuleSet("mean", 1, ("chair", "shared"), "exact", 3),
)
BALLOT = Ballot(
    PersonId("lin"), ProjectId("arm"), 3, CommandId("command-1"), {IMPACT: 10, TEAM: 0}, Instant(1_700_000_000_000)
)


def _cast(scores: dict[str, int], command: str = "command-1", expected: int = 0) -> Cast:
    return Cast(
        CommandId(command), ProjectId("arm"), {CriterionId(name): score for name, score in scores.items()}, expected
    )


def _refusal(cast: Cast) -> InputError:
    with pytest.raises(InputError) as caught:
        check(cast, SPEC)
    return caught.value


@pytest.mark.parametrize("scores", [{"impact": 0, "team": 0}, {"impact": 10, "team": 5}])
def test_both_ends_of_each_scale_are_scores(scores: dict[str, int]) -> None:
    """A judge who gives 0 or full marks must not be refused."""
    check(_cast(scores), SPEC)


def test_a_missing_score_is_refused_and_named() -> None:
    """A missing score must never count as 0."""
    refusal = _refusal(_cast({"impact": 4}))
    assert (refusal.code, refusal.details) == ("ballot.missing_criterion", {"criterion": "team"})


def test_a_score_for_something_else_is_refused() -> None:
    """It belongs to another rubric, so the judge has an old page."""
    assert _refusal(_cast({"impact": 4, "team": 1, "beauty": 1})).code == "ballot.unknown_criterion"


@pytest.mark.parametrize("score", [-1, 6, 10**9])
def test_a_score_outside_its_scale_is_refused_with_the_scale(score: int) -> None:
    """Each criterion has its own maximum, which the message tells."""
    refusal = _refusal(_cast({"impact": 6, "team": score}))
    assert (refusal.code, refusal.details) == ("ballot.out_of_range", {"criterion": "team", "maximum": 5})


def test_truth_is_no_score() -> None:
    """In Python True is an int; in a ledger it would be another text than 1."""
    assert _refusal(_cast({"impact": True, "team": 1})).code == "ballot.malformed"


@pytest.mark.parametrize("command", ["", "short", "with blank", "x" * 65])
def test_a_command_without_a_proper_id_is_refused(command: str) -> None:
    """Ids become keys of the store."""
    assert _refusal(_cast({"impact": 1, "team": 1}, command=command)).code == "command.malformed"


def test_a_revision_before_the_first_is_refused() -> None:
    """The count of revisions starts at 0."""
    assert _refusal(_cast({"impact": 1, "team": 1}, expected=-1)).code == "ballot.malformed"


@pytest.mark.parametrize(
    "reason", ["", "no", "   a   ", "x" * 501, "\u200b" * 5, "\u3164" * 5, "…!…", "\u202e  \u202c ab"]
)
def test_a_reason_has_to_say_something_and_to_end(reason: str) -> None:
    """It is read out in the protocol of the final."""
    with pytest.raises(InputError) as caught:
        check_reason(reason)
    assert (caught.value.code, caught.value.details) == ("reason.length", {"minimum": 3, "maximum": 500})


def test_the_canonical_encoding_is_the_documented_one() -> None:
    """Receipts of years past must still verify: any change of these bytes breaks them."""
    assert encode_ballot(BALLOT) == (
        b'{"command":"command-1","judge":"lin","project":"arm","revision":3,"scores":{"impact":10,"team":0}}'
    )
    assert ballot_hash(BALLOT) == "b04f78373d5e1142ad1328abdd85e13d1a2a3f98c4ca35c60da4a12a3fbf0493"


def test_a_recusal_is_encoded_with_its_reason_and_without_scores() -> None:
    """The reason is part of what the ledger proves."""
    recusal = Ballot(BALLOT.judge, BALLOT.project, 1, BALLOT.command, {}, BALLOT.cast_at, True, "my own “company”")
    assert encode_ballot(recusal).decode() == (
        '{"command":"command-1","judge":"lin","project":"arm","reason":"my own “company”","revision":1}'
    )
    assert decode_ballot("recuse", encode_ballot(recusal), recusal.cast_at) == recusal


_values = st.recursive(
    st.text() | st.integers(-(2**53), 2**53) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(_values)
def test_canonical_json_is_what_other_tools_write(value: object) -> None:
    """Whoever recounts uses another JSON library: here is the recipe for one of them."""
    expected = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert canonical(value) == expected


@given(
    st.dictionaries(st.sampled_from(["impact", "team", "market"]), st.integers(0, 1000)), st.integers(1, MAX_REVISIONS)
)
def test_a_ballot_survives_its_encoding(scores: dict[str, int], revision: int) -> None:
    """The tally is a fold over encoded ballots."""
    ballot = Ballot(
        BALLOT.judge,
        BALLOT.project,
        revision,
        BALLOT.command,
        {CriterionId(name): score for name, score in scores.items()},
        BALLOT.cast_at,
    )
    assert decode_ballot("ballot", encode_ballot(ballot), ballot.cast_at) == ballot


def test_a_frame_fits_the_same_ballot_at_any_revision_and_no_other() -> None:
    """It tells a ballot that is sent again from another one under the same command."""
    framed = frame(BALLOT.judge, _cast({"impact": 10, "team": 0}))
    assert framed.fits("ballot", framed.at_revision(1))
    assert framed.fits("ballot", framed.at_revision(12))
    assert not framed.fits("recuse", framed.at_revision(1))
    assert not framed.fits("late", framed.at_revision(1))
    for other in (
        frame(PersonId("mei"), _cast({"impact": 10, "team": 0})),
        frame(BALLOT.judge, _cast({"impact": 10, "team": 1})),
        frame(BALLOT.judge, _cast({"impact": 10, "team": 0}, command="command-2")),
        frame(BALLOT.judge, msgspec.structs.replace(_cast({"impact": 10, "team": 0}), round=2)),
        frame(BALLOT.judge, _cast({}), "recuse", "my own company"),
    ):
        assert not framed.fits("ballot", other.at_revision(1))
    assert not framed.fits("ballot", framed.head + framed.tail)
