"""What a recount says. (pure)"""

import msgspec

LONGEST = 1_000
"""Characters of a sentence."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that was checked."""

    check: str
    """``file``, ``rules``, ``lot``, ``chain``, ``receipts``, ``seals``, ``acknowledged``, ``head``, ``acts``,
    ``confirmation``, ``key``, ``signature``, ``names``, ``count``, ``caveat``, ``podium``, ``aftermath``,
    ``receipt`` or ``stamp``."""
    holds: bool
    text: str
    """A sentence in English."""


def finding(check: str, holds: bool, text: str) -> Finding:
    """Text out of the file goes to a terminal: nothing in it may steer one, or fill it."""
    return Finding(
        check, holds, "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text[:LONGEST])
    )
