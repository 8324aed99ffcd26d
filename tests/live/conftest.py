"""A real web server on a loopback port: before the real door and hub with made-up rooms and votes behind them, or
before a whole show in memory."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from typing_extensions import override
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from roadshow.access.headers import HeadersMiddleware
from roadshow.access.identity import Door
from roadshow.access.limits import Limits
from roadshow.access.origin import OriginMiddleware
from roadshow.access.roles import Visitor
from roadshow.adapters import in_memory
from roadshow.app import open_show
from roadshow.clock import SystemClock
from roadshow.competitions.guests import Guests
from roadshow.competitions.loading import load_preset
from roadshow.competitions.memory_store import MemoryPeopleStore
from roadshow.competitions.people import Role
from roadshow.competitions.signins.life import Standing
from roadshow.competitions.signins.presence import Ended
from roadshow.errors import Details
from roadshow.fields.sections import View
from roadshow.ids import PersonId, ProjectId, RoomId, SignInId
from roadshow.live.families import FAMILIES
from roadshow.live.families.ballots import BallotAccepted, OwnBallots
from roadshow.live.family import Families, Family, Sender, Services
from roadshow.live.hub import Hub
from roadshow.live.messages import MAX_MESSAGE_BYTES, Message, RoomAct
from roadshow.live.socket import LiveEndpoint
from roadshow.rooms.phases import Phase, StageMode
from roadshow.rooms.views import ClockView, RundownView, SessionView, StageView
from roadshow.settings import Settings
from roadshow.show import REASONS, Show
from roadshow.voting.results import CeremonyState, CeremonyView
from roadshow.voting.review import ProgressView, ReviewView
from roadshow.voting.votes import Receipt
from tests.people import somebody

AI, BIO = RoomId("ai"), RoomId("bio")
COMMAND = "command-0001"


PEOPLE = {
    person.id: person
    for person in (
        somebody("organiser", Role.ORGANISER, None),
        somebody("chair", Role.CHAIR, AI),
        somebody("judge", Role.JUDGE, AI),
        somebody("other-judge", Role.JUDGE, BIO),
        somebody("pitcher", Role.PITCHER, AI),
    )
}


def session_view(project: str = "neuro", phase: Phase = Phase.PITCH) -> SessionView:
    return SessionView(phase, None, ProjectId(project), ClockView(), False, False, False, False)


def texts(code: str, details: Details, language: str) -> str:
    return f"{language}: {code}"


@dataclass
class FakeRooms:
    """Commands are kept; ``answer`` says what happens to the next ones."""

    seen: list[tuple[Visitor, Message]] = field(default_factory=list)
    answer: Callable[[Message], Awaitable[Receipt | None]] | None = None
    snapshots: int = 0
    before_snapshot: Callable[[], Awaitable[None]] | None = None

    async def read(self, room: RoomId, wanted: tuple[type[View], ...]) -> tuple[View, ...]:
        self.snapshots += 1
        if self.before_snapshot is not None:
            await self.before_snapshot()
        known: tuple[View, ...] = (
            session_view(),
            RundownView(()),
            StageView(StageMode.AUTO, {}, ()),
            CeremonyView(CeremonyState.SEALED),
            ProgressView(()),
            ReviewView(CeremonyState.SEALED, False, (), (), "", 0),
        )
        return tuple(view for view in known if type(view) in wanted)

    async def act(self, visitor: Visitor, message: Message) -> Receipt | None:
        self.seen.append((visitor, message))
        return None if self.answer is None else await self.answer(message)

    def families(self) -> Families:
        return Families([Everything(self)])


class Everything(Family):
    """One family for all there is to ask."""

    asks = tuple(ask for family in FAMILIES for ask in family.asks)

    def __init__(self, rooms: FakeRooms) -> None:
        super().__init__(cast("Services", None))
        self._rooms = rooms

    @override
    async def act(self, sender: Sender, ask: RoomAct) -> Message | None:
        receipt = await self._rooms.act(sender.visitor, ask)
        return None if receipt is None else BallotAccepted(ask.command, receipt)

    @override
    async def greet(self, sender: Sender, room: RoomId) -> Message | None:
        return OwnBallots(room, (), (), "key") if sender.visitor.role in (Role.JUDGE, Role.CHAIR) else None


class Browser:
    """One connection, reading JSON."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, **message: Any) -> None:
        await self.socket.send(json.dumps(message))

    async def read(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            message = json.loads(await self.socket.recv())
        assert isinstance(message, dict)
        return message

    async def read_until(self, type: str) -> dict[str, Any]:  # noqa: A002  # the protocol's own word
        while (message := await self.read())["type"] != type:
            pass
        return message

    async def rest(self) -> AsyncIterator[dict[str, Any]]:
        """What still comes until the connection is closed."""
        with suppress(ConnectionClosed):
            async with asyncio.timeout(15):
                while True:
                    yield json.loads(await self.socket.recv())

    async def closed(self) -> tuple[int, str]:
        """Read on until the server closes; code and reason."""
        async for _ in self.rest():
            pass
        assert self.socket.close_code is not None
        return self.socket.close_code, self.socket.close_reason or ""


@asynccontextmanager
async def a_browser(base: str, query: str = "", cookie: str | None = None, **options: Any) -> AsyncIterator[Browser]:
    headers = {} if cookie is None else {"Cookie": cookie}
    options.setdefault("origin", base)
    url = base.replace("http", "ws") + "/live" + query
    async with connect(url, additional_headers=headers, compression=None, **options) as opened:
        yield Browser(opened)


@dataclass
class Site:
    base: str
    hub: Hub
    rooms: FakeRooms
    guests: Guests
    store: MemoryPeopleStore
    cookies: dict[str, str] = field(default_factory=dict)

    async def sign_in(self, *people: str) -> str:
        """The Cookie header of a browser that holds them."""
        session: str | None = None
        for person in people:
            _, session = await self.guests.accept(await self.guests.invite_further(PersonId(person)), session)
        return f"roadshow={session}"

    @asynccontextmanager
    async def browser(
        self, person: str | None = None, *, lang: str = "en", cookie: str | None = None, **options: Any
    ) -> AsyncIterator[Browser]:
        """Connected as that person, signed in; Welcome not yet read."""
        if person is not None and cookie is None:
            cookie = await self.sign_in(person)
        query = f"?lang={lang}" + ("" if person is None else f"&as={person}")
        async with a_browser(self.base, query, cookie, **options) as opened:
            yield opened

    def happens(self, project: str, room: RoomId = AI) -> None:
        self.hub.publish(room, (session_view(project),))


@dataclass
class Final:
    """A demo final in memory."""

    base: str
    show: Show

    @asynccontextmanager
    async def watching(self, room: RoomId = AI) -> AsyncIterator[Browser]:
        """One of the audience, who follows the room; the snapshot not yet read."""
        async with a_browser(self.base) as browser:
            await browser.send(type="follow", room=room)
            yield browser


@contextmanager
def listening_socket() -> Iterator[tuple[socket.socket, str]]:
    """A socket on a free port, and what addresses there begin with."""
    with socket.socket() as listening:
        # What is accepted inherits it: a small frame would wait 40 ms for the receipt of the one before.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        listening.bind(("127.0.0.1", 0))
        yield listening, f"http://localhost:{listening.getsockname()[1]}"


@asynccontextmanager
async def served(
    app: Starlette, listening: socket.socket, say_goodbye: Callable[[], Awaitable[None] | None]
) -> AsyncIterator[None]:
    """By a real web server, for as long as the block runs; then sockets are told to go, and it stops."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="websockets-sansio",
        ws_max_size=MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        log_config=None,
        timeout_graceful_shutdown=2,
    )
    config.load()
    server = uvicorn.Server(config)
    # As Server.serve does, without its signals and its loop that looks ten times a second whether to end.
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listening])
    yield
    if (saying := say_goodbye()) is not None:
        await saying
    await server.shutdown(sockets=[listening])


def _signing_out(hub: Hub) -> Ended:
    def ended(person: PersonId, sign_in: SignInId, how: Standing) -> None:
        hub.expel(person, sign_in, REASONS[how])

    return ended


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    clock = SystemClock()
    rooms = FakeRooms()
    hub = Hub([AI, BIO], clock, rooms.read, "epoch")
    store = MemoryPeopleStore(clock)
    guests = Guests(store, PEOPLE.get, clock, when_revoked=hub.expel, when_ended=_signing_out(hub))
    limits = Limits(clock)
    door = Door(guests, limits, secure=False)
    live = LiveEndpoint(door, limits, hub, rooms.families(), clock, texts, ("en", "zh", "ru"))

    async def form(request: Request) -> Response:
        return PlainTextResponse("done")

    with listening_socket() as (listening, base):
        app = Starlette(
            routes=[
                WebSocketRoute("/live", live.serve, name="live"),
                Route("/form", form, methods=["GET", "POST"]),
                Route("/rooms/{room}/whip", form, methods=["POST"]),
            ],
            middleware=[
                Middleware(HeadersMiddleware, secure=False),
                Middleware(OriginMiddleware, public_url=base),
            ],
        )
        async with asyncio.TaskGroup() as tasks:
            counting = tasks.create_task(hub.run())
            async with served(app, listening, hub.shut_down):
                yield Site(base, hub, rooms, guests, store)
            counting.cancel()


@pytest.fixture
async def final(tmp_path: Path) -> AsyncIterator[Final]:
    competition = load_preset("demo", today=datetime.now(UTC).date())
    with listening_socket() as (listening, base):
        settings = Settings(data=tmp_path / "data", port=0, udp_port=0, public_url=base)
        async with (
            open_show(settings, competition, adapters=in_memory) as show,
            served(show.app, listening, show.hub.shut_down),
        ):
            yield Final(base, show)


@pytest.fixture
def acts_of_the_console(caplog: pytest.LogCaptureFixture) -> Iterator[asyncio.Queue[tuple[str, str, str]]]:
    """As the log tells them: what, whom, outcome."""
    caplog.set_level(logging.INFO, "roadshow")
    acts: asyncio.Queue[tuple[str, str, str]] = asyncio.Queue()

    def note(line: logging.LogRecord) -> bool:
        told = vars(line)
        if told.get("who") == "console":
            acts.put_nowait((told["what"], told["whom"], told["outcome"]))
        return True

    caplog.handler.addFilter(note)
    yield acts
    caplog.handler.removeFilter(note)
