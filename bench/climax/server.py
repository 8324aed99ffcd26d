"""A server of this competition as anybody starts it, with a store and ports of its own."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Self

from roadshow.bench.machine import Spent, family, spent
from roadshow.bench.server import environment
from roadshow.competitions.loading import load_file

START_S, STOP_S = 60.0, 15.0
LOOK_EVERY_S = 0.05
_SERVING = re.compile(r"Serving .* on (http://\S+)")
_LINK = re.compile(r"Organiser's link, works once: (http://\S+)")


class Server:
    """``with Server(definition) as server``. ``base``: its address. ``link``: its first organiser's."""

    def __init__(self, definition: str) -> None:
        self._definition = definition
        self._folder = tempfile.TemporaryDirectory(prefix="roadshow-crowd-")
        self._process: subprocess.Popen[bytes] | None = None
        self.base = self.link = ""

    @property
    def _file(self) -> Path:
        return Path(self._folder.name) / "competition.toml"

    @property
    def _data(self) -> Path:
        return Path(self._folder.name) / "data"

    def __enter__(self) -> Self:
        self._file.write_text(self._definition)
        said, log = Path(self._folder.name) / "said", Path(self._folder.name) / "log"
        options = ["--host", "127.0.0.1", "--port", "0", "--udp-port", "0", "--data", str(self._data)]
        command = [sys.executable, "-m", "roadshow", "serve", "--competition", str(self._file), "--invite", *options]
        with said.open("wb") as out, log.open("wb") as err:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment(os.environ, {})
            )
        give_up = time.monotonic() + START_S
        while (link := _LINK.search(said.read_text())) is None:
            assert self._process.poll() is None, f"the server ended: {log.read_text()}"
            assert time.monotonic() < give_up, f"the server does not serve: {log.read_text()}"
            time.sleep(LOOK_EVERY_S)
        serving = _SERVING.search(said.read_text())
        assert serving is not None, said.read_text()
        self.base, self.link = serving[1], link[1]
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                for pid in reversed(family(self._process.pid)):
                    os.kill(pid, signal.SIGKILL)
                self._process.wait()
        self._folder.cleanup()

    def feed_token(self, room: str) -> str:
        """What publishes straight onto the room's stage."""
        command = [sys.executable, "-m", "roadshow", "feed", room, "--competition", str(self._file)]
        command += ["--data", str(self._data), "--port", self.base.rpartition(":")[2]]
        told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment(os.environ, {}))
        return told.stdout.split("Bearer Token")[1].strip()

    def criteria(self) -> list[str]:
        return [criterion.id for criterion in load_file(self._file, today=date.today()).criteria]  # noqa: DTZ011

    def spent(self) -> dict[int, Spent]:
        """By process: the server, its front, its store."""
        assert self._process is not None
        return {pid: spent([pid]) for pid in family(self._process.pid)}
