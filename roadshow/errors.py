"""Everything that can be refused, each with a stable code that reaches the browser.

RoadshowError
├── InputError            400  what was sent cannot be read: malformed, out of range, too long
├── NotSignedIn           401  no identity proved
├── NotAllowed            403  identity proved, role may not
├── NotFound              404
├── Conflict              409  the state of things does not permit it now (closed, late, stale, duplicate)
├── Gone                  410  used, revoked, ended
├── TooLarge              413
├── UnsupportedInput      415/422  a media type or SDP that is not spoken here
├── TooMany               429  a rate limit
├── Unavailable           503  full, or a dependency is away; try again after ``retry_after``
└── SetupError            –    the operator must act: settings, files, ports, store. Ends the program with its text

An error carries ``code`` (dotted, lower case, listed in docs/protocol.md), and ``details``: named values that the
message in the reader's language is filled with. ``roadshow.messages`` holds one message for each code. Never put a
secret, a score or a path into ``details``.
"""

from collections.abc import Mapping

from typing_extensions import override

Details = Mapping[str, str | int]


class RoadshowError(Exception):
    """Root of the tree. ``status`` is the HTTP status a route answers with."""

    status = 500

    def __init__(self, code: str, /, **details: str | int) -> None:
        super().__init__(code)
        self.code = code
        self.details: Details = details

    @override
    def __str__(self) -> str:
        values = ", ".join(f"{name}={value}" for name, value in self.details.items())
        return f"{self.code} ({values})" if values else self.code


class InputError(RoadshowError):
    status = 400


class NotSignedIn(RoadshowError):
    status = 401


class NotAllowed(RoadshowError):
    status = 403


class NotFound(RoadshowError):
    status = 404


class Conflict(RoadshowError):
    status = 409


class Gone(RoadshowError):
    status = 410


class TooLarge(RoadshowError):
    status = 413


class UnsupportedInput(RoadshowError):
    status = 415


class TooMany(RoadshowError):
    """``retry_after`` is in seconds."""

    status = 429

    def __init__(self, code: str, /, retry_after: int = 1, **details: str | int) -> None:
        super().__init__(code, retry_after=retry_after, **details)
        self.retry_after = retry_after


class Unavailable(RoadshowError):
    """``retry_after`` is in seconds."""

    status = 503

    def __init__(self, code: str, /, retry_after: int = 2, **details: str | int) -> None:
        super().__init__(code, retry_after=retry_after, **details)
        self.retry_after = retry_after


class SetupError(Exception):
    """Something only the operator can mend. Its text says what is wrong and what to do; printed without a trace."""
