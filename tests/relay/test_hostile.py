"""Nonsense, malice and accident: nothing crashes, nobody unauthenticated is answered, nobody else notices."""

import contextlib
import logging
import random
import socket

import pylibsrtp
import pytest
from aioice import stun as aioice_stun
from hypothesis import given
from hypothesis import strategies as st

from roadshow.errors import TooLarge
from roadshow.ids import PublisherId, SourceId
from roadshow.rooms.lanes import FLOOR_1, MAIN
from roadshow.rooms.relay.offers.answer import write_answer
from roadshow.rooms.relay.offers.ends import IceCredentials, Transport, read_fragment
from roadshow.rooms.relay.offers.lanes import LaneTable
from roadshow.rooms.relay.offers.negotiation import plan_publish, plan_watch
from roadshow.rooms.relay.sources.parameter_sets import ParameterSets
from roadshow.rooms.relay.wire import rtcp, stun
from roadshow.rooms.relay.wire.codecs import parse_vp8
from roadshow.rooms.relay.wire.h264 import contents, whole_units
from roadshow.rooms.relay.wire.rtp import Packet, find_extension, parse
from roadshow.rooms.relay.wire.sdp import MAX_OFFER, BadOffer, parse_offer
from tests.relay.light_peer import LightPeer, opus, section, vp8
from tests.relay.support import ROOM, running_relay

PUBLISHED = (section("video", "0", "sendonly", ["VP8", "H264"]), section("audio", "1", "sendonly", ["opus"]))
WATCHED = (section("video", "0", "recvonly", ["VP8", "H264"]), section("audio", "1", "recvonly", ["opus"]))
TRANSPORT = Transport(IceCredentials("ufrag", "p" * 24), "AA:BB", (("127.0.0.1", 5000), ("::1", 5000)))
TIMES = 2000


def mutated(data: bytes, dice: random.Random) -> bytes:
    """Bits flipped, pieces cut out, doubled or put in."""
    damaged = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(damaged) + 1)
        match dice.randrange(5):
            case 0 if at < len(damaged):
                damaged[at] ^= 1 << dice.randrange(8)
            case 1 if at < len(damaged):
                damaged[at] = dice.choice((0, 0x7F, 0x80, 0xFF))
            case 2:
                del damaged[at:]
            case 3:
                damaged[at:at] = dice.randbytes(dice.randint(1, 8))
            case _:
                damaged[at:at] = damaged[at : at + dice.randint(1, 40)]
    return bytes(damaged)


