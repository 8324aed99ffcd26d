"""What is said on a terminal or into a log: never more than text, and never a reason to stop.

Names, addresses and records come from strangers. What of them a terminal would obey (escape sequences, a carriage
return over what stood there, a change of writing direction) is shown instead of sent.
"""

import errno
import os
import sys
import unicodedata
from typing import TextIO

_OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of controls, formats, halves of pairs, and what ends a line or a paragraph."""


def visible(text: str, keep: str = "") -> str:
    """With each character that a terminal or a reader of lines would obey as its escape, but for those in ``keep``."""
    if text.isprintable():
        return text
    return "".join(one if one in keep or unicodedata.category(one) not in _OBEYED else escaped(one) for one in text)


def escaped(character: str) -> str:
    """As JSON and Python read it: ``\\u001b``; beyond the first 65,536 characters as JSON's two halves."""
    code = ord(character)
    if code > 0xFFFF:
        return "".join(f"\\u{half:04x}" for half in (0xD800 + (code - 0x10000 >> 10), 0xDC00 + (code & 0x3FF)))
    return f"\\u{code:04x}"


def keep_places() -> None:
    """What was closed before the program began leads nowhere from now on. Otherwise the next file or socket to be
    opened would get its number, and be written to by whoever means standard output."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free


def say(text: str, *, error: bool = False) -> bool:
    """Lines on standard output, or as an ``error`` on the other one; at once. Whether they went anywhere: a show is not
    over because nobody reads along any more, because the terminal knows no Chinese, or because a disk is full.
    """
    stream = sys.stderr if error else sys.stdout
    if stream is None:  # was closed before the program began
        return False
    return _written(stream, visible(text, keep="\n") + "\n")


def pass_on(data: bytes) -> None:
    """On standard output, to the last byte: it is what was asked for, and half of it is nothing. Raises OSError."""
    if sys.stdout is None:
        raise OSError(errno.EBADF, "it is closed")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError:
        _let_go_of(sys.stdout)
        raise


def _written(stream: TextIO, text: str) -> bool:
    try:
        stream.write(text.encode(stream.encoding or "utf-8", "backslashreplace").decode(stream.encoding or "utf-8"))
        stream.flush()
    except ValueError:  # was closed meanwhile
        return False
    except OSError:
        _let_go_of(stream)
        return False
    return True


def _let_go_of(stream: TextIO) -> None:
    """What waits in it would be tried again at the end of the program, and make that end a failure."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        stream.flush()
    except (OSError, ValueError):
        return
