"""Counting all fields together again from their records, offline; and whether that is what was signed. (pure)

That each record holds by itself, ``ledger.recount`` tells: this looks at what they come to together.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from roadshow.ids import PersonId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.acts import ActBody, ConfirmBody, RevealBody
from roadshow.voting.aftermath.places import stand
from roadshow.voting.aftermath.state import out_of
from roadshow.voting.ballot import canonical, digest
from roadshow.voting.ledger.acknowledged import seal_faults, unacknowledged
from roadshow.voting.ledger.chain import genesis, verify
from roadshow.voting.ledger.counting import counted as counted_in
from roadshow.voting.ledger.counting import fold
from roadshow.voting.ledger.findings import Finding, finding
from roadshow.voting.ledger.reading import read_record
from roadshow.voting.ledger.record import Record, box_of
from roadshow.voting.ledger.recount import Report
from roadshow.voting.ledger.signing import is_signed
from roadshow.voting.overall.podium import FieldSource, out_of_it, overall_spec, signed_text, source_of
from roadshow.voting.overall.record import OverallRecord, read_overall
from roadshow.voting.results import PlaceView
from roadshow.voting.rules import FieldResult, Votes, evaluate_overall
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.views import announcements, votes_of

MOST_FIELDS = 12
"""As ``competitions.definition.MOST_FIELDS``."""


def recount_together(files: Sequence[bytes], overall: bytes | None = None) -> Report:
    """``files``: the fields' records, in the order of the definition or in any; ``overall``: the podium as it was
    announced, to be compared."""
    if len(files) > MOST_FIELDS:
        return Report((finding("file", False, f"No competition has more than {MOST_FIELDS} fields."),))
    try:
        records = [read_record(data) for data in files]
        announced = None if overall is None else read_overall(overall)
    except ValueError as problem:
        return Report((finding("file", False, str(problem)),))
    return Report(tuple(_findings(records, announced)))


def _findings(records: Sequence[Record], announced: OverallRecord | None) -> Iterator[Finding]:
    if announced is not None:
        records = _in_order(records, announced)
    specs = [record.spec for record in records]
    if (problem := _strange(specs)) is not None:
        yield finding("fields", False, problem)
        return
    try:
        counted = evaluate_overall([_votes(record) for record in records])
        gone = {project for record in records for project in _out(record)[-1]}
    except (ValueError, ArithmeticError, LookupError, RecursionError, OverflowError):
        yield finding("overall", False, "A field's ledger cannot be counted: a ballot in it does not fit the rubric.")
        return
    podium = announcements(overall_spec(specs), stand(counted.standings, gone))
    named = ", ".join(spec.poll for spec in specs)
    places = "; ".join(f"{one.place}. {', '.join(one.projects)} ({one.score})" for one in reversed(podium))
    yield finding("overall", True, f"Counted together, {named} come to: {places or 'no place'}.")
    if counted.provisional:
        yield finding("overall", True, "The places of all fields are provisional: some ballots never came.")
    if announced is not None:
        then = announcements(overall_spec(specs), stand(counted.standings, out_of_it(announced.result)))
        yield from _as_announced(records, specs, counted, then, announced)


def _in_order(records: Sequence[Record], announced: OverallRecord) -> Sequence[Record]:
    """As they were counted: the ledger's first parent hangs on it."""
    known = {source.poll: number for number, source in enumerate(announced.result.fields)}
    return sorted(records, key=lambda record: known.get(record.spec.poll, len(known)))


def _strange(specs: Sequence[PollSpec]) -> str | None:
    if len({spec.poll for spec in specs}) != len(specs):
        return "One field's record is there twice."
    projects = [project for spec in specs for project in spec.projects]
    if len(set(projects)) != len(projects):
        return "One project is in two fields."
    if any((spec.criteria, spec.rules) != (specs[0].criteria, specs[0].rules) for spec in specs):
        return "The fields have different criteria or rules, so they cannot be ranked together."
    if not specs[0].rules.overall:
        return "The rules ask for no podium of all fields together."
    return None


def _votes(record: Record) -> Votes:
    entries = (_entry for _entry in _ledger(record) if _entry.sequence <= record.result.sequence)
    return votes_of(record.spec, counted_in(entries, box_of(record)))


