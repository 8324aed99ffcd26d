"""Reading a record that anybody may have sent: what no record can be is refused. (pure)"""

import json
import re
from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import astuple

from roadshow.ids import is_slug
from roadshow.voting.carried.bounds import strange_terms
from roadshow.voting.ledger.bounds import too_large
from roadshow.voting.ledger.record import Record, decode_record, encode_record
from roadshow.voting.spec import PROCEDURE, BallotForm, EstimatorName, PollSpec, RuleSet

MAX_RECORD_BYTES = 64 * 1024 * 1024
"""A field of 50 judges and 200 projects, every ballot revised five times, comes to half of it."""
MAX_RECEIPT_BYTES = 1024 * 1024
"""Of a receipt, or a judge's file of them: some 700 for each revision."""
MOST_RECEIPTS = 1_000
"""In a judge's file."""
MAX_ENTRIES = 100_000
_MARK = re.compile(r"[0-9a-f]{64}")
LONGEST_SHOWN = 100
"""Characters of a name out of the file."""
_HASH = re.compile(r"[0-9a-f]{64}")
_FORMER = re.compile(rb"roadshow record [01]\b")
MOST = {
    "projects": 200,
    "judges": 100,
    "criteria": 50,
    "steps": 20,
    "awards": 50,
    "panels": 8,
    "deductions": 20,
    "clerks": 12,
}
"""No competition may have more."""
LONGEST_DRAW = 200
"""Characters of what a lot is drawn with."""
MOST_STEPS = 100
"""Of a point: hundredths."""
LARGEST_NUMBER = 1_000_000
"""Of a weight, a maximum, or any number in the rules."""


def read_record(data: bytes) -> Record:
    """Raises ValueError with a sentence."""
    if len(data) > MAX_RECORD_BYTES:
        raise ValueError(f"The file is longer than {MAX_RECORD_BYTES // 2**20} MiB: no record is.")
    try:
        record = decode_record(data)
    except msgspec.ValidationError as problem:
        if (former := _FORMER.search(data[:200])) is not None:
            raise ValueError(
                f"The file has the former format, {former[0].decode()}, whose receipts bind the ballots alone: count "
                "it again with the version of Roadshow that wrote it."
            ) from problem
        raise ValueError(f"The file is not a record as Roadshow writes it: {problem}") from problem
    except (msgspec.DecodeError, UnicodeError) as problem:
        raise ValueError(f"The file is cut short or damaged: {problem}") from problem
    except (RecursionError, ValueError) as problem:
        raise ValueError("The file is not a record as Roadshow writes it.") from problem
    if len(record.entries) > MAX_ENTRIES or len(record.receipts) > MAX_ENTRIES:
        raise ValueError(f"The file has more than {MAX_ENTRIES} entries or receipts: no record has.")
    if (problem_of_size := too_large(record)) is not None:
        raise ValueError(f"The file is not a record as Roadshow writes it: {problem_of_size}.")
    if (problem_with_spec := _strange(record.spec)) is not None:
        raise ValueError(f"The rules in the file cannot be: {problem_with_spec}.")
    return record


def otherwise_written(data: bytes, record: Record) -> str | None:
    """How a file that says what the record says is written in another way than Roadshow writes it: whoever reads it
    otherwise may then read something else. None: byte by byte the same."""
    written = encode_record(record)
    if written == data:
        return None
    doubled: list[str] = []

    def pairs(read: list[tuple[str, object]]) -> None:
        names: set[str] = set()
        for name, _ in read:
            if name in names:
                doubled.append(name)
            names.add(name)

    try:
        json.loads(data, object_pairs_hook=pairs)
    except (ValueError, RecursionError):
        return "it cannot be read by every reader of JSON"
    if doubled:
        return f"the name {doubled[0][:LONGEST_SHOWN]} stands there twice in one place, and readers may take either"
    shared = min(len(data), len(written))
    same = next((number for number in range(shared) if data[number] != written[number]), shared)
    return f"from byte {same + 1} on; fields are unknown, in another order, or reformatted"


