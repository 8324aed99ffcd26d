"""A stream that nobody reads, changes or shortens without its passphrase. Memory does not grow with it.

What is written, byte by byte (docs/operating.md has it for whoever reads it with other tools):

    ``MAGIC``, 16 bytes of salt, 32 of check, 8 of SHA-256 over all before
    chunks: 4 bytes, of which the first bit marks the last one and the others say how long it is; AES-256-GCM of as many
    bytes, which are 16 longer for it

scrypt makes 64 bytes from passphrase and salt: a key for the chunks, and one with which ``check`` is the HMAC-SHA-256
of magic and salt. The nonce of a chunk is its number, from 0 on; what is authenticated beside it, all that is before
the chunks and its own 4 bytes. So a wrong passphrase, a changed file and one that is cut short are told apart.
"""

import hmac
import secrets
from hashlib import sha256
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from roadshow.errors import SetupError

MAGIC: Final = b"roadshow backup 1\n"
SALT_BYTES = 16
CHECK_BYTES = 32
SUM_BYTES = 8
HEADER_BYTES = len(MAGIC) + SALT_BYTES + CHECK_BYTES + SUM_BYTES
SCRYPT_N, SCRYPT_R, SCRYPT_P = 2**17, 8, 1
"""128 MiB and a third of a second for each guess: what OWASP asks for, and what the smallest machine has to spare."""
CHUNK = 2**16
"""Bytes. Less makes the file longer, more is held in memory before it is known to be genuine."""
_TAG = 16
_LAST = 1 << 31


class WrongPassphrase(SetupError):
    """Of no use for this file."""

    def __init__(self) -> None:
        super().__init__("The passphrase is not the one that this backup was made with.")


class Damaged(SetupError):
    """Changed, or cut short: not what was written."""


class Sealer:
    """Writes to ``file``. Nothing is whole before ``close``, which leaves ``file`` open."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        salt = secrets.token_bytes(SALT_BYTES)
        key, checking = _keys(passphrase, salt)
        self._file = file
        self._header = _header(salt, checking)
        self._chunks = AESGCM(key)
        self._number = 0
        self._waiting = bytearray()
        file.write(self._header)

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) > CHUNK:  # the last chunk is the one that ``close`` writes, full or not
            self._write(bytes(self._waiting[:CHUNK]), 0)
            del self._waiting[:CHUNK]
        return len(data)

    def close(self) -> None:
        self._write(bytes(self._waiting), _LAST)
        self._waiting.clear()

    def _write(self, data: bytes, mark: int) -> None:
        length = (mark | len(data)).to_bytes(4)
        self._file.write(length + self._chunks.encrypt(_nonce(self._number), data, self._header + length))
        self._number += 1


class Opener:
    """Reads from ``file``, and gives out nothing that is not genuine so far. Raises WrongPassphrase, Damaged."""

    def __init__(self, file: BinaryIO, passphrase: str) -> None:
        header = file.read(HEADER_BYTES)
        if len(header) < HEADER_BYTES:
            raise Damaged("The backup is cut short: not even its beginning is whole.")
        if header[-SUM_BYTES:] != sha256(header[:-SUM_BYTES]).digest()[:SUM_BYTES]:
            raise Damaged("The beginning of the backup was changed or damaged.")
        salt = header[len(MAGIC) : len(MAGIC) + SALT_BYTES]
        key, checking = _keys(passphrase, salt)
        if not hmac.compare_digest(_header(salt, checking), header):
            raise WrongPassphrase
        self._file = file
        self._header = header
        self._chunks = AESGCM(key)
        self._number = 0
        self._read = bytearray()
        self._is_over = False

    def read(self, size: int) -> bytes:
        """As many bytes, or as there are left."""
        while len(self._read) < size and not self._is_over:
            self._read += self._next()
        data = bytes(self._read[:size])
        del self._read[:size]
        return data

    def _next(self) -> bytes:
        mark = self._file.read(4)
        length = int.from_bytes(mark) & ~_LAST
        if len(mark) == 4 and length > CHUNK:
            raise self._changed()
        sealed = self._file.read(length + _TAG)
        if len(mark) < 4 or len(sealed) < length + _TAG:
            raise Damaged(f"The backup is cut short: it ends within or before its {self._number + 1}. part.")
        try:
            data = self._chunks.decrypt(_nonce(self._number), sealed, self._header + mark)
        except InvalidTag:
            raise self._changed() from None
        self._is_over = int.from_bytes(mark) >= _LAST
        if self._is_over and self._file.read(1):
            raise Damaged("The backup was changed: something follows its end.")
        self._number += 1
        return data

    def _changed(self) -> Damaged:
        start = HEADER_BYTES + self._number * (4 + CHUNK + _TAG)
        return Damaged(f"The backup was changed or damaged, within {CHUNK // 1024} KiB after byte {start}.")


def is_sealed(beginning: bytes) -> bool:
    """Whether a file begins so; of a later version: raises SetupError."""
    if beginning.startswith(MAGIC):
        return True
    if beginning.startswith(MAGIC.rstrip(b"1\n")):
        raise SetupError("The backup was written by another version of Roadshow: restore it with that one.")
    return False


def _header(salt: bytes, checking: bytes) -> bytes:
    header = MAGIC + salt
    header += hmac.digest(checking, header, "sha256")
    return header + sha256(header).digest()[:SUM_BYTES]


def _keys(passphrase: str, salt: bytes) -> tuple[bytes, bytes]:
    """For the chunks, and for the check."""
    made = Scrypt(salt=salt, length=64, n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P).derive(passphrase.encode())
    return made[:32], made[32:]


def _nonce(number: int) -> bytes:
    """The key is the file's alone, so a number is enough."""
    return number.to_bytes(12)
