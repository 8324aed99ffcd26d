"""The audience award's way to browsers: votes and control's acts in, and what everybody may know out."""

import asyncio
import logging
from contextlib import suppress

from starlette.requests import HTTPConnection

from roadshow.access.voters import Voters
from roadshow.clock import Clock
from roadshow.errors import NotSignedIn, RoadshowError
from roadshow.ids import CommandId, ProjectId, RoomId
from roadshow.live import protocol as wire
from roadshow.live.hub import Hub
from roadshow.moments import Duration
from roadshow.voting.audience.award import AudienceView, AwardState, VoterId
from roadshow.voting.audience.service import Answered, AudienceAward

log = logging.getLogger(__name__)

TELL_EVERY = 1.0
"""Seconds between two numbers of votes, and between two attempts while the store is away."""
NOTHING_YET = AudienceView()


class AwardNews:
    """Tells everybody what changed: the state at once, and the number of votes as often as ``TELL_EVERY`` permits."""

    def __init__(self) -> None:
        self._rooms: set[RoomId] = set()
        self._something_new = asyncio.Event()
        self._told: dict[RoomId, AudienceView] = {}

    def changed(self, room: RoomId) -> None:
        self._rooms.add(room)
        self._something_new.set()

    def told(self, room: RoomId) -> AudienceView:
        """What followers last heard."""
        return self._told.get(room, NOTHING_YET)

    async def run(self, award: AudienceAward, hub: Hub, clock: Clock) -> None:
        """For ever. What the store holds from before is told first."""
        for room in award.rooms:
            self.changed(room)
        while True:
            await self._wait(clock)
            self._something_new.clear()
            rooms, self._rooms = self._rooms, set()
            for room in rooms:
                try:
                    view = await award.view(room)
                except RoadshowError as problem:
                    log.warning("News of the audience award have to wait: %s", problem)
                    self.changed(room)
                    continue
                if view != self.told(room):
                    self._told[room] = view
                    hub.publish_vote(room, view)
            await asyncio.sleep(TELL_EVERY)

    async def _wait(self, clock: Clock) -> None:
        """For a change, or for the moment in which one closes by itself: nobody sends that."""
        ends = {
            room: view.closes_at
            for room, view in self._told.items()
            if view.state is AwardState.OPEN and view.closes_at is not None
        }
        within = None if not ends else max(0, min(ends.values()) - clock.now().ms) / 1000
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._something_new.wait()
        for room, closes_at in ends.items():
            if closes_at <= clock.now().ms:
                self._rooms.add(room)


class AwardDesk:
    """What a socket needs of the award. Roles and rooms are checked before."""

    def __init__(self, award: AudienceAward, voters: Voters, news: AwardNews) -> None:
        self._award = award
        self._voters = voters
        self._news = news

    def voter(self, connection: HTTPConnection) -> VoterId | None:
        return self._voters.voter(connection)

    def vote(self, voter: VoterId | None, message: wire.VoteForAward, answered: Answered) -> None:
        """``answered`` hears when the vote is durable. Raises NotSignedIn("audience.no_token"), and as
        ``AudienceAward.vote``."""
        if voter is None:
            raise NotSignedIn("audience.no_token")
        self._award.vote(RoomId(message.room), voter, ProjectId(message.project), answered)

    async def command(self, message: wire.AwardCommand) -> None:
        """Done and durable when it returns."""
        room, command = RoomId(message.room), CommandId(message.command)
        match message:
            case wire.OpenAward(seconds=seconds):
                closes_in = None if seconds is None else Duration.seconds(seconds)
                await self._award.open(room, closes_in, command)
            case wire.CloseAward():
                await self._award.close(room, command)
            case wire.AnnounceAward():
                await self._award.announce(room, command)

    async def own(self, voter: VoterId | None, room: RoomId) -> wire.OwnVote | None:
        """What the browser's vote is for, if it gave one. The store is asked only where there are votes."""
        if voter is None or (self._news.told(room).state is AwardState.CLOSED and not self._news.told(room).votes):
            return None
        project = await self._award.choice(room, voter)
        return None if project is None else wire.OwnVote(room, project)
