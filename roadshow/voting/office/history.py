"""Which office somebody had when they did what a ledger tells of them. (pure)"""

from bisect import bisect_right
from collections.abc import Iterable

import msgspec

from roadshow.ids import PersonId
from roadshow.voting.acts import ActBody
from roadshow.voting.entitlement import office_of
from roadshow.voting.office.passing import in_force
from roadshow.voting.review import Office
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import LedgerEntry, PassedChair

_acts = msgspec.json.Decoder(ActBody)


class Offices:
    """Of one poll, from its beginning on."""

    def __init__(self, spec: PollSpec, entries: Iterable[LedgerEntry]) -> None:
        """``entries``: the whole ledger."""
        asked: dict[int, ActBody] = {}
        self._specs = [spec]
        self._since: list[int] = []
        """The entries with which each next one came into force."""
        for entry in entries:
            if entry.kind == "ask-chair":
                asked[entry.sequence] = _acts.decode(entry.body)
            elif entry.kind == "pass-chair" and (was := asked.get(_acts.decode(entry.body).asked or 0)) is not None:
                passed = PassedChair(was.chair or PersonId(""), was.reason or "", was.by, entry.sequence, was.count)
                self._specs.append(in_force(self._specs[-1], (passed,)))
                self._since.append(entry.sequence)

    def at(self, entry: LedgerEntry, person: PersonId) -> Office | None:
        """When they did what the entry says. None: as ``office_of``."""
        return office_of(self._specs[bisect_right(self._since, entry.sequence - 1)], person)
