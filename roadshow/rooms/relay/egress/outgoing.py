"""A packet on its way to viewers, and what one viewer's copy of it has different. Pure.

Everybody who agreed on the same form of a lane gets the same packet. Only who changed between layers, or came near a
wrap of the sequence number, has numbers of his own: the stream's, shifted.
"""

from struct import Struct

import msgspec

PLACES = 16
"""Lanes that one viewer may take at once; native/parts.h has as many."""
_NUMBERS = Struct("!HI")
_PICTURE = Struct("!H")


class Outgoing:
    """One packet of a stream, rendered but not encrypted."""

    __slots__ = (
        "data",
        "ends_frame",
        "header",
        "lane",
        "number",
        "picture_at",
        "stream",
        "tl0_at",
        "video",
        "wide_at",
    )

    def __init__(
        self, data: bytes, header: int, number: int, stream: int, lane: int, video: bool, ends_frame: bool
    ) -> None:
        self.data = data
        self.header = header
        """Bytes of RTP header and extensions, which are not encrypted."""
        self.number = number
        """The sequence number without wraps."""
        self.stream = stream
        """The stream's number: who takes that stream gets the packet."""
        self.lane = lane
        """The place of the stream's lane among a viewer's lanes."""
        self.video = video
        self.ends_frame = ends_frame
        self.picture_at = 0
        """Where a VP8 picture id of 15 bits stands in the data; 0: nowhere."""
        self.tl0_at = 0
        self.wide_at = 0
        """Where the transport-wide number stands, in the header; 0: nowhere. Each viewer's copy gets its own."""


class Shift(msgspec.Struct, frozen=True):
    """What one viewer's numbers are ahead of the stream's, and from which of the stream's numbers on."""

    number: int = 0
    timestamp: int = 0
    picture: int = 0
    tl0: int = 0
    first: int = 0
    """Packets of the stream below this number are not for this viewer: shifted, they would have numbers that it knows
    from another stream, and no number may ever be encrypted twice with other bytes."""


NO_SHIFT = Shift()


def shifted(packet: Outgoing, shift: Shift) -> bytes:
    """The packet's bytes with this viewer's numbers."""
    if shift is NO_SHIFT:
        return packet.data
    data = bytearray(packet.data)
    timestamp = int.from_bytes(data[4:8], "big") + shift.timestamp
    _NUMBERS.pack_into(data, 2, packet.number + shift.number & 0xFFFF, timestamp & 0xFFFFFFFF)
    if packet.picture_at:
        (picture,) = _PICTURE.unpack_from(data, packet.picture_at)
        _PICTURE.pack_into(data, packet.picture_at, 0x8000 | (picture + shift.picture & 0x7FFF))
    if packet.tl0_at:
        data[packet.tl0_at] = data[packet.tl0_at] + shift.tl0 & 0xFF
    return bytes(data)


def padded(packet: Outgoing, padding: int) -> Outgoing:
    """The packet longer by 1 to 255 bytes of RTP padding (RFC 3550, section 5.1), for bursts of equal segments."""
    data = packet.data
    longer = Outgoing(
        bytes((data[0] | 0x20,)) + data[1:] + bytes(padding - 1) + bytes((padding,)),
        packet.header,
        packet.number,
        packet.stream,
        packet.lane,
        packet.video,
        packet.ends_frame,
    )
    longer.picture_at, longer.tl0_at, longer.wide_at = packet.picture_at, packet.tl0_at, packet.wide_at
    return longer
