"""Counting again from a record, offline: is it of one piece, and does its ledger come to its podium? (pure)

A record is hostile input: whatever is in it, the answer is a report.
"""

from collections.abc import Iterator, Sequence

import msgspec
from cryptography.x509 import Certificate

from roadshow.moments import Instant
from roadshow.voting import views
from roadshow.voting.ballot import canonical, digest
from roadshow.voting.boxes.box import Box
from roadshow.voting.identity.naming import name_faults
from roadshow.voting.ledger.acknowledged import receipt_faults, seal_faults, unacknowledged
from roadshow.voting.ledger.aftermath import aftermath_faults, told_aftermath
from roadshow.voting.ledger.caveats import told_caveat
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.counting import counted as tally_of
from roadshow.voting.ledger.findings import Finding, finding
from roadshow.voting.ledger.own import head_findings, own_findings
from roadshow.voting.ledger.proceedings import Impossible, Proceedings
from roadshow.voting.ledger.reading import otherwise_written, read_record
from roadshow.voting.ledger.record import Record, box_of, names_text
from roadshow.voting.ledger.signing import ballot_of, is_genuine, is_signed, result_text
from roadshow.voting.ledger.sources import source_findings
from roadshow.voting.ledger.stamping import stamp_findings
from roadshow.voting.ledger.tampering import chain_faults
from roadshow.voting.paper.told import counted_on_paper
from roadshow.voting.results import CeremonyState, Standing
from roadshow.voting.seating.lots import drawn
from roadshow.voting.tally import LedgerEntry

MAX_FAULTS = 20
"""Of one kind that are told; after so many nobody reads on."""


class Report(msgspec.Struct, frozen=True):
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        return all(finding.holds for finding in self.findings)

    @property
    def faults(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if not finding.holds)


def recount(
    data: bytes,
    public_key: str | None = None,
    receipt: bytes | None = None,
    heads: Sequence[str] = (),
    roots: Sequence[Certificate] = (),
    sources: Sequence[bytes] = (),
) -> Report:
    """Check a record from beginning to end. ``public_key``: from elsewhere, to compare with the record's own;
    ``receipt``: a judge's own, to look for; ``heads``: hashes that were noted when they were shown;
    ``roots``: certificates of time-stamping authorities that are trusted; ``sources``: records that it may have taken
    points over from."""
    try:
        record = read_record(data)
    except ValueError as problem:
        return Report((finding("file", False, str(problem)),))
    try:
        return Report((*_file(data, record), *_findings(record, public_key, receipt, heads, roots, sources)))
    except OverflowError:
        return Report(
            (finding("file", False, "The file is not a record as Roadshow writes it: a number is too large."),)
        )


def _file(data: bytes, record: Record) -> Iterator[Finding]:
    spec = record.spec
    count = f"{len(spec.projects)} projects, {len(spec.judges)} judges, {len(record.entries)} entries"
    yield finding("file", True, f"The record of {spec.poll} can be read: {count}, {len(record.receipts)} receipts.")
    if (otherwise := otherwise_written(data, record)) is not None:
        yield finding("file", False, f"The file is not written as Roadshow writes it: {otherwise}.")


def _findings(
    record: Record,
    public_key: str | None,
    receipt: bytes | None,
    heads: Sequence[str],
    roots: Sequence[Certificate],
    sources: Sequence[bytes],
) -> Iterator[Finding]:
    yield _rules(record)
    yield from _lot(record)
    entries = _entries(record)
    genuine = tuple(one for one in record.receipts if is_genuine(one, record.public_key))
    faults = list(chain_faults(entries, genuine))
    yield from _told("chain", faults, f"Each of the {len(entries)} entries follows from the one before.")
    yield from _told(
        "receipts",
        list(receipt_faults(record, entries, genuine)),
        f"All {len(record.receipts)} receipts are signed, and each is for its ballot, under these rules, after this "
        "ledger.",
    )
    yield from _told(
        "seals",
        list(seal_faults(record.spec, record.seals, entries, record.public_key)),
        f"All {len(record.seals)} other acts carry the server's seal.",
    )
    yield from _told(
        "acknowledged",
        list(unacknowledged((*record.receipts, *record.seals), entries)),
        "Every act was acknowledged when it was done.",
    )
    box, boxes = _box(record)
    yield from boxes
    proceedings = Proceedings(record.spec, box)
    impossible = _impossible(proceedings, entries)
    yield from _told("acts", impossible, "Every act could be done when the ledger says it was.")
    shown = sum(entry.kind == "show-cards" for entry in entries)
    if shown:
        yield finding("cards", True, f"The judges' scores of {shown} projects were shown before the ceremony.")
    yield from _on_paper(entries)
    yield from _told(
        "confirmation",
        [f"Whether the result was confirmed cannot be told: {impossible[0]}"]
        if impossible and proceedings.confirmed is None
        else list(_confirmation(record, entries, proceedings)),
        f"Version {record.result.version} of the result is the one that was confirmed, as of entry "
        f"{record.result.sequence}.",
    )
    yield from _key(record, public_key)
    yield _signature(record)
    yield from _names(record)
    yield from source_findings(record, entries, sources, lambda data: [fault.text for fault in recount(data).faults])
    yield from _count(record, entries, box)
    yield from _aftermath(record, entries, box)
    if receipt is not None:
        yield from own_findings(record, entries, receipt)
    yield from head_findings(record, entries, heads)
    yield from stamp_findings(record.stamps, genesis(record.spec), [entry.hash for entry in entries], roots)


