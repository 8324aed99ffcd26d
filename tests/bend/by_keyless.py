"""What somebody may try who holds the store, or a backup of it, where ballots are sealed and backups encrypted; and who
publishes what was sealed."""

import json
from contextlib import suppress
from dataclasses import astuple
from typing import Any, Final

import msgspec

from roadshow.commands.backing_up import back_up
from roadshow.errors import Unavailable
from roadshow.ids import CommandId, PollId
from roadshow.voting.boxes.box import Box
from roadshow.voting.ledger.record import decode_record
from roadshow.voting.ledger.signing import Signer, receipt_text
from roadshow.voting.votes import Cast, Receipt
from tests.bend.by_store import NOTHING, Entry, functions
from tests.bend.final import ARM, LEG, LIN, MEI, NO_EFFECT, RAY, ROOM, OneFinal, turned
from tests.bend.forging import written
from tests.bend.ways import forgery, way

POLL: Final = PollId(ROOM)
SEALED: Final = {"sealed": True}


async def _sealed_of(final: OneFinal, judge: str, project: str) -> tuple[str, Entry]:
    """The judge's newest ballot for it, as it lies in the ledger."""
    entries: Any = await final.store.xrange(final.poll.ledger)
    found = [
        (name.decode(), fields)
        for name, fields in entries
        if fields[b"kind"] == b"ballot" and f'"judge":"{judge}","project":"{project}"'.encode() in fields[b"body"]
    ]
    return found[-1]


async def _put(final: OneFinal, name: str, fields: Entry) -> None:
    """In the place of an entry that is there, all others staying as they are."""
    entries: Any = await final.store.xrange(final.poll.ledger)
    await final.store.delete(final.poll.ledger)
    for one, old in entries:
        kept: Any = fields if one.decode() == name else old
        await final.store.xadd(final.poll.ledger, kept, id=one)


def _scores_of(fields: Entry) -> bytes:
    return str(json.loads(fields[b"body"])["sealed"]).encode()


@way(
    "store",
    "reads everything it has of a poll with sealed ballots, up to the confirmed result",
    caught="nothing to be learned",
    rules=SEALED,
    learns=turned,
)
async def reads_sealed_ballots(final: OneFinal) -> None:
    await final.confirmed()
    for key in astuple(final.poll):
        if await final.store.type(key) == b"hash":
            rows: Any = await final.store.hgetall(key)
            told = [sorted(len(value) for value in rows.values())]
        else:
            entries: Any = await final.store.xrange(key)
            told = [[len(value) for _, value in sorted(fields.items())] for _, fields in entries]
        final.seen.append(f"{key.rpartition(':')[2]}: {told}")


@way("store", "gives one judge's sealed scores to another", caught="ledger.rewritten", rules=SEALED)
async def exchanges_sealed_scores(final: OneFinal) -> None:
    await final.voted()
    (_, one), (name, other) = await _sealed_of(final, LIN, ARM), await _sealed_of(final, MEI, ARM)
    await _put(final, name, {**other, b"body": other[b"body"].replace(_scores_of(other), _scores_of(one))})


@way("store", "gives one project's sealed scores to another", caught="ledger.rewritten", rules=SEALED)
async def gives_scores_to_another_project(final: OneFinal) -> None:
    await final.voted()
    (_, one), (name, other) = await _sealed_of(final, LIN, ARM), await _sealed_of(final, LIN, LEG)
    await _put(final, name, {**other, b"body": other[b"body"].replace(_scores_of(other), _scores_of(one))})


@way(
    "store",
    "casts a judge's older sealed scores anew, as a newer revision, by the store's own function",
    caught="ledger.rewritten",
    rules=SEALED,
)
async def replays_sealed_scores(final: OneFinal) -> None:
    await final.to_voting(ARM)
    await final.vote_here()
    _, older = await _sealed_of(final, LIN, ARM)
    sealed = _scores_of(older).decode()
    async with functions(final) as store:
        final.did(LIN, "an older ballot again", NO_EFFECT)
        with suppress(Unavailable):  # whoever has no key cannot read the answer either: it is there
            await store.cast(POLL, LIN, Cast(CommandId("forged-000001"), ARM, {}, 1, sealed=sealed))


@way(
    "store",
    "casts a ballot in the open for an absent judge, where all others are sealed",
    caught="ledger.rewritten",
    rules=SEALED,
)
async def casts_in_the_open(final: OneFinal) -> None:
    final.absent.add(RAY)
    await final.to_voting(ARM)
    async with functions(final) as store:
        await store.cast(POLL, RAY, Cast(CommandId("forged-000001"), ARM, NOTHING, 0))
    await final.voted()


@way(
    "store",
    "reads a backup that was made with a passphrase",
    caught="nothing to be learned",
    learns=turned,
)
async def reads_a_backup(final: OneFinal) -> None:
    await final.voted()
    file = final.settings.data.with_suffix(".backup")
    back_up(final.settings, file, final.world.folder / "shared" / "store", "whatever nobody guesses")
    stolen = file.read_bytes()
    secrets = [path.read_bytes().strip() for path in final.settings.data.glob("signing*.key")]
    final.seen.append(f"{[text in stolen for text in (*secrets, b'scores', b'ballot', b'appendonly')]}")


# What was sealed, published otherwise ---------------------------------------------------------------------------------


@forgery("files", "opens sealed ballots with another key than the rules bound", caught="recount: box", rules=SEALED)
def another_box(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    document["box"] = Box.of(POLL, bytes(32)).key
    return written(document)


@forgery("files", "keeps the key that opens the ballots back", caught="recount: box", rules=SEALED)
def no_box(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    del document["box"]
    return written(document)


@forgery(
    "key", "signs receipts for other scores than it had sealed, when all are known", caught="recount: box", rules=SEALED
)
def receipts_for_others(data: bytes, key: Signer) -> bytes:
    document = json.loads(data)
    for at, receipt in enumerate(decode_record(data).receipts):
        if receipt.judge == LIN and receipt.project == ARM:
            other: Receipt = msgspec.structs.replace(receipt, scores=dict.fromkeys(receipt.scores, 0))
            document["receipts"][at] |= {"scores": other.scores, "signature": key.sign(receipt_text(other))}
    return written(document)
