"""Who sits where, as the spec says. (pure)"""

from collections.abc import Mapping

from roadshow.ids import PersonId
from roadshow.voting.spec import Panel, PollSpec
from roadshow.voting.tally import Pair


def panels(spec: PollSpec) -> Mapping[PersonId, Panel]:
    """Each judge's panel. Of a jury that is one, nobody's."""
    known = {panel.id: panel for panel in spec.rules.panels}
    return {judge: known[panel] for judge, panel in spec.seats if panel in known}


def shadows(spec: PollSpec) -> frozenset[PersonId]:
    """Judges whose ballots never count."""
    return frozenset(judge for judge, panel in panels(spec).items() if not panel.weight)


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
