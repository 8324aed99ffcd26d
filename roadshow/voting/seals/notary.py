"""Signs what the store has taken, at the moment it is acknowledged, and keeps the signature beside it.

A ballot's receipt is given out before the store has its signature on disk: until then it is held beside the key
(``held.py``), and by the judge, whose page sends the ballot again if need be and gets the same receipt. Any other act
is acknowledged once its seal is durable; what was asked is noted beside the key before the store hears of it
(``asked.py``), so that it is sealed too where the server is killed in between.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from roadshow.errors import Conflict, NotFound, RoadshowError, Unavailable
from roadshow.ids import PollId
from roadshow.store.lease import LeaseLost
from roadshow.voting.ballot import Frame
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.signing import (
    Signer,
    entry_text,
    is_signed,
    receipt_text,
    unsigned_receipt,
)
from roadshow.voting.looking import whole_ledger
from roadshow.voting.ports import VoteStore
from roadshow.voting.seals.heads import Head, Heads
from roadshow.voting.seals.requests import Asked, DeliberationRequest, Request, RevoteRequest, require_asked
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.votes import Accepted, Receipt

Answer = TypeVar("Answer")
log = logging.getLogger(__name__)

BETWEEN = 0.02
"""Seconds from one writing of signatures to the next. The first goes at once; in a storm those of 20 ms go together."""
CLOSES_WITHIN = 0.5
"""Seconds for a writing that is under way when the server stops."""
MOST_DOUBTFUL = 100
"""Requests without an answer that are remembered: more than a show's desks send while a store is away."""
RETRY = 1.0
"""Seconds after which signatures that the store did not take are sent again."""


