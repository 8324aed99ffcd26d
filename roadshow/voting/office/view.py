"""Who leads a poll, and what it would do if somebody else did, said before anybody signs it. (pure)"""

from collections.abc import Collection

from roadshow.voting.entitlement import deciding
from roadshow.voting.office.passing import at_present, candidates, in_force, waiting
from roadshow.voting.review import OfferedChair, OfficeView, Outlook
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import Pair, PassedChair, PollState, Tally


def office_view(spec: PollSpec, state: PollState, recused: Collection[Pair]) -> OfficeView:
    """``spec``: as the poll was begun; ``recused``: all, declared and later ones."""
    tally, seated = state.tally, at_present(spec, state.tally)
    offered = waiting(tally, state.state)
    return OfficeView(
        chair=seated.chair,
        deputy=seated.deputy,
        passed=tally.passed,
        offered=None if offered is None else OfferedChair(offered, outlook(spec, tally, recused, offered)),
        candidates=() if state.announced else candidates(spec, tally.substitutions, tally.passed),
    )


def outlook(spec: PollSpec, tally: Tally, recused: Collection[Pair], asked: PassedChair) -> Outlook:
    then = in_force(at_present(spec, tally), (asked,))
    theirs = ((project, deciding(then, recused, (project,))) for project in spec.projects)
    return Outlook(
        elsewhere={project: office for project, office in theirs if office != "chair"},
        votes=asked.chair in then.judges,
        settles=not then.chosen_late,
        deputy=then.deputy,
    )
