"""Other servers, as their makers build them, on one core: LiveKit and MediaMTX, whose programs are in a folder that is
named. How they are had: bench/README.md."""

import base64
import hashlib
import hmac
import json
import secrets
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from typing_extensions import override

from bench.reach.programs import free_port, running
from roadshow.bench.fleet import Fleet, Watches
from roadshow.bench.machine import Cores, family, resident, spent
from roadshow.bench.peer import Behaviour, Client, Peer
from roadshow.bench.publisher import Publisher
from roadshow.bench.ramp import WARM_UP_S, Ramp
from roadshow.bench.signalling import Exchange
from roadshow.errors import SetupError

LIVEKIT, MEDIAMTX = "livekit-server", "mediamtx"
"""The programs' names in the folder."""
KEY, SECRET, ROOM, PUBLISHER = "bench", "bench-secret-of-thirty-two-letters", "bench", "publisher"
TRACKS = ["synthesized-microphone", "synthesized-camera"]
"""As LiveKit names the tracks of a WHIP publisher."""
VALID_S = 3600

LIVEKIT_SETTINGS = """
port: {http}
bind_addresses: ["127.0.0.1"]
rtc: {{tcp_port: 0, udp_port: {udp}, use_external_ip: false, node_ip: 127.0.0.1, interfaces: {{includes: [lo]}},
  enable_loopback_candidate: true}}
keys: {{{key}: {secret}}}
logging: {{level: warn}}
"""
MEDIAMTX_SETTINGS = """
logLevel: warn
api: false
rtsp: false
rtmp: false
hls: false
srt: false
moq: false
webrtc: true
webrtcAddress: 127.0.0.1:{http}
webrtcLocalUDPAddress: 127.0.0.1:{udp}
webrtcIPsFromInterfaces: true
webrtcIPsFromInterfacesList: [lo]
paths:
  all_others:
"""


def token(identity: str, now: float, **more: bool) -> str:
    """LiveKit's access token, a JWT of HMAC-SHA256, for this room."""
    grant = {"roomJoin": True, "room": ROOM, **more}
    claims = {"iss": KEY, "sub": identity, "nbf": int(now) - 10, "exp": int(now) + VALID_S, "video": grant}
    signed = b".".join(_encoded(part) for part in ({"alg": "HS256", "typ": "JWT"}, claims))
    return (signed + b"." + _base64(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest())).decode()


def _encoded(part: Mapping[str, Any]) -> bytes:
    return _base64(json.dumps(part).encode())


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


class LiveKitExchange(Exchange):
    """Each viewer is a participant with a token of its own, and names the tracks it wants."""

    @override
    def watch(self, peer: Peer) -> None:
        self.token = token(f"v{secrets.token_hex(6)}", time.time(), canPublish=False, canSubscribe=True)
        self.headers = {"X-LiveKit-ClientInfo": json.dumps({"subscribedParticipantTrackNames": {PUBLISHER: TRACKS}})}
        super().watch(peer)


@contextmanager
def livekit_ramp(client: Client, cores: Cores, folder: Path, behaviour: Behaviour) -> Iterator[Ramp]:
    """As ``roadshow.bench.ramp.relay_ramp``. Raises SetupError."""
    with _served(folder / LIVEKIT, LIVEKIT_SETTINGS, ["--config"], cores) as (process, http):
        url = f"http://127.0.0.1:{http}/whip/v1"
        publishing = token(PUBLISHER, time.time(), canPublish=True, canSubscribe=False)
        with _ramp(
            client, cores, process, url, publishing, lambda source: LiveKitExchange(url, source=source), behaviour
        ) as ramp:
            yield ramp


@contextmanager
def mediamtx_ramp(client: Client, cores: Cores, folder: Path, behaviour: Behaviour) -> Iterator[Ramp]:
    """As ``roadshow.bench.ramp.relay_ramp``. Raises SetupError."""
    with _served(folder / MEDIAMTX, MEDIAMTX_SETTINGS, [], cores) as (process, http):
        url = f"http://127.0.0.1:{http}/bench"
        connect = lambda source: Exchange(f"{url}/whep", source=source)  # noqa: E731
        with _ramp(client, cores, process, f"{url}/whip", "", connect, behaviour) as ramp:
            yield ramp


@contextmanager
def _ramp(
    client: Client,
    cores: Cores,
    process: subprocess.Popen[bytes],
    whip: str,
    publishing: str,
    connect: Callable[[str], Watches],
    behaviour: Behaviour,
) -> Iterator[Ramp]:
    with Publisher(whip, publishing):
        fleet = Fleet(client, connect, behaviour)
        try:
            time.sleep(WARM_UP_S)
            yield Ramp(client, fleet, cores, lambda: spent(family(process.pid)), lambda: resident(family(process.pid)))
        finally:
            fleet.close()


@contextmanager
def _served(
    program: Path, settings: str, options: list[str], cores: Cores
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The program on the server's core, and its port of HTTP."""
    if not program.is_file():
        raise SetupError(f"{program.name} is not in {program.parent}; bench/README.md says how it is built")
    http, udp = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_DGRAM)
    with tempfile.TemporaryDirectory(prefix=f"{program.name}-bench-") as made:
        file = Path(made) / "settings.yml"
        file.write_text(settings.format(http=http, udp=udp, key=KEY, secret=SECRET))
        with running([str(program), *options, str(file)], Path(made), http, cores) as process:
            yield process, http
