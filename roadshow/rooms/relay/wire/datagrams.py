"""What goes over the socket: where to and how much at once. Pure."""

from ipaddress import IPv6Address
from typing import Any

Address = tuple[Any, ...]
"""As the socket gives it: (host, port) or, for IPv6, (host, port, flow, scope)."""
MAX_DATAGRAM = 1500
"""Larger ones are neither taken nor sent; WebRTC's are at most 1,200 bytes and a little."""


def packed(host: str) -> bytes:
    """An IP address's 4 or 16 bytes, as a socket gives it; without its scope. For IPv4 the library's own, an object for
    each address, takes several times as long, and a join asks four times."""
    return IPv6Address(host.partition("%")[0]).packed if ":" in host else bytes(map(int, host.split(".")))
