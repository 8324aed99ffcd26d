"""A demo final in a process of its own, an attacker in another, and a hall that comes while it is under attack."""

import asyncio
import json
import os
import secrets
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect

from tests.demo_server import DemoServer
from tests.hall.asking import Asking
from tests.hall.guests import ROOM, WATCHED, Hall, evening
from tests.relay.light_peer import LightPeer

ORGANISER, HALL, ATTACKER = "127.10.0.1", "127.20.0.1", "127.66.0.1"
"""Each in a network of its own."""
END_WITHIN_S = 30.0


@dataclass(frozen=True)
class Played:
    people: int
    entered: int
    watching: int
    voted: int
    seconds: float
    """Until the last of them had voted and watched."""
    organiser_watches: bool
    """A picture for whoever was invited, with the house as full as the attacker gets it."""
    refused: Counter[str]
    sockets: int
    pictures: int
    """What the attacker held in the end."""
    told: dict[str, int]

    @property
    def held(self) -> bool:
        return self.entered >= self.people <= min(self.watching, self.voted) and self.organiser_watches


async def play(folder: Path, *, people: int, viewers: int, attacked_for: float, within: float, floods: int) -> Played:
    """``viewers``: places for pictures. ``attacked_for``: seconds the attacker has before the doors open, unless it
    gets no more earlier. ``within``: how long the hall has. ``floods``: connections of each kind of flood."""
    environment = {**os.environ, "ROADSHOW_MAX_VIEWERS": str(viewers), "PYTHONUNBUFFERED": "1"}
    with DemoServer(folder, environment=environment) as server:
        port = int(server.base.rpartition(":")[2])
        async with _organiser(server, port) as (act, watches), _attack(server.base, attacked_for, floods) as attacker:
            await attacker.ready(attacked_for + END_WITHIN_S)
            await act("audience.open")
            hall = Hall(port, server.base, HALL)
            await evening(hall, people, within)
            seen = await watches()
            held = await attacker.end()
    return Played(
        people=people,
        entered=len(hall.entered),
        watching=len(hall.watching),
        voted=len(hall.voted),
        seconds=max([0.0, *hall.entered, *hall.watching, *hall.voted]),
        organiser_watches=seen,
        refused=hall.refused,
        sockets=held["sockets"],
        pictures=held["pictures"],
        told=held["told"],
    )


@asynccontextmanager
async def _organiser(server: DemoServer, port: int) -> AsyncIterator[tuple[Any, Any]]:
    """Signed in: a way to act, and a way to find out whether their desk gets a picture."""
    async with Asking(port, server.base, ORGANISER) as browser:
        link = server.people["organiser"].removeprefix(server.base)
        answer = await browser.ask("POST", link)
        person = answer.headers["location"].rpartition("/")[2]
        page = await browser.ask("GET", f"/as/{person}/control/{ROOM}", Accept="text/html")
        token = json.loads(b'"' + page.body.partition(b'"watch_token":"')[2].partition(b'"')[0] + b'"')
        cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
        address = f"ws://127.0.0.1:{port}/live?as={person}"
        headers = {"Cookie": cookie}
        async with connect(address, origin=server.base, additional_headers=headers, ping_interval=None) as live:  # type: ignore[arg-type]

            async def act(kind: str, **fields: Any) -> None:
                command = secrets.token_urlsafe(9)
                await live.send(json.dumps({"type": kind, "command": command, "room": ROOM, **fields}))
                async with asyncio.timeout(END_WITHIN_S):
                    while (told := json.loads(await live.recv())).get("command") != command:
                        pass
                assert told["type"] == "command.accepted", told

            async def watches() -> bool:
                offer = LightPeer().offer(*WATCHED).encode()
                bearer = {"Content_Type": "application/sdp", "Authorization": f"Bearer {token}"}
                answer = await browser.ask("POST", f"/rooms/{ROOM}/whep", offer, **bearer)
                return answer.status == 201

            yield act, watches


class _Attacker:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ready(self, within: float) -> None:
        """It gets no more, or had its time."""
        assert self._process.stdout is not None
        async with asyncio.timeout(within):
            assert await self._process.stdout.readline(), "the attacker gave up"

    async def end(self) -> dict[str, Any]:
        out, _ = await asyncio.wait_for(self._process.communicate(b"quit\n"), END_WITHIN_S)
        held: dict[str, Any] = json.loads(out.splitlines()[-1])
        return held


@asynccontextmanager
async def _attack(base: str, seconds: float, floods: int) -> AsyncIterator[_Attacker]:
    program = (sys.executable, "-m", "tests.hall.attack", base, ATTACKER, str(seconds), str(floods))
    process = await asyncio.create_subprocess_exec(
        *program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    try:
        yield _Attacker(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
