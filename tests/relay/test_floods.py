"""What one viewer can ask for is bounded, so that the others' picture, and the relay's core, do not pay for it."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.rooms.relay.last_mile.asking import ASK_INTERVAL_MS, CONTENT_MS, MAX_ASKS, SLOW_ASK_MS
from roadshow.rooms.relay.last_mile.ladder import Rates
from roadshow.rooms.relay.last_mile.patience import Patience
from roadshow.rooms.relay.last_mile.quality import (
    CALM_MS,
    CHANGE_MS,
    MAX_CHANGES,
    SLOW_CHANGE_MS,
    Choice,
    QualityChooser,
)
from roadshow.rooms.relay.last_mile.resending import REQUESTS_A_SECOND, RESENDS_A_SECOND
from roadshow.rooms.relay.offers.lanes import Quality
from roadshow.rooms.relay.sources.keyframes import MIN_INTERVAL_MS
from roadshow.rooms.relay.stage.lane_stream import LaneStream
from roadshow.rooms.relay.stage.leg import Leg
from roadshow.rooms.relay.stage.repeats import resend
from roadshow.rooms.relay.transport.peer import CHECKS_A_SECOND, DTLS_A_SECOND, FEEDBACK_A_SECOND
from roadshow.rooms.relay.transport.ration import Ration
from roadshow.rooms.relay.transport.way import CONSENT_MS, MAX_ADDRESSES
from roadshow.rooms.relay.wire import rtcp
from roadshow.rooms.relay.wire.rtp import parse
from roadshow.rooms.relay.wire.transport_wide import SEQUENCE_URI
from tests.relay.light_peer import section, vp8
from tests.relay.studio import Studio
from tests.relay.test_layers import Set
from tests.relay.test_simulcast_publishing import a_camera, shows


def counted(owner: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """One entry for each call of a method."""
    calls: list[None] = []
    former: Callable[..., Any] = getattr(owner, name)

    def call(*arguments: Any) -> Any:
        calls.append(None)
        return former(*arguments)

    monkeypatch.setattr(owner, name, call)
    return calls


def test_a_nack_does_not_break_a_burst_nor_repeat_what_waits_in_it() -> None:
    """It could not be missed yet; and let out for the asking, everybody's packets would go one by one."""
    scene = Set(rtx=False, sequence=1000)
    leg = scene.viewer(2)
    scene.run(2, keys=(2,))
    assert leg.target is not None
    before = list(scene.egress.got[leg.target])
    top, fanout = scene.layers[2], scene.fanouts[2]
    for data in top.frame(scene.now, key=False):
        read = parse(data)
        assert read is not None
        media = top.source.accept(read, scene.now)
        assert media is not None
        fanout.forward(top.source, media, scene.now)
    waiting = [number & 0xFFFF for _, number in scene.outlet.held(leg.target)]
    assert len(waiting) == 3
    resend(scene.outlet, leg, tuple(waiting), None, scene.now)
    assert scene.egress.got[leg.target] == before
    scene.outlet.flush(scene.now)
    sent = scene.egress.got[leg.target][len(before) :]
    assert len(sent) == len(set(sent)) == 3
    resend(scene.outlet, leg, tuple(waiting), None, scene.now)
    assert scene.egress.got[leg.target][len(before) + 3 :] == sent


