"""TOML that remembers where each value stands, so that a mistake is reported by file, line, column and path. (pure)"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from typing_extensions import override

from roadshow.competitions.reading.legible import legible
from roadshow.errors import SetupError
from roadshow.texts import LANGUAGES

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
    line: int | None = None
    column: int | None = None
    """Both counted from 1."""

    @override
    def __str__(self) -> str:
        """As compilers say it: editors and terminals lead there."""
        where = f"{self.source}:{self.line}:{self.column}" if self.line else self.source
        return f"{where}: {spelled(self.path)}" if self.path else where


@dataclass(frozen=True, slots=True)
class Mistake:
    place: Place
    text: str

    @override
    def __str__(self) -> str:
        return f"{self.place}: {self.text}"


class DefinitionError(SetupError):
    """All that is wrong with a definition, in the order it stands there. Its text has the first of it."""

    MOST_SHOWN = 20
    """In its text; the rest of a long list is usually the same mistake again."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        lines = [str(mistake) for mistake in self.mistakes[: self.MOST_SHOWN]]
        if len(self.mistakes) > self.MOST_SHOWN:
            lines.append(f"… and more; these are the first {self.MOST_SHOWN}. roadshow check shows all.")
        super().__init__("\n".join(lines))


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


def parse(text: str, source: str) -> tuple[Node, list[Mistake]]:
    """The document's top table, and what in it is no TOML. Dates and times become ISO 8601 text. Raises SetupError for
    what is too large."""
    if len(text) > _MOST_CHARACTERS:
        raise SetupError(f"{source}: longer than {_MOST_CHARACTERS:,} characters")
    try:
        readable, faults = legible(text)
        mistakes = [Mistake(Place(source, (), *fault.at), f"not valid TOML: {fault.text}") for fault in faults]
        return _rooted(tomllib.loads(readable), (), source, _Marks(readable).found), mistakes
    except RecursionError:
        raise SetupError(f"{source}: nested too deeply") from None


def _rooted(
    value: Any, path: Path, source: str, marks: Mapping[Path, tuple[int, int]], mark: tuple[int, int] | None = None
) -> Node:
    mark = marks.get(path, mark)
    place = Place(source, path, *(mark or ()))
    if isinstance(value, dict):
        return Node({key: _rooted(item, (*path, key), source, marks, mark) for key, item in value.items()}, place)
    if isinstance(value, list):
        return Node([_rooted(item, (*path, i), source, marks, mark) for i, item in enumerate(value)], place)
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
        found = _inside(node, step)
        if found is None:
            return replace(node.place, path=node.place.path + path[done:])
        node = found
    return node.place


def holds(node: Node, path: Path) -> bool:
    """Whether ``path`` was written at all."""
    for step in path:
        found = _inside(node, step)
        if found is None:
            return False
        node = found
    return True


def _inside(node: Node, step: Step) -> Node | None:
    inside = node.value
    if isinstance(inside, dict) and isinstance(step, str):
        return inside.get(step)
    if isinstance(inside, list) and isinstance(step, int) and 0 <= step < len(inside):
        return inside[step]
    return None


def merged(base: Node, over: Node) -> Node:
    """``over`` laid upon ``base``: tables key by key, entries of lists by their ids; all else is replaced. So is a text
    in several languages: what it was in the one that is missing now would stand beside it, and say something else."""
    if isinstance(base.value, dict) and isinstance(over.value, dict) and not _is_text(base):
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


def _is_text(node: Node) -> bool:
    return isinstance(node.value, dict) and bool(node.value) and node.value.keys() <= set(LANGUAGES)


def _id(node: Node) -> str | None:
    if isinstance(node.value, dict) and "id" in node.value and isinstance(name := node.value["id"].value, str):
        return name
    return None


class _Marks:
    """The line and the column at which each value, or its key, begins. Runs over text that tomllib has accepted, so it
    need not find mistakes itself."""

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
        self.found: dict[Path, tuple[int, int]] = {}
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
        line = bisect_right(self._starts, at)
        self.found.setdefault(path, (line, at - self._starts[line - 1] + 1))
