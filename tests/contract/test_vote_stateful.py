"""Any course of a vote, on the real store, against a model of a few lines: hypothesis looks for one that differs.

A crash is the loss of every connection and of everything a server remembers; the store itself is killed in tests/chaos.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeVar

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis.asyncio import Redis
from typing_extensions import override

from roadshow.errors import RoadshowError, Unavailable
from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId
from roadshow.moments import ZERO
from roadshow.store.connection import connect
from roadshow.store.keys import Keys
from roadshow.voting.acts import AskSubstitute, CloseCount, Substitute
from roadshow.voting.grounds import SealedGrounds
from roadshow.voting.ledger.chain import genesis, verify
from roadshow.voting.ledger.counting import counted
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.results import CeremonyState
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.tally import EntryKind, LedgerEntry, PollState
from roadshow.voting.votes import Accepted, Cast
from tests.contract.panels import panels, seats, weights
from tests.contract.sealing import BOXES, box_for, with_sealed_ballots

T = TypeVar("T")
EXAMPLES = 40
STEPS = 30
PROJECTS = tuple(map(ProjectId, ("arm", "leg")))
JUDGES = tuple(map(PersonId, ("lin", "mei", "olga")))
CONFLICT = (JUDGES[2], PROJECTS[1])
"""Declared before the poll."""
IMPACT = CriterionId("impact")
KEYS = Keys(CompetitionId("stateful"))

projects = st.sampled_from(PROJECTS)
VERA, DEPUTY = PersonId("vera"), PersonId("deputy")
"""On the reserve; who signs that she takes a seat."""
judges = st.sampled_from((*JUDGES, VERA, PersonId("eve")))
scores = st.integers(0, 10)
_numbers = count()


@dataclass
class Sent:
    judge: PersonId
    cast: Cast
    grounds: SealedGrounds | None
    accepted: Accepted


@dataclass
class Model:
    """What must be so, by docs/voting.md."""

    windows: dict[ProjectId, str] = field(default_factory=dict)
    """``open``, ``over`` (its deadline has passed and nobody was told yet) or ``closed``."""
    newest: dict[tuple[PersonId, ProjectId], Sent] = field(default_factory=dict)
    sent: dict[CommandId, Sent] = field(default_factory=dict)
    entries: list[EntryKind] = field(default_factory=list)
    lost: tuple[PersonId, int] | None = None
    """Whose seat Vera has, and from which project on."""
    is_counted: bool = False
    is_confirmed: bool = False

    def revision(self, judge: PersonId, project: ProjectId) -> int:
        return self.newest[judge, project].accepted.ballot.revision if (judge, project) in self.newest else 0

    def refusal(self, judge: PersonId, cast: Cast, grounds: SealedGrounds | None) -> str | None:
        """Of a command that was not seen before."""
        pair = judge, cast.project
        if judge not in JUDGES and (judge != VERA or self.lost is None):
            return "ballot.not_entitled"
        if self.lost is not None:
            who, first = self.lost
            if judge == (who if PROJECTS.index(cast.project) >= first else VERA):
                return "ballot.replaced"
        if pair == CONFLICT or (pair in self.newest and self.newest[pair].grounds is not None):
            return "ballot.recused"
        if self.is_confirmed:
            return "result.confirmed"
        if self.is_counted:
            return "count.closed"
        if self.windows.get(cast.project) != "open":
            return "ballot.closed"
        if grounds is None and cast.expected_revision != self.revision(*pair):
            return "ballot.stale"
        return None


class Voting(RuleBasedStateMachine):
    url: str
    """Of the store."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.model = Model()

    @initialize(sealed=st.booleans(), weights=weights)
    def begin(self, sealed: bool, weights: tuple[int, ...]) -> None:
        self.spec = PollSpec(
            poll=PollId(f"poll-{next(_numbers)}"),
            projects=PROJECTS,
            judges=JUDGES,
            chair=JUDGES[0],
            recused=(CONFLICT,),
            criteria=(Criterion(IMPACT, 1, 10),),
            rules=RuleSet(
                estimator="mean",
                quorum=1,
                tie_chain=("shared",),
                rank_on="exact",
                places=3,
                panels=panels(weights),
            ),
            seats=seats(JUDGES, weights),
            deputy=DEPUTY,
            reserve=(VERA,),
        )
        if sealed:
            self.spec = with_sealed_ballots(self.spec)
        self.store = self.do(self.server())
        self.do(self.store.prepare(self.spec, genesis(self.spec)))

    def do(self, act: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(act)

    async def server(self) -> RedisVoteStore:
        """One that was just started: new connections, nothing remembered."""
        return RedisVoteStore(await self.stack.enter_async_context(connect(self.url)), KEYS, boxes=BOXES)

    @override
    def teardown(self) -> None:
        self.do(self.stack.aclose())
        self.runner.close()

    # Windows --------------------------------------------------------------------------------------------------------

    @rule(project=projects, in_time=st.booleans())
    def open(self, project: ProjectId, in_time: bool) -> None:
        act = self.store.open_window(self.spec.poll, project, None if in_time else ZERO)
        if self.model.is_confirmed:
            assert self.refused(act) == "result.confirmed"
            return
        if self.model.is_counted:
            assert self.refused(act) == "count.closed"
            return
        self.do(act)
        wanted = "open" if in_time else "over"
        if not (in_time and self.model.windows.get(project) == "open"):
            self.model.entries.append("open")
        self.model.windows[project] = wanted

    @rule(project=projects)
    def close(self, project: ProjectId) -> None:
        self.do(self.store.close_window(self.spec.poll, project))
        if not self.model.is_confirmed and self.model.windows.get(project) in ("open", "over"):
            self.model.entries.append("close")
            self.model.windows[project] = "closed"

    # Ballots --------------------------------------------------------------------------------------------------------

    def refused(self, act: Coroutine[Any, Any, object]) -> str:
        try:
            self.do(act)
        except RoadshowError as refusal:
            return refusal.code
        raise AssertionError("it should have been refused")

    def store_it(self, judge: PersonId, cast: Cast, grounds: SealedGrounds | None) -> Coroutine[Any, Any, Accepted]:
        poll = self.spec.poll
        if grounds is not None:
            return self.store.recuse(poll, judge, cast, grounds)
        return self.store.cast(poll, judge, BOXES.sealed(self.spec, judge, cast, "ballot"))

    def send(self, judge: PersonId, cast: Cast, grounds: SealedGrounds | None = None) -> None:
        """A command that was not seen before."""
        model, act = self.model, self.store_it(judge, cast, grounds)
        refusal = model.refusal(judge, cast, grounds)
        if refusal is not None:
            assert self.refused(act) == refusal
            if refusal == "ballot.closed" and model.windows.get(cast.project) == "over":
                model.entries.append("close")
                model.windows[cast.project] = "closed"
            return
        accepted = self.do(act)
        model.entries.append("ballot" if grounds is None else "recuse")
        assert accepted.sequence == len(model.entries)
        ballot = accepted.ballot
        assert (ballot.judge, ballot.project, ballot.scores) == (judge, cast.project, cast.scores)
        assert ballot.revision == model.revision(judge, cast.project) + 1
        sent = Sent(judge, cast, grounds, accepted)
        model.newest[judge, cast.project] = model.sent[cast.command] = sent

    def command(self) -> CommandId:
        return CommandId(f"command-{next(_numbers):08}")

    @rule(judge=judges, project=projects, score=scores)
    def cast(self, judge: PersonId, project: ProjectId, score: int) -> None:
        """A first ballot, or a revision by somebody who has seen the newest."""
        self.send(judge, Cast(self.command(), project, {IMPACT: score}, self.model.revision(judge, project)))

    @rule(judge=judges, project=projects, score=scores, off=st.sampled_from([-2, -1, 1]))
    def cast_stale(self, judge: PersonId, project: ProjectId, score: int, off: int) -> None:
        """Another tab was faster."""
        self.send(judge, Cast(self.command(), project, {IMPACT: score}, self.model.revision(judge, project) + off))

    @rule(judge=judges, project=projects)
    def recuse(self, judge: PersonId, project: ProjectId) -> None:
        self.send(judge, Cast(self.command(), project, {}, 0), SealedGrounds("stake", "my own company", "0" * 64))

    @precondition(lambda self: self.model.sent)
    @rule(data=st.data())
    def resend(self, data: st.DataObject) -> None:
        """Whatever has happened since, the first answer."""
        sent = data.draw(st.sampled_from(list(self.model.sent.values())))
        assert self.do(self.store_it(sent.judge, sent.cast, sent.grounds)) == sent.accepted

    @precondition(lambda self: self.model.sent)
    @rule(data=st.data(), judge=st.sampled_from(JUDGES), project=projects)
    def reuse(self, data: st.DataObject, judge: PersonId, project: ProjectId) -> None:
        """A known command id with another meaning."""
        known = data.draw(st.sampled_from(list(self.model.sent)))
        cast = Cast(known, project, {IMPACT: 11}, 0)
        assert self.refused(self.store_it(judge, cast, None)) == "ballot.command_reused"

    # Seats ----------------------------------------------------------------------------------------------------------

    @precondition(lambda self: self.model.newest)
    @rule(data=st.data(), project=projects)
    def substitute(self, data: st.DataObject, project: ProjectId) -> None:
        """Vera comes for a judge: an organiser asks, the deputy signs."""
        model, first = self.model, PROJECTS.index(project)
        having_scored = [judge for judge, _ in model.newest if judge in JUDGES]
        judge = data.draw(st.sampled_from([*JUDGES, *having_scored, *having_scored]))
        act = AskSubstitute(judge, VERA, project, "the line is down")
        asking = self.store.act(self.spec.poll, PersonId("organiser"), act, self.command())
        if model.is_confirmed:
            assert self.refused(asking) == "result.confirmed"
        elif model.is_counted:
            assert self.refused(asking) == "count.closed"
        elif model.lost is not None:
            assert self.refused(asking) == "substitute.reserve"
        elif any((judge, later) in model.newest for later in PROJECTS[first:]):
            assert self.refused(asking) == "substitute.voted"
        else:
            self.do(asking)
            asked = len(model.entries) + 1
            self.do(self.store.act(self.spec.poll, DEPUTY, Substitute(asked), self.command()))
            model.entries += ["ask-substitute", "substitute"]
            model.lost = judge, first

    # The rest -------------------------------------------------------------------------------------------------------

    @rule()
    def crash(self) -> None:
        self.do(self.stack.aclose())
        self.store = self.do(self.server())
        self.do(self.store.prepare(self.spec, genesis(self.spec)))

    @rule()
    def lose_connections(self) -> None:
        """Under the running server; every act is repeated on new ones."""

        async def cut() -> None:
            async with connect(self.url) as store:
                await store.redis.client_kill_filter(_type="normal", skipme=True)

        self.do(cut())

    @rule()
    def close_count(self) -> None:
        act = self.store.act(self.spec.poll, JUDGES[0], CloseCount(1), self.command())
        if self.model.is_confirmed:
            assert self.refused(act) == "result.confirmed"
        elif self.model.is_counted:
            assert self.refused(act) == "count.closed"
        elif "open" in self.model.windows.values():
            assert self.refused(act) == "poll.open"
        else:
            self.do(act)
            self.model.entries.append("close-count")
            self.model.is_counted = True

    @rule(moved=st.booleans())
    def confirm(self, moved: bool) -> None:
        count = len(self.model.entries)
        act = self.store.confirm(self.spec.poll, JUDGES[0], b"{}", count - moved, self.command())
        if self.model.is_confirmed:
            assert self.refused(act) == "result.confirmed"
        elif "open" in self.model.windows.values():
            assert self.refused(act) == "poll.open"
        elif not self.model.is_counted:
            assert self.refused(act) == "count.open"
        elif moved:
            assert self.refused(act) == "poll.moved"
        else:
            self.do(act)
            self.model.entries.append("confirm")
            self.model.is_confirmed = True

    async def look(self) -> tuple[PollState, tuple[LedgerEntry, ...]]:
        """Reading is not repeated for the reader."""
        for tries_left in reversed(range(3)):
            try:
                return await self.store.read(self.spec.poll), await self.store.ledger(self.spec.poll, 0, 1000)
            except Unavailable:
                if not tries_left:
                    raise
        raise AssertionError("unreachable")

    @invariant()
    def everything_is_as_it_must_be(self) -> None:
        model = self.model
        state, entries = self.do(self.look())
        newest = sorted((sent.accepted for sent in model.newest.values()), key=lambda accepted: accepted.sequence)
        assert list(state.tally.ballots) == newest
        assert counted(entries, box_for(self.spec)) == state.tally
        scored = [one.ballot for one in state.tally.ballots if one.ballot.scores]
        assert {bool(ballot.sealed) for ballot in scored} <= {bool(self.spec.sealed)}
        assert [(one.judge, one.substitute) for one in state.tally.substitutions] == (
            [] if model.lost is None else [(model.lost[0], VERA)]
        )
        assert verify(entries, genesis(self.spec)) is None
        assert [entry.kind for entry in entries] == model.entries
        assert state.sequence == len(entries)
        assert state.head == (entries[-1].hash if entries else genesis(self.spec))
        assert {window.project for window in state.windows if window.open} == {
            project for project, window in model.windows.items() if window == "open"
        }
        assert (state.state is CeremonyState.SEALED) is not model.is_confirmed


def test_no_course_of_a_vote_breaks_a_promise(valkey: Redis, store_url: str) -> None:
    """What docs/voting.md promises holds for sequences nobody thought of."""

    class Here(Voting):
        url = store_url

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
