"""RTCP (RFC 3550, 4585, 5104): a walker that never raises, and the few packets the relay sends. Pure.

Each part of a compound packet is judged by itself, so a report with a profile extension or an unknown part does not
cost the rest.
"""

from collections.abc import Iterable, Iterator
from struct import Struct
from struct import error as struct_error

import msgspec

from roadshow.rooms.relay.wire.transport_wide import TRANSPORT_WIDE

SENDER_REPORT, RECEIVER_REPORT, SDES, RTP_FEEDBACK, PAYLOAD_FEEDBACK = 200, 201, 202, 205, 206
NACK, PLI, FIR, APPLICATION = 1, 1, 4, 15
MAX_PARTS = 32
"""Parts of one compound packet that are looked at."""
MAX_NACKED = 512
"""Sequence numbers taken from all NACKs of one compound: a datagram has room for 6,000, which take long to read."""
MAX_ENTRIES = 32
"""Report blocks and entries of FIRs taken of one compound: a viewer has a dozen streams, a datagram room for 180."""
MAX_BANDWIDTH = 1 << 40
"""Bits a second: more than any link; what a REMB says beyond that is cut to it."""

_HEAD = Struct("!BBH")
_PAIR = Struct("!II")
_SENDER = Struct("!IQIII")
_REPORT = Struct("!IIIIII")
_NACK = Struct("!HH")


class ReportBlock(msgspec.Struct, frozen=True, gc=False):
    """What a receiver says of one stream (RFC 3550, section 6.4.1). ``lost`` is cumulative, ``fraction`` in 1/256."""

    ssrc: int
    fraction: int
    lost: int
    highest: int
    jitter: int
    last_report: int
    delay: int


class SenderReport(msgspec.Struct, frozen=True, gc=False):
    ssrc: int
    ntp: int
    timestamp: int


class KeyFrameRequest(msgspec.Struct, frozen=True, gc=False):
    """A PLI, or one entry of a FIR, which the relay treats alike."""

    ssrc: int


class Bandwidth(msgspec.Struct, frozen=True, gc=False):
    """A REMB: the receiver believes that all it gets together may take so many bits a second."""

    bits_per_second: int


class Nacked(msgspec.Struct, frozen=True, gc=False):
    ssrc: int
    sequences: tuple[int, ...]


class TransportWide(msgspec.Struct, frozen=True, gc=False):
    """Which packets came, and when (``transport_wide.py``); read by whoever estimates."""

    body: bytes


Part = ReportBlock | SenderReport | KeyFrameRequest | Nacked | Bandwidth | TransportWide


def parse(data: bytes) -> Iterator[Part]:
    """What a compound packet says, as far as the relay cares. Stops quietly at the first malformed length."""
    at, size, nacked, entries = 0, len(data), 0, 0
    for _ in range(MAX_PARTS):
        if at + 4 > size:
            return
        first, kind, words = _HEAD.unpack_from(data, at)
        end = at + 4 + 4 * words
        if first >> 6 != 2 or end > size:
            return
        body = data[at + 4 : end]
        at = end
        if first & 0x20:
            if not body or not 0 < body[-1] <= len(body):
                return
            body = body[: -body[-1]]
        try:
            for part in _part(first & 0x1F, kind, body, MAX_NACKED - nacked):
                if isinstance(part, Nacked):
                    nacked += len(part.sequences)
                elif isinstance(part, ReportBlock | KeyFrameRequest):
                    entries += 1
                    if entries > MAX_ENTRIES:
                        break
                yield part
        except struct_error:
            continue


