"""Origins, headers, the cookie and the limits of the door, over HTTP."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from roadshow.access.headers import HeadersMiddleware
from roadshow.access.identity import Door, Guard
from roadshow.access.limits import INVITATION_MISSES, MEDIA_FROM_ADDRESS, Limits, Rule
from roadshow.access.media_limits import MediaLimitsMiddleware
from roadshow.access.origin import OriginMiddleware
from roadshow.clock import SystemClock
from roadshow.competitions.guests import Guests
from roadshow.competitions.memory_store import MemoryPeopleStore
from roadshow.errors import RoadshowError, TooMany
from roadshow.ids import PersonId
from tests.clocks import HandClock
from tests.live.conftest import PEOPLE

BASE = "https://show.example"


class House:
    """A small site of forms and desks behind the real middleware."""

    def __init__(self, base: str) -> None:
        clock = SystemClock()
        self.base = base
        self.guests = Guests(MemoryPeopleStore(clock), PEOPLE.get, clock)
        self.limits = Limits(clock)
        secure = base.startswith("https")
        self.door = Door(self.guests, self.limits, secure=secure)

        def guard(action: str) -> list[Middleware]:
            return [Middleware(Guard, door=self.door, action=action)]

        self.app = Starlette(
            routes=[
                Route("/i/{token}", self.show, name="invitation", middleware=guard("invitation")),
                Route("/i/{token}", self.accept, methods=["POST"], name="accept", middleware=guard("accept")),
                Route("/as/{person}/judge", self.whoami, name="judge", middleware=guard("judge")),
                Route("/as/{person}/pitch", self.whoami, name="pitch", middleware=guard("pitch")),
                Route("/as/{person}/people", self.whoami, name="people", middleware=guard("people")),
                Route("/rooms/{room}/whip", self.done, methods=["POST"], name="whip", middleware=guard("whip")),
                Route("/", self.done, methods=["GET", "POST"], name="home", middleware=guard("home")),
            ],
            middleware=[Middleware(HeadersMiddleware, secure=secure), Middleware(OriginMiddleware, public_url=base)],
            exception_handlers={RoadshowError: self.refuse},
        )

    def browser(self, **options: object) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url=self.base, **options)  # type: ignore[arg-type]

    async def show(self, request: Request) -> Response:
        person, signed_in = await self.door.look(request, request.path_params["token"])
        response = JSONResponse({"person": person.id, "signed_in": signed_in})
        self.door.keep(request, response)
        return response

    async def accept(self, request: Request) -> Response:
        person, session = await self.door.accept(request, request.path_params["token"])
        response = JSONResponse({"person": person.id})
        self.door.keep(request, response, session)
        return response

    async def whoami(self, request: Request) -> Response:
        return JSONResponse(
            {"person": request.state.visitor.person.id, "held": [one.id for one in await self.door.people(request)]}
        )

    async def done(self, request: Request) -> Response:
        return PlainTextResponse("done")

    async def refuse(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, RoadshowError)
        return JSONResponse({"code": error.code}, status_code=error.status)


@pytest.fixture
async def house() -> House:
    return House(BASE)


async def test_from_the_link_to_the_desk(house: House) -> None:
    """Look, press the button, work."""
    token = await house.guests.invite(PersonId("judge"))
    async with house.browser(headers={"Origin": BASE}) as browser:
        assert (await browser.get(f"/i/{token}")).json() == {"person": "judge", "signed_in": False}
        assert (await browser.get("/as/judge/judge")).json() == {"code": "sign_in.needed"}
        for _ in range(2):
            assert (await browser.post(f"/i/{token}")).json() == {"person": "judge"}
        assert (await browser.get("/as/judge/judge")).json() == {"person": "judge", "held": ["judge"]}
        assert (await browser.get(f"/i/{token}")).json() == {"person": "judge", "signed_in": True}
    async with house.browser() as other:
        answer = await other.get(f"/i/{token}")
        assert (answer.status_code, answer.json()) == (410, {"code": "invitation.used"})


async def test_looking_at_an_invitation_uses_nothing_up(house: House) -> None:
    """Chat programs and mail scanners open every link."""
    token = await house.guests.invite(PersonId("judge"))
    for _ in range(3):
        async with house.browser() as scanner:
            assert (await scanner.get(f"/i/{token}")).status_code == 200
    async with house.browser(headers={"Origin": BASE}) as browser:
        assert (await browser.post(f"/i/{token}")).status_code == 200


async def test_two_people_in_one_browser_keep_their_desks(house: House) -> None:
    """Two invitations must not push each other out."""
    async with house.browser(headers={"Origin": BASE}) as browser:
        for person in ("judge", "pitcher"):
            await browser.post(f"/i/{await house.guests.invite(PersonId(person))}")
        assert (await browser.get("/as/judge/judge")).json()["held"] == ["judge", "pitcher"]
        assert (await browser.get("/as/pitcher/pitch")).json()["person"] == "pitcher"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/as/judge/people", 403, "role.not_allowed"),
        ("/as/organiser/people", 401, "sign_in.needed"),
        ("/as/nobody/judge", 401, "sign_in.needed"),
        ("/as/..%2f/judge", 401, "sign_in.needed"),
    ],
)
async def test_a_desk_opens_only_to_its_person_and_role(house: House, path: str, status: int, code: str) -> None:
    """Knowing somebody's id, or the address of a desk, is no key."""
    async with house.browser(headers={"Origin": BASE}) as browser:
        await browser.post(f"/i/{await house.guests.invite(PersonId('judge'))}")
        answer = await browser.get(path)
        if status == 401 and answer.status_code == 404:
            return  # a slash in the name leads nowhere at all
        assert (answer.status_code, answer.json()) == (status, {"code": code})


