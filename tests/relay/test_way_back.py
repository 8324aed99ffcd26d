"""Whose address it is, and who is still there: by what comes back, not by what somebody says."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from aioice import stun
from aiortc.rtcdtlstransport import RTCDtlsFingerprint, RTCDtlsParameters
from typing_extensions import override

from roadshow.ids import PublisherId
from roadshow.moments import Duration
from roadshow.rooms.relay.diagnosis.troubles import Trouble
from roadshow.rooms.relay.transport.ration import Ration
from roadshow.rooms.relay.transport.way import AGAIN_MS, FACTOR, HANDSHAKE_OCTETS, MOVE_MS
from roadshow.rooms.relay.wire import rtcp
from tests.relay.light_peer import LightPeer, vp8
from tests.relay.studio import PUBLISHED, WATCHED, Studio, steps
from tests.relay.support import ROOM
from tests.relay.test_observer import comes_true

REPORT = rtcp.receiver_report(1, [])
ANSWER, HANDSHAKE = 1, 22
"""First bytes of an answer of STUN's, and of a DTLS handshake's records."""
STEP = Duration.seconds(9)


class Elsewhere(asyncio.DatagramProtocol):
    """Another address that a peer has, or claims to have: ``peer`` hears what comes there and answers from there."""

    def __init__(self, peer: LightPeer | None) -> None:
        self.peer = peer
        self.octets_in = self.octets_out = 0
        self.udp: Any = None

    def send(self, data: bytes, server: Any) -> None:
        self.octets_out += len(data)
        self.udp.sendto(data, server)

    @override
    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.octets_in += len(data)
        if self.peer is None:
            return
        if data[0] == 0:
            asked = stun.parse_message(data)
            self.peer.asked.append(asked)
            self.send(self.peer.reply(asked, addr), addr)
        else:
            self.peer.datagram_received(data, addr)


@asynccontextmanager
async def elsewhere(peer: LightPeer | None, host: str = "127.0.0.2") -> AsyncIterator[Elsewhere]:
    loop = asyncio.get_running_loop()
    udp, made = await loop.create_datagram_endpoint(lambda: Elsewhere(peer), local_addr=(host, 0))
    made.udp = udp
    try:
        yield made
    finally:
        udp.close()


def report(peer: LightPeer) -> bytes:
    protected: bytes = peer.dtls._tx_srtp.protect_rtcp(REPORT)
    return protected


async def heeded(peer: LightPeer, from_there: Callable[[bytes], None]) -> None:
    """Wait until the relay has read what was sent before."""
    request = peer.binding(named=False)
    from_there(bytes(request))
    await peer.until(lambda: any(message.transaction_id == request.transaction_id for message in peer.stun))


async def later(studio: Studio, *answering: LightPeer, step: Duration = STEP) -> None:
    """So much time passes, the relay sweeps, and who answers has answered."""
    studio.clock.ahead += step
    before = [len(peer.asked) for peer in answering]
    studio.relay._sweep(studio.relay._now())
    for peer, count in zip(answering, before, strict=True):
        await peer.until(lambda peer=peer, count=count: len(peer.asked) > count)  # type: ignore[misc]
        await peer.check()


async def test_a_viewer_that_claims_anothers_address_moves_nothing_there(studio: Studio) -> None:
    """It was 9 MB in a minute for less than a kilobyte. All it sends is authentic, but for where it says it is from;
    whoever is there does not answer."""
    studio.show("alpha")
    viewer, publisher = await studio.viewer(), await studio.publisher("alpha")
    async with elsewhere(None) as victim:
        for number in range(1, 200):
            if number % 20 == 1:
                victim.send(bytes(viewer.binding()), viewer.server)
            if number % 10 == 1:
                victim.send(report(viewer), viewer.server)
            publisher.send_rtp(vp8(number, 3000 * number, key=number == 1, body=bytes(1000)))
            await viewer.until(lambda number=number: len(viewer.rtp) == number)  # type: ignore[misc]
        assert 0 < victim.octets_in <= FACTOR * victim.octets_out
        [peer] = [one.peer for one in studio.relay._viewers.values()]
        assert peer.address != victim.udp.get_extra_info("sockname")


class Deaf(LightPeer):
    """Nobody who sent for anything: it only counts."""

    def __init__(self) -> None:
        super().__init__()
        self.octets_in = self.octets_out = 0
        self.kinds: list[int] = []

    @override
    def send(self, data: bytes) -> None:
        self.octets_out += len(data)
        super().send(data)

    @override
    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.octets_in += len(data)
        self.kinds.append(data[0])
        super().datagram_received(bytes((1,)) + data[1:20] if data[0] < 4 else b"\xff", addr)

    @override
    def _heard(self, message: Any, address: tuple[str, int]) -> None:
        pass


@pytest.mark.parametrize("led", [False, True])
async def test_a_session_begun_in_anothers_name_gets_little(studio: Studio, led: bool) -> None:
    """Checks and a ClientHello that are not theirs, or ours where we begin, and every repetition of our flights."""
    if led:
        await studio.viewer()
    victim = Deaf()
    studio.peers.append(victim)
    await victim.open((await studio.relay.watch(ROOM, victim.offer(*WATCHED))).sdp)
    assert (victim.told("setup") == "active") == led
    [*_, peer] = studio.relay._sessions.peers.values()
    victim.send(bytes(victim.binding()))
    algorithm, value = victim.told("fingerprint").split()
    shaking = asyncio.create_task(victim.dtls.start(RTCDtlsParameters([RTCDtlsFingerprint(algorithm, value)])))
    await victim.until(lambda: HANDSHAKE in victim.kinds)
    for _ in range(100):
        peer._send(bytes(700))
    answered = victim.kinds.count(ANSWER)
    victim.send(bytes(victim.binding()))
    await victim.until(lambda: victim.kinds.count(ANSWER) > answered)
    assert victim.octets_in <= FACTOR * victim.octets_out + HANDSHAKE_OCTETS
    shaking.cancel()
    with suppress(asyncio.CancelledError):
        await shaking


async def test_checks_that_somebody_overheard_do_not_keep_a_gone_viewers_stream_alive(studio: Studio) -> None:
    """Neither after 64 newer ones, nor after minutes when none is remembered, from wherever they are repeated."""
    studio.show("alpha")
    viewer, publisher = await studio.viewer(), await studio.publisher("alpha")
    publisher.send_rtp(vp8(1, 0, key=True))
    await viewer.until(lambda: viewer.rtp)
    [watching] = studio.relay._viewers.values()
    home, received = watching.peer.address or (), studio.read
    overheard = [bytes(viewer.binding()) for _ in range(80)]
    for check in overheard:
        viewer.send(check)
    await viewer.check()
    viewer.vanish()
    for turn in range(20):
        await later(studio)
        publisher.send_rtp(vp8(2 + turn, 3000 * turn))
        await heeded(publisher, publisher.send)
        received(overheard[2 * turn], home)
        received(overheard[2 * turn + 1], ("127.0.0.3", 9))
        if turn == 4:
            assert not studio.relay._viewers


async def test_who_publishes_is_there_as_long_as_its_media_are(studio: Studio) -> None:
    """GStreamer and FFmpeg check no more once they are connected, and were cut off after thirty seconds."""
    publisher = LightPeer()
    studio.peers.append(publisher)
    publisher.answers = False
    answer = await studio.relay.publish(ROOM, PublisherId("alpha"), False, publisher.offer(*PUBLISHED))
    await publisher.connect(answer.sdp)
    source = next(iter(studio.relay._publishers.values())).sources[0]
    for turn in range(12):
        publisher.send_rtp(vp8(turn, 3000 * turn, key=True))
        # There is no check to wait for, as none may come; our reports show that it was read.
        await publisher.until(lambda turn=turn: source.reception.packets > turn or not studio.relay._publishers)  # type: ignore[misc]
        await later(studio)
        assert studio.relay._publishers
    for _ in range(4):
        await later(studio)
    assert not studio.relay._publishers


async def test_who_watches_is_there_as_long_as_it_reports_or_answers(studio: Studio) -> None:
    """Not as long as it checks: a check can be somebody else's repetition. Some clients answer no request."""
    studio.show("alpha")
    publisher = await studio.publisher("alpha")
    viewers = {"reports": LightPeer(), "answers": LightPeer(), "checks": LightPeer()}
    sessions = {}
    for name, viewer in viewers.items():
        studio.peers.append(viewer)
        viewer.answers = name == "answers"
        answer = await studio.relay.watch(ROOM, viewer.offer(*WATCHED))
        sessions[name] = answer.session
        await viewer.connect(answer.sdp)
    for turn in range(12):
        viewers["reports"].send(report(viewers["reports"]))
        if sessions["checks"] in studio.relay._viewers:
            await viewers["checks"].check()
        publisher.send_rtp(vp8(turn, 3000 * turn, key=turn == 0))
        for name in ("reports", "answers"):
            viewer = viewers[name]
            await viewer.until(lambda viewer=viewer, turn=turn: len(viewer.rtp) > turn)  # type: ignore[misc]
        await later(studio, viewers["answers"])
        assert (sessions["checks"] in studio.relay._viewers) is (turn < 3)
    assert set(studio.relay._viewers) == {sessions["reports"], sessions["answers"]}


