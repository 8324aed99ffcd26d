"""What divides projects that stand level. (pure)

The chain is a list of steps in the rules; each step is a function from a group to a verdict. A new one is a function,
its entry in ``TIE_STEPS`` and its name in ``spec.TieStep``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import groupby
from typing import Literal

from roadshow.ids import ProjectId
from roadshow.voting.explanation import NotHeld, TieTried
from roadshow.voting.rules.arithmetic import figure, mean
from roadshow.voting.rules.duels import majority
from roadshow.voting.rules.field import Group
from roadshow.voting.rules.jury import answered
from roadshow.voting.rules.scoring import Scoring
from roadshow.voting.spec import TieStep


@dataclass(frozen=True, slots=True)
class Verdict:
    parts: tuple[Group, ...]
    """Best first. A single one: the step cannot tell."""
    values: Mapping[ProjectId, Fraction] = field(default_factory=dict)
    beats: Mapping[ProjectId, Group] = field(default_factory=dict)
    reason: str = ""
    voted: bool = True
    """False: it asks for a vote that nobody has given."""
    not_held: NotHeld | None = None
    """The newest re-vote, or question to the jury, on the group, if too few took part."""


@dataclass(frozen=True, slots=True)
class Part:
    """Projects that share a place, or a project that has one to itself."""

    projects: Group
    decided_by: TieStep | Literal["score"]
    """What set it apart from its neighbours last."""
    waits: bool = False
    """For the vote that ``decided_by`` asks for."""
    trail: tuple[TieTried | NotHeld, ...] = ()
    """Every step that was tried on a group with these projects in it."""

    @property
    def not_held(self) -> NotHeld | None:
        """The newest vote of ``decided_by`` on just these projects, if too few took part."""
        here = (one for one in self.trail if isinstance(one, NotHeld) and one.group == self.projects)
        return next((one for one in here if one.by == self.decided_by), None)


Step = Callable[[Scoring, Group], Verdict]


def divided(group: Group, value: Callable[[ProjectId], Fraction]) -> tuple[Group, ...]:
    """Groups of equal value, highest first; inside each, the order of ``group``."""
    return tuple(tuple(part) for _, part in groupby(sorted(group, key=value, reverse=True), key=value))


def resolved(scoring: Scoring, part: Part, place: int) -> list[Part]:
    """Divide a part, whose best place is ``place``, as far as the chain can.

    Whatever a step divides starts at the head of the chain again, so it is treated just as it would be had it stood
    level from the beginning. That ends, for parts are smaller than their group.
    """
    group, trail, chain = part.projects, part.trail, scoring.field.rules.tie_chain
    if len(group) == 1:
        return [part]
    for number, step in enumerate(chain):
        if step == "shared":
            return [Part(group, step, trail=(*trail, TieTried(step, group, "shared")))]
        if step in ("chair", "re-vote", "jury") and scoring.field.overall:
            continue
        verdict = TIE_STEPS[step](scoring, group)
        if verdict.not_held is not None:
            trail = (*trail, verdict.not_held)
        if len(verdict.parts) > 1:
            trail = (*trail, _tried(step, group, "divided", verdict))
            parts: list[Part] = []
            for projects in verdict.parts:
                parts += resolved(scoring, Part(projects, step, trail=trail), place)
                place += len(projects)
            return parts
        if verdict.voted:
            trail = (*trail, _tried(step, group, "level", verdict))
        elif _may_be_waived(step, verdict) and "chair" in chain[number:] and chairs_vote(scoring, group).voted:
            trail = (*trail, _tried(step, group, "waived", verdict))
        elif place <= scoring.field.rules.places:
            return [Part(group, step, waits=True, trail=(*trail, _tried(step, group, "waits", verdict)))]
        else:
            trail = (*trail, _tried(step, group, "not-asked", verdict))
    return [Part(group, "shared", trail=trail)]


def _may_be_waived(step: TieStep, verdict: Verdict) -> bool:
    """Whether the chair's vote can stand in: for a re-vote at any time, for the jury's vote once it was not held."""
    return step == "re-vote" or (step == "jury" and verdict.not_held is not None)


def _tried(
    step: TieStep, group: Group, outcome: Literal["divided", "level", "waits", "not-asked", "waived"], verdict: Verdict
) -> TieTried:
    return TieTried(
        by=step,
        group=group,
        outcome=outcome,
        parts=verdict.parts if outcome == "divided" else (),
        values={project: figure(value) for project, value in verdict.values.items()},
        beats=dict(verdict.beats),
        reason=verdict.reason,
    )


# Steps --------------------------------------------------------------------------------------------------------------


def exact_net(scoring: Scoring, group: Group) -> Verdict:
    """By the exact net, where rounding or the audience's share has made the score level."""
    return _by({project: scoring.net[project] for project in group})


