"""The rules that a result was counted by, in words: a protocol that is read in ten years has no other page beside it.
Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from roadshow.competitions.definition import Criterion, Panel, Rules
from roadshow.competitions.stages import Carried
from roadshow.desks.result.carried import carried_rules
from roadshow.desks.result.words import ESTIMATORS, TIE_STEPS
from roadshow.languages import Catalogue
from roadshow.voting.rules.arithmetic import show

Sentence = tuple[str, Mapping[str, str]]


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


_TRIMMED = {
    "total": _(
        "Of each project's totals the %(count)s lowest and the %(count)s highest are left out, if every project has at "
        "least %(least)s ballots."
    ),
    "criterion": _(
        "On each criterion the lowest %(count)s and the highest %(count)s are left out, if every project has at least "
        "%(least)s ballots."
    ),
}


_LEVEL = {
    True: _("A judge may put projects level: they have the mean of what their places are worth."),
    False: _("No two projects have the same place with a judge."),
}


_DEDUCTED = {
    "total": _("What a judge takes off is off that judge's own total, which is never less than nothing."),
    "points": _("The mean of what the judges take off is off the project's points."),
}


_TOLD = {
    "ceremony": _("Scores stay sealed until the places are announced."),
    "after-each": _("Every judge's scores of a project are shown after its pitch; from then on they stand."),
    "one-later": _("Every judge's scores of a project are shown after the next pitch; from then on they stand."),
    "chair": _("The chair alone is told the scores before the places are announced, once the count is closed."),
}


@dataclass(frozen=True, slots=True)
class Weighed:
    """A criterion as a protocol lists it."""

    criterion: Criterion
    share: str
    """Per cent of all points that it can give: ``30``, ``33.33``."""


def weighed(criteria: Sequence[Criterion]) -> tuple[Weighed, ...]:
    """Weights as shares of the whole, which is what they are normalised to."""
    whole = sum(criterion.weight for criterion in criteria)
    return tuple(Weighed(one, _per_cent(Fraction(one.weight * 100, whole))) for one in criteria)


def told_rules(
    rules: Rules, texts: Catalogue, carried: Carried | None = None, fields: Sequence[str] = ()
) -> tuple[str, ...]:
    """A sentence for each rule that a place may hang on. ``fields``: what is ``carried`` from, as they are called."""
    sentences = (*(() if carried is None else carried_rules(carried, fields, texts)), *_sentences(rules, texts))
    return tuple(texts.gettext(text) % values for text, values in sentences)


def _sentences(rules: Rules, texts: Catalogue) -> Iterator[Sentence]:
    yield (
        _("A project's points are %(rule)s of the ballots that count, of 100."),
        {"rule": texts.gettext(ESTIMATORS[rules.estimator])},
    )
    if rules.ballots == "pairs":
        yield from _pairs(rules, texts)
    if rules.ballots == "orders":
        yield _("Each judge puts the projects in order; the newest order counts for all projects in it."), {}
        yield _LEVEL[rules.level_places], {}
    if rules.estimator == "trimmed-mean":
        yield (
            _TRIMMED[rules.trim.scope],
            {"count": texts.number(rules.trim.k), "least": texts.number(rules.trim.enough)},
        )
    for panel in rules.panels:
        yield from _panel(panel, rules, texts)
    if rules.draw:
        yield _("The lot was drawn with: %(draw)s."), {"draw": rules.draw}
    if rules.estimator == "z-score" and rules.least_spread:
        yield (
            _("A judge's standard deviation is taken for %(points)s points at least."),
            {"points": texts.number(rules.least_spread)},
        )
    if rules.estimator == "place-points":
        points = texts.apart.join(map(texts.number, rules.place_points))
        yield _("A judge's places are worth, from the first on: %(points)s. Later ones nothing."), {"points": points}
    for deduction in rules.deductions:
        values = {
            "reason": deduction.title.in_language(texts.language),
            "points": texts.number(deduction.maximum),
            "step": texts.score(deduction.step),
        }
        yield _("For “%(reason)s” each judge may take up to %(points)s points off, in steps of %(step)s."), values
    if rules.deductions:
        yield _DEDUCTED[rules.deducted_from], {}
    if rules.audience_share:
        yield _("The audience's votes make %(share)s%% of the score."), {"share": texts.number(rules.audience_share)}
    yield (
        _("A project needs %(quorum)s ballots that count; with fewer it has no place."),
        {"quorum": texts.number(rules.quorum)},
    )
    if rules.rank_on == "exact":
        yield _("Places go by exact points, not by the rounded ones that are shown."), {}
    else:
        yield _("Places go by points rounded to two decimals."), {}
    steps = texts.apart.join(texts.gettext(TIE_STEPS[step]) for step in rules.tie_chain)
    yield _("Level projects are divided in this order: %(steps)s."), {"steps": steps}
    if "re-vote" in rules.tie_chain:
        yield (
            _("A re-vote counts as held if %(quorum)s judges score all of the level projects."),
            {"quorum": texts.number(rules.enough_to_vote_again)},
        )
    if rules.deliberation:
        yield (
            _(
                "Before the count is closed the chair can open all cards once more for deliberation, for %(minutes)s "
                "minutes."
            ),
            {"minutes": texts.number(rules.deliberation)},
        )
    if rules.asks_the_jury:
        yield (
            _(
                "Each judge has one vote on a question to the jury, which is held with %(quorum)s votes, or as many as "
                "there are; where they are level, the chair has the casting vote."
            ),
            {"quorum": texts.number(rules.enough_to_vote)},
        )
    for prize in rules.prizes:
        values = {"prize": prize.title.in_language(texts.language), "count": texts.number(prize.count)}
        yield _("%(prize)s: %(count)s by place."), values
        if prize.minimum:
            yield _("%(prize)s: from %(points)s points on."), {**values, "points": texts.number(prize.minimum)}
    if rules.least_score:
        least = {"points": texts.number(rules.least_score)}
        yield _("With fewer than %(points)s points nobody is on the podium."), least
    if rules.one_award:
        yield _("Who has a prize or an award has no other one."), {}
    if rules.chair_votes:
        yield _("The chair scores as the other judges do."), {}
    else:
        yield _("The chair settles ties, and gives no scores."), {}
    if rules.ballots == "scores":  # any later window takes an order
        yield _("A ballot that comes late counts only if the chair accepts it, with a reason."), {}
    yield _TOLD[rules.scores_told], {}
    if rules.ballot_keys:
        yield _("Judges sign their ballots with keys of their own."), {}
    if rules.second_confirmation:
        yield _("Nothing is announced before a second person has signed."), {}
    if rules.comments == "after-result":
        yield _("Judges may write to the teams, who read it once the places are announced. It counts for nothing."), {}
    elif rules.comments == "chair":
        yield (
            _(
                "Judges may write to the teams; the chair releases it once the places are announced. It counts for "
                "nothing."
            ),
            {},
        )
    if rules.objection_hours:
        yield (
            _("Teams may object for %(hours)s hours after each publication."),
            {"hours": texts.number(rules.objection_hours)},
        )
    else:
        yield _("The result is final when it is announced."), {}


def _pairs(rules: Rules, texts: Catalogue) -> Iterator[Sentence]:
    if rules.opponents:
        yield (
            _("Each judge compares each project with %(count)s others, drawn by lot: which of the two is ahead."),
            {"count": texts.number(rules.opponents)},
        )
    else:
        yield _("Each judge compares each project with all others: which of the two is ahead."), {}
    yield (
        _(
            "A project has a point for each of the others that more judges put behind it, and half of one for each "
            "that as many put behind it as ahead; its score is the share of the points there were."
        ),
        {},
    )
    if rules.least_opponents:
        yield (
            _("A project needs comparisons with %(count)s others; with fewer it has no place."),
            {"count": texts.number(rules.least_opponents)},
        )
    else:
        yield _("A project needs comparisons with half of the others that it can meet; with fewer it has no place."), {}


def _panel(panel: Panel, rules: Rules, texts: Catalogue) -> Iterator[Sentence]:
    named = {
        "panel": panel.title.in_language(texts.language),
        "quorum": texts.number(panel.quorum),
        "each": texts.number(panel.each),
    }
    if not panel.weight:
        yield _("%(panel)s: shadow judges, whose ballots never count."), named
        return
    share = _per_cent(Fraction(100 * panel.weight, sum(one.weight for one in rules.panels)))
    yield (
        _("%(panel)s makes %(share)s%% of the points; a project needs %(quorum)s ballots of it."),
        {
            **named,
            "share": texts.score(share),
        },
    )
    if panel.each:
        yield _("%(panel)s: by lot, %(each)s of its judges score each project."), named


def _per_cent(share: Fraction) -> str:
    return str(share.numerator) if share.denominator == 1 else show(share)
