"""What a socket's frame tells of a room."""

from typing import Any


def sections(frame: dict[str, Any]) -> dict[str, Any]:
    """Of ``room.snapshot`` or ``room.changed``, by name, in the order they are told."""
    return {name: told for name, told in frame.items() if isinstance(told, dict) and told.get("section") == name}
