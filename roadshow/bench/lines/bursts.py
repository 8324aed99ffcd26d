"""What a line carried, by the packets that came to it, and what a shallow queue does to pictures: pure.

The same pictures are also sent through the same queue in thought, as a relay without pacing sends them: all that there
is of a frame leaves at once. So each run has its own measure, whatever its encoder made of the picture."""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec

from roadshow.bench.lines.network import OVERFLOWED, Record

FRAME_WAITS_MS = 10.0
"""What has come of a frame by then leaves, whether or not it is whole."""
RTP_VERSION, MARKER, RTCP = 2, 0x80, range(192, 224)


class Packet(msgspec.Struct, frozen=True):
    """RTP at the beginning of a line, as far as SRTP shows it."""

    at: float
    length: int
    ssrc: int
    number: int
    ends_frame: bool
    overflowed: bool = False


def packets(records: Iterable[Record], host: int, *, down: bool) -> list[Packet]:
    """Those of one direction, in order; all but RTP is left out."""
    found = []
    for one in records:
        head = bytes(one.head)
        if one.host != host or bool(one.down) != down or not one.udp or head[0] >> 6 != RTP_VERSION or head[1] in RTCP:
            continue
        ssrc, number = int.from_bytes(head[8:12]), int.from_bytes(head[2:4])
        found.append(Packet(one.at, one.length, ssrc, number, bool(head[1] & MARKER), one.fate == OVERFLOWED))
    return found


def largest(stream: Sequence[Packet]) -> int:
    """The SSRC that takes most: the picture. Raises ValueError when there is none."""
    bytes_of = Counter[int]()
    for one in stream:
        bytes_of[one.ssrc] += one.length
    return max(bytes_of, key=lambda ssrc: bytes_of[ssrc])


def voice(stream: Sequence[Packet]) -> int | None:
    """The SSRC beside the picture of which most packets came: fifty a second. None: there is nothing beside it."""
    picture = largest(stream)
    beside = Counter(one.ssrc for one in stream if one.ssrc != picture)
    return beside.most_common(1)[0][0] if beside else None


def longest_pause(stream: Iterable[Packet], of: int | None) -> float:
    """The longest time in ms between two packets of this SSRC; lost ones count as they began their way."""
    came = [one.at for one in stream if one.ssrc == of]
    return max((later - at for at, later in pairwise(came)), default=0.0)


def at_once(came: Iterable[Packet]) -> list[Packet]:
    """One picture's packets as they came to a relay, at the times at which it lets them out without pacing."""
    leaving: list[Packet] = []
    held: list[Packet] = []

    def let_out(at: float) -> None:
        leaving.extend(msgspec.structs.replace(one, at=at) for one in held)
        held.clear()

    for one in came:
        if held and one.at - held[0].at > FRAME_WAITS_MS:
            let_out(held[0].at + FRAME_WAITS_MS)
        held.append(one)
        if one.ends_frame:
            let_out(one.at)
    let_out(held[-1].at if held else 0.0)
    return leaving


def overflow(stream: Iterable[Packet], of: int, *, kbps: float, room: int) -> float:
    """Share of this SSRC's packets that find the queue full, in %, of all that come to it."""
    leaves, free_at, lost, all_of_it = deque[float](), 0.0, 0, 0
    for one in sorted(stream, key=lambda packet: packet.at):
        while leaves and leaves[0] <= one.at:
            leaves.popleft()
        all_of_it += one.ssrc == of
        if len(leaves) >= room:
            lost += one.ssrc == of
            continue
        free_at = max(free_at, one.at) + one.length * 8 / kbps
        leaves.append(free_at)
    return 100 * lost / max(all_of_it, 1)
