"""What PeopleStore promises, asked of every implementation."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from redis.asyncio import Redis

from roadshow.clock import SystemClock
from roadshow.competitions.guests import Guests, new_token
from roadshow.competitions.invitations import INVITATION_LIFE, SESSION_LIFE, Access, Invitation, Session, hash_token
from roadshow.competitions.memory_store import MemoryPeopleStore
from roadshow.competitions.people import Role
from roadshow.competitions.ports import PeopleStore
from roadshow.competitions.redis_store import RedisPeopleStore
from roadshow.errors import Gone, RoadshowError
from roadshow.ids import CompetitionId, PersonId, RoomId
from roadshow.moments import Duration
from roadshow.store.keys import Keys
from tests.people import somebody

ADA = somebody("ada", Role.JUDGE, RoomId("ai"))
BEN = somebody("ben", Role.ORGANISER)
PEOPLE = {ADA.id: ADA, BEN.id: BEN}
NOBODY = PersonId("nobody")
CLOCK = SystemClock()
LATER = CLOCK.now() + INVITATION_LIFE


@pytest.fixture(params=["memory", "valkey"])
async def store(request: pytest.FixtureRequest, valkey: Redis) -> PeopleStore:
    if request.param == "memory":
        return MemoryPeopleStore(CLOCK)
    return RedisPeopleStore(valkey, Keys(CompetitionId("final")))


async def test_the_store_says_that_it_is_there(store: PeopleStore) -> None:
    """What /health asks."""
    await store.ping()


async def test_counters_start_at_nothing_and_only_rise(store: PeopleStore) -> None:
    """Whatever was given out under a lower number is dead for ever."""
    assert await store.access([ADA.id]) == {ADA.id: Access(0, 0)}
    assert await store.raise_issue(ADA.id) == Access(1, 0)
    assert await store.raise_era(ADA.id) == Access(2, 1)
    assert await store.access([ADA.id, BEN.id]) == {ADA.id: Access(2, 1), BEN.id: Access()}


async def test_who_was_never_invited_has_counters_of_nothing(store: PeopleStore) -> None:
    """Asking for strangers, or for no one, is no error."""
    assert await store.access([NOBODY]) == {NOBODY: Access()}
    assert await store.access([]) == {}


async def test_an_invitation_comes_back_as_it_was_stored(store: PeopleStore) -> None:
    """Its end is part of what the rules look at."""
    invitation = Invitation(ADA.id, 3, 1, LATER)
    await store.add_invitation("h" * 64, invitation)
    assert await store.invitation("h" * 64) == invitation
    assert await store.invitation("g" * 64) is None


async def test_an_invitation_is_consumed_by_exactly_one_of_many(store: PeopleStore) -> None:
    """A link that leaked must not let two people in, however fast they are."""
    await store.add_invitation("token", Invitation(ADA.id, 1, 0, LATER))
    answers = await asyncio.gather(*(store.consume("token", f"session-{number}") for number in range(8)))
    assert answers.count(True) == 1
    winner = f"session-{answers.index(True)}"
    found = await store.invitation("token")
    assert found is not None
    assert found.consumed_by == winner
    assert await store.consume("token", winner)


async def test_an_unknown_invitation_is_not_consumed_nor_made(store: PeopleStore) -> None:
    """Guessing must leave nothing behind in the store."""
    assert not await store.consume("token", "session")
    assert await store.invitation("token") is None
    await store.add_invitation("token", Invitation(ADA.id, 1, 0, LATER))
    assert await store.consume("token", "another")


async def test_a_session_holds_several_people(store: PeopleStore) -> None:
    """One laptop may be the organiser's and a judge's at once."""
    ends = CLOCK.now() + SESSION_LIFE
    assert await store.session("s") is None
    await store.join("s", ADA.id, 0, ends)
    await store.join("s", BEN.id, 2, ends)
    assert await store.session("s") == Session({ADA.id: 0, BEN.id: 2}, ends)
    await store.join("s", ADA.id, 1, ends)
    assert await store.session("s") == Session({ADA.id: 1, BEN.id: 2}, ends)


async def test_a_session_that_has_ended_is_gone(store: PeopleStore) -> None:
    """A browser unseen for two weeks may be anybody's by now."""
    await store.join("s", ADA.id, 0, CLOCK.now() - Duration.seconds(1))
    assert await store.session("s") is None


async def test_renewing_moves_the_end_and_revives_nothing(store: PeopleStore) -> None:
    """Somebody who works every day stays signed in."""
    later = CLOCK.now() + SESSION_LIFE
    await store.join("s", ADA.id, 0, CLOCK.now() + Duration.minutes(1))
    await store.renew("s", later)
    assert await store.session("s") == Session({ADA.id: 0}, later)
    await store.renew("never", later)
    assert await store.session("never") is None


# The rules on a real store ------------------------------------------------------------------------------------------


async def _code(attempt: Callable[[], Awaitable[object]]) -> str:
    with pytest.raises(RoadshowError) as refused:
        await attempt()
    return refused.value.code


