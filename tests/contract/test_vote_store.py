"""What voting needs of a store (roadshow.voting.ports.VoteStore), for every store there is."""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import msgspec
import pytest
from redis.asyncio import Redis

from roadshow.errors import Conflict, NotAllowed, NotFound, RoadshowError, Unavailable
from roadshow.ids import CommandId, CompetitionId, CriterionId, PanelId, PersonId, PollId, ProjectId
from roadshow.moments import ZERO, Duration, Instant
from roadshow.store.connection import Store, connect
from roadshow.store.keys import Keys
from roadshow.voting.acts import CloseCount
from roadshow.voting.ballot import MAX_REVISIONS, ballot_hash, digest
from roadshow.voting.grounds import SealedGrounds
from roadshow.voting.ledger.chain import genesis, verify
from roadshow.voting.ledger.counting import fold
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.results import CeremonyState
from roadshow.voting.rules import evaluate
from roadshow.voting.spec import Criterion, Panel, PollSpec, RuleSet
from roadshow.voting.votes import Accepted, Cast, Window
from tests.contract.three_counts import assert_counts_agree

OWN_COMPANY = SealedGrounds("stake", "我的公司", digest("我的公司".encode()))
POLL = PollId("robotics")
ARM, LEG, EYE = ProjectId("arm"), ProjectId("leg"), ProjectId("eye")
LIN, MEI, OLGA = PersonId("lin"), PersonId("mei"), PersonId("olga")
IMPACT, TEAM = CriterionId("impact"), CriterionId("team")
SPEC = PollSpec(
    poll=POLL,
    projects=(ARM, LEG, EYE),
    judges=(LIN, MEI, OLGA),
    chair=LIN,
    recused=((OLGA, EYE),),
    criteria=(Criterion(IMPACT, 2, 10), Criterion(TEAM, 1, 10)),
    rules=RuleSet("mean", 2, ("heaviest-criterion", "pairwise-majority", "chair", "shared"), "exact", 3),
    procedure=2,
)


class _Clock:
    def __init__(self) -> None:
        self.time = Instant(1_700_000_000_000)

    def now(self) -> Instant:
        return self.time


@dataclass
class Site:
    store: VoteStore
    pass_by: Callable[[Instant], Awaitable[None]]
    """Return when the store's clock has reached a moment."""


@pytest.fixture(params=["memory", "valkey", "by its user"])
def site(request: pytest.FixtureRequest) -> Site:
    """The last: a store that lets the server do what is needed, and nothing else (deploy/store.acl)."""
    if request.param == "memory":
        clock = _Clock()

        async def set_clock(moment: Instant) -> None:
            clock.time = max(clock.time, moment)

        return Site(MemoryVoteStore(clock), set_clock)
    if request.param == "valkey":
        return _valkey(request.getfixturevalue("connected"), "final")
    return _valkey(request.getfixturevalue("guarded"), f"final-{next(_names)}")


_names = itertools.count(1)


def _valkey(connected: Store, competition: str) -> Site:
    async def wait_for_clock(moment: Instant) -> None:
        while True:
            seconds, microseconds = await connected.redis.time()
            if seconds * 1000 + microseconds // 1000 >= moment.ms:
                return

    return Site(RedisVoteStore(connected, Keys(CompetitionId(competition))), wait_for_clock)


@pytest.fixture
async def store(site: Site) -> AsyncIterator[VoteStore]:
    """With the poll prepared and a window open for ``arm``. Whatever a test does to it, the counts agree in the end."""
    await site.store.prepare(SPEC, genesis(SPEC))
    await site.store.open_window(POLL, ARM, None)
    yield site.store
    await assert_counts_agree(site.store, SPEC, POLL)


def _cast(command: str, impact: int = 5, project: ProjectId = ARM, expected: int = 0) -> Cast:
    return Cast(CommandId(f"command-{command}"), project, {IMPACT: impact, TEAM: 5}, expected)


async def _refused(act: Awaitable[object], kind: type[RoadshowError], code: str) -> RoadshowError:
    with pytest.raises(kind) as caught:
        await act
    assert caught.value.code == code
    return caught.value


async def _count(store: VoteStore) -> int:
    """Entries in the ledger."""
    return (await store.read(POLL)).sequence


# Lots --------------------------------------------------------------------------------------------------------------


