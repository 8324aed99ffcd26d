"""How a body goes over the wire: which encoding a browser is given, and by what it knows it again.

Only of what is the same for everybody: compressed together with what a stranger chose, a secret shows in the length
(BREACH). The pages of those who are signed in go out as they are.
"""

import gzip
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

import brotli
import zstandard

Encoding = str
"""As in Accept-Encoding; IDENTITY: as it is."""
IDENTITY: Encoding = "identity"
OFFERED: tuple[Encoding, ...] = ("br", "zstd", "gzip")
"""The best first: of two that a browser likes equally it gets the smaller one."""
MOST_ACCEPTED = 1024
"""Characters of a header that are looked at; browsers send some thirty."""

_QUICK = {"br": 5, "zstd": 3, "gzip": 6}
"""Levels that take some milliseconds for the largest page: somebody waits."""
_BEST = {"br": 11, "zstd": 19, "gzip": 9}
"""Levels for what is asked for again and again; up to half a second, in a thread."""
_WEIGHT = re.compile(r"q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")
_TAG = re.compile(r'"([^"]*)"')


def chosen_encoding(accepted: str | None, offered: Iterable[Encoding] = OFFERED) -> Encoding:
    """What Accept-Encoding likes best of what is there. IDENTITY also for whoever refuses everything: an answer in an
    encoding is no use to them. (pure)"""
    weights: dict[str, float] = {}
    for entry in (accepted or "")[:MOST_ACCEPTED].split(","):
        name, _, parameters = entry.partition(";")
        found = _WEIGHT.fullmatch(parameters.strip().lower())
        if parameters.strip() and found is None:
            continue
        weights[name.strip().lower()] = float(found[1]) if found else 1.0
    others = weights.get("*", 0.0)
    best, liked = IDENTITY, 0.0
    for one in offered:
        weight = weights.get(one, others)
        if weight > liked:
            best, liked = one, weight
    return best if liked >= weights.get(IDENTITY, 0.0) else IDENTITY


class Encoded:
    """A body in each encoding: at first quickly, then as well as it goes. Each has a strong ETag of its own."""

    __slots__ = ("_forms", "body", "compressible", "digest")

    def __init__(self, body: bytes, *, compressible: bool = True) -> None:
        self.body = body
        self.compressible = compressible
        self.digest = sha256(body).hexdigest()[:24]
        self._forms: dict[Encoding, tuple[str, bytes]] = {IDENTITY: (f'"{self.digest}"', body)}

    @property
    def size(self) -> int:
        """Bytes that all of it takes."""
        return sum(len(body) for _, body in self._forms.values())

    def choose(self, accepted: str | None) -> Encoding:
        """For a browser that accepts these."""
        return chosen_encoding(accepted) if self.compressible else IDENTITY

    def form(self, encoding: Encoding) -> tuple[str, bytes]:
        """The tag of exactly these bytes, and the bytes; compressed when they are first asked for."""
        if encoding not in self._forms:
            self._compress(encoding, _QUICK[encoding])
        return self._forms[encoding]

    def improve(self) -> None:
        """Compress it as well as it goes; up to a second for a large body. May run in a thread: each step is one
        assignment, and until then the former form is given out."""
        for encoding in OFFERED if self.compressible else ():
            self._compress(encoding, _BEST[encoding])

    def known(self, if_none_match: str | None) -> str | None:
        """The tag by which a browser knows this body, in whatever form it once got it; None: it has another, or
        none. (``*`` is for those who write.)"""
        for tag in _TAG.findall((if_none_match or "")[:MOST_ACCEPTED]):
            digest, _, form = tag.partition("-")
            if digest == self.digest and (not form or form in _LEVELS):
                return f'"{tag}"'
        return None

    def _compress(self, encoding: Encoding, level: int) -> None:
        self._forms[encoding] = (f'"{self.digest}-{encoding}{level}"', _compressed(self.body, encoding, level))


@dataclass(frozen=True, slots=True)
class Sent:
    """What of a response follows from the body and from what the browser says it takes and has."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def send(encoded: Encoded, accepted: str | None, if_none_match: str | None, varies: str = "Accept-Encoding") -> Sent:
    """``varies``: all that the answer was chosen by."""
    tag = encoded.known(if_none_match)
    if tag is not None:
        return Sent(304, (("ETag", tag), ("Vary", varies)), b"")
    encoding = encoded.choose(accepted)
    tag, body = encoded.form(encoding)
    headers = (("ETag", tag), ("Vary", varies))
    return Sent(200, headers if encoding == IDENTITY else (*headers, ("Content-Encoding", encoding)), body)


_LEVELS = frozenset(f"{encoding}{level}" for levels in (_QUICK, _BEST) for encoding, level in levels.items())


def _compressed(body: bytes, encoding: Encoding, level: int) -> bytes:
    match encoding:
        case "br":
            return bytes(brotli.compress(body, quality=level))
        case "zstd":
            return zstandard.ZstdCompressor(level=level).compress(body)
        case _:
            return gzip.compress(body, level, mtime=0)
