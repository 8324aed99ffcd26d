"""One connection: who it is by ICE, where it is by address, and its keys.

A peer's address counts only after a check from it passed MESSAGE-INTEGRITY; what may be sent there is for ``way.py``
to say. A check moves nothing and proves no life.
"""

import secrets
from collections.abc import Callable
from functools import partial

import msgspec
import pylibsrtp

from roadshow.rooms.relay.diagnosis.diary import Diary
from roadshow.rooms.relay.diagnosis.troubles import Trouble
from roadshow.rooms.relay.egress.egress import Egress, Target
from roadshow.rooms.relay.egress.native.line import NativeLine
from roadshow.rooms.relay.last_mile.estimate.told import Line
from roadshow.rooms.relay.offers.ends import IceCredentials, RemoteTransport
from roadshow.rooms.relay.transport.dtls import AEAD, PROFILES, Certificate, DtlsTransport
from roadshow.rooms.relay.transport.flights import Failure
from roadshow.rooms.relay.transport.handler import PeerHandler
from roadshow.rooms.relay.transport.native.reader import NativePeer
from roadshow.rooms.relay.transport.ration import Ration
from roadshow.rooms.relay.transport.transactions import Transactions
from roadshow.rooms.relay.transport.way import Way
from roadshow.rooms.relay.wire import stun
from roadshow.rooms.relay.wire.datagrams import Address
from roadshow.rooms.relay.wire.feedback import Feedback
from roadshow.rooms.relay.wire.rtp import is_rtcp

CONNECT_MS = 9_000
"""From the answer to the end of the DTLS handshake. The sweep looks once a second, so whoever never connects has given
the place back within ten; browsers give up after eight (``js/connection/peer.js``) and ask anew."""
THERE_MS = 15_000
"""Whoever checked so lately is there: browsers check a pair in use every three seconds."""
MAX_SSRCS = 128
"""Streams of one peer that are decrypted: libsrtp keeps each for ever, and looks through them one by one."""

CHECKS_A_SECOND = 200
"""Connectivity checks looked at: browsers pace theirs at 20 ms or more (RFC 8445, section 14.2); each costs 30 µs."""
REPLIES_A_SECOND = 20
"""Answers looked at that name a request of ours, of which there are two a second to each of eight addresses. Apart from
checks: rubbish under an overheard name, from the peer's own address as it seems, must not cut its media off."""
DTLS_A_SECOND = 50
"""DTLS datagrams read: a handshake has fewer than ten, and goodbyes are short."""
MEDIA_A_SECOND = 4000
"""Datagrams decrypted: a camera of three layers and slides, with probing, are a quarter of it; viewers have less."""
FEEDBACK_A_SECOND = 250
"""The same of one viewer. A browser sends at most a NACK every 20 ms for each picture, and a few reports."""
ELSEWHERE_A_SECOND = 100
"""Checks looked at, and media decrypted, from all addresses but the one we send to: enough to move there. Whoever
overheard a check knows a name to send rubbish under, and must not use up what is the peer's own."""

