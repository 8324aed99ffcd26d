"""docs/protocol.md with its further pages in docs/protocol/, the code and the interface's texts say the same."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from roadshow import errors
from roadshow.live.protocol import FromBrowser, ToBrowser
from roadshow.messages import MESSAGES
from roadshow.moments import decode_moment

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "docs" / "protocol.md", *sorted((ROOT / "docs" / "protocol").glob("*.md"))]
DOCUMENT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
CODE = re.compile(r"[a-z]+([._-][a-z]+)*\.[a-z]+([._-][a-z]+)*|internal")
NOT_RAISED = {"origin.foreign", "message.too_big", "feed.disputed"} | {
    code for code in MESSAGES if code.startswith(("page.", "clock."))
}
"""Answered by middleware, by a close of the socket and by the error pages, or a notice on a desk."""


def _section(title: str) -> str:
    """Of all pages that have it."""
    found = re.findall(rf"^## {title}\n(.*?)(?=^##? |\Z)", DOCUMENT, flags=re.MULTILINE | re.DOTALL)
    assert found
    return "\n".join(found)


def _examples(section: str) -> Iterator[str]:
    """Each JSON object of the section's examples; one may go over several lines, which then are indented."""
    for block in re.findall(r"^```json\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL):
        yield from re.split(r"\n(?=\{)", block.strip())


@pytest.mark.parametrize(
    ("section", "union"), [("From browsers", FromBrowser), ("To browsers", ToBrowser)], ids=["from", "to"]
)
def test_every_message_has_an_example_that_decodes(section: str, union: type) -> None:
    """Whoever writes another client starts by copying these."""
    decoder: msgspec.json.Decoder[object] = msgspec.json.Decoder(union, dec_hook=decode_moment)
    shown = {type(decoder.decode(example)) for example in _examples(_section(section))}
    assert shown == set(get_args(union))


@pytest.mark.parametrize("union", [FromBrowser, ToBrowser], ids=["from", "to"])
def test_every_message_is_explained(union: type) -> None:
    """An example alone does not say when to send it."""
    for message in get_args(union):
        assert f"`{message.__struct_config__.tag}`" in re.sub(r"```.*?```", "", DOCUMENT, flags=re.DOTALL)


def _error_classes(trees: dict[Path, ast.Module]) -> set[str]:
    """The names of everything that is a RoadshowError, and of what makes one from a code."""
    names = {name for name, kind in vars(errors).items() if isinstance(kind, type)} | {"Rule"}
    for _ in range(3):
        for tree in trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef) and {ast.unparse(base) for base in node.bases} & names:
                    names.add(node.name)
    return names


@cache
def _raised() -> dict[str, set[str]]:
    """Every code in the sources, with the files it is in."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "roadshow").rglob("*.py")}
    makers = _error_classes(trees) | {"super().__init__"}
    found: dict[str, set[str]] = {}
    for path, tree in trees.items():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and node.args and ast.unparse(node.func) in makers):
                continue
            code = node.args[0]
            if isinstance(code, ast.Constant) and isinstance(code.value, str) and CODE.fullmatch(code.value):
                found.setdefault(code.value, set()).add(path.name)
    for path in (ROOT / "roadshow").rglob("*.lua"):
        for code_in_lua in re.findall(r"\{\s*\"([a-z_]+\.[a-z_]+)\"", path.read_text(encoding="utf-8")):
            found.setdefault(code_in_lua, set()).add(path.name)
    return found


def _listed() -> dict[str, str]:
    """Code and status of the table."""
    rows = re.findall(r"^\| `([^`]+)` \| (\S+) \|", _section("Error codes"), flags=re.MULTILINE)
    assert len(rows) == len(dict(rows)), "a code is listed twice"
    return dict(rows)


def test_the_scan_finds_codes_in_every_place_they_are_made() -> None:
    """An empty scan would agree with anything."""
    assert {"ballot.stale", "invitation.used", "rate.media", "relay.sdp", "internal", "poll.open"} <= set(_raised())
    assert "ballots.lua" in _raised()["ballot.stale"]


def test_every_code_that_is_raised_is_listed() -> None:
    """A program that talks to the server finds the meaning of what it is told."""
    assert sorted(set(_raised()) - set(_listed())) == []


def test_every_code_that_is_listed_is_raised() -> None:
    """A table of what might have been helps nobody."""
    assert sorted(set(_listed()) - set(_raised()) - NOT_RAISED) == []


def test_every_code_that_reaches_people_has_words_for_them() -> None:
    """Otherwise all they read is that something did not work."""
    assert sorted(set(_raised()) - set(MESSAGES)) == []


def test_words_are_kept_for_codes_there_are() -> None:
    """Translators should not work for nothing."""
    assert sorted(set(MESSAGES) - set(_raised()) - NOT_RAISED) == []


def test_the_status_in_the_table_is_the_one_that_is_sent() -> None:
    """Caches, proxies and programs act on it."""
    statuses = {kind.__name__: kind.status for kind in _all_errors(errors.RoadshowError)}
    listed = _listed()
    for path in (ROOT / "roadshow").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
                continue
            kind, code = ast.unparse(node.func), node.args[0].value
            if kind in statuses and code in listed:
                assert listed[code] == str(statuses[kind]), code


def _all_errors(root: type[errors.RoadshowError]) -> Iterator[type[errors.RoadshowError]]:
    yield root
    for child in root.__subclasses__():
        yield from _all_errors(child)
