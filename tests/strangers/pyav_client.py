"""FFmpeg's WHIP muxer as PyAV brings it, H264: ``pyav_client.py publish URL SECONDS``.

It has GnuTLS, which would make a certificate of P-224, a curve that OpenSSL 4 and browsers know no more. So it is given
one, as docs/publishing.md says."""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
from av.audio.resampler import AudioResampler

PICTURE = "testsrc2=size=320x180:rate=15"
TONE = "sine=frequency=440:sample_rate=48000"
X264 = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "g": "15", "bf": "0"}
CERTIFICATE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj /CN=encoder"
    " -keyout key.pem -out cert.pem"
)


def certificate(folder: Path) -> dict[str, str]:
    """The muxer's options for one of P-256."""
    subprocess.run(shlex.split(CERTIFICATE), cwd=folder, check=True, stderr=subprocess.DEVNULL)
    return {"cert_file": str(folder / "cert.pem"), "key_file": str(folder / "key.pem")}


def publish(url: str, seconds: float, options: dict[str, str]) -> None:
    pictures = av.open(PICTURE, format="lavfi").decode(video=0)
    tones = av.open(TONE, format="lavfi").decode(audio=0)
    resampler = AudioResampler(format="s16", layout="stereo", rate=48_000, frame_size=960)
    with av.open(url, "w", format="whip", options=options) as way:
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
    with tempfile.TemporaryDirectory() as made:
        given = {"authorization": os.environ["WHIP_TOKEN"]} | certificate(Path(made))
        publish(sys.argv[2], float(sys.argv[3]), given)
