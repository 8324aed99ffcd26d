"""Making a changed record look whole again: hashes that anybody can mend, and signatures for who has a key."""

import json
from typing import Any

import msgspec

from roadshow.moments import Instant
from roadshow.voting import views
from roadshow.voting.ballot import canonical, digest
from roadshow.voting.ledger.chain import entry_hash, genesis
from roadshow.voting.ledger.counting import fold
from roadshow.voting.ledger.record import decode_record, encode_record, make_record, names_text
from roadshow.voting.ledger.signing import Signer, entry_text, needs_signature, signed_result
from roadshow.voting.tally import LedgerEntry

Document = dict[str, Any]


def written(document: Document) -> bytes:
    """As Roadshow writes it, so that nothing but the change gives it away; else as it comes."""
    plain = json.dumps(document, ensure_ascii=False).encode()
    try:
        as_ours = encode_record(decode_record(plain))
    except (ValueError, RecursionError):
        return plain
    return as_ours if list(document) == list(json.loads(as_ours)) else plain


def mended(document: Document) -> Document:
    """Numbered anew, with every hash made to fit."""
    parent = genesis(decode_record(json.dumps(document).encode()).spec)
    for sequence, entry in enumerate(document["entries"], start=1):
        entry["sequence"], entry["parent"] = sequence, parent
        parent = entry["hash"] = entry_hash(
            parent, sequence, entry["kind"], Instant(entry["at"]), entry["body"].encode()
        )
    return document


def resigned(document: Document, key: Signer) -> bytes:
    """Counted anew, and everything signed with the key, as its holder would do who has read the documentation."""
    record = decode_record(json.dumps(mended(document)).encode())
    confirm = next(number for number, one in enumerate(document["entries"]) if one["kind"] == "confirm")
    before = _entries(document)[:confirm]
    counted = views.result_of(record.spec, fold(before))
    result = msgspec.structs.replace(
        record.result,
        head=before[-1].hash,
        sequence=before[-1].sequence,
        standings=counted.standings,
        awards=counted.awards,
        explanations=counted.explanations,
        caveat=counted.caveat,
    )
    result = signed_result(result, key)
    body = json.loads(document["entries"][confirm]["body"]) | {"result": digest(canonical(result))}
    document["entries"][confirm]["body"] = json.dumps(body, sort_keys=True, separators=(",", ":"))
    entries = _entries(mended(document))
    rules = genesis(record.spec)
    seals = {
        one.sequence: key.sign(entry_text(record.spec.poll, rules, one)) for one in entries if needs_signature(one)
    }
    names = msgspec.structs.replace(record.names, signature=key.sign(names_text(record.spec.poll, record.names)))
    return encode_record(make_record(record.spec, entries, result, key.public_key, seals, names))


def _entries(document: Document) -> list[LedgerEntry]:
    return [
        LedgerEntry(one["sequence"], one["parent"], one["hash"], one["kind"], one["body"].encode(), Instant(one["at"]))
        for one in document["entries"]
    ]
