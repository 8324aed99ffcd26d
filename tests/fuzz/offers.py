"""Offers and fragments in the shapes that Chromium, Firefox, OBS (libdatachannel), GStreamer and aiortc send, and ways
to spoil them. Written for these tests; short where the original repeats itself."""

import random
import re
from collections.abc import Sequence

from tests.fuzz.packets import damaged

_PRINT = ":".join(["AB"] * 32)
_UFRAG, _PASSWORD = "fz01", "fuzz" * 6  # 24 characters


def _transport(setup: str = "actpass") -> list[str]:
    return [
        f"a=ice-ufrag:{_UFRAG}",
        f"a=ice-pwd:{_PASSWORD}",
        "a=ice-options:trickle",
        f"a=fingerprint:sha-256 {_PRINT}",
        f"a=setup:{setup}",
    ]


def _chromium(direction: str) -> list[str]:
    lines = ["v=0", "o=- 4611731400430051336 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1 2"]
    lines += ["a=extmap-allow-mixed", "a=msid-semantic: WMS stream"]
    for mid, kind in enumerate(("video", "audio", "video")):
        types = "96 97 102 103 98 99 45 46" if kind == "video" else "111 63 9 0 8 13 110 126"
        lines += [f"m={kind} 9 UDP/TLS/RTP/SAVPF {types}", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0", *_transport()]
        lines += [f"a=mid:{mid}", "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid"]
        lines += ["a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time", f"a={direction}"]
        lines += ["a=msid:stream track", "a=rtcp-mux", "a=rtcp-rsize"]
        if kind == "audio":
            lines += ["a=extmap:14 urn:ietf:params:rtp-hdrext:ssrc-audio-level", "a=rtpmap:111 opus/48000/2"]
            lines += ["a=rtcp-fb:111 transport-cc", "a=fmtp:111 minptime=10;useinbandfec=1", "a=rtpmap:63 red/48000/2"]
            lines += ["a=fmtp:63 111/111", "a=ssrc:3735928559 cname:fuzz"]
            continue
        lines += ["a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"]
        lines += ["a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"]
        for number, name in ((96, "VP8"), (102, "H264"), (98, "VP9"), (45, "AV1")):
            lines += [f"a=rtpmap:{number} {name}/90000"]
            lines += [
                f"a=rtcp-fb:{number} {what}" for what in ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
            ]
            lines += [f"a=rtpmap:{number + 1} rtx/90000", f"a=fmtp:{number + 1} apt={number}"]
        lines += ["a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"]
        if direction == "sendonly" and mid == 0:
            lines += ["a=rid:q send", "a=rid:h send", "a=rid:f send", "a=simulcast:send q;h;f"]
        else:
            first = 1000 + 2 * mid
            lines += [
                f"a=ssrc-group:FID {first} {first + 1}",
                f"a=ssrc:{first} cname:fuzz",
                f"a=ssrc:{first + 1} cname:fuzz",
            ]
    return lines


def _firefox(direction: str) -> list[str]:
    lines = [
        "v=0",
        "o=mozilla...THIS_IS_SDPARTA-99.0 5 0 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        f"a=fingerprint:sha-256 {_PRINT}",
    ]
    lines += ["a=group:BUNDLE 0 1", "a=ice-options:trickle", "a=msid-semantic:WMS *"]
    for mid, kind in enumerate(("audio", "video")):
        types = "109 9 0 8 101" if kind == "audio" else "120 124 121 125 126 127 97 98"
        lines += [f"m={kind} 9 UDP/TLS/RTP/SAVPF {types}", "c=IN IP4 0.0.0.0", f"a={direction}"]
        lines += ["a=extmap:1/recvonly urn:ietf:params:rtp-hdrext:ssrc-audio-level"] if kind == "audio" else []
        lines += ["a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid", f"a=ice-ufrag:{_UFRAG}", f"a=ice-pwd:{_PASSWORD}"]
        lines += [f"a=mid:{mid}", "a=rtcp-mux", "a=rtcp-rsize", "a=setup:actpass"]
        if kind == "audio":
            lines += ["a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1", "a=rtpmap:109 opus/48000/2"]
            continue
        lines += ["a=fmtp:126 profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1"]
        lines += ["a=fmtp:120 max-fs=12288;max-fr=60", "a=fmtp:124 apt=120", "a=fmtp:127 apt=126"]
        lines += ["a=rtcp-fb:* nack", "a=rtcp-fb:120 nack pli", "a=rtcp-fb:126 ccm fir", "a=rtpmap:120 VP8/90000"]
        lines += [
            "a=rtpmap:124 rtx/90000",
            "a=rtpmap:121 VP9/90000",
            "a=rtpmap:126 H264/90000",
            "a=rtpmap:127 rtx/90000",
        ]
        lines += ["a=ssrc:9 cname:{fuzz}"]
    return lines


def _obs(direction: str) -> list[str]:
    lines = ["v=0", "o=rtc 2890844526 0 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=group:LS 0 1"]
    lines += ["a=msid-semantic:WMS *", *_transport()]
    lines += ["m=audio 40000 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 127.0.0.1", "a=mid:0", f"a={direction}"]
    lines += ["a=ssrc:11 cname:obs", "a=ssrc:11 msid:obs audio", "a=rtcp-mux", "a=rtpmap:111 opus/48000/2"]
    lines += ["a=fmtp:111 minptime=10;maxaveragebitrate=96000;stereo=1;sprop-stereo=1;useinbandfec=1"]
    lines += ["a=candidate:1 1 UDP 2122317823 127.0.0.1 40000 typ host", "a=end-of-candidates"]
    lines += [
        "m=video 40000 UDP/TLS/RTP/SAVPF 96",
        "c=IN IP4 127.0.0.1",
        "a=mid:1",
        f"a={direction}",
        "a=ssrc:12 cname:obs",
    ]
    lines += ["a=rtcp-mux", "a=rtpmap:96 H264/90000", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli"]
    return [*lines, "a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1"]


def _gstreamer(direction: str) -> list[str]:
    lines = [
        "v=0",
        "o=- 1337 0 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=ice-options:trickle",
        "a=group:BUNDLE video0 audio1",
    ]
    lines += ["m=video 9 UDP/TLS/RTP/SAVPF 97", "c=IN IP4 0.0.0.0", "a=setup:actpass", f"a=ice-ufrag:{_UFRAG}"]
    lines += [f"a=ice-pwd:{_PASSWORD}", "a=rtcp-mux", "a=rtcp-rsize", f"a={direction}", "a=rtpmap:97 VP8/90000"]
    lines += [
        "a=rtcp-fb:97 nack",
        "a=rtcp-fb:97 nack pli",
        "a=rtcp-fb:97 ccm fir",
        "a=framerate:30",
        "a=ssrc:77 msid:u t",
    ]
    lines += ["a=mid:video0", f"a=fingerprint:sha-256 {_PRINT}", "m=audio 0 UDP/TLS/RTP/SAVPF 96", "c=IN IP4 0.0.0.0"]
    lines += ["a=bundle-only", "a=setup:actpass", f"a=ice-ufrag:{_UFRAG}", f"a=ice-pwd:{_PASSWORD}", "a=rtcp-mux"]
    lines += [f"a={direction}", "a=rtpmap:96 OPUS/48000/2", "a=fmtp:96 sprop-stereo=1", "a=mid:audio1"]
    return [*lines, f"a=fingerprint:sha-256 {_PRINT}"]


def _aiortc(direction: str) -> list[str]:
    lines = [
        "v=0",
        "o=- 3900000000 3900000000 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0",
        "a=msid-semantic:WMS *",
    ]
    lines += ["m=video 50000 UDP/TLS/RTP/SAVPF 97 98 99 100", "c=IN IP4 127.0.0.1", f"a={direction}"]
    lines += ["a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid", "a=mid:0", "a=msid:a b", "a=rtcp:9 IN IP4 0.0.0.0"]
    lines += ["a=rtcp-mux", "a=ssrc-group:FID 5 6", "a=ssrc:5 cname:c", "a=ssrc:6 cname:c", "a=rtpmap:97 VP8/90000"]
    lines += ["a=rtcp-fb:97 nack", "a=rtcp-fb:97 nack pli", "a=rtcp-fb:97 goog-remb", "a=rtpmap:98 rtx/90000"]
    lines += ["a=fmtp:98 apt=97", "a=rtpmap:99 H264/90000", "a=rtpmap:100 rtx/90000", "a=fmtp:100 apt=99"]
    lines += ["a=fmtp:99 packetization-mode=1;level-asymmetry-allowed=1;profile-level-id=42001f"]
    lines += ["a=candidate:f 1 udp 2130706431 127.0.0.1 50000 typ host", "a=end-of-candidates", *_transport("active")]
    return [*lines, f"a=fingerprint:sha-512 {_PRINT}:{_PRINT}"]


def _data(direction: str) -> list[str]:
    """With a section that no relay wants, first."""
    lines = _chromium(direction)
    at = next(number for number, line in enumerate(lines) if line.startswith("m="))
    return [*lines[:at], "m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:d", *_transport(), *lines[at:]]


SHAPES = (_chromium, _firefox, _obs, _gstreamer, _aiortc, _data)
PUBLISHED = tuple("\r\n".join(shape("sendonly")) + "\r\n" for shape in SHAPES)
WATCHED = tuple("\r\n".join(shape("recvonly")) + "\r\n" for shape in SHAPES)
FRAGMENTS = tuple(
    "\r\n".join(lines) + "\r\n"
    for lines in (
        ["a=ice-ufrag:" + _UFRAG, "a=ice-pwd:" + _PASSWORD, "m=audio 9 RTP/AVP 0", "a=mid:0",
         "a=candidate:1 1 udp 2122317823 127.0.0.1 4000 typ host", "a=end-of-candidates"],
        ["a=group:BUNDLE 0 1", "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:0", "a=ice-ufrag:NEW1",
         "a=ice-pwd:" + "N" * 22],
        ["m=audio 9 RTP/AVP 0", "a=mid:0", "a=candidate:2 1 tcp 1 ::1 9 typ host tcptype active"],
    )
)  # fmt: skip

_WORDS = ("", "0", "-1", "1", "65535", "65536", "4294967296", "9" * 5000, "٣", "²", "𝟗", "*", "/", "a=", "m=",
    "\0", "\x85", "\u2028", "0x10", "1e3", " 1", "+1", "1_0", "sendonly", "recvonly", "inactive", "passive", "active",
    "holdconn", ":", ";", "=", "apt=", "apt=" + "9" * 4999, "apt=²",
    "VP8/90000", "opus/48000/2", "rtx/90000", "\r", "x" * 3000,
    "q;~h,f", "~",
)  # fmt: skip
_NUMBERS = (
    "", "0", "-1", "1", "63", "64", "95", "127", "128", "255", "256", "65536", "4294967296", "9" * 4301, "²", "٣", "1.5"
)  # fmt: skip
_NUMBER = re.compile("[0-9]+")


def spoiled(texts: Sequence[str], dice: random.Random) -> str:
    """One of the texts with lines lost, doubled, moved, joined with another text's, and words of lines replaced."""
    lines = dice.choice(texts).split("\r\n")
    for _ in range(dice.choice((0, 1, 1, 2, 3, 8))):
        at = dice.randrange(len(lines))
        match dice.randrange(12):
            case 0:
                del lines[at]
                lines = lines or [""]
            case 1:
                lines.insert(dice.randrange(len(lines) + 1), lines[at])
            case 2:
                other = dice.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
            case 3:
                donor = dice.choice(texts).split("\r\n")
                lines[at:] = donor[dice.randrange(len(donor)) :] or [""]
            case 4:
                lines[at:at] = [lines[at]] * dice.choice((2, 40, 700))
            case 5 | 6:
                lines[at] = _reworded(lines[at], dice)
            case 7 if numbers := [match.span() for match in _NUMBER.finditer(lines[at])]:
                first, end = dice.choice(numbers)
                lines[at] = lines[at][:first] + dice.choice(_NUMBERS) + lines[at][end:]
            case 8:
                lines[at] = "".join(dice.choice(("a=", "m=", "")) + dice.choice(_WORDS) for _ in range(3))
            case _:
                lines[at] = damaged(lines[at].encode(), dice).decode("utf-8", "replace")
    text = dice.choice(("\r\n", "\r\n", "\r\n", "\n", "\r", "\n\n")).join(lines)
    return text if dice.randrange(40) else text[: dice.randrange(len(text) + 1)]


def _reworded(line: str, dice: random.Random) -> str:
    """With one word, or one part of a word, replaced."""
    mark = dice.choice((" ", ":", "/", ";", "=", ","))
    words = line.split(mark)
    words[dice.randrange(len(words))] = dice.choice(_WORDS)
    return mark.join(words)
