"""From an offer to a plan (RFC 9429; WHIP: RFC 9725; WHEP: draft-ietf-wish-whep). Pure.

The relay is ICE-lite, takes either side of DTLS, and bundles everything on one port. It takes only what it does:
simulcast of VP8 and H264 alone, and of ways to measure a line the best that is offered.
"""

from collections import Counter

import msgspec

from roadshow.ids import LaneId, PublisherId, SourceId
from roadshow.rooms.programme import SourceKind, source_id
from roadshow.rooms.relay.offers.answer import AnswerSection, Plan, answered, refused
from roadshow.rooms.relay.offers.ends import read_remote
from roadshow.rooms.relay.offers.formats import (
    WANTED,
    agreed_formats,
    numbers_packets,
    offered_names,
    parameter_sets,
    redundant_type,
    repeat_types,
    repeats_sound,
    takes_limit,
)
from roadshow.rooms.relay.offers.lanes import LaneTable, StreamForm, Wanted
from roadshow.rooms.relay.offers.simulcast import REPAIRED_RID, RID, Layer, answer_lines, offered_layers
from roadshow.rooms.relay.wire.codecs import Codec
from roadshow.rooms.relay.wire.sdp import BadCodec, BadOffer, Format, Offer, Section
from roadshow.rooms.relay.wire.transport_wide import SEQUENCE_URI

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
PLAYOUT_DELAY = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
_SENDS, _RECEIVES = ("sendonly", "sendrecv"), ("recvonly", "sendrecv")
_MAX_ONE_BYTE_MID = 16
_MAX_ONE_BYTE_ID = 14


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
    parameter_sets: tuple[bytes, ...] = ()
    """H264's, as far as the offer has them."""
    level_id: int = 0
    rid_id: int = 0
    repaired_id: int = 0
    """Header extensions that name a packet's encoding, and the encoding an RTX packet repeats; 0: none."""
    red_type: int = 0
    """Payload type of sound with redundancy (RFC 2198); 0: none."""
    asks: bool = True
    """Whether lost packets may be asked for again."""


class PublishPlan(Plan, frozen=True):
    tracks: tuple[Track, ...]
    mid_id: int
    """Header extension that names a packet's section; 0 without one."""
    wide_id: int = 0
    """Header extension with a packet's transport-wide number; 0: no such feedback was agreed on."""
    send_time_id: int = 0
    """Header extension with the time of sending, where there is no such feedback; 0 without one."""
    heeds_limit: bool = False
    """Whether a picture's sender takes REMB."""


class WatchPlan(Plan, frozen=True):
    wanted: tuple[tuple[int, Wanted], ...]
    """By number of section."""
    unreadable: tuple[LaneId, ...] = ()
    """Pictures that were wanted in none of our codecs."""


def plan_publish(offer: Offer, publisher: PublisherId, slides: bool) -> PublishPlan:
    """Which tracks of a WHIP offer are taken, as which sources: camera, microphone, slides (a second video), or, in a
    session of slides, slides and their sound. Raises BadOffer."""
    names = {"video": [SourceKind.CAMERA, SourceKind.SLIDES], "audio": [SourceKind.MICROPHONE]}
    if slides:
        names = {"video": [SourceKind.SLIDES], "audio": [SourceKind.SLIDES_SOUND]}
    tracks: list[Track] = []
    answers: list[AnswerSection] = []
    remote, mid_id = None, 0
    wide_id = send_time_id = 0
    heeds_limit = False
    bundle: list[str] = []
    for section in offer.sections:
        bundled = _bundled(offer, section, bundle)
        formats = agreed_formats(section) if bundled else []
        _refuse_in_part(section, bundled, formats, names)
        if not formats:
            answers.append(refused(section))
            continue
        remote = remote or read_remote(section)
        bundle.append(section.mid)
        taken = section.direction in _SENDS and bool(names[section.kind])
        extensions = _usable(section, (MID, AUDIO_LEVEL))
        repeats: list[tuple[Codec, int]] = []
        layers: tuple[Layer, ...] = ()
        if taken:
            layers = offered_layers(section, frozenset(entry.payload_type for entry, _ in formats))
            if layers:
                extensions += _usable(section, (RID, REPAIRED_RID))
            repeats = repeat_types(section, formats)
            mid_id = section.extensions.get(MID, 0) or mid_id
            measures = _measures(section, formats)
            extensions += measures
            wide_id = section.extensions[SEQUENCE_URI] if SEQUENCE_URI in measures else wide_id
            send_time_id = section.extensions[SEND_TIME] if SEND_TIME in measures else send_time_id
            heeds_limit = heeds_limit or (section.kind == "video" and takes_limit(section, formats))
            source = source_id(publisher, names[section.kind].pop(0))
            tracks.append(_track(source, section, formats, repeats, layers))
        red = tracks[-1].red_type if taken else 0
        direction = "recvonly" if taken else "inactive"
        answer = answered(section, direction, formats, extensions, repeats, red, red_first=True)
        answers.append(msgspec.structs.replace(answer, lines=(*answer.lines, *answer_lines(layers))))
    if remote is None or not tracks:
        raise BadOffer("nothing-to-receive")
    how_measured = (wide_id, 0 if wide_id else send_time_id, heeds_limit)
    return PublishPlan(remote, tuple(answers), tuple(bundle), tuple(tracks), mid_id, *how_measured)


