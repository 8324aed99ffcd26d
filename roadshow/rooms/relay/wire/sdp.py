"""Reading offers (RFC 8866, RFC 9429): only what the relay needs, in one pass, every count bounded. Pure.

aiortc's own parser raises half a dozen exceptions on bad input, takes quadratic time on some, and refuses RIDs and
attributes on extension maps; an offer comes from anybody who may watch.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec

from roadshow.errors import TooLarge, UnsupportedInput

MAX_OFFER = 64 * 1024
"""Characters; a browser's offer of five sections has some 15,000."""
MAX_SECTIONS = 32
MAX_CODECS = 128
"""Payload types of a section; there are no more."""
MAX_LINES = 2048
"""Of the whole offer; each takes some 2 µs. A browser's section has up to 200, and nobody has ten."""
MAX_FEEDBACK = 32
"""Kinds of feedback named for one payload type, or for all of a section."""
MAX_RIDS = 16
"""Encodings named in a section, and simulcast streams; a browser names three, OBS four."""
_TOKEN = re.compile(r"[!#$%&'*+.^_`{|}~0-9A-Za-z-]{1,64}")
_RID = re.compile(r"[0-9A-Za-z_-]{1,16}")
"""RFC 8851, section 10; sixteen is what a one-byte header extension holds."""
_ICE = re.compile(r"[A-Za-z0-9+/]{4,256}")
_FINGERPRINT = re.compile(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){15,63}")


class BadOffer(UnsupportedInput):
    """SDP that cannot be read or agreed on; ``reason`` says which part, in a word."""

    status = 422

    def __init__(self, reason: str, **details: str) -> None:
        super().__init__("relay.sdp", reason=reason, **details)


class BadCodec(BadOffer):
    """None of the codecs ``offered`` is one of those ``wanted``."""

    def __init__(self, offered: str, wanted: str) -> None:
        super().__init__("codec", offered=offered, wanted=wanted)


class Format(msgspec.Struct):
    """One payload type of a section."""

    payload_type: int
    name: str
    clock_rate: int
    parameters: dict[str, str] = msgspec.field(default_factory=dict)
    feedback: set[str] = msgspec.field(default_factory=set)


class Encoding(msgspec.Struct, frozen=True):
    """A stream that a section may send (RFC 8851)."""

    rid: str
    payload_types: frozenset[int]
    """Those it is restricted to; empty: any of the section."""


class Section(msgspec.Struct):
    """One m-section. ``formats`` in order of preference; ``extensions`` maps URIs to ids."""

    kind: str
    protocol: str
    port: int
    format_line: str
    mid: str = ""
    direction: str = "sendrecv"
    formats: dict[int, Format] = msgspec.field(default_factory=dict)
    feedback: set[str] = msgspec.field(default_factory=set)
    """What is named for all formats alike. Kept once: as many lines as fit, for each of 96 formats, took 31 ms."""
    extensions: dict[str, int] = msgspec.field(default_factory=dict)
    ssrcs: set[int] = msgspec.field(default_factory=set)
    repaired: set[int] = msgspec.field(default_factory=set)
    """SSRCs that only repeat or repair others (FID's and FEC's second)."""
    repeats: dict[int, int] = msgspec.field(default_factory=dict)
    """SSRCs of RTX streams (RFC 4588), and what each repeats."""
    layer_ssrcs: tuple[int, ...] = ()
    """The old way to offer simulcast: the SSRCs of ``a=ssrc-group:SIM``, from the lowest resolution to the highest."""
    encodings: dict[str, Encoding] = msgspec.field(default_factory=dict)
    """What may be sent, by RID."""
    simulcast: tuple[tuple[str, ...], ...] = ()
    """RIDs of the streams to be sent at a time (RFC 8853), each with its alternatives, in the offer's order."""
    ufrag: str = ""
    password: str = ""
    fingerprints: tuple[tuple[str, str], ...] = ()
    setup: str = ""
    reduced_rtcp: bool = False
    """RFC 5506: feedback need not ride with a report."""
    bundle_only: bool = False

    @property
    def rejected(self) -> bool:
        """Port 0 without ``a=bundle-only``: the section is not in use (RFC 9143, section 6)."""
        return self.port == 0 and not self.bundle_only


class Offer(msgspec.Struct):
    sections: list[Section]
    bundle: tuple[str, ...] = ()
    """Mids of the first BUNDLE group, in order."""


def parse_offer(text: str) -> Offer:
    """Read an offer. Raises BadOffer, TooLarge."""
    if len(text) > MAX_OFFER:
        raise TooLarge("relay.sdp-size", limit=MAX_OFFER)
    lines = text.replace("\r\n", "\n").split("\n", MAX_LINES)
    if len(lines) > MAX_LINES:
        raise BadOffer("length")
    if not lines[0].startswith("v=0"):
        raise BadOffer("version")
    session = Section("session", "", 0, "")
    offer = Offer([])
    section = session
    try:
        for line in lines:
            if line.startswith("m="):
                if len(offer.sections) == MAX_SECTIONS:
                    raise BadOffer("sections")
                section = _section(line, session)
                offer.sections.append(section)
            elif line.startswith("a="):
                name, _, value = line[2:].partition(":")
                if name == "group" and section is session:
                    if value.startswith("BUNDLE ") and not offer.bundle:
                        offer.bundle = tuple(value.split(None, MAX_SECTIONS + 1)[1 : MAX_SECTIONS + 1])
                else:
                    _attribute(section, name, value)
    except (ValueError, IndexError) as error:
        raise BadOffer("syntax") from error
    if not offer.sections:
        raise BadOffer("sections")
    _check_mids(offer)
    return offer


