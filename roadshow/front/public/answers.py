"""What the front answers by itself: static files, and public pages. Satisfies ``answering.Answers``."""

import asyncio
import os
import re
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import NamedTuple

from starlette.datastructures import QueryParams
from starlette.responses import Response

from roadshow import installation
from roadshow.access.headers import headers_for
from roadshow.adapters import stored_for_reading
from roadshow.clock import Clock, SystemClock
from roadshow.competitions.definition import Competition
from roadshow.fields.revisions import Revisions
from roadshow.front.answering import Answer, Asked
from roadshow.front.public.cache import Page
from roadshow.front.public.pages import PageHouse
from roadshow.front.public.reading import Readers
from roadshow.ids import CompetitionId
from roadshow.languages import negotiate
from roadshow.pages.encodings import Encoded, send
from roadshow.pages.pages import LANGUAGE_COOKIE, THEME_COOKIE, THEMES, VARIES, keep_language
from roadshow.pages.static import StaticFiles
from roadshow.settings import Settings
from roadshow.texts import LANGUAGES

Headers = tuple[tuple[str, str], ...]

WAITING = 256
"""Bodies that wait to be compressed as well as it goes; what finds no place goes on as it is."""
LAST = 19
"""Of all priorities."""
LOOKED_AT = 1024
"""Characters of a query. Nothing of ours has one as long, and to read 60,000 would keep everybody waiting for 8 ms."""
COOKIES_LOOKED_AT = 8192
"""Characters: as many as proxies let through; whoever has several roles has some kilobytes. Two words are looked for in
them, which takes a tenth of a millisecond at most."""
_COOKIES = re.compile(rf"(?:^|;)[ \t]*({LANGUAGE_COOKIE}|{THEME_COOKIE})[ \t]*=[ \t]*\"?([a-z]*)\"?[ \t]*(?=;|$)")
_STATIC = "/static/"
_STALE = ("X-Stale", "store.away")
"""On a page that may be older than what sockets have told, because the store is away."""


class PublicAnswers:
    """``run`` it beside whoever asks."""

    def __init__(
        self,
        settings: Settings,
        competitions: Sequence[Competition],
        readers: Callable[[CompetitionId], Readers],
        revisions: Revisions,
        *,
        clock: Clock | None = None,
        machine: Callable[[], float] = time.monotonic,
    ) -> None:
        self._machine = machine
        self._static = StaticFiles(installation.web() / "static")
        self._house = PageHouse(
            settings, competitions, self._static, readers, revisions, clock or SystemClock(), machine
        )
        self._common = headers_for(secure=settings.is_secure, media_from=settings.whep_redirect)
        self._cookies = {language: _cookie(language, secure=settings.is_secure) for language in LANGUAGES}
        self._worth_it: asyncio.Queue[Encoded] = asyncio.Queue(WAITING)

    def ready(self, asked: Asked) -> Answer | None:
        """As ``answering.Answers``."""
        if asked.path.startswith(_STATIC):
            return self._file(asked)
        choice = _chosen(asked)
        page = self._house.known(asked.path, choice.language, choice.theme)
        return None if page is None else self._answer(page, asked, choice)

    async def make(self, asked: Asked) -> Answer | None:
        """As ``answering.Answers``."""
        if asked.path.startswith(_STATIC):
            return self._file(asked)
        choice = _chosen(asked)
        found = await self._house.page(asked.path, choice.language, choice.theme)
        if found is None:
            return None
        page, is_known_to_be_new = found
        return self._answer(page, asked, choice, () if is_known_to_be_new else (_STALE,))

    async def run(self) -> None:
        """For ever: compress well what many ask for; the files first."""
        loop = asyncio.get_running_loop()
        thread = ThreadPoolExecutor(1, "compressing", _yield_to_others)
        try:
            for encoded in self._static.encoded():
                await loop.run_in_executor(thread, encoded.improve)
            while True:
                await loop.run_in_executor(thread, (await self._worth_it.get()).improve)
        finally:
            thread.shutdown(wait=False, cancel_futures=True)

    async def prepare(self) -> None:
        """As ``PageHouse.prepare``."""
        await self._house.prepare()

    def _file(self, asked: Asked) -> Answer | None:
        fingerprint, _, name = asked.path.removeprefix(_STATIC).partition("/")
        headers = asked.headers
        sent = self._static.send(fingerprint, name, headers.get("accept-encoding"), headers.get("if-none-match"))
        return None if sent is None else Answer(sent.status, (*self._common, *sent.headers), sent.body)

    def _answer(self, page: Page, asked: Asked, choice: "_Choice", more: Headers = ()) -> Answer:
        if page.becomes_worth_it(self._machine()) and not self._worth_it.full():
            self._worth_it.put_nowait(page.encoded)
        headers = asked.headers
        sent = send(page.encoded, headers.get("accept-encoding"), headers.get("if-none-match"), VARIES)
        kept = (("Set-Cookie", self._cookies[choice.language]),) if choice.is_asked_for else ()
        return Answer(sent.status, (*self._common, *page.headers, *sent.headers, *kept, *more), sent.body)


class _Choice(NamedTuple):
    """All that a page is chosen by, beside its path."""

    language: str
    theme: str
    is_asked_for: bool
    """The language, by the address: the browser is to keep it."""


def _chosen(asked: Asked) -> _Choice:
    """As ``Pages`` understands a request."""
    wanted = QueryParams(asked.query[:LOOKED_AT]).get("lang") if "lang=" in asked.query else None
    cookies = dict(_COOKIES.findall(asked.headers.get("cookie", "")[:COOKIES_LOOKED_AT]))
    theme = cookies.get(THEME_COOKIE, "")
    language = negotiate(wanted, cookies.get(LANGUAGE_COOKIE), asked.headers.get("accept-language"))
    return _Choice(language, theme if theme in THEMES else "auto", wanted in LANGUAGES)


def _yield_to_others() -> None:
    """This thread alone, where threads have priorities of their own (Linux): the show comes first."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LAST)


def _cookie(language: str, *, secure: bool) -> str:
    response = Response()
    keep_language(response, language, secure=secure)
    return response.headers["set-cookie"]


@asynccontextmanager
async def public_answers(
    settings: Settings, competitions: Sequence[Competition], revisions: Revisions
) -> AsyncIterator[PublicAnswers]:
    """For a front in a process of its own: over connections of its own to the store, which may come and go."""
    async with stored_for_reading(settings) as readers:
        answers = PublicAnswers(settings, competitions, readers, revisions)
        async with asyncio.TaskGroup() as tasks:
            beside = [tasks.create_task(one) for one in (answers.run(), answers.prepare())]
            try:
                yield answers
            finally:
                for task in beside:
                    task.cancel()
