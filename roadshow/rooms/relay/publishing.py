"""A publisher's side of the relay: packets in, feedback out."""

import secrets
from collections import deque
from collections.abc import Iterable
from typing import Protocol

from roadshow.errors import NotFound
from roadshow.ids import FEED, EncoderId, PublisherId, RoomId, SourceId
from roadshow.rooms.feeds.encoders import MAIN
from roadshow.rooms.programme import SourceKind, source_id
from roadshow.rooms.relay.diagnosis.diary import Diary
from roadshow.rooms.relay.diagnosis.troubles import Trouble
from roadshow.rooms.relay.offers.answer import CNAME
from roadshow.rooms.relay.offers.negotiation import PublishPlan
from roadshow.rooms.relay.sources.demultiplexer import Demultiplexer
from roadshow.rooms.relay.sources.media import Media
from roadshow.rooms.relay.sources.policing import Policer
from roadshow.rooms.relay.sources.publication import Publication
from roadshow.rooms.relay.sources.redundancy import missing, unwrapped
from roadshow.rooms.relay.sources.repair import Repair
from roadshow.rooms.relay.sources.source import Source
from roadshow.rooms.relay.sources.uplink import Uplink
from roadshow.rooms.relay.stage.stage import Stage
from roadshow.rooms.relay.transport.arrival import Arrival
from roadshow.rooms.relay.transport.peer import Peer
from roadshow.rooms.relay.wire import rtcp
from roadshow.rooms.relay.wire.rtcp import ReportBlock
from roadshow.rooms.relay.wire.rtp import Packet, parse

INHERIT_MS = 5000
"""After a publisher's new connection took over, a source of the former one has so long to appear again."""
MAX_LIMITED = 8
"""SSRCs that a bandwidth message names before any of them came."""
MOST_CARDS, CARDS_MS = 4, 5000
"""Changes of a card that are told in so long a time: each goes to every page of the room. Of further ones the newest is
told once it is over."""


class SourceListener(Protocol):
    """Told when a room's sources come and go; called in the event loop, must neither block nor raise."""

    def source_came(self, room: RoomId, source: SourceId) -> None: ...
    def source_went(self, room: RoomId, source: SourceId) -> None: ...


class Contested(Protocol):
    """A place on the stage that others may have. Called in the event loop, must neither block nor raise."""

    def joined(self, one: "Publishing") -> None:
        """It is there, and not connected yet."""
        ...

    def heard(self, one: "Publishing", now: int) -> bool:
        """A packet came from one that is not in use. Whether it is now."""
        ...

    def left(self, one: "Publishing", now: int) -> None: ...
    def settle(self, now: int) -> None:
        """Time has passed."""
        ...


def estimated(publishers: Iterable["Publishing"]) -> dict[Publication, int]:
    """Bits a second that the line of each of these holds, for all it sends; of those whose line we estimate."""
    return {
        publication: one.uplink.estimate.bits
        for one in publishers
        if one.uplink.estimate is not None
        for publication in one.publications
    }


