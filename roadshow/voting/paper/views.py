"""That something is new among the cards of paper, and the ballots that wait for the chair, theirs among them. (pure)"""

from collections.abc import Collection, Iterable

import msgspec

from roadshow.voting.ballot import canonical, digest
from roadshow.voting.entitlement import deciding
from roadshow.voting.office.passing import at_present
from roadshow.voting.paper.cards import Card
from roadshow.voting.review import LateBallot
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import Pair, Tally

STAMP_LETTERS = 16
"""Of a hash that is compared with the one before, and with nothing else."""


class PapersView(msgspec.Struct, frozen=True, tag_field="section", tag="papers"):
    """For clerks, the jury and control. Neither whose cards there are nor what is on them."""

    stamp: str
    """Another one whenever a card was typed in, confirmed, rejected, contested or replaced."""


def papers_view(cards: Iterable[Card]) -> PapersView:
    known = [[card.typed.sequence, card.confirmed_by, card.contested] for card in cards]
    return PapersView(digest(canonical(known))[:STAMP_LETTERS])


def late_ballots(
    spec: PollSpec, tally: Tally, recused: Collection[Pair], counted: Collection[Pair]
) -> tuple[LateBallot, ...]:
    """What waits for the chair, or who decides in their stead. ``counted``: of whom something counts meanwhile."""
    papers = {card.typed.sequence: card for card in tally.cards}
    return tuple(
        LateBallot(
            judge=one.ballot.judge,
            project=one.ballot.project,
            late=one.sequence,
            at=one.ballot.cast_at.ms,
            replaces=(one.ballot.judge, one.ballot.project) in counted,
            decided_by=deciding(at_present(spec, tally), recused, (one.ballot.project,), one.ballot.judge),
            paper=one.sequence in papers,
            contested=papers[one.sequence].contested if one.sequence in papers else None,
        )
        for one in tally.late
    )
