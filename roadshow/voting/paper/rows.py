"""What a store names of a card: three rows under its judge and project, joined by ``|``. (pure)"""

from collections.abc import Collection, Iterable, Mapping, MutableMapping
from typing import Any

import msgspec

from roadshow.errors import Conflict
from roadshow.ids import PersonId, ProjectId
from roadshow.voting.paper.acts import PaperBody
from roadshow.voting.tally import LedgerEntry, Pair
from roadshow.voting.votes import FIRST_ROUND

_bodies = msgspec.json.Decoder(PaperBody)
ROWS = ("paper", "paper-confirmed", "paper-contested")


def forget(names: MutableMapping[str, Any], pair: str) -> None:
    for row in ROWS:
        names.pop(f"{row}|{pair}", None)


def own_comes(names: MutableMapping[str, Any], pair: str, kind: str) -> None:
    """What the judge sends goes before a card, but a late ballot not before one that counts."""
    card = names.get(f"paper|{pair}")
    if not (kind == "late" and card is not None and names.get(f"ballot|{pair}|{FIRST_ROUND}") is card):
        forget(names, pair)


def decided(names: MutableMapping[str, Any], pair: str, *, accepted: bool) -> None:
    """The chair's word on a ballot that waited: a card stands with its own acceptance and goes with that of another."""
    ballot = names.pop(f"late|{pair}")
    if accepted != (names.get(f"paper|{pair}") is ballot):
        forget(names, pair)
    if accepted:
        names[f"ballot|{pair}|{FIRST_ROUND}"] = ballot


def require_confirmed(names: Mapping[str, Any]) -> None:
    """That no card waits for another person's word. Raises Conflict("paper.unconfirmed")."""
    pairs = (name.removeprefix("paper|") for name in names if name.startswith("paper|"))
    if any(f"paper-confirmed|{pair}" not in names for pair in pairs):
        raise Conflict("paper.unconfirmed")


def card_in(names: Mapping[str, LedgerEntry], number: int) -> tuple[LedgerEntry, str]:
    """The entry that typed a card, and whose it is. Raises Conflict("paper.moved_on") if it is not in force."""
    for name, entry in names.items():
        if name.startswith("paper|") and entry.sequence == number:
            return entry, name.removeprefix("paper|")
    raise Conflict("paper.moved_on")


def typed(entries: Iterable[LedgerEntry]) -> dict[int, Pair]:
    """Whose each card was that was ever typed in, by its entry."""
    bodies = ((entry.sequence, _bodies.decode(entry.body)) for entry in entries if entry.kind == "paper")
    return {number: (body.judge, body.project) for number, body in bodies if body.judge and body.project}


def confirmed(entries: Collection[LedgerEntry]) -> frozenset[Pair]:
    """For whom a card was, whatever became of it."""
    known = typed(entries)
    words = (_bodies.decode(entry.body).paper for entry in entries if entry.kind == "confirm-paper")
    return frozenset(known[number] for number in words if number in known)


def given_on_paper(
    names: Mapping[str, LedgerEntry], entries: Collection[LedgerEntry], judge: PersonId
) -> list[ProjectId]:
    """Projects for which a card of the judge waits, or was confirmed."""
    waiting = (name.split("|") for name in names if name.startswith(f"paper|{judge}|"))
    return [
        *(ProjectId(project) for _, _, project in waiting),
        *(one for who, one in confirmed(entries) if who == judge),
    ]
