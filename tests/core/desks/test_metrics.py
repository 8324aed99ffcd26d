"""The page of figures that a monitoring program reads."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Metric, generate_latest
from prometheus_client.exposition import choose_encoder
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from starlette.requests import Request
from typing_extensions import override

from roadshow.access.admission.house import Admission
from roadshow.desks.media import media_view
from roadshow.desks.operator import admission_metrics
from roadshow.desks.operator.figures import figure
from roadshow.desks.operator.operator import may_read
from roadshow.desks.operator.relay_metrics import families
from roadshow.front.house import metrics as front_metrics
from roadshow.front.tally import Totals
from roadshow.ids import RoomId, SourceId
from roadshow.rooms.lanes import MAIN
from roadshow.rooms.relay.diagnosis.diary import Entry
from roadshow.rooms.relay.diagnosis.rules import Blind
from roadshow.rooms.relay.diagnosis.troubles import Trouble
from roadshow.rooms.relay.stats import (
    Closed,
    Condition,
    EgressStats,
    IngestStats,
    LaneView,
    LayerStats,
    Refusal,
    RelayStats,
    RoomStats,
    SourceStats,
    StreamStats,
    StreamTally,
    Tally,
    ViewerStats,
    ViewerTotals,
    viewers_stats,
)
from roadshow.telemetry import Telemetry

ROOT = Path(__file__).parents[3]
TOKEN = "0123456789abcdef" * 2
FORMS = ("text/plain", "application/openmetrics-text")


class Given(Collector):
    def __init__(self, *metrics: Metric) -> None:
        self.metrics = metrics

    @override
    def collect(self) -> Iterator[Metric]:
        yield from self.metrics


def read(*metrics: Metric) -> dict[tuple[str, str], float]:
    """All samples of the page, by name and labels, as Prometheus' own reader has them."""
    found: dict[tuple[str, str], float] = {}
    for metric in text_string_to_metric_families(generate_latest(Given(*metrics)).decode()):
        for sample in metric.samples:
            key = sample.name, ",".join(f'{name}="{value}"' for name, value in sample.labels.items())
            assert key not in found, f"{key}: twice"
            found[key] = sample.value
    return found


def layer(rid: str = "h") -> LayerStats:
    return LayerStats(
        rid, "VP8", True, 10, 1_200_000, 1000, 900_000, 3, 0.003, 4.5, 9, 6, 1, 2, 5, 1500, line_loss=0.02
    )


def relay(viewers: int = 2, name: str = "neuro/camera", rid: str = "h") -> RelayStats:
    people = [
        ViewerStats(
            connected=True,
            loss=number / 100 if number < 50 else 0.0,
            round_trip_ms=number + 1,
            bandwidth=1_000_000 + number,
            lanes=(LaneView(MAIN, ("low", "high")[number % 2], number % 2 == 0),),
            totals=ViewerTotals(1, 1, 1, 1),
            has_redundancy=number % 2 == 0,
        )
        for number in range(viewers)
    ]
    source = SourceStats(SourceId(name), True, Condition.GOOD, (layer("l"), layer(rid)), 35, line_bits=800_000)
    blind = (
        Blind(MAIN, Trouble.CODEC, "H264", ("VP8",), 3),
        Blind(MAIN, Trouble.CODEC, "H264", (), 1),
        Blind(MAIN, Trouble.NO_KEY_FRAME, "H264", ("VP8",), 2),
    )
    noted = (Entry(RoomId("ai"), "feed", Trouble.TOO_FAST, "33 Mbit/s", 0, 5, 2),)
    here = RoomStats(RoomId("ai"), (source,), viewers_stats(people, ViewerTotals(5, 5, 5)), blind, noted, failed=12)
    empty = RoomStats(RoomId("bio"), (), viewers_stats((), ViewerTotals()))
    return RelayStats(
        rooms=(here, empty),
        publishers=1,
        side_rooms=2,
        tally=Tally(refused={Refusal.LOAD: 7}, stun_rejected=4),
        egress=EgressStats(True, True, 123_456, 99_000_000, 20_000, 2),
        load=0.425,
        ingest=IngestStats(2304, 3),
        streams=StreamStats(5, 2, StreamTally(700, 90_000, 4, {Closed.ADDRESS: 6})),
        troubles={Trouble.TOO_FAST: 2},
    )


# -- the format -------------------------------------------------------------------------------------------------------


@given(st.text(), st.text())
def test_no_value_of_a_label_breaks_the_page(value: str, text: str) -> None:
    """A publisher's or room's name must not forge a line of its own, in either form."""
    metric = figure("x_total", "counter", text, (({"room": value}, 3),))
    for form in FORMS:
        encode, _ = choose_encoder(form)
        lines = encode(Given(metric)).decode().removesuffix("# EOF\n").split("\n")
        assert [line.split(" ")[0] for line in lines if not line.startswith("roadshow_x_total{room=")] == ["#", "#", ""]


