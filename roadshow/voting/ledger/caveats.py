"""What of a result hangs on ballots that are not there, as ``recount`` says it. (pure)"""

from collections.abc import Iterator

from roadshow.voting.results import Caveat


def told_caveat(caveat: Caveat) -> Iterator[str]:
    """Sentences in English."""
    if caveat.absent:
        missing = "; ".join(f"{one.project}: {', '.join(one.judges)}" for one in caveat.absent)
        yield f"No ballot, and no reason for that, came for {missing}."
    if caveat.provisional:
        yield (
            "The result is provisional: by this estimator, a ballot that is missing could move other projects than its "
            "own."
        )
    if caveat.used != caveat.declared:
        first = f"it would put {', '.join(caveat.first)} first" if caveat.first else "it cannot be worked out"
        yield (
            f"The rules name the {caveat.declared}; the {caveat.used} was used for the whole field, for fewer than "
            f"{caveat.needed} ballots count for {', '.join(caveat.short)}. By the {caveat.declared}, {first}."
        )
