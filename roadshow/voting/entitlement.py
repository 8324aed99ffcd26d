"""Who may do what in a poll, whatever it has come to. (pure)"""

from collections.abc import Collection, Iterable

from roadshow.errors import Conflict, InputError, NotAllowed, NotFound
from roadshow.ids import PersonId, ProjectId
from roadshow.voting.acts import (
    AcceptLate,
    Act,
    AskReopening,
    AskSubstitute,
    CloseCount,
    Countersign,
    Penalise,
    RejectLate,
    Reopen,
    Restore,
    Seating,
    ShowCards,
    Substitute,
    Void,
)
from roadshow.voting.ballot import check_reason
from roadshow.voting.identity.browsers import UseBrowser
from roadshow.voting.identity.keys import AskKey, SignKey
from roadshow.voting.office.acts import AskChair, PassChair, Passing
from roadshow.voting.review import Office
from roadshow.voting.seating.pairings import opponents
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import Pair, PassedChair, PollState, Substitution
from roadshow.voting.votes import FIRST_ROUND, Cast

MAX_PENALTY = 100_00
"""Hundredths of a point: all that a project can have."""


def require_judge(spec: PollSpec, judge: PersonId, project: ProjectId) -> None:
    """Raises NotAllowed("ballot.not_entitled"), NotFound("project.unknown")."""
    if judge not in (*spec.judges, *spec.reserve):  # whether the reserve has a seat, the store knows
        raise NotAllowed("ballot.not_entitled")
    if project not in spec.projects:
        raise NotFound("project.unknown")


def require_heard(spec: PollSpec, judge: PersonId, cast: Cast, state: PollState) -> None:
    """What is no scores holds projects that have pitched; an order of a re-vote all of the tie, and no other. What was
    opened once stays so, and needs no second look. Raises Conflict("ballot.unheard"), InputError("ballot.order"); of
    comparisons as ``_require_met``."""
    if cast.round == FIRST_ROUND and not cast.scores.keys() <= set(state.opened):
        raise Conflict("ballot.unheard")
    tied = [set(one.projects) for one in state.tally.revotes if one.round == cast.round]
    if spec.rules.ballots == "pairs":
        _require_met(spec, judge, cast, state)
    elif cast.round != FIRST_ROUND and cast.scores.keys() not in tied:
        raise InputError("ballot.order")


def _require_met(spec: PollSpec, judge: PersonId, cast: Cast, state: PollState) -> None:
    """Comparisons are the judge's by lot, and in a re-vote any within the tie. Raises NotAllowed("ballot.undrawn"),
    Conflict("ballot.recused") for one with a project they are recused from, InputError("ballot.pairs")."""
    if cast.round != FIRST_ROUND:
        tied = {project for one in state.tally.revotes if one.round == cast.round for project in one.projects}
        if not {cast.project, *cast.scores} <= tied:
            raise InputError("ballot.pairs")
        return
    recused = {project for one, project in spec.recused if one == judge}
    recused |= {one.ballot.project for one in state.tally.ballots if one.ballot.judge == judge and one.ballot.recused}
    if not recused.isdisjoint(cast.scores):
        raise Conflict("ballot.recused")
    if not cast.scores.keys() <= opponents(spec, judge)[cast.project]:
        raise NotAllowed("ballot.undrawn")


def require_chair(spec: PollSpec, person: PersonId) -> None:
    """Raises NotAllowed("result.not_chair")."""
    if person != spec.chair:
        raise NotAllowed("result.not_chair")


def office_of(spec: PollSpec, person: PersonId) -> Office | None:
    """None: a judge without an office, a clerk, or who was chair before. Whoever calls has checked that all others are
    organisers. ``spec``, here and in what follows: in force (``office.passing``)."""
    if person == spec.chair:
        return "chair"
    if person == spec.deputy:
        return "deputy"
    return None if person in (*spec.judges, *spec.reserve, *spec.clerks, *spec.stood_down) else "organiser"


def deciding(
    spec: PollSpec,
    recused: Collection[Pair],
    projects: Iterable[ProjectId],
    judge: PersonId | None = None,
    *,
    settles: bool = False,
) -> Office:
    """Whose it is to decide something about these projects, or about the ballots of ``judge`` for them: nobody decides
    about a project they are recused from, or about ballots of their own. ``settles``: who goes first of those level, or
    has an award; nobody does who was chosen for the chair by people who knew. ``recused``: all, declared and later
    ones."""
    about = tuple(projects)
    chair = None if settles and spec.chosen_late else spec.chair
    offices: tuple[tuple[Office, PersonId | None], ...] = (("chair", chair), ("deputy", spec.deputy))
    for office, person in offices:
        if person is not None and person != judge and not any((person, project) in recused for project in about):
            return office
    return "organiser"


