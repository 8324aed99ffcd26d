"""Simulcast taken in: which layers an offer has, whose a packet is, which layers come. Without sockets."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.ids import PublisherId, SourceId
from roadshow.languages import message_for
from roadshow.rooms.relay.offers.lanes import Quality
from roadshow.rooms.relay.offers.negotiation import PublishPlan, plan_publish
from roadshow.rooms.relay.offers.simulcast import REPAIRED_RID, RID
from roadshow.rooms.relay.sources.demultiplexer import MAX_SSRCS, Demultiplexer
from roadshow.rooms.relay.sources.publication import MAX_RETURN_MS, RETURN_MS, SILENCE_MS, STEADY_MS, Publication
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.wire.codecs import Codec
from roadshow.rooms.relay.wire.rtp import Packet, extension_block, parse
from roadshow.rooms.relay.wire.sdp import MAX_RIDS, BadOffer, parse_offer
from roadshow.rooms.relay.wire.sync import SenderClock
from roadshow.texts import LANGUAGES
from tests.relay.light_peer import MID_ID, LightPeer, head, section, vp8

RID_ID, REPAIRED_ID = 10, 11
EXTENSIONS = [f"a=extmap:{RID_ID} {RID}", f"a=extmap:{REPAIRED_ID} {REPAIRED_RID}"]
LAYERS = ["a=rid:l send", "a=rid:m send", "a=rid:h send", "a=simulcast:send l;m;h"]
AUDIO = section("audio", "1", "sendonly", ["opus"])


def camera(*lines: str, codecs: Iterable[str] = ("VP8", "H264")) -> list[str]:
    return [*section("video", "0", "sendonly", list(codecs)), *EXTENSIONS, *lines]


def planned(*sections: list[str]) -> PublishPlan:
    return plan_publish(parse_offer(LightPeer().offer(*sections)), PublisherId("alpha"), slides=False)


def rids(plan: PublishPlan) -> list[str]:
    return [layer.rid for layer in plan.tracks[0].layers]


def answered(plan: PublishPlan, *words: str) -> list[str]:
    return [line for line in plan.answers[0].lines if line.startswith(tuple(f"a={word}" for word in words))]


# -- offers and answers -----------------------------------------------------------------------------------------------


def test_offered_layers_are_taken_and_answered_in_their_order() -> None:
    plan = planned(camera(*LAYERS), AUDIO)
    assert rids(plan) == ["l", "m", "h"]
    assert answered(plan, "rid", "simulcast") == [
        "a=rid:l recv",
        "a=rid:m recv",
        "a=rid:h recv",
        "a=simulcast:recv l;m;h",
    ]
    assert answered(plan, "extmap")[-2:] == EXTENSIONS
    assert (plan.tracks[0].rid_id, plan.tracks[0].repaired_id) == (RID_ID, REPAIRED_ID)
    assert dict(plan.tracks[0].repeat_types) == {97: 96, 103: 102}
    assert [layer.rid for layer in plan.tracks[1].layers] == [""]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a=rid:l send", "a=rid:h send", "a=simulcast:send l;~h"], ["l", "h"]),  # paused at first
        (["a=rid:1 send", "a=rid:2 send", "a=rid:3 send", "a=simulcast:send 1,3;2"], ["1", "2"]),  # alternatives
        (["a=rid:2 send", "a=rid:3 send", "a=simulcast:send 1,3;2"], ["3", "2"]),  # the first is not described
        (["a=rid:1 send", "a=simulcast:send 1,1;1"], [""]),  # one twice
        (["a=rid:1 recv", "a=rid:2 send", "a=simulcast:send 1;2"], [""]),
        (["a=rid:1 send", "a=rid:2 send", "a=simulcast:recv 1;2"], [""]),
        (["a=rid:1 recv", "a=rid:h send", "a=rid:l send", "a=simulcast:recv 1 send h;l"], ["h", "l"]),
        (["a=rid:1 send pt=96", "a=rid:2 send pt=102;max-width=640", "a=simulcast:send 1;2"], ["1", "2"]),
        (["a=rid:1 send pt=96", "a=rid:2 send pt=50", "a=simulcast:send 1;2"], [""]),  # a type of no codec we know
        (["a=rid:1 send", "a=rid:zwölf send", "a=rid:2 send", "a=simulcast:send 1;zwölf;2"], ["1", "2"]),
        (["a=rid:1 send", f"a=rid:{'x' * 17} send", f"a=simulcast:send 1;{'x' * 17}"], [""]),
        (["a=rid", "a=rid:", "a=rid:1", "a=simulcast", "a=simulcast:send", "a=simulcast:send ;;,~"], [""]),
        ([f"a=rid:{n} send" for n in range(4)] + ["a=simulcast:send 0;1;2;3"], ["0", "2", "3"]),
    ],
)
def test_layers_of_all_kinds_of_offers(lines: list[str], expected: list[str]) -> None:
    plan = planned(camera(*lines))
    assert rids(plan) == expected
    assert bool(answered(plan, "simulcast")) is (expected != [""])


def test_an_offer_of_endless_layers_is_cut_off() -> None:
    many = [f"a=rid:{n} send" for n in range(500)]
    offer = parse_offer(LightPeer().offer(camera(*many, "a=simulcast:send " + ";".join(f"{n}" for n in range(500)))))
    assert len(offer.sections[0].encodings) == len(offer.sections[0].simulcast) == MAX_RIDS


@pytest.mark.parametrize("extensions", [[], [f"a=extmap:{MID_ID} {RID}"], [f"a=extmap:0 {RID}"]])
def test_without_an_extension_of_its_own_for_rids_nothing_is_promised(extensions: list[str]) -> None:
    plan = planned([*section("video", "0", "sendonly", ["VP8"]), *extensions, *LAYERS])
    assert rids(plan) == [""]
    assert answered(plan, "rid", "simulcast") == []


def test_layers_are_known_by_declared_ssrcs_too() -> None:
    group = ["a=ssrc-group:SIM 11 12 13", "a=ssrc-group:FID 11 21", "a=ssrc-group:FID 12 22"]
    plan = planned(camera(*group, *(f"a=ssrc:{ssrc} cname:x" for ssrc in (11, 12, 13, 21, 22))))
    assert [layer.ssrcs for layer in plan.tracks[0].layers] == [{11}, {12}, {13}]
    assert dict(plan.tracks[0].repeats) == {21: 11, 22: 12}
    assert answered(plan, "rid", "simulcast") == []


def video(*codecs: str, parameters: str = "") -> list[str]:
    """A section that sends these, numbered in their order."""
    lines = section("video", "0", "sendonly", ["VP8"])
    types = range(35, 35 + len(codecs))
    rtpmaps = [f"a=rtpmap:{number} {name}/90000" for number, name in zip(types, codecs, strict=True)]
    fmtp = [f"a=fmtp:{number} {parameters}" for number in types] if parameters else []
    return [f"m=video 9 UDP/TLS/RTP/SAVPF {' '.join(map(str, types))}", *lines[1:8], *rtpmaps, *fmtp]


@pytest.mark.parametrize(
    ("codecs", "parameters", "offered"),
    [
        (("AV1",), "profile=0", "AV1"),
        (("VP9", "rtx"), "profile-id=0", "VP9"),
        (("H265",), "", "H265"),
        (("VP9", "AV1", "red", "ulpfec"), "", "VP9, AV1"),
        (("H264",), "packetization-mode=0;profile-level-id=42e01f", "H264"),
        (("H264",), "profile-level-id=42e01f", "H264"),
    ],
)
def test_a_picture_that_not_everybody_can_play_is_refused_with_what_is_right(
    codecs: tuple[str, ...], parameters: str, offered: str
) -> None:
    """It would go on air, look good on the control desk, and be black on half of the screens."""
    with pytest.raises(BadOffer) as refused:
        planned(video(*codecs, parameters=parameters), AUDIO)
    details = refused.value.details
    assert (details["reason"], details["offered"]) == ("codec", offered)
    texts = {language: message_for(refused.value.code, details, language) for language in LANGUAGES}
    assert len(set(texts.values())) == len(LANGUAGES)
    assert all(codecs[0] in text and "VP8" in text and "H264" in text for text in texts.values())


def test_sound_that_not_everybody_can_play_is_refused_too() -> None:
    sound = [line.replace("opus/48000/2", "PCMU/8000") for line in section("audio", "1", "sendonly", ["opus"])]
    with pytest.raises(BadOffer) as refused:
        planned(camera(), sound)
    assert refused.value.details["offered"] == "PCMU"


def test_what_an_offer_names_its_codecs_is_repeated_as_short_plain_words() -> None:
    """An offer comes from anybody with a token, and the answer may be printed on a terminal."""
    with pytest.raises(BadOffer) as refused:
        planned(video(*(f"codec{number}" for number in range(40)), "\x1b[2J", "x" * 500))
    offered = str(refused.value.details["offered"])
    assert offered.split(", ") == [f"codec{number}" for number in range(8)]


def test_of_a_browsers_many_codecs_vp8_is_taken_first_whatever_its_order() -> None:
    """Safari lists H264 first, which some viewers' browsers cannot decode; all of them can VP8."""
    lines = section("video", "0", "sendonly", ["H264", "VP8"])
    more = ["a=rtpmap:98 VP9/90000", "a=rtpmap:45 AV1/90000"]
    offered = [lines[0].replace("SAVPF", "SAVPF 98 45"), *lines[1:], *more]
    plan = planned(offered, AUDIO)
    assert [codec for _, codec in plan.tracks[0].payload_types] == [Codec.VP8, Codec.H264]
    assert plan.answers[0].formats.split()[:2] == ["96", "102"]


