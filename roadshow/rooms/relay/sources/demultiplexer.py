"""Which encoding of which track a publisher's packet belongs to, and what an RTX packet repeats. Pure.

A stream is known by its SSRC, if the offer declared it; else its first packet tells by MID and RID (RFC 9143, section
9.2; RFC 8852), or by a payload type that but one track has. What a stream once is it stays.
"""

from collections.abc import Sequence

from roadshow.rooms.relay.offers.negotiation import Track
from roadshow.rooms.relay.offers.simulcast import Layer
from roadshow.rooms.relay.sources.publication import Publication
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.wire.codecs import Codec
from roadshow.rooms.relay.wire.rtp import Packet, unwrap
from roadshow.rooms.relay.wire.sync import SenderClock

MAX_SSRCS = 64
"""Streams told apart in one connection: two pictures of three layers and two sounds, each with RTX, take 16."""
MAX_NAME = 16
"""Characters of a MID or RID that are looked at."""


class _Entry:
    """A track with what its packets are told apart by."""

    def __init__(self, track: Track, clock: SenderClock) -> None:
        types = dict(track.payload_types)
        self.track = track
        self.repeat_types = dict(track.repeat_types)
        self.sources = [_source(track, layer, types, clock) for layer in track.layers]
        self.by_rid = {source.rid: source for source in self.sources if source.rid}
        self.publication = Publication(self.sources)


class _Repeat:
    """An RTX stream (RFC 4588): what it repeats, and its payload types with those of the originals."""

    def __init__(self, source: Source, ssrc: int, types: dict[int, int]) -> None:
        self.source = source
        self._ssrc = ssrc
        self._types = types

    def restore(self, packet: Packet) -> bool:
        """Turn an RTX packet into the original. False: mere padding, or of a stream that is over or not so far yet."""
        source, original = self.source, self._types.get(packet.payload_type)
        if original is None or len(packet.payload) < 3 or source.ssrc != self._ssrc:
            return False
        sequence = packet.payload[0] << 8 | packet.payload[1]
        newest = source.sequence(source.newest)
        if unwrap(newest, sequence) > newest:
            return False
        packet.payload_type = original
        packet.sequence = sequence
        packet.payload = packet.payload[2:]
        packet.ssrc = self._ssrc
        return True


def _source(track: Track, layer: Layer, types: dict[int, Codec], clock: SenderClock) -> Source:
    if layer.payload_types:
        types = {number: codec for number, codec in types.items() if number in layer.payload_types}
    sets, asks = track.parameter_sets, track.asks
    return Source(track.source, track.video, types, track.level_id, clock, layer.rid, sets, asks=asks)


class Demultiplexer:
    """``sources``: all encodings of all tracks."""

    def __init__(self, tracks: Sequence[Track], mid_id: int) -> None:
        clock = SenderClock()
        self._entries = [_Entry(track, clock) for track in tracks]
        self._mid_id = mid_id
        self.red_types = frozenset(track.red_type for track in tracks if track.red_type)
        """Payload types of sound with redundancy, to be unwrapped before ``source_of``."""
        self._by_mid = {entry.track.mid: entry for entry in self._entries if entry.track.mid}
        self.publications = [entry.publication for entry in self._entries]
        self.sources = [source for entry in self._entries for source in entry.sources]
        self.publication_of = {source: entry.publication for entry in self._entries for source in entry.sources}
        self._by_ssrc: dict[int, Source] = {}
        self._repeats: dict[int, _Repeat] = {}
        self._retired: set[int] = set()
        """Streams whose place another took."""
        for entry in self._entries:
            for source, layer in zip(entry.sources, entry.track.layers, strict=True):
                for ssrc in layer.ssrcs:
                    self._by_ssrc.setdefault(ssrc, source)
            for repeat, ssrc in entry.track.repeats:
                repeated = self._by_ssrc.get(ssrc)
                if repeated in entry.sources and repeated is not None:
                    self._repeats.setdefault(repeat, _Repeat(repeated, ssrc, entry.repeat_types))

    def declared(self, video: bool) -> list[int]:
        """SSRCs of one kind that are known, sent yet or not."""
        return [ssrc for ssrc, source in self._by_ssrc.items() if source.video is video and ssrc not in self._retired]

    def by_ssrc(self, ssrc: int) -> Source | None:
        """The encoding whose stream this is at present."""
        source = self._by_ssrc.get(ssrc)
        return source if source is not None and source.ssrc == ssrc else None

    def source_of(self, packet: Packet) -> Source | None:
        """Whose the packet is; None: nobody's. An RTX packet turns into what it repeats."""
        ssrc = packet.ssrc
        source = self._by_ssrc.get(ssrc)
        if source is None:
            repeat = self._repeats.get(ssrc)
            if repeat is None:
                return self._route(packet)
            return repeat.source if repeat.restore(packet) else None
        if source.ssrc != ssrc and not self._may_follow(source, packet):
            return None
        return source

    def _may_follow(self, source: Source, packet: Packet) -> bool:
        """Whether a stream may begin, or take the place of the source's former one; that one does not come back."""
        if packet.ssrc in self._retired or packet.payload_type not in source.payload_types:
            return False
        if source.ssrc is not None:
            self._retired.add(source.ssrc)
        return True

    def _route(self, packet: Packet) -> Source | None:
        """A stream seen for the first time."""
        if len(self._by_ssrc) + len(self._repeats) >= MAX_SSRCS:
            return None
        entry = self._entry(packet)
        if entry is None:
            return None
        ssrc = packet.ssrc
        if packet.payload_type in entry.repeat_types:
            source = self._named(packet, entry, entry.track.repaired_id)
            if source is None or source.ssrc is None:
                return None
            repeat = self._repeats[ssrc] = _Repeat(source, source.ssrc, entry.repeat_types)
            return source if repeat.restore(packet) else None
        source = self._named(packet, entry, entry.track.rid_id)
        if source is None or not self._may_follow(source, packet):
            return None
        self._by_ssrc[ssrc] = source
        return source

    def _entry(self, packet: Packet) -> _Entry | None:
        found = None
        if self._mid_id and (mid := packet.extension(self._mid_id)) is not None:
            found = self._by_mid.get(_name(mid))
        if found is None:
            takers = [entry for entry in self._entries if _takes(entry, packet.payload_type)]
            found = takers[0] if len(takers) == 1 else None
        return found if found is not None and _takes(found, packet.payload_type) else None

    def _named(self, packet: Packet, entry: _Entry, extension: int) -> Source | None:
        """The track's one encoding, or of several the one the packet names."""
        if len(entry.sources) == 1:
            return entry.sources[0]
        rid = packet.extension(extension) if extension else None
        return entry.by_rid.get(_name(rid)) if rid is not None else None


def _takes(entry: _Entry, payload_type: int) -> bool:
    return payload_type in entry.repeat_types or any(payload_type in source.payload_types for source in entry.sources)


def _name(value: bytes) -> str:
    return value[:MAX_NAME].decode("ascii", "replace")
