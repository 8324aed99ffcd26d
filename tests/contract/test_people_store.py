"""What PeopleStore promises, asked of every implementation."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import replace
from redis.asyncio import Redis

from roadshow.clock import SystemClock
from roadshow.competitions.guests import Guests, new_token
from roadshow.competitions.invitations import INVITATION_LIFE, Access, Again, Invitation, Use, hash_token
from roadshow.competitions.memory_store import MemoryPeopleStore
from roadshow.competitions.people import Role
from roadshow.competitions.ports import PeopleStore
from roadshow.competitions.redis_store import RedisPeopleStore
from roadshow.competitions.signins.life import Browser, Device, Network, SignIn, Standing, System, sign_in_id
from roadshow.errors import Gone, RoadshowError
from roadshow.ids import CompetitionId, PersonId, RoomId, SignInId
from roadshow.moments import Instant
from roadshow.store.keys import Keys
from tests.people import somebody

ADA = somebody("ada", Role.JUDGE, RoomId("ai"))
BEN = somebody("ben", Role.ORGANISER)
PEOPLE = {ADA.id: ADA, BEN.id: BEN}
NOBODY = PersonId("nobody")
CLOCK = SystemClock()
LATER = CLOCK.now() + INVITATION_LIFE
NEVER = Instant(0)
SECRET = b"a server's secret"
LAPTOP = Device(Browser.FIREFOX, System.LINUX, Network.INTERNET)


@pytest.fixture(params=["memory", "valkey"])
async def store(request: pytest.FixtureRequest, valkey: Redis) -> PeopleStore:
    if request.param == "memory":
        return MemoryPeopleStore(CLOCK)
    return RedisPeopleStore(valkey, Keys(CompetitionId("final")))


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


async def _issued(store: PeopleStore, person: PersonId = ADA.id) -> Invitation:
    access = await store.raise_issue(person)
    return Invitation(person, access.issue, access.era, LATER)


async def test_an_issue_is_used_up_by_exactly_one_of_many(store: PeopleStore) -> None:
    """A link that leaked must not let two people in, however fast they are."""
    invitation = await _issued(store)
    answers = await asyncio.gather(
        *(store.take(invitation, f"session-{number}", f"next-{number}") for number in range(8))
    )
    assert (answers.count(Use.USED), answers.count(Use.REFUSED)) == (1, 7)
    winner = f"session-{answers.index(Use.USED)}"
    taken = (await store.access([ADA.id]))[ADA.id].taken
    assert taken is not None
    assert (taken.issue, taken.session) == (1, winner)
    assert await store.take(invitation, winner, winner.replace("session", "next")) is Use.USED
    assert not (await store.access([BEN.id]))[BEN.id].taken


async def test_an_older_issue_and_an_older_era_are_not_used(store: PeopleStore) -> None:
    """What was replaced between the page and the button is dead, in the store itself."""
    old = await _issued(store)
    newer = await _issued(store)
    assert await store.take(old, "mine", "next") is Use.REFUSED
    assert await store.take(newer, "mine", "next") is Use.USED
    revoked = await _issued(store)
    await store.raise_era(ADA.id)
    assert await store.take(revoked, "mine", "next") is Use.REFUSED


async def test_a_session_gives_way_to_one_other_at_a_time(store: PeopleStore) -> None:
    """Whoever is signed in to the second would be alone in it: the first has moved away with everybody."""
    first, second = await _issued(store), await _issued(store, BEN.id)
    assert await store.take(first, "mine", "next") is Use.USED
    assert await store.take(second, "mine", "other") is Use.AGAIN
    assert (await store.access([BEN.id]))[BEN.id].taken is None, "and it is not used up"
    assert await store.take(first, "mine", "other") is Use.AGAIN, "a copy of the same link"
    assert await store.take(first, "mine", "next") is Use.USED
    assert await store.take(second, "next", "other") is Use.USED


def _sign_in(browser: str, person: PersonId = ADA.id, era: int = 0) -> SignIn:
    return SignIn(sign_in_id(browser, person), person, era, 1, LAPTOP, NEVER, NEVER)


async def test_a_sign_in_comes_back_as_it_was_kept_with_the_stores_own_times(store: PeopleStore) -> None:
    """Several servers must agree on when it ends."""
    assert (await store.held("b1"))[0] == ()
    await store.open(_sign_in("b1"), "b1", None)
    (found,), now = await store.held("b1")
    assert found == replace(_sign_in("b1"), opened_at=found.opened_at, seen_at=found.opened_at)
    assert found.device == LAPTOP
    assert found.opened_at > NEVER
    assert not now < found.opened_at
    assert (await store.sign_ins())[0] == (found,)


async def test_opening_it_again_changes_nothing(store: PeopleStore) -> None:
    """A double click; and what has ended must not come back by a repetition."""
    await store.open(_sign_in("b1"), "b1", None)
    await store.end([_sign_in("b1").id])
    before = (await store.held("b1"))[0]
    await store.open(replace(_sign_in("b1"), era=9), "b1", None)
    assert (await store.held("b1"))[0] == before
    assert before[0].ended_at is not None


async def test_a_browser_takes_the_place_of_another_with_everybody_there(store: PeopleStore) -> None:
    """The cookie changes at sign-in: whoever knew the old one has nothing, and nobody in the browser is thrown out."""
    await store.open(_sign_in("b1", BEN.id), "b1", None)
    await store.open(_sign_in("b2", ADA.id), "b2", "b1")
    await store.open(_sign_in("b2", ADA.id), "b2", "b1")
    assert {one.person for one in (await store.held("b2"))[0]} == {ADA.id, BEN.id}
    assert (await store.held("b1"))[0] == ()
    assert len((await store.sign_ins())[0]) == 2


async def test_ending_some_leaves_the_others(store: PeopleStore) -> None:
    """The stolen laptop's, not the judge's own."""
    for browser in ("b1", "b2"):
        await store.open(_sign_in(browser), browser, None)
    mine, stolen = (_sign_in(browser).id for browser in ("b1", "b2"))
    await store.end([stolen, SignInId("0" * 16)])
    ended = {one.id: one.ended_at for one in (await store.sign_ins())[0]}
    assert ended.keys() == {mine, stolen}
    assert ended[mine] is None
    assert ended[stolen] is not None
    await store.end([stolen])
    assert {one.id: one.ended_at for one in (await store.sign_ins())[0]} == ended


async def test_being_seen_moves_one_time_alone(store: PeopleStore) -> None:
    """An idle sign-in ends; one that is used slides on. Strangers leave nothing behind."""
    await store.open(_sign_in("b1"), "b1", None)
    (before,), _ = await store.held("b1")
    while not (now := (await store.held("b1"))[1]) > before.seen_at:
        pass  # the store's next millisecond
    await store.seen([before.id, SignInId("0" * 16)])
    (found,), _ = await store.held("b1")
    assert not found.seen_at < now
    assert replace(found, seen_at=before.seen_at) == before
    assert len((await store.sign_ins())[0]) == 1


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


async def test_both_requests_of_a_double_click_end_with_the_same_new_cookie(store: PeopleStore) -> None:
    """Whichever answer the browser gets last, it is signed in; and the cookie it came with opens nothing."""
    guests = Guests(store, PEOPLE.get, CLOCK)
    token = await guests.invite(ADA.id)
    mine = new_token()
    first, second = await asyncio.gather(guests.accept(token, mine), guests.accept(token, mine))
    assert first == second
    person, session = first
    assert person == ADA
    assert session != mine
    assert await guests.signed_in(mine) == ()
    assert await guests.signed_in(session) == (ADA,)
    assert len(await guests.presence.all(ADA.id)) == 1
    assert await guests.look(token, session) == (ADA, True), "people keep the mail and click the link every time"


async def test_two_links_at_one_moment_in_one_browser_sign_both_people_in(store: PeopleStore) -> None:
    """A machine that two judges share: of two answers with two cookies the browser keeps one, and one judge's link was
    used up for nothing."""
    guests = Guests(store, PEOPLE.get, CLOCK)
    links = [await guests.invite(ADA.id), await guests.invite(BEN.id)]
    mine = new_token()
    answers = await asyncio.gather(*(guests.accept(link, mine) for link in links), return_exceptions=True)
    (session,) = (answer[1] for answer in answers if not isinstance(answer, BaseException))
    (again,) = (link for link, answer in zip(links, answers, strict=True) if isinstance(answer, Again))
    _, session = await guests.accept(again, session)
    assert await guests.signed_in(session) == (ADA, BEN)
    assert await guests.signed_in(mine) == ()


async def test_a_session_that_somebody_planted_holds_nobody_after_the_sign_in(store: PeopleStore) -> None:
    """Session fixation: whoever put their cookie into the judge's browser knows it still."""
    guests = Guests(store, PEOPLE.get, CLOCK)
    _, planted = await guests.accept(await guests.invite(BEN.id), None)
    _, session = await guests.accept(await guests.invite(ADA.id), planted)
    assert await guests.signed_in(planted) == ()
    assert await guests.signed_in(session) == (ADA, BEN)