async def test_whom_the_lot_gave_other_projects_is_refused(site: Site) -> None:
    """Who scores what is the poll's, not the desk's: a page that asks all the same gets nothing in. In a re-vote, and
    with a conflict of interest, everybody has a say."""
    rules = msgspec.structs.replace(SPEC.rules, panels=(Panel(PanelId("jury"), 1, 2),), tie_chain=("re-vote", "chair"))
    seats = tuple((judge, PanelId("jury")) for judge in SPEC.judges)
    spec = msgspec.structs.replace(SPEC, rules=rules, seats=seats, assigned=((LIN, ARM), (MEI, ARM), (MEI, LEG)))
    store = site.store
    await store.prepare(spec, genesis(spec))
    await store.open_window(POLL, ARM, None)
    await store.cast(POLL, LIN, _cast("1"))
    await _refused(store.cast(POLL, OLGA, _cast("2")), NotAllowed, "ballot.elsewhere")
    await _refused(store.abstain(POLL, OLGA, _cast("3"), SealedGrounds("missed")), NotAllowed, "ballot.elsewhere")
    await store.recuse(POLL, OLGA, msgspec.structs.replace(_cast("4"), scores={}), SealedGrounds("works"))
    await store.open_window(POLL, LEG, None)
    await _refused(store.cast(POLL, LIN, _cast("5", project=LEG)), NotAllowed, "ballot.elsewhere")
    for project in (ARM, LEG):
        await store.close_window(POLL, project)
    await _refused(store.cast_late(POLL, LIN, _cast("6", project=LEG)), NotAllowed, "ballot.elsewhere")
    await store.act(POLL, LIN, CloseCount(1), CommandId("command-7"))
    await store.revote(POLL, LIN, (ARM, LEG), "level", None, CommandId("command-8"))
    again = msgspec.structs.replace(_cast("9", project=LEG), round=2)
    assert (await store.cast(POLL, LIN, again)).ballot.round == 2
    await assert_counts_agree(store, spec, POLL)


# Preparing ----------------------------------------------------------------------------------------------------------


async def test_a_poll_is_prepared_once(site: Site) -> None:
    """Every start of the server prepares all polls."""
    await site.store.prepare(SPEC, genesis(SPEC))
    await site.store.open_window(POLL, ARM, None)
    await site.store.cast(POLL, LIN, _cast("1"))
    await site.store.prepare(SPEC, genesis(SPEC))
    assert len((await site.store.read(POLL)).tally.ballots) == 1


async def test_a_poll_does_not_change_under_its_ballots(store: VoteStore) -> None:
    """Scores given under one rubric must not be counted under another."""
    other = msgspec.structs.replace(SPEC, judges=(LIN, MEI))
    await _refused(store.prepare(other, genesis(other)), Conflict, "poll.changed")


async def test_a_poll_that_was_not_prepared_is_unknown(site: Site) -> None:
    """It has no electorate, so nobody could be entitled."""
    command = CommandId("command-1")
    acts: list[Awaitable[object]] = [
        site.store.open_window(POLL, ARM, None),
        site.store.close_window(POLL, ARM),
        site.store.cast(POLL, LIN, _cast("1")),
        site.store.read(POLL),
        site.store.settle(POLL, LIN, (ARM, LEG), "a reason", command),
        site.store.confirm(POLL, LIN, b"", 0, command),
        site.store.announce(POLL, LIN, 0, command, False),
        site.store.ledger(POLL, 0, 10),
    ]
    for act in acts:
        await _refused(act, NotFound, "poll.unknown")


# Casting ------------------------------------------------------------------------------------------------------------


async def test_a_ballot_is_kept_with_the_stores_time(store: VoteStore, site: Site) -> None:
    """What is acknowledged is what is there."""
    accepted = await store.cast(POLL, LIN, _cast("1", 7))
    state = await store.read(POLL)
    assert state.tally.ballots == (accepted,)
    assert (accepted.ballot.scores, accepted.ballot.revision) == ({IMPACT: 7, TEAM: 5}, 1)
    assert accepted.hash == ballot_hash(accepted.ballot)
    (entry,) = await store.ledger(POLL, accepted.sequence - 1, 1)
    assert (entry.sequence, entry.kind, entry.at) == (accepted.sequence, "ballot", accepted.ballot.cast_at)


