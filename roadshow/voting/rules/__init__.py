"""From ballots to places, in exact arithmetic. docs/voting.md tells the same in formulas. (pure)

``heard`` makes of a ballot about several projects one for each (``orders``, ``pairs``), ``field`` finds out which
count, ``duels`` has the jury's majority on two projects, ``estimators`` make one number of a project's ballots,
``scoring`` takes penalties off and adds the audience's share, ``ties`` divides what stands level, ``podium`` puts it
all in order and ``derivation`` tells how each place came about.
"""

from roadshow.voting.rules.arithmetic import round_half_up, show
from roadshow.voting.rules.field import Votes, judge_total
from roadshow.voting.rules.podium import FieldResult, evaluate, evaluate_overall, honours

__all__ = [
    "FieldResult",
    "Votes",
    "evaluate",
    "evaluate_overall",
    "honours",
    "judge_total",
    "round_half_up",
    "show",
]
