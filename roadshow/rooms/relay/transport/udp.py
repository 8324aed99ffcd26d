"""The relay's one UDP socket."""

import asyncio
import ipaddress
import random
import select
import socket
import time
from collections.abc import Callable
from typing import Protocol

from aioice.ice import get_host_addresses

from roadshow.errors import SetupError
from roadshow.rooms.relay.egress.source import EVERYWHERE
from roadshow.rooms.relay.transport.arrival import ROOM, Arrival, stamp
from roadshow.rooms.relay.wire.datagrams import MAX_DATAGRAM, Address

BUFFER = 8 * 1024 * 1024
"""Wished for in both directions: seconds of a few publishers, so that a busy moment costs no packet."""
MEASURED = 8
"""Of one turn in about so many is known what it had of the core: to ask costs as much as a packet."""
REST_S = 0.003
"""After a turn the socket is left alone for so long: what comes meanwhile is read in one turn. A turn costs several
packets, and hundreds of viewers report at any time; a frame's packets come together anyway."""
BATCH = 64
"""Datagrams taken at each wake-up, before others get their turn."""
_FORCE = {socket.SO_RCVBUF: 33, socket.SO_SNDBUF: 32}
"""Linux's SO_RCVBUFFORCE and SO_SNDBUFFORCE: beyond the system's limit, for those who may."""
_ONCE = select.EPOLLIN | select.EPOLLONESHOT
LOOPBACK = "127.0.0.1"
_MAPPED = "::ffff:"


def bind(host: str, port: int) -> socket.socket:
    """A non-blocking socket on this address; ``::`` takes IPv4 too. Raises SetupError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        sock = socket.socket(family, socket.SOCK_DGRAM)
    except OSError as error:
        raise SetupError(f"No UDP socket for {host}: {error}. Give an address of this machine.") from error
    try:
        sock.setblocking(False)
        stamp(sock)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        for option, forced in _FORCE.items():
            try:
                sock.setsockopt(socket.SOL_SOCKET, forced, BUFFER)
            except OSError:
                sock.setsockopt(socket.SOL_SOCKET, option, BUFFER)
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        raise SetupError(
            f"Cannot listen on UDP port {port} of {host}: {error}. Is another server running? Choose another port."
        ) from error
    return sock


class Intake(Protocol):
    """Takes in what waits in the socket."""

    def take(self) -> int:
        """Up to ``BATCH`` datagrams. How many there were; 0: none waits."""
        ...

    def offer(self, data: bytes, address: Address) -> None:
        """Deal with one datagram as if it had been read."""
        ...


class Plain:
    """Satisfies ``Intake``: hands each datagram to ``received``, one by one. ``arrival`` is told of it before."""

    def __init__(
        self, sock: socket.socket, received: Callable[[bytes, Address], None], arrival: Arrival | None = None
    ) -> None:
        self._sock = sock
        self._arrival = arrival or Arrival()
        self._received = received

    def take(self) -> int:
        receive, arrival = self._sock.recvmsg, self._arrival
        for taken in range(BATCH):
            try:
                data, arrival.ancillary, _, address = receive(MAX_DATAGRAM + 1, ROOM)
            except BlockingIOError:
                return taken
            except OSError:
                continue
            self.offer(data, address)
        return BATCH

    def offer(self, data: bytes, address: Address) -> None:
        if 1 < len(data) <= MAX_DATAGRAM:
            self._received(data, address)


class Reader:
    """Lets the intake take what waits; then, when all was read, calls ``drained``. Neither may block or raise. So a
    burst is taken in whole before any of it goes out. While something comes the socket is looked at every ``REST_S``,
    else when the kernel says so.

    The kernel says so through an epoll of our own, once for each time it is asked: to give the socket to the loop and
    take it away again for every rest costs as much as reading a dozen packets."""

    def __init__(self, sock: socket.socket, intake: Intake, drained: Callable[[], None]) -> None:
        self.intake = intake
        self._file = sock.fileno()
        self._take_in = intake.take
        self._drained = drained
        self._passed_s = 0.0
        self._sample_s = self._sample_core_s = 0.0
        self._until_sample = 0
        self._loop = asyncio.get_running_loop()
        self._rest: asyncio.TimerHandle | None = None
        self._bell = select.epoll()
        self._bell.register(self._file, _ONCE)
        self._loop.add_reader(self._bell.fileno(), self._woken)

    def close(self) -> None:
        if self._bell.closed:
            return
        if self._rest is not None:
            self._rest.cancel()
        self._loop.remove_reader(self._bell.fileno())
        self._bell.close()

    def spent(self) -> float:
        """Seconds of the core since the last call.

        Of every turn the time that passed is known; of a few, chosen by chance since frames come in step with any
        regular choice, what share of it the core was ours and not a neighbour's."""
        share = min(1.0, self._sample_core_s / self._sample_s) if self._sample_s else 1.0
        spent, self._passed_s = self._passed_s * share, 0.0
        self._sample_s, self._sample_core_s = self._sample_s / 2, self._sample_core_s / 2
        return spent

    def _woken(self) -> None:
        self._bell.poll(0, 1)  # it was heard
        self._rested()

    def _rested(self) -> None:
        taken = self._turn()
        if taken:
            self._rest = self._loop.call_later(REST_S if taken < BATCH else 0, self._rested)
        else:
            self._rest = None
            self._bell.modify(self._file, _ONCE)

    def _turn(self) -> int:
        """Read and let out. How many datagrams there were."""
        began = time.perf_counter()
        if self._until_sample:
            self._until_sample -= 1
            taken = self._take_in()
            self._drained()
            self._passed_s += time.perf_counter() - began
            return taken
        self._until_sample = random.randrange(2 * MEASURED)  # noqa: S311  (no secret)
        core = time.thread_time()
        taken = self._take_in()
        self._drained()
        self._sample_core_s += time.thread_time() - core
        passed = time.perf_counter() - began
        self._passed_s += passed
        self._sample_s += passed
        return taken


def plain_host(address: Address) -> str:
    """The host as peers know it: an IPv4 address that came through an IPv6 socket is an IPv4 address."""
    host = str(address[0]).partition("%")[0]
    return host.removeprefix(_MAPPED) if host.startswith(_MAPPED) and "." in host else host


def is_ip_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def candidate_hosts(host: str, advertised: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses to offer: those advertised by setting, else the bound one, else all of this machine's. Raises
    SetupError."""
    for address in advertised:
        if not is_ip_address(address):
            raise SetupError(f"{address} cannot be advertised: give IP addresses of this machine, not names.")
    if advertised:
        return advertised
    if host not in EVERYWHERE:
        return (host,)
    found = get_host_addresses(use_ipv4=True, use_ipv6=host == "::")
    return (*(address for address in found if address != LOOPBACK), LOOPBACK)
