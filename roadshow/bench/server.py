"""A server to try, as ``make run`` would start it, but on one core and with a store and ports of its own."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

import msgspec

from roadshow.bench.machine import Spent, family, pinned, resident, spent
from roadshow.errors import SetupError

START_S, STOP_S = 60.0, 15.0
LOOK_EVERY_S = 0.05
SETTLES_WITHIN, LOOK_FOR_S, IDLE = 40.0, 1.0, 0.012
"""After its start the front builds pages for some twenty seconds, to have them ready, with a fiftieth of a core. That
is no price of a packet, so it is waited for."""
LOG_LINES = 12
PASSED_ON = ("ROADSHOW_RELAY_PATH", "ROADSHOW_RELAY_WORKERS", "ROADSHOW_LOG_LEVEL")
"""Settings that are tried as they are. The operator's others stay out: no store, no port of theirs."""


class Room(msgspec.Struct, frozen=True):
    """One room of the server's links file."""

    id: str
    whip: str
    whep: str
    publish_token: str


class People(msgspec.Struct, frozen=True):
    organiser: str


class Show(msgspec.Struct, frozen=True):
    """The links file, as far as the bench reads it."""

    base: str
    rooms: list[Room]
    links: People


class Server:
    """``with Server(…) as server``: it serves, with a fresh demo final."""

    def __init__(
        self,
        core: int | None,
        *,
        max_viewers: int,
        path: str = "auto",
        workers: int | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        inside: Callable[[list[str]], list[str]] = list,
    ) -> None:
        """``core``: None for all that this process may use. ``port``: which its links name, where others than this
        machine follow them. ``inside``: what to start for a command to run where the address ``host`` is."""
        self.data = Path()
        self.show = Show("", [], People(""))
        self._cores = frozenset(os.sched_getaffinity(0)) if core is None else frozenset({core})
        self._host, self._port, self._inside = host, port, inside
        self._settings = {"ROADSHOW_MAX_VIEWERS": str(max_viewers), "ROADSHOW_RELAY_PATH": path}
        self._settings["ROADSHOW_UDP_HOST"] = host
        if port:
            self._settings["ROADSHOW_PUBLIC_URL"] = f"http://{host}:{port}"
        if workers is not None:
            self._settings["ROADSHOW_RELAY_WORKERS"] = str(workers)
        self._folder = tempfile.TemporaryDirectory(prefix="roadshow-bench-")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def room(self) -> Room:
        return self.show.rooms[0]

    @property
    def log_file(self) -> Path:
        return Path(self._folder.name) / "server.log"

    def __enter__(self) -> Self:
        """Returns once it serves. Raises SetupError with the end of its log."""
        links = Path(self._folder.name) / "links.json"
        self.data = Path(self._folder.name) / "data"
        command = [sys.executable, "-m", "roadshow", "demo", "--host", self._host, "--port", str(self._port)]
        command += ["--udp-port", "0", "--data", str(self.data), "--links", str(links)]
        with self.log_file.open("wb") as log, pinned(self._cores):
            self._process = subprocess.Popen(  # noqa: S603
                self._inside(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(os.environ, self._settings),
            )
        give_up = time.monotonic() + START_S
        while not links.exists():
            if self._process.poll() is not None or time.monotonic() > give_up:
                told = self.log()
                self.stop()
                raise SetupError(f"the server under test does not serve. It said:\n{told}")
            time.sleep(LOOK_EVERY_S)
        self.show = msgspec.json.decode(links.read_bytes(), type=Show)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                for pid in reversed(family(process.pid)):  # its store first
                    os.kill(pid, signal.SIGKILL)
                process.wait()
        self._folder.cleanup()

    def log(self) -> str:
        """Its last lines."""
        text = self.log_file.read_text(errors="replace") if self.log_file.exists() else ""
        return "\n".join(text.splitlines()[-LOG_LINES:])

    @property
    def pids(self) -> list[int]:
        """The server and its store."""
        return [] if self._process is None else family(self._process.pid)

    def settle(self) -> None:
        """Returns once all beside the house itself is idle, or after ``SETTLES_WITHIN``."""
        give_up = time.monotonic() + SETTLES_WITHIN
        while time.monotonic() < give_up:
            before = spent(self.pids[1:])
            time.sleep(LOOK_FOR_S)
            if spent(self.pids[1:]).since(before).total < IDLE * LOOK_FOR_S:
                return

    def spent(self) -> Spent:
        return spent(self.pids)

    def resident(self) -> int:
        return resident(self.pids)


def environment(given: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """What the server under test gets of our own environment."""
    own = {
        name: value
        for name, value in given.items()
        if name in PASSED_ON or not (name.startswith("ROADSHOW_") or name == "REDIS_URL")
    }
    return {**own, **settings}
