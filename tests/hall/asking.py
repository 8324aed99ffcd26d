"""The least of an HTTP client: it comes from an address of its own, and one process can be a hall of them."""

import asyncio
import re
from contextlib import suppress
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Self

MOST_HEAD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def retry_after(self) -> float:
        return float(self.headers.get("retry-after", "1"))


class Asking:
    """One connection that is kept while the server keeps it, with a browser's cookies."""

    def __init__(self, port: int, origin: str, source: str) -> None:
        self._port, self._origin, self._source = port, origin, source
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.cookies: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
        """Raises OSError or EOFError when the server is not there."""
        reused = self._open is not None
        try:
            return await self._ask(method, path, body, headers)
        except (OSError, EOFError):
            await self.close()
            if not reused:
                raise
            return await self._ask(method, path, body, headers)  # it had been closed meanwhile

    async def close(self) -> None:
        if self._open is not None:
            _, writer = self._open
            self._open = None
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        if self._open is None:
            local = (self._source, 0)
            self._open = await asyncio.open_connection("127.0.0.1", self._port, local_addr=local, limit=MOST_HEAD)
        reader, writer = self._open
        lines = [f"{method} {path} HTTP/1.1", f"Host: localhost:{self._port}", f"Origin: {self._origin}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        lines += [f"Content-Length: {len(body)}", "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        answer = await _read(reader, self.cookies)
        if answer.headers.get("connection", "").lower() == "close":
            await self.close()
        return answer


async def _read(reader: asyncio.StreamReader, cookies: dict[str, str]) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
        if name.lower() == "set-cookie":
            cookies.update({key: one.value for key, one in SimpleCookie(value.strip()).items()})
    found = re.match(r"HTTP/1\.1 (\d{3})", first)
    if found is None:
        raise EOFError(first)
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
    else:
        body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answer(int(found[1]), headers, body)
