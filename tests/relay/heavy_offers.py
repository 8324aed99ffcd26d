"""Offers as large as they may be, each full of one thing that can be repeated: what an offer costs is bounded."""

from collections.abc import Callable, Iterator

from roadshow.rooms.relay.wire.sdp import MAX_LINES, MAX_OFFER

TYPES = " ".join(map(str, [*range(64), *range(96, 128)]))
_HEAD = (
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-ufrag:abcd\r\na=ice-pwd:" + "p" * 24 + "\r\n"
    "a=setup:actpass\r\na=fingerprint:sha-256 " + ":".join(["AB"] * 32) + "\r\n"
)
_PER_SECTION = 1000
"""Lines: once the bound of one section, so what costs with its formats costs twice."""


def _sections(line: Callable[[int], str], types: str = TYPES, kind: str = "video", codec: str = "VP8") -> str:
    """As many lines as are read, in as many sections as they need."""
    made: list[str] = []
    mids: list[str] = []
    number = size = count = 0
    while size < MAX_OFFER - 3000 and count < MAX_LINES - 20 and len(made) < 31:
        mids.append(str(len(made)))
        lines = [f"m={kind} 9 UDP/TLS/RTP/SAVPF {types}", f"a=mid:{mids[-1]}", "a=sendonly"]
        lines += [f"a=rtpmap:{word} {codec}/90000" for word in types.split()[-2:]]
        size += sum(len(one) + 2 for one in lines)
        count += len(lines)
        for _ in range(_PER_SECTION):
            one = line(number)
            number, size, count = number + 1, size + len(one) + 2, count + 1
            if size > MAX_OFFER - 2000 or count > MAX_LINES - 20:
                break
            lines.append(one)
        made.append("\r\n".join(lines) + "\r\n")
    return _HEAD + f"a=group:BUNDLE {' '.join(mids)}\r\n" + "".join(made)


def _session(line: str) -> str:
    """Lines before any section, then thirty sections that take them over."""
    tail = "".join(f"m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:{n}\r\na=rtpmap:96 VP8/90000\r\n" for n in range(30))
    room = (MAX_OFFER - len(_HEAD) - len(tail) - 200) // (len(line) + 2)
    return _HEAD + (line + "\r\n") * min(room, 1000) + "a=group:BUNDLE 0\r\n" + tail


def _one_line(head: str, item: str, end: str = "") -> str:
    room = (MAX_OFFER - len(_HEAD) - 800) // len(item)
    line = head + item * room + end
    return _HEAD + f"m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\n{line}\r\n"


def heavy_offers() -> Iterator[tuple[str, str]]:
    """(what it is full of, the offer)."""
    yield "feedback for all", _sections(lambda n: "a=rtcp-fb:* x")
    yield "other feedback for all", _sections(lambda n: f"a=rtcp-fb:* x{n % 40}")
    yield "feedback of many words", _sections(lambda n: "a=rtcp-fb:* " + "x " * 300)
    yield "feedback", _sections(lambda n: "a=rtcp-fb:96 x")
    yield "names of formats", _sections(lambda n: f"a=rtpmap:{96 + n % 32} VP8/90000")
    yield "parameters", _sections(lambda n: f"a=fmtp:{96 + n % 32} x{n}=1;y=2;z=3")
    yield "parameters without end", _sections(lambda n: "a=fmtp:96 " + ";" * 500)
    yield "repeats of one format", _sections(lambda n: f"a=fmtp:{96 + n % 32} apt=96", codec="rtx")
    yield "short parameters", _sections(lambda n: "a=fmtp:96 a;b")
    yield "extensions", _sections(lambda n: f"a=extmap:{n % 255} urn:x:{n}")
    yield "streams", _sections(lambda n: f"a=ssrc:{n} cname:x")
    yield "groups of streams", _sections(lambda n: f"a=ssrc-group:FID {n} {n + 1}")
    yield "large groups of streams", _sections(lambda n: "a=ssrc-group:FID " + f"{n} " * 300)
    yield "layers", _sections(lambda n: f"a=ssrc-group:SIM {n} {n + 1} {n + 2}")
    yield "encodings", _sections(lambda n: f"a=rid:{n} send pt=96")
    yield "encodings of all types", _sections(lambda n: f"a=rid:{n % 16} send pt={TYPES.replace(' ', ',')}")
    yield "simulcast", _sections(lambda n: "a=simulcast:send " + ";".join("abcdefghijklmnopq"))
    yield "simulcast without end", _one_line("a=simulcast:send ", "a,")
    yield "candidates", _sections(lambda n: f"a=candidate:{n} 1 udp 1 10.0.0.1 {n} typ host")
    yield "fingerprints", _sections(lambda n: "a=fingerprint:sha-256 " + ":".join(["AB"] * 32))
    yield "directions", _sections(lambda n: "a=sendrecv")
    yield "unknown", _sections(lambda n: "a=x")
    yield "sections", _sections(lambda n: "a=x:" + "y" * 2000)
    yield "sections of the session's", _session("a=rtcp-fb:* x")
    yield "types in one section", _one_line("m=video 9 UDP/TLS/RTP/SAVPF", " 96")
    yield "names in a bundle", _one_line("a=group:BUNDLE", " 0")
    yield "names in the session's bundle", _session("a=group:BUNDLE " + " ".join(map(str, range(100, 12_000))))
    yield "hashes", _one_line("a=fingerprint:sha-256 AB", ":AB")
    yield "a long name", _one_line("a=mid:", "x")
    yield "blanks", _one_line("a=rtcp-fb:* ", " x")
    yield "empty lines", _one_line("", "\r\n")
    yield "lines of one letter", _one_line("", "a\n")