async def test_sending_again_gives_the_first_answer(store: VoteStore) -> None:
    """A judge whose acknowledgement was lost sends again; even after the window closed and a newer revision came."""
    first = await store.cast(POLL, LIN, _cast("1", 7))
    assert await store.cast(POLL, LIN, _cast("1", 7)) == first
    newer = await store.cast(POLL, LIN, _cast("2", 8, expected=1))
    await store.close_window(POLL, ARM)
    entries = await _count(store)
    assert await store.cast(POLL, LIN, _cast("1", 7)) == first
    assert await _count(store) == entries
    assert (await store.read(POLL)).tally.ballots == (newer,)


@pytest.mark.parametrize("other", ["judge", "project", "scores", "recusal"])
async def test_a_command_is_not_used_for_two_ballots(store: VoteStore, other: str) -> None:
    """The second would get a receipt for the first, and be lost."""
    await store.open_window(POLL, LEG, None)
    await store.cast(POLL, LIN, _cast("1", 7))
    acts: dict[str, Callable[[], Awaitable[Accepted]]] = {
        "judge": lambda: store.cast(POLL, MEI, _cast("1", 7)),
        "project": lambda: store.cast(POLL, LIN, _cast("1", 7, project=LEG)),
        "scores": lambda: store.cast(POLL, LIN, _cast("1", 8)),
        "recusal": lambda: store.recuse(POLL, LIN, _cast("1", 7), SealedGrounds("stake")),
    }
    await _refused(acts[other](), Conflict, "ballot.command_reused")
    assert len((await store.read(POLL)).tally.ballots) == 1


async def test_a_revision_replaces_the_newest_one_only(store: VoteStore) -> None:
    """Another tab was faster: the judge has to see what it sent first."""
    await store.cast(POLL, LIN, _cast("1", 7))
    for expected in (0, 2):
        refusal = await _refused(store.cast(POLL, LIN, _cast("2", 8, expected=expected)), Conflict, "ballot.stale")
        assert refusal.details == {"revision": 1}
    second = await store.cast(POLL, LIN, _cast("2", 8, expected=1))
    assert second.ballot.revision == 2
    assert (await store.read(POLL)).tally.ballots == (second,)


async def test_revisions_come_to_an_end(store: VoteStore) -> None:
    """A page gone wild must not fill the disk."""
    for revision in range(MAX_REVISIONS):
        await store.cast(POLL, LIN, _cast(str(revision), expected=revision))
    refusal = await _refused(store.cast(POLL, LIN, _cast("x", expected=MAX_REVISIONS)), Conflict, "ballot.too_many")
    assert refusal.details == {"limit": MAX_REVISIONS}


async def test_strangers_and_foreign_projects_are_refused(store: VoteStore) -> None:
    """The store does not rely on who asks."""
    await _refused(store.cast(POLL, PersonId("eve"), _cast("1")), NotAllowed, "ballot.not_entitled")
    await _refused(store.cast(POLL, LIN, _cast("2", project=ProjectId("other"))), NotAllowed, "ballot.not_entitled")


async def test_declared_conflicts_of_interest_hold(store: VoteStore) -> None:
    """Declared before the poll, whatever the desk shows."""
    await store.open_window(POLL, EYE, None)
    await _refused(store.cast(POLL, OLGA, _cast("1", project=EYE)), Conflict, "ballot.recused")
    await store.cast(POLL, MEI, _cast("2", project=EYE))


async def test_a_recusal_takes_the_ballot_back_for_good(store: VoteStore) -> None:
    """A conflict noticed late must not count. Its kind is on record; the judge's own words are kept beside the ledger,
    in no answer that leads to the public."""
    await store.cast(POLL, LIN, _cast("1", 7))
    recusal = Cast(CommandId("command-2"), ARM, {}, 0)
    accepted = await store.recuse(POLL, LIN, recusal, OWN_COMPANY)
    assert await store.recuse(POLL, LIN, recusal, OWN_COMPANY) == accepted
    assert (accepted.ballot.recused, accepted.ballot.revision, accepted.ballot.scores) == (True, 2, {})
    assert (accepted.ballot.category, accepted.ballot.words) == ("stake", OWN_COMPANY.seal)
    assert await store.words(POLL) == {accepted.sequence: "我的公司"}
    assert "我的公司" not in repr(await store.read(POLL)) + repr(await store.ledger(POLL, 0, 100))
    await _refused(store.cast(POLL, LIN, _cast("3", expected=2)), Conflict, "ballot.recused")
    await _refused(
        store.recuse(POLL, LIN, Cast(CommandId("command-4"), ARM, {}, 0), SealedGrounds("close")),
        Conflict,
        "ballot.recused",
    )
    assert (await store.read(POLL)).tally.ballots == (accepted,)


