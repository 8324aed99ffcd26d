"""The competition's people: an organiser who runs it, judges who score, and how long each waits for an answer."""

import asyncio
import json
import random
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from bench.climax.definition import ORGANISER

PATIENCE = 30.0
"""Seconds for an answer; whoever waits longer ends the measurement."""
PING_EVERY = 0.1
A_BREATH = 0.25
"""Seconds; a socket may say twenty things in one."""
MOST_PINGS = 5
"""Of one judge without an answer: a server that stands still is not asked faster than it permits."""
VOTE_EVERY = 1.0
PLACES = 3
Frame = dict[str, Any]
_INVITATION = re.compile(r"/i/[A-Za-z0-9_-]{20,}")


class Refused(Exception):
    """A command was. Its code."""


@dataclass(frozen=True, slots=True)
class Judged:
    acknowledged: int
    refused: int
    """Ballots."""


class Desk:
    """Somebody's socket, which follows a room."""

    def __init__(self, socket: ClientConnection, room: str) -> None:
        self.room: Frame = {}
        self.pings: list[float] = []
        """Seconds that each ping took."""
        self.ballots: dict[str, int] = {}
        """The revision of this judge's own ballots, by project."""
        self._socket, self._room = socket, room
        self._answers: dict[str, asyncio.Future[Frame]] = {}
        self._changed = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        with suppress(ConnectionClosed):
            async for text in self._socket:
                frame = json.loads(text)
                if frame["type"] == "clock.pong":
                    self.pings.append(time.perf_counter() - frame["sent"])
                elif frame["type"] in ("room.snapshot", "room.changed"):
                    self.room.update(frame)
                    self._changed.set()
                answer = self._answers.pop(frame.get("command") or "", None)
                if answer is not None:
                    answer.set_result(frame)
        for answer in self._answers.values():
            answer.set_exception(ConnectionError("the server closed a desk's socket"))

    async def say(self, kind: str, **fields: object) -> None:
        await self._socket.send(json.dumps({"type": kind, **fields}))

    async def act(self, kind: str, **fields: object) -> Frame:
        """A command that is accepted; what was said too fast is said again. Raises Refused."""
        command = secrets.token_urlsafe(12)
        while True:
            answer = self._answers[command] = asyncio.get_running_loop().create_future()
            await self.say(kind, command=command, room=self._room, **fields)
            async with asyncio.timeout(PATIENCE):
                told: Frame = await answer
            if told["type"] != "refused":
                return told
            if told["code"] != "rate.messages":
                raise Refused(told["code"])
            await asyncio.sleep(A_BREATH)

    async def until(self, section: str, **values: object) -> None:
        """The room's section has these values."""
        await self.changed(lambda room: section in room and {**room[section], **values} == room[section])

    async def changed(self, so: Callable[[Frame], bool]) -> None:
        """The room is so."""
        async with asyncio.timeout(PATIENCE):
            while not so(self.room):
                self._changed.clear()
                await self._changed.wait()

    async def advance(self, phase: str) -> None:
        """As control's main button does; the room is then in ``phase``."""
        session = self.room["session"]
        kind = "session.start" if session["phase"] == "standby" else "session.next"
        await self.act(kind, expected={"phase": session["phase"], "slot": session["slot"]})
        await self.until("session", phase=phase)

    async def cast(self, project: str, scores: dict[str, int]) -> None:
        known = self.ballots.get(project, 0)
        answer = await self.act("ballot.cast", project=project, scores=scores, expected_revision=known)
        self.ballots[project] = answer["receipt"]["revision"]

    async def close(self) -> None:
        await self._socket.close()
        await self._listening


