"""The load client's binding, by ctypes, which lets go of the interpreter's lock while C runs."""

import ctypes as c
import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from roadshow.bench.sdp import Remote
from roadshow.bench.toolchain import client_library
from roadshow.errors import SetupError

UP, FAILED = 4, 5
PROFILES = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80"
LAT_BUCKETS = 100_000
"""Of the latency histogram; ``results.BUCKET_MS`` is their width."""
RECEIVE_BUFFER = 1 << 20
"""Bytes asked for each viewer's socket: a second and more of the stream."""
SCAN_MS = 20
"""How often viewers' sockets are drained."""
SAMPLE_EVERY = 64
"""One packet in so many is authenticated and decrypted."""
TIME_EVERY = 8
"""One frame in so many of a stamped viewer is timed."""
FEEDBACK_MS = 100
"""How often a viewer that answers sends transport-wide feedback; Chromium moves between 50 and 250."""
LOOPBACK = "127.0.0.1"


_COUNTS = (
    "t_start", "t_ice", "t_dtls", "t_media", "t_picture", "packets", "bytes", "expected", "dup", "late", "frames",
    "max_gap_ns", "auth_ok", "auth_bad", "rtcp_ok", "rtcp_bad", "consent_sent", "consent_ok", "kernel_drops",
    "lat_samples", "pli", "backwards", "leaps", "nacked", "repaired", "whole", "broken", "switches", "t_switch",
    "blind", "told", "red", "overflowed",
)  # fmt: skip


class Counters(c.Structure):
    """What one peer saw, laid out as ``stat_t``. Times in ns of CLOCK_MONOTONIC; ``t_switch`` of
    CLOCK_REALTIME."""

    _fields_ = (("state", c.c_int32), ("profile", c.c_int32), *((name, c.c_uint64) for name in _COUNTS))

    if TYPE_CHECKING:

        @override
        def __getattr__(self, name: str) -> int: ...


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How a viewer's link and eyes are."""

    stamped: bool = True
    """Its packets get the kernel's time stamps, so that it measures latency."""
    watches_all: bool = False
    """Decrypts every packet of the picture, to see which publisher's it is."""
    repairs: bool = False
    """Asks for what is missing, and judges whole frames."""
    loss: float = 0.0
    """Share of datagrams lost, each way."""
    answers: bool = False
    """Offers what Chromium offers for its bandwidth to be estimated, and answers transport-wide feedback."""
    red: bool = False
    """Takes redundant sound (RFC 2198)."""
    line: tuple[int, int] = (0, 0)
    """Its way in: bits a second, and packets that its queue holds, up to 64; (0, 0): without end."""


PLAIN = Behaviour()
CHROMIUM = Behaviour(answers=True, red=True)
"""What a browser makes a server do for it, on a line that loses nothing."""


def _stamps(behaviour: Behaviour) -> int:
    """Of the kernel, for each packet: 0 none, 1 for feedback alone, 2 to measure latency too."""
    return 2 if behaviour.stamped else int(behaviour.answers or behaviour.line[0] > 0)


class Client:
    """The shared library and its I/O thread. One for a process; C has one table of peers."""

    def __init__(self, profiles: str = PROFILES, scan_ms: int = SCAN_MS, sample_every: int = SAMPLE_EVERY) -> None:
        """Raises SetupError."""
        self.lib = c.CDLL(str(client_library()))
        if self.lib.rp_init(profiles.encode(), scan_ms, sample_every, TIME_EVERY):
            raise SetupError(f"this OpenSSL knows none of the SRTP profiles {profiles}.")
        digest = (c.c_uint8 * 32)()
        self.lib.rp_fingerprint(digest)
        self.fingerprint = ":".join(f"{byte:02X}" for byte in digest)
        self.lib.rp_feedback(FEEDBACK_MS)
        self._thread = threading.Thread(target=self.lib.rp_run, daemon=True, name="load client")
        self._thread.start()

    def latency(self) -> list[int]:
        """The histogram since the last call; its last bucket holds all that took longer."""
        counts = (c.c_uint32 * (LAT_BUCKETS + 1))()
        self.lib.rp_latency(counts, 1)
        return list(counts)

    def reset_gaps(self) -> None:
        self.lib.rp_reset_gaps()

    def stop(self) -> None:
        self.lib.rp_stop()
        self._thread.join(2)


def calibrate(server_core: int, load_core: int, seconds: float = 0.3) -> tuple[float, float]:
    """Microseconds of processor time of one ``sendto`` of 1,108 bytes on loopback, and of their AES-128-GCM."""
    lib, costs, status = c.CDLL(str(client_library())), (c.c_double * 2)(), [0]

    def run() -> None:  # a thread of its own, as it pins itself
        status[0] = lib.rp_calibrate(server_core, load_core, c.c_double(seconds), costs)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if status[0]:
        raise SetupError("the calibration could not send on the loopback interface.")
    return costs[0], costs[1]


class Peer:
    """One WebRTC connection: ``start`` it with what the other side answered."""

    def __init__(self, client: Client, behaviour: Behaviour = PLAIN, scan_buffer: int = RECEIVE_BUFFER) -> None:
        """Raises SetupError when there is no socket to be had."""
        self.client = client
        self.ip = LOOPBACK
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(12)
        self.behaviour = behaviour
        self.asked_at = 0
        """When its offer was sent, in ns of the monotonic clock."""
        port = c.c_int()
        self.id: int = client.lib.rp_open(
            self.ip.encode(), scan_buffer, _stamps(behaviour), int(behaviour.watches_all), int(behaviour.repairs),
            c.c_double(behaviour.loss), c.byref(port), self.ufrag.encode(), self.password.encode(),
        )  # fmt: skip
        if self.id < 0:
            raise SetupError("no more sockets can be opened: raise the limit of open files (ulimit -n).")
        self.port = port.value
        if behaviour.line[0]:
            client.lib.rp_line(self.id, *behaviour.line)

    def start(self, remote: Remote) -> None:
        """Begin with ICE. Raises OSError."""
        address, port = remote.candidate
        if self.client.lib.rp_start(
            self.id, address.encode(), port, remote.ufrag.encode(), remote.password.encode(), remote.fingerprint,
            1, int(remote.setup != "active"), remote.video_type, remote.repeat_type, remote.red_type,
            remote.transport_id,
        ):  # fmt: skip
            raise OSError(f"cannot reach {address}:{port}")

    def counters(self) -> Counters:
        counters, why = Counters(), c.create_string_buffer(128)
        self.client.lib.rp_get(self.id, c.byref(counters), why)
        return counters

    @property
    def why(self) -> str:
        """Why it failed; empty if it did not."""
        why = c.create_string_buffer(128)
        self.client.lib.rp_get(self.id, c.byref(Counters()), why)
        return why.value.decode(errors="replace")

    def close(self) -> None:
        self.client.lib.rp_close(self.id)
