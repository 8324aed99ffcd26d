"""Deliberation, on every store: all cards once more, for the time of the rules, before anybody knows of ties."""

from collections.abc import AsyncIterator, Awaitable, Iterator

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.errors import Conflict, NotAllowed, RoadshowError
from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.store.connection import Store
from roadshow.store.fence import Fence
from roadshow.store.keys import Keys
from roadshow.voting.acts import ShowCards
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.votes import Cast
from tests.clocks import HandClock
from tests.contract.counting import close_count, reopen_count
from tests.contract.three_counts import assert_counts_agree, assert_recount_agrees

ROOM, POLL = RoomId("robotics"), PollId("robotics")
ARM, LEG, EYE = PROJECTS = tuple(map(ProjectId, ("arm", "leg", "eye")))
CHAIR, LIN, MEI = JUDGES = tuple(map(PersonId, ("chair", "lin", "mei")))
DEPUTY, ORGANISER = map(PersonId, ("deputy", "organiser-1"))
IMPACT = CriterionId("impact")
SPEC = PollSpec(
    POLL,
    PROJECTS,
    JUDGES,
    CHAIR,
    (),
    (Criterion(IMPACT, 1, 100),),
    RuleSet("mean", 1, ("chair", "shared"), "exact", 2, deliberation=10),
    deputy=DEPUTY,
    procedure=2,
)
SIGNER = Signer(Ed25519PrivateKey.generate())
JUDGED = {ARM: 90, LEG: 80}
"""Eye did not pitch."""


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest, clock: HandClock) -> VoteStore:
    if request.param == "memory":
        return MemoryVoteStore(clock)
    keys = Keys(CompetitionId("final"))
    connected: Store = request.getfixturevalue("connected")
    return RedisVoteStore(connected, keys, Fence(keys, clock))


@pytest.fixture
async def service(store: VoteStore) -> AsyncIterator[VotingService]:
    """Two are judged. In the end all counts are one."""
    service = await judged(store, SPEC)
    yield service
    await assert_recount_agrees(service, store, SPEC, ROOM)


_numbers: Iterator[int] = iter(range(10**9))


def command() -> CommandId:
    return CommandId(f"command-{next(_numbers):08}")


async def judged(store: VoteStore, spec: PollSpec) -> VotingService:
    service = VotingService(store, SIGNER, {ROOM: spec}, Nobody())
    await service.prepare()
    for project, score in JUDGED.items():
        await service.open_window(ROOM, project, None)
        for judge in (LIN, MEI):
            await cast(service, judge, project, score)
        await service.close_window(ROOM, project)
    return service


async def cast(service: VotingService, judge: PersonId, project: ProjectId, score: int, expected: int = 0) -> None:
    await service.cast(ROOM, judge, Cast(command(), project, {IMPACT: score}, expected))


async def refused(doing: Awaitable[object], kind: type[RoadshowError], code: str) -> None:
    with pytest.raises(kind) as caught:
        await doing
    assert caught.value.code == code


async def test_judges_revise_what_they_gave_and_both_are_in_the_record(
    service: VotingService, store: VoteStore, clock: HandClock
) -> None:
    """And how many ballots were changed is told, and no more than that."""
    await service.deliberate(ROOM, CHAIR, command())
    await cast(service, LIN, LEG, 100, 1)
    await cast(service, MEI, LEG, 96, 1)
    await cast(service, LIN, LEG, 99, 2)
    await cast(service, CHAIR, ARM, 84)
    clock.advance(Duration.minutes(10))
    await refused(cast(service, MEI, ARM, 0, 1), Conflict, "ballot.closed")
    await close_count(service, ROOM, CHAIR)
    await service.confirm(ROOM, CHAIR, True, command())
    for number in range(2):
        await service.reveal_next(ROOM, ORGANISER, number, command())
    standings = (await service.published(ROOM)).standings
    assert [(one.project, one.score) for one in standings][:2] == [("leg", "97.50"), ("arm", "88.00")]
    minutes = await service.looking(store).minutes(ROOM)
    (told,) = [one for one in minutes.acts if one.kind == "deliberate"]
    assert (told.office, told.number) == ("chair", 3)
    entries = await store.ledger(POLL, 0, 100)
    assert [entry.kind for entry in entries].count("ballot") == 8


async def test_it_is_held_once_and_by_the_chair(service: VotingService, clock: HandClock) -> None:
    """A second one would be for those who did not like what came of the first."""
    for person in (DEPUTY, LIN, ORGANISER):
        await refused(service.deliberate(ROOM, person, command()), NotAllowed, "result.not_chair")
    same = command()
    for _ in range(2):
        await service.deliberate(ROOM, CHAIR, same)
    await refused(service.deliberate(ROOM, CHAIR, command()), Conflict, "poll.open")
    clock.advance(Duration.minutes(10))
    await refused(service.deliberate(ROOM, CHAIR, command()), Conflict, "deliberation.held")
    assert not (await service.views(ROOM)).review().may_deliberate


async def test_it_is_over_before_anybody_knows_of_ties(service: VotingService, clock: HandClock) -> None:
    """The latch stays one: while ballots can be changed no count is closed, and once it is, no card is opened."""
    await service.deliberate(ROOM, CHAIR, command())
    await refused(close_count(service, ROOM, CHAIR), Conflict, "poll.open")
    review = (await service.views(ROOM)).review()
    assert (review.ties, review.ready) == ((), False)
    clock.advance(Duration.minutes(10))
    await close_count(service, ROOM, CHAIR)
    await refused(service.deliberate(ROOM, CHAIR, command()), Conflict, "count.closed")
    await reopen_count(service, ROOM, CHAIR, ORGANISER)
    await refused(service.deliberate(ROOM, CHAIR, command()), Conflict, "deliberation.held")


async def test_it_is_about_all_that_were_judged_and_no_other(service: VotingService, store: VoteStore) -> None:
    """Whoever opens the cards chooses neither for whom nor for how long; the store asks for itself."""
    for projects in ((ARM,), (ARM, EYE), (ARM, LEG, EYE), (ARM, ARM), ()):
        await refused(store.deliberate(SPEC, CHAIR, projects, command()), Conflict, "deliberation.moved_on")
    await service.deliberate(ROOM, CHAIR, command())
    windows = {one.project: one.open for one in (await store.read(POLL)).windows}
    assert windows == {ARM: True, LEG: True}


async def test_where_the_rules_have_none_there_is_none(store: VoteStore) -> None:
    """It is off unless the organiser says so, and such a poll has the hash that it had before there was any."""
    spec = msgspec.structs.replace(SPEC, rules=msgspec.structs.replace(SPEC.rules, deliberation=0))
    service = await judged(store, spec)
    await refused(service.deliberate(ROOM, CHAIR, command()), Conflict, "deliberation.none")
    assert b"deliberation" not in msgspec.json.encode(spec.rules)
    await assert_counts_agree(store, spec, POLL)


async def test_what_was_shown_is_not_opened_again(store: VoteStore) -> None:
    """Everybody has seen those scores: whoever revised them would answer the others' cards."""
    rules = msgspec.structs.replace(SPEC.rules, scores_told="after-each")
    spec = msgspec.structs.replace(SPEC, rules=rules)
    service = await judged(store, spec)
    await service.act(ROOM, ORGANISER, ShowCards(ARM, 1), command())
    await refused(service.deliberate(ROOM, CHAIR, command()), Conflict, "cards.shown")
