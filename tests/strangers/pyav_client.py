"""FFmpeg's WHIP muxer as PyAV brings it, H264: ``pyav_client.py publish URL SECONDS``."""

import os
import sys
import time

import av
from av.audio.resampler import AudioResampler

PICTURE = "testsrc2=size=320x180:rate=15"
TONE = "sine=frequency=440:sample_rate=48000"
X264 = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "g": "15", "bf": "0"}


def publish(url: str, seconds: float) -> None:
    pictures = av.open(PICTURE, format="lavfi").decode(video=0)
    tones = av.open(TONE, format="lavfi").decode(audio=0)
    resampler = AudioResampler(format="s16", layout="stereo", rate=48_000, frame_size=960)
    with av.open(url, "w", format="whip", options={"authorization": os.environ["WHIP_TOKEN"]}) as way:
        video = way.add_stream("libx264", rate=15, options=X264)
        video.width, video.height, video.pix_fmt, video.bit_rate = 320, 180, "yuv420p", 300_000
        audio = way.add_stream("libopus", rate=48_000)
        audio.layout = "stereo"
        began = time.monotonic()
        heard = 0.0
        for picture in pictures:
            assert picture.time is not None
            if picture.time >= seconds:
                break
            time.sleep(max(0.0, began + picture.time - time.monotonic()))
            while heard <= picture.time:
                for frame in resampler.resample(next(tones)):
                    assert frame.time is not None
                    heard = frame.time + 0.02
                    way.mux(audio.encode(frame))
            way.mux(video.encode(picture.reformat(format="yuv420p")))


if __name__ == "__main__":
    publish(sys.argv[2], float(sys.argv[3]))