class Notary:
    """One for all polls of a competition."""

    def __init__(self, store: VoteStore, signer: Signer, heads: Heads) -> None:
        self._store = store
        self._signer = signer
        self._heads = heads
        self._rules: dict[PollId, tuple[PollSpec, str]] = {}
        self._newest: dict[PollId, int] = {}
        """The furthest entry that was seen signed: what comes after it cannot have a signature yet."""
        self._made: dict[PollId, dict[int, str]] = {}
        """Signatures of this process, by sequence."""
        self._acting: defaultdict[PollId, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._doubtful: defaultdict[PollId, list[Asked]] = defaultdict(list)
        """Requests that the store gave no answer to, and may have carried out."""
        self._unkept: dict[PollId, dict[int, str]] = {}
        self._keeping: asyncio.Task[None] | None = None

    async def look(self, specs: Iterable[PollSpec]) -> None:
        """That each ledger still has what was signed last; and bring to an end what an earlier server was about. Raises
        Conflict("ledger.rewritten", poll, sequence)."""
        held, asked = self._heads.held(), self._heads.asked()
        for spec in specs:
            if not await self._is_there(spec.poll):
                continue
            if given := held.get(spec.poll):  # given out, and perhaps not kept
                await self._store.keep_seals(spec.poll, given)
            await self._require_newest(spec.poll)
            if open_ := [one for one in asked if one.poll == spec.poll]:
                seals = await self._seal(spec, open_, await whole_ledger(self._store, spec.poll))
                await self._keep_now(spec.poll, seals)
        self._heads.release()
        self._heads.answered(asked)

    async def _is_there(self, poll: PollId) -> bool:
        """The podium of all fields together has no poll until somebody confirms it."""
        try:
            await self._store.read(poll)
        except NotFound:
            if (head := self._heads.newest(poll)) is not None:
                raise Conflict("ledger.rewritten", poll=poll, sequence=head.sequence) from None
            return False
        except Conflict:  # of one piece or not, ``_require_newest`` tells
            return True
        return True

    async def _require_newest(self, poll: PollId) -> None:
        head = self._heads.newest(poll)
        if head is None:
            return
        try:
            state = await self._store.read(poll)
            same = (
                state.sequence >= head.sequence and (await self._store.hashes_at(poll, head.sequence))[1] == head.hash
            )
        except Conflict:  # it is not even of one piece
            same = False
        if not same:
            raise Conflict("ledger.rewritten", poll=poll, sequence=head.sequence)

    async def aclose(self) -> None:
        """Return once all signatures are kept, if the store lets them be."""
        if self._keeping is not None:  # in the middle of a call it would leave a connection open
            await asyncio.wait([self._keeping], timeout=CLOSES_WITHIN)
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
        try:
            await self._keep_unkept()
        except RoadshowError as problem:
            log.warning("Signatures of ballots could not be kept: %s", problem.code)
        await self._heads.aclose()

    async def ballot(self, spec: PollSpec, framed: Frame, taking: Awaitable[Accepted]) -> Receipt:
        """Take a ballot and sign for it. ``framed``: what the judge has asked for, ``taking``: the store's call.
        Raises what that does, and Conflict("ledger.rewritten") if the store answers with anything else."""
        poll, rules = spec.poll, self.rules_of(spec)
        newest = self._newest.get(poll)
        accepted = await taking
        require_asked(framed, accepted)
        parent, entry = await self._store.hashes_at(poll, accepted.sequence)
        unsigned = unsigned_receipt(poll, rules, parent, accepted, entry)
        text = receipt_text(unsigned)
        known = self._made.get(poll, {}).get(accepted.sequence)
        if known is None and (newest is None or accepted.sequence <= newest):
            known = await self._kept(poll, accepted.sequence, text)
        if known is None:
            known = self._sign(poll, accepted.sequence, text)
            self._keep_later(poll, accepted.sequence, known)
        self._note(poll, accepted.sequence, unsigned.entry)
        return msgspec.structs.replace(unsigned, signature=known)

    async def act(
        self,
        spec: PollSpec,
        request: Request | RevoteRequest | DeliberationRequest,
        acting: Callable[[], Awaitable[Answer]],
    ) -> Answer:
        """Do anything else and seal it. ``acting``: the store's call, whose answer is given back. Durable when it
        returns. Raises what that does."""
        async with self._acting[spec.poll]:  # one after the other, so that it is known which made what
            poll, newest = spec.poll, self._newest.get(spec.poll, 0)
            named = not isinstance(request, Request) or request.named
            asked = Asked(poll, 0 if named else (await self._store.read(poll)).sequence, request)
            doubtful = self._doubtful[poll]
            try:
                await self._heads.ask(asked)
                answer = await acting()
                entries = await whole_ledger(self._store, poll, newest)
                if doubtful or not any(request.made(entries, asked.after)):
                    entries = await whole_ledger(self._store, poll)
                seals = await self._seal(spec, (*doubtful, asked), entries)
            except (Unavailable, LeaseLost, asyncio.CancelledError):  # perhaps it is done all the same
                doubtful.append(asked)
                self._heads.answered(doubtful[:-MOST_DOUBTFUL])
                del doubtful[:-MOST_DOUBTFUL]
                raise
            except BaseException:
                self._heads.answered([asked])
                raise
            try:
                await self._keep_now(poll, seals)
            finally:
                self._heads.answered([*doubtful, asked])
                doubtful.clear()
            return answer

    async def _seal(
        self, spec: PollSpec, asked: Sequence[Asked], entries: Sequence[LedgerEntry]
    ) -> dict[LedgerEntry, str]:
        """Sign what these requests have made, each the first entry that none before it made, unless it is signed."""
        poll, rules = spec.poll, self.rules_of(spec)
        own: dict[int, LedgerEntry] = {}
        for one in asked:
            for made in one.request.made(entries, one.after):
                if made[0].sequence not in own:
                    own |= {entry.sequence: entry for entry in made}
                    break
        kept = await self.signatures(poll, list(own)) if own else {}
        seals: dict[LedgerEntry, str] = {}
        for sequence, entry in own.items():
            text = entry_text(poll, rules, entry)
            if not is_signed(text, kept.get(sequence, ""), self._signer.public_key):
                seals[entry] = self._sign(poll, sequence, text)
        return seals

    async def _keep_now(self, poll: PollId, seals: Mapping[LedgerEntry, str]) -> None:
        """Durable when it returns; should the store be away, later."""
        if not seals:
            return
        try:
            await self._store.keep_seals(poll, {entry.sequence: signature for entry, signature in seals.items()})
        except BaseException:
            for entry, signature in seals.items():
                self._keep_later(poll, entry.sequence, signature)
            raise
        for entry in seals:
            self._note(poll, entry.sequence, entry.hash)

    async def receipts(self, spec: PollSpec, ballots: Iterable[Accepted]) -> tuple[Receipt, ...]:
        """As they were given out. Where none was, its signature is empty."""
        poll, rules = spec.poll, self.rules_of(spec)
        unsigned = [
            unsigned_receipt(poll, rules, (await self._store.hashes_at(poll, accepted.sequence))[0], accepted)
            for accepted in ballots
        ]
        if not unsigned:
            return ()
        signatures = await self.signatures(poll, [one.sequence for one in unsigned])
        made = self._made.get(poll, {})

        def signed(one: Receipt) -> Receipt:
            signature = signatures.get(one.sequence, "")
            if one.sequence not in made and not is_signed(receipt_text(one), signature, self._signer.public_key):
                signature = ""
            return msgspec.structs.replace(one, signature=signature)

        return tuple(map(signed, unsigned))

    async def signatures(self, poll: PollId, sequences: Sequence[int] | None = None) -> dict[int, str]:
        """What is kept for these entries, or for all, by sequence."""
        kept = await self._store.seals(poll, sequences)
        made = self._made.get(poll, {})
        wanted = made if sequences is None else made.keys() & set(sequences)
        return {**kept, **{sequence: made[sequence] for sequence in wanted}}

    # ----------------------------------------------------------------------------------------------------------------

    def rules_of(self, spec: PollSpec) -> str:
        """The hash of the poll's spec, worked out once."""
        known = self._rules.get(spec.poll)
        if known is None or known[0] is not spec:
            known = self._rules[spec.poll] = (spec, genesis(spec))
        return known[1]

    async def _kept(self, poll: PollId, sequence: int, text: bytes) -> str | None:
        """The signature that was made for just this text, if there is one. Another one is as none: it was made with a
        key that is lost, or by somebody who has none."""
        signature = (await self.signatures(poll, [sequence])).get(sequence, "")
        return signature if is_signed(text, signature, self._signer.public_key) else None

    def _sign(self, poll: PollId, sequence: int, text: bytes) -> str:
        signature = self._signer.sign(text)
        self._made.setdefault(poll, {})[sequence] = signature
        return signature

    def _note(self, poll: PollId, sequence: int, entry: str) -> None:
        self._newest[poll] = max(sequence, self._newest.get(poll, 0))
        self._heads.note(poll, Head(sequence, entry))

    def _keep_later(self, poll: PollId, sequence: int, signature: str) -> None:
        self._unkept.setdefault(poll, {})[sequence] = signature
        self._heads.hold(poll, sequence, signature)
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.get_running_loop().create_task(self._keep())

    async def _keep(self) -> None:
        while self._unkept:
            try:
                await self._keep_unkept()
                await asyncio.sleep(BETWEEN)
            except Unavailable:  # that the store is away is told elsewhere
                await asyncio.sleep(RETRY)
            except RoadshowError as problem:  # another server has the lease: it gives the receipts from now on
                log.warning("Signatures of ballots could not be kept: %s", problem.code)
                return

    async def _keep_unkept(self) -> None:
        """Raises what ``VoteStore.keep_seals`` raises; nothing is forgotten then."""
        for poll, seals in list(self._unkept.items()):
            del self._unkept[poll]
            try:
                await self._store.keep_seals(poll, seals)
            except BaseException:
                self._unkept[poll] = {**seals, **self._unkept.get(poll, {})}
                raise
        if not self._unkept:
            self._heads.release()
