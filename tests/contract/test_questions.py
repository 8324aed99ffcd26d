"""Questions to the jury, on every store there is: one person, one vote, secret until it is over; the casting vote."""

from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.errors import Conflict, InputError, NotAllowed, NotFound, RoadshowError
from roadshow.ids import AwardId, CommandId, CompetitionId, CriterionId, PanelId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.store.connection import Store
from roadshow.store.fence import Fence
from roadshow.store.keys import Keys
from roadshow.voting.acts import AskReopening, AskSubstitute, Reopen, Substitute, Void
from roadshow.voting.boxes.boxes import Boxes
from roadshow.voting.ledger.record import encode_record
from roadshow.voting.ledger.recount import recount
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.questions.acts import MOST_QUESTIONS, NONE_OF_THEM, PutQuestion, Vote
from roadshow.voting.questions.views import QuestionView
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Award, Criterion, Panel, PollSpec, RuleSet
from roadshow.voting.votes import Cast
from tests.clocks import HandClock
from tests.contract.counting import close_count, reopen_count
from tests.contract.three_counts import assert_counts_agree, assert_recount_agrees

ROOM, POLL = RoomId("robotics"), PollId("robotics")
ARM, LEG, EYE, EAR = PROJECTS = tuple(map(ProjectId, ("arm", "leg", "eye", "ear")))
CHAIR, LIN, MEI, OLEG, GUEST = JUDGES = tuple(map(PersonId, ("chair", "lin", "mei", "oleg", "guest")))
DEPUTY, ORGANISER, VERA = map(PersonId, ("deputy", "organiser-1", "vera"))
IMPACT, BEST, INVESTORS = CriterionId("impact"), AwardId("best-team"), AwardId("investors")
JURY, SHADOW = PanelId("jury"), PanelId("shadow")
MINUTE = Duration.minutes(1)
SPEC = PollSpec(
    POLL,
    PROJECTS,
    JUDGES,
    CHAIR,
    ((OLEG, LEG),),
    (Criterion(IMPACT, 1, 100),),
    RuleSet(
        "mean",
        1,
        ("jury", "chair", "shared"),
        "exact",
        2,
        vote_quorum=2,
        panels=(Panel(JURY, 1), Panel(SHADOW, 0)),
    ),
    deputy=DEPUTY,
    procedure=2,
    seats=((CHAIR, JURY), (LIN, JURY), (MEI, JURY), (OLEG, JURY), (GUEST, SHADOW)),
    reserve=(VERA,),
)
"""Oleg is recused from leg, and the guest is a shadow judge."""
WITH_AWARDS = msgspec.structs.replace(
    SPEC,
    rules=msgspec.structs.replace(
        SPEC.rules, awards=(Award(BEST, "jury"), Award(INVESTORS, "sponsor")), one_award=False
    ),
    sponsors=((INVESTORS, GUEST),),
)
SIGNER = Signer(Ed25519PrivateKey.generate())
LEVEL = {ARM: 90, LEG: 90, EYE: 70, EAR: 60}
"""Arm and leg stand level in the first place."""


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest, clock: HandClock) -> VoteStore:
    if request.param == "memory":
        return MemoryVoteStore(clock)
    keys = Keys(CompetitionId("final"))
    connected: Store = request.getfixturevalue("connected")
    return RedisVoteStore(connected, keys, Fence(keys, clock))


@pytest.fixture
async def service(store: VoteStore) -> AsyncIterator[VotingService]:
    """Arm and leg are level, and the count is closed. In the end all counts are one."""
    service = await counted(store, SPEC, LEVEL)
    yield service
    await assert_recount_agrees(service, store, SPEC, ROOM)


_numbers: Iterator[int] = iter(range(10**9))


def command() -> CommandId:
    return CommandId(f"command-{next(_numbers):08}")


async def counted(
    store: VoteStore, spec: PollSpec, scores: Mapping[ProjectId, int], boxes: Boxes | None = None
) -> VotingService:
    service = VotingService(store, SIGNER, {ROOM: spec}, Nobody(), boxes=boxes)
    await service.prepare()
    for project, score in scores.items():
        await service.open_window(ROOM, project, None)
        for judge in (LIN, MEI):
            await service.cast(ROOM, judge, Cast(command(), project, {IMPACT: score}, 0))
        await service.close_window(ROOM, project)
    await close_count(service, ROOM, CHAIR)
    return service


