"""What every lease promises, in memory and in a real Valkey, and what its fence keeps out of every store."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from roadshow.adapters import READS
from roadshow.clock import SystemClock
from roadshow.competitions.invitations import Invitation
from roadshow.competitions.memory_store import MemoryCastStore, MemoryPeopleStore
from roadshow.competitions.merging import Key, Record
from roadshow.competitions.people import Person
from roadshow.competitions.ports import CastStore, PeopleStore
from roadshow.competitions.redis_store import RedisCastStore, RedisPeopleStore
from roadshow.competitions.signins.life import Device, SignIn
from roadshow.errors import RoadshowError, Unavailable
from roadshow.ids import CommandId, CompetitionId, PersonId, PollId, ProjectId, RoomId, SignInId
from roadshow.moments import Duration, Instant
from roadshow.rooms.memory_store import MemoryJournal
from roadshow.rooms.ports import Journal, Saved
from roadshow.rooms.redis_store import RedisJournal
from roadshow.store.connection import Store, connect
from roadshow.store.fence import Fence
from roadshow.store.keys import Keys
from roadshow.store.lease import Holder, Lease, LeaseLost
from roadshow.store.memory_lease import MemoryLease, Place, behind
from roadshow.store.redis_lease import RedisLease, bound_key
from roadshow.texts import Text
from roadshow.voting.acts import Reopen
from roadshow.voting.aftermath.acts import Rule
from roadshow.voting.audience.award import AudienceStore, Choice, Voter, VoterId
from roadshow.voting.audience.memory_store import MemoryAudienceStore
from roadshow.voting.audience.redis_store import RedisAudienceStore
from roadshow.voting.calibration.rounds import CloseRound
from roadshow.voting.carried.terms import Brought
from roadshow.voting.grounds import SealedGrounds
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.paper.acts import RejectCard
from roadshow.voting.ports import VoteStore
from roadshow.voting.questions.acts import Vote
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.votes import Cast
from tests.contract.test_vote_store import ARM, IMPACT, LIN, POLL, SPEC, TEAM

KEYS = Keys(CompetitionId("final"))
ROOM = RoomId("ai")
ALWAYS = Duration.minutes(10)
"""No lease of this length comes to its end within a test."""
AT_ONCE = Duration(1)


@dataclass
class Server:
    """One of several on the same store."""

    lease: Lease
    cast: CastStore
    people: PeopleStore
    journal: Journal
    votes: VoteStore
    awards: AudienceStore


NewServer = Callable[[str, Duration], Server]


def in_memory() -> NewServer:
    clock, place = SystemClock(), Place()
    stores = (
        MemoryCastStore(),
        MemoryPeopleStore(clock),
        MemoryJournal(clock),
        MemoryVoteStore(clock),
        MemoryAudienceStore(clock),
    )

    def new(name: str, lasts: Duration) -> Server:
        lease = MemoryLease(clock, place, name, lasts=lasts)
        cast, people, journal, votes, awards = (behind(store, lease.check, reads=READS) for store in stores)
        return Server(lease, cast, people, journal, votes, awards)  # type: ignore[arg-type]

    return new


def in_valkey(store: Store) -> NewServer:
    def new(name: str, lasts: Duration) -> Server:
        fence = Fence(KEYS, SystemClock())
        return Server(
            RedisLease(store, KEYS, fence, name, lasts=lasts),
            RedisCastStore(store.redis, KEYS, fence),
            RedisPeopleStore(store.redis, KEYS, fence),
            RedisJournal(store.redis, KEYS, fence),
            RedisVoteStore(store, KEYS, fence),
            RedisAudienceStore(store, KEYS, fence),
        )

    return new


@pytest.fixture(params=["memory", "valkey"])
def server(request: pytest.FixtureRequest) -> NewServer:
    return in_memory() if request.param == "memory" else in_valkey(request.getfixturevalue("connected"))


async def _lost(act: Awaitable[object]) -> None:
    with pytest.raises(LeaseLost, match=r"lease\.lost"):
        await act


async def test_one_server_at_a_time_has_the_lease(server: NewServer) -> None:
    """Both would run the clock of the show; the second is told whom to look for."""
    first, second = server("machine-a", ALWAYS), server("machine-b", ALWAYS)
    assert await first.lease.take() is None
    held = await second.lease.take()
    assert isinstance(held, Holder)
    assert held.name == "machine-a"
    assert Duration(0) < held.lasts <= ALWAYS
    await _lost(second.lease.renew())
    await first.lease.renew()


async def test_of_many_who_want_it_one_gets_it(server: NewServer) -> None:
    """Ten containers that start at one time."""
    servers = [server(str(number), ALWAYS) for number in range(10)]
    answers = await asyncio.gather(*(one.lease.take() for one in servers))
    assert answers.count(None) == 1


async def test_a_released_lease_is_free_at_once_and_the_former_owner_writes_no_more(server: NewServer) -> None:
    """A hand-over must not wait for an end, and a late act of the old server must not come after it."""
    first, second = server("a", ALWAYS), server("b", ALWAYS)
    await first.lease.take()
    await first.lease.release()
    await _lost(first.journal.save(ROOM, Saved(1, b"late"), "late"))
    assert await second.lease.take() is None
    await first.lease.release()  # once more, and nothing of the second's
    await second.lease.renew()


async def test_a_lease_that_came_to_its_end_is_anybodys(server: NewServer) -> None:
    """kill -9 releases nothing."""
    first, second = server("a", AT_ONCE), server("b", ALWAYS)
    await first.lease.take()
    async with asyncio.timeout(5):
        while await second.lease.take() is not None:
            pass
    await _lost(first.lease.renew())


async def test_a_lease_at_its_end_that_nobody_wanted_is_still_its_owners(server: NewServer) -> None:
    """A store that was away for a minute ends no show: nobody else was there."""
    first = server("a", AT_ONCE)
    await first.lease.take()
    await asyncio.sleep(0.01)
    await first.journal.save(ROOM, Saved(1, b"one"), "begun")
    await first.lease.renew()


async def test_a_holder_who_gives_no_sign_is_overtaken_whatever_the_stores_clock_says(server: NewServer) -> None:
    """A store whose clock was set back a day would keep a dead server in office for that day."""
    first, second = server("a", ALWAYS), server("b", ALWAYS)
    await first.lease.take()
    held = await second.lease.take()
    assert held is not None
    await first.lease.renew()
    alive = await second.lease.take(held.sign)
    assert alive is not None, "it has renewed meanwhile"
    assert await second.lease.take(alive.sign) is None
    await _lost(first.lease.renew())


async def test_whoever_has_it_may_take_it_again(server: NewServer) -> None:
    """The answer to the first question may be lost on its way."""
    first = server("a", ALWAYS)
    assert await first.lease.take() is None
    assert await first.lease.take() is None
    await first.lease.renew()


async def test_the_key_that_signs_is_noted_once(server: NewServer) -> None:
    """Two servers on one store with two keys gave out receipts of which half could be checked."""
    first, second = server("a", ALWAYS), server("b", ALWAYS)
    await _lost(first.lease.bind_key("none yet"))
    await first.lease.take()
    assert await first.lease.bind_key("key-a") == "key-a"
    await first.lease.release()
    await second.lease.take()
    assert await second.lease.bind_key("key-b") == "key-a"
    assert await second.lease.bind_key("key-b", anew=True) == "key-b"
    await _lost(first.lease.bind_key("key-a", anew=True))


async def test_the_noted_key_is_read_without_the_lease(connected: Store) -> None:
    """``roadshow export`` runs beside the server."""
    assert await bound_key(connected, KEYS) == ""
    one = in_valkey(connected)("a", ALWAYS)
    await one.lease.take()
    await one.lease.bind_key("key-a")
    assert await bound_key(connected, KEYS) == "key-a"


async def test_a_store_that_was_emptied_takes_nothing_from_the_server_it_knew(connected: Store) -> None:
    """What it still has in memory has nothing to do with what is there now: it must read again."""
    one = in_valkey(connected)("a", ALWAYS)
    await one.lease.take()
    await connected.redis.flushall()
    await _lost(one.journal.save(ROOM, Saved(1, b"one"), "begun"))
    await _lost(one.lease.renew())
    assert await one.lease.take() is None


# The fence --------------------------------------------------------------------------------------------------------


def _cast(command: str) -> Cast:
    return Cast(CommandId(f"command-{command}"), ARM, {IMPACT: 5, TEAM: 5}, 0)


PERSON = Person(PersonId("ada"), Text("Ada", "Ada", "Ada"))
COMMAND = CommandId("command-of-the-old-one")
INVITATION = Invitation(PERSON.id, 1, 0, Instant(2**42))
SIGN_IN = SignIn(SignInId("0" * 16), PERSON.id, 0, 1, Device(), Instant(1), Instant(1))
WRITES: dict[tuple[str, str], Callable[[Server], Awaitable[object]]] = {
    ("cast", "write"): lambda one: one.cast.write({Key("person", "ada"): Record(1, PERSON, PERSON)}),
    ("cast", "keep_words"): lambda one: one.cast.keep_words({"lin.ai.arm": "A cousin."}),
    ("people", "raise_issue"): lambda one: one.people.raise_issue(PERSON.id),
    ("people", "raise_era"): lambda one: one.people.raise_era(PERSON.id),
    ("people", "add_invitation"): lambda one: one.people.add_invitation("f" * 64, INVITATION),
    ("people", "take"): lambda one: one.people.take(INVITATION, "e" * 64, "f" * 64),
    ("people", "open"): lambda one: one.people.open(SIGN_IN, "e" * 64, None),
    ("people", "seen"): lambda one: one.people.seen([SIGN_IN.id]),
    ("people", "end"): lambda one: one.people.end([SIGN_IN.id]),
    ("people", "forget_former_session"): lambda one: one.people.forget_former_session("e" * 64),
    ("journal", "save"): lambda one: one.journal.save(ROOM, Saved(2, b"two"), "next"),
    ("votes", "prepare"): lambda one: one.votes.prepare(SPEC, genesis(SPEC)),
    ("votes", "open_window"): lambda one: one.votes.open_window(POLL, ARM, None),
    ("votes", "close_window"): lambda one: one.votes.close_window(POLL, ARM),
    ("votes", "cast"): lambda one: one.votes.cast(POLL, LIN, _cast("1")),
    ("votes", "recuse"): lambda one: one.votes.recuse(POLL, LIN, _cast("2"), SealedGrounds("close")),
    ("votes", "abstain"): lambda one: one.votes.abstain(POLL, LIN, _cast("2"), SealedGrounds("missed")),
    ("votes", "cast_late"): lambda one: one.votes.cast_late(POLL, LIN, _cast("3")),
    ("votes", "settle"): lambda one: one.votes.settle(POLL, LIN, (ARM,), "a reason", COMMAND),
    ("votes", "revote"): lambda one: one.votes.revote(POLL, LIN, (ARM,), "a reason", None, COMMAND),
    ("votes", "act"): lambda one: one.votes.act(POLL, LIN, Reopen(1), COMMAND),
    ("votes", "carry"): lambda one: one.votes.carry(POLL, Brought((), ()), COMMAND),
    ("votes", "deliberate"): lambda one: one.votes.deliberate(SPEC, LIN, (ARM,), COMMAND),
    ("votes", "question"): lambda one: one.votes.question(POLL, LIN, Vote(1, ARM), COMMAND),
    ("votes", "paper"): lambda one: one.votes.paper(POLL, LIN, RejectCard(1, "typing"), COMMAND),
    ("votes", "comment"): lambda one: one.votes.comment(SPEC, LIN, ARM, "Well done.", "", 0),
    ("votes", "decide_comment"): lambda one: one.votes.decide_comment(POLL, LIN, LIN, ARM, 1, "released", ""),
    ("votes", "after"): lambda one: one.votes.after(SPEC, LIN, Rule(1, True, "a reason"), COMMAND),
    ("votes", "confirm"): lambda one: one.votes.confirm(POLL, LIN, b"{}", 1, COMMAND),
    ("votes", "keep_seals"): lambda one: one.votes.keep_seals(POLL, {1: "A"}),
    ("votes", "announce"): lambda one: one.votes.announce(POLL, LIN, 0, COMMAND, last=False),
    ("votes", "calibrate"): lambda one: one.votes.calibrate(SPEC.poll, CloseRound(1)),
    ("votes", "tell_calibration"): lambda one: one.votes.tell_calibration(SPEC.poll, (), 0, COMMAND),
    ("awards", "open"): lambda one: one.awards.open(PollId("award"), None, COMMAND),
    ("awards", "close"): lambda one: one.awards.close(PollId("award"), COMMAND),
    ("awards", "announce"): lambda one: one.awards.announce(PollId("award"), (), COMMAND),
    ("awards", "vote"): lambda one: one.awards.vote(
        PollId("award"), "writer", 1, (Choice(Voter(VoterId("a" * 64), 1, Instant(1), "origin"), ProjectId("arm")),)
    ),
}
PORTS = {"cast": CastStore, "people": PeopleStore, "journal": Journal, "votes": VoteStore, "awards": AudienceStore}


def test_every_act_of_every_store_is_tried_below() -> None:
    """A new one that nobody fences would be the hole."""
    acts = {
        (port, name)
        for port, protocol in PORTS.items()
        for name, _ in inspect.getmembers(protocol, inspect.isfunction)
        if not name.startswith("_") and name not in READS
    }
    assert acts == set(WRITES)


@pytest.mark.parametrize("act", WRITES.values(), ids=map(".".join, WRITES))
async def test_a_server_that_was_overtaken_writes_nothing(
    server: NewServer, act: Callable[[Server], Awaitable[object]]
) -> None:
    """It may have slept through its own end; what it still believes must not reach the store."""
    former, owner = server("a", AT_ONCE), server("b", ALWAYS)
    await former.lease.take()
    await former.votes.prepare(SPEC, genesis(SPEC))
    await former.votes.open_window(POLL, ARM, None)
    await former.journal.save(ROOM, Saved(1, b"one"), "begun")
    while await owner.lease.take() is not None:  # for a millisecond
        pass
    before = await _all(owner)
    await _lost(act(former))
    assert await _all(owner) == before
    assert await _all(former) == before, "it may still read"


@pytest.mark.parametrize("act", WRITES.values(), ids=map(".".join, WRITES))
async def test_before_the_lease_is_taken_a_server_writes_nothing(
    server: NewServer, act: Callable[[Server], Awaitable[object]]
) -> None:
    """Whatever is forgotten at a start then shows at once."""
    await _lost(act(server("a", ALWAYS)))


@pytest.mark.parametrize("act", WRITES.values(), ids=map(".".join, WRITES))
async def test_the_owner_is_not_kept_out(server: NewServer, act: Callable[[Server], Awaitable[object]]) -> None:
    """A fence that lets nobody through would pass the test above."""
    owner = server("a", ALWAYS)
    await owner.lease.take()
    await owner.votes.prepare(SPEC, genesis(SPEC))
    await owner.journal.save(ROOM, Saved(1, b"one"), "begun")
    try:
        await act(owner)
    except RoadshowError as refusal:
        assert not isinstance(refusal, Unavailable)  # noqa: PT017  # a refusal of its own is an answer


async def _all(one: Server) -> list[Any]:
    poll = await one.votes.read(POLL)
    return [
        poll.sequence,
        poll.windows,
        await one.cast.load(),
        await one.people.access([PERSON.id]),
        await one.people.invitation("f" * 64),
        (await one.people.sign_ins())[0],
        await one.journal.load(ROOM),
        (await one.awards.read(PollId("award"))).state,
    ]


class Interleaved(RuleBasedStateMachine):
    """Two servers take turns at a store in any order, each believing what it likes: what takes effect is what the
    newest owner wrote, and all of it."""

    def __init__(self, new: NewServer, run: Callable[[Awaitable[Any]], Any]) -> None:
        super().__init__()
        self._new = new
        self._run = run
        self.owner: int | None = None
        self.revision = 0
        self.ballots = 0
        self.commands = 0

    @initialize()
    def start(self) -> None:
        self.servers = [self._new(str(number), ALWAYS) for number in range(2)]
        self.signs = [""] * 2
        # Somebody before them made the poll.
        earlier = self._new("earlier", ALWAYS)
        self._run(earlier.lease.take())
        self._run(earlier.votes.prepare(SPEC, genesis(SPEC)))
        self._run(earlier.votes.open_window(POLL, ARM, None))
        self._run(earlier.lease.release())

    @rule(who=st.integers(0, 1))
    def take(self, who: int) -> None:
        held = self._run(self.servers[who].lease.take())
        assert (held is None) == (self.owner in (None, who))
        if held is None:
            self.owner = who

    @rule(who=st.integers(0, 1))
    def take_from_one_who_seems_dead(self, who: int) -> None:
        held = self._run(self.servers[who].lease.take())
        if held is not None:
            assert self._run(self.servers[who].lease.take(held.sign)) is None
        self.owner = who

    @rule(who=st.integers(0, 1))
    def release(self, who: int) -> None:
        self._run(self.servers[who].lease.release())
        if self.owner == who:
            self.owner = None

    @rule(who=st.integers(0, 1))
    def save(self, who: int) -> None:
        saved = Saved(self.revision + 1, f"{who}".encode())
        if self._takes_effect(who, self.servers[who].journal.save(ROOM, saved, "next")):
            self.revision += 1

    @rule(who=st.integers(0, 1))
    def vote(self, who: int) -> None:
        self.commands += 1
        cast = Cast(CommandId(f"command-{self.commands:06}"), ARM, {IMPACT: 5, TEAM: 5}, self.ballots)
        if self._takes_effect(who, self.servers[who].votes.cast(POLL, LIN, cast)):
            self.ballots += 1

    @rule(who=st.integers(0, 1))
    def renew(self, who: int) -> None:
        self._takes_effect(who, self.servers[who].lease.renew())

    @invariant()
    def the_store_has_what_the_owners_wrote(self) -> None:
        if not hasattr(self, "servers"):
            return
        for one in self.servers:
            saved = self._run(one.journal.load(ROOM))
            assert (0 if saved is None else saved.revision) == self.revision
            assert self._run(one.votes.read(POLL)).sequence == 1 + self.ballots

    def _takes_effect(self, who: int, act: Awaitable[Any]) -> bool:
        try:
            self._run(act)
        except LeaseLost:
            assert self.owner != who
            return False
        assert self.owner == who
        return True


def _interleaved(new: Callable[[], NewServer], run: Callable[[Awaitable[Any]], Any], examples: int) -> None:
    run_state_machine_as_test(
        lambda: Interleaved(new(), run),  # type: ignore[arg-type]  # a factory does
        settings=settings(max_examples=examples, stateful_step_count=30, suppress_health_check=[HealthCheck.too_slow]),
    )


def test_only_the_newest_owners_writes_take_effect_in_memory() -> None:
    """Whatever the order: sleep, release, takeover and writes of both."""
    with asyncio.Runner() as runner:
        _interleaved(in_memory, lambda act: runner.run(_awaited(act)), 100)


def test_only_the_newest_owners_writes_take_effect_in_a_store(store_url: str) -> None:
    """As in memory, by the functions of the store itself."""
    with asyncio.Runner() as runner:
        opened = connect(store_url)
        store = runner.run(opened.__aenter__())

        def empty() -> NewServer:
            runner.run(_awaited(store.redis.flushall()))
            return in_valkey(store)

        _interleaved(empty, lambda act: runner.run(_awaited(act)), 30)
        runner.run(opened.__aexit__(None, None, None))


async def _awaited(act: Awaitable[Any]) -> Any:
    return await act
