"""Viewers on links that lose one datagram in twenty each way: how many frames are whole in time?"""

import time

import msgspec

from roadshow.bench.machine import Cores
from roadshow.bench.peer import Behaviour, Client
from roadshow.bench.ramp import relay_ramp
from roadshow.bench.results import FPS

JOIN_RATE = 20.0
"""A second; a handshake on such a link takes a few tries."""
LEAST_SHARE = 0.97
"""Of the frames that are due; some are still waited for at the end."""


class Repaired(msgspec.Struct, frozen=True):
    viewers: int
    whole: int
    """Frames that were complete within half a second of the first gap."""
    broken: int
    asked: int
    """Packets in NACKs."""
    repeated: int
    """Packets that came as RTX."""
    problems: list[str]

    @property
    def percent(self) -> float:
        return 100 * self.whole / max(self.whole + self.broken, 1)


def measure(
    client: Client, cores: Cores, *, viewers: int, seconds: float, loss: float, publisher_loss: float, path: str
) -> Repaired:
    """``loss`` and ``publisher_loss`` are shares of the datagrams of viewers' and of the publisher's link, each way.
    Raises SetupError."""
    lossy = Behaviour(stamped=False, repairs=True, loss=loss)
    with relay_ramp(client, cores, most=viewers + 1, path=path, behaviour=lossy, publisher_loss=publisher_loss) as ramp:
        joins = ramp.fleet.grow(viewers, JOIN_RATE)
        time.sleep(1)
        before = ramp.fleet.look().counters
        time.sleep(seconds)
        after = ramp.fleet.look().counters

    def grown(name: str) -> int:
        return sum(getattr(b, name) - getattr(a, name) for a, b in zip(before, after, strict=True))

    problems = list(joins.problems)
    due = int(FPS * seconds * joins.joined)
    if (came := grown("whole") + grown("broken")) < due * LEAST_SHARE:
        problems.append(f"only {came} of {due} frames came to be judged")
    return Repaired(joins.joined, grown("whole"), grown("broken"), grown("nacked"), grown("repaired"), problems)
