"""People at their desks without a browser: they accept an invitation, and talk over the WebSocket as a page does."""

import asyncio
import json
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from roadshow.moments import decode_moment
from roadshow.voting.votes import Receipt
from tests.told import sections

PATIENCE = 20.0
"""Seconds until something that must happen is given up on."""

Frame = dict[str, Any]


def command_id() -> str:
    return secrets.token_urlsafe(12)


def origin_of(address: str) -> str:
    """Whose browser sends it from there."""
    return "/".join(address.split("/", 3)[:3])


class Gone(Exception):
    """The connection was lost before the answer came."""


class Guest:
    """Somebody's browser: who it signed in, and the cookies that say so. ``base``: what the addresses of the
    competition begin with."""

    def __init__(self, base: str, person: str, cookies: dict[str, str]) -> None:
        self.base = base
        self.person = person
        self.cookies = cookies

    @classmethod
    async def accepted(cls, base: str, link: str) -> "Guest":
        async with httpx.AsyncClient(base_url=base) as client:
            look = await client.get(link)
            assert look.status_code == 200, look.text
            accept = await client.post(link, headers={"Origin": origin_of(base)})
            assert accept.status_code == 303, accept.text
            return cls(base, accept.headers["Location"].rpartition("/")[2], dict(client.cookies))

    async def opens(self, address: str) -> int:
        """The status of a page."""
        async with httpx.AsyncClient(base_url=self.base, cookies=self.cookies, follow_redirects=True) as client:
            return (await client.get(address)).status_code

    @asynccontextmanager
    async def desk(self, room: str) -> AsyncIterator["Desk"]:
        """Connected, welcomed and following the room."""
        address = f"{self.base.replace('http', 'ws', 1)}/live?as={self.person}&lang=en"
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        async with connect(
            address, origin=Origin(origin_of(self.base)), additional_headers=headers, compression=None
        ) as socket:
            desk = Desk(socket, self.person, room)
            listening = asyncio.create_task(desk.listen())
            try:
                assert (await desk.heard(lambda frame: frame["type"] == "welcome"))["person"] == self.person
                await desk.say({"type": "follow", "room": room})
                await desk.heard(lambda frame: frame["type"] == "room.snapshot")
                yield desk
            finally:
                await socket.close()
                await listening


class Desk:
    """One connection. ``room`` is what it knows of the room, kept up to date."""

    def __init__(self, socket: ClientConnection, person: str, room: str) -> None:
        self.person = person
        self.room_id = room
        self.room: Frame = {}
        self._socket = socket
        self._frames: deque[Frame] = deque(maxlen=10_000)
        self._answers: dict[str, asyncio.Future[Frame]] = {}
        self._news = asyncio.Condition()
        self._is_lost = False

    async def listen(self) -> None:
        with suppress(ConnectionClosed):
            async for text in self._socket:
                await self._take(json.loads(text))
        self._is_lost = True
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(Gone())
                answer.exception()  # whoever still waits sees it all the same
        async with self._news:
            self._news.notify_all()

    async def _take(self, frame: Frame) -> None:
        self._frames.append(frame)
        if frame["type"] == "room.snapshot":
            self.room = frame
        elif frame["type"] == "room.changed":
            self.room.update(sections(frame))
        answer = self._answers.get(frame.get("command") or "")
        if answer is not None and not answer.done():
            answer.set_result(frame)
        async with self._news:
            self._news.notify_all()

    async def closed(self) -> tuple[int, str]:
        """With which code and reason the server ended the connection."""
        await self._socket.wait_closed()
        return self._socket.close_code or 0, self._socket.close_reason or ""

    async def say(self, message: Mapping[str, object]) -> None:
        try:
            await self._socket.send(json.dumps(message))
        except ConnectionClosed as problem:
            raise Gone from problem

    async def ask(self, message: Mapping[str, object], command: str | None = None) -> Frame:
        """The answer to a command. Raises Gone when the connection is lost before it comes."""
        command = command or command_id()
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._answers[command] = answer
        await self.say({**message, "room": self.room_id, "command": command})
        if self._is_lost:
            raise Gone
        async with asyncio.timeout(PATIENCE):
            return await answer

    async def do(self, kind: str, **fields: object) -> None:
        """A command of control that is accepted."""
        answer = await self.ask({"type": kind, **fields})
        assert answer["type"] == "command.accepted", answer

    async def advance(self, phase: str) -> None:
        """As control's main button does; the room is then in ``phase``."""
        session = self.room["session"]
        kind = "session.start" if session["phase"] == "standby" else "session.next"
        await self.do(kind, expected={"phase": session["phase"], "slot": session["slot"]})
        await self.until(lambda room: room["session"]["phase"] == phase)

    async def heard(self, wanted: Callable[[Frame], bool]) -> Frame:
        """The first frame of this connection that is so."""
        return await self._found(lambda: next(filter(wanted, self._frames), None))

    async def until(self, wanted: Callable[[Frame], bool]) -> Frame:
        """The room, once it is so."""
        return await self._found(lambda: self.room if wanted(self.room) else None)

    async def _found(self, look: Callable[[], Frame | None]) -> Frame:
        async with asyncio.timeout(PATIENCE), self._news:
            while (found := look()) is None:
                if self._is_lost:
                    raise Gone
                await self._news.wait()
            return found

    async def own_ballots(self) -> dict[str, Frame]:
        """What the store holds of this judge, by project."""
        told = await self.heard(lambda frame: frame["type"] == "ballot.own")
        return {ballot["project"]: ballot for ballot in told["ballots"]}

    def revisions(self, project: str) -> dict[str, int]:
        """As control sees them: how often each judge's ballot was cast."""
        for one in self.room["progress"]["projects"]:
            if one["project"] == project:
                return {judge["judge"]: judge["revision"] for judge in one["judges"]}
        raise AssertionError(f"no progress of {project}")


def receipt_of(frame: Frame) -> Receipt:
    """Of a ``ballot.accepted``."""
    assert frame["type"] == "ballot.accepted", frame
    return msgspec.convert(frame["receipt"], Receipt, dec_hook=decode_moment)
