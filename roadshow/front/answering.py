"""What the front can answer by itself: whatever is the same for everybody who asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Asked:
    """A GET or HEAD request. ``path`` is decoded, ``query`` as it was sent; names of ``headers``, which are those that
    an answer may be chosen by, are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole response. ``headers`` without Content-Length, Date and Connection, which are the connection's."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Answers(Protocol):
    """Nothing of an answer depends on who asks: no token, no name, nothing the request said but what it chose from."""

    def ready(self, asked: Asked) -> Answer | None:
        """What is there already; None when it has to be made, or is not the front's to answer. Waits for nothing."""
        ...

    async def make(self, asked: Asked) -> Answer | None:
        """None: this is for the house itself, which the connection is handed to. Raises nothing a request can cause."""
        ...
