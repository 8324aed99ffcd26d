"""STUN and DTLS as a scanner, a flooder or a hostile peer might make them. ``dice`` decides everything."""

import random
from collections.abc import Sequence

from aioice import stun as aioice_stun

from tests.fuzz.packets import EXTREMES, damaged, extended, long, short

COOKIE = 0x2112A442
_ADDRESS = b"\0\x01\x12\x34\x7f\0\0\x01"
_KNOWN = (
    0x0001, 0x0003, 0x0006, 0x0008, 0x0009, 0x000C, 0x0012, 0x0020, 0x0024, 0x0025, 0x8022,
    0x8028, 0x8029, 0x802A, 0x802B,
)  # fmt: skip
"""Attributes aioice knows how to read, and so may fail at."""


def _attribute(kind: int, value: bytes, length: int | None = None) -> bytes:
    return short(kind) + short(len(value) if length is None else length) + value + bytes(-len(value) % 4)


def stun(dice: random.Random, username: bytes, password: bytes | None) -> bytes:
    """A binding request, or something near one. With a password it ends with a true MESSAGE-INTEGRITY over whatever
    stands before; without, with a made-up one or none."""
    kind = (
        0x0001 if dice.randrange(10) else dice.choice((0x0011, 0x0101, 0x0111, 0x0003, 0x3FFF, dice.randrange(0x400)))
    )
    transaction = dice.randbytes(12)
    attributes = _attribute(0x0006, username) if dice.randrange(12) else b""
    for _ in range(dice.randrange(5)):
        which = dice.choice(_KNOWN) if dice.randrange(4) else dice.randrange(0x10000)
        value = dice.choice(
            (b"", b"\xff", bytes(4), bytes(8), _ADDRESS, b"\xff\xfe\xfd", dice.randbytes(dice.randrange(32)))
        )
        lie = None if dice.randrange(8) else dice.choice((0, 1, len(value) + 1, 0x7FFF, 0xFFFF))
        attributes += _attribute(which, value, lie)
    if dice.randrange(2):
        attributes += _attribute(0x0024, long(dice.randrange(1 << 32))) + _attribute(0x802A, dice.randbytes(8))
    if dice.randrange(20) == 0:
        attributes = extended(attributes, dice)
    cookie = COOKIE if dice.randrange(16) else dice.randrange(1 << 32)
    data = short(kind) + short(len(attributes)) + long(cookie) + transaction + attributes
    if password is not None:
        data += _attribute(0x0008, aioice_stun.message_integrity(data, password))
    elif dice.randrange(3):
        data += _attribute(0x0008, dice.randbytes(dice.choice((20, 20, 0, 19, 21, 32))))
    data = data[:2] + short(len(data) - 20) + data[4:]
    if dice.randrange(3):
        data += _attribute(0x8028, long(aioice_stun.message_fingerprint(data)))
        data = data[:2] + short(len(data) - 20) + data[4:]
    match dice.randrange(6):
        case 0:
            return damaged(data, dice)
        case 1:
            return data[:2] + short(dice.choice((0, 3, len(data), 0x7FFF, 0x8000, 0xFFFF))) + data[4:]
        case _:
            return data


def dtls(dice: random.Random, seen: Sequence[bytes]) -> bytes:
    """A DTLS datagram: one that was really sent, with its records' headers lied about, or one out of nothing."""
    match dice.randrange(8):
        case 0:
            return _record(dice, dice.choice((20, 21, 22, 23, 24, 25, 63)), dice.randbytes(dice.randrange(60)))
        case 1:
            alert = bytes((dice.choice((1, 2, 255)), dice.choice((0, 10, 40, 90, 100, 255))))
            return _record(dice, 21, alert)
        case 2 | 3:
            return _record(dice, 22, _handshake(dice))
        case 4 if len(seen) > 1:
            return (dice.choice(seen) + dice.choice(seen))[:1500]
        case 5 if seen:
            whole = dice.choice(seen)
            at = dice.choice((1, 3, 5, 11, 12, 13, 14, 17, 19, 22))
            return whole[:at] + bytes((dice.choice(EXTREMES),)) + whole[at + 1 :]
        case _ if seen:
            return damaged(dice.choice(seen), dice, dice.choice(seen))
        case _:
            return bytes((dice.randrange(20, 64),)) + dice.randbytes(dice.randrange(1, 80))


def _record(dice: random.Random, kind: int, body: bytes) -> bytes:
    version = dice.choice((0xFEFD, 0xFEFD, 0xFEFF, 0xFEFC, 0x0303, 0))
    epoch, number = dice.choice((0, 0, 1, 0xFFFF)), dice.choice((0, 1, 2, (1 << 48) - 1)).to_bytes(6, "big")
    length = len(body) if dice.randrange(6) else dice.choice((0, 1, len(body) + 1, 0x4000, 0xFFFF))
    return bytes((kind,)) + short(version) + short(epoch) + number + short(length) + body


def _handshake(dice: random.Random) -> bytes:
    """A handshake message or a fragment of one that claims to be long."""
    body = dice.randbytes(dice.choice((0, 2, 34, 200)))
    size = len(body) if dice.randrange(2) else dice.choice((0, 1, 0x4000, 0xFFFFFF))
    offset = 0 if dice.randrange(2) else dice.choice((1, 0x4000, 0xFFFFFF))
    kind = dice.choice((0, 1, 1, 2, 3, 4, 11, 12, 13, 14, 15, 16, 20, 24, 255))
    head = bytes((kind,)) + size.to_bytes(3, "big") + short(dice.choice((0, 1, 2, 0xFFFF))) + offset.to_bytes(3, "big")
    return head + len(body).to_bytes(3, "big") + body
