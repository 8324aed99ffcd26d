"""What somebody may try who holds the store: its socket with every command, its files while the server is down, a
backup. The signing key, beside the server, is not theirs."""

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from roadshow.competitions.invitations import hash_token
from roadshow.ids import CommandId, CriterionId, PollId
from roadshow.store.connection import connect
from roadshow.voting.acts import AcceptLate, CloseCount, Penalise
from roadshow.voting.aftermath.acts import Amend, AskAmendment
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.spec import PollSpec
from roadshow.voting.votes import Cast
from tests.bend.final import (
    ANNA,
    ARM,
    CHAIR,
    CRITERIA,
    DENG,
    DEPUTY,
    EAR,
    LEG,
    LIN,
    MEI,
    NO_EFFECT,
    RAY,
    ROOM,
    OneFinal,
    level,
    uneven,
)
from tests.bend.ways import way

POLL = PollId(ROOM)
NOTHING = {CriterionId(one): 0 for one in CRITERIA}
Entry = dict[bytes, bytes]


@asynccontextmanager
async def functions(final: OneFinal) -> AsyncIterator[RedisVoteStore]:
    """The store's own functions, called by whoever has its socket: no server is asked."""
    async with connect(final.world.url) as store:
        yield RedisVoteStore(store, final.keys)


async def _ledger(final: OneFinal) -> list[tuple[str, Entry]]:
    found: Any = await final.store.xrange(final.poll.ledger)
    return [(name.decode(), fields) for name, fields in found]


async def _rewrite(final: OneFinal, change: Callable[[list[Entry]], list[Entry]]) -> None:
    """The whole ledger, numbered anew."""
    before = [fields for _, fields in await _ledger(final)]
    after = change([dict(fields) for fields in before])
    assert after != before
    await final.store.delete(final.poll.ledger)
    for number, fields in enumerate(after, start=1):
        await final.store.xadd(final.poll.ledger, fields, id=f"{number}-0")  # type: ignore[arg-type]
    await final.store.hset(final.poll.meta, "sequence", str(len(after)))


def _is_ballot(fields: Entry, judge: str, project: str) -> bool:
    if fields[b"kind"] != b"ballot":
        return False
    body = json.loads(fields[b"body"])
    return (body["judge"], body["project"]) == (judge, project)


def _rescored(judge: str, project: str, score: int) -> Callable[[list[Entry]], list[Entry]]:
    def change(entries: list[Entry]) -> list[Entry]:
        for fields in entries:
            if _is_ballot(fields, judge, project):
                body = json.loads(fields[b"body"])
                body["scores"] = dict.fromkeys(CRITERIA, score)
                fields[b"body"] = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        return entries

    return change


# While the server runs ------------------------------------------------------------------------------------------------


@way("store", "casts a ballot for an absent judge by the store's own function", caught="recount: acknowledged")
async def casts_for_an_absent_judge(final: OneFinal) -> None:
    final.absent.add(RAY)
    await final.to_voting(ARM)
    async with functions(final) as store:
        await store.cast(POLL, RAY, Cast(CommandId("forged-000001"), ARM, NOTHING, 0))
    await final.voted()


@way("store", "casts a newer revision of a judge's ballot by the store's own function", caught="recount: acknowledged")
async def casts_over_a_ballot(final: OneFinal) -> None:
    await final.to_voting(ARM)
    await final.vote_here()
    async with functions(final) as store:
        for judge in (LIN, MEI, RAY):
            await store.cast(POLL, judge, Cast(CommandId(f"forged-{judge}-1"), ARM, NOTHING, 1))


@way("store", "takes points off the winner by the store's own function", caught="recount: acknowledged")
async def penalises(final: OneFinal) -> None:
    await final.voted()
    async with functions(final) as store:
        await store.act(POLL, ANNA, Penalise(ARM, 100_00, "Overtime."), CommandId("forged-000001"))


