"""Acts with cards of paper, as the store in memory keeps them. (pure)"""

import msgspec

from roadshow.errors import Conflict, NotAllowed
from roadshow.ids import CommandId, PersonId
from roadshow.moments import Instant
from roadshow.voting.memory_poll import MemoryPoll
from roadshow.voting.paper.acts import (
    MOST_CARDS,
    ConfirmCard,
    ContestCard,
    PaperAct,
    PaperBody,
    RejectCard,
    TypeCard,
    paper_body,
    paper_kind,
)
from roadshow.voting.paper.rows import card_in, confirmed, forget, typed
from roadshow.voting.tally import LedgerEntry, Pair
from roadshow.voting.votes import FIRST_ROUND

_bodies = msgspec.json.Decoder(PaperBody)


def act_on_card(poll: MemoryPoll, by: PersonId, act: PaperAct, command: CommandId, now: Instant) -> int:
    """The number of its entry. Raises what ``VoteStore.paper`` does."""
    kind, body = paper_kind(act), paper_body(by, act, command)
    if poll.is_repeated(command, kind, body):
        return poll.commands[command].sequence
    poll.require_sealed()
    poll.require_counting()
    match act:
        case TypeCard():
            _require_typing(poll, act, now)
            entry = poll.append(kind, body, now, command)
            poll.names[f"paper|{act.judge}|{act.project}"] = entry
        case ConfirmCard():
            card, pair, late = _require_same(poll, by, act)
            entry = poll.append(kind, body, now, command)
            poll.names[f"paper-confirmed|{pair}"] = entry
            poll.names[f"late|{pair}" if late else f"ballot|{pair}|{FIRST_ROUND}"] = card
        case RejectCard():
            _, pair = _waiting(poll, act.paper)
            entry = poll.append(kind, body, now, command)
            forget(poll.names, pair)
        case _:
            card, pair = _require_own(poll, by, act)
            entry = poll.append(kind, body, now, command)
            poll.names[f"paper-contested|{pair}"] = entry
            if poll.names.get(f"ballot|{pair}|{FIRST_ROUND}") is card:
                poll.names[f"late|{pair}"] = poll.names.pop(f"ballot|{pair}|{FIRST_ROUND}")
    return entry.sequence


def _require_typing(poll: MemoryPoll, act: TypeCard, now: Instant) -> None:
    pair: Pair = (act.judge, act.project)
    if act.judge not in poll.seated.judges or act.project not in poll.spec.projects:
        raise NotAllowed("ballot.not_entitled")
    if pair in poll.replaced:
        raise NotAllowed("ballot.replaced")
    if pair in poll.recused:
        raise Conflict("ballot.recused")
    if pair in poll.elsewhere:
        raise NotAllowed("ballot.elsewhere")
    if f"void|{act.judge}|{act.project}" in poll.names:
        raise Conflict("ballot.void")
    poll.require_hidden(act.project)
    if pair in confirmed(poll.entries):
        raise Conflict("paper.used")
    if (*pair, FIRST_ROUND) in poll.revisions:
        raise Conflict("paper.voted")
    if f"paper|{act.judge}|{act.project}" in poll.names:
        raise Conflict("paper.waiting")
    poll.close_if_over(act.project, FIRST_ROUND, now)
    is_open = poll.is_open(act.project, FIRST_ROUND, now)
    if act.late and is_open:
        raise Conflict("ballot.open")
    if not is_open and not (act.late and (act.project, FIRST_ROUND) in poll.windows):
        raise Conflict("ballot.closed")
    if list(typed(poll.entries).values()).count(pair) >= MOST_CARDS:
        raise Conflict("paper.too_many", limit=MOST_CARDS)


def _waiting(poll: MemoryPoll, number: int) -> tuple[LedgerEntry, str]:
    entry, pair = card_in(poll.names, number)
    if f"paper-confirmed|{pair}" in poll.names:
        raise Conflict("paper.moved_on")
    return entry, pair


def _require_same(poll: MemoryPoll, by: PersonId, act: ConfirmCard) -> tuple[LedgerEntry, str, bool]:
    entry, pair = _waiting(poll, act.paper)
    card = _bodies.decode(entry.body)
    if by == card.by or by in (*poll.seated.judges, *poll.seated.reserve):
        raise NotAllowed("paper.second_person")
    if f"void|{pair}" in poll.names:
        raise Conflict("ballot.void")
    if (card.code, card.scores) != (act.code, act.scores):
        raise Conflict("paper.differs")
    return entry, pair, card.late


def _require_own(poll: MemoryPoll, by: PersonId, act: ContestCard) -> tuple[LedgerEntry, str]:
    entry, pair = card_in(poll.names, act.paper)
    card = _bodies.decode(entry.body)
    if f"paper-confirmed|{pair}" not in poll.names or card.judge != by or card.project is None:
        raise Conflict("paper.moved_on")
    if poll.shown.get(card.project) == poll.count.number:
        raise Conflict("cards.shown")
    if f"paper-contested|{pair}" in poll.names:
        raise Conflict("paper.contested")
    return entry, pair
