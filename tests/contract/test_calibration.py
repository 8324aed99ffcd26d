"""Calibration rounds, on every store there is: cards of their own, seen once a round is closed, over with the first
window, and in nothing that counts."""

import random
from collections.abc import Awaitable, Iterator
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.errors import Conflict, InputError, NotAllowed, NotFound, RoadshowError
from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.store.connection import Store
from roadshow.store.fence import Fence
from roadshow.store.keys import Keys
from roadshow.voting.boxes.box import Box
from roadshow.voting.boxes.boxes import Boxes
from roadshow.voting.calibration.rounds import MOST_ROUNDS, CalibrationAct, CloseRound, HandIn, OpenRound, told
from roadshow.voting.ledger.record import encode_record
from roadshow.voting.ledger.recount import recount
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.votes import Cast
from tests.clocks import HandClock
from tests.contract.counting import close_count

ROOM, POLL = RoomId("robotics"), PollId("robotics")
ARM, LEG = PROJECTS = tuple(map(ProjectId, ("arm", "leg")))
CHAIR, LIN, MEI = JUDGES = tuple(map(PersonId, ("chair", "lin", "mei")))
ANNA, VERA = map(PersonId, ("organiser", "vera"))
IDEA, TEAM = map(CriterionId, ("idea", "team"))
SPEC = PollSpec(
    POLL,
    PROJECTS,
    JUDGES,
    CHAIR,
    (),
    (Criterion(IDEA, 3, 10), Criterion(TEAM, 1, 10, 2)),
    RuleSet("mean", 1, ("shared",), "exact", 2),
    procedure=2,
    reserve=(VERA,),
)
SIGNER = Signer(Ed25519PrivateKey.generate())
KEY = bytes(range(32))
SAMPLE = "sample-a"
CARD = {IDEA: 7, TEAM: 17}


def boxes() -> Boxes:
    return Boxes(lambda: KEY)


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest) -> VoteStore:
    if request.param == "memory":
        return MemoryVoteStore(HandClock(), boxes())
    return in_valkey(request.getfixturevalue("connected"))


def in_valkey(connected: Store) -> RedisVoteStore:
    keys = Keys(CompetitionId("final"))
    return RedisVoteStore(connected, keys, Fence(keys, HandClock()), boxes())


_numbers: Iterator[int] = iter(range(10**9))


def command() -> CommandId:
    return CommandId(f"command-{next(_numbers):08}")


async def prepared(store: VoteStore, spec: PollSpec = SPEC) -> VotingService:
    service = VotingService(store, SIGNER, {ROOM: spec}, Nobody(), boxes=boxes())
    await service.prepare()
    return service


async def refused(doing: Awaitable[object], kind: type[RoadshowError], code: str) -> None:
    with pytest.raises(kind) as caught:
        await doing
    assert caught.value.code == code


async def played(service: VotingService) -> dict[str, Any]:
    """The whole voting, and what comes out of it that does not hang on chance or time."""
    for project in PROJECTS:
        await service.open_window(ROOM, project, None)
        for place, judge in enumerate(JUDGES):
            scores = {IDEA: 5 + place, TEAM: 10 + 2 * PROJECTS.index(project)}
            await service.cast(ROOM, judge, Cast(command(), project, scores, 0))
        await service.close_window(ROOM, project)
    await close_count(service, ROOM, CHAIR)
    await service.confirm(ROOM, CHAIR, False, command())
    view = await service.ceremony(ROOM)
    while view.remaining:
        view = await service.reveal_next(ROOM, ANNA, len(view.announced), command())
    result = (await service.views(ROOM)).revealed()
    return {name: getattr(result, name) for name in ("standings", "awards", "explanations")}


