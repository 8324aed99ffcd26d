"""Viewers step by step on one server, each step counted for some seconds."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from roadshow.bench.fleet import Fleet
from roadshow.bench.machine import Cores, Spent, datagrams_refused, stolen
from roadshow.bench.peer import PLAIN, Behaviour, Client
from roadshow.bench.publisher import Publisher
from roadshow.bench.results import Step, faults, percentile, quantile
from roadshow.bench.server import Server
from roadshow.bench.signalling import Exchange

JOIN_RATE = 250.0
"""Viewers a second that knock; a hall that opens a page is slower."""
SETTLE_S = 2.0
"""Between joining and counting."""
WINDOW_S = 2.0
"""The quietest of these tells what the server takes without neighbours."""
WARM_UP_S = 1.0
PLACES = 2
"""For each viewer that is tried: it is to be the core that refuses, not the share of one network."""


class Ramp:
    """A fleet on a server of any kind: what it costs is asked through ``spent`` and ``resident``."""

    def __init__(
        self, client: Client, fleet: Fleet, cores: Cores, spent: Callable[[], Spent], resident: Callable[[], int]
    ) -> None:
        self._client, self.fleet, self._cores = client, fleet, cores
        self._spent, self._resident = spent, resident
        self._memory = resident()

    def step(self, viewers: int, seconds: float, rate: float = JOIN_RATE) -> Step:
        """Grow to so many viewers, then count."""
        fleet, before, cpu = self.fleet, self.fleet.look(), self._spent()
        joins = fleet.grow(viewers - len(fleet.viewers), rate)
        join_cpu, join_packets = self._spent().since(cpu).total, fleet.look().packets - before.packets
        time.sleep(SETTLE_S)
        self._client.latency()
        self._client.reset_gaps()
        refused_before, stolen_before = datagrams_refused(), stolen(self._cores.server)
        begin, load, look = self._spent(), time.process_time(), fleet.look()
        now, last, windows = begin, look, []
        count = max(1, round(seconds / WINDOW_S))
        for _ in range(count):
            time.sleep(seconds / count)
            then, former = now, last
            now, last = self._spent(), fleet.look()
            windows.append(1e6 * now.since(then).total / max(last.packets - former.packets, 1))
        load_s = time.process_time() - load
        seen, cost, latency = last.since(look), now.since(begin), self._client.latency()
        problems = list(joins.problems)
        if overflow := datagrams_refused() - refused_before:
            problems.append(f"{overflow} datagrams found a full buffer")
        if seen.up < len(fleet.viewers):
            problems.append(f"{len(fleet.viewers) - seen.up} viewers are not connected")
        return Step(
            viewers=seen.up,
            wanted=viewers,
            seconds=seen.seconds,
            packets=seen.packets,
            expected=seen.expected,
            frames=seen.frames,
            user_s=cost.user,
            system_s=cost.system,
            least_us=min(windows),
            load_s=load_s,
            drops=seen.drops,
            duplicates=seen.duplicates,
            late=seen.late,
            backwards=seen.backwards,
            authentic=seen.authentic,
            forged=seen.forged,
            told=seen.told,
            red=seen.red,
            overflowed=seen.overflowed,
            p50_ms=percentile(latency, 0.5),
            p99_ms=percentile(latency, 0.99),
            longest_gap_ms=seen.longest_gap_ms,
            join_cpu_s=join_cpu,
            join_packets=join_packets,
            joined=joins.joined,
            refused=joins.refused,
            joins_per_second=joins.per_second,
            picture_p95_ms=quantile(joins.picture_ms, 0.95),
            memory_bytes=self._resident() - self._memory,
            stolen_s=stolen(self._cores.server) - stolen_before,
            problems=problems,
        )

    def steps(self, wanted: Iterable[int], seconds: float) -> Iterator[Step]:
        """Until one is not held; that one is the last."""
        for viewers in wanted:
            step = self.step(viewers, seconds)
            yield step
            if faults(step):
                return


@contextmanager
def relay_ramp(
    client: Client,
    cores: Cores,
    *,
    most: int,
    path: str = "auto",
    workers: int | None = None,
    behaviour: Behaviour = PLAIN,
    publisher_loss: float = 0.0,
    key_packets: int = 0,
    settled: bool = False,
) -> Iterator[Ramp]:
    """A Roadshow server on one core, a publisher on its stage, and nobody there yet. To be called pinned to the load's
    cores. ``key_packets``: the stream is one whose key frames have so many. ``settled``: what it does after its start
    is waited for. Raises SetupError."""
    with (
        Server(cores.server, max_viewers=PLACES * most, path=path, workers=workers) as server,
        Publisher(server.room.whip, server.room.publish_token, loss=publisher_loss, key_packets=key_packets),
    ):
        fleet = Fleet(client, lambda source: Exchange(server.room.whep, source=source), behaviour)
        try:
            time.sleep(WARM_UP_S)
            if settled:
                server.settle()
            yield Ramp(client, fleet, cores, server.spent, server.resident)
        finally:
            fleet.close()