class People:
    """Everybody with an invitation, signed in one after another."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._cookies: dict[str, str] = {}

    async def enter(self, link: str, others: Sequence[str]) -> None:
        """The organiser by their link, then all of ``others`` by the links that the organiser makes for them."""
        await self._accept(ORGANISER, link)
        for person in others:
            path = f"/as/{ORGANISER}/people/{person}/invite"
            answer = await self._browser(ORGANISER).post(path, data={"asked": "yes"})
            found = _INVITATION.search(answer.text)
            assert found is not None, f"{answer.status_code}: no link for {person}"
            await self._accept(person, f"{self._base}{found[0]}")

    async def desk(self, person: str, room: str) -> Desk:
        address = f"{self._base.replace('http', 'ws', 1)}/live?as={person}&lang=en"
        socket = await connect(
            address,
            origin=Origin(self._base),
            additional_headers={"Cookie": self._cookies[person]},
            compression=None,
        )
        desk = Desk(socket, room)
        await desk.say("follow", room=room)
        await desk.until("session")
        return desk

    async def _accept(self, person: str, link: str) -> None:
        async with self._browser() as browser:
            await browser.get(link)
            answer = await browser.post(link)
            assert answer.status_code == 303, answer.text
            assert answer.headers["location"].startswith(f"/as/{person}"), answer.headers["location"]
            self._cookies[person] = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())

    def _browser(self, person: str = "") -> httpx.AsyncClient:
        cookie = {"Cookie": self._cookies[person]} if person else {}
        return httpx.AsyncClient(base_url=self._base, headers={"Origin": self._base, **cookie}, timeout=PATIENCE)


async def play(control: Desk, judges: Sequence[Desk], chair: Desk, criteria: Sequence[str]) -> None:
    """A whole field up to its confirmed result: every project pitches, every judge scores it."""
    slots = [slot["slot"] for slot in control.room["rundown"]["slots"]]
    for number, slot in enumerate(slots):
        for phase in ("pitch", "questions", "voting"):
            await control.advance(phase)
        project = control.room["session"]["project"]
        await asyncio.gather(*(one.cast(project, _scores(criteria, number, seat)) for seat, one in enumerate(judges)))
        await control.advance("closed")
        if slot != slots[-1]:
            await control.advance("standby")
    await chair.act("count.close", count=1)
    await chair.act("result.confirm", accept_incomplete=True)


async def reveal(control: Desk, places: int) -> None:
    """The next so many steps."""
    before = len(control.room["ceremony"]["announced"])
    for announced in range(before, before + places):
        await control.act("result.reveal", announced=announced)
        await control.changed(lambda room: len(room["ceremony"]["announced"]) > announced)  # noqa: B023


async def judging(judges: Sequence[Desk], project: str, criteria: Sequence[str], until: Awaitable[None]) -> Judged:
    """All judges change their ballots now and then and measure the clock, until that has come."""
    ended = asyncio.ensure_future(until)
    acknowledged = refused = 0

    async def vote(judge: Desk, seat: int) -> None:
        nonlocal acknowledged, refused
        await asyncio.sleep(VOTE_EVERY * seat / len(judges))
        while not ended.done():
            try:
                await judge.cast(project, _scores(criteria, acknowledged, seat))
                acknowledged += 1
            except (Refused, OSError):
                refused += 1
            await asyncio.wait([ended], timeout=VOTE_EVERY)

    async def measure(judge: Desk) -> None:
        sent = 0
        while not ended.done():
            if sent - len(judge.pings) < MOST_PINGS:
                sent += 1
                await judge.say("clock.ping", sent=time.perf_counter())
            await asyncio.sleep(PING_EVERY)

    async with asyncio.TaskGroup() as tasks:
        for seat, judge in enumerate(judges):
            tasks.create_task(vote(judge, seat))
            tasks.create_task(measure(judge))
    return Judged(acknowledged, refused)


def _scores(criteria: Sequence[str], number: int, seat: int) -> dict[str, int]:
    """The same in each run, and different enough that places are clear."""
    chosen = random.Random(f"{number}/{seat}")  # noqa: S311
    return {criterion: chosen.randint(0, 10) for criterion in criteria}
