"""One request's head, and whether the front may answer it. Pure."""

from urllib.parse import unquote

import httptools

from roadshow.addresses.paths import is_nowhere
from roadshow.front.answering import Asked

METHODS = frozenset({b"GET", b"HEAD"})
VERSIONS = frozenset({"1.0", "1.1"})
MOST_HEADERS = 100
"""Browsers send about twenty, proxies a few more: reading a row of thousands would cost tens of milliseconds."""
USED = frozenset(
    {
        b"accept-encoding",
        b"accept-language",
        b"content-length",
        b"cookie",
        b"expect",
        b"if-none-match",
        b"transfer-encoding",
        b"upgrade",
        b"x-forwarded-for",
    }
)
"""What the front looks at."""
SMALL_BODY = 64 * 1024
"""Bytes of a body that the front waits for before the house has anything to do with a request: every form, and what
browsers say of their media. Only files are larger."""
LONGEST_NUMBER = 20
"""Digits of a length that are read."""
_MORE = frozenset({"transfer-encoding", "expect", "upgrade"})
"""Headers that ask for more than an answer from memory."""


class _TooMany(Exception):
    """More than ``MOST_HEADERS``."""


class RequestHead:
    """Fed with the bytes of a connection up to the end of a head. What is odd in any way is not judged here: the house
    sees the same bytes and answers as it always did."""

    __slots__ = (
        "_left",
        "_method",
        "_parser",
        "_target",
        "fed",
        "has_too_many",
        "headers",
        "is_odd",
        "is_old",
        "is_whole",
        "keeps_alive",
    )

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        self.reset()

    def reset(self) -> None:
        """For the next request of the connection."""
        self.fed = 0
        """Bytes of it so far."""
        self.headers: dict[str, str] = {}
        """Those in ``USED``, by name in lower case; of several with one name, all."""
        self._left = MOST_HEADERS
        self.is_whole = False
        self.is_odd = False
        self.has_too_many = False
        """Headers: the house, whose core the show needs, is not to read them either."""
        self.is_old = False
        """HTTP/1.0."""
        self.keeps_alive = False
        self._method = b""
        self._target = b""

    @property
    def target(self) -> bytes:
        """Path and query, as they were sent; empty while they are not known."""
        return self._target

    @property
    def is_head_only(self) -> bool:
        return self._method == b"HEAD"

    @property
    def small_body(self) -> int:
        """Bytes that belong to the request behind its head; 0 also where these are many, not known, or asked for."""
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or not _MORE.isdisjoint(self.headers):
            return 0
        return size if (size := int(length[:LONGEST_NUMBER])) <= SMALL_BODY else 0

    def feed(self, data: bytes, upto: int) -> None:
        """``data`` from the request's first byte on; its head ends at ``upto``, or later."""
        try:
            self._parser.feed_data(data[self.fed : upto] if self.fed or upto < len(data) else data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.is_odd = True
        self.fed = upto

    def asked(self) -> Asked | None:
        """None: it is not for the front."""
        if self._method not in METHODS or not self._target.startswith(b"/"):
            return None
        headers = self.headers
        if not _MORE.isdisjoint(headers) or headers.get("content-length", "0") != "0":
            return None
        path, _, query = self._target.partition(b"?")
        try:
            decoded = path.decode("ascii")
            if "%" in decoded:
                decoded = unquote(decoded, errors="strict")
                if is_nowhere(decoded):
                    return None
            return Asked(self._method.decode(), decoded, query.decode("ascii"), headers)
        except UnicodeDecodeError:
            return None

    # The parser's

    def on_url(self, part: bytes) -> None:
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        self._left -= 1
        if self._left < 0:
            self.has_too_many = True
            raise _TooMany  # the parser stops there
        name = name.lower()
        if name not in USED:
            return
        key, text = name.decode("latin-1"), value.decode("latin-1")
        headers = self.headers
        headers[key] = text if key not in headers else f"{headers[key]}{'; ' if key == 'cookie' else ', '}{text}"

    def on_headers_complete(self) -> None:
        parser = self._parser
        self._method = parser.get_method()
        version = parser.get_http_version()
        self.is_old = version == "1.0"
        self.is_odd = version not in VERSIONS
        self.keeps_alive = parser.should_keep_alive()

    def on_message_complete(self) -> None:
        self.is_whole = True
