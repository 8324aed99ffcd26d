"""What everybody may know of the votes, read over other connections than those of the jury's acts: a crowd that asks
for pages must not stand in line before a ballot.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from roadshow.errors import Unavailable
from roadshow.ids import PollId, RoomId
from roadshow.voting.ballot import canonical
from roadshow.voting.ledger.chain import genesis, lines_of
from roadshow.voting.ledger.minutes import Minutes, minutes_of
from roadshow.voting.ledger.told import HeadsView, gone_on
from roadshow.voting.ledger.watching import LedgerPage, seen
from roadshow.voting.overall.looking import look
from roadshow.voting.overall.podium import OverallViews
from roadshow.voting.ports import VoteStore
from roadshow.voting.results import CeremonyView, PublishedResult
from roadshow.voting.spec import PollSpec
from roadshow.voting.stamps.stamper import Stamps
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.views import PollViews

PATIENCE = 1.0
"""Seconds that a look may take. Somebody in front of an empty window soon reloads, and asks once more of a store that
has too much to do; with two more in the front before (``front.public.pages``) they know after 3 s."""
LEDGER_PAGE = 500
"""Entries asked of the store at a time."""


class LedgerReader(Protocol):
    async def ledger(self, poll: PollId, after: int, limit: int) -> tuple[LedgerEntry, ...]:
        """As ``VoteStore.ledger``."""
        ...


async def whole_ledger(store: LedgerReader, poll: PollId, after: int = 0) -> list[LedgerEntry]:
    """From the first entry, or the one that follows number ``after``, to the last one there is."""
    entries: list[LedgerEntry] = []
    while page := await store.ledger(poll, after + len(entries), LEDGER_PAGE):
        entries += page
    return entries


class ToldHeads:
    """What the public is told of each ledger while it grows. Every entry is read once."""

    def __init__(self, store: LedgerReader, stamps: Stamps) -> None:
        self._store = store
        self._stamps = stamps
        self._told: dict[PollId, tuple[PollSpec, int, HeadsView]] = {}
        """Under which rules, of how many entries, and what was told of them."""

    async def heads(self, spec: PollSpec, entries: int) -> HeadsView:
        """``entries``: how many there are by now; the store is asked only for those that came since. Raises what
        ``VoteStore.ledger`` raises."""
        ruled, known, told = self._told.get(spec.poll, (None, 0, HeadsView("")))
        if ruled is not spec:
            known, told = 0, HeadsView(genesis(spec))
            self._stamps.want(spec.poll, told.rules, canonical(spec))
        elif entries <= known:
            return told
        new_ones = await whole_ledger(self._store, spec.poll, known)
        told = gone_on(told, new_ones)
        new = {entry.hash: entry for entry in new_ones}
        for head in told.heads:
            if head.hash in new:
                self._stamps.want(spec.poll, head.hash, lines_of(new[head.hash]))
        self._told[spec.poll] = (spec, known + len(new_ones), told)
        return told


class Looking:
    """Methods raise what ``VoteStore.read`` raises, and what ``spec`` does; Unavailable("store.away") also where the
    store takes too long."""

    def __init__(
        self, store: VoteStore, spec: Callable[[RoomId], PollSpec], specs: Callable[[], Mapping[RoomId, PollSpec]]
    ) -> None:
        """``spec``: the poll of a room, as it is in force; ``specs``: of all."""
        self._store = store
        self._spec = spec
        self._specs = specs

    async def views(self, room: RoomId) -> PollViews:
        """Everything that is shown of a poll, from one reading of it."""
        spec = self._spec(room)
        try:
            async with asyncio.timeout(PATIENCE):
                return PollViews(spec, await self._store.read(spec.poll))
        except TimeoutError:
            raise Unavailable("store.away") from None

    async def ceremony(self, room: RoomId) -> CeremonyView:
        return (await self.views(room)).ceremony()

    async def published(self, room: RoomId) -> PublishedResult:
        """Raises Conflict("result.sealed") before the last place was announced."""
        return (await self.views(room)).published()

    async def overall(self) -> OverallViews:
        """All fields together."""
        return await look(self._store, self._specs(), self.views)

    async def seen(self, room: RoomId, after: int) -> LedgerPage:
        """The ledger's entries behind number ``after``, for an auditor: a page of them. Raises as ``views``."""
        poll = self._spec(room).poll
        try:
            async with asyncio.timeout(PATIENCE):
                found = await self._store.ledger(poll, after, LEDGER_PAGE + 1)
        except TimeoutError:
            raise Unavailable("store.away") from None
        return LedgerPage(tuple(map(seen, found[:LEDGER_PAGE])), len(found) > LEDGER_PAGE)

    async def minutes(self, room: RoomId) -> Minutes:
        """The late ballots and what became of each, rulings, and counts opened again. Raises as ``published``."""
        views, spec = await self.views(room), self._spec(room)
        views.revealed()
        try:
            async with asyncio.timeout(PATIENCE):
                return minutes_of(spec, await whole_ledger(self._store, spec.poll), views.votes().questions)
        except TimeoutError:
            raise Unavailable("store.away") from None
