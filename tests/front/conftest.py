"""A front and a house in one process: real sockets, a real channel, answers and pages made up."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from uvicorn.server import ServerState

from roadshow.front.answering import Answer, Asked
from roadshow.front.channel import Channel, Kind
from roadshow.front.front import Front
from roadshow.front.house.bounded_http import HandedHttp, HandedSocket
from roadshow.front.house.taking import Taking
from roadshow.front.lanes import Lane
from tests.front.client import Client

HELD = "/held"
"""The house answers what begins with this once ``Place.release`` is set."""


class MadeUpAnswers:
    """``/cached…`` is there, ``/made`` is made first, ``/broken`` fails."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.made = asyncio.Event()
        self.body = b"from memory"

    def ready(self, asked: Asked) -> Answer | None:
        self.asked.append(asked)
        if asked.path.startswith("/cached"):
            return Answer(200, (("Content-Type", "text/plain"),), self.body)
        if asked.path == "/unchanged":
            return Answer(304, (("ETag", '"1"'),), b"")
        return None

    async def make(self, asked: Asked) -> Answer | None:
        if asked.path == "/made":
            await self.made.wait()
            return Answer(200, (), b"made")
        if asked.path == "/broken":
            raise RuntimeError("as a mistake of ours would")
        return None


@dataclass
class Place:
    port: int
    front: Front
    answers: MadeUpAnswers
    state: ServerState
    served: list[str] = field(default_factory=list)
    """Paths the house was asked for, in the order it began with them."""
    release: asyncio.Event = field(default_factory=asyncio.Event)
    taken: int = 0
    settled: list[Lane] = field(default_factory=list)

    async def client(self) -> Client:
        return await Client.connect(self.port)


@asynccontextmanager
async def opened(*, trusted: tuple[str, ...] = (), descriptors_lost: bool = False) -> AsyncIterator[Place]:
    """``descriptors_lost``: the house has none left for what it is passed."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    ours, theirs = socket.socketpair()
    state = uvicorn.Server(uvicorn.Config(Starlette())).server_state
    held: list[Place] = []

    async def page(request: Request) -> Response:
        held[0].served.append(request.url.path)
        if request.url.path.startswith(HELD) or "/held" in request.url.path:
            await held[0].release.wait()
        if request.url.path == "/refused":
            return PlainTextResponse("too much", 413)
        body = await request.body()
        host = "" if request.client is None else request.client.host
        return PlainTextResponse(f"{request.method} {request.url.path} {host} {len(body)}")

    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("welcome")
        async for text in websocket.iter_text():
            await websocket.send_text(text.upper())

    everything = [WebSocketRoute("/live", talk), Route("/{path:path}", page, methods=["GET", "POST", "HEAD", "PUT"])]
    config = uvicorn.Config(
        Starlette(routes=everything),
        lifespan="off",
        log_config=None,
        http=HandedHttp,
        ws=HandedSocket,
        proxy_headers=bool(trusted),
        forwarded_allow_ips=list(trusted),
    )
    config.load()
    taking = Taking(config, state)

    def in_house(kind: Kind, payload: bytes, descriptor: int | None) -> None:
        if kind is Kind.CONNECTION:
            place = held[0]
            place.taken += 1
            if descriptors_lost and descriptor is not None:
                socket.close(descriptor)
                descriptor = None

            def settled(lane: Lane) -> None:
                place.settled.append(lane)
                house.send(Kind.SETTLED, bytes([lane]))

            taking.take(payload, descriptor, settled)

    def in_front(kind: Kind, payload: bytes, _descriptor: int | None) -> None:
        if kind is Kind.SETTLED:
            held[0].front.handing.settled(Lane(payload[0]))

    house = Channel(theirs, in_house, lambda: None)
    channel = Channel(ours, in_front, lambda: None)
    answers = MadeUpAnswers()
    front = Front(answers, channel, trusted)
    held.append(Place(listening.getsockname()[1], front, answers, state))
    front.open(listening)
    try:
        yield held[0]
    finally:
        held[0].release.set()
        answers.made.set()
        await front.end()
        house.close()
        channel.close()
        for connection in list(state.connections):
            connection.transport.abort()
        await until(lambda: not state.tasks and not state.connections)


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # it is about other ends, which tell nobody here
            await asyncio.sleep(0.005)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with opened() as there:
        yield there
