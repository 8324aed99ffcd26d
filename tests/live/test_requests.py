"""Requests that never end, against the web server as it is configured."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from roadshow.front.bounds import MOST_HEAD
from roadshow.front.house import bounded_http

BEGINNING = b"GET / HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture
async def port() -> AsyncIterator[int]:
    async def echo(request: Request) -> Response:
        return PlainTextResponse(str(len(await request.body())))

    app = Starlette(routes=[Route("/", echo, methods=["GET", "POST"])])
    config = uvicorn.Config(app, port=0, lifespan="off", log_config=None, http=bounded_http.BoundedHttp)
    server = uvicorn.Server(config)
    config.load()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: bounded_http.BoundedHttp(config, server.server_state, {}), "127.0.0.1", 0
    )
    yield listening.sockets[0].getsockname()[1]
    listening.close()
    for connection in list(server.server_state.connections):
        connection.transport.abort()
    await listening.wait_closed()


async def answer(port: int, *parts: bytes) -> bytes:
    """What comes until the server closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(10):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_an_ordinary_request_is_answered(port: int) -> None:
    """The bounds are far from what browsers do, also for a body as long as an offer may be."""
    body = b"x" * 64 * 1024
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert (await answer(port, head + body)).endswith(b"65536")


@pytest.mark.parametrize(
    "endless",
    [
        b"X: " + b"a" * 2 * MOST_HEAD,
        b"X: aaaa\r\n" * MOST_HEAD,
        b"Cookie: a=b\r\n" * MOST_HEAD,
    ],
)
async def test_endless_headers_are_cut_short(port: int, endless: bytes) -> None:
    """They would be kept in memory, before anybody knows who sends them."""
    assert b"200 OK" not in await answer(port, BEGINNING + endless)


@pytest.mark.parametrize(
    "slow",
    [b"", BEGINNING, b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhal"],
)
async def test_a_request_that_does_not_end_is_given_up(port: int, slow: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few thousand of them, which cost their sender nothing, would leave no connection for others."""
    monkeypatch.setattr(bounded_http, "REQUEST_WITHIN", 0.05)
    assert b"200 OK" not in await answer(port, slow)