# -- whose a packet is ------------------------------------------------------------------------------------------------


def named(data: bytes, *names: tuple[int, bytes]) -> Packet:
    """The packet with header extensions."""
    packet = parse(bytes((data[0] | 0x10,)) + data[1:12] + extension_block(list(names)) + data[12:])
    assert packet is not None
    return packet


def layered(data: bytes, rid: str, mid: str = "0") -> Packet:
    return named(data, (MID_ID, mid.encode()), (RID_ID, rid.encode()))


def repeating(sequence: int, original: int, body: bytes, ssrc: int, rid: str, payload_type: int = 97) -> Packet:
    data = head(sequence, 0, ssrc, payload_type, True) + original.to_bytes(2, "big") + body
    return named(data, (MID_ID, b"0"), (REPAIRED_ID, rid.encode()))


def plain(data: bytes) -> Packet:
    packet = parse(data)
    assert packet is not None
    return packet


@pytest.fixture
def streams() -> Demultiplexer:
    plan = planned(camera(*LAYERS), AUDIO)
    return Demultiplexer(plan.tracks, plan.mid_id)


def rid_of(source: Source | None) -> str | None:
    return None if source is None else source.rid


def begin(streams: Demultiplexer, ssrcs: dict[str, int], sequence: int = 100) -> None:
    for rid, ssrc in ssrcs.items():
        packet = layered(vp8(sequence, 0, key=True, ssrc=ssrc), rid)
        source = streams.source_of(packet)
        assert source is not None
        assert source.accept(packet, 0) is not None


