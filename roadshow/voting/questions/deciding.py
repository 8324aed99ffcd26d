"""Who votes on a question, and whether the rules know it. (pure)"""

from collections.abc import Collection, Iterable, Sequence

from roadshow.ids import AwardId, PersonId, ProjectId
from roadshow.voting.seating.seats import shadows
from roadshow.voting.seating.substitutes import gone, in_force
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import Pair, Substitution


def is_asked(spec: PollSpec, award: AwardId | None) -> bool:
    """Whether the rules leave that to a vote, and of a sponsor's award, whether there is somebody to vote."""
    if award is None:
        return "jury" in spec.rules.tie_chain
    return award in voted_awards(spec)


def voted_awards(spec: PollSpec) -> tuple[AwardId, ...]:
    """Those on which a vote decides, in the order of the rules."""
    of_sponsors = {award for award, _ in spec.sponsors}
    return tuple(
        one.id for one in spec.rules.awards if one.by == "jury" or (one.by == "sponsor" and one.id in of_sponsors)
    )


def voters(
    spec: PollSpec,
    substitutions: Sequence[Substitution],
    barred: Collection[Pair],
    award: AwardId | None,
    projects: Iterable[ProjectId],
) -> tuple[PersonId, ...]:
    """Who may vote on these projects, in the jury's order: whoever has a seat at the end of the field that weighs
    something, and is not ``barred`` (recused, or their ballots set aside) from any of them. Of a sponsor's award the
    sponsor's people alone, on whatever panel they sit. ``spec``: as the poll was begun."""
    seated, about = in_force(spec, substitutions), tuple(projects)
    left = gone(substitutions)
    sponsors = {judge for one, judge in spec.sponsors if one == award}
    unheard = shadows(seated)
    return tuple(
        judge
        for judge in seated.judges
        if judge not in left
        and (judge in sponsors if sponsors else judge not in unheard)
        and not any((judge, project) in barred for project in about)
    )
