"""In which browsers a judge votes. (pure)

Whoever has a link of a judge's can sign in as that judge, and whoever organises can make one. So the first act from
each browser is an entry of the ledger: who votes from how many, since when, and by whose link, is told with the result.
"""

from typing import Final

import msgspec

from roadshow.ids import PersonId
from roadshow.moments import Instant

MOST_BROWSERS: Final = 20
"""In which one judge votes: telephone, tablet, laptop, a borrowed one, and each of them again with cookies cleared,
several times. It bounds the ledger, as ``ballot.MAX_REVISIONS`` does."""
LONGEST_ID: Final = 64


class UseBrowser(msgspec.Struct, frozen=True, tag_field="act", tag="browser"):
    """A judge votes in a browser for the first time. Raises Conflict("ballot.closed") before the first window,
    NotAllowed("ballot.not_entitled"), Conflict("browser.too_many", limit)."""

    browser: str
    """Of the sign-in: the same in each of its acts, and no means to sign in."""
    since: int
    """When they signed in there, by the store's clock: milliseconds since the epoch."""
    let_in: PersonId | None = None
    """Who made the link they came by. None: nobody at a desk, but the server's console, or a hand in the store."""


class UsedBrowser(msgspec.Struct, frozen=True):
    """As the ledger has it."""

    judge: PersonId
    browser: str
    since: Instant
    """When they signed in."""
    at: Instant
    """When they first voted there."""
    let_in: PersonId | None = None
