"""Who holds the chair's office now, and who may have it next. (pure)

What a poll was begun with never changes. So whoever asks who is the chair takes the spec *in force*: as if it had
named the present chair from the beginning.
"""

from collections.abc import Sequence

from msgspec import structs

from roadshow.errors import Conflict, NotAllowed
from roadshow.ids import PersonId
from roadshow.voting.results import CeremonyState
from roadshow.voting.seating import substitutes
from roadshow.voting.seating.seats import shadows
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import Count, PassedChair, Substitution, Tally


def at_present(spec: PollSpec, tally: Tally) -> PollSpec:
    """The spec with whoever has an office or a seat by now."""
    return in_force(substitutes.in_force(spec, tally.substitutions), tally.passed)


def in_force(spec: PollSpec, passed: Sequence[PassedChair]) -> PollSpec:
    """The spec with the present chair. The deputy who became chair leaves no deputy behind: who is to sign in a
    deputy's place is not chosen in the middle of a field."""
    for one in passed:
        was_deputy = one.chair == spec.deputy
        spec = structs.replace(
            spec,
            chair=one.chair,
            deputy=None if was_deputy else spec.deputy,
            stood_down=(*spec.stood_down, spec.chair),
            chosen_late=one.count is not None and not was_deputy,
        )
    return spec


def candidates(
    spec: PollSpec, substitutions: Sequence[Substitution], passed: Sequence[PassedChair]
) -> tuple[PersonId, ...]:
    """Who may have the office next: the deputy, then the judges with a seat that counts, in the jury's order; nobody
    who has had it. ``spec``: as the poll was begun."""
    seated = in_force(substitutes.in_force(spec, substitutions), passed)
    out = {seated.chair, *seated.stood_down, *shadows(seated), *substitutes.gone(substitutions)}
    deputy = () if seated.deputy is None else (seated.deputy,)
    judges = (judge for judge in seated.judges if judge not in out and judge != seated.deputy)
    return (*deputy, *judges)


def told_by(count: Count) -> int | None:
    """What a request says of the count: its number, once it is known who stands level. That is so from the first
    closing on; opened again, a count takes nothing back that people have seen. None: nobody knows yet."""
    return count.number if count.closed or count.number > 1 else None


def require_free(
    spec: PollSpec,
    substitutions: Sequence[Substitution],
    passed: Sequence[PassedChair],
    asked: tuple[PersonId, int | None],
    *,
    count: Count,
    announced: int,
    has_begun: bool,
) -> None:
    """Whether the office can pass. ``asked``: to whom, and which count is said to be closed. Raises what
    ``acts.AskChair`` does."""
    person, said = asked
    if announced:
        raise Conflict("result.announced")
    if not has_begun:
        raise Conflict("chair.early")
    if said != told_by(count):
        raise Conflict("chair.moved_on")
    if person not in candidates(spec, substitutions, passed):
        raise NotAllowed("chair.person")


def waiting(tally: Tally, state: CeremonyState) -> PassedChair | None:
    """The request that can still be signed."""
    asked = tally.asked_chair
    if asked is None or state in (CeremonyState.REVEALING, CeremonyState.REVEALED):
        return None
    return asked if asked.count == told_by(tally.count) else None
