"""What the jury's votes on questions come to. (pure)"""

from collections.abc import Collection, Mapping

from roadshow.ids import AwardId, ProjectId
from roadshow.voting.explanation import NotHeld
from roadshow.voting.questions.acts import NONE_OF_THEM
from roadshow.voting.questions.state import Question
from roadshow.voting.results import AwardResult
from roadshow.voting.review import Unvoted
from roadshow.voting.rules.field import Field, Group


def answered(field: Field, award: AwardId | None, group: Group) -> tuple[Question | None, NotHeld | None]:
    """The newest question about the award, or on exactly this group, that was held; None, and the newest one that was
    not, where none was."""
    quorum = field.rules.vote_quorum
    missed: NotHeld | None = None
    for question in reversed(field.questions):
        if question.award != award or (award is None and set(question.projects) != set(group)):
            continue
        if question.is_held(quorum):
            return question, None
        missed = missed or NotHeld(question.projects, len(question.votes), question.needed(quorum), "jury")
    return None, missed


def elected(field: Field, award: AwardId, passed: Collection[ProjectId]) -> AwardResult:
    """To whom the jury's votes give an award, ``passed`` left out: the one with most votes; if several have most, the
    one of the casting vote, else all of them. Nobody, if as many are for none, or nobody was asked, or too few voted;
    nor of all fields together, whose juries were asked each about its own."""
    question, _ = answered(field, award, ())
    if question is None or field.overall:
        return AwardResult(award, (), "")
    counts = {choice: votes for choice, votes in question.counts().items() if choice not in passed}
    level = _foremost(counts)
    if question.casting is not None and question.casting.choice in level:
        level = (question.casting.choice,)
    if NONE_OF_THEM in level:
        return AwardResult(award, (), "")
    return AwardResult(award, level, str(counts[level[0]]))


def unvoted(field: Field) -> tuple[Unvoted, ...]:
    """Awards left to a vote about which the jury was never asked, or which wait for a casting vote. One that was asked
    about and not held is not awarded, unless it is asked about again."""
    waiting: list[Unvoted] = []
    for award in field.voted_awards:
        question, missed = answered(field, award, ())
        if question is not None and question.wants_casting_vote(field.rules.vote_quorum):
            level = question.foremost()
            waiting.append(Unvoted(award, "casting-vote", question.sequence, level, question.projects))
        elif question is None:
            waiting.append(Unvoted(award, "jury", missed=missed is not None))
    return tuple(waiting)


def _foremost(counts: Mapping[ProjectId, int]) -> tuple[ProjectId, ...]:
    most = max(counts.values())
    return tuple(choice for choice, votes in counts.items() if votes == most)