async def test_a_new_link_ends_what_the_old_one_opened(store: PeopleStore) -> None:
    """The advised remedy against a stolen or mis-sent link must put the thief out."""
    heard: list[PersonId] = []
    guests = Guests(store, PEOPLE.get, CLOCK, when_revoked=heard.append)
    _, thief = await guests.accept(await guests.invite(ADA.id), None)
    heard.clear()
    token = await guests.invite(ADA.id)
    assert heard == [ADA.id]
    assert await guests.signed_in(thief) == ()
    _, session = await guests.accept(token, None)
    assert await guests.signed_in(session) == (ADA,)


async def test_sending_an_unused_link_again_ends_nothing_and_lets_one_browser_in(store: PeopleStore) -> None:
    """Whoever could not find the first mail may use either, once; a copy that went astray opens nothing any more."""
    guests = Guests(store, PEOPLE.get, CLOCK)
    assert await _code(lambda: guests.invite_again(ADA.id)) == "invitation.not_waiting"
    _, laptop = await guests.accept(await guests.invite_further(ADA.id), None)
    first = await guests.invite_further(ADA.id)
    second = await guests.invite_again(ADA.id)
    assert await guests.look(first, None) == await guests.look(second, None) == (ADA, False)
    _, telephone = await guests.accept(first, None)
    assert await _code(lambda: guests.accept(second, None)) == "invitation.used"
    assert await _code(lambda: guests.invite_again(ADA.id)) == "invitation.not_waiting"
    assert await guests.signed_in(laptop) == await guests.signed_in(telephone) == (ADA,)