async def asked(
    service: VotingService, *projects: ProjectId, award: AwardId | None = None, by: PersonId = CHAIR
) -> int:
    await service.questions.put(ROOM, by, award, projects or (ARM, LEG), MINUTE, command())
    return (await newest(service)).question


async def newest(service: VotingService) -> QuestionView:
    found = (await service.views(ROOM)).questions().newest
    assert found is not None
    return found


async def vote(service: VotingService, question: int, **choices: str) -> None:
    for judge, choice in choices.items():
        await service.questions.vote(ROOM, PersonId(judge), Vote(question, ProjectId(choice)), command())


async def casting(service: VotingService, question: int, choice: ProjectId, by: PersonId = CHAIR) -> None:
    await service.questions.cast(ROOM, by, question, choice, "The better team.", command())


async def announced(service: VotingService) -> None:
    await service.confirm(ROOM, CHAIR, True, command())
    view = await service.ceremony(ROOM)
    while not view.announced or view.remaining:
        view = await service.reveal_next(ROOM, ORGANISER, len(view.announced), command())


async def places(service: VotingService) -> list[tuple[str, int | None, str]]:
    return [(one.project, one.place, one.decided_by) for one in (await service.published(ROOM)).standings]


async def refused(doing: Awaitable[object], kind: type[RoadshowError], code: str) -> None:
    with pytest.raises(kind) as caught:
        await doing
    assert caught.value.code == code


async def test_a_tie_is_settled_by_the_votes_of_the_jury(service: VotingService) -> None:
    """Who has more of them goes first, and the chair's own voice is one of three."""
    question = await asked(service)
    assert (await newest(service)).jury == (CHAIR, LIN, MEI)
    await vote(service, question, lin=LEG, chair=ARM, mei=LEG)
    assert (await newest(service)).state == "held"
    assert (await service.views(ROOM)).review().ready
    await announced(service)
    assert await places(service) == [
        ("leg", 1, "jury"),
        ("arm", 2, "jury"),
        ("eye", 3, "score"),
        ("ear", 4, "score"),
    ]


async def test_it_is_over_when_everybody_has_voted_and_else_by_the_clock(
    service: VotingService, clock: HandClock
) -> None:
    """Nobody closes it, so nobody chooses the moment at which the right ones have voted."""
    question = await asked(service)
    await vote(service, question, lin=LEG)
    clock.advance(MINUTE - Duration(1))
    await vote(service, question, mei=LEG)
    clock.advance(Duration(1))
    await refused(vote(service, question, chair=ARM), Conflict, "vote.closed")
    assert (await newest(service)).state == "held"
    await announced(service)


async def test_a_vote_is_given_once(service: VotingService) -> None:
    """Neither another one nor the same one again by another command."""
    question = await asked(service)
    await vote(service, question, lin=LEG)
    await refused(vote(service, question, lin=ARM), Conflict, "vote.repeated")
    await refused(vote(service, question, lin=LEG), Conflict, "vote.repeated")
    assert (await newest(service)).voted == (LIN,)


async def test_the_same_command_is_the_same_vote(service: VotingService, store: VoteStore) -> None:
    """A page that heard no answer sends it again; under that command nothing else is taken."""
    question, same = await asked(service), command()
    for _ in range(2):
        await service.questions.vote(ROOM, LIN, Vote(question, LEG), same)
    await refused(service.questions.vote(ROOM, LIN, Vote(question, ARM), same), Conflict, "command.reused")
    await refused(service.questions.vote(ROOM, MEI, Vote(question, LEG), same), Conflict, "command.reused")
    (entries,) = [await store.ledger(POLL, 0, 1_000)]
    assert [entry.kind for entry in entries].count("vote") == 1


@pytest.mark.parametrize("judge", [OLEG, GUEST, VERA, DEPUTY, ORGANISER])
async def test_who_is_recused_or_a_shadow_or_no_judge_has_no_vote(service: VotingService, judge: PersonId) -> None:
    """Oleg is recused from one of the two, the guest's panel has no weight, Vera waits on the reserve."""
    question = await asked(service)
    await refused(vote(service, question, **{judge: ARM}), NotAllowed, "vote.not_entitled")


