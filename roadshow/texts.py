"""What readers see, in every language of the interface. (pure)"""

from typing import Annotated, Final

import msgspec

LANGUAGES: Final = ("en", "zh", "ru")
LONGEST_TEXT = 4_000
"""Characters of any one text; what a page of "about" takes at most."""


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One text in every language of the interface."""

    en: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT)]
    zh: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT)]
    ru: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT)]

    def in_language(self, language: str) -> str:
        """The text in ``en``, ``zh`` or ``ru``; English for anything else."""
        return {"zh": self.zh, "ru": self.ru}.get(language, self.en)


def same_in_all(text: str) -> Text:
    """What nobody translates: a name as its bearer writes it."""
    return Text(text, text, text)


Label = Annotated[Text, msgspec.Meta(extra={"longest": 80})]
"""A name or a title: one line on a phone."""
Line = Annotated[Text, msgspec.Meta(extra={"longest": 200})]
"""A sentence."""
Paragraph = Annotated[Text, msgspec.Meta(extra={"longest": 1_000})]
"""A few sentences."""
