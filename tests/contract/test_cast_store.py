"""What CastStore promises, asked of every implementation; and data of the version before, as it lies in a store."""

import asyncio
from dataclasses import replace as changed
from pathlib import Path

import msgspec
import pytest
from redis.asyncio import Redis

from roadshow.app import open_show
from roadshow.clock import SystemClock
from roadshow.competitions.cast import Organisation, first_cast
from roadshow.competitions.former import FormerPerson
from roadshow.competitions.invitations import hash_token
from roadshow.competitions.loading import load, load_preset
from roadshow.competitions.memory_store import MemoryCastStore
from roadshow.competitions.merging import Key, Record, key_of, merge
from roadshow.competitions.people import Role
from roadshow.competitions.ports import CastStore
from roadshow.competitions.redis_store import RedisCastStore
from roadshow.errors import Conflict
from roadshow.ids import CompetitionId, OrganisationId, PersonId, RoomId
from roadshow.moments import Duration
from roadshow.settings import Settings
from roadshow.store.keys import Keys
from roadshow.texts import Text, same_in_all
from tests.core.competitions.definitions import SMALL, TODAY, small, written
from tests.people import somebody

KEYS = Keys(CompetitionId("spring-final"))
ADA = somebody("ada", Role.JUDGE, RoomId("ai"))
PARK = Organisation(OrganisationId("park"), same_in_all("Park"))


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest, valkey: Redis) -> CastStore:
    return MemoryCastStore() if request.param == "memory" else RedisCastStore(valkey, KEYS)


async def test_a_whole_cast_comes_back_as_it_was_written(store: CastStore) -> None:
    """Decks in three languages, recusals, and what the definition brought beside each."""
    assert await store.load() == {}
    records = merge({}, first_cast(load_preset("demo", today=TODAY))).written
    await store.write({**records, key_of(PARK): Record(1, PARK)})
    assert await store.load() == {**records, key_of(PARK): Record(1, PARK)}


async def test_a_record_may_be_empty_and_keeps_its_revision(store: CastStore) -> None:
    """Whoever looked at somebody before they were withdrawn must not bring them back unawares."""
    await store.write({key_of(ADA): Record(1, ADA)})
    await store.write({key_of(ADA): Record(2, None)})
    assert await store.load() == {key_of(ADA): Record(2, None)}


@pytest.mark.parametrize("revision", [0, 1, 3])
async def test_a_write_must_follow_what_is_stored(store: CastStore, revision: int) -> None:
    """Of two people who change the same record, the second is told."""
    await store.write({key_of(ADA): Record(1, ADA)})
    with pytest.raises(Conflict, match=r"cast\.stale"):
        await store.write({key_of(ADA): Record(revision, somebody("ada", Role.CHAIR, RoomId("ai")))})
    assert await store.load() == {key_of(ADA): Record(1, ADA)}


async def test_records_are_written_together_or_not_at_all(store: CastStore) -> None:
    """A merge that met somebody else's change is begun again, from all of it."""
    await store.write({key_of(ADA): Record(1, ADA)})
    with pytest.raises(Conflict, match=r"cast\.stale"):
        await store.write({key_of(PARK): Record(1, PARK), key_of(ADA): Record(1, None)})
    assert await store.load() == {key_of(ADA): Record(1, ADA)}


async def test_what_is_stored_already_may_be_written_again(store: CastStore) -> None:
    """Without an answer nobody knows whether it happened; asking once more must be safe."""
    records = {key_of(ADA): Record(1, ADA), key_of(PARK): Record(1, PARK)}
    await store.write(records)
    await store.write(records)
    assert await store.load() == records
    await store.write({})


async def test_of_many_writers_one_wins(store: CastStore) -> None:
    """The comparison and the write are one step, whatever else the store does meanwhile."""

    async def attempt(number: int) -> bool:
        try:
            await store.write({key_of(PARK): Record(1, Organisation(PARK.id, same_in_all(f"Park {number}")))})
        except Conflict:
            return False
        return True

    answers = await asyncio.gather(*(attempt(number) for number in range(8)))
    assert answers.count(True) == 1
    (record,) = (await store.load()).values()
    assert isinstance(record.value, Organisation)
    assert record.value.name.en == f"Park {answers.index(True)}"


async def test_own_words_are_kept_under_their_names_until_they_are_taken_back(store: CastStore) -> None:
    """Apart from the cast, which every page is made of; what is taken back is gone."""
    assert await store.words() == {}
    await store.keep_words({"lin.ai.arm": "我的公司", "lin.ai.leg": "", "mei.ai.arm": "A cousin."})
    assert await store.words() == {"lin.ai.arm": "我的公司", "mei.ai.arm": "A cousin."}
    await store.keep_words({"lin.ai.arm": "", "mei.ai.arm": "A nephew."})
    assert await store.words() == {"mei.ai.arm": "A nephew."}
    assert await store.load() == {}


