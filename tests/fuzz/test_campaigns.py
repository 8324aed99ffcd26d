"""The campaigns, briefly: the same inputs in each run. `make fuzz` runs them whole, with a new seed each time."""

import asyncio
import logging
import random
import re
import subprocess
from typing import Any

import pytest
from aiortc.rtcdtlstransport import RTCCertificate, SRTPProtectionProfile
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL.crypto import FILETYPE_ASN1, load_certificate
from typing_extensions import override

from roadshow.rooms.relay.config import MediaPath
from roadshow.rooms.relay.egress.native import NoNative, load
from roadshow.rooms.relay.transport.peer import MAX_SSRCS
from roadshow.rooms.relay.wire.rtcp import negative_acknowledgement
from tests.fuzz import native
from tests.fuzz.arena import Arena, Hostile, arena
from tests.fuzz.campaign import MAX_GROWTH, datagrams, offers
from tests.fuzz.finds import Found, Watch
from tests.fuzz.handshakes import dtls, stun
from tests.fuzz.packets import VP8, Flow, rtcp, rtp
from tests.relay.light_peer import LightPeer, opus, vp8

SEED = 3
DATAGRAMS = 20_000
READER_DATAGRAMS = 50_000
OFFERS = 500


@pytest.fixture(autouse=True)
async def _quick_loop() -> None:
    """In debug mode asyncio notes where every callback came from, which takes most of a campaign's time."""
    asyncio.get_running_loop().set_debug(False)


async def test_mutated_datagrams_hurt_nobody() -> None:
    """Before, during and after the handshake, as publisher, as viewer, as a stranger; the show goes on meanwhile."""
    result = await datagrams(DATAGRAMS, SEED)
    assert result.growth < MAX_GROWTH, result.told


async def test_mutated_offers_are_answered_or_refused() -> None:
    """Published, watched, patched: an answer fit to be read, or a code; never a server error."""
    result = await offers(OFFERS, SEED)
    assert result.growth < MAX_GROWTH, result.told


def test_the_native_reader_bears_hostile_datagrams_under_the_sanitizers() -> None:
    """It meets the unauthenticated: no byte beyond a datagram's end is read, none is leaked, nothing is undefined."""
    try:
        load()
    except NoNative as why:
        pytest.skip(str(why))
    try:
        good, said = native.run(READER_DATAGRAMS, SEED)
    except subprocess.CalledProcessError as failed:
        if "asan" in failed.stderr:
            pytest.skip("the compiler has no sanitizers")
        raise
    assert good, said


