"""Some of a panel's judges for each project, by a lot that anybody can draw again. (pure)

Whoever knows the spec draws the same: nothing but hashes decides where the rule leaves a choice. What the organiser
should not be able to choose is a word in the rules (``draw``) which is drawn in public.
"""

from collections import Counter
from collections.abc import Sequence

from roadshow.ids import PersonId, ProjectId
from roadshow.voting.ballot import digest
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import Pair


def drawn(spec: PollSpec) -> tuple[Pair, ...]:
    """What ``spec.assigned`` has to be: panel by panel in the order of the rules, in each by project and judge as they
    stand in the spec. Asks nothing of ``spec.assigned`` itself."""
    pairs: list[Pair] = []
    for panel in spec.rules.panels:
        if panel.each:
            members = [judge for judge, named in spec.seats if named == panel.id]
            chosen = _panel(spec, members, panel.each)
            pairs += [(judge, project) for project in spec.projects for judge in members if (judge, project) in chosen]
    return tuple(pairs)


def _panel(spec: PollSpec, members: Sequence[PersonId], each: int) -> set[Pair]:
    """Those with least to do come first, so that nobody has two projects more than another unless conflicts of interest
    ask for it; of these whoever has met the project's other judges least often, so that all are compared with all."""

    def lot(project: ProjectId, judge: str = "") -> str:
        return digest("\n".join((spec.poll, spec.rules.draw, project, judge)).encode())

    recused = set(spec.recused)
    able = {project: [judge for judge in members if (judge, project) not in recused] for project in spec.projects}
    load: Counter[PersonId] = Counter()
    met: dict[PersonId, Counter[PersonId]] = {judge: Counter() for judge in members}
    chosen: set[Pair] = set()
    # Where conflicts leave few to choose from, the choice is made while all of them are free.
    for project in sorted(spec.projects, key=lambda one: (len(able[one]), lot(one))):
        free = {judge: lot(project, judge) for judge in able[project]}
        meetings: Counter[PersonId] = Counter()
        seated: list[PersonId] = []
        while free and len(seated) < each:
            next_ = min(free, key=lambda one: (load[one], meetings[one], free[one]))
            del free[next_]
            meetings.update(met[next_])
            seated.append(next_)
        load.update(seated)
        for judge in seated:
            met[judge].update(other for other in seated if other != judge)
        chosen |= {(judge, project) for judge in seated}
    return chosen
