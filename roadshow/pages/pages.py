"""Pages: templates in the reader's language and theme, the data their scripts need, and errors that people can read."""

import json
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ExceptionHandler

from roadshow import installation
from roadshow.access.roles import Visitor
from roadshow.competitions.definition import Competition
from roadshow.errors import Details, RoadshowError, TooMany, Unavailable
from roadshow.languages import OWN_NAMES, SHORT_NAMES, TAGS, catalogue, closed_up, message_for, negotiate
from roadshow.moments import Instant
from roadshow.pages.compiled import Compiled
from roadshow.pages.sheets import combinations
from roadshow.pages.static import StaticFiles
from roadshow.settings import Settings
from roadshow.texts import LANGUAGES, Text

LANGUAGE_COOKIE = "lang"
THEME_COOKIE = "theme"
THEMES = ("auto", "light", "dark")
COOKIE_AGE = 365 * 24 * 60 * 60
"""Seconds that a chosen language is kept."""
RETRY_SPREAD = 4
"""Seconds over which the pages of a server that could not answer come back: not all five hundred in one moment."""
VARIES = "Accept-Encoding, Accept-Language, Cookie"
"""What a page is chosen by. A front compresses public ones."""
PLAIN_PAGE = "js/plain.js"
"""What a page without a script of its own loads: it keeps the choice of light or dark."""
PRIVATE_PATHS = re.compile(r"(?:/c/[^/]+)?/(?:(?:as|i)/.*|sign-in)")
"""Pages that no cache may keep: they belong to one person, or their address is a secret."""
INVITATIONS = re.compile(r"(?:/c/[^/]+)?/i(?:/|$)")
DESKS = re.compile(r"(?:/c/[^/]+)?/as/.*")
_COMPILED = {language: Compiled() for language in LANGUAGES}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Mood = Literal["paper", "stage"]
PAPER, NIGHT = "#f6f4ee", "#0c0d11"
"""The ground of light and of dark pages, as tokens.css has it: browsers colour their own bars with it."""
PREVIEW = "pictures/share.png"
"""What messengers show of a shared link."""
OPEN_GRAPH: Mapping[str, str] = {"en": "en_GB", "zh": "zh_CN", "ru": "ru_RU"}
"""Languages as Open Graph names them: with a region, always."""


