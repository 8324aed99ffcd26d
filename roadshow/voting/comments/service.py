"""Writing comments, reading one's own, looking them through, and the team that reads them at last.

Whoever calls has checked roles: that a judge writes, that who looks through has an office, and that who reads for a
team pitches its project.
"""

from collections.abc import Callable

import msgspec

from roadshow.errors import Conflict, NotAllowed
from roadshow.ids import PersonId, ProjectId, RoomId
from roadshow.voting import views
from roadshow.voting.ballot import check_reason
from roadshow.voting.comments.comment import (
    Comment,
    OwnComment,
    TeamComment,
    check_comment,
    is_at_once,
    is_intact,
    is_released,
    is_theirs,
    require_comments,
    require_writing,
    seal,
)
from roadshow.voting.entitlement import office_of, require_deciding
from roadshow.voting.grounds import readable
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.office.passing import at_present
from roadshow.voting.ports import VoteStore
from roadshow.voting.results import CeremonyState
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import PollState


class Comments:
    """``spec``: the poll of a room, as it was begun. All methods raise NotFound("comments.off") where the rules have
    none."""

    def __init__(self, store: VoteStore, signer: Signer, spec: Callable[[RoomId], PollSpec]) -> None:
        self._store = store
        self._signer = signer
        self._commented = spec

    def require(self, room: RoomId) -> None:
        """That the rules have comments."""
        self._spec(room)

    async def write(self, room: RoomId, judge: PersonId, project: ProjectId, words: str, expected: int) -> int:
        """Keep a comment, or take it back with an empty one. ``expected``: the revision that the judge has seen. Raises
        what ``require_writing``, ``check_comment`` and ``VoteStore.comment`` raise."""
        spec = self._spec(room)
        said = readable(words)
        check_comment(said)
        state = await self._store.read(spec.poll)
        require_writing(spec, state, views.recused(spec, state.tally), judge, project)
        sealed = seal(spec.poll, judge, project, said, self._signer.sign)
        return await self._store.comment(spec, judge, project, said, sealed, expected)

    async def own(self, room: RoomId, judge: PersonId) -> tuple[OwnComment, ...]:
        """A judge's own, one for each project that they may write to by now, in the order of the field."""
        spec = self._spec(room)
        state = await self._store.read(spec.poll)
        recused = views.recused(spec, state.tally)
        kept = {one.project: one for one in await self._store.comments(spec.poll) if one.judge == judge}

        def may_write(project: ProjectId) -> bool:
            try:
                require_writing(spec, state, recused, judge, project)
            except (Conflict, NotAllowed):
                return False
            return True

        def told(one: Comment) -> OwnComment:
            stands = is_released(spec.rules, state.state, one)
            return OwnComment(one.project, one.words, one.revision, one.fate, one.reason, stands)

        written = (kept.get(one, Comment(judge, one, "", "", 0)) for one in spec.projects if may_write(one))
        return tuple(map(told, written))

    async def for_team(self, room: RoomId, project: ProjectId) -> tuple[TeamComment, ...]:
        """What was released to a project's team. In an order that tells nothing: neither who wrote first nor who sits
        where. Raises Conflict("result.sealed")."""
        spec = self._spec(room)
        state = await self._store.read(spec.poll)
        found = [
            one
            for one in await self._shown(spec, state)
            if one.project == project and is_released(spec.rules, state.state, one)
        ]
        sound = {one.judge: is_intact(spec.poll, one, self._signer.sign) for one in found}
        return tuple(
            TeamComment(one.judge, one.words if sound[one.judge] else "", sound[one.judge])
            for one in sorted(found, key=lambda one: one.seal)
        )

    async def to_look_through(self, room: RoomId, person: PersonId) -> tuple[Comment, ...]:
        """Those that are this person's to release or to withhold, whatever became of each; without
        words where these are not the ones that were sent. Raises
        Conflict("result.sealed"): before, they would tell of scores. None where the result releases them."""
        spec = self._spec(room)
        state = await self._store.read(spec.poll)
        found = await self._shown(spec, state)
        if is_at_once(spec.rules):
            return ()
        recused, seated = views.recused(spec, state.tally), at_present(spec, state.tally)
        office = office_of(seated, person)
        theirs = (one for one in found if is_theirs(seated, recused, office, one.judge, one.project))
        return tuple(
            one if is_intact(spec.poll, one, self._signer.sign) else msgspec.structs.replace(one, words="")
            for one in theirs
        )

    async def decide(
        self,
        room: RoomId,
        by: PersonId,
        judge: PersonId,
        project: ProjectId,
        revision: int,
        *,
        release: bool,
        reason: str,
    ) -> None:
        """Release a comment, or withhold it with a reason, which its judge reads. ``revision``: the one that was looked
        through. Raises NotAllowed("result.not_chair", "ruling.conflict") if it is not theirs to decide,
        InputError("reason.length") of a withheld one, and as ``VoteStore.decide_comment``."""
        spec = self._spec(room)
        if not release:
            check_reason(reason)
        state = await self._store.read(spec.poll)
        recused = views.recused(spec, state.tally)
        require_deciding(at_present(spec, state.tally), recused, by, (project,), judge)
        why = "" if release else reason.strip()
        await self._store.decide_comment(
            spec.poll, by, judge, project, revision, "released" if release else "withheld", why
        )

    async def _shown(self, spec: PollSpec, state: PollState) -> tuple[Comment, ...]:
        """All that are there, but for those of judges who turned out to have a conflict of interest. Raises
        Conflict("result.sealed")."""
        if state.state is not CeremonyState.REVEALED:
            raise Conflict("result.sealed")
        recused = views.recused(spec, state.tally)
        kept = await self._store.comments(spec.poll)
        return tuple(one for one in kept if one.words and (one.judge, one.project) not in recused)

    def _spec(self, room: RoomId) -> PollSpec:
        spec = self._commented(room)
        require_comments(spec)
        return spec
