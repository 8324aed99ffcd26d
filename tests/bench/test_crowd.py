"""``make crowd`` in short: does the climax play, and does everybody who comes get all of it?"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from roadshow.bench.toolchain import client_library
from roadshow.errors import SetupError

ROOT = Path(__file__).parents[2]
PEOPLE, HALL = 40, 20
SAID = re.compile(
    rf"crowd: people {PEOPLE} answered (\d+) p99_ms \d+ worst_ms \d+ ping_p99_ms \d+ lost (\d+)"
    rf" hall {HALL} hall_answered (\d+)"
)
PATIENCE = 120.0


def test_everybody_who_opens_the_results_gets_them_and_no_viewer_loses_a_packet() -> None:
    """The reveal is what everybody came for: a 503 then is what they remember."""
    try:
        client_library()
    except SetupError as problem:
        pytest.skip(str(problem))
    few = ["--people", str(PEOPLE), "--hall", str(HALL), "--viewers", "10", "--projects", "4", "--judges", "5"]
    ran = subprocess.run(
        [sys.executable, "bench/crowd.py", *few],
        cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    last = ran.stdout.strip().rpartition("\n")[2]
    found = SAID.fullmatch(last)
    assert found is not None, f"{ran.stdout}\n{ran.stderr}"
    assert [int(count) for count in found.groups()] == [PEOPLE, 0, HALL], ran.stdout
