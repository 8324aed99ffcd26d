"""A few seconds of real media, encoded once and kept in the cache: VP8 720p30 at 1.5 Mbit/s, and Opus.

Packets follow RFC 7741, with a picture id of 15 bits that the publisher rewrites as the loop goes on, and RFC 7587. The
picture moves and has noise, so that the encoder keeps its rate; both are the same at each run.
"""

import ctypes as c
import struct
from pathlib import Path

import msgspec

from roadshow.bench.toolchain import cache_folder
from roadshow.errors import SetupError

FPS, SECONDS, SOUND_MS = 30, 4, 20
BITRATE = 1_500_000
MAX_PAYLOAD = 1160
"""Bytes of a frame in one packet."""
STAMP = 16
"""Bytes that the publisher puts behind a frame's end."""
KEY_FRAME_S = 2
KEY_FRAME_HEAD = b"\x10\x00\x00\x9d\x01\x2a\x00\x05\xd0\x02"
"""A VP8 key frame's first bytes (RFC 6386, section 9.1), of 1280 x 720."""
SOUND_BYTES = 160
FORMAT = 1
"""Of the cached file; changed with how it is made."""


class PacketEntry(c.Structure):
    _fields_ = (("offset", c.c_uint32), ("size", c.c_uint16), ("marker", c.c_uint8), ("pad", c.c_uint8))


class FrameEntry(c.Structure):
    _fields_ = (("first", c.c_uint32), ("count", c.c_uint16), ("key", c.c_uint8), ("pad", c.c_uint8))


class Encoded(msgspec.Struct, frozen=True):
    video: list[tuple[bool, bytes]]
    """Frames; whether each is a key frame."""
    audio: list[bytes]
    """20 ms each."""


class Stream:
    """An encoding cut into packets, as the publisher's C takes it."""

    def __init__(self, encoded: Encoded) -> None:
        blob = bytearray()
        packets: list[PacketEntry] = []
        video: list[FrameEntry] = []
        audio: list[FrameEntry] = []
        for key, data in encoded.video:
            parts = cut(data)
            video.append(FrameEntry(len(packets), len(parts), int(key), 0))
            for number, part in enumerate(parts, start=1):
                packets.append(PacketEntry(len(blob), len(part), int(number == len(parts)), 0))
                blob += part
        for data in encoded.audio:
            audio.append(FrameEntry(len(packets), 1, 1, 0))
            packets.append(PacketEntry(len(blob), len(data), 0, 0))
            blob += data
        self.blob = bytes(blob)
        self.packets = (PacketEntry * len(packets))(*packets)
        self.video = (FrameEntry * len(video))(*video)
        self.audio = (FrameEntry * len(audio))(*audio)


def cut(frame: bytes) -> list[bytes]:
    """A VP8 frame's RTP payloads: equal parts, as browsers make them, each behind its descriptor."""
    count = -(-len(frame) // MAX_PAYLOAD)
    size = -(-len(frame) // count)
    return [
        struct.pack("!BBH", 0x80 | (0x10 if at == 0 else 0), 0x80, 0x8000) + frame[at : at + size]
        for at in range(0, len(frame), size)
    ]


def lumpy(key_packets: int) -> Stream:
    """A stream of the usual rate whose key frames, one in two seconds, have so many packets, as encoders without a
    limit make them. It is no picture: only its packets are like one's."""
    size = MAX_PAYLOAD - STAMP
    count = FPS * KEY_FRAME_S
    each = max((BITRATE // 8 * KEY_FRAME_S - key_packets * size) // (count - 1), 1)
    key = KEY_FRAME_HEAD + bytes(key_packets * size - len(KEY_FRAME_HEAD))
    video = [(True, key), *[(False, b"\x11" + bytes(each - 1))] * (count - 1)]
    return Stream(Encoded(video=video, audio=[bytes(SOUND_BYTES)] * (1000 * KEY_FRAME_S // SOUND_MS)))


def load() -> Stream:
    """The stream, from the cache or encoded now, which takes a few seconds. Raises SetupError."""
    path = cache_folder() / f"media-{FORMAT}-{BITRATE}-{FPS}-{SECONDS}.msgpack"
    try:
        return Stream(_read(path))
    except (OSError, msgspec.DecodeError):
        pass
    encoded = _encode()
    draft = path.with_suffix(".draft")
    draft.write_bytes(msgspec.msgpack.encode(encoded))
    draft.replace(path)
    return Stream(encoded)


def _read(path: Path) -> Encoded:
    return msgspec.msgpack.decode(path.read_bytes(), type=Encoded)


def _encode() -> Encoded:
    try:
        from roadshow.bench import encoding  # noqa: PLC0415  (PyAV takes its time, and is needed once)
    except ImportError as problem:
        raise SetupError("the stream is encoded with PyAV, which comes with aiortc: pip install av") from problem
    try:
        return Encoded(encoding.video(FPS, SECONDS, BITRATE), encoding.audio(SECONDS, SOUND_MS))
    except (OSError, ValueError) as problem:  # PyAV's errors are both
        raise SetupError(f"this PyAV cannot encode VP8 and Opus: {problem}") from problem
