"""What a store's functions answer when they refuse, as errors. (pure)"""

from collections.abc import Mapping
from typing import NoReturn

from roadshow.errors import Conflict, NotAllowed, NotFound, RoadshowError
from roadshow.voting.acts import MOST_COUNTS
from roadshow.voting.aftermath.acts import MOST_OBJECTIONS
from roadshow.voting.ballot import MAX_REVISIONS
from roadshow.voting.calibration.rounds import MOST_ROUNDS
from roadshow.voting.identity.browsers import MOST_BROWSERS
from roadshow.voting.identity.keys import MOST_ASKED
from roadshow.voting.paper.acts import MOST_CARDS
from roadshow.voting.questions.acts import MOST_QUESTIONS

_REFUSALS: Mapping[str, type[RoadshowError]] = {
    "poll.unknown": NotFound,
    "project.unknown": NotFound,
    "ballot.not_entitled": NotAllowed,
    "calibration.not_entitled": NotAllowed,
    "ballot.elsewhere": NotAllowed,
    "ballot.replaced": NotAllowed,
    "substitute.reserve": NotAllowed,
    "substitute.second_person": NotAllowed,
    "count.second_person": NotAllowed,
    "ruling.conflict": NotAllowed,
    "amendment.second_person": NotAllowed,
    "vote.not_entitled": NotAllowed,
    "vote.unknown": NotFound,
    "vote.choice": NotFound,
    "key.second_person": NotAllowed,
    "chair.person": NotAllowed,
    "chair.second_person": NotAllowed,
    "result.not_chair": NotAllowed,
    "result.same_person": NotAllowed,
    "paper.second_person": NotAllowed,
}
"""All others are conflicts."""
_LIMITS: Mapping[str, int] = {
    "ballot.too_many": MAX_REVISIONS,
    "count.no_more": MOST_COUNTS,
    "objection.too_many": MOST_OBJECTIONS,
    "vote.too_many": MOST_QUESTIONS,
    "browser.too_many": MOST_BROWSERS,
    "key.too_many": MOST_ASKED,
    "paper.too_many": MOST_CARDS,
    "calibration.too_many": MOST_ROUNDS,
}
"""With these a refusal tells how many there may be."""


class SpecChanged(Exception):
    """``stored``: the poll's spec as canonical JSON."""

    def __init__(self, stored: str) -> None:
        super().__init__()
        self.stored = stored


def refuse(code: str, *values: str) -> NoReturn:
    """``values``: what a function says beside the code. Raises what it means."""
    if code == "poll.changed":
        raise SpecChanged(values[0])
    if code == "ballot.stale":
        raise Conflict(code, revision=int(values[0]))
    if code in _LIMITS:
        raise Conflict(code, limit=_LIMITS[code])
    raise _REFUSALS.get(code, Conflict)(code)