async def test_whose_ballot_is_set_aside_for_one_of_them_has_no_vote(store: VoteStore) -> None:
    """As in a re-vote: a voice that was set aside stays so."""
    service = VotingService(store, SIGNER, {ROOM: SPEC}, Nobody())
    await service.prepare()
    for project, score in LEVEL.items():
        await service.open_window(ROOM, project, None)
        for judge in (LIN, MEI, OLEG):
            if (judge, project) not in SPEC.recused:
                await service.cast(ROOM, judge, Cast(command(), project, {IMPACT: score}, 0))
        await service.close_window(ROOM, project)
    await service.act(ROOM, CHAIR, Void(MEI, LEG, "Wrong project."), command())
    await close_count(service, ROOM, CHAIR)
    await asked(service)
    assert (await newest(service)).jury == (CHAIR, LIN)


async def test_a_substitute_has_the_vote_of_the_seat(store: VoteStore) -> None:
    """And who lost it has none."""
    service = VotingService(store, SIGNER, {ROOM: SPEC}, Nobody())
    await service.prepare()
    await service.act(ROOM, CHAIR, AskSubstitute(MEI, VERA, EAR, "The line is down."), command())
    offered = (await service.views(ROOM)).review().offered
    assert offered is not None
    await service.act(ROOM, DEPUTY, Substitute(offered.asked.asked), command())
    for project, score in LEVEL.items():
        await service.open_window(ROOM, project, None)
        await service.cast(ROOM, LIN, Cast(command(), project, {IMPACT: score}, 0))
        await service.close_window(ROOM, project)
    await close_count(service, ROOM, CHAIR)
    question = await asked(service)
    assert (await newest(service)).jury == (CHAIR, LIN, VERA)
    await refused(vote(service, question, mei=ARM), NotAllowed, "vote.not_entitled")
    await vote(service, question, vera=ARM, lin=ARM, chair=LEG)
    await announced(service)
    assert (await places(service))[0] == ("arm", 1, "jury")
    await assert_recount_agrees(service, store, SPEC, ROOM)


async def test_nobody_is_told_how_the_votes_stand_while_it_is_open(service: VotingService) -> None:
    """Neither by the question, nor by the review, nor by an answer: all of it is the same whatever was voted."""
    seen: list[object] = []
    question = await asked(service)
    for judge in (LIN, MEI):
        await vote(service, question, **{judge: LEG})
        views = await service.views(ROOM)
        review, told = views.review(), views.questions().newest
        assert told is not None
        assert (review.ties, review.ready, review.unvoted) == ((), False, ())
        assert told.state == "open"
        seen.append(msgspec.structs.replace(told, voted=()))
        await refused(service.confirm(ROOM, CHAIR, True, command()), Conflict, "poll.open")
        await refused(service.settle(ROOM, CHAIR, (ARM, LEG), "Because.", command()), Conflict, "poll.open")
        await refused(casting(service, question, ARM), Conflict, "poll.open")
    assert seen[0] == seen[1]


async def test_while_it_is_open_nothing_else_is(service: VotingService) -> None:
    """Two votes on one tie would be a choice of results, and a new count would take the question's ground away."""
    await asked(service)
    await refused(service.revote(ROOM, CHAIR, (ARM, LEG), "Because.", None, command()), Conflict, "poll.open")
    await refused(asked(service), Conflict, "poll.open")
    await service.act(ROOM, CHAIR, AskReopening(1, "A late finding."), command())
    request = (await service.views(ROOM)).review().asked
    assert request is not None
    await refused(service.act(ROOM, ORGANISER, Reopen(request.sequence), command()), Conflict, "poll.open")


async def test_level_votes_wait_for_the_casting_vote_with_a_reason(service: VotingService) -> None:
    """It is an act of its own, after the jury's votes, and never before."""
    question = await asked(service)
    await vote(service, question, lin=LEG, mei=ARM, chair="")
    assert (await newest(service)).state == "level"
    (tie,) = (await service.views(ROOM)).review().ties
    assert (tie.waits_for, tie.question) == ("casting-vote", question)
    await refused(service.confirm(ROOM, CHAIR, True, command()), Conflict, "result.tie")
    await refused(asked(service), Conflict, "result.no_tie")
    await refused(service.settle(ROOM, CHAIR, (ARM, LEG), "Because.", command()), Conflict, "result.no_tie")
    await refused(service.questions.cast(ROOM, CHAIR, question, LEG, " ", command()), InputError, "reason.length")
    await refused(casting(service, question, EYE), NotFound, "vote.choice")
    await refused(casting(service, question, LEG, DEPUTY), NotAllowed, "result.not_chair")
    await refused(casting(service, question, LEG, LIN), NotAllowed, "result.not_chair")
    await casting(service, question, LEG)
    await refused(casting(service, question, ARM), Conflict, "vote.decided")
    await announced(service)
    assert (await places(service))[:2] == [("leg", 1, "jury"), ("arm", 2, "jury")]


