"""Reads a competition's definition: TOML, put together from its parts, checked whole. Format: docs/definition.md.

Every mistake is a SetupError that names file, line and path, and all of a document's mistakes come at once.
"""

from collections.abc import Callable, Iterable
from datetime import date
from importlib import resources
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from roadshow.competitions.definition import Competition
from roadshow.competitions.document import Node, joined, locate, merged, parse, plain, spelled
from roadshow.competitions.sense import opening, sense_problems
from roadshow.competitions.shape import Problem, convert, shape_problems
from roadshow.errors import SetupError
from roadshow.ids import is_slug

MOST_PROBLEMS = 20
"""Shown at once; the rest of a long list is usually the same mistake again."""
_LONGEST_FILE = 8_000_000
"""Bytes; the characters of ``document.parse`` in UTF-8 with room to spare."""
_DEEPEST_CHAIN = 4
"""Definitions that extend one another."""
_MOST_PARTS = 20
"""Included by one definition."""
_OWN_KEYS = ("extends", "include", "variants")

Finder = Callable[[str], tuple[str, str] | None]
"""A name, such as ``final-2020`` or ``demo/ai``, to the text and the source of that definition or part."""


def preset_names() -> tuple[str, ...]:
    """Every preset's name, the demo and the sets of rules alike."""
    presets = resources.files(__package__).joinpath("presets")
    return tuple(sorted(entry.name[:-5] for entry in presets.iterdir() if entry.name.endswith(".toml")))


def load_preset(name: str, *, today: date, variant: str = "", cast: bool = True) -> Competition:
    """A definition that comes with Roadshow. ``today`` is what its ``today 14:00`` means; ``cast=False`` also takes a
    set of rules without projects and judges. Raises SetupError."""
    found = _find_preset(name)
    if found is None:
        raise SetupError(f"there is no preset “{name}”; there are: {', '.join(preset_names())}")
    return _load(*found, find=_find_preset, today=today, variant=variant, cast=cast)


def load_file(path: Path, *, today: date, variant: str = "", cast: bool = True) -> Competition:
    """A definition of one's own. What it extends and includes stands beside it, or is a preset. Raises SetupError."""

    def find(name: str) -> tuple[str, str] | None:
        beside = path.parent / f"{name}.toml"
        return _read(beside) if beside.is_file() else _find_preset(name)

    return _load(*_read(path), find=find, today=today, variant=variant, cast=cast)


def load(text: str, source: str, *, today: date, variant: str = "", cast: bool = True) -> Competition:
    """A definition from its text; ``source`` is what messages call it. Raises SetupError."""
    return _load(text, source, find=_find_preset, today=today, variant=variant, cast=cast)


def _load(text: str, source: str, *, find: Finder, today: date, variant: str, cast: bool) -> Competition:
    try:
        whole = _composed(parse(text, source), find, depth=0)
        whole = _chosen(whole, variant, source)
        data = plain(whole)
        problems = list(islice(shape_problems(data), MOST_PROBLEMS + 1))
        if problems:
            raise _refusal(problems, whole)
        competition = convert(data)
    except RecursionError:
        raise SetupError(f"{source}: nested too deeply") from None
    problems = list(islice(sense_problems(competition, today, cast=cast), MOST_PROBLEMS + 1))
    if problems:
        raise _refusal(problems, whole)
    return _resolved(competition, today)


def _composed(document: Node, find: Finder, depth: int) -> Node:
    """The document laid upon what it extends, followed by what it includes; ``variants`` are still in it."""
    own = _table(document)
    base = own.get("extends")
    parts = own.get("include")
    body = Node({key: item for key, item in own.items() if key not in ("extends", "include")}, document.place)
    if base is not None:
        if depth == _DEEPEST_CHAIN:
            raise SetupError(f"{base.place}: more than {_DEEPEST_CHAIN} definitions extend one another")
        body = merged(_composed(_fetched(base, find), find, depth + 1), body)
    if parts is not None:
        if not isinstance(parts.value, list) or len(parts.value) > _MOST_PARTS:
            raise SetupError(f"{parts.place}: expected a list of at most {_MOST_PARTS} names")
        for part in parts.value:
            body = _with_part(body, _fetched(part, find))
    return body


def _with_part(body: Node, part: Node) -> Node:
    """An included part holds lists (of projects, of judges), which are added to those that are there."""
    whole = dict(_table(body))
    for key, item in _table(part).items():
        if not isinstance(item.value, list) or key in _OWN_KEYS:
            raise SetupError(f"{item.place}: an included part may hold lists only, such as [[projects]] and [[judges]]")
        whole[key] = joined(whole[key], item) if key in whole else item
    return Node(whole, body.place)


def _fetched(named: Node, find: Finder) -> Node:
    name = named.value
    if not isinstance(name, str) or not 1 <= len(steps := name.split("/")) <= 2 or not all(map(is_slug, steps)):
        raise SetupError(f"{named.place}: expected a name such as final-2020 or demo/ai")
    found = find(name)
    if found is None:
        raise SetupError(f"{named.place}: there is no “{name}”")
    return parse(*found)


def _chosen(whole: Node, variant: str, source: str) -> Node:
    """The definition with that variant's changes; without variants in any case."""
    table = dict(_table(whole))
    variants = table.pop("variants", None)
    whole = Node(table, whole.place)
    known = {} if variants is None else _table(variants)
    if not variant:
        return whole
    if variant not in known:
        raise SetupError(f"{source}: there is no variant “{variant}”; there are: {_names(known) or 'none'}")
    return merged(whole, Node(_table(known[variant]), whole.place))


def _names(keys: Iterable[str]) -> str:
    return ", ".join(spelled((key,)) for key in keys)


def _table(node: Node) -> dict[str, Node]:
    if not isinstance(node.value, dict):
        raise SetupError(f"{node.place}: expected a table")
    return node.value


def _resolved(competition: Competition, today: date) -> Competition:
    """With every start as ISO 8601 with an offset."""
    zone = ZoneInfo(competition.time_zone)
    fields = tuple(
        msgspec.structs.replace(field, starts_at=opening(field.starts_at, zone, today).isoformat())
        for field in competition.fields
    )
    events = tuple(
        msgspec.structs.replace(event, starts_at=opening(event.starts_at, zone, today).isoformat())
        for event in competition.events
    )
    return msgspec.structs.replace(competition, fields=fields, events=events)


def _refusal(problems: list[Problem], whole: Node) -> SetupError:
    lines = [f"{locate(whole, path)}: {text}" for path, text in problems[:MOST_PROBLEMS]]
    if len(problems) > MOST_PROBLEMS:
        lines.append(f"… and more; these are the first {MOST_PROBLEMS}.")
    return SetupError("\n".join(lines))


def _find_preset(name: str) -> tuple[str, str] | None:
    steps = name.split("/")
    if not all(map(is_slug, steps)):
        return None
    entry = resources.files(__package__).joinpath("presets", *steps[:-1], f"{steps[-1]}.toml")
    return (entry.read_text("utf-8"), f"preset {name}.toml") if entry.is_file() else None


def _read(path: Path) -> tuple[str, str]:
    try:
        with path.open("rb") as file:
            raw = file.read(_LONGEST_FILE + 1)
        if len(raw) > _LONGEST_FILE:
            raise SetupError(f"{path}: longer than {_LONGEST_FILE:,} bytes")
        return raw.decode("utf-8-sig"), str(path)  # some editors put a mark at the beginning
    except OSError as error:
        raise SetupError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SetupError(f"{path}: not UTF-8 at byte {error.start}") from None
