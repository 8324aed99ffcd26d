"""Who sits where, as the spec says. (pure)"""

from collections import Counter
from collections.abc import Collection, Mapping

from roadshow.ids import PersonId
from roadshow.voting.spec import Panel, PollSpec, RuleSet
from roadshow.voting.tally import Pair


def panels(spec: PollSpec) -> Mapping[PersonId, Panel]:
    """Each judge's panel. Of a jury that is one, nobody's."""
    known = {panel.id: panel for panel in spec.rules.panels}
    return {judge: known[panel] for judge, panel in spec.seats if panel in known}


def shadows(spec: PollSpec) -> frozenset[PersonId]:
    """Judges whose ballots never count."""
    return frozenset(judge for judge, panel in panels(spec).items() if not panel.weight)


def has_quorum(rules: RuleSet, seats: Mapping[PersonId, Panel], judges: Collection[PersonId]) -> bool:
    """Whether these judges' ballots are enough for a place: so many in all, and so many of each panel with a weight.
    None of them is a shadow judge."""
    given = Counter(seats[judge].id for judge in judges if judge in seats)
    return len(judges) >= max(rules.quorum, 1) and all(
        given[panel.id] >= max(panel.quorum, 1) for panel in rules.panels if panel.weight
    )


def elsewhere(spec: PollSpec) -> frozenset[Pair]:
    """Whom the lot has not given a project: others of their panel score it."""
    mine = set(spec.assigned)
    return frozenset(
        (judge, project)
        for judge, panel in panels(spec).items()
        if panel.each
        for project in spec.projects
        if (judge, project) not in mine
    )
