"""What was measured, what it means, and how it is shown. Pure."""

import math
from collections.abc import Sequence

import msgspec

FPS = 30
"""Frames a second that each viewer ought to get."""
BUCKET_MS = 0.01
"""Width of a latency histogram's bucket."""
ROUND_TO = 10
"""Viewers in the advice."""


class Joins(msgspec.Struct, frozen=True):
    """How a number of viewers came in."""

    wanted: int
    joined: int
    """With a picture."""
    refused: int
    """By the server, with a status."""
    seconds: float
    """From the first offer to the last viewer's first packet."""
    picture_ms: list[float]
    """Of each viewer, from its offer to the end of its first complete key frame; ascending."""
    problems: list[str]

    @property
    def per_second(self) -> float:
        return self.joined / self.seconds if self.seconds > 0 else 0.0


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One row: a number of viewers, counted for some seconds."""

    viewers: int
    wanted: int
    seconds: float
    packets: int
    expected: int
    frames: int
    user_s: float
    """The server's processor time while counting; its store's included."""
    system_s: float
    least_us: float
    """Per packet, in the quietest two seconds."""
    load_s: float
    """The viewers' own processor time."""
    drops: int
    """Datagrams lost at the viewers' own sockets."""
    duplicates: int
    late: int
    backwards: int
    authentic: int
    forged: int
    told: int = 0
    """Messages of transport-wide feedback that the viewers sent."""
    red: int = 0
    """Packets of sound that came as RED."""
    overflowed: int = 0
    """Packets that found the queue of a viewer's line full."""
    p50_ms: float | None
    p99_ms: float | None
    longest_gap_ms: float
    join_cpu_s: float
    """The server's processor time while these joined."""
    join_packets: int
    """Delivered meanwhile."""
    joined: int
    refused: int
    joins_per_second: float
    picture_p95_ms: float | None
    memory_bytes: int
    """The server's growth since before the first viewer."""
    stolen_s: float = 0.0
    problems: list[str] = []

    @property
    def us_per_packet(self) -> float:
        return 1e6 * (self.user_s + self.system_s) / max(self.packets, 1)

    @property
    def server_percent(self) -> float:
        """Of one core."""
        return 100 * (self.user_s + self.system_s) / self.seconds

    @property
    def load_percent(self) -> float:
        return 100 * self.load_s / self.seconds

    @property
    def lost(self) -> int:
        return max(self.expected - self.packets, 0)

    @property
    def lost_percent(self) -> float:
        return 100 * self.lost / max(self.expected, 1)

    @property
    def frames_percent(self) -> float:
        """Of those all wanted viewers ought to get; stalled or refused ones show here, not as loss."""
        return 100 * self.frames / (self.wanted * self.seconds * FPS)

    @property
    def join_ms(self) -> float:
        """The server's processor time for one join, what it forwarded meanwhile taken off at this step's price; fewer
        viewers are served at a higher price, so this is rather too much than too little."""
        cost = self.join_cpu_s - self.join_packets * self.us_per_packet / 1e6
        return 1e3 * max(cost, 0.0) / max(self.joined, 1)

    @property
    def memory_each(self) -> float:
        """Bytes."""
        return self.memory_bytes / max(self.viewers, 1)


class Limits(msgspec.Struct, frozen=True):
    """What a step must keep for its viewers to be held."""

    lost_percent: float = 0.01
    """A tenth of this would be seen by nobody; ten times as much by everybody who has no retransmission."""
    frames_percent: float = 1.0
    """More or fewer than all of them."""
    server_percent: float = 95.0
    p99_ms: float = 100.0


DEFAULT_LIMITS = Limits()
SAFE_PERCENT = 80.0
"""Of a core: at this load the server itself begins to refuse viewers, because past 100 % all of them lose packets."""


def faults(step: Step, limits: Limits = DEFAULT_LIMITS, *, exact: bool = False) -> list[str]:
    """Why these viewers were not held; empty if they were. Unless ``exact``, a frame at either end of the count may
    fall on one side or the other."""
    found = []
    if step.refused:
        found.append(f"the server refused {step.refused}")
    elif step.viewers < step.wanted:
        found.append(f"{step.wanted - step.viewers} did not get in")
    if not step.authentic or step.forged:
        found.append("packets did not authenticate" if step.forged else "nothing was authenticated")
    if step.lost_percent > limits.lost_percent:
        found.append(f"{step.lost_percent:.3f} % of the packets lost")
    slack = 0.0 if exact else 100 / (step.seconds * FPS)
    if abs(step.frames_percent - 100) > limits.frames_percent + slack:
        found.append(f"{step.frames_percent:.1f} % of the frames")
    if step.server_percent > limits.server_percent:
        found.append(f"{step.server_percent:.0f} % of the core")
    if step.p99_ms is not None and step.p99_ms > limits.p99_ms:
        found.append(f"p99 of {step.p99_ms:.0f} ms")
    if step.backwards:
        found.append(f"{step.backwards} timestamps ran backwards")
    return found


