"""A growing crowd of viewers."""

import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Protocol

import msgspec

from roadshow.bench.peer import FAILED, PLAIN, UP, Behaviour, Client, Counters, Peer
from roadshow.bench.results import Joins
from roadshow.bench.signalling import Refused

THREADS = 16
"""Offers under way at once. Each comes from a network of its own."""
PATIENCE_S = 30.0
LOOK_EVERY_S = 0.02
MOST_STAMPED = 40
"""The first so many viewers measure latency, and one in ``STAMPED_EVERY`` of the others."""
STAMPED_EVERY = 4


class Watches(Protocol):
    """A connection to a server's signalling, for one thread."""

    def watch(self, peer: Peer) -> None: ...
    def close(self) -> None: ...


class Seen(msgspec.Struct, frozen=True):
    """Sums over all viewers between two looks."""

    seconds: float
    packets: int
    expected: int
    frames: int
    duplicates: int
    late: int
    backwards: int
    drops: int
    authentic: int
    forged: int
    told: int
    red: int
    overflowed: int
    longest_gap_ms: float
    up: int

    @property
    def lost(self) -> int:
        return max(self.expected - self.packets, 0)


class Look(msgspec.Struct, frozen=True):
    """All counters at one moment."""

    at: float
    counters: list[Counters]

    @property
    def packets(self) -> int:
        return sum(one.packets for one in self.counters)

    def since(self, former: "Look") -> Seen:
        """Of the viewers that were there at both."""
        pairs = list(zip(former.counters, self.counters, strict=False))

        def grown(name: str) -> int:
            return sum(getattr(after, name) - getattr(before, name) for before, after in pairs)

        return Seen(
            seconds=self.at - former.at,
            packets=grown("packets"),
            expected=grown("expected"),
            frames=grown("frames"),
            duplicates=grown("dup"),
            late=grown("late"),
            backwards=grown("backwards") + grown("leaps"),
            drops=grown("kernel_drops"),
            authentic=grown("auth_ok"),
            forged=grown("auth_bad") + grown("rtcp_bad"),
            told=grown("told"),
            red=grown("red"),
            overflowed=grown("overflowed"),
            longest_gap_ms=max((after.max_gap_ns for _, after in pairs), default=0) / 1e6,
            up=sum(after.state == UP for _, after in pairs),
        )


class Fleet:
    """``connect`` makes a signalling connection that comes from an address; it is called once for each thread."""

    def __init__(self, client: Client, connect: Callable[[str], Watches], behaviour: Behaviour = PLAIN) -> None:
        self.viewers: list[Peer] = []
        self._client = client
        self._behaviour = behaviour
        self._lock = threading.Lock()
        self._idle: queue.SimpleQueue[Watches] = queue.SimpleQueue()
        self._connections = [connect(f"127.77.{number + 1}.1") for number in range(THREADS)]
        for one in self._connections:
            self._idle.put(one)
        self._threads = ThreadPoolExecutor(THREADS, "viewer")

    def grow(self, count: int, rate: float) -> Joins:
        """Add viewers, ``rate`` a second if the server keeps up, and wait until each has a picture or failed."""
        begin, problems = time.monotonic(), Counter[str]()
        refused = 0

        def join(number: int) -> Peer | None:
            nonlocal refused
            time.sleep(max(0.0, begin + number / rate - time.monotonic()))
            connection = self._idle.get()
            peer: Peer | None = None
            try:
                peer = Peer(self._client, self._manners(len(self.viewers)))
                connection.watch(peer)
            except Refused as problem:
                with self._lock:
                    problems[f"refused with {problem}"] += 1
                    refused += 1
            except Exception as problem:  # whatever it is, the row must say so, and the others go on  # noqa: BLE001
                with self._lock:
                    problems[str(problem)] += 1
            else:
                with self._lock:
                    self.viewers.append(peer)
                return peer
            finally:
                self._idle.put(connection)
            if peer is not None:
                peer.close()
            return None

        joining = [peer for peer in self._threads.map(join, range(count)) if peer is not None]
        counted = self._await_pictures(joining)
        for peer, counters in zip(joining, counted, strict=True):
            if not counters.t_picture:
                problems[peer.why or "no picture came"] += 1
        both = zip(joining, counted, strict=True)
        served = [(peer.asked_at, counters) for peer, counters in both if counters.t_picture]
        first = min((asked for asked, _ in served), default=0)
        last = max((counters.t_media for _, counters in served), default=0)
        return Joins(
            wanted=count,
            joined=len(served),
            refused=refused,
            seconds=(last - first) / 1e9,
            picture_ms=sorted((counters.t_picture - asked) / 1e6 for asked, counters in served),
            problems=[text for text, _ in problems.most_common(3)],
        )

    def look(self) -> Look:
        return Look(time.monotonic(), [peer.counters() for peer in self.viewers])

    def close(self) -> None:
        for peer in self.viewers:
            peer.close()
        self._threads.shutdown()
        for one in self._connections:
            one.close()

    def _manners(self, number: int) -> Behaviour:
        stamped = self._behaviour.stamped and (number < MOST_STAMPED or number % STAMPED_EVERY == 0)
        own = self._behaviour
        return replace(own, stamped=stamped or own.watches_all)

    @staticmethod
    def _await_pictures(peers: list[Peer]) -> list[Counters]:
        give_up = time.monotonic() + PATIENCE_S
        waiting = set(peers)
        while waiting and time.monotonic() < give_up:
            for peer in list(waiting):
                counters = peer.counters()
                if counters.t_picture or counters.state >= FAILED:
                    waiting.discard(peer)
            if waiting:
                time.sleep(LOOK_EVERY_S)
        return [peer.counters() for peer in peers]
