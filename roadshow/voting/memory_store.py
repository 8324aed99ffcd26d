"""A vote store in memory, for tests and rehearsals of the rules: gone with the process, and by its own clock."""

from dataclasses import dataclass, field

import msgspec

from roadshow.clock import Clock
from roadshow.errors import Conflict, NotAllowed, NotFound
from roadshow.ids import CommandId, PersonId, PollId, ProjectId
from roadshow.moments import Duration, Instant
from roadshow.voting.acts import (
    AcceptLate,
    Act,
    Countersign,
    Penalise,
    RejectLate,
    Reopen,
    Restore,
    Void,
    act_body,
    act_kind,
    close_body,
    confirm_body,
    open_body,
    reveal_body,
    revote_body,
    settle_body,
)
from roadshow.voting.ballot import MAX_REVISIONS, frame
from roadshow.voting.ledger.chain import chained
from roadshow.voting.ledger.counting import accepted_of, in_force
from roadshow.voting.ports import PollChanged
from roadshow.voting.results import CeremonyState
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import EntryKind, LedgerEntry, PollState
from roadshow.voting.votes import FIRST_ROUND, Accepted, BallotKind, Cast, Window


@dataclass(slots=True)
class _Poll:
    spec: PollSpec
    genesis: str
    state: CeremonyState = CeremonyState.SEALED
    windows: dict[tuple[ProjectId, int], Window] = field(default_factory=dict)
    names: dict[str, LedgerEntry] = field(default_factory=dict)
    """What is in force, under the names of ``counting.in_force``."""
    revisions: dict[tuple[PersonId, ProjectId, int], int] = field(default_factory=dict)
    recused: set[tuple[PersonId, ProjectId]] = field(default_factory=set)
    commands: dict[CommandId, LedgerEntry] = field(default_factory=dict)
    entries: list[LedgerEntry] = field(default_factory=list)
    rounds: int = FIRST_ROUND
    results: list[bytes] = field(default_factory=list)
    announced: int = 0
    confirmed_at: Instant | None = None
    countersigned_by: PersonId | None = None

    @property
    def head(self) -> str:
        return self.entries[-1].hash if self.entries else self.genesis

    def append(self, kind: EntryKind, body: bytes, at: Instant, command: CommandId | None = None) -> LedgerEntry:
        entry = chained(self.head, len(self.entries) + 1, kind, at, body)
        self.entries.append(entry)
        if command is not None:
            self.commands[command] = entry
        return entry

    def is_open(self, project: ProjectId, in_round: int, now: Instant) -> bool:
        window = self.windows.get((project, in_round))
        return window is not None and window.open and (window.closes_at is None or now < window.closes_at)

    def any_open(self, now: Instant) -> bool:
        return any(self.is_open(project, in_round, now) for project, in_round in self.windows)

    def open(self, project: ProjectId, in_round: int, closes_at: Instant | None, now: Instant) -> None:
        self.windows[project, in_round] = Window(project, open=True, closes_at=closes_at, round=in_round)
        head, tail = open_body(project, in_round)
        self.append("open", head + (b"null" if closes_at is None else b"%d" % closes_at.ms) + tail, now)

    def close_if_over(self, project: ProjectId, in_round: int, now: Instant) -> None:
        """Its time is over, and now somebody is told so."""
        window = self.windows.get((project, in_round))
        if window is not None and window.open and not self.is_open(project, in_round, now):
            self.windows[project, in_round] = msgspec.structs.replace(window, open=False)
            self.append("close", close_body(project, "deadline", in_round), now)

    def is_repeated(self, command: CommandId, kind: EntryKind, head: bytes) -> bool:
        first = self.commands.get(command)
        if first is not None and not (first.kind == kind and first.body.startswith(head)):
            raise Conflict("command.reused")
        return first is not None


