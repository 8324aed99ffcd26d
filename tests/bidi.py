"""Between Playwright and a stock Firefox: what Playwright starts as its browser, ``bidi.py FIREFOX ARGUMENTS…``.

It starts Firefox and passes on what both say over WebDriver BiDi, but for one thing. Playwright asks, for each context,
for an emulation that releases of Firefox do not know, and gives the context up when it hears so. It hears instead that
it is done, and what the emulation was for is set by a preference."""

import asyncio
import json
import re
import sys

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve

SAID = "WebDriver BiDi listening on "
LISTENS = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")
"""Firefox says so once it can be driven, and Playwright waits for it."""
LARGEST = 64 * 1024 * 1024
"""Bytes of one message: a picture of a long page."""
UNKNOWN = "unknown command"


async def main(command: list[str]) -> int:
    firefox = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    said = firefox.stderr
    assert said is not None
    while line := await said.readline():
        if found := LISTENS.search(line):
            async with asyncio.TaskGroup() as ways:
                serving = ways.create_task(_serve(found.group(1).decode() + "/session"))
                await _repeat(said)
                serving.cancel()
            break
        sys.stderr.buffer.write(line)
    return await firefox.wait()


async def _repeat(said: asyncio.StreamReader) -> None:
    while line := await said.readline():
        sys.stderr.buffer.write(line)


async def _serve(address: str) -> None:
    """Whoever wants to drive the Firefox at this address."""

    async def one(driver: ServerConnection) -> None:
        async with connect(address, max_size=LARGEST, proxy=None, compression=None, ping_interval=None) as firefox:
            await between(driver, firefox)

    # Nobody is given up for being slow: a busy machine is no failure.
    async with serve(one, "127.0.0.1", 0, max_size=LARGEST, compression=None, ping_interval=None) as server:
        host, port = server.sockets[0].getsockname()
        sys.stderr.write(f"{SAID}ws://{host}:{port}\n")
        sys.stderr.flush()
        await server.serve_forever()


async def between(driver: ServerConnection, firefox: ClientConnection) -> None:
    """Until one of them hangs up."""
    emulations: set[int] = set()
    """Commands without an answer so far."""

    async def there() -> None:
        async for message in driver:
            asked = json.loads(message)
            if asked["method"].startswith("emulation."):
                emulations.add(asked["id"])
            await firefox.send(message)

    async def back() -> None:
        async for message in firefox:
            told = json.loads(message)
            done = told.get("id") in emulations and told.get("error") == UNKNOWN
            emulations.discard(told.get("id"))
            await driver.send(json.dumps({"type": "success", "id": told["id"], "result": {}}) if done else message)

    ways = [asyncio.create_task(there()), asyncio.create_task(back())]
    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for way in ways:
        way.cancel()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
