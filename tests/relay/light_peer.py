"""A WebRTC peer without codecs or clocks: it sends and keeps raw RTP and RTCP, so tests see every byte.

ICE by hand, DTLS-SRTP by aiortc, in the role that the answer leaves to it.
"""

import asyncio
import re
import secrets
from collections.abc import Callable, Sequence
from typing import Any

import pylibsrtp
from aioice import stun
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from typing_extensions import override

from roadshow.rooms.relay.wire.h264 import aggregate
from roadshow.rooms.relay.wire.rtp import Packet, is_rtcp, parse
from tests.relay.inbox import Inbox

PATIENCE_S = 10
MID_ID, LEVEL_ID = 1, 3
CODECS = {
    "VP8": (96, "VP8/90000", 97),
    "H264": (102, "H264/90000", 103),
    "opus": (111, "opus/48000/2", 0),
}


def section(kind: str, mid: str, direction: str, codecs: Sequence[str], rtx: bool = True) -> list[str]:
    """An m-section of an offer."""
    types: list[int] = []
    lines: list[str] = []
    for name in codecs:
        payload_type, rtpmap, repeat = CODECS[name]
        types.append(payload_type)
        lines += [f"a=rtpmap:{payload_type} {rtpmap}"]
        if kind == "video":
            lines += [f"a=rtcp-fb:{payload_type} {what}" for what in ("nack", "nack pli", "goog-remb")]
        if name == "H264":
            lines.append(f"a=fmtp:{payload_type} packetization-mode=1;profile-level-id=42e01f")
        if rtx and repeat:
            types.append(repeat)
            lines += [f"a=rtpmap:{repeat} rtx/90000", f"a=fmtp:{repeat} apt={payload_type}"]
    return [
        f"m={kind} 9 UDP/TLS/RTP/SAVPF {' '.join(map(str, types))}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{mid}",
        f"a={direction}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        f"a=extmap:{MID_ID} urn:ietf:params:rtp-hdrext:sdes:mid",
        f"a=extmap:{LEVEL_ID} urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        *lines,
    ]


class IceTransport(Inbox):
    """What aiortc's RTCDtlsTransport asks of one."""

    role = "controlling"

    async def _recv(self) -> bytes:
        return await self.receive()

    async def _send(self, data: bytes) -> None:
        self.send(data)


class LightPeer(asyncio.DatagramProtocol):
    """``offer`` first, then ``connect`` with the answer. What came stands in ``rtp`` (and ``raw``) and ``rtcp``."""

    def __init__(self, waits: bool = False, certificate: RTCCertificate | None = None) -> None:
        """``waits``: wants to be the DTLS server."""
        self._setup = "passive" if waits else "actpass"
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(12)
        self.rtp: list[Packet] = []
        self.raw: list[bytes] = []
        self.rtcp: list[bytes] = []
        self.stun: list[stun.Message] = []
        self.asked: list[stun.Message] = []
        """Requests of the relay's."""
        self.answers = True
        """Whether these are answered, as every full ICE agent does."""
        self.other: list[bytes] = []
        self.answer = ""
        self._early: list[bytes] = []  # media that overtook our own end of the handshake
        self._certificate = certificate or RTCCertificate.generateCertificate()
        self._news = asyncio.Condition()
        self._udp: asyncio.DatagramTransport | None = None
        self._wire = IceTransport(self.send)
        self.dtls = RTCDtlsTransport(self._wire, [self._certificate])  # type: ignore[arg-type]
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def _keys(self) -> Any:
        """What decrypts, once there is anything."""
        return self.dtls._rx_srtp

    def offer(self, *sections: list[str]) -> str:
        fingerprint = next(f for f in self._certificate.getFingerprints() if f.algorithm == "sha-256")
        mids = " ".join(line[6:] for lines in sections for line in lines if line.startswith("a=mid:"))
        head = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mids}"]
        head += [f"a=fingerprint:{fingerprint.algorithm} {fingerprint.value}", f"a=setup:{self._setup}"]
        head += [f"a=ice-ufrag:{self.ufrag}", f"a=ice-pwd:{self.password}"]
        return "\r\n".join(head + [line for lines in sections for line in lines]) + "\r\n"

    def told(self, what: str) -> str:
        """An attribute of the answer."""
        found = re.search(rf"^a={what}:(.*?)\r?$", self.answer, re.MULTILINE)
        assert found is not None
        return found[1]

    @property
    def server(self) -> tuple[str, int]:
        words = self.told("candidate").split()
        return words[4], int(words[5])

    async def open(self, answer: str) -> None:
        """Take the answer and a port, say nothing yet."""
        self.take(answer)
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))

    def take(self, answer: str) -> None:
        """The answer, with the role in the handshake that it gives us."""
        self.answer = answer
        self.dtls._set_role("server" if self.told("setup") == "active" else "client")

    async def connect(self, answer: str) -> "LightPeer":
        await self.open(answer)
        await self.check()
        algorithm, value = self.told("fingerprint").split()
        async with asyncio.timeout(PATIENCE_S):
            await self.dtls.start(RTCDtlsParameters([RTCDtlsFingerprint(algorithm, value)]))
        assert self.dtls.state == "connected"
        for data in self._early:
            self._media(data)
        return self

    def binding(self, named: bool = True, **changes: Any) -> stun.Message:
        """A connectivity check; ``named``: of the pair that is to be used."""
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self.told('ice-ufrag')}:{self.ufrag}"
        request.attributes["PRIORITY"] = 1
        request.attributes["ICE-CONTROLLING"] = 1
        if named:
            request.attributes["USE-CANDIDATE"] = None
        request.attributes.update(changes)
        request.add_message_integrity(self.told("ice-pwd").encode())
        return request

    async def check(self) -> stun.Message:
        request = self.binding()
        self.send(bytes(request))
        await self.until(lambda: any(m.transaction_id == request.transaction_id for m in self.stun))
        return self.stun[-1]

    async def until(self, condition: Callable[[], Any]) -> None:
        """Wait until it holds; looked at with each datagram."""
        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(condition)

    def send(self, data: bytes) -> None:
        assert self._udp is not None
        self._udp.sendto(data, self.server)

    def send_rtp(self, data: bytes) -> None:
        self.send(self.dtls._tx_srtp.protect(data))

    def send_rtcp(self, data: bytes) -> None:
        self.send(self.dtls._tx_srtp.protect_rtcp(data))

    async def move(self) -> None:
        """Change to another port; packets for the old one are lost."""
        assert self._udp is not None
        self._udp.close()
        loop = asyncio.get_running_loop()
        self._udp, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))

    async def close(self) -> None:
        await self.dtls.stop()
        self.vanish()

    def vanish(self) -> None:
        """Go without a word."""
        if self._udp is not None:
            self._udp.close()
        self._wire.close()

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if data[0] < 4:
            self._heard(stun.parse_message(data), addr)
        elif 19 < data[0] < 64:
            self._wire.feed(data)
        elif self._keys is not None:
            self._media(data)
        else:
            self._early.append(data)
        task = asyncio.get_running_loop().create_task(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _heard(self, message: stun.Message, address: tuple[str, int]) -> None:
        if message.message_class is not stun.Class.REQUEST:
            self.stun.append(message)
            return
        self.asked.append(message)
        if self.answers and message.attributes["USERNAME"] == f"{self.ufrag}:{self.told('ice-ufrag')}":
            message.check_message_integrity(self.password.encode())
            self.send(self.reply(message, address))

    def reply(self, asked: stun.Message, address: tuple[str, int]) -> bytes:
        """To a request of the relay's."""
        answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, asked.transaction_id)
        answer.attributes["XOR-MAPPED-ADDRESS"] = address
        answer.add_message_integrity(self.password.encode())
        return bytes(answer)

    def _media(self, data: bytes) -> None:
        try:
            if is_rtcp(data):
                self.rtcp.append(self._keys.unprotect_rtcp(data))
                return
            plain = self._keys.unprotect(data)
        except pylibsrtp.Error:
            self.other.append(data)
            return
        packet = parse(plain)
        assert packet is not None
        self.rtp.append(packet)
        self.raw.append(data)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


