"""A definition that was changed after the voting began is refused with what was changed in it."""

from typing import Any

import msgspec
import pytest

from roadshow.ids import AwardId, CriterionId, PersonId, PollId, ProjectId
from roadshow.voting.ballot import canonical
from roadshow.voting.changes import changes
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.spec import Award, Criterion, PollSpec, RuleSet, Trim

IDEA, TEAM = Criterion(CriterionId("idea"), 3, 10), Criterion(CriterionId("team"), 1, 10)
LIN, MEI = PersonId("lin"), PersonId("mei")
ARM, LEG = ProjectId("arm"), ProjectId("leg")
SPEC = PollSpec(
    PollId("ai"), (ARM, LEG), (LIN, MEI), LIN, ((MEI, LEG),), (IDEA, TEAM), RuleSet("mean", 2, ("chair",), "exact", 3)
)


def _replaced(where: str, value: Any) -> PollSpec:
    if where in RuleSet.__struct_fields__:
        return msgspec.structs.replace(SPEC, rules=msgspec.structs.replace(SPEC.rules, **{where: value}))
    return msgspec.structs.replace(SPEC, **{where: value})


@pytest.mark.parametrize(
    ("where", "value", "line"),
    [
        ("projects", (ARM,), "projects: leg removed"),
        ("projects", (LEG, ARM), "projects: leg, arm; the order was arm, leg"),
        ("judges", (LIN, MEI, PersonId("olga")), "judges who vote: olga added"),
        ("chair", MEI, "chair: mei, was lin"),
        ("deputy", MEI, "deputy: mei, was none"),
        ("declared", ((MEI, LEG, "stake"),), "mei on leg: declared stake, was nothing"),
        ("recused", (), "judges.mei.recused: leg was in it"),
        ("recused", ((MEI, LEG), (LIN, ARM)), "judges.lin.recused: arm was not in it"),
        ("criteria", (IDEA,), "criteria: team removed"),
        ("criteria", (msgspec.structs.replace(IDEA, weight=2), TEAM), "criteria.idea.weight: 2, was 3"),
        ("criteria", (IDEA, msgspec.structs.replace(TEAM, maximum=5)), "criteria.team.maximum: 5, was 10"),
        ("criteria", (IDEA, msgspec.structs.replace(TEAM, steps=2)), "criteria.team.step: 1/2 of a point, was 1/1"),
        ("estimator", "borda", "rules.estimator: borda, was mean"),
        ("quorum", 1, "rules.quorum: 1, was 2"),
        ("tie_chain", ("net", "chair"), "rules.tie_chain: net, chair, was chair"),
        ("trim", Trim(2, 7), "rules.trim: k = 2, n_min = 7, scope = total, was none"),
        ("awards", (Award(AwardId("hall"), "audience"),), "rules.awards: hall, was none"),
        ("overall", True, "rules.podium: overall, was field"),
        ("second_confirmation", True, "rules.second_confirmation: true, was false"),
    ],
)
def test_each_change_is_named_in_the_words_of_the_definition(where: str, value: Any, line: str) -> None:
    """ "Something was changed" on the morning of a final sends the organiser through four hundred lines."""
    assert changes(SPEC, _replaced(where, value)) == (line,)


def test_what_changes_the_hash_is_named_and_nothing_else() -> None:
    """A refusal without a reason, or a reason without a refusal, would be a riddle."""
    assert changes(SPEC, SPEC) == ()
    recusals = ((MEI, LEG), (LIN, ARM))
    before, after = _replaced("recused", recusals), _replaced("recused", recusals[::-1])
    assert genesis(before) != genesis(after)
    assert changes(before, after) == ("judges: recusals in another order",)
    hall, jury = Award(AwardId("best"), "audience"), Award(AwardId("best"), "criterion", CriterionId("idea"))
    assert changes(_replaced("awards", (hall,)), _replaced("awards", (jury,))) != ()


def test_rules_that_did_not_exist_yet_do_not_change_the_hash_of_a_spec() -> None:
    """A poll that was begun before an update must go on after it."""
    assert canonical(SPEC.rules) == (
        b'{"estimator":"mean","places":3,"quorum":2,"rank_on":"exact","tie_chain":["chair"]}'
    )
    read = msgspec.json.decode(canonical(SPEC), type=PollSpec)
    assert (read, genesis(read)) == (SPEC, genesis(SPEC))
