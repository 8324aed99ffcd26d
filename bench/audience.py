"""How many audience votes a second are taken through real sockets and acknowledged. See bench/README.md.

This process is the audience and control; the server is another one, started as ``roadshow demo``.
"""

import asyncio
import base64
import json
import os
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter, deque
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from typing_extensions import override
from websockets.asyncio.client import connect

from roadshow.access.voters import Voters
from roadshow.ids import CompetitionId, RoomId
from roadshow.settings import Settings

SERVER_CORE, CROWD_CORE = 0, 1
SOCKETS = 330
"""Each with a token of its own."""
NETWORKS = 16
"""From which they come: what one network may say in a second is bounded."""
RATE = 18.5
"""Votes a second of each socket; the server permits 20."""
MOST_UNANSWERED = 8
"""Of one socket; with more it waits, so that a server that falls behind is seen to."""
WARM_UP, SECONDS = 2.0, 10.0
STEP = 0.004
"""Seconds between two handfuls of votes."""
HANDSHAKES_PER_SECOND = 120
"""The door takes 200."""
LEAST = 5_000
"""Acknowledged votes a second."""
ROOM = RoomId("ai")


@dataclass
class Crowd:
    """What all voters saw."""

    took: list[float] = field(default_factory=list)
    acknowledged: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    is_measuring: bool = False


class Voter(asyncio.Protocol):
    """One browser: a WebSocket client (RFC 6455) of the least cost, so that one core can be a whole hall."""

    def __init__(self, crowd: Crowd, head: bytes) -> None:
        self._crowd = crowd
        self._head = head
        self._read = b""
        self._transport: asyncio.WriteTransport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.unanswered: deque[float] = deque()
        self.project: str | None = None
        """What the newest acknowledgement was for."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        transport.write(self._head)

    @override
    def data_received(self, data: bytes) -> None:
        self._read += data
        if not self.opened.done():
            head, end, rest = self._read.partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101 "), head
            self._read = rest
            self.opened.set_result(None)
        while len(self._read) >= 2:
            size, start = self._read[1], 2
            if size == 126:
                size, start = int.from_bytes(self._read[2:4], "big"), 4
            if size == 127 or len(self._read) < start + size:
                return
            self._take(self._read[0], self._read[start : start + size])
            self._read = self._read[start + size :]

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None

    def send(self, message: dict[str, Any]) -> None:
        """In a frame with a mask of zeros, which the server unmasks all the same."""
        assert self._transport is not None, "the server has closed a voter's connection"
        text = json.dumps(message).encode()
        size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
        self._transport.write(b"\x81" + size + b"\0\0\0\0" + text)

    def vote(self, project: str) -> bool:
        """False: too many are unanswered."""
        if len(self.unanswered) >= MOST_UNANSWERED:
            return False
        self.unanswered.append(time.perf_counter())
        self.send({"type": "audience.vote", "command": secrets.token_urlsafe(9), "room": ROOM, "project": project})
        return True

    def _take(self, kind: int, text: bytes) -> None:
        crowd = self._crowd
        if kind == 0x81 and text.startswith(b'{"type":"audience.accepted"'):
            took = time.perf_counter() - self.unanswered.popleft()
            self.project = json.loads(text)["project"]
            if crowd.is_measuring:
                crowd.took.append(took)
                crowd.acknowledged += 1
        elif kind == 0x81 and text.startswith(b'{"type":"refused"'):
            self.unanswered.popleft()
            crowd.refused[json.loads(text)["code"]] += 1


class Control:
    """The organiser's desk."""

    def __init__(self, live: Any) -> None:
        self._live = live

    async def act(self, kind: str, **fields: Any) -> None:
        answer = await self.ask(kind, **fields)
        assert answer["type"] == "command.accepted", answer

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        command = secrets.token_urlsafe(9)
        await self._live.send(json.dumps({"type": kind, "command": command, "room": ROOM, **fields}))
        while (answer := json.loads(await self._live.recv())).get("command") != command:
            pass
        assert isinstance(answer, dict)
        return answer

    async def room(self) -> dict[str, Any]:
        await self._live.send(json.dumps({"type": "follow", "room": ROOM}))
        while (message := json.loads(await self._live.recv()))["type"] != "room.snapshot":
            pass
        assert isinstance(message, dict)
        return message


async def _seat(server: dict[str, Any], cookie: str, crowd: Crowd, source: str) -> Voter:
    port = int(server["base"].rpartition(":")[2])
    key = base64.b64encode(os.urandom(16)).decode()
    head = (
        f"GET /live?lang=en HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: {server['base']}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\nCookie: {cookie}\r\n\r\n"
    )
    make = lambda: Voter(crowd, head.encode())  # noqa: E731
    _, voter = await asyncio.get_running_loop().create_connection(make, "127.0.0.1", port, local_addr=(source, 0))
    await voter.opened
    voter.send({"type": "follow", "room": ROOM})
    return voter


