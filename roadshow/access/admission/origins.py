"""Whence somebody comes: an address, and the networks it is in. Pure.

Whoever has one IPv6 address has a /64 to choose from, most customers a /56, and a site a /48: counted by address alone,
one machine would be as many guests as it likes.
"""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache

IPV4_NETWORK = 24
"""The least that is routed: a neighbour's address is often the same person's."""
IPV6_CUSTOMER, IPV6_SITE = 56, 48
"""What providers hand out (RFC 6177)."""


@dataclass(frozen=True, slots=True)
class Origin:
    narrow: tuple[str, ...]
    """What one customer has: the address; for IPv6 the /64 and the /56."""
    wide: str
    """What one organisation has: the /24 or the /48."""

    @property
    def address(self) -> str:
        return self.narrow[0]

    @property
    def customer(self) -> str:
        return self.narrow[-1]


@lru_cache(maxsize=4096)
def origin_of(address: str) -> Origin:
    """``address`` as ``client_address`` gives it: IPv4, or IPv6 by /64. What is neither, such as the name of a Unix
    socket, is a network of its own."""
    try:
        network = ipaddress.ip_network(address, strict=False)
    except ValueError:
        return Origin((address,), address)
    if isinstance(network, ipaddress.IPv4Network):
        return Origin((address,), str(network.supernet(new_prefix=IPV4_NETWORK)))
    customer = network.supernet(new_prefix=IPV6_CUSTOMER)
    return Origin((str(network), str(customer)), str(customer.supernet(new_prefix=IPV6_SITE)))
