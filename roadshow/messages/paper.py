"""What is refused around judges' cards of paper."""

from collections.abc import Mapping

from roadshow.messages.marking import _

MESSAGES: Mapping[str, str] = {
    "code.character": _("“%(character)s” is in no code. They have no 0, 1, I, L and O. Look at the card once more."),
    "code.length": _("A code has %(length)s characters. Look at the card once more."),
    "code.mistyped": _("One character is wrong, or two have changed places. Look at the card once more."),
    "code.unknown": _("There is no such card in this field. Is it one of another field, or of another day?"),
    "paper.contested": _("This was contested before."),
    "paper.differs": _(
        "This is not what was typed in first. Compare both with the card: correct yours, or reject the first."
    ),
    "paper.malformed": _("This form cannot be read. Reload the page."),
    "paper.missing": _("A score is missing here. What stands on the card?"),
    "paper.moved_on": _("This card does not wait any more. Look again."),
    "paper.no_score": _("This is no score: from 0 to %(maximum)s, in steps of %(step)s."),
    "paper.none": _("This competition takes no ballots on paper: its definition names no clerks."),
    "paper.not_clerk": _("Only a clerk does this."),
    "paper.not_yours": _("This card is another judge's."),
    "paper.second_person": _("Somebody else must confirm it: neither who typed it in nor a judge of this field."),
    "paper.too_many": _("This card was typed in %(limit)s times. It cannot be typed in again."),
    "paper.unconfirmed": _("A card of paper waits to be confirmed. A clerk confirms or rejects it first."),
    "paper.unknown": _("There is no such card."),
    "paper.used": _("This card was typed in and confirmed before. It counts once."),
    "paper.voted": _("This judge has sent something for this project themselves. That goes before paper."),
    "paper.waiting": _("This card was typed in before, and waits to be confirmed."),
}
TO_CLERKS: Mapping[str, str] = {
    "ballot.closed": _("The vote on this project was not opened yet."),
    "ballot.not_entitled": _("This person has no seat on the jury."),
    "ballot.open": _("The vote on this project was opened again just now. Send the card once more."),
    "ballot.recused": _("This judge has a conflict of interest with the project. No ballot of theirs is taken for it."),
    "ballot.void": _("The chair has set this judge's ballots for the project aside."),
}
"""What others are told as well, in other words: a clerk is not the judge."""
