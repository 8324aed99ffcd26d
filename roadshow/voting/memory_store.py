"""A vote store in memory, for tests and rehearsals of the rules: gone with the process, and by its own clock."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import msgspec

from roadshow.clock import Clock
from roadshow.errors import Conflict, NotFound
from roadshow.ids import CommandId, PersonId, PollId, ProjectId
from roadshow.moments import Duration, Instant
from roadshow.voting.acts import Act, close_body, confirm_body, reveal_body, revote_body, settle_body
from roadshow.voting.aftermath.acts import AfterAct, Object, after_body, after_kind
from roadshow.voting.boxes.boxes import Boxes
from roadshow.voting.calibration.memory import MemoryCalibration
from roadshow.voting.calibration.rounds import Calibration, CalibrationAct, ToldRound
from roadshow.voting.carried.memory import carry, require_through
from roadshow.voting.carried.terms import Brought
from roadshow.voting.comments.comment import Comment, Fate, is_at_once
from roadshow.voting.comments.memory import MemoryComments
from roadshow.voting.deliberation.acts import deliberate_body, require_free, time_of
from roadshow.voting.grounds import SealedGrounds
from roadshow.voting.memory_poll import MemoryPoll
from roadshow.voting.paper.acts import PaperAct
from roadshow.voting.paper.memory import act_on_card
from roadshow.voting.ports import PollChanged
from roadshow.voting.questions.acts import PutQuestion, QuestionAct, Vote, question_body, question_kind
from roadshow.voting.results import CeremonyState
from roadshow.voting.spec import PollSpec, term_of
from roadshow.voting.tally import LedgerEntry, PollState
from roadshow.voting.votes import FIRST_ROUND, Accepted, BallotKind, Cast, Window


class MemoryVoteStore:
    """Satisfies ``ports.VoteStore``. No method gives way to another task, so each is atomic."""

    def __init__(self, clock: Clock, boxes: Boxes | None = None) -> None:
        """``boxes``: by which sealed scores are opened when they are read."""
        self._clock = clock
        self._boxes = boxes or Boxes()
        self._polls: dict[PollId, MemoryPoll] = {}
        self._comments: defaultdict[PollId, MemoryComments] = defaultdict(MemoryComments)
        self._calibration: defaultdict[PollId, MemoryCalibration] = defaultdict(MemoryCalibration)

    async def prepare(self, spec: PollSpec, genesis: str) -> None:
        self._boxes.know(spec)
        poll = self._polls.get(spec.poll)
        if poll is not None and poll.genesis != genesis and poll.entries:
            raise PollChanged(poll.spec, spec)
        if poll is None or poll.genesis != genesis:
            beside = Instant(0) if poll is None else poll.beside
            self._polls[spec.poll] = MemoryPoll(spec=spec, genesis=genesis, recused=set(spec.recused), beside=beside)
        self._polls[spec.poll].keep_time(self._clock.now())

    async def open_window(self, poll: PollId, project: ProjectId, closes_in: Duration | None) -> None:
        found, now = self._find(poll, project)
        found.require_sealed()
        found.require_counting()
        found.require_hidden(project)
        require_through(found, project)
        self._calibration[poll].require_told(found)
        closes_at = None if closes_in is None else now + closes_in
        window = Window(project, open=True, closes_at=closes_at)
        if found.is_open(project, FIRST_ROUND, now) and found.windows[project, FIRST_ROUND] == window:
            return
        found.open(project, FIRST_ROUND, closes_at, now)

    async def close_window(self, poll: PollId, project: ProjectId, in_round: int = FIRST_ROUND) -> None:
        found, now = self._find(poll, project)
        window = found.windows.get((project, in_round))
        if window is None or not window.open or found.state is not CeremonyState.SEALED:
            return
        found.windows[project, in_round] = msgspec.structs.replace(window, open=False)
        found.append("close", close_body(project, "command", in_round), now)

    async def cast(self, poll: PollId, judge: PersonId, cast: Cast) -> Accepted:
        return self._take(poll, judge, cast, "ballot")

    async def recuse(self, poll: PollId, judge: PersonId, cast: Cast, grounds: SealedGrounds) -> Accepted:
        return self._take(poll, judge, msgspec.structs.replace(cast, round=FIRST_ROUND), "recuse", grounds)

    async def abstain(self, poll: PollId, judge: PersonId, cast: Cast, grounds: SealedGrounds) -> Accepted:
        return self._take(poll, judge, cast, "abstain", grounds)

    async def cast_late(self, poll: PollId, judge: PersonId, cast: Cast) -> Accepted:
        return self._take(poll, judge, msgspec.structs.replace(cast, round=FIRST_ROUND), "late")

    def _take(
        self, poll: PollId, judge: PersonId, cast: Cast, kind: BallotKind, grounds: SealedGrounds | None = None
    ) -> Accepted:
        found, now = self._find(poll)
        return self._boxes.opened_one(poll, found.take(judge, cast, kind, grounds, now))

    async def words(self, poll: PollId) -> Mapping[int, str]:
        found, _ = self._find(poll)
        return dict(found.words)

    async def read(self, poll: PollId) -> PollState:
        found, now = self._find(poll)
        state = found.read(now)
        return msgspec.structs.replace(state, tally=self._boxes.opened(poll, state.tally))

    async def secure(self) -> None:
        """Nothing here outlives the process."""

    async def settle(
        self, poll: PollId, chair: PersonId, order: tuple[ProjectId, ...], reason: str, command: CommandId
    ) -> None:
        found, now = self._find(poll)
        body = settle_body(chair, order, reason, command)
        if found.is_repeated(command, "settle", body):
            return
        found.require_sealed()
        found.require_settling(chair, order)
        found.require_counted()
        entry = found.append("settle", body, now, command)
        found.names[f"settle|{entry.sequence}"] = entry

    async def revote(
        self,
        poll: PollId,
        chair: PersonId,
        projects: tuple[ProjectId, ...],
        reason: str,
        closes_in: Duration | None,
        command: CommandId,
    ) -> None:
        found, now = self._find(poll)
        head, tail = revote_body(chair, projects, reason, command)
        if found.is_repeated(command, "revote", head):
            return
        found.require_sealed()
        if found.any_open(now):
            raise Conflict("poll.open")
        found.require_counted()
        found.require_settling(chair, projects)
        if not set(projects) <= set(found.spec.projects):
            raise NotFound("project.unknown")
        found.rounds += 1
        found.names[f"revote|{found.rounds}"] = found.append("revote", head + b"%d" % found.rounds + tail, now, command)
        for project in projects:
            found.open(project, found.rounds, None if closes_in is None else now + closes_in, now)

    async def act(self, poll: PollId, by: PersonId, act: Act, command: CommandId) -> None:
        found, now = self._find(poll)
        found.act(by, act, command, now)

    async def confirm(
        self, poll: PollId, chair: PersonId, result: bytes, at_sequence: int, command: CommandId, second: bool = False
    ) -> None:
        found, now = self._find(poll)
        head, tail = confirm_body(chair, result, command)
        if found.is_repeated(command, "confirm", head):
            return
        found.require_sealed()
        if found.any_open(now):
            raise Conflict("poll.open")
        found.require_counted()
        if len(found.entries) != at_sequence:
            raise Conflict("poll.moved")
        found.append("confirm", head + tail, now, command)
        found.results.append(result)
        found.state = CeremonyState.AWAITING if second else CeremonyState.CONFIRMED
        found.confirmed_at = now

    async def announce(self, poll: PollId, by: PersonId, expected: int, command: CommandId, last: bool) -> None:
        found, now = self._find(poll)
        body = reveal_body(by, expected + 1, command)
        if found.is_repeated(command, "reveal", body):
            return
        if found.state is CeremonyState.SEALED:
            raise Conflict("result.sealed")
        if found.state is CeremonyState.AWAITING:
            raise Conflict("result.unsigned")
        if found.state is CeremonyState.REVEALED or found.announced != expected:
            raise Conflict("reveal.moved_on")
        found.append("reveal", body, now, command)
        found.announced += 1
        found.state = CeremonyState.REVEALED if last else CeremonyState.REVEALING
        if last:
            found.aftermath.published_at = now

    async def deliberate(
        self, spec: PollSpec, by: PersonId, projects: tuple[ProjectId, ...], command: CommandId
    ) -> None:
        found, now = self._find(spec.poll)
        body = deliberate_body(by, projects, command)
        if found.is_repeated(command, "deliberate", body):
            return
        found.require_sealed()
        found.office.require_chair(found.seated, by)
        found.require_counting()
        if found.any_open(now):
            raise Conflict("poll.open")
        require_free(found.spec.rules, found.opened, projects, held="deliberation" in found.names)
        for project in projects:
            found.require_hidden(project)
        found.names["deliberation"] = found.append("deliberate", body, now, command)
        for project in projects:
            found.open(project, FIRST_ROUND, now + time_of(found.spec.rules), now)

    async def question(self, poll: PollId, by: PersonId, act: QuestionAct, command: CommandId) -> None:
        found, now = self._find(poll)
        kind, (head, tail) = question_kind(act), question_body(by, act, command)
        if found.is_repeated(command, kind, head):
            return
        found.require_sealed()
        if not isinstance(act, Vote):
            found.require_counted()
            if found.any_open(now):
                raise Conflict("poll.open")
            about = act.projects if isinstance(act, PutQuestion) else found.questions.projects_of(act.question)
            found.require_settling(by, about)
        set_aside = {(one.judge, one.project) for one in found.read(now).tally.set_aside}
        found.questions.require(by, act, found.spec, found.substitutions, found.recused | set_aside, now)
        if isinstance(act, Vote):
            found.identity.require_key(by, act.key)
        until = b"%d" % (now + act.closes_in).ms if isinstance(act, PutQuestion) else b""
        entry = found.append(kind, head + until + tail, now, command)
        found.names[f"jury|{entry.sequence}"] = entry
        found.questions.carry_out(by, act, command, entry.sequence, now)

    async def carry(self, poll: PollId, what: Brought, command: CommandId) -> None:
        found, now = self._find(poll)
        carry(found, what, command, now)

    async def calibrate(self, poll: PollId, act: CalibrationAct) -> None:
        found, now = self._find(poll)
        self._calibration[poll].act(found, act, now)

    async def calibration(self, poll: PollId) -> Calibration:
        found, _ = self._find(poll)
        return self._calibration[poll].of(found)

    async def tell_calibration(
        self, poll: PollId, rounds: tuple[ToldRound, ...], seen: int, command: CommandId
    ) -> None:
        found, now = self._find(poll)
        self._calibration[poll].tell(found, rounds, seen, command, now)

    async def after(self, spec: PollSpec, by: PersonId, act: AfterAct, command: CommandId, confided: str = "") -> int:
        found, now = self._find(spec.poll)
        kind, body = after_kind(act), after_body(by, act, command)
        if found.is_repeated(command, kind, body):
            return found.commands[command].sequence
        if found.state is not CeremonyState.REVEALED:
            raise Conflict("result.sealed")
        if not isinstance(act, Object):
            found.office.require_standing(found.seated, by)
            found.require_no_conflict(by, found.spec.projects)
        found.aftermath.require(
            by,
            act,
            is_judge=by in found.seated.judges,
            is_known=getattr(act, "project", None) in found.spec.projects,
            term=term_of(found.spec.rules),
            now=now,
        )
        entry = found.append(kind, body, now, command)
        found.names[f"after|{entry.sequence}"] = entry
        found.aftermath.carry_out(by, act, entry.sequence, now)
        if confided:
            found.words[entry.sequence] = confided
        return entry.sequence

    async def comment(
        self, spec: PollSpec, judge: PersonId, project: ProjectId, words: str, seal: str, expected: int
    ) -> int:
        found, _ = self._find(spec.poll)
        is_public = is_at_once(spec.rules) and found.state is CeremonyState.REVEALED
        return self._comments[spec.poll].write(judge, project, words, seal, expected, is_public=is_public)

    async def decide_comment(
        self, poll: PollId, by: PersonId, judge: PersonId, project: ProjectId, revision: int, fate: Fate, reason: str
    ) -> None:
        found, _ = self._find(poll)
        if found.state is not CeremonyState.REVEALED:
            raise Conflict("result.sealed")
        found.office.require_standing(found.seated, by)
        found.require_no_conflict(by, (project,))
        self._comments[poll].decide(judge, project, revision, fate, reason)

    async def comments(self, poll: PollId) -> tuple[Comment, ...]:
        self._find(poll)
        return tuple(one for _, one in sorted(self._comments[poll].kept.items()))

    async def paper(self, poll: PollId, by: PersonId, act: PaperAct, command: CommandId) -> int:
        found, now = self._find(poll)
        return act_on_card(found, by, act, command, now)

    async def ledger(self, poll: PollId, after: int, limit: int) -> tuple[LedgerEntry, ...]:
        found, _ = self._find(poll)
        return tuple(found.entries[after : after + limit])

    async def hashes_at(self, poll: PollId, sequence: int) -> tuple[str, str]:
        found, _ = self._find(poll)
        if not 0 < sequence <= len(found.entries):
            raise Conflict("ledger.rewritten")
        entry = found.entries[sequence - 1]
        return entry.parent, entry.hash

    async def keep_seals(self, poll: PollId, seals: Mapping[int, str]) -> None:
        found, _ = self._find(poll)
        found.seals |= seals

    async def seals(self, poll: PollId, sequences: Sequence[int] | None = None) -> dict[int, str]:
        found, _ = self._find(poll)
        return {one: seal for one, seal in found.seals.items() if sequences is None or one in sequences}

    def _find(self, poll: PollId, project: ProjectId | None = None) -> tuple[MemoryPoll, Instant]:
        """The poll, and the present: never before its newest entry."""
        found = self._polls.get(poll)
        if found is None:
            raise NotFound("poll.unknown")
        if project is not None and project not in found.spec.projects:
            raise NotFound("project.unknown")
        return found, found.at(self._clock.now())
