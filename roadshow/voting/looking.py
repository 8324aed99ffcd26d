"""What everybody may know of the votes, read over other connections than those of the jury's acts: a crowd that asks
for pages must not stand in line before a ballot.
"""

from collections.abc import Callable

from roadshow.ids import RoomId
from roadshow.voting.ports import VoteStore
from roadshow.voting.results import CeremonyView, PublishedResult
from roadshow.voting.spec import PollSpec
from roadshow.voting.views import PollViews


class Looking:
    """Methods raise what ``VoteStore.read`` raises, and what ``spec`` does."""

    def __init__(self, store: VoteStore, spec: Callable[[RoomId], PollSpec]) -> None:
        """``spec``: the poll of a room, as it is in force."""
        self._store = store
        self._spec = spec

    async def views(self, room: RoomId) -> PollViews:
        """Everything that is shown of a poll, from one reading of it."""
        spec = self._spec(room)
        return PollViews(spec, await self._store.read(spec.poll))

    async def ceremony(self, room: RoomId) -> CeremonyView:
        return (await self.views(room)).ceremony()

    async def published(self, room: RoomId) -> PublishedResult:
        """Raises Conflict("result.sealed") before the last place was announced."""
        return (await self.views(room)).published()
