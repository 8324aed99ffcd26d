"""A server whose terminal speaks no UTF-8, is closed, or ends; and what strangers write into its log."""

import http.client
import os
import sys
from pathlib import Path

import pytest

from roadshow.settings import LOG_FORMATS
from tests.demo_server import DemoServer

ROADSHOW = (sys.executable, "-m", "roadshow")
WITHOUT = (sys.executable, "-c", "import os, sys; os.close(1); os.execv(sys.argv[1], sys.argv[1:])", *ROADSHOW)
BROKEN = (
    sys.executable,
    "-c",
    "import os, sys; r, w = os.pipe(); os.close(r); os.dup2(w, 1); os.execv(sys.argv[1], sys.argv[1:])",
    *ROADSHOW,
)
NO_LETTERS = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}


def _answered(server: DemoServer, method: str, target: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request(method, target, headers={"Origin": "https://evil.example"})
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("program", "environment"),
    [(ROADSHOW, NO_LETTERS), (WITHOUT, {}), (BROKEN, {})],
    ids=["ascii", "closed", "ended"],
)
def test_a_server_does_not_end_with_its_terminal(
    program: tuple[str, ...], environment: dict[str, str], tmp_path: Path
) -> None:
    """The title of a final in Kazan, or a ``| head``, ended the show."""
    with DemoServer(tmp_path, program=program, environment={**os.environ, **environment}) as server:
        assert _answered(server, "GET", "/health") == 200
        assert "Traceback" not in server.log()


@pytest.mark.parametrize("form", LOG_FORMATS)
def test_a_stranger_writes_no_line_of_the_log(form: str, tmp_path: Path) -> None:
    """A forged line accuses somebody; an escape sequence is carried out by whoever reads the log in a terminal."""
    with DemoServer(tmp_path, environment={**os.environ, "ROADSHOW_LOG_FORMAT": form}) as server:
        assert _answered(server, "POST", "/x%0aforged%0d%1b%5b2J%c2%9b31m%e2%80%a8line%20outcome=accepted") == 403
        assert _answered(server, "POST", "/i/not-used-yet") == 403
        log = server.log()
        raw = server.log_file.read_bytes()
    lines = [line for line in raw.split(b"\n") if b"foreign" in line]
    assert len(lines) == 2
    assert not [line for line in log.splitlines() if line.startswith(("forged", "line"))]
    assert b"\x1b" not in raw
    assert "\x9b" not in log
    assert "not-used-yet" not in log
