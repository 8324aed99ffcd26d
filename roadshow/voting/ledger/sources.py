"""Whether what a record takes over is what the records that it names come to. (pure)"""

from collections.abc import Callable, Iterator, Sequence

from roadshow.errors import Conflict
from roadshow.ids import ProjectId
from roadshow.moments import Instant
from roadshow.voting.aftermath.state import Aftermath, out_of
from roadshow.voting.ballot import canonical, digest
from roadshow.voting.carried.carrying import table_of, through_of
from roadshow.voting.carried.terms import Brought, Source, Taken, Terms
from roadshow.voting.ledger.counting import fold
from roadshow.voting.ledger.findings import Finding, finding
from roadshow.voting.ledger.reading import read_record
from roadshow.voting.ledger.record import Record
from roadshow.voting.tally import LedgerEntry

Faults = Callable[[bytes], Sequence[str]]
"""What is wrong with a record by itself."""


def takes_over(data: bytes) -> bool:
    """Whether a file is the record of a field that takes something over from others."""
    return _terms(data) is not None


def keys_named(data: bytes) -> frozenset[str]:
    """Of other competitions, from whose records a file's field takes something over: another key is right for these."""
    terms = _terms(data)
    return frozenset() if terms is None else frozenset(source.key for source in terms.sources if source.key)


def key_of(data: bytes) -> str:
    """That a file says it is signed with; empty if it cannot be read."""
    try:
        return read_record(data).public_key
    except ValueError:
        return ""


def _terms(data: bytes) -> Terms | None:
    try:
        return read_record(data).spec.carried
    except ValueError:
        return None


def source_findings(
    record: Record, entries: Sequence[LedgerEntry], files: Sequence[bytes], faults_of: Faults
) -> Iterator[Finding]:
    """``files``: records, those of the sources among them. Whatever they are, there is an answer."""
    terms = record.spec.carried
    try:
        what, at = fold(entries).brought, next((entry.at for entry in entries if entry.kind == "carry"), Instant(0))
    except (ValueError, LookupError, ArithmeticError, RecursionError):
        return  # the count says so
    if terms is None or what is None:
        return
    known = {taken.poll: taken for taken in what.sources}
    for source in terms.sources:
        if source.poll not in known:
            continue  # "acts" says so
        found = _find(record, source, files)
        if found is None:
            yield finding(
                "carried",
                True,
                f"What is carried from {source.poll} was not compared: give its record, too (the result with the hash "
                f"{known[source.poll].result}).",
            )
            continue
        data, read = found
        faults = [f"The record of {source.poll} does not hold: {fault}" for fault in list(faults_of(data))[:1]]
        faults += _differences(terms, source, known[source.poll], what, read, at)
        yield from (finding("carried", False, fault) for fault in faults)
        if not faults:
            yield from _told(source, known[source.poll], read)


def _find(record: Record, source: Source, files: Sequence[bytes]) -> tuple[bytes, Record] | None:
    """The source's record: of this competition, unless the terms name another one's key."""
    for data in files:
        try:
            read = read_record(data)
        except ValueError:
            continue
        if (read.spec.poll, read.public_key) == (source.poll, source.key or record.public_key):
            return data, read
    return None


def _differences(terms: Terms, source: Source, taken: Taken, what: Brought, read: Record, at: Instant) -> Iterator[str]:
    result = read.result
    if digest(canonical(result)) != taken.result:
        yield f"The result in the record of {source.poll} is not the one that points were carried from."
        return
    try:
        outs = _outs(read, None if source.taken is not None else at)
        table = table_of(result, taken.out)
    except (ValueError, LookupError, ArithmeticError, RecursionError, Conflict):
        yield f"The record of {source.poll} cannot be counted."
        return
    if taken.out not in outs:
        yield f"Other projects than said were disqualified in {source.poll} when points were carried."
    if table[0] != taken:
        yield f"The result of {source.poll} is described as it is not."
    if source.taken is not None and source.lines != table[1]:
        yield f"The rules have another table of {source.poll} than its record."
    came = {one.project for one in terms.came if one.source == source.poll}
    said = {line.project: line for line in what.came if line.project in came}
    due = {line.project: line for line in through_of(terms, source.poll, table[1])}
    for project in sorted(said.keys() | due.keys()):
        if said.get(project) != due.get(project):
            yield f"{project} did not come from {source.poll} with the place and the points that are said."


def _outs(read: Record, at: Instant | None) -> set[tuple[ProjectId, ...]]:
    """Who was disqualified in a source when it was taken over, in the order of its rundown; ``at`` None: at any time.
    An amendment in the very millisecond may have been seen or not."""
    amendments = _aftermath(read).amendments
    least = 0 if at is None else sum(one.at < at for one in amendments)
    most = len(amendments) if at is None else sum(one.at <= at for one in amendments)
    outs = (out_of(amendments[:number]) for number in range(least, most + 1))
    return {tuple(one for one in read.spec.projects if one in out) for out in outs}


def _aftermath(read: Record) -> Aftermath:
    return fold(
        LedgerEntry(row.sequence, row.parent, row.hash, row.kind, row.body.encode(), Instant(row.at))
        for row in read.entries
    ).aftermath


def _told(source: Source, taken: Taken, read: Record) -> Iterator[Finding]:
    yield finding("carried", True, f"What is carried from {source.poll} is what its record comes to: {taken.result}.")
    now = _aftermath(read).out
    if now != set(taken.out):
        moved = ", ".join(one for one in read.spec.projects if (one in now) != (one in taken.out))
        yield finding("carried", True, f"Places in {source.poll} have moved since, and what is carried stays: {moved}.")