async def test_a_chair_in_conflict_neither_asks_nor_casts(store: VoteStore) -> None:
    """The deputy does, and has no vote for being the deputy."""
    spec = msgspec.structs.replace(SPEC, recused=((CHAIR, ARM),))
    service = await counted(store, spec, LEVEL)
    await refused(asked(service), NotAllowed, "ruling.conflict")
    question = await asked(service, by=DEPUTY)
    assert (await newest(service)).jury == (LIN, MEI, OLEG)
    assert (await newest(service)).decided_by == "deputy"
    await refused(vote(service, question, chair=LEG), NotAllowed, "vote.not_entitled")
    await refused(vote(service, question, deputy=LEG), NotAllowed, "vote.not_entitled")
    await vote(service, question, lin=LEG, mei=ARM, oleg=NONE_OF_THEM)
    await refused(casting(service, question, LEG), NotAllowed, "ruling.conflict")
    await casting(service, question, ARM, DEPUTY)
    await announced(service)
    assert (await places(service))[0] == ("arm", 1, "jury")
    await assert_recount_agrees(service, store, spec, ROOM)


async def test_with_too_few_votes_it_was_not_held_and_is_asked_again(service: VotingService, clock: HandClock) -> None:
    """What one judge says is no word of the jury; and only then may the chair settle it alone, as the rules go on."""
    question = await asked(service)
    await vote(service, question, lin=LEG)
    await refused(service.settle(ROOM, CHAIR, (ARM, LEG), "Because.", command()), Conflict, "poll.open")
    clock.advance(MINUTE)
    assert (await newest(service)).state == "missed"
    (tie,) = (await service.views(ROOM)).review().ties
    assert (tie.waits_for, tie.judges, tie.quorum) == ("jury", 1, 2)
    await refused(casting(service, question, ARM), Conflict, "vote.decided")
    again = await asked(service)
    await vote(service, again, lin=ARM, mei=ARM, chair=LEG)
    await announced(service)
    assert (await places(service))[0] == ("arm", 1, "jury")


async def test_the_chair_settles_alone_only_what_the_jury_did_not_come_to(
    service: VotingService, clock: HandClock
) -> None:
    """With `jury` before `chair` in the chain, the chair has no way past the jury."""
    await refused(service.settle(ROOM, CHAIR, (ARM, LEG), "Because.", command()), Conflict, "result.no_tie")
    await asked(service)
    clock.advance(MINUTE)
    await service.settle(ROOM, CHAIR, (LEG, ARM), "The jury has gone home.", command())
    await announced(service)
    assert (await places(service))[0] == ("leg", 1, "chair")


async def test_where_fewer_may_vote_than_the_quorum_all_of_them_are_enough(store: VoteStore) -> None:
    """Else a tie with many conflicts could never be voted on."""
    rules = msgspec.structs.replace(SPEC.rules, vote_quorum=4)
    spec = msgspec.structs.replace(SPEC, recused=((CHAIR, ARM), (OLEG, ARM)), rules=rules)
    service = await counted(store, spec, LEVEL)
    question = await asked(service, by=DEPUTY)
    assert (await newest(service)).jury == (LIN, MEI)
    await vote(service, question, lin=LEG, mei=LEG)
    assert (await newest(service)).state == "held"


async def test_of_three_the_first_is_voted_for_and_those_level_behind_are_asked_about_again(store: VoteStore) -> None:
    """Votes say who goes first; what they leave level starts again at the head of the chain, as all ties do."""
    service = await counted(store, SPEC, {ARM: 90, LEG: 90, EYE: 90, EAR: 60})
    question = await asked(service, EYE, ARM, LEG)
    assert (await newest(service)).projects == (ARM, LEG, EYE)
    await vote(service, question, lin=EYE, mei=EYE, chair=NONE_OF_THEM)
    (tie,) = (await service.views(ROOM)).review().ties
    assert (tie.projects, tie.waits_for) == ((ARM, LEG), "jury")
    again = await asked(service)
    await vote(service, again, lin=LEG, mei=LEG, chair=LEG)
    await announced(service)
    assert [one[0] for one in await places(service)] == ["eye", "leg", "arm", "ear"]
    await assert_recount_agrees(service, store, SPEC, ROOM)


