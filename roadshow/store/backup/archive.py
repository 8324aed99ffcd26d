"""What is in a backup: the data folder, and the files of a store of one's own, as a compressed archive that is written
and read as a stream. Nothing of it is on the disk in the clear before it stands in its place.

It may be taken beside a running server. The keys and what was signed last come before the store's files, which only
grow: so the store in it has all that was signed by then.
"""

import io
import shutil
import stat
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol, cast

from roadshow.errors import SetupError
from roadshow.settings import make_private_folder

DATA, STORE = "data", "store"
"""What names in the archive begin with: the data folder's, and a store's of one's own."""
_APPENDED = "appendonlydir"
_MANIFEST = ".manifest"
_LEFT_OUT = frozenset({"lock", "valkey.sock"})
"""They mean something to running processes alone."""
LOOKS = 5
"""At files of a store that rewrites them just then: it does so once in hours."""


class Sink(Protocol):
    def write(self, data: bytes, /) -> int: ...


class Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


def write_archive(sink: Sink, data: Path, store: Path | None) -> None:
    """``store``: the folder of a store of one's own. Raises SetupError for folders that cannot be read, OSError for a
    sink that takes no more."""
    with tarfile.open(fileobj=cast("BinaryIO", sink), mode="w|gz", format=tarfile.PAX_FORMAT) as archive:
        # Those of the embedded store last, whatever they are called.
        first = [path for path in _files(data) if _APPENDED not in path.parts]
        _add(archive, first, data, DATA)
        for folder, name in ((data / "store", f"{DATA}/store"), *(((store, STORE),) if store is not None else ())):
            if (folder / _APPENDED).is_dir():
                _add_appended(archive, folder / _APPENDED, f"{name}/{_APPENDED}")
            elif folder is store:
                raise SetupError(f"{store} is no folder of a store: it has no {_APPENDED}.")


def _files(folder: Path) -> Iterator[Path]:
    """Everything but locks and sockets, in order."""
    try:
        for path in sorted(folder.rglob("*")):
            if path.name not in _LEFT_OUT and stat.S_ISREG(path.lstat().st_mode):
                yield path
    except OSError as problem:
        raise SetupError(f"{folder} cannot be read: {problem.strerror}.") from problem


def _add(archive: tarfile.TarFile, files: list[Path], folder: Path, name: str) -> None:
    for path in files:
        try:
            file = path.open("rb")
        except FileNotFoundError:  # a draft that has got its own name meanwhile
            continue
        except OSError as problem:
            raise SetupError(f"{path} cannot be read: {problem.strerror}.") from problem
        with file:
            _add_open(archive, file, f"{name}/{path.relative_to(folder)}")


def _add_appended(archive: tarfile.TarFile, folder: Path, name: str) -> None:
    """The files that a manifest names, as they were at one moment: held open, they are there for as long as it takes,
    also where the store replaces them."""
    for _ in range(LOOKS):
        with ExitStack() as held:
            before = _manifest(folder)
            try:
                files = [(path.name, held.enter_context(path.open("rb"))) for path in _files(folder)]
            except FileNotFoundError:
                continue
            if _manifest(folder) != before:
                continue
            for file_name, file in files:
                _add_open(archive, file, f"{name}/{file_name}")
            return
    raise SetupError(f"The store's files in {folder} change all the time. Try again.")


def _manifest(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in _files(folder) if path.name.endswith(_MANIFEST)]


def _add_open(archive: tarfile.TarFile, file: BinaryIO, name: str) -> None:
    """As long as it is now: what is added to it meanwhile is not in it."""
    entry = archive.gettarinfo(arcname=name, fileobj=file)
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    archive.addfile(entry, file)


def read_archive(source: Source, data: Path | None, store: Path | None) -> bool:
    """Put everything where it belongs; with ``data`` None, only read all of it. Whether there are files of a store of
    one's own. Raises SetupError."""
    has_store = False
    try:
        with tarfile.open(fileobj=cast("BinaryIO", source), mode="r|gz") as archive:
            for entry in archive:
                kind, path = _place(entry)
                has_store = has_store or kind == STORE
                folder = data if kind == DATA else store
                if data is None:
                    _read_through(archive, entry)
                elif folder is not None:
                    _put(archive, entry, folder / path)
    except (tarfile.TarError, EOFError, OSError) as problem:
        raise SetupError(f"The backup cannot be restored: {problem}.") from problem
    return has_store


def _place(entry: tarfile.TarInfo) -> tuple[str, PurePosixPath]:
    path = PurePosixPath(entry.name)
    if not entry.isreg() or path.is_absolute() or ".." in path.parts or path.parts[:1] not in ((DATA,), (STORE,)):
        raise SetupError(f"The backup has something in it that none has: {entry.name[:100]!r}.")
    return path.parts[0], PurePosixPath(*path.parts[1:])


def _read_through(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> None:
    file = archive.extractfile(entry)
    while file is not None and file.read(io.DEFAULT_BUFFER_SIZE):
        pass


def _put(archive: tarfile.TarFile, entry: tarfile.TarInfo, path: Path) -> None:
    make_private_folder(path.parent)
    file = archive.extractfile(entry)
    if file is None:  # a file has contents, be it none
        return
    with path.open("xb") as restored:
        shutil.copyfileobj(file, restored)
    path.chmod(0o600)
