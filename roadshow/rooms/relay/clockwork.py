"""When the relay does what no datagram calls for: NACKs, reports, looks at quality, the sweep. And how much of its core
that, reading and sending take."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from roadshow.ids import RoomId
from roadshow.rooms.relay.departures import Departures
from roadshow.rooms.relay.load import LoadMeter
from roadshow.rooms.relay.probes import Probes
from roadshow.rooms.relay.publishing import Publishing
from roadshow.rooms.relay.stage.stage import Stage
from roadshow.rooms.relay.transport.udp import Reader
from roadshow.rooms.relay.watching import Watching

TICK_S = 0.02
"""How often NACKs and key-frame requests are looked at while somebody publishes."""
IDLE_TICK_S = 0.2
REPORT_EVERY = 200
"""Ticks between a viewer's sender reports: four seconds (RFC 3550, section 6.2: five or fewer); each tick serves its
share of the viewers."""
DECIDE_EVERY = 25
"""Ticks between looks at a viewer's quality: half a second."""
SWEEP_MS = 1000
"""How often ``sweep`` is called."""

logger = logging.getLogger(__name__)


class Clockwork:
    """Looks at the relay's own tables; ``sweep`` is called about once a second. ``now`` gives milliseconds."""

    def __init__(
        self,
        stages: Mapping[RoomId, Stage],
        publishers: Mapping[str, Publishing],
        viewers: Mapping[str, Watching],
        departures: Departures,
        sweep: Callable[[int], None],
        now: Callable[[], int],
    ) -> None:
        self.meter = LoadMeter()
        self._stages = stages
        self._publishers = publishers
        self._viewers = viewers
        self._departures = departures
        self._sweep = sweep
        self._probes = Probes()
        self._now = now
        self._media_s = 0.0
        """Seconds the event loop spent on media; of reading and of what left by the timer, as of the last measuring."""
        self._measured = (0.0, 0.0, 0.0)
        self._joins = 0

    @property
    def load(self) -> float:
        """Share of one core, 0 to 1."""
        return self.meter.load

    @property
    def busy(self) -> bool:
        """Whether one more viewer would be to everybody's cost."""
        return self.meter.busy

    @property
    def on_the_brink(self) -> bool:
        """Whether it would be, whoever it is."""
        return self.meter.on_the_brink

    def joined(self) -> None:
        """A viewer came, which takes much of the core, but passes."""
        self._joins += 1

    async def run(self, reader: Reader) -> None:
        """Tick until cancelled."""
        tick, sweep_at = 0, 0
        while True:
            await asyncio.sleep(TICK_S if self._publishers else IDLE_TICK_S)
            tick, now, began = tick + 1, self._now(), time.thread_time()
            try:
                self._tick(tick, now)
                self._departures.let_out()
                if now >= sweep_at:
                    sweep_at = now + SWEEP_MS
                    self._measure(reader)
                    self._sweep(now)
            except Exception:  # a mistake of ours must not stop the clockwork for everybody
                logger.exception("a relay tick failed")
            self._media_s += time.thread_time() - began

    def _tick(self, tick: int, now: int) -> None:
        for stage in self._stages.values():
            stage.tick(now)
        if silent := {stage for stage in self._stages.values() if stage.beats.due(stage.outlet.sent_at, now)}:
            for watching in self._viewers.values():
                if watching.stage in silent:
                    watching.beat(now)
        for publishing in list(self._publishers.values()):
            publishing.tick(now)
        if self._publishers:
            viewers = list(self._viewers.values())
            for watching in viewers[tick % REPORT_EVERY :: REPORT_EVERY]:
                watching.report(now)
            rates = {stage: stage.rates(now) for stage in self._stages.values()}
            for watching in viewers[tick % DECIDE_EVERY :: DECIDE_EVERY]:
                if watching.calm_until <= now:
                    watching.tick(rates[watching.stage], now)
                    self._probes.consider(watching, now)
            self._probes.step(now, round(TICK_S * 1000))

    def _measure(self, reader: Reader) -> None:
        self._media_s += reader.spent() + self._departures.spent()
        at, media, total = time.monotonic(), self._media_s, time.thread_time()
        was_at, was_media, was_total = self._measured
        if was_at:
            self.meter.window(at - was_at, media - was_media, total - was_total, self._joins)
        self._measured, self._joins = (at, media, total), 0