# The version before -------------------------------------------------------------------------------------------------

PEOPLE_BEFORE = {
    "organiser": '{"id":"organiser","role":"organiser","name":{"en":"Anna","zh":"安娜","ru":"Анна"},'
    '"room":null,"project":null}',
    "chair": '{"id":"chair","role":"chair","name":{"en":"Lev","zh":"列夫","ru":"Лев"},"room":"ai","project":null}',
    "judge-1": '{"id":"judge-1","role":"judge","name":{"en":"Mei","zh":"梅","ru":"Мэй"},"room":"ai","project":null}',
    "pitcher-one": '{"id":"pitcher-one","role":"pitcher","name":{"en":"One","zh":"一号","ru":"Первый"},'
    '"room":"ai","project":"one"}',
}
"""What the last version without a cast left of the small definition, letter for letter."""
ACCESS_BEFORE = {
    "chair:issue": 1,
    "chair:era": 0,
    "judge-1:issue": 1,
    "judge-1:era": 0,
    "organiser:issue": 2,
    "organiser:era": 1,
}
"""The chair and the judge had signed in; the organiser's access had been revoked once."""
SESSION_BEFORE = "tR6x63MTU5bJCwgCBisetm4u35rED7q1"


async def _leave_as_before(valkey: Redis) -> None:
    await valkey.hset("roadshow:spring-final:people", mapping=PEOPLE_BEFORE)  # type: ignore[arg-type]  # redis-py's own
    await valkey.hset("roadshow:spring-final:access", mapping=ACCESS_BEFORE)  # type: ignore[arg-type]  # redis-py's own
    session = f"roadshow:spring-final:session:{hash_token(SESSION_BEFORE)}"
    await valkey.hset(session, mapping={"chair": 0, "judge-1": 0, "organiser": 0})
    await valkey.pexpireat(session, (SystemClock().now() + Duration.minutes(60)).ms)


async def test_people_of_the_version_before_are_read(valkey: Redis) -> None:
    """By id, with what was kept of them."""
    await _leave_as_before(valkey)
    former = await RedisCastStore(valkey, KEYS).former()
    assert [row.id for row in former] == ["chair", "judge-1", "organiser", "pitcher-one"]
    assert former[0] == FormerPerson(PersonId("chair"), Role.CHAIR, Text("Lev", "列夫", "Лев"), RoomId("ai"))


async def test_who_was_signed_in_before_stays_signed_in(valkey: Redis, store_url: str, tmp_path: Path) -> None:
    """An upgrade on the morning of the final must not send a jury to look for links; who was revoked stays out."""
    await _leave_as_before(valkey)
    settings = changed(Settings.from_environment({}, data=tmp_path, port="0", udp_port="0"), redis_url=store_url)
    async with open_show(settings, load(SMALL, "mine.toml", today=TODAY)) as show:
        assert [person.id for person in await show.guests.signed_in(SESSION_BEFORE)] == ["chair", "judge-1"]
        assert show.casting.news == ()
        assert await show.was_invited(show.casting.cast.person(PersonId("judge-1")))
    assert await valkey.hgetall("roadshow:spring-final:people") == {
        name.encode(): row.encode() for name, row in PEOPLE_BEFORE.items()
    }, "left as it was, for whoever goes back"


async def test_who_left_the_definition_with_the_upgrade_is_out(valkey: Redis, store_url: str, tmp_path: Path) -> None:
    """A judge taken off the jury must not keep a desk, whichever version they were invited under."""
    await _leave_as_before(valkey)
    data = small()
    data["rules"]["quorum"] = 1
    del data["judges"][1]
    settings = changed(Settings.from_environment({}, data=tmp_path, port="0", udp_port="0"), redis_url=store_url)
    async with open_show(settings, load(written(data), "mine.toml", today=TODAY)) as show:
        assert [person.id for person in await show.guests.signed_in(SESSION_BEFORE)] == ["chair"]
        assert show.casting.news == ("no longer in the definition, withdrawn: person judge-1 (Mei)",)


async def test_a_record_says_what_it_is(valkey: Redis) -> None:
    """Whoever looks into the store with its own client reads kinds, ids and plain JSON."""
    await RedisCastStore(valkey, KEYS).write({key_of(ADA): Record(1, ADA, ADA)})
    row = await valkey.hget("roadshow:spring-final:cast", "person:ada")
    assert row is not None
    found = msgspec.json.decode(row)
    assert (found["revision"], found["value"]["type"], found["value"]["appointments"]) == (
        1,
        "person",
        [{"role": "judge", "room": "ai"}],
    )
    assert key_of(ADA) == Key("person", "ada")
