"""Pages: language, theme, cached files, errors people can read, and data that cannot break out of its script."""

import json
import re
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from roadshow.competitions.loading import load_preset
from roadshow.errors import Conflict, TooMany, Unavailable
from roadshow.pages.pages import RETRY_SPREAD, Pages
from roadshow.settings import Settings

HTML = {"accept": "text/html"}
HOSTILE = "</script><script>alert(1)</script> & \u2028"


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages(load_preset("demo", today=date(2020, 11, 29)), Settings(public_url="https://final.example.org"))


@pytest.fixture
async def client(pages: Pages) -> AsyncIterator[httpx.AsyncClient]:
    async def page(request: Request) -> Response:
        data = {"note": HOSTILE}
        return pages.render(
            request,
            "error/page.html",
            mood="stage",
            module="watch",
            data=data,
            code=HOSTILE,
            text=HOSTILE,
            kind=400,
            again=True,
            asks_again=False,
            has_message=False,
        )

    async def refused(_request: Request) -> Response:
        raise Conflict("ballot.closed")

    async def away(request: Request) -> Response:
        raise TooMany("rate.messages", 30) if "many" in request.query_params else Unavailable("store.away", 7)

    async def broken(_request: Request) -> Response:
        raise RuntimeError("/srv/secret")

    app = Starlette(
        routes=[
            Route("/page", page),
            Route("/as/judge-1/page", page),
            Route("/refused", refused),
            Route("/broken", broken),
            Route("/away", away, methods=["GET", "POST"]),
            Route("/i/{token}", away, methods=["GET", "POST"]),
            Route("/as/judge-1/away", away),
            *pages.routes(),
        ],
        exception_handlers=pages.error_handlers(),
    )
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="https://final.example.org") as client:
        yield client


def block(html: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="page">(.*?)</script>', html, re.DOTALL)
    assert found is not None
    data: dict[str, object] = json.loads(found[1])
    return data


async def test_page_data_cannot_end_its_script(client: httpx.AsyncClient) -> None:
    """A project's name is somebody's input, and it stands inside a script element."""
    html = (await client.get("/page")).text
    assert "alert(1)</script>" not in html
    assert block(html)["note"] == HOSTILE


async def test_a_chosen_language_is_kept(client: httpx.AsyncClient) -> None:
    """Who chose Russian once must not have to choose it on every page."""
    first = await client.get("/page?lang=ru", headers={"accept-language": "zh"})
    assert '<html lang="ru"' in first.text
    assert block(first.text)["language"] == "ru"
    assert "Secure" in first.headers["set-cookie"]
    again = await client.get("/page", headers={"accept-language": "zh"})
    assert '<html lang="ru"' in again.text
    assert "Cookie" in again.headers["vary"]


async def test_nothing_of_a_query_comes_back_in_the_page(client: httpx.AsyncClient) -> None:
    """Links to the other languages lead to the bare page: one answer serves everybody, and a stranger's words beside a
    secret would let its length be measured."""
    html = (await client.get("/page?tab=reflected&lang=zh")).text
    assert 'href="?lang=en"' in html
    assert "reflected" not in html


async def test_public_pages_name_their_translations_and_private_ones_are_not_stored(client: httpx.AsyncClient) -> None:
    """Search engines find all three; nobody's desk ends up in a shared cache."""
    public = await client.get("/page")
    assert 'hreflang="zh-CN" href="https://final.example.org/page?lang=zh"' in public.text
    private = await client.get("/as/judge-1/page")
    assert 'hreflang="x-default"' not in private.text
    assert private.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("cookie", "theme"), [("dark", "dark"), ("light", "light"), ('"><script>', "auto"), ("", "auto")]
)
async def test_the_theme_is_in_the_page_before_it_is_drawn(client: httpx.AsyncClient, cookie: str, theme: str) -> None:
    """A dark page that flashes white first hurts in a dark hall; and a cookie is input."""
    html = (await client.get("/page", headers={"cookie": f"theme={cookie}"})).text
    assert f'data-theme="{theme}"' in html


async def test_no_page_has_inline_styles_or_scripts(client: httpx.AsyncClient) -> None:
    """The content security policy would block them."""
    html = (await client.get("/page")).text
    assert " style=" not in html
    assert re.findall(r"<script(?![^>]*(?:src=|application/json))", html) == []
    assert re.findall(r"\son\w+=", html) == []


async def test_files_are_cached_for_ever_and_modules_find_each_other(client: httpx.AsyncClient, pages: Pages) -> None:
    """A new version has new addresses, also for what modules import by relative paths."""
    html = (await client.get("/page")).text
    address = pages.static.url("js/watch.js")
    assert f'src="{address}"' in html
    assert f'rel="modulepreload" href="{pages.static.url("js/live/clock.js")}"' in html
    answer = await client.get(address)
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert (await client.get(address, headers={"if-none-match": answer.headers["etag"]})).status_code == 304