def test_nacks_without_end_cost_so_much_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the same packets over and over, nor such as never were."""
    scene = Set()
    leg = scene.viewer(2)
    scene.run(100, keys=(2,))
    numbers = tuple(packet.sequence for packet in scene.got(leg))
    rendered, looked_for = counted(LaneStream, "again", monkeypatch), counted(Leg, "find", monkeypatch)
    for _ in range(40):
        resend(scene.outlet, leg, numbers, None, scene.now)
        resend(scene.outlet, leg, tuple((number + 0x4000) & 0xFFFF for number in numbers), None, scene.now)
    assert 0 < len(rendered) <= RESENDS_A_SECOND
    assert len(looked_for) <= REQUESTS_A_SECOND
    scene.now += 1000
    resent = leg.resent
    resend(scene.outlet, leg, numbers[-10:], None, scene.now)
    assert leg.resent >= resent + 10


async def test_requests_beyond_those_looked_at_are_not_weighed(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether each is only late is asked of what its viewer told, which costs more than to read it."""
    studio.show("alpha")
    measured = [*section("video", "0", "recvonly", ["VP8"]), f"a=extmap:5 {SEQUENCE_URI}", "a=rtcp-fb:96 transport-cc"]
    viewer, publisher = await studio.viewer(measured), await studio.publisher("alpha")
    publisher.send_rtp(vp8(1, 0, key=True))
    await viewer.until(lambda: viewer.rtp)
    (watching,) = studio.relay._viewers.values()
    weighed: list[int] = []
    asked = Patience.asked

    def weighs(self: Patience, ssrc: int, sequences: tuple[int, ...], now: int) -> tuple[int, ...]:
        weighed.append(len(sequences))
        return asked(self, ssrc, sequences, now)

    monkeypatch.setattr(Patience, "asked", weighs)
    ssrc = viewer.rtp[0].ssrc
    for first in range(0, 20 * 500, 500):
        viewer.send_rtcp(rtcp.negative_acknowledgement(1, ssrc, list(range(first, first + 500))))
    viewer.send_rtcp(rtcp.picture_loss(1, ssrc))
    await viewer.until(lambda: watching.key_frames_asked)
    assert len(weighed) == 20
    assert REQUESTS_A_SECOND <= sum(weighed) <= 2 * REQUESTS_A_SECOND  # a second may end meanwhile


def test_a_datagram_full_of_nacks_is_read_so_far_and_no_further() -> None:
    one = rtcp.negative_acknowledgement(1, 2, [17 * number + bit for number in range(60) for bit in range(17)])
    report = rtcp.receiver_report(1, [rtcp.ReportBlock(7, 0, 0, 4, 5, 6, 7)])
    parts = list(rtcp.parse(one + one + one + report))
    found = [number for part in parts if isinstance(part, rtcp.Nacked) for number in part.sequences]
    assert found == list(range(rtcp.MAX_NACKED))
    assert isinstance(parts[-1], rtcp.ReportBlock)


def test_a_datagram_full_of_reports_or_requests_is_read_so_far_and_no_further() -> None:
    blocks = rtcp.receiver_report(1, [rtcp.ReportBlock(7, 0, 0, number, 5, 6, 7) for number in range(20)])
    request = b"\x84\xce" + (2 + 2 * 170).to_bytes(2, "big") + bytes(8) + (7).to_bytes(4, "big").ljust(8, b"\0") * 170
    nack = rtcp.negative_acknowledgement(1, 7, [5])
    for flood, reports in [(request, 0), (blocks * 2, rtcp.MAX_ENTRIES), (blocks + request, 20)]:
        parts = list(rtcp.parse(flood + nack))
        assert isinstance(parts.pop(), rtcp.Nacked)
        assert len(parts) == rtcp.MAX_ENTRIES
        assert sum(isinstance(part, rtcp.ReportBlock) for part in parts) == reports


def test_who_asked_for_enough_costs_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits in a burst is not looked through for each of the NACKs that come after."""
    scene = Set()
    leg = scene.viewer(2)
    scene.run(4, keys=(2,))
    looked = counted(scene.outlet, "held", monkeypatch)
    for number in range(2 * REQUESTS_A_SECOND):
        resend(scene.outlet, leg, (number + 0x4000,), None, scene.now)
    assert len(looked) == REQUESTS_A_SECOND


def test_who_never_stops_asking_for_key_frames_is_heeded_rarely() -> None:
    """A phone whose decoder is broken would have everybody's picture begin anew every other second."""
    scene = Set()
    leg = scene.viewer(2)
    scene.run(2, keys=(2,))
    heeded = [now for now in range(scene.now, scene.now + 300_000, 100) if leg.asking.heeded(now)]
    assert heeded[MAX_ASKS - 1] - heeded[0] == (MAX_ASKS - 1) * ASK_INTERVAL_MS
    assert len(heeded) <= MAX_ASKS + 300_000 // SLOW_ASK_MS
    later = heeded[-1] + CONTENT_MS
    assert [leg.asking.heeded(later + wait) for wait in (0, ASK_INTERVAL_MS)] == [True, True]