TIE_BREAKER = secrets.token_bytes(8)
"""Of ICE-CONTROLLED; as we are always the controlled side, no tie is ever broken by it."""
_draw = partial(secrets.token_bytes, 12)


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
        self.way = Way(_draw, now)
        self.created = now
        self.sure_until = now
        """Until then the sweep has nothing to do with it."""
        self.handler: PeerHandler | None = None
        self.acts: Callable[[bytes, int], None] | None = None
        """Set by handlers whose RTCP may be read in C: gets plain compounds in which there is more than news, and
        nothing at all when a peer that rests stirs."""
        self.native: NativePeer | None = None
        """C's part of it; None: Python does all."""
        self.rejected = 0
        """Datagrams that did not decrypt, or were too many."""
        self.media = Ration(MEDIA_A_SECOND)
        """Datagrams of media and feedback that are decrypted, from where it is."""
        self._checks = Ration(CHECKS_A_SECOND)
        self._elsewhere_checks = Ration(ELSEWHERE_A_SECOND)
        self._replies = Ration(REPLIES_A_SECOND)
        self._elsewhere_media = Ration(ELSEWHERE_A_SECOND)
        self._records = Ration(DTLS_A_SECOND)
        self._ssrcs: set[bytes] = set()
        self._former_remote = remote.credentials
        self._begun = False
        self._target: Target | None = None
        self._egress = egress
        self._transactions = Transactions()
        self._displaced: Address | None = None
        """Where somebody else is now, by the last check from there."""
        offered = AEAD if remote.takes_aead else PROFILES
        self._dtls = DtlsTransport(self._send, certificate, remote.is_led, lambda: ended(self), offered)
        self._reached = False
        """Whether an authentic check came."""

    @property
    def connected(self) -> bool:
        return self._dtls.connected

    @property
    def address(self) -> Address | None:
        """Where we send to."""
        return self.way.address

    @property
    def target(self) -> Target | None:
        """Where media go; None before it has begun."""
        outbound, address = self._dtls.outbound, self.way.address
        if self._target is None and self._begun and outbound is not None and address is not None:
            self._target = Target(outbound, self._dtls.keys, address)
        return self._target

    def password(self, ufrag: str) -> str | None:
        for credentials in (self.credentials, self.former):
            if credentials is not None and credentials.ufrag == ufrag:
                return credentials.password
        return None

    def restart(self, remote: IceCredentials) -> None:
        """New credentials (RFC 8445, section 9); the DTLS association and the media go on."""
        if self.former is None:
            self._former_remote = self.remote.credentials
        self.former, self.credentials = self.credentials, new_credentials()
        self.remote = msgspec.structs.replace(self.remote, credentials=remote)
        self.etag = secrets.token_hex(8)
        self._settle()

    def displaced(self, address: Address) -> None:
        """This address is somebody else's, by an authentic check from there."""
        self._displaced = address
        self._settle()

    def dismissed(self) -> None:
        """Nothing finds it any more."""
        self.catch_up()
        if self.native is not None:
            self.native.at(None)

    def holds(self, address: Address, now: int) -> bool:
        """Whether this address is proved to be its own, so that nobody else's check takes it away."""
        self.catch_up()
        return self.way.holds(address, now)

    def catch_up(self) -> None:
        """Let what C dealt with count here, before anything is decided by it."""
        life = self.native.life() if self.native is not None else None
        if life is None:
            return
        way = self.way
        self.rejected += life.rejected
        way.heard_at = max(way.heard_at, life.heard_at)
        if life.checked_at and way.address is not None and way.address in way.places:
            way.checked(way.address, life.octets, life.named, life.checked_at)

    def measure(self, line: Line) -> None:
        """What it tells of our packets is for this line, where both are in C."""
        if self.native is not None and isinstance(line, NativeLine):
            self.native.measure(line)

    def rest(self) -> bool:
        """Let C say when what it counts stirs. False: C does not count it."""
        return self.native is not None and self.native.controls and self.native.rest()

    def collect(self, told: Feedback) -> None:
        """Put what C counted of its feedback there."""
        if self.native is not None:
            self.native.news(told)

    def hears(self, address: Address, now: int) -> bool:
        """Whether one more check for this peer, not authenticated yet, is worth looking at."""
        return (self._checks if address == self.way.address else self._elsewhere_checks).take(now)

    def admits(self, transaction: bytes, address: Address, now: int) -> bool:
        """Whether an authentic check may count: its transaction id was not seen from another address."""
        return (self.native or self._transactions).admit(transaction, address, now)

    def checked(self, check: stun.Check, address: Address, size: int, now: int) -> Address | None:
        """An authentic check came from here. Gives an address to forget, if there are now too many."""
        self.catch_up()
        if check.ufrag == self.credentials.ufrag:
            self.former = None
        if address == self._displaced:
            self._displaced = None
        if not self.way.places and self.handler is not None:
            self.handler.nears(now)
        forgotten = self.way.checked(address, size, check.named, now)
        if self.remote.is_led and not self._reached:
            self.way.address = address
        elif self.way.named(address, now):
            self.moved()
        self._settle()
        return forgotten

    def ask(self, address: Address, now: int) -> None:
        """Let it prove the way back to this address, if it is time to."""
        transaction = self.way.asks(address, now)
        if transaction is None:
            return
        remote = self._answers_as
        username = f"{remote.ufrag}:{(self.former or self.credentials).ufrag}"
        request = stun.request(transaction, username, remote.password, TIE_BREAKER)
        if self.way.pays(address, len(request)):
            self._egress.send_plain(request, address)

    def answered(self, reply: stun.Signed, address: Address, now: int) -> bool:
        """Something like an answer came from here. Whether it proves the way back."""
        self.catch_up()
        if not self.way.asked(address, reply.transaction, now) or not self._replies.take(now):
            return False
        if not reply.authentic(self._answers_as.password):
            return False
        if self.way.proved(address, now):
            self.moved()
        self._begin(now)
        self._settle()
        return True

    def swept(self, now: int) -> bool:
        """Each second, but not before ``sure_until``: let it prove its way, if it is time to. Whether it is gone."""
        self.catch_up()
        if self.expired(now):
            return True
        if self.address is not None:
            self.ask(self.address, now)
        self.sure_until = self.way.sure_until if self._begun and self._dtls.shaken else now
        return False

    def expired(self, now: int) -> bool:
        """After ``catch_up``."""
        if not self._begun or not self._dtls.shaken:  # OpenSSL waits for a last word for seven minutes, with 75 KB
            return now - self.created > CONNECT_MS
        if self.handler is not None and self.handler.takes_media:
            return not self.way.open(now)
        return not self.way.alive(now)

    def cut_off(self, now: int) -> bool:
        """Whether it is there, by what it sends, and the way to it is not."""
        return self._begun and not self.way.open(now) and now - self.way.checked_at <= THERE_MS

    def tell_failure(self, diary: Diary, now: int) -> None:
        """Note why it came to no connection, if it did not."""
        if self._begun or self.handler is None:
            return
        dtls, way = self._dtls, self.way
        if dtls.heard or way.is_proved(way.address):
            self.handler.failed(now, dtls.failure is not None)
        failure = dtls.failure
        if failure is None and not way.places:
            failure = Failure(Trouble.NO_WAY, "no connectivity check came")
        elif failure is None and self.connected:
            failure = Failure(Trouble.NO_WAY, "no answer to our own check")
        elif failure is None:
            failure = Failure(Trouble.HANDSHAKE, "never finished" if dtls.heard else "no DTLS came")
        diary.note(self.handler.room, self.handler.who, failure.trouble, now, failure.detail)

    def expect(self, now: Callable[[], int], done: Callable[[], None] = lambda: None) -> None:
        """Let it come; ``done`` is called once hands are shaken. Media flow by themselves."""
        self._dtls.expect(self.remote.fingerprints, lambda: self._keyed(now()), done)

    def reached(self) -> None:
        """An authentic check was answered: whoever is led hears our hello behind the first."""
        if not self._reached:
            self._reached = True
            self._dtls.begin()

    def _keyed(self, now: int) -> None:
        """There are keys: all that was needed for them came from where the peer is."""
        self._take_control()
        self.way.shook_hands(now)
        self._begin(now)
        self._settle()

    def close(self) -> None:
        """Say goodbye by DTLS."""
        self._dtls.stop()

    def dtls(self, data: bytes, address: Address, now: int) -> None:
        """A DTLS datagram from an authenticated address."""
        if not self._records.take(now):
            self.rejected += 1
            return
        if self._dtls.outbound is None:
            self.way.greeted(address, len(data))
        self._dtls.received(data)

    def srtp(self, data: bytes, address: Address, now: int) -> None:
        """An SRTP or SRTCP datagram from an authenticated address."""
        dtls, handler = self._dtls, self.handler
        if dtls.outbound is None or handler is None:
            return
        way, native = self.way, self.native
        here = address == way.address
        if not (self.media if here else self._elsewhere_media).take(now):
            self.rejected += 1
            return
        control = is_rtcp(data)
        ssrc = data[4:8] if control else data[8:12]
        if ssrc not in self._ssrcs and len(self._ssrcs) >= MAX_SSRCS:
            self.rejected += 1
            return
        try:
            if control and native is not None and native.controls:
                told = native.control(data, now)
                if told is None:
                    self.rejected += 1
                    return
                plain, handle = told, self.acts or handler.rtcp
            elif control:
                plain, handle = dtls.inbound.unprotect_rtcp(data), handler.rtcp
            else:
                plain, handle = dtls.inbound.unprotect(data), handler.rtp
        except pylibsrtp.Error:
            self.rejected += 1
            return
        self._ssrcs.add(ssrc)
        if here:
            way.heard_at = now
        else:
            self._heard_elsewhere(address, now)
        if plain or (native is not None and native.stirs()):  # in C, news is not worth a word otherwise
            handle(plain, now)

    def _heard_elsewhere(self, address: Address, now: int) -> None:
        """Something fresh and authentic came from another address than the one we send to."""
        self.catch_up()
        if self.way.heard(address, now):
            self.moved()
        else:
            self.ask(address, now)

    def send_rtcp(self, packet: bytes, now: int) -> None:
        target = self.target
        self.catch_up()
        if target is not None and self.way.reaches(now):
            self._egress.send_rtcp(packet, target)

    @property
    def _answers_as(self) -> IceCredentials:
        """Their credentials, as long as they have not used ours of a restart the former."""
        return self.remote.credentials if self.former is None else self._former_remote

    def _begin(self, now: int) -> None:
        """Let media flow, once there are keys and, for whoever takes them, a way."""
        handler = self.handler
        if self._begun or handler is None or not self.connected or (handler.takes_media and not self.way.open(now)):
            return
        self._begun = True
        handler.connected(now)

    def _take_control(self) -> None:
        """Let C decrypt its feedback, before any came."""
        keys = self._dtls.control_keys
        if self.native is not None and self.acts is not None and keys is not None:
            self.native.keys(*keys)

    def _settle(self) -> None:
        """Let C know where the peer is, once that is proved, and its name, while it has but one."""
        native, address = self.native, self.way.address
        if native is None:
            return
        known = self._begun and address != self._displaced and self.way.is_proved(address)
        native.at(address if known else None)
        one = self.former is None
        native.named((self.credentials.ufrag, self.credentials.password) if one else None)

    def moved(self) -> None:
        """We send to another address from now on, or from another of ours."""
        self.sure_until = 0
        self._settle()
        if self._target is not None and self.way.address is not None:
            self._target.readdress(self.way.address)

    def _send(self, data: bytes) -> None:
        """DTLS."""
        address = self.way.address
        if address is not None and self.way.pays(address, len(data), handshake=True):
            self._egress.send_plain(data, address)
