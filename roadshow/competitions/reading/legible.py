"""What of a text is TOML, and what is not: every line a parser stumbles over, not just the first. (pure)

A parser stops at its first error. Here the line is taken out and the rest read again, as long as the line can be taken
out without tearing its neighbours: guessed mistakes would hide the real ones.
"""

import re
import tomllib
from dataclasses import dataclass

MOST_FAULTS = 50
"""Each costs another reading of the whole."""

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_HEADER = re.compile(r"\s*\[")
_STATEMENT = re.compile(r"""\s*(?:[A-Za-z0-9_.\s-]|"[^"]*"|'[^']*')+=""")


@dataclass(frozen=True, slots=True)
class Fault:
    at: tuple[int, int] | tuple[()]
    """Line and column, counted from 1; nothing where the parser does not say."""
    text: str


def legible(text: str) -> tuple[str, list[Fault]]:
    """The text without the lines that are no TOML (nothing, where it cannot be taken apart), and what is wrong with
    them. As many lines as before."""
    lines = text.replace("\r\n", "\n").split("\n")
    faults: list[Fault] = []
    while len(faults) < MOST_FAULTS:
        try:
            tomllib.loads("\n".join(lines))
        except ValueError as error:  # tomllib's own, and a number with too many digits
            fault = _fault(str(error), lines)
            if fault.at[:1] in [known.at[:1] for known in faults]:
                break
            faults.append(fault)
            if not fault.at or not _taken_out(lines, fault.at[0] - 1):
                break
        else:
            return "\n".join(lines), faults
    return "", faults


def _fault(said: str, lines: list[str]) -> Fault:
    found = _AT.search(said)
    if found is None:
        return Fault((), said)
    text = said[: found.start()]
    if found[1] is None:
        last = max((number for number, line in enumerate(lines, start=1) if line.strip()), default=1)
        return Fault((last, len(lines[last - 1]) + 1), f"{text} at the end of the file")
    return Fault((int(found[1]), int(found[2])), text)


def _taken_out(lines: list[str], index: int) -> bool:
    """Whether the line could be. What followed a header must not fall to the table before."""
    if _HEADER.match(lines[index]):
        lines[index] = f"[_unreadable_{index + 1}]"
    elif _STATEMENT.match(lines[index]) and _is_whole(lines[index]):
        lines[index] = ""
    else:
        return False
    return True


def _is_whole(line: str) -> bool:
    """Whether nothing of it goes on in the next line."""
    closed = all(line.count(opening) == line.count(closing) for opening, closing in ("[]", "{}"))
    return closed and '"""' not in line and "'''" not in line
