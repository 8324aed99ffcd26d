"""The native reader against hostile datagrams, in C and under the sanitizers: ``python -m tests.fuzz.native``.

A million take some twenty seconds: thousands of times what can be sent through the whole relay, so this goes deep where
``campaign.py`` goes wide.
"""

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from roadshow.rooms.relay.egress.native.build import FOLDERS, LIBRARIES, SANITIZERS

SOURCE = Path(__file__).parent / "reader_fuzz.c"
USED = ("line.c", "cipher.c")
"""What the reader needs of the way out."""
WITHIN_S = 1200
WARNINGS = ("-Wall", "-Wextra", "-Wno-missing-field-initializers", "-Werror")


def compiled(folder: Path) -> Path:
    """The campaign as a program. Raises subprocess.CalledProcessError."""
    program = folder / "reader_fuzz"
    sources = [str(SOURCE), *(str(folder / name) for folder in FOLDERS for name in USED if (folder / name).exists())]
    folders = [f"-I{path}" for path in FOLDERS]
    base = ["cc", *WARNINGS, *SANITIZERS, *folders, *sources, "-lm", "-ldl", "-o", str(program)]
    *others, last = LIBRARIES
    for crypto in others:
        if subprocess.run([*base, crypto], capture_output=True, check=False).returncode == 0:
            return program
    subprocess.run([*base, last], capture_output=True, text=True, check=True)
    return program


def run(datagrams: int, seed: int) -> tuple[bool, str]:
    """Whether nothing was found, and what it says."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(compiled(Path(folder))), str(datagrams), str(seed)]
        # Of the tests' own environment nothing: a preloaded library would come before the sanitizers.
        environment = {"PATH": os.environ.get("PATH", ""), "UBSAN_OPTIONS": "print_stacktrace=1"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=WITHIN_S, check=False)
        return done.returncode == 0, done.stdout + done.stderr


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datagrams", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0, help="0: a new one")
    given = parser.parse_args()
    good, said = run(given.datagrams, given.seed or secrets.randbelow(1 << 31) + 1)
    sys.stdout.write(said)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
