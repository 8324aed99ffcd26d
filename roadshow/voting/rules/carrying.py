"""What a project brings with it from an earlier poll. (pure)"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from roadshow.ids import PollId, ProjectId
from roadshow.voting.carried.terms import Brought, Scale, Taken
from roadshow.voting.spec import PollSpec


@dataclass(frozen=True, slots=True)
class Part:
    source: PollId
    was: ProjectId
    """Its id there."""
    place: int
    published: Fraction
    """Its points there, as everybody was told them."""
    value: Fraction
    """What of these is carried, of 100."""
    weight: int
    """Per cent of the score."""

    def joined(self, own: Fraction) -> Fraction:
        """The score, with what the project has here."""
        share = Fraction(self.weight, 100)
        return (1 - share) * own + share * self.value


def parts_of(spec: PollSpec, brought: Brought | None) -> Mapping[ProjectId, Part]:
    """Of each project that is through."""
    if spec.carried is None or brought is None:
        return {}
    terms = spec.carried
    came = {one.project: one for one in terms.came}
    taken = {one.poll: one for one in brought.sources}
    parts: dict[ProjectId, Part] = {}
    for line in brought.came:
        one, published = came[line.project], Fraction(line.score)
        value = scaled(published, taken[one.source], terms.scale)
        parts[line.project] = Part(one.source, one.was, line.place, published, value, terms.weight)
    return parts


def scaled(published: Fraction, taken: Taken, scale: Scale) -> Fraction:
    """Where even the best has no points, nobody brings any."""
    if scale == "points":
        return published
    best = Fraction(taken.best)
    return 100 * published / best if best > 0 else Fraction(0)


def behind(spec: PollSpec, brought: Brought | None) -> Iterable[ProjectId]:
    """Who is not through, and is not scored."""
    if spec.carried is None or brought is None:
        return ()
    through = {line.project for line in brought.came}
    return (project for project in spec.projects if project not in through)
