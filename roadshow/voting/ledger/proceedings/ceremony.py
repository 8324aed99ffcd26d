"""From ties to the last announcement. (pure)"""

from roadshow.voting.acts import ActBody, ConfirmBody, RevealBody, RevoteBody, SettleBody
from roadshow.voting.ledger.proceedings.kinds import Kind, Kinds, written_as
from roadshow.voting.ledger.proceedings.standing import Impossible, Standing
from roadshow.voting.results import CeremonyState
from roadshow.voting.tally import LedgerEntry


def _settle(standing: Standing, _entry: LedgerEntry, body: SettleBody) -> None:
    standing.require_sealed()
    standing.require_deciding(body.chair, body.order, settles=True)
    standing.require_counted()


def _revote(standing: Standing, _entry: LedgerEntry, body: RevoteBody) -> None:
    standing.require_sealed()
    standing.require_deciding(body.chair, body.projects, settles=True)
    standing.require_counted()
    standing.require_closed_windows()
    if body.round != max(standing.rounds) + 1 or not standing.projects.issuperset(body.projects):
        raise Impossible("there is no such round")
    standing.rounds[body.round] = frozenset(body.projects)


def _confirm(standing: Standing, entry: LedgerEntry, body: ConfirmBody) -> None:
    standing.require_sealed()
    standing.require_chair(body.chair)
    standing.require_closed_windows()
    standing.require_no_late()
    standing.require_counted()
    standing.version += 1
    standing.confirmed = (entry.sequence, body)
    second = standing.spec.rules.second_confirmation
    standing.state = CeremonyState.AWAITING if second else CeremonyState.CONFIRMED


def _countersign(standing: Standing, _entry: LedgerEntry, body: ActBody) -> None:
    if standing.state is not CeremonyState.AWAITING or body.version != standing.version:
        raise Impossible("no second signature is wanted")
    if body.by == standing.chair or body.by in standing.stood_down:
        raise Impossible("the second signature is the chair's own, or of who was chair before")
    standing.state = CeremonyState.CONFIRMED


def _reveal(standing: Standing, _entry: LedgerEntry, body: RevealBody) -> None:
    if standing.state not in (CeremonyState.CONFIRMED, CeremonyState.REVEALING):
        raise Impossible("the result is not confirmed")
    if standing.after.has_begun:
        raise Impossible("the last place was announced before")
    if body.announced != standing.announced + 1:
        raise Impossible(f"it announces place number {body.announced} where {standing.announced + 1} is next")
    standing.announced += 1
    standing.after.published_at = standing.at
    standing.state = CeremonyState.REVEALING


KINDS: Kinds = {
    "settle": Kind(written_as(SettleBody), _settle),
    "revote": Kind(written_as(RevoteBody), _revote),
    "confirm": Kind(written_as(ConfirmBody), _confirm),
    "countersign": Kind(written_as(ActBody), _countersign),
    "reveal": Kind(written_as(RevealBody), _reveal),
}
