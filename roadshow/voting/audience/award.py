"""The audience award: one vote for each voter's token, changeable until the close. What it is, and what it needs of a
store. (pure)

It stands beside the jury's poll and touches nothing of it. A voter is known by the hash of a random token that the
server gave their browser; who they are, nobody knows. What is stored of a vote is the newest choice, so that sending it
again changes nothing and another choice moves it. The count is a fold over these choices, never a counter.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NewType, Protocol

import msgspec

from roadshow.ids import CommandId, PollId, ProjectId
from roadshow.moments import Duration, Instant

VoterId = NewType("VoterId", str)
"""The hash of a voter's token."""

MOST_VOTERS = 200_000
"""In one room. Counting them takes the store some tens of milliseconds."""
BATCH = 500
"""Votes in one call of the store; its functions take some thousand values at once."""


class AwardState(StrEnum):
    CLOSED = "closed"
    """Not opened yet, or the votes are in and nobody has announced them."""
    OPEN = "open"
    COUNTED = "counted"
    """Announced; final."""


class Choice(msgspec.Struct, frozen=True):
    voter: VoterId
    project: ProjectId


class ProjectVotes(msgspec.Struct, frozen=True):
    project: ProjectId
    votes: int


class AudienceView(msgspec.Struct, frozen=True, tag_field="section", tag="audience"):
    """What everybody may know. Who leads is told nobody before the announcement."""

    state: AwardState = AwardState.CLOSED
    closes_at: int | None = None
    """Milliseconds; None: until control closes it."""
    votes: int = 0
    """Voters whose vote counts."""
    result: tuple[ProjectVotes, ...] | None = None
    """Most votes first, once announced; level ones in the order of the rundown."""


class StoredAward(msgspec.Struct, frozen=True):
    """An award as the store has it, by the clock of whoever asks."""

    state: AwardState
    closes_at: Instant | None
    votes: int
    tally: Mapping[ProjectId, int] | None
    """Once announced."""
    now: Instant


class AudienceStore(Protocol):
    """Every method is atomic and, where it writes, durable when it returns; all raise Unavailable when the store is
    away. ``command``: sent again, it does nothing; Conflict("command.reused") if it was another act's.

    The window closes by the server's clock; time never runs backwards within an award.
    """

    async def open(self, award: PollId, closes_in: Duration | None, command: CommandId) -> None:
        """Take votes from now on; ``closes_in`` None: until told otherwise. If it is open, the deadline moves. Raises
        Conflict("audience.counted") after the announcement."""
        ...

    async def close(self, award: PollId, command: CommandId) -> None:
        """Take none any more. Raises Conflict("audience.counted") after the announcement."""
        ...

    async def announce(self, award: PollId, command: CommandId) -> None:
        """Count what was chosen, and make it final. Raises Conflict("audience.open") while votes are taken,
        Conflict("audience.none") without any vote, Conflict("audience.counted") when it was done already."""
        ...

    async def vote(self, award: PollId, writer: str, number: int, choices: tuple[Choice, ...]) -> tuple[bool, ...]:
        """Each choice, in this order, replaces its voter's former one; False for a new voter when there are
        ``MOST_VOTERS``. At most ``BATCH`` choices. Raises Conflict("audience.closed") for all of them.

        ``number`` rises by one with every batch of the same ``writer``. A batch that arrives after a later one was
        taken (its connection broke and it was given up) changes nothing: Conflict("audience.overtaken").
        """
        ...

    async def choice(self, award: PollId, voter: VoterId) -> ProjectId | None:
        """What the voter chose last."""
        ...

    async def read(self, award: PollId) -> StoredAward: ...


def view(state: StoredAward, projects: tuple[ProjectId, ...]) -> AudienceView:
    """What may be told. ``projects``: those of the room, in the order of the rundown."""
    return AudienceView(
        state=state.state,
        closes_at=None if state.closes_at is None or state.state is not AwardState.OPEN else state.closes_at.ms,
        votes=state.votes,
        result=None if state.tally is None else ranked(state.tally, projects),
    )


def ranked(tally: Mapping[ProjectId, int], projects: tuple[ProjectId, ...]) -> tuple[ProjectVotes, ...]:
    """Every project with its votes, most first; level ones stay in the order given."""
    counted = [ProjectVotes(project, tally.get(project, 0)) for project in projects]
    return tuple(sorted(counted, key=lambda one: -one.votes))
