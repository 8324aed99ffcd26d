"""The relay's figures as metrics. Pure.

Labels are bounded: rooms and publishers are the competition's, a layer is told by its place (the name is the
publisher's to choose), viewers appear only as sums and quantiles.
"""

from collections.abc import Callable, Iterator

from prometheus_client import Metric

from roadshow.desks.operator.figures import Kind, Labels, figure, single
from roadshow.ids import LaneId, RoomId
from roadshow.rooms.relay.diagnosis.troubles import Trouble
from roadshow.rooms.relay.stats import (
    Closed,
    Condition,
    LayerStats,
    Refusal,
    RelayStats,
    RoomStats,
    SourceStats,
    Spread,
    StreamStats,
)

_LAYER: tuple[tuple[str, Kind, str, Callable[[LayerStats], float | None]], ...] = (
    ("live", "gauge", "1 while packets of this layer come.", lambda layer: layer.live),
    ("bits_per_second", "gauge", "Payload of this layer, last measured.", lambda layer: layer.bits_per_second),
    ("packets_total", "counter", "Packets that came, repaired ones included.", lambda layer: layer.packets),
    ("bytes_total", "counter", "Payload that came.", lambda layer: layer.octets),
    ("lost_packets", "gauge", "Packets that never came; falls again when one comes late.", lambda layer: layer.lost),
    ("loss_ratio", "gauge", "Share of packets that never came, over the last 10 seconds.", lambda layer: layer.loss),
    ("line_loss_ratio", "gauge", "Share that the line lost, before repair, lately.", lambda layer: layer.line_loss),
    ("jitter_seconds", "gauge", "Interarrival jitter (RFC 3550).", lambda layer: layer.jitter_ms / 1000),
    ("nacks_total", "counter", "Packets asked for again.", lambda layer: layer.nacks),
    ("recovered_total", "counter", "Packets that came after they were asked for.", lambda layer: layer.recovered),
    ("restored_total", "counter", "Packets of sound that others carried along.", lambda layer: layer.restored),
    ("abandoned_total", "counter", "Packets asked for and given up.", lambda layer: layer.abandoned),
    ("plis_total", "counter", "Key frames asked for.", lambda layer: layer.key_frame_requests),
    ("key_frames_total", "counter", "Key frames that came.", lambda layer: layer.key_frames),
    (
        "key_frame_age_seconds",
        "gauge",
        "Since the last key frame began.",
        lambda layer: None if layer.key_frame_age_ms is None else layer.key_frame_age_ms / 1000,
    ),
)
_QUANTILES: tuple[tuple[str, Callable[[Spread], float]], ...] = (
    ("0.5", lambda spread: spread.median),
    ("0.95", lambda spread: spread.p95),
    ("1", lambda spread: spread.worst),
)


def families(stats: RelayStats) -> Iterator[Metric]:
    yield from _sources(stats)
    yield from _viewers(stats.rooms)
    yield from _relay(stats)
    if stats.streams is not None:
        yield from _by_tcp(stats.streams)
    yield from _troubles(stats)


def _sources(stats: RelayStats) -> Iterator[Metric]:
    sources: list[tuple[Labels, SourceStats]] = [
        ({"room": room.room, "source": source.source}, source) for room in stats.rooms for source in room.sources
    ]
    yield figure(
        "relay_source_condition",
        "gauge",
        "1 for what a source is: good, weak or lost.",
        tuple(
            ({**labels, "condition": word.value}, word is source.condition)
            for labels, source in sources
            for word in Condition
        ),
    )
    yield figure(
        "relay_source_round_trip_seconds",
        "gauge",
        "Round trip to the publisher, by repaired packets.",
        tuple((labels, _seconds(source.round_trip_ms)) for labels, source in sources),
    )
    yield figure(
        "relay_source_line_bits_per_second",
        "gauge",
        "What the publisher's line holds, by our estimate.",
        tuple((labels, source.line_bits) for labels, source in sources),
    )
    yield figure(
        "relay_source_dropped_total",
        "counter",
        "Packets that were more than is taken of one source.",
        tuple((labels, source.dropped) for labels, source in sources),
    )
    for name, kind, text, value in _LAYER:
        yield figure(
            f"relay_source_{name}",
            kind,
            text,
            tuple(
                ({**labels, "layer": str(number), "codec": layer.codec}, value(layer))
                for labels, source in sources
                for number, layer in enumerate(source.layers)
            ),
        )


