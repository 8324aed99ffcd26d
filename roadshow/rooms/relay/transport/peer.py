"""One connection: who it is by ICE, where it is by address, and its keys.

A peer's address counts only after a check from it passed MESSAGE-INTEGRITY; and what we send moves to another address
only when DTLS (before the keys) or fresh, authentic SRTP comes from there. A check alone moves nothing.
"""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

import msgspec
import pylibsrtp

from roadshow.rooms.relay.egress.egress import Egress, Target
from roadshow.rooms.relay.offers.ends import IceCredentials, RemoteTransport
from roadshow.rooms.relay.transport.dtls import Certificate, DtlsTransport, Wire
from roadshow.rooms.relay.transport.ration import Ration
from roadshow.rooms.relay.wire.datagrams import Address
from roadshow.rooms.relay.wire.rtp import is_rtcp

CONSENT_MS = 30_000
"""Without an authentic check for so long the peer is gone (RFC 7675, section 5.1)."""
CONNECT_MS = 9_000
"""From the answer to the end of the DTLS handshake. The sweep looks once a second, so whoever never connects has given
the place back within ten; browsers give up after eight (``js/media/peer.js``) and ask anew."""
MAX_ADDRESSES = 8
"""Authenticated addresses kept for one peer: a browser checks from each of its interfaces."""
MOVE_MS = 500
"""A peer's traffic moves to another of its addresses at most this often."""
MAX_TRANSACTIONS = 64
"""Transaction ids remembered, to refuse the same check from somewhere else."""
MAX_SSRCS = 128
"""Streams of one peer that are decrypted: libsrtp keeps each for ever, and looks through them one by one."""

CHECKS_A_SECOND = 200
"""Connectivity checks looked at: browsers pace theirs at 20 ms or more (RFC 8445, section 14.2); each costs 30 µs."""
DTLS_A_SECOND = 50
"""DTLS datagrams read: a handshake has fewer than ten, and goodbyes are short."""
MEDIA_A_SECOND = 4000
"""Datagrams decrypted: a camera of three layers and slides, with probing, are a quarter of it; viewers have less."""
ELSEWHERE_A_SECOND = 100
"""Checks looked at, and media decrypted, from all addresses but the one we send to: enough to move there. Whoever
overheard a check knows a name to send rubbish under, and must not use up what is the peer's own."""


class PeerHandler(Protocol):
    """What a publisher's or viewer's side does with its connection. Nothing may raise or wait."""

    def connected(self, now: int) -> None: ...
    def rtp(self, data: bytes, now: int) -> None: ...
    def rtcp(self, data: bytes, now: int) -> None: ...
    def gone(self, now: int) -> None:
        """Called once, after which nothing else is."""
        ...


def new_credentials() -> IceCredentials:
    """Fresh ICE credentials: 48 and 144 bits (RFC 8445, section 5.3 asks for 24 and 128)."""
    return IceCredentials(secrets.token_hex(6), secrets.token_hex(18))


