"""Which stylesheets a page has: what base.html names for all, then what the page names itself.

Read from the templates at start, so that the sheets of each page can be joined under one address. No others are: a
stranger who asks for a combination of their own gets none made.
"""

import re
from collections.abc import Iterator
from pathlib import Path

_CALL = re.compile(r"\{\{ sheets\((.*?)\) \}\}", re.DOTALL)
_NAME = re.compile(r'"([\w/-]+)"')
_SOMETIMES = re.compile(r"\{% if .*?\{% endif %\}", re.DOTALL)
_BASE = "base.html"

Sheets = tuple[str, ...]
"""``components/badge`` and others, in the order of the cascade."""


def named(template: str) -> Sheets:
    """By the text of a template."""
    return tuple(name for call in _CALL.findall(template) for name in _NAME.findall(call))


def combinations(templates: Path) -> Iterator[Sheets]:
    """Of every page; where some are for some readers only, with and without them."""
    frame = (templates / _BASE).read_text("utf-8")
    bases = tuple(dict.fromkeys((named(frame), named(_SOMETIMES.sub("", frame)))))
    yield from bases
    for path in sorted(templates.rglob("*.html")):
        text = path.read_text("utf-8")
        for own in dict.fromkeys((named(text), named(_SOMETIMES.sub("", text)))):
            if own and path.name != _BASE:
                yield from (base + own for base in bases)