def _viewers(rooms: tuple[RoomStats, ...]) -> Iterator[Metric]:
    def each(name: str, kind: Kind, text: str, value: Callable[[RoomStats], float]) -> Metric:
        return figure(f"relay_{name}", kind, text, tuple(({"room": room.room}, value(room)) for room in rooms))

    def quantiles(name: str, text: str, spread: Callable[[RoomStats], Spread], scale: float = 1.0) -> Metric:
        return figure(
            f"relay_viewer_{name}",
            "gauge",
            f"{text}: quantiles over a room's viewers.",
            tuple(
                ({"room": room.room, "quantile": label}, pick(spread(room)) * scale)
                for room in rooms
                if spread(room).count
                for label, pick in _QUANTILES
            ),
        )

    yield figure(
        "relay_viewers",
        "gauge",
        "Viewers' media connections.",
        tuple(
            ({"room": room.room, "state": state}, number)
            for room in rooms
            for state, number in (("connected", room.viewers.connected), ("joining", room.viewers.joining))
        ),
    )
    yield figure(
        "relay_viewers_by_quality",
        "gauge",
        "Viewers on each quality of a lane.",
        tuple(
            ({"room": room.room, "lane": lane, "quality": quality}, number)
            for room in rooms
            for (lane, quality), number in sorted(room.viewers.qualities.items())
        ),
    )
    yield each("viewers_below_best", "gauge", "Viewers who get less than there is.", lambda room: room.viewers.see_less)
    yield each(
        "viewers_with_redundancy",
        "gauge",
        "Viewers whose sound carries former packets along.",
        lambda room: room.viewers.with_redundancy,
    )
    yield quantiles("loss_ratio", "Loss of a viewer's worst lane, as reported", lambda room: room.viewers.loss)
    yield quantiles("round_trip_seconds", "Round trip", lambda room: room.viewers.round_trip_ms, 0.001)
    yield quantiles(
        "bandwidth_bits_per_second",
        "What a viewer says it can take (REMB), 1 being the narrowest line",
        lambda room: room.viewers.bandwidth,
    )
    yield each(
        "viewer_nacks_total", "counter", "Packets viewers asked for again.", lambda room: room.viewers.totals.nacks
    )
    yield each("viewer_resent_total", "counter", "Packets sent again.", lambda room: room.viewers.totals.resent)
    yield each(
        "viewer_sound_resent_total",
        "counter",
        "Packets of sound sent again.",
        lambda room: room.viewers.totals.sound_resent,
    )
    yield each(
        "viewer_plis_total",
        "counter",
        "Key frames viewers asked for.",
        lambda room: room.viewers.totals.key_frame_requests,
    )


def _relay(stats: RelayStats) -> Iterator[Metric]:
    tally, egress, ingest = stats.tally, stats.egress, stats.ingest
    way = {
        "path": "native" if egress.native else "python",
        "segmentation": "on" if egress.segmented else "off",
    }
    yield figure("relay_egress_info", "info", "Which way out media take; always 1.", ((way, 1),))
    yield single("relay_sent_packets_total", "counter", "Media packets sent to viewers.", egress.packets)
    yield single("relay_sent_bytes_total", "counter", "Media sent to viewers.", egress.octets)
    yield single("relay_send_calls_total", "counter", "System calls that sent them.", egress.calls)
    yield single(
        "relay_send_dropped_total", "counter", "Packets that the kernel did not take or that failed.", egress.dropped
    )
    yield single("relay_publishers", "gauge", "Publishing connections.", stats.publishers)
    yield single("relay_side_rooms", "gauge", "Rooms in which somebody tries camera and line.", stats.side_rooms)
    yield single("relay_load_ratio", "gauge", "Share of a core that the relay takes.", stats.load)
    yield figure(
        "relay_refused_total",
        "counter",
        "Connections not taken on.",
        tuple(({"reason": reason.value}, tally.refused.get(reason, 0)) for reason in Refusal),
    )
    yield figure(
        "relay_handshakes_failed_total",
        "counter",
        "Connections that never came about.",
        (({"reason": "dtls"}, tally.handshakes_failed), ({"reason": "timeout"}, tally.never_connected)),
    )
    yield single("relay_stun_rejected_total", "counter", "Connectivity checks not answered.", tally.stun_rejected)
    yield single("relay_strangers_total", "counter", "Datagrams from addresses that proved nothing.", tally.strangers)
    yield single(
        "relay_undecryptable_total",
        "counter",
        "Datagrams that failed authentication or came twice.",
        tally.undecryptable,
    )
    yield single(
        "relay_ingest_dropped_total",
        "counter",
        "Datagrams the kernel threw away before the relay read them.",
        None if ingest is None else ingest.dropped,
    )
    yield single(
        "relay_ingest_waiting_bytes",
        "gauge",
        "Bytes the relay has not read yet.",
        None if ingest is None else ingest.waiting,
    )


def _by_tcp(streams: StreamStats) -> Iterator[Metric]:
    tally = streams.tally
    yield figure(
        "relay_tcp_connections",
        "gauge",
        "Connections that carry media by TCP, and those that were not answered yet.",
        (({"state": "connected"}, streams.connections - streams.unproved), ({"state": "joining"}, streams.unproved)),
    )
    yield figure(
        "relay_tcp_bytes_total",
        "counter",
        "Datagrams' bytes by TCP.",
        (({"way": "in"}, tally.octets_in), ({"way": "out"}, tally.octets_out)),
    )
    yield single("relay_tcp_dropped_total", "counter", "Datagrams that nobody read in time, by TCP.", tally.dropped)
    yield figure(
        "relay_tcp_closed_total",
        "counter",
        "Connections by TCP that we ended.",
        tuple(({"reason": reason.value}, tally.closed.get(reason, 0)) for reason in Closed),
    )


def _troubles(stats: RelayStats) -> Iterator[Metric]:
    blind: dict[tuple[RoomId, LaneId, Trouble], int] = {}
    for room in stats.rooms:
        for group in room.blind:
            key = (room.room, group.lane, group.trouble)
            blind[key] = blind.get(key, 0) + group.viewers
    yield figure(
        "relay_viewers_without_picture",
        "gauge",
        "Connected viewers who do not see what is on, by the reason.",
        tuple(
            ({"room": room, "lane": lane, "trouble": trouble.value}, viewers)
            for (room, lane, trouble), viewers in sorted(blind.items())
        ),
    )
    yield figure(
        "relay_viewers_failed_recently",
        "gauge",
        "Viewers' connections that never came about, in the last minute.",
        tuple(({"room": room.room}, room.failed) for room in stats.rooms),
    )
    yield figure(
        "relay_troubles_total",
        "counter",
        "What went wrong for somebody who publishes or watches, each time it was noted.",
        tuple(({"trouble": trouble.value}, stats.troubles.get(trouble, 0)) for trouble in Trouble),
    )


def _seconds(ms: int | None) -> float | None:
    return None if ms is None else ms / 1000