async def test_the_port_says_nothing_to_strangers(caplog: pytest.LogCaptureFixture) -> None:
    """Neither to scanners nor to those who would use it to flood others (ASVS 17.2.6)."""
    dice = random.Random(1)
    peer = LightPeer()
    async with running_relay() as relay:
        await peer.open((await relay.watch(ROOM, peer.offer(*WATCHED))).sdp)
        check = bytes(peer.binding())
        unsigned = aioice_stun.Message(aioice_stun.Method.BINDING, aioice_stun.Class.REQUEST)
        unsigned.attributes["USERNAME"] = f"{peer.told('ice-ufrag')}:x"
        hello = bytes.fromhex("16feff000000000000000000300100002400000000000000240000") + bytes(40)
        kinds = [check[:-24], bytes(unsigned), hello, vp8(1, 1), rtcp.picture_loss(1, 2)]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.setblocking(False)
            for number in range(TIMES):
                data = dice.choice(kinds)
                stranger.sendto(mutated(data, dice) if number > len(kinds) else kinds[number % 5], peer.server)
                if number % 200 == 0:
                    await peer.check()  # lets the relay read what has come so far
            await peer.check()
            with pytest.raises(BlockingIOError):
                stranger.recv(2000)
            # A check overheard and repeated from elsewhere is refused, too.
            overheard = bytes(peer.binding())
            peer.send(overheard)
            await peer.check()
            stranger.sendto(overheard, peer.server)
            await peer.check()
            with pytest.raises(BlockingIOError):
                stranger.recv(2000)
        peer.vanish()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_a_peer_that_sends_nonsense_hurts_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    """Authenticated, decrypted, and still garbage: RTP and RTCP of a publisher, RTCP of a viewer."""
    dice = random.Random(2)
    bad, good, viewer, rude = (LightPeer() for _ in range(4))
    extended = b"\xb0" + vp8(1, 1)[1:12] + bytes.fromhex("bede000210303151850000") + vp8(1, 1)[12:] + b"\x02\x02"
    feedback = [
        rtcp.picture_loss(1, 2),
        rtcp.negative_acknowledgement(1, 2, list(range(40))),
        rtcp.sender_report(1, 2**40, 3, 4, 5),
        rtcp.receiver_report(1, [rtcp.ReportBlock(1, 2, -3, 4, 5, 6, 7)]) + rtcp.source_description([1, 2], b"x"),
        b"\x8f\xcd\x00\x05" + bytes(20),  # transport-wide feedback, never agreed on
    ]
    async with running_relay() as relay:
        relay.show(ROOM, {MAIN: SourceId("good/camera"), FLOOR_1: SourceId("bad/microphone")})
        await bad.connect((await relay.publish(ROOM, PublisherId("bad"), False, bad.offer(*PUBLISHED))).sdp)
        await good.connect((await relay.publish(ROOM, PublisherId("good"), False, good.offer(*PUBLISHED))).sdp)
        await viewer.connect((await relay.watch(ROOM, viewer.offer(*WATCHED))).sdp)
        await rude.connect((await relay.watch(ROOM, rude.offer(*WATCHED))).sdp)
        for number in range(TIMES):
            plain = mutated(dice.choice([vp8(number, number), opus(number, number, level=3), extended]), dice)
            if len(plain) >= 12 and plain[0] >> 6 == 2 and not 192 <= plain[1] <= 223:
                try_to_send(bad, plain)
            report = mutated(dice.choice(feedback), dice)
            if len(report) >= 8:
                bad.send_rtcp(report)
                rude.send_rtcp(report)
            if number % 100 == 0:
                await bad.check()
                await rude.check()
        good.send_rtp(vp8(1, 0, key=True, body=b"well"))
        await viewer.until(lambda: any(packet.payload.endswith(b"well") for packet in viewer.rtp))
        relay.show(ROOM, {MAIN: SourceId("bad/camera")})
        await bad.check()
        for peer in (bad, good, viewer, rude):
            peer.vanish()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def try_to_send(peer: LightPeer, plain: bytes) -> None:
    """libsrtp itself refuses some nonsense before it is ever sent."""
    with contextlib.suppress(pylibsrtp.Error):
        peer.send_rtp(plain)


