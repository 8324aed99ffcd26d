"""Votes with their boxes open, and shut again. (pure)"""

from collections.abc import Callable

from msgspec.structs import replace

from roadshow.voting.boxes.box import Box
from roadshow.voting.boxes.jury import opened_vote
from roadshow.voting.questions.state import Given
from roadshow.voting.tally import Tally
from roadshow.voting.votes import Accepted, Ballot


def opened_ballot(ballot: Ballot, box: Box) -> Ballot:
    """With its scores, if they are sealed. Raises ValueError if they cannot be opened."""
    return box.opened(ballot) if ballot.sealed else ballot


def opened(tally: Tally, box: Box) -> Tally:
    """With the scores of all ballots in it, and what the jury has voted for. Raises ValueError."""
    return each(
        tally,
        lambda one: replace(one, ballot=opened_ballot(one.ballot, box)),
        lambda question, vote: opened_vote(box, question, vote),
    )


def shut(tally: Tally) -> Tally:
    """As the store has it."""

    def without(one: Accepted) -> Accepted:
        return replace(one, ballot=replace(one.ballot, scores={}, signature="")) if one.ballot.sealed else one

    return each(tally, without, lambda _, vote: replace(vote, choice=None) if vote.sealed else vote)


def each(tally: Tally, change: Callable[[Accepted], Accepted], change_vote: Callable[[int, Given], Given]) -> Tally:
    """The same with every ballot in it changed, and every vote on a question, which is told with that question's
    number."""
    return replace(
        tally,
        ballots=tuple(map(change, tally.ballots)),
        late=tuple(map(change, tally.late)),
        revotes=tuple(replace(one, ballots=tuple(map(change, one.ballots))) for one in tally.revotes),
        questions=tuple(
            replace(one, votes=tuple(change_vote(one.sequence, vote) for vote in one.votes)) for one in tally.questions
        ),
    )
