"""DTLS and SRTP keys: OpenSSL, fed from the relay's own socket.

Used by name, each held by a contract test: of aiortc's ``RTCCertificate`` ``_create_ssl_context``; of
``pylibsrtp.Session`` ``_cdata``, ``_buffer``.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import StrEnum
from functools import cached_property, partial
from typing import Any

from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    SRTP_PROFILES,
    RTCCertificate,
    SRTPProtectionProfile,
)
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB
from OpenSSL import SSL
from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi
from typing_extensions import override

from roadshow.rooms.relay.diagnosis.troubles import Trouble
from roadshow.rooms.relay.transport import identity
from roadshow.rooms.relay.transport.association import SUITES, Association, Heard
from roadshow.rooms.relay.transport.flights import Failure
from roadshow.rooms.relay.transport.handshake import MOST_WRITTEN, Handshake
from roadshow.rooms.relay.wire.datagrams import MAX_DATAGRAM

logger = logging.getLogger(__name__)

_EXPORTER = b"EXTRACTOR-dtls_srtp"
PROFILES = [profile for profile in (SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80) if profile in SRTP_PROFILES]
"""In order of preference; the first is the cheapest by far."""
AEAD = PROFILES[:1]
"""For a server that is known to take it: browsers take AES-GCM only where nothing else is offered."""


class Certificate(RTCCertificate):
    """The relay's certificate, with one TLS context for all connections instead of one for each."""

    @cached_property
    def _contexts(self) -> dict[tuple[bytes, ...], Any]:
        """By the SRTP profiles offered."""
        return {}

    @override
    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> Any:
        offered = tuple(profile.openssl_profile for profile in srtp_profiles)
        context = self._contexts.get(offered)
        if context is None:
            context = self._contexts[offered] = super()._create_ssl_context(srtp_profiles)
            # Resuming would need a session id context, which DTLS-SRTP has no use for; an attempt would fail.
            context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
            # AES-128-GCM comes first with us: the suites that need no OpenSSL after the handshake (association.py).
            context.set_options(SSL.OP_CIPHER_SERVER_PREFERENCE)
            context.set_cipher_list(identity.CIPHERS)
            context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, identity.strong_enough)
            # OpenSSL would ask the socket, and there is none.
            context.set_options(SSL.OP_NO_QUERY_MTU)
            # After the handshake there is little to say: two buffers of 17 KB for each connection are not kept for it.
            context.set_mode(SSL.MODE_RELEASE_BUFFERS)
        return context

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256, in colon-separated hex."""
        return next(f.value for f in self.getFingerprints() if f.algorithm == "sha-256")


_scratch = ffi.new("char[]", MAX_DATAGRAM)
_scratch_buffer = ffi.buffer(_scratch)


def share_buffer(session: Any) -> None:
    """Let a pylibsrtp session work in one buffer with all others, instead of 1,500 bytes of its own: each call copies
    in and out, and all are made in one thread."""
    session._cdata, session._buffer = _scratch, _scratch_buffer


def _session(profile: SRTPProtectionProfile, master: tuple[bytes, bytes], ssrcs: int) -> Session:
    """``master``: key and salt. As aiortc has it: the same packet may be sent again, and packets are told apart from
    repetitions over the last 1,024 numbers."""
    policy = Policy(key=b"".join(master), ssrc_type=ssrcs, srtp_profile=profile.libsrtp_profile)
    policy.allow_repeat_tx, policy.window_size = True, 1024
    session = Session(policy)
    share_buffer(session)
    return session


RTP_LABELS, RTCP_LABELS = (0, 2), (3, 5)
"""Of session key and salt (RFC 3711, sections 4.3.1 and 4.3.2)."""


def session_keys(master_key: bytes, master_salt: bytes, labels: tuple[int, int] = RTP_LABELS) -> tuple[bytes, bytes]:
    """Session key (16 bytes) and salt (12) for AEAD_AES_128_GCM (RFC 3711, section 4.3; RFC 7714, section 11)."""

    def counter(label: int) -> bytes:
        block = bytearray(master_salt.ljust(16, b"\0"))
        block[7] ^= label
        return bytes(block)

    # The first block of AES in counter mode is its counter encrypted, and neither needs more: one key, both at once.
    made = Cipher(AES(master_key), ECB()).encryptor().update(counter(labels[0]) + counter(labels[1]))  # noqa: S305
    return made[:16], made[16:28]


def _nothing() -> None:
    """To do."""


class State(StrEnum):
    """Of an association."""

    NEW = "new"
    KEYED = "keyed"
    """Media may flow. The handshake may still go on."""
    OVER = "over"


class DtlsTransport:
    """Our end of a DTLS-SRTP association: the ``client`` or the server, with these profiles on offer.
    ``ended`` is called once it has failed or is closed."""

    def __init__(
        self,
        send: Callable[[bytes], None],
        certificate: Certificate,
        client: bool,
        ended: Callable[[], None],
        profiles: list[SRTPProtectionProfile] = PROFILES,
    ) -> None:
        self._send = send
        self._certificate = certificate
        self._client = client
        self._profiles = profiles
        self._ended = ended
        self._state = State.NEW
        self._ssl: SSL.Connection | None = None
        self._shaking: Handshake | None = None
        self._timer: asyncio.TimerHandle | None = None
        """When to look whether a flight is to be repeated."""
        self._expected: Sequence[tuple[str, str]] = ()
        """Fingerprints of which theirs must be one."""
        self._on_keys = self._on_end = _nothing
        self._keys: tuple[bytes, bytes] | None = None
        self._control_keys: tuple[bytes, bytes] | None = None
        self._outgoing: Session | None = None
        self._incoming: Session | None = None
        """What decrypts, once anybody asks for it: of most viewers all is read in C."""
        self._decrypts: Callable[[], Session] | None = None
        """How it is made."""
        self._association: Association | None = None
        self.failure: Failure | None = None
        """Why there are no keys, once that is certain."""
        self.heard = False
        """Whether any DTLS came."""

    @property
    def connected(self) -> bool:
        """Whether there are keys in use."""
        return self._state is State.KEYED

    @property
    def shaken(self) -> bool:
        """Whether the handshake is whole: there may be keys before."""
        return self._shaking is None and self._state is not State.NEW

    @property
    def inbound(self) -> Any:
        """The pylibsrtp session that decrypts; None before there are keys."""
        if self._incoming is None and self._decrypts is not None:
            self._incoming = self._decrypts()
        return self._incoming

    @property
    def outbound(self) -> Any:
        """The pylibsrtp session that encrypts; None before there are keys."""
        return self._outgoing

    @property
    def keys(self) -> tuple[bytes, bytes] | None:
        """Session key and salt of what we send, for AES-GCM; None before there are any, or with another cipher."""
        return self._keys

    @property
    def control_keys(self) -> tuple[bytes, bytes] | None:
        """The same of the SRTCP that comes."""
        return self._control_keys

    def expect(
        self, fingerprints: Sequence[tuple[str, str]], keyed: Callable[[], None], done: Callable[[], None] = _nothing
    ) -> None:
        """A peer that has one of these certificate fingerprints. ``keyed`` is called as soon as media may flow, which
        is before the end where ``_early`` allows it; ``done`` at a good end."""
        self._expected, self._on_keys, self._on_end = fingerprints, keyed, done

    def begin(self) -> None:
        """Say hello, as the client. A server waits to be greeted, and costs nothing until then."""
        if self._client and self._shaking is None and self._state is not State.OVER:
            self._shake(Handshake.begin)

    def received(self, data: bytes) -> None:
        """A DTLS datagram came."""
        self.heard = True
        if self._association is not None:
            match self._association.hear(data):
                case Heard.GOODBYE:
                    self._end()
                case Heard.REPEAT:
                    for datagram in self._association.last_flight():
                        self._send(datagram)
                case Heard.NOTHING:
                    pass
        elif self._shaking is not None or (self._ssl is None and not self._client and self._state is State.NEW):
            self._shake(lambda shaking, now: shaking.heard(data, now))
        elif self._ssl is not None:
            self._pump(self._ssl, data)

    def _shake(self, step: Callable[[Handshake, int], None]) -> None:
        """One step of the handshake, and what follows from it."""
        loop = asyncio.get_running_loop()
        now = int(loop.time() * 1000)
        try:
            shaking = self._shaking or self._prepare()
            step(shaking, now)
            if self._state is State.OVER:
                return  # by what the keys, or an early goodbye, led to
            if shaking.over:
                self._conclude(shaking)
            elif (due := shaking.due(now)) is not None and (self._timer is None or self._timer.when() * 1000 > due):
                self._rest()
                self._timer = loop.call_at(due / 1000, self._look)
        except Exception:  # one connection's mishap must not end the others
            logger.exception("a relay connection failed")
            self._end(Failure(Trouble.HANDSHAKE, "a mistake of ours"))

    def _prepare(self) -> Handshake:
        self._ssl = ssl = SSL.Connection(self._certificate._create_ssl_context(self._profiles))
        (ssl.set_connect_state if self._client else ssl.set_accept_state)()
        self._shaking = Handshake(ssl, self._send, self._client, self._early)
        return self._shaking

    def _look(self) -> None:
        self._timer = None
        self._shake(Handshake.look)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _conclude(self, shaking: Handshake) -> None:
        """The handshake is over, well or not."""
        self._rest()
        self._shaking, ssl = None, self._ssl
        failure = shaking.failure or (self._take_keys(ssl) if ssl is not None else None)
        if failure is not None:
            self._end(failure)
        elif self._state is State.KEYED and ssl is not None:
            self._let_go(ssl, shaking.flight)
            self._on_end()

    def stop(self) -> None:
        """Say goodbye."""
        if self._association is not None:
            self._send(self._association.goodbye())
        elif self._ssl is not None and self._state is not State.OVER:
            with suppress(SSL.Error):  # else it is too early to say anything
                self._ssl.shutdown()
            self._write(self._ssl)
        self._end()

    def _early(self) -> None:
        """Our Finished left as a client's, theirs is yet to come: media need not wait a round trip for it (RFC 7918).

        The keys are the peer's whom the fingerprint names: their certificate signed its share of them together with our
        random. What only their Finished proves is that nobody in between changed what was offered; so this is for a
        suite and a profile that nobody could wish to be weaker."""
        ssl = self._ssl
        if ssl is None or ssl.get_cipher_name() not in SUITES or ssl.get_protocol_version_name() != "DTLSv1.2":
            return
        if ssl.get_selected_srtp_profile() == SRTP_AEAD_AES_128_GCM.openssl_profile:
            self._take_keys(ssl)  # if that fails it does so again at the end, which tells

    def _take_keys(self, ssl: SSL.Connection) -> Failure | None:
        """Let media flow, if that is whom the offer names and there is a profile. Once."""
        if self._state is not State.NEW:
            return None
        # By the certificate's bytes: how it is made inside is not our business, and FFmpeg's has a serial number below
        # zero, which a reader of certificates may refuse.
        certificate = ssl.get_peer_certificate()
        if certificate is None or not identity.is_theirs(self._expected, identity.fingerprint(certificate)):
            return Failure(Trouble.CERTIFICATE, "another certificate than the offer's fingerprint tells")
        chosen = ssl.get_selected_srtp_profile()
        profile = next((each for each in self._profiles if each.openssl_profile == chosen), None)
        if profile is None:
            return Failure(Trouble.HANDSHAKE, "no SRTP profile in common")
        key, salt = profile.key_length, profile.salt_length
        material = ssl.export_keying_material(_EXPORTER, 2 * (key + salt))
        # Keys of client and server, then their salts (RFC 5764, section 4.2).
        ours = 0 if self._client else 1
        ends = [(material[end * key :][:key], material[2 * key + end * salt :][:salt]) for end in (ours, 1 - ours)]
        outgoing, incoming = ends
        self._decrypts = partial(_session, profile, incoming, Policy.SSRC_ANY_INBOUND)
        self._outgoing = _session(profile, outgoing, Policy.SSRC_ANY_OUTBOUND)
        if profile is SRTP_AEAD_AES_128_GCM:
            self._keys = session_keys(*outgoing)
            self._control_keys = session_keys(*incoming, RTCP_LABELS)
        self._state = State.KEYED
        self._on_keys()
        return None

    def _let_go(self, ssl: SSL.Connection, flight: tuple[bytes, ...]) -> None:
        """Keep of the association what goodbyes need, if its cipher is one we know; else OpenSSL goes on with it.
        ``flight``: what ended the handshake, as far as we sent it."""
        if ssl.get_cipher_name() not in SUITES or ssl.get_protocol_version_name() != "DTLSv1.2":
            return
        master, server, client = ssl.master_key(), ssl.server_random(), ssl.client_random()
        if master is None or server is None or client is None:
            return
        self._association = Association(master, server, client, not self._client, flight)
        self._ssl = None

    def _pump(self, ssl: SSL.Connection, data: bytes) -> None:
        """Let OpenSSL hear it, after the handshake."""
        ssl.bio_write(data)
        try:
            ssl.recv(MAX_DATAGRAM)
        except SSL.ZeroReturnError:
            self._end()
        except SSL.Error:
            pass
        self._write(ssl)

    def _write(self, ssl: SSL.Connection) -> None:
        with suppress(SSL.Error):  # else there is nothing
            self._send(ssl.bio_read(MOST_WRITTEN))

    def _end(self, failure: Failure | None = None) -> None:
        self._rest()
        self._shaking = None
        if self._state is State.OVER:
            return
        self.failure, self._state, self._association = failure, State.OVER, None
        self._ended()
