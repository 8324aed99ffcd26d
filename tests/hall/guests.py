"""Guests of a hall: each opens the page, gets a socket, a picture and a vote, and comes back when asked to, as the page
does by itself."""

import asyncio
import json
import random
import re
import secrets
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.hall.asking import Asking
from tests.relay.light_peer import LightPeer, section

ROOM = "ai"
WATCHED = section("video", "0", "recvonly", ["VP8", "H264"]), section("audio", "1", "recvonly", ["opus"])
CONSENT_EVERY_S = 8.0
"""Between two checks that keep a picture; the relay gives up after thirty seconds."""
BACK_OFF_S, LONGEST_BACK_OFF_S = 0.4, 8.0
"""As a page waits when it is told nothing better: twice as long each time, spread over all of it."""


@dataclass
class Hall:
    """What a hall's guests came to, with the seconds since its doors opened."""

    port: int
    base: str
    address: str
    begun: float = 0.0
    entered: list[float] = field(default_factory=list)
    watching: list[float] = field(default_factory=list)
    voted: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    """By what was asked for, and the server's word."""

    def now(self) -> float:
        return time.monotonic() - self.begun


async def evening(hall: Hall, guests: int, within: float) -> None:
    """All of them come at once, and stay until everybody has voted or the time is over."""
    hall.begun = time.monotonic()
    everybody = asyncio.Event()
    with suppress(TimeoutError):
        async with asyncio.timeout(within), asyncio.TaskGroup() as tasks:
            for number in range(guests):
                tasks.create_task(_Guest(hall, number).come(everybody))
            while len(hall.voted) < guests or len(hall.watching) < guests:  # noqa: ASYNC110  (a bound is around it)
                await asyncio.sleep(0.05)
            everybody.set()


class _Guest:
    def __init__(self, hall: Hall, number: int) -> None:
        self._hall = hall
        self._number = number
        self._browser = Asking(hall.port, hall.base, hall.address)
        self._socket: ClientConnection | None = None
        self._peer = LightPeer()
        self._project = ""

    async def come(self, everybody: asyncio.Event) -> None:
        async with AsyncExitStack() as opened:
            opened.push_async_callback(self._browser.close)
            await self._again("page", self._page)
            await self._again("socket", self._enter)
            opened.push_async_callback(self._leave)
            async with asyncio.TaskGroup() as tasks:
                staying = tasks.create_task(self._watch_and_stay())
                await self._again("vote", self._vote)
                self._hall.voted.append(self._hall.now())
                await everybody.wait()
                staying.cancel()

    async def _again(self, what: str, step: Any) -> None:
        """Until it is done. A step says how long to stay away; less than nothing: it is done."""
        bound = BACK_OFF_S
        while True:
            try:
                wait = await step()
            except (OSError, EOFError, ConnectionClosed, InvalidHandshake, TimeoutError) as problem:
                self._hall.refused[f"{what}: {type(problem).__name__}"] += 1
                wait = 0.0
            if wait < 0:
                return
            await asyncio.sleep(wait + random.random() * bound)
            bound = min(2 * bound, LONGEST_BACK_OFF_S)

    async def _page(self) -> float:
        answer = await self._browser.ask("GET", f"/rooms/{ROOM}/watch", Accept="text/html")
        return self._done("page", answer.status, 200, answer.retry_after)

    async def _enter(self) -> float:
        await self._leave()
        cookies = "; ".join(f"{name}={value}" for name, value in self._browser.cookies.items())
        self._socket = await connect(
            f"ws://127.0.0.1:{self._hall.port}/live?lang=en",
            origin=self._hall.base,  # type: ignore[arg-type]  # a NewType of theirs
            additional_headers={"Cookie": cookies},
            compression=None,
            local_addr=(self._hall.address, 0),
        )
        first = json.loads(await self._socket.recv())
        if first["type"] == "welcome":
            await self._socket.send(json.dumps({"type": "follow", "room": ROOM}))
            while (told := json.loads(await self._socket.recv()))["type"] != "room.snapshot":
                pass
            self._project = told["rundown"]["slots"][0]["project"]
            self._hall.entered.append(self._hall.now())
            return -1.0
        self._hall.refused[f"socket: {first['code']}"] += 1
        with suppress(ConnectionClosed):
            await self._socket.recv()
        told = re.search(r"retry_ms=(\d+)", self._socket.close_reason or "")
        return 0.0 if told is None else int(told[1]) / 1000

    async def _watch_and_stay(self) -> None:
        await self._again("picture", self._watch)
        self._hall.watching.append(self._hall.now())
        try:
            while True:
                await asyncio.sleep(CONSENT_EVERY_S)
                self._peer.send(bytes(self._peer.binding()))
        finally:
            self._peer.vanish()

    async def _watch(self) -> float:
        offer = self._peer.offer(*WATCHED).encode()
        async with Asking(self._hall.port, self._hall.base, self._hall.address) as media:
            answer = await media.ask("POST", f"/rooms/{ROOM}/whep", offer, Content_Type="application/sdp")
        if answer.status != 201:
            return self._done("picture", answer.status, 201, answer.retry_after)
        try:
            await self._peer.connect(answer.body.decode())
        except (TimeoutError, AssertionError):
            self._peer.vanish()
            self._peer = LightPeer()
            return 0.0
        return -1.0

    async def _vote(self) -> float:
        """Whoever has no token fetches one and goes on, as the page does."""
        assert self._socket is not None
        command = secrets.token_urlsafe(9)
        vote = {"type": "audience.vote", "command": command, "room": ROOM, "project": self._project}
        await self._socket.send(json.dumps(vote))
        async with asyncio.timeout(10):
            while (told := json.loads(await self._socket.recv())).get("command") != command:
                pass
        if told["type"] == "audience.accepted":
            return -1.0
        self._hall.refused[f"vote: {told['code']}"] += 1
        if booth := told.get("details", {}).get("booth"):
            await self._browser.ask("POST", f"/rooms/{ROOM}/voters/{booth}", Accept="application/json")
            return 0.0
        return float(told.get("details", {}).get("retry_after", 1))

    async def _leave(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    def _done(self, what: str, status: int, wanted: int, retry_after: float) -> float:
        if status == wanted:
            return -1.0
        self._hall.refused[f"{what}: {status}"] += 1
        return retry_after
