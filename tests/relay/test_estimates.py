"""How a viewer's estimate of its network reaches the relay: what is agreed on, what is sent, what is read."""

from hypothesis import given
from hypothesis import strategies as st

from roadshow.rooms.relay.offers.lanes import LaneTable
from roadshow.rooms.relay.offers.negotiation import SEND_TIME, WatchPlan, plan_watch
from roadshow.rooms.relay.wire import rtcp
from roadshow.rooms.relay.wire.rtp import send_time
from roadshow.rooms.relay.wire.sdp import parse_offer
from roadshow.rooms.relay.wire.transport_wide import SEQUENCE_URI
from tests.relay.light_peer import CODECS, LightPeer, section


def planned(*sections: list[str]) -> WatchPlan:
    return plan_watch(parse_offer(LightPeer().offer(*sections)), LaneTable())


def watched(kind: str, mid: str, time_id: int, direction: str = "recvonly") -> list[str]:
    codec = "VP8" if kind == "video" else "opus"
    return [*section(kind, mid, direction, [codec]), f"a=extmap:{time_id} {SEND_TIME}"]


@given(st.integers(0, 1 << 40), st.lists(st.integers(0, 0xFFFFFFFF), max_size=5))
def test_an_estimate_is_read_as_it_was_meant(bits_per_second: int, ssrcs: list[int]) -> None:
    """18 bits of mantissa: exact to some millionths."""
    (part,) = rtcp.parse(rtcp.bandwidth_limit(1, bits_per_second, ssrcs))
    assert isinstance(part, rtcp.Bandwidth)
    assert bits_per_second * (1 - 2**-17) <= part.bits_per_second <= bits_per_second


def test_an_estimate_beyond_reason_is_cut() -> None:
    """63 is a legal exponent; nothing later should have to count with such numbers."""
    body = bytes(8) + b"REMB" + bytes((0, 0xFF, 0xFF, 0xFF))
    (part,) = rtcp.parse(bytes((0x8F, 206, 0, len(body) // 4)) + body)
    assert part == rtcp.Bandwidth(rtcp.MAX_BANDWIDTH)


@given(st.binary(max_size=32))
def test_other_application_feedback_is_left_alone(body: bytes) -> None:
    """Format 15 is everybody's; a short or strange one must not cost the rest of its compound."""
    body += bytes(-len(body) % 4)
    first = bytes((0x8F, 206, 0, len(body) // 4)) + body
    parts = list(rtcp.parse(first + rtcp.picture_loss(1, 7)))
    assert parts[-1] == rtcp.KeyFrameRequest(7)
    assert len(parts) == (2 if body[8:12] == b"REMB" and len(body) >= 16 else 1)
    for cut in range(8, 16):
        short = (bytes(8) + b"REMB" + bytes(8))[: cut - cut % 4]
        assert list(rtcp.parse(bytes((0x8F, 206, 0, len(short) // 4)) + short)) == []


def test_viewers_are_offered_what_their_estimate_needs() -> None:
    """Browsers send REMB if both ends agreed on it, and measure delay by the time of sending on pictures' packets."""
    plan = planned(watched("video", "0", 4), watched("audio", "1", 4), watched("video", "2", 4, "sendonly"))
    picture, sound, theirs = ["\n".join(answer.lines) for answer in plan.answers]
    assert f"a=extmap:4 {SEND_TIME}" in picture
    assert "a=rtcp-fb:96 goog-remb" in picture
    assert "send-time" not in sound + theirs
    assert "goog-remb" not in theirs
    forms = [wanted.form for _, wanted in plan.wanted]
    assert [form.send_time_id for form in forms] == [4, 0]


def test_what_a_viewer_did_not_offer_is_not_answered() -> None:
    """Nor an id that does not fit a one-byte header, or stands for something else."""
    plain = [line for line in section("video", "0", "recvonly", ["VP8"]) if "goog-remb" not in line]
    for lines in (plain, watched("video", "0", 15), watched("video", "0", 1)):
        plan = planned(lines)
        assert plan.wanted[0][1].form.send_time_id == 0
        assert not any("send-time" in line for line in plan.answers[0].lines)
    assert not any("goog-remb" in line for line in planned(plain).answers[0].lines)


def numbering(*codecs: str, ident: int = 5, kind: str = "video", rtx: bool = True) -> list[str]:
    """A section that offers transport-wide numbers."""
    payload_type = 96 if kind == "video" else 111
    lines = section(kind, "0", "recvonly", [*codecs], rtx)
    return [*lines, f"a=extmap:{ident} {SEQUENCE_URI}", f"a=rtcp-fb:{payload_type} transport-cc"]


def test_packets_are_numbered_where_what_is_sent_again_is_rtx() -> None:
    """The very same bytes sent again would have another number: other bytes under one nonce."""
    plan = planned(numbering("VP8"))
    assert plan.wanted[0][1].form.wide_id == 5
    assert f"a=extmap:5 {SEQUENCE_URI}" in plan.answers[0].lines
    assert "a=rtcp-fb:96 transport-cc" in plan.answers[0].lines
    for lines in (
        numbering("VP8", rtx=False),
        [line for line in numbering("VP8", "H264") if not line.startswith(f"a=fmtp:{CODECS['H264'][2]}")],
        numbering("VP8", ident=15),
        numbering("VP8", ident=1),
        numbering("opus", kind="audio"),
        [line for line in numbering("VP8") if "transport-cc" not in line],
    ):
        plan = planned(lines)
        assert plan.wanted[0][1].form.wide_id == 0
        assert not any("transport-" in line for line in plan.answers[0].lines)


@given(st.integers(0, 2**50))
def test_the_time_of_sending_is_seconds_modulo_64_in_18_bits(ms: int) -> None:
    """A receiver takes differences: they must be exact to the part of a millisecond, across the wrap too."""
    value = int.from_bytes(send_time(ms), "big")
    assert abs(value / 2**18 - ms % 64_000 / 1000) < 2**-18
    later = int.from_bytes(send_time(ms + 20), "big")
    assert abs((later - value) % 2**24 - 0.02 * 2**18) <= 1
