"""The voting of a competition's rooms: windows, ballots and receipts, then the chair's confirmation and the ceremony.

Nothing but what was announced leaves here before the last place is revealed, except a judge's own ballots to that
judge. Whoever calls has checked the role; that the chair is this poll's chair is checked here.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from roadshow.errors import Conflict, InputError, NotAllowed, NotFound
from roadshow.ids import CommandId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.voting.acts import confirm_body, settle_body
from roadshow.voting.ballot import check, check_command, check_reason
from roadshow.voting.ledger import Signer, fold, genesis, receipt, result_text
from roadshow.voting.ports import (
    Accepted,
    Cast,
    CeremonyState,
    CeremonyView,
    EntryKind,
    JudgeProgress,
    LedgerEntry,
    OwnBallots,
    PlaceView,
    PollSpec,
    PollState,
    ProgressView,
    ProjectProgress,
    PublishedResult,
    Receipt,
    ReviewView,
    Standing,
    VoteStore,
)
from roadshow.voting.rules import FieldResult, evaluate

CONFIRM_TRIES = 5
"""At a poll whose ledger moves while its result is worked out. All windows are closed by then, so one is the rule."""
LEDGER_PAGE = 500
"""Entries asked of the store at a time."""


class Listener(Protocol):
    """Called once an act is durable. Must not block and must not raise."""

    def progress_changed(self, room: RoomId) -> None:
        """``progress`` or ``review`` may read differently now."""
        ...

    def ceremony_changed(self, room: RoomId) -> None:
        """``ceremony`` may read differently now; with it ``published``."""
        ...


class _Confirmed(msgspec.Struct, frozen=True):
    """The result as it rests in the store, sealed."""

    standings: tuple[Standing, ...]
    confirmed_by: PersonId
    head: str
    sequence: int
    public_key: str
    signature: str


_confirmed_decoder = msgspec.json.Decoder(_Confirmed)


class VotingService:
    """``specs``: the poll of each room. Also satisfies ``roadshow.rooms.ports.Polls``."""

    def __init__(self, store: VoteStore, signer: Signer, specs: Mapping[RoomId, PollSpec], listener: Listener) -> None:
        self._store = store
        self._signer = signer
        self._specs = dict(specs)
        self._listener = listener

    @property
    def public_key(self) -> str:
        """What receipts and results are checked with: an Ed25519 key in base64url."""
        return self._signer.public_key

    async def prepare(self) -> None:
        """Create every poll that is not there yet. Raises Conflict("poll.changed") if one is there with other judges,
        projects, criteria or rules."""
        for spec in self._specs.values():
            await self._store.prepare(spec, genesis(spec))

    # Windows --------------------------------------------------------------------------------------------------------

    async def open_window(self, room: RoomId, project: ProjectId, closes_in: Duration | None) -> None:
        """As ``rooms.ports.Polls``; Conflict("result.confirmed"), NotFound("room.unknown", "project.unknown")."""
        await self._store.open_window(self._spec(room).poll, project, closes_in)
        self._listener.progress_changed(room)

    async def close_window(self, room: RoomId, project: ProjectId) -> None:
        """As ``rooms.ports.Polls``."""
        await self._store.close_window(self._spec(room).poll, project)
        self._listener.progress_changed(room)

    # Judges ---------------------------------------------------------------------------------------------------------

    async def cast(self, room: RoomId, judge: PersonId, cast: Cast) -> Receipt:
        """Take a ballot; the same one again gives the same receipt. Raises what ``ballot.check`` and
        ``VoteStore.cast`` raise, NotAllowed("ballot.not_entitled"), NotFound("project.unknown")."""
        spec = self._entitled(room, judge, cast.project)
        check(cast, spec)
        return self._receipt(room, spec, await self._store.cast(spec.poll, judge, cast))

    async def recuse(
        self, room: RoomId, judge: PersonId, project: ProjectId, reason: str, command: CommandId
    ) -> Receipt:
        """Withdraw from judging a project while its window is open, for good; a ballot given before no longer counts.
        Raises as ``cast``, and InputError("reason.length")."""
        spec = self._entitled(room, judge, project)
        check_command(command)
        check_reason(reason)
        cast = Cast(command, project, {}, 0)
        return self._receipt(room, spec, await self._store.cast(spec.poll, judge, cast, recuse_reason=reason))

    async def own_ballots(self, room: RoomId, judge: PersonId) -> OwnBallots:
        """What the store holds of this judge; nothing of anybody else."""
        spec = self._spec(room)
        state = await self._store.read(spec.poll)
        own = {accepted.ballot.project: accepted for accepted in state.ballots if accepted.ballot.judge == judge}
        return OwnBallots(
            receipts=tuple(
                receipt(spec.poll, own[project], self._signer) for project in spec.projects if project in own
            ),
            recused=tuple(project for project in spec.projects if (judge, project) in spec.recused),
        )

    # Control and chair ----------------------------------------------------------------------------------------------

    async def progress(self, room: RoomId) -> ProgressView:
        """Who has submitted what; no score."""
        spec = self._spec(room)
        return _progress(spec, await self._store.read(spec.poll))

    async def review(self, room: RoomId) -> ReviewView:
        """What the chair needs to know before confirming. Ties are not told while a window is open."""
        spec = self._spec(room)
        state = await self._store.read(spec.poll)
        result = _evaluate(spec, state)
        settling = state.state is CeremonyState.SEALED and not _is_open(state)
        return ReviewView(
            state=state.state,
            ready=settling and not result.ties and bool(_podium(spec, result.standings)),
            incomplete=tuple(standing.project for standing in result.standings if standing.place is None),
            ties=result.ties if settling else (),
            head=state.head,
            sequence=state.sequence,
        )

    async def settle(
        self, room: RoomId, chair: PersonId, order: tuple[ProjectId, ...], reason: str, command: CommandId
    ) -> None:
        """The chair's vote on one of ``review``'s ties, best first. Until the result is confirmed a later vote on the
        same tie replaces it. Raises NotAllowed("result.not_chair"), Conflict("poll.open", "result.no_tie",
        "result.confirmed"), InputError("reason.length")."""
        spec = self._chaired(room, chair)
        check_command(command)
        check_reason(reason)
        state = await self._store.read(spec.poll)
        act = settle_body(chair, order, reason, command)
        # Once confirmed, the store says so; the ties of then are of no interest.
        if state.state is CeremonyState.SEALED and not _holds(await self._ledger(spec.poll), "settle", act):
            if _is_open(state):
                raise Conflict("poll.open")
            ties = evaluate(spec, (accepted.ballot for accepted in state.ballots)).ties
            if not any(sorted(order) == sorted(tie.projects) for tie in ties):
                raise Conflict("result.no_tie")
        await self._store.settle(spec.poll, chair, order, reason, command)
        self._listener.progress_changed(room)

    async def confirm(self, room: RoomId, chair: PersonId, accept_incomplete: bool, command: CommandId) -> None:
        """Work out the result and freeze it, sealed. Raises NotAllowed("result.not_chair"),
        Conflict("result.confirmed"), Conflict("poll.open") while a window is open, Conflict("result.tie", count) while
        ties wait, Conflict("result.empty") if no project has its quorum, Conflict("result.incomplete", count) if some
        lack it and that is not accepted."""
        spec = self._chaired(room, chair)
        check_command(command)
        for tries_left in reversed(range(CONFIRM_TRIES)):
            state = await self._store.read(spec.poll)
            entries = await self._ledger(spec.poll)
            # A repetition goes to the store too, which knows it: no acknowledgement comes without a write.
            repeated = _holds(entries, "confirm", confirm_body(chair, b"", command)[0])
            result = b"" if repeated else self._result(spec, state, entries, chair, accept_incomplete)
            try:
                await self._store.confirm(spec.poll, chair, result, state.sequence, command)
                break
            except Conflict as conflict:
                if conflict.code != "poll.moved" or not tries_left:
                    raise
        self._listener.progress_changed(room)
        self._listener.ceremony_changed(room)

    # The ceremony ---------------------------------------------------------------------------------------------------

    async def reveal_next(self, room: RoomId, by: PersonId, announced: int, command: CommandId) -> CeremonyView:
        """Announce the next place, from the lowest up. ``announced``: how many the caller has seen announced. Raises
        Conflict("result.sealed") before confirmation, Conflict("reveal.moved_on") if it is not that many or none is
        left."""
        spec = self._spec(room)
        check_command(command)
        if announced < 0:
            raise InputError("command.malformed")
        state = await self._store.read(spec.poll)
        if state.result is None:
            raise Conflict("result.sealed")
        last = announced + 1 >= len(_announcements(spec, state.result))
        await self._store.announce(spec.poll, by, announced, command, last)
        self._listener.ceremony_changed(room)
        return await self.ceremony(room)

    async def ceremony(self, room: RoomId) -> CeremonyView:
        """Public: what was announced, and how many places are still to come."""
        spec = self._spec(room)
        state = await self._store.read(spec.poll)
        if state.result is None:
            return CeremonyView(CeremonyState.SEALED)
        places = _announcements(spec, state.result)
        return CeremonyView(state.state, places[: state.announced], len(places) - state.announced)

    async def published(self, room: RoomId) -> PublishedResult:
        """The whole result. Raises Conflict("result.sealed") before the last place was announced."""
        spec = self._spec(room)
        state = await self._store.read(spec.poll)
        if state.state is not CeremonyState.REVEALED or state.result is None or state.confirmed_at is None:
            raise Conflict("result.sealed")
        confirmed = _confirmed_decoder.decode(state.result)
        return PublishedResult(
            poll=spec.poll,
            standings=confirmed.standings,
            confirmed_by=confirmed.confirmed_by,
            confirmed_at=state.confirmed_at,
            head=confirmed.head,
            sequence=confirmed.sequence,
            public_key=confirmed.public_key,
            signature=confirmed.signature,
        )

    # ----------------------------------------------------------------------------------------------------------------

    def _spec(self, room: RoomId) -> PollSpec:
        spec = self._specs.get(room)
        if spec is None:
            raise NotFound("room.unknown")
        return spec

    def _entitled(self, room: RoomId, judge: PersonId, project: ProjectId) -> PollSpec:
        spec = self._spec(room)
        if judge not in spec.judges:
            raise NotAllowed("ballot.not_entitled")
        if project not in spec.projects:
            raise NotFound("project.unknown")
        return spec

    def _chaired(self, room: RoomId, chair: PersonId) -> PollSpec:
        spec = self._spec(room)
        if chair != spec.chair:
            raise NotAllowed("result.not_chair")
        return spec

    def _receipt(self, room: RoomId, spec: PollSpec, accepted: Accepted) -> Receipt:
        self._listener.progress_changed(room)
        return receipt(spec.poll, accepted, self._signer)

    def _result(
        self, spec: PollSpec, state: PollState, entries: list[LedgerEntry], chair: PersonId, accept_incomplete: bool
    ) -> bytes:
        """The encoded result of this state, or what forbids it. ``entries``: the ledger, read after the state."""
        if state.state is not CeremonyState.SEALED:
            raise Conflict("result.confirmed")
        if _is_open(state):
            raise Conflict("poll.open")
        counted = fold(entries[: state.sequence])
        if (counted.ballots, counted.settled) != (state.ballots, state.settled):
            raise Conflict("ledger.rewritten")
        result = _evaluate(spec, state)
        if not _podium(spec, result.standings):
            raise Conflict("result.empty")
        incomplete = sum(standing.place is None for standing in result.standings)
        if incomplete and not accept_incomplete:
            raise Conflict("result.incomplete", count=incomplete)
        if result.ties:
            raise Conflict("result.tie", count=len(result.ties))
        text = result_text(spec.poll, state.head, state.sequence, result.standings)
        return msgspec.json.encode(
            _Confirmed(
                standings=result.standings,
                confirmed_by=chair,
                head=state.head,
                sequence=state.sequence,
                public_key=self._signer.public_key,
                signature=self._signer.sign(text),
            )
        )

    async def _ledger(self, poll: PollId) -> list[LedgerEntry]:
        entries: list[LedgerEntry] = []
        while page := await self._store.ledger(poll, len(entries), LEDGER_PAGE):
            entries += page
        return entries


def _holds(entries: list[LedgerEntry], kind: EntryKind, head: bytes) -> bool:
    """Whether an act whose body begins so was done before."""
    return any(entry.kind == kind and entry.body.startswith(head) for entry in entries)


def _is_open(state: PollState) -> bool:
    return any(window.open for window in state.windows)


def _evaluate(spec: PollSpec, state: PollState) -> FieldResult:
    return evaluate(spec, (accepted.ballot for accepted in state.ballots), state.settled)


def _progress(spec: PollSpec, state: PollState) -> ProgressView:
    newest = {(accepted.ballot.judge, accepted.ballot.project): accepted.ballot for accepted in state.ballots}
    open_now = {window.project for window in state.windows if window.open}

    def judge_progress(judge: PersonId, project: ProjectId) -> JudgeProgress:
        ballot = newest.get((judge, project))
        if (judge, project) in spec.recused or (ballot is not None and ballot.recused):
            return JudgeProgress(judge, "recused", 0 if ballot is None else ballot.revision)
        return JudgeProgress(judge, "waiting") if ballot is None else JudgeProgress(judge, "submitted", ballot.revision)

    projects: list[ProjectProgress] = []
    for project in spec.projects:
        judges = tuple(judge_progress(judge, project) for judge in spec.judges)
        submitted = sum(judge.state == "submitted" for judge in judges)
        projects.append(ProjectProgress(project, project in open_now, judges, submitted >= max(spec.rules.quorum, 1)))
    return ProgressView(tuple(projects))


def _podium(spec: PollSpec, standings: tuple[Standing, ...]) -> tuple[PlaceView, ...]:
    """The places to announce, best first."""
    places: dict[int, list[Standing]] = {}
    for standing in standings:
        if standing.place is not None and standing.place <= spec.rules.places:
            places.setdefault(standing.place, []).append(standing)
    return tuple(
        PlaceView(place, tuple(standing.project for standing in level), level[0].score)
        for place, level in sorted(places.items())
    )


def _announcements(spec: PollSpec, result: bytes) -> tuple[PlaceView, ...]:
    """In the order of the ceremony: the lowest place first."""
    return _podium(spec, _confirmed_decoder.decode(result).standings)[::-1]
