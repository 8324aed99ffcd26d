"""The ICE session that a PATCH is about (RFC 9725, section 4.3.1): by If-Match, or by what the fragment itself says."""

import re
from contextlib import suppress

from starlette.requests import Request

from roadshow.errors import NotFound, RoadshowError
from roadshow.rooms.relay.config import FragmentAnswer
from roadshow.rooms.relay.relay import ForwardingRelay, StaleTag
from roadshow.rooms.relay.share import Share

MAX_TAGS = 8
"""Of an If-Match; a client has seen as many restarts at most that it may mean."""
_STRONG_TAG = re.compile(r'"([\x21\x23-\x7e]{1,64})"')


class PreconditionRequired(RoadshowError):
    """A PATCH without If-Match that would restart ICE."""

    status = 428


def tags(request: Request) -> list[str] | None:
    """The strong tags of If-Match, "*" for any (RFC 9110, section 13.1.1); weak ones match nothing. Also ``"*"`` in
    quotation marks, as RFC 9725's own example of a restart has it. None: there is no If-Match."""
    if "if-match" not in request.headers:
        return None
    values = [word.strip() for word in request.headers["if-match"].split(",")[:MAX_TAGS]]
    return [found[1] if found else value for value in values if (found := _STRONG_TAG.fullmatch(value)) or value == "*"]


async def patched(
    relay: ForwardingRelay | Share, session: str, fragment: str, under: list[str] | None
) -> FragmentAnswer | None:
    """Under the first tag that is the session's. Without If-Match only what changes nothing is taken: candidates for
    the present ICE session. Raises PreconditionRequired, StaleTag, and what the relay raises."""
    if under is None:
        try:
            return await relay.restart_or_trickle(session, fragment, None)
        except StaleTag:
            raise PreconditionRequired("relay.if-match") from None
    for tag in under:
        with suppress(StaleTag):
            return await relay.restart_or_trickle(session, fragment, tag)
    if relay.connected(session) is None:
        raise NotFound("relay.session")
    raise StaleTag("relay.stale")
