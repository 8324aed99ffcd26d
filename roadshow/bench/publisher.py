"""One publisher, in a process of its own: ``python -m roadshow.bench.publisher``.

It says ``up``, sends until its standard input ends, so that it never outlives its maker, then prints its counts."""

import argparse
import ctypes as c
import os
import random
import subprocess
import sys
import threading
import time
from typing import Self

import msgspec

from roadshow.bench import media, sdp
from roadshow.bench.peer import FAILED, UP, Behaviour, Client, Peer
from roadshow.bench.signalling import Exchange
from roadshow.errors import SetupError

CONNECT_S = 20
STOP_S = 5
TOKEN = "ROADSHOW_BENCH_TOKEN"  # noqa: S105  (the variable's name: a command line can be read by everybody)


class Sent(msgspec.Struct, frozen=True):
    audio: int = 0
    video: int = 0
    frames: int = 0
    asked: int = 0
    """Requests for a key frame."""
    resent: int = 0


class Publisher:
    """A running publisher, as whoever started it sees it."""

    def __init__(self, url: str, token: str, letter: str = "A", loss: float = 0.0, key_packets: int = 0) -> None:
        """Begins at once. ``letter`` marks its frames; ``loss``: share of its datagrams lost, each way.
        ``key_packets``: not the usual stream, but one whose key frames have so many packets."""
        command = [sys.executable, "-m", "roadshow.bench.publisher", url, "--letter", letter, "--loss", str(loss)]
        command += ["--key-packets", str(key_packets)]
        self._process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, TOKEN: token}
        )

    def __enter__(self) -> Self:
        """Returns once it sends. Raises SetupError; it says itself why."""
        assert self._process.stdout is not None  # noqa: S101
        if self._process.stdout.readline() != "up\n":
            self.stop()
            raise SetupError("the publisher could not connect.")
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> Sent:
        try:
            said, _ = self._process.communicate(timeout=STOP_S)
            return msgspec.json.decode(said, type=Sent) if said else Sent()
        except (subprocess.TimeoutExpired, ValueError):
            self._process.kill()
            self._process.wait()
            return Sent()


def main() -> int:
    parser = argparse.ArgumentParser(description="Publish the bench's stream until standard input ends.")
    parser.add_argument("url", help="WHIP endpoint")
    parser.add_argument("--letter", default="A")
    parser.add_argument("--loss", type=float, default=0.0)
    parser.add_argument("--key-packets", type=int, default=0)
    options = parser.parse_args()
    try:
        stream = media.lumpy(options.key_packets) if options.key_packets else media.load()
        client = Client()
        peer = Peer(client, Behaviour(stamped=False, loss=options.loss))
        ssrcs = random.getrandbits(32), random.getrandbits(32)
        Exchange(options.url, os.environ.get(TOKEN, "")).publish(peer, ssrcs)
        _wait(peer)
    except (SetupError, OSError, ValueError, RuntimeError) as problem:
        print(f"publisher: {problem}", file=sys.stderr)  # noqa: T201
        return 1
    run(client, peer, stream, ssrcs, options.letter)
    print("up", flush=True)  # noqa: T201
    sys.stdin.read()
    print(msgspec.json.encode(sent(client, peer)).decode(), flush=True)  # noqa: T201
    peer.close()
    time.sleep(0.1)  # for the goodbye
    return 0


def run(client: Client, peer: Peer, stream: media.Stream, ssrcs: tuple[int, int], letter: str) -> None:
    """Send the stream, in a thread of its own, until the peer is closed."""
    skip = (ord(letter) * 7) % len(stream.video)  # so that two publishers' key frames do not coincide
    threading.Thread(
        target=client.lib.rp_publish,
        args=(
            peer.id, (c.c_uint32 * 2)(*ssrcs), sdp.OPUS, sdp.VP8, sdp.MID_ID, b"0", b"1", c.c_char(letter.encode()),
            stream.blob, stream.packets, stream.video, len(stream.video), stream.audio, len(stream.audio),
            c.c_double(media.FPS), skip,
        ),
        daemon=True,
        name=f"publisher {letter}",
    ).start()  # fmt: skip


def sent(client: Client, peer: Peer) -> Sent:
    counts = (c.c_uint64 * 5)()
    client.lib.rp_pub_get(peer.id, counts)
    return Sent(*counts)


def _wait(peer: Peer) -> None:
    give_up = time.monotonic() + CONNECT_S
    while (state := peer.counters().state) != UP:
        if state == FAILED or time.monotonic() > give_up:
            raise RuntimeError(peer.why or "no connection")
        time.sleep(0.01)


if __name__ == "__main__":
    sys.exit(main())