async def test_it_is_asked_of_what_the_rules_leave_to_the_jury_and_waits(store: VoteStore) -> None:
    """Nothing that is not level, and nothing before the count is closed: no answer tells of ties by trial."""
    service = VotingService(store, SIGNER, {ROOM: SPEC}, Nobody())
    await service.prepare()
    await refused(asked(service), Conflict, "count.open")
    await refused(asked(service, ARM, EAR), Conflict, "count.open")
    await close_count(service, ROOM, CHAIR)
    await refused(asked(service), Conflict, "result.no_tie")
    await refused(asked(service, award=BEST), Conflict, "vote.not_asked")
    await refused(asked(service, ProjectId("nose")), NotFound, "project.unknown")
    await refused(asked(service, by=LIN), NotAllowed, "result.not_chair")
    await refused(asked(service, by=ORGANISER), NotAllowed, "result.not_chair")
    for seconds in (29, 3_601):
        doing = service.questions.put(ROOM, CHAIR, None, (ARM, LEG), Duration.seconds(seconds), command())
        await refused(doing, InputError, "vote.time")


async def test_what_was_answered_is_not_asked_again(service: VotingService, store: VoteStore) -> None:
    """Not even in a new count where the same are level: else whoever asks would ask until they like the answer."""
    question = await asked(service)
    await vote(service, question, lin=LEG, mei=LEG, chair=ARM)
    put = PutQuestion(None, (ARM, LEG), (CHAIR, LIN, MEI), MINUTE)
    await refused(store.question(POLL, CHAIR, put, command()), Conflict, "vote.held")
    await reopen_count(service, ROOM, CHAIR, ORGANISER)
    await refused(store.question(POLL, CHAIR, put, command()), Conflict, "count.open")
    await close_count(service, ROOM, CHAIR)
    await refused(store.question(POLL, CHAIR, put, command()), Conflict, "vote.held")
    await announced(service)
    assert (await places(service))[0] == ("leg", 1, "jury")


async def test_the_store_takes_no_other_jury_than_there_is(service: VotingService, store: VoteStore) -> None:
    """Whoever puts the question does not choose who answers it; the store asks for itself."""
    for jury in ((CHAIR, LIN), (CHAIR, LIN, MEI, OLEG), (CHAIR, LIN, MEI, GUEST), (CHAIR, LIN, MEI, VERA), ()):
        put = PutQuestion(None, (ARM, LEG), jury, MINUTE)
        await refused(store.question(POLL, CHAIR, put, command()), Conflict, "vote.moved_on")
    put = PutQuestion(None, (ARM, LEG), (CHAIR, LIN, MEI), MINUTE)
    await refused(store.question(POLL, OLEG, put, command()), NotAllowed, "ruling.conflict")


async def test_there_are_so_many_questions_and_no_more(store: VoteStore, clock: HandClock) -> None:
    """A runaway page must not fill the ledger."""
    service = await counted(store, SPEC, LEVEL)
    for _ in range(MOST_QUESTIONS):
        await asked(service)
        clock.advance(MINUTE)
    await refused(asked(service), Conflict, "vote.too_many")
    await assert_counts_agree(store, SPEC, POLL)


async def test_nothing_of_it_once_the_result_is_confirmed(service: VotingService) -> None:
    """The result was worked out from what was there."""
    question = await asked(service)
    await vote(service, question, lin=LEG, mei=LEG, chair=ARM)
    await service.confirm(ROOM, CHAIR, True, command())
    assert (await service.views(ROOM)).questions().newest is None
    await refused(vote(service, question, lin=LEG), Conflict, "result.confirmed")
    await refused(casting(service, question, LEG), Conflict, "result.confirmed")
    await refused(asked(service), Conflict, "result.confirmed")


