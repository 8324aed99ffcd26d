"""The acts after the podium. Roles are checked before: that who objects pitches the project, and who organises."""

from collections.abc import Callable, Mapping

import msgspec

from roadshow.errors import Conflict, NotAllowed, NotFound
from roadshow.ids import CommandId, PersonId, ProjectId, RoomId
from roadshow.voting import views
from roadshow.voting.aftermath.acts import (
    AfterAct,
    Amend,
    AskAmendment,
    Category,
    Rule,
    after_body,
    after_kind,
    check_words,
)
from roadshow.voting.aftermath.deciding import may_hear, require_after
from roadshow.voting.aftermath.sealing import (
    Confided,
    ObjectionReceipt,
    confided,
    objection_receipt,
    sealed,
    team_of,
)
from roadshow.voting.aftermath.state import Aftermath, Objection, Requested
from roadshow.voting.aftermath.views import ObjectionView
from roadshow.voting.ballot import canonical, check_command, digest
from roadshow.voting.confirmation import holds
from roadshow.voting.grounds import readable
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.looking import whole_ledger
from roadshow.voting.office.passing import at_present
from roadshow.voting.ports import VoteStore
from roadshow.voting.seals.signed import SignedActs
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import PollState
from roadshow.voting.views import PollViews

_confided = msgspec.json.Decoder(Confided)


class Heard(msgspec.Struct, frozen=True):
    """An objection with its words: for its team, and for those who rule on it."""

    objection: Objection
    told: ObjectionView
    said: Confided


class AfterThePodium:
    """``spec``: the poll of a room, as it was begun; ``changed`` is called once an act is durable."""

    def __init__(
        self,
        store: VoteStore,
        signed: SignedActs,
        signer: Signer,
        spec: Callable[[RoomId], PollSpec],
        changed: Callable[[RoomId], None],
    ) -> None:
        self._store = store
        self._signed = signed
        self._signer = signer
        self._spec = spec
        self._changed = changed

    async def object(
        self, room: RoomId, by: PersonId, project: ProjectId, category: Category, words: str, command: CommandId
    ) -> int:
        """Take a team's objection; the same one again gives the same number. Raises what ``acts.Object`` says,
        NotFound("project.unknown"), InputError("objection.length", "objection.malformed", "command.malformed"),
        Conflict("result.sealed")."""
        spec = self._spec(room)
        check_command(command)
        if project not in spec.projects:
            raise NotFound("project.unknown")
        written = readable(words)
        check_words(written)
        said = confided(spec.poll, by, project, written, command, self._signer)
        act = sealed(category, said, team_of(spec.poll, project, self._signer))
        state = await self._store.read(spec.poll)
        require_after(spec, (), state.tally.aftermath, by, act)
        sequence = await self._signed.after(spec, by, act, command, canonical(said).decode())
        self._changed(room)
        return sequence

    async def act(self, room: RoomId, by: PersonId, act: AfterAct, command: CommandId) -> None:
        """Rule, ask for an amendment, or sign one. Raises what the act and ``deciding.require_after`` say, and
        Conflict("result.sealed")."""
        spec = self._spec(room)
        check_command(command)
        state = await self._store.read(spec.poll)
        try:
            seated = at_present(spec, state.tally)
            require_after(seated, views.recused(spec, state.tally), state.tally.aftermath, by, act)
            await self._require_anothers(spec, state, by, act)
        except NotAllowed:
            # What they signed already has no request that waits, and may be sent again.
            if not holds(await whole_ledger(self._store, spec.poll), after_kind(act), after_body(by, act, command)):
                raise
        await self._signed.after(spec, by, act, command)
        self._changed(room)

    async def _require_anothers(self, spec: PollSpec, state: PollState, by: PersonId, act: AfterAct) -> None:
        """Raises NotAllowed("ruling.conflict") if it answers an objection of their own: the ledger does not know whose
        one is."""
        number = answered(act, state.tally.aftermath)
        if number is not None:
            heard = _heard(spec, state, await self._store.words(spec.poll), None)
            if any((one.objection.sequence, one.said.by) == (number, by) for one in heard):
                raise NotAllowed("ruling.conflict")

    async def heard(self, room: RoomId, project: ProjectId | None = None) -> tuple[Heard, ...]:
        """All objections with their words, or those of one team alone. Raises Conflict("result.sealed")."""
        spec = self._spec(room)
        state = await self._store.read(spec.poll)
        PollViews(spec, state).revealed()
        return _heard(spec, state, await self._store.words(spec.poll), project)

    async def confided(self, room: RoomId, person: PersonId) -> tuple[tuple[Heard, bool], ...]:
        """All objections, and whether this person may read what it says and whose it is: who may rule on it. Raises as
        ``heard``."""
        spec = self._spec(room)
        tally = (await self._store.read(spec.poll)).tally
        seated, recused = at_present(spec, tally), views.recused(spec, tally)
        return tuple((one, may_hear(seated, recused, person, one.objection.category)) for one in await self.heard(room))

    async def waiting(self, room: RoomId) -> Requested | None:
        """The amendment that waits for a second person's signature."""
        return (await self._store.read(self._spec(room).poll)).tally.aftermath.request

    async def receipt(self, room: RoomId, project: ProjectId, sequence: int) -> ObjectionReceipt:
        """What the team holds of its objection. Raises NotFound("objection.unknown"), also for another team's."""
        spec = self._spec(room)
        for one in await self.heard(room, project):
            if one.objection.sequence == sequence:
                (entry,) = await self._store.ledger(spec.poll, sequence - 1, 1)
                seals = await self._signed.signatures(spec.poll, [sequence])
                seal, key = seals.get(sequence, ""), self._signer.public_key
                await self._store.secure()
                return objection_receipt(spec.poll, genesis(spec), entry, one.said, key, seal)
        raise NotFound("objection.unknown")


def answered(act: AfterAct, aftermath: Aftermath) -> int | None:
    """The objection that an act, or the request that it signs, is an answer to."""
    match act:
        case Rule() | AskAmendment():
            return act.objection
        case Amend() if aftermath.request is not None:
            return aftermath.request.objection
        case _:
            return None


def _heard(spec: PollSpec, state: PollState, words: Mapping[int, str], project: ProjectId | None) -> tuple[Heard, ...]:
    after = state.tally.aftermath
    if state.published_at is None:
        return ()
    told = views.PollViews(spec, state).aftermath(state.published_at).objections
    heard: list[Heard] = []
    for objection, view in zip(after.objections, told, strict=True):
        stored = words.get(objection.sequence, "")
        if digest(stored.encode()) != objection.words:
            raise Conflict("ledger.rewritten")
        said = _confided.decode(stored)
        if project is None or said.project == project:
            heard.append(Heard(objection, view, said))
    return tuple(heard)
