"""Taking points over from earlier polls, when a field's first window is opened. Nobody does it: it is the rules'."""

from collections.abc import Callable, Mapping
from uuid import uuid4

import msgspec

from roadshow.errors import Conflict
from roadshow.ids import CommandId, PollId, ProjectId, RoomId
from roadshow.voting.acts import ConfirmBody
from roadshow.voting.ballot import digest
from roadshow.voting.carried.carrying import Table, brought, table_of
from roadshow.voting.ledger.signing import Signer, is_signed, result_text
from roadshow.voting.looking import whole_ledger
from roadshow.voting.ports import VoteStore
from roadshow.voting.results import CeremonyState, decode_result
from roadshow.voting.seals.signed import SignedActs
from roadshow.voting.spec import PollSpec

_confirms = msgspec.json.Decoder(ConfirmBody)


class Carrying:
    """``spec``: the poll of a room; ``specs``: of all rooms of this competition."""

    def __init__(
        self,
        store: VoteStore,
        signed: SignedActs,
        signer: Signer,
        spec: Callable[[RoomId], PollSpec],
        specs: Callable[[], Mapping[RoomId, PollSpec]],
    ) -> None:
        self._store = store
        self._signed = signed
        self._signer = signer
        self._spec = spec
        self._specs = specs

    async def fix(self, room: RoomId) -> None:
        """What is carried, if it is not fixed yet: to be called before a window is opened. Raises
        Conflict("carried.waits", field) as long as a source has not announced its last place,
        Conflict("carried.nobody", field) if it has no places, and Conflict("ledger.rewritten") if what the store has of
        it is not what was signed."""
        spec = self._spec(room)
        if spec.carried is None or (await self._store.read(spec.poll)).tally.brought is not None:
            return
        own = [source.poll for source in spec.carried.sources if source.taken is None]
        what = brought(spec.carried, {poll: await self._table(poll) for poll in own})
        try:
            await self._signed.carry(spec, what, CommandId(f"rule-{uuid4().hex}"))
        except Conflict as conflict:
            if conflict.code != "carried.fixed":  # another window's opening was faster
                raise

    async def _table(self, poll: PollId) -> Table:
        """Of a poll of this competition, as it stands."""
        state = await self._store.read(poll)
        if state.state is not CeremonyState.REVEALED or state.result is None:
            raise Conflict("carried.waits", field=poll)
        result, entries = decode_result(state.result), await whole_ledger(self._store, poll)
        bodies = [_confirms.decode(entry.body) for entry in entries if entry.kind == "confirm"]
        heads = [entry.hash for entry in entries if entry.sequence == result.sequence]
        genuine = is_signed(result_text(result), result.signature, self._signer.public_key)
        if not (genuine and result.poll == poll and heads == [result.head]) or not bodies:
            raise Conflict("ledger.rewritten")
        if bodies[-1].result != digest(state.result):
            raise Conflict("ledger.rewritten")
        return table_of(result, self._in_order(poll, state.tally.aftermath.out))

    def _in_order(self, poll: PollId, projects: frozenset[ProjectId]) -> tuple[ProjectId, ...]:
        """Of the rundown."""
        spec = next(spec for spec in self._specs().values() if spec.poll == poll)
        return tuple(project for project in spec.projects if project in projects)
