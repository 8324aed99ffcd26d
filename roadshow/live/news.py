"""Carries what changed in the voting to everybody who may know it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from roadshow.errors import RoadshowError
from roadshow.ids import RoomId
from roadshow.live.hub import Hub
from roadshow.voting.review import ReviewView
from roadshow.voting.service import VotingService

Review = Callable[[RoomId], Awaitable[ReviewView]]
"""As much of it as may be told now: ``handlers.DeskHandlers.review``."""

log = logging.getLogger(__name__)

TRY_AGAIN = 1.0
"""Seconds, while the store is away."""


class VoteNews:
    """Satisfies ``voting.service.Listener``. Many changes at once become one message: sections replace each other."""

    def __init__(self) -> None:
        self._progress: set[RoomId] = set()
        self._ceremony: set[RoomId] = set()
        self._something_new = asyncio.Event()

    def progress_changed(self, room: RoomId) -> None:
        self._progress.add(room)
        self._something_new.set()

    def ceremony_changed(self, room: RoomId) -> None:
        self._ceremony.add(room)
        self._something_new.set()

    async def run(self, voting: VotingService, review: Review, hub: Hub) -> None:
        """For ever."""
        while True:
            await self._something_new.wait()
            self._something_new.clear()
            try:
                while self._ceremony:
                    await self._tell_ceremony(self._ceremony.pop(), voting, hub)
                while self._progress:
                    room = self._progress.pop()
                    await self._tell_progress(room, voting, review, hub)
            except RoadshowError as problem:
                log.warning("News of the voting have to wait: %s", problem)
                self._something_new.set()
                await asyncio.sleep(TRY_AGAIN)
            except Exception:
                # One message is lost; the show and everybody's sockets go on.
                log.exception("News of the voting could not be told")

    async def _tell_ceremony(self, room: RoomId, voting: VotingService, hub: Hub) -> None:
        # Taken off the list before it is read: what changes during the reading is news again.
        try:
            hub.publish_vote(room, await voting.ceremony(room))
        except RoadshowError:
            self._ceremony.add(room)
            raise

    async def _tell_progress(self, room: RoomId, voting: VotingService, review: Review, hub: Hub) -> None:
        try:
            progress, reviewed, windows = await voting.progress(room), await review(room), await voting.windows(room)
        except RoadshowError:
            self._progress.add(room)
            raise
        hub.publish_vote(room, progress)
        hub.publish_vote(room, reviewed)
        hub.publish_vote(room, windows)
