"""What somebody may try who hands a record on: whatever can be written with an editor, or with a key of their own."""

import copy
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.voting.ledger.signing import Signer
from tests.bend.final import ARM, CRITERIA, LEG, LIN, MEI
from tests.bend.forging import Document, mended, resigned, written
from tests.bend.ways import forgery

STRANGER = Signer(Ed25519PrivateKey.from_private_bytes(bytes(32)))


def _entry(document: Document, kind: str, *parts: str) -> Document:
    found: Document = next(
        one for one in document["entries"] if one["kind"] == kind and all(part in one["body"] for part in parts)
    )
    return found


def _rescore(document: Document, score: int = 0) -> None:
    """All that Lin and Mei gave the winner."""
    for judge in (LIN, MEI):
        entry = _entry(document, "ballot", f'"judge":"{judge}"', f'"project":"{ARM}"')
        body = json.loads(entry["body"])
        body["scores"] = dict.fromkeys(CRITERIA, score)
        entry["body"] = json.dumps(body, sort_keys=True, separators=(",", ":"))


def _exchange(one: Any, other: Any, name: str) -> None:
    one[name], other[name] = other[name], one[name]


@forgery("files", "writes a second podium behind the first, under the same name", caught="recount: file")
def two_podiums(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    _exchange(document["podium"][-1], document["podium"][-2], "projects")
    return data.replace(b'"podium":', b'"podium": %b,\n "podium":' % json.dumps(document["podium"]).encode(), 1)


@forgery("files", "adds a field that readers of their own may go by", caught="recount: file")
def an_unknown_field(data: bytes, _key: Signer) -> bytes:
    return data.replace(b'"podium":', b'"winner": "leg",\n "podium":', 1)


@forgery("files", "puts the file's parts in another order", caught="recount: file")
def another_order(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    return written({name: document[name] for name in reversed(document)})


@forgery("files", "exchanges the names of two projects", caught="recount: names")
def other_names(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    names = document["names"]["projects"]
    names[ARM], names[LEG] = names[LEG], names[ARM]
    return written(document)


@forgery("files", "hides the names of judges", caught="recount: names")
def no_names(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    document["names"]["people"] = {}
    return written(document)


@forgery("files", "has a key of 4 MiB and a thousand receipts checked against it", caught="recount: file")
def a_long_key(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    document["public_key"] = "A" * 4 * 2**20
    document["receipts"] = document["receipts"][:1] * 1000
    return written(document)


@forgery("files", "nests a part so deep that a reader breaks", caught="recount: file")
def too_deep(data: bytes, _key: Signer) -> bytes:
    return data.replace(b'"podium": ', b'"podium": ' + b"[" * 100_000, 1)


@forgery("files", "writes numbers that readers take for different ones", caught="recount: file")
def strange_numbers(data: bytes, _key: Signer) -> bytes:
    return data.replace(b'"version":1', b'"version":1.0', 1)


@forgery("files", "cuts the file short", caught="recount: file")
def cut_short(data: bytes, _key: Signer) -> bytes:
    return data[: len(data) * 2 // 3]


@forgery("files", "exchanges the first two places in the podium", caught="recount: podium")
def another_podium(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    _exchange(document["podium"][-1], document["podium"][-2], "projects")
    return written(document)


@forgery("files", "exchanges two lines of the result", caught="recount: signature, recount: count")
def another_table(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    first, second = document["result"]["standings"][:2]
    _exchange(first, second, "project")
    return written(document)


@forgery("files", "changes scores in two ballots", caught="recount: chain, recount: count")
def other_scores(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    _rescore(document)
    return written(document)


@forgery("files", "changes scores in two ballots and mends every hash", caught="recount: receipts, recount: seals")
def other_scores_mended(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    _rescore(document)
    return written(mended(document))


@forgery("files", "takes two ballots out with their receipts, and numbers the rest anew", caught="recount: receipts")
def fewer_ballots(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    for judge in (LIN, MEI):
        entry = _entry(document, "ballot", f'"judge":"{judge}"', f'"project":"{ARM}"')
        document["entries"].remove(entry)
        document["receipts"] = [one for one in document["receipts"] if one["sequence"] != entry["sequence"]]
    return written(mended(document))


@forgery("files", "puts a penalty in, before the count was closed", caught="recount: seals")
def a_penalty(data: bytes, _key: Signer) -> bytes:
    return written(mended(_with_penalty(json.loads(data))))


def _with_penalty(document: Document, points: int = 100_00) -> Document:
    close = _entry(document, "close-count")
    body = {"by": "organiser", "command": "forged-000001", "points": points, "project": ARM, "reason": "Overtime."}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    forged = copy.deepcopy(close) | {"kind": "penalty", "body": text}
    document["entries"].insert(document["entries"].index(close), forged)
    return document


@forgery("files", "puts a receipt of another field in a receipt's place", caught="recount: receipts")
def anothers_receipt(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    document["receipts"][0]["poll"] = "bio"
    return written(document)


@forgery("files", "counts by other weights", caught="recount: rules")
def other_weights(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    document["spec"]["criteria"][0]["weight"] = 1000
    return written(document)


@forgery("files", "makes the chair another", caught="recount: rules")
def another_chair(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    document["spec"]["chair"] = LIN
    return written(document)


@forgery("files", "names another as the one who confirmed", caught="recount: signature")
def another_confirms(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    document["result"]["confirmed_by"] = MEI
    return written(document)


@forgery("files", "leaves the last acts out", caught="recount: confirmation")
def fewer_acts(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    del document["entries"][-2:]
    return written(document)


@forgery("files", "signs all of it anew with a key of their own", caught="recount: key, recount: receipt")
def a_strangers_key(data: bytes, _key: Signer) -> bytes:
    document = json.loads(data)
    _rescore(document)
    return resigned(document, STRANGER)


# With the server's key ------------------------------------------------------------------------------------------------


def _with_the_key(change: Callable[[Document], object]) -> Callable[[bytes, Signer], bytes]:
    def forge(data: bytes, key: Signer) -> bytes:
        document = json.loads(data)
        change(document)
        return resigned(document, key)

    forge.__name__ = change.__name__
    return forge


def _reweigh(document: Document) -> None:
    document["spec"]["criteria"][0]["weight"] = 1000


def _add_penalty(document: Document) -> None:
    _with_penalty(document)


def _add_late(document: Document) -> None:
    close = _entry(document, "close-count")
    at = document["entries"].index(close)
    said = {
        "command": "forged-000001",
        "judge": MEI,
        "project": ARM,
        "revision": 2,
        "scores": dict.fromkeys(CRITERIA, 0),
    }
    word = {"by": "chair", "command": "forged-000002", "judge": MEI, "late": at + 1, "project": ARM}
    word["reason"] = "The line was down."
    document["entries"][at:at] = [
        copy.deepcopy(close) | {"kind": kind, "body": json.dumps(body, sort_keys=True, separators=(",", ":"))}
        for kind, body in (("late", said), ("accept", word))
    ]


def _drop(document: Document) -> None:
    for judge in (LIN, MEI):
        document["entries"].remove(_entry(document, "ballot", f'"judge":"{judge}"', f'"project":"{ARM}"'))


for _what, _change, _by in (
    ("forges a penalty of 100 points, with every hash, seal, receipt and the result anew", _add_penalty, "head"),
    ("counts by other weights, with every hash, seal, receipt and the result anew", _reweigh, "receipt"),
    ("forges a late ballot and its acceptance, with everything signed anew", _add_late, "head"),
    ("changes two judges' scores, with everything signed anew", _rescore, "receipt"),
    ("leaves two ballots out, with everything signed anew", _drop, "receipt"),
):
    forgery("key", _what, caught=f"recount: {_by}")(_with_the_key(_change))