# Windows ------------------------------------------------------------------------------------------------------------


async def test_no_ballot_before_the_window_opens_or_after_it_closed(store: VoteStore) -> None:
    """All judges score while they remember the same pitch."""
    await _refused(store.cast(POLL, LIN, _cast("1", project=LEG)), Conflict, "ballot.closed")
    await store.close_window(POLL, ARM)
    await _refused(store.cast(POLL, LIN, _cast("2")), Conflict, "ballot.closed")
    await store.open_window(POLL, ARM, None)
    await store.cast(POLL, LIN, _cast("2"))


async def test_a_late_ballot_is_refused_by_the_stores_clock(store: VoteStore, site: Site) -> None:
    """Nobody has to be awake to close the window: its time is over when it is over."""
    await store.open_window(POLL, LEG, Duration(20))
    (window,) = (w for w in (await store.read(POLL)).windows if w.project == LEG)
    assert window.closes_at is not None
    await site.pass_by(window.closes_at)
    await _refused(store.cast(POLL, LIN, _cast("1", project=LEG)), Conflict, "ballot.closed")
    (window,) = (w for w in (await store.read(POLL)).windows if w.project == LEG)
    assert not window.open
    assert (await store.ledger(POLL, await _count(store) - 1, 1))[0].body == b'{"by":"deadline","project":"leg"}'


async def test_opening_again_moves_the_deadline(store: VoteStore, site: Site) -> None:
    """Control gives the judges more time, or all the time they need."""
    await store.open_window(POLL, LEG, ZERO)
    await _refused(store.cast(POLL, LIN, _cast("1", project=LEG)), Conflict, "ballot.closed")
    await store.open_window(POLL, LEG, Duration.minutes(1))
    await store.cast(POLL, LIN, _cast("2", project=LEG))
    await store.open_window(POLL, LEG, None)
    assert Window(LEG, open=True, closes_at=None) in (await store.read(POLL)).windows


async def test_opening_and_closing_twice_is_as_once(store: VoteStore) -> None:
    """The show repeats its wishes after a restart."""
    before = await _count(store)
    await store.open_window(POLL, ARM, None)
    assert await _count(store) == before
    await store.close_window(POLL, ARM)
    await store.close_window(POLL, ARM)
    await store.close_window(POLL, LEG)
    assert await _count(store) == before + 1


async def test_a_window_for_an_unknown_project_is_refused(store: VoteStore) -> None:
    """It would never be counted."""
    await _refused(store.open_window(POLL, ProjectId("other"), None), NotFound, "project.unknown")
    await _refused(store.close_window(POLL, ProjectId("other")), NotFound, "project.unknown")


async def test_a_clock_set_back_does_not_reopen_a_window() -> None:
    """One judge was told "too late"; the next must be told the same."""
    clock = _Clock()
    store = MemoryVoteStore(clock)
    await store.prepare(SPEC, genesis(SPEC))
    await store.open_window(POLL, ARM, Duration.seconds(60))
    clock.time += Duration.seconds(61)
    await _refused(store.cast(POLL, LIN, _cast("1")), Conflict, "ballot.closed")
    clock.time -= Duration.seconds(30)
    await _refused(store.cast(POLL, MEI, _cast("2")), Conflict, "ballot.closed")
    assert verify(await store.ledger(POLL, 0, 100), genesis(SPEC)) is None


# Counting -----------------------------------------------------------------------------------------------------------


