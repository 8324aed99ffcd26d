"""What may be tried with calibration rounds: to make a ballot of a card, to read cards before one's own is in, to go on
once the voting has begun, and to look without having anything to do there."""

import re
from typing import Any, Final

from roadshow.competitions.voting import Sample
from roadshow.ids import CommandId, CriterionId, PersonId, PollId, ProjectId
from roadshow.texts import same_in_all
from roadshow.voting.calibration.rounds import ToldRound
from roadshow.voting.votes import Cast
from tests.bend.by_store import functions
from tests.bend.final import ANNA, ARM, CHAIR, CRITERIA, LIN, MEI, PITCHER, RAY, ROOM, OneFinal, turned, words_of
from tests.bend.ways import way

POLL: Final = PollId(ROOM)
SAMPLES: Final = {"samples": (Sample("sample-a", same_in_all("Sample A")),)}
NOTHING: Final = dict.fromkeys(map(CriterionId, CRITERIA), 0)
HIGH: Final = {f"score.{one}": "10" for one in CRITERIA}


def _page(who: str, more: str = "") -> str:
    return f"/as/{who}/calibration/{ROOM}{more}"


async def _held(final: OneFinal, *judges: PersonId, closed: bool = True, scores: Any = None) -> None:
    """A round, honestly: with everybody's own scores, as if the sample were the first project."""
    calibration = final.show.fields[ROOM].voting.calibration
    await calibration.open(ROOM, CHAIR, "sample-a", 1)
    for judge in judges:
        own = {CriterionId(one): final.scores(judge, ARM, at) for at, one in enumerate(CRITERIA)}
        await calibration.hand_in(ROOM, judge, 1, scores or own)
    if closed:
        await calibration.close(ROOM, 1)


async def _reads(final: OneFinal, who: PersonId) -> None:
    """The page's words, but for the time."""
    cookie = {"Cookie": await final.cookie(who)}
    page = await final.web.get(_page(who), headers={"Accept": "text/html", **cookie})
    final.web.cookies.clear()
    assert page.status_code == 200, page.status_code
    final.seen.append(re.sub(r"\d\d:\d\d|bend-\d+", "…", words_of(page.text)))


@way(
    "judge",
    "reads the others' cards of a calibration round before their own is in, and after, while it is open",
    caught="nothing to be learned",
    rules=SAMPLES,
    learns=turned,
)
async def reads_cards_before_their_own(final: OneFinal) -> None:
    await _held(final, LIN, RAY, closed=False)
    await _reads(final, MEI)
    await final.show.fields[ROOM].voting.calibration.hand_in(ROOM, MEI, 1, NOTHING)
    await _reads(final, MEI)


@way(
    "judge",
    "hands in a calibration card when the others' lie open, and opens and closes rounds",
    caught="calibration.closed, role.not_allowed",
    rules=SAMPLES,
)
async def answers_open_cards(final: OneFinal) -> None:
    await _held(final, LIN, RAY)
    await final.presses(MEI, _page(MEI, "/card"), number="1", **HIGH)
    await final.presses(MEI, _page(MEI, "/round"), act="open", sample="sample-a", number="2")


@way(
    "chair",
    "opens a calibration round once the first window was, and hands in a card for it",
    caught="calibration.over",
    rules=SAMPLES,
)
async def calibrates_in_the_middle(final: OneFinal) -> None:
    await _held(final, LIN, closed=False)
    await final.to_voting(ARM)
    for number in ("1", "2"):
        await final.presses(CHAIR, _page(CHAIR, "/round"), act="open", sample="sample-a", number=number)
        await final.presses(CHAIR, _page(CHAIR, "/card"), number=number, **HIGH)
    await final.presses(CHAIR, _page(CHAIR, "/round"), act="close", number="1")


@way(
    "organiser",
    "hands in a calibration card, and opens a round on a pitch of the final",
    caught="role.not_allowed, calibration.malformed",
    rules=SAMPLES,
)
async def calibrates_on_a_pitch(final: OneFinal) -> None:
    await final.presses(ANNA, _page(ANNA, "/card"), number="1", **HIGH)
    await final.presses(ANNA, _page(ANNA, "/round"), act="open", sample=ARM, number="1")


@way(
    "pitcher",
    "reads how strict each judge is from the jury's calibration cards",
    caught="role.not_allowed, sign_in.needed",
    rules=SAMPLES,
)
async def reads_the_jurys_scales(final: OneFinal) -> None:
    await _held(final, LIN, MEI, RAY)
    await final.gets(_page(PITCHER), PITCHER)
    await final.gets(_page(LIN), PITCHER)
    await final.gets(_page(LIN))


@way(
    "store",
    "passes an absent judge's calibration card off as a ballot, with the card's seal for a signature",
    caught="recount: acknowledged",
    rules=SAMPLES,
)
async def makes_a_ballot_of_a_card(final: OneFinal) -> None:
    await _held(final, RAY, scores=NOTHING)
    final.absent.add(RAY)
    await final.to_voting(ARM)
    await _casts_the_card(final, ARM)


@way(
    "store",
    "does so where judges sign with keys of their own",
    caught="recount: acts",
    rules={**SAMPLES, "ballot_keys": True},
)
async def makes_a_signed_ballot_of_a_card(final: OneFinal) -> None:
    await _held(final, RAY, scores=NOTHING)
    final.absent.add(RAY)
    await final.to_voting(ARM)
    await _casts_the_card(final, ARM, final.own[RAY].key)


async def _casts_the_card(final: OneFinal, project: ProjectId, key: str = "") -> None:
    async with functions(final) as store:
        (card,) = (await store.calibration(POLL)).rounds[0].cards
        signature = card.seal if key else ""
        cast = Cast(CommandId("forged-000001"), project, NOTHING, 0, key=key, signature=signature)
        await store.cast(POLL, card.judge, cast)
    await final.voted()


@way(
    "store",
    "enters in the ledger that a calibration round was held which nobody held",
    caught="recount: acknowledged",
    rules=SAMPLES,
)
async def invents_a_round(final: OneFinal) -> None:
    await _held(final, LIN)
    async with functions(final) as store:
        seen = (await store.calibration(POLL)).changes
        invented = ToldRound(CHAIR, 2_000, 5, 1_000, "sample-a")
        await store.tell_calibration(POLL, (invented,), seen, CommandId("forged-000001"))


@way(
    "store",
    "reads the calibration cards of a poll with sealed ballots",
    caught="nothing to be learned",
    rules={**SAMPLES, "sealed": True},
    learns=turned,
)
async def reads_sealed_cards(final: OneFinal) -> None:
    await _held(final, LIN, MEI, closed=False)
    rows: Any = await final.store.hgetall(final.poll.calibration)
    told = sorted(f"{name.decode()}: {len(value)}" for name, value in rows.items())
    final.seen.append(f"{told} {len(set(rows.values()))}")
