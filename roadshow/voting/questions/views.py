"""What the jury, control and whoever decides see of questions: who has voted, never what. (pure)"""

from collections.abc import Collection
from typing import Literal

import msgspec

from roadshow.ids import AwardId, PersonId, ProjectId
from roadshow.voting.entitlement import deciding
from roadshow.voting.office.passing import at_present
from roadshow.voting.questions.state import Question
from roadshow.voting.results import CeremonyState
from roadshow.voting.review import Office
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import Pair, PollState


class QuestionView(msgspec.Struct, frozen=True):
    question: int
    """Its ledger entry's number."""
    award: AwardId | None
    """None: which of the projects goes first."""
    projects: tuple[ProjectId, ...]
    jury: tuple[PersonId, ...]
    """Who may vote."""
    voted: tuple[PersonId, ...]
    """In the order of ``jury``."""
    until: int
    """Milliseconds since the epoch; may have passed since. It is over, too, when everybody has voted."""
    state: Literal["open", "held", "level", "missed"]
    """``missed``: too few have voted, so it was not held. ``level``: it wants a casting vote."""
    quorum: int
    decided_by: Office
    """Who puts it, and gives a casting vote."""


class QuestionsView(msgspec.Struct, frozen=True, tag_field="section", tag="questions"):
    """For the jury and control: the newest question, until the result is confirmed."""

    newest: QuestionView | None = None


def without_level(view: QuestionsView) -> QuestionsView:
    """Whether a question that was held wants a casting vote says something of the votes."""
    newest = view.newest
    if newest is None or newest.state != "level":
        return view
    return QuestionsView(msgspec.structs.replace(newest, state="held"))


def questions_view(spec: PollSpec, state: PollState, recused: Collection[Pair]) -> QuestionsView:
    """``recused``: all, declared and later ones."""
    asked = state.tally.questions
    if not asked or state.state is not CeremonyState.SEALED:
        return QuestionsView()
    newest, quorum = asked[-1], spec.rules.vote_quorum
    gave = {vote.judge for vote in newest.votes}
    return QuestionsView(
        QuestionView(
            question=newest.sequence,
            award=newest.award,
            projects=newest.projects,
            jury=newest.jury,
            voted=tuple(judge for judge in newest.jury if judge in gave),
            until=(newest.until if state.asking is None else state.asking.until).ms,
            state=_stands(newest, quorum, is_open=state.asking is not None),
            quorum=newest.needed(quorum),
            decided_by=deciding(at_present(spec, state.tally), recused, newest.projects, settles=True),
        )
    )


def _stands(question: Question, quorum: int, *, is_open: bool) -> Literal["open", "held", "level", "missed"]:
    if is_open:
        return "open"
    if not question.is_held(quorum):
        return "missed"
    return "level" if question.wants_casting_vote(quorum) else "held"
