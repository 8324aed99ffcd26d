"""What programs ask of a site beside its pages: robots.txt, the manifest for home screens, icons at the root.

All of it is made of settings and definition, nothing of the request: it is the same for everybody.
"""

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from roadshow.desks.public_context import PublicContext
from roadshow.errors import NotFound
from roadshow.languages import TAGS
from roadshow.pages.pages import PAPER, Pages
from roadshow.texts import LANGUAGES

FOR_A_DAY = {"Cache-Control": "public, max-age=86400"}
"""Asked for by every visitor's browser; changes with a release or a definition."""
ASKED_AT_THE_ROOT = {"/favicon.ico": "favicon.ico", "/apple-touch-icon.png": "icon-180.png"}
"""By old browsers, messengers and link previews, whatever the pages say."""
PRIVATE = ("/as/", "/i/")
"""Somebody's desk, somebody's invitation."""


def routes(context: PublicContext) -> list[Route]:
    """A competition's own."""

    async def manifest(request: Request) -> Response:
        language = request.path_params["language"]
        if language not in LANGUAGES:
            raise NotFound("page.unknown")
        content = manifest_of(context, language)
        return JSONResponse(content, media_type="application/manifest+json", headers=FOR_A_DAY)

    return [context.guarded("/manifest/{language}.webmanifest", manifest, "manifest")]


def routes_of_house(contexts: Sequence[PublicContext], pages: Pages) -> list[Route]:
    text = robots([f"/c/{context.competition.id}" for context in contexts])

    async def robots_txt(_request: Request) -> Response:
        return PlainTextResponse(text, headers=FOR_A_DAY)

    return [
        contexts[0].guarded("/robots.txt", robots_txt, "robots"),
        *(
            Route(path, pages.static.always(f"pictures/{name}"), name="static")
            for path, name in ASKED_AT_THE_ROOT.items()
        ),
    ]


def robots(names: Sequence[str]) -> str:
    """Public pages are for everybody; desks and invitations for nobody's index, at whichever of their addresses."""
    lines = [f"Disallow: {name}{path}" for name in ("", *names) for path in PRIVATE]
    return "\n".join(["User-agent: *", *lines, ""])


def manifest_of(context: PublicContext, language: str) -> dict[str, Any]:
    """What a device shows of the competition among its own things."""
    competition, picture = context.competition, context.pages.static.url
    title = competition.title.in_language(language)
    icons = [{"src": picture("icon.svg"), "sizes": "any", "type": "image/svg+xml"}]
    icons += [_icon(picture(f"pictures/icon-{size}.png"), size) for size in (192, 512)]
    icons.append(_icon(picture("pictures/icon-maskable-512.png"), 512) | {"purpose": "maskable"})
    home = f"{context.base}/"
    return {
        "id": home,
        "name": title,
        "short_name": title.partition(" · ")[0],
        "description": competition.tagline.in_language(language),
        "lang": TAGS[language],
        "start_url": home,
        "scope": home,
        "display": "minimal-ui",
        "background_color": PAPER,
        "theme_color": PAPER,
        "icons": icons,
    }


def _icon(address: str, size: int) -> dict[str, str]:
    return {"src": address, "sizes": f"{size}x{size}", "type": "image/png"}
