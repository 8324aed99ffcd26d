"""A DTLS handshake, driven: datagrams into OpenSSL and out of it, repeated sooner than OpenSSL does; why it failed.

OpenSSL waits a second before it repeats a flight, which cannot be set from Python. So we send the very datagrams again
before that. Whoever got them the first time drops them as replays, and hears OpenSSL's own repeat when it is due.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from OpenSSL import SSL

from roadshow.rooms.relay.transport import identity
from roadshow.rooms.relay.transport.flights import FLIGHT_MS, HELLO_MS, MTU, Failure, Repeats, alert, failure, packed

MOST_WRITTEN = 8 * 1024
"""Bytes taken from OpenSSL at a time: ten times our longest flight."""
PATIENCE_S = 60.0
"""Longest wait where nothing is due. Whoever takes so long was given up before (``peer.py``)."""


class Datagrams(Protocol):
    """The way to the other end."""

    def send(self, data: bytes) -> None: ...
    async def receive(self, within_s: float) -> bytes | None:
        """The next datagram; None if there is none for so long. Raises ConnectionError once it is closed."""
        ...


class Handshake:
    """``run`` once; after that ``flight`` holds the datagrams of our last flight. ``said_all`` is called when our
    Finished left as a client's, and the server's is yet to come."""

    def __init__(
        self, connection: SSL.Connection, way: Datagrams, client: bool, said_all: Callable[[], None] | None = None
    ) -> None:
        self.flight: tuple[bytes, ...] = ()
        self._connection = connection
        self._way = way
        self._said_all = said_all if client else None
        self._first_ms = HELLO_MS if client else FLIGHT_MS
        self._repeats = Repeats()
        self._heard: bytes = b""
        self._loop = asyncio.get_running_loop()

    async def run(self) -> Failure | None:
        """None once it is done; else why it is not. Raises ConnectionError when the way is closed."""
        connection = self._connection
        # Else OpenSSL cuts messages for a way that carries 256 bytes.
        connection.set_ciphertext_mtu(MTU)
        while True:
            try:
                connection.do_handshake()
            except SSL.WantReadError:
                self._write(anew=True)
                if self._said_all is not None and connection.get_finished() is not None:
                    self._said_all()
                    self._said_all = None
            except SSL.Error as error:
                self._write(anew=True)
                return self._failed(error)
            else:
                self._write(anew=True)
                return None
            try:
                await self._wait()
            except SSL.Error as error:  # it repeated itself too often
                return self._failed(error)

    async def _wait(self) -> None:
        """Until a datagram came, or OpenSSL's own repeat is due. Ours go out meanwhile."""
        while True:
            now = self._now()
            theirs = self._connection.DTLSv1_get_timeout()
            until = PATIENCE_S if theirs is None else theirs
            if self._repeats.due is not None:
                until = min(until, (self._repeats.due - now) / 1000)
            data = await self._way.receive(max(0.0, until))
            if data is not None:
                self._heard = data
                self._connection.bio_write(data)
                return
            if self._repeats.take(self._now()):
                for datagram in self.flight:
                    self._way.send(datagram)
            elif self._connection.DTLSv1_get_timeout() == 0:
                self._connection.DTLSv1_handle_timeout()
                self._write(anew=False)

    def _write(self, anew: bool) -> None:
        """Send what OpenSSL has to say; ``anew``: as another flight than the last."""
        try:
            flight = packed(self._connection.bio_read(MOST_WRITTEN))
        except SSL.WantReadError:
            return
        for datagram in flight:
            self._way.send(datagram)
        if anew:
            self._repeats.began(self._now(), self._first_ms)
            self._first_ms = FLIGHT_MS
        self.flight = tuple(flight)

    def _failed(self, error: SSL.Error) -> Failure:
        queue = error.args[0] if error.args else ()
        # OpenSSL's queue has (library, function, reason) of each error.
        reason = str(queue[-1][-1]) if isinstance(queue, list) and queue else ""
        return failure(alert(self.flight), alert([self._heard]), reason, identity.kind(self._connection))

    def _now(self) -> int:
        return int(self._loop.time() * 1000)
