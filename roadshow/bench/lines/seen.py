"""What a page saw, and what follows from it: pure."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import msgspec

from roadshow.bench.results import quantile

PICTURE = "0"
"""The main picture's section of a viewer's offer (mid)."""
FEW = 30
"""Frames over which Chromium takes the mean distance, by which it calls a longer one a freeze."""
USUAL_MS = 1000 / 15
"""Until so many have come."""
FREEZE_MS = 150
"""…if it is so much longer, and three times as long."""
MOVING_MS = 1_000
"""A picture is back once it has kept its rate for so long."""


class Sample(msgspec.Struct, frozen=True):
    at: float
    """ms of the machine's clock"""
    streams: list[dict[str, Any]]


class Seen(msgspec.Struct):
    """Of one page, as it goes on."""

    samples: list[Sample] = msgspec.field(default_factory=list)
    frames: list[tuple[float, int]] = msgspec.field(default_factory=list)
    """When each picture was shown, and its height."""
    state: str = ""

    def add(self, told: object) -> None:
        more = msgspec.convert(told, Seen)
        self.samples += more.samples
        self.frames += more.frames
        self.state = more.state

    def between(self, since: float, until: float) -> "Seen":
        return Seen(
            [sample for sample in self.samples if since <= sample.at < until],
            [frame for frame in self.frames if since <= frame[0] < until],
            self.state,
        )

    def values(self, name: str, of: str = "inbound-rtp", mid: str = PICTURE) -> Iterator[tuple[str, Any]]:
        """Each value of a count with its layer (RID; empty without layers), in order. What is no stream has no
        section (mid)."""
        for sample in self.samples:
            for stream in sample.streams:
                if stream["type"] == of and stream.get("mid", mid) == mid and name in stream:
                    yield stream.get("rid", ""), stream[name]

    def went(self, name: str, of: str = "inbound-rtp", mid: str = PICTURE) -> float:
        """By how much a count grew, of all layers; a connection anew begins at 0."""
        total, last = 0.0, dict[str, float]()
        for layer, value in self.values(name, of, mid):
            former = last.get(layer, value)
            total += value - former if value >= former else value
            last[layer] = value
        return total

    @property
    def voice(self) -> str:
        """The section of the voice that most packets came of: a viewer has three for whoever speaks."""
        came = [
            (stream.get("packetsReceived", 0), stream["mid"])
            for stream in (self.samples[-1].streams if self.samples else ())
            if stream["type"] == "inbound-rtp" and stream.get("kind") == "audio"
        ]
        return max(came)[1] if came else ""


def rate(frames: Sequence[tuple[float, int]], since: float, until: float) -> float:
    """Frames a second."""
    return sum(since <= at < until for at, _ in frames) * 1000 / (until - since)


def gaps(frames: Sequence[tuple[float, int]], since: float, until: float) -> list[float]:
    """Times without a new picture, in ms, those at both ends included: ``freezeCount`` hides what has not ended yet."""
    ends = [since, *(at for at, _ in frames if since <= at < until), until]
    return [later - at for at, later in pairwise(ends)]


def freezes(frames: Sequence[tuple[float, int]], since: float, until: float) -> list[float]:
    """Those gaps that Chromium would call a freeze, in ms: of the pictures before, at three times their mean distance,
    and 150 ms more than it."""
    found: list[float] = []
    recent = [USUAL_MS] * FEW
    for gap in gaps(frames, since, until):
        mean = sum(recent) / FEW
        if gap > max(3 * mean, mean + FREEZE_MS):
            found.append(gap)
        recent = [*recent[1:], gap]
    return found


def height(frames: Sequence[tuple[float, int]], since: float, until: float) -> int:
    """What most pictures were; 0 without any."""
    heights = [high for at, high in frames if since <= at < until]
    return max(set(heights), key=heights.count) if heights else 0


def back_after(
    frames: Sequence[tuple[float, int]], since: float, *, least: float, high: int, until: float
) -> float | None:
    """Seconds from ``since`` until the first of the pictures of at least this height which keep this rate for a second;
    None: not until then."""
    for at, tall in frames:
        if at < since or tall < high:
            continue
        if at + MOVING_MS > until:
            return None
        following = [f for f in frames if at <= f[0] < at + MOVING_MS]
        if len(following) * 1000 / MOVING_MS >= least and min(f[1] for f in following) >= high:
            return (at - since) / 1000
    return None


def round_trip_ms(seen: Seen) -> float:
    """The median of what the browser measured; 0: it measured nothing."""
    values = sorted(value * 1000 for _, value in seen.values("currentRoundTripTime", of="candidate-pair"))
    return quantile(values, 0.5) or 0.0


def concealed(seen: Seen) -> float:
    """Share of the voice that was made up, in %."""
    made_up, heard = (seen.went(name, mid=seen.voice) for name in ("concealedSamples", "totalSamplesReceived"))
    return 100 * made_up / heard if heard else 100.0


def repeated(seen: Seen) -> float:
    """Share of the picture's packets that were repeats, in %."""
    again, came = seen.went("retransmittedPacketsReceived"), seen.went("packetsReceived")
    return 100 * again / came if came else 0.0
