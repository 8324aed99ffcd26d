"""The whole of it: from a field's votes to places, awards and what still waits. (pure)"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Literal

import msgspec

from roadshow.ids import ProjectId
from roadshow.voting.carried.terms import Brought
from roadshow.voting.explanation import Explanation
from roadshow.voting.questions.state import Question
from roadshow.voting.results import AwardResult, Caveat, PrizeResult, Standing
from roadshow.voting.review import Tie, Unvoted
from roadshow.voting.rules.arithmetic import round_half_up, show
from roadshow.voting.rules.caveats import caveat_of, is_provisional
from roadshow.voting.rules.derivation import explanation_of, unplaced
from roadshow.voting.rules.field import Field, Group, Votes, gathered
from roadshow.voting.rules.jury import answered, elected, unvoted
from roadshow.voting.rules.prizes import explained, prizes_of, winners
from roadshow.voting.rules.scoring import Scoring, scored
from roadshow.voting.rules.ties import Part, divided, resolved
from roadshow.voting.spec import Award, EstimatorName, PollSpec
from roadshow.voting.tally import Penalty, Revote, SetAside, Substitution
from roadshow.voting.votes import Ballot


class FieldResult(msgspec.Struct, frozen=True):
    standings: tuple[Standing, ...]
    """By place, the incomplete last; level ones in the order of the rundown."""
    ties: tuple[Tie, ...]
    """What waits for a vote. Until then the tied share a place here."""
    estimator: EstimatorName
    """The one that was used: ``mean`` instead of ``trimmed-mean`` if some project has too few ballots to trim."""
    provisional: bool
    """Scores are still to come that could move other projects' estimates than their own."""
    awards: tuple[AwardResult, ...]
    """In the order of the rules."""
    explanations: tuple[Explanation, ...]
    """In the order of ``standings``."""
    caveat: Caveat | None = None
    """None: all ballots are there, and the declared estimator was used."""
    prizes: tuple[PrizeResult, ...] = ()
    """In the order of the rules."""
    unvoted: tuple[Unvoted, ...] = ()
    """Awards about which the jury has yet to be asked, or wants a casting vote."""


def evaluate(
    spec: PollSpec,
    ballots: Iterable[Ballot],
    settled: Sequence[Group] = (),
    *,
    settled_because: Sequence[str] = (),
    set_aside: Sequence[SetAside] = (),
    penalties: Sequence[Penalty] = (),
    revotes: Sequence[Revote] = (),
    audience: Mapping[ProjectId, int] | None = None,
    substitutions: Sequence[Substitution] = (),
    questions: Sequence[Question] = (),
    brought: Brought | None = None,
) -> FieldResult:
    """A field's result. Arguments as in ``Votes``."""
    votes = Votes(spec, tuple(ballots), settled, settled_because, set_aside, penalties, revotes, dict(audience or {}))
    votes = replace(votes, substitutions=substitutions, questions=questions, brought=brought)
    return _ranking(gathered([votes]))


def evaluate_overall(fields: Sequence[Votes]) -> FieldResult:
    """One ranking of several fields' projects. Nobody chairs all of them, so ``re-vote`` and ``chair`` are passed over.
    Raises ValueError unless all have the same criteria and rules."""
    return _ranking(gathered(fields))


def honours(
    votes: Votes, standings: Sequence[Standing], out: Collection[ProjectId]
) -> tuple[tuple[PrizeResult, ...], tuple[AwardResult, ...]]:
    """Prizes and awards, had ``out`` not been there to be given any: to the best of the others, whose values are what
    they were. ``standings``: as they are without ``out``."""
    scoring = scored(gathered([votes]))
    prizes = prizes_of(scoring.field.rules, standings)
    return prizes, _awards(scoring, winners(prizes), out)


def _ranking(field: Field) -> FieldResult:
    scoring = scored(field)
    standings: list[Standing] = []
    ties: list[Tie] = []
    explanations: list[Explanation] = []
    groups = divided(scoring.complete, scoring.ranked.__getitem__)
    for group in groups:
        for part in resolved(scoring, Part(group, "score"), 1 + len(standings)):
            place = 1 + len(standings)
            standings += [_standing(scoring, project, place, part.decided_by) for project in part.projects]
            explanations += [explanation_of(scoring, project, place, part) for project in part.projects]
            if part.waits:
                ties.append(_tie(field, part))
    for project in field.projects:
        if project not in scoring.score:
            why = unplaced(field, project)
            standings.append(Standing(project, None, "", len(field.totals[project]), {}, why))
            explanations.append(explanation_of(scoring, project, None, None))
    prizes = () if field.overall else prizes_of(field.rules, standings)
    return FieldResult(
        standings=tuple(standings),
        ties=tuple(ties),
        estimator=scoring.estimate.used,
        provisional=is_provisional(field),
        caveat=caveat_of(scoring),
        awards=_awards(scoring, winners(prizes)),
        explanations=explained(field.rules, standings, prizes, explanations),
        prizes=prizes,
        unvoted=() if field.overall else unvoted(field),
    )


def _tie(field: Field, part: Part) -> Tie:
    if part.decided_by == "jury" and (asked := answered(field, None, part.projects)[0]) is not None:
        return Tie(part.projects, "casting-vote", question=asked.sequence)
    waits_for: Literal["chair", "re-vote", "jury"] = "chair"
    if part.decided_by == "re-vote" or part.decided_by == "jury":
        waits_for = part.decided_by
    missed = part.not_held
    if missed is None:
        return Tie(part.projects, waits_for)
    return Tie(part.projects, waits_for, judges=missed.judges, quorum=missed.quorum)


def _standing(scoring: Scoring, project: ProjectId, place: int, decided_by: str) -> Standing:
    field = scoring.field
    return Standing(
        project=project,
        place=place,
        score=show(scoring.score[project]),
        ballots=len(field.totals[project]),
        by_criterion={criterion.id: show(field.mean_on(project, criterion)) for criterion in field.criteria},
        decided_by=decided_by,
    )


def _awards(
    scoring: Scoring, decorated: Collection[ProjectId], out: Collection[ProjectId] = ()
) -> tuple[AwardResult, ...]:
    """``decorated``: who has a prize; where the rules say so, they and whoever has an award get none. ``out`` get none
    at all."""
    results: list[AwardResult] = []
    for award in scoring.field.rules.awards:
        has_one = {*decorated, *(project for one in results for project in one.projects)}
        passed = {*out, *(has_one if scoring.field.rules.one_award else ())}
        results.append(_awarded(scoring, award, passed))
    return tuple(results)


def _awarded(scoring: Scoring, award: Award, passed: Collection[ProjectId]) -> AwardResult:
    """To the best, and to all of them if several are level: no tie chain is asked."""
    field = scoring.field
    if award.by == "audience":
        votes = {project: Fraction(n) for project, n in field.audience.items() if n and project not in passed}
        return _given(award, votes, decimals=0)
    if award.by != "criterion":
        return elected(field, award.id, passed)
    criterion = next(one for one in field.criteria if one.id == award.criterion)
    means = {project: field.mean_on(project, criterion) for project in scoring.complete if project not in passed}
    if field.rules.rank_on == "rounded":
        means = {project: round_half_up(value) for project, value in means.items()}
    return _given(award, means, decimals=2)


def _given(award: Award, values: Mapping[ProjectId, Fraction], decimals: int) -> AwardResult:
    if not values:
        return AwardResult(award.id, (), "")
    best = max(values.values())
    winners = tuple(project for project, value in values.items() if value == best)
    return AwardResult(award.id, winners, show(best) if decimals else str(best))
