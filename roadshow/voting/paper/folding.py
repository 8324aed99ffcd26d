"""Cards of paper as a fold over the ledger meets them, among the ballots that judges send themselves. (pure)"""

from collections.abc import MutableMapping
from dataclasses import dataclass, field

from msgspec import structs

from roadshow.ids import PersonId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.paper.cards import Card, numbered, typed_card, word_of
from roadshow.voting.votes import Accepted

Pairs = MutableMapping[tuple[PersonId, ProjectId], Accepted]


@dataclass(slots=True)
class FoldedCards:
    """``counting`` and ``late``: what counts of the first round, and what waits for the chair. Changed here."""

    counting: Pairs
    late: Pairs
    cards: dict[tuple[PersonId, ProjectId], Card] = field(default_factory=dict)

    def take(self, kind: str, sequence: int, at: Instant, body: bytes) -> None:
        """An entry about a card. Raises ValueError for a body that cannot be read."""
        if kind == "paper":
            card = typed_card(sequence, at, body)
            self.cards[card.pair] = card
            return
        word = word_of(body)
        known = numbered(self.cards.values(), word.number)
        if known is None:
            return
        if kind == "reject-paper":
            del self.cards[known.pair]
        elif kind == "confirm-paper":
            self.cards[known.pair] = structs.replace(known, confirmed_by=word.by)
            (self.late if known.typed.ballot.late else self.counting)[known.pair] = known.typed
        else:
            self.cards[known.pair] = structs.replace(known, contested=word.claim)
            if self.counting.pop(known.pair, None) is not None:
                self.late[known.pair] = known.typed

    def sent_by_judge(self, pair: tuple[PersonId, ProjectId], *, late: bool) -> None:
        """Before it takes its place: what the judge sends goes before a card, but a late ballot not before one that
        counts."""
        card = self.cards.get(pair)
        if card is not None and not (late and self.counting.get(pair) == card.typed):
            del self.cards[pair]

    def decided(self, pair: tuple[PersonId, ProjectId], ballot: Accepted | None, *, accepted: bool) -> None:
        """The chair's word on a ballot that waited: a card stands with its own acceptance and goes with that of
        another."""
        card = self.cards.get(pair)
        if card is not None and accepted != (card.typed == ballot):
            del self.cards[pair]
