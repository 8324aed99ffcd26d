"""What judges do: ballots, each with its receipt. Whoever calls has checked the role; that the project is theirs to
score is checked here.
"""

from collections.abc import Callable

from roadshow.errors import InputError
from roadshow.ids import CommandId, PersonId, ProjectId, RoomId
from roadshow.voting.ballot import check, check_command
from roadshow.voting.entitlement import require_judge
from roadshow.voting.grounds import Grounds, GroundsView, check_grounds, grounds_view, sealed
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.ports import Listener, VoteStore
from roadshow.voting.seals.notary import Notary
from roadshow.voting.seals.own import own_ballots
from roadshow.voting.seals.signed import SignedActs
from roadshow.voting.spec import PollSpec
from roadshow.voting.votes import Accepted, Cast, OwnBallots, Receipt


class Judging:
    """``spec``: the poll of a room, as it was begun. Methods raise what it does, too."""

    def __init__(
        self,
        store: VoteStore,
        signed: SignedActs,
        notary: Notary,
        signer: Signer,
        spec: Callable[[RoomId], PollSpec],
        listener: Listener,
    ) -> None:
        self._store = store
        self._signed = signed
        self._notary = notary
        self._signer = signer
        self._spec = spec
        self._listener = listener

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

    def _entitled(self, room: RoomId, judge: PersonId, project: ProjectId) -> PollSpec:
        spec = self._spec(room)
        require_judge(spec, judge, project)
        return spec

    def _heard(self, room: RoomId, receipt: Receipt) -> Receipt:
        self._listener.progress_changed(room)
        return receipt
