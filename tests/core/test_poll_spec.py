"""A competition's definition becomes the spec of its polls."""

import tomllib
from dataclasses import replace
from typing import Any

from msgspec import structs

from roadshow.competitions.cast import first_cast
from roadshow.competitions.enrolment import Enrolment
from roadshow.competitions.loading import load
from roadshow.fields.plans import poll_spec
from roadshow.ids import AwardId, CriterionId, PanelId, PersonId
from roadshow.voting.ballot import canonical
from roadshow.voting.spec import Award, Deduction, Panel, Prize, RuleSet, Trim
from tests.core.competitions.definitions import SMALL, TODAY, small, written

RULES = """
estimator = "trimmed-mean"
trim = { k = 2, n_min = 7, scope = "criterion" }
quorum = 1
tie_chain = ["net", "untrimmed-mean", "re-vote", "chair"]
revote_quorum = 2
rank_on = "rounded"
audience_share = 15
podium = "overall"
places = 12
second_confirmation = true
ballot_keys = true
draw = "8 15 23"
least_score = 30
one_award = true
deducted_from = "points"

[[deductions]]
id = "overtime"
maximum = 5
step = "0.5"
title = { en = "Over time", zh = "超时", ru = "Сверх времени" }

[[prizes]]
id = "first"
minimum = 80
title = { en = "First", zh = "一等奖", ru = "Первый" }

[[prizes]]
id = "third"
count = 3
title = { en = "Third", zh = "三等奖", ru = "Третий" }

[[panels]]
id = "experts"
weight = 60
each = 1
quorum = 1
title = { en = "Experts", zh = "专家", ru = "Эксперты" }

[[panels]]
id = "investors"
weight = 40
title = { en = "Investors", zh = "投资人", ru = "Инвесторы" }

[[awards]]
id = "idea-award"
by = "criterion"
criterion = "idea"
title = { en = "Best idea", zh = "最佳创意", ru = "Лучшая идея" }

[[awards]]
id = "hall"
by = "audience"
title = { en = "The hall's choice", zh = "观众之选", ru = "Выбор зала" }
"""


def _rules(rules: dict[str, Any]) -> RuleSet:
    data = small()
    data["rules"] = rules
    if any(panel["id"] == "investors" for panel in rules.get("panels", ())):
        data["judges"].append({**data["judges"][1], "id": "judge-2", "panel": "investors"})
    competition = load(written(data), "mine.toml", today=TODAY)
    return poll_spec(competition, competition.fields[0], first_cast(competition)).rules


def test_every_rule_of_a_definition_reaches_the_poll() -> None:
    """A rule that is declared and then not applied is worse than none."""
    assert _rules(tomllib.loads(RULES)) == RuleSet(
        estimator="trimmed-mean",
        quorum=1,
        tie_chain=("net", "untrimmed-mean", "re-vote", "chair"),
        rank_on="rounded",
        places=12,
        trim=Trim(2, 7, "criterion"),
        audience_share=15,
        awards=(
            Award(AwardId("idea-award"), "criterion", CriterionId("idea")),
            Award(AwardId("hall"), "audience"),
        ),
        overall=True,
        second_confirmation=True,
        ballot_keys=True,
        revote_quorum=2,
        panels=(Panel(PanelId("experts"), 60, 1, 1), Panel(PanelId("investors"), 40)),
        draw="8 15 23",
        prizes=(Prize(AwardId("first"), 1, 8_000), Prize(AwardId("third"), 3)),
        least_score=3_000,
        one_award=True,
        deductions=(Deduction(CriterionId("overtime"), 5, 2),),
        deductions_averaged=True,
    )


def test_names_and_enrolled_keys_are_in_the_spec() -> None:
    """So they are told with the rules' hash, and lock with it: of judges alone, and where judges sign at all."""
    data = small()
    competition = load(written(data), "mine.toml", today=TODAY)
    field, cast = competition.fields[0], first_cast(competition)
    keys = {(PersonId(who), field.room): Enrolment(PersonId(who), field.room, "k", 1) for who in ("chair", "organiser")}
    plain = poll_spec(competition, field, replace(cast, keys=keys))
    assert plain.keys == ()
    assert plain.names is not None
    keyed = structs.replace(competition, rules=structs.replace(competition.rules, ballot_keys=True))
    assert poll_spec(keyed, field, replace(cast, keys=keys)).keys == (("chair", "k"),)
    (project,) = cast.projects_in(field.id)[:1]
    other = structs.replace(project, name=structs.replace(project.name, zh="别的"))
    assert poll_spec(competition, field, replace(cast, projects={**cast.projects, project.id: other})) != plain


