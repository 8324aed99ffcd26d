"""Rooms without a session: what they show stands for ever, they are there while somebody is in them, and there are only
so many at a time."""

from collections.abc import Callable, Mapping

from roadshow.errors import Unavailable
from roadshow.ids import RoomId
from roadshow.rooms.ports import Programme
from roadshow.rooms.relay.stage.stage import Stage
from roadshow.rooms.relay.stats import Refusal, Tally

MOST = 8
"""Open at a time: a field's startups who try their cameras in the same minutes. Each publishes twice, so that three
quarters of the publishing connections are left for the shows."""
FULL_RETRY_S = 30
BUSY_RETRY_S = 10
"""What somebody is told that came while the machine was busy."""

Standing = Callable[[RoomId], Programme]
"""What a room shows of which no session speaks; nothing for a room that has one."""


def no_side_rooms(_room: RoomId) -> Programme:
    return {}


class SideRooms:
    def __init__(self, standing: Standing, stages: Mapping[RoomId, Stage], tally: Tally) -> None:
        self.standing = standing
        self._stages = stages
        self._tally = tally

    @property
    def open(self) -> int:
        """How many somebody is in."""
        return sum(stage.is_side and not stage.idle for stage in self._stages.values())

    def admit(self, room: RoomId, *, busy: bool) -> None:
        """A side room opens only where there is a place for it and the core has time: shows go first. Raises
        Unavailable("relay.side-rooms" or "relay.busy")."""
        stage = self._stages.get(room)
        if (stage is not None and not stage.idle) or not self.standing(room):
            return
        if busy:
            self._tally.refuse(Refusal.LOAD)
            raise Unavailable("relay.busy", retry_after=BUSY_RETRY_S)
        if self.open >= MOST:
            self._tally.refuse(Refusal.SIDE_ROOMS)
            raise Unavailable("relay.side-rooms", retry_after=FULL_RETRY_S)
