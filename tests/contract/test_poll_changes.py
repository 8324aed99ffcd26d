"""When a definition may still be changed, on every store there is, and how the server refuses to start when not."""

import asyncio
from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest

from roadshow.app import open_show
from roadshow.clock import SystemClock
from roadshow.competitions.cast import first_cast
from roadshow.competitions.loading import load_preset
from roadshow.errors import Conflict, NotAllowed, SetupError
from roadshow.fields.plans import poll_spec
from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId
from roadshow.settings import Settings
from roadshow.store.connection import Store
from roadshow.store.keys import Keys
from roadshow.voting.ledger.chain import genesis, verify
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import PollChanged, VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.votes import Cast

POLL, ARM = PollId("robotics"), ProjectId("arm")
LIN, MEI, OLGA = PersonId("lin"), PersonId("mei"), PersonId("olga")
IMPACT = CriterionId("impact")
FORMER = PollSpec(
    POLL, (ARM,), (LIN, MEI), LIN, (), (Criterion(IMPACT, 1, 10),), RuleSet("mean", 1, ("chair",), "exact", 3)
)
NEWER = msgspec.structs.replace(FORMER, judges=(LIN, OLGA), recused=((LIN, ARM),))


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest) -> VoteStore:
    if request.param == "memory":
        return MemoryVoteStore(SystemClock())
    connected: Store = request.getfixturevalue("connected")
    return RedisVoteStore(connected, Keys(CompetitionId("final")))


async def test_before_the_first_window_a_changed_definition_takes_the_place_of_the_former(store: VoteStore) -> None:
    """On the day before, a judge falls ill. That must not cost the competition its id."""
    await store.prepare(FORMER, genesis(FORMER))
    assert (await store.read(POLL)).head == genesis(FORMER)
    await store.prepare(NEWER, genesis(NEWER))
    assert (await store.read(POLL)).head == genesis(NEWER)
    await store.open_window(POLL, ARM, None)
    cast = Cast(CommandId("command-1"), ARM, {IMPACT: 5}, 0)
    with pytest.raises(NotAllowed):
        await store.cast(POLL, MEI, cast)
    await store.cast(POLL, OLGA, cast)
    assert verify(await store.ledger(POLL, 0, 10), genesis(NEWER)) is None


async def test_from_the_first_window_on_a_changed_definition_is_refused_with_both(store: VoteStore) -> None:
    """Scores given under one rubric must not be counted under another; and whoever is refused wants to know why."""
    await store.prepare(FORMER, genesis(FORMER))
    await store.open_window(POLL, ARM, None)
    with pytest.raises(PollChanged) as caught:
        await store.prepare(NEWER, genesis(NEWER))
    assert (caught.value.code, caught.value.stored, caught.value.wanted) == ("poll.changed", FORMER, NEWER)
    await store.prepare(FORMER, genesis(FORMER))


async def test_who_reads_meanwhile_sees_one_spec_or_the_other(store: VoteStore) -> None:
    """Judges enrol their keys one after another, and each time everybody is told the new rules' hash."""
    await store.prepare(FORMER, genesis(FORMER))
    for spec in (NEWER, FORMER) * 5:
        states = await asyncio.gather(
            *(store.read(POLL) for _ in range(4)),
            store.prepare(spec, genesis(spec)),
            *(store.read(POLL) for _ in range(4)),
        )
        assert {state.head for state in states if state is not None} <= {genesis(FORMER), genesis(NEWER)}
        assert (await store.read(POLL)).head == genesis(spec)
    await store.open_window(POLL, ARM, None)
    assert verify(await store.ledger(POLL, 0, 10), genesis(FORMER)) is None


async def test_another_reader_follows_to_the_new_spec(connected: Store) -> None:
    """A front reads by connections of its own, and prepares nothing."""
    keys = Keys(CompetitionId("final"))
    store, front = (RedisVoteStore(connected, keys) for _ in range(2))
    await store.prepare(FORMER, genesis(FORMER))
    assert (await front.read(POLL)).head == genesis(FORMER)
    await store.prepare(NEWER, genesis(NEWER))
    assert (await front.read(POLL)).head == genesis(NEWER)
    await store.open_window(POLL, ARM, None)
    assert (await front.read(POLL)).head == (await store.read(POLL)).head


async def test_a_spec_that_somebody_else_gave_is_noticed(connected: Store) -> None:
    """Whoever holds the store could give the poll another jury on the morning of the final."""
    keys = Keys(CompetitionId("final"))
    store, other = (RedisVoteStore(connected, keys) for _ in range(2))
    await store.prepare(FORMER, genesis(FORMER))
    await other.prepare(NEWER, genesis(NEWER))
    for act in (store.read(POLL), store.hashes_at(POLL, 1)):
        with pytest.raises(Conflict, match=r"ledger\.rewritten"):
            await act
    await other.open_window(POLL, ARM, None)
    with pytest.raises(Conflict, match=r"ledger\.rewritten"):
        await store.read(POLL)


async def test_the_server_does_not_start_and_says_what_was_changed(
    connected: Store, store_url: str, tmp_path: Path
) -> None:
    """The operator reads one message, and it is enough to put things right."""
    competition = load_preset("demo", today=date(2020, 12, 8))
    field = competition.fields[0]
    spec = poll_spec(competition, field, first_cast(competition))
    store = RedisVoteStore(connected, Keys(competition.id))
    await store.prepare(spec, genesis(spec))
    await store.open_window(spec.poll, spec.projects[0], None)
    rules = msgspec.structs.replace(competition.rules, quorum=2, estimator="borda")
    settings = replace(Settings.from_environment({}, data=tmp_path), redis_url=store_url)
    with pytest.raises(SetupError) as caught:
        async with open_show(settings, msgspec.structs.replace(competition, rules=rules)):
            pass
    assert str(caught.value).splitlines() == [
        f"the voting of the field “{field.id}” has begun, so its definition cannot change any more.",
        "  rules.estimator: borda, was mean",
        "  rules.quorum: 2, was 3",
        "Put this back to go on with the votes there are; or begin anew, under another competition id.",
    ]
