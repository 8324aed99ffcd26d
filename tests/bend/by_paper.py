"""What may be tried with judges' cards of paper: by those who print them, type them in and confirm them, by judges, and
behind all of them."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from roadshow.errors import InputError
from roadshow.ids import CommandId, CriterionId, PersonId, PollId, ProjectId
from roadshow.store.connection import connect
from roadshow.voting.paper.acts import ConfirmCard, TypeCard
from roadshow.voting.paper.codes import ALPHABET, read_code
from roadshow.voting.redis_store import RedisVoteStore
from tests.bend.final import ANNA, ARM, CHAIR, CRITERIA, LIN, MEI, NO_EFFECT, OTHER, RAY, ROOM, OneFinal
from tests.bend.ways import way

POLL = PollId(ROOM)
KIM, PAT = map(PersonId, ("clerk", "clerk-2"))
NOTHING = dict.fromkeys(CRITERIA, 0)
ALL = dict.fromkeys(CRITERIA, 10)
TYPED, REJECTED = "typed in. ", "typed in. Rejected: it was typed in wrongly."


def _code(final: OneFinal, judge: PersonId = RAY, project: ProjectId = ARM) -> str:
    return final.show.fields[ROOM].voting.paper.printed(ROOM)[judge, project]


async def _enters(
    final: OneFinal, who: str, act: str, code: str, scores: Mapping[str, int] = NOTHING, told: str = "", **more: str
) -> None:
    figures = {f"score.{one}": str(score) for one, score in scores.items()}
    await final.presses(who, f"/as/{who}/paper/{ROOM}", told, act=act, code=code, **figures, **more)


async def _typed(final: OneFinal, judge: PersonId = RAY, told: str = NO_EFFECT) -> str:
    """For a judge who is away; the number of the card."""
    await _enters(final, KIM, "type", _code(final, judge), told=told)
    return await _number(final)


async def _number(final: OneFinal) -> str:
    cards = await final.show.fields[ROOM].voting.paper.cards(ROOM)
    return str(cards[-1].typed.sequence) if cards else "0"


async def _rejected(final: OneFinal, number: str) -> None:
    """By the other clerk, so that the count can be closed."""
    path = f"/as/{PAT}/paper/{ROOM}"
    await final.presses(PAT, path, REJECTED, act="reject", paper=number, fault="typing")


async def _away(final: OneFinal) -> None:
    """Ray has no phone; arm can be scored."""
    final.absent.add(RAY)
    await final.to_voting(ARM)


# Clerks and organisers ------------------------------------------------------------------------------------------------


@way("clerk", "makes up a card for an absent judge, and confirms it", told="results, protocol, paper.second_person")
async def confirms_their_own(final: OneFinal) -> None:
    await _away(final)
    number = await _typed(final)
    await _enters(final, KIM, "confirm", _code(final), paper=number)
    await _rejected(final, number)


@way("clerk", "changes a card while confirming it", told="results, protocol, paper.differs")
async def edits_while_confirming(final: OneFinal) -> None:
    await _away(final)
    number = await _typed(final)
    await _enters(final, PAT, "confirm", _code(final), ALL, paper=number)
    await _rejected(final, number)


@way("clerk", "types the same card in twice", told="results, protocol, paper.waiting, paper.used")
async def the_same_card_twice(final: OneFinal) -> None:
    await _away(final)
    number = await _typed(final)
    await _enters(final, PAT, "type", _code(final), ALL)
    await _enters(final, PAT, "confirm", _code(final), told=f"{TYPED}Confirmed by another clerk.", paper=number)
    await _enters(final, KIM, "type", _code(final), ALL)


@way("clerk", "makes a code up, and takes one of another field", caught="code.unknown, code.mistyped")
async def makes_a_code_up(final: OneFinal) -> None:
    await _away(final)
    other = next(iter(final.show.fields[OTHER].voting.paper.printed(OTHER).values()))
    for code in (other, _with_a_check("22222222"), "222222223"):
        await _enters(final, KIM, "type", code)


def _with_a_check(begins: str) -> str:
    """As whoever has read how checks are made."""
    for last in ALPHABET:
        with suppress(InputError):
            return read_code(begins + last)
    raise AssertionError


@way("clerk", "types a card in for a judge who has voted", caught="paper.voted")
async def paper_for_who_voted(final: OneFinal) -> None:
    await final.to_voting(ARM)
    await final.vote_here()
    await _enters(final, KIM, "type", _code(final, LIN))


@way("clerk", "types a card in for a judge with a conflict", caught="code.unknown")
async def paper_in_conflict(final: OneFinal) -> None:
    await final.voted()
    assert (CHAIR, "ear") not in final.show.fields[ROOM].voting.paper.printed(ROOM)
    await _enters(final, KIM, "type", _with_a_check("AAAAAAAA"))


@way("clerk", "types a card in once the count is closed and ties are known", caught="count.closed")
async def paper_after_the_count(final: OneFinal) -> None:
    final.absent.add(RAY)
    await final.counted()
    await _enters(final, KIM, "type", _code(final))


@way("clerk", "forges a card for an absent judge together with another clerk", told="results, protocol")
async def two_clerks(final: OneFinal) -> None:
    await _away(final)
    number = await _typed(final)
    await _enters(final, PAT, "confirm", _code(final), told="Confirmed by another clerk.", paper=number)


@way(
    "clerk",
    "forges one together with an organiser, for a judge who looks at their desk",
    told="results, protocol, result.not_chair",
)
async def the_judge_contests(final: OneFinal) -> None:
    await _away(final)
    number = await _typed(final)
    await _enters(final, ANNA, "confirm", _code(final), told="Confirmed by an organiser.", paper=number)
    path = f"/as/{RAY}/judge/{ROOM}/paper"
    await final.presses(RAY, path, "The judge says that they gave none.", paper=number, claim="not-mine")
    word: dict[str, Any] = {"judge": RAY, "project": ARM, "late": int(number)}
    await final.tries(ANNA, "late.accept", reason="It was theirs.", **word)
    await final.says(CHAIR, "late.reject", reason="Nobody has the sheet.", **word)


@way("organiser", "prints a card, fills it in, and types it in", caught="paper.not_clerk")
async def an_organiser_types(final: OneFinal) -> None:
    await _away(final)
    await _enters(final, ANNA, "type", _code(final))


# Judges ---------------------------------------------------------------------------------------------------------------


@way("judge", "types in and confirms cards, and prints some", caught="role.not_allowed")
async def a_judge_at_the_clerks_desk(final: OneFinal) -> None:
    await _away(final)
    for act in ("type", "confirm"):
        await _enters(final, MEI, act, _code(final))
    await final.gets(f"/as/{MEI}/paper/{ROOM}/cards", MEI)


@way("judge", "contests another judge's card", told="results, protocol, paper.not_yours")
async def contests_anothers(final: OneFinal) -> None:
    await _away(final)
    number = await _typed(final)
    await _enters(final, PAT, "confirm", _code(final), told="Confirmed by another clerk.", paper=number)
    await final.presses(MEI, f"/as/{MEI}/judge/{ROOM}/paper", paper=number, claim="not-mine")


@way("judge", "votes on paper and by phone, to have two ballots", told="results, protocol")
async def by_both_ways(final: OneFinal) -> None:
    await _away(final)
    number = await _typed(final)
    await _enters(final, PAT, "confirm", _code(final), told="It does not count: the judge sent a ballot", paper=number)
    final.absent.discard(RAY)


# The store ------------------------------------------------------------------------------------------------------------


@way("store", "puts in a card of paper and its confirmation", caught="recount: acknowledged")
async def puts_a_card_in(final: OneFinal) -> None:
    await _away(final)
    scores = dict.fromkeys(map(CriterionId, CRITERIA), 0)
    async with connect(final.world.url) as connected:
        store = RedisVoteStore(connected, final.keys)
        card = TypeCard(RAY, ARM, "222222222", scores)
        number = await store.paper(POLL, KIM, card, CommandId("forged-000001"))
        await store.paper(POLL, PAT, ConfirmCard(number, "222222222", scores), CommandId("forged-000002"))


@way("store", "confirms a card that a clerk has typed in", caught="recount: acknowledged")
async def confirms_in_the_store(final: OneFinal) -> None:
    await _away(final)
    number = await _typed(final)
    scores = dict.fromkeys(map(CriterionId, CRITERIA), 0)
    async with connect(final.world.url) as connected:
        store = RedisVoteStore(connected, final.keys)
        word = ConfirmCard(int(number), _code(final), scores)
        await store.paper(POLL, PAT, word, CommandId("forged-000001"))


@way("store", "changes what a clerk has typed in, before it is confirmed", caught="ledger.rewritten")
async def rewrites_a_card(final: OneFinal) -> None:
    await _away(final)
    number = await _typed(final)
    found: Any = await final.store.xrange(final.poll.ledger)
    await final.store.delete(final.poll.ledger)
    for name, fields in found:
        if name == f"{number}-0".encode():
            body = json.loads(fields[b"body"]) | {"scores": ALL}
            fields[b"body"] = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        await final.store.xadd(final.poll.ledger, fields, id=name)
    await _enters(final, PAT, "confirm", _code(final), ALL, paper=number)
