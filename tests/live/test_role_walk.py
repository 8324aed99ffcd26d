"""Everybody there may be, at every address and with every message of a house with two competitions: who is let in, who
is refused, and with which words. Who may is ``access/roles.py``'s to say; what those get is the rows' here.

A new route or message is walked by itself. A route fails until ``GIVEN`` has a row that says what those get who may; a
message needs nothing but its row in ``access/roles.py``, unless ``_value`` cannot guess what it takes.
"""

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from msgspec import inspect
from starlette.routing import Mount, Route

from roadshow.access.roles import MESSAGES, allowed
from roadshow.adapters import in_memory
from roadshow.app import OpenHouse, open_house
from roadshow.competitions.people import Role
from roadshow.competitions.signins.life import LIFETIMES
from roadshow.fields.sections import SECTIONS
from roadshow.ids import PersonId, ProjectId, RoomId
from roadshow.live import connection
from roadshow.live.families import FAMILIES
from roadshow.live.hub import POLICY
from roadshow.live.messages import ClockPing, Follow
from roadshow.moments import Duration
from roadshow.show import Show
from tests.clocks import HandClock
from tests.live.conftest import AI, BIO, Browser, a_browser, listening_socket, served
from tests.live.two import FINAL, YOUTH, base_of, settings_in

DENIALS: Final = {"sign_in.needed", "role.not_allowed", "room.not_yours"}
GIVEN: Final[dict[str, dict[str, set[tuple[int, str]]]]] = {
    "static": {"GET": {(404, "page.unknown"), (200, "")}},  # icons at the root are there
    "robots": {"GET": {(200, "")}},
    "manifest": {"GET": {(200, "")}},
    "voter": {"POST": {(404, "audience.booth")}},
    "health": {"GET": {(200, "")}},
    "ready": {"GET": {(200, "")}},
    "metrics": {"GET": {(401, "metrics.token")}},
    "programme": {"GET": {(200, "")}},
    "home": {"GET": {(200, ""), (308, "")}},  # without its slash it leads to where it is
    "project": {"GET": {(200, "")}},
    "watch": {"GET": {(200, "")}},
    "screen": {"GET": {(200, "")}},
    "results": {"GET": {(200, "")}},
    "room-results": {"GET": {(200, "")}},
    "record": {"GET": {(409, "result.sealed")}},
    "overall-record": {"GET": {(409, "result.sealed")}},
    "table": {"GET": {(409, "result.sealed")}},
    "spreadsheet": {"GET": {(409, "result.sealed")}},
    "full-csv": {"GET": {(409, "result.sealed")}},
    "full-xlsx": {"GET": {(409, "result.sealed")}},
    "protocol": {"GET": {(409, "result.sealed")}},
    "objection": {"GET": {(200, "")}},
    "object": {"POST": {(400, "")}},
    "objection-receipt": {"GET": {(409, "result.sealed")}},
    "calibration": {"GET": {(404, "calibration.none")}},
    "calibration-card": {"POST": {(404, "calibration.none")}},
    "calibration-round": {"POST": {(404, "calibration.none")}},
    "comments": {"GET": {(404, "comments.off")}},
    "comment": {"POST": {(404, "comments.off")}},
    "all-comments": {"GET": {(404, "comments.off")}},
    "decide-comment": {"POST": {(404, "comments.off")}},
    "team-comments": {"GET": {(404, "comments.off")}},
    "objections": {"GET": {(200, "")}},
    "decide-objection": {"POST": {(400, "")}},
    "invitation": {"GET": {(404, "")}},
    "accept": {"POST": {(404, "")}},
    "sign-in": {"GET": {(200, "")}},
    "find-link": {"POST": {(404, "")}},
    "desk": {"GET": {(303, "")}},
    "sign-out": {"POST": {(303, "")}},
    "sign-ins": {"GET": {(200, "")}},
    "end-sign-in": {"POST": {(404, "sign_in.unknown")}},
    "end-sign-ins": {"POST": {(303, "")}},
    "control": {"GET": {(303, "")}},
    "control-room": {"GET": {(200, "")}},
    "control-media": {"GET": {(200, "")}},
    "encoder": {"GET": {(200, "")}},
    "encoder-withdraw": {"POST": {(200, "")}},
    "encoder-first": {"POST": {(204, "")}},
    "people": {"GET": {(200, "")}},
    "person": {"GET": {(200, "")}},
    "invite": {"POST": {(200, "")}},
    "invite-again": {"POST": {(200, "")}},
    "invite-further": {"POST": {(200, "")}},
    "end-of-person": {"POST": {(404, "sign_in.unknown")}},
    "end-all-of-person": {"POST": {(303, "")}},
    "revoke": {"POST": {(200, "")}},
    "audit": {"GET": {(303, "")}},
    "audit-room": {"GET": {(200, "")}},
    "audit-entries": {"GET": {(200, "")}},
    "paper": {"GET": {(303, "")}},
    "paper-room": {"GET": {(200, "")}},
    "enter-paper": {"POST": {(400, "")}},
    "paper-card": {"GET": {(400, "code.length"), (404, "paper.none")}},
    "paper-cards": {"GET": {(200, ""), (404, "paper.none")}},
    "own-paper": {"GET": {(200, "")}},
    "contest-paper": {"POST": {(400, "")}},
    "paper-receipt": {"GET": {(404, "paper.unknown")}},
    "practice": {"GET": {(200, "")}},
    "line-check": {"POST": {(200, ""), (503, "relay.side-rooms")}, "DELETE": {(204, ""), (409, "line.anew")}},  # four
    "line-figures": {"POST": {(400, "message.malformed")}},
    "pitch": {"GET": {(200, "")}},
    "pitch-project": {"GET": {(200, "")}},
    "judge": {"GET": {(200, "")}},
    "judge-room": {"GET": {(200, "")}},
    "receipts": {"GET": {(200, "")}},
    "enrol-key": {"POST": {(409, "key.off")}},
    "conflicts": {"GET": {(200, "")}},
    "own-conflicts": {"GET": {(200, "")}},
    "declare-conflicts": {"POST": {(409, "")}},  # of no revision that there is
    "whip": {"GET": {(204, "")}, "POST": {(401, "whip.token")}},
    "whip-session": {
        "GET": {(404, "relay.session")},
        "PATCH": {(415, "relay.media-type")},
        "DELETE": {(404, "relay.session")},
    },
    "whep": {"GET": {(200, "")}, "POST": {(415, "relay.media-type")}},
    "whep-session": {
        "GET": {(404, "relay.session")},
        "PATCH": {(415, "relay.media-type")},
        "DELETE": {(404, "relay.session")},
    },
    "whip-picture": {"GET": {(404, "relay.session")}},
    "whip-card": {"POST": {(415, "relay.media-type")}},
    "whep-layer": {"GET": {(404, "relay.session")}, "POST": {(415, "relay.media-type")}},
}
"""By route and method: what whoever is let in may get here, status and, of an error, code. People and rooms are real
ones, the invitation, the session and the file are not; nothing has been published or announced."""
SIGNS_OUT: Final = {"sign-out", "end-sign-ins"}
ASKED: Final = {"asked": "yes"}
"""What a form says once its question was answered."""
INVITED: Final = (Role.ORGANISER, Role.CHAIR, Role.JUDGE, Role.PITCHER, Role.CLERK, Role.AUDITOR)
EVERYWHERE: Final = (Role.ORGANISER, Role.CLERK, Role.AUDITOR)


