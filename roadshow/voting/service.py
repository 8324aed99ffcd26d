"""The voting of a competition's rooms: windows, ballots and receipts, then the chair's confirmation and the ceremony.

Nothing but what was announced leaves here before the last place is revealed, except a judge's own ballots to that
judge. What judges do, and what chair, deputy and organisers decide, is written in ``acting``, and done here.
"""

from collections.abc import Mapping

import msgspec

from roadshow.errors import Conflict, InputError, NotFound
from roadshow.ids import CommandId, PersonId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.voting import views
from roadshow.voting.acting.judging import Judging
from roadshow.voting.acting.office import Office
from roadshow.voting.acts import Act
from roadshow.voting.aftermath.service import AfterThePodium
from roadshow.voting.ballot import check_command
from roadshow.voting.boxes.boxes import Boxes
from roadshow.voting.calibration.service import Calibrating
from roadshow.voting.cards.showing import Showing
from roadshow.voting.carried.service import Carrying
from roadshow.voting.comments.service import Comments
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.record import NO_NAMES, Names, Record, make_record, names_text
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.ledger.told import HeadsView
from roadshow.voting.looking import Looking, ToldHeads, whole_ledger
from roadshow.voting.office.acts import PassChair
from roadshow.voting.office.leads import Leads
from roadshow.voting.overall.service import OverallPodium
from roadshow.voting.paper.service import BallotsByPaper
from roadshow.voting.ports import Listener, PollChanged, VoteStore
from roadshow.voting.questions.service import Questions
from roadshow.voting.results import CeremonyState, CeremonyView, PublishedResult, decode_result
from roadshow.voting.seals.heads import ForgottenHeads, Heads
from roadshow.voting.seals.notary import Notary
from roadshow.voting.seals.signed import SignedActs
from roadshow.voting.spec import PollSpec, begun_as
from roadshow.voting.stamps.stamper import NoStamps, Stamps
from roadshow.voting.views import PollViews


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
        boxes: Boxes | None = None,
        leads: Leads | None = None,
        *,
        names_judges: bool = True,
    ) -> None:
        """``boxes``: for polls with sealed ballots, as ``store`` has them; ``names_judges``: cards that are shown bear
        their names, else numbers; ``leads``: told whom the chair's office passes to."""
        self.leads = leads or Leads()
        """Who leads each poll by now."""
        self._boxes = boxes or Boxes()
        self._store = store
        self._signer = signer
        self._specs = dict(specs)
        self._listener = listener
        self._stamps = stamps or NoStamps()
        self._told = ToldHeads(store, self._stamps)
        self._notary = Notary(store, signer, heads or ForgottenHeads())
        self._signed = SignedActs(store, self._notary, self._boxes)
        self._showing = Showing(store, self._signed, listener, names_judges=names_judges)
        # What judges do.
        judging = Judging(store, self._signed, self._notary, signer, self._spec, listener)
        self.comes, self.cast, self.cast_late = judging.comes, judging.cast, judging.cast_late
        self.abstain, self.recuse, self.opponents = judging.abstain, judging.recuse, judging.opponents
        self.own_ballots, self.grounds, self.ask_key = judging.own_ballots, judging.grounds, judging.ask_key
        # What those decide who lead the poll.
        office = Office(store, self._signed, signer, self._spec, listener, self._showing)
        self._act, self.settle, self.confirm = office.act, office.settle, office.confirm
        self.revote, self.close_revote = office.revote, office.close_revote
        self.deliberate = office.deliberate
        self.paper = BallotsByPaper(store, self._signed, signer, self._spec, listener, self._showing)
        """Judges' cards of paper, as clerks type them in."""
        self.overall = OverallPodium(store, self._signed, signer, lambda: self._specs, self._everywhere_changed)
        """The podium of all these rooms' fields together."""
        self.questions = Questions(store, self._signed, self._spec, listener.progress_changed)
        """What is put to the jury, and its votes."""
        self.aftermath = AfterThePodium(store, self._signed, signer, self._spec, self._moved)
        """Objections, and what becomes of them."""
        self.carrying = Carrying(store, self._signed, signer, self._spec, lambda: self._specs)
        """What is taken over from earlier polls."""
        self.calibration = Calibrating(store, self._signed, signer, self._boxes, self._spec)
        """Rounds on samples, before the first window."""
        self.comments = Comments(store, signer, self._spec)
        """What judges write to the projects' teams."""

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
                if changed.stored not in begun_as(spec):
                    raise
                await self._store.prepare(changed.stored, genesis(changed.stored))
                self._specs[room] = changed.stored
        await self._notary.look((*self._specs.values(), *self.overall.polls()))
        for room in self._specs:  # what was told and not stamped when the server stopped
            await self.heads(room, 0)
            await self.views(room)  # who leads it by now

    async def refit(self, room: RoomId, spec: PollSpec) -> None:
        """Another jury for a poll that has not begun. Raises PollChanged once it has."""
        if self._spec(room) not in begun_as(spec):
            await self._store.prepare(spec, genesis(spec))
            self._specs[room] = spec
            self._listener.ceremony_changed(room)  # the rules' hash is told, and judges sign it

    async def keep_time(self, room: RoomId) -> None:
        """After the clock was set: let the poll's time go on from its newest entry. Raises Unavailable."""
        spec = self._spec(room)
        await self._store.prepare(spec, genesis(spec))

    async def act(self, room: RoomId, by: PersonId, act: Act, command: CommandId) -> None:
        """As ``Office.act``. Whom the chair's office passes to has it when this returns."""
        try:
            await self._act(room, by, act, command)
        finally:
            if isinstance(act, PassChair):
                await self.views(room)

    async def any_open(self, room: RoomId) -> bool:
        """Whether scores are taken for anything, in any round."""
        return views.is_open(await self._store.read(self._spec(room).poll))

    def looking(self, store: VoteStore) -> Looking:
        """What everybody may know, read out of ``store``: the same votes, over other connections."""
        return Looking(store, self._spec, lambda: self._specs)

    # Views ----------------------------------------------------------------------------------------------------------

    async def views(self, room: RoomId) -> PollViews:
        """Everything that is shown of a poll, from one reading of it."""
        spec = self._spec(room)
        state = await self._store.read(spec.poll)
        self.leads.learn(room, spec, state.tally)
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
        "project.unknown"); where points are taken over from earlier polls, as ``Carrying.fix``, and
        Conflict("carried.behind") for who is not through."""
        await self.carrying.fix(room)
        await self.calibration.tell(room)
        await self._signed.open_window(self._spec(room), project, closes_in)
        self._listener.progress_changed(room)

    async def close_window(self, room: RoomId, project: ProjectId) -> None:
        """As ``rooms.ports.Polls``."""
        await self._signed.close_window(self._spec(room), project)
        self._listener.progress_changed(room)
        self._listener.ceremony_changed(room)
        await self._showing.show_by_itself(room, self._spec(room))

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
        wanted = self._spec(room)
        entries = await whole_ledger(self._store, wanted.poll)
        spec = next((one for one in begun_as(wanted) if entries[0].parent == genesis(one)), None)
        if spec is None:
            raise Conflict("poll.changed")
        names = msgspec.structs.replace(names, signature=self._signer.sign(names_text(spec.poll, names)))
        signatures, stamps = await self._notary.signatures(spec.poll), self._stamps.of(spec.poll)
        box = self._boxes.box(spec.poll) if spec.sealed else None
        return make_record(spec, entries, confirmed, self.public_key, signatures, names, stamps, box)

    # ----------------------------------------------------------------------------------------------------------------

    def _spec(self, room: RoomId) -> PollSpec:
        spec = self._specs.get(room)
        if spec is None:
            raise NotFound("room.unknown")
        return spec