@way("store", "disqualifies the winner after the podium by the store's own function", caught="recount: acknowledged")
async def disqualifies(final: OneFinal) -> None:
    await final.announced()
    stored: Any = await final.store.hget(final.poll.meta, "spec")
    spec = msgspec.json.decode(stored, type=PollSpec)
    async with functions(final) as store:
        ask = AskAmendment(ARM, "disqualify", "Bought, not built.")
        asked = await store.after(spec, DENG, ask, CommandId("forged-000001"))
        await store.after(spec, ANNA, Amend(asked), CommandId("forged-000002"))


@way("store", "puts in a late ballot and the deputy's acceptance of it", caught="recount: acknowledged")
async def late_ballot_and_acceptance(final: OneFinal) -> None:
    await final.voted()
    async with functions(final) as store:
        late = await store.cast_late(POLL, MEI, Cast(CommandId("forged-000001"), ARM, NOTHING, 1))
        accepted = AcceptLate(MEI, ARM, late.sequence, "The line was down.")
        await store.act(POLL, CHAIR, accepted, CommandId("forged-000002"))


@way("store", "opens a window again, and closes the count in the chair's name", caught="recount: acknowledged")
async def opens_a_window(final: OneFinal) -> None:
    await final.voted()
    async with functions(final) as store:
        await store.open_window(POLL, ARM, None)
        await store.cast(POLL, MEI, Cast(CommandId("forged-000001"), ARM, NOTHING, 1))
        await store.close_window(POLL, ARM)
        await store.act(POLL, CHAIR, CloseCount(1), CommandId("forged-000002"))


@way(
    "store",
    "settles a tie in the chair's name by the store's own function",
    caught="recount: acknowledged",
    scores=level,
)
async def settles_a_tie(final: OneFinal) -> None:
    await final.counted()
    async with functions(final) as store:
        await store.settle(POLL, CHAIR, (LEG, ARM), "Better answers.", CommandId("forged-000001"))


@way("store", "rewrites a ballot while the server runs", caught="ledger.rewritten")
async def rewrites_a_ballot(final: OneFinal) -> None:
    await final.voted()
    await _rewrite(final, _rescored(LIN, ARM, 0))


@way("store", "points what is in force at an older revision of a ballot", caught="ledger.rewritten")
async def counts_an_older_revision(final: OneFinal) -> None:
    await final.to_voting(ARM)
    await final.vote_here()
    newer = final.ballot(LIN, ARM) | {"scores": NOTHING, "expected_revision": 1}
    await final.says(LIN, "ballot.cast", **newer)
    name = f"ballot|{LIN}|{ARM}|1"
    first = next(number for number, fields in await _ledger(final) if _is_ballot(fields, LIN, ARM))
    assert await final.store.hget(final.poll.ballots, name) != first.partition("-")[0].encode()
    await final.store.hset(final.poll.ballots, name, first.partition("-")[0])
    await final.announced()


@way("store", "takes a ballot out of what is in force, and leaves it in the ledger", caught="ledger.rewritten")
async def forgets_a_ballot(final: OneFinal) -> None:
    await final.voted()
    for judge in (LIN, MEI, RAY):
        assert await final.store.hdel(final.poll.ballots, f"ballot|{judge}|{ARM}|1") == 1


@way("store", "cuts the ledger's end off while the server runs", caught="ledger.rewritten")
async def cuts_the_end(final: OneFinal) -> None:
    await final.voted()
    await _rewrite(final, lambda entries: entries[:-3])


@way("store", "exchanges two ballots at the ledger's end while the server runs", caught="ledger.rewritten")
async def exchanges_the_last(final: OneFinal) -> None:
    await final.to_voting(EAR)
    await final.vote_here()
    await _rewrite(final, lambda entries: [*entries[:-2], entries[-1], entries[-2]])