async def test_the_cookie_is_bound_to_this_host_and_hidden_from_scripts(house: House) -> None:
    """What cannot be read or planted need not be guarded elsewhere."""
    async with house.browser() as browser:
        token = await house.guests.invite(PersonId("judge"))
        cookie = (await browser.get(f"/i/{token}")).headers["set-cookie"]
    assert cookie.startswith("__Host-roadshow=")
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "secure", "path=/", "samesite=lax"} <= attributes
    assert not any(attribute.startswith("domain") for attribute in attributes)


async def test_without_tls_the_cookie_has_a_plain_name() -> None:
    """Browsers refuse a Secure cookie there, and a rehearsal on a LAN has no certificate."""
    house = House("http://192.0.2.7:8000")
    async with house.browser() as browser:
        answer = await browser.get(f"/i/{await house.guests.invite(PersonId('judge'))}")
    assert answer.headers["set-cookie"].startswith("roadshow=")
    assert "secure" not in answer.headers["set-cookie"].lower()
    assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize("planted", ["a", "short", "x" * 31, "x" * 33, "x" * 31 + "!", '"' + "x" * 30 + '"'])
async def test_a_cookie_we_did_not_make_becomes_no_session(house: House, planted: str) -> None:
    """Somebody could know it."""
    token = await house.guests.invite(PersonId("judge"))
    async with house.browser(headers={"Origin": BASE, "Cookie": f"__Host-roadshow={planted}"}) as browser:
        made = (await browser.post(f"/i/{token}")).cookies["__Host-roadshow"]
    assert made != planted
    assert await house.guests.signed_in(planted) == ()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": BASE}, 200),
        ({"Origin": BASE, "Sec-Fetch-Site": "same-origin"}, 200),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": BASE, "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Cookie": "__Host-roadshow=x"}, 403),
        ({}, 200),
    ],
)
async def test_a_form_is_taken_from_our_own_pages_only(house: House, headers: dict[str, str], status: int) -> None:
    """Cross-site request forgery, in all its usual clothes."""
    async with house.browser(headers=headers) as browser:
        assert (await browser.post("/")).status_code == status
        assert (await browser.get("/")).status_code == 200


async def test_whip_is_taken_from_anywhere(house: House) -> None:
    """OBS has no origin, and players on other sites have their own; the bearer token is what counts."""
    async with house.browser(headers={"Origin": "https://player.example"}) as browser:
        assert (await browser.post("/rooms/ai/whip")).status_code == 200
        assert (await browser.post("/rooms/ai/../ai/whip/../../../")).status_code in (403, 404)


