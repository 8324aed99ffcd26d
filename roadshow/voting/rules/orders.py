"""Ballots that are orders: each judge's places of the projects. (pure)

A ballot of such a poll is sent in the window of one project, and its ``scores`` hold the place of each project that the
judge puts in order: 1 for the best; those level share a place and leave a gap.
"""

from collections.abc import Sequence
from fractions import Fraction

from msgspec import structs

from roadshow.ids import CriterionId, PersonId, ProjectId
from roadshow.voting.votes import Ballot

Spread = list[tuple[int, Ballot]]
"""Orders as ballots of each project, so that whoever asks about a judge and a project finds an answer; each with the
number of the ballot that it came of."""


def spread(projects: Sequence[ProjectId], ballots: Sequence[Ballot]) -> Spread:
    """``ballots``: in force, in the order in which they came. Of each judge the newest order counts for all projects in
    it, whichever window it was sent in; but not against a recusal, nor against an abstention that came later."""
    out: Spread = []
    for own in by_judge(ballots):
        newest = max((one for one in own.values() if _is_order(one[1])), key=_when, default=None)
        for project in projects:
            mine = own.get(project)
            held = newest is not None and project in newest[1].places
            if mine is not None and _withholds(mine, newest if held else None):
                out.append(mine)
            elif newest is not None and held:
                out.append((newest[0], structs.replace(newest[1], project=project)))
    return out


def spread_again(group: Sequence[ProjectId], ballots: Sequence[Ballot]) -> Spread:
    """Of each judge the newest order that holds all of the group, with their places in it; unless they abstained
    since."""
    out: Spread = []
    for own in by_judge(ballots):
        orders = [one for one in own.values() if _is_order(one[1]) and set(group) <= one[1].places.keys()]
        newest = max(orders, key=_when, default=None)
        withheld = [one for one in own.values() if not _is_order(one[1])]
        if newest is None or any(one[0] > newest[0] for one in withheld):
            out += withheld
            continue
        places = {CriterionId(project): newest[1].scores[CriterionId(project)] for project in group}
        out += ((newest[0], structs.replace(newest[1], project=project, scores=places)) for project in group)
    return out


def share_behind(ballot: Ballot) -> Fraction:
    """The share of the other projects in an order that are behind the ballot's own; those beside it count half. One
    alone has half of what there is."""
    places = ballot.places
    mine, others = places[ballot.project], len(places) - 1
    if not others:
        return Fraction(1, 2)
    beside = sum(place == mine for place in places.values()) - 1
    after = sum(place > mine for place in places.values())
    return Fraction(2 * after + beside, 2 * others)


def _withholds(mine: tuple[int, Ballot], order: tuple[int, Ballot] | None) -> bool:
    """Whether a judge gives no place to a project that ``order`` holds, if it is one."""
    number, ballot = mine
    return ballot.recused or (ballot.abstained and (order is None or number > order[0]))


def by_judge(ballots: Sequence[Ballot]) -> list[dict[ProjectId, tuple[int, Ballot]]]:
    """The ballots of each, by window, with their numbers; in the order in which they came."""
    own: dict[PersonId, dict[ProjectId, tuple[int, Ballot]]] = {}
    for number, ballot in enumerate(ballots):
        own.setdefault(ballot.judge, {})[ballot.project] = (number, ballot)
    return list(own.values())


def _when(one: tuple[int, Ballot]) -> int:
    return one[0]


def _is_order(ballot: Ballot) -> bool:
    return not (ballot.recused or ballot.abstained)