def _told(check: str, faults: Sequence[str], otherwise: str) -> Iterator[Finding]:
    if not faults:
        yield finding(check, True, otherwise)
    for text in faults[:MAX_FAULTS]:
        yield finding(check, False, text)
    if len(faults) > MAX_FAULTS:
        yield finding(check, False, f"And {len(faults) - MAX_FAULTS} more of this kind.")


def _entries(record: Record) -> list[LedgerEntry]:
    return [
        LedgerEntry(row.sequence, row.parent, row.hash, row.kind, row.body.encode(), Instant(row.at))
        for row in record.entries
    ]


def _rules(record: Record) -> Finding:
    if not record.entries:
        return finding("rules", False, "The file has no ledger.")
    if record.entries[0].parent == genesis(record.spec):
        return finding("rules", True, "Rules, rubric, projects and judges are those the voting began with.")
    return finding(
        "rules",
        False,
        "The rules, the rubric, the projects or the judges are not those the voting began with: their hash is "
        "not the first entry's parent.",
    )


def _lot(record: Record) -> Iterator[Finding]:
    """Drawn again from what the spec says; whoever wrote another one into it knew what they wanted."""
    spec = record.spec
    if not any(panel.each for panel in spec.rules.panels) and not spec.assigned:
        return
    if spec.assigned == drawn(spec):
        yield finding("lot", True, "Drawn again, the lot gives each judge the projects that the rules say.")
    else:
        yield finding("lot", False, "Judges were not assigned by the lot that the rules name: drawn again, it differs.")


def _impossible(proceedings: Proceedings, entries: Sequence[LedgerEntry]) -> list[str]:
    """The first only: what comes after it could be its consequence."""
    for entry in entries:
        try:
            proceedings.take(entry)
        except Impossible as problem:
            return [f"Entry {entry.sequence} ({entry.kind}) cannot have happened: {problem}."]
    return []


def _on_paper(entries: Sequence[LedgerEntry]) -> Iterator[Finding]:
    """No judge has sent these: two people stand for them."""
    typed = sum(entry.kind == "paper" for entry in entries)
    if typed:
        try:
            counting = counted_on_paper(entries)
        except (ValueError, LookupError, RecursionError):  # ``_count`` says so
            return
        yield finding(
            "paper",
            True,
            f"Cards of paper were typed in {typed} times; of the ballots that count, {counting} came on paper, each "
            "typed in by a clerk and confirmed by somebody else.",
        )


def _confirmation(record: Record, entries: Sequence[LedgerEntry], proceedings: Proceedings) -> Iterator[str]:
    result = record.result
    if result.poll != record.spec.poll:
        yield f"The result is that of another field: {result.poll}."
    if proceedings.confirmed is None:
        last = entries[-1].sequence if entries else 0
        yield f"The ledger, which ends at entry {last}, has no confirmation that stands."
        return
    sequence, body = proceedings.confirmed
    if body.result != digest(canonical(result)):
        yield f"The result is not the one that was confirmed: its hash is not that in entry {sequence}."
    if result.confirmed_by != body.chair:
        yield f"The result names {result.confirmed_by} as confirming, entry {sequence} {body.chair}."
    if result.version != proceedings.version:
        yield f"The result says version {result.version}; the ledger has {proceedings.version}."
    if result.sequence != sequence - 1:
        yield f"The result counts up to entry {result.sequence}, but was confirmed in entry {sequence}."
    heads = [entry.hash for entry in entries if entry.sequence == result.sequence]
    if heads != [result.head]:
        yield f"The result was confirmed over another ledger: entry {result.sequence} has not the hash it names."
    if proceedings.state is CeremonyState.AWAITING:
        yield "The second signature, which the rules ask for, is missing."
    elif proceedings.announced != len(record.podium):
        yield f"{proceedings.announced} places were announced; the podium in the file has {len(record.podium)}."


def _key(record: Record, public_key: str | None) -> Iterator[Finding]:
    if record.result.public_key != record.public_key:
        yield finding("key", False, "The result is signed with another key than the record names.")
    if public_key is not None and public_key.strip().rstrip("=") != record.public_key:
        yield finding("key", False, f"The record's key is {record.public_key}, which is not the one you gave.")
    elif public_key is not None:
        yield finding("key", True, "The record's key is the one you gave.")


