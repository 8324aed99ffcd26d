"""A very small server, to be killed: holds the store of the folder it is given, and prints each number once it is safe.

The first line is the store's process id.
"""

import asyncio
import sys
from pathlib import Path

from roadshow.errors import SetupError
from roadshow.store.connection import connect, socket_url
from roadshow.store.embedded import EmbeddedStore


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


async def main(data: Path) -> None:
    async with EmbeddedStore(data) as embedded, connect(socket_url(embedded.socket)) as store:
        await store.redis.function_load(
            "#!lua name=kept\nserver.register_function('kept', function() return 1 end)", True
        )
        _say(embedded.pid)
        while True:
            number = await store.redis.incr("counter")
            await store.redis.rpush("written", number)
            _say(number)


if __name__ == "__main__":
    try:
        asyncio.run(main(Path(sys.argv[1])))
    except SetupError as problem:
        sys.exit(str(problem))
