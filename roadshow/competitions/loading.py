"""Reads a competition's definition: TOML, put together from its parts, checked whole. Format: docs/definition.md.

Every mistake names file, line, column and path, and all of a definition's mistakes come at once: ``roadshow check``
shows them, and a server does not start with any.
"""

from datetime import date
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from roadshow.competitions.definition import Competition
from roadshow.competitions.reading.composing import Composing, Finder, with_rules_of_fields
from roadshow.competitions.reading.document import DefinitionError, Mistake, Node, holds, locate, plain
from roadshow.competitions.reading.sense import opening, sense_problems
from roadshow.competitions.reading.shape import Problem, convert, salvaged, shape_problems
from roadshow.errors import SetupError
from roadshow.ids import is_slug

MOST_PROBLEMS = 1_000
"""Looked for; whoever has more has given another file by mistake."""
_BASICS = ("time_zone", "stage", "criteria", "rules")
"""What every preset brings, and hardly anybody writes from nothing."""
_WITH_A_PRESET = 'missing; extends = "generic-5-5" brings rules, criteria and times, and leaves what is yours to write'
_LONGEST_FILE = 8_000_000
"""Bytes; the characters of ``document.parse`` in UTF-8 with room to spare."""


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
    composing = Composing(find)
    try:
        whole = with_rules_of_fields(composing.whole(text, source, variant))
        problems = _problems(plain(whole), today, cast=cast, is_whole=not composing.mistakes)
    except RecursionError:
        raise SetupError(f"{source}: nested too deeply") from None
    if composing.mistakes:
        problems = _despite_gaps(problems, whole, composing.mistakes)
    if any(not holds(whole, (basic,)) for basic in _BASICS) and not composing.mistakes and not composing.extends:
        problems.insert(0, (("extends",), _WITH_A_PRESET))
    mistakes = composing.mistakes + [Mistake(locate(whole, path), text) for path, text in problems]
    if mistakes:
        raise DefinitionError(sorted(dict.fromkeys(mistakes), key=lambda one: _order(one, composing.sources)))
    return _resolved(convert(plain(whole)), today)


def _problems(data: Any, today: date, *, cast: bool, is_whole: bool) -> list[Problem]:
    """Of its shape, and of the sense of all that has its shape: whether names exist, only where no part is lacking."""
    misshaped = list(islice(shape_problems(data), MOST_PROBLEMS))
    if not is_whole:
        return misshaped
    competition = salvaged(data) if misshaped else convert(data)
    senseless = sense_problems(competition, today, cast=cast, misshaped=[path for path, _ in misshaped])
    return [*misshaped, *islice(senseless, MOST_PROBLEMS)]


def _despite_gaps(problems: list[Problem], whole: Node, mistakes: list[Mistake]) -> list[Problem]:
    """What is wrong whatever stands in the parts that could not be read: nothing of what is missing, and of what is
    where a line could not be read."""
    lines = {(mistake.place.source, mistake.place.line) for mistake in mistakes}
    placed = [(problem, locate(whole, problem[0])) for problem in problems if holds(whole, problem[0])]
    return [problem for problem, place in placed if (place.source, place.line) not in lines]


def _order(mistake: Mistake, sources: list[str]) -> tuple[int, int, int]:
    """The definition itself first, then what it fetched, as an editor shows it."""
    place = mistake.place
    return sources.index(place.source), place.line or 0, place.column or 0


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
    until = competition.conflicts_until
    return msgspec.structs.replace(
        competition,
        fields=fields,
        events=events,
        conflicts_until=opening(until, zone, today).isoformat() if until else "",
    )


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
