"""The audience award: one vote for each voter's token, changeable until the close. What it is, and what it needs of a
store. (pure)

It stands beside the jury's poll and touches nothing of it. A voter is known by the hash of a random token that the
server gave their browser; who they are, nobody knows. What is stored of a vote is the newest choice, so that sending it
again changes nothing and another choice moves it. The count is a fold over these choices, never a counter.

A token is made while the award is open and for this award alone, and is used soon or never: nobody can store up votes.
What an address is rationed is *new voters*, so whoever only looks, however often, takes nothing from their neighbours.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NewType, Protocol, TypeAlias

import msgspec

from roadshow.errors import RoadshowError
from roadshow.ids import CommandId, PollId, ProjectId
from roadshow.moments import Duration, Instant

VoterId = NewType("VoterId", str)
"""The hash of a voter's token."""

MOST_VOTERS = 200_000
"""In one room. Counting them takes the store some tens of milliseconds."""
BATCH = 500
"""Votes in one call of the store; its functions take some thousand values at once."""
FIRST_VOTE_WITHIN = Duration.seconds(600)
"""Of a token's making: a browser asks for one because somebody has pressed *Vote*, and votes the moment it has it. The
minutes are for a network that is away meanwhile. Whoever has voted may change their mind until the close."""
NEW_VOTERS_AT_ONCE = 1_200
"""From one address: a hall's whole audience behind one router, all of whom vote in the same minute."""
NEW_VOTER_EVERY = Duration(500)
"""Beyond that: as many again within ten minutes. Nobody waits longer than for those before them in their own hall."""


class AwardState(StrEnum):
    CLOSED = "closed"
    """Not opened yet, or the votes are in and nobody has announced them."""
    OPEN = "open"
    COUNTED = "counted"
    """Announced; final."""


class Voter(msgspec.Struct, frozen=True):
    """As their token says, which this server has signed, and where it was shown."""

    id: VoterId
    opening: int
    """Which award's token it is: ``StoredAward.opening``."""
    made_at: Instant
    """By the store's clock."""
    origin: str
    """A keyed hash of the address that differs from award to award: it is counted, and nobody can read it back."""


class Choice(msgspec.Struct, frozen=True):
    voter: Voter
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
    """Of how many voters; once announced, those that were counted."""
    winners: tuple[ProjectVotes, ...] | None = None
    """Once announced: who has most votes; several if they are level, in the order of the rundown. Nobody is told how
    few voted for whom: an award is given, and nobody is shown up."""


class Doubt(StrEnum):
    """What of a turnout somebody should look at. Each may be as it should be: it is a question, no verdict."""

    ONE_ADDRESS = "one_address"
    """More than half of all votes come from one address: the hall's, or somebody's who makes voters."""
    MORE_THAN_VIEWERS = "more_than_viewers"
    """More than twice as many votes as there ever were viewers at one time."""


class TurnoutView(msgspec.Struct, frozen=True, tag_field="section", tag="turnout"):
    """For control: whether the votes look like an audience's, and what they came to. Addresses themselves are told
    nobody."""

    votes: int = 0
    viewers: int = 0
    """The most at one time, since the server started."""
    largest: int = 0
    """Votes that came from the address with most."""
    doubt: Doubt | None = None
    result: tuple[ProjectVotes, ...] | None = None
    """Once announced, of every project that was in the vote: most votes first, level ones in the order of the
    rundown."""


TELLING = 50
"""Votes. With fewer, one office or one school class is half of everything, and that says nothing."""
VOTES_TO_A_VIEWER = 2
"""People come and go while a vote is open, so there are more voters than viewers at any one time; but whoever votes has
the page open, and twice as many have not been seen of an audience that stays for a result."""


def turnout(votes: int, largest: int, viewers: int, votes_unseen: int = 0) -> TurnoutView:
    """``votes_unseen``: of ``votes``, those from before ``viewers`` were counted."""
    doubt = None
    if votes >= TELLING and largest * 2 > votes:
        doubt = Doubt.ONE_ADDRESS
    if votes - votes_unseen >= TELLING and votes - votes_unseen > viewers * VOTES_TO_A_VIEWER:
        doubt = Doubt.MORE_THAN_VIEWERS
    return TurnoutView(votes, viewers, largest, doubt)


class StoredAward(msgspec.Struct, frozen=True):
    """An award as the store has it, by the clock of whoever asks."""

    state: AwardState
    closes_at: Instant | None
    votes: int
    """Of all voters, also those whose project was taken out."""
    tally: Mapping[ProjectId, int] | None
    """Once announced: of those projects that were in the vote, and of no other, also if that is changed later."""
    now: Instant
    opening: int = 0
    """When it was opened first: the award that tokens are made for. Closed and opened again, it stays the same one, so
    that whoever has voted still has one vote. 0: never yet."""
    largest: int = 0
    """Voters from the origin with most. Of the origins nothing is left once it is announced."""


Outcomes: TypeAlias = tuple[RoadshowError | None, ...]
"""Of choices, in their order. None: it is taken."""


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

    async def announce(self, award: PollId, projects: tuple[ProjectId, ...], command: CommandId) -> None:
        """Count what was chosen of these projects, and make it final. Raises Conflict("audience.open") while votes are
        taken, Conflict("audience.none") without any vote for them, Conflict("audience.counted") when it was done
        already."""
        ...

    async def vote(self, award: PollId, writer: str, number: int, choices: tuple[Choice, ...]) -> Outcomes:
        """Each choice, in this order, replaces its voter's former one, or is refused: Gone("audience.token_old") for
        a token of another opening, or a new voter's that is older than ``FIRST_VOTE_WITHIN``; Conflict("audience.full")
        for a new voter when there are ``MOST_VOTERS``; TooMany("rate.voters") when too many new ones came from their
        origin. At most ``BATCH`` choices. Raises Conflict("audience.closed") for all of them.

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
        votes=state.votes if state.tally is None else sum(state.tally.values()),
        winners=None if state.tally is None else leading(ranked(state.tally, projects)),
    )


def ranked(tally: Mapping[ProjectId, int], projects: tuple[ProjectId, ...]) -> tuple[ProjectVotes, ...]:
    """Every project of the tally with its votes, most first; level ones stay in the order given."""
    counted = [ProjectVotes(project, tally[project]) for project in projects if project in tally]
    return tuple(sorted(counted, key=lambda one: -one.votes))


def leading(result: tuple[ProjectVotes, ...]) -> tuple[ProjectVotes, ...]:
    """Those of a ranking who have most votes; nobody without a vote."""
    most = max((one.votes for one in result), default=0)
    return tuple(one for one in result if one.votes == most > 0)
