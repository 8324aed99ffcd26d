"""An HTTP client that sends exactly what it is told to."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

WITHIN = 10.0


def get(path: str, *headers: str, method: str = "GET") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", *headers, "", ""]
    return "\r\n".join(lines).encode()


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def closes(self) -> bool:
        return self.headers.get("connection", "").lower() == "close"


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, port: int) -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def ask(self, data: bytes, *, head_only: bool = False) -> Reply:
        self.send(data)
        return await self.reply(head_only=head_only)

    async def reply(self, *, head_only: bool = False) -> Reply:
        async with asyncio.timeout(WITHIN):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            status = int(head[0].split()[1])
            length = 0 if head_only or status in (204, 304) else int(headers.get("content-length", "0"))
            return Reply(status, headers, await self.reader.readexactly(length))

    async def ended(self) -> bool:
        """Waits until the other end closes; whether it said nothing more."""
        async with asyncio.timeout(WITHIN):
            try:
                return await self.reader.read() == b""
            except ConnectionError:
                return True