def _strange(spec: PollSpec) -> str | None:
    """What no poll can have, and counting could stumble over."""
    ids: tuple[tuple[str, Sequence[str]], ...] = (
        ("projects", spec.projects),
        ("judges", spec.judges),
        ("criteria", [criterion.id for criterion in spec.criteria]),
    )
    for name, values in ids:
        if not 1 <= len(values) <= MOST[name]:
            return f"{len(values)} {name}"
        if len(set(values)) != len(values) or not all(map(is_slug, values)):
            return f"{name} without an id of their own"
    if not is_slug(spec.poll) or not is_slug(spec.chair):
        return "no id of a field or a chair"
    if spec.deputy is not None and not is_slug(spec.deputy):
        return "no id of a deputy"
    if spec.stood_down or spec.chosen_late:
        return "somebody who was chair before it began"
    if len(dict(spec.keys)) < len(spec.keys) or not {one for one, _ in spec.keys} <= {*spec.judges, *spec.reserve}:
        return "keys of nobody, or two of one judge"
    if spec.names is not None and not all(map(_HASH.fullmatch, astuple(spec.names))):
        return "names without a hash"
    if spec.sealed and not _MARK.fullmatch(spec.sealed):
        return "no mark of a key"
    if not 1 <= spec.procedure <= PROCEDURE:
        return f"an order of proceedings that is not known here: {spec.procedure}"
    for criterion in spec.criteria:
        if not 1 <= criterion.steps <= MOST_STEPS:
            return f"steps of {criterion.id}"
        if not (1 <= criterion.weight <= LARGEST_NUMBER and 1 <= criterion.maximum <= LARGEST_NUMBER):
            return f"weight or maximum of {criterion.id}"
    rules = spec.rules
    if len(rules.tie_chain) > MOST["steps"] or max(len(rules.awards), len(rules.prizes)) > MOST["awards"]:
        return "the number of tie steps, awards or prizes"
    if len({prize.id for prize in rules.prizes}) != len(rules.prizes):
        return "prizes without an id of their own"
    numbers = [rules.quorum, rules.places, rules.revote_quorum, rules.least_spread, rules.least_score]
    numbers += [
        rules.objection_hours,
        rules.far_apart,
        rules.all_alike,
        rules.vote_quorum,
        rules.deliberation,
        *rules.place_points,
    ]
    if rules.estimator == "place-points" and not (rules.place_points and rules.place_points[0]):
        return "places that are worth nothing"
    if len(spec.sponsors) > len(rules.awards) * MOST["judges"]:
        return "more sponsors than judges"
    if len(rules.place_points) > MOST["projects"]:
        return "more places than projects"
    numbers += [number for prize in rules.prizes for number in (prize.count, prize.minimum)]
    if rules.trim is not None:
        numbers += [rules.trim.k, rules.trim.n_min]
    if not all(0 <= number <= LARGEST_NUMBER for number in numbers) or not 0 <= rules.audience_share <= 100:
        return "a number out of range"
    if (problem := _strange_panels(spec) or _strange_deductions(spec) or _strange_ballots(rules)) is not None:
        return problem
    if spec.carried is not None and (problem := strange_terms(spec.carried, spec.projects)) is not None:
        return problem
    known = {criterion.id for criterion in spec.criteria}
    if any(award.by == "criterion" and award.criterion not in known for award in rules.awards):
        return "an award for a criterion that is not there"
    return None


def _strange_deductions(spec: PollSpec) -> str | None:
    deductions = spec.rules.deductions
    ids = [one.id for one in deductions] + [one.id for one in spec.criteria]
    if len(deductions) > MOST["deductions"] or len(set(ids)) != len(ids) or not all(map(is_slug, ids)):
        return "deductions without an id of their own"
    if not all(1 <= one.steps <= MOST_STEPS and 1 <= one.maximum <= LARGEST_NUMBER for one in deductions):
        return "a deduction out of range"
    return None


_OF_FORM: Mapping[BallotForm, tuple[EstimatorName, ...]] = {
    "orders": ("borda", "place-points"),
    "pairs": ("copeland",),
}
"""Estimators that know what to make of a ballot that is no scores."""


def _strange_ballots(rules: RuleSet) -> str | None:
    drawn, least = rules.opponents, rules.least_opponents
    if not (0 <= drawn <= MOST["projects"] and 0 <= least <= MOST["projects"]) or drawn % 2:
        return "opponents out of range"
    if rules.ballots != "pairs" and (drawn or least or rules.estimator == "copeland"):
        return "comparisons asked of ballots that are none"
    if rules.ballots is None:
        return "level places without orders" if rules.level_places else None
    by_criterion = any(award.by == "criterion" for award in rules.awards)
    if rules.estimator not in _OF_FORM[rules.ballots] or by_criterion or rules.deductions:
        return "scores asked of ballots that are orders"
    if {"heaviest-criterion", "untrimmed-mean"} & set(rules.tie_chain):
        return "a tie step that asks for scores of ballots that are orders"
    if rules.scores_told is not None or rules.overall:
        return "orders told before the ceremony, or held against those of other fields"
    return None


def _strange_panels(spec: PollSpec) -> str | None:
    rules, ids = spec.rules, [panel.id for panel in spec.rules.panels]
    if len(ids) > MOST["panels"] or len(set(ids)) != len(ids) or not all(map(is_slug, ids)):
        return "panels without an id of their own"
    if not all(
        0 <= one <= LARGEST_NUMBER for panel in rules.panels for one in (panel.weight, panel.each, panel.quorum)
    ):
        return "a number of a panel out of range"
    if ids and not any(panel.weight for panel in rules.panels):
        return "no panel with a weight"
    if len(rules.draw) > LONGEST_DRAW:
        return "a word for the lot that is too long"
    if len(spec.reserve) > MOST["judges"] or len({*spec.reserve, *spec.judges}) < len(spec.reserve) + len(spec.judges):
        return "a reserve that sits on the jury, or somebody on it twice"
    if not all(map(is_slug, spec.reserve)):
        return "no id of somebody on the reserve"
    jury = {*spec.judges, *spec.reserve, spec.chair, spec.deputy}
    if (
        len(spec.clerks) > MOST["clerks"]
        or len(set(spec.clerks)) < len(spec.clerks)
        or not jury.isdisjoint(spec.clerks)
    ):
        return "clerks who are of the jury, or too many, or one of them twice"
    if spec.clerks and (spec.rules.ballots or spec.sealed):
        return "orders of projects, or sealed scores, on paper"
    if not all(map(is_slug, spec.clerks)):
        return "no id of a clerk"
    seated = [judge for judge, _ in spec.seats]
    if sorted(seated) != (sorted(spec.judges) if ids else []) or not {panel for _, panel in spec.seats} <= set(ids):
        return "judges without one seat each"
    if len(spec.assigned) > len(spec.judges) * len(spec.projects):
        return "more assignments than there can be"
    return None
