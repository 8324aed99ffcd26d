"""What judges took off a project, in words. Pure."""

from collections.abc import Iterator, Mapping

from roadshow.ids import CriterionId
from roadshow.languages import Catalogue
from roadshow.voting.explanation import Deducted

Sentence = tuple[str, Mapping[str, str]]


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


def deducted(step: Deducted, reasons: Mapping[CriterionId, str], texts: Catalogue) -> Iterator[Sentence]:
    """``reasons``: what they are called."""
    for one in step.reasons:
        yield (
            _("Judges who took points off for “%(reason)s”: %(judges)s; on average %(points)s."),
            {
                "reason": reasons.get(one.reason, one.reason),
                "judges": texts.number(one.judges),
                "points": texts.score(one.mean.shown),
            },
        )
    if step.points is None or step.net is None:
        yield _("They are off these judges' own totals."), {}
    else:
        yield (
            _("On average %(points)s points are taken off, which leaves %(net)s."),
            {"points": texts.score(step.points.shown), "net": texts.score(step.net.shown)},
        )
