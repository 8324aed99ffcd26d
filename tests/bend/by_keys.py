"""What anybody may try where judges sign with keys of their own: the organisers, who can make links, whoever holds the
store, and whoever holds the server's key as well."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from roadshow.ids import CommandId
from roadshow.voting.identity.keys import AskKey, SignKey
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.votes import Cast
from tests.bend.by_organiser import further_link
from tests.bend.by_store import NOTHING, POLL, functions
from tests.bend.final import ANNA, ARM, CHAIR, DENG, LEG, LIN, MEI, NO_EFFECT, RAY, OneFinal, level
from tests.bend.forging import Document, resigned
from tests.bend.owned import Own
from tests.bend.ways import forgery, way

KEYED = {"ballot_keys": True}
keyed = partial(way, rules=KEYED)
THIEF = Own("thief")


async def _scores_as_ray(final: OneFinal, cookie: str) -> None:
    ballot = final.ballot(RAY, ARM) | {"scores": {str(one): 0 for one in NOTHING}}
    signed = await final.signed(RAY, "ballot.cast", {"command": final.command(), **ballot}, THIEF)
    await final.tries_as(RAY, cookie, "ballot.cast", **signed)


@keyed("organiser", "takes a further link for an absent judge who has a key, and scores with it", caught="key.other")
async def scores_by_a_link(final: OneFinal) -> None:
    final.absent.add(RAY)
    await final.to_voting(ARM)
    cookie = await further_link(final, ANNA, RAY)
    await final.tries_as(RAY, cookie, "ballot.cast", **final.ballot(RAY, ARM))
    await _scores_as_ray(final, cookie)


@keyed(
    "organiser",
    "asks for another key by a link of an absent judge that they made, and signs for it",
    caught="key.second_person, key.other",
)
async def signs_for_a_key_of_their_own(final: OneFinal) -> None:
    final.absent.add(RAY)
    await final.to_voting(ARM)
    cookie = await further_link(final, ANNA, RAY)
    await final.tries_as(RAY, cookie, "key.ask", NO_EFFECT, key=THIEF.key)
    await final.tries(ANNA, "key.sign", asked=await final.asked_key(), judge=RAY)
    await _scores_as_ray(final, cookie)


@keyed("organiser", "does so with another organiser, who signs for the key", told="protocol")
async def two_sign_for_a_key(final: OneFinal) -> None:
    final.absent.add(RAY)
    await final.to_voting(ARM)
    cookie = await further_link(final, ANNA, RAY)
    await final.tries_as(RAY, cookie, "key.ask", NO_EFFECT, key=THIEF.key)
    told = f"Organiser : Signed: {final.person(RAY).name.en} votes with another key from here on."
    await final.tries(DENG, "key.sign", told, asked=await final.asked_key(), judge=RAY)
    final.own[RAY] = THIEF
    await final.vote(RAY, ARM)


@keyed("judge", "signs with a key of their own at another judge's desk", caught="key.other")
async def signs_with_their_own(final: OneFinal) -> None:
    await final.to_voting(ARM)
    ballot = {"command": final.command(), **final.ballot(MEI, ARM)}
    await final.tries(MEI, "ballot.cast", **await final.signed(MEI, "ballot.cast", ballot, final.own[LIN]))


@keyed("judge", "sends a signed ballot again for another project", caught="key.signature")
async def replays_at_the_desk(final: OneFinal) -> None:
    await final.to_voting(ARM)
    ballot = {"command": final.command(), **final.ballot(LIN, LEG)}
    signed = await final.signed(LIN, "ballot.cast", ballot, final.own[LIN])
    await final.tries(LIN, "ballot.cast", **signed | {"project": ARM})


@way(
    "organiser",
    "takes a further link for a judge who has a key, and votes on a tie with it",
    caught="key.other",
    scores=level,
    rules=KEYED | {"tie_chain": ("jury", "shared")},
)
async def votes_by_a_link(final: OneFinal) -> None:
    await final.counted()
    cookie = await further_link(final, ANNA, RAY)
    await final.says(CHAIR, "jury.ask", projects=[ARM, LEG], seconds=600)
    question = (await final.snapshot(CHAIR))["questions"]["newest"]["question"]
    said = {"command": final.command(), "question": question, "choice": LEG}
    await final.tries_as(RAY, cookie, "jury.vote", **await final.signed(RAY, "jury.vote", said, THIEF))


# Whoever holds the store ----------------------------------------------------------------------------------------------


@keyed("store", "casts a ballot for a judge who has a key, by the store's own function", caught="recount: acts")
async def casts_over_a_key(final: OneFinal) -> None:
    final.absent.add(RAY)
    await final.to_voting(ARM)
    async with functions(final) as store:
        cast = Cast(CommandId("forged-000001"), ARM, NOTHING, 0, key=final.own[RAY].key, signature="A" * 86)
        await store.cast(POLL, RAY, cast)


@keyed("store", "puts a judge's signed ballot in once more, for another project", caught="recount: acts")
async def replays_in_the_store(final: OneFinal) -> None:
    await final.to_voting(ARM)
    await final.vote_here()
    (given,) = final.receipts[LIN]
    await final.to_voting(LEG)
    final.absent.add(LIN)
    async with functions(final) as store:
        key, signature = final.own[LIN].key, given["signed"]
        await store.cast(
            POLL, LIN, Cast(CommandId("forged-000001"), LEG, given["scores"], 0, key=key, signature=signature)
        )


@keyed(
    "store",
    "enrols another key for a judge by the store's own functions, and signs with it",
    caught="recount: acknowledged",
)
async def enrols_another(final: OneFinal) -> None:
    final.absent.add(RAY)
    await final.to_voting(ARM)
    async with functions(final) as store:
        await store.act(POLL, RAY, AskKey(THIEF.key), CommandId("forged-000001"))
        asked = (await store.read(POLL)).sequence
        await store.act(POLL, DENG, SignKey(asked), CommandId("forged-000002"))
    final.own[RAY] = THIEF
    final.absent.remove(RAY)
    await final.vote_here()


@keyed("store", "writes another key for a judge into what is in force", caught="recount: acts")
async def writes_another(final: OneFinal) -> None:
    await final.to_voting(ARM)
    await final.store.hset(final.poll.meta, f"key|{RAY}", THIEF.key)
    final.own[RAY] = THIEF
    await final.vote_here()


# Whoever holds the server's key as well -------------------------------------------------------------------------------


def _bodies(document: Document, change: Callable[[dict[str, Any]], None]) -> None:
    """Of all that judges gave for arm."""
    for entry in document["entries"]:
        body = json.loads(entry["body"])
        if entry["kind"] == "ballot" and body["project"] == ARM:
            change(body)
            entry["body"] = json.dumps(body, sort_keys=True, separators=(",", ":"))


def _lower(body: dict[str, Any]) -> None:
    body["scores"] = dict.fromkeys(body["scores"], 0)


def _strip(body: dict[str, Any]) -> None:
    body["scores"] = dict.fromkeys(body["scores"], 0)
    del body["signature"]


def _own_signature(body: dict[str, Any]) -> None:
    body["signature"] = "A" * 85 + "Q"


for _what, _change in (
    ("changes the scores of judges who have keys, with everything else signed anew", _lower),
    ("strips the judges' own signatures off, with everything else signed anew", _strip),
    ("puts other signatures in their place, with everything else signed anew", _own_signature),
):

    def _forge(data: bytes, key: Signer, change: Callable[[dict[str, Any]], None] = _change) -> bytes:
        document: Document = json.loads(data)
        _bodies(document, change)
        return resigned(document, key)

    _forge.__name__ = _change.__name__
    forgery("key", _what, caught="recount: acts", rules=KEYED)(_forge)
