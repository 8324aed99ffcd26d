"""Figures as the Prometheus client's families, from rows of labels and values. Pure."""

from collections.abc import Iterable, Mapping
from typing import Literal

from prometheus_client import Metric

PREFIX = "roadshow_"
_SUFFIX = {"counter": "_total", "gauge": "", "info": "_info"}

Labels = Mapping[str, str]
Kind = Literal["counter", "gauge", "info"]


def figure(name: str, kind: Kind, text: str, samples: Iterable[tuple[Labels, float | None]]) -> Metric:
    """One metric. ``name`` without the prefix, and as it is read: a counter's ends in ``_total``, an info's in
    ``_info``. What has no value is left out: a zero would be taken for a measurement."""
    metric = Metric(PREFIX + name.removesuffix(_SUFFIX[kind]), text, kind)
    for labels, value in samples:
        if value is not None:
            metric.add_sample(PREFIX + name, dict(labels), value)
    return metric


def single(name: str, kind: Kind, text: str, value: float | None) -> Metric:
    return figure(name, kind, text, (({}, value),))
