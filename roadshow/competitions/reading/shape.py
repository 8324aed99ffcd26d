"""Whether a document has a competition's shape: every key, type and bound, with all that is wrong at once. (pure)

msgspec stops at its first error; somebody who writes a definition by hand wants the whole list.
"""

import re
import unicodedata
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

import msgspec
from msgspec import inspect

from roadshow.competitions.definition import Competition
from roadshow.competitions.reading.document import Path
from roadshow.texts import LANGUAGES, LONGEST_TEXT, Text

Problem = tuple[Path, str]

_LONG = 1_000
"""Characters from which on a text may have several lines."""
_COMPETITION = inspect.type_info(Competition)


def shape_problems(data: Any, wanted: inspect.Type = _COMPETITION) -> Iterator[Problem]:
    """What keeps ``data`` from being a Competition (or what else is ``wanted``), in the document's order."""
    yield from _check(data, wanted, (), None)


def _check(value: Any, wanted: inspect.Type, path: Path, extra: dict[str, Any] | None) -> Iterator[Problem]:
    match wanted:
        case inspect.Metadata():
            yield from _check(value, wanted.type, path, wanted.extra)
        case inspect.StructType():
            if not isinstance(value, dict):
                if wanted.cls is Text:
                    yield path, f"expected a text in each language ({', '.join(LANGUAGES)}), got {_kind(value)}"
                else:
                    yield path, f"expected a table, got {_kind(value)}"
            else:
                yield from _check_table(value, wanted, path, extra or {})
        case inspect.VarTupleType():
            yield from _check_list(value, wanted, path)
        case inspect.StrType():
            yield from _check_text(value, wanted, path, extra or {})
        case inspect.IntType():
            yield from _check_number(value, wanted, path)
        case inspect.BoolType():
            if not isinstance(value, bool):
                yield path, f"expected true or false, got {_kind(value)}"
        case inspect.LiteralType():
            yield from _check_choice(value, wanted.values, path)
        case inspect.EnumType():
            yield from _check_choice(value, tuple(choice.value for choice in wanted.cls), path)
        case inspect.UnionType(types=(some, inspect.NoneType())):
            if value is not None:
                yield from _check(value, some, path, extra)
        case _:
            raise TypeError(f"no rule for {wanted}")


def _check_table(
    table: dict[str, Any], wanted: inspect.StructType, path: Path, extra: dict[str, Any]
) -> Iterator[Problem]:
    fields = {field.name: field for field in wanted.fields}
    for key in table:
        if key not in fields and key != wanted.tag_field:
            close = get_close_matches(key, fields, n=1)
            yield (
                (*path, key),
                f"unknown; did you mean “{close[0]}”?" if close else f"unknown; there are {_list(fields)}",
            )
    for name, field in fields.items():
        if name in table:
            yield from _check(table[name], field.type, (*path, name), extra if wanted.cls is Text else None)
        elif field.required:
            yield (*path, name), f"missing; expected {_described(field.type)}"


def _check_list(value: Any, wanted: inspect.VarTupleType, path: Path) -> Iterator[Problem]:
    if not isinstance(value, list):
        yield path, f"expected a list, got {_kind(value)}"
        return
    if wanted.min_length is not None and len(value) < wanted.min_length:
        yield path, f"expected at least {wanted.min_length}, got {len(value)}"
    if wanted.max_length is not None and len(value) > wanted.max_length:
        yield path, f"expected at most {wanted.max_length}, got {len(value)}"
        return
    for index, item in enumerate(value):
        yield from _check(item, wanted.item_type, (*path, index), None)