def read_attributes(section: Section, lines: Iterable[str]) -> None:
    """Of one section, each line as ``a=name:value``. Raises BadOffer."""
    try:
        for line in lines:
            name, _, value = line.rstrip("\r")[2:].partition(":")
            _attribute(section, name, value)
    except (ValueError, IndexError) as error:
        raise BadOffer("syntax") from error


def _check_mids(offer: Offer) -> None:
    seen: set[str] = set()
    for section in offer.sections:
        if section.mid:
            if not _TOKEN.fullmatch(section.mid) or section.mid in seen:
                raise BadOffer("mid")
            seen.add(section.mid)
        elif len(offer.sections) > 1:
            raise BadOffer("mid")


def _section(line: str, session: Section) -> Section:
    kind, port, protocol, formats = line[2:].split(" ", 3)
    number = int(port.split("/")[0])
    words = formats.split(None, MAX_CODECS)[:MAX_CODECS]
    if not 0 <= number <= 0xFFFF or not words or not all(map(_TOKEN.fullmatch, [kind, *words, *protocol.split("/")])):
        raise BadOffer("media")
    section = Section(kind, protocol, number, " ".join(words))
    section.ufrag, section.password = session.ufrag, session.password
    section.fingerprints, section.setup = session.fingerprints, session.setup
    section.direction = session.direction
    if kind in ("audio", "video"):
        for word in words:
            payload_type = int(word)
            # 64 to 95 look like RTCP when both share a port (RFC 5761, section 4).
            if 0 <= payload_type < 64 or 96 <= payload_type < 128:
                section.formats[payload_type] = Format(payload_type, "", 0)
    return section


def _attribute(section: Section, name: str, value: str) -> None:
    match name:
        case "mid":
            section.mid = value.strip()
        case "sendrecv" | "sendonly" | "recvonly" | "inactive":
            section.direction = name
        case "rtcp-rsize":
            section.reduced_rtcp = True
        case "bundle-only":
            section.bundle_only = True
        case "ice-ufrag" | "ice-pwd":
            if not _ICE.fullmatch(value.strip()):
                raise BadOffer("ice")
            if name == "ice-ufrag":
                section.ufrag = value.strip()
            else:
                section.password = value.strip()
        case "fingerprint":
            algorithm, digest = value.split()
            if not _TOKEN.fullmatch(algorithm) or not _FINGERPRINT.fullmatch(digest) or len(section.fingerprints) > 7:
                raise BadOffer("fingerprint")
            section.fingerprints += ((algorithm.lower(), digest.upper()),)
        case "setup":
            section.setup = value.strip()
        case "extmap":
            ident, uri = value.split()[:2]
            section.extensions[uri] = int(ident.split("/")[0])
        case "ssrc":
            section.ssrcs.add(int(value.split(" ", 1)[0]) & 0xFFFFFFFF)
        case "ssrc-group":
            semantics, *ssrcs = value.split()
            numbers = [int(ssrc) & 0xFFFFFFFF for ssrc in ssrcs[:MAX_RIDS]]
            if semantics in ("FID", "FEC-FR"):
                section.repaired.update(numbers[1:])
            if semantics == "FID" and len(numbers) == 2:
                section.repeats[numbers[1]] = numbers[0]
            elif semantics == "SIM" and len(set(numbers)) == len(numbers):
                section.layer_ssrcs = section.layer_ssrcs or tuple(numbers)
        case "rid":
            _encoding(section, value)
        case "simulcast":
            section.simulcast = section.simulcast or _simulcast(value)
        case "rtpmap" | "fmtp" | "rtcp-fb":
            _format(section, name, value)
        case _:
            pass


def _encoding(section: Section, value: str) -> None:
    """``a=rid:<id> send [pt=…][;…]``. Restrictions but the payload types bind the sender, not us."""
    words = value.split(None, 2)
    if words[1:2] != ["send"] or not _RID.fullmatch(words[0]) or len(section.encodings) == MAX_RIDS:
        return  # RFC 8851, section 6.2.1: what is malformed is as if it were not there
    rid = words[0]
    types = dict(_parameters(words[2])).get("pt", "") if len(words) == 3 else ""
    numbers = frozenset(int(word) for word in types.split(",")[:MAX_CODECS] if word)
    section.encodings.setdefault(rid, Encoding(rid, numbers))


def _simulcast(value: str) -> tuple[tuple[str, ...], ...]:
    """``a=simulcast:send 1;2,~3``: streams by ";", alternatives of one by ",", paused ones by "~". A paused stream is
    taken like another: it lives when its packets come."""
    words = value.split()
    sent = dict(zip(words[::2], words[1::2], strict=False)).get("send", "")
    streams = [stream.split(",") for stream in sent.split(";")[:MAX_RIDS]]
    return tuple(tuple(rid.removeprefix("~") for rid in stream[:MAX_RIDS] if rid) for stream in streams)


def _format(section: Section, name: str, value: str) -> None:
    which, _, rest = value.partition(" ")
    words = " ".join(rest.split())
    if name == "rtcp-fb" and which == "*":
        _add_feedback(section.feedback, words)
        return
    entry = section.formats.get(int(which))
    if entry is None:
        return
    if name == "rtpmap":
        encoding = words.split("/")
        entry.name, entry.clock_rate = encoding[0], int(encoding[1])
    elif name == "rtcp-fb":
        _add_feedback(entry.feedback, words)
    else:
        entry.parameters.update(_parameters(rest))


def _add_feedback(named: set[str], words: str) -> None:
    if len(named) < MAX_FEEDBACK:
        named.add(words)


def _parameters(text: str) -> Iterator[tuple[str, str]]:
    for word in text.split(";")[:32]:
        key, _, value = word.strip().partition("=")
        if key:
            yield key.lower(), value