def _part(count: int, kind: int, body: bytes, most: int) -> Iterator[Part]:
    """``most``: sequence numbers of a NACK."""
    if kind == SENDER_REPORT:
        ssrc, ntp, timestamp, _, _ = _SENDER.unpack_from(body)
        yield SenderReport(ssrc, ntp, timestamp)
        yield from _blocks(body, _SENDER.size, count)
    elif kind == RECEIVER_REPORT:
        yield from _blocks(body, 4, count)
    elif kind == RTP_FEEDBACK and count == NACK:
        _, ssrc = _PAIR.unpack_from(body)
        sequences: list[int] = []
        for at in range(8, len(body) - 3, 4):
            if len(sequences) >= most:
                break
            first, mask = _NACK.unpack_from(body, at)
            sequences.append(first)
            sequences.extend((first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1)
        yield Nacked(ssrc, tuple(sequences[:most]))
    elif kind == RTP_FEEDBACK and count == TRANSPORT_WIDE:
        yield TransportWide(body)
    elif kind == PAYLOAD_FEEDBACK and count == PLI:
        yield KeyFrameRequest(_PAIR.unpack_from(body)[1])
    elif kind == PAYLOAD_FEEDBACK and count == FIR:
        for at in range(8, len(body) - 7, 8):
            yield KeyFrameRequest(_PAIR.unpack_from(body, at)[0])
    elif kind == PAYLOAD_FEEDBACK and count == APPLICATION and body[8:12] == b"REMB" and len(body) >= 16:
        # Which streams it counts does not matter here: it is of the whole connection.
        exponent, mantissa = body[13] >> 2, (body[13] & 3) << 16 | body[14] << 8 | body[15]
        yield Bandwidth(min(mantissa << exponent, MAX_BANDWIDTH))


def _blocks(body: bytes, at: int, count: int) -> Iterator[ReportBlock]:
    for _ in range(count):
        ssrc, loss, highest, jitter, last_report, delay = _REPORT.unpack_from(body, at)
        lost = loss & 0xFFFFFF
        yield ReportBlock(ssrc, loss >> 24, lost - (lost >> 23 << 24), highest, jitter, last_report, delay)
        at += _REPORT.size


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return _HEAD.pack(0x80 | count, kind, len(body) // 4) + body


def receiver_report(ssrc: int, blocks: Iterable[ReportBlock]) -> bytes:
    packed = [
        _REPORT.pack(b.ssrc, b.fraction << 24 | b.lost & 0xFFFFFF, b.highest, b.jitter, b.last_report, b.delay)
        for b in blocks
    ]
    return _packet(RECEIVER_REPORT, len(packed), ssrc.to_bytes(4, "big") + b"".join(packed))


def sender_report(ssrc: int, ntp: int, timestamp: int, packets: int, octets: int) -> bytes:
    return _packet(SENDER_REPORT, 0, _SENDER.pack(ssrc, ntp, timestamp, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF))


def source_description(ssrcs: Iterable[int], cname: bytes) -> bytes:
    """One CNAME for all streams of a connection; that is what lets a receiver play them in step (RFC 3550, 6.5.1)."""
    item = bytes((1, len(cname))) + cname + b"\0"
    item += bytes(-len(item) % 4)
    chunks = [ssrc.to_bytes(4, "big") + item for ssrc in ssrcs]
    return _packet(SDES, len(chunks), b"".join(chunks))


def picture_loss(sender: int, media: int) -> bytes:
    return _packet(PAYLOAD_FEEDBACK, PLI, _PAIR.pack(sender, media))


def negative_acknowledgement(sender: int, media: int, sequences: list[int]) -> bytes:
    """A NACK for these sequence numbers, given in sending order."""
    entries: list[bytes] = []
    at = 0
    while at < len(sequences):
        first, mask = sequences[at], 0
        at += 1
        while at < len(sequences) and 1 <= (sequences[at] - first) & 0xFFFF <= 16:
            mask |= 1 << ((sequences[at] - first) & 0xFFFF) - 1
            at += 1
        entries.append(_NACK.pack(first, mask))
    return _packet(RTP_FEEDBACK, NACK, _PAIR.pack(sender, media) + b"".join(entries))


def bandwidth_limit(sender: int, bits_per_second: int, ssrcs: list[int]) -> bytes:
    """A REMB (draft-alvestrand-rmcat-remb-03): how much all these streams together may take."""
    exponent = max(0, bits_per_second.bit_length() - 18)
    mantissa = bits_per_second >> exponent
    body = _PAIR.pack(sender, 0) + b"REMB" + (len(ssrcs) << 24 | exponent << 18 | mantissa).to_bytes(4, "big")
    return _packet(PAYLOAD_FEEDBACK, APPLICATION, body + b"".join(ssrc.to_bytes(4, "big") for ssrc in ssrcs))
