"""The time after the podium in words: what objections are about, and what became of them. Pure."""

from collections.abc import Mapping

from roadshow.languages import Catalogue
from roadshow.voting.aftermath.acts import CATEGORIES, Category, Change


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


CATEGORY_NAMES: Mapping[Category, str] = {
    "procedure": _("How the pitches went"),
    "counting": _("How it was counted"),
    "eligibility": _("Whether a project may take part"),
    "jury": _("How the jury acted"),
    "other": _("Something else"),
}
CHANGE_NAMES: Mapping[Change, str] = {"disqualify": _("Disqualify"), "reinstate": _("Take the disqualification back")}


def named_categories(texts: Catalogue) -> dict[Category, str]:
    """In the order in which a form lists them."""
    return {category: texts.gettext(CATEGORY_NAMES[category]) for category in CATEGORIES}