async def test_casts_at_one_time_are_counted_exactly(store: VoteStore) -> None:
    """Twenty tabs of three judges, every ballot sent twice: what was accepted, and nothing else, is in the ledger."""
    for project in (LEG, EYE):
        await store.open_window(POLL, project, None)
    accepted: dict[int, str] = {}
    refused = 0

    async def tab(number: int) -> None:
        nonlocal refused
        dice = random.Random(number)
        for turn in range(10):
            judge, project = dice.choice(SPEC.judges), dice.choice(SPEC.projects)
            cast = _cast(f"{number}-{turn}", dice.randrange(11), project, dice.randrange(4))
            sent = (store.cast(POLL, judge, cast), store.cast(POLL, judge, cast))
            answers = await asyncio.gather(*sent, return_exceptions=True)
            stored = [answer for answer in answers if isinstance(answer, Accepted)]
            refusals = {str(answer).split()[0] for answer in answers if not isinstance(answer, Accepted)}
            assert refusals <= {"ballot.stale", "ballot.recused"}
            assert stored == stored[:1] * len(stored)
            accepted.update({answer.sequence: answer.hash for answer in stored})
            refused += not stored

    async with asyncio.TaskGroup() as tabs:
        for number in range(20):
            tabs.create_task(tab(number))
    entries = await store.ledger(POLL, 0, 1000)
    assert verify(entries, genesis(SPEC)) is None
    assert accepted.keys() == {entry.sequence for entry in entries if entry.kind == "ballot"}
    assert len(accepted) + refused == 200
    state = await store.read(POLL)
    counted = fold(entries)
    assert counted.ballots == state.tally.ballots
    assert all(accepted[a.sequence] == a.hash for a in state.tally.ballots)
    by_tally = evaluate(SPEC, (a.ballot for a in state.tally.ballots))
    assert by_tally == evaluate(SPEC, (a.ballot for a in counted.ballots))
    assert sum(standing.ballots for standing in by_tally.standings) == len(state.tally.ballots)


async def test_the_ledger_is_read_in_pages(store: VoteStore) -> None:
    """Long ledgers are exported without holding the store up."""
    for revision in range(5):
        await store.cast(POLL, LIN, _cast(str(revision), expected=revision))
    whole = await store.ledger(POLL, 0, 100)
    assert [entry.sequence for entry in whole] == [1, 2, 3, 4, 5, 6]
    assert await store.ledger(POLL, 0, 2) + await store.ledger(POLL, 2, 3) + await store.ledger(POLL, 5, 9) == whole
    assert await store.ledger(POLL, 6, 9) == ()
    assert await store.ledger(POLL, 99, 9) == ()
    state = await store.read(POLL)
    assert (state.sequence, state.head) == (6, whole[-1].hash)


# The chair ----------------------------------------------------------------------------------------------------------

CONFIRM, SETTLE, CLOSE = CommandId("confirm-1"), CommandId("settle-1"), CommandId("close-count-1")


async def _close_count(store: VoteStore) -> None:
    await store.act(POLL, LIN, CloseCount(1), CLOSE)


async def test_a_result_is_confirmed_only_as_of_the_ledgers_head(store: VoteStore) -> None:
    """A ballot that came while the result was worked out would be left out of it."""
    await store.cast(POLL, LIN, _cast("1"))
    await store.close_window(POLL, ARM)
    await _close_count(store)
    now = await _count(store)
    await _refused(store.confirm(POLL, LIN, b"result", now - 1, CONFIRM), Conflict, "poll.moved")
    assert (await store.read(POLL)).result is None
    await store.confirm(POLL, LIN, b"result", now, CONFIRM)
    state = await store.read(POLL)
    assert (state.state, state.result, state.sequence) == (CeremonyState.CONFIRMED, b"result", now + 1)
    (entry,) = await store.ledger(POLL, now, 1)
    assert (entry.kind, entry.at) == ("confirm", state.confirmed_at)


async def test_a_result_is_not_confirmed_while_a_window_is_open(store: VoteStore) -> None:
    """Somebody may still be scoring."""
    await _refused(store.confirm(POLL, LIN, b"result", await _count(store), CONFIRM), Conflict, "poll.open")


async def test_a_window_whose_time_is_over_does_not_hold_the_result_up(store: VoteStore) -> None:
    """Nobody may have closed it by hand."""
    await store.close_window(POLL, ARM)
    await store.open_window(POLL, LEG, ZERO)
    await _close_count(store)
    await store.confirm(POLL, LIN, b"result", await _count(store), CONFIRM)


async def test_nothing_moves_once_the_result_is_confirmed(store: VoteStore) -> None:
    """What was confirmed is what is revealed."""
    first = await store.cast(POLL, LIN, _cast("1"))
    await store.close_window(POLL, ARM)
    await _close_count(store)
    await store.confirm(POLL, LIN, b"result", await _count(store), CONFIRM)
    count = await _count(store)
    await _refused(store.open_window(POLL, ARM, None), Conflict, "result.confirmed")
    await _refused(store.cast(POLL, MEI, _cast("2")), Conflict, "result.confirmed")
    await _refused(store.settle(POLL, LIN, (ARM, LEG), "a reason", SETTLE), Conflict, "result.confirmed")
    await _refused(store.confirm(POLL, LIN, b"other", count, CommandId("confirm-2")), Conflict, "result.confirmed")
    await store.close_window(POLL, ARM)
    assert await store.cast(POLL, LIN, _cast("1")) == first
    await store.confirm(POLL, LIN, b"other", 0, CONFIRM)
    state = await store.read(POLL)
    assert (state.result, state.sequence) == (b"result", count)


