"""A real demo final in a process of its own, to be driven from outside and, now and then, killed."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

START_WITHIN = 30.0
"""Seconds; only so that a server which never serves fails the test."""
STOP_WITHIN = 10.0
LOOK_EVERY = 0.02


class DemoServer:
    """``with DemoServer(folder) as server``. Keeps its data and its ports over ``kill`` and ``start``."""

    def __init__(
        self,
        folder: Path,
        *,
        brisk: bool = True,
        program: tuple[str, ...] = (sys.executable, "-m", "roadshow"),
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        """``environment`` and ``cwd``: None for those of the tests."""
        self.data = folder / "data"
        self.links_file = folder / "links.json"
        self.log_file = folder / "server.log"
        self.brisk = brisk
        self.program = program
        self.environment = environment
        self.cwd = cwd
        self.port = free_port(socket.SOCK_STREAM)
        self.udp_port = free_port(socket.SOCK_DGRAM)
        self.process: subprocess.Popen[bytes] | None = None
        self.links: dict[str, Any] = {}

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        sys.stdout.write(self.log())  # shown if the test has failed

    @property
    def base(self) -> str:
        return str(self.links["base"])

    @property
    def people(self) -> dict[str, Any]:
        """The links file's ``links``: an address for everybody."""
        found: dict[str, Any] = self.links["links"]
        return found

    def start(self) -> None:
        """Returns once it serves."""
        self.launch()
        self.until_served()

    def launch(self) -> None:
        """Returns at once: it may have to wait for another server."""
        self.links_file.unlink(missing_ok=True)
        command = [*self.program, "demo", "--port", str(self.port), "--udp-port", str(self.udp_port)]
        command += ["--data", str(self.data), "--links", str(self.links_file), *(["--brisk"] if self.brisk else [])]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment, cwd=self.cwd
            )

    def until_served(self) -> None:
        """Returns once its links are there, which are new with each time it takes over."""
        assert self.process is not None
        give_up = time.monotonic() + START_WITHIN
        while not self.links_file.exists():
            assert self.process.poll() is None, f"the server ended: {self.log()}"
            assert time.monotonic() < give_up, f"the server does not serve: {self.log()}"
            time.sleep(LOOK_EVERY)
        self.links = json.loads(self.links_file.read_text())

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")[-4000:]

    def kill(self) -> None:
        """SIGKILL to the server alone: its store lives on."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(STOP_WITHIN)

    @property
    def store_pid(self) -> int:
        """Of the store that works in this server's folder; 0 if none does."""
        try:
            pid = int((self.data / "store" / "lock").read_text())
            return pid if Path(f"/proc/{pid}/cwd").samefile(self.data / "store") else 0
        except (OSError, ValueError):
            return 0

    @property
    def front_pids(self) -> list[int]:
        """Of the processes that accept this server's connections."""
        assert self.process is not None
        found = []
        for entry in Path("/proc").iterdir():
            with suppress(OSError, IndexError):
                if entry.name.isdigit() and b"roadshow.front" in (entry / "cmdline").read_bytes():
                    parent = (entry / "stat").read_text().rpartition(") ")[2].split()[1]
                    if int(parent) == self.process.pid:
                        found.append(int(entry.name))
        return found

    def kill_store(self) -> int:
        """SIGKILL to the store alone. The process that was."""
        pid = self.store_pid
        if pid:
            os.kill(pid, signal.SIGKILL)
        return pid

    def stop(self) -> int | None:
        """Ask it to end, if it runs; its exit status. Nothing is left behind, not even a killed server's store."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
            finally:
                self.kill_store()
        else:
            self.kill_store()
        return self.process.returncode


def free_port(kind: socket.SocketKind) -> int:
    """Free a moment ago."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