async def _vote_for(seconds: float, voters: list[Voter], projects: list[str]) -> None:
    """All in turns, ``RATE`` votes a second each, every one for another project than the last."""
    start, sent, number = time.perf_counter(), 0, 0
    while (elapsed := time.perf_counter() - start) < seconds:
        due = int(elapsed * RATE * len(voters))
        for _ in range(due - sent):
            number += 1
            turn, seat = divmod(number, len(voters))
            voters[seat].vote(projects[(turn + seat) % len(projects)])
        sent = due
        await asyncio.sleep(STEP)


async def _answered(voters: list[Voter]) -> None:
    async with asyncio.timeout(10):
        while True:
            if not any(voter.unanswered for voter in voters):
                return
            await asyncio.sleep(STEP)


def _spent(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


async def _measure(server: dict[str, Any], data: Path, pid: int) -> None:
    base = server["base"]
    voters = Voters(Settings(data=data).signing_secret(), CompetitionId("demo"), secure=False)
    async with AsyncExitStack() as opened:
        browser = await opened.enter_async_context(httpx.AsyncClient(base_url=base, headers={"Origin": base}))
        answer = await browser.post(server["links"]["organiser"])
        cookie = f"roadshow={browser.cookies['roadshow']}"
        person = answer.headers["location"].split("/")[2]
        crowd = Crowd()
        address = f"{base.replace('http', 'ws')}/live?as={person}"
        live = await opened.enter_async_context(connect(address, origin=base, additional_headers={"Cookie": cookie}))
        control = Control(live)
        await control.act("audience.open")
        # One token is fetched as browsers do; the others are made like it.
        refused = await control.ask("audience.vote", project="any")
        await browser.post(f"/rooms/{ROOM}/voters/{refused['details']['booth']}")
        given = voters.read(ROOM, browser.cookies)
        assert given is not None, refused
        seats = []
        for number in range(SOCKETS):
            token = voters.make(ROOM, given.opening, given.made_at)
            source = f"127.0.{number % NETWORKS}.1"
            seats.append(await _seat(server, f"{voters.cookie(ROOM)}={token.text}", crowd, source))
            await asyncio.sleep(1 / HANDSHAKES_PER_SECOND)
        projects = [slot["project"] for slot in (await control.room())["rundown"]["slots"]]
        await _vote_for(WARM_UP, seats, projects)
        store = int((data / "store" / "lock").read_text())
        before, start, crowd.is_measuring = (_spent(pid), _spent(store)), time.perf_counter(), True
        await _vote_for(SECONDS, seats, projects)
        seconds, crowd.is_measuring = time.perf_counter() - start, False
        spent = [(after - then) / seconds for after, then in zip((_spent(pid), _spent(store)), before, strict=True)]
        await _answered(seats)
        await control.act("audience.close")
        await control.act("audience.announce")
        result = (await control.room())["audience"]["result"]
    counted = {one["project"]: one["votes"] for one in result if one["votes"]}
    expected = Counter(seat.project for seat in seats)
    rate, centiles = crowd.acknowledged / seconds, statistics.quantiles(crowd.took, n=100)
    print(
        f"{SOCKETS} sockets  {rate:6.0f} votes/s acknowledged  p50 {centiles[49] * 1000:5.1f} ms"
        f"  p99 {centiles[98] * 1000:5.1f} ms"
    )
    print(
        f"of the core: server {spent[0]:.2f}, store {spent[1]:.2f}, which makes {rate / sum(spent):.0f} votes for each"
        f" second of it; refused: {dict(crowd.refused) or 'none'}"
    )
    exact = counted == expected
    print(f"counted {sum(counted.values())} of {SOCKETS} voters, each for the last choice acknowledged: {_said(exact)}")
    print(f"at least {LEAST} a second: {_said(rate >= LEAST)}")


def _said(held: bool) -> str:
    return "yes" if held else "NO"


def _free_port(kind: socket.SocketKind) -> str:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def main() -> None:
    taskset = shutil.which("taskset")
    assert taskset is not None, "this measures one core: taskset (util-linux) is needed"
    os.sched_setaffinity(0, {CROWD_CORE})
    with tempfile.TemporaryDirectory() as folder:
        data, links = Path(folder) / "data", Path(folder) / "links.json"
        ports = ["--port", _free_port(socket.SOCK_STREAM), "--udp-port", _free_port(socket.SOCK_DGRAM)]
        files = ["--data", str(data), "--links", str(links)]
        program = [taskset, "-c", str(SERVER_CORE), sys.executable, "-m", "roadshow", "demo", *ports, *files]
        server = subprocess.Popen(program, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            while not links.exists():
                assert server.poll() is None, "the server ended"
                time.sleep(0.05)
            asyncio.run(_measure(json.loads(links.read_text()), data, server.pid))
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(10)


if __name__ == "__main__":
    main()
