"""What judges write to the teams, on every store there is: sealed until the result, released as the rules say, and read
by nobody else."""

import random
from collections.abc import Awaitable, Iterator

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.errors import Conflict, InputError, NotAllowed, NotFound, RoadshowError
from roadshow.ids import CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.store.connection import Store
from roadshow.store.fence import Fence
from roadshow.store.keys import Keys
from roadshow.voting.comments.comment import LONGEST_COMMENT, Comment, Fate
from roadshow.voting.grounds import Grounds
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import CommentsTo, Criterion, PollSpec, RuleSet
from roadshow.voting.votes import Cast
from tests.clocks import HandClock
from tests.contract.counting import close_count

ROOM, POLL = RoomId("robotics"), PollId("robotics")
ARM, LEG, EYE = PROJECTS = tuple(map(ProjectId, ("arm", "leg", "eye")))
CHAIR, LIN, MEI = JUDGES = tuple(map(PersonId, ("chair", "lin", "mei")))
DEPUTY, ANNA, VERA = map(PersonId, ("deputy", "organiser", "vera"))
IMPACT = CriterionId("impact")
SPEC = PollSpec(
    POLL,
    PROJECTS,
    JUDGES,
    CHAIR,
    ((LIN, LEG), (CHAIR, EYE)),
    (Criterion(IMPACT, 1, 100),),
    RuleSet("mean", 1, ("shared",), "exact", 2),
    deputy=DEPUTY,
    procedure=2,
    reserve=(VERA,),
)
SIGNER = Signer(Ed25519PrivateKey.generate())
WORDS = "Show who pays in the first year.\n把价格写清楚。"


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest) -> VoteStore:
    clock = HandClock()
    if request.param == "memory":
        return MemoryVoteStore(clock)
    return in_valkey(request.getfixturevalue("connected"))


def in_valkey(connected: Store) -> RedisVoteStore:
    keys = Keys(CompetitionId("final"))
    return RedisVoteStore(connected, keys, Fence(keys, HandClock()))


_numbers: Iterator[int] = iter(range(10**9))


def command() -> CommandId:
    return CommandId(f"command-{next(_numbers):08}")


def under(comments: CommentsTo | None) -> PollSpec:
    return msgspec.structs.replace(SPEC, rules=msgspec.structs.replace(SPEC.rules, comments=comments))


async def begun(store: VoteStore, comments: CommentsTo | None) -> VotingService:
    """Arm and leg have pitched, and Mei has scored them; eye comes yet."""
    service = VotingService(store, SIGNER, {ROOM: under(comments)}, Nobody())
    await service.prepare()
    for project in (ARM, LEG):
        await pitched(service, project)
    return service


async def pitched(service: VotingService, project: ProjectId) -> None:
    await service.open_window(ROOM, project, None)
    await service.cast(ROOM, MEI, Cast(command(), project, {IMPACT: 80}, 0))
    await service.close_window(ROOM, project)


async def announced(service: VotingService) -> None:
    await pitched(service, EYE)
    await close_count(service, ROOM, CHAIR)
    await service.confirm(ROOM, CHAIR, True, command())
    view = await service.ceremony(ROOM)
    while view.remaining:
        view = await service.reveal_next(ROOM, ANNA, len(view.announced), command())


async def refused(doing: Awaitable[object], kind: type[RoadshowError], code: str) -> None:
    with pytest.raises(kind) as caught:
        await doing
    assert caught.value.code == code


async def read_by_team(service: VotingService, project: ProjectId) -> list[tuple[PersonId, str]]:
    return sorted((one.judge, one.words) for one in await service.comments.for_team(ROOM, project))


@pytest.mark.parametrize("comments", ["after-result", "chair"])
async def test_nobody_reads_a_comment_before_the_last_place_is_announced(
    store: VoteStore, comments: CommentsTo
) -> None:
    """What a comment says tells of scores: to the team, to the chair, and to whoever organises."""
    service = await begun(store, comments)
    assert await service.comments.write(ROOM, MEI, ARM, WORDS, 0) == 1
    for _ in range(2):
        await refused(service.comments.for_team(ROOM, ARM), Conflict, "result.sealed")
        assert [one.stands for one in await service.comments.own(ROOM, MEI) if one.words] == [False]
        for person in (CHAIR, DEPUTY, ANNA, LIN):
            await refused(service.comments.to_look_through(ROOM, person), Conflict, "result.sealed")
        decide = service.comments.decide(ROOM, CHAIR, MEI, ARM, 1, release=True, reason="")
        await refused(decide, Conflict, "result.sealed")
        if (await service.views(ROOM)).is_counted:
            break
        await pitched(service, EYE)
        await close_count(service, ROOM, CHAIR)
    assert all(WORDS not in one.body.decode() for one in await store.ledger(POLL, 0, 100))


