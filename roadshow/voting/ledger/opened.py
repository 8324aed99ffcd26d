"""When scores were taken for which project, as the ledger has it. (pure)"""

from collections.abc import Iterable

import msgspec

from roadshow.ids import ProjectId
from roadshow.moments import Duration, Instant
from roadshow.voting.acts import CloseBody, OpenBody
from roadshow.voting.tally import LedgerEntry

_opens = msgspec.json.Decoder(OpenBody)
_closes = msgspec.json.Decoder(CloseBody)


class Stretch(msgspec.Struct, frozen=True):
    """A window from when it was opened to when it was closed, or its time was over. One that is opened again, or in a
    re-vote, has another."""

    project: ProjectId
    round: int
    opened_at: Instant
    closed_at: Instant

    @property
    def lasted(self) -> Duration:
        return self.closed_at - self.opened_at


def stretches(entries: Iterable[LedgerEntry]) -> tuple[Stretch, ...]:
    """In the order in which they began. ``entries``: the whole ledger, of a poll without an open window."""
    open_: dict[tuple[ProjectId, int], tuple[Instant, int | None]] = {}
    ended: list[Stretch] = []
    last = Instant(0)

    def end(window: tuple[ProjectId, int], at: Instant) -> None:
        opened_at, closes_at = open_.pop(window)
        ended.append(Stretch(*window, opened_at, at if closes_at is None else min(at, Instant(closes_at))))

    for entry in entries:
        last = entry.at
        if entry.kind == "open":
            body = _opens.decode(entry.body)
            window = (body.project, body.round)
            opened_at, closes_at = open_.get(window, (entry.at, None))
            if closes_at is not None and closes_at <= entry.at.ms:  # its time was over, and nobody was told so
                end(window, entry.at)
                opened_at = entry.at
            open_[window] = opened_at, body.closes_at
        elif entry.kind == "close":
            closed = _closes.decode(entry.body)
            if (closed.project, closed.round) in open_:
                end((closed.project, closed.round), entry.at)
    for window in tuple(open_):
        end(window, last)
    return tuple(sorted(ended, key=lambda one: one.opened_at.ms))
