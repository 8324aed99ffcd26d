"""The way out: what the stages hold back leaves when all that came was read, or when it has waited long enough."""

import asyncio
import time
from collections.abc import Callable, Mapping

from roadshow.ids import RoomId
from roadshow.rooms.relay.stage.stage import Stage


class Departures:
    """``let_out`` is called whenever the socket was read empty; a timer sees to what need not wait for that. ``now``
    gives milliseconds."""

    def __init__(self, stages: Mapping[RoomId, Stage], now: Callable[[], int]) -> None:
        self._stages = stages
        self._now = now
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0
        self._spent_s = 0.0

    def let_out(self) -> None:
        """Send on what is due, and see to it that the rest goes in time."""
        now, least = self._now(), None
        for stage in self._stages.values():
            wait = stage.outlet.ready(now)
            if wait is not None and (least is None or wait < least):
                least = wait
        if least is None or (self._timer is not None and self._timer_at <= now + least):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = now + least
        self._timer = asyncio.get_running_loop().call_later(least / 1000, self._timed)

    def spent(self) -> float:
        """Seconds of the core since the last call that the timer's work took; all other is the caller's."""
        spent, self._spent_s = self._spent_s, 0.0
        return spent

    def stop(self) -> None:
        """Nothing is let out any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _timed(self) -> None:
        began = time.thread_time()
        self._timer = None
        self.let_out()
        self._spent_s += time.thread_time() - began
