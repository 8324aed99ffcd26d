"""What is left to do for a DTLS 1.2 association once it has given SRTP its keys: hear and say goodbye. Pure.

OpenSSL keeps 75 KB for a connection, and all it would do with them is to decrypt one alert of two bytes. So after the
handshake its object is let go, and this takes its place: it reads alerts (RFC 5246, section 7.2), writes close_notify,
and repeats our last flight to a client that did not get it (RFC 6347, section 4.2.4). Records are protected as in
RFC 5288; nothing else is understood, for nothing else is ever sent.
"""

import hmac
from collections.abc import Iterator
from enum import StrEnum
from functools import cached_property
from struct import Struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SUITES = frozenset({"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"})
"""OpenSSL's names of the cipher suites that are known here: all browsers choose the first, the other differs in the
server's key alone."""
_KEY = 16
MAX_REPEATS = 8
"""A client that still asks after so many last flights gets no more: they are larger than what they answer."""
MAX_RECORDS = 8
"""Records read in one datagram."""
OUR_SEQUENCE = 1 << 40
"""Our goodbye's record number: above all that the handshake can have used."""

_RECORD = Struct("!BHHHIH")
_ALERT, _HANDSHAKE, _CHANGE_CIPHER = 21, 22, 20
_DTLS_1_2 = 0xFEFD
_WARNING, _FATAL, _CLOSE_NOTIFY = 1, 2, 0
_EXPLICIT = 8


class Heard(StrEnum):
    """What a datagram says."""

    NOTHING = "nothing"
    GOODBYE = "goodbye"
    REPEAT = "repeat"
    """It did not get our last flight."""


def expand(secret: bytes, label: bytes, seed: bytes, size: int) -> bytes:
    """TLS 1.2's PRF with SHA-256 (RFC 5246, section 5)."""
    seed = label + seed
    made, step = b"", seed
    while len(made) < size:
        step = hmac.digest(secret, step, "sha256")
        made += hmac.digest(secret, step + seed, "sha256")
    return made[:size]


class Association:
    """``master`` and the randoms are those of the handshake; ``server``: we were that; ``last``: the
    datagrams of our last flight."""

    def __init__(
        self, master: bytes, server_random: bytes, client_random: bytes, server: bool, last: tuple[bytes, ...]
    ) -> None:
        self._master, self._seed, self._server = master, server_random + client_random, server
        self._last = last if server else ()
        self._repeats = 0

    @cached_property
    def _keys(self) -> tuple[tuple[bytes, bytes], tuple[bytes, bytes]]:
        """Theirs and ours, each key and salt. Made at the end of a connection: a crowd comes at once."""
        block = expand(self._master, b"key expansion", self._seed, 2 * _KEY + 8)
        client, other = (block[:_KEY], block[2 * _KEY :][:4]), (block[_KEY:][:_KEY], block[2 * _KEY + 4 :][:4])
        return (client, other) if self._server else (other, client)

    def hear(self, datagram: bytes) -> Heard:
        """What this datagram says. Bad ones say nothing."""
        heard = Heard.NOTHING
        for kind, epoch, head, body in records(datagram):
            if epoch == 1 and kind == _ALERT:
                if self._ends(head, body):
                    return Heard.GOODBYE
            elif kind in (_HANDSHAKE, _CHANGE_CIPHER) and self._last:
                heard = Heard.REPEAT
        return heard

    def last_flight(self) -> tuple[bytes, ...]:
        """The datagrams to send again; none if that was done often enough."""
        self._repeats += 1
        return self._last if self._repeats <= MAX_REPEATS else ()

    def goodbye(self) -> bytes:
        """A datagram with close_notify."""
        _, (key, salt) = self._keys
        number = (1 << 48 | OUR_SEQUENCE).to_bytes(8, "big")
        alert = bytes((_WARNING, _CLOSE_NOTIFY))
        additional = number + bytes((_ALERT,)) + _DTLS_1_2.to_bytes(2, "big") + len(alert).to_bytes(2, "big")
        body = number + AESGCM(key).encrypt(salt + number, alert, additional)
        return bytes((_ALERT,)) + _DTLS_1_2.to_bytes(2, "big") + number + len(body).to_bytes(2, "big") + body

    def _ends(self, head: bytes, body: bytes) -> bool:
        """Whether this record is an authentic alert that ends the association."""
        size = len(body) - _EXPLICIT - 16
        if size != 2:
            return False
        (key, salt), _ = self._keys
        additional = head[3:11] + head[:3] + size.to_bytes(2, "big")
        try:
            level, description = AESGCM(key).decrypt(salt + body[:_EXPLICIT], body[_EXPLICIT:], additional)
        except InvalidTag:
            return False
        return level == _FATAL or description == _CLOSE_NOTIFY


def records(datagram: bytes) -> Iterator[tuple[int, int, bytes, bytes]]:
    """(content type, epoch, the head, the body) of each whole DTLS 1.2 record."""
    at = 0
    for _ in range(MAX_RECORDS):
        if len(datagram) < at + _RECORD.size:
            return
        kind, version, epoch, _, _, size = _RECORD.unpack_from(datagram, at)
        body = datagram[at + _RECORD.size : at + _RECORD.size + size]
        if version != _DTLS_1_2 or len(body) < size:
            return
        yield kind, epoch, datagram[at : at + _RECORD.size], body
        at += _RECORD.size + size
