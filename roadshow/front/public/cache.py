"""Pages that were built, by what they were built for. (pure)

Bounded by entries and bytes; what was asked for longest ago goes first. Only what was built is kept, so addresses that
lead nowhere take no place.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import NamedTuple

from roadshow.pages.encodings import Encoded

MOST_PAGES = 2_000
"""Each of a competition's some fifty addresses in three languages and three themes, four times over."""
MOST_BYTES = 96 * 1024 * 1024
"""Of all forms of all pages: a field of 30 projects and 15 judges has some 300 kB of results, in four forms."""
FRESH_FOR = 15.0
"""Seconds a page may be old of which nothing was heard: times of a plan move with the clock, and a house that is gone
cannot say that something changed."""
WORTH_IT = 20
"""Times a page was asked for before it is compressed as well as it goes."""
CALM = 30.0
"""Seconds a page has read the same before that. Between two places of a ceremony the effort would be for nothing: half
a second of a core for the largest page in one language and theme, and the show needs the core."""


class Key(NamedTuple):
    """What a page is built for: it may say nothing else of a request."""

    path: str
    language: str
    theme: str


@dataclass(slots=True)
class Page:
    """One that was built."""

    headers: tuple[tuple[str, str], ...]
    encoded: Encoded
    places: tuple[int, ...]
    """Of the competitions it shows something of."""
    revision: tuple[int, ...]
    """Theirs, as it was before the first thing was read for it."""
    read_at: float
    same_since: float
    """When it first read like this."""
    asked: int = 0
    """How often since; once it was found worth the effort, it counts no more."""

    def is_fresh(self, revision: tuple[int, ...], now: float) -> bool:
        """Whether it may still be given out without a look."""
        return self.revision == revision and 0 <= now - self.read_at < FRESH_FOR

    def becomes_worth_it(self, now: float) -> bool:
        """Counts one more who asked; True once."""
        if self.asked < 0:
            return False
        self.asked += 1
        if self.asked < WORTH_IT or now - self.same_since < CALM:
            return False
        self.asked = -1
        return True


class PageCache:
    def __init__(self, most_pages: int = MOST_PAGES, most_bytes: int = MOST_BYTES) -> None:
        self._pages: OrderedDict[Key, Page] = OrderedDict()
        self._most_pages = most_pages
        self._most_bytes = most_bytes

    def __len__(self) -> int:
        return len(self._pages)

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(page.encoded.size for page in self._pages.values())

    def get(self, key: Key) -> Page | None:
        page = self._pages.get(key)
        if page is not None:
            self._pages.move_to_end(key)
        return page

    def put(self, key: Key, page: Page) -> Page:
        """Returns what is kept: a page that was built again and reads as before keeps its compressed forms."""
        former = self._pages.get(key)
        if former is not None and former.encoded.digest == page.encoded.digest:
            page.encoded, page.asked, page.same_since = former.encoded, former.asked, former.same_since
        self._pages[key] = page
        self._pages.move_to_end(key)
        while len(self._pages) > 1 and (len(self._pages) > self._most_pages or self.size > self._most_bytes):
            self._pages.popitem(last=False)
        return page
