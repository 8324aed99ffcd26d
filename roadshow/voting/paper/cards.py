"""Cards in force: typed in, and neither rejected nor replaced by what the judge sent themselves. (pure)"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from roadshow.ids import PersonId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.ballot import digest
from roadshow.voting.paper.acts import CLAIMS, Claim, PaperBody
from roadshow.voting.votes import Accepted, Ballot

_bodies = msgspec.json.Decoder(PaperBody)


class Card(msgspec.Struct, frozen=True):
    typed: Accepted
    """Its ballot, which counts once it is confirmed: at once if it came in its window and the judge does not contest
    it; else with the chair's word."""
    code: str
    confirmed_by: PersonId | None = None
    """None: it waits for another person's word."""
    contested: Claim | None = None

    @property
    def pair(self) -> tuple[PersonId, ProjectId]:
        return self.typed.ballot.judge, self.typed.ballot.project

    @property
    def handled_by(self) -> tuple[PersonId | None, ...]:
        """Who has nothing more to decide about it."""
        return self.typed.ballot.typed_by, self.confirmed_by


class Word(NamedTuple):
    """What is said of a card that was typed in before."""

    number: int
    """Of the entry that typed it."""
    by: PersonId
    claim: Claim | None
    """Of a judge who contests it."""


def typed_ballot(sequence: int, at: Instant, body: bytes) -> Accepted:
    """What a clerk's entry holds. Raises ValueError for one of another kind."""
    read = _bodies.decode(body)
    if read.judge is None or read.project is None or read.scores is None:
        raise ValueError("no ballot")
    ballot = Ballot(
        judge=read.judge,
        project=read.project,
        revision=0,
        command=read.command,
        scores=read.scores,
        cast_at=at,
        late=read.late,
        typed_by=read.by,
    )
    return Accepted(ballot, sequence, digest(body))


def typed_card(sequence: int, at: Instant, body: bytes) -> Card:
    """Raises as ``typed_ballot``."""
    return Card(typed_ballot(sequence, at, body), _bodies.decode(body).code or "")


def word_of(body: bytes) -> Word:
    """Raises ValueError for one that names no card."""
    read = _bodies.decode(body)
    if read.paper is None:
        raise ValueError("no card")
    return Word(read.paper, read.by, next((one for one in CLAIMS if one == read.category), None))


def numbered(cards: Iterable[Card], number: int) -> Card | None:
    """The one that this entry typed."""
    return next((card for card in cards if card.typed.sequence == number), None)


def name_card(cards: dict[str, Card], row: str, pair: str, entry: tuple[int, Instant, bytes]) -> None:
    """Put one of a store's ``rows`` into ``cards``, which are by pair. Raises ValueError where no card can have it."""
    sequence, at, body = entry
    if row == "paper":
        cards[pair] = typed_card(sequence, at, body)
        return
    word = word_of(body)
    known = cards.get(pair)
    if known is None or known.typed.sequence != word.number:
        raise ValueError("no card that it is about")
    cards[pair] = (
        msgspec.structs.replace(known, confirmed_by=word.by)
        if row == "paper-confirmed"
        else msgspec.structs.replace(known, contested=word.claim)
    )
