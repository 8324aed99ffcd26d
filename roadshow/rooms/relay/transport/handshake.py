"""A DTLS handshake, driven: datagrams into OpenSSL and out of it, repeated sooner than OpenSSL does; why it failed.

OpenSSL waits a second before it repeats a flight, which cannot be set from Python. So we send the very datagrams again
before that. Whoever got them the first time drops them as replays, and hears OpenSSL's own repeat when it is due.
"""

from collections.abc import Callable

from OpenSSL import SSL

from roadshow.rooms.relay.transport import identity
from roadshow.rooms.relay.transport.flights import FLIGHT_MS, HELLO_MS, MTU, Failure, Repeats, alert, failure, packed

MOST_WRITTEN = 8 * 1024
"""Bytes taken from OpenSSL at a time: ten times our longest flight."""


class Handshake:
    """``begin`` as the client, ``heard`` with each datagram, ``look`` when that is ``due``, until it is ``over``; then
    ``flight`` holds the datagrams of our last flight. ``said_all`` is called when our Finished left as a client's, and
    the server's is yet to come. Times in whole ms.

    No task and no future: a crowd comes at once, and all that is waited for is a datagram or a moment."""

    def __init__(
        self,
        connection: SSL.Connection,
        send: Callable[[bytes], None],
        client: bool,
        said_all: Callable[[], None] | None = None,
    ) -> None:
        self.over = False
        self.failure: Failure | None = None
        """Why it came to nothing, once it is over."""
        self.flight: tuple[bytes, ...] = ()
        self._connection = connection
        self._send = send
        self._said_all = said_all if client else None
        self._first_ms = HELLO_MS if client else FLIGHT_MS
        self._repeats = Repeats()
        self._heard: bytes = b""
        # Which OpenSSL cannot ask for: there is no socket.
        connection.set_ciphertext_mtu(MTU)

    def begin(self, now: int) -> None:
        """Say hello, as a client."""
        self._step(now)

    def heard(self, data: bytes, now: int) -> None:
        """A datagram came."""
        self._heard = data
        self._connection.bio_write(data)
        self._step(now)

    def due(self, now: int) -> int | None:
        """When to ``look``; None: there is nothing to repeat."""
        ours = self._repeats.due
        if ours is not None and ours - now <= FLIGHT_MS:
            return ours  # OpenSSL's, should it come sooner, is not so urgent
        theirs = self._connection.DTLSv1_get_timeout()
        if theirs is None:
            return ours
        due = now + int(theirs * 1000) + 1
        return due if ours is None else min(due, ours)

    def look(self, now: int) -> None:
        """Repeat what is due, ours or OpenSSL's."""
        if self._repeats.take(now):
            for datagram in self.flight:
                self._send(datagram)
        elif self._connection.DTLSv1_get_timeout() == 0:
            try:
                self._connection.DTLSv1_handle_timeout()
            except SSL.Error as error:  # it repeated itself too often
                self._fail(error)
            else:
                self._write()

    def _step(self, now: int) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            self._say(now)
            if self._said_all is not None and self._connection.get_finished() is not None:
                said_all, self._said_all = self._said_all, None
                said_all()
        except SSL.Error as error:
            self._say(now)
            self._fail(error)
        else:
            self._say(now)
            self.over = True

    def _say(self, now: int) -> None:
        """Send what OpenSSL has to say as another flight than the last."""
        if self._write():
            self._repeats.began(now, self._first_ms)
            self._first_ms = FLIGHT_MS

    def _write(self) -> bool:
        """Send what OpenSSL has to say; whether it had anything."""
        try:
            flight = packed(self._connection.bio_read(MOST_WRITTEN))
        except SSL.WantReadError:
            return False
        self.flight = tuple(flight)
        for datagram in flight:
            self._send(datagram)
        return True

    def _fail(self, error: SSL.Error) -> None:
        queue = error.args[0] if error.args else ()
        # OpenSSL's queue has (library, function, reason) of each error.
        reason = str(queue[-1][-1]) if isinstance(queue, list) and queue else ""
        kind = identity.kind(self._connection)
        self.over, self.failure = True, failure(alert(self.flight), alert([self._heard]), reason, kind)