def test_judges_sit_where_the_definition_says_and_score_what_the_lot_gives_them() -> None:
    """A poll's spec is what the store asks and what anybody counts again by."""
    data = small()
    data["rules"] = {"quorum": 1, "panels": tomllib.loads(RULES)["panels"]}
    data["judges"].append({**data["judges"][1], "id": "judge-2", "panel": "investors"})
    competition = load(written(data), "mine.toml", today=TODAY)
    spec = poll_spec(competition, competition.fields[0], first_cast(competition))
    assert dict(spec.seats) == {"chair": "experts", "judge-1": "experts", "judge-2": "investors"}
    assert len(spec.assigned) == len(spec.projects)
    assert {judge for judge, _ in spec.assigned} <= {"chair", "judge-1"}


def test_a_spread_is_declared_in_points() -> None:
    """It says something of z-scores alone, so nothing else has it in its hash."""
    assert _rules({"estimator": "z-score", "quorum": 2, "least_spread": 2}).least_spread == 200
    assert _rules({"estimator": "mean", "quorum": 2, "least_spread": 2}).least_spread == 0


def test_ballots_may_be_orders() -> None:
    """Whether projects may be level is asked of orders alone."""
    chain = {"tie_chain": ["pairwise-majority", "chair"], "quorum": 2}
    rules = _rules({"ballots": "orders", "estimator": "borda", "level_places": True, **chain})
    assert (rules.ballots, rules.level_places) == ("orders", True)
    assert (_rules(chain).ballots, _rules(chain).level_places) == (None, False)


def test_ballots_may_be_comparisons() -> None:
    """Whether a project has met enough others is told in the spec, in a number: that of half the field's, if nobody
    has named one."""
    chain = {"tie_chain": ["pairwise-majority", "chair"], "quorum": 2}
    rules = _rules({"ballots": "pairs", "estimator": "copeland", **chain})
    assert (rules.ballots, rules.opponents, rules.least_opponents) == ("pairs", 0, 1)
    named = _rules({"ballots": "pairs", "estimator": "copeland", "opponents": 2, "least_opponents": 1, **chain})
    assert (named.opponents, named.least_opponents) == (2, 1)


def test_what_is_not_asked_for_is_not_in_the_spec() -> None:
    """The spec's hash binds the ledger: a definition without new rules must have the hash it always had."""
    competition = load(SMALL, "mine.toml", today=TODAY)
    rules = poll_spec(competition, competition.fields[0], first_cast(competition)).rules
    assert canonical(rules) == (
        b'{"estimator":"mean","places":3,"quorum":2,"rank_on":"exact",'
        b'"tie_chain":["heaviest-criterion","pairwise-majority","chair","shared"]}'
    )


def test_rules_that_hang_on_who_is_there_have_a_default_that_nobody_bends_by_staying_away() -> None:
    """What a definition does not say is in the spec all the same: nobody can read it into the poll later."""
    rules = _rules({"estimator": "trimmed-mean", "quorum": 2, "tie_chain": ["re-vote", "chair"]})
    assert (rules.trim, rules.revote_quorum) == (Trim(1, 3), 2)
    rules = _rules({"estimator": "trimmed-mean", "quorum": 2, "trim": {"k": 2}})
    assert (rules.trim, rules.revote_quorum) == (Trim(2, 5), 1)
    said = {
        "estimator": "trimmed-mean",
        "trim": {"n_min": 5},
        "tie_chain": ["re-vote", "chair"],
        "revote_quorum": 1,
        "quorum": 2,
    }
    assert (_rules(said).trim, _rules(said).revote_quorum) == (Trim(1, 5), 1)
