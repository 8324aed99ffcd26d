"""What everybody may know of the overall podium, read out of a store."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from roadshow.errors import NotFound
from roadshow.ids import PollId, ProjectId, RoomId
from roadshow.voting.overall.podium import OVERALL, OverallViews, is_offered
from roadshow.voting.results import CeremonyState
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import PollState
from roadshow.voting.views import PollViews


class PollReader(Protocol):
    async def read(self, poll: PollId) -> PollState:
        """As ``VoteStore.read``."""
        ...


async def look(
    store: PollReader, specs: Mapping[RoomId, PollSpec], views_of: Callable[[RoomId], Awaitable[PollViews]]
) -> OverallViews:
    """What everybody may know. Reads nothing where the rules ask for no overall podium; its own poll only once every
    field is announced."""
    polls = tuple(specs.values())
    if not is_offered(polls):
        return OverallViews(polls, False, None)
    out: frozenset[ProjectId] = frozenset()
    for room in specs:
        views = await views_of(room)
        if views.state is not CeremonyState.REVEALED:
            return OverallViews(polls, False, None)
        out |= views.out
    try:
        return OverallViews(polls, True, await store.read(OVERALL), out)
    except NotFound:  # nobody has confirmed it yet
        return OverallViews(polls, True, None)
