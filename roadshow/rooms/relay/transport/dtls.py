"""DTLS and SRTP keys: aiortc's transport, fed from the relay's own socket.

Used by name, each held by a contract test: of ``RTCDtlsTransport`` ``_set_role``, ``_srtp_profiles``, ``_set_state``,
``_state``, ``_role``, ``_ssl``, ``_task``, ``_do_handshake``, ``_validate_peer_identity``, ``encrypted``,
``_setup_srtp``, ``_rx_srtp``, ``_tx_srtp``;
of the ICE transport it is given ``role``, ``_recv``, ``_send``; of ``RTCCertificate`` ``_create_ssl_context``;
of ``pylibsrtp.Session`` ``_cdata``, ``_buffer``.
Media never passes through aiortc's queue: the relay decrypts it where it is read.
"""

import asyncio
from collections.abc import Callable
from functools import cached_property
from typing import Any

from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AES128_CM_SHA1_80,
    SRTP_PROFILES,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
    State,
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
from roadshow.rooms.relay.transport.handshake import Handshake
from roadshow.rooms.relay.wire.datagrams import MAX_DATAGRAM

_EXPORTER = b"EXTRACTOR-dtls_srtp"
MAX_QUEUED = 32
"""DTLS datagrams waiting to be read; a handshake has fewer than ten."""
PROFILES = [profile for profile in (SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80) if profile in SRTP_PROFILES]
"""In order of preference; the first is the cheapest by far."""


class Certificate(RTCCertificate):
    """The relay's certificate, with one TLS context for all connections instead of one for each."""

    _context: Any = None

    @override
    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> Any:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles)
            # Resuming would need a session id context, which DTLS-SRTP has no use for; an attempt would fail.
            self._context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
            # AES-128-GCM comes first with us: the suites that need no OpenSSL after the handshake (association.py).
            self._context.set_options(SSL.OP_CIPHER_SERVER_PREFERENCE)
            self._context.set_cipher_list(identity.CIPHERS)
            self._context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, identity.strong_enough)
            # OpenSSL would ask the socket, and there is none.
            self._context.set_options(SSL.OP_NO_QUERY_MTU)
            # After the handshake there is little to say: two buffers of 17 KB for each connection are not kept for it.
            self._context.set_mode(SSL.MODE_RELEASE_BUFFERS)
        return self._context

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256, in colon-separated hex."""
        return next(f.value for f in self.getFingerprints() if f.algorithm == "sha-256")


class Wire:
    """What an RTCDtlsTransport takes for its ICE transport: datagrams come in through a bounded queue."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._out = send
        # A list and a future: an asyncio.Queue takes 2 KB, for something that is nearly always empty.
        self._waiting: list[bytes] = []
        self._reader: asyncio.Future[None] | None = None
        self._closed = False

    def feed(self, data: bytes) -> None:
        """A datagram came. One too many is lost, as on any network."""
        if len(self._waiting) < MAX_QUEUED:
            self._waiting.append(data)
            self._wake()

    def take(self) -> list[bytes]:
        """What waits to be read."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def close(self) -> None:
        """Let the reader find the connection gone."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    async def receive(self, within_s: float) -> bytes | None:
        """The next datagram; None if there is none for so long. Raises ConnectionError once it is closed."""
        if not self._waiting and not self._closed:
            timer = asyncio.get_running_loop().call_later(within_s, self._wake)
            try:
                await self._woken()
            finally:
                timer.cancel()
        if self._waiting:
            return self._waiting.pop(0)
        if self._closed:
            raise ConnectionError
        return None

    async def _woken(self) -> None:
        self._reader = asyncio.get_running_loop().create_future()
        try:
            await self._reader
        finally:
            self._reader = None

    async def _recv(self) -> bytes:
        while not self._waiting:
            if self._closed:
                raise ConnectionError
            await self._woken()
        return self._waiting.pop(0)

    def send(self, data: bytes) -> None:
        self._out(data)

    async def _send(self, data: bytes) -> None:
        self._out(data)


_scratch = ffi.new("char[]", MAX_DATAGRAM)
_scratch_buffer = ffi.buffer(_scratch)


def share_buffer(session: Any) -> None:
    """Let a pylibsrtp session work in one buffer with all others, instead of 1,500 bytes of its own: each call copies
    in and out, and all are made in one thread."""
    session._cdata, session._buffer = _scratch, _scratch_buffer


def _policy(profile: SRTPProtectionProfile, master: tuple[bytes, bytes], ssrcs: int) -> Policy:
    """``master``: key and salt. As aiortc has it: the same packet may be sent again, and packets are told apart from
    repetitions over the last 1,024 numbers."""
    policy = Policy(key=b"".join(master), ssrc_type=ssrcs, srtp_profile=profile.libsrtp_profile)
    policy.allow_repeat_tx, policy.window_size = True, 1024
    return policy


def _session(policy: Policy) -> Session:
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


