"""Ballots by paper. Roles are checked before: who comes as a clerk, an organiser or a judge is one."""

from collections.abc import Callable, Mapping

import msgspec

from roadshow.errors import Conflict, NotFound
from roadshow.ids import CommandId, CriterionId, PersonId, PollId, RoomId
from roadshow.voting.ballot import check, check_command
from roadshow.voting.cards.showing import Showing
from roadshow.voting.confirmation import holds
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.looking import whole_ledger
from roadshow.voting.office.passing import at_present
from roadshow.voting.paper.acts import (
    Claim,
    ConfirmCard,
    ContestCard,
    Fault,
    PaperAct,
    RejectCard,
    TypeCard,
    paper_body,
    paper_kind,
)
from roadshow.voting.paper.cards import Card
from roadshow.voting.paper.codes import code_of, codes_of, read_code
from roadshow.voting.paper.deciding import require_paper
from roadshow.voting.paper.receipts import PaperReceipt, paper_receipt
from roadshow.voting.ports import Listener, VoteStore
from roadshow.voting.seals.signed import SignedActs
from roadshow.voting.seating.seats import elsewhere
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import Pair
from roadshow.voting.votes import Cast


class OwnCard(msgspec.Struct, frozen=True):
    """A card in a judge's name, for the judge."""

    card: Card
    counts: bool
    """False: it waits for another person's word, or for the chair's."""


class BallotsByPaper:
    """``spec``: the poll of a room, as it was begun."""

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
        self._codes: dict[PollId, tuple[PollSpec, Mapping[str, Pair]]] = {}

    def takes(self, room: RoomId) -> bool:
        """Whether the field's rules name clerks."""
        return bool(self._spec(room).clerks)

    def printed(self, room: RoomId) -> Mapping[Pair, str]:
        """The code of every card that can be printed: of each judge and whoever may come for one, for each project but
        those that the judge cannot score, by declared conflict or by lot. Raises NotFound("paper.none")."""
        spec = self._with_clerks(room)
        out = {*spec.recused, *elsewhere(spec)}
        pairs = ((judge, project) for judge in (*spec.judges, *spec.reserve) for project in spec.projects)
        return {pair: code_of(spec.poll, *pair, self._signer) for pair in pairs if pair not in out}

    def whose(self, room: RoomId, text: str) -> tuple[str, Pair]:
        """The code as it is kept, and the judge and the project that it names. Raises what ``codes.read_code`` does,
        NotFound("paper.none"), NotFound("code.unknown") for one of no card of this field."""
        spec, code = self._with_clerks(room), read_code(text)
        known = self._codes.get(spec.poll)
        if known is None or known[0] is not spec:
            people = (*spec.judges, *spec.reserve)
            known = self._codes[spec.poll] = (spec, codes_of(spec.poll, people, spec.projects, self._signer))
        if code not in known[1]:
            raise NotFound("code.unknown")
        return code, known[1][code]

    async def type_in(
        self, room: RoomId, by: PersonId, code: str, scores: Mapping[CriterionId, int], command: CommandId
    ) -> int:
        """A clerk's. Counts as late if the window is over. Raises what ``whose``, ``ballot.check``, ``require_paper``
        and ``TypeCard`` say."""
        spec = self._with_clerks(room)
        code, (judge, project) = self.whose(room, code)
        check(Cast(command, project, dict(scores), 0), spec)
        in_time = TypeCard(judge, project, code, dict(scores))
        late = msgspec.structs.replace(in_time, late=True)
        if await self._is_done(spec, by, late, command):  # the answer was lost, and it comes again
            return await self._do(room, by, late, command)
        try:
            return await self._do(room, by, in_time, command)
        except Conflict as refusal:
            if refusal.code != "ballot.closed":
                raise
        return await self._do(room, by, late, command)

    async def confirm(
        self, room: RoomId, by: PersonId, code: str, scores: Mapping[CriterionId, int], command: CommandId
    ) -> int:
        """Another person's, who has typed the card as well. Raises as ``type_in``, Conflict("paper.moved_on") if no
        card of this code waits, and what ``ConfirmCard`` says."""
        spec = self._with_clerks(room)
        code, pair = self.whose(room, code)
        check(Cast(command, pair[1], dict(scores), 0), spec)
        card = next((one for one in await self.cards(room) if one.pair == pair), None)
        if card is None:
            raise Conflict("paper.moved_on")
        return await self._do(room, by, ConfirmCard(card.typed.sequence, code, dict(scores)), command)

    async def reject(self, room: RoomId, by: PersonId, paper: int, fault: Fault, command: CommandId) -> int:
        """Raises what ``require_paper`` and ``RejectCard`` say."""
        return await self._do(room, by, RejectCard(paper, fault), command)

    async def contest(self, room: RoomId, judge: PersonId, paper: int, claim: Claim, command: CommandId) -> int:
        """The judge's own. Raises what ``require_paper`` and ``ContestCard`` say."""
        return await self._do(room, judge, ContestCard(paper, claim), command)

    async def cards(self, room: RoomId) -> tuple[Card, ...]:
        """In force, by their number."""
        return (await self._store.read(self._spec(room).poll)).tally.cards

    async def own(self, room: RoomId, judge: PersonId) -> tuple[OwnCard, ...]:
        """Those in a judge's name."""
        tally = (await self._store.read(self._spec(room).poll)).tally
        counting = {one.sequence for one in tally.ballots}
        return tuple(
            OwnCard(card, card.typed.sequence in counting) for card in tally.cards if card.typed.ballot.judge == judge
        )

    async def receipt(self, room: RoomId, judge: PersonId, sequence: int) -> PaperReceipt:
        """What the judge holds of a card in their name. Raises NotFound("paper.unknown"), also for another's."""
        spec = self._spec(room)
        if sequence not in {one.card.typed.sequence for one in await self.own(room, judge)}:
            raise NotFound("paper.unknown")
        (entry,) = await self._store.ledger(spec.poll, sequence - 1, 1)
        seals = await self._signed.signatures(spec.poll, [sequence])
        await self._store.secure()
        return paper_receipt(spec.poll, genesis(spec), entry, self._signer.public_key, seals.get(sequence, ""))

    def _with_clerks(self, room: RoomId) -> PollSpec:
        spec = self._spec(room)
        if not spec.clerks:
            raise NotFound("paper.none")
        return spec

    async def _do(self, room: RoomId, by: PersonId, act: PaperAct, command: CommandId) -> int:
        spec = self._spec(room)
        check_command(command)
        tally = (await self._store.read(spec.poll)).tally
        require_paper(at_present(spec, tally), tally.cards, by, act)
        sequence = await self._signed.paper(spec, by, act, command)
        self._listener.progress_changed(room)
        if tally.shown:
            self._listener.ceremony_changed(room)
        await self._showing.show_by_itself(room, spec)
        return sequence

    async def _is_done(self, spec: PollSpec, by: PersonId, act: PaperAct, command: CommandId) -> bool:
        entries = await whole_ledger(self._store, spec.poll)
        return holds(entries, paper_kind(act), paper_body(by, act, command))