class Advice(msgspec.Struct, frozen=True):
    holds: int
    """Viewers of the largest step within the limits."""
    is_lower_bound: bool
    """No step failed, so it may hold more."""
    setting: int
    """For ROADSHOW_MAX_VIEWERS; 0: none can be given."""
    sentences: list[str]

    @property
    def text(self) -> str:
        return "\n".join(self.sentences)


def advise(steps: Sequence[Step], limits: Limits = DEFAULT_LIMITS, *, shared_core: bool = False) -> Advice:
    """From a ramp's steps, fewest viewers first."""
    good = []
    for step in steps:
        if faults(step, limits):
            break
        good.append(step)
    if not good:
        why = "; ".join(faults(steps[0], limits)) if steps else "no step was measured"
        tried = steps[0].wanted if steps else 0
        return Advice(0, False, 0, [f"This machine does not hold {tried} viewers: {why}. Begin with fewer (--steps)."])
    best, failed = good[-1], steps[len(good)] if len(steps) > len(good) else None
    at_safe = best.viewers * SAFE_PERCENT / max(best.server_percent, 0.1)
    setting = max(math.floor(min(best.viewers, at_safe) / ROUND_TO) * ROUND_TO, min(best.viewers, ROUND_TO))
    said = "at least" if failed is None else "about"
    sentences = [f"This machine holds {said} {best.viewers} viewers on one core; set ROADSHOW_MAX_VIEWERS={setting}."]
    if failed is not None:
        sentences.append(f"With {failed.wanted} it did not: {'; '.join(faults(failed, limits))}.")
        if failed.drops or failed.load_percent > SAFE_PERCENT:
            sentences.append("The load client was busy or lost datagrams itself there, so the server may hold more.")
    else:
        sentences.append("No step failed: give more with --steps to find the limit.")
    if shared_core:
        sentences.append("There is only one core, which the load shared with the server: alone, the server holds more.")
    sentences.append(
        "Viewers here lose no packets and sit next to the server. Real ones ask for retransmissions, and your uplink "
        f"must carry {setting} × 1.6 = {setting * 1.6:.0f} Mbit/s."
    )
    return Advice(best.viewers, failed is None, setting, sentences)


def percentile(histogram: Sequence[int], share: float) -> float | None:
    """A latency's quantile in milliseconds, as the upper edge of its bucket; None of an empty histogram."""
    left = share * sum(histogram)
    if not left:
        return None
    for number, count in enumerate(histogram, start=1):
        left -= count
        if left <= 0:
            return number * BUCKET_MS
    return len(histogram) * BUCKET_MS


def quantile(ascending: Sequence[float], share: float) -> float | None:
    """The smallest value that at least this share of all do not exceed; None of none."""
    if not ascending:
        return None
    return ascending[max(math.ceil(share * len(ascending)), 1) - 1]


COLUMNS = (
    "viewers  joins/s  ms/join  picture  us/pkt  least   srv%   usr%   sys%  load%    lost%  frames%  drops"
    "    p50    p99  kB/viewer"
)


def row(step: Step) -> str:
    """Under ``COLUMNS``."""
    user, system = 100 * step.user_s / step.seconds, 100 * step.system_s / step.seconds
    return (
        f"{step.viewers:7d}  {step.joins_per_second:7.0f}  {step.join_ms:7.2f}  {_ms(step.picture_p95_ms):>7}  "
        f"{step.us_per_packet:6.2f}  {step.least_us:5.2f}  {step.server_percent:5.1f}  {user:5.1f}  {system:5.1f}  "
        f"{step.load_percent:5.1f}  {step.lost_percent:7.4f}  {step.frames_percent:7.2f}  {step.drops:5d}  "
        f"{_ms(step.p50_ms):>5}  {_ms(step.p99_ms):>5}  {step.memory_each / 1e3:9.0f}"
    )


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


class Reached(msgspec.Struct, frozen=True):
    """One row of a table of aims. ``held`` None: it could not be measured."""

    what: str
    aim: str
    measured: str
    held: bool | None


def reach_row(one: Reached) -> str:
    mark = {True: "reached", False: "NOT REACHED", None: "not measured"}[one.held]
    return f"{mark:12}  {one.what:<58}  {one.aim:<34}  {one.measured}"