async def test_a_stylesheet_in_a_folder_is_served_without_what_only_people_read(
    client: httpx.AsyncClient, pages: Pages
) -> None:
    """Comments cost no phone anything."""
    sheet = (await client.get(pages.static.url("css/components/stage.css"))).text
    assert sheet.startswith("room-stage {\n--w: 4px;\n")
    assert "/*" not in sheet
    assert sheet.count("{") == sheet.count("}") > 10


async def test_a_page_of_an_older_version_still_gets_its_files(client: httpx.AsyncClient, pages: Pages) -> None:
    """People keep a page open over a restart; its files must not vanish, nor be kept under the old address."""
    old = pages.static.url("css/base.css").replace(pages.static.fingerprint, "000000000000")
    answer = await client.get(old)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "name", ["../templates/base.html", "%2e%2e/templates/base.html", "css/README.md", "css/", "nothing.js"]
)
async def test_nothing_but_the_files_of_the_folder_is_served(
    client: httpx.AsyncClient, pages: Pages, name: str
) -> None:
    """A path in an address is input."""
    assert (await client.get(f"/static/{pages.static.fingerprint}/{name}", headers=HTML)).status_code == 404


async def test_an_error_is_a_page_for_people_and_json_for_programs(client: httpx.AsyncClient) -> None:
    """Both can quote the stable code to the technician."""
    page = await client.get("/refused?lang=zh", headers=HTML)
    assert page.status_code == 409
    assert "ballot.closed" in page.text
    assert "此项目的评分已结束。" in page.text
    assert (await client.get("/refused?lang=en", headers={"accept": "application/json"})).json() == {
        "code": "ballot.closed",
        "text": "Voting on this project is closed.",
    }


async def test_a_page_that_cannot_be_built_now_asks_again_by_itself(client: httpx.AsyncClient) -> None:
    """It said so and did not. By a header, so that it needs no script; not before it may, and not all in one moment."""
    answers = [await client.get("/away?tab=2", headers=HTML) for _ in range(30)]
    assert {answer.headers["retry-after"] for answer in answers} == {"7"}
    moments = {int(answer.headers["refresh"]) for answer in answers}
    assert len(moments) > 1
    assert moments <= set(range(8, 8 + RETRY_SPREAD))
    assert all("asks again by itself" in answer.text for answer in answers)
    program = await client.get("/away", headers={"accept": "application/json"})
    assert program.headers["retry-after"] == "7"
    assert "refresh" not in program.headers


async def test_what_was_sent_is_not_sent_again_by_a_page(client: httpx.AsyncClient) -> None:
    """An address that takes forms has no page; and too many attempts are not mended by more of them."""
    sent = await client.post("/away", headers=HTML)
    assert "refresh" not in sent.headers
    assert "Try again</a>" not in sent.text
    assert "look whether it was done" in sent.text
    many = await client.get("/away?many=1", headers=HTML)
    assert (many.status_code, many.headers["retry-after"], "refresh" in many.headers) == (429, "30", False)
    assert '<a class="button primary" href="">Try again</a>' in many.text


async def test_an_invitation_that_could_not_be_accepted_leads_back_to_itself(client: httpx.AsyncClient) -> None:
    """Its address was replaced by then, and all that the page offered was the programme. A link to the same address,
    which is a GET."""
    sent = await client.post("/i/token", headers=HTML)
    assert '<a class="button primary" href="">Try again</a>' in sent.text
    assert "refresh" in sent.headers
    assert "look whether it was done" not in sent.text


async def test_a_page_that_only_asked_says_nothing_of_what_was_sent(client: httpx.AsyncClient) -> None:
    """Nothing was; and at a desk the first thought is of what was typed."""
    looked, sent = await client.get("/away", headers=HTML), await client.post("/away", headers=HTML)
    assert "is not confirmed" not in looked.text
    assert "is not confirmed" in sent.text
    assert "Scores you typed are kept" not in looked.text
    assert "Scores you typed are kept" in (await client.get("/as/judge-1/away", headers=HTML)).text


async def test_a_crash_shows_nothing_of_the_inside(client: httpx.AsyncClient) -> None:
    """A stack trace helps an attacker more than a visitor."""
    answer = await client.get("/broken", headers=HTML)
    assert answer.status_code == 500
    assert "page.failed" in answer.text
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text


@pytest.mark.parametrize("language", ["en", "zh", "ru"])
def test_every_template_can_be_read_in_every_language(pages: Pages, language: str) -> None:
    """A mistake in a template shows when the program starts its tests, not when the hall is full."""
    environment = pages._environments[language]
    folder = Path(__file__).resolve().parents[2] / "web" / "templates"
    for path in folder.rglob("*.html"):
        environment.get_template(path.relative_to(folder).as_posix())
