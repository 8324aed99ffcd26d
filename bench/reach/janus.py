"""Debian's Janus as a lean loopback SFU, one event loop, one videoroom; and how a peer gets into it by its HTTP API."""

import http.client
import json
import random
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.reach.programs import free_port, running
from roadshow.bench import media, sdp
from roadshow.bench.fleet import Fleet
from roadshow.bench.machine import Cores, family, resident, spent
from roadshow.bench.peer import UP, Behaviour, Client, Peer
from roadshow.bench.publisher import run as run_publisher
from roadshow.bench.ramp import Ramp
from roadshow.bench.signalling import publishing
from roadshow.bench.toolchain import compiler
from roadshow.errors import SetupError

INSTALL = "apt-get install --no-install-recommends janus libssl-dev"
ROOM, PATH = 1234, "/janus"
CONNECT_S = 20.0
SHIM = Path(__file__).with_name("loopback_if.c")
USELESS = (
    "audiobridge", "echotest", "recordplay", "sip", "nosip", "textroom", "videocall", "voicemail", "streaming", "lua",
    "duktape",
)  # fmt: skip


def folder() -> Path | None:
    """Where its plugins are; None if it is not installed."""
    if shutil.which("janus") is None:
        return None
    return next((path.parent for path in Path("/usr/lib").glob("*/janus/plugins")), None)


def _configuration(where: Path, lib: Path, port: int) -> None:
    plugins = ",".join(f"libjanus_{name}.so" for name in USELESS)
    transports = ",".join(f"libjanus_{name}.so" for name in ("websockets", "pfunix", "rabbitmq", "mqtt", "nanomsg"))
    (where / "janus.jcfg").write_text(f"""
general: {{ configs_folder = "{where}"  plugins_folder = "{lib}/plugins"  transports_folder = "{lib}/transports"
  events_folder = "{lib}/events"  loggers_folder = "{lib}/loggers"  debug_level = 2  debug_colors = false
  interface = "127.0.0.1"  hide_dependencies = true  event_loops = 1  session_timeout = 0 }}
media: {{ min_nack_queue = 200  rtp_port_range = "20000-32000"  ipv6 = false }}
nat: {{ nice_debug = false  full_trickle = false  ice_lite = true }}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
loggers: {{ disable = "libjanus_jsonlog.so" }}
events: {{ broadcast = false }}
""")
    (where / "janus.transport.http.jcfg").write_text(f"""
general: {{ json = "compact"  base_path = "{PATH}"  http = true  port = {port}  ip = "127.0.0.1"  https = false }}
admin: {{ admin_http = false  admin_https = false }}
""")
    (where / "janus.plugin.videoroom.jcfg").write_text(f"""
general: {{ }}
room-{ROOM}: {{ description = "bench"  publishers = 2  bitrate = 0  fir_freq = 0  audiocodec = "opus"
  videocodec = "vp8"  audiolevel_event = false  videoorient_ext = false  playoutdelay_ext = false
  transport_wide_cc_ext = false  notify_joining = false }}
""")


