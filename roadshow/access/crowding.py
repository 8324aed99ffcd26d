"""What whoever runs the house is told of a crowd: while somebody waits, a line a minute of where it is tightest."""

import asyncio
import logging
from collections.abc import Mapping

from roadshow.access.admission.house import Admission
from roadshow.access.admission.places import Occupancy

log = logging.getLogger(__name__)

TELL_EVERY = 60.0
"""Seconds: one line in each, however many are refused."""


async def tell_of_crowds(admission: Admission) -> None:
    """For ever."""
    before: Mapping[str, int] = {}
    while True:
        await asyncio.sleep(TELL_EVERY)
        before = tell(tuple(admission.occupancy()), before)


def tell(places: tuple[Occupancy, ...], before: Mapping[str, int]) -> Mapping[str, int]:
    """One line, of what refused most since ``before``, which is what this returned a minute ago; or of what is tight.
    None where there is nothing to tell."""
    now = {one.name: sum(one.refused.values()) for one in places}
    refused = {name: count - before.get(name, 0) for name, count in now.items()}
    worst = max(places, key=lambda one: (refused[one.name], one.is_tight, one.taken / one.most))
    if refused[worst.name] or worst.is_tight:
        fields = {
            "of": worst.name,
            "taken": worst.taken,
            "most": worst.most,
            "network": worst.network or "-",
            "share": round(worst.share, 2),
            "refused": refused[worst.name],
        }
        log.warning("crowd", extra=fields)
    return now