def test_a_packet_goes_to_the_layer_that_it_names_and_so_do_those_that_follow(streams: Demultiplexer) -> None:
    begin(streams, {"l": 1, "m": 2, "h": 3})
    assert [rid_of(streams.source_of(plain(vp8(101, 0, ssrc=ssrc)))) for ssrc in (1, 2, 3)] == ["l", "m", "h"]
    assert [source.rid for source in streams.publications[0].layers] == ["l", "m", "h"]
    assert streams.by_ssrc(2) is streams.publications[0].layers[1]


@pytest.mark.parametrize("rid", ["", "x", "L", "l" * 16, "\0", "ll"])
def test_a_layer_nobody_agreed_on_is_nobodys(streams: Demultiplexer, rid: str) -> None:
    names = [(MID_ID, b"0")] + ([(RID_ID, rid.encode())] if rid else [])
    assert streams.source_of(named(vp8(1, 0, key=True), *names)) is None
    assert streams.source_of(plain(vp8(1, 0, key=True))) is None


def test_a_stream_stays_with_its_layer_whatever_it_says_later(streams: Demultiplexer) -> None:
    begin(streams, {"l": 1, "m": 2})
    assert rid_of(streams.source_of(layered(vp8(101, 0, ssrc=1), "h"))) == "l"
    assert rid_of(streams.source_of(layered(vp8(101, 0, ssrc=2), "l", mid="1"))) == "m"