def vp8(
    sequence: int, timestamp: int, key: bool = False, picture: int | None = None, ssrc: int = 1, marker: bool = True,
    body: bytes = b"\x9d\x01\x2a", start: bool = True, payload_type: int = 96,
) -> bytes:  # fmt: skip
    """A VP8 packet; ``picture`` goes into 15 bits."""
    first = 0x10 if start else 0
    descriptor = (
        bytes((first,)) if picture is None else bytes((0x80 | first, 0x80)) + (0x8000 | picture).to_bytes(2, "big")
    )
    frame = bytes((0 if key else 1,)) + body
    return head(sequence, timestamp, ssrc, payload_type, marker) + descriptor + frame


SPS, PPS = bytes.fromhex("6742e01f8c8d40501e80"), bytes.fromhex("68ce3c80")
IDR, SLICE = b"\x65slice", b"\x41slice"


def h264(sequence: int, timestamp: int, key: bool = False, ssrc: int = 1, bare: bool = False) -> bytes:
    """A whole H264 picture; ``bare``: a key frame without its parameter sets."""
    units = [SLICE] if not key else [IDR] if bare else [SPS, PPS, IDR]
    return nal(sequence, timestamp, *units, ssrc=ssrc)


def nal(sequence: int, timestamp: int, *units: bytes, ssrc: int = 1, marker: bool = True) -> bytes:
    """A packet of these H264 units."""
    return head(sequence, timestamp, ssrc, 102, marker) + (units[0] if len(units) == 1 else aggregate(list(units)))


def opus(sequence: int, timestamp: int, ssrc: int = 2, level: int | None = None) -> bytes:
    if level is None:
        return head(sequence, timestamp, ssrc, 111, False) + b"sound"
    extension = bytes((0xBE, 0xDE, 0, 1, LEVEL_ID << 4, level, 0, 0))
    data = head(sequence, timestamp, ssrc, 111, False)
    return bytes((data[0] | 0x10,)) + data[1:] + extension + b"sound"


def head(sequence: int, timestamp: int, ssrc: int, payload_type: int, marker: bool) -> bytes:
    numbers = (sequence & 0xFFFF).to_bytes(2, "big") + (timestamp & 0xFFFFFFFF).to_bytes(4, "big")
    return bytes((0x80, payload_type | (0x80 if marker else 0))) + numbers + ssrc.to_bytes(4, "big")
