"""Who begins the DTLS handshake, and when media begin: before the other end's last word where that changes nothing."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import pytest
from aiortc.rtcdtlstransport import SRTP_AES128_CM_SHA1_80, SRTPProtectionProfile
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL

from roadshow.moments import Duration
from roadshow.rooms.relay.diagnosis.troubles import Trouble
from roadshow.rooms.relay.offers.known import AGAIN_MS, IN_VAIN, LONGEST_MS, KnownOffers, Make
from roadshow.rooms.relay.offers.lanes import LaneTable
from roadshow.rooms.relay.transport.dtls import AEAD, PROFILES, Certificate, DtlsTransport, session_keys
from roadshow.rooms.relay.transport.peer import CONNECT_MS
from tests.relay.certificates import TheirCertificate, keys
from tests.relay.light_peer import LightPeer, section, vp8
from tests.relay.studio import WATCHED, Studio, pictures
from tests.relay.support import ROOM

KEYS = keys()
OFFERED = LightPeer().offer(section("video", "0", "recvonly", ["VP8"]))


class Server:
    """A DTLS server of theirs that says its words when it is let: ``heard`` came, ``replies`` wait."""

    def __init__(self, profiles: list[SRTPProtectionProfile] = PROFILES, suites: bytes = b"") -> None:
        self.certificate = TheirCertificate(KEYS["P-256"])
        context = self.certificate._create_ssl_context(profiles)
        if suites:
            context.set_cipher_list(suites)
        self.ssl = SSL.Connection(context)
        self.ssl.set_accept_state()
        self.ssl.set_ciphertext_mtu(1200)
        self.replies: list[bytes] = []
        self.keyed = 0
        self.done = False
        self.us = DtlsTransport(self._hears, Certificate.generateCertificate(), True, lambda: None, profiles)

    @property
    def fingerprint(self) -> tuple[str, str]:
        [made] = [one for one in self.certificate.getFingerprints() if one.algorithm == "sha-256"]
        return made.algorithm, made.value

    def _hears(self, data: bytes) -> None:
        self.ssl.bio_write(data)
        with suppress(SSL.Error):
            self.ssl.do_handshake()
        with suppress(SSL.Error):
            self.replies.append(self.ssl.bio_read(8000))

    def reply(self, change: Callable[[bytes], bytes] = lambda data: data) -> None:
        """Let the next of its flights reach us."""
        self.us.received(change(self.replies.pop(0)))

    def begins(self, fingerprint: tuple[str, str] | None = None) -> None:
        def keyed() -> None:
            self.keyed += 1

        def done() -> None:
            self.done = True

        self.us.expect((fingerprint or self.fingerprint,), keyed, done)
        self.us.begin()


def spoiled(data: bytes) -> bytes:
    return data[:-1] + bytes((data[-1] ^ 1,))


async def test_media_begin_with_our_last_word() -> None:
    """A round trip before theirs; with the keys that there are in the end."""
    server = Server()
    server.begins()
    server.reply()
    assert (server.keyed, server.us.connected, server.done) == (1, True, False)
    early = server.us.keys
    server.reply()
    assert server.done
    assert (server.keyed, server.us.keys) == (1, early)
    material = server.ssl.export_keying_material(b"EXTRACTOR-dtls_srtp", 56)
    assert early == session_keys(material[:16], material[32:44])


@pytest.mark.parametrize(
    ("profiles", "suites"),
    [
        ([SRTP_AES128_CM_SHA1_80], b""),
        (PROFILES, b"ECDHE-ECDSA-CHACHA20-POLY1305"),
        (PROFILES, b"ECDHE-ECDSA-AES128-SHA"),
    ],
    ids=["another profile", "another suite", "a suite without AEAD"],
)
async def test_with_anything_weaker_nothing_begins_before_theirs(
    profiles: list[SRTPProtectionProfile], suites: bytes
) -> None:
    """Somebody in between may have taken what is strong out of our hello; their last word would show it."""
    server = Server(profiles, suites)
    server.begins()
    server.reply()
    assert (server.keyed, server.us.connected) == (0, False)
    server.reply()
    assert server.done
    assert server.keyed == 1


async def test_nothing_begins_with_somebody_else() -> None:
    """Whose certificate it is must be known before, not after."""
    server = Server()
    server.begins(("sha-256", ":".join(["AB"] * 32)))
    server.reply()
    assert (server.keyed, server.us.connected) == (0, False)
    server.reply()
    assert not server.done
    assert server.us.failure is not None
    assert (server.us.failure.trouble, server.keyed) == (Trouble.CERTIFICATE, 0)


async def test_a_last_word_that_is_not_theirs_is_none() -> None:
    """It ends nothing: the true one may still come."""
    server = Server()
    server.begins()
    server.reply()
    true = server.replies[0]
    server.us.received(spoiled(true))
    assert not server.done
    server.reply()
    assert server.done


async def test_a_mishap_ends_one_connection_alone() -> None:
    """Datagrams of all are read in one turn: what is raised for one of them must not reach it."""

    def mishap() -> None:
        raise RuntimeError

    server = Server()
    server.us.expect((server.fingerprint,), mishap)
    server.us.begin()
    server.reply()
    server.us.received(b"\x16 and nothing after it")
    assert server.us.failure is not None
    assert not server.us.connected


async def test_who_leaves_it_to_us_is_met_sooner_the_second_time(studio: Studio) -> None:
    """The first of a make begins itself, and shows what it takes; media reach the one as the other."""
    studio.show("alpha")
    first, second = await studio.viewer(), await studio.viewer()
    assert (first.told("setup"), second.told("setup")) == ("passive", "active")
    publisher = await studio.publisher("alpha")
    assert publisher.told("setup") == "passive"
    publisher.send_rtp(vp8(1, 0, key=True))
    for viewer in (first, second):
        await viewer.until(lambda: pictures(viewer))  # noqa: B023


async def test_who_never_says_the_last_word_does_not_stay(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Media reach them meanwhile; but with them the handshake's memory is held, three times a viewer's."""
    studio.show("alpha")
    await studio.viewer()
    peer = LightPeer()
    studio.peers.append(peer)
    change_cipher = b"\x14\xfe\xfd"  # a record's head, which begins a server's last flight
    monkeypatch.setattr(peer._wire, "send", lambda data: None if change_cipher in data else peer.send(data))
    answer = await studio.relay.watch(ROOM, peer.offer(*WATCHED))
    await peer.connect(answer.sdp)
    publisher = await studio.publisher("alpha")
    publisher.send_rtp(vp8(1, 0, key=True))
    await peer.until(lambda: pictures(peer))
    studio.clock.ahead += Duration(CONNECT_MS)
    async with asyncio.timeout(10):
        while answer.session in studio.relay._sessions.peers:  # noqa: ASYNC110  (the relay tells nobody)
            await asyncio.sleep(0.01)
    assert len(studio.relay._sessions.peers) == 2


