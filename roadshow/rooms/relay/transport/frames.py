"""Datagrams in a stream of bytes: two of length before each (RFC 4571, section 2). Pure."""

from collections.abc import Iterator

from roadshow.rooms.relay.wire.datagrams import MAX_DATAGRAM

_HEAD = 2


class Malformed(Exception):
    """Not what a WebRTC peer sends: nothing after it can be made sense of."""


def framed(datagram: bytes) -> bytes:
    return len(datagram).to_bytes(_HEAD, "big") + datagram


class Frames:
    """Puts datagrams together; keeps less than one."""

    def __init__(self) -> None:
        self._rest = b""
        self._first = True

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The datagrams that are whole now. Raises Malformed, also where the first is not a Binding request: whoever
        connects begins with a check (RFC 8489, section 5: type 1, two bits of zero before)."""
        data = self._rest + data
        at = 0
        self._rest = b""
        while len(data) - at >= _HEAD:
            size = int.from_bytes(data[at : at + _HEAD], "big")
            if not _HEAD <= size <= MAX_DATAGRAM:
                raise Malformed
            end = at + _HEAD + size
            if self._first and data[at + _HEAD : at + 2 * _HEAD] not in (b"\0\1", b"\0", b""):
                raise Malformed
            if end > len(data):
                break
            self._first = False
            yield data[at + _HEAD : end]
            at = end
        self._rest = data[at:]
