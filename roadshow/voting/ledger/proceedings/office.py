"""The chair's office passes to another person: one asks, another signs. (pure)"""

from roadshow.ids import PersonId
from roadshow.voting.acts import ActBody
from roadshow.voting.ledger.proceedings.kinds import Kind, Kinds, written_as
from roadshow.voting.ledger.proceedings.standing import Impossible, Standing, require_reason
from roadshow.voting.tally import LedgerEntry


def _ask(standing: Standing, entry: LedgerEntry, body: ActBody) -> None:
    require_reason(body.reason)
    if body.by not in (standing.chair, standing.deputy) and not standing.is_organiser(body.by):
        raise Impossible(f"{body.by} had not to ask for another chair")
    _require_free(standing, body)
    standing.asked_chair = (entry.sequence, body)


def _pass(standing: Standing, _entry: LedgerEntry, body: ActBody) -> None:
    if standing.asked_chair is None or standing.asked_chair[0] != body.asked:
        raise Impossible("no such request waits")
    asked = standing.asked_chair[1]
    is_second = body.by == standing.deputy or standing.is_organiser(body.by)
    if not is_second or body.by == asked.by:
        raise Impossible(f"{body.by} is no second person who could sign it")
    chair = _require_free(standing, asked)
    was_deputy = chair == standing.deputy
    standing.stood_down.add(standing.chair)
    standing.chair, standing.deputy = chair, None if was_deputy else standing.deputy
    standing.chosen_late = _told_by(standing) is not None and not was_deputy
    standing.asked_chair = None


def _require_free(standing: Standing, asked: ActBody) -> PersonId:
    """Who is to have it."""
    if standing.announced:
        raise Impossible("a place was announced")
    if not standing.opened:
        raise Impossible("the voting has not begun")
    if asked.count != _told_by(standing):
        raise Impossible("the count was closed, or opened, meanwhile")
    chair = asked.chair
    if chair is None or chair == standing.chair or chair in standing.stood_down:
        raise Impossible("it does not say who is to have the office, or says who has it or had it")
    if chair != standing.deputy and not _has_a_voice(standing, chair):
        raise Impossible(f"{chair} is neither the deputy nor a judge with a seat that counts")
    return chair


def _told_by(standing: Standing) -> int | None:
    """The count, once it is known who stands level."""
    return standing.count if standing.count_closed or standing.count > 1 else None


def _has_a_voice(standing: Standing, person: PersonId) -> bool:
    weights = {panel.id: panel.weight for panel in standing.spec.rules.panels}
    panels = dict(standing.spec.seats)
    began = (judge for judge, seat in standing.seats.items() if seat[-1] == person)
    return any(judge not in panels or weights[panels[judge]] > 0 for judge in began)


KINDS: Kinds = {
    "ask-chair": Kind(written_as(ActBody), _ask),
    "pass-chair": Kind(written_as(ActBody), _pass),
}
