"""How long and how much the web's edge waits for, in the front as in the house."""

import resource
from contextlib import suppress

BACKLOG = 2048
"""Connections that wait to be accepted: an audience reconnects all at once."""
UNREAD_MS = 30_000
"""What was written and is not acknowledged for so long ends the connection: a client that stops reading would otherwise
hold its buffers for ever, because closing waits until they are empty."""
REQUEST_WITHIN = 30.0
"""Seconds from its first byte, or from connecting, until a request is whole: nobody may hold one for nothing."""
MOST_HEAD = 64 * 1024
"""Bytes of a request's first line and headers; browsers send a few thousand."""
OPEN_FILES = 16_384
"""Sockets are files: the usual 1,024 would be full long before the house is."""
MOST_SPARED = 256
"""Descriptors that no connection gets, where there are thousands: for the store, files, and the other process."""


def allow_open_files() -> None:
    """As many as the system grants, up to ``OPEN_FILES``. Processes begun from here on inherit it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):  # macOS grants less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def descriptors() -> int:
    """How many this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return OPEN_FILES if soft == resource.RLIM_INFINITY else soft


def spared(limit: int) -> int:
    """Descriptors kept for what is no connection: a quarter where there are few."""
    return min(MOST_SPARED, limit // 4)
