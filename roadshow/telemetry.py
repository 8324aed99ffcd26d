"""What a running show tells whoever operates it: a line in the log for each act and each cue, and how long they took
for /metrics.

An *act* is a command of somebody who was invited. A *cue* is news for everybody who follows a field. Neither line ever
holds what was voted, a token, or who of the audience did something.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from time import perf_counter

from prometheus_client import CollectorRegistry, Histogram

from roadshow.errors import RoadshowError

log = logging.getLogger(__name__)

ACCEPTED = "accepted"
FAILED = "internal"
"""As browsers are told it."""
ABANDONED = "abandoned"
"""The show or the connection ended first; whether it was done, the store knows."""

_ACT_SECONDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5)
_CUE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25)
"""A full house of sockets takes about 25 ms."""
_REQUEST_SECONDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5)
"""Upper bounds: close together where it is normal, and one where somebody would wait. Each is a line of the page."""


class Telemetry:
    """One for each house. ``registry`` has all its figures: no two houses of a process share any."""

    def __init__(self, competition: str | None = None) -> None:
        """``competition``: in each line, as another's fields may have the same names."""
        self._competition = competition
        self.registry = CollectorRegistry()
        self._acts = Histogram(
            "roadshow_act_seconds",
            "From an act's turn until it is done and durable, or refused.",
            ("family",),
            registry=self.registry,
            buckets=_ACT_SECONDS,
        )
        self._cues = Histogram(
            "roadshow_cue_seconds",
            "Putting a cue into the outbox of every follower.",
            registry=self.registry,
            buckets=_CUE_SECONDS,
        )
        self._requests = Histogram(
            "roadshow_request_seconds",
            "From a request until its answer is sent.",
            ("kind", "status"),
            registry=self.registry,
            buckets=_REQUEST_SECONDS,
        )

    def of(self, competition: str) -> "Telemetry":
        """The same figures, in whose lines the competition is named."""
        named = copy(self)
        named._competition = competition
        return named

    @contextmanager
    def act(
        self, what: str, *, who: str, role: str, field: str | None, command: str | None = None, whom: str | None = None
    ) -> Iterator[None]:
        """The block is the act. ``what`` is one of the protocol's messages, never a text of somebody's own."""
        begun = perf_counter()
        outcome = ACCEPTED
        try:
            yield
        except RoadshowError as refusal:
            outcome = refusal.code
            raise
        except asyncio.CancelledError:
            outcome = ABANDONED
            raise
        except BaseException:
            outcome = FAILED
            raise
        finally:
            seconds = perf_counter() - begun
            self._acts.labels(what.partition(".")[0]).observe(seconds)
            self._log(
                "act",
                what=what,
                who=who,
                role=role,
                competition=self._competition,
                field=field,
                whom=whom,
                command=command,
                outcome=outcome,
                ms=_ms(seconds),
            )

    @contextmanager
    def cue(self, what: str, *, field: str, sockets: int) -> Iterator[None]:
        """The block puts it into each socket's outbox. ``what``: the sections that changed."""
        begun = perf_counter()
        yield
        seconds = perf_counter() - begun
        self._cues.observe(seconds)
        self._log("cue", what=what, competition=self._competition, field=field, sockets=sockets, ms=_ms(seconds))

    def request(self, kind: str, status: int, seconds: float) -> None:
        """Answered."""
        self._requests.labels(kind, f"{status // 100}xx").observe(seconds)

    @staticmethod
    def _log(event: str, **fields: str | float | None) -> None:
        """What is not known is left out."""
        log.info(event, extra={name: value for name, value in fields.items() if value is not None})


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