async def test_cards_lie_open_once_the_round_is_closed_and_not_before(store: VoteStore) -> None:
    """Who could read another's card before their own is in would give what the other gave."""
    service = await prepared(store)
    await service.calibration.open(ROOM, CHAIR, SAMPLE, 1)
    await service.calibration.hand_in(ROOM, LIN, 1, {IDEA: 9, TEAM: 20})
    await service.calibration.hand_in(ROOM, LIN, 1, CARD)
    await service.calibration.hand_in(ROOM, VERA, 1, {IDEA: 3, TEAM: 4})
    for reader, own in ((LIN, CARD), (MEI, None), (CHAIR, None), (ANNA, None)):
        (one,) = (await service.calibration.seen(ROOM, reader)).rounds
        assert (one.own, dict(one.cards), set(one.given), one.is_open) == (own, {}, {LIN, VERA}, True)
    for _ in range(2):
        await service.calibration.close(ROOM, 1)
    (one,) = (await service.calibration.seen(ROOM, MEI)).rounds
    assert (one.own, one.cards) == (None, {LIN: CARD, VERA: {IDEA: 3, TEAM: 4}})
    await refused(service.calibration.hand_in(ROOM, MEI, 1, CARD), Conflict, "calibration.closed")


async def test_one_round_is_open_at_a_time_and_a_second_press_opens_no_second(store: VoteStore) -> None:
    """Chair and organiser press at once, and so does a form that is sent twice."""
    service = await prepared(store)
    for _ in range(2):
        await service.calibration.open(ROOM, CHAIR, SAMPLE, 1)
    await refused(service.calibration.open(ROOM, ANNA, SAMPLE, 1), Conflict, "calibration.open")
    await refused(service.calibration.open(ROOM, CHAIR, "sample-b", 2), Conflict, "calibration.open")
    await refused(service.calibration.close(ROOM, 2), Conflict, "calibration.moved_on")
    await service.calibration.close(ROOM, 1)
    await refused(service.calibration.open(ROOM, CHAIR, SAMPLE, 1), Conflict, "calibration.moved_on")
    for number in range(2, MOST_ROUNDS + 1):
        await service.calibration.open(ROOM, CHAIR, SAMPLE, number)
        await service.calibration.close(ROOM, number)
    more = service.calibration.open(ROOM, CHAIR, SAMPLE, MOST_ROUNDS + 1)
    with pytest.raises(Conflict) as caught:
        await more
    assert (caught.value.code, caught.value.details) == ("calibration.too_many", {"limit": MOST_ROUNDS})


async def test_only_the_jury_and_its_reserve_hand_in_cards_that_fit_the_rubric(store: VoteStore) -> None:
    """Neither the organiser's nor half a card would be comparable."""
    service = await prepared(store)
    await refused(service.calibration.hand_in(ROOM, LIN, 1, CARD), Conflict, "calibration.closed")
    await service.calibration.open(ROOM, ANNA, SAMPLE, 1)
    await refused(service.calibration.hand_in(ROOM, ANNA, 1, CARD), NotAllowed, "calibration.not_entitled")
    for scores in ({IDEA: 7}, {**CARD, IDEA: 11}, {**CARD, IDEA: -1}, {**CARD, CriterionId("looks"): 1}):
        await refused(service.calibration.hand_in(ROOM, LIN, 1, scores), InputError, "ballot.malformed")
    orders = msgspec.structs.replace(
        SPEC, rules=msgspec.structs.replace(SPEC.rules, ballots="orders", estimator="borda")
    )
    of_orders = VotingService(store, SIGNER, {ROOM: orders}, Nobody())
    await refused(of_orders.calibration.seen(ROOM, LIN), NotFound, "calibration.none")


