"""RTP and RTCP as a broken or hostile sender might make them: whole packets first, then lies about every length and
count. Everything comes from ``dice``, so that a seed gives the same packets again."""

import random
from collections.abc import Callable, Sequence

EXTREMES = (0, 0x7F, 0x80, 0xFF)
MID_ID, LEVEL_ID, RID_ID = 1, 3, 10
VP8, H264, OPUS = 96, 102, 111
PAYLOAD_TYPES = (VP8, 97, H264, 103, OPUS, 63, 127)
MAX_SIZE = 1400


def damaged(data: bytes, dice: random.Random, other: bytes = b"") -> bytes:
    """Bits flipped, extremes written, pieces cut out, doubled or put in, and the tail of another packet."""
    out = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(out) + 1)
        match dice.randrange(8):
            case 0 | 1 if at < len(out):
                out[at] ^= 1 << dice.randrange(8)
            case 2 if at < len(out):
                out[at] = dice.choice(EXTREMES)
            case 3:
                del out[at:]
            case 4:
                del out[at : at + dice.randint(1, 8)]
            case 5:
                out[at:at] = dice.randbytes(dice.randint(1, 8))
            case 6:
                out[at:at] = out[at : at + dice.randint(1, 40)]
            case _:
                out[at:] = other[dice.randrange(len(other) + 1) :]
    return bytes(out)


def extended(data: bytes, dice: random.Random) -> bytes:
    """With a long tail, up to just below and just beyond what is taken."""
    return data + bytes(max(0, dice.choice((40, 1200, 1400, 1460, 1484)) - len(data)))


def short(number: int) -> bytes:
    return (number & 0xFFFF).to_bytes(2, "big")


def long(number: int) -> bytes:
    return (number & 0xFFFFFFFF).to_bytes(4, "big")


class Flow:
    """The numbers of one hostile RTP stream: they run, stand, jump, wrap, go back."""

    def __init__(self, ssrc: int, payload_type: int, dice: random.Random, mid: bytes = b"0", rid: bytes = b"") -> None:
        self.ssrc, self.payload_type, self.dice = ssrc, payload_type, dice
        names = bytes((MID_ID << 4,)) + mid + (bytes((RID_ID << 4,)) + rid if rid else b"\0\0")
        self.named = b"\xbe\xde\0\1" + names
        """The header extension that says whose the stream is."""
        self.sequence = dice.choice((0, 0xFFF0, 0x7FF0, dice.randrange(0x10000)))
        self.timestamp = dice.choice((0, 0xFFFFF000, dice.randrange(1 << 32)))
        self.picture = dice.choice((0, 0x7E, 0x7FFE, dice.randrange(0x8000)))

    def step(self) -> None:
        dice = self.dice
        if dice.randrange(150) == 0:
            self.ssrc = dice.randrange(1 << 32)  # whoever took a stream's place does not give it back
        match dice.randrange(60):
            case 0:
                pass  # the same number once more, with other bytes
            case 1 | 2 | 3:
                self.sequence -= dice.randint(1, 40)
            case 4:
                self.sequence += dice.randint(2, 300)
            case 5:
                # Round the limits of a loss and of half the circle; several in a row wrap the roll-over counter.
                self.sequence += dice.choice((999, 1000, 1001, 1024, 0x4000, 0x7FFF, 0x8000, 0x8001))
            case 6:
                self.sequence = dice.choice((0, 1, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF))
            case 7:
                self.timestamp += dice.choice(
                    (-3000, 1 << 31, (1 << 31) - 1, 30 * 90_000, 30 * 90_000 + 1, -31 * 90_000)
                )
            case 8:
                self.picture = dice.choice((0, 0x7F, 0x80, 0x7FFF, dice.randrange(0x8000)))
            case _:
                self.sequence += 1
                self.timestamp += 3000
                self.picture += 1
        self.sequence &= 0xFFFF
        self.timestamp &= 0xFFFFFFFF


def rtp(flow: Flow) -> bytes:
    """The next packet of a flow; about half of them as they should be."""
    dice = flow.dice
    flow.step()
    payload_type = flow.payload_type if dice.randrange(12) else dice.choice(PAYLOAD_TYPES)
    first, body = 0x80, _payload(payload_type, flow)
    middle = b""
    if dice.randrange(12) == 0:
        count = dice.randrange(16)
        first |= count
        middle += dice.randbytes(4 * (count if dice.randrange(2) else dice.randrange(16)))
    if dice.randrange(2):
        first |= 0x10
        middle += flow.named
    elif dice.randrange(4) == 0:
        first |= 0x10
        middle += _extensions(dice)
    if dice.randrange(6) == 0:
        first |= 0x20
        body += _padding(dice, len(body))
    second = payload_type | dice.choice((0, 0x80))
    data = bytes((first, second)) + short(flow.sequence) + long(flow.timestamp) + long(flow.ssrc) + middle + body
    match dice.randrange(12):
        case 0 | 1:
            data = data[:12] + damaged(data[12:], dice)
        case 2:
            data = damaged(data, dice)
        case 3:
            data = extended(data, dice)
        case _:
            pass
    return data