async def test_a_viewer_that_is_there_and_cannot_be_reached_is_told_of(studio: Studio) -> None:
    """A firewall lets out what it does not let in. The host sees a reason."""
    viewer = await studio.viewer()
    await later(studio, viewer)
    viewer.answers = False
    for _ in range(4):
        viewer.send(report(viewer))
        await viewer.check()
        await later(studio)
    assert not studio.relay._viewers
    [entry] = studio.relay.diary.of(ROOM, studio.relay._now())
    assert entry.trouble is Trouble.NO_WAY


async def test_a_picture_goes_on_without_a_gap_when_a_browser_changes_the_pair(studio: Studio) -> None:
    """It checks the other interface before it uses it; by then the way there is proved."""
    studio.show("alpha")
    viewer, publisher = await studio.viewer(), await studio.publisher("alpha")
    [watching] = studio.relay._viewers.values()
    numbers = iter(range(1, 100))

    async def shown(packets: int) -> None:
        for number in [next(numbers) for _ in range(packets)]:
            publisher.send_rtp(vp8(number, 3000 * number, key=number == 1))
            await viewer.until(lambda number=number: len(viewer.rtp) == number)  # type: ignore[misc]

    async with elsewhere(viewer) as mobile:
        await shown(5)
        viewer.send(report(viewer))
        await heeded(viewer, viewer.send)
        former = len(viewer.asked)
        mobile.send(bytes(viewer.binding(named=False)), viewer.server)
        await viewer.until(lambda: len(viewer.asked) > former)
        await heeded(viewer, lambda data: mobile.send(data, viewer.server))
        await shown(5)
        assert watching.peer.address != mobile.udp.get_extra_info("sockname")
        mobile.send(report(viewer), viewer.server)
        await heeded(viewer, lambda data: mobile.send(data, viewer.server))
        assert watching.peer.address == mobile.udp.get_extra_info("sockname")
        before = mobile.octets_in
        await shown(5)
        assert mobile.octets_in > before
        assert steps(viewer.rtp) == {1}


