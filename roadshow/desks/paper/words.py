"""What is said of cards of paper, in the reader's language. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from roadshow.desks.result.minutes import OFFICES
from roadshow.errors import RoadshowError
from roadshow.ids import PersonId, ProjectId
from roadshow.languages import Catalogue, catalogue, message_for
from roadshow.messages.paper import TO_CLERKS
from roadshow.moments import Instant
from roadshow.voting.paper.acts import Claim, Fault
from roadshow.voting.paper.told import PaperWord


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


FAULT_NAMES: Mapping[Fault, str] = {
    "typing": _("it was typed in wrongly"),
    "unreadable": _("the card cannot be read"),
    "unsigned": _("the judge has not signed it"),
    "other": _("another reason"),
}
CLAIM_NAMES: Mapping[Claim, str] = {
    "not-mine": _("I gave no such card."),
    "otherwise": _("My card says something else."),
}


@dataclass(frozen=True, slots=True)
class ToldCard:
    """A card, as the results' page and the protocol tell it."""

    at: Instant
    project: str
    judge: str
    text: str
    reason: str


def to_a_clerk(refusal: RoadshowError, language: str) -> str:
    """A clerk is not the judge whom most of these are about."""
    text = TO_CLERKS.get(refusal.code)
    return catalogue(language).gettext(text) if text else message_for(refusal.code, refusal.details, language)


def told_cards(
    words: tuple[PaperWord, ...], judges: Mapping[PersonId, str], projects: Mapping[ProjectId, str], texts: Catalogue
) -> tuple[ToldCard, ...]:
    """``judges`` and ``projects``: what these are called."""
    return tuple(
        ToldCard(
            one.at,
            projects.get(one.project, one.project),
            judges.get(one.judge, one.judge),
            " ".join(_said(one, texts)),
            one.reason,
        )
        for one in words
    )


def _said(one: PaperWord, texts: Catalogue) -> list[str]:
    """What became of it, a sentence each."""
    said = [texts.gettext(_("typed in after its time.") if one.late else _("typed in."))]
    if one.rejected is not None:
        said.append(texts.gettext(_("Rejected: %(reason)s.")) % {"reason": texts.gettext(FAULT_NAMES[one.rejected])})
    if one.confirmed is not None:
        by_clerk = one.confirmed == "clerk"
        said.append(texts.gettext(_("Confirmed by another clerk.") if by_clerk else _("Confirmed by an organiser.")))
    if one.contested is not None:
        gave_none = one.contested == "not-mine"
        contested = (
            _("The judge says that they gave none.")
            if gave_none
            else _("The judge says that their card said something else.")
        )
        said.append(texts.gettext(contested))
    if one.accepted is not None:
        decided = _("Accepted.") if one.accepted else _("Not accepted.")
        said.append(texts.gettext(decided))
        said.append(texts.gettext(_("Decided by: %(office)s.")) % {"office": texts.gettext(OFFICES[one.office])})
    if one.confirmed is not None and not one.counts and one.accepted is None:
        said.append(texts.gettext(_("It does not count: the judge sent a ballot, or the chair set it aside.")))
    return said
