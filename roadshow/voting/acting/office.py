"""What those decide who lead a poll: rulings, ties, new counts, the confirmation. Whoever calls has checked the role;
that the chair is this poll's chair, and nobody decides about their own, is checked here.
"""

from collections.abc import Callable

from roadshow.errors import Conflict, NotAllowed
from roadshow.ids import CommandId, PersonId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.voting import views
from roadshow.voting.acts import (
    Act,
    CloseCount,
    Countersign,
    Reopen,
    ShowCards,
    Void,
    act_body,
    act_kind,
    confirm_body,
    revote_body,
    settle_body,
)
from roadshow.voting.ballot import check_command, check_reason
from roadshow.voting.cards.showing import Showing, is_told
from roadshow.voting.confirmation import confirmed, holds, require_tie
from roadshow.voting.deliberation.acts import deliberate_body
from roadshow.voting.entitlement import require_act, require_chair, require_deciding
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.looking import whole_ledger
from roadshow.voting.office.passing import at_present
from roadshow.voting.paper.deciding import require_no_hand
from roadshow.voting.ports import Listener, VoteStore
from roadshow.voting.results import CeremonyState
from roadshow.voting.seals.signed import SignedActs
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import Tally

CONFIRM_TRIES = 5
"""At a poll whose ledger moves while its result is worked out. All windows are closed by then, so one is the rule."""


