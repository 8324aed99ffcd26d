"""How a project came to its place, from what was worked out on the way. (pure)"""

from fractions import Fraction

from roadshow.ids import CriterionId, ProjectId
from roadshow.voting.explanation import (
    AudienceAdded,
    CarriedOver,
    Counted,
    Deducted,
    Estimated,
    Explanation,
    JudgeLine,
    Met,
    PanelLine,
    Penalised,
    Placed,
    Ranked,
    Step,
    Taken,
    Weighed,
)
from roadshow.voting.rules.arithmetic import DECIMALS, figure, mean
from roadshow.voting.rules.deductions import taken
from roadshow.voting.rules.duels import majority
from roadshow.voting.rules.estimators import fewest
from roadshow.voting.rules.field import Field, Judged
from roadshow.voting.rules.scoring import Scoring
from roadshow.voting.rules.ties import Part

RAW_DECIMALS = 3
"""Of z-scores and Borda shares, which lie about 0 or 1."""


def explanation_of(scoring: Scoring, project: ProjectId, place: int | None, part: Part | None) -> Explanation:
    """``part``: what the project stands in; None if it has no place."""
    steps: list[Step] = [_counted(scoring, project)]
    if part is None:
        has_ballots = scoring.field.has_quorum(project)
        steps.append(Placed(None, "unmet" if has_ballots else unplaced(scoring.field, project)))
    else:
        steps += [*_weighed(scoring, project), *_met(scoring, project), _estimated(scoring, project)]
        steps += [*_deducted(scoring, project), *_penalised(scoring, project)]
        steps += [*_audience(scoring, project), *_carried(scoring, project)]
        others = [other for other in scoring.complete if other != project]
        score = scoring.ranked[project]
        ranked = Ranked(
            on=scoring.field.rules.rank_on,
            score=figure(score),
            ahead=sum(scoring.ranked[other] > score for other in others),
            level=tuple(other for other in others if scoring.ranked[other] == score),
        )
        beside = tuple(other for other in part.projects if other != project)
        steps += [ranked, *part.trail, Placed(place, part.decided_by, beside)]
    return Explanation(project, tuple(steps))


def _counted(scoring: Scoring, project: ProjectId) -> Counted:
    field = scoring.field
    totals, becomes = field.totals[project], scoring.estimate.becomes.get(project, {})

    def line(one: Judged) -> JudgeLine:
        total, raw = totals.get(one.judge), becomes.get(one.judge)
        card = field.cards[project].get(one.judge, {})
        panel, beside = field.panels[project].get(one.judge), field.beside[project].get(one.judge)
        return JudgeLine(
            judge=one.judge,
            state=one.state,
            reason=one.reason,
            category=one.category,
            total=None if total is None else figure(total),
            becomes=None if raw is None else figure(raw, RAW_DECIMALS),
            panel=None if panel is None else panel.id,
            beside=None if beside is None else figure(beside),
            place=card.get(CriterionId(project), 0) if field.rules.ballots == "orders" else 0,
            ordered=len(card) if field.rules.ballots == "orders" else 0,
            compared=len(card) if field.rules.ballots == "pairs" else 0,
            taken={one.id: figure(taken(card, one)) for one in field.rules.deductions if one.id in card},
        )

    return Counted(tuple(map(line, field.judged[project])), len(totals), field.quorum)


def _weighed(scoring: Scoring, project: ProjectId) -> list[Step]:
    """Of several panels: what each of them gave. Of duels no panel has a part of its own: their majority is one."""
    field, estimate = scoring.field, scoring.estimate
    if field.rules.ballots == "pairs":
        return []
    becomes = estimate.becomes.get(project)
    parts = field.by_panel(project, field.totals[project] if becomes is None else becomes)
    if not parts:
        return []
    decimals = DECIMALS if becomes is None else RAW_DECIMALS
    lines = estimate.panels.get(project) or tuple(
        PanelLine(panel.id, panel.weight, len(part), figure(mean(part.values()), decimals)) for panel, part in parts
    )
    return [Weighed(lines)]


def _met(scoring: Scoring, project: ProjectId) -> list[Step]:
    field = scoring.field
    if field.rules.ballots != "pairs":
        return []
    duels = {other: majority(field, project, other) for other in scoring.complete if other != project}
    ahead, level, behind = (tuple(other for other, won in duels.items() if won == side) for side in (1, 0, -1))
    return [Met(ahead, level, behind)]


def _estimated(scoring: Scoring, project: ProjectId) -> Estimated:
    estimate = scoring.estimate
    return Estimated(
        declared=scoring.field.rules.estimator,
        used=estimate.used,
        value=figure(estimate.points[project]),
        fewest=min(fewest(scoring.field, one) for one in scoring.complete),
        dropped=estimate.dropped.get(project, ()),
        raw=figure(estimate.raw[project], RAW_DECIMALS) if project in estimate.raw else None,
    )


def _deducted(scoring: Scoring, project: ProjectId) -> list[Step]:
    field = scoring.field
    reasons: list[Taken] = []
    for one in field.rules.deductions:
        points = {judge: taken(card, one) for judge, card in field.cards[project].items()}
        if judges := sum(map(bool, points.values())):
            reasons.append(Taken(one.id, judges, figure(field.mean_of(project, points))))
    if not reasons:
        return []
    if not field.rules.deductions_averaged:
        return [Deducted(tuple(reasons))]
    off = field.taken_off(project)
    return [Deducted(tuple(reasons), figure(off), figure(scoring.estimate.points[project] - off))]


def _penalised(scoring: Scoring, project: ProjectId) -> list[Step]:
    penalty = scoring.field.penalties.get(project)
    if penalty is None or not penalty.points:
        return []
    return [Penalised(figure(Fraction(penalty.points, 100)), penalty.reason, figure(scoring.net[project]))]


def _audience(scoring: Scoring, project: ProjectId) -> list[Step]:
    if not scoring.most_votes:
        return []
    rules, votes = scoring.field.rules, scoring.field.audience[project]
    return [AudienceAdded(votes, scoring.most_votes, rules.audience_share, figure(scoring.own[project]))]


def _carried(scoring: Scoring, project: ProjectId) -> list[Step]:
    part = scoring.field.carried.get(project)
    if part is None or not part.weight:
        return []
    return [
        CarriedOver(
            source=part.source,
            was=part.was,
            place=part.place,
            published=figure(part.published),
            value=figure(part.value),
            weight=part.weight,
            own=figure(scoring.own[project]),
            score=figure(scoring.score[project]),
        )
    ]


def unplaced(field: Field, project: ProjectId) -> str:
    """Why it has no place."""
    return "not-through" if project in field.behind else "incomplete"
