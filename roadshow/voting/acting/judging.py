"""What judges do: ballots, each with its receipt. Whoever calls has checked the role; that the project is theirs to
score is checked here.
"""

from collections.abc import Callable, Mapping

from msgspec import structs

from roadshow.errors import Conflict, InputError, NotAllowed
from roadshow.ids import CommandId, PersonId, ProjectId, RoomId
from roadshow.voting.ballot import check, check_command
from roadshow.voting.entitlement import require_heard, require_judge
from roadshow.voting.grounds import Grounds, GroundsView, check_grounds, grounds_view, sealed
from roadshow.voting.identity.browsers import UseBrowser
from roadshow.voting.identity.keys import AskKey, ballot_text, is_key, is_signed_by
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.ports import Listener, VoteStore
from roadshow.voting.seals.notary import Notary
from roadshow.voting.seals.own import own_ballots
from roadshow.voting.seals.signed import SignedActs
from roadshow.voting.seating.pairings import opponents
from roadshow.voting.spec import KEYLESS, PollSpec
from roadshow.voting.votes import Accepted, BallotKind, Cast, OwnBallots, Receipt


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
        self._known: set[tuple[RoomId, PersonId, str]] = set()
        """Browsers that the ledger has, as far as this server knows."""

    async def comes(self, room: RoomId, judge: PersonId, act: UseBrowser) -> None:
        """Before what a judge sends is taken: enter the browser it comes from in the ledger, once. Where that cannot
        be, what they send is refused for the same reason, and in better words. Raises Conflict("browser.too_many",
        limit)."""
        known = (room, judge, act.browser)
        if known in self._known:
            return
        try:
            await self._signed.act(self._spec(room), judge, act, CommandId(f"browser-{act.browser}"))
        except (Conflict, NotAllowed) as refusal:
            if refusal.code in ("ballot.closed", "ballot.not_entitled", "result.confirmed"):
                return
            raise
        self._known.add(known)

    async def cast(self, room: RoomId, judge: PersonId, cast: Cast) -> Receipt:
        """Take a ballot; the same one again gives the same receipt. Raises what ``ballot.check`` and
        ``VoteStore.cast`` raise, NotAllowed("ballot.not_entitled"), NotFound("project.unknown"); of one that is no
        scores, what ``require_heard`` does."""
        spec = self._entitled(room, judge, cast.project)
        check(cast, spec)
        if spec.rules.ballots:
            require_heard(spec, judge, cast, await self._store.read(spec.poll))
        return self._heard(room, await self._signed.cast(spec, judge, self._own(spec, judge, cast, "ballot")))

    async def cast_late(self, room: RoomId, judge: PersonId, cast: Cast) -> Receipt:
        """Keep a ballot apart that comes after its window: it counts if the chair accepts it. What is no scores is
        never late: a window is opened again for it. Raises as ``cast`` and ``VoteStore.cast_late``."""
        spec = self._entitled(room, judge, cast.project)
        check(cast, spec)
        if spec.rules.ballots:
            raise Conflict("ballot.closed")
        return self._heard(room, await self._signed.cast_late(spec, judge, self._own(spec, judge, cast, "late")))

    async def abstain(self, room: RoomId, judge: PersonId, cast: Cast, grounds: Grounds) -> Receipt:
        """Give no score, for another reason than a conflict of interest: a revision like any other, but without
        ``scores``. Raises as ``cast`` and ``check_grounds``."""
        spec = self._entitled(room, judge, cast.project)
        check_command(cast.command)
        check_grounds(grounds, "abstain")
        if cast.scores or cast.expected_revision < 0:
            raise InputError("ballot.malformed")
        cast = self._own(spec, judge, cast, "abstain", grounds.category)
        withheld = sealed(spec.poll, cast.command, grounds, self._signer.sign)
        return self._heard(room, await self._signed.abstain(spec, judge, cast, withheld))

    async def recuse(
        self,
        room: RoomId,
        judge: PersonId,
        project: ProjectId,
        grounds: Grounds,
        command: CommandId,
        *,
        key: str = "",
        signature: str = "",
    ) -> Receipt:
        """Withdraw from judging a project while a window of it is open, for good; a ballot given before no longer
        counts. Raises as ``cast`` and ``check_grounds``."""
        spec = self._entitled(room, judge, project)
        check_command(command)
        check_grounds(grounds, "recuse")
        withheld = sealed(spec.poll, command, grounds, self._signer.sign)
        cast = Cast(command, project, {}, 0, key=key, signature=signature)
        cast = self._own(spec, judge, cast, "recuse", grounds.category)
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

    def opponents(self, room: RoomId, judge: PersonId) -> Mapping[ProjectId, frozenset[ProjectId]] | None:
        """With which others this judge compares each project; None where ballots are no comparisons, or the judge has
        no vote."""
        spec = self._spec(room)
        if spec.rules.ballots != "pairs" or judge not in (*spec.judges, *spec.reserve):
            return None
        return opponents(spec, judge)

    async def ask_key(self, room: RoomId, judge: PersonId, act: AskKey, command: CommandId) -> None:
        """Ask that the key of another browser be the judge's, or that they vote without one. Raises what the act says,
        and InputError("key.malformed")."""
        spec = self._spec(room)
        check_command(command)
        if act.key != KEYLESS and not is_key(act.key):
            raise InputError("key.malformed")
        await self._signed.act(spec, judge, act, command)
        self._listener.progress_changed(room)

    def _own(self, spec: PollSpec, judge: PersonId, cast: Cast, kind: BallotKind, category: str = "") -> Cast:
        """Signed with the key that is shown; that this is the judge's, the store knows. Without key or signature, where
        the rules ask for none. Raises InputError("key.signature")."""
        if not spec.rules.ballot_keys:
            return structs.replace(cast, key="", signature="")
        if cast.key == KEYLESS:
            return structs.replace(cast, signature="")
        text = ballot_text(self._notary.rules_of(spec), spec.poll, judge, cast, kind, category)
        if not is_signed_by(cast.key, text, cast.signature):
            raise InputError("key.signature")
        return cast

    def _entitled(self, room: RoomId, judge: PersonId, project: ProjectId) -> PollSpec:
        spec = self._spec(room)
        require_judge(spec, judge, project)
        return spec

    def _heard(self, room: RoomId, receipt: Receipt) -> Receipt:
        self._listener.progress_changed(room)
        return receipt
