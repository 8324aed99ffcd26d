"""Records that no act of ours could have left: somebody else wrote to the store, or took something out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from redis.exceptions import ResponseError

from roadshow.errors import Conflict

REWRITTEN: Final = "REWRITTEN"
"""How an error begins that a function of ours raises for that; poll.lua has the same word."""


@contextmanager
def of_one_piece() -> Iterator[None]:
    """What no act of ours could have left in the store was written, or taken out, by somebody else. Raises
    Conflict("ledger.rewritten")."""
    try:
        yield
    except ResponseError as problem:
        if str(problem).startswith(REWRITTEN):
            raise Conflict("ledger.rewritten") from problem
        raise
    except ValueError as problem:
        raise Conflict("ledger.rewritten") from problem