async def test_a_link_signs_one_browser_in_and_tells_a_second_that_it_was_used(store: PeopleStore) -> None:
    """The reason for single use: what is forwarded or logged is worth nothing."""
    guests = Guests(store, PEOPLE.get, CLOCK)
    token = await guests.invite(ADA.id)
    assert await guests.look(token, None) == (ADA, False)
    person, session = await guests.accept(token, None)
    assert person == ADA
    assert await guests.signed_in(session) == (ADA,)
    assert await _code(lambda: guests.accept(token, new_token())) == "invitation.used"
    assert await _code(lambda: guests.look(token, None)) == "invitation.used"


async def test_the_same_browser_may_open_its_used_link_again(store: PeopleStore) -> None:
    """People keep the mail and click the link every time; both clicks of a double click must end at the desk."""
    guests = Guests(store, PEOPLE.get, CLOCK)
    token = await guests.invite(ADA.id)
    mine = new_token()
    first, second = await asyncio.gather(guests.accept(token, mine), guests.accept(token, mine))
    assert first == second == (ADA, mine)
    assert await guests.look(token, mine) == (ADA, True)


async def test_inviting_again_ends_the_unused_link_and_keeps_the_session(store: PeopleStore) -> None:
    """A second device gets a link of its own without throwing the first out."""
    guests = Guests(store, PEOPLE.get, CLOCK)
    _, session = await guests.accept(await guests.invite(ADA.id), None)
    second, third = await guests.invite(ADA.id), await guests.invite(ADA.id)
    assert await _code(lambda: guests.accept(second, None)) == "invitation.revoked"
    _, other = await guests.accept(third, None)
    assert await guests.signed_in(session) == await guests.signed_in(other) == (ADA,)


async def test_revoking_ends_links_and_sessions_and_is_heard_of(store: PeopleStore) -> None:
    """The organiser's answer to a lost laptop."""
    heard: list[PersonId] = []
    guests = Guests(store, PEOPLE.get, CLOCK, when_revoked=heard.append)
    used = await guests.invite(ADA.id)
    _, session = await guests.accept(used, None)
    await guests.accept(await guests.invite(BEN.id), session)
    unused = await guests.invite(ADA.id)
    await guests.revoke(ADA.id)
    assert heard == [ADA.id]
    assert await guests.signed_in(session) == (BEN,)
    assert await _code(lambda: guests.look(unused, None)) == "invitation.revoked"
    assert await _code(lambda: guests.accept(used, session)) == "invitation.revoked"
    await guests.accept(await guests.invite(ADA.id), session)
    assert await guests.signed_in(session) == (ADA, BEN)


async def test_a_revocation_wins_over_an_invitation_being_accepted(store: PeopleStore) -> None:
    """Between "is it valid" and "signed in" lies a way to the store; what is revoked there must stay out."""
    guests = Guests(store, PEOPLE.get, CLOCK)
    token = await guests.invite(ADA.id)
    consume = store.consume

    async def consume_late(token_hash: str, session_hash: str) -> bool:
        await store.raise_era(ADA.id)
        return await consume(token_hash, session_hash)

    store.consume = consume_late  # type: ignore[method-assign]
    _, session = await guests.accept(token, None)
    assert await guests.signed_in(session) == ()


async def test_a_server_that_died_between_consuming_and_signing_in_is_made_good(store: PeopleStore) -> None:
    """The browser's own next try finds its half-done work and ends it."""
    guests = Guests(store, PEOPLE.get, CLOCK)
    token, mine = await guests.invite(ADA.id), new_token()
    assert await store.consume(hash_token(token), hash_token(mine))
    assert await guests.accept(token, mine) == (ADA, mine)
    assert await guests.signed_in(mine) == (ADA,)


async def test_nonsense_is_not_an_invitation(store: PeopleStore) -> None:
    """Tokens come from the address bar."""
    guests = Guests(store, PEOPLE.get, CLOCK)
    for token in ("", "x", "x" * 10_000, "../../etc", "\x00"):
        assert await _code(lambda token=token: guests.look(token, None)) == "invitation.unknown"  # type: ignore[misc]
    assert await guests.signed_in("x" * 10_000) == ()
    assert await _code(lambda: guests.invite(NOBODY)) == "person.unknown"


async def test_somebody_taken_out_of_the_cast_is_out(store: PeopleStore) -> None:
    """The cast is the authority on who takes part, whatever links and sessions there are."""
    here = dict(PEOPLE)
    guests = Guests(store, here.get, CLOCK)
    token = await guests.invite(ADA.id)
    _, session = await guests.accept(await guests.invite(BEN.id), None)
    era = (await guests.access([BEN.id]))[BEN.id].era
    assert await guests.has_access(BEN.id, era)
    here.clear()
    assert await guests.signed_in(session) == ()
    assert not await guests.has_access(BEN.id, era)
    with pytest.raises(Gone):
        await guests.look(token, None)
    assert await _code(lambda: guests.invite(ADA.id)) == "person.unknown"
