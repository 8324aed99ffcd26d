"""``roadshow recount``: each record by itself, several of them together, and what was announced of them."""

from collections.abc import Sequence
from pathlib import Path

from roadshow.errors import SetupError
from roadshow.terminal import say
from roadshow.voting.ledger.reading import MAX_RECEIPT_BYTES, MAX_RECORD_BYTES
from roadshow.voting.ledger.recount import Report, recount
from roadshow.voting.ledger.sources import key_of, keys_named, takes_over
from roadshow.voting.ledger.stamping import authorities
from roadshow.voting.overall.counting import MOST_FIELDS, recount_together
from roadshow.voting.overall.record import is_overall


def recount_files(
    paths: Sequence[Path], key: str | None, receipt: Path | None, heads: Sequence[str], authority: Path | None
) -> bool:
    """Says what was found. Whether everything holds. Raises SetupError for a file that cannot be read, and for files
    that are not to be counted together."""
    own = None if receipt is None else _beginning(receipt, MAX_RECEIPT_BYTES)
    if (own is not None or heads) and len(paths) > 1:
        raise SetupError("A receipt or a hash is looked for in one record: give that alone.")
    if len(paths) > MOST_FIELDS + 1:
        raise SetupError(f"At most {MOST_FIELDS} records can be counted together, with the podium of all fields.")
    try:
        roots = () if authority is None else authorities(_beginning(authority, MAX_RECEIPT_BYTES))
    except ValueError:
        raise SetupError(f"{authority} has no certificate in PEM.") from None
    records: dict[Path, bytes] = {}
    overall: list[bytes] = []
    for path in paths:
        data = _beginning(path, MAX_RECORD_BYTES)
        if is_overall(data):
            overall.append(data)
        else:
            records[path] = data
    if len(overall) > 1 or not records:
        raise SetupError("Give the records of the fields, and at most one podium of all fields.")
    named = _named_by(tuple(records.values()), key)
    reports: list[Report] = []
    for path, data in records.items():
        if len(paths) > 1:
            say(f"{path}:")
        others = [other for other in records.values() if other is not data]
        expected = None if named and key_of(data) in named else key
        reports.append(recount(data, expected, own, heads, roots, others))
        _say(reports[-1])
    if len(paths) > 1 and (overall or not any(map(takes_over, records.values()))):  # a final is not beside its fields
        say("All fields together:")
        reports.append(recount_together(tuple(records.values()), overall[0] if overall else None))
        _say(reports[-1])
    faults = sum(len(report.faults) for report in reports)
    what = "This record" if len(paths) == 1 else "What is in these files"
    if faults:
        say(f"\n{what} does not hold: {faults} faults.")
        return False
    say(f"\n{what} holds.")
    if key is None:
        say("Who made it, only the key can tell: compare it with the one on a receipt, or give it with --key.")
    return True


def _named_by(records: Sequence[bytes], key: str | None) -> frozenset[str]:
    """Keys of other competitions that a record of the given key says it takes something over from."""
    if key is None or len(records) == 1:
        return frozenset()
    own = (data for data in records if key_of(data) == key.strip().rstrip("="))
    return frozenset(name for data in own for name in keys_named(data))


def _say(report: Report) -> None:
    for finding in report.findings:
        say(f"{'ok   ' if finding.holds else 'WRONG'}  {finding.text}")


def _beginning(path: Path, limit: int) -> bytes:
    """A byte more than allowed is enough to see that it is too long."""
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as problem:
        raise SetupError(f"{path} cannot be read: {problem.strerror}.") from None
