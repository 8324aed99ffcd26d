"""The SFU: one UDP socket, publishers in, viewers out. See docs/relay.md for the life of a packet."""

import logging
import secrets
import socket

import msgspec

from roadshow.clock import Clock, WallClock
from roadshow.errors import NotFound, Unavailable
from roadshow.ids import FEED, EncoderId, LaneId, PublisherId, RoomId
from roadshow.rooms.feeds.encoders import MAIN
from roadshow.rooms.ports import Programme
from roadshow.rooms.relay.clockwork import Clockwork
from roadshow.rooms.relay.config import Answer, FragmentAnswer, RelayConfig, StaleTag
from roadshow.rooms.relay.departures import Departures
from roadshow.rooms.relay.diagnosing import Audiences, Report, Told, codec_noted, log_fresh, report, told
from roadshow.rooms.relay.diagnosis.diary import VIEWERS, Diary
from roadshow.rooms.relay.diagnosis.troubles import OF_CONNECTING, Trouble
from roadshow.rooms.relay.egress.choosing import fan_for
from roadshow.rooms.relay.egress.egress import Egress
from roadshow.rooms.relay.egress.outgoing import PLACES
from roadshow.rooms.relay.feeds.places import Place, Places
from roadshow.rooms.relay.last_mile.quality import Choice
from roadshow.rooms.relay.observer import Observer, egress_stats
from roadshow.rooms.relay.offers.answer import write_answer
from roadshow.rooms.relay.offers.ends import RemoteTransport, Transport, read_fragment, write_fragment
from roadshow.rooms.relay.offers.ice_servers import link, offered
from roadshow.rooms.relay.offers.known import KnownOffers
from roadshow.rooms.relay.offers.lanes import LaneTable
from roadshow.rooms.relay.offers.negotiation import plan_publish
from roadshow.rooms.relay.offers.reach import shortfall
from roadshow.rooms.relay.publishing import Publishing, SourceListener, estimated
from roadshow.rooms.relay.side_rooms import BUSY_RETRY_S, SideRooms, Standing, no_side_rooms
from roadshow.rooms.relay.stage.sinks import Sink, Tap
from roadshow.rooms.relay.stage.stage import Stage
from roadshow.rooms.relay.stats import Refusal, RelayStats, Tally, ViewerStats
from roadshow.rooms.relay.ticks import Ticks
from roadshow.rooms.relay.transport.arrival import Arrival
from roadshow.rooms.relay.transport.dtls import Certificate
from roadshow.rooms.relay.transport.kernel import ingest
from roadshow.rooms.relay.transport.peer import Peer
from roadshow.rooms.relay.transport.sessions import Sessions
from roadshow.rooms.relay.transport.tcp import Door
from roadshow.rooms.relay.transport.udp import Reader, bind, candidate_hosts
from roadshow.rooms.relay.watching import Seat, Uncounted, Watching
from roadshow.rooms.relay.wire.sdp import parse_offer

__all__ = ["Answer", "ForwardingRelay", "FragmentAnswer", "RelayConfig", "SourceListener", "StaleTag"]

MAX_PUBLISHERS = 64
"""Publishing connections: every decrypted packet costs all viewers' time."""
ANY_ETAG = "*"

logger = logging.getLogger(__name__)


