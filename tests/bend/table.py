"""The ways of bending a vote as docs/trust.md lists them.

python -m tests.bend.table write
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.bend import all_ways
from tests.bend.ways import PARTIES, Way

FILE: Final = Path(__file__).parents[2] / "docs" / "trust.md"
BEGINS, ENDS = "<!-- ways: begin -->", "<!-- ways: end -->"


def table() -> str:
    return "\n".join(_lines(all_ways()))


def written(text: str) -> str:
    """The document with the table as it is to be."""
    head, _, rest = text.partition(BEGINS)
    _, _, tail = rest.partition(ENDS)
    return f"{head}{BEGINS}\n{table()}\n{ENDS}{tail}"


def _lines(ways: list[Way]) -> Iterator[str]:
    for party, name in PARTIES.items():
        rows = [one for one in ways if one.party == party]
        if rows:
            yield from ("", f"### {name}", "", "| tries this | and is | by |", "|---|---|---|")
            yield from (f"| {one.what} | {_ending(one)} | {_by(one)} |" for one in rows)
    yield ""


def _ending(way: Way) -> str:
    return f"not stopped yet: {way.waits_for}" if way.waits_for else way.ending


def _by(way: Way) -> str:
    words = ("the judges' receipts" if one == "recount: receipt" else one for one in way.by)
    return "–" if way.waits_for else ", ".join(f"`{one}`" if "." in one or ":" in one else one for one in words)


def main() -> int:
    text = FILE.read_text(encoding="utf-8")
    if sys.argv[1:] == ["write"]:
        FILE.write_text(written(text), encoding="utf-8")
        return 0
    return 0 if text == written(text) else 1


if __name__ == "__main__":
    sys.exit(main())
