"""Writes the messages of /live as types for the browser's code, from the structs that the server sends and takes.

    python scripts/protocol_types.py write    bring web/static/js/live/protocol.js up to date
    python scripts/protocol_types.py check    fails if it is not

All it reads are the unions ``FromBrowser`` and ``ToBrowser``, what they reach, and which sections everybody sees.
``make js-types`` then holds the browser's code to what is really sent.
"""

import sys
from collections.abc import Iterable
from enum import Enum
from pathlib import Path
from textwrap import wrap
from typing import Any

import msgspec.inspect as inspect
from msgspec import NODEFAULT

from roadshow.fields.sections import SECTIONS, Group
from roadshow.live.protocol import FromBrowser, ToBrowser
from roadshow.moments import Duration, Instant

PATH = Path(__file__).resolve().parents[1] / "web" / "static" / "js" / "live" / "protocol.js"
WIDTH = 128
HEADER = """\
// The messages of /live as types, made from roadshow/live/protocol.py by scripts/protocol_types.py: change them there.
// docs/protocol.md explains them; no page loads this file.
// Times are milliseconds since the epoch (`_at`, `server_now`) or spans in milliseconds (`_ms`).
"""
PLAIN: dict[type, str] = {
    inspect.StrType: "string",
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.BoolType: "boolean",
    inspect.NoneType: "null",
}
MOMENTS = (Instant, Duration)
"""They travel as whole milliseconds (``moments.encode_moment``)."""


class Typedefs:
    """One typedef for each struct and enum that was met, those it is made of before it."""

    def __init__(self) -> None:
        self._names: dict[str, type] = {}
        self.written: list[str] = []

    def name(self, info: inspect.Type) -> str:
        """The type in TypeScript's notation; what it needs is written on the way."""
        match info:
            case inspect.Metadata():
                return self.name(info.type)
            case inspect.StructType():
                return self._struct(info)
            case inspect.EnumType():
                return self._enum(info.cls)
            case inspect.UnionType():
                return "|".join(self.name(one) for one in info.types)
            case inspect.LiteralType():
                return "|".join(literal(value) for value in info.values)
            case inspect.ListType() | inspect.VarTupleType() | inspect.SetType() | inspect.FrozenSetType():
                item = self.name(info.item_type)
                return f"({item})[]" if "|" in item else f"{item}[]"
            case inspect.TupleType():
                return f"[{', '.join(self.name(one) for one in info.item_types)}]"
            case inspect.DictType():
                return f"Record<{self.name(info.key_type)}, {self.name(info.value_type)}>"
            case inspect.CustomType() if info.cls in MOMENTS:
                return "number"
        if type(info) not in PLAIN:
            raise TypeError(f"scripts/protocol_types.py does not know how {info} looks to a browser")
        return PLAIN[type(info)]

    def fields(self, struct: inspect.StructType, *, sent_by_us: bool) -> list[str]:
        """``name: type`` of each. To browsers all fields that are set are sent; from them, those with a default may be
        left out."""
        everything = sent_by_us and not struct.cls.__struct_config__.omit_defaults
        found = []
        for field in struct.fields:
            has_default = field.default is not NODEFAULT or field.default_factory is not NODEFAULT
            may_be_unset = not field.required and not has_default
            optional = may_be_unset or (has_default and not everything)
            found.append(f"{field.encode_name}{'?' if optional else ''}: {self.name(field.type)}")
        return found

    def union(self, name: str, types: Iterable[str], doc: str | None = None) -> None:
        self._write(name, doc, list(types), "|", ("", ""))

    def _struct(self, info: inspect.StructType) -> str:
        name = info.cls.__name__
        if self._is_new(name, info.cls):
            tag = [f"{info.tag_field}: {literal(info.tag)}"] if info.tag_field else []
            self._write(name, info.cls.__doc__, [*tag, *self.fields(info, sent_by_us=True)], ", ", ("{", "}"))
        return name

    def _enum(self, cls: type[Enum]) -> str:
        name = cls.__name__
        if self._is_new(name, cls):
            self._write(name, None, [literal(member.value) for member in cls], "|", ("", ""))
        return name

    def _is_new(self, name: str, cls: type) -> bool:
        known = self._names.get(name)
        if known is not None and known is not cls:
            raise TypeError(f"two types of messages are named {name}: {known} and {cls}")
        self._names[name] = cls
        return known is None

    def _write(self, name: str, doc: str | None, parts: list[str], joint: str, braces: tuple[str, str]) -> None:
        said = sentences(doc)
        line = f"/** @typedef {{{braces[0]}{joint.join(parts)}{braces[1]}}} {name} */"
        if not said and len(line) <= WIDTH:
            self.written.append(line)
            return
        body = [f" * {text}" for text in said]
        body += folded(f" * @typedef {{{braces[0]}", parts, joint, f"{braces[1]}}} {name}")
        self.written.append("\n".join(["/**", *body, " */"]))


def folded(start: str, parts: list[str], joint: str, end: str) -> list[str]:
    """One line, or as many as it takes, broken between the parts."""
    if not parts:
        return [start + end]
    lines = [start]
    for number, part in enumerate(parts, 1):
        piece = part + (joint if number < len(parts) else end)
        if number > 1 and len(lines[-1]) + len(piece.rstrip()) > WIDTH:
            lines[-1] = lines[-1].rstrip()
            lines.append(" *     " if start.startswith(" *   ") else " *   ")
        lines[-1] += piece
    return lines


def sentences(doc: str | None) -> list[str]:
    """The first paragraph of a docstring, as lines of a JavaScript comment."""
    first = " ".join((doc or "").strip().split("\n\n")[0].split())
    return wrap(first.replace("``", "`").replace("None", "null"), WIDTH - 3)


def literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def members(union: Any) -> list[inspect.StructType]:
    """The messages of a union, or of one alone."""
    info = inspect.type_info(union)
    found = info.types if isinstance(info, inspect.UnionType) else (info,)
    return [one for one in found if isinstance(one, inspect.StructType)]


def open_to_all() -> tuple[str, ...]:
    """The sections that every group sees."""
    return tuple(section.name for section in SECTIONS if section.sees.keys() == set(Group))


def types_of(to_browser: Any, from_browser: Any, sections: Iterable[str] = ()) -> str:
    """Both unions as a module of typedefs, and the names of these sections."""
    typedefs = Typedefs()
    typedefs.union("ToBrowser", [typedefs.name(message) for message in members(to_browser)])
    if names := [literal(name) for name in sections]:
        typedefs.union("OpenSection", names, "A section that everybody sees, so that it is in every snapshot.")
    taken: list[str] = []
    for message in members(from_browser):
        parts = typedefs.fields(message, sent_by_us=False)
        taken += folded(f" *   {literal(message.tag)}: {{", parts, ", ", "},")
    about = " * What a browser may send, by `type`."
    typedefs.written.append("\n".join(["/**", about, " * @typedef {{", *taken, " * }} FromBrowser", " */"]))
    return "\n".join([HEADER, *typedefs.written, "", "export {};", ""])


def main(arguments: list[str]) -> int:
    wanted = types_of(ToBrowser, FromBrowser, open_to_all())
    match arguments:
        case ["write"]:
            PATH.write_text(wanted, encoding="utf-8")
        case ["check"]:
            if PATH.read_text(encoding="utf-8") != wanted:
                print(f"{PATH.name} differs from the server's messages: python scripts/protocol_types.py write")
                return 1
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
