"""What may be tried with the chair's office: to take it, to keep it, and to use it once it is another's."""

from roadshow.ids import CommandId, PersonId, PollId
from roadshow.store.connection import connect
from roadshow.voting.acts import CloseCount
from roadshow.voting.office.acts import AskChair, PassChair
from roadshow.voting.redis_store import RedisVoteStore
from tests.bend.final import (
    ANNA,
    ARM,
    CHAIR,
    DENG,
    DEPUTY,
    LEG,
    LIN,
    MEI,
    NO_EFFECT,
    ROOM,
    OneFinal,
    level,
)
from tests.bend.ways import way

POLL = PollId(ROOM)
WHY = "Our chair has left."


async def _asks(final: OneFinal, who: str, chair: PersonId, count: int | None = None) -> int:
    """For another chair; the number of the request. Nothing comes of it, as long as nobody signs it."""
    await final.tries(who, "chair.ask", told=NO_EFFECT, chair=chair, count=count, reason=WHY)
    office = (await final.review())["office"]
    return int(office["offered"]["asked"]["asked"])


async def _passed(final: OneFinal, chair: PersonId, count: int | None = None) -> None:
    """By two organisers, who may. Whose office changed comes back."""
    await final.says(DENG, "chair.ask", chair=chair, count=count, reason=WHY)
    asked = (await final.review())["office"]["offered"]["asked"]["asked"]
    await final.says(ANNA, "chair.sign", asked=asked)
    final.forget_desk(final.chair)
    final.forget_desk(chair)
    final.chair = chair
    await final.notes_heads()


@way("chair", "has the deputy ask for the chair's office and sign it", caught="chair.second_person")
async def takes_the_office_alone(final: OneFinal) -> None:
    await final.voted()
    asked = await _asks(final, DEPUTY, DEPUTY)
    await final.tries(DEPUTY, "chair.sign", asked=asked)


@way(
    "chair",
    "hands the office to a judge by their own word, and by the judge's",
    caught="chair.second_person, role.not_allowed",
)
async def hands_the_office_on(final: OneFinal) -> None:
    await final.voted()
    asked = await _asks(final, CHAIR, LIN)
    for who in (CHAIR, LIN, MEI):
        await final.tries(who, "chair.sign", asked=asked)


@way("chair", "rules, closes the count and confirms when the office is another's", caught="role.not_allowed")
async def goes_on_as_chair(final: OneFinal) -> None:
    await final.voted()
    await _passed(final, DEPUTY)
    await final.tries(CHAIR, "project.penalty", project=ARM, points=5000, reason="I am the chair.")
    await final.tries(CHAIR, "count.close", count=1)
    await final.tries(CHAIR, "result.confirm")


@way(
    "chair",
    "confirms, is replaced, and signs as a judge what they have confirmed themselves",
    caught="result.not_chair, result.same_person",
    rules={"second_confirmation": True},
)
async def signs_as_a_judge(final: OneFinal) -> None:
    await final.counted()
    await final.says(CHAIR, "result.confirm", accept_incomplete=True)
    await final.notes_heads()
    await _passed(final, DEPUTY, 1)
    for who in (CHAIR, DEPUTY):
        await final.tries(who, "result.countersign", version=1)


@way("chair", "comes back to the office they have left", caught="chair.person")
async def comes_back(final: OneFinal) -> None:
    await final.voted()
    await _passed(final, DEPUTY)
    await final.tries(DENG, "chair.ask", chair=CHAIR, count=None, reason="They are here again.")


@way(
    "judge",
    "asks for the chair's office and signs it, alone or with a friend on the jury",
    caught="role.not_allowed",
)
async def takes_the_chair(final: OneFinal) -> None:
    await final.voted()
    await final.tries(LIN, "chair.ask", chair=LIN, count=None, reason=WHY)
    asked = await _asks(final, DENG, LIN)
    for who in (LIN, MEI):
        await final.tries(who, "chair.sign", asked=asked)


@way(
    "judge",
    "is given the office when the tie is known, to settle it",
    caught="result.not_chair",
    scores=level,
)
async def settles_with_a_new_office(final: OneFinal) -> None:
    await final.counted()
    await _passed(final, LIN, 1)
    await final.tries(LIN, "result.settle", order=[LEG, ARM], reason="Mine.")
    await final.tries(LIN, "result.revote", projects=[ARM, LEG], reason="Once more.")


@way(
    "judge",
    "has the office asked for before the count is closed, and signed when the tie is known",
    caught="chair.moved_on",
    scores=level,
)
async def is_asked_for_in_time(final: OneFinal) -> None:
    await final.voted()
    asked = await _asks(final, DENG, LIN)
    await final.counted()
    await final.tries(ANNA, "chair.sign", asked=asked)


@way("organiser", "asks for another chair, and signs it", caught="chair.second_person")
async def replaces_the_chair_alone(final: OneFinal) -> None:
    await final.voted()
    asked = await _asks(final, ANNA, LIN)
    await final.tries(ANNA, "chair.sign", asked=asked)


@way("organiser", "takes the chair's office themselves, with another organiser", caught="chair.person")
async def takes_it_themselves(final: OneFinal) -> None:
    await final.voted()
    await final.tries(ANNA, "chair.ask", chair=DENG, count=None, reason=WHY)


@way(
    "organiser",
    "replaces the chair together with the deputy, who settles the tie",
    told="results, protocol",
    scores=level,
)
async def replaces_the_chair(final: OneFinal) -> None:
    await final.counted()
    asked = await _asks(final, DEPUTY, DEPUTY, 1)
    await final.tries(ANNA, "chair.sign", told="has the chair's office from here on", asked=asked)
    final.forget_desk(CHAIR)
    final.forget_desk(DEPUTY)
    final.chair = DEPUTY
    await final.tries(
        DEPUTY, "result.settle", told="Leg has the letters.", order=[LEG, ARM], reason="Leg has the letters."
    )


@way("store", "gives the chair's office to a judge by the store's own functions", caught="recount: acknowledged")
async def gives_the_office(final: OneFinal) -> None:
    await final.voted()
    async with connect(final.world.url) as lines:
        store = RedisVoteStore(lines, final.keys)
        await store.act(POLL, DENG, AskChair(LIN, None, WHY), CommandId("forged-000001"))
        asked = (await store.read(POLL)).sequence
        await store.act(POLL, ANNA, PassChair(asked), CommandId("forged-000002"))
        await store.act(POLL, LIN, CloseCount(1), CommandId("forged-000003"))
    await final.looks("audience")
    final.forget_desk(CHAIR)
    final.forget_desk(LIN)
    final.chair = LIN
