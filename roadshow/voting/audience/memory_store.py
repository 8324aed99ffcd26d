"""The audience award in memory, for tests and rehearsals: gone with the process, and by its own clock."""

import math
from collections import Counter
from dataclasses import dataclass, field

from roadshow.clock import Clock
from roadshow.errors import Conflict, Gone, RoadshowError, TooMany
from roadshow.ids import CommandId, PollId, ProjectId
from roadshow.moments import Duration, Instant
from roadshow.voting.audience.award import (
    FIRST_VOTE_WITHIN,
    MOST_VOTERS,
    NEW_VOTER_EVERY,
    NEW_VOTERS_AT_ONCE,
    AwardState,
    Choice,
    Outcomes,
    StoredAward,
    Voter,
    VoterId,
)


@dataclass(slots=True)
class _Origin:
    paid_until: Instant
    """When its ration is whole again (GCRA): each new voter moves it by ``NEW_VOTER_EVERY``."""
    voters: int = 0


@dataclass(slots=True)
class _Award:
    opening: int = 0
    origins: dict[str, _Origin] = field(default_factory=dict)
    largest: int = 0
    state: AwardState = AwardState.CLOSED
    closes_at: Instant | None = None
    votes: dict[VoterId, ProjectId] = field(default_factory=dict)
    tally: dict[ProjectId, int] | None = None
    commands: dict[CommandId, str] = field(default_factory=dict)
    newest: tuple[str, int] = ("", 0)
    """The batch that was taken last: its writer and number."""

    def at(self, now: Instant) -> AwardState:
        is_over = self.closes_at is not None and now >= self.closes_at
        return AwardState.CLOSED if self.state is AwardState.OPEN and is_over else self.state

    def is_repeated(self, command: CommandId, act: str) -> bool:
        if self.commands.get(command, act) != act:
            raise Conflict("command.reused")
        if command in self.commands:
            return True
        if self.state is AwardState.COUNTED:
            raise Conflict("audience.counted")
        return False


class MemoryAudienceStore:
    """Satisfies ``award.AudienceStore``. No method gives way to another task, so each is atomic."""

    def __init__(self, clock: Clock, *, most_voters: int = MOST_VOTERS) -> None:
        self._clock = clock
        self._most_voters = most_voters
        self._awards: dict[PollId, _Award] = {}

    async def open(self, award: PollId, closes_in: Duration | None, command: CommandId) -> None:
        known = self._award(award)
        if not known.is_repeated(command, "open"):
            known.state = AwardState.OPEN
            known.opening = known.opening or self._clock.now().ms
            known.closes_at = None if closes_in is None else self._clock.now() + closes_in
            known.commands[command] = "open"

    async def close(self, award: PollId, command: CommandId) -> None:
        known = self._award(award)
        if not known.is_repeated(command, "close"):
            known.state, known.closes_at = AwardState.CLOSED, None
            known.commands[command] = "close"

    async def announce(self, award: PollId, projects: tuple[ProjectId, ...], command: CommandId) -> None:
        known = self._award(award)
        if known.is_repeated(command, "announce"):
            return
        if known.at(self._clock.now()) is AwardState.OPEN:
            raise Conflict("audience.open")
        chosen = Counter(known.votes.values())
        tally = {project: chosen[project] for project in projects}
        if not any(tally.values()):
            raise Conflict("audience.none")
        known.state, known.closes_at = AwardState.COUNTED, None
        known.tally = tally
        known.origins.clear()
        known.commands[command] = "announce"

    async def vote(self, award: PollId, writer: str, number: int, choices: tuple[Choice, ...]) -> Outcomes:
        known, now = self._award(award), self._clock.now()
        if known.at(now) is not AwardState.OPEN:
            raise Conflict("audience.closed")
        if known.newest[0] == writer and number < known.newest[1]:
            raise Conflict("audience.overtaken")
        known.newest = (writer, number)
        return tuple(self._take(known, choice, now) for choice in choices)

    def _take(self, award: _Award, choice: Choice, now: Instant) -> RoadshowError | None:
        voter = choice.voter
        if voter.id not in award.votes and (refusal := self._register(award, voter, now)) is not None:
            return refusal
        award.votes[voter.id] = choice.project
        return None

    def _register(self, award: _Award, voter: Voter, now: Instant) -> RoadshowError | None:
        if voter.opening != award.opening or now > voter.made_at + FIRST_VOTE_WITHIN:
            return Gone("audience.token_old")
        if len(award.votes) >= self._most_voters:
            return Conflict("audience.full")
        origin = award.origins.setdefault(voter.origin, _Origin(now))
        paid_until = max(origin.paid_until, now) + NEW_VOTER_EVERY
        excess = paid_until.ms - now.ms - NEW_VOTERS_AT_ONCE * NEW_VOTER_EVERY.ms
        if excess > 0:
            return TooMany("rate.voters", retry_after=math.ceil(excess / 1000))
        origin.paid_until = paid_until
        origin.voters += 1
        award.largest = max(award.largest, origin.voters)
        return None

    async def choice(self, award: PollId, voter: VoterId) -> ProjectId | None:
        return self._award(award).votes.get(voter)

    async def read(self, award: PollId) -> StoredAward:
        known, now = self._award(award), self._clock.now()
        return StoredAward(
            known.at(now), known.closes_at, len(known.votes), known.tally, now, known.opening, known.largest
        )

    def _award(self, award: PollId) -> _Award:
        return self._awards.setdefault(award, _Award())
