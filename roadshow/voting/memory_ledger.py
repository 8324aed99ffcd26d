"""A poll's ledger as the store in memory keeps it, with its time and its windows. (pure)"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from roadshow.errors import Conflict
from roadshow.ids import CommandId, PersonId, ProjectId
from roadshow.moments import ZERO, Duration, Instant
from roadshow.voting.acts import close_body, open_body
from roadshow.voting.ballot import decode_ballot
from roadshow.voting.ledger.chain import chained
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import EntryKind, LedgerEntry
from roadshow.voting.votes import FIRST_ROUND, BallotKind, Cast, Window


@dataclass(slots=True, kw_only=True)
class MemoryLedger:
    genesis: str
    entries: list[LedgerEntry] = field(default_factory=list)
    commands: dict[CommandId, LedgerEntry] = field(default_factory=dict)
    windows: dict[tuple[ProjectId, int], Window] = field(default_factory=dict)
    ahead: Duration = ZERO
    """By how much its time is before the clock's."""
    beside: Instant = field(default_factory=lambda: Instant(0))
    """When the newest was done of what has a time and is in no entry: of calibration rounds."""

    @property
    def newest(self) -> Instant:
        """The time of what was done last."""
        return max(self.entries[-1].at, self.beside) if self.entries else self.beside

    def at(self, clock: Instant) -> Instant:
        """The present: never before what was done last."""
        return max(clock + self.ahead, self.newest)

    def keep_time(self, clock: Instant) -> None:
        """Go on from what was done last with a clock that is behind it; nearer to the clock again where no window is
        open."""
        behind = max(self.newest - clock, ZERO)
        if behind > self.ahead or not self.any_open(self.at(clock)):
            self.ahead = behind

    @property
    def head(self) -> str:
        return self.entries[-1].hash if self.entries else self.genesis

    def append(self, kind: EntryKind, body: bytes, at: Instant, command: CommandId | None = None) -> LedgerEntry:
        entry = chained(self.head, len(self.entries) + 1, kind, at, body)
        self.entries.append(entry)
        if command is not None:
            self.commands[command] = entry
        return entry

    def is_repeated(self, command: CommandId, kind: EntryKind, head: bytes) -> bool:
        first = self.commands.get(command)
        if first is not None and not (first.kind == kind and first.body.startswith(head)):
            raise Conflict("command.reused")
        return first is not None

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

    def require_window(self, cast: Cast, kind: BallotKind, newest: int, now: Instant) -> None:
        """That it is open, or for a late ballot was; ``newest``: the round. Raises Conflict."""
        is_open = self.is_open(cast.project, cast.round, now)
        if kind == "late":
            if is_open:
                raise Conflict("ballot.open")
            if (cast.project, cast.round) not in self.windows:
                raise Conflict("ballot.closed")
            return
        # A conflict may also come to mind during a re-vote.
        if not (is_open or (kind == "recuse" and self.is_open(cast.project, newest, now))):
            self.close_if_over(cast.project, cast.round, now)
            raise Conflict("ballot.closed")


def is_given(spec: PollSpec, names: Mapping[str, LedgerEntry], judge: PersonId, project: ProjectId) -> bool:
    """Whether a ballot of the judge's is in force for the project: of what is no scores one that has the project in it,
    in whosever window it was sent, or may have, as it is sealed. ``names``: what is in force."""
    windows = spec.projects if spec.rules.ballots else (project,)
    sent = (names.get(f"ballot|{judge}|{window}|{FIRST_ROUND}") for window in windows)
    ballots = [one for one in sent if one is not None and one.kind in ("ballot", "late", "paper")]
    if not spec.rules.ballots:
        return bool(ballots)
    read = (decode_ballot("ballot", one.body, one.at) for one in ballots)
    return any(ballot.sealed or project == ballot.project or project in ballot.places for ballot in read)
