"""What goes over the socket: where to and how much at once. Pure."""

from socket import AF_INET, AF_INET6, inet_pton
from typing import Any

Address = tuple[Any, ...]
"""As the socket gives it: (host, port) or, for IPv6, (host, port, flow, scope)."""
MAX_DATAGRAM = 1500
"""Larger ones are neither taken nor sent; WebRTC's are at most 1,200 bytes and a little."""


def packed(host: str) -> bytes:
    """An IP address's 4 or 16 bytes, without its scope. Raises OSError. The library's own, an object for each address,
    takes ten times the time."""
    return inet_pton(AF_INET6, host.partition("%")[0]) if ":" in host else inet_pton(AF_INET, host)
