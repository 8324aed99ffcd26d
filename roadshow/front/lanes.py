"""Who waits to be let into the house, and who is next. Pure.

Staff have a lane of their own. In each lane networks take turns, so that one that sends hundreds of requests delays
itself and hardly anybody else.
"""

import ipaddress
import re
from collections import OrderedDict, deque
from collections.abc import Sequence
from enum import IntEnum
from functools import lru_cache
from typing import Generic, TypeVar

from roadshow.addresses.clients import client_of

T = TypeVar("T")

MOST_PROXIES = 16
"""Looked past, from the right. Whoever writes a longer row of them into the header is looked at no further."""
_BRACKETED = re.compile(r"\[([^\]]*)\](?::\d*)?")

_STAFF = re.compile(
    rb"(?:/c/[^/?]+)?(?:/(?:as|i)/|/rooms/[^/?]+/whip(?:[/?]|$)|/live\?(?:[^&]*&)*as=)|/(?:health|ready|metrics)(?:\?|$)"
)
"""Desks, invitations, what a pitcher sends, the sockets of people with a role; and whoever looks how the house is."""


class Lane(IntEnum):
    STAFF = 0
    CROWD = 1


def lane_of(target: bytes) -> Lane:
    """By a request's path and query as they were sent. Anybody may name these addresses, so a lane is no permission."""
    return Lane.STAFF if _STAFF.match(target) else Lane.CROWD


class Proxies:
    """Those whose word on where a request comes from is taken."""

    def __init__(self, trusted: Sequence[str]) -> None:
        """Addresses or networks."""
        self._networks = tuple(ipaddress.ip_network(proxy) for proxy in trusted)
        self._known = lru_cache(maxsize=4096)(self._is_in_one)

    def __contains__(self, peer: str) -> bool:
        return bool(self._networks) and self._known(peer)

    def network_of(self, peer: str, forwarded: str | None) -> str:
        """Whose turn it is. For a trusted proxy's clients, as the house's web server does it: by the last address named
        that is no proxy's; each proxy adds the one it saw."""
        if not forwarded or peer not in self:
            return client_of(peer)
        named = [_without_port(entry.strip()) for entry in forwarded.rsplit(",", MOST_PROXIES)[-MOST_PROXIES:]]
        return client_of(next((host for host in reversed(named) if host not in self), named[0]))

    def _is_in_one(self, peer: str) -> bool:
        try:
            address = ipaddress.ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def _without_port(named: str) -> str:
    """Of an address as proxies write it: bare, ``192.0.2.7:4711`` or ``[2001:db8::7]:4711``."""
    bracketed = _BRACKETED.fullmatch(named)
    if bracketed is not None:
        return bracketed[1]
    host, _, port = named.partition(":")
    return host if port.isdecimal() else named


class Waiting(Generic[T]):
    """One lane."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._count = 0
        self._queues: OrderedDict[str, deque[tuple[float, T]]] = OrderedDict()
        """By network, the next first; none is empty."""

    def __len__(self) -> int:
        return self._count

    def add(self, network: str, who: T, now: float) -> T | None:
        """Whom there is no room for: when the lane is full, the last of the network that has most in it."""
        self._queues.setdefault(network, deque()).append((now, who))
        self._count += 1
        if self._count <= self._most:
            return None
        # Seldom, and then over as many networks as wait: hundreds at most.
        largest = max(self._queues, key=lambda name: (len(self._queues[name]), name == network))
        return self._taken(largest, last=True)

    def next(self) -> T | None:
        """The first of the network whose turn it is, which then has to wait for all others."""
        if not self._queues:
            return None
        network = next(iter(self._queues))
        who = self._taken(network)
        if network in self._queues:
            self._queues.move_to_end(network)
        return who

    def since(self, moment: float) -> list[T]:
        """Whoever was added at that moment or before, who no longer waits."""
        late: list[T] = []
        for network in list(self._queues):
            while network in self._queues and self._queues[network][0][0] <= moment:
                late.append(self._taken(network))
        return late

    def _taken(self, network: str, *, last: bool = False) -> T:
        queue = self._queues[network]
        _, who = queue.pop() if last else queue.popleft()
        self._count -= 1
        if not queue:
            del self._queues[network]
        return who