def test_what_is_not_known_is_not_there() -> None:
    """A zero would be taken for a measurement."""
    assert figure("x", "gauge", "X.", (({}, None),)).samples == []


def test_names_are_as_they_are_asked_for_in_both_forms() -> None:
    """An alert must not depend on which form a collector prefers."""
    for form in FORMS:
        encode, _ = choose_encoder(form)
        page = encode(Given(figure("x_total", "counter", "X.", (({}, 3),)), figure("y_info", "info", "Y.", (({}, 1),))))
        samples = [line for line in page.decode().split("\n") if line and not line.startswith("#")]
        assert samples == ["roadshow_x_total 3.0", "roadshow_y_info 1.0"]


# -- the relay's figures ----------------------------------------------------------------------------------------------


def test_who_has_no_picture_is_counted_by_the_reason_and_every_reason_is_there_from_the_start() -> None:
    """An alert on a reason must not fail to load because it has not happened yet."""
    page = read(*families(relay()))
    without = {key[1]: value for key, value in page.items() if key[0] == "roadshow_relay_viewers_without_picture"}
    assert without == {
        'lane="main",room="ai",trouble="codec"': 4,
        'lane="main",room="ai",trouble="no_key_frame"': 2,
    }
    assert page["roadshow_relay_viewers_failed_recently", 'room="ai"'] == 12
    totals = [value for (name, _), value in page.items() if name == "roadshow_relay_troubles_total"]
    assert len(totals) == len(Trouble)
    assert page["roadshow_relay_troubles_total", 'trouble="too_fast"'] == 2


def test_control_is_told_who_has_no_picture_and_what_went_wrong() -> None:
    view = media_view(RoomId("ai"), relay())
    assert [(group["trouble"], group["viewers"], group["takes"]) for group in view["blind"]] == [
        ("codec", 3, ("VP8",)),
        ("codec", 1, ()),
        ("no_key_frame", 2, ("VP8",)),
    ]
    assert view["noted"] == [{"who": "feed", "trouble": "too_fast", "detail": "33 Mbit/s", "count": 2}]
    assert view["viewers"]["failed"] == 12


def test_a_counter_is_named_so_and_a_gauge_is_not() -> None:
    """Tools tell counters by ``_total``, and take rates of them."""
    for family in families(relay()):
        for sample in family.samples:
            assert (family.type == "counter") is sample.name.endswith("_total"), sample.name


def test_figures_are_those_of_the_relay() -> None:
    """Each in its base unit: seconds, bytes, ratios."""
    samples = read(*families(relay()))
    best = 'codec="VP8",layer="1",room="ai",source="neuro/camera"'
    assert samples["roadshow_relay_source_jitter_seconds", best] == 0.0045
    assert samples["roadshow_relay_source_key_frame_age_seconds", best] == 1.5
    assert samples["roadshow_relay_source_recovered_total", best] == 6
    assert samples["roadshow_relay_source_round_trip_seconds", 'room="ai",source="neuro/camera"'] == 0.035
    assert samples["roadshow_relay_source_line_loss_ratio", best] == 0.02
    assert samples["roadshow_relay_source_line_bits_per_second", 'room="ai",source="neuro/camera"'] == 800_000
    assert samples["roadshow_relay_tcp_connections", 'state="connected"'] == 3
    assert samples["roadshow_relay_tcp_bytes_total", 'way="out"'] == 90_000
    assert samples["roadshow_relay_tcp_dropped_total", ""] == 4
    assert samples["roadshow_relay_tcp_closed_total", 'reason="address"'] == 6
    assert samples["roadshow_relay_tcp_closed_total", 'reason="full"'] == 0
    assert samples["roadshow_relay_viewers", 'room="ai",state="connected"'] == 2
    assert samples["roadshow_relay_viewers_by_quality", 'lane="main",quality="low",room="ai"'] == 1
    assert samples["roadshow_relay_viewers_below_best", 'room="ai"'] == 1
    assert samples["roadshow_relay_viewers_with_redundancy", 'room="ai"'] == 1
    assert samples["roadshow_relay_viewer_nacks_total", 'room="ai"'] == 7
    assert samples["roadshow_relay_viewer_sound_resent_total", 'room="ai"'] == 2
    assert samples["roadshow_relay_viewer_round_trip_seconds", 'quantile="1",room="ai"'] == 0.002
    assert samples["roadshow_relay_viewer_bandwidth_bits_per_second", 'quantile="1",room="ai"'] == 1_000_000
    assert samples["roadshow_relay_refused_total", 'reason="load"'] == 7
    assert samples["roadshow_relay_refused_total", 'reason="viewers"'] == 0
    assert samples["roadshow_relay_load_ratio", ""] == 0.425
    assert samples["roadshow_relay_ingest_dropped_total", ""] == 3
    assert samples["roadshow_relay_egress_info", 'path="native",segmentation="on"'] == 1
    # Nobody watches there: no quantiles of nothing.
    assert ("roadshow_relay_viewer_loss_ratio", 'quantile="1",room="bio"') not in samples


