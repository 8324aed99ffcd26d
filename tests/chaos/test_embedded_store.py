"""What the embedded store does when it, or the server that holds it, is killed."""

import asyncio
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from roadshow.errors import SetupError, Unavailable
from roadshow.settings import Settings
from roadshow.store.connection import Store, connect, guard, open_store, socket_url
from roadshow.store.embedded import SOCKET_PATH_LIMIT, EmbeddedStore

WRITER = Path(__file__).with_name("keep_writing.py")
PATIENCE = 20.0
"""Seconds until something that must happen is given up on."""


class Writer:
    """A server process that writes numbers and prints each one after the store has acknowledged it."""

    def __init__(self, data: Path) -> None:
        self.process = subprocess.Popen([sys.executable, WRITER, data], stdout=subprocess.PIPE, text=True)
        self.store_pid = int(self._line())
        self.acknowledged = 0

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def write(self, count: int) -> None:
        for _ in range(count):
            self.acknowledged = int(self._line())

    def kill(self) -> None:
        """SIGKILL, then count what it still managed to print."""
        self.process.kill()
        rest, _ = self.process.communicate()
        complete = [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        if complete:
            self.acknowledged = int(complete[-1])


@pytest.fixture
def start_writer(tmp_path: Path) -> Iterator[Callable[[], Writer]]:
    writers: list[Writer] = []

    def start() -> Writer:
        writers.append(Writer(tmp_path))
        return writers[-1]

    yield start
    for writer in writers:
        if writer.process.returncode is None:
            writer.kill()
        _kill_store(writer.store_pid, tmp_path)


def _kill_store(pid: int, data: Path) -> None:
    """By its number, and only while it is still the store of this test."""
    try:
        if Path(f"/proc/{pid}/cwd").samefile(data / "store"):
            os.kill(pid, signal.SIGKILL)
    except OSError:
        pass


@contextmanager
def _stranger() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


@asynccontextmanager
async def _store_in(data: Path) -> AsyncIterator[tuple[EmbeddedStore, Store]]:
    async with EmbeddedStore(data) as embedded, connect(socket_url(embedded.socket)) as store:
        yield embedded, store


async def _written(store: Store) -> list[int]:
    return [int(entry) for entry in await store.redis.lrange("written", 0, -1)]


async def _ask_until_answered(store: Store, key: str) -> object:
    while True:
        try:
            with guard():
                return await store.redis.get(key)
        except Unavailable:
            await asyncio.sleep(0.01)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("writes", [0, 1, 40, 400])
async def test_a_killed_server_loses_no_acknowledged_write(
    start_writer: Callable[[], Writer], tmp_path: Path, writes: int
) -> None:
    """A judge who has a receipt must find the ballot counted, whenever the server was killed."""
    writer = start_writer()
    writer.write(writes)
    writer.kill()
    assert _runs(writer.store_pid), "the store outlives its server, or this tests nothing"

    async with _store_in(tmp_path) as (embedded, store):
        found = await _written(store)
        assert embedded.pid != writer.store_pid
        assert not _runs(writer.store_pid)
        assert found == list(range(1, len(found) + 1))
        assert len(found) >= writer.acknowledged
        assert await store.redis.fcall("kept", 0) == 1


async def test_server_and_store_killed_together_lose_no_acknowledged_write(
    start_writer: Callable[[], Writer], tmp_path: Path
) -> None:
    """The machine's power may fail; the files alone must be enough."""
    writer = start_writer()
    writer.write(50)
    os.kill(writer.store_pid, signal.SIGKILL)
    writer.kill()

    async with _store_in(tmp_path) as (_, store):
        assert len(await _written(store)) >= writer.acknowledged


async def test_a_left_over_without_its_socket_is_still_found(
    start_writer: Callable[[], Writer], tmp_path: Path
) -> None:
    """Temporary folders get cleaned; two stores writing one file would ruin it."""
    writer = start_writer()
    writer.write(10)
    writer.kill()
    (tmp_path / "store" / "valkey.sock").unlink()

    async with _store_in(tmp_path) as (_, store):
        assert not _runs(writer.store_pid)
        assert len(await _written(store)) >= writer.acknowledged


async def test_a_frozen_left_over_is_replaced(start_writer: Callable[[], Writer], tmp_path: Path) -> None:
    """A store that hangs must not keep the show from starting again."""
    writer = start_writer()
    writer.write(10)
    os.kill(writer.store_pid, signal.SIGSTOP)
    writer.kill()

    async with _store_in(tmp_path) as (_, store):
        assert not _runs(writer.store_pid)
        assert len(await _written(store)) >= writer.acknowledged


async def test_a_second_server_on_the_folder_is_refused_by_name(
    start_writer: Callable[[], Writer], tmp_path: Path
) -> None:
    """Two servers with one show would each run their own clock."""
    writer = start_writer()
    with pytest.raises(SetupError, match=rf"process {writer.process.pid}\b.*--data"):
        async with _store_in(tmp_path):
            pass
    writer.write(10)
    assert _runs(writer.store_pid), "the refused one must leave the first alone"


async def test_a_stranger_with_a_remembered_number_is_not_killed(tmp_path: Path) -> None:
    """Process numbers are used again: whoever has the old store's number now is none of our business."""
    folder = tmp_path / "store"
    folder.mkdir()
    with _stranger() as stranger, (folder / "lock").open("w") as lock:
        lock.write(str(stranger.pid))
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(SetupError, match=str(stranger.pid)):
            async with _store_in(tmp_path):
                pass
        assert stranger.poll() is None


async def test_a_store_that_dies_comes_back_with_everything(tmp_path: Path) -> None:
    """The store may be killed for want of memory in the middle of voting; desks wait a moment and go on."""
    async with open_store(Settings(data=tmp_path)) as store:
        with guard():
            await store.redis.set("acknowledged", "yes")
        first = int((tmp_path / "store" / "lock").read_text())
        os.kill(first, signal.SIGKILL)

        async with asyncio.timeout(PATIENCE):
            kept = await _ask_until_answered(store, "acknowledged")
        assert kept == b"yes"
        second = int((tmp_path / "store" / "lock").read_text())
        assert second != first
    assert not _runs(second)


async def test_a_clean_stop_leaves_nothing_running(tmp_path: Path) -> None:
    """Whoever stops the server expects no process left behind."""
    async with open_store(Settings(data=tmp_path)) as store:
        await store.redis.set("kept", "yes")
        pid = int((tmp_path / "store" / "lock").read_text())
        assert _runs(pid)
    assert not _runs(pid)
    assert not (tmp_path / "store" / "valkey.sock").exists()
    async with _store_in(tmp_path) as (_, again):
        assert await again.redis.get("kept") == b"yes"


async def test_a_deep_data_folder_gets_a_short_socket(tmp_path: Path) -> None:
    """Socket paths are limited to about a hundred bytes; folders are not."""
    data = tmp_path / ("deep" * 20) / ("deeper" * 20)
    async with _store_in(data) as (embedded, store):
        assert len(os.fsencode(embedded.socket)) <= SOCKET_PATH_LIMIT
        assert embedded.socket.parent.stat().st_mode & 0o077 == 0
        assert await store.redis.set("a", "b")
    assert not embedded.socket.parent.exists()


async def test_a_store_that_cannot_start_says_why(tmp_path: Path) -> None:
    """The operator needs the reason, not a trace."""
    folder = tmp_path / "store" / "appendonlydir"
    folder.mkdir(parents=True)
    (folder / "appendonly.aof.manifest").write_text("this is no manifest\n")
    with pytest.raises(SetupError, match=r"(?s)stopped while starting.*manifest"):
        async with _store_in(tmp_path):
            pass


async def test_the_bodys_own_error_passes_unwrapped(tmp_path: Path) -> None:
    """The command line prints a SetupError's text; inside an exception group it would print a trace."""
    with pytest.raises(SetupError, match=r"^port taken$"):
        async with open_store(Settings(data=tmp_path)):
            raise SetupError("port taken")


async def test_nobody_else_can_read_what_the_store_writes(tmp_path: Path) -> None:
    """Its files hold every score, long before any is announced; its folder may have come back from a backup, open."""
    (tmp_path / "store").mkdir(mode=0o755)
    before = os.umask(0o022)
    try:
        async with EmbeddedStore(tmp_path) as embedded, connect(socket_url(embedded.socket)) as store:
            await store.redis.set("score", 9)
            written = [path for path in (tmp_path / "store").rglob("*") if path.suffix in (".aof", ".rdb", ".manifest")]
            assert written
            assert [path.name for path in written if path.stat().st_mode & 0o077] == []
    finally:
        os.umask(before)
