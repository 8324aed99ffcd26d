"""What everybody may know of the overall podium, read out of a store."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from roadshow.errors import NotFound
from roadshow.ids import PollId, RoomId
from roadshow.voting.overall.podium import OVERALL, OverallViews, is_offered
from roadshow.voting.results import CeremonyState
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import PollState


class PollReader(Protocol):
    async def read(self, poll: PollId) -> PollState:
        """As ``VoteStore.read``."""
        ...


async def look(
    store: PollReader, specs: Mapping[RoomId, PollSpec], state_of: Callable[[RoomId], Awaitable[CeremonyState]]
) -> OverallViews:
    """What everybody may know. Reads nothing where the rules ask for no overall podium; its own poll only once every
    field is announced."""
    polls = tuple(specs.values())
    if not is_offered(polls):
        return OverallViews(polls, False, None)
    for room in specs:
        if await state_of(room) is not CeremonyState.REVEALED:
            return OverallViews(polls, False, None)
    try:
        return OverallViews(polls, True, await store.read(OVERALL))
    except NotFound:  # nobody has confirmed it yet
        return OverallViews(polls, True, None)
