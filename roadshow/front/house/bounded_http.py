"""The house's own end of an HTTP connection: uvicorn's, with bounds, for one that a front passed on."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import uvicorn
from typing_extensions import override
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from roadshow.front.bounds import MOST_HEAD, REQUEST_WITHIN


class BoundedHttp(HttpToolsProtocol):
    """uvicorn's own waits for a request for ever, and keeps headers of any length."""

    _head: int | None = 0
    """Bytes of the head so far; None once it is complete."""
    _overdue: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._wait_for_request()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._request_is_whole()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._head is not None:
            self._head += len(data)
        super().data_received(data)
        if self._head is not None and self._head > MOST_HEAD and not self.transport.is_closing():
            self.send_400_response("The headers are too long.")

    @override
    def handle_websocket_upgrade(self) -> None:
        self._request_is_whole()
        super().handle_websocket_upgrade()

    @override
    def on_message_begin(self) -> None:
        self._wait_for_request()
        super().on_message_begin()

    @override
    def on_headers_complete(self) -> None:
        self._head = None
        super().on_headers_complete()

    @override
    def on_message_complete(self) -> None:
        self._head = 0
        self._request_is_whole()
        super().on_message_complete()

    def _wait_for_request(self) -> None:
        self._request_is_whole()
        self._overdue = self.loop.call_later(REQUEST_WITHIN, self.transport.abort)

    def _request_is_whole(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None


class HandedHttp(BoundedHttp):
    """Begins with what the front has read, and ends with its one answer, so that the client's next request is the
    front's again. A WebSocket stays."""

    def __init__(self, config: uvicorn.Config, state: ServerState, read: bytes, settled: Callable[[], None]) -> None:
        """``settled`` is called once it is no work any more, or not yet: answered, gone, or waiting for the client."""
        super().__init__(config, state, {})
        self._read_before = read
        self._is_over = False
        self._is_whole = False
        """All of its one request is there: what follows is nobody's."""
        self._has_more = False
        self._has_said_all = False
        self._settled: Callable[[], None] | None = settled

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self.data_received(self._read_before)
        self._read_before = b""
        if self._is_waiting_for_the_client():
            self.settle()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.settle()
        super().connection_lost(exc)

    @override
    def data_received(self, data: bytes) -> None:
        if self._is_whole:
            self._has_more = True
        elif not self._is_over:
            super().data_received(data)

    @override
    def send_400_response(self, msg: str) -> None:
        if self._is_whole:
            self._has_more = True  # the parser stumbled over what follows
        else:
            super().send_400_response(msg)

    # What the parser still finds behind the one request, in the bytes that brought its end, is not looked at: it would
    # be run after the connection's end was announced.

    @override
    def on_message_begin(self) -> None:
        if self._is_whole:
            self._has_more = True
        else:
            super().on_message_begin()

    @override
    def on_url(self, url: bytes) -> None:
        if not self._is_whole:
            super().on_url(url)

    @override
    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._is_whole:
            super().on_header(name, value)

    @override
    def on_headers_complete(self) -> None:
        if self._is_whole:
            return
        super().on_headers_complete()
        if self.cycle is not None:  # there is none for a WebSocket
            self.cycle.keep_alive = False
            self.cycle.transport = cast("asyncio.Transport", _ClosedGently(self))

    @override
    def on_body(self, body: bytes) -> None:
        if not self._is_whole:
            super().on_body(body)

    @override
    def on_message_complete(self) -> None:
        if not self._is_whole:
            super().on_message_complete()
            self._is_whole = True

    @override
    def eof_received(self) -> bool:  # type: ignore[override]  # as asyncio's
        """True: the client may have said all, and reads on."""
        self._has_said_all = True
        return self._is_whole

    def close_gently(self) -> None:
        """Whoever was answered before all of the request had come, or sends more than one, still sends: closing on that
        would take the answer away from them. uvicorn closes a kept connection that stays silent."""
        self._is_over = True
        if (self._head is None or self._has_more) and not self._has_said_all and self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    @override
    def on_response_complete(self) -> None:
        self.settle()
        super().on_response_complete()

    @override
    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        protocol = self.transport.get_protocol()
        if isinstance(protocol, HandedSocket):
            protocol.settle = self.settle

    def settle(self) -> None:
        if self._settled is not None:
            settled, self._settled = self._settled, None
            settled()

    def _is_waiting_for_the_client(self) -> bool:
        return self._overdue is not None


class _ClosedGently:
    """A transport as far as a request's cycle knows one."""

    def __init__(self, protocol: HandedHttp) -> None:
        self.write = protocol.transport.write
        self.is_closing = protocol.transport.is_closing
        self.close = protocol.close_gently


class HandedSocket(WebSocketsSansIOProtocol):
    """A WebSocket is work until it was welcomed or turned away: after that the hub paces what it is told."""

    settle: Callable[[], None] | None = None

    @override
    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] != "websocket.accept":
            self._settle()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._settle()
        super().connection_lost(exc)

    def _settle(self) -> None:
        if self.settle is not None:
            self.settle()
            self.settle = None