def require_deciding(
    spec: PollSpec,
    recused: Collection[Pair],
    by: PersonId,
    projects: Iterable[ProjectId],
    judge: PersonId | None = None,
    *,
    settles: bool = False,
) -> None:
    """As ``deciding``. Raises NotAllowed("ruling.conflict") for whoever has an office and may not use it here, and
    NotAllowed("result.not_chair") for all others whose decision it is not."""
    projects = tuple(projects)
    office = deciding(spec, recused, projects, judge, settles=settles)
    mine = office_of(spec, by)
    if mine == office:
        return
    in_conflict = by == judge or any((by, project) in recused for project in projects)
    raise NotAllowed("ruling.conflict" if mine is not None and in_conflict else "result.not_chair")


def signing_seat(spec: PollSpec, offered: Substitution) -> Office:
    """Whose signature a substitution needs: the deputy's, or the chair's, whichever first is not concerned."""
    concerned = (offered.by, offered.judge, offered.substitute)
    offices: tuple[tuple[Office, PersonId | None], ...] = (("deputy", spec.deputy), ("chair", spec.chair))
    return next((office for office, person in offices if person is not None and person not in concerned), "organiser")


def require_seating(spec: PollSpec, by: PersonId, act: Seating, offered: Substitution | None) -> None:
    """Whoever has an office may ask, unless it is about them; another of them signs. ``offered``: what waits. Raises
    NotAllowed("result.not_chair", "substitute.second_person"), InputError("reason.length")."""
    if isinstance(act, AskSubstitute):
        check_reason(act.reason)
        if office_of(spec, by) is None:
            raise NotAllowed("result.not_chair")
        if by in (act.judge, act.substitute):
            raise NotAllowed("substitute.second_person")
    elif offered is not None and (by == offered.by or office_of(spec, by) != signing_seat(spec, offered)):
        raise NotAllowed("substitute.second_person")


def require_passing(spec: PollSpec, by: PersonId, act: Passing, asked: PassedChair | None) -> None:
    """Whoever has an office may ask that the chair's go to somebody else; the deputy or an organiser signs, who has not
    asked. So nobody takes it alone: a judge neither asks nor signs, the deputy does one of both at most, and the chair
    does not choose who comes without anybody else. ``asked``: what waits. Raises NotAllowed("result.not_chair",
    "chair.second_person"), InputError("reason.length")."""
    office = office_of(spec, by)
    if isinstance(act, AskChair):
        check_reason(act.reason)
        if office is None:
            raise NotAllowed("result.not_chair")
    elif office not in ("deputy", "organiser") or (asked is not None and by == asked.by):
        raise NotAllowed("chair.second_person")


def require_act(
    spec: PollSpec,
    by: PersonId,
    act: Act,
    recused: Collection[Pair],
    offered: Substitution | None = None,
    asked_chair: PassedChair | None = None,
) -> None:
    """A ruling is the chair's unless they have a conflict of interest, a penalty may be the organiser's, too. Whoever
    signs, a result or another count, is neither the chair nor, for a count, a judge. Cards are shown by whoever runs
    the field, where the rules show any. All else is the chair's, and nothing is theirs who was chair before. Raises as
    above, and NotAllowed("result.same_person",
    "count.second_person", "key.second_person"), Conflict("cards.sealed"), InputError("reason.length"),
    InputError("penalty.out_of_range", maximum)."""
    if by in spec.stood_down:
        raise NotAllowed("result.not_chair")
    match act:
        case AskChair() | PassChair():
            require_passing(spec, by, act, asked_chair)
        case Countersign():
            if by == spec.chair:
                raise NotAllowed("result.same_person")
        case AskSubstitute() | Substitute():
            require_seating(spec, by, act, offered)
        case CloseCount():
            require_chair(spec, by)
        case AskReopening(reason=reason):
            if by != spec.deputy:
                require_chair(spec, by)
            check_reason(reason)
        case Reopen():
            if by == spec.chair or by in spec.judges:
                raise NotAllowed("count.second_person")
        case ShowCards(project=project):
            if not spec.rules.shows_cards:
                raise Conflict("cards.sealed")
            if project not in spec.projects:
                raise NotFound("project.unknown")
        case UseBrowser() | AskKey():
            raise NotAllowed("ballot.not_entitled")  # a judge's own: ``acting.judging``
        case SignKey():
            if office_of(spec, by) is None:
                raise NotAllowed("key.second_person")
        case Penalise(project=project, points=points, reason=reason):
            if office_of(spec, by) != "organiser":
                require_deciding(spec, recused, by, (project,))
            check_reason(reason)
            if project not in spec.projects:
                raise NotFound("project.unknown")
            if not 0 <= points <= MAX_PENALTY:
                raise InputError("penalty.out_of_range", maximum=MAX_PENALTY // 100)
        case Void() | Restore() | AcceptLate() | RejectLate():
            require_deciding(spec, recused, by, (act.project,), act.judge)
            check_reason(act.reason)
            require_judge(spec, act.judge, act.project)
