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
_DISK_FULL = Trouble("store.disk_full", "The store's disk is full. Make room on it.")
_REFUSALS = (
    ("OOM ", Trouble("store.memory_full", "The store's memory is full. Raise its maxmemory, or set it to 0.")),
    (
        "READONLY ",
        Trouble("store.read_only", "The store has become a replica. Let REDIS_URL name the primary, and start again."),
    ),
    (
        "NOREPLICAS ",
        Trouble("store.no_replicas", "The store wants more replicas before it takes writes (min-replicas-to-write)."),
    ),
    ("LOADING ", Trouble("store.loading", "The store reads its files and takes no commands yet.")),
    ("BUSY ", Trouble("store.busy", "The store is busy with a script of somebody else's. End it by FUNCTION KILL.")),
)
_NO_SPACE = ("No space left on device", "Disk quota exceeded", "File too large")
"""As the C library words them."""


def trouble_of(problem: BaseException) -> Trouble:
    """``problem``: what ``guard`` raised, or its cause."""
    for text in map(str, _with_causes(problem)):
        for beginning, trouble in _REFUSALS:
            if text.startswith(beginning):
                return trouble
        if tells_of_a_full_disk(text):
            return _DISK_FULL
        if text.startswith("MISCONF "):
            return Trouble("store.disk_failed", f"The store cannot write to its disk, and says: {text}")
    return _NOT_DURABLE if isinstance(problem, RoadshowError) and problem.code == "store.not_durable" else _AWAY


def tells_of_a_full_disk(text: str) -> bool:
    return any(words in text for words in _NO_SPACE)


def _with_causes(problem: BaseException | None) -> Iterator[BaseException]:
    while problem is not None:
        yield problem
        problem = problem.__cause__
