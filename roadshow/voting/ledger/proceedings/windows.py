"""Windows are opened and closed. (pure)"""

from roadshow.voting.acts import CloseBody, OpenBody, open_body
from roadshow.voting.ballot import canonical
from roadshow.voting.ledger.proceedings.kinds import Kind, Kinds, written_as
from roadshow.voting.ledger.proceedings.standing import Impossible, Standing
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.votes import FIRST_ROUND


def _written(body: OpenBody) -> bytes:
    head, tail = open_body(body.project, body.round)
    return head + canonical(body.closes_at) + tail


def _open(standing: Standing, _entry: LedgerEntry, body: OpenBody) -> None:
    standing.require_sealed()
    if body.project not in standing.rounds.get(body.round, ()):
        raise Impossible(f"there is no such window: {body.project}, round {body.round}")
    if body.round == FIRST_ROUND:
        standing.require_counting()
        standing.require_hidden(body.project)
        if standing.spec.carried is not None and body.project not in (standing.through or ()):
            raise Impossible(f"{body.project} is not through, or that was not fixed yet")
    standing.windows[body.project, body.round] = body.closes_at
    standing.opened.setdefault((body.project, body.round))


def _close(standing: Standing, entry: LedgerEntry, body: CloseBody) -> None:
    standing.require_sealed()
    window = (body.project, body.round)
    if window not in standing.windows:
        raise Impossible(f"the window of {body.project} is not open")
    closes_at = standing.windows[window]
    if body.by == "deadline" and (closes_at is None or entry.at.ms < closes_at):
        raise Impossible(f"the time of {body.project} was not over")
    del standing.windows[window]


KINDS: Kinds = {"open": Kind(written_as(OpenBody, _written), _open), "close": Kind(written_as(CloseBody), _close)}