async def test_the_first_window_ends_it_for_good_and_the_ledger_says_that_it_was(store: VoteStore) -> None:
    """A round that the window cut short is never seen; one that was closed stays readable."""
    service = await prepared(store)
    await service.calibration.open(ROOM, CHAIR, SAMPLE, 1)
    await service.calibration.hand_in(ROOM, LIN, 1, CARD)
    await service.calibration.close(ROOM, 1)
    await service.calibration.open(ROOM, ANNA, "sample-b", 2)
    await service.calibration.hand_in(ROOM, LIN, 2, CARD)
    await refused(store.open_window(POLL, ARM, None), Conflict, "calibration.untold")
    await service.open_window(ROOM, ARM, None)
    entry, opened = await store.ledger(POLL, 0, 10)
    assert (entry.kind, opened.kind) == ("calibrate", "open")
    rounds = msgspec.json.decode(entry.body)["rounds"]
    assert [(one["by"], one["judges"], one["sample"]) for one in rounds] == [
        (CHAIR, 1, SAMPLE),
        (ANNA, 1, "sample-b"),
    ]
    assert rounds[0]["closed"] is not None
    assert rounds[1]["closed"] is None
    assert {name for one in rounds for name in one} == {"by", "closed", "judges", "opened", "sample"}
    for _ in range(2):
        for act in (
            service.calibration.open(ROOM, CHAIR, SAMPLE, 3),
            service.calibration.hand_in(ROOM, LIN, 2, CARD),
            service.calibration.close(ROOM, 2),
        ):
            await refused(act, Conflict, "calibration.over")
        first, second = (await service.calibration.seen(ROOM, LIN)).rounds
        assert (first.cards, second.cards, second.own, second.is_open) == ({LIN: CARD}, {}, CARD, False)
        await service.close_window(ROOM, ARM)


async def test_what_is_told_is_what_there_was_when_the_window_came(store: VoteStore) -> None:
    """Whoever says it has seen all of it, or looks once more; and says it once."""
    service = await prepared(store)
    none = store.tell_calibration(POLL, (), 0, command())
    await refused(none, Conflict, "calibration.moved_on")
    await service.calibration.open(ROOM, CHAIR, SAMPLE, 1)
    seen = await store.calibration(POLL)
    await service.calibration.hand_in(ROOM, LIN, 1, CARD)
    early = store.tell_calibration(POLL, told(seen, SPEC), seen.changes, command())
    await refused(early, Conflict, "calibration.moved_on")
    await service.calibration.tell(ROOM)
    await service.calibration.tell(ROOM)
    (entry,) = await store.ledger(POLL, 0, 10)
    assert msgspec.json.decode(entry.body)["rounds"][0]["judges"] == 1
    again = store.tell_calibration(POLL, told(seen, SPEC), seen.changes, command())
    await refused(again, Conflict, "calibration.over")


async def test_nobody_opens_a_round_once_the_voting_began_without_one(store: VoteStore) -> None:
    service = await prepared(store)
    await service.open_window(ROOM, ARM, None)
    assert [one.kind for one in await store.ledger(POLL, 0, 10)] == ["open"]
    await refused(service.calibration.open(ROOM, CHAIR, SAMPLE, 1), Conflict, "calibration.over")


@pytest.mark.parametrize("sealed", [False, True])
async def test_it_counts_for_nothing_and_the_record_holds_without_a_score_of_it(store: VoteStore, sealed: bool) -> None:
    """The same final with and without: the same table, the same receipts but for where in the ledger they stand."""
    spec = msgspec.structs.replace(SPEC, sealed=Box.of(POLL, KEY).mark if sealed else "")
    service = await prepared(store, spec)
    await service.calibration.open(ROOM, CHAIR, SAMPLE, 1)
    for judge in JUDGES:
        await service.calibration.hand_in(ROOM, judge, 1, {IDEA: 1, TEAM: 19})
    await service.calibration.close(ROOM, 1)
    without = await prepared(MemoryVoteStore(HandClock(), boxes()), spec)
    assert await played(service) == await played(without)
    record = await service.record(ROOM)
    report = recount(encode_record(record))
    assert report.faults == ()
    assert [one.kind for one in record.entries].count("calibrate") == 1
    assert len(record.receipts) == len(JUDGES) * len(PROJECTS)
    assert b'"team":19' not in encode_record(record).replace(b"\\", b"")
    (entry,) = [one for one in record.entries if one.kind == "calibrate"]
    assert msgspec.json.decode(entry.body)["rounds"][0]["judges"] == len(JUDGES)


