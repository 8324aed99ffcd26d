"""What a record says of the time after the podium, and counting that again. (pure)"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from roadshow.ids import ProjectId
from roadshow.moments import Instant
from roadshow.voting.aftermath.places import stand
from roadshow.voting.aftermath.state import open_until
from roadshow.voting.boxes.box import Box
from roadshow.voting.ledger.counting import counted, fold
from roadshow.voting.results import AwardResult, PrizeResult, SignedResult, Standing
from roadshow.voting.rules import honours
from roadshow.voting.spec import PollSpec, term_of
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.views import votes_of

if TYPE_CHECKING:
    from roadshow.voting.ledger.record import Record

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_TOLD = 50
"""Objections, and amendments: more than a field has, and less than a terminal can be filled with."""


class Outcome(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What stands after the acts that followed the podium: for whoever reads a record and does not count. Each of the
    entries that it comes of has the server's seal, and what was put to a ledger's end afterwards has none."""

    out: tuple[ProjectId, ...]
    """Who is disqualified, in the order of the rundown."""
    standings: tuple[Standing, ...]
    awards: tuple[AwardResult, ...] = ()
    prizes: tuple[PrizeResult, ...] = ()


def outcome(spec: PollSpec, entries: Sequence[LedgerEntry], result: SignedResult, box: Box | None) -> Outcome | None:
    """None: nothing was done after the podium. ``entries``: the whole ledger; ``box``: of sealed ballots. Raises
    ValueError as ``counted``."""
    tally = counted(entries, box)
    after = tally.aftermath
    if not (after.objections or after.request or after.amendments):
        return None
    out, standings, prizes, awards = after.out, result.standings, result.prizes, result.awards
    if out:
        standings = stand(standings, out)
        prizes, awards = honours(votes_of(spec, tally), standings, out)
    return Outcome(tuple(project for project in spec.projects if project in out), standings, awards, prizes)


def aftermath_faults(record: "Record", entries: Sequence[LedgerEntry], box: Box | None) -> Iterator[str]:
    """Whether what the record says of that time is what its ledger comes to. Raises ValueError as ``outcome``."""
    said, came = record.aftermath, outcome(record.spec, entries, record.result, box)
    if said == came:
        return
    if said is None:
        yield "The ledger goes on after the podium, and the file does not say what it comes to."
    elif came is None:
        yield "What is said to have come after the podium is not in the ledger."
    else:
        yield "Places, prizes and awards that stand after the podium are not those that the ledger comes to."


def told_aftermath(record: "Record", entries: Sequence[LedgerEntry]) -> Iterator[str]:
    """What came of it, a sentence each."""
    after = fold(entries).aftermath
    for number, one in enumerate(after.objections[:MOST_TOLD], start=1):
        ruled = one.ruled
        became = "no ruling yet" if ruled is None else f"{'upheld' if ruled.upheld else 'dismissed'}: {ruled.reason}"
        yield f"Objection {number} ({one.category}), {_moment(one.at)}: {became}."
    if len(after.objections) > MOST_TOLD:
        yield f"And {len(after.objections) - MOST_TOLD} more objections."
    for amendment in after.amendments[:MOST_TOLD]:
        asked = amendment.request
        done = "disqualified" if asked.change == "disqualify" else "reinstated"
        yield (
            f"{asked.project} was {done} on {_moment(amendment.at)}, asked for by {asked.by} and signed by "
            f"{amendment.signed_by}: {asked.reason}."
        )
    if after.amendments:
        places = ", ".join(
            f"{one.place}. {one.project}" for one in stand(record.result.standings, after.out) if one.place
        )
        yield f"The places that stand: {places or 'none'}."
    published = next(entry.at for entry in reversed(entries) if entry.kind == "reveal")
    until = _moment(open_until(published, term_of(record.spec.rules), after))
    yield (
        f"It is final once no objection is open: new ones could be made until {until}. Whether some came after this "
        "record was made, a newer one tells."
    )


def _moment(at: Instant) -> str:
    """Raises OverflowError where a file says a time that no calendar has."""
    return (EPOCH + timedelta(milliseconds=at.ms)).strftime("%Y-%m-%d %H:%M UTC")
