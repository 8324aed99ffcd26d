"""What a line's figures mean for a pitch: one table, one function. (pure)

The browser measures and the server judges, so that a pitcher's page, the practice room and control say the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

Share = Annotated[float, Meta(ge=0, le=1)]
Milliseconds = Annotated[int, Meta(ge=0, le=60_000)]
BitsPerSecond = Annotated[int, Meta(ge=0, le=10_000_000_000)]


class Way(StrEnum):
    """How media reached the relay."""

    UDP = "udp"
    TCP = "tcp"
    """ICE-TCP (RFC 6544)."""
    TURN_UDP = "turn-udp"
    TURN_TCP = "turn-tcp"
    """To the TURN server by TCP or TLS."""


DATAGRAMS: Final = frozenset({Way.UDP, Way.TURN_UDP})
"""By the others, one lost segment holds back all that comes after it."""


class Network(StrEnum):
    """What the browser says of its network (Network Information API); most say nothing."""

    CABLE = "ethernet"
    WIRELESS = "wifi"
    MOBILE = "cellular"
    UNKNOWN = "unknown"


class Figures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a browser measured while it sent a picture that fills its rate, and a sound, to the relay."""

    way: Way | None
    """None: the server answered, and no media came through."""
    estimate: BitsPerSecond | None = None
    """Of the browser's own estimator, by our transport-wide feedback; None: it tells none."""
    carried: BitsPerSecond = 0
    """That were sent and not lost."""
    round_trip: Milliseconds = 0
    """The median, under load."""
    spread: Milliseconds = 0
    """Between the shortest round trip and the longest but those of one in ten."""
    lost: Share = 0.0
    """Before anything was asked for again."""
    network: Network = Network.UNKNOWN


class Verdict(StrEnum):
    """From the best to the worst."""

    FULL = "full"
    """Picture in all its sizes, slides and voice."""
    SLIDES = "slides"
    """Slides and voice; the picture small, or none."""
    ANOTHER = "another"
    """Another network is needed."""


class Reason(StrEnum):
    """What stands in the way of a full picture."""

    UNREACHED = "unreached"
    """Nothing came through."""
    STREAM = "stream"
    """No datagrams: UDP is shut."""
    RATE = "rate"
    DELAY = "delay"
    SPREAD = "spread"
    LOSS = "loss"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a line must do, for a verdict."""

    up: int
    """Bits a second, at least."""
    round_trip: int
    spread: int
    """Milliseconds, at most."""
    lost: float
    missing: float
    """Shares, at most: before repair, and after it."""
    ways: frozenset[Way]


NEEDS: Final[Mapping[Verdict, Needs]] = {
    Verdict.FULL: Needs(
        # Below it the page begins to rest layers (js/media/thinning.js): 1.25 of pictures, voice, repeats.
        up=1_550_000,
        # ITU-T G.114: 400 ms one way is the limit of planning; a question and its answer cross twice.
        round_trip=400,
        # Above it players make their buffers larger, and the picture lags.
        spread=200,
        # Measured on both sides: up to here less than a thousandth of the sound has to be made up.
        lost=0.05,
        # stats.WEAK_VIDEO_LOSS: each breaks the picture until the next key frame.
        missing=0.02,
        ways=DATAGRAMS,
    ),
    Verdict.SLIDES: Needs(
        # A slide that is turned within 2 s, a voice with redundancy, and what TCP or TURN add.
        up=250_000,
        round_trip=1_000,
        spread=700,
        # At 10 % half a percent of the sound is made up, as measured; beyond twice that words are lost.
        lost=0.15,
        # Of slides, which are sent again whole.
        missing=0.08,
        ways=frozenset(Way),
    ),
}
TRUSTED: Final = 2
"""Times what was carried, that an estimate counts for at most: a probe of fifteen packets fits into many a queue."""

QUIET_SPREAD: Final = 60
QUIET_LOSS: Final = 0.005
"""Milliseconds, and a share: whoever fills a line sees more of one of them. Measured: 93 and 97 ms on lines of 400 and
800 kbit/s that were full, 45 ms on a free one and a busy machine (Firefox, which carried 0.5 Mbit/s there)."""


def up_rate(figures: Figures) -> int:
    """What the line holds upwards, bits a second."""
    if figures.estimate is None:
        return figures.carried
    return min(figures.estimate, TRUSTED * figures.carried)


def judge(figures: Figures, missing: float | None = None) -> tuple[Verdict, tuple[Reason, ...]]:
    """What the line is good for, and what stands in the way of more. ``missing``: the share of packets that the relay
    never got, also not after asking again; None: it does not know."""
    if figures.way is None:
        return Verdict.ANOTHER, (Reason.UNREACHED,)
    short = _short_of(NEEDS[Verdict.FULL], figures, missing)
    if not short:
        return Verdict.FULL, ()
    return (Verdict.ANOTHER if _short_of(NEEDS[Verdict.SLIDES], figures, missing) else Verdict.SLIDES), short


def _was_filled(figures: Figures) -> bool:
    """Whether what was carried is what the line holds. Without an estimate a slow device, or a browser that begins
    carefully, looks like a slow line; but a line that is full delays or loses. So little that no slide would come
    across is never good, whatever the reason."""
    if figures.estimate is not None or figures.carried < NEEDS[Verdict.SLIDES].up:
        return True
    return figures.spread > QUIET_SPREAD or figures.lost > QUIET_LOSS


def _short_of(needs: Needs, figures: Figures, missing: float | None) -> tuple[Reason, ...]:
    found = {
        Reason.STREAM: figures.way not in needs.ways,
        Reason.RATE: up_rate(figures) < needs.up and _was_filled(figures),
        Reason.DELAY: figures.round_trip > needs.round_trip,
        Reason.SPREAD: figures.spread > needs.spread,
        Reason.LOSS: figures.lost > needs.lost or (missing is not None and missing > needs.missing),
    }
    return tuple(reason for reason, holds in found.items() if holds)


class LineCheck(msgspec.Struct, frozen=True):
    """One, as it is kept: the newest of each person."""

    at: int
    """When it ended, by the show's clock, ms since the epoch."""
    verdict: Verdict
    reasons: tuple[Reason, ...]
    figures: Figures
    missing: float | None
    origin: str
    """From which network, as a keyed hash: that it is another one now can be told, and no address is kept."""
