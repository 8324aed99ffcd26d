"""What a server leaves outside: on a terminal that speaks no UTF-8, is closed, or ends; in its log, where strangers
write; and in files, which are nobody else's."""

import http.client
import os
import subprocess
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
OPEN = (
    sys.executable,
    "-c",
    "import os, sys; os.umask(0); os.execv(sys.argv[1], sys.argv[1:])",
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


def test_whatever_the_umask_what_a_server_writes_is_its_own(tmp_path: Path) -> None:
    """Scores, keys and links, on a machine that others use too."""
    with DemoServer(tmp_path, program=OPEN) as server:
        assert _answered(server, "GET", "/health") == 200
    written = [server.data, server.links_file, *server.data.rglob("*")]
    assert {path.name for path in written} >= {"secret", "signing.key", "lock", "links.json", "valkey.log"}
    assert {str(path): oct(path.stat().st_mode) for path in written if path.stat().st_mode & 0o077} == {}


def test_the_backup_that_the_document_makes_is_its_makers_alone(tmp_path: Path) -> None:
    """It holds every score and every key."""
    document = (Path(__file__).parents[2] / "docs" / "operating.md").read_text("utf-8")
    commands = document.split("## Backup", 1)[1].split("```sh", 1)[1].split("```", 1)[0]
    commands = commands.replace("/srv/roadshow", "restored")
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret").write_text("not for others")
    own = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "ROADSHOW_BACKUP_PASSPHRASE": "a" * 16}
    subprocess.run(["bash", "-euc", f"umask 022\n{commands}"], cwd=tmp_path, check=True, env={**os.environ, **own})
    (backup,) = tmp_path.glob("*.backup")
    assert backup.stat().st_mode & 0o777 == 0o600
    assert b"not for others" not in backup.read_bytes()
    restored = tmp_path / "restored" / "secret"
    assert restored.read_text() == "not for others"
    assert [oct(one.stat().st_mode & 0o077) for one in (restored, restored.parent)] == ["0o0", "0o0"]