class Pages:
    """Renders templates. ``static`` serves what they refer to."""

    def __init__(
        self,
        competition: Competition,
        settings: Settings,
        base: str = "",
        overview: str = "",
        *,
        static: StaticFiles | None = None,
        web: Path | None = None,
    ) -> None:
        """``base``: what the competition's addresses begin with. ``overview``: where the house's programme is; empty
        where it would say no more than the competition's own page. ``static`` None: read anew. Raises SetupError when
        files of this installation are missing."""
        web = installation.web() if web is None else web
        self.static = static or StaticFiles(web / "static")
        self._competition = competition
        self._settings = settings
        self._base = base
        self._overview = overview
        self._also_at = f"/c/{competition.id}"
        self._sheets = {sheets: self.static.join_sheets(sheets) for sheets in combinations(web / "templates")}
        self._environments = {language: self._environment(web / "templates", language) for language in LANGUAGES}

    def language(self, request: Request) -> str:
        """The reader's: ``?lang=``, else the cookie, else what the browser prefers."""
        return negotiate(
            request.query_params.get("lang"),
            request.cookies.get(LANGUAGE_COOKIE),
            request.headers.get("accept-language"),
        )

    def render(
        self,
        request: Request,
        template: str,
        *,
        mood: Mood,
        module: str | None,
        data: Mapping[str, Any],
        status: int = 200,
        **context: Any,
    ) -> Response:
        """``module`` names the page's script, ``watch`` for js/watch.js; None: the page needs none of its own.

        ``data`` is for the script (docs/architecture.md lists the keys); ``context`` is for the template,
        where ``competition`` is this one, unless a page is about a field that is judged by other rules.
        """
        language = self.language(request)
        script = f"js/{module}.js" if module else PLAIN_PAGE
        texts = catalogue(language)
        block = {
            "language": language,
            "time_zone": self._competition.time_zone,
            "messages": texts.messages_for_scripts(self.static.modules(script)),
            **data,
        }
        context.setdefault("competition", self._competition)
        theme = request.cookies.get(THEME_COOKIE, "")
        private = PRIVATE_PATHS.fullmatch(_path(request)) is not None
        alternates = [] if private or status != HTTPStatus.OK else self._alternates(request)
        body = (
            self._environments[language]
            .get_template(template)
            .render(
                place=self._place(request),
                language=language,
                languages=[self._language_link(request, other, language) for other in LANGUAGES],
                alternates=alternates,
                canonical=dict(alternates).get(TAGS[language], ""),
                open_graph=OPEN_GRAPH,
                preview=f"{self._settings.public_url}{self.static.url(PREVIEW)}",
                mood=mood,
                theme=theme if theme in THEMES else "auto",
                grounds=_grounds(mood, theme),
                modules=[self.static.url(name) for name in self.static.at_once(script)],
                page_data=_script_json(block),
                scripted=module is not None,
                who=_who(request, data, language),
                **context,
            )
        )
        response = Response(closed_up(body, language), status, media_type="text/html; charset=utf-8")
        response.headers["Content-Language"] = TAGS[language]
        response.headers["Vary"] = VARIES
        response.headers["Cache-Control"] = "no-store" if private else "private, no-cache"
        if request.query_params.get("lang") in LANGUAGES:
            keep_language(response, language, secure=self._settings.is_secure)
        return response

    def error(
        self,
        request: Request,
        code: str,
        status: int,
        details: Details | None = None,
        *,
        retry_after: int | None = None,
    ) -> Response:
        """A page for people, JSON for programs, in the reader's language. ``retry_after``: seconds; the page of a
        server that cannot answer now asks again by itself after them, with or without scripts."""
        language = self.language(request)
        text = message_for(code, details or {}, language)
        waits = {} if retry_after is None else {"Retry-After": str(retry_after)}
        if "text/html" not in request.headers.get("accept", ""):
            return JSONResponse({"code": code, "text": text}, status, waits)
        # An invitation's address may be asked for again whatever was sent there: it leads on, or says why not.
        again = request.method in ("GET", "HEAD") or INVITATIONS.match(_path(request)) is not None
        # Not after too many attempts (429): asking again is what there were too many of.
        asks_again = again and retry_after is not None and status == HTTPStatus.SERVICE_UNAVAILABLE
        page = {
            "code": code,
            "text": text,
            "kind": status,
            "again": again,
            "asks_again": asks_again,
            # Only where a link was meant that stands in a message.
            "has_message": status == HTTPStatus.UNAUTHORIZED
            or (status == HTTPStatus.NOT_FOUND and INVITATIONS.match(_path(request)) is not None),
            "at_desk": DESKS.fullmatch(_path(request)) is not None,
        }
        response = self.render(request, "error/page.html", mood="paper", module=None, data={}, status=status, **page)
        response.headers.update(waits)
        if retry_after is not None and asks_again:
            response.headers["Refresh"] = str(retry_after + 1 + secrets.randbelow(RETRY_SPREAD))
        return response

    def text(self, request: Request, refusal: RoadshowError) -> str:
        """What an error says, in the reader's language."""
        return message_for(refusal.code, refusal.details, self.language(request))

    def error_handlers(self) -> dict[Any, ExceptionHandler]:
        """For Starlette: every error becomes a page (or JSON) that shows its stable code and nothing of the inside."""

        async def refused(request: Request, error: Exception) -> Response:
            assert isinstance(error, RoadshowError)  # noqa: S101 - Starlette calls by type
            waits = error.retry_after if isinstance(error, TooMany | Unavailable) else None
            return self.error(request, error.code, error.status, error.details, retry_after=waits)

        async def not_served(request: Request, error: Exception) -> Response:
            assert isinstance(error, HTTPException)  # noqa: S101 - Starlette calls by type
            code = {404: "page.unknown", 405: "page.method"}.get(error.status_code, "page.failed")
            response = self.error(request, code, error.status_code)
            response.headers.update(error.headers or {})
            return response

        async def failed(request: Request, _error: Exception) -> Response:
            return self.error(request, "page.failed", 500)

        handlers: dict[Any, Any] = {RoadshowError: refused, HTTPException: not_served, Exception: failed}
        return handlers

    def routes(self) -> list[Route]:
        return [Route("/static/{fingerprint}/{path:path}", self.static.serve, name="static")]

    def _language_link(self, request: Request, other: str, current: str) -> dict[str, Any]:
        """To the bare page: nothing that a request says comes back, so that the answer is the same for everybody."""
        return {
            "language": other,
            "tag": TAGS[other],
            "name": OWN_NAMES[other],
            "short": SHORT_NAMES[other],
            "url": f"?lang={other}",
            "current": other == current,
        }

    def _place(self, request: Request) -> str:
        """The page's one address, with or without the competition's name as its links have it."""
        path = _path(request)
        if path == self._also_at or path.startswith(f"{self._also_at}/"):
            path = path.removeprefix(self._also_at)
        return f"{self._base}{path}"

    def _alternates(self, request: Request) -> list[tuple[str, str]]:
        """``hreflang`` and address of this page in each language."""
        address = f"{self._settings.public_url}{self._place(request)}"
        return [*((TAGS[language], f"{address}?lang={language}") for language in LANGUAGES), ("x-default", address)]

    def _environment(self, templates: Path, language: str) -> Environment:
        texts = catalogue(language)
        zone = self._competition.time_zone
        # One environment for each language: its texts and formats are part of it.
        environment = Environment(
            loader=FileSystemLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
            bytecode_cache=_COMPILED[language],
        )
        environment.install_gettext_callables(texts.gettext, texts.ngettext, newstyle=True)  # type: ignore[attr-defined]
        environment.globals.update(
            asset=self.static.url,
            joined_sheets=lambda names: self._sheets[tuple(names.split())],
            base=self._base,
            overview=self._overview,
            zone_name=texts.zone(zone),
            between=texts.between,
            aside=texts.aside,
        )

        def said(text: Text) -> str:
            """With no dot between two parts at the start of a line: an organiser writes a plain space before it."""
            return text.in_language(language).replace(" ·", "\u00a0·")

        def date(at: Instant) -> str:
            return texts.date(at, zone, "full")

        def day(at: Instant) -> str:
            return texts.day(at, zone)

        def long_date(at: Instant) -> str:
            return texts.date(at, zone)

        def time(at: Instant) -> str:
            return texts.time(at, zone)

        def offset(at: Instant) -> str:
            return texts.offset(at, zone)

        environment.filters.update(
            said=said,
            date=date,
            day=day,
            long_date=long_date,
            time=time,
            offset=offset,
            iso=_iso,
            duration=texts.duration,
            number=texts.number,
            score=texts.score,
        )
        return environment


