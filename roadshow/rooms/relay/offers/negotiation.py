"""From an offer to a plan, from a plan to an answer (RFC 9429; WHIP: RFC 9725; WHEP: draft-ietf-wish-whep). Pure.

The relay is ICE-lite, the DTLS server, and bundles everything on one port. It answers only with what it does: no
transport-wide feedback, simulcast of VP8 and H264 alone.
"""

from collections.abc import Sequence

import msgspec

from roadshow.ids import PublisherId, SourceId
from roadshow.rooms.ports import Lane
from roadshow.rooms.relay.last_mile.resending import PLAYOUT_DELAY
from roadshow.rooms.relay.offers.formats import agreed_formats, answered_parameters, repeat_types
from roadshow.rooms.relay.offers.simulcast import REPAIRED_RID, RID, Layer, answer_lines, offered_layers
from roadshow.rooms.relay.stage.lane import StreamForm
from roadshow.rooms.relay.wire.codecs import Codec
from roadshow.rooms.relay.wire.sdp import BadOffer, Format, Offer, Section

SPEAKER = "floor"
"""The audio lane that carries whoever of the floor speaks; for viewers that take one audio track."""
VIDEO_LANES = (Lane.MAIN.value, Lane.SLIDES.value)
FLOOR = (Lane.FLOOR_1.value, Lane.FLOOR_2.value, Lane.FLOOR_3.value)
STAGE = "stage"
"""The stream of the lanes that a receiver must play in step: the main picture and the first voice."""
CNAME = "roadshow"
ICE_OPTIONS = "a=ice-options:trickle ice2"
"""Candidates may come later (RFC 8840), and checks as RFC 8445 has them; in answers and restarts alike."""
MAX_FRAGMENT_LINES = 256
"""Of a trickle-ICE fragment: more candidates than any machine's interfaces have."""
_CANDIDATE_WORDS = 8
"""Foundation, component, transport, priority, address, port, ``typ`` and type (RFC 8839, section 5.1)."""

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
_ANSWERED_FEEDBACK = ("nack", "nack pli", "ccm fir", "goog-remb")
_SENDS, _RECEIVES = ("sendonly", "sendrecv"), ("recvonly", "sendrecv")
_MAX_ONE_BYTE_MID = 16
_MAX_ONE_BYTE_ID = 14


class IceCredentials(msgspec.Struct, frozen=True):
    ufrag: str
    password: str


class Transport(msgspec.Struct, frozen=True):
    """Our end, as the answer tells it. ``candidates`` are (address, port), best first."""

    credentials: IceCredentials
    fingerprint: str
    """SHA-256, in colon-separated hex."""
    candidates: tuple[tuple[str, int], ...]


class RemoteTransport(msgspec.Struct, frozen=True):
    """Their end. ``kind`` and ``mid`` are those of the section that carries the bundle."""

    kind: str
    mid: str
    ufrag: str
    fingerprints: tuple[tuple[str, str], ...]
    waits: bool
    """They want to be the DTLS server (``a=setup:passive``), so we must begin. Browsers leave it to us."""


class Track(msgspec.Struct, frozen=True):
    """A track that will be received: its source, and how its packets are told apart."""

    source: SourceId
    video: bool
    mid: str
    layers: tuple[Layer, ...]
    """In the offer's order; one without simulcast."""
    payload_types: tuple[tuple[int, Codec], ...]
    repeat_types: tuple[tuple[int, int], ...] = ()
    """Payload types of RTX, and of what they repeat."""
    repeats: tuple[tuple[int, int], ...] = ()
    """SSRCs of RTX streams, and of what they repeat, as far as the offer says."""
    level_id: int = 0
    rid_id: int = 0
    repaired_id: int = 0
    """Header extensions that name a packet's encoding, and the encoding an RTX packet repeats; 0: none."""


class AnswerSection(msgspec.Struct, frozen=True):
    """What a section is answered with, but for the transport."""

    kind: str
    protocol: str
    formats: str
    lines: tuple[str, ...]
    refused: bool = False


class PublishPlan(msgspec.Struct, frozen=True):
    remote: RemoteTransport
    tracks: tuple[Track, ...]
    mid_id: int
    """Header extension that names a packet's section; 0 without one."""
    answers: tuple["AnswerSection", ...]
    bundle: tuple[str, ...]