async def test_python_sends_what_the_native_path_sends() -> None:
    """The same campaign, shorter, over the way out that is there without a compiler."""
    await datagrams(DATAGRAMS // 5, SEED, MediaPath.PYTHON)


async def hostile_in(ring: Arena) -> Hostile:
    peer = await ring.hostile("bad", publishes=False)
    assert peer is not None
    return peer


async def test_what_must_not_be_would_be_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A campaign that notices nothing is worth nothing: an answer to a stranger, an exception, a picture that stays
    away, a number used twice."""
    with Watch(SEED) as watch:
        async with arena(SEED, watch) as ring:
            peer = await hostile_in(ring)
            ring.put("a true check from a stranger's address", peer.authentic_check(), ring.strangers[0].getsockname())
            with pytest.raises(Found, match="bytes were sent to strangers"):
                await ring.round()
            ring.answered = 0
            ring.viewer.complaint = ""
            number = bytes.fromhex("806000010000000000000007")
            for body in (b"one", b"other"):
                ring.viewer._media(peer.dtls._tx_srtp.protect(number + body))
            assert ring.viewer.complaint  # of a key it does not know
            with pytest.raises(Found):
                ring._judge()
            ring.viewer.complaint = ""
            monkeypatch.setattr(ring.relay._sessions, "_check", lambda data, address: {}[data])
            with pytest.raises(Found, match="KeyError"):
                ring.put("", peer.authentic_check(), ring.strangers[0].getsockname())
            logging.getLogger("roadshow").error("on purpose")
            with pytest.raises(Found, match="on purpose"):
                watch.check()
            watch.errors.clear()


async def test_a_peer_with_endless_streams_costs_the_relay_no_more_than_one_with_a_few() -> None:
    """libsrtp keeps every stream it ever decrypted, and looks through all of them for each packet."""
    with Watch(SEED) as watch:
        async with arena(SEED, watch) as ring:
            peer = await hostile_in(ring)
            inside = next(p for p in ring.relay._sessions.peers.values() if peer.address in p.way.places)
            for ssrc in range(1000, 1000 + 2 * MAX_SSRCS):
                data = peer.protected(opus(1, 1, ssrc=ssrc), control=False)
                assert data is not None
                ring.put("one more stream", data, peer.address)
            assert inside.rejected == MAX_SSRCS
            last = peer.protected(opus(2, 2, ssrc=1000), control=False)
            assert last is not None
            ring.put("a stream that is known", last, peer.address)
            assert inside.rejected == MAX_SSRCS


async def test_a_packet_that_still_waits_for_its_burst_is_not_sent_twice_in_two_lengths() -> None:
    """Found here: asked for again before it went out, it went without the padding that its burst then gave it. For a
    viewer without RTX that is two packets under one number, and so one nonce for both."""
    with Watch(SEED) as watch:
        async with arena(SEED, watch) as ring:
            peer = await ring.hostile("bad", publishes=True)
            assert peer is not None

            def puts(number: int, body: bytes, marker: bool, key: bool = False) -> None:
                data = peer.protected(vp8(number, 3000, key=key, body=body, marker=marker), control=False)
                assert data is not None
                ring.put("a piece of a frame", data, peer.address)

            puts(1, bytes(40), marker=True, key=True)
            async with asyncio.timeout(10):
                while not (lane := without_rtx(ring.fickle) & ring.fickle.newest.keys()):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            ssrc = lane.pop()
            puts(2, bytes(20), marker=False)
            for ahead in (1, 1):
                wish = negative_acknowledgement(1, ssrc, [ring.fickle.newest[ssrc] + ahead & 0xFFFF])
                ring.put("asked for too soon", ring.fickle.dtls._tx_srtp.protect_rtcp(wish), address_of(ring.fickle))
            assert ring.fickle.repeated == 0
            puts(3, bytes(40), marker=True)
            await ring.round()
            wish = negative_acknowledgement(1, ssrc, [ring.fickle.newest[ssrc] & 0xFFFF])
            ring.put("asked for in time", ring.fickle.dtls._tx_srtp.protect_rtcp(wish), address_of(ring.fickle))
            await ring.round()
            assert ring.fickle.repeated


def without_rtx(viewer: LightPeer) -> set[int]:
    """SSRCs of the answer's pictures for which no RTX was agreed on."""
    pictures = [part for part in viewer.answer.split("\r\nm=") if part.startswith("video")]
    told = [set(re.findall(r"a=ssrc:(\d+) ", part)) for part in pictures if "a=ssrc-group:FID" not in part]
    return {int(ssrc) for ssrcs in told for ssrc in ssrcs}


def address_of(peer: LightPeer) -> Any:
    assert peer._udp is not None
    return peer._udp.get_extra_info("sockname")


class OddCertificate(RTCCertificate):
    """Shows a certificate of a version that does not exist, which OpenSSL takes."""

    @override
    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> Any:
        context = super()._create_ssl_context(srtp_profiles)
        der = bytearray(self._cert.public_bytes(Encoding.DER))
        der[der.index(bytes.fromhex("a003020102")) + 4] = 5
        context.use_certificate(load_certificate(FILETYPE_ASN1, bytes(der)))
        context.use_privatekey(self._key)
        return context


@pytest.mark.filterwarnings("ignore:Passing pyOpenSSL X509:DeprecationWarning")  # cryptography cannot hold this one
async def test_a_certificate_nobody_can_read_ends_one_connection_and_is_no_error_of_ours() -> None:
    """Found here: it was an exception in the log, for anybody who may watch to repeat."""
    with Watch(SEED) as watch:
        async with arena(SEED, watch) as ring:
            peer = Hostile("odd")
            peer._certificate = OddCertificate.generateCertificate()
            peer.dtls = type(peer.dtls)(peer._wire, [peer._certificate])  # type: ignore[arg-type]
            peer.dtls._set_role("client")
            before = len(ring.relay._sessions.peers)
            await peer.connect(await ring.session(peer, publishes=False))
            async with asyncio.timeout(10):
                while len(ring.relay._sessions.peers) > before:  # noqa: ASYNC110  (the relay tells nobody)
                    await asyncio.sleep(0.01)
            await ring.round()


def test_a_seed_gives_the_same_inputs_again() -> None:
    """Or a find could not be looked into."""

    def some(seed: int) -> list[bytes]:
        dice = random.Random(seed)
        flow = Flow(1, VP8, dice)
        made = [rtp(flow) for _ in range(200)] + [rtcp(dice, (1, 2), (3, 4)) for _ in range(200)]
        return made + [stun(dice, b"a:b", b"key") for _ in range(200)] + [dtls(dice, made[:3]) for _ in range(200)]

    assert some(1) == some(1)
    assert some(1) != some(2)
