"""Every act of a poll, done by the store and signed with the request in hand. Whatever writes votes goes through here;
who may do what is checked before.
"""

from collections.abc import Sequence
from functools import partial

import msgspec

from roadshow.ids import CommandId, PersonId, PollId, ProjectId
from roadshow.moments import Duration
from roadshow.voting.acts import BY_RULE, Act, reveal_body, settle_body
from roadshow.voting.aftermath.acts import AfterAct, after_body, after_kind
from roadshow.voting.ballot import frame
from roadshow.voting.boxes.boxes import Boxes
from roadshow.voting.calibration.rounds import Calibration, calibrate_body, told
from roadshow.voting.carried.carrying import carry_body
from roadshow.voting.carried.terms import Brought
from roadshow.voting.deliberation.acts import time_of
from roadshow.voting.grounds import SealedGrounds
from roadshow.voting.paper.acts import PaperAct, paper_body, paper_kind
from roadshow.voting.ports import VoteStore
from roadshow.voting.questions.acts import QuestionAct, Vote
from roadshow.voting.seals.notary import Notary
from roadshow.voting.seals.requests import (
    DeliberationRequest,
    Request,
    RevoteRequest,
    act_request,
    close_request,
    confirm_request,
    open_request,
    question_request,
)
from roadshow.voting.spec import PollSpec
from roadshow.voting.votes import FIRST_ROUND, Cast, Receipt


class SignedActs:
    """Methods are those of ``VoteStore`` and raise what they raise, and Conflict("ledger.rewritten") if the store has
    done something else than it was asked."""

    def __init__(self, store: VoteStore, notary: Notary, boxes: Boxes | None = None) -> None:
        """``boxes``: scores go to the store sealed, where their poll is held so."""
        self._store = store
        self._notary = notary
        self._boxes = boxes or Boxes()

    async def signatures(self, poll: PollId, sequences: Sequence[int] | None = None) -> dict[int, str]:
        """Those that were made of these entries, or of all, by sequence."""
        return await self._notary.signatures(poll, sequences)

    # Ballots, each with its receipt ---------------------------------------------------------------------------------

    async def cast(self, spec: PollSpec, judge: PersonId, cast: Cast) -> Receipt:
        cast = self._boxes.sealed(spec, judge, cast, "ballot")
        return await self._notary.ballot(spec, frame(judge, cast), self._store.cast(spec.poll, judge, cast))

    async def cast_late(self, spec: PollSpec, judge: PersonId, cast: Cast) -> Receipt:
        cast = self._boxes.sealed(spec, judge, msgspec.structs.replace(cast, round=FIRST_ROUND), "late")
        taking = self._store.cast_late(spec.poll, judge, cast)
        return await self._notary.ballot(spec, frame(judge, cast, "late"), taking)

    async def abstain(self, spec: PollSpec, judge: PersonId, cast: Cast, grounds: SealedGrounds) -> Receipt:
        framed = frame(judge, cast, "abstain", grounds.category, grounds.seal)
        return await self._notary.ballot(spec, framed, self._store.abstain(spec.poll, judge, cast, grounds))

    async def recuse(self, spec: PollSpec, judge: PersonId, cast: Cast, grounds: SealedGrounds) -> Receipt:
        framed = frame(judge, cast, "recuse", grounds.category, grounds.seal)
        return await self._notary.ballot(spec, framed, self._store.recuse(spec.poll, judge, cast, grounds))

    # All others, each with its seal ---------------------------------------------------------------------------------

    async def open_window(self, spec: PollSpec, project: ProjectId, closes_in: Duration | None) -> None:
        opening = partial(self._store.open_window, spec.poll, project, closes_in)
        await self._notary.act(spec, open_request(project, closes_in), opening)

    async def close_window(self, spec: PollSpec, project: ProjectId, in_round: int = FIRST_ROUND) -> None:
        closing = partial(self._store.close_window, spec.poll, project, in_round)
        await self._notary.act(spec, close_request(project, in_round), closing)

    async def act(self, spec: PollSpec, by: PersonId, act: Act, command: CommandId) -> None:
        acting = partial(self._store.act, spec.poll, by, act, command)
        await self._notary.act(spec, act_request(by, act, command), acting)

    async def settle(
        self, spec: PollSpec, chair: PersonId, order: tuple[ProjectId, ...], reason: str, command: CommandId
    ) -> None:
        settling = partial(self._store.settle, spec.poll, chair, order, reason, command)
        await self._notary.act(spec, Request("settle", settle_body(chair, order, reason, command)), settling)

    async def revote(
        self,
        spec: PollSpec,
        chair: PersonId,
        projects: tuple[ProjectId, ...],
        reason: str,
        closes_in: Duration | None,
        command: CommandId,
    ) -> None:
        opening = partial(self._store.revote, spec.poll, chair, projects, reason, closes_in, command)
        await self._notary.act(spec, RevoteRequest(chair, projects, reason, closes_in, command), opening)

    async def confirm(
        self, spec: PollSpec, chair: PersonId, result: bytes, expected: int, command: CommandId, second: bool
    ) -> None:
        confirming = partial(self._store.confirm, spec.poll, chair, result, expected, command, second)
        await self._notary.act(spec, confirm_request(chair, result, command), confirming)

    async def announce(self, spec: PollSpec, by: PersonId, announced: int, command: CommandId, last: bool) -> None:
        announcing = partial(self._store.announce, spec.poll, by, announced, command, last)
        await self._notary.act(spec, Request("reveal", reveal_body(by, announced + 1, command)), announcing)

    async def deliberate(
        self, spec: PollSpec, by: PersonId, projects: tuple[ProjectId, ...], command: CommandId
    ) -> None:
        opening = partial(self._store.deliberate, spec, by, projects, command)
        await self._notary.act(spec, DeliberationRequest(by, projects, time_of(spec.rules), command), opening)

    async def question(self, spec: PollSpec, by: PersonId, act: QuestionAct, command: CommandId) -> None:
        if isinstance(act, Vote):
            act = self._boxes.sealed_vote(spec, by, act, command)
        acting = partial(self._store.question, spec.poll, by, act, command)
        await self._notary.act(spec, question_request(by, act, command), acting)

    async def after(self, spec: PollSpec, by: PersonId, act: AfterAct, command: CommandId, confided: str = "") -> int:
        acting = partial(self._store.after, spec, by, act, command, confided)
        return await self._notary.act(spec, Request(after_kind(act), after_body(by, act, command)), acting)

    async def carry(self, spec: PollSpec, what: Brought, command: CommandId) -> None:
        carrying = partial(self._store.carry, spec.poll, what, command)
        await self._notary.act(spec, Request("carry", carry_body(BY_RULE, what, command)), carrying)

    async def tell_calibration(self, spec: PollSpec, seen: Calibration, command: CommandId) -> None:
        rounds = told(seen, spec)
        telling = partial(self._store.tell_calibration, spec.poll, rounds, seen.changes, command)
        await self._notary.act(spec, Request("calibrate", calibrate_body(rounds, command)), telling)

    async def paper(self, spec: PollSpec, by: PersonId, act: PaperAct, command: CommandId) -> int:
        acting = partial(self._store.paper, spec.poll, by, act, command)
        return await self._notary.act(spec, Request(paper_kind(act), paper_body(by, act, command)), acting)
