"""Media by TCP, for networks that let no UDP through (ICE-TCP, RFC 6544; we are the passive side).

Each connection gets a UDP socket of its own on this machine: what comes in frames (RFC 4571) goes from there to the
media port, what comes back goes out in frames. To all the rest it is one more address, with the same rules of proof
and life; whoever cannot prove who they are is not answered there, and their connection ends
([why so](../../../../docs/decisions/media-by-tcp.md)).
"""

import asyncio
import errno
import logging
import socket
from collections import Counter
from contextlib import suppress
from typing import Any, cast

from typing_extensions import override

from roadshow.rooms.relay.egress.source import EVERYWHERE
from roadshow.rooms.relay.stats import Closed, StreamStats, StreamTally
from roadshow.rooms.relay.transport.frames import Frames, Malformed, framed
from roadshow.rooms.relay.transport.udp import BATCH, plain_host
from roadshow.rooms.relay.wire.datagrams import MAX_DATAGRAM, Address

MAX_CONNECTIONS = 500
"""At one time: two descriptors each, and some 10 µs of the core a packet. In closed networks sit a few of a hundred."""
MAX_UNPROVED = 64
"""Of them, those that were not answered yet: a browser is within a round trip."""
MAX_UNPROVED_OF_ONE = 16
"""…from one address: people behind one address come a few in a second."""
PROVED_WITHIN_S = 5.0
"""A connection that was not answered by then is of nobody's."""
SILENT_S = 30.0
"""Nothing came for so long: consent has expired (RFC 7675), and the session with it."""
KERNEL_OCTETS = 96 * 1024
"""What the kernel may hold of what was not acknowledged: a key frame at least, 1.5 Mbit/s over 500 ms."""
WAITING_OCTETS = 64 * 1024
"""What may wait for the kernel: a third of a second of a picture. Who does not read loses what is beyond, like anybody
whose line is full."""

logger = logging.getLogger(__name__)


class Door:
    """Takes connections on the media port's number; ``close`` ends all."""

    def __init__(self) -> None:
        self.connections: set[Connection] = set()
        self.tally = StreamTally()
        self._unproved: Counter[str] = Counter()
        self._server: asyncio.Server | None = None
        self.media: tuple[int, Address] = (socket.AF_INET, ())
        """Family and address of the media port, from this machine."""

    @property
    def is_open(self) -> bool:
        return self._server is not None

    async def open(self, media: socket.socket, wanted: bool = True) -> None:
        """Listen beside this UDP socket, if that is wanted. Where it cannot be, the log says so and all goes on
        without."""
        if not wanted:
            return
        host, port = media.getsockname()[:2]
        self.media = _from_here(media.family, host, port)
        loop = asyncio.get_running_loop()
        listening = socket.socket(media.family, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if media.family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            listening.bind((host, port))
            self._server = await loop.create_server(lambda: Connection(self), sock=listening)
        except OSError as error:
            listening.close()
            logger.warning("Media go by UDP alone: cannot listen on TCP port %d of %s: %s.", port, host, error)

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self.connections):
            connection.end()

    def stats(self) -> StreamStats | None:
        """None: it was never opened."""
        if not self.is_open:
            return None
        tally = StreamTally(self.tally.octets_in, self.tally.octets_out, self.tally.dropped, dict(self.tally.closed))
        return StreamStats(len(self.connections), self._unproved.total(), tally)

    def admit(self, connection: "Connection", host: str) -> bool:
        """Whether there is room for one more that has proved nothing yet."""
        refused = self._refusal(host)
        if refused is not None:
            self.tally.close(refused)
            return False
        self.connections.add(connection)
        self._unproved[host] += 1
        return True

    def _refusal(self, host: str) -> Closed | None:
        if len(self.connections) >= MAX_CONNECTIONS:
            return Closed.FULL
        if self._unproved.total() >= MAX_UNPROVED:
            return Closed.WAITING
        return Closed.ADDRESS if self._unproved[host] >= MAX_UNPROVED_OF_ONE else None

    def proved(self, host: str) -> None:
        """One of those from there was answered, or is gone."""
        self._unproved[host] -= 1
        if not self._unproved[host]:
            del self._unproved[host]


class Connection(asyncio.Protocol):
    """One peer's, and its socket on this side."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._frames = Frames()
        self._host = ""
        self._admitted = self._answered = False
        self._heard_at = 0.0
        self._stream: asyncio.Transport | None = None
        self._udp: socket.socket | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self.dropped = 0
        """Datagrams there was no room for."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._stream = cast("asyncio.Transport", transport)
        self._host = plain_host(transport.get_extra_info("peername") or ("",))
        self._admitted = self._door.admit(self, self._host)
        if not self._admitted:
            self._stream.abort()
            return
        stream: Any = transport.get_extra_info("socket")
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_OCTETS)
        self._timer = self._loop.call_later(PROVED_WITHIN_S, self._unproved)

    @override
    def data_received(self, data: bytes) -> None:
        if not self._admitted:
            return
        self._heard_at = self._loop.time()
        try:
            for datagram in self._frames.feed(data):
                self._pass_in(datagram)
        except Malformed:
            self._door.tally.close(Closed.MALFORMED)
            self.end()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._udp is not None:
            self._loop.remove_reader(self._udp)
            self._udp.close()
            self._udp = None
        self._door.connections.discard(self)
        if self._admitted and not self._answered:
            self._door.proved(self._host)
        self._admitted = False

    def end(self) -> None:
        if self._stream is not None:
            self._stream.abort()

    def _pass_in(self, datagram: bytes) -> None:
        """To the media port. A full buffer there loses it, as it loses any other datagram."""
        if self._udp is None:
            self._udp = _connected(*self._door.media)
            self._loop.add_reader(self._udp, self._pass_out)
        with suppress(OSError):
            self._door.tally.octets_in += self._udp.send(datagram)

    def _pass_out(self) -> None:
        """From the media port: all that waits, in one write."""
        if self._udp is None or self._stream is None:
            return
        datagrams: list[bytes] = []
        for _ in range(BATCH):
            try:
                datagrams.append(self._udp.recv(MAX_DATAGRAM))
            except OSError as error:
                if error.errno not in (errno.EAGAIN, errno.EWOULDBLOCK):
                    self.end()  # the media port is gone
                break
        if not datagrams:
            return
        if not self._answered:
            self._answered = True
            self._door.proved(self._host)
        room = WAITING_OCTETS - self._stream.get_write_buffer_size()
        out: list[bytes] = []
        for datagram in datagrams:
            room -= len(datagram) + 2
            if room < 0:
                self.dropped += 1
                self._door.tally.dropped += 1
            else:
                self._door.tally.octets_out += len(datagram)
                out.append(framed(datagram))
        if out:
            self._stream.write(b"".join(out))

    def _unproved(self) -> None:
        """It had its time to say who it is; from now on it must go on saying something."""
        if not self._answered or self._loop.time() - self._heard_at > SILENT_S:
            if not self._answered:
                self._door.tally.close(Closed.UNANSWERED)
            self.end()
            return
        self._timer = self._loop.call_later(SILENT_S, self._unproved)


def _connected(family: int, address: Address) -> socket.socket:
    made = socket.socket(family, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.connect(address)
    return made


def _from_here(family: int, host: str, port: int) -> tuple[int, Address]:
    """How a socket on this address is reached from this machine."""
    if host not in EVERYWHERE:
        return family, (host, port)
    return socket.AF_INET, ("127.0.0.1", port)  # one of all addresses also takes this