async def test_a_make_without_aes_gcm_is_never_led(studio: Studio) -> None:
    """It would find nothing in our hello that it knows."""
    for _ in range(2):
        peer = LightPeer()
        studio.peers.append(peer)
        peer.dtls._srtp_profiles = [SRTP_AES128_CM_SHA1_80]
        await peer.connect((await studio.relay.watch(ROOM, peer.offer(*WATCHED))).sdp)
        assert peer.told("setup") == "passive"


async def test_a_make_that_cannot_be_led_is_let_begin_again(studio: Studio) -> None:
    """By the same offer as one that can: its session fails, and the next it asks for is as ever."""
    await studio.viewer()
    odd = LightPeer()
    odd.dtls._srtp_profiles = [SRTP_AES128_CM_SHA1_80]
    studio.peers.append(odd)
    answer = await studio.relay.watch(ROOM, odd.offer(*WATCHED))
    with pytest.raises(AssertionError):
        await odd.connect(answer.sdp)
    async with asyncio.timeout(10):
        while answer.session in studio.relay._sessions.peers:  # noqa: ASYNC110  (the relay tells nobody)
            await asyncio.sleep(0.01)
    assert (await studio.viewer()).told("setup") == "passive"


async def test_who_must_begin_themselves_does(studio: Studio) -> None:
    """RFC 9725, section 4.4.4: a client may know one role only."""
    await studio.viewer()
    for _ in range(2):
        peer = LightPeer()
        studio.peers.append(peer)
        offer = peer.offer(*WATCHED).replace("setup:actpass", "setup:active")
        await peer.connect((await studio.relay.watch(ROOM, offer)).sdp)
        assert peer.told("setup") == "passive"


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 1000, AGAIN_MS, LONGEST_MS]),
            st.sampled_from(["agreed", "plain", "led", "failed", "lost"]),
        ),
        max_size=60,
    )
)
def test_a_make_rests_longer_after_each_failure(steps: list[tuple[int, str]]) -> None:
    """A line that broke is no failure of the make's, unless none of it ever came through, or three in a row did not."""
    make = made()
    now, known, rests_until, rest, lost = 0, False, 0, AGAIN_MS, 2
    for pause, what in steps:
        now += pause
        assert make.is_led(now) == (known and now >= rests_until)
        if what in ("failed", "lost"):
            make.failed(now, what == "failed")
            lost += 1
            if now >= rests_until and (what == "failed" or lost >= IN_VAIN):
                rests_until, rest = now + rest, min(2 * rest, LONGEST_MS)
        else:
            make.agreed(aead=what == "agreed", led=what == "led")
            known, lost = (known, 0) if what == "led" else (what == "agreed", lost)


def test_a_make_is_tried_again_each_day() -> None:
    """A new version of it may look the same and take it."""
    make, now = made(), 0
    make.agreed(aead=True, led=False)
    for _ in range(20):
        make.failed(now, certain=True)
        now += LONGEST_MS
        assert make.is_led(now)


def made() -> Make:
    _, make = KnownOffers(LaneTable()).plan(OFFERED, 0)
    assert make is not None
    return make


def test_aes_gcm_is_offered_alone_to_whom_we_lead() -> None:
    """Chromium as a server takes anything else first."""
    assert [profile.openssl_profile for profile in AEAD] == [b"SRTP_AEAD_AES_128_GCM"]