class ForwardingRelay:
    """Satisfies ``roadshow.rooms.ports.Relay``. Everything runs in the event loop that called ``start``."""

    def __init__(
        self, config: RelayConfig, clock: Clock, listener: SourceListener, standing: Standing = no_side_rooms
    ) -> None:
        self._config = config
        self._clock = clock
        self._listener = listener
        self._egress = Egress(fan_for(config))
        self._table = LaneTable(config.lanes)
        self._offers = KnownOffers(self._table)
        if len(self._table.places) > PLACES:
            raise ValueError(f"no more than {PLACES} lanes go out to one viewer")
        self.diary = Diary()
        """What went wrong for whom."""
        self._observer = Observer(self.diary)
        self._audiences = Audiences()
        self._tally = Tally()
        self._certificate = Certificate.generateCertificate()
        self._candidates: tuple[tuple[str, int], ...] = ()
        self._stages: dict[RoomId, Stage] = {}
        self._side_rooms = SideRooms(standing, self._stages, self._tally)
        self._sessions = Sessions(self._egress, self._tally, self._now)
        self._publishers: dict[str, Publishing] = {}
        self.places = Places(self.diary, lambda publishing: self._end(publishing.peer), self._now)
        self._viewers: dict[str, Watching] = {}
        self._departures = Departures(self._stages, self._now)
        self._clockwork = Clockwork(
            self._stages, self._publishers, self._viewers, self._departures, self._sweep, self._now
        )
        self._socket: socket.socket | None = None
        self._door = Door()
        self._reader: Reader | None = None
        self._arrival = Arrival()
        self._ticks = Ticks()

    # -- life ---------------------------------------------------------------------------------------------------------

    @property
    def udp_port(self) -> int:
        return int(self._open_socket().getsockname()[1])

    async def start(self) -> None:
        """Bind the socket and begin. Raises SetupError."""
        hosts = candidate_hosts(self._config.host, self._config.advertised)
        self._socket = bind(self._config.host, self._config.udp_port)
        self._egress.open(self._socket)
        self._candidates = tuple((host, self.udp_port) for host in hosts)
        await self._door.open(self._socket, self._config.tcp)
        if problem := shortfall(hosts, self._config.site):
            logger.warning("%s", problem)
        self._reader = Reader(self._socket, self._sessions.open(self._socket, self._arrival), self._departures.let_out)
        self._ticks.start(self._clockwork.run(self._reader))

    async def stop(self) -> None:
        """Say goodbye to everybody and close the socket."""
        if not self._ticks.running:
            return
        for peer in list(self._sessions.peers.values()):
            self._forget(peer)
            peer.close()
        await self._ticks.stop()
        if self._reader is not None:
            self._reader.close()
        self._door.close()
        self._departures.stop()
        self._egress.close()
        self._open_socket().close()
        self._socket = None

    # -- the programme ------------------------------------------------------------------------------------------------

    def show(self, room: RoomId, programme: Programme) -> None:
        self._stage(room).show(programme, self._now())

    def attach(self, room: RoomId, sink: Sink, lane: LaneId) -> Tap:
        """From now on the sink takes what a lane of the room carries, until the tap is closed."""
        return self._stage(room).attach(sink, lane, self._now())

    def _stage(self, room: RoomId) -> Stage:
        stage = self._stages.get(room)
        if stage is None:
            stage = self._stages[room] = Stage(room, self._egress, self._table, self._side_rooms.standing(room))
        return stage

    def close(self, room: RoomId) -> None:
        """End all that is published and watched in a room."""
        members: dict[str, Publishing | Watching] = {**self._publishers, **self._viewers}
        for session in [session for session, member in members.items() if member.stage.room == room]:
            self._end(self._sessions.peers[session])

    # -- signalling ---------------------------------------------------------------------------------------------------

    async def publish(
        self, room: RoomId, publisher: PublisherId, slides: bool, offer: str, encoder: EncoderId = MAIN
    ) -> Answer:
        """WHIP. Raises BadOffer, TooLarge, Unavailable("relay.full"), Conflict("feed.taken"), and what
        ``SideRooms.admit`` raises."""
        with codec_noted(self.diary, room, encoder if publisher == FEED else publisher, self._now()):
            plan = plan_publish(parse_offer(offer), publisher, slides)
        place = self.places.place(room, publisher, slides)
        place.admit(encoder, self._now())
        for former in place.connections(encoder):
            if not former.peer.connected:
                self._end(former.peer)
        if len(self._publishers) >= MAX_PUBLISHERS:
            self._tally.refuse(Refusal.PUBLISHERS)
            raise Unavailable("relay.full", retry_after=10)
        self._side_rooms.admit(room, busy=self._clockwork.busy)
        peer = self._admit(plan.remote)
        stage = self._stage(room)
        bitrate = self._config.publisher_bitrate
        publishing = Publishing(
            peer, stage, publisher, plan, self._listener, bitrate, place, self.diary, self._arrival, encoder
        )
        peer.handler = publishing
        self._publishers[peer.id] = publishing
        peer.expect(self._now, lambda: self._connected_publisher(publishing, place))
        return Answer(write_answer(plan, self._transport(peer), secrets.randbits(62)), peer.id, peer.etag)

    async def watch(self, room: RoomId, offer: str, seat: Seat | None = None) -> Answer:
        """WHEP. ``seat``: the viewer's place, which is told what becomes of it from when this returns; None: nobody
        counts. Raises BadOffer, TooLarge, Unavailable("relay.full" or "relay.busy"), and what ``SideRooms.admit``
        raises."""
        plan, make = self._offers.plan(offer, self._now())
        seat = seat or Uncounted()
        self._refuse_when_full(invited=seat.is_invited)
        self._side_rooms.admit(room, busy=self._clockwork.busy)
        peer = self._admit(plan.remote)
        self._clockwork.joined()
        watching = Watching(peer, self._stage(room), plan, self._now(), seat, make)
        peer.handler = watching
        self._viewers[peer.id] = watching
        peer.expect(self._now)
        answer = write_answer(plan, self._transport(peer), secrets.randbits(62), watching.ssrcs)
        return Answer(answer, peer.id, peer.etag)

    async def restart_or_trickle(self, session: str, fragment: str, etag: str | None) -> FragmentAnswer | None:
        """A PATCH. None: candidates, of which an ICE-lite agent needs none. New credentials in the fragment: a restart.
        ``etag``: None for a client that names no state, which may only trickle: its credentials may be older ones.

        Raises NotFound("relay.session"), StaleTag("relay.stale"), BadOffer."""
        peer = self._sessions.find(session)
        credentials = read_fragment(fragment)
        restarts = credentials is not None and credentials.ufrag != peer.remote.credentials.ufrag
        if etag not in (peer.etag, ANY_ETAG) and (restarts or etag is not None):
            raise StaleTag("relay.stale")
        if credentials is None or not restarts:
            return None
        self._sessions.restart(peer, credentials)
        return FragmentAnswer(write_fragment(self._transport(peer), peer.remote), peer.etag)

    def connected(self, session: str) -> bool | None:
        """Whether media may flow already; None: there is no such session."""
        peer = self._sessions.peers.get(session)
        return None if peer is None else peer.connected

    @property
    def max_viewers(self) -> int:
        return self._config.max_viewers

    async def end(self, session: str) -> None:
        """A DELETE, also of a session that ended lately. Raises NotFound("relay.session")."""
        if session in self._sessions.ended:
            return
        peer = self._sessions.find(session)
        if session in self._publishers:
            peer.tell_failure(self.diary, self._now())
        self._end(peer)

    def drop(self, session: str) -> None:
        """End it, if it is still there."""
        if (peer := self._sessions.peers.get(session)) is not None:
            self._end(peer)

    async def choose(self, session: str, choice: Choice) -> None:
        """A viewer's own wish for more or less picture. Raises NotFound("relay.session")."""
        self._watching(session).choose(choice, self._now())

    async def show_card(self, session: str, shown: bool) -> None:
        """Whether a publisher's name stands for their camera. Raises NotFound("relay.session"): there is no such
        session, or it has no camera."""
        self._publishing(session).show_card(shown, self._now())

    async def received(self, session: str) -> Told:
        """What a viewer chose, gets and misses. Raises NotFound("relay.session")."""
        return told(self._watching(session), self._now())

    async def report(self, session: str) -> Report:
        """How a publisher's pictures are seen. Raises NotFound("relay.session")."""
        publishing, now = self._publishing(session), self._now()
        audience = self._audiences.of(publishing.stage, self._viewers.values(), now)
        return report(publishing, audience, self.diary, now)

    def expel(self, publisher: PublisherId, within: str = "") -> None:
        """End all that somebody publishes, in every room whose name begins with ``within``. Their viewers' sessions,
        which nobody can tell apart, go on."""
        held = self._publishers.items()
        for session in [
            session for session, other in held if other.publisher == publisher and other.stage.room.startswith(within)
        ]:
            self._end(self._sessions.peers[session])

    def session_links(self, session: str) -> list[str]:
        """As ``ice_links``, for a session there is."""
        return self.ice_links(session, invited=self._is_invited(session))

    def _is_invited(self, session: str) -> bool:
        """Whether it is of somebody who was invited: whoever publishes was, and some who watch."""
        viewer = self._viewers.get(session)
        return session in self._publishers or (viewer is not None and viewer.seat.is_invited)

    def ice_links(self, client: str, *, invited: bool) -> list[str]:
        """Link headers for STUN and TURN servers; ``client`` as in ``ice_servers.link``."""
        # The TURN server judges them by its own wall clock, and the relay's is the one of when it began.
        now = WallClock().now()
        return [link(server, now, client) for server in offered(self._config.ice_servers, invited=invited)]

    def stats(self) -> RelayStats:
        """How everything is doing."""
        tally = msgspec.structs.replace(
            self._tally,
            refused=dict(self._tally.refused),
            undecryptable=self._tally.undecryptable + self._sessions.rejected(),
        )
        return RelayStats(
            rooms=self._observer.rooms(
                self._stages.values(), list(self._viewers.values()), self._now(), estimated(self._publishers.values())
            ),
            publishers=len(self._publishers),
            side_rooms=self._side_rooms.open,
            tally=tally,
            egress=egress_stats(self._egress),
            load=self._clockwork.load,
            ingest=ingest(self._socket),
            streams=self._door.stats(),
            troubles=dict(self.diary.totals),
        )

    def worst_viewers(self, room: RoomId, most: int) -> list[ViewerStats]:
        """A room's viewers with the greatest loss, the worst first."""
        return self._observer.worst(room, self._viewers.values(), most)

    def missing(self, room: RoomId) -> float | None:
        """As ``Observer.missing``."""
        return self._observer.missing(self._stages.get(room))

    # -- connections --------------------------------------------------------------------------------------------------

    def _publishing(self, session: str) -> Publishing:
        publishing = self._publishers.get(session)
        if publishing is None:
            raise NotFound("relay.session")
        return publishing

    def _watching(self, session: str) -> Watching:
        watching = self._viewers.get(session)
        if watching is None:
            raise NotFound("relay.session")
        return watching

    def _refuse_when_full(self, *, invited: bool) -> None:
        """Whoever was invited has places beyond the audience's, and gets them also while the core is busy: those are
        counted, so what they cost is bounded."""
        kept = self._config.kept_for_people if invited else 0
        if len(self._viewers) >= self._config.max_viewers + kept:
            self._tally.refuse(Refusal.VIEWERS)
            raise Unavailable("relay.full", retry_after=5)
        if not self._clockwork.busy:
            return
        if self._clockwork.on_the_brink or sum(one.seat.is_invited for one in self._viewers.values()) >= kept:
            self._tally.refuse(Refusal.LOAD)
            raise Unavailable("relay.busy", retry_after=BUSY_RETRY_S)

    def _admit(self, remote: RemoteTransport) -> Peer:
        if not self._ticks.running:
            self._tally.refuse(Refusal.STOPPING)
            raise Unavailable("relay.full")
        peer = Peer(self._egress, self._certificate, remote, self._ended, self._now())
        self._sessions.add(peer)
        return peer

    def _transport(self, peer: Peer) -> Transport:
        return Transport(peer.credentials, self._certificate.fingerprint, self._candidates, self._door.is_open)

    def _connected_publisher(self, publishing: Publishing, place: Place) -> None:
        if publishing.peer.connected and publishing.peer.id in self._publishers:
            self.diary.settle(publishing.room, publishing.who, *OF_CONNECTING)
            place.connected(publishing, self._now())

    def _ended(self, peer: Peer) -> None:
        """DTLS failed or was closed by the other side."""
        if peer.id in self._sessions.peers:
            self._tally.handshakes_failed += peer.target is None
            peer.tell_failure(self.diary, self._now())
            self._end(peer)

    def _end(self, peer: Peer) -> None:
        self._forget(peer)
        peer.close()

    def _forget(self, peer: Peer) -> None:
        """Nothing finds the peer any more, and it is off its stage."""
        if not self._sessions.remove(peer):
            return
        self._tally.undecryptable += peer.rejected
        self._publishers.pop(peer.id, None)
        viewer = self._viewers.pop(peer.id, None)
        if viewer is not None:
            self._observer.left(viewer, self._now())
        handler, peer.handler = peer.handler, None
        if handler is not None:
            handler.gone(self._now())

    # -- time ---------------------------------------------------------------------------------------------------------

    def _now(self) -> int:
        return self._clock.now().ms

    def _sweep(self, now: int) -> None:
        """Once a second: samples, and whoever and whatever is gone."""
        self._observer.sample(self._stages.values(), now)
        log_fresh(self.diary)
        for peer in self._sessions.sweep(now):
            self._tally.never_connected += not peer.connected
            peer.tell_failure(self.diary, now)
            if peer.cut_off(now) and (viewer := self._viewers.get(peer.id)) is not None:
                self.diary.note(viewer.stage.room, VIEWERS, Trouble.NO_WAY, now, "no answer to consent requests")
            self._end(peer)
        for room in [room for room, stage in self._stages.items() if stage.idle]:
            del self._stages[room]

    def _open_socket(self) -> socket.socket:
        if self._socket is None:
            raise RuntimeError("the relay is not running")
        return self._socket