def test_a_layers_new_stream_takes_over_for_good(streams: Demultiplexer) -> None:
    """The former one's stragglers must not make it begin anew, back and forth."""
    begin(streams, {"l": 1})
    begin(streams, {"l": 9}, sequence=5000)
    assert streams.source_of(plain(vp8(101, 0, ssrc=1))) is None
    assert streams.source_of(layered(vp8(102, 0, ssrc=1), "l")) is None
    assert rid_of(streams.source_of(plain(vp8(5001, 0, ssrc=9)))) == "l"
    assert streams.by_ssrc(1) is None


@pytest.mark.parametrize("repeats", [False, True])
def test_a_flood_of_streams_is_bounded(streams: Demultiplexer, repeats: bool) -> None:
    begin(streams, {"l": 1, "m": 2, "h": 3})
    routed: set[int] = set()
    for ssrc in range(1000, 3000):
        rid = "lmh"[ssrc % 3]
        packet = layered(vp8(1, 0, key=True, ssrc=ssrc), rid)
        if repeats:
            packet = repeating(1, 100, b"\x10\x00key", ssrc, rid)
        source = streams.source_of(packet)
        if source is not None:
            routed.add(ssrc)
            source.accept(packet, 0)
    assert routed == set(range(1000, 1000 + MAX_SSRCS - 3))


def test_a_repeated_packet_counts_as_the_original(streams: Demultiplexer) -> None:
    begin(streams, {"l": 1, "h": 3})
    for sequence in (101, 103):
        packet = plain(vp8(sequence, 0, ssrc=3))
        source = streams.source_of(packet)
        assert source is not None
        source.accept(packet, 0)
    original = plain(vp8(102, 3000, ssrc=3, body=b"lost"))
    again = repeating(7, 102, original.payload, ssrc=33, rid="h")
    source = streams.source_of(again)
    assert rid_of(source) == "h"
    assert (again.ssrc, again.sequence, again.payload_type, again.payload) == (3, 102, 96, original.payload)
    assert source is not None
    assert source.accept(again, 0) is not None
    assert source.lost() == 0
    # Now it is known, and need not name its layer any more; but mere padding is nothing.
    assert streams.source_of(plain(head(8, 0, 33, 97, True) + (103).to_bytes(2, "big") + b"\x10\x01")) is source
    assert streams.source_of(plain(head(9, 0, 33, 97, True))) is None


@pytest.mark.parametrize("original", [101, 5000, 100 + 0x7FFF])
def test_a_repetition_of_what_was_never_sent_is_dropped(streams: Demultiplexer, original: int) -> None:
    """It could make the layer begin anew under the main stream."""
    begin(streams, {"h": 3})
    assert streams.source_of(repeating(7, original, b"\x10\x00key", ssrc=33, rid="h")) is None


def test_repetitions_of_a_stream_that_is_over_do_not_enter_the_next(streams: Demultiplexer) -> None:
    begin(streams, {"h": 3})
    assert rid_of(streams.source_of(repeating(7, 100, b"\x10\x00key", ssrc=33, rid="h"))) == "h"
    begin(streams, {"h": 4})
    assert streams.source_of(repeating(8, 100, b"\x10\x00key", ssrc=33, rid="h")) is None
    assert rid_of(streams.source_of(repeating(8, 100, b"\x10\x00key", ssrc=44, rid="h"))) == "h"


