"""Transport-wide feedback, RTCP's fmt 15 (draft-holmer-rmcat-transport-wide-cc-extensions-01). Pure.

Who sends numbers all its packets, whatever their stream, in a header extension; who receives tells of each number in a
row whether its packet came, and when. Times are ticks of 250 µs of the receiver's clock.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from struct import Struct

import msgspec

TRANSPORT_WIDE = 15
"""The format (FMT) among RTCP's transport-layer feedback (RFC 4585, section 6.2)."""
SEQUENCE_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
"""The header extension with a packet's number: two bytes."""
TICK_US = 250
MAX_PACKETS = 4096
"""Packets one feedback may tell of, read or written: more than is taken of any peer in a second. Packets that did not
come cost no bytes, so a small feedback could tell of 65,535."""
MAX_ARRIVALS = 200
"""Of those that one feedback we write tells to have come: each takes six bytes at worst, so it fits a datagram."""

_HEAD = Struct("!IIHHI")
"""Sender, media source, base sequence number, packet status count, reference time with feedback packet count."""
_RTCP = Struct("!BBH")
_CHUNK = Struct("!H")
_LARGE = Struct("!h")
_REFERENCE_TICKS = 256
"""The reference time counts 64 ms."""
_NOT, _SMALL, _WIDE, _RESERVED = range(4)
"""Packet status symbols: did not come; came, with a delta of one byte; with a signed one of two."""
_MAX_RUN = 0x1FFF


class Malformed(ValueError):
    """Not a feedback, or one that tells of too much."""


class Feedback(msgspec.Struct, frozen=True, gc=False):
    """What a receiver tells of the packets numbered ``base``, ``base`` + 1, …, modulo 2¹⁶."""

    base: int
    number: int
    """The feedback's own, modulo 256."""
    arrivals: tuple[int | None, ...]
    """For each packet when it came, in ticks of the receiver's clock, which wraps at 2³²; None: it did not come (yet).
    At the wrap one may be beyond, or negative."""


def read(body: bytes) -> Feedback:
    """A feedback without RTCP's common header and padding. Raises Malformed."""
    if len(body) < _HEAD.size:
        raise Malformed("short")
    _, _, base, count, last = _HEAD.unpack_from(body)
    if not 0 < count <= MAX_PACKETS:
        raise Malformed("count")
    symbols, at = _read_chunks(body, count)
    tick, size = (last >> 8) * _REFERENCE_TICKS, len(body)
    arrivals: list[int | None] = []
    for symbol in symbols:
        if symbol == _NOT:
            arrivals.append(None)
            continue
        if symbol == _RESERVED or at + symbol > size:
            raise Malformed("delta")
        tick += body[at] if symbol == _SMALL else _LARGE.unpack_from(body, at)[0]
        at += symbol  # which is also the delta's size
        arrivals.append(tick)
    return Feedback(base, last & 0xFF, tuple(arrivals))


def _read_chunks(body: bytes, count: int) -> tuple[list[int], int]:
    """So many symbols, and where their chunks end. What the last chunk has beyond them is not looked at."""
    symbols: list[int] = []
    at = _HEAD.size
    while len(symbols) < count:
        if at + 2 > len(body):
            raise Malformed("chunks")
        (chunk,) = _CHUNK.unpack_from(body, at)
        at += 2
        if not chunk & 0x8000:
            symbols += [chunk >> 13] * min(chunk & _MAX_RUN, count - len(symbols))
        elif chunk & 0x4000:
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    return symbols[:count], at


def write(sender: int, media: int, number: int, base: int, arrivals: Sequence[int | None]) -> tuple[bytes, int]:
    """A feedback, as an RTCP packet, on as many of these packets as fit into one; and how many that are. What is left
    belongs into a further one. ``arrivals`` as ``Feedback`` has them, but from 0 and without wraps.

    Raises ValueError where none of the first ``MAX_PACKETS`` came: a feedback has the time of one."""
    first = next((tick for tick in islice(arrivals, MAX_PACKETS) if tick is not None), None)
    if first is None:
        raise ValueError("nothing came")
    reference = first // _REFERENCE_TICKS
    symbols, deltas = _deltas(islice(arrivals, MAX_PACKETS), reference * _REFERENCE_TICKS)
    last = (reference & 0xFFFFFF) << 8 | number & 0xFF
    body = _HEAD.pack(sender, media, base & 0xFFFF, len(symbols), last) + b"".join(_chunks(symbols)) + deltas
    padding = -len(body) % 4
    if padding:
        body += bytes(padding - 1) + bytes([padding])
    head = _RTCP.pack(0x80 | (0x20 if padding else 0) | TRANSPORT_WIDE, 205, len(body) // 4)
    return head + body, len(symbols)


def _deltas(arrivals: Iterable[int | None], tick: int) -> tuple[bytes, bytes]:
    """Symbols and deltas, up to the last packet that came and can be told of. ``tick``: where the deltas begin."""
    symbols, deltas = bytearray(), bytearray()
    told, came = 0, 0
    for arrival in arrivals:
        if arrival is None:
            symbols.append(_NOT)
            continue
        delta = arrival - tick
        if came == MAX_ARRIVALS or not -0x8000 <= delta < 0x8000:
            break
        small = 0 <= delta < 0x100
        symbols.append(_SMALL if small else _WIDE)
        deltas += bytes([delta]) if small else _LARGE.pack(delta)
        tick, told, came = arrival, len(symbols), came + 1
    return bytes(symbols[:told]), bytes(deltas)


def _chunks(symbols: bytes) -> Iterator[bytes]:
    """Of each stretch the chunk that tells of the most packets."""
    at, size = 0, len(symbols)
    while at < size:
        symbol, run = symbols[at], 1
        while at + run < size and run < _MAX_RUN and symbols[at + run] == symbol:
            run += 1
        narrow = max(symbols[at : at + 14]) < _WIDE
        held = 14 if narrow else 7
        if run >= min(held, size - at):
            chunk = symbol << 13 | run
        else:
            run = held
            part, width = symbols[at : at + held].ljust(held, b"\0"), 1 if narrow else 2
            chunk = 0x8000 if narrow else 0xC000
            for place, each in enumerate(part):
                chunk |= each << (held - 1 - place) * width
        yield _CHUNK.pack(chunk)
        at += run
