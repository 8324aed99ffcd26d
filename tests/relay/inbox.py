"""What our ends of a DTLS handshake in tests have for a network: datagrams come in through a bounded queue."""

import asyncio
from collections.abc import Callable

MAX_QUEUED = 32


class Inbox:
    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.send = send
        self._waiting: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_QUEUED)

    def feed(self, data: bytes) -> None:
        """A datagram came. One too many is lost, as on any network."""
        if not self._waiting.full():
            self._waiting.put_nowait(data)

    def close(self) -> None:
        """Let the reader find the connection gone."""
        if self._waiting.full():
            self._waiting.get_nowait()
        self._waiting.put_nowait(None)

    async def receive(self) -> bytes:
        """The next datagram. Raises ConnectionError once it is closed."""
        data = await self._waiting.get()
        if data is None:
            self.close()
            raise ConnectionError
        return data
