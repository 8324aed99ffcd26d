"""Why a store takes no writes, as an operator reads it: what is wrong, and what to do. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from roadshow.errors import RoadshowError


@dataclass(frozen=True, slots=True)
class Trouble:
    code: str
    """Stable; ``/ready`` tells it."""
    words: str


_AWAY = Trouble("store.away", "The store does not answer. See that it runs and can be reached.")
_NOT_DURABLE = Trouble(
    "store.not_durable",
    "Too few copies of the store have what is written, so nothing is acknowledged. Bring the replicas back, or start "
    "again with fewer in ROADSHOW_STORE_REPLICAS.",
)
DISK_FULL = Trouble("store.disk_full", "The store's disk is full. Make room on it.")
# The code that the store's answer begins with, and redis-py's class for those whose code it takes away.
_REFUSALS: tuple[tuple[tuple[str, ...], Trouble], ...] = (
    (
        ("OOM ", "OutOfMemoryError"),
        Trouble("store.memory_full", "The store's memory is full. Raise its maxmemory, or set it to 0."),
    ),
    (
        ("READONLY ", "ReadOnlyError"),
        Trouble("store.read_only", "The store has become a replica. Let REDIS_URL name the primary, and start again."),
    ),
    (
        ("NOREPLICAS ",),
        Trouble("store.no_replicas", "The store wants more replicas before it takes writes (min-replicas-to-write)."),
    ),
    (
        ("LOADING ", "BusyLoadingError"),
        Trouble("store.loading", "The store reads its files and takes no commands yet."),
    ),
    (("BUSY ",), Trouble("store.busy", "The store is busy with a script of somebody else's. End it by FUNCTION KILL.")),
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
            return Trouble("store.disk_failed", f"The store cannot write to its disk, and says: {text}")
    return _NOT_DURABLE if isinstance(problem, RoadshowError) and problem.code == "store.not_durable" else _AWAY


def tells_of_a_full_disk(text: str) -> bool:
    return any(words in text for words in _NO_SPACE)


def _with_causes(problem: BaseException | None) -> Iterator[BaseException]:
    while problem is not None:
        yield problem
        problem = problem.__cause__
