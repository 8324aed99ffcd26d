"""A field's record: one file with everything that is needed to count again, offline and without us. (pure)

docs/voting.md tells its form. ``recount`` checks it.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from roadshow.ids import PersonId, PollId, ProjectId
from roadshow.moments import decode_moment, encode_moment
from roadshow.voting import views
from roadshow.voting.ballot import canonical
from roadshow.voting.boxes.box import Box
from roadshow.voting.ledger.aftermath import Outcome, outcome
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.signing import is_ballot, receipt_of
from roadshow.voting.results import PlaceView, SignedResult
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import EntryKind, LedgerEntry
from roadshow.voting.votes import Receipt

NAMES_DOMAIN = b"roadshow names 1\n"
FORMAT: Literal["roadshow record 2"] = "roadshow record 2"


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


class Seal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The server's signature of an entry that is no ballot: see ``signing.seal_text``."""

    sequence: int
    signature: str


class Stamp(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of a time-stamping authority, over the text that a head is the hash of: see ``stamping``."""

    hash: str
    """The head's, in hex."""
    token: str
    """The authority's answer (TimeStampResp, DER) in base64."""


class Names(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For people who read the record, as the server knows them when it writes it: ids are what was voted with."""

    projects: dict[ProjectId, str] = {}
    people: dict[PersonId, str] = {}
    """Empty where the rules do not show judges."""
    signature: str = ""
    """The server's, over ``names_text``: with other names for the same ids, the podium would be another's."""


NO_NAMES = Names()


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["roadshow record 2"]
    public_key: str
    """Of receipts and result. Compare it with the one on a judge's receipt, or as announced by the organiser."""
    spec: PollSpec
    result: SignedResult
    names: Names
    podium: tuple[PlaceView, ...]
    """In the order in which the places were announced."""
    receipts: tuple[Receipt, ...]
    """For every ballot that was ever acknowledged, late ones and older revisions among them, by sequence."""
    seals: tuple[Seal, ...]
    """For every other act that was acknowledged, by sequence."""
    entries: tuple[RecordEntry, ...]
    aftermath: Outcome | None = None
    """What stands after what came after the podium. Left out where nothing came."""
    stamps: tuple[Stamp, ...] = ()
    """Left out where there are none."""
    box: str = ""
    """The key that opens the ballots, in base64url, where they are sealed; else left out."""


def names_text(poll: PollId, names: Names) -> bytes:
    """What the signature of names is over."""
    return NAMES_DOMAIN + canonical({"people": names.people, "poll": poll, "projects": names.projects})


def box_of(record: Record) -> Box | None:
    """What opens its ballots; None where they are in the open. Raises ValueError for a key that is not theirs."""
    return Box.opened_by(record.spec, record.box) if record.spec.sealed or record.box else None


_record_encoder = msgspec.json.Encoder(enc_hook=encode_moment)
_record_decoder = msgspec.json.Decoder(Record, dec_hook=decode_moment)


def make_record(
    spec: PollSpec,
    entries: Sequence[LedgerEntry],
    result: SignedResult,
    public_key: str,
    signatures: Mapping[int, str],
    names: Names = NO_NAMES,
    stamps: Sequence[Stamp] = (),
    box: Box | None = None,
) -> Record:
    """``entries``: the whole ledger; ``signatures``: as they were made when each was acknowledged, by sequence;
    ``stamps``: those of other ledgers are left out, as of rules from before the jury changed; ``box``: of a poll with
    sealed ballots, which is open from now on. Raises ValueError if it is not theirs."""
    rules = genesis(spec)
    heads = {rules, *(entry.hash for entry in entries)}
    signed = [(entry, signatures[entry.sequence]) for entry in entries if entry.sequence in signatures]
    return Record(
        format=FORMAT,
        public_key=public_key,
        spec=spec,
        result=result,
        names=names,
        podium=views.announcements(spec, result.standings),
        receipts=tuple(receipt_of(spec.poll, rules, entry, seal, box) for entry, seal in signed if is_ballot(entry)),
        seals=tuple(Seal(entry.sequence, seal) for entry, seal in signed if not is_ballot(entry)),
        entries=tuple(
            RecordEntry(entry.sequence, entry.kind, entry.at.ms, entry.body.decode(), entry.parent, entry.hash)
            for entry in entries
        ),
        aftermath=outcome(spec, entries, result, box),
        stamps=tuple(stamp for stamp in stamps if stamp.hash in heads),
        box="" if box is None else box.key,
    )


def encode_record(record: Record) -> bytes:
    """JSON, an entry or receipt a line, so that two records can be compared with everyday tools."""
    fields = {name: getattr(record, name) for name in record.__struct_fields__}
    if record.aftermath is None:  # as before there was one
        del fields["aftermath"]
    parts: list[bytes] = []
    for name, value in fields.items():
        if name in ("stamps", "box") and not value:
            continue
        if name in ("receipts", "seals", "entries", "stamps"):
            rows = b",\n".join(b"  " + _record_encoder.encode(_row(row)) for row in value)
            text = b"[\n" + rows + b"\n ]" if value else b"[]"
        else:
            text = _record_encoder.encode(value)
        parts.append(b' "%b": %b' % (name.encode(), text))
    return b"{\n" + b",\n".join(parts) + b"\n}\n"


def _row(row: object) -> object:
    """A receipt says how the store has its scores only where these are sealed: as before any were."""
    if not isinstance(row, Receipt) or row.sealed:
        return row
    return {name: getattr(row, name) for name in row.__struct_fields__ if name != "sealed"}


def decode_record(data: bytes) -> Record:
    """Raises ``msgspec.MsgspecError`` or RecursionError for what is no record."""
    return _record_decoder.decode(data)
