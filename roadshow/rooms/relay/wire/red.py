"""Redundant audio data (RFC 2198): payloads that carry the ones before them along. Pure.

A block of a former packet says how long before the packet it belongs, in timestamp units of 14 bits, and how long it
is, in 10 bits. What does not fit is left out by whoever writes; ``read`` never raises: payloads come from anybody.
"""

from collections.abc import Sequence

import msgspec

MAX_OFFSET = (1 << 14) - 1
"""Timestamp units: 341 ms at 48 kHz. What is older, as after a pause of the sender's, cannot be named."""
MAX_LENGTH = (1 << 10) - 1
"""Bytes of a former payload."""
MAX_BLOCKS = 8
"""Former payloads read of one packet. Browsers send one or two; libwebrtc reads up to 32."""
_FOLLOWED = 0x80


class Block(msgspec.Struct, frozen=True, gc=False):
    """One payload. ``offset``: how many timestamp units before the packet's own time; 0: it is the packet's own."""

    payload_type: int
    offset: int
    payload: bytes


def fits(offset: int, payload: bytes) -> bool:
    """Whether a former payload can be carried along."""
    return 0 < offset <= MAX_OFFSET and 0 < len(payload) <= MAX_LENGTH


def write(former: Sequence[Block], own: Block) -> bytes:
    """A payload of these blocks, the oldest first. Raises ValueError for a former one that does not fit."""
    heads: list[bytes] = []
    for block in former:
        if not fits(block.offset, block.payload):
            raise ValueError(f"{len(block.payload)} bytes, {block.offset} before")
        fields = (_FOLLOWED | block.payload_type) << 24 | block.offset << 10 | len(block.payload)
        heads.append(fields.to_bytes(4, "big"))
    return b"".join((*heads, bytes((own.payload_type,)), *(block.payload for block in former), own.payload))


def read(payload: bytes) -> list[Block] | None:
    """The blocks in their order, of which the last is the packet's own. None: malformed, or more than are read."""
    heads: list[tuple[int, int, int]] = []
    at, size = 0, len(payload)
    while at < size and payload[at] & _FOLLOWED:
        if len(heads) == MAX_BLOCKS or at + 4 > size:
            return None
        fields = int.from_bytes(payload[at : at + 4], "big")
        heads.append((fields >> 24 & 0x7F, fields >> 10 & MAX_OFFSET, fields & MAX_LENGTH))
        at += 4
    if at >= size:
        return None
    own_type = payload[at]
    at += 1
    if at + sum(length for _, _, length in heads) > size:
        return None
    blocks: list[Block] = []
    for payload_type, offset, length in heads:
        blocks.append(Block(payload_type, offset, payload[at : at + length]))
        at += length
    blocks.append(Block(own_type, 0, payload[at:]))
    return blocks
