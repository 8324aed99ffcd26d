"""Which ballots count, and for what. (pure)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import lcm

from roadshow.ids import AwardId, CriterionId, PanelId, PersonId, ProjectId
from roadshow.voting.carried.terms import Brought
from roadshow.voting.explanation import JudgeState
from roadshow.voting.questions.deciding import voted_awards
from roadshow.voting.questions.state import Question
from roadshow.voting.rules.arithmetic import mean
from roadshow.voting.rules.carrying import Part, behind, parts_of
from roadshow.voting.rules.deductions import points_off
from roadshow.voting.rules.heard import FORMS
from roadshow.voting.rules.orders import share_behind
from roadshow.voting.rules.pairs import share_won, struck
from roadshow.voting.seating.seats import elsewhere, has_quorum, panels
from roadshow.voting.seating.substitutes import gone, in_force, replaced
from roadshow.voting.spec import Criterion, Panel, PollSpec, RuleSet
from roadshow.voting.tally import Pair, Penalty, Revote, SetAside, Substitution
from roadshow.voting.votes import Ballot

Totals = Mapping[ProjectId, Mapping[PersonId, Fraction]]
"""T for each project and each judge who validly scored it; 0 to 100."""
Group = tuple[ProjectId, ...]
"""Projects that stand level, in the order of the rundown (which decides nothing)."""


@dataclass(frozen=True, slots=True)
class Votes:
    """All that a field's result is worked out from. The order of none of it decides anything, except where it says
    which is the newest."""

    spec: PollSpec
    ballots: Sequence[Ballot]
    """The newest revision of each; orders in the order in which they came."""
    settled: Sequence[Group] = ()
    """The chair's votes on ties, oldest first; each is an order, best first."""
    settled_because: Sequence[str] = ()
    """Their reasons, as far as known."""
    set_aside: Sequence[SetAside] = ()
    penalties: Sequence[Penalty] = ()
    """Of several for one project the newest counts, which comes last."""
    revotes: Sequence[Revote] = ()
    """Oldest first."""
    audience: Mapping[ProjectId, int] = field(default_factory=dict)
    """Votes of the audience for each project."""
    substitutions: Sequence[Substitution] = ()
    """Oldest first."""
    questions: Sequence[Question] = ()
    """Put to the jury, oldest first."""
    brought: Brought | None = None
    """What was taken over from earlier polls, once it was."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Where a judge stands with a project."""

    judge: PersonId
    state: JudgeState
    reason: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One jury's projects, or several juries' for the ranking of all fields together."""

    rules: RuleSet
    criteria: tuple[Criterion, ...]
    """None where ballots do not score."""
    projects: Group
    judged: Mapping[ProjectId, tuple[Judged, ...]]
    """Every judge of the project's jury, in the jury's order."""
    cards: Mapping[ProjectId, Mapping[PersonId, Mapping[CriterionId, int]]]
    """The valid scorecards of each project; or the orders with it; or what judges say of it beside others, by these
    (``pairs``)."""
    totals: Totals
    settled: tuple[tuple[Group, str], ...]
    """The chair's votes, oldest first, with their reasons."""
    revotes: tuple[Totals, ...]
    """For each re-vote on a group, the totals of the judges with a say in all of it; oldest first."""
    questions: tuple[Question, ...]
    """Put to the jury, oldest first, with the votes on each."""
    voted_awards: tuple[AwardId, ...]
    """On which a vote decides."""
    penalties: Mapping[ProjectId, Penalty]
    audience: Mapping[ProjectId, int]
    panels: Mapping[ProjectId, Mapping[PersonId, Panel]]
    """Where the project's jury sits; nobody of a jury that is one."""
    beside: Totals
    """What shadow judges gave, which is in no sum."""
    overall: bool
    """Several fields: no chair and no jury has a say in all of it, so votes on ties are not asked for."""
    carried: Mapping[ProjectId, Part]
    """What each project brings with it, where something is taken over from earlier polls."""
    behind: frozenset[ProjectId]
    """Who is not through from these, and has no place whatever was given."""

    @property
    def quorum(self) -> int:
        return max(self.rules.quorum, 1)

    def has_quorum(self, project: ProjectId) -> bool:
        return project not in self.behind and has_quorum(self.rules, self.panels[project], self.totals[project])

    def by_panel(
        self, project: ProjectId, given: Mapping[PersonId, Fraction]
    ) -> tuple[tuple[Panel, Mapping[PersonId, Fraction]], ...]:
        """What each panel with a weight gave of it, in the order of the rules; none of a jury that is one."""
        seats = self.panels[project]
        parts: dict[PanelId, dict[PersonId, Fraction]] = {panel.id: {} for panel in self.rules.panels}
        if parts:
            for judge, value in given.items():
                parts[seats[judge].id][judge] = value
        return tuple((panel, parts[panel.id]) for panel in self.rules.panels if panel.weight)

    def mean_of(self, project: ProjectId, given: Mapping[PersonId, Fraction]) -> Fraction:
        """Of what the project's judges gave, one at least; each panel's mean by its weight, of those that gave any."""
        parts = [(panel.weight, mean(part.values())) for panel, part in self.by_panel(project, given) if part]
        return weighed(parts) if parts else mean(given.values())

    def mean_on(self, project: ProjectId, criterion: Criterion) -> Fraction:
        """In the criterion's own scale."""
        given = {judge: card[criterion.id] for judge, card in self.cards[project].items()}
        if self.rules.panels:
            return self.mean_of(project, {judge: Fraction(one, criterion.steps) for judge, one in given.items()})
        return Fraction(sum(given.values()), len(given) * criterion.steps)

    def taken_off(self, project: ProjectId) -> Fraction:
        """The mean of what its judges take off, if that is taken off the points."""
        if not self.rules.deductions_averaged:
            return Fraction(0)
        cards = self.cards[project].items()
        return self.mean_of(project, {judge: points_off(card, self.rules.deductions) for judge, card in cards})