@pytest.mark.parametrize("rid", ["x", "m"])
def test_repetitions_of_a_layer_unknown_or_not_begun_are_dropped(streams: Demultiplexer, rid: str) -> None:
    begin(streams, {"h": 3})
    assert streams.source_of(repeating(7, 100, b"\x10\x00key", ssrc=33, rid=rid)) is None


def test_a_plain_tracks_repetitions_are_told_by_the_offer() -> None:
    group = ["a=ssrc-group:FID 5 6", "a=ssrc:5 cname:x", "a=ssrc:6 cname:x"]
    plan = planned(camera(*group), AUDIO)
    streams = Demultiplexer(plan.tracks, plan.mid_id)
    packet = plain(vp8(100, 0, key=True, ssrc=5))
    source = streams.source_of(packet)
    assert source is not None
    source.accept(packet, 0)
    assert streams.declared(video=True) == [5]
    assert streams.source_of(plain(head(1, 0, 6, 97, True) + (99).to_bytes(2, "big") + b"\x10\x01")) is source


# -- which layers come ------------------------------------------------------------------------------------------------


class Picture:
    """Three layers at 25 frames a second; a test says which of them send, and when somebody looks."""

    def __init__(self) -> None:
        self.layers = [
            Source(SourceId("alpha/camera"), True, {96: Codec.VP8}, 0, SenderClock(), rid) for rid in ("l", "m", "h")
        ]
        self.publication = Publication(self.layers)
        self.now = 1_000_000
        self.changes = 0

    def send(self, sending: str, milliseconds: int) -> "Picture":
        for _ in range(milliseconds // 40):
            self.now += 40
            for ssrc, layer in enumerate(self.layers, 1):
                if layer.rid in sending:
                    layer.accept(plain(vp8(layer.newest + 1, self.now * 90, ssrc=ssrc)), self.now)
            self.changes += self.publication.refresh(self.now)
        return self

    def sized(self, **sizes: tuple[int, int]) -> "Picture":
        for layer in self.layers:
            layer.payloads.size = sizes.get(layer.rid, layer.payloads.size)
        return self

    @property
    def live(self) -> str:
        pairs = zip(self.publication.layers, self.publication.live, strict=True)
        return "".join(layer.rid for layer, live in pairs if live)

    @property
    def shown(self) -> str:
        return "".join(self.publication.at(quality).rid for quality in Quality)


def test_each_wish_gets_its_layer() -> None:
    assert Picture().send("lmh", 40).shown == "lmh"


@pytest.mark.parametrize(
    ("sending", "shown"),
    [("", "lmh"), ("l", "lll"), ("m", "mmm"), ("h", "hhh"), ("lm", "lmm"), ("lh", "llh"), ("mh", "mmh")],
)
def test_who_wishes_for_a_missing_layer_gets_the_next_below_else_above(sending: str, shown: str) -> None:
    assert Picture().send(sending, 400).shown == shown


def test_a_wish_of_two_layers_or_one() -> None:
    layers = Picture().layers
    two, one = Publication(layers[1:]), Publication(layers[2:])
    for layer in layers:
        layer.accept(plain(vp8(1, 0)), 5)
    two.refresh(5)
    assert [two.at(quality).rid for quality in Quality] == ["m", "m", "h"]
    assert [one.at(quality).rid for quality in Quality] == ["h", "h", "h"]
    assert (one.live, one.refresh(5)) == ((True,), False)


def test_a_layer_comes_with_its_first_packet() -> None:
    """At once: that packet begins the key frame that viewers want."""
    picture = Picture().send("l", 2000)
    assert picture.live == "l"
    assert picture.send("lh", 40).live == "lh"


def test_a_layer_that_falls_silent_is_given_up() -> None:
    picture = Picture().send("lmh", 1000)
    assert picture.send("lm", SILENCE_MS - 200).live == "lmh"
    assert picture.send("lm", 400).live == "lm"
    assert picture.shown == "lmm"


def test_when_nothing_comes_nothing_is_given_up() -> None:
    """The publisher's network stalled. When it comes back, whichever layer is first, the others are not off."""
    picture = Picture().send("lmh", 1000).send("", 20_000)
    assert picture.live == "lmh"
    picture.send("l", 400).send("lmh", 400)
    assert (picture.live, picture.changes) == ("lmh", 1)


def test_lost_frames_do_not_make_a_layer_silent() -> None:
    picture = Picture().send("lmh", 1000)
    for _ in range(20):
        picture.send("lm", 400).send("lmh", 40)
    assert (picture.live, picture.changes) == ("lmh", 1)


def test_a_layer_that_flaps_is_trusted_less_each_time() -> None:
    """Each change costs every viewer a key frame and may freeze the picture."""
    picture, waits = Picture().send("lmh", 1000), []
    for _ in range(6):
        picture.send("lm", 1200)
        assert picture.live == "lm"
        began = picture.now
        while picture.live != "lmh":
            picture.send("lmh", 40)
        waits.append(picture.now - began)
    assert [round(wait / RETURN_MS) for wait in waits] == [1, 2, 4, 8, 8, 8]
    assert MAX_RETURN_MS == 8 * RETURN_MS
    picture.send("lmh", STEADY_MS + 1000).send("lm", 1200)
    assert picture.send("lmh", RETURN_MS + 300).live == "lmh"


def test_a_layer_that_comes_for_moments_does_not_come_back() -> None:
    picture = Picture().send("lmh", 1000).send("lm", 1200)
    changes = picture.changes
    for _ in range(20):
        picture.send("lmh", 400).send("lm", 1200)
    assert (picture.live, picture.changes) == ("lm", changes)


@given(
    st.lists(st.tuples(st.sampled_from(["", "l", "m", "h", "lm", "lh", "mh", "lmh"]), st.integers(1, 50)), max_size=60)
)
def test_whatever_comes_some_layer_is_shown_and_it_was_sent(story: list[tuple[str, int]]) -> None:
    """However they come and go, changes are few: three layers can be given up only so often."""
    picture, begun = Picture(), False
    began = picture.now
    for sending, frames in story:
        picture.send(sending, 40 * frames)
        begun = begun or bool(sending)
        assert bool(picture.live) is begun
        for quality in Quality:
            assert not begun or picture.publication.at(quality).reception.packets > 0
    assert picture.changes <= 3 + 3 * ((picture.now - began) // SILENCE_MS)


def test_layers_are_ordered_by_what_they_show() -> None:
    """OBS names the largest first, as RFC 8853 would have it; browsers the smallest, as pages list them."""
    picture = Picture().send("lmh", 400)
    picture.sized(l=(1280, 720), m=(640, 360), h=(320, 180)).send("lmh", 400)
    assert picture.shown == "hml"
    assert [layer.rid for layer in picture.publication.layers] == ["h", "m", "l"]


def test_the_offers_order_stays_where_sizes_are_equal_or_unknown() -> None:
    """As with layers that differ in their frame rate, or of an encoder that hides its parameter sets."""
    picture = Picture().sized(l=(640, 360), m=(640, 360), h=(640, 360)).send("lmh", 400)
    assert picture.shown == "lmh"
    assert Picture().sized(m=(640, 360)).send("lmh", 400).shown == "lmh"
    assert Picture().sized(l=(640, 360), h=(320, 180)).send("lmh", 400).shown == "hml"


def test_layers_that_shrink_together_keep_their_order() -> None:
    """A busy machine: each layer's new size comes with a key frame of its own, the highest first."""
    picture = Picture().sized(l=(320, 180), m=(640, 360), h=(1280, 720)).send("lmh", 400)
    for rid, size in {"h": (640, 360), "m": (320, 180), "l": (160, 90)}.items():
        assert picture.sized(**{rid: size}).send("lmh", 40).shown == "lmh"
