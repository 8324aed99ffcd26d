"""What was done to a count beside the ballots, in words: who by their office, what, and why. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from roadshow.ids import AwardId, PersonId, ProjectId
from roadshow.languages import Catalogue
from roadshow.moments import Instant
from roadshow.voting.ledger.minutes import Minute
from roadshow.voting.questions.acts import NONE_OF_THEM
from roadshow.voting.questions.state import Question
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
    votes: tuple[str, ...] = ()
    """Of a question to the jury: who voted for what, where judges are named."""


def told_minutes(
    acts: Sequence[Minute],
    judges: Mapping[PersonId, str],
    projects: Mapping[ProjectId, str],
    texts: Catalogue,
    awards: Mapping[AwardId, str],
    *,
    named: bool,
) -> tuple[ToldMinute, ...]:
    """``judges``, ``projects`` and ``awards``: what these are called. ``named``: judges are by their names, so it is
    told who voted for what."""

    def chosen(question: Question, choice: ProjectId) -> str:
        if choice != NONE_OF_THEM:
            return projects.get(choice, choice)
        return texts.gettext(_("none of them") if question.award is None else _("not awarded"))

    def asked(act: Minute) -> dict[str, str]:
        question = act.asked
        if question is None:
            return {}
        last, counts = question.casting, question.counts()
        none = [vote.choice for vote in question.votes].count(NONE_OF_THEM)
        told = {**counts, NONE_OF_THEM: none} if none or question.award is not None else counts
        return {
            "award": "" if question.award is None else awards.get(question.award, question.award),
            "counts": texts.apart.join(f"{chosen(question, one)} {texts.number(votes)}" for one, votes in told.items()),
            "votes": texts.number(len(question.votes)),
            "jury": texts.number(len(question.jury)),
            "choice": "" if last is None else chosen(question, last.choice),
        }

    def votes(act: Minute) -> tuple[str, ...]:
        question = act.asked
        if question is None or act.kind != "question" or not named:
            return ()
        given = {vote.judge: chosen(question, vote.choice) for vote in question.votes if vote.choice is not None}
        return tuple(f"{judges.get(judge, judge)}: {given[judge]}" for judge in question.jury if judge in given)

    def told(act: Minute) -> ToldMinute:
        names = ", ".join(projects.get(one, one) for one in act.projects)
        values = {
            "number": act.number,
            "project": names,
            "judge": "" if act.judge is None else judges.get(act.judge, act.judge),
            "substitute": "" if act.substitute is None else judges.get(act.substitute, act.substitute),
            "chair": "" if act.chair is None else judges.get(act.chair, act.chair),
            "missing": act.missing,
            "points": f"{Decimal(act.points) / 100:.2f}",
            **asked(act),
        }
        text = texts.gettext(_said(act)) % values
        return ToldMinute(act.at, texts.gettext(OFFICES[act.office]), text, act.reason, votes(act))

    return tuple(map(told, acts))


def _said(act: Minute) -> str:
    match act.kind:
        case "calibrate":
            return _(
                "Calibration round on a sample, before the first window. Judges: %(number)s. It counts for nothing."
            )
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
        case "ask-chair":
            return _("Asked that %(chair)s have the chair's office.")
        case "pass-chair":
            return _("Signed: %(chair)s has the chair's office from here on.")
        case "settle":
            return _("Tie settled, the best first: %(project)s.")
        case "revote":
            return _("Re-vote opened, round %(number)s: %(project)s.")
        case "confirm":
            return _("Version %(number)s of the result confirmed.")
        case "sign-key" if act.keyless:
            return _("Signed: %(judge)s votes without a key of their own from here on.")
        case "sign-key":
            return _("Signed: %(judge)s votes with another key from here on.")
        case "show-cards" if act.missing:
            return _("Every judge's scores of %(project)s shown, without those of %(missing)s who had given none.")
        case "show-cards":
            return _("Every judge's scores of %(project)s shown.")
        case "question" if act.asked is not None and act.asked.award is not None:
            return _("The jury was asked who gets “%(award)s”: %(counts)s. Votes: %(votes)s of %(jury)s.")
        case "question":
            return _("The jury was asked which goes first: %(counts)s. Votes: %(votes)s of %(jury)s.")
        case "deliberate":
            return _("All cards opened once more for deliberation. Ballots revised: %(number)s.")
        case "casting-vote":
            return _("Casting vote, for the jury's votes were level: %(choice)s.")