def weighed(parts: Sequence[tuple[int, Fraction]]) -> Fraction:
    """The mean of several values by their weights."""
    return sum((weight * value for weight, value in parts), Fraction(0)) / sum(weight for weight, _ in parts)


def judge_total(scores: Mapping[CriterionId, int], criteria: Sequence[Criterion]) -> Fraction:
    """``T = 100·Σ w·s/max``, weights normalised to 1."""
    scale = lcm(*(criterion.most for criterion in criteria))  # one fraction at the end is far quicker than many
    points = sum(criterion.weight * scores[criterion.id] * (scale // criterion.most) for criterion in criteria)
    return Fraction(100 * points, scale * sum(criterion.weight for criterion in criteria))


def total_of(ballot: Ballot, spec: PollSpec, *, less_deductions: bool) -> Fraction:
    """What a ballot comes to. Never less than nothing, so that whoever is given nothing has nothing to lose."""
    if spec.rules.ballots == "orders":
        return 100 * share_behind(ballot)
    if spec.rules.ballots == "pairs":
        return 100 * share_won(ballot)
    total = judge_total(ballot.scores, spec.criteria)
    if not less_deductions or not spec.rules.deductions:
        return total
    return max(total - points_off(ballot.scores, spec.rules.deductions), Fraction(0))


def gathered(fields: Sequence[Votes]) -> Field:
    """Raises ValueError unless all fields have the same criteria and rules."""
    first = fields[0].spec
    if any((votes.spec.criteria, votes.spec.rules) != (first.criteria, first.rules) for votes in fields):
        raise ValueError("fields with different criteria or rules cannot be ranked together")
    each_less, form = not first.rules.deductions_averaged, first.rules.ballots
    judged: dict[ProjectId, tuple[Judged, ...]] = {}
    cards: dict[ProjectId, Mapping[PersonId, Mapping[CriterionId, int]]] = {}
    totals: dict[ProjectId, Mapping[PersonId, Fraction]] = {}
    beside: dict[ProjectId, Mapping[PersonId, Fraction]] = {}
    seats: dict[ProjectId, Mapping[PersonId, Panel]] = {}
    revotes: list[Totals] = []
    for given in fields:
        votes = replace(given, spec=in_force(given.spec, given.substitutions))
        if form is not None:
            by_project = FORMS[form].spread(votes.spec.projects, votes.ballots)
            votes = replace(votes, ballots=[ballot for _, ballot in by_project])
        newest, seated, others = _newest(votes.ballots), panels(votes.spec), elsewhere(votes.spec)
        unseated = replaced(given.spec, given.substitutions)
        for project in votes.spec.projects:
            seats[project] = seated
            judged[project] = tuple(
                Judged(judge, "replaced")
                if (judge, project) in unseated
                else _seated(_judged(votes, newest, judge, project), seated.get(judge), (judge, project) in others)
                for judge in votes.spec.judges
            )
        if form == "pairs":
            newest = _strike(votes.spec.projects, newest, judged)
        for project in votes.spec.projects:
            valid = [newest[one.judge, project] for one in judged[project] if one.state == "submitted"]
            cards[project] = {ballot.judge: ballot.scores for ballot in valid}
            totals[project] = {one.judge: total_of(one, first, less_deductions=each_less) for one in valid}
            beside[project] = {
                one.judge: total_of(newest[one.judge, project], first, less_deductions=each_less)
                for one in judged[project]
                if one.state == "shadow" and _judged(votes, newest, one.judge, project).state == "submitted"
            }
        revotes += [_revoted(votes, revote, judged) for revote in votes.revotes]
    return Field(
        rules=first.rules,
        criteria=() if form else first.criteria,
        projects=tuple(judged),
        judged=judged,
        cards=cards,
        totals=totals,
        settled=tuple(
            (order, votes.settled_because[number] if number < len(votes.settled_because) else "")
            for votes in fields
            for number, order in enumerate(votes.settled)
        ),
        revotes=tuple(revotes),
        questions=tuple(question for votes in fields for question in votes.questions),
        voted_awards=voted_awards(first),
        penalties={penalty.project: penalty for votes in fields for penalty in votes.penalties},
        audience={project: votes.audience.get(project, 0) for votes in fields for project in votes.spec.projects},
        panels=seats,
        beside=beside,
        overall=len(fields) > 1,
        carried={project: part for votes in fields for project, part in parts_of(votes.spec, votes.brought).items()},
        behind=frozenset(project for votes in fields for project in behind(votes.spec, votes.brought)),
    )


def _newest(ballots: Sequence[Ballot]) -> Mapping[Pair, Ballot]:
    newest: dict[Pair, Ballot] = {}
    for ballot in ballots:
        known = newest.get((ballot.judge, ballot.project))
        if known is None or known.revision <= ballot.revision:
            newest[ballot.judge, ballot.project] = ballot
    return newest


def _judged(votes: Votes, newest: Mapping[Pair, Ballot], judge: PersonId, project: ProjectId) -> Judged:
    ballot = newest.get((judge, project))
    if ballot is not None and ballot.recused:
        return Judged(judge, "recused", ballot.reason, ballot.category)
    if (judge, project) in votes.spec.recused:
        told = (category for one, about, category in votes.spec.declared if (one, about) == (judge, project))
        return Judged(judge, "recused", category=next(told, ""))
    if ballot is None:
        return Judged(judge, "absent")
    for one in votes.set_aside:
        if (one.judge, one.project) == (judge, project):
            return Judged(judge, "void", one.reason)
    if ballot.abstained:
        return Judged(judge, "abstained", ballot.reason, ballot.category)
    return Judged(judge, "submitted")


def _seated(judged: Judged, panel: Panel | None, elsewhere: bool) -> Judged:
    """A shadow judge is one whatever they do; a conflict of interest is one wherever the lot has put its judge."""
    if panel is not None and not panel.weight:
        return Judged(judged.judge, "shadow")
    return Judged(judged.judge, "elsewhere") if elsewhere and judged.state != "recused" else judged


def _strike(
    projects: Sequence[ProjectId], newest: Mapping[Pair, Ballot], judged: dict[ProjectId, tuple[Judged, ...]]
) -> Mapping[Pair, Ballot]:
    """A comparison counts if its judge has a say on both projects; whose have all gone, is absent."""
    saying = {(one.judge, project) for project in projects for one in judged[project] if one.state == "submitted"}
    left = struck({pair: newest[pair] for pair in saying})
    for project in projects:
        judged[project] = tuple(
            Judged(one.judge, "absent") if one.state == "submitted" and (one.judge, project) not in left else one
            for one in judged[project]
        )
    return {**newest, **left}


def _revoted(votes: Votes, revote: Revote, judged: Mapping[ProjectId, tuple[Judged, ...]]) -> Totals:
    """Who scored only some of the group would tilt its means, so they have no say in it. There is no estimate here to
    take deductions off, so they are always off the totals."""
    given = [accepted.ballot for accepted in revote.ballots]
    if (form := votes.spec.rules.ballots) is not None:
        given = [ballot for _, ballot in FORMS[form].spread_again(revote.projects, given)]
    newest = _newest(given)
    scored = {key: ballot for key, ballot in newest.items() if not (ballot.recused or ballot.abstained)}
    barred = {
        one.judge
        for project in revote.projects
        for one in judged.get(project, ())
        if one.state in ("recused", "void", "shadow")
    } | gone(votes.substitutions)
    having_a_say = [
        judge
        for judge in votes.spec.judges
        if judge not in barred and all((judge, project) in scored for project in revote.projects)
    ]
    return {
        project: {judge: total_of(scored[judge, project], votes.spec, less_deductions=True) for judge in having_a_say}
        for project in revote.projects
    }
