"""What every store of line checks promises, in memory and in a real Valkey."""

from collections.abc import Iterator

import msgspec
import pytest

from roadshow.ids import CompetitionId, PersonId
from roadshow.moments import Duration
from roadshow.rooms.lines.memory_store import MemoryLineStore
from roadshow.rooms.lines.ports import KEPT_DAYS, LineStore
from roadshow.rooms.lines.redis_store import RedisLineStore
from roadshow.rooms.lines.verdict import Figures, LineCheck, Reason, Verdict, Way
from roadshow.store.keys import Keys
from tests.clocks import HandClock

ANN, BO, CY = PersonId("ann"), PersonId("bo"), PersonId("cy")
KEYS = Keys(CompetitionId("final"))
CHECK = LineCheck(1, Verdict.SLIDES, (Reason.RATE,), Figures(Way.UDP, carried=500_000, lost=0.01), None, "ab")


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest) -> Iterator[LineStore]:
    if request.param == "memory":
        yield MemoryLineStore(HandClock())
    else:
        yield RedisLineStore(request.getfixturevalue("valkey"), KEYS)


async def test_the_newest_of_each_is_found(store: LineStore) -> None:
    """Whoever moved to a cable is not shown with the Wi-Fi from before."""
    newer = msgspec.structs.replace(CHECK, at=2, verdict=Verdict.FULL, reasons=())
    await store.keep_line(ANN, CHECK)
    await store.keep_line(BO, CHECK)
    await store.keep_line(ANN, newer)
    assert await store.lines([ANN, BO, CY]) == {ANN: newer, BO: CHECK}
    assert await store.lines([]) == {}


async def test_a_check_ends_by_itself() -> None:
    """Of people who came once nothing is kept for ever."""
    clock = HandClock()
    store = MemoryLineStore(clock)
    await store.keep_line(ANN, CHECK)
    clock.advance(Duration.minutes(KEPT_DAYS * 24 * 60 - 1))
    assert ANN in await store.lines([ANN])
    clock.advance(Duration.minutes(2))
    assert await store.lines([ANN]) == {}


async def test_valkey_forgets_it_and_what_another_version_kept(valkey: object, request: pytest.FixtureRequest) -> None:
    """A form that cannot be read is a check to be made again, never a page that fails."""
    redis = request.getfixturevalue("valkey")
    store = RedisLineStore(redis, KEYS)
    await store.keep_line(ANN, CHECK)
    assert 0 < await redis.ttl(KEYS.line(ANN)) <= KEPT_DAYS * 24 * 3600
    await redis.set(KEYS.line(BO), b'{"verdict": "splendid"}')
    assert await store.lines([ANN, BO]) == {ANN: CHECK}
