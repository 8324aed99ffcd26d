"""The audience award in Valkey or Redis. The acts are in functions.lua; here answers become values and errors."""

import math
from typing import Any

from roadshow.errors import Conflict, Gone, RoadshowError, TooMany
from roadshow.ids import CommandId, PollId, ProjectId
from roadshow.moments import Duration, Instant
from roadshow.store.connection import Store, guard
from roadshow.store.fence import Fence
from roadshow.store.functions import Caller, Library, read_library
from roadshow.store.keys import Keys
from roadshow.voting.audience.award import (
    FIRST_VOTE_WITHIN,
    MOST_VOTERS,
    NEW_VOTER_EVERY,
    NEW_VOTERS_AT_ONCE,
    AwardState,
    Choice,
    Outcomes,
    StoredAward,
    VoterId,
)


class RedisAudienceStore:
    """Satisfies ``award.AudienceStore``."""

    def __init__(self, store: Store, keys: Keys, fence: Fence | None = None, *, most_voters: int = MOST_VOTERS) -> None:
        self._store = store
        self._keys = keys
        self._fence = fence or Fence(keys)
        self._most_voters = most_voters
        self._library = Library(read_library("roadshow.voting.audience"))

    async def open(self, award: PollId, closes_in: Duration | None, command: CommandId) -> None:
        await self._act("open", award, command, "" if closes_in is None else closes_in.ms)

    async def close(self, award: PollId, command: CommandId) -> None:
        await self._act("close", award, command)

    async def announce(self, award: PollId, projects: tuple[ProjectId, ...], command: CommandId) -> None:
        await self._act("announce", award, command, *projects)

    async def vote(self, award: PollId, writer: str, number: int, choices: tuple[Choice, ...]) -> Outcomes:
        limits = (self._most_voters, FIRST_VOTE_WITHIN.ms, NEW_VOTERS_AT_ONCE, NEW_VOTER_EVERY.ms)
        words = [
            word
            for choice in choices
            for voter in (choice.voter,)
            for word in (voter.id, choice.project, voter.opening, voter.made_at.ms, voter.origin)
        ]
        refused = await self._act("vote", award, writer, number, *limits, *words)
        outcomes: list[RoadshowError | None] = [None] * len(choices)
        for index, code, wait in zip(refused[::3], refused[1::3], refused[2::3], strict=True):
            outcomes[int(index)] = _refusal(code.decode(), int(wait))
        return tuple(outcomes)

    async def choice(self, award: PollId, voter: VoterId) -> ProjectId | None:
        (project,) = await self._look("choice", award, voter)
        return ProjectId(project.decode()) if project else None

    async def read(self, award: PollId) -> StoredAward:
        state, closes_at, at, votes, tally, opening, largest = await self._look("read", award)
        known = AwardState(state.decode())
        counted = {ProjectId(name.decode()): int(count) for name, count in zip(tally[::2], tally[1::2], strict=True)}
        return StoredAward(
            state=known,
            closes_at=Instant(int(closes_at)) if closes_at else None,
            votes=int(votes),
            tally=counted if known is AwardState.COUNTED else None,
            now=Instant(int(at)),
            opening=int(opening),
            largest=int(largest),
        )

    async def _act(self, function: str, award: PollId, *arguments: str | int) -> Any:
        """Durable when it returns. All acts may be repeated."""
        return await self._call(function, award, arguments, self._store.lines)

    async def _look(self, function: str, award: PollId, *arguments: str | int) -> Any:
        return await self._call(function, award, arguments, self._store.redis)

    async def _call(self, function: str, award: PollId, arguments: tuple[str | int, ...], by: Caller) -> Any:
        keys = self._keys.audience(award)
        name = f"{self._library.name}_{function}"
        with guard():
            answer = await self._library.call(
                self._store.redis,
                name,
                [keys.award, keys.votes, keys.origins],
                *arguments,
                by=by,
                fence=self._fence,
            )
        if answer[0] != b"ok":
            raise Conflict(answer[0].decode())
        return answer[1:]


def _refusal(code: str, wait: int) -> RoadshowError:
    """``wait``: milliseconds until a new voter of this origin has a place again."""
    if code == "rate.voters":
        return TooMany(code, retry_after=math.ceil(wait / 1000))
    return Gone(code) if code == "audience.token_old" else Conflict(code)