async def test_every_answer_forbids_what_no_page_needs(house: House) -> None:
    """A second wall behind our own templates."""
    async with house.browser() as browser:
        first, second = await browser.get("/"), await browser.get("/")
    policy = first.headers["content-security-policy"]
    directives = {part.split()[0]: part.split()[1:] for part in policy.split(";")}
    assert directives["script-src"] == ["'self'"]
    assert first.headers["content-security-policy"] == second.headers["content-security-policy"]
    assert directives["frame-ancestors"] == directives["base-uri"] == directives["default-src"] == ["'none'"]
    assert "unsafe" not in policy
    assert "camera=()" in first.headers["permissions-policy"]
    assert first.headers["x-content-type-options"] == "nosniff"
    assert first.headers["cross-origin-opener-policy"] == "same-origin"
    assert first.headers["strict-transport-security"].startswith("max-age=")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


async def test_only_the_pitchers_desk_may_use_the_camera(house: House) -> None:
    """Even a script that got in somewhere else must not see anybody."""
    async with house.browser() as browser:
        pitch, judge = await browser.get("/as/pitcher/pitch"), await browser.get("/as/judge/judge")
    assert "camera=(self), microphone=(self), display-capture=(self)" in pitch.headers["permissions-policy"]
    assert "camera=(), microphone=(), display-capture=()" in judge.headers["permissions-policy"]


async def test_guessing_invitations_is_stopped_and_good_links_go_on(house: House) -> None:
    """192 bits cannot be guessed anyway, but nobody should make the store look for them all day."""
    async with house.browser() as guesser:
        answers = [
            (await guesser.get(f"/i/{number:032}")).status_code for number in range(INVITATION_MISSES.amount + 1)
        ]
        assert answers == [404] * INVITATION_MISSES.amount + [429]
        # A hall shares one address: one guest who tries must not keep the jury out.
        assert (await guesser.get(f"/i/{await house.guests.invite(PersonId('judge'))}")).status_code == 200
        link = f"/i/{await house.guests.invite(PersonId('judge'))}"
        assert (await guesser.post(link, headers={"Origin": house.base})).status_code == 200
    transport = httpx.ASGITransport(house.app, client=("198.51.100.9", 5))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as other:
        assert (await other.get(f"/i/{await house.guests.invite(PersonId('judge'))}")).status_code == 200


async def test_a_hall_behind_one_address_signs_in_without_being_stopped(house: House) -> None:
    """Only misses are counted by address."""
    for _ in range(INVITATION_MISSES.amount + 5):
        async with house.browser() as browser:
            assert (await browser.get(f"/i/{await house.guests.invite(PersonId('judge'))}")).status_code == 200


async def test_media_posts_of_one_address_are_bounded(house: House) -> None:
    """Each costs a handshake; what is refused for it must be readable by players of any origin."""
    app = MediaLimitsMiddleware(house.app, house.limits)
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as player:
        for _ in range(MEDIA_FROM_ADDRESS.amount):
            await house.limits.spend(MEDIA_FROM_ADDRESS, "127.0.0.1")
        answer = await player.post("/rooms/ai/whip")
        assert (answer.status_code, answer.json()["code"]) == (429, "rate.media")
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.headers["access-control-allow-origin"] == "*"
        assert (await player.get("/")).status_code == 200


async def test_a_limit_says_when_to_come_back() -> None:
    """``Retry-After`` is filled from it."""
    limits, rule = Limits(HandClock()), Rule("rate.media", 1, 30, "test")
    await limits.spend(rule, "one")
    await limits.spend(rule, "another")
    with pytest.raises(TooMany) as refused:
        await limits.spend(rule, "one")
    assert refused.value.code == "rate.media"
    assert refused.value.retry_after == 30


def test_a_route_that_the_table_does_not_name_fails_at_start(house: House) -> None:
    """Not at the first visit, which may be an intruder's."""
    with pytest.raises(ValueError, match="not in the table"):
        Guard(house.app, house.door, "made-up")
