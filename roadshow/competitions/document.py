"""TOML that remembers where each value stands, so that a mistake is reported by file, path and line. (pure)"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from typing_extensions import override

from roadshow.errors import SetupError

Step = str | int
Path = tuple[Step, ...]

_MOST_CHARACTERS = 4_000_000
"""Of one document. Two hundred projects with full decks in three languages take about two million."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LONGEST_KEY = 64
"""Characters of a strange key that a message repeats."""


@dataclass(frozen=True, slots=True)
class Place:
    source: str
    path: Path
    line: int | None

    @override
    def __str__(self) -> str:
        where = f"{self.source} line {self.line}" if self.line else self.source
        return f"{where}, {spelled(self.path)}" if self.path else where


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a document. Tables hold nodes by key, lists hold nodes, everything else is as tomllib gave it."""

    value: "dict[str, Node] | list[Node] | str | int | float | bool"
    place: Place


def spelled(path: Path) -> str:
    """``("projects", 3, "title")`` as ``projects[3].title``; fit for a terminal, whatever the keys hold."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            key = step if _BARE_KEY.fullmatch(step) else ascii(step[:_LONGEST_KEY])
            text += f".{key}" if text else key
    return text


def parse(text: str, source: str) -> Node:
    """The document's top table. Dates and times become ISO 8601 text. Raises SetupError."""
    if len(text) > _MOST_CHARACTERS:
        raise SetupError(f"{source}: longer than {_MOST_CHARACTERS:,} characters")
    try:
        data = tomllib.loads(text)
        return _rooted(data, (), source, _Lines(text).found)
    except RecursionError:
        raise SetupError(f"{source}: nested too deeply") from None
    except ValueError as error:  # tomllib's own error, and a number with too many digits
        raise SetupError(f"{source}: not valid TOML: {error}") from None


def _rooted(value: Any, path: Path, source: str, lines: Mapping[Path, int], line: int | None = None) -> Node:
    line = lines.get(path, line)
    place = Place(source, path, line)
    if isinstance(value, dict):
        return Node({key: _rooted(item, (*path, key), source, lines, line) for key, item in value.items()}, place)
    if isinstance(value, list):
        return Node([_rooted(item, (*path, i), source, lines, line) for i, item in enumerate(value)], place)
    if isinstance(value, (date, datetime, time)):
        return Node(value.isoformat(), place)
    return Node(value, place)


def plain(node: Node) -> Any:
    """The value without its places."""
    if isinstance(node.value, dict):
        return {key: plain(item) for key, item in node.value.items()}
    if isinstance(node.value, list):
        return [plain(item) for item in node.value]
    return node.value


def locate(node: Node, path: Path) -> Place:
    """Where ``path`` of a merged document was written; if it was not, where it is missing from."""
    for done, step in enumerate(path):
        inside = node.value
        found: Node | None = None
        if isinstance(inside, dict) and isinstance(step, str):
            found = inside.get(step)
        elif isinstance(inside, list) and isinstance(step, int) and 0 <= step < len(inside):
            found = inside[step]
        if found is None:
            return Place(node.place.source, node.place.path + path[done:], node.place.line)
        node = found
    return node.place


def merged(base: Node, over: Node) -> Node:
    """``over`` laid upon ``base``: tables key by key, entries of lists by their ids; all else is replaced."""
    if isinstance(base.value, dict) and isinstance(over.value, dict):
        table = dict(base.value)
        for key, item in over.value.items():
            table[key] = merged(table[key], item) if key in table else item
        return Node(table, over.place)
    if isinstance(base.value, list) and isinstance(over.value, list) and base.value and over.value:
        places = {_id(item): index for index, item in enumerate(base.value)}
        if None not in places and all(_id(item) is not None for item in over.value):
            entries = list(base.value)
            for item in over.value:
                index = places.pop(_id(item), None)  # a second one of the same name stays, to be reported
                if index is None:
                    entries.append(item)
                else:
                    entries[index] = merged(entries[index], item)
            return Node(entries, over.place)
    return over


def joined(first: Node, second: Node) -> Node:
    """Two lists, one after the other; where the first is none, the second."""
    if isinstance(first.value, list) and isinstance(second.value, list):
        return Node([*first.value, *second.value], first.place)
    return second


def _id(node: Node) -> str | None:
    if isinstance(node.value, dict) and "id" in node.value and isinstance(name := node.value["id"].value, str):
        return name
    return None


class _Lines:
    """The line each value begins on. Runs over text that tomllib has accepted, so it need not find mistakes itself."""

    _SPACE = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
    _KEY = re.compile(r"""[ \t]*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)[ \t]*""")
    _STRING = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:[^"\\]|\\.)*"|\'[^\']*\'', re.DOTALL)
    _SCALAR = re.compile(r"[^,\]}\n#]*")
    _DEEPEST = 20
    """Steps of a dotted key that get a line of their own; a definition has no more than eight."""

    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n")
        self._starts = [0, *(match.end() for match in re.finditer("\n", self._text))]
        self._at = 0
        self._lists: dict[Path, int] = {}
        self.found: dict[Path, int] = {}
        self._document()

    def _document(self) -> None:
        table: Path = ()
        while self._skip(self._SPACE) < len(self._text):
            start = self._at
            if self._text.startswith("[[", start):
                self._at += 2
                table = self._within(self._key())
                index = self._lists.get(table, 0)
                self._lists[table] = index + 1
                self._note(table, start)
                table = (*table, index)
                self._note(table, start)
                self._at += 2
            elif self._text[start] == "[":
                self._at += 1
                table = self._within(self._key())
                if table in self._lists:
                    table = (*table, self._lists[table] - 1)
                self._note(table, start)
                self._at += 1
            else:
                self._pair(table)

    def _within(self, key: Path) -> Path:
        """A header's key, led into the newest entry of each list of tables that it passes through."""
        path: Path = ()
        for step in key[:-1]:
            path = (*path, step)
            if path in self._lists:
                path = (*path, self._lists[path] - 1)
        return (*path, key[-1])

    def _pair(self, table: Path) -> None:
        start = self._at
        key = self._key()
        for length in range(1, min(len(key), self._DEEPEST) + 1):
            self._note((*table, *key[:length]), start)
        self._at += 1  # the equals sign
        self._value((*table, *key))

    def _value(self, path: Path) -> None:
        self._skip(self._SPACE)
        self._note(path, self._at)
        opening = self._text[self._at]
        if opening == "[":
            self._at += 1
            index = 0
            while self._text[self._skip(self._SPACE)] != "]":
                self._value((*path, index))
                index += 1
                self._comma()
            self._at += 1
        elif opening == "{":
            self._at += 1
            while self._text[self._skip(self._SPACE)] != "}":
                self._pair(path)
                self._comma()
            self._at += 1
        else:
            self._skip(self._STRING if opening in "\"'" else self._SCALAR)

    def _comma(self) -> None:
        if self._text[self._skip(self._SPACE)] == ",":
            self._at += 1

    def _key(self) -> Path:
        steps: list[str] = []
        while match := self._KEY.match(self._text, self._at):
            self._at = match.end()
            step = match[1]
            steps.append(tomllib.loads(f"key = {step}")["key"] if step[0] in "\"'" else step)
            if self._text[self._at] != ".":
                break
            self._at += 1
        return tuple(steps)

    def _skip(self, pattern: re.Pattern[str]) -> int:
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at
        return self._at

    def _note(self, path: Path, at: int) -> None:
        self.found.setdefault(path, bisect_right(self._starts, at))
