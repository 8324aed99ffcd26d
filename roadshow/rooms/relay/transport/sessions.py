"""Every connection there is: by its session's name, by its ICE name, and by the addresses it has proved to be at."""

import socket
from collections import OrderedDict
from collections.abc import Callable

from roadshow.errors import NotFound
from roadshow.rooms.relay.egress.egress import Egress
from roadshow.rooms.relay.offers.ends import IceCredentials
from roadshow.rooms.relay.stats import Tally
from roadshow.rooms.relay.transport.arrival import Arrival
from roadshow.rooms.relay.transport.native.reader import Limits, NativeIntake, NativeReader
from roadshow.rooms.relay.transport.peer import CHECKS_A_SECOND, FEEDBACK_A_SECOND, MAX_SSRCS, Peer
from roadshow.rooms.relay.transport.udp import Intake, Plain, plain_host
from roadshow.rooms.relay.wire import stun
from roadshow.rooms.relay.wire.datagrams import Address

ENDED_KEPT = 8192
"""Sessions remembered after their end: a hall of 5,000 that leaves at once, each of which says so a moment after its
connection is closed. About 200 bytes each."""


class Sessions:
    """Hands each datagram to its peer, and answers connectivity checks. ``now`` gives milliseconds."""

    def __init__(self, egress: Egress, tally: Tally, now: Callable[[], int]) -> None:
        self.peers: dict[str, Peer] = {}
        """By session."""
        self.by_address: dict[Address, Peer] = {}
        self.ended: OrderedDict[str, None] = OrderedDict()
        """The last sessions that are over."""
        self._by_ufrag: dict[str, Peer] = {}
        self._egress = egress
        self._tally = tally
        self._now = now
        limits = Limits(CHECKS_A_SECOND, FEEDBACK_A_SECOND, MAX_SSRCS)
        self._native = NativeReader(limits) if egress.native else None
        self._by_tag: dict[int, Peer] = {}
        self._arrival = Arrival()

    def open(self, sock: socket.socket, arrival: Arrival) -> Intake:
        """What takes in the socket's datagrams for us; ``arrival`` is told of each that is handed on."""
        self._arrival = arrival
        if self._native is None:
            return Plain(sock, self.received, arrival)
        return NativeIntake(self._native, sock, self, arrival, self._now)

    def find(self, session: str) -> Peer:
        """Raises NotFound("relay.session")."""
        peer = self.peers.get(session)
        if peer is None:
            raise NotFound("relay.session")
        return peer

    def add(self, peer: Peer) -> None:
        self.peers[peer.id] = peer
        self._by_ufrag[peer.credentials.ufrag] = peer
        if self._native is not None:
            peer.native = self._native.peer()
            self._by_tag[peer.native.tag] = peer

    def remove(self, peer: Peer) -> bool:
        """Nothing finds the peer any more. Whether it was there."""
        if self.peers.pop(peer.id, None) is None:
            return False
        peer.dismissed()
        if peer.native is not None:
            del self._by_tag[peer.native.tag]
        self.ended[peer.id] = None
        if len(self.ended) > ENDED_KEPT:
            self.ended.popitem(last=False)
        for credentials in (peer.credentials, peer.former):
            if credentials is not None:
                self._by_ufrag.pop(credentials.ufrag, None)
        for address in peer.way.places:
            if self.by_address.get(address) is peer:
                self._forget(address)
        return True

    def rejected(self) -> int:
        """Datagrams of all there are that did not decrypt, or were too many."""
        for peer in self.peers.values():
            peer.catch_up()
        return sum(peer.rejected for peer in self.peers.values())

    def restart(self, peer: Peer, remote: IceCredentials) -> None:
        """As ``Peer.restart``; what was before the last restart counts no more."""
        if peer.former is not None:
            self._by_ufrag.pop(peer.former.ufrag, None)
        peer.restart(remote)
        self._by_ufrag[peer.credentials.ufrag] = peer

    def sweep(self, now: int) -> list[Peer]:
        """Once a second: let all prove the way to where they are, if it is time to. Gives those that are gone."""
        return [peer for peer in self.peers.values() if peer.sure_until <= now and peer.swept(now)]

    def received(self, data: bytes, address: Address) -> None:
        """One datagram (RFC 7983 tells the kinds apart). Whoever has not proved to be a peer is not answered."""
        first = data[0]
        if first < 4:
            (self._check if first == 0 else self._reply)(data, address)
            return
        peer = self.by_address.get(address)
        if peer is None:
            self._tally.strangers += 1
            return
        if 127 < first < 192:
            peer.srtp(data, address, self._now())
        elif 19 < first < 64:
            peer.dtls(data, address, self._now())

    def acts(self, tag: int, plain: bytes, now: int) -> None:
        """A viewer's RTCP, read in C, that calls for an act."""
        peer = self._by_tag.get(tag)
        if peer is not None and peer.acts is not None:
            peer.acts(plain, now)

    def tell(self, refused: int, dropped: int) -> None:
        """Of checks in C: not authentic, or too many; and answers the kernel had no room for."""
        self._tally.stun_rejected += refused
        self._egress.sent.dropped += dropped

    def _check(self, data: bytes, address: Address) -> None:
        """A STUN message: answer it if it is an authentic connectivity check of one of our peers."""
        check = stun.read(data)
        peer = self._by_ufrag.get(check.ufrag) if check is not None else None
        if check is None or peer is None:
            self._tally.stun_rejected += 1
            return
        now = self._now()
        password = peer.password(check.ufrag)
        if (
            password is None
            or not peer.hears(address, now)
            or not check.authentic(password)
            or not peer.admits(check.transaction, address, now)
        ):
            self._tally.stun_rejected += 1
            return
        holder = self.by_address.get(address)
        if holder is not peer:
            if holder is not None:
                if holder.holds(address, now):
                    return  # somebody else's, and proved
                holder.displaced(address)
            self.by_address[address] = peer
        from_another = self._egress.sources.learn(address, self._arrival.to(), check.named)
        former = peer.former
        forgotten = peer.checked(check, address, len(data), now)
        if forgotten is not None and self.by_address.get(forgotten) is peer:
            self._forget(forgotten)
        if from_another and address == peer.address:
            peer.moved()
        if former is not None and peer.former is None:
            self._by_ufrag.pop(former.ufrag, None)
        answer = stun.answer(check, password, plain_host(address), int(address[1]))
        if peer.way.pays(address, len(answer)):
            self._egress.send_plain(answer, address)
            peer.ask(address, now)
        peer.reached()

    def _forget(self, address: Address) -> None:
        del self.by_address[address]
        self._egress.sources.forget(address)

    def _reply(self, data: bytes, address: Address) -> None:
        """A STUN message that may answer a request of ours."""
        peer, reply = self.by_address.get(address), stun.read_reply(data)
        if peer is None or reply is None or not peer.answered(reply, address, self._now()):
            self._tally.stun_rejected += 1