def _payload(payload_type: int, flow: Flow) -> bytes:
    dice = flow.dice
    if dice.randrange(20) == 0:
        return dice.randbytes(dice.choice((0, 1, 2, 3, 30)))
    tail = dice.randbytes(dice.choice((0, 1, 20, 200)))
    if payload_type == VP8:
        return _vp8(flow) + tail
    if payload_type == H264:
        return _h264(dice) + tail
    return dice.randbytes(dice.randint(0, 80))


def _vp8(flow: Flow) -> bytes:
    """A payload descriptor (RFC 7741, section 4.2), any flags, sometimes cut short, then P bit and start code."""
    dice = flow.dice
    first = dice.choice((0x10, 0x10, 0x90, 0x90, 0x90, 0x80, 0x00, dice.randrange(256)))
    out = bytearray((first,))
    if first & 0x80:
        flags = dice.choice((0x80, 0xC0, 0xE0, 0xF0, 0x40, 0x00, dice.randrange(256)))
        out.append(flags)
        if flags & 0x80:
            wide = dice.randrange(4) > 0
            out += (0x8000 | flow.picture & 0x7FFF).to_bytes(2, "big") if wide else bytes((flow.picture & 0x7F,))
        if flags & 0x40:
            out.append(flow.picture & 0xFF)
        if flags & 0x30:
            out.append(dice.randrange(256))
    if dice.randrange(10) == 0:
        return bytes(out[: dice.randrange(len(out) + 1)])
    size = dice.choice((b"", b"\0\5\xd0\2", dice.randbytes(4)))
    return bytes(out) + bytes((0x30 if dice.randrange(3) == 0 else 0x31, 0, 0, 0x9D, 0x01, 0x2A)) + size


def _h264(dice: random.Random) -> bytes:
    """A slice, an IDR picture, parameter sets, and aggregates and fragments whose sizes lie (RFC 6184, section 5)."""
    match dice.randrange(8):
        case 0:
            return bytes((0x65,))
        case 4:
            # Parameter sets: of every profile, with Exp-Golomb codes that do not end.
            profile = dice.choice((66, 77, 100, 244, dice.randrange(256)))
            unit = bytes((0x67, profile, 0xC0, 31)) + dice.choice((bytes(30), b"\xff" * 9, dice.randbytes(40)))
            return unit if dice.randrange(2) else b"\x78" + short(len(unit) + dice.choice((0, 0, -1, 1))) + unit
        case 1:
            units = b"".join(
                short(dice.choice((0, 1, 5, 0xFFFF))) + dice.choice((b"\x67", b"\x68", b"\x65", b"\x09", b""))
                for _ in range(dice.randrange(1, 8))
            )
            return b"\x78" + units
        case 2:
            return bytes((0x7C, dice.choice((0x85, 0x05, 0x45, 0x81))))
        case 3:
            return bytes((dice.randrange(256),))
        case _:
            return b"\x41slice"


def _extensions(dice: random.Random) -> bytes:
    """A header extension block: elements and the block's own length may lie (RFC 8285)."""
    one_byte = dice.randrange(3) > 0
    body = bytearray()
    for _ in range(dice.randrange(6)):
        ident = dice.choice((0, MID_ID, MID_ID, LEVEL_ID, RID_ID, 2, 15, dice.randrange(256)))
        value = dice.choice(
            (b"0", b"1", b"\x7f", b"", b"h", b"q" * 16, b"\xff\xfe", dice.randbytes(dice.randrange(20)))
        )
        length = len(value) if dice.randrange(4) else dice.choice((0, 15, 16, 255))
        if one_byte:
            body.append((ident & 15) << 4 | (length - 1 & 15))
        else:
            body += bytes((ident & 255, length & 255))
        body += value
    body += bytes(-len(body) % 4 if dice.randrange(8) else dice.randrange(4))
    profile = 0xBEDE if one_byte else 0x1000 | dice.choice((0, 0, dice.randrange(16)))
    if dice.randrange(10) == 0:
        profile = dice.randrange(0x10000)
    words = len(body) // 4
    if dice.randrange(6) == 0:
        words = dice.choice((0, words + 1, max(0, words - 1), 0xFFFF, 0x7FFF, 255))
    return short(profile) + short(words) + bytes(body)


