"""Rulings: what changes a score without a ballot. (pure)"""

from roadshow.voting.acts import ActBody
from roadshow.voting.ledger.proceedings.kinds import Kind, Kinds, written_as
from roadshow.voting.ledger.proceedings.standing import Impossible, Standing, require_reason
from roadshow.voting.tally import LedgerEntry, Pair, SetAside


def _rule(standing: Standing, entry: LedgerEntry, body: ActBody) -> None:
    require_reason(body.reason)
    standing.require_sealed()
    if body.project is None or body.project not in standing.projects:
        raise Impossible("there is no such project")
    is_penalty = entry.kind == "penalty"
    if not (is_penalty and standing.is_organiser(body.by)):  # a penalty may be the organiser's
        standing.require_deciding(body.by, (body.project,), body.judge)
    standing.require_counting()
    if standing.shown.get(body.project) == standing.count:
        raise Impossible(f"the cards of {body.project} were shown in this count")
    upon = ("penalty" if is_penalty else "late" if body.late else "ballots", body.judge, body.project)
    if upon in standing.ruled:
        raise Impossible("it was decided before in this count")
    if is_penalty:
        if body.points is None or body.points < 0:
            raise Impossible("there is no such penalty")
    elif body.judge is None:
        raise Impossible("it does not say whose ballot it is about")
    elif entry.kind in ("void", "restore"):
        _set_aside(standing, entry, (body.judge, body.project), body.reason or "")
    else:
        _decide_late(standing, entry, (body.judge, body.project), body)
    if standing.count > 1:
        standing.ruled.add(upon)


def _set_aside(standing: Standing, entry: LedgerEntry, pair: Pair, reason: str) -> None:
    if entry.kind == "void":
        counts = standing.holds(*pair) if standing.form else standing.counted.get(pair) in ("ballot", "late", "paper")
        if pair in standing.void or not counts:
            raise Impossible("there is no ballot that counts")
        standing.void[pair] = SetAside(*pair, reason)
    elif standing.void.pop(pair, None) is None:
        raise Impossible("the ballots are not set aside")


def _decide_late(standing: Standing, entry: LedgerEntry, pair: Pair, body: ActBody) -> None:
    if body.late is None or standing.late.get(pair) != body.late:
        raise Impossible("no such late ballot waits")
    card = standing.papers.get(pair)
    on_paper = card is not None and card.entry == body.late
    if card is not None and on_paper and body.by in (card.typed.by, card.confirmed_by):
        raise Impossible(f"{body.by} had a hand in that ballot by paper")
    if entry.kind == "accept" and pair in standing.void:
        raise Impossible("the ballots are set aside")
    del standing.late[pair]
    if on_paper != (entry.kind == "accept"):  # the card's rejection, or the acceptance of what the judge sent
        standing.papers.pop(pair, None)
    if entry.kind == "accept":
        standing.counted[pair] = "paper" if on_paper else "late"


_RULING = Kind(written_as(ActBody), _rule)
KINDS: Kinds = {"accept": _RULING, "reject": _RULING, "void": _RULING, "restore": _RULING, "penalty": _RULING}