async def test_an_award_goes_to_whom_the_jury_gives_most_votes(store: VoteStore) -> None:
    """Of those who were nominated; and nothing is confirmed before it was asked."""
    service = await counted(store, WITH_AWARDS, {ARM: 90, LEG: 80, EYE: 70, EAR: 60})
    await refused(service.confirm(ROOM, CHAIR, True, command()), Conflict, "result.unvoted")
    question = await asked(service, EYE, EAR, award=BEST)
    assert (await newest(service)).jury == (CHAIR, LIN, MEI, OLEG)
    await refused(vote(service, question, lin=ARM), NotFound, "vote.choice")
    await vote(service, question, lin=EAR, mei=EAR, chair=EYE, oleg=NONE_OF_THEM)
    await refused(service.confirm(ROOM, CHAIR, True, command()), Conflict, "result.unvoted")
    sponsors = await asked(service, ARM, EYE, award=INVESTORS)
    assert (await newest(service)).jury == (GUEST,)
    await vote(service, sponsors, guest=EYE)
    await announced(service)
    awards = (await service.published(ROOM)).awards
    assert [(one.award, one.projects, one.value) for one in awards] == [
        (BEST, (EAR,), "2"),
        (INVESTORS, (EYE,), "1"),
    ]
    await assert_recount_agrees(service, store, WITH_AWARDS, ROOM)


async def test_that_it_be_not_awarded_can_win(store: VoteStore) -> None:
    """It is a choice like the others; level with another, the casting vote decides between them."""
    service = await counted(store, WITH_AWARDS, {ARM: 90, LEG: 80, EYE: 70, EAR: 60})
    question = await asked(service, EYE, EAR, award=BEST)
    await vote(service, question, lin=EAR, mei=NONE_OF_THEM, chair=NONE_OF_THEM, oleg=EAR)
    waits = {one.award: one for one in (await service.views(ROOM)).review().unvoted}
    assert (waits[BEST].waits_for, waits[BEST].level) == ("casting-vote", (EAR, NONE_OF_THEM))
    await refused(casting(service, question, EYE), NotFound, "vote.choice")
    await casting(service, question, NONE_OF_THEM)
    sponsors = await asked(service, ARM, award=INVESTORS)
    await vote(service, sponsors, guest=NONE_OF_THEM)
    await announced(service)
    assert [one.projects for one in (await service.published(ROOM)).awards] == [(), ()]
    await assert_recount_agrees(service, store, WITH_AWARDS, ROOM)


async def test_an_award_for_which_nobody_came_is_not_awarded(store: VoteStore, clock: HandClock) -> None:
    """A jury that has gone home holds up no result, and the record says that it was asked."""
    service = await counted(store, WITH_AWARDS, {ARM: 90, LEG: 80, EYE: 70, EAR: 60})
    for award in (BEST, INVESTORS):
        await asked(service, EYE, EAR, award=award)
        clock.advance(MINUTE)
    assert [one.missed for one in (await service.views(ROOM)).review().unvoted] == [True, True]
    await announced(service)
    assert [one.projects for one in (await service.published(ROOM)).awards] == [(), ()]
    await assert_recount_agrees(service, store, WITH_AWARDS, ROOM)


async def test_a_vote_that_was_put_into_the_store_is_told(store: VoteStore, clock: HandClock) -> None:
    """Whoever writes to the store votes for an absent judge; but nobody has acknowledged it, and the record says so."""
    service = await counted(store, SPEC, LEVEL)
    question = await asked(service)
    await vote(service, question, lin=LEG, mei=ARM)
    await store.question(POLL, CHAIR, Vote(question, ARM), command())
    await announced(service)
    faults = recount(encode_record(await service.record(ROOM)), service.public_key).faults
    assert [one.check for one in faults] == ["acknowledged"]
    assert "vote" in faults[0].text


async def test_the_minutes_tell_what_was_asked_and_how_it_ended(service: VotingService, store: VoteStore) -> None:
    """For results and protocol, by counts."""
    question = await asked(service)
    await vote(service, question, lin=LEG, mei=ARM, chair=NONE_OF_THEM)
    await casting(service, question, LEG)
    await announced(service)
    minutes = await service.looking(store).minutes(ROOM)
    told = [one for one in minutes.acts if one.kind in ("question", "casting-vote")]
    assert [one.kind for one in told] == ["question", "casting-vote"]
    assert all(one.asked is not None and one.asked.counts() == {ARM: 1, LEG: 1} for one in told)
    assert (told[1].office, told[1].reason) == ("chair", "The better team.")
