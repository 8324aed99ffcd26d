"""The voting of a competition's rooms: windows, ballots and receipts, then the chair's confirmation and the ceremony.

Nothing but what was announced leaves here before the last place is revealed, except a judge's own ballots to that
judge. Whoever calls has checked the role; that the chair is this poll's chair is checked here.
"""

from collections.abc import Mapping

import msgspec

from roadshow.errors import Conflict, InputError, NotAllowed, NotFound
from roadshow.ids import CommandId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.voting import views
from roadshow.voting.acts import (
    Act,
    CloseCount,
    Countersign,
    Reopen,
    ShowCards,
    act_body,
    act_kind,
    confirm_body,
    revote_body,
    settle_body,
)
from roadshow.voting.aftermath.service import AfterThePodium
from roadshow.voting.ballot import check, check_command, check_reason
from roadshow.voting.cards.showing import Showing, is_told
from roadshow.voting.confirmation import confirmed, holds, require_tie
from roadshow.voting.entitlement import require_act, require_chair, require_deciding, require_judge
from roadshow.voting.grounds import Grounds, GroundsView, check_grounds, grounds_view, sealed
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.record import NO_NAMES, Names, Record, make_record, names_text
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.ledger.told import HeadsView
from roadshow.voting.looking import Looking, ToldHeads, whole_ledger
from roadshow.voting.overall.service import OverallPodium
from roadshow.voting.ports import Listener, PollChanged, VoteStore
from roadshow.voting.results import CeremonyState, CeremonyView, PublishedResult, decode_result
from roadshow.voting.seals.heads import ForgottenHeads, Heads
from roadshow.voting.seals.notary import Notary
from roadshow.voting.seals.own import own_ballots
from roadshow.voting.seals.signed import SignedActs
from roadshow.voting.seating.substitutes import in_force
from roadshow.voting.spec import PollSpec, former
from roadshow.voting.stamps.stamper import NoStamps, Stamps
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.views import PollViews
from roadshow.voting.votes import Accepted, Cast, OwnBallots, Receipt

CONFIRM_TRIES = 5
"""At a poll whose ledger moves while its result is worked out. All windows are closed by then, so one is the rule."""


class Nobody:
    """A listener for whoever only reads."""

    def progress_changed(self, room: RoomId) -> None: ...

    def ceremony_changed(self, room: RoomId) -> None: ...


