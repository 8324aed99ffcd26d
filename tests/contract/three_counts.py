"""The store's tally, a fold over its ledger, and an offline recount: one and the same, after whatever happened."""

from roadshow.ids import PollId, RoomId
from roadshow.voting.boxes.opening import shut
from roadshow.voting.ledger.chain import genesis, verify
from roadshow.voting.ledger.counting import counted, fold
from roadshow.voting.ledger.proceedings import Proceedings
from roadshow.voting.ledger.record import encode_record
from roadshow.voting.ledger.recount import recount
from roadshow.voting.ports import VoteStore
from roadshow.voting.results import CeremonyState
from roadshow.voting.service import VotingService
from roadshow.voting.spec import PollSpec
from tests.contract.sealing import box_for


async def assert_counts_agree(store: VoteStore, spec: PollSpec, poll: PollId) -> None:
    """Two of them, and that every act in the ledger could be done when it was."""
    state, entries = await store.read(poll), await store.ledger(poll, 0, 10_000)
    assert verify(entries, genesis(spec)) is None
    box = box_for(spec)
    assert fold(entries) == shut(state.tally)
    assert counted(entries, box) == state.tally
    proceedings = Proceedings(spec, box)
    for entry in entries:
        proceedings.take(entry)
    assert (proceedings.version, proceedings.announced) == (state.version, state.announced)


async def assert_recount_agrees(service: VotingService, store: VoteStore, spec: PollSpec, room: RoomId) -> None:
    """All three, once there is a result to see."""
    await assert_counts_agree(store, spec, spec.poll)
    if await service.state(room) is CeremonyState.REVEALED:
        report = recount(encode_record(await service.record(room)), service.public_key)
        assert report.faults == ()