class Stream(msgspec.Struct, frozen=True):
    """A lane that will be sent, and the form a viewer wants it in."""

    lane: str
    video: bool
    form: StreamForm


class WatchPlan(msgspec.Struct, frozen=True):
    remote: RemoteTransport
    streams: tuple[tuple[int, Stream], ...]
    """By number of section."""
    answers: tuple["AnswerSection", ...]
    bundle: tuple[str, ...]


def plan_publish(offer: Offer, publisher: PublisherId, slides: bool) -> PublishPlan:
    """Which tracks of a WHIP offer are taken, as which sources: camera, microphone, slides (a second video), or, in a
    session of slides, slides and their sound. Raises BadOffer."""
    names = {"video": ["camera", "slides"], "audio": ["microphone"]}
    if slides:
        names = {"video": ["slides"], "audio": ["slides-sound"]}
    tracks: list[Track] = []
    answers: list[AnswerSection] = []
    remote, mid_id = None, 0
    bundle: list[str] = []
    for section in offer.sections:
        bundled = _bundled(offer, section, bundle)
        formats = agreed_formats(section) if bundled else []
        _refuse_in_part(section, bundled, formats, names)
        if not formats:
            answers.append(_refused(section))
            continue
        remote = remote or _remote(section)
        bundle.append(section.mid)
        taken = section.direction in _SENDS and bool(names[section.kind])
        extensions = _usable(section, (MID, AUDIO_LEVEL))
        repeats: list[tuple[Codec, int]] = []
        layers: tuple[Layer, ...] = ()
        if taken:
            layered = frozenset(entry.payload_type for entry, codec in formats if codec.takes_layers)
            layers = offered_layers(section, layered)
            if layers:
                formats = [(entry, codec) for entry, codec in formats if codec.takes_layers]
                extensions += _usable(section, (RID, REPAIRED_RID))
            repeats = repeat_types(section, formats)
            mid_id = section.extensions.get(MID, 0) or mid_id
            source = SourceId(f"{publisher}/{names[section.kind].pop(0)}")
            tracks.append(_track(source, section, formats, repeats, layers))
        answer = _section(section, "recvonly" if taken else "inactive", formats, extensions, repeats)
        answers.append(msgspec.structs.replace(answer, lines=(*answer.lines, *answer_lines(layers))))
    if remote is None or not tracks:
        raise BadOffer("nothing-to-receive")
    return PublishPlan(remote, tuple(tracks), mid_id, tuple(answers), tuple(bundle))


def _refuse_in_part(
    section: Section, bundled: bool, formats: list[tuple[Format, Codec]], names: dict[str, list[str]]
) -> None:
    """Of what somebody wants to send all is taken or nothing: sound without the picture would look like success on
    their side (RFC 9725, sections 4.4.2 and 4.4.3). Raises BadOffer."""
    if section.rejected or section.kind not in names or section.direction not in _SENDS:
        return
    if not formats:
        raise BadOffer("codec" if bundled else "bundle")
    if not names[section.kind]:
        raise BadOffer("tracks")


def _track(
    source: SourceId,
    section: Section,
    formats: list[tuple[Format, Codec]],
    repeats: list[tuple[Codec, int]],
    layers: tuple[Layer, ...],
) -> Track:
    by_codec = {codec: entry.payload_type for entry, codec in formats}
    return Track(
        source=source,
        video=section.kind == "video",
        mid=section.mid,
        layers=layers or (Layer(ssrcs=frozenset(section.ssrcs - section.repaired)),),
        payload_types=tuple((entry.payload_type, codec) for entry, codec in formats),
        repeat_types=tuple((payload_type, by_codec[codec]) for codec, payload_type in repeats),
        repeats=tuple(section.repeats.items()),
        level_id=section.extensions.get(AUDIO_LEVEL, 0),
        rid_id=section.extensions.get(RID, 0) if layers else 0,
        repaired_id=section.extensions.get(REPAIRED_RID, 0) if layers else 0,
    )


def _usable(section: Section, uris: tuple[str, ...]) -> list[str]:
    """The header extensions of these that are offered with an id there can be (RFC 8285)."""
    return [uri for uri in uris if 0 < section.extensions.get(uri, 0) < 256]


