"""A judge's seat passes to somebody of the reserve: one asks, another signs. (pure)"""

from roadshow.ids import PersonId, ProjectId
from roadshow.voting.acts import ActBody
from roadshow.voting.ledger.proceedings.kinds import Kind, Kinds, written_as
from roadshow.voting.ledger.proceedings.standing import Impossible, Standing, require_reason
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.votes import FIRST_ROUND


def _ask(standing: Standing, entry: LedgerEntry, body: ActBody) -> None:
    require_reason(body.reason)
    by, judge, substitute, project = _named(body)
    has_office = by in (standing.chair, standing.deputy) or standing.is_organiser(by)
    if not has_office or by in (judge, substitute):
        raise Impossible(f"{by} had not to ask for a substitute")
    _require_free(standing, judge, substitute, project)
    standing.offered = (entry.sequence, body)


def _take(standing: Standing, _entry: LedgerEntry, body: ActBody) -> None:
    if standing.offered is None or standing.offered[0] != body.asked:
        raise Impossible("no such request waits")
    asked_by, judge, substitute, project = _named(standing.offered[1])
    concerned = (asked_by, judge, substitute)
    second = next((one for one in (standing.deputy, standing.chair) if one is not None and one not in concerned), None)
    is_second = body.by == second or (second is None and standing.is_organiser(body.by))
    if not is_second or body.by in concerned:
        raise Impossible(f"{body.by} is no second person who could sign it")
    _require_free(standing, judge, substitute, project)
    spec, at = standing.spec, standing.spec.projects.index(project)
    seat = next(seat for seat in standing.seats.values() if seat[-1] == judge)
    seat[at:] = [substitute] * (len(seat) - at)
    if judge in standing.by_lot:
        standing.by_lot.add(substitute)
        standing.assigned |= {(substitute, one) for one in spec.projects[at:] if (judge, one) in standing.assigned}
    standing.judges.add(substitute)
    standing.sat_down.append(substitute)
    standing.reserve.remove(substitute)
    standing.offered = None


def _named(body: ActBody) -> tuple[PersonId, PersonId, PersonId, ProjectId]:
    if body.judge is None or body.substitute is None or body.project is None:
        raise Impossible("it does not say who comes for whom, or from when on")
    return body.by, body.judge, body.substitute, body.project


def _require_free(standing: Standing, judge: PersonId, substitute: PersonId, project: ProjectId) -> None:
    standing.require_sealed()
    standing.require_counting()
    if project not in standing.projects:
        raise Impossible("there is no such project")
    if substitute not in standing.reserve:
        raise Impossible(f"{substitute} is not on the reserve")
    if not standing.sits(judge, project) or not standing.has_a_seat(judge):
        raise Impossible(f"{judge} does not sit there")
    later = standing.spec.projects[standing.spec.projects.index(project) :]
    on_paper = standing.carded | standing.papers.keys()
    if any((judge, one, FIRST_ROUND) in standing.revisions or (judge, one) in on_paper for one in later):
        raise Impossible(f"{judge} has given something for {project} or a later project")
    for one in later:
        standing.require_hidden(one)


KINDS: Kinds = {
    "ask-substitute": Kind(written_as(ActBody), _ask),
    "substitute": Kind(written_as(ActBody), _take),
}
