"""What docker-compose.yml puts before the application, as plain processes: the very files of deploy/, with addresses,
folders and an authority of this machine in place of a server's."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from tests.demo_server import LOOK_EVERY, START_WITHIN, STOP_WITHIN

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
DOMAIN = "final.example.test"
TURN, TURN_PEOPLE = f"turn.{DOMAIN}", f"turn-people.{DOMAIN}"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
LOOK_FOR_CERTIFICATES = "0.2"
"""Seconds; a minute when deployed."""


def altered(name: str, changes: Mapping[str, str]) -> str:
    """A file of deploy/ with these words in place of others, all of which it must have."""
    text = (DEPLOY / name).read_text("utf-8")
    for old, new in changes.items():
        assert old in text, f"deploy/{name} has no {old!r}"
        text = text.replace(old, new)
    return text


class Installation:
    """``with Installation(folder, inside) as installation``: nothing runs yet. What runs is ended, the last first."""

    def __init__(self, folder: Path, inside: Callable[..., list[str]] = lambda *words: list(words)) -> None:
        """``inside``: what to start for a command to run in another network."""
        self.folder, self._inside = folder, inside
        self.running: list[subprocess.Popen[bytes]] = []
        self.caddys, self.turns = folder / "caddys", folder / "turns"
        for made in (self.caddys, self.turns):
            made.mkdir(parents=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in reversed(self.running):
            process.terminate()
            try:
                process.wait(STOP_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if error is not None:
            for log in sorted(self.folder.glob("*.log")):
                sys.stdout.write(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}\n")

    def start(self, name: str, *words: object, **environment: str) -> subprocess.Popen[bytes]:
        """Its output is in ``name``.log."""
        path = f"{os.environ['PATH']}:/usr/sbin:/sbin"  # not on everybody's path
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                self._inside(*map(str, words)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={"PATH": path, "HOME": str(self.folder), "DOMAIN": DOMAIN, **environment},
            )
        self.running.append(process)
        return process

    def listens(self, port: int) -> bool:
        """Whether somebody has this TCP port."""
        words = self._inside("ss", "-Hltn", "sport", "=", f":{port}")
        return bool(subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip())

    def haproxy(self, changes: Mapping[str, str] = {}) -> subprocess.Popen[bytes]:
        return self.start("haproxy", "haproxy", "-db", "-f", self._written("haproxy.cfg", changes))

    def caddy(self, app: int, *, https: int, http: int = 80, admin: int = 2019) -> subprocess.Popen[bytes]:
        """Before an application on this port of the loopback. Its certificates are of an authority of its own."""
        options = (
            f"local_certs\n\tskip_install_trust\n\thttps_port {https}\n\thttp_port {http}\n\tadmin 127.0.0.1:{admin}"
        )
        changes = {
            "servers :443 {": f"{options}\n\tservers :{https} {{",
            "allow 172.29.71.0/24": "allow 127.0.0.1/32",
            "app:8000": f"127.0.0.1:{app}",
        }
        program = Path(sys.executable).with_name("caddy")
        file = self._written("Caddyfile", changes)
        return self.start(
            "caddy", program, "run", "--config", file, "--adapter", "caddyfile", XDG_DATA_HOME=f"{self.caddys}"
        )

    def certificates(self) -> subprocess.Popen[bytes]:
        changes = {"/caddy/caddy/": f"{self.caddys}/caddy/", '"/turn/': f'"{self.turns}/'}
        names = [word.replace("${DOMAIN}", DOMAIN) for word in SERVICES["certificates"]["command"]]
        file = self._written("certificates.sh", changes)
        return self.start("certificates", "sh", file, *names, LOOK_EVERY=LOOK_FOR_CERTIFICATES)

    def coturn(self, service: str, secret: str, address: str) -> subprocess.Popen[bytes]:
        """``address``: where media are. With the options of the service."""
        home = self.folder / service
        home.mkdir(exist_ok=True)
        changes = {"/tmp/": f"{home}/", "/etc/coturn": str(DEPLOY), "=/certificates/": f"={self.turns}/"}  # noqa: S108
        given = {"${DOMAIN}": DOMAIN, "${PUBLIC_IP}": address}
        replaced = [re.sub(r"\$\{\w+\}", lambda found: given[found[0]], word) for word in SERVICES[service]["command"]]
        environment = {
            "TURN_SECRET": secret,
            "TLS_NAME": SERVICES[service]["environment"]["TLS_NAME"].replace("${DOMAIN}", DOMAIN),
            "LOOK_EVERY": LOOK_FOR_CERTIFICATES,
        }
        file = self._written("turn.sh", changes, home)
        own = (f"--pidfile={home}/pid", f"--userdb={home}/users")
        return self.start(service, "sh", file, *replaced, *own, **environment)

    def _written(self, name: str, changes: Mapping[str, str], folder: Path | None = None) -> Path:
        path = (folder or self.folder) / name
        path.write_text(altered(name, changes), "utf-8")
        return path


def until(is_so: Callable[[], object], processes: Iterable[subprocess.Popen[bytes]] = ()) -> None:
    """…while all of these run."""
    give_up = time.monotonic() + START_WITHIN
    while not is_so():
        for process in processes:
            assert process.poll() is None, process.args
        assert time.monotonic() < give_up
        time.sleep(LOOK_EVERY)


def has_haproxy() -> bool:
    return shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is not None