@dataclass(frozen=True)
class Identity:
    """Somebody at the door of the final."""

    name: str
    role: Role
    """As which they come, if what they show holds."""
    claims: PersonId | None = None
    """Whom their addresses name."""
    room: RoomId | None = None
    """Where they hold their role; None: everywhere, or nowhere."""
    project: ProjectId | None = None
    """Which they pitch."""
    is_signed_in: bool = False
    cookies: tuple[tuple[str, str], ...] = ()

    def refusal(
        self, action: str, room: RoomId | None = None, project: ProjectId | None = None, *, names_person: bool
    ) -> str | None:
        """What they must be told; None: they may."""
        if allowed(Role.AUDIENCE, action) and not names_person:
            return None
        if not self.is_signed_in:
            return "sign_in.needed"
        if not allowed(self.role, action):
            return "role.not_allowed"
        if room is not None and not allowed(Role.AUDIENCE, action) and self.room not in (None, room):
            return "room.not_yours"
        if project is not None and self.project != project:
            return "room.not_yours"
        return None


@asynccontextmanager
async def _opened(
    folder: Path, clock: HandClock, base: str | None = None
) -> AsyncIterator[tuple[OpenHouse, Show, Show]]:
    settings = settings_in(folder) if base is None else replace(settings_in(folder), public_url=base)
    async with open_house(settings, [FINAL, YOUTH], adapters=in_memory, clock=clock) as house:
        final, youth = house.shows
        yield house, final, youth


async def _session(show: Show, person: PersonId) -> tuple[tuple[str, str], ...]:
    _, session = await show.guests.accept(await show.guests.invite_further(person), None)
    return (("roadshow", session),)