class Janus:
    """One session, for one thread. Satisfies ``fleet.Watches``."""

    def __init__(self, port: int, source: str = "127.0.0.1") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(source, 0))
        self._session = f"{PATH}/{self._call(PATH, 'create')['data']['id']}"

    def watch(self, peer: Peer) -> None:
        """Janus offers, we answer."""
        handle = self._attach()
        room, _ = self._message(handle, {"request": "listparticipants", "room": ROOM})
        feed = next(one["id"] for one in room["participants"] if one.get("publisher"))
        joining = {"request": "join", "ptype": "subscriber", "room": ROOM, "streams": [{"feed": feed}]}
        peer.asked_at = time.monotonic_ns()
        _, offer = self._message(handle, joining)
        remote = sdp.parse(offer["sdp"])
        sections = [_answer(kind, payload_type, mid) for kind, payload_type, mid in remote.sections]
        answer = sdp.write(peer, peer.client.fingerprint, sections, "active")
        self._message(handle, {"request": "start"}, {"type": "answer", "sdp": answer})
        peer.start(remote)

    def publish(self, peer: Peer, ssrcs: tuple[int, int]) -> None:
        offer = sdp.write(peer, peer.client.fingerprint, publishing(ssrcs))
        joining = {"request": "joinandconfigure", "ptype": "publisher", "room": ROOM, "display": "bench"}
        _, answer = self._message(self._attach(), joining, {"type": "offer", "sdp": offer})
        peer.start(sdp.parse(answer["sdp"]))

    def close(self) -> None:
        self._connection.close()

    def _attach(self) -> str:
        return f"{self._session}/{self._call(self._session, 'attach', plugin='janus.plugin.videoroom')['data']['id']}"

    def _message(self, handle: str, body: dict[str, Any], jsep: dict[str, str] | None = None) -> tuple[Any, Any]:
        """A plugin's answer: at once, or as an event that is waited for."""
        reply = self._call(handle, "message", body=body, **({"jsep": jsep} if jsep else {}))
        wanted = reply.get("transaction")
        while reply["janus"] == "ack":
            for event in self._request("GET", f"{self._session}?maxev=20"):
                if event.get("transaction") == wanted and event["janus"] in ("event", "error"):
                    reply = event
        data = reply.get("plugindata", {}).get("data", {})
        if reply["janus"] == "error" or "error" in data:
            raise RuntimeError(f"Janus: {data or reply}")
        return data, reply.get("jsep")

    def _call(self, path: str, what: str, **more: Any) -> Any:
        reply = self._request("POST", path, json.dumps({"janus": what, "transaction": secrets.token_hex(8), **more}))
        if reply["janus"] == "error":
            raise RuntimeError(f"Janus: {reply['error']}")
        return reply

    def _request(self, method: str, path: str, body: str | None = None) -> Any:
        self._connection.request(method, path, body, {"Content-Type": "application/json"})
        return json.loads(self._connection.getresponse().read())


def _answer(kind: str, payload_type: int, mid: str) -> list[str]:
    codec = "opus/48000/2" if kind == "audio" else "VP8/90000"
    lines = [f"a=mid:{mid}", "a=recvonly", "a=rtcp-mux", f"a=rtpmap:{payload_type} {codec}"]
    if kind == "video":
        lines += [f"a=rtcp-fb:{payload_type} {what}" for what in ("nack", "nack pli", "ccm fir")]
    return [f"m={kind} {{port}} UDP/TLS/RTP/SAVPF {payload_type}", *lines]


@contextmanager
def janus_ramp(client: Client, cores: Cores, behaviour: Behaviour) -> Iterator[Ramp]:
    """As ``roadshow.bench.ramp.relay_ramp``. Raises SetupError."""
    lib = folder()
    if lib is None:
        raise SetupError(f"Janus is not installed: {INSTALL}")
    port = free_port(socket.SOCK_STREAM)
    with tempfile.TemporaryDirectory(prefix="janus-bench-") as made:
        where = Path(made)
        _configuration(where, lib, port)
        shim = where / "loopback.so"
        subprocess.run([*compiler(), "-O2", "-shared", "-fPIC", "-o", str(shim), str(SHIM), "-ldl"], check=True)
        environment = {"LD_PRELOAD": str(shim), "PATH": "/usr/bin:/bin"}
        with running(["janus", "-F", made, "-C", f"{made}/janus.jcfg"], where, port, cores, environment) as process:
            publisher = _publish(client, port)
            fleet = Fleet(client, lambda source: Janus(port, source), behaviour)
            try:
                time.sleep(1)
                yield Ramp(
                    client, fleet, cores, lambda: spent(family(process.pid)), lambda: resident(family(process.pid))
                )
            finally:
                fleet.close()
                publisher.close()


def _publish(client: Client, port: int) -> Peer:
    peer, ssrcs = Peer(client), (random.getrandbits(32), random.getrandbits(32))
    Janus(port).publish(peer, ssrcs)
    give_up = time.monotonic() + CONNECT_S
    while peer.counters().state != UP:
        if time.monotonic() > give_up:
            raise SetupError(f"the publisher could not connect to Janus: {peer.why}")
        time.sleep(0.02)
    run_publisher(client, peer, media.load(), ssrcs, "A")
    return peer
