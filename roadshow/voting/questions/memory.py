"""Questions to the jury, as the store in memory keeps them. (pure)"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from msgspec import structs

from roadshow.errors import Conflict, NotAllowed, NotFound
from roadshow.ids import CommandId, PersonId, ProjectId
from roadshow.moments import Duration, Instant
from roadshow.voting.questions.acts import MOST_QUESTIONS, NONE_OF_THEM, CastingVote, PutQuestion, QuestionAct, Vote
from roadshow.voting.questions.deciding import is_asked, voters
from roadshow.voting.questions.state import Casting, Given, Question
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import Asking, Pair, Substitution


@dataclass(slots=True)
class MemoryQuestions:
    """Of one poll. One is open at a time, the newest."""

    asked: list[Question] = field(default_factory=list)

    def is_open(self, now: Instant) -> bool:
        return bool(self.asked) and self.asked[-1].is_open(now)

    def require(
        self,
        by: PersonId,
        act: QuestionAct,
        spec: PollSpec,
        substitutions: Sequence[Substitution],
        barred: Collection[Pair],
        now: Instant,
    ) -> None:
        """What the act needs, whoever decides."""
        match act:
            case PutQuestion():
                self._require_new(act, spec)
                if act.jury != voters(spec, substitutions, barred, act.award, act.projects):
                    raise Conflict("vote.moved_on")
            case Vote():
                question = self._find(act.question)
                if by not in question.jury:
                    raise NotAllowed("vote.not_entitled")
                if any(vote.judge == by for vote in question.votes):
                    raise Conflict("vote.repeated")
                if not question.is_open(now):
                    raise Conflict("vote.closed")
                if not act.sealed and act.choice not in (*question.projects, NONE_OF_THEM):
                    raise NotFound("vote.choice")
            case CastingVote():
                question = self._find(act.question)
                if not question.wants_casting_vote(spec.rules.vote_quorum):
                    raise Conflict("vote.decided")
                if act.choice not in question.foremost():
                    raise NotFound("vote.choice")

    def _require_new(self, act: PutQuestion, spec: PollSpec) -> None:
        if not is_asked(spec, act.award):
            raise Conflict("vote.not_asked")
        if not act.projects or not set(act.projects) <= set(spec.projects):
            raise NotFound("project.unknown")
        same = (one for one in self.asked if one.award == act.award)
        for one in same:
            if one.is_held(spec.rules.vote_quorum) and (act.award or set(one.projects) == set(act.projects)):
                raise Conflict("vote.held")
        if len(self.asked) >= MOST_QUESTIONS:
            raise Conflict("vote.too_many", limit=MOST_QUESTIONS)

    def carry_out(self, by: PersonId, act: QuestionAct, command: CommandId, sequence: int, at: Instant) -> None:
        """Once its entry is there."""
        match act:
            case PutQuestion():
                until = at + act.closes_in
                self.asked.append(Question(sequence, at, by, act.award, act.projects, act.jury, until))
            case Vote():
                question = self._find(act.question)
                given = Given(by, None if act.sealed else act.choice, command, act.sealed or "")
                self._replace(structs.replace(question, votes=(*question.votes, given)))
            case CastingVote():
                casting = Casting(by, act.choice, act.reason)
                self._replace(structs.replace(self._find(act.question), casting=casting))

    def projects_of(self, number: int) -> tuple[ProjectId, ...]:
        """What it is about. Raises NotFound("vote.unknown")."""
        return self._find(number).projects

    def asking(self, now: Instant, ahead: Duration) -> Asking | None:
        """What is open. ``ahead``: by how much the poll's time is before the clock of whoever reads."""
        newest = self.asked[-1] if self.is_open(now) else None
        return None if newest is None else Asking(newest.sequence, newest.until - ahead)

    def _replace(self, question: Question) -> None:
        self.asked = [question if one.sequence == question.sequence else one for one in self.asked]

    def _find(self, number: int) -> Question:
        for question in self.asked:
            if question.sequence == number:
                return question
        raise NotFound("vote.unknown")
