"""What camera and microphone of the bench see and hear, made once and kept in the cache.

Chromium's own test pattern needs 390 kbit/s at 540p15 whatever it may have, so a thin line hardly binds: the picture
here is a journey into the Mandelbrot set, which takes every bit it is given. The sound is never still, as silence would
cost an encoder nothing and hide what was lost."""

import array
import math
import random
import sys
import wave
from collections.abc import Iterable
from pathlib import Path

from roadshow.bench.toolchain import cache_folder
from roadshow.errors import SetupError

WIDTH, HEIGHT, FPS, SECONDS = 960, 540, 15, 10
RATE, SPEECH_S = 48_000, 10
FORMAT = 1
"""Of the cached files; changed with how they are made."""
SYLLABLE_S = 0.2


def picture() -> Path:
    """A .y4m for --use-file-for-fake-video-capture, 117 MB. Raises SetupError."""
    path = cache_folder() / f"lines-{FORMAT}-{WIDTH}x{HEIGHT}.y4m"
    if not path.exists():
        try:
            from roadshow.bench import encoding  # noqa: PLC0415  (PyAV takes its time, and is needed once)

            _write(path, _frames(encoding.journey(WIDTH, HEIGHT, FPS, SECONDS)))
        except (ImportError, OSError, ValueError) as problem:
            raise SetupError(f"the camera's picture could not be made: {problem}") from problem
    return path


def sound() -> Path:
    """A .wav for --use-file-for-fake-audio-capture. Raises SetupError."""
    path = cache_folder() / f"lines-{FORMAT}.wav"
    if not path.exists():
        draft = path.with_suffix(".draft")
        try:
            with draft.open("wb") as file, wave.open(file, "wb") as out:
                out.setnchannels(1)
                out.setsampwidth(2)
                out.setframerate(RATE)
                out.writeframes(murmur(SPEECH_S))
            draft.replace(path)
        except OSError as problem:
            raise SetupError(f"the microphone's sound could not be made: {problem}") from problem
    return path


def murmur(seconds: int) -> bytes:
    """Syllables of a voice: harmonics of a wandering pitch, each louder and softer, without a pause. 16 bits, mono."""
    chance = random.Random(1)  # noqa: S311
    samples, phase = array.array("h"), 0.0
    each = int(RATE * SYLLABLE_S)
    for _ in range(int(seconds / SYLLABLE_S)):
        pitch = chance.uniform(100, 220)
        formants = [chance.uniform(0.2, 1) / number for number in range(1, 9)]
        most = sum(formants)
        for at in range(each):
            phase += 2 * math.pi * pitch / RATE
            loud = 0.25 + 0.75 * math.sin(math.pi * at / each)
            voice = sum(part * math.sin(number * phase) for number, part in enumerate(formants, start=1))
            samples.append(int(20_000 * loud * voice / most + chance.gauss(0, 300)))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()


def _frames(planes: Iterable[bytes]) -> Iterable[bytes]:
    yield f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420jpeg\n".encode()
    for frame in planes:
        yield b"FRAME\n"
        yield frame


def _write(path: Path, parts: Iterable[bytes]) -> None:
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        file.writelines(parts)
    draft.replace(path)  # whole or not at all
