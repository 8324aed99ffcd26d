"""Makes the stream that is published. The only module here that knows PyAV."""

import itertools
from collections.abc import Iterator
from fractions import Fraction

import av
import av.filter
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane

WIDTH, HEIGHT = 1280, 720
SOUND_RATE, SOUND_BITRATE = 48_000, 64_000
KEY_FRAME_S = 2


def video(fps: int, seconds: int, bitrate: int) -> list[tuple[bool, bytes]]:
    """VP8 frames of a moving pattern; whether each is a key frame. Raises ValueError, OSError."""
    graph = av.filter.Graph()
    links = [
        graph.add("testsrc2", f"size={WIDTH}x{HEIGHT}:rate={fps}:duration={seconds}"),
        graph.add("noise", "alls=6:allf=t"),  # keeps the encoder at its rate
        graph.add("format", "yuv420p"),
        graph.add("buffersink"),
    ]
    for one, next_one in itertools.pairwise(links):
        one.link_to(next_one)
    graph.configure()
    encoder = av.CodecContext.create("libvpx", "w")
    assert isinstance(encoder, VideoCodecContext)  # noqa: S101  (for the type checker)
    encoder.width, encoder.height, encoder.pix_fmt, encoder.bit_rate = WIDTH, HEIGHT, "yuv420p", bitrate
    encoder.time_base, encoder.framerate, encoder.thread_count = Fraction(1, fps), Fraction(fps), 1
    encoder.options = {
        "deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "error-resilient": "default",
        "g": str(fps * KEY_FRAME_S), "keyint_min": str(fps * KEY_FRAME_S), "max-intra-rate": "500",
        "minrate": str(bitrate), "maxrate": str(bitrate), "bufsize": str(bitrate // 2), "qmin": "4", "qmax": "56",
    }  # fmt: skip
    packets = []
    for number in range(fps * seconds):
        frame = graph.pull()
        assert isinstance(frame, VideoFrame)  # noqa: S101
        frame.pts, frame.time_base = number, Fraction(1, fps)
        frame.pict_type = 0  # the encoder picks key frames
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return [(packet.is_keyframe, bytes(packet)) for packet in packets]


def audio(seconds: int, milliseconds: int) -> list[bytes]:
    """Opus frames of a tone. Raises ValueError, OSError."""
    encoder = av.CodecContext.create("libopus", "w")
    assert isinstance(encoder, AudioCodecContext)  # noqa: S101
    encoder.sample_rate, encoder.layout, encoder.format, encoder.bit_rate = SOUND_RATE, "stereo", "s16", SOUND_BITRATE
    encoder.options = {"frame_duration": str(milliseconds), "application": "audio"}
    samples = SOUND_RATE * milliseconds // 1000
    graph = av.filter.Graph()
    links = [
        graph.add("sine", f"frequency=330:sample_rate={SOUND_RATE}:duration={seconds}:samples_per_frame={samples}"),
        graph.add("aformat", "sample_fmts=s16:channel_layouts=stereo"),
        graph.add("abuffersink"),
    ]
    for one, next_one in itertools.pairwise(links):
        one.link_to(next_one)
    graph.configure()
    found: list[bytes] = []
    for _ in range(seconds * 1000 // milliseconds):
        frame = graph.pull()
        assert isinstance(frame, AudioFrame)  # noqa: S101
        found += [bytes(packet) for packet in encoder.encode(frame)]
    return found


def journey(width: int, height: int, fps: int, seconds: int) -> Iterator[bytes]:
    """Pictures in which everything changes all the time: planes Y, U and V of each, 4:2:0.

    Raises ValueError, OSError."""
    frames = fps * seconds
    graph = av.filter.Graph()
    links = [
        graph.add("mandelbrot", f"size={width}x{height}:rate={fps}:end_scale=0.002:end_pts={frames}"),
        graph.add("gblur", "sigma=1.5"),  # an edge in every pixel is more than any camera sees
        graph.add("format", "yuv420p"),
        graph.add("buffersink"),
    ]
    for one, next_one in itertools.pairwise(links):
        one.link_to(next_one)
    graph.configure()
    for _ in range(frames):
        frame = graph.pull()
        assert isinstance(frame, VideoFrame)  # noqa: S101
        sizes = ((width, height), (width // 2, height // 2), (width // 2, height // 2))
        yield b"".join(_rows(plane, *size) for plane, size in zip(frame.planes, sizes, strict=True))


def _rows(plane: VideoPlane, width: int, height: int) -> bytes:
    """Without what stands behind each row in memory."""
    data, line = memoryview(plane).cast("B"), plane.line_size
    return b"".join(data[row * line : row * line + width] for row in range(height))