def _padding(dice: random.Random, size: int) -> bytes:
    """Padding as RFC 3550 has it, and its last byte as CVE-2025-49140 and its kin had it."""
    length = dice.choice((1, 2, 3, 4, 12, 200))
    claimed = dice.choice((length, length, 0, 1, size, size + length, size + length + 1, 0x7F, 0x80, 0xFF)) & 0xFF
    return bytes(length - 1) + bytes((claimed,))


# -- RTCP -------------------------------------------------------------------------------------------------------------


def rtcp(dice: random.Random, ssrcs: Sequence[int], sequences: Sequence[int]) -> bytes:
    """A compound packet about streams that exist and streams that do not; at least eight bytes, as SRTCP asks."""
    count = dice.choice((1, 1, 2, 3, 6, 40))
    data = b""
    for _ in range(count):
        part = dice.choice(_PARTS)(dice, ssrcs, sequences)
        if len(data) + len(part) > MAX_SIZE:
            break
        data += part
    match dice.randrange(5):
        case 0:
            data = damaged(data, dice, dice.choice(_PARTS)(dice, ssrcs, sequences))
        case 1:
            # Keep the header that SRTCP leaves in the clear; only what stands behind it is wrong.
            data = data[:8] + damaged(data[8:], dice)
        case _:
            pass
    return data.ljust(8, b"\0")[:MAX_SIZE]


def _part(dice: random.Random, count: int, kind: int, body: bytes) -> bytes:
    """A part's header before its body; one in eight lies about count, length, padding or version."""
    first, words = 0x80 | count & 31, (len(body) + 3) // 4
    body += bytes(-len(body) % 4)
    match dice.randrange(40):
        case 0:
            first = 0x80 | dice.choice((0, 1, 15, 30, 31))
        case 1:
            words = dice.choice((0, 1, max(0, words - 1), words + 1, 0x7FFF, 0x8000, 0xFFFF))
        case 2:
            first |= 0x20
        case 3:
            first |= 0x20
            body += bytes((0, 0, 0, dice.choice((0, 1, 4, 5, len(body) & 255, 0xFF))))
            words += 1
        case 4:
            first = dice.randrange(256)
        case _:
            pass
    return bytes((first, kind)) + short(words) + body


def _ssrc(dice: random.Random, ssrcs: Sequence[int]) -> bytes:
    return long(dice.choice(ssrcs) if dice.randrange(6) else dice.randrange(1 << 32))


def _blocks(dice: random.Random, ssrcs: Sequence[int], count: int) -> bytes:
    return b"".join(
        _ssrc(dice, ssrcs) + bytes((dice.choice(EXTREMES),))
        + dice.choice((b"\x7f\xff\xff", b"\x80\0\0", dice.randbytes(3))) + dice.randbytes(8)
        + dice.choice((bytes(4), b"\xff" * 4, dice.randbytes(4))) + dice.randbytes(4)
        for _ in range(count)
    )  # fmt: skip


def _sender_report(dice: random.Random, ssrcs: Sequence[int], sequences: Sequence[int]) -> bytes:
    clock = dice.choice((bytes(8), b"\xff" * 8, b"\x80" + bytes(7), dice.randbytes(8)))
    blocks = dice.choice((0, 0, 1, 4))
    body = _ssrc(dice, ssrcs) + clock + dice.randbytes(12) + _blocks(dice, ssrcs, blocks)
    return _part(dice, blocks, 200, body + dice.choice((b"", b"", b"profile-extension-.")))


def _receiver_report(dice: random.Random, ssrcs: Sequence[int], sequences: Sequence[int]) -> bytes:
    blocks = dice.choice((0, 1, 1, 2, 31))
    body = _ssrc(dice, ssrcs) + _blocks(dice, ssrcs, blocks)
    return _part(dice, blocks, 201, body + dice.choice((b"", b"", b"more")))


def _sdes(dice: random.Random, ssrcs: Sequence[int], sequences: Sequence[int]) -> bytes:
    """Items whose lengths lie and chunks without an end."""
    chunks = dice.choice((1, 1, 2, 31))
    body = b""
    for _ in range(min(chunks, 3)):
        name = dice.randbytes(dice.randrange(12))
        size = dice.choice((len(name), len(name), 255, 0)) & 0xFF
        body += _ssrc(dice, ssrcs) + bytes((dice.choice((1, 8, 255)), size)) + name + dice.choice((b"\0", b""))
    return _part(dice, chunks, 202, body)


def _bye(dice: random.Random, ssrcs: Sequence[int], sequences: Sequence[int]) -> bytes:
    count = dice.choice((0, 1, 2, 31))
    reason = dice.choice((b"", b"\x04gone", b"\xffgone", b"\x00"))
    return _part(dice, count, 203, b"".join(_ssrc(dice, ssrcs) for _ in range(min(count, 2))) + reason)


