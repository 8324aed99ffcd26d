"""Asking a time-stamping authority by HTTP, as RFC 3161 (section 3.4) has it."""

import asyncio
import urllib.request
from http.client import HTTPException
from typing import Protocol

from roadshow.voting.ledger.record import Stamp
from roadshow.voting.ledger.stamping import request_for, stamp_of

ANSWERS_WITHIN = 10.0
"""Seconds; public ones take a tenth of one."""
MOST_BYTES = 24 * 1024
"""Of an answer: what ``bounds.TOKEN_LETTERS`` of base64 hold."""


class Unanswered(Exception):
    """Why there is no stamp, in English."""


class Authority(Protocol):
    async def stamp(self, head: str, text: bytes) -> Stamp:
        """``text``: what ``head`` is the hash of. Raises Unanswered."""
        ...


class HttpAuthority:
    def __init__(self, url: str) -> None:
        self._url = url

    async def stamp(self, head: str, text: bytes) -> Stamp:
        asked, nonce = request_for(text)
        try:
            return stamp_of(head, await asyncio.to_thread(self._ask, asked), nonce)
        except (OSError, HTTPException, ValueError) as problem:
            raise Unanswered(str(problem)) from problem

    def _ask(self, asked: bytes) -> bytes:
        headers = {"content-type": "application/timestamp-query"}
        request = urllib.request.Request(self._url, asked, headers, method="POST")  # noqa: S310 (settings take HTTP alone)
        with urllib.request.urlopen(request, timeout=ANSWERS_WITHIN) as answer:  # noqa: S310
            data: bytes = answer.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ValueError("the authority's answer is too long")
        return data
