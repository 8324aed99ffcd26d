"""Where a peer may be sent to, and how much. Pure: addresses, sizes and times in, decisions out.

A datagram's source is a claim: whoever has a session can write authentic checks and SRTP, and send them under anybody's
address. Being authentic says who; only what comes back from an address says where. So the way back to an address is
*proved* by the answer to a Binding request of ours, whose transaction id only somebody there can know (consent,
RFC 7675), or by a DTLS handshake of which every datagram came from there. A proof holds for half a minute.

- Media go to a proved address alone, and move to another proved one when the peer's own traffic comes from there, when
  it names that one for use and nothing more comes from the former, or when the former has been silent for long.
- To any other address goes at most three times what came from it (as RFC 9000, section 8.1 has it), and once for each
  peer what a DTLS handshake begins with.
- A peer that answers no request of ours once it is connected (some encoders and players cannot) is believed by fresh,
  authentic media or feedback instead, where it is; it cannot move.
"""

from collections import OrderedDict
from collections.abc import Callable

from roadshow.rooms.relay.wire.datagrams import Address

CONSENT_MS = 30_000
"""A proof holds for so long, and without a sign of life for so long a peer is gone (RFC 7675, section 5.1)."""
RENEW_MS = 8_000
"""A proof older than this is renewed: with a try each second it takes a score of losses in a row to lose it."""
AGAIN_MS = 500
"""A request is repeated after so long (RFC 8489, section 6.2.1)."""
ANSWERED_WITHIN_MS = 10_000
"""An answer that takes longer proves nothing of now; the next request has a new transaction id."""
FACTOR = 3
"""So many times what came from an address may go there before the way back is proved."""
HANDSHAKE_OCTETS = 2_000
"""Beyond that, once for each peer: two flights of a DTLS server with its certificate, or eight ClientHellos, for those
that do not answer requests. The offer that asks for it came by TCP and has about as many."""
MAX_ADDRESSES = 8
"""Authenticated addresses kept for one peer: a browser checks from each of its interfaces."""
MOVE_MS = 500
"""A peer's traffic moves to another of its addresses at most this often."""
NAMED_MS = 2_000
"""After so long without a sign from where we send to, another address is taken that the peer names for use
(USE-CANDIDATE); at once where that one is new, as behind a NAT that forgot. Browsers report once a second; some clients
name all pairs, so their word alone moves nothing."""
SILENT_MS = 12_000
"""After so long any other proved address is taken. By then a renewal has been tried several times."""


class Place:
    """What is known of one address."""

    __slots__ = ("asked_at", "credit", "named", "proved_at", "sent_at", "since", "transaction")

    def __init__(self, since: int) -> None:
        self.since = since
        """When its first check came."""
        self.proved_at: int | None = None
        self.named = False
        """The peer's last check from here had USE-CANDIDATE."""
        self.transaction = b""
        """Of the request that is out; empty: none."""
        self.asked_at = 0
        """When it was first sent; ``sent_at``: when last."""
        self.sent_at = 0
        self.credit = 0
        """Octets that may go there unproved."""