def _application(dice: random.Random, ssrcs: Sequence[int], sequences: Sequence[int]) -> bytes:
    return _part(dice, dice.randrange(32), 204, _ssrc(dice, ssrcs) + b"name" + dice.randbytes(dice.randrange(30)))


def _nack(dice: random.Random, ssrcs: Sequence[int], sequences: Sequence[int]) -> bytes:
    entries = b"".join(
        short(dice.choice(sequences) if sequences and dice.randrange(4) else dice.randrange(0x10000))
        + dice.choice((b"\0\0", b"\xff\xff", b"\x80\0", dice.randbytes(2)))
        for _ in range(dice.choice((0, 1, 1, 3, 40, 300)))
    )
    return _part(dice, 1, 205, _ssrc(dice, ssrcs) + _ssrc(dice, ssrcs) + entries)


def _transport_wide(dice: random.Random, ssrcs: Sequence[int], sequences: Sequence[int]) -> bytes:
    """Transport-wide feedback whose status count promises what its chunks do not hold."""
    count = dice.choice((0, 1, 14, 0xFFFF))
    chunks = b"".join(dice.choice((b"\x1f\xff", b"\xbf\xff", b"\xd5\x55", dice.randbytes(2))) for _ in range(8))
    body = _ssrc(dice, ssrcs) + _ssrc(dice, ssrcs) + dice.randbytes(2) + short(count) + dice.randbytes(4)
    return _part(dice, 15, 205, body + chunks)


def _picture_loss(dice: random.Random, ssrcs: Sequence[int], sequences: Sequence[int]) -> bytes:
    return _part(dice, 1, 206, _ssrc(dice, ssrcs) + dice.choice((_ssrc(dice, ssrcs), b"", b"\0\0")))


def _full_intra(dice: random.Random, ssrcs: Sequence[int], sequences: Sequence[int]) -> bytes:
    entries = b"".join(_ssrc(dice, ssrcs) + dice.randbytes(4) for _ in range(dice.choice((0, 1, 2, 100))))
    return _part(dice, 4, 206, _ssrc(dice, ssrcs) + bytes(4) + entries[: len(entries) - dice.choice((0, 0, 3))])


def _bandwidth(dice: random.Random, ssrcs: Sequence[int], sequences: Sequence[int]) -> bytes:
    """A REMB whose count of SSRCs and whose exponent go to the extremes."""
    listed = dice.choice((0, 1, 2, 255))
    there = listed if dice.randrange(2) else dice.choice((0, 1, 200))
    value = bytes((listed, dice.choice((0, 0xFC, 0xFF, 0x10)))) + dice.choice((b"\0\0", b"\xff\xff", dice.randbytes(2)))
    name = b"REMB" if dice.randrange(6) else dice.randbytes(4)
    body = _ssrc(dice, ssrcs) + bytes(4) + name + value + b"".join(_ssrc(dice, ssrcs) for _ in range(there))
    return _part(dice, 15, 206, body[: len(body) - dice.choice((0, 0, 0, 2, 5))])


def _other_feedback(dice: random.Random, ssrcs: Sequence[int], sequences: Sequence[int]) -> bytes:
    """Slice loss, reference pictures, temporary rate limits, and formats nobody has defined."""
    kind, form = dice.choice(((206, 2), (206, 3), (205, 3), (205, 4), (206, 31), (205, 31), (205, 0), (206, 0)))
    return _part(dice, form, kind, _ssrc(dice, ssrcs) + _ssrc(dice, ssrcs) + dice.randbytes(dice.randrange(24)))


def _extended_report(dice: random.Random, ssrcs: Sequence[int], sequences: Sequence[int]) -> bytes:
    """XR blocks (RFC 3611) whose lengths lie."""
    blocks = b""
    for _ in range(dice.randrange(5)):
        body = dice.randbytes(4 * dice.randrange(4))
        blocks += bytes((dice.choice((4, 5, 1, 255)), 0)) + short(dice.choice((len(body) // 4, 0xFFFF, 0))) + body
    return _part(dice, 0, 207, _ssrc(dice, ssrcs) + blocks)


def _unknown(dice: random.Random, ssrcs: Sequence[int], sequences: Sequence[int]) -> bytes:
    return _part(dice, dice.randrange(32), dice.randrange(192, 224), dice.randbytes(dice.randrange(40)))


_PARTS: tuple[Callable[[random.Random, Sequence[int], Sequence[int]], bytes], ...] = (
    _sender_report, _receiver_report, _sdes, _bye, _application, _nack, _nack, _transport_wide, _picture_loss,
    _full_intra, _bandwidth, _other_feedback, _extended_report, _unknown,
)  # fmt: skip
