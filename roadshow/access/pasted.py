"""Finding the invitation in what somebody pastes: a whole message, as mail and messengers mangle it. Pure.

A link survives line breaks, quotation marks of replies, quoted-printable, brackets, full-width letters, invisible
characters, and being wrapped into another link. What is found is looked up like any other token, so a wrong find
does no harm.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from roadshow.competitions.invitations import TOKEN_BYTES
from roadshow.ids import ID_PATTERN

MOST_PASTED: Final = 6_000
"""Letters that are looked at: three pages, and the link stands near the top. Whatever is in them, reading them costs no
more than a page does."""
TOKEN_LETTERS: Final = TOKEN_BYTES * 4 // 3

_INVISIBLE: Final = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff]"
)
_SOFT_BREAK: Final = re.compile(r"=[ \t]*\r?\n")
"""Quoted-printable: the line goes on."""
_ENCODED: Final = re.compile(r"=([0-9A-F]{2})")
_BREAK: Final = re.compile(r"[ \t]*[\r\n\x0b\x0c\u0085\u2028\u2029]+(?:[ \t]*[>|])*[ \t]*")
"""A line's end, with what a reply puts before the next."""
_JOINT: Final = rf"(?:{_BREAK.pattern})?"
_TOKEN: Final = _JOINT.join([r"[A-Za-z0-9_-]"] * TOKEN_LETTERS)
_LINK: Final = re.compile(
    rf"(?:/{_JOINT}c{_JOINT}/{_JOINT}({ID_PATTERN}){_JOINT})?/{_JOINT}i{_JOINT}/{_JOINT}({_TOKEN})(?![A-Za-z0-9_-])"
)
_LINK_THAT_GOES_ON: Final = re.compile(_LINK.pattern.removesuffix("(?![A-Za-z0-9_-])"))
"""For when the next line's first word stands right behind."""
_BEGUN: Final = re.compile(rf"/{_JOINT}i{_JOINT}/{_JOINT}[A-Za-z0-9_-]")
_BARE: Final = re.compile(rf"(?<![A-Za-z0-9_-])([A-Za-z0-9_-]{{{TOKEN_LETTERS}}})(?![A-Za-z0-9_-])")
"""A token without the rest of its link."""


@dataclass(frozen=True, slots=True)
class Found:
    token: str
    competition: str | None = None
    """As the link names it."""

    @property
    def path(self) -> str:
        return f"/c/{self.competition}/i/{self.token}" if self.competition else f"/i/{self.token}"


def find_invitation(text: str) -> Found | None:
    """The first in the text."""
    for form in dict.fromkeys(_forms(text[:MOST_PASTED])):
        for pattern in (_LINK, _LINK_THAT_GOES_ON):
            if (link := pattern.search(form)) is not None:
                return Found(_BREAK.sub("", link[2]), link[1])
    bare = _BARE.search(_plain(text[:MOST_PASTED]).strip())
    return None if bare is None else Found(bare[1])


def has_part_of_one(text: str) -> bool:
    """Whether some of a link is there, of which ``find_invitation`` finds no whole."""
    return any(_BEGUN.search(form) is not None for form in _forms(text[:MOST_PASTED]))


def _forms(text: str) -> Iterator[str]:
    """As it is, then as it was before a mail program or another link's query encoded it."""
    plain = _plain(text)
    yield plain
    printable = _ENCODED.sub(lambda found: chr(int(found[1], 16)), _SOFT_BREAK.sub("", plain))
    yield printable
    for form in (plain, printable):
        once = unquote(form)
        yield once
        yield unquote(once)


def _plain(text: str) -> str:
    """Full-width letters as others, and nothing invisible."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))[:MOST_PASTED]  # some letters become eighteen
