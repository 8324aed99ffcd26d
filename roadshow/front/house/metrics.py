"""What the fronts do, for /metrics."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.registry import Collector
from typing_extensions import override

from roadshow.desks.operator.figures import figure, single
from roadshow.front.house.taking import Taking
from roadshow.front.tally import Totals


def register(registry: CollectorRegistry, totals: Totals, taking: Taking) -> None:
    registry.register(_Fronts(totals, taking))


def families(totals: Totals, turned_away: int) -> Iterator[Metric]:
    """``turned_away``: by the house, for want of descriptors."""
    tally = totals.all
    outcomes = (("answered", tally.answered), ("handed", tally.handed), ("refused", tally.refused + turned_away))
    yield figure(
        "front_requests_total",
        "counter",
        "Requests that came to the front.",
        (({"outcome": word}, number) for word, number in outcomes),
    )
    yield single("front_displaced_total", "counter", "Connections ended to make room for others.", tally.displaced)
    yield single("front_starts_total", "counter", "Front processes that were begun.", totals.starts)


class _Fronts(Collector):
    def __init__(self, totals: Totals, taking: Taking) -> None:
        self._totals = totals
        self._taking = taking

    @override
    def collect(self) -> Iterator[Metric]:
        return families(self._totals, self._taking.turned_away)
