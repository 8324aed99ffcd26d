"""A field's record: one file with everything that is needed to count again, offline and without us. (pure)

docs/voting.md tells its form. ``recount`` checks it.
"""

import csv
import io
from collections.abc import Sequence
from typing import Literal

import msgspec

from roadshow.ids import CriterionId, PollId
from roadshow.moments import decode_moment, encode_moment
from roadshow.voting import views
from roadshow.voting.ballot import decode_ballot, digest
from roadshow.voting.ledger.signing import Signer, receipt
from roadshow.voting.results import Caveat, PlaceView, SignedResult, Standing
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import EntryKind, LedgerEntry
from roadshow.voting.votes import Accepted, Receipt

FORMAT: Literal["roadshow record 1"] = "roadshow record 1"


class RecordEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ledger entry."""

    sequence: int
    kind: EntryKind
    at: int
    """Milliseconds since the epoch."""
    body: str
    """Canonical JSON, as text: a hash is over these very characters."""
    parent: str
    hash: str


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["roadshow record 1"]
    public_key: str
    """Of receipts and result. Compare it with the one on a judge's receipt, or as announced by the organiser."""
    spec: PollSpec
    result: SignedResult
    podium: tuple[PlaceView, ...]
    """In the order in which the places were announced."""
    receipts: tuple[Receipt, ...]
    """For every ballot that was ever acknowledged, late ones and older revisions among them, by sequence."""
    entries: tuple[RecordEntry, ...]


_record_encoder = msgspec.json.Encoder(enc_hook=encode_moment)
_record_decoder = msgspec.json.Decoder(Record, dec_hook=decode_moment)


def make_record(spec: PollSpec, entries: Sequence[LedgerEntry], result: SignedResult, signer: Signer) -> Record:
    """``entries``: the whole ledger."""
    return Record(
        format=FORMAT,
        public_key=signer.public_key,
        spec=spec,
        result=result,
        podium=views.announcements(spec, result.standings),
        receipts=tuple(_receipts(spec.poll, entries, signer)),
        entries=tuple(
            RecordEntry(entry.sequence, entry.kind, entry.at.ms, entry.body.decode(), entry.parent, entry.hash)
            for entry in entries
        ),
    )


def _receipts(poll: PollId, entries: Sequence[LedgerEntry], signer: Signer) -> list[Receipt]:
    return [
        receipt(
            poll,
            Accepted(decode_ballot(entry.kind, entry.body, entry.at), entry.sequence, digest(entry.body)),
            signer,
        )
        for entry in entries
        if entry.kind == "ballot" or entry.kind == "recuse" or entry.kind == "abstain" or entry.kind == "late"
    ]


def encode_record(record: Record) -> bytes:
    """JSON, an entry or receipt a line, so that two records can be compared with everyday tools."""
    fields = {name: getattr(record, name) for name in record.__struct_fields__}
    parts: list[bytes] = []
    for name, value in fields.items():
        if name in ("receipts", "entries"):
            rows = b",\n".join(b"  " + _record_encoder.encode(row) for row in value)
            text = b"[\n" + rows + b"\n ]" if value else b"[]"
        else:
            text = _record_encoder.encode(value)
        parts.append(b' "%b": %b' % (name.encode(), text))
    return b"{\n" + b",\n".join(parts) + b"\n}\n"


def decode_record(data: bytes) -> Record:
    """Raises ``msgspec.MsgspecError`` or RecursionError for what is no record."""
    return _record_decoder.decode(data)


def table_csv(
    standings: Sequence[Standing], criteria: Sequence[CriterionId], estimator: str, caveat: Caveat | None
) -> str:
    """The published table: a line for each project. RFC 4180. ``estimator``: of the rules. The last two columns say of
    the whole field which one was used, and whether the result is provisional, so that no line can lose it."""
    used = estimator if caveat is None else caveat.used or estimator
    provisional = "yes" if caveat is not None and caveat.provisional else "no"
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(["place", "project", "score", "ballots", *criteria, "decided_by", "estimator", "provisional"])
    for line in standings:
        place = "" if line.place is None else line.place
        means = [line.by_criterion.get(criterion, "") for criterion in criteria]
        told = [place, line.project, line.score, line.ballots, *means, line.decided_by, used, provisional]
        writer.writerow(told)
    return table.getvalue()
