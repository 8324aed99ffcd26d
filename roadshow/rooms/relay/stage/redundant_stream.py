"""A lane's sound for those who lose packets: each one carries the ones before it along (RFC 2198). Pure.

One stream for each distance, shared by all viewers who take that. It is the twin of the plain stream: from the same
packets both make the same numbers and timestamps, so a viewer goes over from one to the other between two packets, and
misses nothing. What went out under a number depends on what was there at that moment, so it is kept as it was.
"""

from typing_extensions import override

from roadshow.rooms.relay.egress.outgoing import Outgoing
from roadshow.rooms.relay.sources.cache import AUDIO_CACHE
from roadshow.rooms.relay.sources.media import Media
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.stage.lane_stream import Beginning, LaneStream
from roadshow.rooms.relay.wire import red
from roadshow.rooms.relay.wire.codecs import Codec
from roadshow.rooms.relay.wire.red import Block

MOST_OCTETS = 1200
"""Of a packet with all it carries: what passes every path (RFC 9000, section 14). Opus of 64 kbit/s has 160."""


class RedundantStream(LaneStream):
    """``distance``: how many former packets each one carries."""

    def __init__(self, plain: LaneStream, distance: int, ident: int) -> None:
        super().__init__(plain.form, False, Beginning(plain.ssrc, 0, 0, ident, plain.place))
        self.distance = distance
        self._sent: list[Outgoing | None] = [None] * AUDIO_CACHE
        self._carried: list[tuple[int, ...]] = [()] * AUDIO_CACHE
        """By number as well: which former ones each packet carries."""
        self.stand_as(plain)

    @override
    def forward(self, source: Source, media: Media, now: int) -> Outgoing | None:
        plain = super().forward(source, media, now)
        if plain is None:
            return None
        packet, carried = self._carrying(plain, media)
        place = packet.number % AUDIO_CACHE
        # Of a source's packets the cache takes none that is so late that its place is another's.
        self._sent[place], self._carried[place] = packet, carried
        return packet

    @override
    def again(self, number: int) -> tuple[Outgoing, Codec] | None:
        packet = self._sent[number % AUDIO_CACHE]
        return (packet, Codec.OPUS) if packet is not None and packet.number == number else None

    @override
    def keeps(self, number: int) -> bool:
        return self.again(number) is not None

    @override
    def carriers(self, number: int) -> tuple[int, ...]:
        later = range(number + 1, min(self.newest, number + self.distance) + 1)
        return tuple(each for each in later if self.keeps(each) and number in self._carried[each % AUDIO_CACHE])

    def _carrying(self, packet: Outgoing, media: Media) -> tuple[Outgoing, tuple[int, ...]]:
        """The packet with as much of what went before it as there is, of the same voice; and the numbers of that."""
        live = self._live
        if live is None:
            return packet, ()
        carried: list[Block] = []
        numbers: list[int] = []
        room = MOST_OCTETS - len(packet.data) - 1
        for index in range(media.index - 1, media.index - 1 - self.distance, -1):
            if index + live.shift < live.least:
                break
            former = live.source.kept(index)
            if former is None:
                continue
            offset = media.timestamp - former.timestamp & 0xFFFFFFFF
            room -= 4 + len(former.payload)
            if room < 0 or not red.fits(offset, former.payload):
                break
            carried.append(Block(live.payload_type, offset, former.payload))
            numbers.append(index + live.shift)
        if not carried:
            return packet, ()
        payload = red.write(carried[::-1], Block(live.payload_type, 0, media.payload))
        self.octets += len(payload) - len(media.payload)
        data = packet.data
        head = bytes((data[0], data[1] & 0x80 | self.form.red_type)) + data[2 : packet.header]
        made = Outgoing(head + payload, packet.header, packet.number, self.ident, self.place, False, packet.ends_frame)
        return made, tuple(numbers)
