"""The whole application's routes against the whole table of roles."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx
from starlette.routing import Route, WebSocketRoute

from roadshow.access.roles import ROUTES, allowed
from roadshow.app import open_show
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Person, Role
from roadshow.settings import Settings
from roadshow.show import Show

SIGNS_OUT = {"sign-out", "end-sign-ins"}
DENIALS = {"sign_in.needed", "role.not_allowed", "room.not_yours"}


@asynccontextmanager
async def _demo(folder: Path) -> AsyncIterator[Show]:
    """No fixture: its beginning and end must be in one task, and pytest-asyncio gives them two."""
    competition = load_preset("demo", today=date(2026, 1, 1))
    async with open_show(Settings(data=folder / "data", port=0, udp_port=0), competition) as show:
        yield show


@dataclass(frozen=True)
class Call:
    name: str
    method: str
    path: str


def _calls(show: Show, role: Role, person: Person | None) -> Iterator[Call]:
    """Every method of every route, with names that exist; those of people and rooms are the person's own."""
    room = str((person and person.appointments[0].room) or next(iter(show.rooms)))
    chair = next(one for one in show.people if one.role is Role.CHAIR)
    # Somebody whom nobody else in this test is.
    other = [one for one in show.people if one.role is Role.PITCHER][-1]
    fill = {
        "person": (person or chair).id,
        "other": other.id,
        "room": room,
        "encoder": "backup",
        "sequence": "1",
        "project": show.competition.projects[0].id,
        "token": "x" * 32,
        "session": "x" * 32,
        "booth": "x" * 24,
        "sign_in": "0" * 16,
        "fingerprint": "x",
        "path": "x.css",
        "language": "en",
    }
    for route in show.app.routes:
        if isinstance(route, Route):
            path = route.path_format.format(**fill)
            for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}):
                yield Call(route.name, method, path)


async def _sign_in(show: Show, browser: httpx.AsyncClient, person: Person | None) -> None:
    if person is not None:
        token = await show.guests.invite(person.id)
        assert (await browser.post(f"/i/{token}")).status_code == 303


async def test_the_table_and_the_application_name_the_same_routes(tmp_path: Path) -> None:
    """A route nobody gave to a role, and a right to something that is not there, are both mistakes."""
    async with _demo(tmp_path) as show:
        named = {route.name for route in show.app.routes if isinstance(route, Route | WebSocketRoute)}
        assert named == set(ROUTES)


async def test_every_route_opens_to_its_roles_and_to_no_other(tmp_path: Path) -> None:
    """Walks all of it with real cookies; how a page fares after the door is for other tests."""
    async with _demo(tmp_path) as show:
        base = show.settings.public_url
        for role in Role:
            person = next((one for one in show.people if one.role is role), None)
            assert (person is None) is (role is Role.AUDIENCE)
            transport = httpx.ASGITransport(show.app)
            headers = {"Origin": base, "Accept": "application/json"}
            async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as browser:
                await _sign_in(show, browser, person)
                check = ""
                for call in _calls(show, role, person):
                    answer = await browser.request(call.method, call.path, data={"asked": "yes"})
                    code = answer.json().get("code", "") if "json" in answer.headers.get("content-type", "") else ""
                    if allowed(role, call.name):
                        assert code not in DENIALS, (role, call, code)
                        assert answer.status_code < 500, (role, call, answer.status_code)
                    else:
                        assert code in DENIALS, (role, call, answer.status_code, code)
                        assert answer.status_code in (401, 403)
                    if (call.name, call.method) == ("line-check", "POST") and answer.status_code == 200:
                        check = answer.json()["check"]
                    if call.name in SIGNS_OUT:
                        await _sign_in(show, browser, person)
                if person is not None:  # the house checks so many lines at a time
                    await browser.delete(f"/as/{person.id}/line", params={"check": check})


async def test_nobody_opens_somebody_elses_desk(tmp_path: Path) -> None:
    """The id in the address is public knowledge."""
    async with _demo(tmp_path) as show:
        base = show.settings.public_url
        judge, neighbour = [one for one in show.people if one.role is Role.JUDGE][:2]
        transport = httpx.ASGITransport(show.app)
        async with httpx.AsyncClient(transport=transport, base_url=base, headers={"Origin": base}) as browser:
            await browser.post(f"/i/{await show.guests.invite(judge.id)}")
            assert (await browser.get(f"/as/{judge.id}/judge")).status_code == 200
            answer = await browser.get(f"/as/{neighbour.id}/judge", headers={"Accept": "application/json"})
            assert answer.json()["code"] == "sign_in.needed"