class DtlsTransport(RTCDtlsTransport):
    """Our end of a DTLS-SRTP association, the server's where the peer leaves the choice (a client then gets AES-GCM).
    ``ended`` is called once it has failed or is closed."""

    def __init__(self, wire: Wire, certificate: Certificate, client: bool, ended: Callable[[], None]) -> None:
        super().__init__(wire, [certificate])  # type: ignore[arg-type]
        self._set_role("client" if client else "server")
        self._srtp_profiles = PROFILES
        self._ended = ended
        self._wire = wire
        self._keys: tuple[bytes, bytes] | None = None
        self._control_keys: tuple[bytes, bytes] | None = None
        self._incoming: Policy | None = None
        """By which what decrypts is to be made."""
        self._association: Association | None = None
        self._flight: tuple[bytes, ...] = ()
        """What ended the handshake, as far as we sent it."""
        self.failure: Failure | None = None
        """Why there are no keys, once that is certain."""
        self.heard = False
        """Whether any DTLS came."""

    @property
    def connected(self) -> bool:
        return self._state is State.CONNECTED

    @property
    def inbound(self) -> Any:
        """The pylibsrtp session that decrypts; None before the handshake is done."""
        if self._incoming is not None:
            self._rx_srtp, self._incoming = _session(self._incoming), None
        return self._rx_srtp

    @property
    def outbound(self) -> Any:
        """The pylibsrtp session that encrypts; None before the handshake is done."""
        return self._tx_srtp

    @property
    def keys(self) -> tuple[bytes, bytes] | None:
        """Session key and salt of what we send, for AES-GCM; None before the handshake, or with another cipher."""
        return self._keys

    @property
    def control_keys(self) -> tuple[bytes, bytes] | None:
        """The same of the SRTCP that comes."""
        return self._control_keys

    async def handshake(self, fingerprints: tuple[tuple[str, str], ...]) -> bool:
        """Run the handshake; whether it succeeded with a peer that has these certificate fingerprints."""
        expected = RTCDtlsParameters([RTCDtlsFingerprint(algorithm=a, value=v) for a, v in fingerprints])
        await self.start(expected)
        if self.connected:
            self._let_go()
        return self.connected

    def received(self, data: bytes) -> None:
        """A DTLS datagram came."""
        self.heard = True
        if self._association is None:
            self._wire.feed(data)
            return
        match self._association.hear(data):
            case Heard.GOODBYE:
                self._association = None
                self._set_state(State.CLOSED)
            case Heard.REPEAT:
                for datagram in self._association.last_flight():
                    self._wire.send(datagram)
            case Heard.NOTHING:
                pass

    @override
    async def stop(self) -> None:
        """Say goodbye."""
        if self._association is None:
            await super().stop()
            return
        self._wire.send(self._association.goodbye())
        self._association = None
        self._set_state(State.CLOSED)

    def _let_go(self) -> None:
        """Keep of the association what goodbyes need, if its cipher is one we know; else OpenSSL goes on with it."""
        ssl = self._ssl
        if ssl is None or ssl.get_cipher_name() not in SUITES or ssl.get_protocol_version_name() != "DTLSv1.2":
            return
        master, server, client = ssl.master_key(), ssl.server_random(), ssl.client_random()
        if master is None or server is None or client is None:
            return
        self._association = Association(master, server, client, self._role == "server", self._flight)
        if self._task is not None:
            self._task.cancel()  # it has not begun, so nothing of it runs
            self._task = None
        self._ssl = None
        for data in self._wire.take():
            self.received(data)

    @override
    async def _do_handshake(self) -> None:
        """Ours repeats sooner, and knows why it failed."""
        if self._ssl is None:
            return
        shaking = Handshake(self._ssl, self._wire, self._role == "client")
        try:
            failure = await shaking.run()
        except ConnectionError:
            failure = Failure(Trouble.HANDSHAKE, "given up")
        if failure is not None:
            self._fail(failure)
            return
        self._flight = shaking.flight
        self.encrypted = True

    @override
    def _validate_peer_identity(self, remoteParameters: RTCDtlsParameters) -> None:
        """By the certificate's bytes: how it is made inside is not our business, and FFmpeg's has a serial number below
        zero, which a reader of certificates may refuse."""
        certificate = self._ssl.get_peer_certificate() if self._ssl is not None else None
        offered = [(one.algorithm, one.value) for one in remoteParameters.fingerprints]
        if certificate is None or not identity.is_theirs(offered, lambda name: certificate.digest(name).decode()):
            self._fail(Failure(Trouble.CERTIFICATE, "another certificate than the offer's fingerprint tells"))

    def _fail(self, failure: Failure) -> None:
        self.failure = failure
        self._set_state(State.FAILED)

    @override
    def _setup_srtp(self) -> None:
        """As aiortc's; what decrypts is made once somebody asks for it, since of most viewers all is read in C."""
        if self._ssl is None:
            return
        chosen = self._ssl.get_selected_srtp_profile()
        profile = next((each for each in PROFILES if each.openssl_profile == chosen), None)
        if profile is None:
            self._fail(Failure(Trouble.HANDSHAKE, "no SRTP profile in common"))
            return
        key, salt = profile.key_length, profile.salt_length
        material = self._ssl.export_keying_material(_EXPORTER, 2 * (key + salt))
        # Keys of client and server, then their salts (RFC 5764, section 4.2).
        ours = 1 if self._role == "server" else 0
        ends = [(material[end * key :][:key], material[2 * key + end * salt :][:salt]) for end in (ours, 1 - ours)]
        outgoing, incoming = ends
        self._incoming = _policy(profile, incoming, Policy.SSRC_ANY_INBOUND)
        self._tx_srtp = _session(_policy(profile, outgoing, Policy.SSRC_ANY_OUTBOUND))
        if profile is SRTP_AEAD_AES_128_GCM:
            self._keys = session_keys(*outgoing)
            self._control_keys = session_keys(*incoming, RTCP_LABELS)

    @override
    def _set_state(self, state: State) -> None:
        super()._set_state(state)
        if state in (State.CLOSED, State.FAILED):
            self._ended()