async def test_a_viewer_that_says_nothing_is_followed_to_the_pair_it_names(studio: Studio) -> None:
    """Before the show there is nothing to report, and a NAT forgets an address."""
    viewer = await studio.viewer()
    [watching] = studio.relay._viewers.values()
    async with elsewhere(viewer) as mobile:
        studio.clock.ahead += Duration(MOVE_MS)
        former = len(viewer.asked)
        mobile.send(bytes(viewer.binding()), viewer.server)
        await viewer.until(lambda: len(viewer.asked) > former)
        await heeded(viewer, lambda data: mobile.send(data, viewer.server))
        assert watching.peer.address == mobile.udp.get_extra_info("sockname")


async def test_an_address_where_media_come_from_is_not_taken_by_anothers_check(studio: Studio) -> None:
    """Its own last check may be long ago; a guest with a session could otherwise cut an encoder off."""
    studio.show("alpha")
    publisher, thief, viewer = await studio.publisher("alpha"), await studio.viewer(), await studio.viewer()
    for turn in range(5):
        publisher.send_rtp(vp8(turn, 3000 * turn, key=turn == 0))
        await viewer.until(lambda turn=turn: len(viewer.rtp) > turn)  # type: ignore[misc]
        await later(studio, viewer, thief)
    stolen = thief.binding()
    publisher.send(bytes(stolen))
    publisher.send_rtp(vp8(5, 15_000))
    await viewer.until(lambda: len(viewer.rtp) > 5)
    assert not [message for message in publisher.stun if message.transaction_id == stolen.transaction_id]


async def test_nothing_is_shown_to_a_viewer_before_the_way_back_is_proved(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the last words of its handshake came from another address than the first."""
    studio.show("alpha")
    publisher, viewer = await studio.publisher("alpha"), LightPeer()
    studio.peers.append(viewer)
    answer = await studio.relay.watch(ROOM, viewer.offer(*WATCHED))
    peer = studio.relay._sessions.peers[answer.session]
    monkeypatch.setattr(peer.way, "_whole", False)
    viewer.answers = False
    await viewer.connect(answer.sdp)
    await viewer.check()
    assert peer.connected
    publisher.send_rtp(vp8(1, 0, key=True))
    await heeded(publisher, publisher.send)
    await viewer.check()
    assert not viewer.rtp
    viewer.answers = True
    await later(studio, step=Duration(AGAIN_MS))
    await viewer.until(lambda: viewer.rtp)


async def test_rubbish_in_a_viewers_name_does_not_keep_its_answers_from_being_heard(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who overheard a check can send more of its kind than are looked at, under the viewer's own address: without
    answers its picture would end after half a minute."""
    await studio.viewer()
    [peer] = [one.peer for one in studio.relay._viewers.values()]
    assert peer.address is not None
    here = peer.way.places[peer.address]
    monkeypatch.setattr(peer, "_checks", Ration(0))  # all that are looked at were rubbish, second after second
    studio.clock.ahead += STEP
    begun = studio.relay._now()
    studio.relay._sweep(begun)
    await comes_true(lambda: (here.proved_at or 0) >= begun)