def test_damaged_offers_are_answered_or_refused() -> None:
    """With a code, never with a stack trace."""
    dice = random.Random(3)
    offers = [
        offer_text(*PUBLISHED),
        offer_text(*WATCHED, ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:5"]),
    ]
    refused = 0
    for _ in range(TIMES):
        lines = dice.choice(offers).split("\r\n")
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(len(lines))
            match dice.randrange(4):
                case 0:
                    del lines[at]
                case 1:
                    lines.insert(at, dice.choice(lines))
                case _:
                    lines[at] = mutated(lines[at].encode(), dice).decode("utf-8", "replace")
        text = "\r\n".join(lines)
        refused += 1
        with contextlib.suppress(BadOffer):
            write_answer(plan_publish(parse_offer(text), PublisherId("p"), False), TRANSPORT, 1)
            refused -= 1
        with contextlib.suppress(BadOffer):
            write_answer(plan_watch(parse_offer(text), LaneTable()), TRANSPORT, 1)
        with contextlib.suppress(BadOffer):
            read_fragment(text)
    assert 0 < refused < TIMES


def offer_text(*sections: list[str]) -> str:
    head = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0 1", "a=ice-ufrag:abcd"]
    head += ["a=ice-pwd:" + "p" * 22, "a=fingerprint:sha-256 " + ":".join(["AB"] * 32), "a=setup:actpass"]
    return "\r\n".join(head + [line for lines in sections for line in lines]) + "\r\n"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("a=rtcp-fb:* nack", "length"),
        ("a=rtpmap:96 VP8/90000", "length"),
        ("a=ssrc:1 cname:x", "length"),
        ("m=video 9 UDP/TLS/RTP/SAVPF 96", "sections"),
        ("a=fingerprint:sha-256 " + ":".join(["AB"] * 32), "fingerprint"),
    ],
)
def test_an_offer_has_only_so_much_of_anything(line: str, reason: str) -> None:
    """Anybody who may watch may send one, and everybody's packets wait while it is read."""
    codecs = " ".join(str(number) for number in (*range(64), *range(96, 128)))
    text = offer_text([f"m=video 9 UDP/TLS/RTP/SAVPF {codecs}", "a=mid:0"])
    text += (line + "\r\n") * ((MAX_OFFER - len(text)) // (len(line) + 2))
    with pytest.raises(BadOffer) as refusal:
        parse_offer(text)
    assert refusal.value.details["reason"] == reason
    with pytest.raises(TooLarge):
        parse_offer(text + " " * MAX_OFFER)


@given(st.binary(max_size=200))
def test_any_bytes_can_be_read(data: bytes) -> None:
    """RTP, RTCP, STUN and payloads alike give a value or None."""
    packet = parse(data)
    if packet is not None:
        assert len(packet.payload) + len(packet.extensions) <= len(data) - 12
        packet.extension(1)
    list(rtcp.parse(data))
    parse_vp8(data)
    contents(data)
    ParameterSets(whole_units(data))
    find_extension(0xBEDE, data, 3)
    find_extension(0x1000, data, 3)
    assert stun.read(data) is None


def test_padding_is_measured_before_it_is_cut() -> None:
    """Elsewhere a wrong padding length brought SFUs down (CVE-2025-49140)."""
    header = b"\xa0\x60" + bytes(10)
    assert parse(header + b"payload\x08") is not None
    padded = parse(header + b"payload\x03")
    assert isinstance(padded, Packet)
    assert padded.payload == b"paylo"
    for wrong in (b"\x00", b"payload\x00", b"payload\xff", b""):
        assert parse(header + wrong) is None
    only = parse(header + b"\x00\x00\x00\x04")
    assert only is not None
    assert only.payload == b""


def test_one_bad_part_does_not_cost_the_others() -> None:
    """A report with a profile's extension, an unknown part, then a NACK that matters."""
    extended = bytearray(rtcp.receiver_report(1, [rtcp.ReportBlock(5, 1, 2, 3, 4, 5, 6)]) + b"more")
    extended[3] += 1
    short = b"\x81\xce\x00\x01" + bytes(4)  # a PLI without a target
    compound = bytes(extended) + b"\x80\xd0\x00\x00" + short + rtcp.negative_acknowledgement(1, 2, [7])
    kinds = [type(part).__name__ for part in rtcp.parse(compound)]
    assert kinds == ["ReportBlock", "Nacked"]


async def test_one_peers_address_cannot_be_taken_by_another() -> None:
    """A guest with a session of its own could otherwise cut a judge off by naming the judge's address."""
    victim, thief = LightPeer(), LightPeer()
    async with running_relay() as relay:
        await victim.connect((await relay.watch(ROOM, victim.offer(*WATCHED))).sdp)
        await thief.open((await relay.watch(ROOM, thief.offer(*WATCHED))).sdp)
        stolen = thief.binding()
        victim.send(bytes(stolen))  # from the victim's address, with the thief's credentials
        await victim.check()
        assert not [message for message in victim.stun if message.transaction_id == stolen.transaction_id]
        publisher = LightPeer()
        relay.show(ROOM, {MAIN: SourceId("alpha/camera")})
        await publisher.connect(
            (await relay.publish(ROOM, PublisherId("alpha"), False, publisher.offer(*PUBLISHED))).sdp
        )
        publisher.send_rtp(vp8(1, 0, key=True))
        await victim.until(lambda: victim.rtp)
        for peer in (victim, thief, publisher):
            peer.vanish()
