"""A house with two competitions whose fields, projects and people all have the same names, and browsers in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace as with_settings
from pathlib import Path

import httpx
from msgspec.structs import replace

from roadshow.adapters import Adapters, in_memory
from roadshow.app import OpenHouse, open_house
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Person, Role
from roadshow.ids import CompetitionId, PersonId, RoomId
from roadshow.settings import Settings
from roadshow.show import Show
from roadshow.texts import same_in_all
from tests.core.competitions.definitions import TODAY
from tests.live.conftest import listening_socket, served

FINAL = load_preset("demo", today=TODAY)
YOUTH = replace(FINAL, id=CompetitionId("youth"), title=same_in_all("Youth cup"))
AI = RoomId("ai")


def settings_in(folder: Path) -> Settings:
    return Settings(data=folder / "data", port=0, udp_port=0)


@asynccontextmanager
async def house_of_two(folder: Path, adapters: Adapters = in_memory) -> AsyncIterator[tuple[OpenHouse, Show, Show]]:
    async with open_house(settings_in(folder), [FINAL, YOUTH], adapters=adapters) as house:
        final, youth = house.shows
        yield house, final, youth


@asynccontextmanager
async def two_on_a_port(folder: Path) -> AsyncIterator[tuple[Show, Show]]:
    """For sockets."""
    with listening_socket() as (listening, base):
        settings = with_settings(settings_in(folder), public_url=base)
        opened = open_house(settings, [FINAL, YOUTH], adapters=in_memory)
        async with opened as house, served(house.app, listening, house.say_goodbye):
            final, youth = house.shows
            yield final, youth


def browser_in(house: OpenHouse, accept: str = "text/html") -> httpx.AsyncClient:
    base = house.settings.public_url
    transport = httpx.ASGITransport(house.app)
    return httpx.AsyncClient(transport=transport, base_url=base, headers={"Origin": base, "Accept": accept})


async def sign_in(browser: httpx.AsyncClient, show: Show, person: PersonId) -> None:
    answer = await browser.post(await show.invite(person))
    assert (answer.status_code, answer.headers["location"]) == (303, f"{base_of(show)}/as/{person}")


def base_of(show: Show) -> str:
    """What its addresses begin with."""
    return show.parts.context.base


def somebody(show: Show, role: Role) -> Person | None:
    """Of the field ``ai``; nobody is of the audience by name."""
    return next((one for one in show.people if one.holds(role, room=AI)), None)