def _sources_of(record: Record) -> Iterator[FieldSource]:
    """As it could be counted in: at first, and after each amendment."""
    for out in _out(record):
        yield source_of(record.result, tuple(project for project in record.spec.projects if project in out))


def _out(record: Record) -> list[frozenset[ProjectId]]:
    """Who was disqualified in a field: at first, and after each amendment."""
    amendments = fold(_ledger(record)).aftermath.amendments
    return [out_of(amendments[:count]) for count in range(len(amendments) + 1)]


def _ledger(record: Record | OverallRecord) -> list[LedgerEntry]:
    return [
        LedgerEntry(row.sequence, row.parent, row.hash, row.kind, row.body.encode(), Instant(row.at))
        for row in record.entries
    ]


def _as_announced(
    records: Sequence[Record],
    specs: Sequence[PollSpec],
    counted: FieldResult,
    podium: tuple[PlaceView, ...],
    announced: OverallRecord,
) -> Iterator[Finding]:
    result = announced.result
    faults = list(_sources({source.poll: source for source in result.fields}, records))
    told = (counted.standings, counted.provisional, counted.estimator)
    if not faults and (result.standings, result.provisional, result.estimator) != told:
        faults.append("The places that were signed are not those that the fields come to.")
    if not faults and announced.podium != podium:
        faults.append("The podium that was announced is not that of the count.")
    yield from _told("overall", faults, "That is the podium that was signed and announced, line by line.")
    keys = {record.public_key for record in records} | {announced.public_key, result.public_key}
    if len(keys) != 1:
        yield finding("key", False, "The podium and the fields' records were not signed with one key.")
    holds = is_signed(signed_text(result), result.signature, announced.public_key)
    yield finding(
        "signature", holds, "It is signed with the records' key." if holds else "Its signature is not genuine."
    )
    acts = list(_acts(announced, specs, len(podium)))
    yield from _told("acts", acts, "Two people signed it before the first place was announced.")


def _sources(sources: Mapping[str, FieldSource], records: Sequence[Record]) -> Iterator[str]:
    given = {record.spec.poll: tuple(_sources_of(record)) for record in records}
    for poll, source in sources.items():
        if poll not in given:
            yield f"The record of {poll} is missing: it was counted in."
        elif source not in given[poll]:  # type: ignore[index]
            yield f"The record of {poll} is not the one that was counted in."
    for poll in given.keys() - sources.keys():
        yield f"{poll} was not counted in."


def _acts(announced: OverallRecord, specs: Sequence[PollSpec], places: int) -> Iterator[str]:
    """There is one way in which its ledger can have come about, so it is compared with that."""
    entries = _ledger(announced)
    if (fault := verify(entries, genesis(overall_spec(specs)))) is not None:
        yield f"Its ledger was changed, or is another competition's: entry {fault.sequence}."
        return
    kinds = [entry.kind for entry in entries]
    if kinds != ["close-count", "confirm", "countersign", *["reveal"] * places]:
        yield "Its ledger is not a count that was closed, a confirmation, a second signature and each place announced."
        return
    try:
        closed, signed = (msgspec.json.decode(entries[at].body, type=ActBody) for at in (0, 2))
        confirmed = msgspec.json.decode(entries[1].body, type=ConfirmBody)
        reveals = [msgspec.json.decode(entry.body, type=RevealBody) for entry in entries[3:]]
    except (ValueError, RecursionError):
        yield "An entry of its ledger cannot be read."
        return
    if closed.count != 1:
        yield "Another count was closed than the only one there is."
    if confirmed.result != digest(canonical(announced.result)) or confirmed.chair != announced.result.confirmed_by:
        yield "The places are not those that were confirmed."
    if signed.by in (confirmed.chair, PersonId("")):
        yield "The second signature is that of whoever confirmed."
    if [one.announced for one in reveals] != list(range(1, places + 1)):
        yield "The places were not announced one after another."
    yield from seal_faults(overall_spec(specs), announced.seals, entries, announced.public_key)
    yield from unacknowledged(announced.seals, entries)


def _told(check: str, faults: Sequence[str], otherwise: str) -> Iterator[Finding]:
    if not faults:
        yield finding(check, True, otherwise)
    yield from (finding(check, False, text) for text in faults)
