"""What the public is told of a ledger while it grows, so that nobody can put another in its place later. (pure)

The hash of the rules, and then of the newest entry: at each end of a window, at the end of the count, at the
confirmation, and where a result is amended after the podium. Whoever notes one, finds it again in the published record
(``recount --head``). A hash gives nothing away: every ballot's text holds its command's id, which the judge's page
chooses at random.
"""

from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

import msgspec

from roadshow.voting.tally import LedgerEntry
from roadshow.voting.votes import FIRST_ROUND

Moment: TypeAlias = Literal["closed", "counted", "confirmed", "amended"]
_MOMENTS: Final[dict[str, Moment]] = {
    "close": "closed",
    "close-count": "counted",
    "confirm": "confirmed",
    "amend": "amended",
}


class ToldHead(msgspec.Struct, frozen=True):
    """Everything up to an entry."""

    when: Moment
    hash: str
    entries: int
    """How many; 0 once a count was closed, for from there on a vote on a tie makes one, too."""
    at: int
    """Milliseconds since the epoch."""


class HeadsView(msgspec.Struct, frozen=True, tag_field="section", tag="heads"):
    """Public."""

    rules: str
    """Of the poll's spec: what the ledger begins with."""
    heads: tuple[ToldHead, ...] = ()
    """The newest of each ``Moment``, as they came: each stands for all that was before it."""


class _Window(msgspec.Struct):
    round: int = FIRST_ROUND


_window = msgspec.json.Decoder(_Window)


def gone_on(told: HeadsView, entries: Iterable[LedgerEntry]) -> HeadsView:
    """``told`` up to now, and the ``entries`` that came since. That there is a re-vote would tell of a tie: the ends of
    its windows are left out."""
    heads = told.heads
    for entry in entries:
        moment = _MOMENTS.get(entry.kind)
        if moment is None or (moment == "closed" and _window.decode(entry.body).round != FIRST_ROUND):
            continue
        is_counted = any(head.when == "counted" for head in heads)
        head = ToldHead(moment, entry.hash, 0 if is_counted else entry.sequence, entry.at.ms)
        heads = (*(one for one in heads if one.when != moment), head)
    return HeadsView(told.rules, heads)
