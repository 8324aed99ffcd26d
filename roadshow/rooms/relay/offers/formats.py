"""Which formats of an offered section are taken, and how they are answered. Pure."""

import re
from binascii import a2b_base64
from collections.abc import Iterable
from contextlib import suppress

from roadshow.rooms.relay.wire.codecs import Codec
from roadshow.rooms.relay.wire.sdp import Format, Section
from roadshow.rooms.relay.wire.transport_wide import SEQUENCE_URI

_PROTOCOLS = frozenset({"UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP"})
_APT = re.compile("[0-9]{1,3}")
_NAME = re.compile("[0-9A-Za-z._-]{1,24}")
_HELPERS = frozenset({"rtx", "red", "ulpfec", "flexfec-03", "cn", "telephone-event"})
"""What repairs or accompanies a codec, and is none."""
MOST_SETS = 8
"""Parameter sets read of an offer; encoders have one of each kind."""
MOST_NAMES = 8
"""Of an offer's codecs that are repeated to whoever sent it; browsers have as many."""
WANTED = "VP8, H264 (packetization-mode=1), Opus"


def agreed_formats(section: Section) -> list[tuple[Format, Codec]]:
    """One format for each codec we speak, VP8 first: it is what everybody can decode (RFC 7742 wants it of all, and
    some browsers' H264 is a part that may be missing), and who sends takes the first of an answer. H264: the profile
    that all can decode, if offered."""
    if section.kind not in ("audio", "video") or section.protocol not in _PROTOCOLS:
        return []
    found: dict[Codec, Format] = {}
    for entry in section.formats.values():
        name = entry.name.lower()
        if section.kind == "audio":
            if name == "opus" and entry.clock_rate == 48_000:
                found.setdefault(Codec.OPUS, entry)
        elif name == "vp8" and entry.clock_rate == 90_000:
            found.setdefault(Codec.VP8, entry)
        elif name == "h264" and entry.clock_rate == 90_000 and entry.parameters.get("packetization-mode") == "1":
            former = found.get(Codec.H264)
            if former is None or _profile_rank(entry) < _profile_rank(former):
                found[Codec.H264] = entry
    return sorted(((entry, codec) for codec, entry in found.items()), key=lambda pair: pair[1] is not Codec.VP8)


def offered_names(sections: Iterable[Section]) -> str:
    """The codecs that these name, for the people who are told that none of them is taken."""
    names = [entry.name for section in sections for entry in section.formats.values()]
    plain = dict.fromkeys(name for name in names if _NAME.fullmatch(name) and name.lower() not in _HELPERS)
    return ", ".join([*plain][:MOST_NAMES])


def _profile_rank(entry: Format) -> int:
    """Constrained baseline, then baseline, then whatever there is (RFC 6184, section 8.1)."""
    profile = entry.parameters.get("profile-level-id", "42000a").lower()
    return 0 if profile.startswith("42e0") else 1 if profile.startswith("42") else 2


def parameter_sets(formats: list[tuple[Format, Codec]]) -> tuple[bytes, ...]:
    """H264's that the offer has (RFC 6184, section 8.1), as far as they can be read."""
    found: list[bytes] = []
    for entry in [entry for entry, codec in formats if codec is Codec.H264]:
        for word in entry.parameters.get("sprop-parameter-sets", "").split(",")[:MOST_SETS]:
            with suppress(ValueError):
                found.append(a2b_base64(word))
    return tuple(unit for unit in found if unit)


def repeat_types(section: Section, formats: list[tuple[Format, Codec]]) -> list[tuple[Codec, int]]:
    """Payload types of RTX (RFC 4588) for these formats."""
    primary = {entry.payload_type: codec for entry, codec in formats}
    return [
        (primary[int(entry.parameters["apt"])], entry.payload_type)
        for entry in section.formats.values()
        if entry.name.lower() == "rtx"
        and _APT.fullmatch(entry.parameters.get("apt", ""))
        and int(entry.parameters["apt"]) in primary
    ]


def numbers_packets(section: Section, formats: list[tuple[Format, Codec]]) -> bool:
    """Whether transport-wide feedback is offered for the section: a number in each packet, and a report on them."""
    wanted = "transport-cc" in section.feedback or any("transport-cc" in entry.feedback for entry, _ in formats)
    return wanted and 0 < section.extensions.get(SEQUENCE_URI, 0) < 256


def takes_limit(section: Section, formats: list[tuple[Format, Codec]]) -> bool:
    """Whether a REMB (draft-alvestrand-rmcat-remb-03) is heeded."""
    return "goog-remb" in section.feedback or any("goog-remb" in entry.feedback for entry, _ in formats)


def redundant_type(section: Section, formats: list[tuple[Format, Codec]]) -> int:
    """The payload type of sound with redundancy (RFC 2198) that carries our Opus and nothing else; 0: there is none."""
    opus = next((entry.payload_type for entry, codec in formats if codec is Codec.OPUS), None)
    for entry in section.formats.values():
        if entry.name.lower() != "red" or entry.clock_rate != Codec.OPUS.clock_rate:
            continue
        carried = [word for key in entry.parameters for word in key.split("/")]  # "111/111", without a "="
        if carried and all(word == str(opus) for word in carried):
            return entry.payload_type
    return 0


def repeats_sound(section: Section, formats: list[tuple[Format, Codec]]) -> bool:
    """Whether lost sound may be asked for again (RFC 4585). Browsers take part where a page puts it into the offer."""
    return any(codec is Codec.OPUS and "nack" in entry.feedback | section.feedback for entry, codec in formats)


def answered_parameters(entry: Format, codec: Codec) -> str:
    if codec is Codec.OPUS:
        return "minptime=10;useinbandfec=1"
    if codec is Codec.H264:
        profile = entry.parameters.get("profile-level-id", "42e01f").lower()
        if len(profile) != 6 or not all(letter in "0123456789abcdef" for letter in profile):
            profile = "42e01f"
        return f"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id={profile}"
    return ""
