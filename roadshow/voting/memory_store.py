"""A vote store in memory, for tests and rehearsals of the rules: gone with the process, and by its own clock."""

from dataclasses import dataclass, field

import msgspec

from roadshow.clock import Clock
from roadshow.errors import Conflict, NotAllowed, NotFound
from roadshow.ids import CommandId, PersonId, PollId, ProjectId
from roadshow.moments import Duration, Instant
from roadshow.voting.acts import close_body, confirm_body, open_body, reveal_body, settle_body
from roadshow.voting.ballot import MAX_REVISIONS, decode_ballot, digest, frame
from roadshow.voting.ledger import chained
from roadshow.voting.ports import (
    Accepted,
    BallotKind,
    Cast,
    CeremonyState,
    EntryKind,
    LedgerEntry,
    PollSpec,
    PollState,
    Window,
)


@dataclass(slots=True)
class _Poll:
    spec: PollSpec
    genesis: str
    state: CeremonyState = CeremonyState.SEALED
    windows: dict[ProjectId, Window] = field(default_factory=dict)
    ballots: dict[tuple[PersonId, ProjectId], Accepted] = field(default_factory=dict)
    commands: dict[CommandId, LedgerEntry] = field(default_factory=dict)
    entries: list[LedgerEntry] = field(default_factory=list)
    settled: list[tuple[ProjectId, ...]] = field(default_factory=list)
    result: bytes | None = None
    announced: int = 0
    confirmed_at: Instant | None = None

    @property
    def head(self) -> str:
        return self.entries[-1].hash if self.entries else self.genesis

    def append(self, kind: EntryKind, body: bytes, at: Instant, command: CommandId | None = None) -> LedgerEntry:
        entry = chained(self.head, len(self.entries) + 1, kind, at, body)
        self.entries.append(entry)
        if command is not None:
            self.commands[command] = entry
        return entry

    def is_open(self, project: ProjectId, now: Instant) -> bool:
        window = self.windows.get(project)
        return window is not None and window.open and (window.closes_at is None or now < window.closes_at)

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
        if self._polls.setdefault(spec.poll, _Poll(spec, genesis)).genesis != genesis:
            raise Conflict("poll.changed")

    async def open_window(self, poll: PollId, project: ProjectId, closes_in: Duration | None) -> None:
        found, now = self._find(poll, project)
        if found.state is not CeremonyState.SEALED:
            raise Conflict("result.confirmed")
        window = Window(project, open=True, closes_at=None if closes_in is None else now + closes_in)
        if found.is_open(project, now) and found.windows[project] == window:
            return
        found.windows[project] = window
        head, tail = open_body(project)
        closes_at = b"null" if window.closes_at is None else b"%d" % window.closes_at.ms
        found.append("open", head + closes_at + tail, now)

    async def close_window(self, poll: PollId, project: ProjectId) -> None:
        found, now = self._find(poll, project)
        window = found.windows.get(project)
        if window is None or not window.open or found.state is not CeremonyState.SEALED:
            return
        found.windows[project] = msgspec.structs.replace(window, open=False)
        found.append("close", close_body(project, "command"), now)

    async def cast(self, poll: PollId, judge: PersonId, cast: Cast, recuse_reason: str | None = None) -> Accepted:
        found, now = self._find(poll)
        framed = frame(judge, cast, recuse_reason)
        seen = found.commands.get(cast.command)
        if seen is not None:
            if not framed.fits(seen.kind, seen.body):
                raise Conflict("ballot.command_reused")
            return _accepted(framed.kind, seen)

        if judge not in found.spec.judges or cast.project not in found.spec.projects:
            raise NotAllowed("ballot.not_entitled")
        newest = found.ballots.get((judge, cast.project))
        if (newest is not None and newest.ballot.recused) or (judge, cast.project) in found.spec.recused:
            raise Conflict("ballot.recused")
        if found.state is not CeremonyState.SEALED:
            raise Conflict("result.confirmed")
        if not found.is_open(cast.project, now):
            window = found.windows.get(cast.project)
            if window is not None and window.open:  # its time is over, and now somebody has been told so
                found.windows[cast.project] = msgspec.structs.replace(window, open=False)
                found.append("close", close_body(cast.project, "deadline"), now)
            raise Conflict("ballot.closed")
        revision = 0 if newest is None else newest.ballot.revision
        if recuse_reason is None and cast.expected_revision != revision:
            raise Conflict("ballot.stale", revision=revision)
        if revision >= MAX_REVISIONS:
            raise Conflict("ballot.too_many", limit=MAX_REVISIONS)

        entry = found.append(framed.kind, framed.at_revision(revision + 1), now, cast.command)
        accepted = _accepted(framed.kind, entry)
        found.ballots[judge, cast.project] = accepted
        return accepted

    async def read(self, poll: PollId) -> PollState:
        found, now = self._find(poll)
        return PollState(
            sequence=len(found.entries),
            head=found.head,
            windows=tuple(
                msgspec.structs.replace(window, open=found.is_open(project, now))
                for project, window in found.windows.items()
            ),
            ballots=tuple(sorted(found.ballots.values(), key=lambda accepted: accepted.sequence)),
            state=found.state,
            settled=tuple(found.settled),
            result=found.result,
            announced=found.announced,
            confirmed_at=found.confirmed_at,
        )

    async def settle(
        self, poll: PollId, chair: PersonId, order: tuple[ProjectId, ...], reason: str, command: CommandId
    ) -> None:
        found, now = self._find(poll)
        body = settle_body(chair, order, reason, command)
        if found.is_repeated(command, "settle", body):
            return
        if found.state is not CeremonyState.SEALED:
            raise Conflict("result.confirmed")
        found.append("settle", body, now, command)
        found.settled.append(order)

    async def confirm(self, poll: PollId, chair: PersonId, result: bytes, at_sequence: int, command: CommandId) -> None:
        found, now = self._find(poll)
        head, tail = confirm_body(chair, result, command)
        if found.is_repeated(command, "confirm", head):
            return
        if found.state is not CeremonyState.SEALED:
            raise Conflict("result.confirmed")
        if any(found.is_open(project, now) for project in found.windows):
            raise Conflict("poll.open")
        if len(found.entries) != at_sequence:
            raise Conflict("poll.moved")
        found.append("confirm", head + tail, now, command)
        found.state, found.result, found.confirmed_at = CeremonyState.CONFIRMED, result, now

    async def announce(self, poll: PollId, by: PersonId, expected: int, command: CommandId, last: bool) -> None:
        found, now = self._find(poll)
        body = reveal_body(by, expected + 1, command)
        if found.is_repeated(command, "reveal", body):
            return
        if found.state is CeremonyState.SEALED:
            raise Conflict("result.sealed")
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


def _accepted(kind: BallotKind, entry: LedgerEntry) -> Accepted:
    return Accepted(decode_ballot(kind, entry.body, entry.at), entry.sequence, digest(entry.body))
