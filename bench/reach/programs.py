"""Somebody else's server on the server's core: started, waited for, ended."""

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from roadshow.bench.machine import Cores, pinned
from roadshow.errors import SetupError

START_S, STOP_S = 20.0, 5.0
HOST = "127.0.0.1"


@contextmanager
def running(
    command: Sequence[str], where: Path, port: int, cores: Cores, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """In the folder, which gets its log, from when its port of HTTP answers. Raises SetupError."""
    with (where / "log").open("wb") as log, pinned(frozenset({cores.server})):
        process = subprocess.Popen(
            command, cwd=where, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
        )
    try:
        _wait(process, port)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    give_up = time.monotonic() + START_S
    while True:
        try:
            socket.create_connection((HOST, port), 1).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > give_up:
                raise SetupError("the other server does not answer.") from None
            time.sleep(0.1)
        else:
            return
