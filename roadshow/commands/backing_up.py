"""Backups of a data folder, encrypted where there is a passphrase, and how they come back."""

import os
import secrets
import shutil
from pathlib import Path
from typing import BinaryIO

from roadshow.errors import SetupError
from roadshow.settings import Settings, make_private_folder
from roadshow.store.backup.archive import read_archive, write_archive
from roadshow.store.backup.vault import HEADER_BYTES, Opener, Sealer, is_sealed

SHORTEST = 16
"""Characters of a passphrase: with scrypt, three words out of a dictionary are more than anybody tries."""
LONGEST_FILE = 4096
"""Bytes of a file with a passphrase."""


def passphrase_of(settings: Settings, file: Path | None) -> str | None:
    """From the file if one is given, else the settings'. Raises SetupError."""
    given = settings.backup_passphrase
    if file is not None:
        try:
            with file.open("rb") as opened:
                given = opened.read(LONGEST_FILE).decode().strip()
        except (OSError, UnicodeError) as problem:
            raise SetupError(f"The passphrase cannot be read from {file}: {problem}.") from problem
    if given is not None and len(given) < SHORTEST:
        raise SetupError(f"The passphrase of a backup needs {SHORTEST} characters. Make one with: openssl rand -hex 32")
    return given


def back_up(settings: Settings, file: Path, store: Path | None, passphrase: str | None) -> None:
    """Write a backup of the data folder, and of ``store``, that of a store of one's own. It has its name once it is
    whole and on the disk. Raises SetupError."""
    if not (settings.data / "secret").exists() and not any(settings.data.glob("signing*.key")):
        raise SetupError(f"Nothing was ever served from {settings.data}. Give the server's --data.")
    if file.exists():
        raise SetupError(f"{file} is there already.")
    draft = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    try:
        with open(draft, "xb", opener=_private) as written:
            _write(written, settings.data, store, passphrase)
            written.flush()
            os.fsync(written.fileno())
        draft.rename(file)
    except OSError as problem:
        raise SetupError(f"{file} cannot be written: {problem.strerror}.") from problem
    finally:
        draft.unlink(missing_ok=True)


def _write(file: BinaryIO, data: Path, store: Path | None, passphrase: str | None) -> None:
    if passphrase is None:
        write_archive(file, data, store)
        return
    sealer = Sealer(file, passphrase)
    write_archive(sealer, data, store)
    sealer.close()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def restore(settings: Settings, file: Path, store: Path | None, passphrase: str | None) -> None:
    """Put a backup into a data folder, and into ``store`` what is a store's of one's own: folders that are not there
    yet, or empty. All of the file is read before anything is written. Raises SetupError, also ``vault.Damaged`` and
    ``vault.WrongPassphrase``."""
    for folder in (settings.data, store):
        if folder is not None and folder.exists() and any(folder.iterdir()):
            raise SetupError(f"{folder} is not empty: a backup is restored into a folder of its own.")
    if _read(file, None, None, passphrase) and store is None:
        raise SetupError("The backup has the files of a store of its own in it. Say with --store where they go.")
    made = [folder for folder in (settings.data, store) if folder is not None]
    try:
        for folder in made:
            make_private_folder(folder)
        _read(file, settings.data, store, passphrase)
    except BaseException:
        for folder in made:
            for path in folder.glob("*"):  # the folder itself may be one that is mounted
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise


def _read(file: Path, data: Path | None, store: Path | None, passphrase: str | None) -> bool:
    """As ``read_archive``."""
    try:
        with file.open("rb") as backup:
            sealed = is_sealed(backup.read(HEADER_BYTES))
            backup.seek(0)
            if not sealed:
                return read_archive(backup, data, store)
            if passphrase is None:
                raise SetupError(
                    "The backup is encrypted. Set ROADSHOW_BACKUP_PASSPHRASE, or give a --passphrase-file."
                )
            opener = Opener(backup, passphrase)
            found = read_archive(opener, data, store)
            while opener.read(HEADER_BYTES):  # to its end, which only then is known to be there
                pass
            return found
    except OSError as problem:
        raise SetupError(f"{file} cannot be read: {problem.strerror}.") from problem
