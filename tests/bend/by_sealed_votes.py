"""What whoever holds the store may try while the jury votes on a tie, where ballots and votes are sealed."""

import json
from dataclasses import astuple
from typing import Any, Final

from roadshow.ids import CommandId, PollId
from roadshow.store.connection import connect
from roadshow.voting.questions.acts import Vote
from roadshow.voting.redis_store import RedisVoteStore
from tests.bend.by_question import BY_VOTE, level_too
from tests.bend.final import ARM, CHAIR, JUDGES, LEG, LIN, MEI, RAY, ROOM, OneFinal, level
from tests.bend.ways import way

POLL: Final = PollId(ROOM)
SEALED_VOTES: Final = {**BY_VOTE, "sealed": True}


async def _put(final: OneFinal) -> int:
    """Honestly."""
    await final.counted()
    await final.says(CHAIR, "jury.ask", projects=[ARM, LEG], seconds=60)
    number: int = (await final.snapshot(CHAIR))["questions"]["newest"]["question"]
    return number


def _of(kept: bytes) -> tuple[int, ...]:
    """What is not random of anything there: how long it is, and which of the two it names."""
    return len(kept), *(kept == one.encode() or f'"{one}"'.encode() in kept for one in (ARM, LEG))


@way(
    "store",
    "reads how the jury votes on a tie, where ballots are sealed",
    caught="nothing to be learned",
    scores=level,
    rules=SEALED_VOTES,
    learns=level_too,
)
async def reads_sealed_votes(final: OneFinal) -> None:
    number = await _put(final)
    for judge in (CHAIR, LIN, MEI):
        await final.says(judge, "jury.vote", question=number, choice=ARM if final.scores is level else LEG)
    for key in astuple(final.poll):
        if await final.store.type(key) == b"hash":
            rows: Any = await final.store.hgetall(key)
            # Not by name: commands that enter browsers are named at random.
            told = sorted((name if name.startswith(b"voted|") else b"", *_of(kept)) for name, kept in rows.items())
        else:
            entries: Any = await final.store.xrange(key)
            told = [(fields.get(b"kind", b""), *_of(fields.get(b"body", b""))) for _, fields in entries]
        final.seen.append(f"{key.rpartition(':')[2]}: {told}")
    # Who goes first is not to be one of the differences.
    for judge in JUDGES[2:]:
        await final.says(judge, "jury.vote", question=number, choice=None)


@way(
    "store",
    "gives one judge's sealed vote on a tie to another",
    caught="ledger.rewritten",
    scores=level,
    rules=SEALED_VOTES,
)
async def exchanges_sealed_votes(final: OneFinal) -> None:
    number = await _put(final)
    await final.says(LIN, "jury.vote", question=number, choice=LEG)
    entries: Any = await final.store.xrange(final.poll.ledger)
    sealed = str(json.loads(entries[-1][1][b"body"])["sealed"])
    async with connect(final.world.url) as store:
        vote = Vote(number, ARM, sealed=sealed)
        await RedisVoteStore(store, final.keys).question(POLL, RAY, vote, CommandId("forged-000001"))
    await final.says(MEI, "jury.vote", question=number, choice=ARM)
