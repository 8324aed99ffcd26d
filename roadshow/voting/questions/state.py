"""What was asked of the jury, and what it said. (pure)"""

from collections.abc import Iterable

import msgspec

from roadshow.ids import AwardId, CommandId, PersonId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.questions.acts import NONE_OF_THEM, QuestionBody


class Given(msgspec.Struct, frozen=True):
    """One judge's vote."""

    judge: PersonId
    choice: ProjectId | None
    """``NONE_OF_THEM``: for none. None: it is sealed, and was not opened."""
    command: CommandId
    sealed: str = ""
    """How the store has it, where its poll is held so (``boxes.jury``)."""


class Casting(msgspec.Struct, frozen=True):
    """The vote that decides where the jury's are level."""

    by: PersonId
    choice: ProjectId
    reason: str


class Question(msgspec.Struct, frozen=True):
    sequence: int
    """Of its ledger entry."""
    at: Instant
    by: PersonId
    award: AwardId | None
    """None: which of the projects goes first."""
    projects: tuple[ProjectId, ...]
    jury: tuple[PersonId, ...]
    """Who may vote."""
    until: Instant
    votes: tuple[Given, ...] = ()
    """In the order in which they came."""
    casting: Casting | None = None

    @property
    def choices(self) -> tuple[ProjectId, ...]:
        """What can win: of an award also that it be not awarded."""
        return self.projects if self.award is None else (*self.projects, NONE_OF_THEM)

    def needed(self, quorum: int) -> int:
        """Votes by which it is held; where fewer may vote than the quorum of the rules, as many as may."""
        return min(quorum, len(self.jury))

    def is_held(self, quorum: int) -> bool:
        return len(self.votes) >= self.needed(quorum)

    def is_open(self, now: Instant) -> bool:
        """Until its time is over, or everybody has voted. Nobody closes it."""
        return now < self.until and len(self.votes) < len(self.jury)

    def counts(self) -> dict[ProjectId, int]:
        """The votes for each of the ``choices``."""
        given = [vote.choice for vote in self.votes]
        return {choice: given.count(choice) for choice in self.choices}

    def foremost(self) -> tuple[ProjectId, ...]:
        """The choices with most votes."""
        counts = self.counts()
        most = max(counts.values())
        return tuple(choice for choice, votes in counts.items() if votes == most)

    def wants_casting_vote(self, quorum: int) -> bool:
        """Held and over, and the jury could not tell: of an award, who has most votes; of a tie, anything at all, for
        whoever is level with some only is divided from the others first."""
        level = self.foremost()
        enough = len(level) > 1 if self.award is not None else len(level) == len(self.projects)
        return self.casting is None and self.is_held(quorum) and enough


_bodies = msgspec.json.Decoder(QuestionBody)


def questions_of(rows: Iterable[tuple[int, str, Instant, bytes]]) -> tuple[Question, ...]:
    """``rows``: number, kind, time and body of each such entry, in their order. They are taken to be possible. Raises
    ValueError for a body that cannot be read."""
    asked: dict[int, Question] = {}
    for sequence, kind, at, text in rows:
        body = _bodies.decode(text)
        if kind == "question":
            if body.projects is None or body.jury is None or body.until is None:
                raise ValueError("no question")
            until = Instant(body.until)
            asked[sequence] = Question(sequence, at, body.by, body.award, body.projects, body.jury, until)
            continue
        question = asked.get(body.question or 0)
        if question is None:
            raise ValueError("a vote on nothing")
        if kind == "vote":
            given = Given(body.by, body.choice, body.command, body.sealed or "")
            if (given.choice is None) != bool(given.sealed):
                raise ValueError("a vote for nothing")
            asked[question.sequence] = msgspec.structs.replace(question, votes=(*question.votes, given))
        elif body.choice is None:
            raise ValueError("a vote for nothing")
        else:
            casting = Casting(body.by, body.choice, body.reason or "")
            asked[question.sequence] = msgspec.structs.replace(question, casting=casting)
    return tuple(asked.values())
