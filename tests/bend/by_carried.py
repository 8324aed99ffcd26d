"""What somebody may try with points that are carried into a final from an earlier one."""

import json
from typing import Final

from msgspec.structs import replace

from roadshow.competitions.stages import Carried, Published, PublishedLine, RecordFile
from roadshow.ids import CommandId, PollId
from roadshow.store.connection import connect
from roadshow.voting.carried.terms import Brought, Line, Taken
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.redis_store import RedisVoteStore
from tests.bend.final import ARM, EAR, EYE, LEG, PROJECTS, ROOM, OneFinal
from tests.bend.forging import Document, mended, resigned, written
from tests.bend.ways import forgery, way

POINTS: Final = {ARM: "90.00", LEG: "85.50", EYE: "80.25", EAR: "72.00"}
NORTH: Final = Published(
    poll=PollId("north"),
    key="n" * 43,
    version=1,
    sequence=40,
    head="a" * 64,
    result="b" * 64,
    best="90.00",
    out=(),
    lines=tuple(PublishedLine(project, place, score) for place, (project, score) in enumerate(POINTS.items(), 1)),
)
CARRIED: Final = Carried(records=(RecordFile("north.json", NORTH.key),), weight=40, published=(NORTH,))
CARRYING: Final = {"carried": CARRIED}
"""The final follows another competition's, whose published record was read and held."""


def _carry(document: Document) -> Document:
    entry: Document = document["entries"][0]
    assert entry["kind"] == "carry"
    return entry


def _raised(document: Document) -> None:
    """Leg, which is second, brings a hundred."""
    entry = _carry(document)
    entry["body"] = entry["body"].replace(POINTS[LEG], "100.00")


@forgery("files", "weighs what is carried otherwise", caught="recount: rules", rules=CARRYING)
def weighs_carried_points_otherwise(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    document["spec"]["carried"]["weight"] = 95
    return written(document)


@forgery("files", "raises the points that a project brings with it", caught="recount: chain", rules=CARRYING)
def raises_carried_points(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    _raised(document)
    return written(document)


@forgery(
    "key", "raises the points that a project brings with it, and signs anew", caught="recount: acts", rules=CARRYING
)
def raises_carried_points_and_signs(data: bytes, key: Signer) -> bytes:
    document = json.loads(data)
    _raised(document)
    return resigned(mended(document), key)


@forgery("key", "exchanges the table of the earlier final as well", caught="recount: head", rules=CARRYING)
def exchanges_the_carried_table(data: bytes, key: Signer) -> bytes:
    document = json.loads(data)
    _raised(document)
    (source,) = document["spec"]["carried"]["sources"]
    source["lines"][PROJECTS.index(LEG)]["score"] = "100.00"
    return resigned(mended(document), key)


@way("store", "has other points carried, before the first window", caught="recount: acknowledged", rules=CARRYING)
async def carries_other_points(final: OneFinal) -> None:
    taken = Taken(NORTH.poll, 1, 40, NORTH.head, NORTH.result, NORTH.best)
    came = tuple(Line(project, place, POINTS[project]) for place, project in enumerate(PROJECTS, 1))
    async with connect(final.world.url) as store:
        own = RedisVoteStore(store, final.keys)
        await own.carry(PollId(ROOM), Brought((taken,), came), CommandId("forged-000001"))


@way("store", "takes out what was carried while the server is down", caught="no start: other votes", rules=CARRYING)
async def takes_out_what_was_carried(final: OneFinal) -> None:
    await final.voted()
    async with final.down():
        assert await final.store.xdel(final.poll.ledger, "1-0") == 1


@way(
    "process",
    "gives what is carried another weight after the first window",
    caught="no start: other rules",
    rules=CARRYING,
)
async def edits_the_carried_weight(final: OneFinal) -> None:
    await final.voted()
    await _with(final, replace(CARRIED, weight=10))


@way(
    "process",
    "exchanges the earlier final's record after the first window",
    caught="no start: other rules",
    rules=CARRYING,
)
async def exchanges_the_carried_record(final: OneFinal) -> None:
    await final.voted()
    other = replace(NORTH, lines=NORTH.lines[::-1], result="c" * 64)
    await _with(final, replace(CARRIED, published=(other,)))


async def _with(final: OneFinal, carried: Carried) -> None:
    async with final.down():
        first, *others = final.competition.fields
        final.competition = replace(final.competition, fields=(replace(first, carried=carried), *others))
