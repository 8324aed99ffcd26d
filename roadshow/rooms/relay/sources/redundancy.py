"""Sound that a publisher sends with redundancy (RFC 2198): what a packet brings of the ones before it. Pure.

A payload says when a former one belongs, not which number it had. Senders carry the packets just before, so the last
block but one is taken for the number before the packet's own, and so on, where its time lies between those of its
neighbours.
"""

from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.wire import red
from roadshow.rooms.relay.wire.red import Block
from roadshow.rooms.relay.wire.rtp import Packet, unwrap


def unwrapped(packet: Packet) -> list[Block] | None:
    """Turn a packet with redundancy into its own payload alone; what else it carries, oldest first. None: malformed."""
    blocks = red.read(packet.payload)
    if blocks is None:
        return None
    own = blocks.pop()
    packet.payload_type, packet.payload = own.payload_type, own.payload
    return blocks


def missing(source: Source, packet: Packet, carried: list[Block]) -> list[Packet]:
    """Those of the former packets that this one carries which did not come, in order."""
    found: list[Packet] = []
    later = packet.timestamp
    index = source.placed(packet.sequence)
    for back, block in enumerate(reversed(carried), 1):
        timestamp = packet.timestamp - block.offset & 0xFFFFFFFF
        before = source.kept(index - back - 1)
        if not _precedes(timestamp, later) or (before is not None and not _precedes(before.timestamp, timestamp)):
            break
        there = source.kept(index - back)
        if there is None and block.payload:
            found.append(_restored(packet, back, timestamp, block))
        later = timestamp if there is None else there.timestamp
    return found[::-1]


def _restored(packet: Packet, back: int, timestamp: int, block: Block) -> Packet:
    """As it would have come, but for its header extensions: those are the later one's."""
    former = Packet()
    former.payload_type, former.marker = block.payload_type, False
    former.sequence, former.timestamp, former.ssrc = packet.sequence - back & 0xFFFF, timestamp, packet.ssrc
    former.profile, former.extensions, former.payload = packet.profile, packet.extensions, block.payload
    return former


def _precedes(former: int, later: int) -> bool:
    return unwrap(0, later - former, 1 << 32) > 0