class Way:
    """One for each peer. ``draw`` gives a new transaction id, which must be unguessable."""

    def __init__(self, draw: Callable[[], bytes], now: int) -> None:
        self.address: Address | None = None
        """Where we send to. Not proved before the handshake is done, perhaps."""
        self.heard_at = now
        """When fresh, authentic media or feedback last came from there. Set by whoever decrypts."""
        self.places: OrderedDict[Address, Place] = OrderedDict()
        """All addresses from which an authentic check came, the freshest last."""
        self.answers = False
        """Whether it answered a request of ours since it shook hands. Some do so until then, and never again."""
        self.checked_at = now
        self._elsewhere_at = now
        """When it last gave a sign of life that is not in ``heard_at``."""
        self._wish: Address | None = None
        self._wished_at = now
        """Where its media last came from, other than ``address``, and when."""
        self._moved_at = now - MOVE_MS
        self._whole, self._shaken = True, False
        """All of the handshake came from ``address``; it is done."""
        self._handshake = HANDSHAKE_OCTETS
        self._draw = draw

    # -- what came ----------------------------------------------------------------------------------------------------

    def checked(self, address: Address, size: int, named: bool, now: int) -> Address | None:
        """An authentic check of so many octets. Gives an address to forget, if there are now too many."""
        self.checked_at = now
        place = self.places.get(address)
        if place is None:
            place = self.places[address] = Place(now)
        self.places.move_to_end(address)
        place.named = named
        place.credit += FACTOR * size
        if len(self.places) <= MAX_ADDRESSES:
            return None
        others = [known for known in self.places if known not in (self.address, address)]
        oldest = next((known for known in others if self.places[known].proved_at is None), others[0])
        del self.places[oldest]
        return oldest

    def greeted(self, address: Address, size: int) -> None:
        """A DTLS datagram before there are keys: we answer where it came from, unless only the former is proved."""
        place = self.places.get(address)
        if place is not None:
            place.credit += FACTOR * size
        if address == self.address:
            return
        self._whole = self._whole and self.address is None
        if self.address is None or self.is_proved(address) or not self.is_proved(self.address):
            self.address = address

    def shook_hands(self, now: int) -> None:
        """The DTLS handshake is done."""
        self._shaken = True
        self._elsewhere_at = self.heard_at = now
        place = self._here
        if place is not None and self._whole:
            place.proved_at = now

    def heard(self, address: Address, now: int) -> bool:
        """Fresh, authentic media or feedback from elsewhere than ``address``. Whether we now send there."""
        self._elsewhere_at = self._wished_at = now
        self._wish = address
        return self._follow(address, now)

    def asked(self, address: Address, transaction: bytes, now: int) -> bool:
        """Whether this is the request that is out to this address."""
        place = self.places.get(address)
        if place is None or not place.transaction or place.transaction != transaction:
            return False
        return now - place.asked_at <= ANSWERED_WITHIN_MS

    def proved(self, address: Address, now: int) -> bool:
        """The request that is out was answered, authentically, from there. Whether we now send there."""
        place = self.places[address]
        place.proved_at, place.transaction = now, b""
        self.answers, self._elsewhere_at = self._shaken, now
        return self._follow(address, now)

    def named(self, address: Address, now: int) -> bool:
        """After a check: whether we now send there, since it is proved and the peer means it."""
        return self._follow(address, now)

    # -- what may go out ----------------------------------------------------------------------------------------------

    def asks(self, address: Address, now: int) -> bytes | None:
        """The transaction id of a request to send to this address now; None: it is too early for one."""
        place = self.places.get(address)
        if place is None:
            return None
        every = AGAIN_MS
        if place.proved_at is not None:
            if now - place.proved_at < RENEW_MS:
                return None
            every = AGAIN_MS if self.answers else RENEW_MS
        if place.transaction and now - place.sent_at < every:
            return None
        if not place.transaction or now - place.asked_at > ANSWERED_WITHIN_MS:
            place.transaction, place.asked_at = self._draw(), now
        place.sent_at = now
        return place.transaction

    def pays(self, address: Address, size: int, handshake: bool = False) -> bool:
        """Whether so many octets may go there, which they then do. Media are not asked about: see ``open``."""
        place = self.places.get(address)
        if place is None:
            return False
        if place.proved_at is not None:
            return True
        if size > place.credit:
            if not handshake or size > place.credit + self._handshake:
                return False
            self._handshake -= size - place.credit
            size = place.credit
        place.credit -= size
        return True

    def open(self, now: int) -> bool:
        """Whether media may go to ``address``."""
        place = self._here
        if place is None or place.proved_at is None:
            return False
        proved_at = place.proved_at if self.answers else max(place.proved_at, self.heard_at)
        return now - proved_at <= CONSENT_MS

    def reaches(self, now: int) -> bool:
        """Whether feedback, which is less than what it is about, may go to ``address``: it was proved once, and
        something authentic still comes from there."""
        place = self._here
        if place is None or place.proved_at is None:
            return False
        return now - max(place.proved_at, self.heard_at) <= CONSENT_MS

    # -- who is there -------------------------------------------------------------------------------------------------

    def alive(self, now: int) -> bool:
        """Whether anything came that cannot be a repetition: media, feedback, an answer. Checks are none of it."""
        return now - max(self.heard_at, self._elsewhere_at) <= CONSENT_MS

    def holds(self, address: Address, now: int) -> bool:
        """Whether this address is proved to be this peer's, so that nobody else's check takes it away."""
        place = self.places.get(address)
        if place is None or place.proved_at is None:
            return False
        heard_at = self.heard_at if address == self.address else place.proved_at
        return now - max(place.proved_at, heard_at) <= CONSENT_MS

    @property
    def sure_until(self) -> int:
        """Until then it is there and the way to it is open, whatever comes or does not: there is nothing to ask."""
        place = self._here
        return 0 if place is None or place.proved_at is None else place.proved_at + RENEW_MS

    def is_proved(self, address: Address | None) -> bool:
        """Whether it ever was. Then nothing need be asked for what goes there."""
        place = None if address is None else self.places.get(address)
        return place is not None and place.proved_at is not None

    @property
    def _here(self) -> Place | None:
        return None if self.address is None else self.places.get(self.address)

    def _follow(self, address: Address, now: int) -> bool:
        """Send there from now on, if that is proved and is where the peer is."""
        place, here = self.places.get(address), self._here
        if address == self.address or place is None or place.proved_at is None or now - place.proved_at > CONSENT_MS:
            return False
        if here is not None and here.proved_at is not None:
            last_at = max(self.heard_at, here.proved_at)
            quiet = now - max(last_at, self._moved_at)
            speaks = self._wish == address and self._wished_at >= self.heard_at
            means = place.named and (place.since > last_at or quiet >= NAMED_MS)
            if now - self._moved_at < MOVE_MS or not (speaks or means or quiet >= SILENT_MS):
                return False
            self._moved_at = now
        self._elsewhere_at = max(self._elsewhere_at, self.heard_at)
        self.heard_at = self._wished_at if self._wish == address else place.proved_at
        self.address, self._wish = address, None
        return True
