"""What ``recount`` takes beside the fields' records: the overall podium as it was signed and announced. (pure)"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from roadshow.ids import PollId
from roadshow.voting.aftermath.places import stand
from roadshow.voting.ledger.bounds import KEY_LETTERS, SIGNATURE_LETTERS
from roadshow.voting.ledger.record import RecordEntry, Seal
from roadshow.voting.overall.podium import OVERALL, OverallResult, out_of_it
from roadshow.voting.results import PlaceView
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.views import announcements

FORMAT: Literal["roadshow overall 1"] = "roadshow overall 1"
MAX_BYTES = 1024 * 1024
"""The places of 200 projects with a dozen criteria come to a tenth of it."""
MAX_ENTRIES = 1_000
"""A count that is closed, two signatures, and a line for each place."""


class OverallRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["roadshow overall 1"]
    poll: PollId
    public_key: str
    result: OverallResult
    podium: tuple[PlaceView, ...]
    """In the order in which the places were announced."""
    seals: tuple[Seal, ...]
    """For every entry that was acknowledged, by sequence."""
    entries: tuple[RecordEntry, ...]
    """Its ledger: the count is closed; confirmation, second signature, announcements. The first one's parent is the
    hash of the spec that follows from the fields' own (``podium.overall_spec``)."""


_decoder = msgspec.json.Decoder(OverallRecord)


def overall_record(
    spec: PollSpec, result: OverallResult, entries: Sequence[LedgerEntry], seals: Mapping[int, str]
) -> OverallRecord:
    """``entries``: the whole ledger; ``seals``: as they were made when each was acknowledged, by sequence."""
    return OverallRecord(
        format=FORMAT,
        poll=OVERALL,
        public_key=result.public_key,
        result=result,
        podium=announcements(spec, stand(result.standings, out_of_it(result))),
        seals=tuple(Seal(one.sequence, seals[one.sequence]) for one in entries if one.sequence in seals),
        entries=tuple(
            RecordEntry(entry.sequence, entry.kind, entry.at.ms, entry.body.decode(), entry.parent, entry.hash)
            for entry in entries
        ),
    )


def encode_overall(record: OverallRecord) -> bytes:
    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"


def is_overall(data: bytes) -> bool:
    """Whether a file says that it is one; if not, it is taken for a field's."""

    class Said(msgspec.Struct):
        format: str = ""

    try:
        return len(data) <= MAX_BYTES and msgspec.json.decode(data, type=Said).format == FORMAT
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return False


def read_overall(data: bytes) -> OverallRecord:
    """Raises ValueError with a sentence."""
    try:
        record = _decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError, ValueError) as problem:
        raise ValueError("The overall podium's file is not as Roadshow writes it.") from problem
    keys, signatures = (record.public_key, record.result.public_key), [seal.signature for seal in record.seals]
    if {KEY_LETTERS} != set(map(len, keys)) or {SIGNATURE_LETTERS} < {*map(len, signatures), SIGNATURE_LETTERS}:
        raise ValueError("A key or a seal in the overall podium's file has another length than all have.")
    if len(record.entries) > MAX_ENTRIES or len(record.seals) > MAX_ENTRIES:
        raise ValueError(f"The overall podium's file has more than {MAX_ENTRIES} entries or seals: none has.")
    if encode_overall(record) != data:
        raise ValueError("The overall podium's file says what it says in another way than Roadshow writes it.")
    return record
