"""The count is closed, and opened again by two people. (pure)"""

from roadshow.voting.acts import MOST_COUNTS, ActBody
from roadshow.voting.deliberation.acts import DeliberateBody
from roadshow.voting.ledger.proceedings.kinds import Kind, Kinds, written_as
from roadshow.voting.ledger.proceedings.standing import Impossible, Standing, require_reason
from roadshow.voting.results import CeremonyState
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.votes import FIRST_ROUND


def _close(standing: Standing, _entry: LedgerEntry, body: ActBody) -> None:
    standing.require_sealed()
    standing.require_chair(body.by)
    standing.require_counting()
    if body.count != standing.count:
        raise Impossible(f"it closes count {body.count} where {standing.count} is open")
    standing.require_closed_windows()
    standing.require_no_late()
    standing.require_no_paper()
    standing.count_closed = True


def _ask(standing: Standing, entry: LedgerEntry, body: ActBody) -> None:
    require_reason(body.reason)
    _require_unannounced(standing)
    if body.by not in (standing.chair, standing.deputy):
        raise Impossible(f"{body.by} is neither the chair nor the deputy")
    if not standing.count_closed or body.count != standing.count:
        raise Impossible(f"count {body.count} is not closed")
    if standing.count >= MOST_COUNTS:
        raise Impossible(f"there are {MOST_COUNTS} counts at most")
    standing.asked = (entry.sequence, body.by)


def _reopen(standing: Standing, _entry: LedgerEntry, body: ActBody) -> None:
    if body.asked is None:
        _take_back(standing, body)
        return
    _require_unannounced(standing)
    if standing.asked is None or standing.asked[0] != body.asked:
        raise Impossible("no such request waits")
    is_free = body.by not in (standing.asked[1], standing.chair, *standing.stood_down)
    if not is_free or body.by in standing.judges:
        raise Impossible(f"{body.by} is no second person who could sign it")
    standing.require_closed_windows()
    standing.count, standing.count_closed, standing.asked = standing.count + 1, False, None
    standing.ruled.clear()
    standing.state, standing.confirmed = CeremonyState.SEALED, None


def _take_back(standing: Standing, body: ActBody) -> None:
    """A confirmation, by the chair alone: so it was before counts were closed."""
    require_reason(body.reason)
    standing.require_chair(body.by)
    if standing.counts or standing.count_closed:
        raise Impossible("the chair alone reopens nothing")
    if standing.state not in (CeremonyState.AWAITING, CeremonyState.CONFIRMED) or body.version != standing.version:
        raise Impossible("there is nothing to reopen")
    standing.state, standing.confirmed = CeremonyState.SEALED, None


def _require_unannounced(standing: Standing) -> None:
    if standing.announced:
        raise Impossible("a place was announced")


def _deliberate(standing: Standing, _entry: LedgerEntry, body: DeliberateBody) -> None:
    standing.require_sealed()
    standing.require_chair(body.by)
    standing.require_counting()
    standing.require_closed_windows()
    if not standing.spec.rules.deliberation:
        raise Impossible("the rules have no deliberation")
    if standing.deliberated:
        raise Impossible("the cards were opened once more before")
    judged = [one for one in standing.spec.projects if (one, FIRST_ROUND) in standing.opened]
    if list(body.projects) != judged or not judged:
        raise Impossible("it is not about all that were judged")
    for project in judged:
        standing.require_hidden(project)
    standing.deliberated = True


KINDS: Kinds = {
    "deliberate": Kind(written_as(DeliberateBody), _deliberate),
    "close-count": Kind(written_as(ActBody), _close),
    "ask-reopening": Kind(written_as(ActBody), _ask),
    "reopen": Kind(written_as(ActBody), _reopen),
}
