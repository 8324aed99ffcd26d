"""What may be tried where the jury votes on a tie: by whoever asks, by judges, and behind both of them."""

from roadshow.ids import CommandId, PersonId, PollId, ProjectId
from roadshow.moments import Duration
from roadshow.store.connection import connect
from roadshow.voting.questions.acts import Vote
from roadshow.voting.redis_store import RedisVoteStore
from tests.bend.final import (
    ANNA,
    ARM,
    CHAIR,
    DEPUTY,
    EAR,
    EYE,
    JUDGES,
    JURY,
    LEG,
    LIN,
    MEI,
    RAY,
    ROOM,
    OneFinal,
    clear,
    level,
)
from tests.bend.ways import way

POLL = PollId(ROOM)
BY_VOTE = {"tie_chain": ("jury", "chair")}
MINUTE = 60


def _ear_level(judge: PersonId, project: ProjectId, criterion: int) -> int:
    """Eye and ear are tied; the chair is recused from ear."""
    return clear(judge, EYE if project == EAR else project, criterion)


def level_too(judge: PersonId, project: ProjectId, criterion: int) -> int:
    """As ``level``, and the jury votes the other way."""
    return level(judge, project, criterion)


async def _put(final: OneFinal) -> int:
    """Honestly."""
    await final.counted()
    await final.says(CHAIR, "jury.ask", projects=[ARM, LEG], seconds=MINUTE)
    return await _number(final)


async def _number(final: OneFinal) -> int:
    number: int = (await final.snapshot(CHAIR))["questions"]["newest"]["question"]
    return number


async def _votes(final: OneFinal, number: int, *judges: PersonId, choice: ProjectId = ARM) -> None:
    for judge in judges:
        await final.says(judge, "jury.vote", question=number, choice=choice)


# Judges ---------------------------------------------------------------------------------------------------------------


@way("judge", "votes twice on a question to the jury", caught="vote.repeated", scores=level, rules=BY_VOTE)
async def votes_twice_on_a_question(final: OneFinal) -> None:
    number = await _put(final)
    await _votes(final, number, LIN)
    final.forget_desk(LIN)
    await final.tries(LIN, "jury.vote", question=number, choice=LEG)
    await final.tries(LIN, "jury.vote", question=number, choice=ARM)


@way("judge", "replays another judge's vote as their own", caught="command.reused", scores=level, rules=BY_VOTE)
async def replays_a_vote(final: OneFinal) -> None:
    number = await _put(final)
    command = final.command()
    await final.says(LIN, "jury.vote", command=command, question=number, choice=ARM)
    await final.tries(MEI, "jury.vote", command=command, question=number, choice=ARM)
    await final.tries(LIN, "jury.vote", command=command, question=number, choice=LEG)


@way(
    "judge",
    "votes on a tie once its question is over, and on one that nobody has put",
    caught="vote.closed, vote.unknown",
    scores=level,
    rules=BY_VOTE,
    own_clock=True,
)
async def votes_too_late(final: OneFinal) -> None:
    number = await _put(final)
    await _votes(final, number, CHAIR, LIN, MEI)
    final.set_clock(Duration.seconds(MINUTE))
    await final.tries(RAY, "jury.vote", question=number, choice=LEG)
    await final.tries(RAY, "jury.vote", question=number + 1, choice=LEG)


@way("judge", "puts a question, and gives the casting vote", caught="role.not_allowed", scores=level, rules=BY_VOTE)
async def asks_as_the_chair(final: OneFinal) -> None:
    await final.counted()
    await final.tries(LIN, "jury.ask", projects=[ARM, LEG], seconds=MINUTE)
    number = await _put(final)
    await final.tries(LIN, "jury.casting", question=number, choice=LEG, reason="Better.")


# The chair, the deputy, an organiser ----------------------------------------------------------------------------------


@way(
    "chair",
    "votes on a tie with a project they have a conflict with, asks about it and gives the casting vote",
    caught="vote.not_entitled, ruling.conflict",
    scores=_ear_level,
    rules=BY_VOTE,
)
async def votes_in_conflict(final: OneFinal) -> None:
    await final.counted()
    await final.tries(CHAIR, "jury.ask", projects=[EYE, EAR], seconds=MINUTE)
    await final.says(DEPUTY, "jury.ask", projects=[EYE, EAR], seconds=MINUTE)
    number = await _number(final)
    await final.tries(CHAIR, "jury.vote", question=number, choice=EAR)
    await _votes(final, number, *JUDGES[:2], choice=EYE)
    await _votes(final, number, *JUDGES[2:], choice=EAR)
    await final.tries(CHAIR, "jury.casting", question=number, choice=EAR, reason="Better.")


@way(
    "chair",
    "votes for a judge who is away, and chooses who may vote",
    caught="message.malformed, vote.repeated",
    scores=level,
    rules=BY_VOTE,
)
async def votes_for_another(final: OneFinal) -> None:
    await final.counted()
    await final.tries(CHAIR, "jury.ask", projects=[ARM, LEG], seconds=MINUTE, jury=[CHAIR, LIN])
    number = await _put(final)
    await _votes(final, number, CHAIR)
    await final.tries(CHAIR, "jury.vote", question=number, choice=LEG, by=MEI)
    await final.tries(CHAIR, "jury.vote", question=number, choice=LEG)


