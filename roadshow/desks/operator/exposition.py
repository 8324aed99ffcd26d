"""Prometheus' text format, version 0.0.4. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PREFIX = "roadshow_"
_HELP = str.maketrans({"\\": r"\\", "\n": r"\n"})
_LABEL = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})

Labels = Mapping[str, str]
Kind = Literal["counter", "gauge"]


class Family(msgspec.Struct, frozen=True):
    """One metric. ``name`` without the prefix; a counter's ends in ``_total``. Samples without a value are left out."""

    name: str
    kind: Kind
    help: str
    samples: tuple[tuple[Labels, float | None], ...]


def single(name: str, kind: Kind, help: str, value: float | None) -> Family:  # noqa: A002  # the format's own word
    return Family(name, kind, help, (({}, value),))


def render(families: Iterable[Family]) -> str:
    """The whole page. A family without samples is left out with its head."""
    return "".join(f"{line}\n" for family in families for line in _lines(family))


def _lines(family: Family) -> Iterator[str]:
    samples = [(labels, value) for labels, value in family.samples if value is not None]
    if not samples:
        return
    name = PREFIX + family.name
    yield f"# HELP {name} {family.help.translate(_HELP)}"
    yield f"# TYPE {name} {family.kind}"
    for labels, value in samples:
        pairs = ",".join(f'{label}="{text.translate(_LABEL)}"' for label, text in labels.items())
        yield f"{name}{{{pairs}}} {_number(value)}" if pairs else f"{name} {_number(value)}"


def _number(value: float) -> str:
    """Whole numbers without a point; others as exactly as a float is."""
    return str(int(value)) if value == int(value) else repr(float(value))
