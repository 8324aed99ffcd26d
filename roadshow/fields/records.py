"""The published records of other competitions, which a definition takes points over from: read, and counted again,
before anything begins."""

from pathlib import Path

import msgspec

from roadshow.competitions.definition import Competition, Field
from roadshow.competitions.stages import Published, PublishedLine, RecordFile
from roadshow.errors import Conflict, SetupError
from roadshow.ids import ProjectId
from roadshow.voting.carried.carrying import table_of
from roadshow.voting.ledger.reading import MAX_RECORD_BYTES, read_record
from roadshow.voting.ledger.recount import recount


def with_records(competition: Competition, folder: Path) -> Competition:
    """The same with what stands in the records that its fields name; they lie in ``folder``, beside the definition.
    Raises SetupError."""
    fields = tuple(_with_records(field, folder) for field in competition.fields)
    return msgspec.structs.replace(competition, fields=fields) if fields != competition.fields else competition


def _with_records(field: Field, folder: Path) -> Field:
    if field.carried is None or not field.carried.records:
        return field
    published = tuple(_published(field, record, folder) for record in field.carried.records)
    names = [*field.carried.fields, *(one.poll for one in published)]
    for name in names:
        if names.count(name) > 1:
            raise SetupError(f"field “{field.id}” takes over from two fields that are called “{name}”")
    known = {line.project for one in published for line in one.lines}
    for came in field.carried.came:
        if came.was not in known and not field.carried.fields:
            raise SetupError(f"field “{field.id}”: no record has a place for “{came.was}”, which “{came.project}” was")
    return msgspec.structs.replace(field, carried=msgspec.structs.replace(field.carried, published=published))


def _published(field: Field, record: RecordFile, folder: Path) -> Published:
    path = folder / record.file
    where = f"field “{field.id}”, the record {path}"
    try:
        with path.open("rb") as file:
            data = file.read(MAX_RECORD_BYTES + 1)
    except OSError as problem:
        raise SetupError(f"{where} cannot be read: {problem.strerror}") from None
    faults = recount(data, record.key).faults
    if faults:
        raise SetupError(f"{where} does not hold: {faults[0].text}")
    read = read_record(data)
    gone: frozenset[ProjectId] = frozenset() if read.aftermath is None else frozenset(read.aftermath.out)
    try:
        taken, lines = table_of(read.result, tuple(one for one in read.spec.projects if one in gone))
    except Conflict:
        raise SetupError(f"{where} has no place for anybody") from None
    return Published(
        poll=taken.poll,
        key=read.public_key,
        version=taken.version,
        sequence=taken.sequence,
        head=taken.head,
        result=taken.result,
        best=taken.best,
        out=taken.out,
        lines=tuple(PublishedLine(line.project, line.place, line.score) for line in lines),
    )
