"""How places move when a project is disqualified: who stands behind it moves up, and nothing else changes. (pure)

Nobody's score is worked out again. By a z-score or by ranks, a project that is not there any more would move all
others, and whoever disqualifies the fifth could choose the first.
"""

from collections.abc import Collection, Sequence

import msgspec

from roadshow.ids import ProjectId
from roadshow.voting.results import Standing

DISQUALIFIED = "disqualified"
"""What ``Standing.decided_by`` says of who is out."""


def stand(standings: Sequence[Standing], out: Collection[ProjectId]) -> tuple[Standing, ...]:
    """The table with ``out`` taken out of it: they keep their scores' means, and have neither place nor score. All
    others stay in their order, and have the places that their number ahead gives them; who was level still is."""
    if not out:
        return tuple(standings)
    staying = [one for one in standings if one.project not in out]
    placed = [one for one in staying if one.place is not None]
    places = {
        one.project: 1 + sum(other.place < one.place for other in placed)  # type: ignore[operator]
        for one in placed
    }
    return (
        *(msgspec.structs.replace(one, place=places.get(one.project)) for one in staying),
        *(
            msgspec.structs.replace(one, place=None, score="", decided_by=DISQUALIFIED)
            for one in standings
            if one.project in out
        ),
    )
