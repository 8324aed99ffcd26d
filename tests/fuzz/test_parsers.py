"""What reads bytes from outside, one function at a time, on packets whose every length and count may be a lie.

Each input comes from a seed of its own; a failure names it."""

import contextlib
import random

import pytest

from roadshow.errors import RoadshowError
from roadshow.ids import SourceId
from roadshow.rooms.relay.offers.ends import read_fragment
from roadshow.rooms.relay.sources.cache import VIDEO_CACHE
from roadshow.rooms.relay.sources.parameter_sets import ROOM, ParameterSets
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.wire import rtcp, stun
from roadshow.rooms.relay.wire.codecs import (
    Codec,
    Vp8,
    parse_vp8,
    renumber_vp8,
)
from roadshow.rooms.relay.wire.h264 import PICTURE, SETS, contents, whole_units
from roadshow.rooms.relay.wire.picture_size import MAX_SIDE, h264_size, vp8_size
from roadshow.rooms.relay.wire.rtp import Packet, find_extension, parse
from roadshow.rooms.relay.wire.sdp import MAX_SECTIONS, parse_offer
from roadshow.rooms.relay.wire.sync import SenderClock
from tests.fuzz import handshakes, packets
from tests.fuzz.finds import corpus
from tests.fuzz.offers import FRAGMENTS, PUBLISHED, WATCHED, spoiled
from tests.fuzz.packets import H264, OPUS, VP8, Flow

TIMES = 3000
SEEDS = (1, 2)


def read_rtp(data: bytes) -> Packet | None:
    """As everything that follows reads it; what must hold of it."""
    packet = parse(data)
    if packet is None:
        return None
    assert len(packet.payload) + len(packet.extensions) <= len(data) - 12
    assert packet.payload in data
    for ident in range(1, 256):
        value = packet.extension(ident)
        assert value is None or len(value) <= len(packet.extensions)
    described = parse_vp8(packet.payload)
    if described is not None:
        check_renumbering(packet.payload, described)
    assert contents(packet.payload) in range(SETS + PICTURE + 1)
    sets = ParameterSets(whole_units(packet.payload))
    assert not sets.complete or len(sets.payload()) <= ROOM
    for size in (h264_size(packet.payload), vp8_size(packet.payload)):
        assert size is None or all(0 < side <= MAX_SIDE for side in size)
    return packet


def check_renumbering(payload: bytes, described: Vp8) -> None:
    """Other counters in their places, and what follows untouched."""
    out = renumber_vp8(payload, described, 0x7ABC, 0xCD)
    again = parse_vp8(out)
    assert again is not None
    assert (again.picture, again.tl0) == (
        None if described.picture is None else 0x7ABC,
        None if described.tl0 is None else 0xCD,
    )
    assert (again.starts_key, out[again.rest_at :]) == (described.starts_key, payload[described.rest_at :])


@pytest.mark.parametrize("seed", SEEDS)
def test_any_rtp_is_read_or_refused_and_a_source_survives_it(seed: int) -> None:
    """Its cache stays bounded, its reports stay within their fields."""
    dice = random.Random(seed)
    source = Source(SourceId("a"), True, {VP8: Codec.VP8, H264: Codec.H264}, packets.LEVEL_ID, SenderClock())
    flows = [Flow(ssrc, kind, dice) for ssrc, kind in ((1, VP8), (1, VP8), (2, H264), (3, OPUS))]
    now = taken = 0
    for data in [*corpus("rtp"), *(packets.rtp(dice.choice(flows)) for _ in range(TIMES))]:
        now += dice.choice((0, 1, 33))
        packet = read_rtp(data)
        media = source.accept(packet, now) if packet is not None else None
        if media is None:
            continue
        taken += 1
        assert source.kept(media.index) is media
        assert media.index <= source.newest
        if taken % 50 == 0:
            block = source.report_block(now)
            assert block is not None
            assert list(rtcp.parse(rtcp.receiver_report(1, [block]))) == [block]
            assert sum(1 for _ in source.kept_from(0)) <= VIDEO_CACHE
            missing = source.nacks.due(now)
            assert missing == sorted(set(missing))
    assert taken > TIMES // 20


@pytest.mark.parametrize("seed", SEEDS)
def test_any_rtcp_is_read_in_bounds(seed: int) -> None:
    """However long its lists claim to be."""
    dice = random.Random(seed)
    kinds: set[type] = set()
    for data in [*corpus("rtcp"), *(packets.rtcp(dice, (1, 2, 3), (10, 11, 0xFFFF)) for _ in range(TIMES))]:
        parts = list(rtcp.parse(data))
        kinds |= {type(part) for part in parts}
        assert len(parts) <= len(data) // 4
        for part in parts:
            if isinstance(part, rtcp.Nacked):
                assert len(part.sequences) <= rtcp.MAX_NACKED
                assert all(0 <= sequence <= 0xFFFF for sequence in part.sequences)
            elif isinstance(part, rtcp.ReportBlock):
                assert 0 <= part.fraction <= 255
                assert -(1 << 23) <= part.lost < 1 << 23
    assert kinds >= {rtcp.ReportBlock, rtcp.SenderReport, rtcp.KeyFrameRequest, rtcp.Nacked}


@pytest.mark.parametrize("seed", SEEDS)
def test_any_stun_is_read_or_refused(seed: int) -> None:
    """A true signature may stand under any nonsense; a wrong password never counts."""
    dice = random.Random(seed)
    authentic = 0
    for data in [*corpus("stun"), *(handshakes.stun(dice, b"ours:theirs", b"password") for _ in range(TIMES))]:
        stun.read_reply(data)
        check = stun.read(data)
        if check is None:
            continue
        assert not check.authentic("Password")
        if check.authentic("password"):
            authentic += 1
            answer = stun.answer(check, "password", "127.0.0.1", 5000)
            assert stun.read(answer) is None  # an answer asks for none
            assert stun.read_reply(answer) is not None
    assert 0 < authentic < TIMES


@pytest.mark.parametrize("seed", SEEDS)
def test_extension_blocks_end_where_they_end(seed: int) -> None:
    """One-byte, two-byte and unknown profiles over any bytes."""
    dice = random.Random(seed)
    found = 0
    for _ in range(TIMES):
        block = dice.randbytes(dice.randrange(40))
        profile = dice.choice((0xBEDE, 0x1000, 0x100F, 0, 0xFFFF))
        for ident in (-1, 0, 1, 14, 15, 255, 4096):
            value = find_extension(profile, block, ident)
            assert value is None or value in block
            found += value is not None
    assert found


@pytest.mark.parametrize("seed", SEEDS)
def test_any_offer_is_read_or_refused(seed: int) -> None:
    """Only with the errors that reach a browser as codes."""
    dice = random.Random(seed)
    taken = 0
    for _ in range(TIMES // 10):
        text = spoiled((*PUBLISHED, *WATCHED, *FRAGMENTS), dice)
        with contextlib.suppress(RoadshowError):
            assert 0 < len(parse_offer(text).sections) <= MAX_SECTIONS
            taken += 1
        with contextlib.suppress(RoadshowError):
            read_fragment(text)
    assert 0 < taken < TIMES // 10