def plan_watch(offer: Offer) -> WatchPlan:
    """Which lanes a WHEP offer gets: the first video section the main picture, the second the slides; a single audio
    section the active speaker, several the voices of the floor. Raises BadOffer."""
    videos = list(VIDEO_LANES)
    wanting = sum(s.kind == "audio" and s.direction in _RECEIVES and not s.rejected for s in offer.sections)
    voices = [SPEAKER] if wanting == 1 else list(FLOOR)
    streams: list[tuple[int, Stream]] = []
    answers: list[AnswerSection] = []
    remote = None
    bundle: list[str] = []
    for number, section in enumerate(offer.sections):
        formats = agreed_formats(section) if _bundled(offer, section, bundle) else []
        if not formats:
            answers.append(_refused(section))
            continue
        remote = remote or _remote(section)
        bundle.append(section.mid)
        lanes = videos if section.kind == "video" else voices
        taken = section.direction in _RECEIVES and bool(lanes)
        extensions, repeats = [], []
        if taken:
            stream = Stream(lanes.pop(0), section.kind == "video", _form(section, formats))
            streams.append((number, stream))
            form = stream.form
            ids = [(MID, form.mid_id), (AUDIO_LEVEL, form.level_id), (SEND_TIME, form.send_time_id)]
            ids.append((PLAYOUT_DELAY, form.playout_id))
            extensions = [uri for uri, used in ids if used]
            repeats = list(stream.form.rtx_types)
        answers.append(_section(section, "sendonly" if taken else "inactive", formats, extensions, repeats))
    if remote is None or not streams:
        raise BadOffer("nothing-to-send")
    return WatchPlan(remote, tuple(streams), tuple(answers), tuple(bundle))


def write_answer(
    plan: PublishPlan | WatchPlan,
    transport: Transport,
    session: int,
    ssrcs: Sequence[tuple[int, Stream, int, int]] = (),
) -> str:
    """The answer's text. ``ssrcs`` tells for each sent section: its number, the stream, its SSRC, that of its RTX."""
    sent = {number: (stream, ssrc, rtx) for number, stream, ssrc, rtx in ssrcs}
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
            f"a=setup:{'active' if plan.remote.waits else 'passive'}",
        ]
        if number in sent:
            lines += _stream_lines(*sent[number])
    return "\r\n".join(lines) + "\r\n"


def transport_lines(transport: Transport) -> list[str]:
    """Credentials and candidates (RFC 8839), as an answer and a restart's fragment have them."""
    lines = [f"a=ice-ufrag:{transport.credentials.ufrag}", f"a=ice-pwd:{transport.credentials.password}"]
    for rank, (host, port) in enumerate(transport.candidates):
        priority = 126 << 24 | (65535 - rank) << 8 | 255
        lines.append(f"a=candidate:{rank + 1} 1 udp {priority} {host} {port} typ host")
    return [*lines, "a=end-of-candidates"]


def read_fragment(text: str) -> IceCredentials | None:
    """The credentials in a trickle-ICE fragment (RFC 8840), or None where it has none. Raises BadOffer."""
    ufrag = password = ""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if not 0 < len(lines) <= MAX_FRAGMENT_LINES:
        raise BadOffer("fragment")
    for line in lines:
        name, _, value = line.partition(":")
        if not line.startswith(("a=", "m=")):
            raise BadOffer("fragment")
        if name == "a=ice-ufrag":
            ufrag = ufrag or value
        elif name == "a=ice-pwd":
            password = password or value
        elif name == "a=candidate" and len(value.split()) < _CANDIDATE_WORDS:
            raise BadOffer("candidate")
    if not ufrag and not password:
        return None
    if not (4 <= len(ufrag) <= 256 and 22 <= len(password) <= 256):
        raise BadOffer("ice")
    return IceCredentials(ufrag, password)


def write_fragment(transport: Transport, remote: RemoteTransport) -> str:
    """The answer to an ICE restart (RFC 9725, section 4.3.3)."""
    lines = ["a=ice-lite", ICE_OPTIONS, f"m={remote.kind} 9 UDP/TLS/RTP/SAVPF 0"]
    lines += [f"a=mid:{remote.mid}"] if remote.mid else []
    return "\r\n".join([*lines, *transport_lines(transport)]) + "\r\n"


