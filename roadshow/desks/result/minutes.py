"""What was done to a count beside the ballots, in words: who by their office, what, and why. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from roadshow.ids import PersonId, ProjectId
from roadshow.languages import Catalogue
from roadshow.moments import Instant
from roadshow.voting.ledger.minutes import Minute
from roadshow.voting.review import Office


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


OFFICES: Mapping[Office | Literal["rule"], str] = {
    "chair": _("Chair"),
    "deputy": _("Deputy chair"),
    "organiser": _("Organiser"),
    "rule": _("By the rules"),
}


@dataclass(frozen=True, slots=True)
class ToldMinute:
    at: Instant
    who: str
    text: str
    reason: str


def told_minutes(
    acts: Sequence[Minute], judges: Mapping[PersonId, str], projects: Mapping[ProjectId, str], texts: Catalogue
) -> tuple[ToldMinute, ...]:
    """``judges`` and ``projects``: what these are called."""

    def told(act: Minute) -> ToldMinute:
        names = ", ".join(projects.get(one, one) for one in act.projects)
        values = {
            "number": act.number,
            "project": names,
            "judge": "" if act.judge is None else judges.get(act.judge, act.judge),
            "substitute": "" if act.substitute is None else judges.get(act.substitute, act.substitute),
            "missing": act.missing,
            "points": f"{Decimal(act.points) / 100:.2f}",
        }
        return ToldMinute(act.at, texts.gettext(OFFICES[act.office]), texts.gettext(_said(act)) % values, act.reason)

    return tuple(map(told, acts))


def _said(act: Minute) -> str:
    match act.kind:
        case "close-count":
            return _("Count %(number)s closed. From here on ties were known.")
        case "ask-reopening":
            return _("Asked that count %(number)s be opened again.")
        case "reopen":
            return _("Signed: count %(number)s opened.")
        case "void":
            return _("Ballot set aside: %(project)s, %(judge)s.")
        case "restore":
            return _("Ballot restored: %(project)s, %(judge)s.")
        case "penalty":
            return _("Points off %(project)s: %(points)s.") if act.points else _("Penalty lifted: %(project)s.")
        case "ask-substitute":
            return _("Asked that %(substitute)s have the seat of %(judge)s from %(project)s on.")
        case "substitute":
            return _("Signed: the substitute has the seat.")
        case "settle":
            return _("Tie settled, the best first: %(project)s.")
        case "revote":
            return _("Re-vote opened, round %(number)s: %(project)s.")
        case "confirm":
            return _("Version %(number)s of the result confirmed.")
        case "show-cards" if act.missing:
            return _("Every judge's scores of %(project)s shown, without those of %(missing)s who had given none.")
        case "show-cards":
            return _("Every judge's scores of %(project)s shown.")
