"""An answer as bytes. Pure."""

from email.utils import formatdate
from http import HTTPStatus

from roadshow.front.answering import Answer

_STATUS = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}
_WITHOUT_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})

REFUSAL_HEADERS = (
    ("Content-Type", "text/plain; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    # There is nothing in it, and players of other sites should see when to try again.
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", "Retry-After"),
)


class Dates:
    """The Date header, made once a second."""

    def __init__(self) -> None:
        self._second = 0
        self._header = ""

    def header(self, now: float) -> str:
        """``now`` in seconds since 1970."""
        second = int(now)
        if second != self._second:
            self._second = second
            self._header = f"Date: {formatdate(second, usegmt=True)}\r\n"
        return self._header


def head_of(answer: Answer, date: str, *, keeps: bool, old: bool = False) -> bytes:
    """Status line and headers. ``keeps``: another request may follow; ``old``: one who has to be told so."""
    lines = [_STATUS[answer.status], date]
    lines += [f"{name}: {value}\r\n" for name, value in answer.headers]
    if answer.status not in _WITHOUT_BODY:
        lines.append(f"Content-Length: {len(answer.body)}\r\n")
    if not keeps:
        lines.append("Connection: close\r\n")
    elif old:
        lines.append("Connection: keep-alive\r\n")
    lines.append("\r\n")
    return "".join(lines).encode("latin-1")


def refusal(status: int, text: str, retry_after: int | None = None) -> Answer:
    """A sentence. Browsers come back by themselves after ``retry_after`` seconds."""
    again = () if retry_after is None else (("Retry-After", str(retry_after)), ("Refresh", str(retry_after)))
    return Answer(status, (*REFUSAL_HEADERS, *again), f"{text}\n".encode())
