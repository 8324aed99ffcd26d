"""Ballots that came on paper, and what became of each, as the ledger has them. (pure)"""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from roadshow.ids import PersonId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.acts import ActBody
from roadshow.voting.ledger.counting import fold
from roadshow.voting.office.history import Offices
from roadshow.voting.paper.acts import CLAIMS, FAULTS, Claim, Fault, PaperBody
from roadshow.voting.review import Office
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import LedgerEntry

_papers = msgspec.json.Decoder(PaperBody)
_acts = msgspec.json.Decoder(ActBody)

Hand = Literal["clerk", "organiser"]


class PaperWord(msgspec.Struct, frozen=True):
    """One card that was typed in; not what is on it."""

    judge: PersonId
    project: ProjectId
    at: Instant
    late: bool
    """Its window was over."""
    counts: bool
    """In the end."""
    confirmed: Hand | None = None
    """By whom; None: it never was."""
    rejected: Fault | None = None
    contested: Claim | None = None
    """By the judge."""
    accepted: bool | None = None
    """The word of whoever decides, on one that was late or contested; None: none was needed, or none came."""
    reason: str = ""
    office: Office = "chair"
    """Whose word it was."""


def paper_words(spec: PollSpec, entries: Sequence[LedgerEntry]) -> tuple[PaperWord, ...]:
    """In the order in which they were typed in. ``entries``: the whole ledger, of which every act was possible."""
    offices, words = Offices(spec, entries), dict[int, PaperWord]()
    tally = fold(entries)
    void = {(one.judge, one.project) for one in tally.set_aside}
    counting = {one.sequence for one in tally.ballots if (one.ballot.judge, one.ballot.project) not in void}

    def say(number: int | None, **said: object) -> None:
        if number is not None and number in words:
            words[number] = msgspec.structs.replace(words[number], **said)

    for entry in entries:
        match entry.kind:
            case "paper":
                card = _papers.decode(entry.body)
                if card.judge is not None and card.project is not None:
                    counts = entry.sequence in counting
                    words[entry.sequence] = PaperWord(card.judge, card.project, entry.at, card.late, counts)
            case "confirm-paper":
                word = _papers.decode(entry.body)
                say(word.paper, confirmed="clerk" if word.by in spec.clerks else "organiser")
            case "reject-paper":
                word = _papers.decode(entry.body)
                say(word.paper, rejected=next((one for one in FAULTS if one == word.category), "other"))
            case "contest-paper":
                word = _papers.decode(entry.body)
                say(word.paper, contested=next((one for one in CLAIMS if one == word.category), None))
            case "accept" | "reject":
                act = _acts.decode(entry.body)
                office = offices.at(entry, act.by) or "chair"
                say(act.late, accepted=entry.kind == "accept", reason=act.reason or "", office=office)
            case _:
                pass
    return tuple(words.values())


def counted_on_paper(entries: Iterable[LedgerEntry]) -> int:
    """How many ballots that count came on paper. Raises ValueError for a ledger that cannot be folded."""
    return sum(bool(one.ballot.typed_by) for one in fold(entries).ballots)
