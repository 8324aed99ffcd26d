"""When the chair's word on single ballots and projects still may change the scores. (pure)

Once all have had their turn the chair is told who stands level. Whoever could then take points off, look, and take off
others would find every score by trial. So rulings rest from there on; only a result that was taken back, with a reason
that everybody reads later, lets each of them change once more.
"""

from collections.abc import Sequence

import msgspec

from roadshow.errors import Conflict
from roadshow.voting.acts import ActBody, Penalise, Restore, Void
from roadshow.voting.tally import EntryKind, LedgerEntry

Ruling = Penalise | Void | Restore
"""Late ballots are none: most come when all is over, and each is accepted or rejected once."""

_ABOUT_BALLOTS: tuple[EntryKind, ...] = ("void", "restore")
_acts = msgspec.json.Decoder(ActBody)


def require_timely(ruling: Ruling, entries: Sequence[LedgerEntry]) -> None:
    """``entries``: the whole ledger of a poll that is not confirmed, and whose ties may be told. Raises
    Conflict("ruling.too_late"), or Conflict("ruling.repeated") where one of the kind came since the reopening."""
    reopened = max((entry.sequence for entry in entries if entry.kind == "reopen"), default=None)
    if reopened is None:
        raise Conflict("ruling.too_late")
    if any(_is_about(entry, ruling) for entry in entries if entry.sequence > reopened):
        raise Conflict("ruling.repeated")


def _is_about(entry: LedgerEntry, ruling: Ruling) -> bool:
    """Whether it decided what ``ruling`` is to decide."""
    match ruling:
        case Penalise(project=project):
            return entry.kind == "penalty" and _acts.decode(entry.body).project == project
        case Void(judge=judge, project=project) | Restore(judge=judge, project=project):
            if entry.kind not in _ABOUT_BALLOTS:
                return False
            body = _acts.decode(entry.body)
            return (body.judge, body.project) == (judge, project)
