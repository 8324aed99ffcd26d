"""Why a store takes no writes, as an operator reads it: what is wrong, and what to do. Nothing in it is secret: health
checks are open to all. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from roadshow.errors import RoadshowError, Unavailable
from roadshow.languages import message_for


@dataclass(frozen=True, slots=True)
class Trouble:
    words: str
    """For operators, in English as the log is."""
    code: str
    """Stable; ``/ready`` tells both."""


_AWAY = Trouble("The store does not answer. See that it runs and can be reached.", "store.away")
_NOT_DURABLE = Trouble(
    "Too few copies of the store have what is written, so nothing is acknowledged. Bring the replicas back, or start "
    "again with fewer in ROADSHOW_STORE_REPLICAS.",
    "store.not_durable",
)
DISK_FULL = Trouble("The store's disk is full. Make room on it.", "store.disk_full")
_DISK_FAILED = Trouble("The store cannot write to its disk. Its own log says why.", "store.disk_failed")
# The code that the store's answer begins with, and redis-py's class for those whose code it takes away.
_REFUSALS: tuple[tuple[tuple[str, ...], Trouble], ...] = (
    (
        ("OOM ", "OutOfMemoryError"),
        Trouble("The store's memory is full. Raise its maxmemory, or set it to 0.", "store.memory_full"),
    ),
    (
        ("READONLY ", "ReadOnlyError"),
        Trouble("The store has become a replica. Let REDIS_URL name the primary, and start again.", "store.read_only"),
    ),
    (
        ("NOREPLICAS ",),
        Trouble("The store wants more replicas before it takes writes (min-replicas-to-write).", "store.no_replicas"),
    ),
    (
        ("LOADING ", "BusyLoadingError"),
        Trouble("The store reads its files and takes no commands yet.", "store.loading"),
    ),
    (("BUSY ",), Trouble("The store is busy with a script of somebody else's. End it by FUNCTION KILL.", "store.busy")),
)
_NO_SPACE = ("No space left on device", "Disk quota exceeded", "File too large")
"""As the C library words them."""


def trouble_of(problem: BaseException) -> Trouble:
    """``problem``: what ``guard`` raised, or its cause."""
    for cause in _with_causes(problem):
        text, kind = str(cause), type(cause).__name__
        for marks, trouble in _REFUSALS:
            if text.startswith(marks) or kind in marks:
                return trouble
        if tells_of_a_full_disk(text):
            return DISK_FULL
        if text.startswith("MISCONF "):
            return _DISK_FAILED
    return _NOT_DURABLE if isinstance(problem, RoadshowError) and problem.code == "store.not_durable" else _AWAY


def in_words(problem: RoadshowError | TimeoutError) -> str:
    """For a line of the log: what kept the store, or whoever waited for it, from an act; or why it was refused."""
    if isinstance(problem, RoadshowError) and not isinstance(problem, Unavailable):
        return f"{message_for(problem.code, problem.details, 'en')} ({problem.code})"
    trouble = trouble_of(problem)
    return f"{trouble.words} ({trouble.code})"


def tells_of_a_full_disk(text: str) -> bool:
    return any(words in text for words in _NO_SPACE)


def _with_causes(problem: BaseException | None) -> Iterator[BaseException]:
    while problem is not None:
        yield problem
        problem = problem.__cause__
