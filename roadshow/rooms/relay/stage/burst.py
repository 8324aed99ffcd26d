"""Which packets go out together, in which order, and how long they wait for each other. Pure.

A system call costs more than a packet's encryption, so a frame's packets go to each viewer in one call, cut into
datagrams by the kernel (UDP GSO). That wants equal sizes but for the last, so the others are padded; sound rides last.
A frame is of no use before its last packet, so waiting for that one delays no picture.
"""

from roadshow.rooms.relay.egress.outgoing import Outgoing
from roadshow.rooms.relay.stage.lane_stream import LaneStream

VIDEO_HOLD_MS = 10
"""A picture's packets wait at most so long for the last of its frame: a third of a frame at 30 a second."""
AUDIO_HOLD_MS = 20
"""Sound waits at most so long for a frame to ride with: one Opus packet's length, which jitter buffers hold anyway."""
CROWD = 50
"""With fewer viewers sound does not wait at all: there is nothing to spare."""
PICTURE_FLOWS_MS = 100
"""…nor if no picture went out for so long."""
MAX_PACKETS = 56
"""A burst that is full for some viewer goes out at once; the native part takes 64, the kernel 64 KB. Of other forms and
qualities, which others take, there may be more: else who asks for odd ones would break everybody's frames."""
MAX_PADDING = 255
"""RTP padding is counted in one byte (RFC 3550, section 5.1)."""
WORTH_PADDING = 48
"""Bytes that a packet of a frame may grow to match the others: less than what a further system call costs."""


class Burst:
    """The packets of one stage that wait to go out."""

    def __init__(self) -> None:
        self._video: dict[LaneStream, list[Outgoing]] = {}
        self._audio: list[Outgoing] = []
        self._count = 0
        self._video_since = 0
        self._audio_since = 0
        self._frame_ended = False
        self._full = False
        self._picture_at = -PICTURE_FLOWS_MS

    @property
    def empty(self) -> bool:
        return not self._count

    def add(self, packet: Outgoing, stream: LaneStream, now: int) -> None:
        self._count += 1
        if not packet.video:
            if not self._audio:
                self._audio_since = now
            self._audio.append(packet)
            self._full |= len(self._audio) >= MAX_PACKETS
            return
        if not self._video:
            self._video_since = now
        frame = self._video.setdefault(stream, [])
        frame.append(packet)
        self._full |= len(frame) >= MAX_PACKETS
        self._frame_ended |= packet.ends_frame

    def held(self) -> set[tuple[int, int]]:
        """What waits: (stream, number) of each packet."""
        waiting = [self._audio, *self._video.values()] if self._count else []
        return {(packet.stream, packet.number) for packets in waiting for packet in packets}

    def wait(self, now: int, viewers: int) -> int | None:
        """Milliseconds until the burst is to go out, 0: now. None: it is empty."""
        if not self._count:
            return None
        if self._frame_ended or self._full:
            return 0
        waits = []
        if self._video:
            waits.append(VIDEO_HOLD_MS - (now - self._video_since))
        if self._audio:
            rides = viewers >= CROWD and now - self._picture_at < PICTURE_FLOWS_MS
            waits.append(AUDIO_HOLD_MS - (now - self._audio_since) if rides else 0)
        return max(0, min(waits))

    def take(self, now: int) -> tuple[list[tuple[LaneStream, list[Outgoing]]], list[Outgoing]]:
        """What goes out now: each picture's packets, then sound, which leaves no picture waiting longer than it
        should."""
        last = len(self._video)
        pictures = [
            (stream, level(stream, frame, followed=number == last and bool(self._audio)))
            for number, (stream, frame) in enumerate(self._video.items(), 1)
        ]
        if pictures:
            self._picture_at = now
        sound = self._audio
        self._video, self._audio, self._count, self._frame_ended, self._full = {}, [], 0, False, False
        return pictures, sound

    def take_sound(self, now: int) -> list[Outgoing]:
        """Sound alone, to ride with a picture's packets that leave anyway."""
        sound, self._audio, self._picture_at = self._audio, [], now
        self._count -= len(sound)
        self._full = any(len(frame) >= MAX_PACKETS for frame in self._video.values())
        return sound


def level(stream: LaneStream, packets: list[Outgoing], followed: bool) -> list[Outgoing]:
    """The packets of one stream, padded so that those which follow each other are of one size where that is cheap; the
    last one too if sound follows."""
    result: list[Outgoing] = []
    run: list[Outgoing] = []
    least = most = 0
    for packet in packets:
        size = len(packet.data)
        if run and (max(most, size) - min(least, len(run[-1].data)) > WORTH_PADDING):
            result += _equal(stream, run, most, last=False)
            run = []
        if not run:
            least = most = size
        else:
            least, most = min(least, len(run[-1].data)), max(most, size)
        run.append(packet)
    return result + _equal(stream, run, most, last=followed)


def _equal(stream: LaneStream, run: list[Outgoing], size: int, last: bool) -> list[Outgoing]:
    levelled = []
    for number, packet in enumerate(run, 1):
        short = size - len(packet.data)
        if 0 < short <= MAX_PADDING and (number < len(run) or last):
            levelled.append(stream.pad(packet, short))
        else:
            levelled.append(packet)
    return levelled
