"""What goes over the socket: where to and how much at once. Pure."""

from typing import Any

Address = tuple[Any, ...]
"""As the socket gives it: (host, port) or, for IPv6, (host, port, flow, scope)."""
MAX_DATAGRAM = 1500
"""Larger ones are neither taken nor sent; WebRTC's are at most 1,200 bytes and a little."""
