"""Carries what changed in the voting to everybody who may know it."""

import asyncio
import logging

from roadshow.errors import RoadshowError
from roadshow.ids import RoomId
from roadshow.live.hub import Hub
from roadshow.voting.service import VotingService

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

    async def run(self, voting: VotingService, hub: Hub) -> None:
        """For ever."""
        while True:
            await self._something_new.wait()
            self._something_new.clear()
            try:
                while self._ceremony:
                    await self._tell_ceremony(self._ceremony.pop(), voting, hub)
                while self._progress:
                    room = self._progress.pop()
                    await self._tell_progress(room, voting, hub)
            except RoadshowError as problem:
                log.warning("News of the voting have to wait: %s", problem)
                self._something_new.set()
                await asyncio.sleep(TRY_AGAIN)

    async def _tell_ceremony(self, room: RoomId, voting: VotingService, hub: Hub) -> None:
        # Taken off the list before it is read: what changes during the reading is news again.
        try:
            hub.publish_vote(room, await voting.ceremony(room))
        except RoadshowError:
            self._ceremony.add(room)
            raise

    async def _tell_progress(self, room: RoomId, voting: VotingService, hub: Hub) -> None:
        try:
            progress, review = await voting.progress(room), await voting.review(room)
        except RoadshowError:
            self._progress.add(room)
            raise
        hub.publish_vote(room, progress)
        hub.publish_vote(room, review)