class Office:
    """``spec``: the poll of a room, as it was begun. Methods raise what it does, too."""

    def __init__(
        self,
        store: VoteStore,
        signed: SignedActs,
        signer: Signer,
        spec: Callable[[RoomId], PollSpec],
        listener: Listener,
        showing: Showing,
    ) -> None:
        self._store = store
        self._signed = signed
        self._signer = signer
        self._spec = spec
        self._listener = listener
        self._showing = showing

    async def act(self, room: RoomId, by: PersonId, act: Act, command: CommandId) -> None:
        """Carry out an act of the chair, of who decides in their stead, or of a second person. Raises what
        ``VoteStore.act`` and ``entitlement.require_act`` raise."""
        spec = self._spec(room)
        check_command(command)
        tally = (await self._store.read(spec.poll)).tally
        try:
            required = (views.recused(spec, tally), tally.offered, tally.asked_chair)
            require_act(at_present(spec, tally), by, act, *required)
            require_no_hand(tally.cards, by, act)
            _require_given(spec, tally, act)
        except (NotAllowed, Conflict):
            # Who recused themselves since may still send again what they did before.
            if not holds(await whole_ledger(self._store, spec.poll), act_kind(act), act_body(by, act, command)):
                raise
        await self._signed.act(spec, by, act, command)
        self._listener.progress_changed(room)
        if isinstance(act, Countersign | CloseCount | Reopen | ShowCards) or is_told(tally, act):
            self._listener.ceremony_changed(room)
        await self._showing.show_by_itself(room, self._spec(room))

    async def settle(
        self, room: RoomId, chair: PersonId, order: tuple[ProjectId, ...], reason: str, command: CommandId
    ) -> None:
        """The vote of the chair, or of who decides in their stead, on one of ``review``'s ties, best first. Until the
        result is confirmed a later vote on the same tie replaces it. Raises NotAllowed("result.not_chair",
        "ruling.conflict"), Conflict("count.open") as long as the count is, Conflict("poll.open", "result.no_tie",
        "result.confirmed"), InputError("reason.length")."""
        spec = self._spec(room)
        check_command(command)
        check_reason(reason)
        state = await self._store.read(spec.poll)
        body = settle_body(chair, order, reason, command)
        if not holds(await whole_ledger(self._store, spec.poll), "settle", body):
            recused = views.recused(spec, state.tally)
            require_deciding(at_present(spec, state.tally), recused, chair, order, settles=True)
            # Once confirmed, the store says so; the ties of then are of no interest.
            if state.state is CeremonyState.SEALED:
                require_tie(spec, state, order, settled=True)
        await self._signed.settle(spec, chair, order, reason, command)
        self._listener.progress_changed(room)

    async def revote(
        self,
        room: RoomId,
        chair: PersonId,
        projects: tuple[ProjectId, ...],
        reason: str,
        closes_in: Duration | None,
        command: CommandId,
    ) -> None:
        """Have the jury score the projects of a tie once more that waits for it. Raises as ``settle``."""
        spec = self._spec(room)
        check_command(command)
        check_reason(reason)
        projects = tuple(sorted(projects, key=lambda one: spec.projects.index(one) if one in spec.projects else -1))
        state = await self._store.read(spec.poll)
        head, _ = revote_body(chair, projects, reason, command)
        if not holds(await whole_ledger(self._store, spec.poll), "revote", head):
            recused = views.recused(spec, state.tally)
            require_deciding(at_present(spec, state.tally), recused, chair, projects, settles=True)
            if state.state is CeremonyState.SEALED:
                require_tie(spec, state, projects, settled=False)
        await self._signed.revote(spec, chair, projects, reason, closes_in, command)
        self._listener.progress_changed(room)

    async def close_revote(self, room: RoomId, chair: PersonId) -> None:
        """Close what is still open of the newest re-vote. Idempotent. Raises NotAllowed as ``settle``."""
        spec = self._spec(room)
        tally = (await self._store.read(spec.poll)).tally
        for revote in tally.revotes[-1:]:
            require_deciding(at_present(spec, tally), views.recused(spec, tally), chair, revote.projects, settles=True)
            for project in revote.projects:
                await self._signed.close_window(spec, project, revote.round)
        self._listener.progress_changed(room)

    async def deliberate(self, room: RoomId, chair: PersonId, command: CommandId) -> None:
        """Open all cards once more, for as long as the rules say. Raises NotAllowed("result.not_chair") and what
        ``VoteStore.deliberate`` does."""
        spec = self._spec(room)
        check_command(command)
        state = await self._store.read(spec.poll)
        judged = tuple(project for project in spec.projects if project in state.opened)
        if not holds(await whole_ledger(self._store, spec.poll), "deliberate", deliberate_body(chair, judged, command)):
            require_chair(at_present(spec, state.tally), chair)
        await self._signed.deliberate(spec, chair, judged, command)
        self._listener.progress_changed(room)

    async def confirm(self, room: RoomId, chair: PersonId, accept_incomplete: bool, command: CommandId) -> None:
        """Work out the result and freeze it, sealed. Raises NotAllowed("result.not_chair"),
        Conflict("result.confirmed"), Conflict("poll.open") while a window is open, Conflict("count.open") while the
        count is, Conflict("result.tie", count) while ties do, Conflict("result.empty") if no project has its
        quorum, Conflict("result.incomplete", count) if some lack it and that is not accepted."""
        spec = self._spec(room)
        check_command(command)
        for tries_left in reversed(range(CONFIRM_TRIES)):
            state = await self._store.read(spec.poll)
            entries = await whole_ledger(self._store, spec.poll)
            # A repetition goes to the store too, which knows it: no acknowledgement comes without a write.
            repeated = holds(entries, "confirm", confirm_body(chair, b"", command)[0])
            if not repeated:
                require_chair(at_present(spec, state.tally), chair)
            result = (
                (state.result or b"") if repeated else confirmed(spec, state, entries, accept_incomplete, self._signer)
            )
            second = spec.rules.second_confirmation
            try:
                await self._signed.confirm(spec, chair, result, state.sequence, command, second)
                break
            except Conflict as conflict:
                if conflict.code != "poll.moved" or not tries_left:
                    raise
        self._listener.progress_changed(room)
        self._listener.ceremony_changed(room)


def _require_given(spec: PollSpec, tally: Tally, act: Act) -> None:
    """What is no scores tells of several projects, and the store cannot read what is sealed. Raises
    Conflict("ballot.none")."""
    if isinstance(act, Void) and spec.rules.ballots is not None and spec.sealed:
        sent = [one.ballot for one in tally.ballots if one.ballot.judge == act.judge]
        given = [one for one in sent if not (one.recused or one.abstained)]
        if not any(act.project == one.project or act.project in one.places for one in given):
            raise Conflict("ballot.none")
