"""Ballots that came after their window, and the word on them, as the ledger has them. (pure)"""

from collections.abc import Iterable

import msgspec

from roadshow.ids import PersonId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.acts import ActBody
from roadshow.voting.ballot import decode_ballot
from roadshow.voting.office.history import Offices
from roadshow.voting.review import Office
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import LedgerEntry

_acts = msgspec.json.Decoder(ActBody)


class LateWord(msgspec.Struct, frozen=True):
    """One late ballot; not what is in it."""

    judge: PersonId
    project: ProjectId
    at: Instant
    """When it came."""
    accepted: bool | None = None
    """None: the judge sent a newer one before anybody had decided."""
    reason: str = ""
    """Of whoever decided."""
    office: Office = "chair"
    """Theirs."""


def late_words(spec: PollSpec, entries: Iterable[LedgerEntry]) -> tuple[LateWord, ...]:
    """In the order in which they came. ``entries``: the whole ledger."""
    entries = tuple(entries)
    offices, words = Offices(spec, entries), dict[int, LateWord]()
    for entry in entries:
        if entry.kind == "late":
            ballot = decode_ballot(entry.kind, entry.body, entry.at)
            words[entry.sequence] = LateWord(ballot.judge, ballot.project, entry.at)
        elif entry.kind == "accept" or entry.kind == "reject":
            act = _acts.decode(entry.body)
            if act.late in words:
                words[act.late] = msgspec.structs.replace(
                    words[act.late],
                    accepted=entry.kind == "accept",
                    reason=act.reason or "",
                    office=offices.at(entry, act.by) or "chair",
                )
    return tuple(words.values())
