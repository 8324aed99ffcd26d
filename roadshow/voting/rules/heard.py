"""Ballots that are about several projects, as one ballot for each. (pure)"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from msgspec import structs

from roadshow.ids import ProjectId
from roadshow.voting.rules import orders, pairs
from roadshow.voting.rules.orders import Spread
from roadshow.voting.spec import BallotForm, PollSpec
from roadshow.voting.tally import Revote, Tally
from roadshow.voting.votes import Accepted, Ballot


@dataclass(frozen=True, slots=True)
class Form:
    spread: Callable[[Sequence[ProjectId], Sequence[Ballot]], Spread]
    """In the first round."""
    spread_again: Callable[[Sequence[ProjectId], Sequence[Ballot]], Spread]
    """In a re-vote."""


FORMS: Mapping[BallotForm, Form] = {
    "orders": Form(orders.spread, orders.spread_again),
    "pairs": Form(pairs.spread, pairs.spread_again),
}


def heard(spec: PollSpec, tally: Tally) -> tuple[Accepted, ...]:
    """The ballots of the first round that are in force, one for each judge and project at most."""
    form = spec.rules.ballots
    if form is None:
        return tally.ballots
    return _each(tally.ballots, FORMS[form].spread(spec.projects, _ballots(tally.ballots)))


def heard_again(spec: PollSpec, revote: Revote) -> tuple[Accepted, ...]:
    """The same of a re-vote."""
    form = spec.rules.ballots
    if form is None:
        return revote.ballots
    return _each(revote.ballots, FORMS[form].spread_again(revote.projects, _ballots(revote.ballots)))


def _ballots(accepted: Sequence[Accepted]) -> list[Ballot]:
    return [one.ballot for one in accepted]


def _each(accepted: Sequence[Accepted], spread_out: Spread) -> tuple[Accepted, ...]:
    return tuple(structs.replace(accepted[number], ballot=ballot) for number, ballot in spread_out)
