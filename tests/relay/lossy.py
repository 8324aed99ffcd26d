"""A bad network on loopback: what a datagram meets on its way, and a UDP proxy that lets it happen.

``Path`` is pure (time in, arrival times out, all chance from a seed), so the same faults are inputs of tests without
sockets. ``LossyProxy`` stands between peers and a server as a NAT would: the server sees the proxy's addresses, and
``rebind`` gives each peer a new one in mid-stream.
"""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec

MAX_DATAGRAM = 2048
BATCH = 64
"""Datagrams taken at each wake-up."""


class Weather(msgspec.Struct, frozen=True):
    """One direction. Shares are of all datagrams, 0 to 1; times in ms."""

    loss: float = 0.0
    """Lost at random, each for itself."""
    burst: float = 0.0
    """Begin a burst, in which everything is lost…"""
    burst_length: float = 8.0
    """…so many datagrams on average."""
    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    """Added to the delay, up to so much; order is kept."""
    late: float = 0.0
    """Held back by ``late_ms`` while others overtake."""
    late_ms: float = 15.0
    twice: float = 0.0


class Path:
    """One direction of one flow."""

    def __init__(self, weather: Weather, seed: str) -> None:
        self.weather = weather
        self.sent = 0
        self.lost = 0
        self._chance = random.Random(seed)
        self._in_burst = False
        self._last = 0.0

    def arrivals(self, now: float) -> list[float]:
        """When the copies of a datagram sent now arrive, in ms; empty: it is lost."""
        weather, chance = self.weather, self._chance.random
        self.sent += 1
        if self._in_burst:
            self._in_burst = chance() >= 1 / weather.burst_length
        else:
            self._in_burst = chance() < weather.burst
        if self._in_burst or chance() < weather.loss:
            self.lost += 1
            return []
        at = max(self._last, now + weather.delay_ms + weather.jitter_ms * chance())
        if chance() < weather.late:
            return [at + weather.late_ms]
        self._last = at
        return [at, at] if chance() < weather.twice else [at]


class _Flow:
    """A peer's way through the proxy: a socket of its own towards the server."""

    def __init__(self, proxy: "LossyProxy", peer: tuple[str, int], number: int) -> None:
        self.peer = peer
        self.up = Path(proxy.up, f"{proxy.seed} up {number}")
        self.down = Path(proxy.down, f"{proxy.seed} down {number}")
        self._proxy = proxy
        self.outside = self._open()

    def rebind(self) -> None:
        """Another source port towards the server; what comes to the former one is lost."""
        self.close()
        self.outside = self._open()

    def close(self) -> None:
        self._proxy.loop.remove_reader(self.outside)
        self.outside.close()

    def send_up(self, data: bytes) -> None:
        self._proxy.pass_on(self.up, lambda: _send(self.outside, data, self._proxy.server))

    def _open(self) -> socket.socket:
        outside = _socket()
        self._proxy.loop.add_reader(outside, self._read, outside)
        return outside

    def _read(self, outside: socket.socket) -> None:
        for data, _ in _datagrams(outside):
            self._proxy.pass_on(self.down, lambda data=data: _send(self._proxy.inside, data, self.peer))  # type: ignore[misc]


class LossyProxy:
    """``port`` takes peers' datagrams. Every flow's chances are its own, by the seed and the order of arrival."""

    def __init__(self, server: tuple[str, int], up: Weather, down: Weather, seed: int = 1) -> None:
        self.server = server
        self.up, self.down, self.seed = up, down, seed
        self.loop = asyncio.get_running_loop()
        self.inside = _socket()
        self.flows: dict[tuple[str, int], _Flow] = {}
        self._closed = False
        self.loop.add_reader(self.inside, self._read)

    @property
    def port(self) -> int:
        return int(self.inside.getsockname()[1])

    def change(self, up: Weather, down: Weather) -> None:
        """From now on, for all."""
        self.up, self.down = up, down
        for flow in self.flows.values():
            flow.up.weather, flow.down.weather = up, down

    def rebind(self) -> None:
        """The NAT forgets: every peer goes on from a new address without knowing it."""
        for flow in self.flows.values():
            flow.rebind()

    def close(self) -> None:
        self._closed = True
        self.loop.remove_reader(self.inside)
        self.inside.close()
        for flow in self.flows.values():
            flow.close()

    def pass_on(self, path: Path, deliver: Callable[[], None]) -> None:
        now = self.loop.time() * 1000
        for at in path.arrivals(now):
            if at <= now:
                deliver()
            else:
                self.loop.call_at(at / 1000, self._deliver, deliver)

    def _deliver(self, deliver: Callable[[], None]) -> None:
        if not self._closed:
            deliver()

    def _read(self) -> None:
        for data, peer in _datagrams(self.inside):
            flow = self.flows.get(peer)
            if flow is None:
                flow = self.flows[peer] = _Flow(self, peer, len(self.flows))
            flow.send_up(data)


@asynccontextmanager
async def lossy(port: int, up: Weather, down: Weather, seed: int = 1) -> AsyncIterator[LossyProxy]:
    """A proxy to a UDP port of 127.0.0.1."""
    proxy = LossyProxy(("127.0.0.1", port), up, down, seed)
    try:
        yield proxy
    finally:
        proxy.close()


def _socket() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    made.bind(("127.0.0.1", 0))
    return made


def _datagrams(sock: socket.socket) -> list[tuple[bytes, tuple[str, int]]]:
    found: list[tuple[bytes, tuple[str, int]]] = []
    for _ in range(BATCH):
        try:
            found.append(sock.recvfrom(MAX_DATAGRAM))
        except BlockingIOError:
            break
        except OSError:
            continue
    return found


def _send(sock: socket.socket, data: bytes, address: tuple[str, int]) -> None:
    try:
        sock.sendto(data, address)
    except OSError:
        return  # the socket was rebound meanwhile, or nobody listens: lost, as on any network