def _check_text(value: Any, wanted: inspect.StrType, path: Path, extra: dict[str, Any]) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield path, f"expected text in quotes, got {_kind(value)}"
        return
    longest = min(extra.get("longest", LONGEST_TEXT), wanted.max_length or LONGEST_TEXT)
    if wanted.pattern is not None and re.search(wanted.pattern, value) is None:
        yield path, f"expected {extra['expected']}"
    elif wanted.min_length and not value.strip():
        yield path, "empty; expected a text"
    elif value != value.strip():
        yield path, "begins or ends with a blank"
    elif len(value) > longest:
        yield path, f"too long: {len(value)} characters, at most {longest}"
    elif "\n" in value and longest < _LONG:
        yield path, "expected a single line"
    elif any(unicodedata.category(character) in ("Cc", "Zl", "Zp") and character != "\n" for character in value):
        yield path, "holds a control character"


def _check_number(value: Any, wanted: inspect.IntType, path: Path) -> Iterator[Problem]:
    if type(value) is not int:  # true is an int to Python
        yield path, f"expected a whole number{_range(wanted)}, got {_kind(value)}"
    elif (wanted.ge is not None and value < wanted.ge) or (wanted.le is not None and value > wanted.le):
        shown = str(value) if abs(value) < 10**9 else "something far off"
        yield path, f"expected a whole number{_range(wanted)}, got {shown}"


def _check_choice(value: Any, choices: tuple[Any, ...], path: Path) -> Iterator[Problem]:
    if not isinstance(value, str) or value not in choices:
        yield path, f"expected one of {_list(choices)}"


def _described(wanted: inspect.Type) -> str:
    match wanted:
        case inspect.Metadata():
            return str((wanted.extra or {}).get("expected") or _described(wanted.type))
        case inspect.StructType(cls=cls) if cls is Text:
            return f"a text in each language ({', '.join(LANGUAGES)})"
        case inspect.StructType():
            return f"a table of {_list(field.name for field in wanted.fields)}"
        case inspect.VarTupleType():
            return "a list"
        case inspect.StrType():
            return "text in quotes"
        case inspect.IntType():
            return f"a whole number{_range(wanted)}"
        case inspect.LiteralType():
            return f"one of {_list(wanted.values)}"
        case inspect.EnumType():
            return f"one of {_list(choice.value for choice in wanted.cls)}"
        case _:
            return "true or false"


def _range(wanted: inspect.IntType) -> str:
    return f" from {wanted.ge} to {wanted.le}"


def _list(words: Any) -> str:
    return ", ".join(str(word) for word in words)


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "true or false"
        case str():
            return "text"
        case int():
            return "a whole number"
        case float():
            return "a number with a decimal point"
        case list():
            return "a list"
        case _:
            return "a table"


def convert(data: Any) -> Competition:
    """What ``shape_problems`` finds nothing wrong with, as a value. Raises msgspec.ValidationError."""
    return msgspec.convert(data, Competition)


def salvaged(data: Any) -> Competition:
    """What can be made of the rest, so that it can be looked through for sense as well: where a value is not what it
    should be there is an empty one, and texts are as they were written. For nothing else."""
    found: Competition = _salvaged(data, _COMPETITION)
    return found


def _salvaged(value: Any, wanted: inspect.Type) -> Any:
    match wanted:
        case inspect.Metadata():
            return _salvaged(value, wanted.type)
        case inspect.StructType():
            table = value if isinstance(value, dict) else {}
            needed = [field for field in wanted.fields if field.required or field.name in table]
            return wanted.cls(**{field.name: _salvaged(table.get(field.name), field.type) for field in needed})
        case inspect.VarTupleType():
            entries = value if isinstance(value, list) else []
            return tuple(_salvaged(entry, wanted.item_type) for entry in entries[: wanted.max_length])
        case inspect.StrType():
            return value if isinstance(value, str) else ""
        case inspect.IntType():
            least = wanted.ge or 0
            return value if type(value) is int and least <= value <= (wanted.le or value) else least
        case inspect.LiteralType():
            return value if value in wanted.values else wanted.values[0]
        case inspect.EnumType():
            known = [choice.value for choice in wanted.cls]
            return wanted.cls(value if value in known else known[0])
        case inspect.BoolType():
            return value is True
        case inspect.UnionType(types=(some, inspect.NoneType())):
            return None if value is None else _salvaged(value, some)
        case _:
            raise TypeError(f"no rule for {wanted}")