def test_a_thousand_viewers_make_no_more_lines_than_two() -> None:
    """A monitoring program keeps every line for ever."""
    assert len(read(*families(relay(2)))) == len(read(*families(relay(1000))))


def test_a_publisher_cannot_make_lines_by_new_names_of_its_layers() -> None:
    """The names of encodings are the publisher's to choose; each connection could bring others."""
    assert read(*families(relay(rid="x"))).keys() == read(*families(relay(rid='y"\n'))).keys()


def test_every_metric_is_in_the_operators_table() -> None:
    """An alert is written from the document."""
    document = (ROOT / "docs" / "operating.md").read_text()
    told = set(re.findall(r"^\| `(roadshow_[a-z_]+)`", document, flags=re.MULTILINE))
    there = {sample.name for family in families(relay()) for sample in family.samples}
    taken = {metric.name for metric in Telemetry().registry.collect()}
    fronts = {sample.name for family in front_metrics.families(Totals(), 0) for sample in family.samples}
    figures = admission_metrics.families(tuple(Admission().occupancy()))
    places = {sample.name for family in figures for sample in family.samples}
    assert told == there | taken | fronts | places | {"roadshow_sockets", "roadshow_room_followers"}


# -- who may read them ------------------------------------------------------------------------------------------------


def request(client: str | None = "127.0.0.1", **headers: str) -> Request:
    lines = {"host": "localhost:8000", **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope: dict[str, Any] = {
        "type": "http",
        "client": None if client is None else (client, 40_000),
        "headers": [(name.encode(), value.encode()) for name, value in lines.items()],
    }
    return Request(scope)


@pytest.mark.parametrize(
    "asked",
    [
        request(),
        request("127.8.9.1", host="127.0.0.1:8000"),
        request("::1", host="[::1]:8000"),
        request("::ffff:127.0.0.1", host="127.0.0.1"),
    ],
)
def test_without_a_token_the_machine_itself_may_read(asked: Request) -> None:
    """Trying it out, and a collector beside the server, need no setting."""
    assert may_read(asked, None)


@pytest.mark.parametrize(
    "asked",
    [
        request("203.0.113.9"),
        request("10.0.0.2"),
        request(None),
        # A proxy on the same machine, whether the server believes its headers or not.
        request(x_forwarded_for="203.0.113.9"),
        request(x_forwarded_for="127.0.0.1"),
        request(forwarded="for=203.0.113.9"),
        request(x_real_ip="203.0.113.9"),
        request(via="1.1 caddy"),
        # One that adds nothing, but asks by the public name.
        request(host="final.example.org"),
        request(host="127.0.0.1.example.org"),
        request(host=""),
        # Somebody's browser on this machine, led here by a page whose name resolves to it.
        request(host="rebound.example.org:8000"),
    ],
)
def test_without_a_token_nobody_else_may(asked: Request) -> None:
    """How many watch, and who is on, is nobody's business outside."""
    assert not may_read(asked, None)


def test_with_a_token_only_who_shows_it_may() -> None:
    """Also from another machine and through a proxy; and being on this machine does not do any more."""
    assert may_read(request("203.0.113.9", authorization=f"Bearer {TOKEN}", x_forwarded_for="198.51.100.1"), TOKEN)
    assert may_read(request(authorization=f"bearer {TOKEN}"), TOKEN)
    for shown in ("", "Bearer", f"Basic {TOKEN}", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN, "Bearer é"):
        assert not may_read(request(authorization=shown), TOKEN)
    assert not may_read(request(), TOKEN)


# -- the control desk's -----------------------------------------------------------------------------------------------


def test_a_desk_sees_its_own_room_and_the_machine() -> None:
    """Numbers of another room would send a host to the wrong people."""
    here = media_view(RoomId("ai"), relay())
    assert [source["source"] for source in here["sources"]] == ["neuro/camera"]
    assert (here["viewers"]["connected"], here["viewers"]["see_less"], here["load"]) == (2, 1, 0.425)
    for room in ("bio", "robotics"):
        other = media_view(RoomId(room), relay())
        assert (other["sources"], other["viewers"]["connected"], other["load"]) == ([], 0, 0.425)