class VotingService:
    """``specs``: the poll of each room; ``heads``: where what was signed last is noted. Also satisfies
    ``roadshow.rooms.ports.Polls``."""

    def __init__(
        self,
        store: VoteStore,
        signer: Signer,
        specs: Mapping[RoomId, PollSpec],
        listener: Listener,
        heads: Heads | None = None,
        stamps: Stamps | None = None,
        *,
        names_judges: bool = True,
    ) -> None:
        """``names_judges``: cards that are shown bear their names, else numbers."""
        self._store = store
        self._signer = signer
        self._specs = dict(specs)
        self._listener = listener
        self._stamps = stamps or NoStamps()
        self._told = ToldHeads(store, self._stamps)
        self._notary = Notary(store, signer, heads or ForgottenHeads())
        self._signed = SignedActs(store, self._notary)
        self._showing = Showing(store, self._signed, listener, names_judges=names_judges)
        self.overall = OverallPodium(store, self._signed, signer, lambda: self._specs, self._everywhere_changed)
        """The podium of all these rooms' fields together."""
        self.aftermath = AfterThePodium(store, self._signed, signer, self._spec, self._moved)
        """Objections, and what becomes of them."""

    async def run(self) -> None:
        """Have heads stamped, for ever."""
        await self._stamps.run()

    async def aclose(self) -> None:
        """Return once everything that was signed is kept."""
        await self._notary.aclose()

    @property
    def public_key(self) -> str:
        """What receipts and results are checked with: an Ed25519 key in base64url."""
        return self._signer.public_key

    async def prepare(self) -> None:
        """Create every poll that is not there yet. Raises PollChanged if one was begun with other judges, projects,
        criteria or rules (one that a server of before has begun goes on as it was begun), and
        Conflict("ledger.rewritten", poll, sequence) if one has not got what was signed last."""
        for room, spec in self._specs.items():
            try:
                await self._store.prepare(spec, genesis(spec))
            except PollChanged as changed:
                if changed.stored != former(spec):
                    raise
                await self._store.prepare(changed.stored, genesis(changed.stored))
                self._specs[room] = changed.stored
        await self._notary.look((*self._specs.values(), *self.overall.polls()))
        for room in self._specs:  # what was told and not stamped when the server stopped
            await self.heads(room, 0)

    async def refit(self, room: RoomId, spec: PollSpec) -> None:
        """Another jury for a poll that has not begun. Raises PollChanged once it has."""
        if spec != self._spec(room):
            await self._store.prepare(spec, genesis(spec))
            self._specs[room] = spec

    async def keep_time(self, room: RoomId) -> None:
        """After the clock was set: let the poll's time go on from its newest entry. Raises Unavailable."""
        spec = self._spec(room)
        await self._store.prepare(spec, genesis(spec))

    async def any_open(self, room: RoomId) -> bool:
        """Whether scores are taken for anything, in any round."""
        return any(window.open for window in (await self._store.read(self._spec(room).poll)).windows)

    def looking(self, store: VoteStore) -> Looking:
        """What everybody may know, read out of ``store``: the same votes, over other connections."""
        return Looking(store, self._spec, lambda: self._specs)

    # Views ----------------------------------------------------------------------------------------------------------

    async def views(self, room: RoomId) -> PollViews:
        """Everything that is shown of a poll, from one reading of it."""
        spec = self._spec(room)
        state = await self._store.read(spec.poll)
        return PollViews(spec, state, await self._showing.numbers(spec, state))

    async def state(self, room: RoomId) -> CeremonyState:
        return (await self.views(room)).state

    async def ceremony(self, room: RoomId) -> CeremonyView:
        return (await self.views(room)).ceremony()

    async def heads(self, room: RoomId, entries: int) -> HeadsView:
        """What the public is told of the ledger while it grows. ``entries``: how many there are by now."""
        return await self._told.heads(self._spec(room), entries)

    # Windows --------------------------------------------------------------------------------------------------------

    async def open_window(self, room: RoomId, project: ProjectId, closes_in: Duration | None) -> None:
        """As ``rooms.ports.Polls``; Conflict("result.confirmed", "count.closed"), NotFound("room.unknown",
        "project.unknown")."""
        await self._signed.open_window(self._spec(room), project, closes_in)
        self._listener.progress_changed(room)

    async def close_window(self, room: RoomId, project: ProjectId) -> None:
        """As ``rooms.ports.Polls``."""
        await self._signed.close_window(self._spec(room), project)
        self._listener.progress_changed(room)
        self._listener.ceremony_changed(room)
        await self._showing.show_by_itself(room, self._spec(room))

    # Judges ---------------------------------------------------------------------------------------------------------

    async def cast(self, room: RoomId, judge: PersonId, cast: Cast) -> Receipt:
        """Take a ballot; the same one again gives the same receipt. Raises what ``ballot.check`` and
        ``VoteStore.cast`` raise, NotAllowed("ballot.not_entitled"), NotFound("project.unknown")."""
        spec = self._entitled(room, judge, cast.project)
        check(cast, spec)
        return self._heard(room, await self._signed.cast(spec, judge, cast))

    async def cast_late(self, room: RoomId, judge: PersonId, cast: Cast) -> Receipt:
        """Keep a ballot apart that comes after its window: it counts if the chair accepts it. Raises as ``cast`` and
        ``VoteStore.cast_late``."""
        spec = self._entitled(room, judge, cast.project)
        check(cast, spec)
        return self._heard(room, await self._signed.cast_late(spec, judge, cast))

    async def abstain(self, room: RoomId, judge: PersonId, cast: Cast, grounds: Grounds) -> Receipt:
        """Give no score, for another reason than a conflict of interest: a revision like any other, but without
        ``scores``. Raises as ``cast`` and ``check_grounds``."""
        spec = self._entitled(room, judge, cast.project)
        check_command(cast.command)
        check_grounds(grounds, "abstain")
        if cast.scores or cast.expected_revision < 0:
            raise InputError("ballot.malformed")
        withheld = sealed(spec.poll, cast.command, grounds, self._signer.sign)
        return self._heard(room, await self._signed.abstain(spec, judge, cast, withheld))

    async def recuse(
        self, room: RoomId, judge: PersonId, project: ProjectId, grounds: Grounds, command: CommandId
    ) -> Receipt:
        """Withdraw from judging a project while a window of it is open, for good; a ballot given before no longer
        counts. Raises as ``cast`` and ``check_grounds``."""
        spec = self._entitled(room, judge, project)
        check_command(command)
        check_grounds(grounds, "recuse")
        withheld = sealed(spec.poll, command, grounds, self._signer.sign)
        cast = Cast(command, project, {}, 0)
        return self._heard(room, await self._signed.recuse(spec, judge, cast, withheld))

    async def grounds(self, room: RoomId, unscored: tuple[Accepted, ...]) -> GroundsView:
        """Why judges gave no score, with their own words, for those who may know them; ``unscored``: as
        ``PollViews.unscored`` has just told."""
        poll = self._spec(room).poll
        words = await self._store.words(poll) if any(one.ballot.words for one in unscored) else {}
        return grounds_view(poll, unscored, words, self._signer.sign)

    async def own_ballots(self, room: RoomId, judge: PersonId) -> OwnBallots:
        """What the store holds of this judge, with the receipts they were given; nothing of anybody else. A ballot that
        this server never acknowledged comes without a signature: none is made now."""
        spec = self._spec(room)
        tally = (await self._store.read(spec.poll)).tally
        await self._store.secure()  # a receipt acknowledges, whichever way it comes
        return await own_ballots(self._notary, spec, tally, judge)

    # Control and chair ----------------------------------------------------------------------------------------------

    async def act(self, room: RoomId, by: PersonId, act: Act, command: CommandId) -> None:
        """Carry out an act of the chair, of who decides in their stead, or of a second person. Raises what
        ``VoteStore.act`` and ``entitlement.require_act`` raise."""
        spec = self._spec(room)
        check_command(command)
        tally = (await self._store.read(spec.poll)).tally
        try:
            require_act(in_force(spec, tally.substitutions), by, act, views.recused(spec, tally), tally.offered)
        except NotAllowed:
            # Who recused themselves since may still send again what they did before.
            if not holds(await self._ledger(spec.poll), act_kind(act), act_body(by, act, command)):
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
        if not holds(await self._ledger(spec.poll), "settle", body):
            require_deciding(in_force(spec, state.tally.substitutions), views.recused(spec, state.tally), chair, order)
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
        if not holds(await self._ledger(spec.poll), "revote", head):
            require_deciding(
                in_force(spec, state.tally.substitutions), views.recused(spec, state.tally), chair, projects
            )
            if state.state is CeremonyState.SEALED:
                require_tie(spec, state, projects, settled=False)
        await self._signed.revote(spec, chair, projects, reason, closes_in, command)
        self._listener.progress_changed(room)

    async def close_revote(self, room: RoomId, chair: PersonId) -> None:
        """Close what is still open of the newest re-vote. Idempotent. Raises NotAllowed as ``settle``."""
        spec = self._spec(room)
        tally = (await self._store.read(spec.poll)).tally
        for revote in tally.revotes[-1:]:
            seated = in_force(spec, tally.substitutions)
            require_deciding(seated, views.recused(spec, tally), chair, revote.projects)
            for project in revote.projects:
                await self._signed.close_window(spec, project, revote.round)
        self._listener.progress_changed(room)

    async def confirm(self, room: RoomId, chair: PersonId, accept_incomplete: bool, command: CommandId) -> None:
        """Work out the result and freeze it, sealed. Raises NotAllowed("result.not_chair"),
        Conflict("result.confirmed"), Conflict("poll.open") while a window is open, Conflict("count.open") while the
        count is, Conflict("result.tie", count) while ties do, Conflict("result.empty") if no project has its
        quorum, Conflict("result.incomplete", count) if some lack it and that is not accepted."""
        spec = self._chaired(room, chair)
        check_command(command)
        for tries_left in reversed(range(CONFIRM_TRIES)):
            state = await self._store.read(spec.poll)
            entries = await self._ledger(spec.poll)
            # A repetition goes to the store too, which knows it: no acknowledgement comes without a write.
            repeated = holds(entries, "confirm", confirm_body(chair, b"", command)[0])
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

    # The ceremony ---------------------------------------------------------------------------------------------------

    async def reveal_next(self, room: RoomId, by: PersonId, announced: int, command: CommandId) -> CeremonyView:
        """Announce the next place, from the lowest up. ``announced``: how many the caller has seen announced. Raises
        Conflict("result.sealed") before confirmation, Conflict("result.unsigned") while the second signature is wanted,
        Conflict("reveal.moved_on") if it is not that many or none is left."""
        spec = self._spec(room)
        check_command(command)
        if announced < 0:
            raise InputError("command.malformed")
        state = await self._store.read(spec.poll)
        if state.result is None:
            raise Conflict("result.sealed")
        last = announced + 1 >= len(views.podium(spec, decode_result(state.result).standings))
        await self._signed.announce(spec, by, announced, command, last)
        if last and spec.rules.overall:
            self._everywhere_changed()
        self._listener.ceremony_changed(room)
        return await self.ceremony(room)

    def _moved(self, room: RoomId) -> None:
        """An act after the podium, which may move a place: of the field, and of all fields together."""
        for one in self._specs if self._spec(room).rules.overall else (room,):
            self._listener.ceremony_changed(one)

    def _everywhere_changed(self) -> None:
        """What is told of all fields together is told in each of their rooms."""
        for room in self._specs:
            self._listener.ceremony_changed(room)

    async def published(self, room: RoomId) -> PublishedResult:
        return (await self.views(room)).published()

    async def record(self, room: RoomId, names: Names = NO_NAMES) -> Record:
        """Everything that is needed to count again; ``names``: for whoever reads it, signed here. Raises as
        ``published``, and Conflict("poll.changed") if the poll was begun with another spec."""
        confirmed = (await self.views(room)).revealed()
        spec = self._spec(room)
        entries = await self._ledger(spec.poll)
        if entries[0].parent != genesis(spec):
            spec = former(spec)
        if entries[0].parent != genesis(spec):
            raise Conflict("poll.changed")
        names = msgspec.structs.replace(names, signature=self._signer.sign(names_text(spec.poll, names)))
        signatures, stamps = await self._notary.signatures(spec.poll), self._stamps.of(spec.poll)
        return make_record(spec, entries, confirmed, self.public_key, signatures, names, stamps)

    # ----------------------------------------------------------------------------------------------------------------

    def _spec(self, room: RoomId) -> PollSpec:
        spec = self._specs.get(room)
        if spec is None:
            raise NotFound("room.unknown")
        return spec

    def _entitled(self, room: RoomId, judge: PersonId, project: ProjectId) -> PollSpec:
        spec = self._spec(room)
        require_judge(spec, judge, project)
        return spec

    def _chaired(self, room: RoomId, chair: PersonId) -> PollSpec:
        spec = self._spec(room)
        require_chair(spec, chair)
        return spec

    def _heard(self, room: RoomId, receipt: Receipt) -> Receipt:
        self._listener.progress_changed(room)
        return receipt

    async def _ledger(self, poll: PollId) -> list[LedgerEntry]:
        return await whole_ledger(self._store, poll)