def _signature(record: Record) -> Finding:
    if is_signed(result_text(record.result), record.result.signature, record.public_key):
        return finding("signature", True, f"The result is signed with the key {record.public_key}.")
    return finding("signature", False, "The result's signature is not that of the record's key over this result.")


def _names(record: Record) -> Iterator[Finding]:
    faults = list(name_faults(record.spec, record.names))
    if not is_signed(names_text(record.spec.poll, record.names), record.names.signature, record.public_key):
        faults.append("The names of projects and people in the file are not those that the server gave.")
    since = "" if record.spec.names is None else ", and had them when the voting began"
    yield from _told("names", faults, f"Projects and people have the names that the server gave them{since}.")


def _box(record: Record) -> tuple[Box | None, tuple[Finding, ...]]:
    """What opens the ballots, and what is to be said of it."""
    try:
        box = box_of(record)
    except ValueError:
        said = "The ballots are sealed, and the key in the file is not the one that the rules bind: they stay shut."
        return None, (finding("box", False, said),)
    if box is None:
        return None, ()
    for one in record.receipts:  # what a judge was acknowledged is what was sealed
        try:
            same = not one.sealed or box.opened(ballot_of(one)) == ballot_of(one)
        except (ValueError, RecursionError):
            same = False
        if not same:
            said = (
                f"What is sealed of {one.judge} for {one.project} (entry {one.sequence}) is not what the receipt says."
            )
            return box, (finding("box", False, said),)
    return box, (
        finding("box", True, "All ballots are opened with the key that the rules bind, and are as receipted."),
    )


def _count(record: Record, entries: Sequence[LedgerEntry], box: Box | None) -> Iterator[Finding]:
    """Judge by judge and place by place, whatever else is wrong."""
    spec, result = record.spec, record.result
    try:
        tally = tally_of((entry for entry in entries if entry.sequence <= result.sequence), box)
        counted = views.result_of(spec, tally)
    except (ValueError, ArithmeticError, LookupError, RecursionError):
        yield finding("count", False, "The ledger cannot be counted: a ballot in it does not fit the rubric.")
        return
    faults = list(_differences(result.standings, counted.standings))
    if counted.awards != result.awards:
        faults.append("The awards are not those that the ledger comes to.")
    if counted.prizes != result.prizes:
        faults.append("The prizes are not those that the ledger comes to.")
    if result.explanations not in ((), counted.explanations):
        faults.append("The explanations are not those that the ledger comes to.")
    if result.caveat not in (None, counted.caveat):
        faults.append("What the result says of missing ballots is not what the ledger comes to.")
    if counted.ties:
        faults.append("A tie is not settled.")
    yield from _told(
        "count",
        faults,
        f"Counted again, the {len(tally.ballots)} ballots come to the published table, line by line.",
    )
    if counted.caveat is not None:
        yield from (finding("caveat", True, text) for text in told_caveat(counted.caveat))
        if result.caveat is None:
            yield finding(
                "caveat", True, "The published result does not say so: an earlier version of Roadshow did not."
            )
    podium = views.announcements(spec, counted.standings)
    if podium == record.podium:
        places = "; ".join(f"{one.place}. {', '.join(one.projects)} ({one.score})" for one in reversed(podium))
        yield finding("podium", True, f"The podium is that of the count: {places}.")
    else:
        yield finding("podium", False, "The podium in the file is not that of the count.")


def _aftermath(record: Record, entries: Sequence[LedgerEntry], box: Box | None) -> Iterator[Finding]:
    try:
        faults = list(aftermath_faults(record, entries, box))
        told = () if record.aftermath is None or faults else tuple(told_aftermath(record, entries))
    except (ValueError, ArithmeticError, LookupError, RecursionError, StopIteration):
        faults, told = ["What came after the podium cannot be counted."], ()
    yield from (finding("aftermath", False, text) for text in faults)
    yield from (finding("aftermath", True, text) for text in told)


def _differences(published: tuple[Standing, ...], counted: tuple[Standing, ...]) -> Iterator[str]:
    theirs = {line.project: line for line in published}
    if len(theirs) != len(published):
        yield "A project stands in the published table twice."
    for line in counted:
        found = theirs.pop(line.project, None)
        if found is None:
            yield f"{line.project} is missing in the published table."
        elif found != line:
            yield f"{line.project}: published is {_line(found)}, counted {_line(line)}."
    for project in theirs:
        yield f"{project} stands in the published table, and is none of the field's projects."
    if [line.project for line in published] != [line.project for line in counted] and not theirs:
        yield "The lines of the published table are in another order."


def _line(line: Standing) -> str:
    place = "no place" if line.place is None else f"place {line.place} with {line.score}"
    means = ", ".join(f"{criterion} {mean}" for criterion, mean in sorted(line.by_criterion.items()))
    return f"{place} from {line.ballots} ballots ({means}), decided by {line.decided_by}"
