"""What a ballot of comparisons may hold. (pure)"""

from roadshow.voting.ledger.proceedings.standing import Impossible, Standing
from roadshow.voting.seating.pairings import opponents
from roadshow.voting.votes import FIRST_ROUND, Ballot


def require_pairs(standing: Standing, ballot: Ballot) -> None:
    """Others beside the window's own project, each in one of the ways that there are."""
    halves = (0, 1, 2) if standing.spec.rules.level_places else (0, 2)
    given = ballot.places
    if not given:
        raise Impossible("it compares nothing")
    for other, one in given.items():
        if other == ballot.project:
            raise Impossible(f"it compares {other} with itself")
        if one not in halves:
            raise Impossible(f"it gives {one} of 2 halves")
        if (other, ballot.round) not in standing.opened:
            raise Impossible(f"it compares with {other}, of which no window was opened")
    if ballot.round != FIRST_ROUND:
        return  # all pairs of the tie are everybody's, and the windows are of these alone
    if ballot.judge not in standing.drawn:
        standing.drawn[ballot.judge] = opponents(standing.spec, ballot.judge)
    drawn = standing.drawn[ballot.judge][ballot.project]
    if strangers := given.keys() - drawn:
        raise Impossible(f"the lot gave {ballot.project} and {min(strangers)} to other judges")
