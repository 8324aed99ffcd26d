"""The answer's text: what each section of an offer is told (RFC 9429; WHIP: RFC 9725). Pure."""

from collections.abc import Sequence

import msgspec

from roadshow.rooms.relay.offers.ends import ICE_OPTIONS, RemoteTransport, Transport, transport_lines
from roadshow.rooms.relay.offers.formats import answered_parameters
from roadshow.rooms.relay.offers.lanes import Wanted
from roadshow.rooms.relay.wire.codecs import AUDIO_RATE, Codec
from roadshow.rooms.relay.wire.sdp import Format, Section
from roadshow.rooms.relay.wire.transport_wide import SEQUENCE_URI

STAGE = "stage"
"""The stream of the lanes that a receiver must play in step: the main picture and the first voice."""
CNAME = "roadshow"
_ANSWERED_FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb")


class AnswerSection(msgspec.Struct, frozen=True):
    """What a section is answered with, but for the transport."""

    kind: str
    protocol: str
    formats: str
    lines: tuple[str, ...]
    refused: bool = False


class Plan(msgspec.Struct, frozen=True):
    """What of an offer is taken, as far as both kinds are answered alike."""

    remote: RemoteTransport
    answers: tuple[AnswerSection, ...]
    bundle: tuple[str, ...]


def refused(section: Section) -> AnswerSection:
    lines = ("a=inactive", f"a=mid:{section.mid}") if section.mid else ("a=inactive",)
    return AnswerSection(section.kind, section.protocol, section.format_line, lines, refused=True)


def answered(
    section: Section,
    direction: str,
    formats: list[tuple[Format, Codec]],
    extensions: list[str],
    repeats: list[tuple[Codec, int]],
    red: int = 0,
    *,
    red_first: bool = False,
) -> AnswerSection:
    """``red``: the payload type of sound with redundancy, 0 without. Browsers send it where it stands first."""
    types = [str(entry.payload_type) for entry, _ in formats] + [str(payload_type) for _, payload_type in repeats]
    if red:
        types.insert(0 if red_first else len(types), str(red))
    lines = [f"a={direction}", "a=rtcp-mux"]
    if section.reduced_rtcp:
        lines.append("a=rtcp-rsize")
    if section.mid:
        lines.append(f"a=mid:{section.mid}")
    lines += [f"a=extmap:{section.extensions[uri]} {uri}" for uri in extensions]
    by_codec = {codec: entry.payload_type for entry, codec in formats}
    for entry, codec in formats:
        channels = "/2" if codec is Codec.OPUS else ""
        lines.append(f"a=rtpmap:{entry.payload_type} {codec.value}/{codec.clock_rate}{channels}")
        allowed = [word for word in _ANSWERED_FEEDBACK if word in entry.feedback or word in section.feedback]
        if direction == "inactive":
            allowed = [word for word in allowed if word != "goog-remb"]
        if not codec.is_video:
            allowed = [word for word in allowed if word == "nack"]
        if SEQUENCE_URI in extensions:
            allowed.append("transport-cc")  # who numbers packets is told of them, sound's as well
        lines += [f"a=rtcp-fb:{entry.payload_type} {word}" for word in allowed]
        if parameters := answered_parameters(entry, codec):
            lines.append(f"a=fmtp:{entry.payload_type} {parameters}")
    for codec, payload_type in repeats:
        lines.append(f"a=rtpmap:{payload_type} rtx/{codec.clock_rate}")
        lines.append(f"a=fmtp:{payload_type} apt={by_codec[codec]}")
    if red:
        opus = by_codec[Codec.OPUS]
        lines += [f"a=rtpmap:{red} red/{AUDIO_RATE}/2", f"a=fmtp:{red} {opus}/{opus}"]
    return AnswerSection(section.kind, section.protocol, " ".join(types), tuple(lines))


def write_answer(
    plan: Plan,
    transport: Transport,
    session: int,
    ssrcs: Sequence[tuple[int, Wanted, int, int]] = (),
) -> str:
    """The answer's text. ``ssrcs`` tells for each sent section: its number, the lane, its SSRC, that of its RTX."""
    sent = {number: (wanted, ssrc, rtx) for number, wanted, ssrc, rtx in ssrcs}
    host, port = transport.candidates[0]
    lines = ["v=0", f"o=- {session} 1 IN {_family(host)} {host}", "s=-", "t=0 0", "a=ice-lite", ICE_OPTIONS]
    lines += [f"a=group:BUNDLE {' '.join(plan.bundle)}"] if all(plan.bundle) else []
    lines.append("a=msid-semantic: WMS *")
    for number, section in enumerate(plan.answers):
        lines.append(f"m={section.kind} {0 if section.refused else port} {section.protocol} {section.formats}")
        lines.append(f"c=IN {_family(host)} {host}")
        lines += section.lines
        if section.refused:
            continue
        lines += transport_lines(transport)
        lines += [
            f"a=fingerprint:sha-256 {transport.fingerprint}",
            f"a=setup:{'active' if plan.remote.is_led else 'passive'}",
        ]
        if number in sent:
            lines += _stream_lines(*sent[number])
    return "\r\n".join(lines) + "\r\n"


def _family(host: str) -> str:
    return "IP6" if ":" in host else "IP4"


def _stream_lines(wanted: Wanted, ssrc: int, rtx: int) -> list[str]:
    """Who sends: SSRCs, and the stream names by which a page knows the lane (the last one is the lane's)."""
    names = [STAGE, wanted.lane] if wanted.in_step else [wanted.lane]
    lines = [f"a=msid:{name} {wanted.lane}" for name in names]
    ssrcs = [ssrc, rtx] if wanted.form.rtx_types else [ssrc]
    if len(ssrcs) > 1:
        lines.append(f"a=ssrc-group:FID {ssrc} {rtx}")
    lines += [f"a=ssrc:{number} cname:{CNAME}" for number in ssrcs]
    return lines