def test_who_changes_quality_to_and_fro_is_followed_rarely() -> None:
    """Each change waits for a key frame, which everybody pays for. A few in a row are followed at once."""
    chooser, rates = QualityChooser(), Rates((100_000, 300_000, 900_000))
    followed: list[int] = []
    former = chooser.decide(0, rates)
    for now in range(1000, 301_000, 500):
        chooser.choose(Choice.LOW if former is Quality.HIGH else Choice.HIGH)
        if chooser.decide(now, rates) is not former:
            followed.append(now)
            former = chooser.quality
    assert followed[MAX_CHANGES - 1] - followed[0] == (MAX_CHANGES - 1) * CHANGE_MS
    assert len(followed) <= MAX_CHANGES + 300_000 // SLOW_CHANGE_MS
    later = followed[-1] + CALM_MS
    chooser.choose(Choice.SOUND)
    assert chooser.decide(later, rates) is None
    chooser.choose(Choice.LOW)
    assert chooser.decide(later + CHANGE_MS, rates) is Quality.LOW


async def test_the_layers_of_a_track_are_asked_for_key_frames_together(studio: Studio) -> None:
    """Three viewers on three layers must not have an encoder begin all of them three times as often."""
    studio.show("alpha")
    viewer, sending = await studio.viewer(), await a_camera(studio)
    sending.send("lmh", key=True)
    await shows(viewer, "h", 1)
    [publishing] = studio.relay._publishers.values()
    low, middle, high = publishing.sources[:3]
    now = studio.relay._now() + 10_000
    high.keyframes.wish()
    assert publishing._begin_anew(now) == [high.ssrc]
    low.keyframes.wish()
    middle.keyframes.wish()
    assert publishing._begin_anew(now + MIN_INTERVAL_MS - 1) == []
    high.keyframes.settled()
    assert publishing._begin_anew(now + MIN_INTERVAL_MS) == [low.ssrc, middle.ssrc]


