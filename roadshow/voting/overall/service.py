"""The acts of the overall podium. Roles are checked before."""

from collections.abc import Callable, Mapping

from roadshow.errors import Conflict, InputError, NotAllowed, NotFound
from roadshow.ids import CommandId, PersonId, RoomId
from roadshow.voting.acts import CloseCount, Countersign
from roadshow.voting.ballot import check_command, digest
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.looking import whole_ledger
from roadshow.voting.overall.looking import look
from roadshow.voting.overall.podium import OVERALL, OverallViews, is_offered, overall_result, overall_spec
from roadshow.voting.overall.record import OverallRecord, overall_record
from roadshow.voting.ports import VoteStore
from roadshow.voting.seals.signed import SignedActs
from roadshow.voting.spec import PollSpec
from roadshow.voting.views import PollViews

COUNTED = 1
"""The ledger's length when it is confirmed: its count is closed, and nothing else was done."""


class OverallPodium:
    """``specs``: the polls of all rooms, as they are in force. ``changed`` is called once an act is durable."""

    def __init__(
        self,
        store: VoteStore,
        signed: SignedActs,
        signer: Signer,
        specs: Callable[[], Mapping[RoomId, PollSpec]],
        changed: Callable[[], None],
    ) -> None:
        self._store = store
        self._signed = signed
        self._signer = signer
        self._specs = specs
        self._changed = changed

    def polls(self) -> tuple[PollSpec, ...]:
        """Its own, if the rules ask for it, whether or not it was begun."""
        specs = tuple(self._specs().values())
        return (overall_spec(specs),) if is_offered(specs) else ()

    async def views(self) -> OverallViews:
        """All that is shown of it."""
        specs = self._specs()

        async def views_of(room: RoomId) -> PollViews:
            return PollViews(specs[room], await self._store.read(specs[room].poll))

        return await look(self._store, specs, views_of)

    async def confirm(self, by: PersonId, command: CommandId) -> None:
        """Count all fields together and freeze it. Raises NotFound("overall.none") if the rules ask for none,
        Conflict("result.sealed") before the last field is announced, Conflict("result.empty"),
        Conflict("result.confirmed")."""
        check_command(command)
        specs = self._offered()
        fields = [(spec, await self._store.read(spec.poll)) for spec in specs]
        result = overall_result(fields, by, self._signer)
        spec = overall_spec(specs)
        await self._store.prepare(spec, genesis(spec))
        await self._close_count(spec, by, command)
        await self._signed.confirm(spec, by, result, COUNTED, command, second=True)
        self._changed()

    async def _close_count(self, spec: PollSpec, by: PersonId, command: CommandId) -> None:
        """Nothing is ever given in this poll: whoever confirms it says so first, as a chair does of a field."""
        try:
            await self._signed.act(spec, by, CloseCount(1), CommandId(digest(f"count {command}".encode())))
        except Conflict as conflict:
            # Somebody else was faster; whether with the result, too, ``confirm`` answers.
            if conflict.code not in ("count.closed", "result.confirmed"):
                raise

    async def countersign(self, by: PersonId, command: CommandId) -> None:
        """The second person's signature. Raises NotAllowed("result.same_person"), and as ``VoteStore.act``."""
        check_command(command)
        spec = overall_spec(self._offered())
        view = (await self.views()).view()
        if view.state in ("waiting", "ready"):
            raise Conflict("result.sealed")
        if by == view.confirmed_by:
            raise NotAllowed("result.same_person")
        await self._signed.act(spec, by, Countersign(1), command)
        self._changed()

    async def reveal_next(self, by: PersonId, announced: int, command: CommandId) -> None:
        """Announce the next place, from the lowest up. As ``VotingService.reveal_next``."""
        check_command(command)
        if announced < 0:
            raise InputError("command.malformed")
        spec = overall_spec(self._offered())
        last = (await self.views()).is_last(announced)
        await self._signed.announce(spec, by, announced, command, last)
        self._changed()

    async def record(self) -> OverallRecord:
        """What ``recount`` takes beside the fields' records. Raises Conflict("result.sealed")."""
        signed = (await self.views()).signed()
        entries, seals = await whole_ledger(self._store, OVERALL), await self._signed.signatures(OVERALL)
        return overall_record(overall_spec(self._offered()), signed, entries, seals)

    def _offered(self) -> tuple[PollSpec, ...]:
        specs = tuple(self._specs().values())
        if not is_offered(specs):
            raise NotFound("overall.none")
        return specs
