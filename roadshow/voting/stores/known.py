"""What the store's functions know of a poll's spec: enough to decide whether an act may be. (pure)"""

from roadshow.voting.seating.seats import elsewhere
from roadshow.voting.spec import PollSpec


def known_of(spec: PollSpec) -> tuple[str, ...]:
    """As names of the poll's own hash, for ``prepare``."""
    return (
        *(f"judge|{judge}" for judge in spec.judges),
        *(f"project|{project}" for project in spec.projects),
        *(f"recused|{judge}|{project}" for judge, project in spec.recused),
        *(f"elsewhere|{judge}|{project}" for judge, project in sorted(elsewhere(spec))),
        *(f"reserve|{person}" for person in spec.reserve),
        *(("keyed",) if spec.rules.ballot_keys else ()),
        *(f"key|{judge}|{key}" for judge, key in spec.keys),
        *(() if spec.carried is None else ("carries",)),
        *(("orders",) if spec.rules.ballots else ()),
    )