async def test_a_link_for_one_more_device_ends_the_unused_one_alone(store: PeopleStore) -> None:
    """A second device gets a link of its own without throwing the first out."""
    guests = Guests(store, PEOPLE.get, CLOCK)
    _, session = await guests.accept(await guests.invite(ADA.id), None)
    second, third = await guests.invite_further(ADA.id), await guests.invite_further(ADA.id)
    assert await _code(lambda: guests.accept(second, None)) == "invitation.revoked"
    _, other = await guests.accept(third, None)
    assert await guests.signed_in(session) == await guests.signed_in(other) == (ADA,)


async def test_revoking_ends_links_and_sign_ins_and_is_heard_of(store: PeopleStore) -> None:
    """The organiser's answer to a lost laptop."""
    heard: list[PersonId] = []
    guests = Guests(store, PEOPLE.get, CLOCK, when_revoked=heard.append)
    used = await guests.invite_further(ADA.id)
    _, first = await guests.accept(used, None)
    _, session = await guests.accept(await guests.invite_further(BEN.id), first)
    unused = await guests.invite_further(ADA.id)
    await guests.revoke(ADA.id)
    assert heard == [ADA.id]
    assert await guests.signed_in(session) == (BEN,)
    assert await _code(lambda: guests.look(unused, None)) == "invitation.taken_back"
    assert await _code(lambda: guests.accept(used, first)) == "invitation.taken_back"
    _, again = await guests.accept(await guests.invite(ADA.id), session)
    assert await guests.signed_in(again) == (ADA, BEN)