def _grounds(mood: Mood, theme: str) -> list[tuple[str, str]]:
    """Colours for the browser's own bars, each with the media query under which it counts."""
    if theme in ("light", "dark"):
        return [("", PAPER if theme == "light" else NIGHT)]
    if mood == "stage":
        return [("", NIGHT)]
    return [("(prefers-color-scheme: light)", PAPER), ("(prefers-color-scheme: dark)", NIGHT)]


def keep_language(response: Response, language: str, *, secure: bool) -> None:
    """Have the browser keep a language that was chosen. ``secure``: people come over TLS."""
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=COOKIE_AGE, secure=secure, httponly=True, samesite="lax")


def _who(request: Request, data: Mapping[str, Any], language: str) -> dict[str, Any] | None:
    """Who is signed in, for the bar of a page that is theirs, and in which role; public pages say nothing of it."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    if visitor is None or visitor.person is None:
        return None
    person = visitor.person
    return {
        "id": person.id,
        "name": person.name.in_language(language),
        "role": data["person"]["role"] if "person" in data else person.role.value,
        "beside": visitor.beside,
    }


def _script_json(value: Mapping[str, Any]) -> Markup:
    """JSON that cannot end its script element, whatever is in it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704


def _path(request: Request) -> str:
    """What was asked for. Not by ``request.url``, in which stands the Host that a stranger may choose; and no link is
    made of it: of two slashes at its beginning browsers would make another host."""
    path: str = request.scope["path"]
    return path


def _iso(at: Instant) -> str:
    """For ``<time datetime>``, to the second."""
    return (_EPOCH + timedelta(milliseconds=at.ms)).isoformat(timespec="seconds")
