"""A key that a judge's browser has made."""

import base64
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


class Own:
    def __init__(self, name: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest())
        self.key = f"ed25519:{_text(self._key.public_key().public_bytes_raw())}"

    def sign(self, text: bytes) -> str:
        return _text(self._key.sign(text))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