async def test_the_result_releases_comments_where_the_rules_say_so(store: VoteStore) -> None:
    """Then they stand: nobody takes back what a team may have read, and who writes only now is read at once."""
    service = await begun(store, "after-result")
    await service.comments.write(ROOM, MEI, ARM, "Too early.", 0)
    assert await service.comments.write(ROOM, MEI, ARM, WORDS, 1) == 2
    await announced(service)
    assert await read_by_team(service, ARM) == [(MEI, WORDS)]
    assert await read_by_team(service, LEG) == []
    assert await service.comments.to_look_through(ROOM, CHAIR) == ()
    for words in ("Never mind.", ""):
        await refused(service.comments.write(ROOM, MEI, ARM, words, 2), Conflict, "comment.stands")
    assert await service.comments.write(ROOM, MEI, ARM, WORDS, 1) == 2  # sent once more
    await service.comments.write(ROOM, LIN, ARM, "Ask for a pilot.", 0)
    assert await read_by_team(service, ARM) == [(LIN, "Ask for a pilot."), (MEI, WORDS)]
    own = {one.project: one for one in await service.comments.own(ROOM, MEI)}
    assert (own[ARM].words, own[ARM].stands, own[LEG].stands) == (WORDS, True, False)


async def test_the_chair_releases_or_withholds_and_never_edits(store: VoteStore) -> None:
    """The judge is told why, may write it anew, and that is looked through again."""
    service = await begun(store, "chair")
    await service.comments.write(ROOM, MEI, ARM, WORDS, 0)
    await service.comments.write(ROOM, LIN, ARM, "Hopeless people.", 0)
    await announced(service)
    assert await read_by_team(service, ARM) == []
    found = await service.comments.to_look_through(ROOM, CHAIR)
    assert [(one.judge, one.words, one.fate) for one in found] == [
        (LIN, "Hopeless people.", "waiting"),
        (MEI, WORDS, "waiting"),
    ]
    await refused(
        service.comments.decide(ROOM, CHAIR, LIN, ARM, 1, release=False, reason=""), InputError, "reason.length"
    )
    for _ in range(2):
        await service.comments.decide(ROOM, CHAIR, MEI, ARM, 1, release=True, reason="")
        await service.comments.decide(ROOM, CHAIR, LIN, ARM, 1, release=False, reason="About people.")
    assert await read_by_team(service, ARM) == [(MEI, WORDS)]
    withhold = service.comments.decide(ROOM, CHAIR, MEI, ARM, 1, release=False, reason="Too late.")
    await refused(withhold, Conflict, "comment.stands")
    await refused(service.comments.write(ROOM, MEI, ARM, "Other words.", 1), Conflict, "comment.stands")

    (own, *_) = await service.comments.own(ROOM, LIN)
    assert (own.fate, own.reason, own.stands) == ("withheld", "About people.", False)
    await service.comments.write(ROOM, LIN, ARM, "The plan has no market.", 1)
    stale = service.comments.decide(ROOM, CHAIR, LIN, ARM, 1, release=True, reason="")
    await refused(stale, Conflict, "comment.moved_on")  # nobody has looked that through
    await service.comments.decide(ROOM, CHAIR, LIN, ARM, 2, release=True, reason="")
    assert await read_by_team(service, ARM) == [(LIN, "The plan has no market."), (MEI, WORDS)]


async def test_nobody_looks_their_own_comment_through_or_one_for_a_project_they_have_a_conflict_with(
    store: VoteStore,
) -> None:
    """As with every other decision: the deputy does it instead."""
    service = await begun(store, "chair")
    await service.comments.write(ROOM, CHAIR, ARM, "My own.", 0)
    await announced(service)
    await service.comments.write(ROOM, MEI, EYE, WORDS, 0)
    assert await service.comments.to_look_through(ROOM, CHAIR) == ()
    assert await service.comments.to_look_through(ROOM, ANNA) == ()
    assert await service.comments.to_look_through(ROOM, MEI) == ()
    assert {one.judge for one in await service.comments.to_look_through(ROOM, DEPUTY)} == {CHAIR, MEI}
    for judge, project, by, code in (
        (CHAIR, ARM, CHAIR, "ruling.conflict"),
        (MEI, EYE, CHAIR, "ruling.conflict"),
        (MEI, EYE, ANNA, "result.not_chair"),
        (MEI, EYE, LIN, "result.not_chair"),
    ):
        await refused(service.comments.decide(ROOM, by, judge, project, 1, release=True, reason=""), NotAllowed, code)
    await service.comments.decide(ROOM, DEPUTY, CHAIR, ARM, 1, release=True, reason="")
    assert await read_by_team(service, ARM) == [(CHAIR, "My own.")]
    forced = store.decide_comment(POLL, CHAIR, MEI, EYE, 1, "released", "")
    await refused(forced, NotAllowed, "ruling.conflict")


