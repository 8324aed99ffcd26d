"""Why a project has no place, in words."""

from collections.abc import Mapping


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


NO_PLACE: Mapping[str, str] = {
    "not-through": _("It did not come through from the field before, and was not scored."),
    "incomplete": _("Too few ballots: no place."),
    "unmet": _("Compared with too few other projects: no place."),
}
"""By what decided it."""