async def test_the_chairs_votes_are_kept_in_order(store: VoteStore) -> None:
    """The newest counts; the older stay on record."""
    await store.close_window(POLL, ARM)
    await _refused(store.settle(POLL, LIN, (ARM, LEG), "more mature", SETTLE), Conflict, "count.open")
    await _close_count(store)
    await store.settle(POLL, LIN, (ARM, LEG), "more mature", SETTLE)
    await store.settle(POLL, LIN, (ARM, LEG), "more mature", SETTLE)
    await store.settle(POLL, LIN, (LEG, ARM), "on reflection", CommandId("settle-2"))
    assert (await store.read(POLL)).tally.settled == ((ARM, LEG), (LEG, ARM))
    assert fold(await store.ledger(POLL, 0, 100)).settled == ((ARM, LEG), (LEG, ARM))


async def test_an_act_of_the_chair_is_not_repeated_with_another_meaning(store: VoteStore) -> None:
    """The answer "done" would be for something else."""
    await store.close_window(POLL, ARM)
    await _close_count(store)
    await store.settle(POLL, LIN, (ARM, LEG), "more mature", SETTLE)
    await _refused(store.settle(POLL, LIN, (LEG, ARM), "more mature", SETTLE), Conflict, "command.reused")
    await _refused(store.confirm(POLL, LIN, b"result", await _count(store), SETTLE), Conflict, "command.reused")
    await _refused(store.cast(POLL, LIN, Cast(SETTLE, ARM, {}, 0)), Conflict, "ballot.command_reused")


async def test_places_are_announced_one_at_a_time(store: VoteStore) -> None:
    """A double click must not spoil the next place."""
    one, two, three = (CommandId(f"reveal-{number}") for number in (1, 2, 3))
    await _refused(store.announce(POLL, LIN, 0, one, False), Conflict, "result.sealed")
    await store.close_window(POLL, ARM)
    await _refused(store.confirm(POLL, LIN, b"result", await _count(store), CONFIRM), Conflict, "count.open")
    await _close_count(store)
    await store.confirm(POLL, LIN, b"result", await _count(store), CONFIRM)
    await store.announce(POLL, LIN, 0, one, False)
    await store.announce(POLL, LIN, 0, one, False)
    await _refused(store.announce(POLL, LIN, 0, two, False), Conflict, "reveal.moved_on")
    await _refused(store.announce(POLL, LIN, 1, one, True), Conflict, "command.reused")
    state = await store.read(POLL)
    assert (state.state, state.announced) == (CeremonyState.REVEALING, 1)
    await store.announce(POLL, LIN, 1, two, True)
    state = await store.read(POLL)
    assert (state.state, state.announced) == (CeremonyState.REVEALED, 2)
    await _refused(store.announce(POLL, LIN, 2, three, True), Conflict, "reveal.moved_on")


# Of the real store alone --------------------------------------------------------------------------------------------


def _redis(connected: Store) -> RedisVoteStore:
    return RedisVoteStore(connected, Keys(CompetitionId("final")))


async def test_another_server_reads_the_same(connected: Store) -> None:
    """After a restart, and with several servers, everything is in the store."""
    store = _redis(connected)
    await store.prepare(SPEC, genesis(SPEC))
    await store.open_window(POLL, ARM, Duration.minutes(1))
    first = await store.cast(POLL, LIN, _cast("1", 7))
    await store.read(POLL)
    other = _redis(connected)
    await other.cast(POLL, MEI, _cast("2", 8))
    assert await other.cast(POLL, LIN, _cast("1", 7)) == first
    assert await store.read(POLL) == await other.read(POLL)
    assert await store.ledger(POLL, 0, 100) == await other.ledger(POLL, 0, 100)


