"""Just enough SDP: an offer, and what is read from the answer. Not the relay's own, which is what is being tried."""

import random
import re
from collections.abc import Sequence
from typing import Protocol

import msgspec

EXT_MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
EXT_TRANSPORT = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
EXT_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
EXT_PLAYOUT = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
EXT_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
MID_ID, SEND_TIME_ID, TRANSPORT_ID, PLAYOUT_ID, LEVEL_ID = 1, 2, 3, 5, 6
OPUS, RED, VP8, RTX = 111, 63, 96, 97


class Remote(msgspec.Struct, frozen=True):
    """What the other side said."""

    ufrag: str
    password: str
    fingerprint: bytes
    """SHA-256."""
    setup: str
    candidate: tuple[str, int]
    video_type: int
    repeat_type: int
    """RTX for the picture; 0 without."""
    red_type: int = 0
    """RED for the sound; 0 without."""
    transport_id: int = 0
    """Header extension with the transport-wide number; 0 without."""
    sections: tuple[tuple[str, int, str], ...] = ()
    """Kind, payload type and mid of each."""


class Offering(Protocol):
    """Our end: a ``peer.Peer``."""

    ip: str
    port: int
    ufrag: str
    password: str


def section(
    kind: str,
    mid: str,
    direction: str,
    extra: Sequence[str] = (),
    *,
    repairs: bool = False,
    answers: bool = False,
    red: bool = False,
) -> list[str]:
    """An m-section without its transport. ``repairs``: with RTX; ``answers``: with what Chromium offers for its
    bandwidth to be estimated, RTX too, since probes are padding on it; ``red``: with redundant sound (RFC 2198)."""
    extensions = {MID_ID: EXT_MID}
    if kind == "audio":
        types, codec = [OPUS], [f"a=rtpmap:{OPUS} opus/48000/2", f"a=fmtp:{OPUS} minptime=10;useinbandfec=1"]
        if red:
            types, codec = [OPUS, RED], [*codec, f"a=rtpmap:{RED} red/48000/2", f"a=fmtp:{RED} {OPUS}/{OPUS}"]
        if answers:
            codec.append(f"a=rtcp-fb:{OPUS} transport-cc")
            extensions |= {LEVEL_ID: EXT_LEVEL, SEND_TIME_ID: EXT_SEND_TIME, TRANSPORT_ID: EXT_TRANSPORT}
    else:
        wanted = ["goog-remb", "transport-cc"] if answers else []
        feedback = [f"a=rtcp-fb:{VP8} {what}" for what in ("nack", "nack pli", "ccm fir", *wanted)]
        types, codec = [VP8], [f"a=rtpmap:{VP8} VP8/90000", *feedback]
        if repairs or answers:
            types, codec = [VP8, RTX], [*codec, f"a=rtpmap:{RTX} rtx/90000", f"a=fmtp:{RTX} apt={VP8}"]
        if answers:
            extensions |= {SEND_TIME_ID: EXT_SEND_TIME, TRANSPORT_ID: EXT_TRANSPORT, PLAYOUT_ID: EXT_PLAYOUT}
    head = f"m={kind} {{port}} UDP/TLS/RTP/SAVPF {' '.join(map(str, types))}"
    maps = [f"a=extmap:{number} {uri}" for number, uri in extensions.items()]
    return [head, f"a=mid:{mid}", f"a={direction}", "a=rtcp-mux", *maps, *codec, *extra]


def write(peer: Offering, fingerprint: str, sections: Sequence[Sequence[str]], setup: str = "actpass") -> str:
    """A description of our end, all sections in one bundle."""
    mids = [line[6:] for lines in sections for line in lines if line.startswith("a=mid:")]
    text = ["v=0", f"o=- {random.getrandbits(60)} 2 IN IP4 {peer.ip}", "s=-", "t=0 0"]
    text += [f"a=group:BUNDLE {' '.join(mids)}", "a=msid-semantic: WMS *"]
    for head, *lines in sections:
        text += [
            head.format(port=peer.port),
            f"c=IN IP4 {peer.ip}",
            f"a=candidate:1 1 udp 2130706431 {peer.ip} {peer.port} typ host",
            "a=end-of-candidates",
            f"a=ice-ufrag:{peer.ufrag}",
            f"a=ice-pwd:{peer.password}",
            f"a=fingerprint:sha-256 {fingerprint}",
            f"a=setup:{setup}",
            *lines,
        ]
    return "\r\n".join(text) + "\r\n"


def parse(text: str) -> Remote:
    """What an answer (or Janus' offer) says. Raises ValueError when something we need is missing."""
    candidates = [line.split() for line in re.findall(r"^a=candidate:(.*?)\s*$", text, re.MULTILINE)]
    hosts = [
        (words[4], int(words[5]))
        for words in candidates
        if len(words) > 5 and words[1] == "1" and words[2].lower() == "udp" and words[4].startswith("127.")
    ]
    if not hosts:
        raise ValueError("the server offers no candidate on 127.x, and nothing else is tried")
    sections: list[tuple[str, int, str]] = []
    video = repeat = red = transport = 0
    for part in re.split(r"^(?=m=)", text, flags=re.MULTILINE)[1:]:
        kind, _, _, listed = part.split("\r\n")[0][2:].split(" ", 3)
        maps = re.findall(r"^a=rtpmap:(\d+) ([A-Za-z0-9]+)", part, re.MULTILINE)
        names = {int(number): name.lower() for number, name in maps}
        types = [int(number) for number in listed.split()]
        wanted = "opus" if kind == "audio" else "vp8"
        chosen = next((number for number in types if names.get(number) == wanted), types[0])
        sections.append((kind, chosen, _first(r"^a=mid:(.*)", part, "0")))
        transport = transport or int(_first(rf"^a=extmap:(\d+)\S* {EXT_TRANSPORT}", part, "0"))
        if kind == "audio" and not red:
            red = next((number for number in types if names.get(number) == "red"), 0)
        if kind == "video" and not video:
            video = chosen
            repeat = next((number for number in types if names.get(number) == "rtx"), 0)
    return Remote(
        ufrag=_first(r"^a=ice-ufrag:(.*)", text),
        password=_first(r"^a=ice-pwd:(.*)", text),
        fingerprint=bytes.fromhex(_first(r"^a=fingerprint:sha-256 (.*)", text).replace(":", "")),
        setup=_first(r"^a=setup:(.*)", text),
        candidate=hosts[0],
        video_type=video or VP8,
        repeat_type=repeat,
        red_type=red,
        transport_id=transport,
        sections=tuple(sections),
    )


def _first(pattern: str, text: str, default: str | None = None) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    if found is not None:
        return found[1].strip()
    if default is None:
        raise ValueError(f"the answer has no {pattern[3:-4]}")
    return default
