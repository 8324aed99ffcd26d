"""Connectivity checks, from the answering side of ICE-lite (RFC 8445, RFC 8489), and our own requests for consent
(RFC 7675). Pure: bytes in, bytes out.

Every viewer sends one every few seconds, so this is written for it: one pass over the attributes, one digest each way.
"""

import hmac
from binascii import crc32
from struct import Struct

import msgspec

from roadshow.rooms.relay.wire.datagrams import packed

MAX_CHECK = 548
"""Longer STUN messages are not connectivity checks."""

_HEADER = Struct("!HHI12s")
_ATTRIBUTE = Struct("!HH")
_REQUEST, _RESPONSE, _ERROR = 0x0001, 0x0101, 0x0111
"""Of the method Binding."""
_COOKIE = 0x2112A442
_USERNAME, _INTEGRITY, _ERROR_CODE, _XOR_MAPPED_ADDRESS, _FINGERPRINT = 0x0006, 0x0008, 0x0009, 0x0020, 0x8028
_PRIORITY, _USE_CANDIDATE, _ICE_CONTROLLED = 0x0024, 0x0025, 0x8029
_REFLEXIVE = (110 << 24 | 0xFFFF << 8 | 255).to_bytes(4, "big")
"""What PRIORITY must say: that of a peer-reflexive candidate (RFC 8445, section 7.1.1)."""
_DIGEST = 20
"""Octets of HMAC-SHA1."""
_FINGERPRINT_XOR = 0x5354554E
_MAX_USERNAME = 513
"""RFC 8489, section 14.3."""
_ROLE_CONFLICT = bytes((0, 0, 4, 87)) + b"Role Conflict"


class Signed(msgspec.Struct, frozen=True):
    """A message with MESSAGE-INTEGRITY, not yet authenticated."""

    transaction: bytes
    signed: bytes
    """What the digest is made over."""
    digest: bytes

    def authentic(self, password: str) -> bool:
        """Whether MESSAGE-INTEGRITY proves knowledge of this password."""
        return hmac.compare_digest(self.digest, hmac.digest(password.encode(), self.signed, "sha1"))


class Check(Signed, frozen=True):
    """A binding request that names one of our sessions."""

    ufrag: str
    """Ours: the first half of USERNAME."""
    conflicts: bool
    """Whether the other side thinks itself controlled, which only a full agent facing another may."""
    named: bool
    """The controlling side means to use this pair (USE-CANDIDATE)."""


def read(data: bytes) -> Check | None:
    """A binding request, or None for anything else, malformed or not for us to answer. What follows MESSAGE-INTEGRITY
    is not authenticated, and so not looked at, but for FINGERPRINT (RFC 8489, section 14.5)."""
    size = len(data)
    if not _HEADER.size <= size <= MAX_CHECK:
        return None
    kind, length, cookie, transaction = _HEADER.unpack_from(data)
    if kind != _REQUEST or cookie != _COOKIE or length != size - _HEADER.size or length % 4:
        return None
    username: bytes | None = None
    integrity_at = 0
    conflicts = named = False
    at = _HEADER.size
    while at < size:
        name, length = _ATTRIBUTE.unpack_from(data, at)
        value, end = at + 4, at + 4 + length
        if end > size:
            return None
        if name == _FINGERPRINT:
            if length != 4 or int.from_bytes(data[value:end], "big") != _fingerprint(data[:at]):
                return None
        elif not integrity_at:
            if name == _USERNAME and username is None:
                username = data[value:end]
            elif name == _INTEGRITY:
                if length != _DIGEST:
                    return None
                integrity_at = at
            elif name == _USE_CANDIDATE:
                named = True
            elif name == _ICE_CONTROLLED:
                conflicts = True
        at = end + -length % 4
    if username is None or not integrity_at or len(username) > _MAX_USERNAME:
        return None
    ufrag = username.partition(b":")[0]
    if not ufrag.isascii():
        return None
    digest = data[integrity_at + 4 : integrity_at + 4 + _DIGEST]
    signed = _sized(data[:integrity_at], 4 + _DIGEST)
    return Check(transaction, signed, digest, ufrag.decode("ascii"), conflicts, named)


def read_reply(data: bytes) -> Signed | None:
    """An answer to a binding request, or None for anything else. An error that is signed is one as well: it came back
    just the same."""
    size = len(data)
    if not _HEADER.size <= size <= MAX_CHECK:
        return None
    kind, length, cookie, transaction = _HEADER.unpack_from(data)
    if kind not in (_RESPONSE, _ERROR) or cookie != _COOKIE or length != size - _HEADER.size or length % 4:
        return None
    at = _HEADER.size
    while at < size:
        name, length = _ATTRIBUTE.unpack_from(data, at)
        if name == _INTEGRITY:
            digest = data[at + 4 : at + 4 + length]
            return Signed(transaction, _sized(data[:at], 4 + _DIGEST), digest) if len(digest) == _DIGEST else None
        at += 4 + length + -length % 4
    return None


def answer(check: Check, password: str, host: str, port: int) -> bytes:
    """The response to an authentic check that came from this address."""
    if check.conflicts:
        kind, body = _ERROR, _attribute(_ERROR_CODE, _ROLE_CONFLICT)
    else:
        kind, body = _RESPONSE, _attribute(_XOR_MAPPED_ADDRESS, _hidden(host, port, check.transaction))
    return _signed(kind, check.transaction, body, password)


def request(transaction: bytes, username: str, password: str, tie_breaker: bytes) -> bytes:
    """A binding request of the controlled side, to the peer of this name and password: ``theirs:ours``, and theirs."""
    body = _attribute(_USERNAME, username.encode("ascii")) + _attribute(_PRIORITY, _REFLEXIVE)
    return _signed(_REQUEST, transaction, body + _attribute(_ICE_CONTROLLED, tie_breaker), password)


def _signed(kind: int, transaction: bytes, body: bytes, password: str) -> bytes:
    message = _HEADER.pack(kind, len(body), _COOKIE, transaction) + body
    digest = hmac.digest(password.encode(), _sized(message, 4 + _DIGEST), "sha1")
    message += _attribute(_INTEGRITY, digest)
    fingerprint = _fingerprint(message).to_bytes(4, "big")
    return _sized(message, 8) + _attribute(_FINGERPRINT, fingerprint)


def _sized(message: bytes, more: int) -> bytes:
    """With the length it will have once so many octets are added."""
    return message[:2] + (len(message) - _HEADER.size + more).to_bytes(2, "big") + message[4:]


def _fingerprint(message: bytes) -> int:
    return crc32(_sized(message, 8)) ^ _FINGERPRINT_XOR


def _attribute(name: int, value: bytes) -> bytes:
    return _ATTRIBUTE.pack(name, len(value)) + value + bytes(-len(value) % 4)


def _hidden(host: str, port: int, transaction: bytes) -> bytes:
    """An address as middle boxes do not recognise it (RFC 8489, section 14.2)."""
    place = packed(host)
    pad = int.from_bytes((_COOKIE.to_bytes(4, "big") + transaction)[: len(place)], "big")
    hidden = (int.from_bytes(place, "big") ^ pad).to_bytes(len(place), "big")
    return bytes((0, 1 if len(place) == 4 else 2)) + (port ^ _COOKIE >> 16).to_bytes(2, "big") + hidden
