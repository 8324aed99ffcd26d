"""Ways of bending a vote, each really tried.

``by_*.py`` have the ways, by who takes them. A way only tries; how it ended, ``verdict.py`` finds out from what the
public gets. A new one is a function in the module of whoever could do it::

    @way("judge", "scores a project they have a conflict with", caught="ballot.recused")
    async def scores_in_conflict(final: OneFinal) -> None:
        await final.to_voting(EAR)
        await final.tries(CHAIR, "ballot.cast", **final.ballot(CHAIR, EAR))

Plain steps of the final (``voted``, ``counted``, ``confirmed``, ``says``) are honest. What bends goes by ``tries``,
``gets`` or ``looks``, or reaches into the store (``final.store``) or, as a ``forgery``, into the published record. The
final is then played to its end without the way's doing. ``learns=other`` plays it twice, with other scores the second
time: whoever bends must see the same. ``python -m tests.bend.table write`` then enters it in docs/trust.md.
"""

from importlib import import_module
from pathlib import Path

from tests.bend.ways import PARTIES, WAYS, Way


def all_ways() -> list[Way]:
    """By party, in the order in which they stand."""
    for module in sorted(Path(__file__).parent.glob("by_*.py")):
        import_module(f"{__name__}.{module.stem}")
    return sorted(WAYS, key=lambda one: list(PARTIES).index(one.party))