@way(
    "chair",
    "reads how a vote of the jury stands, at every desk of the office, while it is open",
    caught="poll.open, vote.decided",
    scores=level,
    rules=BY_VOTE,
    learns=level_too,
)
async def reads_running_votes(final: OneFinal) -> None:
    number = await _put(final)
    for judge in JURY[:-1]:
        await _votes(final, number, judge, choice=ARM if final.scores is level else LEG)
        for who in (CHAIR, DEPUTY, ANNA):
            await final.looks(who)
        await final.tries(CHAIR, "jury.casting", question=number, choice=ARM, reason="On trial.")
        await final.tries(CHAIR, "result.settle", order=[ARM, LEG], reason="On trial.")
        await final.tries(CHAIR, "result.confirm", accept_incomplete=True)
    await _votes(final, number, JURY[-1], choice=ARM)
    await final.tries(CHAIR, "jury.casting", question=number, choice=ARM, reason="On trial.")


@way(
    "chair",
    "ends a vote of the jury early, or asks again for another answer",
    caught="poll.open, result.no_tie",
    scores=level,
    rules=BY_VOTE,
)
async def ends_a_vote_early(final: OneFinal) -> None:
    number = await _put(final)
    await _votes(final, number, CHAIR, LIN, MEI)
    await final.tries(CHAIR, "result.confirm", accept_incomplete=True)
    await final.tries(CHAIR, "jury.ask", projects=[ARM, LEG], seconds=MINUTE)
    await final.tries(CHAIR, "result.revote", projects=[ARM, LEG], reason="Once more.", seconds=MINUTE)
    await _votes(final, number, *JUDGES[2:])
    await final.tries(CHAIR, "jury.ask", projects=[ARM, LEG], seconds=MINUTE)
    await final.tries(CHAIR, "result.settle", order=[LEG, ARM], reason="Better.")


@way("chair", "settles a tie that is the jury's to vote on", caught="result.no_tie", scores=level, rules=BY_VOTE)
async def settles_past_the_jury(final: OneFinal) -> None:
    await final.counted()
    await final.tries(CHAIR, "result.settle", order=[LEG, ARM], reason="Better.")


@way(
    "chair",
    "asks the jury while it is away, and settles the tie alone",
    told="results, protocol",
    scores=level,
    rules=BY_VOTE,
    own_clock=True,
)
async def asks_nobody(final: OneFinal) -> None:
    number = await _put(final)
    await _votes(final, number, MEI)
    final.set_clock(Duration.seconds(MINUTE))
    await final.tries(CHAIR, "result.settle", order=[LEG, ARM], reason="The jury did not come.")


@way(
    "organiser",
    "asks the jury in the chair's place, votes, and gives the casting vote",
    caught="result.not_chair, role.not_allowed",
    scores=level,
    rules=BY_VOTE,
)
async def asks_in_the_chairs_place(final: OneFinal) -> None:
    await final.counted()
    await final.tries(ANNA, "jury.ask", projects=[ARM, LEG], seconds=MINUTE)
    number = await _put(final)
    await final.tries(ANNA, "jury.vote", question=number, choice=LEG)
    await _votes(final, number, CHAIR, LIN, choice=ARM)
    await _votes(final, number, MEI, RAY, choice=LEG)
    await final.says(JUDGES[2], "jury.vote", question=number, choice=None)
    await final.tries(ANNA, "jury.casting", question=number, choice=LEG, reason="Better.")


@way(
    "chair",
    "opens the cards for deliberation before all have pitched, twice, or when the ties are known",
    caught="result.not_over, deliberation.held, count.closed",
    rules={"deliberation": 10},
    own_clock=True,
)
async def deliberates_again(final: OneFinal) -> None:
    await final.tries(CHAIR, "jury.deliberate")
    await final.voted()
    await final.says(CHAIR, "jury.deliberate")
    final.set_clock(Duration.minutes(10))
    await final.tries(CHAIR, "jury.deliberate")
    await final.counted()
    await final.tries(CHAIR, "jury.deliberate")


@way(
    "chair",
    "opens the cards for deliberation where the rules have none, or has the deputy or control open them",
    caught="deliberation.none, role.not_allowed",
)
async def deliberates_past_the_rules(final: OneFinal) -> None:
    await final.voted()
    for who in (CHAIR, DEPUTY, ANNA):
        await final.tries(who, "jury.deliberate")


# The store ------------------------------------------------------------------------------------------------------------


@way(
    "store",
    "votes for a judge who is away by the store's own function",
    caught="recount: acknowledged",
    scores=level,
    rules=BY_VOTE,
)
async def votes_by_the_store(final: OneFinal) -> None:
    number = await _put(final)
    await _votes(final, number, CHAIR, LIN, MEI, choice=ARM)
    async with connect(final.world.url) as store:
        await RedisVoteStore(store, final.keys).question(POLL, RAY, Vote(number, LEG), CommandId("forged-000001"))
    await _votes(final, number, JUDGES[2])
