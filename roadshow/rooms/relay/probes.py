"""Who is sent packets to find out what their line carries, and when: a few each tick, never many at once."""

from roadshow.rooms.relay.watching import Watching

MOST = 8
"""Viewers that are probed at once. A cluster lasts a tenth of a second, so that is 80 a second: of 500 viewers on thin
lines each has its turn every six seconds. 5 Mbit/s at the most."""


class Probes:
    def __init__(self) -> None:
        self._probed: list[Watching] = []

    def consider(self, watching: Watching, now: int) -> None:
        """Begin with this one, if it wishes for more than it gets and others leave room."""
        if len(self._probed) < MOST and watching.begin_probe(now):
            self._probed.append(watching)

    def step(self, now: int, tick_ms: int) -> None:
        """Send on, each tick."""
        if self._probed:
            self._probed = [watching for watching in self._probed if watching.probe(now, tick_ms)]
