"""What is C in the bench is compiled on first use into the user's cache, once for each version of its text."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from roadshow.errors import SetupError

SOURCES = Path(__file__).parent / "client"
FLAGS = ("-O2", "-std=gnu11", "-shared", "-fPIC")
LIBRARIES = ("-lssl", "-lcrypto", "-lpthread")
NEEDED = "On Debian or Ubuntu: apt-get install gcc libc6-dev libssl-dev"
COMPILE_S = 120


def cache_folder() -> Path:
    """Where compiled code and encoded media stay. Raises SetupError."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "roadshow-bench"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as problem:
        raise SetupError(f"The cache folder {folder} cannot be made: {problem.strerror}.") from problem
    return folder


def client_library() -> Path:
    """The compiled load client. Raises SetupError with what to install."""
    if not sys.platform.startswith("linux"):
        raise SetupError("the load client is for Linux only: it needs receive time stamps and pinning.")
    return built("client.so", sorted(SOURCES.glob("*.[ch]")), FLAGS, LIBRARIES)


def built(name: str, files: Sequence[Path], flags: Sequence[str], libraries: Sequence[str]) -> Path:
    """What these C files compile to, from the cache or compiled now. Raises SetupError with what to install."""
    texts = [path.read_bytes() for path in files]
    version = hashlib.sha256("\0".join(flags).encode() + b"\0".join(texts)).hexdigest()[:16]
    target = cache_folder() / f"{name}-{version}"
    if not target.exists():
        _compile([*flags, *(str(path) for path in files if path.suffix == ".c"), *libraries], target)
    return target


def compiler() -> list[str]:
    """The C compiler's command. Raises SetupError."""
    found = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang") or ""
    named = os.environ.get("CC", "").split() or [found]
    if not shutil.which(named[0]):
        raise SetupError(f"the bench is partly written in C and there is no C compiler. {NEEDED}")
    return named


def _compile(arguments: list[str], target: Path) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        draft = Path(folder) / target.name
        command = [*compiler(), *arguments, "-o", str(draft)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=COMPILE_S, check=False)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as problem:
            raise SetupError(f"{command[0]} could not be run: {problem}. {NEEDED}") from problem
        if done.returncode:
            raise SetupError(f"{target.stem} could not be compiled: {complaint(done.stderr)} {NEEDED}")
        draft.replace(target)  # whole or not at all


def complaint(text: str) -> str:
    """What a compiler says first that helps: a header or library that is missing, else its first error."""
    lines = text.splitlines()
    telling = [line for line in lines if "openssl/" in line or "cannot find -l" in line]
    telling = telling or [line for line in lines if "error" in line] or lines or ["it said nothing."]
    return telling[0].strip()