async def test_a_flood_of_feedback_is_read_up_to_a_limit(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is over it is not even decrypted; a second later the viewer is heard again."""
    studio.show("alpha")
    viewer, publisher = await studio.viewer(), await studio.publisher("alpha")
    publisher.send_rtp(vp8(1, 0, key=True))
    await viewer.until(lambda: viewer.rtp)
    [watching] = studio.relay._viewers.values()
    now = studio.relay._now() + 10_000
    studio.read_at(lambda: now, monkeypatch)
    peer, wish, received = watching.peer, rtcp.picture_loss(1, viewer.rtp[0].ssrc), studio.read

    def flood(datagrams: int) -> None:
        for _ in range(datagrams):
            received(viewer.dtls._tx_srtp.protect_rtcp(wish), peer.address or ())
        peer.catch_up()

    flood(FEEDBACK_A_SECOND + 100)
    assert (watching.key_frames_asked, peer.rejected) == (FEEDBACK_A_SECOND, 100)
    now += 1000
    flood(1)
    assert (watching.key_frames_asked, peer.rejected) == (FEEDBACK_A_SECOND + 1, 100)


async def test_a_flood_of_checks_is_answered_up_to_a_limit(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though each is authentic."""
    viewer = await studio.viewer()
    [peer] = studio.relay._sessions.peers.values()
    tally, received = studio.relay._tally, studio.read
    address = peer.address or ()
    now = studio.relay._now() + 5000
    studio.read_at(lambda: now, monkeypatch)
    for _ in range(2 * CHECKS_A_SECOND):
        received(bytes(viewer.binding()), address)
    assert tally.stun_rejected == CHECKS_A_SECOND
    now += 1000
    last = viewer.binding()
    received(bytes(last), address)
    assert tally.stun_rejected == CHECKS_A_SECOND
    await viewer.until(lambda: any(heard.transaction_id == last.transaction_id for heard in viewer.stun))


async def test_a_flood_of_dtls_is_read_up_to_a_limit(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = await studio.viewer()
    [peer] = studio.relay._sessions.peers.values()
    now = studio.relay._now() + 10_000
    alert = bytes.fromhex("15fefd0001000000000007001a") + bytes(26)
    tried = counted(peer._dtls, "received", monkeypatch)
    for _ in range(3 * DTLS_A_SECOND):
        peer.dtls(alert, peer.address or (), now)
    assert len(tried) == DTLS_A_SECOND
    assert peer.connected
    await viewer.check()


@given(st.lists(st.integers(0, 700), max_size=200), st.integers(1, 5))
def test_a_ration_is_never_exceeded_for_long_nor_withheld(steps: list[int], most: int) -> None:
    """At most twice as much in any second, which may span two windows; and after a second's rest all of it."""
    ration, now, given_at = Ration(most), 1_000_000, []
    for step in steps:
        now += step
        if ration.take(now):
            given_at.append(now)
    assert all(sum(at <= each < at + 1000 for each in given_at) <= 2 * most for at in given_at)
    assert [ration.take(now + 1000) for _ in range(most + 1)] == [True] * most + [False]


async def test_what_strangers_send_in_a_peers_name_does_not_silence_it(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever overheard one check knows the name it goes by, and may have brought an address in by repeating it once it
    was forgotten. No number of checks and of rubbish from there keeps the peer's own from being heard."""
    studio.show("alpha")
    viewer, publisher = await studio.viewer(), await studio.publisher("alpha")
    publisher.send_rtp(vp8(1, 0, key=True))
    await viewer.until(lambda: viewer.rtp)
    [watching] = studio.relay._viewers.values()
    peer, received = watching.peer, studio.read
    address, elsewhere = peer.address or (), ("127.0.0.1", 9)
    now = studio.relay._now() + 5000
    studio.read_at(lambda: now, monkeypatch)
    answered = counted(peer._egress, "send_plain", monkeypatch)
    received(bytes(viewer.binding()), elsewhere)
    assert len(answered) == 2  # and asked to prove the way back
    before = len(viewer.stun)
    forged, rubbish = bytearray(bytes(viewer.binding())), viewer.dtls._tx_srtp.protect_rtcp(rtcp.picture_loss(1, 2))
    forged[-20] ^= 1
    for _ in range(2 * CHECKS_A_SECOND):
        received(bytes(forged), elsewhere)
        received(rubbish[:-1] + bytes((rubbish[-1] ^ 1,)), elsewhere)
    asked = watching.key_frames_asked
    received(bytes(viewer.binding()), address)
    received(viewer.dtls._tx_srtp.protect_rtcp(rtcp.picture_loss(1, viewer.rtp[0].ssrc)), address)
    assert len(answered) <= 3  # before the sweep asks for a proof again
    await viewer.until(lambda: len(viewer.stun) > before)
    assert watching.key_frames_asked == asked + 1


async def test_an_address_that_became_another_peers_is_not_forgotten_with_its_former_ones(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A NAT gave a port to somebody else."""
    former, later = await studio.viewer(), await studio.viewer()
    sessions = studio.relay._sessions
    old, new = sessions.peers.values()
    shared = ("127.0.0.1", 9)
    now = studio.relay._now()
    monkeypatch.setattr(sessions, "_now", lambda: now)
    sessions.received(bytes(former.binding()), shared)
    assert sessions.by_address[shared] is old
    now += CONSENT_MS
    sessions.received(bytes(later.binding()), shared)
    assert sessions.by_address[shared] is new
    for port in range(10, 10 + 2 * MAX_ADDRESSES):
        sessions.received(bytes(former.binding()), ("127.0.0.1", port))
    assert shared not in old.way.places
    assert sessions.by_address[shared] is new
