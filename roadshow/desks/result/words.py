"""A published result in words: each step of an explanation, and every short remark beside a line. Pure.

A sentence is a text for the catalogues and its values, which are already written as the reader's language writes them.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from roadshow.desks.result.carried import brings
from roadshow.desks.result.deductions import deducted
from roadshow.desks.result.duels import met
from roadshow.desks.result.unplaced import NO_PLACE
from roadshow.ids import AwardId, CriterionId, PanelId, PersonId, PollId, ProjectId
from roadshow.languages import Catalogue
from roadshow.voting.aftermath.places import DISQUALIFIED
from roadshow.voting.explanation import (
    AudienceAdded,
    CarriedOver,
    Counted,
    Deducted,
    Dropped,
    Estimated,
    Figure,
    JudgeLine,
    JudgeState,
    Met,
    NotHeld,
    Penalised,
    Placed,
    Prized,
    Ranked,
    Step,
    TieTried,
    Weighed,
)
from roadshow.voting.overall.podium import OverallResult
from roadshow.voting.results import Caveat, Standing
from roadshow.voting.spec import EstimatorName

Sentence = tuple[str, Mapping[str, str]]


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


ESTIMATORS: Mapping[str, str] = {
    "mean": _("the mean"),
    "trimmed-mean": _("the trimmed mean"),
    "z-score": _("the mean of standardised scores (z-scores)"),
    "borda": _("the mean of ranks (Borda)"),
    "place-points": _("points for places"),
    "copeland": _("the share of comparisons won (Copeland)"),
}
NO_BALLOT: Mapping[JudgeState, str] = {
    "recused": _("conflict of interest"),
    "abstained": _("abstained"),
    "void": _("set aside"),
    "absent": _("no ballot"),
    "elsewhere": _("scored others, by lot"),
    "shadow": _("shadow judge"),
    "replaced": _("somebody else had the seat"),
}
"""Why a judge's ballot is in no sum."""
GROUNDS: Mapping[tuple[str, str], str] = {
    ("recused", "works"): _("works for it or for its organisation"),
    ("recused", "stake"): _("has a share in it"),
    ("recused", "close"): _("family or friends"),
    ("recused", "advises"): _("teaches, supervises or advises it"),
    ("recused", "rival"): _("works for a competitor"),
    ("abstained", "missed"): _("missed the pitch or a part of it"),
    ("abstained", "subject"): _("knows too little of the subject"),
    ("abstained", "conflict"): _("a conflict of interest that came to mind late"),
    ("abstained", "other"): _("another reason"),
}
"""Of what kind a judge's reason is. A conflict of none of these kinds is just that."""
TIE_STEPS: Mapping[str, str] = {
    "net": _("exact points"),
    "heaviest-criterion": _("the heaviest criterion"),
    "pairwise-majority": _("majority of judges, pair by pair"),
    "untrimmed-mean": _("the mean of all ballots"),
    "re-vote": _("the jury's re-vote"),
    "jury": _("the jury's vote on who goes first"),
    "chair": _("the chair's vote"),
    "shared": _("shared place"),
}
OUTCOMES: Mapping[str, str] = {
    "level": _("still level."),
    "waits": _("waits for a vote."),
    "not-asked": _("not asked, for no place on the podium hangs on it."),
    "waived": _("not held; the chair has voted instead."),
    "shared": _("the place is shared."),
}
"""Of a step of the tie chain that did not divide its group."""
DECIDED_BY: Mapping[str, str] = {
    "net": _("tie: exact points"),
    "heaviest-criterion": _("tie: heaviest criterion"),
    "pairwise-majority": _("tie: majority of judges"),
    "untrimmed-mean": _("tie: mean of all ballots"),
    "re-vote": _("tie: re-vote"),
    "jury": _("tie: jury's vote"),
    "chair": _("tie: chair's vote"),
    "shared": _("shared place"),
}
"""A place that the score alone did not decide."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Beside a project's name in the ranking."""

    text: str
    is_warning: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """What a reader is told, in their language; ``projects`` and ``criteria`` are what these are called in it."""

    texts: Catalogue
    projects: Mapping[ProjectId, str]
    criteria: Mapping[CriterionId, str]
    panels: Mapping[PanelId, str] = field(default_factory=dict)
    prizes: Mapping[AwardId, str] = field(default_factory=dict)
    fields: Mapping[PollId, str] = field(default_factory=dict)
    """From which something is taken over."""

    def step(self, step: Step) -> str:
        """One step of how a place came about."""
        return " ".join(self.texts.gettext(text) % values for text, values in self._sentences(step))

    def no_ballot(self, line: JudgeLine) -> str:
        """Why a judge's ballot does not count; and what a shadow judge's would come to, if it did."""
        beside = "" if line.beside is None else self.texts.aside(self._score(line.beside))
        return f"{self.texts.gettext(NO_BALLOT[line.state])}{beside}"

    def why(self, line: JudgeLine) -> str:
        """The reason for that, as far as it is public."""
        return self.texts.gettext(GROUNDS.get((line.state, line.category), "")) if line.category else line.reason

    def remark(self, standing: Standing, pitched: bool) -> Remark | None:
        """What is out of the ordinary about a place."""
        if not pitched:
            return Remark(self.texts.gettext(_("did not pitch")))
        if standing.decided_by == "incomplete":
            return Remark(self.texts.gettext(_("too few ballots")), is_warning=True)
        if standing.decided_by == "not-through":
            return Remark(self.texts.gettext(_("did not come through")))
        if standing.decided_by == DISQUALIFIED:
            return Remark(self.texts.gettext(_("disqualified")), is_warning=True)
        if standing.decided_by == "score":
            return None
        return Remark(self.texts.gettext(DECIDED_BY[standing.decided_by]))

    def caveat(self, caveat: Caveat | None, judges: Mapping[PersonId, str]) -> tuple[str, ...]:
        """What hangs on ballots that are not there; ``judges``: their names or numbers, as they are listed."""
        if caveat is None:
            return ()
        return tuple(self.texts.gettext(text) % values for text, values in self._missing(caveat, judges))

    def together(self, result: OverallResult | None, declared: EstimatorName) -> tuple[str, ...]:
        """The same of all fields together; ``declared``: the estimator of the rules."""
        if result is None:
            return ()
        return tuple(self.texts.gettext(text) % values for text, values in self._missing_together(result, declared))

    def _missing_together(self, result: OverallResult, declared: EstimatorName) -> Iterator[Sentence]:
        if result.estimator != declared:
            yield (
                _(
                    "Instead of %(rule)s, which the rules name, %(used)s was used for all fields: some project has too "
                    "few ballots."
                ),
                {
                    "rule": self.texts.gettext(ESTIMATORS[declared]),
                    "used": self.texts.gettext(ESTIMATORS[result.estimator]),
                },
            )
        if result.provisional:
            yield _("The result is provisional: a missing ballot could move other projects than its own."), {}

    def _missing(self, caveat: Caveat, judges: Mapping[PersonId, str]) -> Iterator[Sentence]:
        order, last = {judge: number for number, judge in enumerate(judges)}, len(judges)
        if caveat.used != caveat.declared:
            declared = self.texts.gettext(ESTIMATORS[caveat.declared])
            yield (
                _(
                    "Instead of %(rule)s, which the rules name, %(used)s was used for the whole field, because fewer "
                    "than %(needed)s ballots count for: %(projects)s."
                ),
                {
                    "rule": declared,
                    "used": self.texts.gettext(ESTIMATORS[caveat.used]),
                    "needed": self._number(caveat.needed),
                    "projects": self._listed(caveat.short),
                },
            )
            if caveat.first:
                first = {"rule": declared, "projects": self._listed(caveat.first)}
                yield _("By %(rule)s, this would be first: %(projects)s."), first
            else:
                yield _("By %(rule)s nothing can be worked out: too few ballots are left."), {"rule": declared}
        if caveat.provisional:
            yield _("The result is provisional: a missing ballot could move other projects than its own."), {}
        for one in caveat.absent:
            yield (
                _("No ballot came for %(project)s from: %(judges)s."),
                {
                    "project": self.projects[one.project],
                    "judges": self.texts.listed(
                        judges.get(judge, judge)
                        for judge in sorted(one.judges, key=lambda judge: order.get(judge, last))
                    ),
                },
            )

    def _sentences(self, step: Step) -> Iterator[Sentence]:
        match step:
            case Counted():
                yield self._counted(step)
            case Weighed():
                yield from self._weighed(step)
            case Met():
                yield from met(step, self._listed)
            case Estimated():
                yield from self._estimated(step)
            case Deducted():
                yield from deducted(step, self.criteria, self.texts)
            case Penalised():
                yield self._penalised(step)
            case AudienceAdded():
                yield self._audience(step)
            case CarriedOver():
                yield from brings(step, self.fields.get(step.source, step.source), self._score)
            case Ranked():
                yield self._ranked(step)
            case TieTried():
                yield from self._tie(step)
            case NotHeld():
                yield self._not_held(step)
            case Placed():
                yield self._placed(step)
            case Prized():
                yield from self._prized(step)
            case _:
                assert_never(step)

    def _counted(self, step: Counted) -> Sentence:
        return _("Ballots that count: %(ballots)s of %(judges)s; at least %(quorum)s are needed."), {
            "ballots": self._number(step.ballots),
            "judges": self._number(sum(one.state not in ("elsewhere", "shadow", "replaced") for one in step.judges)),
            "quorum": self._number(step.quorum),
        }

    def _weighed(self, step: Weighed) -> Iterator[Sentence]:
        for one in step.panels:
            panel = self.panels.get(one.panel, one.panel)
            yield (
                _("%(panel)s, weight %(weight)s: %(value)s. Ballots that count: %(ballots)s."),
                {
                    "panel": panel,
                    "weight": self._number(one.weight),
                    "value": self._score(one.value),
                    "ballots": self._number(one.ballots),
                },
            )
            yield from (self._dropped(dropped) for dropped in one.dropped if dropped.low or dropped.high)

    def _estimated(self, step: Estimated) -> Iterator[Sentence]:
        yield (
            _("By %(rule)s, the ballots make %(value)s points of 100."),
            {"rule": self.texts.gettext(ESTIMATORS[step.used]), "value": self._score(step.value)},
        )
        if step.used != step.declared:
            yield (
                _(
                    "The rules name %(rule)s, but some project has too few ballots for it (%(fewest)s), so it is not "
                    "used for any project of the field."
                ),
                {"rule": self.texts.gettext(ESTIMATORS[step.declared]), "fewest": self._number(step.fewest)},
            )
        yield from (self._dropped(one) for one in step.dropped if one.low or one.high)
        if step.raw is not None:
            yield _("Before scaling: %(value)s."), {"value": self._score(step.raw)}

    def _dropped(self, one: Dropped) -> Sentence:
        ends = {"low": self.texts.scores(one.low), "high": self.texts.scores(one.high)}
        if one.criterion is None:
            return _("Left out: lowest %(low)s, highest %(high)s."), ends
        named = {"criterion": self.criteria[one.criterion], **ends}
        return _("Left out on %(criterion)s: lowest %(low)s, highest %(high)s."), named

    def _penalised(self, step: Penalised) -> Sentence:
        return _("A penalty takes %(points)s points off, which leaves %(net)s. Reason: %(reason)s"), {
            "points": self._score(step.points),
            "net": self._score(step.net),
            "reason": step.reason,
        }

    def _audience(self, step: AudienceAdded) -> Sentence:
        return (
            _(
                "The audience gave it %(votes)s votes, the most that any project has are %(most)s. They make "
                "%(share)s%% of the score: %(score)s."
            ),
            {
                "votes": self._number(step.votes),
                "most": self._number(step.most),
                "share": str(step.share),
                "score": self._score(step.score),
            },
        )

    def _ranked(self, step: Ranked) -> Sentence:
        return _("With %(score)s points it stands level with %(projects)s."), {
            "score": self._score(step.score),
            "projects": self._listed(step.level),
        }

    def _tie(self, step: TieTried) -> Iterator[Sentence]:
        yield (
            _("Tie between %(projects)s, by %(step)s:"),
            {"projects": self._listed(step.group), "step": self.texts.gettext(TIE_STEPS[step.by])},
        )
        if step.outcome == "divided":
            order = (f"{self._number(place)}. {self._listed(part)}" for place, part in enumerate(step.parts, start=1))
            yield _("divided: %(order)s."), {"order": self.texts.apart.join(order)}
        else:
            yield OUTCOMES[step.outcome], {}
        if step.values:
            said = self._count if step.by == "jury" else self._score
            values = (f"{self.projects[project]} {said(value)}" for project, value in step.values.items())
            yield "%(values)s", {"values": self.texts.aside(self.texts.apart.join(values)).strip()}
        for project, beaten in step.beats.items():
            if beaten:
                yield (
                    _("%(project)s is ahead of %(others)s with more judges."),
                    {"project": self.projects[project], "others": self._listed(beaten)},
                )
        if step.reason:
            yield _("Reason: %(reason)s"), {"reason": step.reason}

    def _not_held(self, step: NotHeld) -> Sentence:
        if step.by == "jury":
            return (
                _(
                    "The jury's vote on %(projects)s counts as not held: votes: %(judges)s; at least %(quorum)s are "
                    "needed."
                ),
                self._missed(step),
            )
        return (
            _(
                "The re-vote on %(projects)s counts as not held: judges who scored all of them: %(judges)s; at least "
                "%(quorum)s are needed."
            ),
            self._missed(step),
        )

    def _missed(self, step: NotHeld) -> Mapping[str, str]:
        return {
            "projects": self._listed(step.group),
            "judges": self._number(step.judges),
            "quorum": self._number(step.quorum),
        }

    def _placed(self, step: Placed) -> Sentence:
        if step.place is None:
            return NO_PLACE[step.decided_by], {}
        place = str(step.place)
        if not step.shared_with:
            return _("Place %(place)s."), {"place": place}
        return _("Place %(place)s, shared with %(projects)s."), {
            "place": place,
            "projects": self._listed(step.shared_with),
        }

    def _prized(self, step: Prized) -> Iterator[Sentence]:
        if step.least is not None:
            yield _("Fewer than %(points)s points: not on the podium."), {"points": self._score(step.least)}
        if step.missed:
            missed = self.texts.listed(self.prizes.get(one, one) for one in step.missed)
            yield _("Too few points for: %(prizes)s."), {"prizes": missed}
        if step.prize is not None:
            yield _("Prize: %(prize)s."), {"prize": self.prizes.get(step.prize, step.prize)}

    def _number(self, value: int) -> str:
        return self.texts.number(value)

    def _score(self, figure: Figure) -> str:
        return self.texts.score(figure.shown)

    def _count(self, figure: Figure) -> str:
        return self._number(int(figure.exact))  # of votes

    def _listed(self, projects: Iterable[ProjectId]) -> str:
        return self.texts.listed(self.projects[project] for project in projects)
