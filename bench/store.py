"""How many durable writes a second the embedded store takes. See bench/README.md."""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from roadshow.store.connection import Store, connect, socket_url
from roadshow.store.embedded import EmbeddedStore

WRITES = 4_000
WRITERS = (1, 4, 20)
BODY = b"b" * 300
"""About the size of a ballot's ledger entry."""


async def _write(store: Store, count: int, took: list[float]) -> None:
    for number in range(count):
        start = time.perf_counter()
        await store.redis.xadd("ledger", {"number": number, "body": BODY})
        took.append(time.perf_counter() - start)


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with EmbeddedStore(Path(folder)) as embedded, connect(socket_url(embedded.socket)) as store:
            for writers in WRITERS:
                took: list[float] = []
                start = time.perf_counter()
                async with asyncio.TaskGroup() as group:
                    for _ in range(writers):
                        group.create_task(_write(store, WRITES // writers, took))
                rate = len(took) / (time.perf_counter() - start)
                centiles = statistics.quantiles(took, n=100)
                print(
                    f"{writers:3} writers  {rate:7.0f} writes/s"
                    f"  median {centiles[49] * 1000:6.2f} ms  p99 {centiles[98] * 1000:6.2f} ms"
                )


if __name__ == "__main__":
    asyncio.run(main())