def heaviest_criterion(scoring: Scoring, group: Group) -> Verdict:
    """By the exact mean on the criterion with the greatest weight; several of that weight count together."""
    greatest = max(criterion.weight for criterion in scoring.field.criteria)
    heaviest = [criterion for criterion in scoring.field.criteria if criterion.weight == greatest]

    def share(project: ProjectId) -> Fraction:
        return mean([scoring.field.mean_on(project, criterion) / criterion.maximum for criterion in heaviest])

    return _by({project: 100 * share(project) for project in group})


def pairwise_majority(scoring: Scoring, group: Group) -> Verdict:
    """The smallest set of projects each of which beats every project outside it goes ahead of the others.

    A beats B if, of the judges who scored both, more put A higher than B higher; where there are panels, if A has the
    greater part of their weights. In a cycle nobody goes ahead.
    """
    beats = {a: tuple(b for b in group if a != b and majority(scoring.field, a, b) == 1) for a in group}
    by_wins = sorted(group, key=lambda project: -len(beats[project]))
    # Members of such a set have more wins than anybody outside, so the set can only be a beginning of this list.
    for size in range(1, len(group)):
        ahead, behind = set(by_wins[:size]), set(by_wins[size:])
        if all(behind <= set(beats[project]) for project in ahead):
            parts = tuple(p for p in group if p in ahead), tuple(p for p in group if p in behind)
            return Verdict(parts, beats=beats)
    return Verdict((group,), beats=beats)


def untrimmed_mean(scoring: Scoring, group: Group) -> Verdict:
    field = scoring.field
    return _by({project: field.mean_of(project, field.totals[project]) for project in group})


def revote(scoring: Scoring, group: Group) -> Verdict:
    """By the mean of the newest re-vote on exactly these projects that was held: with fewer judges than its quorum who
    scored all of them, it was not. One on a tie that has changed does not count."""
    quorum = max(scoring.field.rules.revote_quorum, 1)
    not_held: NotHeld | None = None
    for totals in reversed(scoring.field.revotes):
        if totals.keys() != set(group):
            continue
        judges = len(totals[group[0]])
        if judges >= quorum:
            held = _by({project: scoring.field.mean_of(project, totals[project]) for project in group})
            return replace(held, not_held=not_held)
        not_held = not_held or NotHeld(group, judges, quorum)
    return Verdict((group,), voted=False, not_held=not_held)


def jurys_vote(scoring: Scoring, group: Group) -> Verdict:
    """By the votes of the jury for who goes first, in the newest question on exactly these projects that was held.
    Where all have as many, the casting vote puts one of them ahead; as long as there is none, the group waits."""
    question, missed = answered(scoring.field, None, group)
    if question is None:
        return Verdict((group,), voted=False, not_held=missed)
    counts = {project: Fraction(question.counts()[project]) for project in group}
    parts = divided(group, counts.__getitem__)
    if len(parts) > 1:
        return Verdict(parts, counts)
    if question.casting is None:
        return Verdict((group,), counts, voted=False)
    first = question.casting.choice
    rest = tuple(project for project in group if project != first)
    return Verdict(((first,), rest), counts, reason=question.casting.reason)


def chairs_vote(scoring: Scoring, group: Group) -> Verdict:
    """The chair's newest vote on exactly these projects. One on a tie that has changed since does not count."""
    for order, reason in reversed(scoring.field.settled):
        if len(order) == len(group) and set(order) == set(group):
            return Verdict(tuple((project,) for project in order), reason=reason)
    return Verdict((group,), voted=False)


TIE_STEPS: Mapping[TieStep, Step] = {
    "net": exact_net,
    "heaviest-criterion": heaviest_criterion,
    "pairwise-majority": pairwise_majority,
    "untrimmed-mean": untrimmed_mean,
    "re-vote": revote,
    "jury": jurys_vote,
    "chair": chairs_vote,
}
"""All but ``shared``, which ends a chain."""


def _by(values: Mapping[ProjectId, Fraction]) -> Verdict:
    return Verdict(divided(tuple(values), values.__getitem__), values)
