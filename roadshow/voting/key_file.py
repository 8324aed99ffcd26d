"""The key that signs receipts and results, kept in a file."""

import os
import secrets
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.errors import SetupError
from roadshow.ids import CompetitionId
from roadshow.voting.ledger.signing import Signer

KEY_BYTES = 32
"""Of an Ed25519 private key (RFC 8032); the file holds them in hex."""


@dataclass(frozen=True, slots=True)
class Once:
    """What an operator says at one start, and not at the next."""

    new_key: bool = False
    """The keys in the data folder take the place of those that the store knows."""
    restored: bool = False
    """The store may have less than this server has signed: it was put back from a backup."""


USUAL = Once()


def key_path(data: Path, competition: CompetitionId) -> Path:
    """Where a competition's key is. The first that was served from the folder has ``signing.key``, whose owner is noted
    beside it; each other one has a file of its own. Raises SetupError."""
    owner = data / "signing.owner"
    try:
        if not owner.exists():
            write_once(owner, f"{competition}\n")
        held_by = owner.read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise SetupError(f"The file {owner} cannot be read or made: {problem.strerror}.") from problem
    return data / ("signing.key" if held_by == competition else f"signing-{competition}.key")


def known_key(data: Path, competition: CompetitionId) -> Path | None:
    """Where a competition's key is, for whoever only reads: nothing is made. None: nothing of it was signed here.
    Raises SetupError."""
    # A folder of a version before this one has a key without an owner: its first start notes one.
    has_owner = (data / "signing.owner").exists()
    path = key_path(data, competition) if has_owner else data / "signing.key"
    return path if path.exists() else None


def load_signer(path: Path) -> Signer:
    """The signer whose key is in ``path``; made on first use, readable by its owner alone.

    Raises SetupError when the file cannot be read or made, is damaged, or is open to other users.
    """
    try:
        if not path.exists():
            write_once(path, Ed25519PrivateKey.generate().private_bytes_raw().hex() + "\n")
        return Signer(_read(path))
    except OSError as problem:
        raise SetupError(f"The signing key {path} cannot be read or made: {problem.strerror}.") from problem


def other_key(path: Path, public_key: str, bound: str) -> str:
    """What an operator reads whose store knows another key than the file."""
    return (
        f"The votes in this store are signed with the key {bound[:12]}…, but {path} has {public_key[:12]}…. Put the "
        "key of the server that ran here before in its place, or if that is lost for good, start once with --new-key."
    )


def write_once(path: Path, text: str) -> None:
    """Whole under another name, then linked: two first starts agree on one key and its owner, and a power failure
    leaves no half of either. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        with open(draft, "x", opener=_private) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _read(path: Path) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(
        read_private(
            path,
            KEY_BYTES,
            "Restore it from a backup; with a new key, receipts that were given out can no longer be checked against "
            "this server.",
        )
    )


def read_private(path: Path, length: int, otherwise: str) -> bytes:
    """A key that a file holds in hex, for its owner alone. ``otherwise``: what to do if it is damaged. Raises OSError,
    SetupError."""
    with path.open("rb") as file:
        if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
            raise SetupError(f"The key {path} can be read by other users. Run: chmod 600 {path}")
        text = file.read(4 * length)
    try:
        key = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        key = b""
    if len(key) != length:
        raise SetupError(f"The key {path} is damaged. {otherwise}")
    return key