class Publishing:
    """Satisfies ``PeerHandler``. One for each WHIP session."""

    takes_media = False

    def __init__(
        self,
        peer: Peer,
        stage: Stage,
        publisher: PublisherId,
        plan: PublishPlan,
        listener: SourceListener,
        bitrate: int,
        place: Contested,
        diary: Diary,
        arrival: Arrival,
        encoder: EncoderId = MAIN,
    ) -> None:
        self.peer = peer
        self.stage = stage
        self.publisher = publisher
        self.encoder = encoder
        self.used = False
        """Whether it is shown where the programme has its sources. One that is not stands by."""
        self.heard_at: int | None = None
        """When a packet came last: of its pictures, if it sends any."""
        self._streams = Demultiplexer(plan.tracks, plan.mid_id)
        self.publications = self._streams.publications
        self.sources = self._streams.sources
        """All encodings of all tracks."""
        self._place = place
        self._has_pictures = False
        self._listener = listener
        self.policers = {one: Policer(_allowance(bitrate, one)) for one in self.publications}
        self._policer_of = {layer: policer for one, policer in self.policers.items() for layer in one.layers}
        self._diary = diary
        self._arrival = arrival
        self._told = False
        """That it is too fast."""
        self._card = source_id(publisher, SourceKind.CARD)
        self._card_wanted = False
        self._cards_told: deque[int] = deque(maxlen=MOST_CARDS)
        """When it was told that the card is there, or not."""
        self._arrived: set[Publication] = set()
        self._inherited: dict[SourceId, tuple[Publication, int]] = {}
        """Sources of the former session that still stand on the stage, and until when they may."""
        self._ssrc = secrets.randbelow(0xFFFFFFFE) + 1
        limit = sum(policer.allowance for one, policer in self.policers.items() if one.video)
        self.uplink = Uplink(plan, self._ssrc, limit)
        self._repair = Repair(self.publications, self.uplink.share, stage.takes)
        self._report_at = 0
        stage.members += 1
        place.joined(self)

    @property
    def room(self) -> RoomId:
        return self.stage.room

    @property
    def who(self) -> str:
        return self.encoder if self.publisher == FEED else self.publisher

    @property
    def stands_by(self) -> bool:
        """It could be shown, and another one is."""
        return self.heard_at is not None and not self.used

    def step_up(self, former: "Publishing | None", now: int) -> None:
        """It is in use from now on, in the place of a former one."""
        self.used = True
        if former is not None:
            self._take_over(former, now)
        for publication in self._streams.publications:
            if any(layer.reception.packets for layer in publication.layers):
                self._arrive(publication, now)

    def step_down(self, now: int) -> None:
        """It is not in use any more: what it still has on the stage goes."""
        self.used = False
        for publication in [mine for mine in self._streams.publications if mine in self._arrived]:
            self._depart(publication, now)
        for publication, _ in self._inherited.values():
            self._depart(publication, now)
        self._arrived.clear()
        self._inherited.clear()

    def _take_over(self, former: "Publishing", now: int) -> None:
        """Sources of the former session that this one offers too stay where they are, for a while."""
        for ident in [publication.id for publication in self._streams.publications]:
            standing, _ = former._inherited.pop(ident, (None, 0))
            for publication in former._arrived:
                standing = publication if publication.id == ident else standing
            if standing is not None and self.stage.sources.get(ident) is standing:
                former._arrived.discard(standing)
                self._inherited[ident] = (standing, now + INHERIT_MS)

    def show_card(self, shown: bool, now: int) -> None:
        """Whether the publisher's name stands for their camera, which is off. It lasts as long as this session; one
        that has taken its place has said for itself. Raises NotFound("relay.session") where there is no camera, or
        nobody's: an encoder of the feed that stands by would cover the picture of the one that is shown."""
        cameras = {track.id for track in self.publications}
        if self.publisher == FEED or (shown and source_id(self.publisher, SourceKind.CAMERA) not in cameras):
            raise NotFound("relay.session")
        self._card_wanted = shown
        self._tell_card(now)

    def _tell_card(self, now: int) -> None:
        """Now, unless it was told too often of late; then later."""
        before = self.stage.cards.get(self._card)
        if self._card_wanted is (before is self):
            return
        told = self._cards_told
        if len(told) == told.maxlen and now - told[0] < CARDS_MS:
            return
        told.append(now)
        if not self._card_wanted:
            self._take_card()
            return
        self.stage.cards[self._card] = self
        if before is None:
            self._listener.source_came(self.stage.room, self._card)

    def _take_card(self) -> None:
        if self.stage.cards.get(self._card) is self:
            del self.stage.cards[self._card]
            self._listener.source_went(self.stage.room, self._card)

    def nears(self, now: int) -> None: ...

    def connected(self, now: int) -> None:
        self._report_at = now
        self.uplink.connected(now)

    def failed(self, now: int, certain: bool) -> None:
        """The diary has it."""

    def rtp(self, data: bytes, now: int) -> None:
        packet = parse(data)
        if packet is None:
            return
        self.uplink.came(packet, self._streams.by_ssrc(packet.ssrc), len(data), self._arrival.us())
        if packet.payload_type in self._streams.red_types:
            carried = unwrapped(packet)
            if carried is None:
                return
            source = self._streams.by_ssrc(packet.ssrc)
            if source is not None and (restored := missing(source, packet, carried)):
                for former in restored:
                    self._take(former, now, restored=True)
                source.nacks.certain(now)  # several are missing on end: no packets change places so far
        self._take(packet, now)

    def _take(self, packet: Packet, now: int, *, restored: bool = False) -> None:
        """``restored``: it did not come itself, another one carried it along."""
        source = self._streams.source_of(packet)
        if source is None:
            return
        policer = self._policer_of[source]
        if not policer.takes(packet, source, source.payload_types.get(packet.payload_type), now):
            source.nacks.clear()  # asking again would bring still more
            self._streams.publication_of[source].dropped += 1
            return
        if policer.begins_anew():
            source.interrupt()
        newest = source.newest
        media = source.accept(packet, now)
        if media is None:
            return
        self._repair.came(source, newest, now)
        source.reception.restored += restored
        if media.lead is not None:
            policer.adds(len(media.lead.payload), source, now)
        self._has_pictures |= source.video
        if source.video or not self._has_pictures:
            self.heard_at = now
        if self.used or self._place.heard(self, now):
            self._show(source, media, now)
        elif source.video:
            # Nothing of it is shown, but for a lane that waits for its successor's key frame.
            self.stage.forward(source, media, now)
        if not source.nacks.idle and source.nacks.next_at <= now and self.peer.connected:
            self._ask_again(source, now)

    def _show(self, source: Source, media: Media, now: int) -> None:
        stage = self.stage
        present = stage.sources.get(source.id)
        publication = self._streams.publication_of[source]
        if present is not publication and (present is None or publication not in self._arrived):
            self._arrive(publication, now)
        elif media.starts_key:
            # Before the lanes see it: a layer that comes or changes its size has just the key frame they want.
            stage.refresh(publication, now)
        stage.forward(source, media, now)
        if media.opens_picture and source.whole_key_at is source.key_at:
            source.keyframes.settled()  # lanes that were just given this source wished for what they now have

    def rtcp(self, data: bytes, now: int) -> None:
        for part in rtcp.parse(data):
            if isinstance(part, rtcp.SenderReport):
                source = self._streams.by_ssrc(part.ssrc)
                if source is not None:
                    source.reported(part, now)

    def tick(self, now: int) -> None:
        """Repeat what is due: NACKs, key-frame requests, reports, the bandwidth message. Who stands by sees whether
        whoever is in use is still heard."""
        if not self.used:
            self._place.settle(now)
        self._tell_card(now)
        if not self.peer.connected:
            return
        parts = self.uplink.feedback(now)
        for source in self.sources:
            if source.ssrc is None or source.nacks.idle:
                continue
            if lost := self._repair.due(source, now):
                parts.append(rtcp.negative_acknowledgement(self._ssrc, source.ssrc, lost))
        parts += [rtcp.picture_loss(self._ssrc, ssrc) for ssrc in self._begin_anew(now)]
        if now >= self._report_at:
            self._report_at = now + self.uplink.report_ms(now)
            parts += self._bandwidth(now)
            blocks = [block for source in self.sources if (block := source.report_block(now)) is not None]
            for source in self.sources:
                source.reception.measure(now)
            self._police(now)
        else:
            parts += self._bandwidth(now) if self.uplink.hurries else []
            blocks = []
        if parts or blocks:
            self._send(parts, blocks, now)
        for publication, until in list(self._inherited.values()):
            if now > until:
                del self._inherited[publication.id]
                self._depart(publication, now)

    def _begin_anew(self, now: int) -> list[int]:
        """SSRCs to ask for a key frame now. One request makes some encoders begin all their layers anew: so there is
        none for a layer that does not come, and a track's layers are asked together, not one soon after another."""
        asked: list[int] = []
        for publication in self._streams.publications:
            policer = self.policers[publication]
            if policer.holds and not policer.may_begin(now):
                continue  # a key frame would not be taken
            if any(layer.keyframes.recent(now) for layer in publication.layers):
                continue
            asked += [
                layer.ssrc
                for layer in publication.layers
                if layer.ssrc is not None and publication.comes(layer) and layer.keyframes.due(now)
            ]
        return asked

    def _police(self, now: int) -> None:
        """Tell which tracks are too much, and let those that are held begin anew."""
        fast = []
        for publication, policer in self.policers.items():
            policer.measure(now)
            if policer.too_fast:
                fast.append(f"{publication.id}: {policer.rate // 1000} of {policer.allowance // 1000} kbit/s")
            if policer.holds and policer.may_begin(now):
                for layer in publication.layers:
                    layer.keyframes.wish()
        if fast:
            self._diary.note(self.room, self.who, Trouble.TOO_FAST, now, ", ".join(fast))
        elif self._told:
            self._diary.settle(self.room, self.who, Trouble.TOO_FAST)
        self._told = bool(fast)

    def _ask_again(self, source: Source, now: int) -> None:
        """At once, not at the next tick: every viewer waits."""
        lost = self._repair.due(source, now)
        if lost and source.ssrc is not None:
            self._send([rtcp.negative_acknowledgement(self._ssrc, source.ssrc, lost)], [], now)

    def _send(self, parts: list[bytes], blocks: list[ReportBlock], now: int) -> None:
        # Every compound begins with a report and a name, for those that take nothing less (RFC 3550, 6.1).
        head = rtcp.receiver_report(self._ssrc, blocks) + rtcp.source_description([self._ssrc], CNAME.encode())
        self.peer.send_rtcp(head + b"".join(parts), now)

    def gone(self, now: int) -> None:
        self._place.left(self, now)
        self.step_down(now)
        self._take_card()
        self.stage.members -= 1

    def _arrive(self, publication: Publication, now: int) -> None:
        self._arrived.add(publication)
        self._inherited.pop(publication.id, None)
        if self.stage.arrive(publication, now):
            self._listener.source_came(self.stage.room, publication.id)

    def _depart(self, publication: Publication, now: int) -> None:
        if self.stage.depart(publication, now):
            self._listener.source_went(self.stage.room, publication.id)

    def _bandwidth(self, now: int) -> list[bytes]:
        """What the pictures together may take; nothing for sound alone, which needs no limit."""
        ssrcs = [source.ssrc for source in self.sources if source.video and source.ssrc is not None]
        return self.uplink.bandwidth(ssrcs or self._streams.declared(video=True)[:MAX_LIMITED], now)


def _allowance(bitrate: int, publication: Publication) -> int:
    """Bits a second for a track: its layers below the highest have together five sixteenths of its pixels, and small
    pictures take more for each pixel."""
    if not publication.video:
        return 0
    return bitrate if len(publication.layers) == 1 else bitrate * 7 // 5