async def _identities(house: OpenHouse, clock: HandClock) -> list[Identity]:
    """Everybody; those whose time is over first, as a new link may end what an older one opened."""
    final, youth = house.shows
    ours = {
        (role, room): next(one.id for one in final.people if one.holds(role, room=room))
        for room in (AI, BIO)
        for role in INVITED
    }
    everybody = [Identity("nobody", Role.AUDIENCE)]
    transport = httpx.ASGITransport(house.app)
    async with httpx.AsyncClient(transport=transport, base_url=house.settings.public_url) as guest:
        await guest.get(f"{base_of(final)}/rooms/{AI}/watch")
        everybody.append(
            Identity("guest with all that a watch page gives", Role.AUDIENCE, cookies=tuple(guest.cookies.items()))
        )
    for role in INVITED:
        who = ours[role, AI]
        everybody.append(Identity(f"{role} whose sign-in has run out", role, who, cookies=await _session(final, who)))
    clock.advance(max(life.idle for life in LIFETIMES.values()) + Duration.seconds(1))
    for role in INVITED:
        who = ours[role, AI]
        everybody.append(Identity(f"{role} who was shown out", role, who, cookies=await _session(final, who)))
        await final.guests.revoke(who)
        everybody.append(Identity(f"{role} of the other competition", role, who, cookies=await _session(youth, who)))
    own = {}
    for (role, room), who in ours.items():
        if who not in own:
            own[who] = await _session(final, who)
            where = None if role in EVERYWHERE else room
            project = next((one.appointments[0].project for one in final.people if one.id == who), None)
            name = f"{role} in {room}"
            everybody.append(Identity(name, role, who, where, project, is_signed_in=True, cookies=own[who]))
    for role in INVITED:
        other = ours[Role.JUDGE if role is not Role.JUDGE else Role.PITCHER, AI]
        everybody.append(Identity(f"somebody who says they are the {role}", role, ours[role, AI], cookies=own[other]))
    return everybody


# Addresses ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Address:
    route: str
    method: str
    path: str
    names_person: bool
    room: RoomId | None
    project: ProjectId | None
    """Of a desk."""


def _routes(show: Show) -> Iterator[tuple[str, Route]]:
    """With what stands before them: of the house, and of the show both with its name and without."""
    for route in show.app.routes:
        if isinstance(route, Route):
            yield "", route
        elif isinstance(route, Mount) and route.path == base_of(show):
            yield from ((route.path, inner) for inner in route.routes if isinstance(inner, Route))


def _addresses(show: Show, claims: PersonId) -> Iterator[Address]:
    """Every method of every route; those with a room once for each of two."""
    values = {
        "person": claims,
        "other": [one for one in show.people if one.role is Role.PITCHER][-1].id,  # nobody of those who walk here
        "project": FINAL.projects[0].id,
        "token": "x" * 32,
        "session": "x" * 32,
        "sign_in": "0" * 16,
        "encoder": "backup",
        "booth": "x" * 24,
        "sequence": 1,
        "language": "en",
        "fingerprint": "x",
        "path": "x.css",
    }
    for before, route in _routes(show):
        names = set(route.param_convertors)
        unknown = names - {*values, "room"}
        assert not unknown, f"give {unknown} of the route {route.name} a value in _addresses of {__file__}"
        for room in (AI, BIO) if "room" in names else (None,):
            path = before + route.path_format.format(**{**values, "room": room})
            project = FINAL.projects[0].id if names >= {"person", "project"} else None
            for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}):
                yield Address(route.name, method, path, "person" in names, room, project)


async def test_every_address_to_everybody(tmp_path: Path) -> None:
    """A desk that opens to somebody without a right to it is the worst there can be, in whatever way they have none."""
    clock = HandClock()
    async with _opened(tmp_path, clock) as (house, final, _):
        base = house.settings.public_url
        given: set[tuple[str, str]] = set()
        for number, identity in enumerate(await _identities(house, clock)):
            transport = httpx.ASGITransport(house.app, client=(f"100.64.{number}.1", 1))
            headers = {"Origin": base, "Accept": "application/json"}
            async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as browser:
                cookies = identity.cookies
                for address in _addresses(final, identity.claims or PersonId("organiser")):
                    browser.cookies = httpx.Cookies(dict(cookies))
                    answer = await browser.request(address.method, address.path, data=ASKED)
                    told = (answer.status_code, _code(answer))
                    refusal = identity.refusal(
                        address.route, address.room, address.project, names_person=address.names_person
                    )
                    if refusal is None:
                        given.add((address.route, address.method))
                        assert told in _given(address), (identity.name, address, told)
                        if address.route in SIGNS_OUT and identity.claims is not None:
                            cookies = await _session(final, identity.claims)
                    else:
                        assert told == (401 if refusal == "sign_in.needed" else 403, refusal), (identity.name, address)
        assert given == {(route, method) for route, rows in GIVEN.items() for method in rows}, "and nothing is left out"


