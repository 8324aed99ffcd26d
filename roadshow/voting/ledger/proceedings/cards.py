"""Cards are shown before the ceremony. (pure)"""

from collections import Counter

from roadshow.ids import PanelId, PersonId, ProjectId
from roadshow.voting.acts import BY_RULE, ActBody
from roadshow.voting.ledger.proceedings.kinds import Kind, Kinds, written_as
from roadshow.voting.ledger.proceedings.standing import Impossible, Standing
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.votes import FIRST_ROUND


def _show(standing: Standing, _entry: LedgerEntry, body: ActBody) -> None:
    standing.require_sealed()
    project = body.project
    if not standing.spec.rules.shows_cards:
        raise Impossible("the rules show no cards")
    if project is None or project not in standing.projects:
        raise Impossible("there is no such project")
    standing.require_hidden(project)
    _require_moment(standing, project)
    if any(one == project for _judge, one in standing.late):
        raise Impossible(f"a late ballot for {project} waits for the chair's word")
    standing.require_no_paper(project)
    sitting = _sitting(standing, project)
    given = Counter(panel for judge, panel in sitting.items() if _counts(standing, judge, project))
    short = [one for one in standing.spec.rules.panels if one.weight and given[one.id] < max(one.quorum, 1)]
    if given.total() < max(standing.spec.rules.quorum, 1) or short:
        raise Impossible(f"{project} has too few ballots")
    missing = sum(
        (judge, project) not in standing.counted and (judge, project) not in standing.recused for judge in sitting
    )
    if body.missing != missing:
        raise Impossible(f"it says that {body.missing} judges are missing where {missing} are")
    if body.by == BY_RULE and (missing or not standing.spec.rules.shown_by_itself):
        raise Impossible("it does not say who showed them")
    standing.shown[project] = standing.count


def _require_moment(standing: Standing, project: ProjectId) -> None:
    opened = [one for one, in_round in standing.opened if in_round == FIRST_ROUND]
    if project not in opened or standing.is_open(project, FIRST_ROUND):
        raise Impossible(f"the window of {project} is not over")
    if standing.spec.rules.scores_told == "after-each" or standing.count_closed:
        return
    if all(standing.is_open(one, FIRST_ROUND) for one in opened[opened.index(project) + 1 :]):
        raise Impossible(f"nothing that came after {project} was judged")


def _sitting(standing: Standing, project: ProjectId) -> dict[PersonId, PanelId | None]:
    """Who has a seat for the project that weighs something, unless the lot gave it to others; with their panels."""
    at, seats = standing.spec.projects.index(project), dict(standing.spec.seats)
    shadow = {panel.id for panel in standing.spec.rules.panels if not panel.weight}
    return {
        who[at]: seats.get(began)
        for began, who in standing.seats.items()
        if seats.get(began) not in shadow
        and (who[at] not in standing.by_lot or (who[at], project) in standing.assigned)
    }


def _counts(standing: Standing, judge: PersonId, project: ProjectId) -> bool:
    pair = (judge, project)
    return pair not in standing.void and standing.counted.get(pair) in ("ballot", "late", "paper")


KINDS: Kinds = {"show-cards": Kind(written_as(ActBody), _show)}