async def test_a_revocation_wins_over_an_invitation_being_accepted(store: PeopleStore) -> None:
    """Between "is it valid" and "signed in" lies a way to the store; what is revoked there must stay out."""
    guests = Guests(store, PEOPLE.get, CLOCK)
    token, mine = await guests.invite(ADA.id), new_token()
    take = store.take

    async def take_late(invitation: Invitation, session_hash: str, follows: str) -> Use:
        took = await take(invitation, session_hash, follows)
        await store.raise_era(ADA.id)
        return took

    store.take = take_late  # type: ignore[method-assign]
    assert await _code(lambda: guests.accept(token, mine)) == "invitation.used"
    assert not any(one.is_open for one in await guests.presence.all())


async def test_a_server_that_died_between_using_up_and_signing_in_is_made_good(store: PeopleStore) -> None:
    """The browser's own next try, at the next server, finds the half-done work and ends it."""
    token, mine = await Guests(store, PEOPLE.get, CLOCK).invite(ADA.id), new_token()
    invitation = await store.invitation(hash_token(token))
    assert invitation is not None
    guests = Guests(store, PEOPLE.get, CLOCK, secret=SECRET)
    assert await store.take(invitation, hash_token(mine), hash_token(guests._following(mine, token))) is Use.USED
    person, session = await guests.accept(token, mine)
    assert await guests.signed_in(session) == (person,) == (ADA,)


async def test_who_signed_out_is_out_and_their_used_link_does_not_let_them_in_again(store: PeopleStore) -> None:
    """On a borrowed laptop the link is still in the history."""
    ended: list[tuple[PersonId, SignInId, Standing]] = []
    guests = Guests(store, PEOPLE.get, CLOCK, when_ended=lambda *how: ended.append(how))
    token, mine = await guests.invite(ADA.id), new_token()
    _, session = await guests.accept(token, mine)
    (held,) = await guests.held(session)
    await guests.presence.end(ADA.id, [held.sign_in])
    assert ended == [(ADA.id, held.sign_in, Standing.ENDED)]
    assert await guests.signed_in(session) == ()
    for shown in (session, mine, None):
        assert await _code(lambda shown=shown: guests.accept(token, shown)) == "invitation.used"  # type: ignore[misc]


async def test_nobody_ends_somebody_elses_by_its_id(store: PeopleStore) -> None:
    """Ids of sign-ins are in addresses of pages."""
    guests = Guests(store, PEOPLE.get, CLOCK)
    _, session = await guests.accept(await guests.invite(ADA.id), None)
    (held,) = await guests.held(session)
    assert await _code(lambda: guests.presence.end(BEN.id, [held.sign_in])) == "sign_in.unknown"
    assert await guests.signed_in(session) == (ADA,)
    _, other = await guests.accept(await guests.invite_further(ADA.id), None)
    assert len(await guests.presence.end(ADA.id)) == 2
    assert await guests.signed_in(session) == await guests.signed_in(other) == ()


async def test_a_look_finds_what_ended_by_another_programs_word(store: PeopleStore) -> None:
    """``roadshow revoke`` beside a running server: that one closes the sockets."""
    ended: list[tuple[PersonId, SignInId, Standing]] = []
    guests = Guests(store, PEOPLE.get, CLOCK, when_ended=lambda *how: ended.append(how))
    _, first = await guests.accept(await guests.invite(ADA.id), None)
    _, session = await guests.accept(await guests.invite(BEN.id), first)
    present = {one.sign_in: one.person.id for one in await guests.held(session)}
    await guests.presence.look(present)
    assert ended == []
    await Guests(store, PEOPLE.get, CLOCK).revoke(BEN.id)
    await guests.presence.look(present)
    assert [(person, how) for person, _, how in ended] == [(BEN.id, Standing.REVOKED)]


async def test_a_look_tells_anothers_revocation_from_ones_own(store: PeopleStore) -> None:
    """The log says who put somebody out: an act at a desk has its line already."""
    guests, console = (Guests(store, PEOPLE.get, CLOCK) for _ in range(2))
    await console.revoke(ADA.id)
    assert await guests.elsewhere.look(PEOPLE) == (), "from before this server looked"
    await guests.revoke(ADA.id)
    assert await guests.elsewhere.look(PEOPLE) == ()
    await console.revoke(BEN.id)
    assert await guests.elsewhere.look(PEOPLE) == (BEN.id,)
    assert await guests.elsewhere.look(PEOPLE) == (), "once"


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
