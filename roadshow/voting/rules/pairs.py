"""Ballots that are comparisons: which of two projects each judge puts ahead. (pure)

A ballot of such a poll is sent in the window of one project. Its ``scores`` hold others, and for each what the window's
own project has of the point that the two have between them, in halves: 2 if it is ahead, 0 if the other is, 1 if they
are level.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from msgspec import structs

from roadshow.ids import CriterionId, ProjectId
from roadshow.voting.rules.orders import Spread, by_judge
from roadshow.voting.tally import Pair
from roadshow.voting.votes import Ballot

WHOLE = 2
"""Halves of the point that two projects have between them."""
Card = Mapping[CriterionId, int]
"""All that a judge says of one project: by the other, its halves."""


def spread(projects: Sequence[ProjectId], ballots: Sequence[Ballot]) -> Spread:
    """All that a judge says of each project, as one ballot for it. ``ballots``: in force, in the order in which they
    came. Of two projects the newest comparison counts, whichever of their windows it was sent in; but none with one
    from which the judge is recused, or has abstained since."""
    out: Spread = []
    for own in by_judge(ballots):
        cards, sent = _cards(own), dict(own.values())
        for project in projects:
            if project in cards:
                number, card = cards[project]
                out.append((number, structs.replace(sent[number], project=project, scores=dict(card))))
            elif project in own and _withholds(own[project][1]):
                out.append(own[project])
    return out


def spread_again(group: Sequence[ProjectId], ballots: Sequence[Ballot]) -> Spread:
    """The same of a re-vote, in which a judge who has not compared all of the group with each other says nothing."""
    out: Spread = []
    for own in by_judge(ballots):
        cards, sent = _cards(own), dict(own.values())
        within = {
            project: {CriterionId(other): card[CriterionId(other)] for other in group if CriterionId(other) in card}
            for project, (_, card) in cards.items()
        }
        if all(len(within.get(project, ())) == len(group) - 1 for project in group):
            newest = {project: cards[project][0] for project in group}
            out += (
                (newest[project], structs.replace(sent[newest[project]], project=project, scores=within[project]))
                for project in group
            )
        else:
            out += (one for one in own.values() if _withholds(one[1]))
    return out


def struck(ballots: Mapping[Pair, Ballot]) -> Mapping[Pair, Ballot]:
    """Of what counts, each without the projects for which its judge has nothing that counts; one of which nothing is
    left, is none."""
    left = {
        (judge, project): {
            other: halves for other, halves in ballot.scores.items() if (judge, ProjectId(other)) in ballots
        }
        for (judge, project), ballot in ballots.items()
    }
    return {pair: structs.replace(ballots[pair], scores=card) for pair, card in left.items() if card}


def share_won(ballot: Ballot) -> Fraction:
    """Of the points there were in its comparisons, one at least."""
    return Fraction(sum(ballot.scores.values()), WHOLE * len(ballot.scores))


def _cards(own: Mapping[ProjectId, tuple[int, Ballot]]) -> Mapping[ProjectId, tuple[int, Card]]:
    """For each project the number of the newest ballot that says something of it, and all that is said."""
    newest: dict[frozenset[ProjectId], tuple[int, ProjectId, ProjectId, int]] = {}
    for number, ballot in own.values():
        for other, halves in ballot.places.items():
            newest[frozenset((ballot.project, other))] = (number, ballot.project, other, halves)
    cards: dict[ProjectId, tuple[int, dict[CriterionId, int]]] = {}
    for number, one, other, halves in newest.values():
        if _rests(own.get(one), number) or _rests(own.get(other), number):
            continue
        for mine, its, theirs in ((one, halves, other), (other, WHOLE - halves, one)):
            before, card = cards.get(mine, (number, {}))
            cards[mine] = (max(before, number), {**card, CriterionId(theirs): its})
    return cards


def _rests(mine: tuple[int, Ballot] | None, number: int) -> bool:
    """Whether what was said of its project with ballot ``number`` is taken back."""
    return mine is not None and (mine[1].recused or (mine[1].abstained and mine[0] > number))


def _withholds(ballot: Ballot) -> bool:
    return ballot.recused or ballot.abstained
