"""Instructions of a program, or of parts of it, counted by valgrind: what others do on the machine changes nothing.

A program of ours runs itself again under ``valgrind --tool=callgrind``, with the tree that is asked about before its
own, and says there what counts: ``begin``, ``turn`` (off, and on again), ``end``.
"""

import ctypes
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TRIGGER = """
#include <valgrind/callgrind.h>
void begin(void) { CALLGRIND_START_INSTRUMENTATION; }
void turn(void) { CALLGRIND_TOGGLE_COLLECT; }
void end(void) { CALLGRIND_DUMP_STATS; }
"""
_TRIGGER_FILE = "COUNTED_BY"


def trigger() -> Any:
    """Inside: ``begin()``, ``turn()`` and ``end()``. Where nobody counts they do nothing."""
    path = os.environ.get(_TRIGGER_FILE)
    return ctypes.CDLL(path) if path else type("Nobody", (), {"begin": _nothing, "turn": _nothing, "end": _nothing})


def _nothing() -> None: ...


class Counter:
    """``count`` runs a program on a tree: a checkout that was set up."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._trigger = folder / "trigger.so"
        source = folder / "trigger.c"
        source.write_text(TRIGGER, encoding="utf-8")
        subprocess.run(["cc", "-shared", "-fPIC", "-o", str(self._trigger), str(source)], check=True)

    def count(self, tree: Path, program: Path, arguments: Sequence[str], *, collect: bool = True) -> tuple[str, int]:
        """The last line it printed, and the instructions between its ``begin`` and ``end``. ``collect``: whether they
        count before the first ``turn``. Ends all with what went wrong, if anything did."""
        out = self._folder / "callgrind.out"
        command = [
            "valgrind", "--tool=callgrind", "--instr-atstart=no", f"--collect-atstart={'yes' if collect else 'no'}",
            f"--callgrind-out-file={out}", str(tree / ".venv/bin/python"), str(program), *arguments,
        ]  # fmt: skip
        environment = os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": str(tree), "PYTHONMALLOC": "pymalloc"}
        environment[_TRIGGER_FILE] = str(self._trigger)
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{tree}: {done.stderr[-2000:]}")
        found = re.search(r"^totals: (\d+)", Path(f"{out}.1").read_text(encoding="utf-8"), re.MULTILINE)
        assert found is not None, "callgrind says no sum"
        return done.stdout.splitlines()[-1], int(found[1])


@contextmanager
def counter() -> Iterator[Counter]:
    if shutil.which("valgrind") is None or shutil.which("cc") is None:
        raise SystemExit("This needs valgrind with its headers, and a C compiler (Debian: valgrind, gcc).")
    with tempfile.TemporaryDirectory() as folder:
        yield Counter(Path(folder))


def done(said: str) -> None:
    """Inside: the program's word, and its end; nobody waits for a goodbye."""
    print(said, flush=True)
    sys.stderr.flush()
    os._exit(0)
