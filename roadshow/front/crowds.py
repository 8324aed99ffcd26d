"""Who is connected, by network, and which network holds most. Pure.

All of it takes constant time: it is asked for when thousands are connected, and room has to be made for each who comes.
"""

from collections import OrderedDict, defaultdict
from typing import Generic, TypeVar

T = TypeVar("T")


class Crowds(Generic[T]):
    def __init__(self) -> None:
        self._since: dict[str, OrderedDict[T, float]] = {}
        """By network, whoever began first is first; none is empty."""
        self._network: dict[T, str] = {}
        self._by_size: defaultdict[int, OrderedDict[str, None]] = defaultdict(OrderedDict)
        self._largest = 0

    def add(self, network: str, who: T, now: float) -> None:
        held = self._since.setdefault(network, OrderedDict())
        held[who] = now
        self._network[who] = network
        self._is_now(network, len(held) - 1, len(held))

    def begin(self, who: T, now: float) -> None:
        """It is held from now on: another request of it has begun."""
        network = self._network.get(who)
        if network is not None:
            held = self._since[network]
            held[who] = now
            held.move_to_end(who)

    def remove(self, who: T) -> None:
        network = self._network.pop(who, None)
        if network is None:
            return
        held = self._since[network]
        del held[who]
        self._is_now(network, len(held) + 1, len(held))
        if not held:
            del self._since[network]

    def longest(self, began_before: float, *, more_than: int) -> T | None:
        """Who has been held for longest by the network that holds most, if those are more than ``more_than``, and if
        that began at that moment or before."""
        if self._largest <= more_than:
            return None
        network = next(iter(self._by_size[self._largest]))
        for who, since in self._since[network].items():
            return who if since <= began_before else None
        return None

    def _is_now(self, network: str, former: int, size: int) -> None:
        networks = self._by_size[former]
        networks.pop(network, None)
        if not networks:
            del self._by_size[former]
        if size:
            self._by_size[size][network] = None
            self._largest = max(self._largest, size)
        if self._largest not in self._by_size:
            self._largest = size
