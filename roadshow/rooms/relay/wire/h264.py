"""What must be known of H264 in RTP (RFC 6184): where key frames begin, and their parameter sets. Pure."""

from collections.abc import Iterator

IDR, SPS, PPS = 5, 7, 8
_STAP_A, _FU_A = 24, 28
MOST_SPS, MOST_PPS = 32, 256
"""Numbers that sequence and picture parameter sets may have (ITU-T H.264, sections 7.4.2.1.1 and 7.4.2.2)."""
NOTHING, SETS, PICTURE = 0, 1, 2
"""What a payload has, as flags: parameter sets; the first piece of an IDR picture, or of a slice of one."""
MOST_UNITS = 32
"""Of an aggregate that are looked at: parameter sets, a few messages, the slices of a small picture. Else one packet
could name seven hundred empty ones."""
_WHOLE = {IDR: PICTURE, SPS: SETS, PPS: SETS}


def contents(payload: bytes) -> int:
    """Flags of what is in it that decoding begins with."""
    if not payload:
        return NOTHING
    kind = payload[0] & 0x1F
    if kind == _FU_A:
        return PICTURE if len(payload) > 1 and payload[1] & 0x9F == 0x80 | IDR else NOTHING
    if kind != _STAP_A:
        return _WHOLE.get(kind, NOTHING)
    found, at, size = NOTHING, 1, len(payload)
    for _ in range(MOST_UNITS):
        if at + 3 > size:
            break
        found |= _WHOLE.get(payload[at + 2] & 0x1F, NOTHING)
        at += 2 + (payload[at] << 8 | payload[at + 1])
    return found


def whole_units(payload: bytes) -> Iterator[bytes]:
    """The NAL units that are whole in it: the only one, or those of an aggregate (STAP-A)."""
    if not payload or payload[0] & 0x1F == _FU_A:
        return
    if payload[0] & 0x1F != _STAP_A:
        yield payload
        return
    at, size = 1, len(payload)
    for _ in range(MOST_UNITS):
        if at + 3 > size:
            return
        end = at + 2 + (payload[at] << 8 | payload[at + 1])
        if at + 2 < end <= size:
            yield payload[at + 2 : end]
        at = end


def aggregate(units: list[bytes]) -> bytes:
    """One payload (STAP-A) of several small units."""
    importance = max(unit[0] & 0x60 for unit in units)
    return bytes((importance | _STAP_A,)) + b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)


def set_id(unit: bytes) -> int | None:
    """The number of a parameter set, by which pictures and other sets name it; None: it is malformed. An Exp-Golomb
    code (ITU-T H.264, section 9.1) of seventeen bits at most, so it is read in one piece: a packet may have many."""
    begins, most = (4, MOST_SPS) if unit[0] & 0x1F == SPS else (1, MOST_PPS)
    head = unit[begins : begins + 4].replace(b"\0\0\3", b"\0\0")[:3]
    zeros = 8 * len(head) - (code := int.from_bytes(head, "big")).bit_length()
    unread = 8 * len(head) - 2 * zeros - 1
    if not code or unread < 0:
        return None
    number = (code >> unread) - 1
    return number if number < most else None
