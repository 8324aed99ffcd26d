"""coturn as it is deployed, on the loopback, and clients of it."""

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from aioice.stun import TransactionFailed
from aioice.turn import TurnClientMixin, TurnClientTcpProtocol, TurnClientUdpProtocol

from tests.demo_server import LOOK_EVERY, START_WITHIN, STOP_WITHIN, free_port

CONF = Path(__file__).parents[1] / "deploy" / "turnserver.conf"
CHANNEL_LASTS = 500
"""Seconds before aioice binds a channel anew."""
MISMATCH = 437
"""The server knows the client's address by another allocation (RFC 8656 section 19)."""
_CREDENTIALS = re.compile(r'<(turn:[^>]*)>; rel="ice-server"; username="([^"]*)"; credential="([^"]*)"')


@contextmanager
def turn_server(folder: Path, secret: str, **options: object) -> Iterator["TurnServer"]:
    """From ``deploy/turnserver.conf``. Media is on the loopback here, so that is the address it may reach. ``options``:
    more of coturn's, with underscores."""
    program = shutil.which("turnserver")
    assert program is not None, "coturn is missing: scripts/setup.sh turn"
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port(socket.SOCK_STREAM)
    given: Mapping[str, object] = {
        "realm": "final.example.org",
        "static-auth-secret": secret,
        "listening-ip": "127.0.0.1",
        "listening-port": port,
        "relay-ip": "127.0.0.1",
        "allowed-peer-ip": "127.0.0.1",
        "min-port": 61_000,
        "max-port": 64_799,
        "pidfile": folder / "pid",
        "userdb": folder / "users",
        **{name.replace("_", "-"): value for name, value in options.items()},
    }
    command = [program, "-c", str(CONF), "--allow-loopback-peers", *(f"--{name}={one}" for name, one in given.items())]
    log = folder / "turn.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder)
    try:
        give_up = time.monotonic() + START_WITHIN
        while not _listens(port):
            assert process.poll() is None, log.read_text(errors="replace")[-4000:]
            assert time.monotonic() < give_up, log.read_text(errors="replace")[-4000:]
            time.sleep(LOOK_EVERY)
        yield TurnServer(port)
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGTERM)
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class TurnServer:
    port: int

    def url(self, transport: str = "udp") -> str:
        return f"turn:127.0.0.1:{self.port}?transport={transport}"


@dataclass(frozen=True)
class Credentials:
    port: int
    transport: str
    user: str
    password: str

    async def allocate(self) -> TurnClientMixin:
        """Raises aioice's TransactionFailed. Give it to ``delete`` in the end."""
        while True:
            try:
                return await self._allocate()
            except TransactionFailed as problem:
                # The system gave the port of a client that has just left, whom the server still knows by it.
                if problem.response.error_code != MISMATCH:
                    raise

    async def _allocate(self) -> TurnClientMixin:
        kind = TurnClientTcpProtocol if self.transport == "tcp" else TurnClientUdpProtocol
        server = ("127.0.0.1", self.port)

        def make() -> TurnClientTcpProtocol | TurnClientUdpProtocol:
            return kind(server, self.user, self.password, 600, CHANNEL_LASTS)

        loop = asyncio.get_running_loop()
        if self.transport == "tcp":
            _, client = await loop.create_connection(make, *server)
        else:
            _, client = await loop.create_datagram_endpoint(make, remote_addr=server)
        try:
            await client.connect()
        except BaseException:
            client.transport.close()
            raise
        return client


def given(reply: httpx.Response) -> list[Credentials]:
    """By the Link headers of an answer, in their order."""
    return [
        Credentials(int(url.split(":")[2].partition("?")[0]), url.rpartition("=")[2], user, password)
        for url, user, password in _CREDENTIALS.findall(reply.headers["link"])
    ]