async def test_the_real_stores_clock_set_back_does_not_reopen_a_window_either(valkey: Redis, connected: Store) -> None:
    """An entry from the future in the ledger is what a clock that was set back leaves behind."""
    store = _redis(connected)
    await store.prepare(SPEC, genesis(SPEC))
    await store.open_window(POLL, ARM, Duration.minutes(1))
    (window,) = (await store.read(POLL)).windows
    assert window.open
    assert window.closes_at is not None
    await valkey.hset(Keys(CompetitionId("final")).poll(POLL).meta, "at", str(window.closes_at.ms))
    assert not (await store.read(POLL)).windows[0].open
    await _refused(store.cast(POLL, LIN, _cast("1")), Conflict, "ballot.closed")


@pytest.mark.parametrize("harm", ["changed", "lost"])
async def test_a_store_that_lost_or_changed_an_entry_is_found_out(valkey: Redis, connected: Store, harm: str) -> None:
    """A backup put back, or a hand in the database: better no result than a wrong one."""
    store = _redis(connected)
    await store.prepare(SPEC, genesis(SPEC))
    await store.open_window(POLL, ARM, None)
    accepted = await store.cast(POLL, LIN, _cast("1", 7))
    await store.read(POLL)
    keys = Keys(CompetitionId("final")).poll(POLL)
    entries = await store.ledger(POLL, 0, 100)
    await valkey.delete(keys.ledger)
    for entry in entries if harm == "changed" else entries[:-1]:
        body = entry.body.replace(b'"impact":7', b'"impact":9')
        await valkey.xadd(keys.ledger, {"kind": entry.kind, "at": entry.at.ms, "body": body}, id=f"{entry.sequence}-0")
    if harm == "lost":
        await valkey.hset(keys.meta, "sequence", str(accepted.sequence - 1))
        await valkey.delete(keys.ballots)
        await _refused(store.read(POLL), Conflict, "ledger.rewritten")
    else:
        await _refused(store.ledger(POLL, 0, 100), Conflict, "ledger.rewritten")


@pytest.mark.parametrize("harm", ["taken out", "exchanged"])
async def test_what_is_in_force_names_an_entry_that_is_there(valkey: Redis, connected: Store, harm: str) -> None:
    """Also of a server that starts on it and knows no hash yet: it says so, instead of an error of its own."""
    store = _redis(connected)
    await store.prepare(SPEC, genesis(SPEC))
    await store.open_window(POLL, ARM, None)
    await store.cast(POLL, LIN, _cast("1", 7))
    keys = Keys(CompetitionId("final")).poll(POLL)
    name = f"ballot|{LIN}|{ARM}|1"
    await valkey.hset(keys.ballots, name, "7" if harm == "taken out" else "1")
    await _refused(_redis(connected).read(POLL), Conflict, "ledger.rewritten")


async def test_every_acknowledgement_follows_a_write(valkey: Redis, connected: Store) -> None:
    """Waiting for a replica waits for nothing after an answer without a write, as one to a repetition easily is."""
    store = _redis(connected)
    await store.prepare(SPEC, genesis(SPEC))
    await store.open_window(POLL, ARM, None)
    await store.cast(POLL, LIN, _cast("1", 7))
    await store.close_window(POLL, ARM)
    await _close_count(store)
    await store.settle(POLL, LIN, (ARM, LEG), "more mature", SETTLE)
    await store.confirm(POLL, LIN, b"result", await _count(store), CONFIRM)
    await store.announce(POLL, LIN, 0, CommandId("reveal-1"), False)

    async def changes() -> int:
        return int((await valkey.info("persistence"))["rdb_changes_since_last_save"])

    repetitions: list[Callable[[], Awaitable[object]]] = [
        lambda: store.prepare(SPEC, genesis(SPEC)),
        lambda: store.cast(POLL, LIN, _cast("1", 7)),
        lambda: store.settle(POLL, LIN, (ARM, LEG), "more mature", SETTLE),
        lambda: store.close_window(POLL, ARM),
        lambda: _close_count(store),
        lambda: store.confirm(POLL, LIN, b"result", 0, CONFIRM),
        lambda: store.announce(POLL, LIN, 0, CommandId("reveal-1"), False),
    ]
    for repeat in repetitions:
        before = await changes()
        await repeat()
        assert await changes() > before


async def test_a_store_that_is_away_is_said_to_be_away() -> None:
    """The judge's desk keeps the ballot and sends it again."""
    async with connect("unix:///nowhere/store.sock") as nowhere:
        store = RedisVoteStore(nowhere, Keys(CompetitionId("final")))
        await _refused(store.cast(POLL, LIN, _cast("1")), Unavailable, "store.away")
        await _refused(store.read(POLL), Unavailable, "store.away")