class Peer:
    """Feed it what comes from its addresses; it decrypts and hands on. ``ended`` is called when DTLS ends."""

    def __init__(
        self,
        egress: Egress,
        certificate: Certificate,
        remote: RemoteTransport,
        ended: Callable[["Peer"], None],
        now: int,
    ) -> None:
        self.id = secrets.token_urlsafe(24)
        self.etag = secrets.token_hex(8)
        self.remote = remote
        self.credentials = new_credentials()
        self.former: IceCredentials | None = None
        """After a restart, until the first check with the new credentials."""
        self.address: Address | None = None
        self.addresses: OrderedDict[Address, int] = OrderedDict()
        """Authenticated ones, each with the time of its last check; the freshest last."""
        self.last_check = now
        self.created = now
        self.handler: PeerHandler | None = None
        self.rejected = 0
        """Datagrams that did not decrypt, or were too many."""
        self.media = Ration(MEDIA_A_SECOND)
        """Datagrams of media and feedback that are decrypted, from where it is."""
        self._checks = Ration(CHECKS_A_SECOND)
        self._elsewhere_checks = Ration(ELSEWHERE_A_SECOND)
        self._elsewhere_media = Ration(ELSEWHERE_A_SECOND)
        self._records = Ration(DTLS_A_SECOND)
        self._ssrcs: set[bytes] = set()
        self._moved_at = 0
        self._target: Target | None = None
        self._egress = egress
        self._transactions: OrderedDict[bytes, Address] = OrderedDict()
        self._wire = Wire(self._send)
        self._dtls = DtlsTransport(self._wire, certificate, remote.waits, lambda: ended(self))
        self._reachable = asyncio.Event() if remote.waits else None

    @property
    def connected(self) -> bool:
        return self._dtls.connected

    @property
    def target(self) -> Target | None:
        """Where media goes; None before the handshake is done."""
        outbound = self._dtls.outbound
        if self._target is None and outbound is not None and self.address is not None:
            self._target = Target(outbound, self._dtls.keys, self.address)
        return self._target

    def password(self, ufrag: str) -> str | None:
        for credentials in (self.credentials, self.former):
            if credentials is not None and credentials.ufrag == ufrag:
                return credentials.password
        return None

    def restart(self, remote_ufrag: str) -> None:
        """New credentials (RFC 8445, section 9); the DTLS association and the media go on."""
        self.former, self.credentials = self.credentials, new_credentials()
        self.remote = msgspec.structs.replace(self.remote, ufrag=remote_ufrag)
        self.etag = secrets.token_hex(8)

    def hears(self, address: Address, now: int) -> bool:
        """Whether one more check for this peer, not authenticated yet, is worth looking at."""
        return (self._checks if address == self.address else self._elsewhere_checks).take(now)

    def admits(self, transaction: bytes, address: Address) -> bool:
        """Whether an authentic check may count: its transaction id was not seen from another address."""
        former = self._transactions.setdefault(transaction, address)
        if len(self._transactions) > MAX_TRANSACTIONS:
            self._transactions.popitem(last=False)
        return former == address

    def checked(self, address: Address, ufrag: str, now: int) -> Address | None:
        """An authentic check came from here. Gives an address to forget, if there are now too many."""
        self.last_check = now
        if ufrag == self.credentials.ufrag:
            self.former = None
        if self._reachable is not None and not self._reachable.is_set():
            self.address = address
            self._reachable.set()
        self.addresses[address] = now
        self.addresses.move_to_end(address)
        if len(self.addresses) <= MAX_ADDRESSES:
            return None
        oldest = next(known for known in self.addresses if known != self.address)
        del self.addresses[oldest]
        return oldest

    def expired(self, now: int) -> bool:
        return now - self.last_check > CONSENT_MS or (not self.connected and now - self.created > CONNECT_MS)

    async def run(self, now: Callable[[], int]) -> None:
        """Shake hands; afterwards media flows by itself."""
        if self._reachable is not None:
            await self._reachable.wait()
        if await self._dtls.handshake(self.remote.fingerprints) and self.handler is not None:
            self.handler.connected(now())

    async def close(self) -> None:
        """Say goodbye by DTLS."""
        if self._reachable is not None:
            self._reachable.set()
        self._wire.close()
        await self._dtls.stop()

    def dtls(self, data: bytes, address: Address, now: int) -> None:
        """A DTLS datagram from an authenticated address."""
        if not self._records.take(now):
            self.rejected += 1
            return
        if self._dtls.inbound is None:
            self.address = address
        self._dtls.received(data)

    def srtp(self, data: bytes, address: Address, now: int) -> None:
        """An SRTP or SRTCP datagram from an authenticated address."""
        inbound, handler = self._dtls.inbound, self.handler
        if inbound is None or handler is None:
            return
        if not (self.media if address == self.address else self._elsewhere_media).take(now):
            self.rejected += 1
            return
        control = is_rtcp(data)
        ssrc = data[4:8] if control else data[8:12]
        if ssrc not in self._ssrcs and len(self._ssrcs) >= MAX_SSRCS:
            self.rejected += 1
            return
        try:
            if control:
                plain, handle = inbound.unprotect_rtcp(data), handler.rtcp
            else:
                plain, handle = inbound.unprotect(data), handler.rtp
        except pylibsrtp.Error:
            self.rejected += 1
            return
        self._ssrcs.add(ssrc)
        if address != self.address and now - self._moved_at >= MOVE_MS:
            self.address, self._moved_at = address, now
            if self._target is not None:
                self._target.readdress(address)
        handle(plain, now)

    def send_rtcp(self, packet: bytes) -> None:
        target = self.target
        if target is not None:
            self._egress.send_rtcp(packet, target)

    def _send(self, data: bytes) -> None:
        if self.address is not None:
            self._egress.send_plain(data, self.address)