async def test_a_card_that_this_server_did_not_take_is_not_shown(store: VoteStore) -> None:
    """Who holds the store has no key: it can take a card away, and not write one, nor move one."""
    service = await prepared(store)
    await service.calibration.open(ROOM, CHAIR, SAMPLE, 1)
    await service.calibration.hand_in(ROOM, LIN, 1, CARD)
    (card,) = (await store.calibration(POLL)).rounds[0].cards
    await store.calibrate(POLL, HandIn(1, MEI, card.scores, card.seal))
    await store.calibrate(POLL, HandIn(1, CHAIR, '{"idea":0,"team":0}', "0" * 64))
    await service.calibration.close(ROOM, 1)
    await service.calibration.open(ROOM, CHAIR, SAMPLE, 2)
    await store.calibrate(POLL, HandIn(2, LIN, card.scores, card.seal))
    await service.calibration.close(ROOM, 2)
    first, second = (await service.calibration.seen(ROOM, LIN)).rounds
    assert (dict(first.cards), set(first.spoilt)) == ({LIN: CARD}, {MEI, CHAIR})
    assert (dict(second.cards), set(second.spoilt)) == ({}, {LIN})


async def test_a_card_of_another_rubric_is_left_out_and_accuses_nobody(store: VoteStore) -> None:
    """Until the first window a definition may change: what was scored before cannot be compared any more."""
    service = await prepared(store)
    await service.calibration.open(ROOM, CHAIR, SAMPLE, 1)
    await service.calibration.hand_in(ROOM, LIN, 1, CARD)
    await service.calibration.close(ROOM, 1)
    changed = await prepared(store, msgspec.structs.replace(SPEC, criteria=(Criterion(IDEA, 1, 5),)))
    (one,) = (await changed.calibration.seen(ROOM, LIN)).rounds
    assert (one.own, dict(one.cards), set(one.spoilt), set(one.given)) == (None, {}, set(), {LIN})
    await changed.calibration.open(ROOM, CHAIR, SAMPLE, 2)
    await changed.calibration.hand_in(ROOM, LIN, 2, {IDEA: 5})
    await changed.open_window(ROOM, ARM, None)
    assert [one.kind for one in await store.ledger(POLL, 0, 10)] == ["calibrate", "open"]


async def test_where_ballots_are_sealed_so_are_these_cards(store: VoteStore) -> None:
    """As long as one another, and the same scores twice look like two."""
    service = await prepared(store, msgspec.structs.replace(SPEC, sealed=Box.of(POLL, KEY).mark))
    await service.calibration.open(ROOM, CHAIR, SAMPLE, 1)
    await service.calibration.hand_in(ROOM, LIN, 1, CARD)
    await service.calibration.hand_in(ROOM, MEI, 1, CARD)
    await service.calibration.hand_in(ROOM, CHAIR, 1, {IDEA: 10, TEAM: 0})
    kept = [card.scores for card in (await store.calibration(POLL)).rounds[0].cards]
    assert len(set(kept)) == len(JUDGES)
    assert len({len(one) for one in kept}) == 1
    assert not any("idea" in one for one in kept)
    await service.calibration.close(ROOM, 1)
    (one,) = (await service.calibration.seen(ROOM, LIN)).rounds
    assert one.cards == {LIN: CARD, MEI: CARD, CHAIR: {IDEA: 10, TEAM: 0}}


