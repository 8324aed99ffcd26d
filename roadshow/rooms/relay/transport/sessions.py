"""Every connection there is: by its session's name, by its ICE name, and by the addresses it has proved to be at."""

from collections.abc import Callable

from roadshow.errors import NotFound
from roadshow.rooms.relay.egress.egress import Egress
from roadshow.rooms.relay.stats import Tally
from roadshow.rooms.relay.transport.peer import CONSENT_MS, Peer
from roadshow.rooms.relay.transport.udp import plain_host
from roadshow.rooms.relay.wire import stun
from roadshow.rooms.relay.wire.datagrams import Address


class Sessions:
    """Hands each datagram to its peer, and answers connectivity checks. ``now`` gives milliseconds."""

    def __init__(self, egress: Egress, tally: Tally, now: Callable[[], int]) -> None:
        self.peers: dict[str, Peer] = {}
        """By session."""
        self.by_address: dict[Address, Peer] = {}
        self._by_ufrag: dict[str, Peer] = {}
        self._egress = egress
        self._tally = tally
        self._now = now

    def find(self, session: str) -> Peer:
        """Raises NotFound("relay.session")."""
        peer = self.peers.get(session)
        if peer is None:
            raise NotFound("relay.session")
        return peer

    def add(self, peer: Peer) -> None:
        self.peers[peer.id] = peer
        self._by_ufrag[peer.credentials.ufrag] = peer

    def remove(self, peer: Peer) -> bool:
        """Nothing finds the peer any more. Whether it was there."""
        if self.peers.pop(peer.id, None) is None:
            return False
        for credentials in (peer.credentials, peer.former):
            if credentials is not None:
                self._by_ufrag.pop(credentials.ufrag, None)
        for address in peer.addresses:
            if self.by_address.get(address) is peer:
                del self.by_address[address]
        return True

    def restart(self, peer: Peer, remote_ufrag: str) -> None:
        """As ``Peer.restart``; what was before the last restart counts no more."""
        if peer.former is not None:
            self._by_ufrag.pop(peer.former.ufrag, None)
        peer.restart(remote_ufrag)
        self._by_ufrag[peer.credentials.ufrag] = peer

    def received(self, data: bytes, address: Address) -> None:
        """One datagram (RFC 7983 tells the kinds apart). Whoever has not proved to be a peer is not answered."""
        first = data[0]
        if first < 4:
            self._check(data, address)
            return
        peer = self.by_address.get(address)
        if peer is None:
            self._tally.strangers += 1
            return
        if 127 < first < 192:
            peer.srtp(data, address, self._now())
        elif 19 < first < 64:
            peer.dtls(data, address, self._now())

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
            or not peer.admits(check.transaction, address)
        ):
            self._tally.stun_rejected += 1
            return
        holder = self.by_address.get(address)
        if holder is not peer:
            if holder is not None and now - holder.addresses.get(address, 0) < CONSENT_MS:
                return  # somebody else's, and alive
            self.by_address[address] = peer
        former = peer.former
        forgotten = peer.checked(address, check.ufrag, now)
        if forgotten is not None and self.by_address.get(forgotten) is peer:
            del self.by_address[forgotten]
        if former is not None and peer.former is None:
            self._by_ufrag.pop(former.ufrag, None)
        self._egress.send_plain(stun.answer(check, password, plain_host(address), int(address[1])), address)