@way("store", "writes another result over the confirmed one", caught="recount: confirmation, recount: signature")
async def another_result(final: OneFinal) -> None:
    await final.confirmed()
    found: Any = await final.store.xrange(final.poll.result)
    ((number, fields),) = found
    result = json.loads(fields[b"result"])
    first, second = result["standings"][:2]
    first["project"], second["project"] = second["project"], first["project"]
    await final.store.delete(final.poll.result)
    forged = json.dumps(result, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    await final.store.xadd(final.poll.result, {"result": forged}, id=number)


@way("store", "unseals the poll after the confirmation, and has a ballot taken", caught="recount: acts")
async def unseals(final: OneFinal) -> None:
    await final.confirmed()
    await final.store.hset(final.poll.meta, mapping={"state": "sealed", "closed": "0"})
    await final.store.hset(final.poll.windows, f"{ARM}|1", "open|")
    scores = {"scores": NOTHING, "expected_revision": 1}
    await final.says(MEI, "ballot.cast", **final.ballot(MEI, ARM) | scores)
    await final.store.hset(final.poll.windows, f"{ARM}|1", "closed|")
    await final.store.hset(final.poll.meta, "closed", "1")


@way("store", "keeps a window open past its end for one judge", caught="recount: acts")
async def holds_a_window_open(final: OneFinal) -> None:
    await final.to_voting(LEG)
    await final.store.hset(final.poll.windows, f"{ARM}|1", "open|")
    scores = {"scores": NOTHING, "expected_revision": 1}
    await final.says(MEI, "ballot.cast", **final.ballot(MEI, ARM) | scores)
    await final.store.hset(final.poll.windows, f"{ARM}|1", "closed|")


@way("store", "counts announced places up, so that the last is told first", caught="recount: acts")
async def skips_places(final: OneFinal) -> None:
    await final.confirmed()
    await final.store.hset(final.poll.meta, "announced", "2")


@way("store", "takes the signatures of three ballots away", caught="recount: acknowledged")
async def takes_signatures(final: OneFinal) -> None:
    await final.voted()
    signed = await final.store.hkeys(final.poll.seals)
    assert await final.store.hdel(final.poll.seals, *signed[:3]) == 3
    await final.down_and_up()


@way("store", "gives a ballot another's signature", caught="recount: receipts")
async def exchanges_signatures(final: OneFinal) -> None:
    await final.voted()
    async with final.down():
        ballots = [name.partition("-")[0] for name, fields in await _ledger(final) if fields[b"kind"] == b"ballot"]
        signature = await final.store.hget(final.poll.seals, ballots[1])
        assert await final.store.hset(final.poll.seals, ballots[0], signature) == 0


@way("store", "recuses a judge behind their back, so that their ballots are refused", told="results, protocol")
async def recuses_a_judge(final: OneFinal) -> None:
    await final.to_voting(ARM)
    await final.store.hset(final.poll.meta, f"recused|{LIN}|{ARM}", "1")
    final.did("store", "recused", told="no ballot")


@way("store", "enters a judge that nobody appointed", caught="ballot.not_entitled")
async def enters_a_judge(final: OneFinal) -> None:
    await final.to_voting(ARM)
    await final.store.hset(final.poll.meta, f"judge|{DEPUTY}", "1")
    await final.tries(DEPUTY, "ballot.cast", **final.ballot(MEI, ARM))


# While the server is down ---------------------------------------------------------------------------------------------


@way("store", "rewrites a ballot while the server is down, and mends every hash", caught="no start: other votes")
async def rewrites_while_down(final: OneFinal) -> None:
    await final.voted()
    async with final.down():
        await _rewrite(final, _rescored(LIN, ARM, 0))


@way(
    "store",
    "leaves a ballot out while the server is down, and numbers the rest anew",
    caught="no start: other votes",
)
async def leaves_out_while_down(final: OneFinal) -> None:
    await final.voted()
    async with final.down():
        await _rewrite(final, lambda entries: [one for one in entries if not _is_ballot(one, LIN, ARM)])


@way("store", "exchanges the last two ballots while the server is down", caught="no start: other votes")
async def exchanges_while_down(final: OneFinal) -> None:
    await final.to_voting(EAR)
    await final.vote_here()
    async with final.down():
        await _rewrite(final, lambda entries: [*entries[:-2], entries[-1], entries[-2]])


@way("store", "cuts the ledger's end off while the server is down", caught="no start: other votes")
async def cuts_while_down(final: OneFinal) -> None:
    await final.voted()
    async with final.down():
        await _rewrite(final, lambda entries: entries[:-1])


@way("store", "puts the whole back to an older backup", caught="no start: other votes")
async def an_older_backup(final: OneFinal) -> None:
    await final.to_voting(ARM)
    names = [name async for name in final.store.scan_iter(f"{final.keys.prefix}*poll*")]
    backup = {name: await final.store.dump(name) or b"" for name in names}
    await final.voted()
    async with final.down():
        for name in [name async for name in final.store.scan_iter(f"{final.keys.prefix}*poll*")]:
            await final.store.delete(name)
        for name, kept in backup.items():
            await final.store.restore(name, 0, kept)


@way("store", "puts an empty store in its place", caught="no start: other votes")
async def an_empty_store(final: OneFinal) -> None:
    await final.voted()
    async with final.down():
        names = [name async for name in final.store.scan_iter(f"{final.keys.prefix}*")]
        assert await final.store.delete(*names) == len(names)


@way("store", "changes weights in the stored rules while the server is down", caught="without effect", scores=uneven)
async def other_weights(final: OneFinal) -> None:
    await final.voted()
    async with final.down():
        spec = json.loads(await final.store.hget(final.poll.meta, "spec") or b"{}")
        spec["criteria"][0]["weight"] = 1000
        changed = json.dumps(spec, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        await final.store.hset(final.poll.meta, "spec", changed)
        final.did("store", "weights in the stored rules", told=NO_EFFECT)


@way("store", "notes another key as the one that signs", caught="no start: another key")
async def another_signer(final: OneFinal) -> None:
    await final.voted()
    async with final.down():
        await final.store.set(final.keys.signer(), "A" * 43)


@way("store", "puts in a ballot for an absent judge while the server is down", caught="recount: acknowledged")
async def casts_while_down(final: OneFinal) -> None:
    final.absent.add(RAY)
    await final.to_voting(ARM)
    await final.vote_here()
    async with final.down(), functions(final) as store:
        await store.cast(POLL, RAY, Cast(CommandId("forged-000001"), ARM, NOTHING, 0))


@way(
    "store",
    "exchanges the names of two projects once they were scored",
    caught="no start: other rules",
)
async def exchanges_names(final: OneFinal) -> None:
    await final.confirmed()
    await _exchange_names(final)


@way(
    "store",
    "exchanges the names of two projects before the first window, when the rules' hash was told",
    caught="recount: head",
)
async def exchanges_names_early(final: OneFinal) -> None:
    await final.notes_heads()
    await _exchange_names(final)


async def _exchange_names(final: OneFinal) -> None:
    async with final.down():
        cast = final.keys.cast()
        kept = {one: json.loads(await final.store.hget(cast, f"project:{one}") or b"{}") for one in (ARM, LEG)}
        for one, other in ((ARM, LEG), (LEG, ARM)):
            changed = kept[one] | {"value": kept[one]["value"] | {"name": kept[other]["value"]["name"]}}
            await final.store.hset(cast, f"project:{one}", json.dumps(changed, ensure_ascii=False))


@way(
    "store",
    "makes a sign-in for an absent judge, and scores with it",
    told="protocol",
)
async def signs_in_as_a_judge(final: OneFinal) -> None:
    final.absent.add(RAY)
    await final.to_voting(ARM)
    key = final.keys.invitation(hash_token("F" * 32))
    invitation = {"person": RAY, "issue": 1, "era": 0, "expires_at": int(time.time() * 1000) + 1_000_000}
    await final.store.hset(key, "body", json.dumps(invitation))
    await final.store.hset(final.keys.access(), f"{RAY}:issue", "1")
    answer = await final.web.post("/i/" + "F" * 32, headers={"Origin": final.base})
    final.web.cookies.clear()
    cookie = answer.headers.get("set-cookie", "").partition(";")[0]
    told = f"{final.person(RAY).name.en} · browser 1: first used at"
    await final.tries_as(RAY, cookie, "ballot.cast", told, **final.ballot(RAY, ARM) | {"scores": NOTHING})