async def test_both_stores_keep_the_same(connected: Store) -> None:
    """Whatever is done, in whatever order, before and after the first window."""
    choose = random.Random(5)
    seen: set[object] = set()
    clock = HandClock()
    keys = Keys(CompetitionId("final"))
    for poll in map(PollId, ("ai", "bio", "agri", "space")):
        spec = msgspec.structs.replace(SPEC, poll=poll)
        stores = (MemoryVoteStore(clock), RedisVoteStore(connected, keys, Fence(keys, clock)))
        services = [VotingService(one, SIGNER, {ROOM: spec}, Nobody()) for one in stores]
        for service in services:
            await service.prepare()

        async def outcome(store: VoteStore, act: CalibrationAct, poll: PollId = poll) -> object:
            try:
                await store.calibrate(poll, act)
            except RoadshowError as refusal:
                return refusal.code
            return "done"

        for step in range(90):
            clock.advance(Duration.seconds(1))
            if step == 80:
                for service in services:
                    await service.open_window(ROOM, ARM, None)
            rounds = len((await stores[0].calibration(poll)).rounds)
            number = max(rounds + choose.choice((-1, 0, 0, 0, 1, 1)), 0)
            act: CalibrationAct = choose.choice(
                (
                    OpenRound(number, choose.choice(("a", "b")), choose.choice((CHAIR, ANNA))),
                    HandIn(number, choose.choice((*JUDGES, VERA, ANNA)), choose.choice(("x", "y")), "seal"),
                    HandIn(number, LIN, "x", "seal"),
                    CloseRound(number),
                )
            )
            one, other = [await outcome(store, act) for store in stores]
            assert one == other, (step, act)
            seen.add(one)
            kept = [await store.calibration(poll) for store in stores]
            assert kept[0] == kept[1], (step, act)
    assert seen == {
        "done",
        "calibration.not_entitled",
        "calibration.open",
        "calibration.closed",
        "calibration.moved_on",
        "calibration.over",
    }


@pytest.fixture(params=["memory", "valkey"])
def timed(request: pytest.FixtureRequest) -> tuple[HandClock, VoteStore]:
    clock, keys = HandClock(), Keys(CompetitionId("final"))
    if request.param == "memory":
        return clock, MemoryVoteStore(clock, boxes())
    return clock, RedisVoteStore(request.getfixturevalue("connected"), keys, Fence(keys, clock), boxes())


@pytest.mark.parametrize("step", ["in a round", "between rounds", "before the window"])
async def test_a_clock_that_is_set_back_leaves_a_record_that_holds(
    timed: tuple[HandClock, VoteStore], step: str
) -> None:
    """The ledger is told when each round was, and nothing can be mended there: no record of the voting would hold."""
    clock, store = timed
    service = await prepared(store, msgspec.structs.replace(SPEC, reserve=()))
    await service.calibration.open(ROOM, CHAIR, SAMPLE, 1)
    if step == "in a round":
        clock.advance(Duration.seconds(-5))
        service = await prepared(store)  # the server was started again, with one more on the reserve
    await service.calibration.close(ROOM, 1)
    if step == "between rounds":
        clock.advance(Duration.seconds(-5))
    await service.calibration.open(ROOM, CHAIR, SAMPLE, 2)
    await service.calibration.close(ROOM, 2)
    if step == "before the window":
        clock.advance(Duration.seconds(-5))
    await played(service)
    assert recount(encode_record(await service.record(ROOM)), service.public_key).faults == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [("sample|1", None), ("by|1", "Nobody At All"), ("closed|1", None), ("closed|1", "1"), ("card|1|lin|mei", "x")],
)
async def test_rounds_that_no_act_has_left_are_not_told_to_the_ledger(
    connected: Store, field: str, value: str | None
) -> None:
    """Whoever holds the store would else have the server sign an entry that no recount takes."""
    service = await prepared(in_valkey(connected))
    for number in (1, 2):
        await service.calibration.open(ROOM, CHAIR, SAMPLE, number)
        await service.calibration.close(ROOM, number)
    key = Keys(CompetitionId("final")).poll(POLL).calibration
    if value is None:
        await connected.redis.hdel(key, field)
    else:
        await connected.redis.hset(key, field, value)
    await refused(service.calibration.seen(ROOM, LIN), Conflict, "ledger.rewritten")
    await refused(service.open_window(ROOM, ARM, None), Conflict, "ledger.rewritten")
