"""Who may do what with a card of paper. (pure)"""

from collections.abc import Iterable

from roadshow.errors import InputError, NotAllowed, NotFound
from roadshow.ids import PersonId
from roadshow.voting.acts import AcceptLate, Act, RejectLate
from roadshow.voting.entitlement import office_of
from roadshow.voting.paper.acts import CLAIMS, FAULTS, ConfirmCard, ContestCard, PaperAct, RejectCard, TypeCard
from roadshow.voting.paper.cards import Card, numbered
from roadshow.voting.spec import PollSpec


def require_paper(spec: PollSpec, cards: Iterable[Card], by: PersonId, act: PaperAct) -> None:
    """Cards are typed in by the clerks that the spec names; another clerk confirms, or an organiser; both may reject.
    Its judge alone contests one. Raises NotFound("paper.none") for a poll without clerks, NotAllowed("paper.not_clerk",
    "paper.second_person", "paper.not_yours"), InputError("paper.malformed"). Whoever calls has checked that who is
    neither of the jury nor a clerk organises."""
    if not spec.clerks:
        raise NotFound("paper.none")
    is_clerk = by in spec.clerks
    match act:
        case TypeCard():
            if not is_clerk:
                raise NotAllowed("paper.not_clerk")
        case ConfirmCard(paper=number):
            card = numbered(cards, number)
            typed_it = card is not None and card.typed.ballot.typed_by == by
            if typed_it or not (is_clerk or office_of(spec, by) == "organiser"):
                raise NotAllowed("paper.second_person")
        case RejectCard(category=fault):
            if not (is_clerk or office_of(spec, by) == "organiser"):
                raise NotAllowed("paper.not_clerk")
            if fault not in FAULTS:
                raise InputError("paper.malformed")
        case ContestCard(paper=number, category=claim):
            card = numbered(cards, number)
            if by not in (*spec.judges, *spec.reserve) or (card is not None and card.typed.ballot.judge != by):
                raise NotAllowed("paper.not_yours")
            if claim not in CLAIMS:
                raise InputError("paper.malformed")


def require_no_hand(cards: Iterable[Card], by: PersonId, act: Act) -> None:
    """Who typed a card in, or confirmed it, does not also decide whether it counts. Raises
    NotAllowed("ruling.conflict")."""
    if isinstance(act, AcceptLate | RejectLate):
        card = numbered(cards, act.late)
        if card is not None and by in card.handled_by:
            raise NotAllowed("ruling.conflict")
