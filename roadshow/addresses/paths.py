"""Paths of requests. Pure."""

import re

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def is_nowhere(path: str) -> bool:
    """Whether a decoded path leads nowhere by its characters alone: no address of ours has a control character, but a
    route's pattern overlooks one at the end, so that one page would have several addresses."""
    return _CONTROL.search(path) is not None