def _measures(section: Section, formats: list[tuple[Format, Codec]]) -> list[str]:
    """By which header extension a publisher's line is measured: its own estimator on transport-wide feedback, else
    ours on the time of sending, which pictures' packets have. Both would cost each packet bytes for nothing.

    Sound that may be asked for again has neither: it has no RTX, and the same packet with another number in its header
    would be other bytes under one sequence number, which breaks AES-GCM."""
    if numbers_packets(section, formats) and not repeats_sound(section, formats):
        return [SEQUENCE_URI]
    return _usable(section, (SEND_TIME,)) if section.kind == "video" and takes_limit(section, formats) else []


def _refuse_in_part(
    section: Section, bundled: bool, formats: list[tuple[Format, Codec]], names: dict[str, list[SourceKind]]
) -> None:
    """Of what somebody wants to send all is taken or nothing: sound without the picture would look like success on
    their side (RFC 9725, sections 4.4.2 and 4.4.3). Raises BadOffer."""
    if section.rejected or section.kind not in names or section.direction not in _SENDS:
        return
    if not formats:
        raise BadCodec(offered_names([section]), WANTED) if bundled else BadOffer("bundle")
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
        parameter_sets=parameter_sets(formats),
        level_id=section.extensions.get(AUDIO_LEVEL, 0),
        rid_id=section.extensions.get(RID, 0) if layers else 0,
        repaired_id=section.extensions.get(REPAIRED_RID, 0) if layers else 0,
        red_type=redundant_type(section, formats),
        asks=section.kind == "video" or repeats_sound(section, formats),
    )


def _usable(section: Section, uris: tuple[str, ...]) -> list[str]:
    """The header extensions of these that are offered with an id there can be (RFC 8285)."""
    return [uri for uri in uris if 0 < section.extensions.get(uri, 0) < 256]


def plan_watch(offer: Offer, table: LaneTable) -> WatchPlan:
    """Which lanes a WHEP offer gets, section by section: video the pictures in the order of the table, a single audio
    section the active speaker, several the voices in their order. Raises BadOffer."""
    wanting = Counter(s.kind for s in offer.sections if s.direction in _RECEIVES and not s.rejected)
    free = {kind: table.offered(kind, wanting[kind]) for kind in ("video", "audio")}
    wanted: list[tuple[int, Wanted]] = []
    unread: list[Section] = []
    answers: list[AnswerSection] = []
    remote = None
    bundle: list[str] = []
    for number, section in enumerate(offer.sections):
        bundled = _bundled(offer, section, bundle)
        formats = agreed_formats(section) if bundled else []
        if not formats:
            answers.append(refused(section))
            unread += [section] if bundled and section.direction in _RECEIVES else []
            continue
        remote = remote or read_remote(section)
        bundle.append(section.mid)
        lanes = free[section.kind]
        taken = section.direction in _RECEIVES and bool(lanes)
        extensions, repeats, red = [], [], 0
        if taken:
            form = _form(section, formats)
            lane = lanes.pop(0)
            wanted.append((number, Wanted(lane, section.kind == "video", form, table.in_step(lane))))
            ids = [(MID, form.mid_id), (AUDIO_LEVEL, form.level_id), (SEND_TIME, form.send_time_id)]
            ids += [(PLAYOUT_DELAY, form.playout_id), (SEQUENCE_URI, form.wide_id)]
            extensions = [uri for uri, used in ids if used]
            repeats, red = list(form.rtx_types), form.red_type
        answers.append(answered(section, "sendonly" if taken else "inactive", formats, extensions, repeats, red))
    if remote is None or not wanted:
        raise BadCodec(offered_names(unread), WANTED) if offered_names(unread) else BadOffer("nothing-to-send")
    lost = tuple(free["video"][: sum(section.kind == "video" for section in unread)])
    return WatchPlan(remote, tuple(answers), tuple(bundle), tuple(wanted), lost)


def _bundled(offer: Offer, section: Section, taken: list[str]) -> bool:
    """Whether the section can ride on the one transport: in the BUNDLE group, or first of an offer without one."""
    if section.rejected:
        return False
    return section.mid in offer.bundle if offer.bundle else not taken


def _form(section: Section, formats: list[tuple[Format, Codec]]) -> StreamForm:
    mid_id, level_id = section.extensions.get(MID, 0), section.extensions.get(AUDIO_LEVEL, 0)
    mid_fits = 0 < mid_id <= _MAX_ONE_BYTE_ID and 0 < len(section.mid) <= _MAX_ONE_BYTE_MID
    # Receivers estimate bandwidth from pictures alone, so sound is spared the extension.
    time_id = section.extensions.get(SEND_TIME, 0) if section.kind == "video" else 0
    playout_id = section.extensions.get(PLAYOUT_DELAY, 0) if section.kind == "video" else 0
    repeats = repeat_types(section, formats)
    wide_id = section.extensions.get(SEQUENCE_URI, 0) if numbers_packets(section, formats) else 0
    repeated = {codec for codec, _ in repeats} == {codec for _, codec in formats}
    others = (mid_id, time_id, playout_id)
    return StreamForm(
        payload_types=tuple((codec, entry.payload_type) for entry, codec in formats),
        rtx_types=tuple(repeats),
        mid=section.mid if mid_fits else "",
        mid_id=mid_id if mid_fits else 0,
        level_id=level_id if section.kind == "audio" and 0 < level_id <= _MAX_ONE_BYTE_ID and level_id != mid_id else 0,
        send_time_id=time_id if 0 < time_id <= _MAX_ONE_BYTE_ID and time_id != mid_id else 0,
        playout_id=playout_id if 0 < playout_id <= _MAX_ONE_BYTE_ID and playout_id not in (mid_id, time_id) else 0,
        red_type=redundant_type(section, formats),
        wide_id=wide_id if repeated and 0 < wide_id <= _MAX_ONE_BYTE_ID and wide_id not in others else 0,
    )
