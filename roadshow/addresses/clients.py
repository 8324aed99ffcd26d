"""Whom an address stands for, wherever clients are told apart: limits, places, the line at the door. Pure."""

import ipaddress

IPV6_NETWORK = 64
"""Bits by which IPv6 clients are told apart: one household or hall has at least a /64 to choose addresses from."""
LONGEST_NAME = 64
"""Characters kept of what is no address, such as the name of a Unix socket's peer."""


def client_of(host: str) -> str:
    """An IPv4 address, also one written in IPv6, or an IPv6 network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host[:LONGEST_NAME]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, IPV6_NETWORK), strict=False))
    return str(address)