async def test_who_writes_sits_in_judgement_of_a_project_that_has_pitched(store: VoteStore) -> None:
    """Neither of one's own company's rival, nor of what nobody has seen, nor from the reserve's bench."""
    service = await begun(store, "after-result")
    for judge, project, kind, code in (
        (LIN, LEG, Conflict, "ballot.recused"),
        (MEI, EYE, Conflict, "comment.early"),
        (VERA, ARM, NotAllowed, "ballot.not_entitled"),
        (ANNA, ARM, NotAllowed, "ballot.not_entitled"),
        (MEI, ProjectId("ear"), NotFound, "project.unknown"),
    ):
        await refused(service.comments.write(ROOM, judge, project, WORDS, 0), kind, code)
    await refused(service.comments.write(ROOM, MEI, ARM, "x" * (LONGEST_COMMENT + 1), 0), InputError, "comment.length")
    assert [one.project for one in await service.comments.own(ROOM, LIN)] == [ARM]

    # Who recuses themselves after having written is read by nobody.
    await service.comments.write(ROOM, MEI, LEG, "Well done.", 0)
    await service.open_window(ROOM, LEG, None)
    await service.recuse(ROOM, MEI, LEG, Grounds("rival"), command())
    await service.close_window(ROOM, LEG)
    await service.comments.write(ROOM, MEI, ARM, "", 0)
    await announced(service)
    assert await read_by_team(service, LEG) == []


async def test_words_that_were_changed_in_the_store_are_not_shown_as_a_judges(store: VoteStore) -> None:
    """Who holds the store has no key: it can hide a comment, and not write one."""
    service = await begun(store, "after-result")
    await service.comments.write(ROOM, MEI, ARM, "Taken back.", 0)
    (comment,) = await store.comments(POLL)
    await service.comments.write(ROOM, MEI, ARM, WORDS, 1)
    await store.comment(under("after-result"), MEI, ARM, "Buy from my brother.", comment.seal, 2)
    await store.comment(under("after-result"), LIN, ARM, "Buy from my brother.", "0" * 64, 0)
    await announced(service)
    told = await service.comments.for_team(ROOM, ARM)
    assert [(one.words, one.intact) for one in told] == [("", False)] * 2


async def test_a_second_device_overwrites_nothing_that_it_has_not_seen(store: VoteStore) -> None:
    """A comment is a page of text: losing it to an old tab would be seen by nobody."""
    service = await begun(store, "after-result")
    await service.comments.write(ROOM, MEI, ARM, WORDS, 0)
    await refused(service.comments.write(ROOM, MEI, ARM, "From the tablet.", 0), Conflict, "comment.moved_on")
    await service.comments.write(ROOM, MEI, ARM, "", 1)
    assert await service.comments.write(ROOM, MEI, ARM, "Anew.", 2) == 3
    assert await store.comments(POLL) == tuple(
        one for one in await store.comments(POLL) if (one.words, one.revision) == ("Anew.", 3)
    )


async def test_a_competition_without_comments_has_none(store: VoteStore) -> None:
    """The default, under which a poll's hash is what it was."""
    service = await begun(store, None)
    await refused(service.comments.write(ROOM, MEI, ARM, WORDS, 0), NotFound, "comments.off")
    await refused(service.comments.own(ROOM, MEI), NotFound, "comments.off")
    assert genesis(under(None)) == genesis(SPEC)


@pytest.mark.parametrize("comments", ["after-result", "chair"])
async def test_both_stores_keep_the_same(connected: Store, comments: CommentsTo) -> None:
    """Whatever judges and chair do, in whatever order."""
    choose = random.Random(21)
    stores: tuple[VoteStore, ...] = (MemoryVoteStore(HandClock()), in_valkey(connected))
    services = [await begun(store, comments) for store in stores]

    async def outcome(store: VoteStore, act: tuple[object, ...]) -> object:
        try:
            if act[0] == "write":
                return await store.comment(under(comments), *act[1:])  # type: ignore[arg-type]
            await store.decide_comment(POLL, *act[1:])  # type: ignore[arg-type]
        except RoadshowError as refusal:
            return refusal.code
        return "done"

    seen: set[object] = set()
    for step in range(240):
        if step == 60:
            for service in services:
                await announced(service)
        judge, project = choose.choice(JUDGES), choose.choice((ARM, LEG))
        revision = choose.choice((0, 1, 1, 2, 2, 3))
        words = choose.choice(("", "one", "two", "three"))
        fate: Fate = choose.choice(("released", "withheld", "withheld"))
        act = (
            ("write", judge, project, words, words and "0" * 64, revision)
            if choose.random() < 0.6
            else ("decide", choose.choice((CHAIR, LIN)), judge, project, revision, fate, choose.choice(("", "why")))
        )
        one, other = [await outcome(store, act) for store in stores]
        assert one == other, (step, act)
        seen.add(one)
        kept: list[tuple[Comment, ...]] = [await store.comments(POLL) for store in stores]
        assert kept[0] == kept[1], (step, act)
    assert {"comment.stands", "comment.moved_on", "result.sealed", "ruling.conflict", "done", 1, 2} <= seen
