"""What the house tells a front when it begins."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass

from roadshow.competitions.definition import Competition
from roadshow.settings import Settings


@dataclass(frozen=True, slots=True)
class Beginning:
    """``settings`` with the ports that were bound."""

    settings: Settings
    competitions: Sequence[Competition]


def packed(beginning: Beginning) -> bytes:
    return pickle.dumps(beginning)


def unpacked(data: bytes) -> Beginning:
    """From the process that began this one, over a socket that nobody else has: never from anywhere else."""
    beginning = pickle.loads(data)  # noqa: S301
    assert isinstance(beginning, Beginning)  # noqa: S101  # for whoever changes only one end
    return beginning
