"""When a definition may still be changed, on every store there is, and how the server refuses to start when not."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import msgspec
import pytest

from roadshow.app import open_show
from roadshow.clock import SystemClock
from roadshow.competitions.cast import first_cast
from roadshow.competitions.loading import load_preset
from roadshow.errors import NotAllowed, SetupError
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
