"""Files beside the signing key, which only their owner can read."""

import os
from pathlib import Path


def replace(path: Path, data: bytes) -> None:
    """The file's whole content, on disk when it returns. Raises OSError."""
    draft = path.with_suffix(".draft")
    with open(draft, "wb", opener=_private) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _flush_folder(path.parent)


def append_to(path: Path) -> int:
    """The number of a file, there also after a power failure, whose writes go to its end. Raises OSError."""
    file = _private(str(path), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    _flush_folder(path.parent)
    return file


def put_aside(path: Path) -> None:
    """Out of use, but not lost. Raises OSError."""
    try:
        path.replace(path.with_name(f"{path.name}.former"))
    except FileNotFoundError:
        return


def _flush_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
