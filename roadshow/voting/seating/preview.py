"""What a substitution does to quorum and estimator, said before anybody signs it. (pure)"""

from collections import Counter
from collections.abc import Collection, Sequence

from roadshow.ids import PersonId, ProjectId
from roadshow.voting.entitlement import signing_seat
from roadshow.voting.review import OfferedSeat, Preview, Prospect
from roadshow.voting.rules.estimators import enough
from roadshow.voting.seating.seats import elsewhere, has_quorum, panels, shadows
from roadshow.voting.seating.substitutes import in_force, replaced
from roadshow.voting.spec import PollSpec, Trim
from roadshow.voting.tally import Pair, Substitution, Tally


def offered_seat(spec: PollSpec, seated: PollSpec, recused: Collection[Pair], tally: Tally) -> OfferedSeat | None:
    """The request that can still be signed, whose that is, and what it does. ``spec``: as the poll was begun;
    ``seated``: in force; ``recused``: all conflicts of interest."""
    asked = tally.offered
    if asked is None or tally.count.closed:
        return None
    return OfferedSeat(asked, signing_seat(seated, asked), preview(spec, recused, tally.substitutions, asked))


def preview(
    spec: PollSpec, recused: Collection[Pair], substitutions: Sequence[Substitution], asked: Substitution
) -> Preview:
    """``recused``: all conflicts of interest, those of the reserve among them."""
    later = spec.projects[spec.projects.index(asked.project) :]
    lost = {(asked.judge, project) for project in later}
    return Preview(
        without=_prospect(spec, recused, substitutions, lost),
        seated=_prospect(spec, recused, (*substitutions, asked), frozenset()),
    )


def _prospect(
    spec: PollSpec, recused: Collection[Pair], substitutions: Sequence[Substitution], lost: Collection[Pair]
) -> Prospect:
    now = in_force(spec, substitutions)
    out = {*recused, *lost, *elsewhere(now), *replaced(spec, substitutions)}
    unseen, seats = shadows(now), panels(now)

    def able(project: ProjectId) -> list[PersonId]:
        return [judge for judge in now.judges if judge not in unseen and (judge, project) not in out]

    def fewest(judges: Sequence[PersonId]) -> int:
        counts = Counter(seats[judge].id for judge in judges if judge in seats)
        return min((counts[panel.id] for panel in now.rules.panels if panel.weight), default=len(judges))

    jury = {project: able(project) for project in spec.projects}
    whole = {project: judges for project, judges in jury.items() if has_quorum(now.rules, seats, judges)}
    is_trimmed = all(fewest(judges) >= enough(now.rules.trim or Trim()) for judges in whole.values())
    falls_back = now.rules.estimator == "trimmed-mean" and not is_trimmed
    return Prospect(
        short=tuple(project for project in jury if project not in whole),
        estimator="mean" if falls_back else now.rules.estimator,
    )