def _family(host: str) -> str:
    return "IP6" if ":" in host else "IP4"


def _bundled(offer: Offer, section: Section, taken: list[str]) -> bool:
    """Whether the section can ride on the one transport: in the BUNDLE group, or first of an offer without one."""
    if section.rejected:
        return False
    return section.mid in offer.bundle if offer.bundle else not taken


def _remote(section: Section) -> RemoteTransport:
    if not section.ufrag or not section.password:
        raise BadOffer("ice")
    if not any(algorithm in ("sha-256", "sha-384", "sha-512") for algorithm, _ in section.fingerprints):
        raise BadOffer("fingerprint")
    if section.setup not in ("actpass", "active", "passive"):
        raise BadOffer("setup")
    waits = section.setup == "passive"
    return RemoteTransport(section.kind, section.mid, section.ufrag, section.fingerprints, waits)


def _form(section: Section, formats: list[tuple[Format, Codec]]) -> StreamForm:
    mid_id, level_id = section.extensions.get(MID, 0), section.extensions.get(AUDIO_LEVEL, 0)
    mid_fits = 0 < mid_id <= _MAX_ONE_BYTE_ID and 0 < len(section.mid) <= _MAX_ONE_BYTE_MID
    # Receivers estimate bandwidth from pictures alone, so sound is spared the extension.
    time_id = section.extensions.get(SEND_TIME, 0) if section.kind == "video" else 0
    playout_id = section.extensions.get(PLAYOUT_DELAY, 0) if section.kind == "video" else 0
    return StreamForm(
        payload_types=tuple((codec, entry.payload_type) for entry, codec in formats),
        rtx_types=tuple(repeat_types(section, formats)),
        mid=section.mid if mid_fits else "",
        mid_id=mid_id if mid_fits else 0,
        level_id=level_id if section.kind == "audio" and 0 < level_id <= _MAX_ONE_BYTE_ID and level_id != mid_id else 0,
        send_time_id=time_id if 0 < time_id <= _MAX_ONE_BYTE_ID and time_id != mid_id else 0,
        playout_id=playout_id if 0 < playout_id <= _MAX_ONE_BYTE_ID and playout_id not in (mid_id, time_id) else 0,
    )


def _refused(section: Section) -> AnswerSection:
    lines = ("a=inactive", f"a=mid:{section.mid}") if section.mid else ("a=inactive",)
    return AnswerSection(section.kind, section.protocol, section.format_line, lines, refused=True)


def _section(
    section: Section,
    direction: str,
    formats: list[tuple[Format, Codec]],
    extensions: list[str],
    repeats: list[tuple[Codec, int]],
) -> AnswerSection:
    types = [str(entry.payload_type) for entry, _ in formats] + [str(payload_type) for _, payload_type in repeats]
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
        allowed = [word for word in _ANSWERED_FEEDBACK if word in entry.feedback]
        if direction == "inactive":
            allowed = [word for word in allowed if word != "goog-remb"]
        if codec.is_video:
            lines += [f"a=rtcp-fb:{entry.payload_type} {word}" for word in allowed]
        if parameters := answered_parameters(entry, codec):
            lines.append(f"a=fmtp:{entry.payload_type} {parameters}")
    for codec, payload_type in repeats:
        lines.append(f"a=rtpmap:{payload_type} rtx/{codec.clock_rate}")
        lines.append(f"a=fmtp:{payload_type} apt={by_codec[codec]}")
    return AnswerSection(section.kind, section.protocol, " ".join(types), tuple(lines))


def _stream_lines(stream: Stream, ssrc: int, rtx: int) -> list[str]:
    """Who sends: SSRCs, and the stream names by which a page knows the lane (the last one is the lane's)."""
    names = [STAGE, stream.lane] if stream.lane in (Lane.MAIN, Lane.FLOOR_1, SPEAKER) else [stream.lane]
    lines = [f"a=msid:{name} {stream.lane}" for name in names]
    ssrcs = [ssrc, rtx] if stream.form.rtx_types else [ssrc]
    if len(ssrcs) > 1:
        lines.append(f"a=ssrc-group:FID {ssrc} {rtx}")
    lines += [f"a=ssrc:{number} cname:{CNAME}" for number in ssrcs]
    return lines
