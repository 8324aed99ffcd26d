"""How much is taken of one published track: token buckets over its octets and its packets. Pure; times in whole ms.

Encoders are told what a picture may take (REMB). Some heed nothing, and what one sends goes to every viewer. So half as
much again is told, and three times as much is cut: sound by the packet, which decoders conceal; of a picture everything
from the end of a frame on until it can be taken for a while and begins anew, since a picture with holes is none.
"""

from collections.abc import Hashable

from roadshow.rooms.relay.sources.media import starts_key
from roadshow.rooms.relay.wire.codecs import Codec
from roadshow.rooms.relay.wire.rtp import Packet

TELL = 1.5
"""Times the allowance that is told, if it lasts for ``TELL_MS``: encoders of constant rate keep within a tenth."""
CUT = 3
"""Times the allowance that is cut. OBS's own presets go up to 6 Mbit/s, 2.4 times ours: told, not cut."""
BURST_MS = 2000
"""A bucket holds what comes in so long, 15 Mbit of one picture: a key frame of a screen has 1 to 4, and browsers begin
with a few times the allowance for a fraction of it."""
PACKETS_A_SECOND = 800
"""Of each encoding: 7.5 Mbit/s in full ones, or sixty frames a second in a dozen slices. A small one costs as much as a
full one, and goes to every viewer."""
SOUND_BITRATE = 640_000
"""Opus has at most 510 kbit/s (RFC 6716, section 2.1.1), and its repeats are none."""
SOUND_PACKETS = 450
"""A second: Opus's shortest frames are of 2.5 ms."""
TELL_MS = 2000
SETTLED_MS = 5000
"""Below what is told for so long, it is over."""


class Bucket:
    """Holds ``depth`` tokens, as many as come in ``BURST_MS``. Debt is bounded as well, at a quarter of that: who does
    not heed it is not held for ever."""

    __slots__ = ("_at", "_depth", "_level", "_rate")

    def __init__(self, a_second: int) -> None:
        self._rate = a_second
        self._depth = a_second * BURST_MS
        """In thousandths of a token, as is ``_level``."""
        self._level = self._depth
        self._at: int | None = None

    def take(self, tokens: int, now: int, *, on_credit: bool) -> bool:
        """Take so many; ``on_credit`` also where they are not there. Whether they were."""
        self._fill(now)
        if not on_credit and self._level < 1000 * tokens:
            return False
        self._level = max(-self._depth // 4, self._level - 1000 * tokens)
        return self._level >= 0

    @property
    def exhausted(self) -> bool:
        """No debt more is given."""
        return self._level <= -self._depth // 4

    def half_full(self, now: int) -> bool:
        self._fill(now)
        return self._level >= self._depth // 2

    def _fill(self, now: int) -> None:
        if self._at is not None and now > self._at:
            self._level = min(self._depth, self._level + self._rate * (now - self._at))
        if self._at is None or now > self._at:
            self._at = now


class Policer:
    """Of one track, with all its encodings. ``allowance``: bits a second that it was told; 0 for sound."""

    def __init__(self, allowance: int) -> None:
        self.allowance = allowance or SOUND_BITRATE // CUT
        self.octets = 0
        """All that came, taken or not."""
        self.dropped = 0
        """Packets not taken."""
        self.rate = 0
        """Bits a second, as last measured."""
        self.too_fast = False
        """Whether that is to be told; as of the last measuring."""
        self._video = allowance > 0
        self._octets = Bucket(self.allowance * CUT // 8)
        self._packets: dict[Hashable, Bucket] = {}
        """Of each encoding: else one alone could have what is meant for three."""
        self._newest: dict[Hashable, int] = {}
        """Of each encoding, the timestamp of its last packet that was taken."""
        self._held: set[Hashable] = set()
        """Encodings of which nothing is taken until they begin anew."""
        self._begun = False
        self._measured = (0, 0, 0)
        """Octets, packets dropped, and when, at the last measuring."""
        self._fast_since: int | None = None
        self._slow_since: int | None = None

    @property
    def holds(self) -> bool:
        """Whether an encoding waits for what it may begin anew with."""
        return bool(self._held)

    def takes(self, packet: Packet, encoding: Hashable, codec: Codec | None, now: int) -> bool:
        """Whether the packet is taken. ``encoding`` tells those of a track apart; not all have names."""
        size = len(packet.payload)
        self.octets += size
        within = self._octets.take(size, now, on_credit=self._video)
        within = self._packets_of(encoding).take(1, now, on_credit=self._video) and within
        if within and not self._held:
            self._newest[encoding] = packet.timestamp
            return True
        if self._video and self._goes_on(packet, encoding, codec, within, now):
            self._newest[encoding] = packet.timestamp
            return True
        self.dropped += 1
        return False

    def adds(self, octets: int, encoding: Hashable, now: int) -> None:
        """We put a packet in front of the one that was just taken: viewers get both."""
        self.octets += octets
        self._octets.take(octets, now, on_credit=True)
        self._packets_of(encoding).take(1, now, on_credit=True)

    def begins_anew(self) -> bool:
        """Whether the packet that was just taken is the first since its encoding was held; asked once."""
        begun, self._begun = self._begun, False
        return begun

    def may_begin(self, now: int) -> bool:
        """Whether what is held would be taken again, if it began with a key frame."""
        return self._octets.half_full(now) and all(one.half_full(now) for one in self._packets.values())

    def measure(self, now: int) -> None:
        """Take the rate since the last call; call it about once a second."""
        octets, dropped, at = self._measured
        if now <= at:
            return
        self.rate = (self.octets - octets) * 8000 // (now - at) if at else 0
        self._measured = (self.octets, self.dropped, now)
        cut = self.dropped > dropped
        if cut or self.rate > self.allowance * TELL:
            self._slow_since = None
            self._fast_since = now if self._fast_since is None else self._fast_since
            self.too_fast = self.too_fast or cut or now - self._fast_since >= TELL_MS
        else:
            self._fast_since = None
            self._slow_since = now if self._slow_since is None else self._slow_since
            self.too_fast = self.too_fast and now - self._slow_since < SETTLED_MS

    def _packets_of(self, encoding: Hashable) -> Bucket:
        bucket = self._packets.get(encoding)
        if bucket is None:
            bucket = self._packets[encoding] = Bucket(PACKETS_A_SECOND if self._video else SOUND_PACKETS)
        return bucket

    def _goes_on(self, packet: Packet, encoding: Hashable, codec: Codec | None, within: bool, now: int) -> bool:
        """Of a picture that is too much, or held: whether the packet ends its frame, or begins anew."""
        if not within:
            self._held |= {*self._newest, encoding}
        if encoding not in self._held:
            return True
        if self.may_begin(now) and codec is not None and starts_key(codec, packet.payload):
            self._held.discard(encoding)
            self._begun = True
            return True
        exhausted = self._octets.exhausted or self._packets_of(encoding).exhausted
        return self._newest.get(encoding) == packet.timestamp and not exhausted
