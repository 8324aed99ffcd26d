"""RTP packets on the wire (RFC 3550) and their header extensions (RFC 8285). Pure.

Whatever comes in has been decrypted and authenticated, but a publisher's own software may still be broken or hostile:
``parse`` checks every length and gives None for what is malformed; it never raises.
"""

from struct import Struct

HEADER = Struct("!BBHII")
HEADER_SIZE = HEADER.size
ONE_BYTE_EXTENSIONS = 0xBEDE
"""RFC 8285, section 4.2."""
TWO_BYTE_EXTENSIONS = 0x1000
"""RFC 8285, section 4.3; the low four bits are free for applications."""


SEND_TIME_SECOND, SEND_TIME_TURN = 1 << 18, 1 << 24
"""Of abs-send-time: parts of a second, and where it wraps, after 64."""


def send_time(ms: int) -> bytes:
    """The value of an abs-send-time extension for this moment, in ms: seconds modulo 64, 6.18 fixed point, 3 bytes.

    http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"""
    return ((ms << 18) // 1000 & 0xFFFFFF).to_bytes(3, "big")


def is_rtcp(data: bytes) -> bool:
    """Whether a datagram is RTCP rather than RTP (RFC 5761, section 4). ``data`` has at least two bytes."""
    return 192 <= data[1] <= 223


def unwrap(last: int, value: int, size: int = 0x10000) -> int:
    """The number nearest to ``last`` that is ``value`` modulo ``size``: undoes the wrap of a counter on the wire."""
    delta = (value - last) % size
    return last + (delta if delta < size // 2 else delta - size)


class Packet:
    """The fields of one RTP packet. ``payload`` is without padding; ``extensions`` is the raw block."""

    __slots__ = ("extensions", "marker", "payload", "payload_type", "profile", "sequence", "ssrc", "timestamp")

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    profile: int
    extensions: bytes
    payload: bytes

    def extension(self, wanted: int) -> bytes | None:
        """The value of the header extension with this id, or None if it is missing or the block is malformed."""
        if not self.extensions:
            return None
        return find_extension(self.profile, self.extensions, wanted)


def parse(data: bytes) -> Packet | None:
    """Read a packet, or None if it is malformed."""
    size = len(data)
    if size < HEADER_SIZE:
        return None
    first, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
    if first >> 6 != 2:
        return None
    start = HEADER_SIZE + 4 * (first & 0x0F)
    profile, extensions = 0, b""
    if first & 0x10:
        if size < start + 4:
            return None
        profile = data[start] << 8 | data[start + 1]
        end = start + 4 + 4 * (data[start + 2] << 8 | data[start + 3])
        if size < end:
            return None
        extensions = data[start + 4 : end]
        start = end
    end = size
    if first & 0x20:
        padding = data[-1]
        if padding == 0 or start + padding > size:
            return None
        end -= padding
    if start > end:
        return None
    packet = Packet()
    packet.payload_type = second & 0x7F
    packet.marker = second >= 0x80
    packet.sequence = sequence
    packet.timestamp = timestamp
    packet.ssrc = ssrc
    packet.profile = profile
    packet.extensions = extensions
    packet.payload = data[start:end]
    return packet


def find_extension(profile: int, block: bytes, wanted: int) -> bytes | None:
    """Look one id up in an extension block; None when it is missing or cut short."""
    at, size = 0, len(block)
    if profile == ONE_BYTE_EXTENSIONS:
        while at < size:
            head = block[at]
            if head == 0:
                at += 1
                continue
            ident, length = head >> 4, (head & 0x0F) + 1
            at += 1
            if ident == 15 or at + length > size:
                return None
            if ident == wanted:
                return block[at : at + length]
            at += length
    elif profile & 0xFFF0 == TWO_BYTE_EXTENSIONS:
        while at < size:
            ident = block[at]
            if ident == 0:
                at += 1
                continue
            if at + 2 > size:
                return None
            length = block[at + 1]
            at += 2
            if at + length > size:
                return None
            if ident == wanted:
                return block[at : at + length]
            at += length
    return None


def extension_block(elements: list[tuple[int, bytes]]) -> bytes:
    """A one-byte extension block, head included; ids 1 to 14, values of 1 to 16 bytes. Empty without elements."""
    if not elements:
        return b""
    body = b"".join(bytes([ident << 4 | len(value) - 1]) + value for ident, value in elements)
    body += bytes(-len(body) % 4)
    return ONE_BYTE_EXTENSIONS.to_bytes(2, "big") + (len(body) // 4).to_bytes(2, "big") + body
