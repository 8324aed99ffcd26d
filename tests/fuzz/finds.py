"""What a campaign found wrong, told so that it can be played again; and what was found before."""

import collections
import gc
import logging
from collections.abc import Iterator
from pathlib import Path

from typing_extensions import override

CORPUS = Path(__file__).parent / "corpus"
TRAIL = 24
"""Inputs before a find that are told with it: the last one is not always the one to blame."""


class Found(AssertionError):
    """The relay did what it must never do."""


class Watch(logging.Handler):
    """Keeps what went in and hears what is logged. ``check`` raises Found once an error was."""

    def __init__(self, seed: int, trail: int = TRAIL) -> None:
        super().__init__(logging.WARNING)
        self.seed = seed
        self.trail: collections.deque[tuple[str, bytes]] = collections.deque(maxlen=trail)
        self.errors: list[str] = []

    @override
    def emit(self, record: logging.LogRecord) -> None:
        # aiortc tells an exception that ended one of its tasks as a warning.
        if record.levelno >= logging.ERROR or record.name.startswith("aiortc"):
            self.errors.append(self.format(record))

    def __enter__(self) -> "Watch":
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *exc: object) -> None:
        logging.getLogger().removeHandler(self)

    def check(self) -> None:
        if self.errors:
            raise self.found("logged: " + "\n".join(self.errors))

    def found(self, what: str) -> Found:
        trail = "\n".join(f"{role} {data.hex()}" for role, data in self.trail)
        return Found(f"seed {self.seed}: {what}\nthe last of these inputs, oldest first, did it:\n{trail}")


def corpus(kind: str) -> Iterator[bytes]:
    """Past finds of a kind (``rtp``, ``rtcp``, ``stun``, ``dtls``, ``srtp``, ``sdp``), one a line; ``#`` comments."""
    for path in sorted(CORPUS.glob(f"{kind}-*.hex")):
        for line in path.read_text(encoding="ascii").splitlines():
            text = line.partition("#")[0].strip()
            if text:
                yield bytes.fromhex(text)


def resident() -> int:
    """Bytes of memory this process holds, garbage collected first. Linux."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096