def _given(address: Address) -> set[tuple[int, str]]:
    row = GIVEN.get(address.route, {}).get(address.method)
    assert row is not None, f"say in GIVEN of {__file__} what {address.method} of the route {address.route!r} answers"
    return row


def _code(answer: httpx.Response) -> str:
    is_json = "json" in answer.headers.get("content-type", "")
    return str(answer.json().get("code", "")) if is_json else ""


# Messages -----------------------------------------------------------------------------------------------------------

MISSING: Final = {"internal", "message.malformed", "message.unknown"}
ASKS: Final = [
    inspect.type_info(ask) for ask in (*(ask for family in FAMILIES for ask in family.asks), Follow, ClockPing)
]
KINDS: Final = {str(kind.tag): kind for kind in ASKS if isinstance(kind, inspect.StructType)}


def _sample(tag: str, room: RoomId, number: int) -> dict[str, Any]:
    """One that can be read; whether it makes sense at this moment is another question."""
    assert tag in KINDS, f"no family takes {tag}"
    own = {"room": room, "command": f"walk-{number:08}"}
    fields = {field.encode_name: _value(field.type) for field in KINDS[tag].fields if field.required}
    return {"type": tag, **fields, **{name: own[name] for name in fields.keys() & own}}


def _value(kind: Any) -> object:
    """Something of that kind. A family that takes none of these gets a line here."""
    match kind:
        case inspect.StrType():
            return "A reason as people give one." if kind.min_length else str(FINAL.projects[0].id)
        case inspect.IntType() | inspect.FloatType():
            return kind.ge or 0
        case inspect.BoolType():
            return True
        case inspect.EnumType():
            return next(iter(kind.cls)).value
        case inspect.LiteralType():
            return kind.values[0]
        case inspect.UnionType():
            return _value(kind.types[0])
        case inspect.VarTupleType():
            return [_value(kind.item_type)] * (kind.min_length or 0)
        case inspect.DictType():
            return {}
        case inspect.Metadata():
            return _value(kind.type)
        case inspect.StructType():
            return {field.encode_name: _value(field.type) for field in kind.fields if field.required}
        case inspect.NoneType():
            return None
        case _:
            pytest.fail(f"give a value of {kind} in _value of {__file__}")


async def _state(*shows: Show) -> list[object]:
    """All that can be told to anybody, of both fields."""
    return [
        await show.fields[room].read(tuple(section.view for section in SECTIONS))
        for show in shows
        for room in (AI, BIO)
    ]


async def _answer(browser: Browser, message: dict[str, Any]) -> str:
    """The refusal's code; empty if it was taken."""
    await browser.send(**message)
    while True:
        told = await browser.read()
        if told["type"] == "refused":
            return str(told["code"])
        if told.get("command", "") == message.get("command") or told["type"] in ("room.snapshot", "clock.pong"):
            return ""


async def test_every_message_from_everybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First all that must be refused, after which nothing may have changed; then what is permitted, of which at most a
    rule of the game may stand in the way."""
    monkeypatch.setattr(connection, "MESSAGES_AT_ONCE", 10_000)
    clock = HandClock()
    with listening_socket() as (listening, base):
        async with (
            _opened(tmp_path, clock, base) as (house, final, youth),
            served(house.app, listening, house.say_goodbye),
            AsyncExitStack() as sockets,
        ):
            everybody = await _identities(house, clock)
            before = await _state(final, youth)
            open_to: dict[Identity, Browser] = {}
            for identity in everybody:
                query = "" if identity.claims is None else f"?as={identity.claims}"
                cookie = "; ".join(f"{name}={value}" for name, value in identity.cookies) or None
                browser = await sockets.enter_async_context(a_browser(base, query, cookie))
                first = await browser.read()
                if identity.claims is not None and not identity.is_signed_in:
                    assert first["code"] == "sign_in.needed", identity.name
                    assert (await browser.closed())[0] == POLICY
                else:
                    assert (first["type"], first["role"]) == ("welcome", identity.role), identity.name
                    open_to[identity] = browser
            numbers = itertools.count()
            for is_permitted in (False, True):
                for identity, browser in open_to.items():
                    for tag, room in itertools.product(MESSAGES, (AI, BIO)):
                        refusal = identity.refusal(tag, room, names_person=False)
                        if (refusal is None) is is_permitted:
                            told = await _answer(browser, _sample(tag, room, next(numbers)))
                            if is_permitted:
                                assert told not in DENIALS | MISSING, (identity.name, tag, room, told)
                            else:
                                assert told == refusal, (identity.name, tag, room)
                if not is_permitted:
                    assert await _state(final, youth) == before
