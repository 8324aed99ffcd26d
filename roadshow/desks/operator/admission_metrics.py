"""How places are taken, as metrics. Pure. Which network it is, is told in the log alone: labels are bounded."""

from collections.abc import Callable, Iterator

from prometheus_client import Metric

from roadshow.access.admission.places import Occupancy, Reason
from roadshow.desks.operator.figures import figure


def families(places: tuple[Occupancy, ...]) -> Iterator[Metric]:
    def gauge(name: str, text: str, value: Callable[[Occupancy], float]) -> Metric:
        return figure(name, "gauge", text, tuple(({"of": one.name}, value(one)) for one in places))

    yield gauge("places", "Places that strangers share.", lambda one: one.most)
    yield gauge("places_taken", "Places that are taken.", lambda one: one.taken)
    yield gauge(
        "places_largest_share_ratio",
        "Share of all places that one network holds: a /24, or a /48 of IPv6.",
        lambda one: one.share,
    )
    yield figure(
        "places_refused_total",
        "counter",
        "Who came and found no place: full, or for their network.",
        tuple(({"of": one.name, "reason": why.value}, one.refused.get(why, 0)) for one in places for why in Reason),
    )