class MemoryVoteStore:
    """Satisfies ``ports.VoteStore``. No method gives way to another task, so each is atomic."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._polls: dict[PollId, _Poll] = {}

    async def prepare(self, spec: PollSpec, genesis: str) -> None:
        poll = self._polls.get(spec.poll)
        if poll is not None and poll.genesis != genesis and poll.entries:
            raise PollChanged(poll.spec, spec)
        if poll is None or poll.genesis != genesis:
            self._polls[spec.poll] = _Poll(spec, genesis, recused=set(spec.recused))

    async def open_window(self, poll: PollId, project: ProjectId, closes_in: Duration | None) -> None:
        found, now = self._find(poll, project)
        _require_sealed(found)
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

    async def cast(self, poll: PollId, judge: PersonId, cast: Cast, recuse_reason: str | None = None) -> Accepted:
        if recuse_reason is None:
            return self._take(poll, judge, cast, "ballot", "")
        recusal = msgspec.structs.replace(cast, round=FIRST_ROUND)
        return self._take(poll, judge, recusal, "recuse", recuse_reason)

    async def abstain(self, poll: PollId, judge: PersonId, cast: Cast, reason: str) -> Accepted:
        return self._take(poll, judge, cast, "abstain", reason)

    async def cast_late(self, poll: PollId, judge: PersonId, cast: Cast) -> Accepted:
        return self._take(poll, judge, msgspec.structs.replace(cast, round=FIRST_ROUND), "late", "")

    def _take(self, poll: PollId, judge: PersonId, cast: Cast, kind: BallotKind, reason: str) -> Accepted:
        found, now = self._find(poll)
        framed = frame(judge, cast, kind, reason)
        seen = found.commands.get(cast.command)
        if seen is not None:
            if not framed.fits(seen.kind, seen.body):
                raise Conflict("ballot.command_reused")
            return accepted_of(seen.sequence, seen.kind, seen.at, seen.body)

        pair = f"{judge}|{cast.project}"
        if judge not in found.spec.judges or cast.project not in found.spec.projects:
            raise NotAllowed("ballot.not_entitled")
        if (judge, cast.project) in found.recused:
            raise Conflict("ballot.recused")
        _require_sealed(found)
        if kind != "recuse" and f"void|{pair}" in found.names:
            raise Conflict("ballot.void")
        self._require_window(found, cast, kind, now)
        revision = found.revisions.get((judge, cast.project, cast.round), 0)
        if kind != "recuse" and cast.expected_revision != revision:
            raise Conflict("ballot.stale", revision=revision)
        if revision >= MAX_REVISIONS:
            raise Conflict("ballot.too_many", limit=MAX_REVISIONS)

        if kind == "late":
            found.close_if_over(cast.project, cast.round, now)
        entry = found.append(kind, framed.at_revision(revision + 1), now, cast.command)
        found.revisions[judge, cast.project, cast.round] = revision + 1
        if kind == "late":
            found.names[f"late|{pair}"] = entry
        else:
            found.names[f"ballot|{pair}|{cast.round}"] = entry
            if cast.round == FIRST_ROUND:
                found.names.pop(f"late|{pair}", None)
            if kind == "recuse":
                found.recused.add((judge, cast.project))
        return accepted_of(entry.sequence, entry.kind, entry.at, entry.body)

    def _require_window(self, found: _Poll, cast: Cast, kind: BallotKind, now: Instant) -> None:
        is_open = found.is_open(cast.project, cast.round, now)
        if kind == "late":
            if is_open:
                raise Conflict("ballot.open")
            if (cast.project, cast.round) not in found.windows:
                raise Conflict("ballot.closed")
            return
        # A conflict may also come to mind during a re-vote.
        if not (is_open or (kind == "recuse" and found.is_open(cast.project, found.rounds, now))):
            found.close_if_over(cast.project, cast.round, now)
            raise Conflict("ballot.closed")

    async def read(self, poll: PollId) -> PollState:
        found, now = self._find(poll)
        return PollState(
            sequence=len(found.entries),
            head=found.head,
            windows=tuple(
                msgspec.structs.replace(window, open=found.is_open(window.project, window.round, now))
                for window in found.windows.values()
            ),
            tally=in_force((name, e.sequence, e.kind, e.at, e.body) for name, e in found.names.items()),
            state=found.state,
            result=None if found.state is CeremonyState.SEALED else found.results[-1],
            announced=found.announced,
            confirmed_at=found.confirmed_at,
            version=len(found.results),
            countersigned_by=found.countersigned_by,
        )

    async def secure(self) -> None:
        """Nothing here outlives the process."""

    async def settle(
        self, poll: PollId, chair: PersonId, order: tuple[ProjectId, ...], reason: str, command: CommandId
    ) -> None:
        found, now = self._find(poll)
        body = settle_body(chair, order, reason, command)
        if found.is_repeated(command, "settle", body):
            return
        _require_sealed(found)
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
        _require_sealed(found)
        if found.any_open(now):
            raise Conflict("poll.open")
        if not set(projects) <= set(found.spec.projects):
            raise NotFound("project.unknown")
        found.rounds += 1
        found.names[f"revote|{found.rounds}"] = found.append("revote", head + b"%d" % found.rounds + tail, now, command)
        for project in projects:
            found.open(project, found.rounds, None if closes_in is None else now + closes_in, now)

    async def act(self, poll: PollId, by: PersonId, act: Act, command: CommandId) -> None:
        found, now = self._find(poll)
        kind, body = act_kind(act), act_body(by, act, command)
        if found.is_repeated(command, kind, body):
            return
        _require(found, act)
        entry = found.append(kind, body, now, command)
        match act:
            case Void():
                found.names[f"void|{act.judge}|{act.project}"] = entry
            case Restore():
                del found.names[f"void|{act.judge}|{act.project}"]
            case AcceptLate():
                late = found.names.pop(f"late|{act.judge}|{act.project}")
                found.names[f"ballot|{act.judge}|{act.project}|{FIRST_ROUND}"] = late
            case RejectLate():
                del found.names[f"late|{act.judge}|{act.project}"]
            case Penalise():
                if act.points:
                    found.names[f"penalty|{act.project}"] = entry
                else:
                    found.names.pop(f"penalty|{act.project}", None)
            case Countersign():
                found.state, found.countersigned_by = CeremonyState.CONFIRMED, by
            case Reopen():
                found.state, found.confirmed_at, found.countersigned_by = CeremonyState.SEALED, None, None

    async def confirm(
        self, poll: PollId, chair: PersonId, result: bytes, at_sequence: int, command: CommandId, second: bool = False
    ) -> None:
        found, now = self._find(poll)
        head, tail = confirm_body(chair, result, command)
        if found.is_repeated(command, "confirm", head):
            return
        _require_sealed(found)
        if found.any_open(now):
            raise Conflict("poll.open")
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

    async def ledger(self, poll: PollId, after: int, limit: int) -> tuple[LedgerEntry, ...]:
        found, _ = self._find(poll)
        return tuple(found.entries[after : after + limit])

    def _find(self, poll: PollId, project: ProjectId | None = None) -> tuple[_Poll, Instant]:
        """The poll, and the present: never before its newest entry."""
        found = self._polls.get(poll)
        if found is None:
            raise NotFound("poll.unknown")
        if project is not None and project not in found.spec.projects:
            raise NotFound("project.unknown")
        now = self._clock.now()
        return found, max(now, found.entries[-1].at) if found.entries else now


def _require_sealed(found: _Poll) -> None:
    if found.state is not CeremonyState.SEALED:
        raise Conflict("result.confirmed")


def _require(found: _Poll, act: Act) -> None:
    """What the act needs."""
    if isinstance(act, Countersign | Reopen):
        if found.state is CeremonyState.SEALED:
            raise Conflict("result.sealed")
        if isinstance(act, Reopen) and found.announced:
            raise Conflict("result.announced")
        if len(found.results) != act.version:
            raise Conflict("result.moved_on")
        if isinstance(act, Countersign) and found.state is not CeremonyState.AWAITING:
            raise Conflict("result.confirmed")
        return
    _require_sealed(found)
    if isinstance(act, Penalise):
        if act.project not in found.spec.projects:
            raise NotFound("project.unknown")
        return
    pair = f"{act.judge}|{act.project}"
    set_aside, late = f"void|{pair}" in found.names, found.names.get(f"late|{pair}")
    match act:
        case Void():
            counts = found.names.get(f"ballot|{pair}|{FIRST_ROUND}")
            if set_aside:
                raise Conflict("ballot.void")
            if counts is None or counts.kind not in ("ballot", "late"):
                raise Conflict("ballot.none")
        case Restore():
            if not set_aside:
                raise Conflict("ballot.not_void")
        case AcceptLate() | RejectLate():
            if late is None or late.sequence != act.late:
                raise Conflict("late.moved_on")
            if set_aside and isinstance(act, AcceptLate):
                raise Conflict("ballot.void")
