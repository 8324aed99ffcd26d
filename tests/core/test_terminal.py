"""What is said reaches a terminal as text, and the loss of one ends nothing."""

import io
import os
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.terminal import escaped, pass_on, say, visible


@given(st.text(st.characters(), max_size=50))
def test_no_text_moves_a_terminal_or_ends_a_line(text: str) -> None:
    """Names and paths come from strangers; an escape sequence rewrites what an operator reads, or more."""
    shown = visible(text)
    assert not {unicodedata.category(one) for one in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert len(shown.splitlines()) <= 1


@pytest.mark.parametrize("text", ["Финал — 2026", "决赛", "¿Año?", "90\u00a0%", "👍"])
def test_what_people_write_stays(text: str) -> None:
    """Names of every country, with their blanks."""
    assert visible(text) == text


def test_escapes_are_those_of_json() -> None:
    """So that a line for programs is still read as what was sent."""
    assert [escaped(one) for one in "\x1b\x9b\u202e\ud800\U000e0001"] == [
        "\\u001b",
        "\\u009b",
        "\\u202e",
        "\\ud800",
        "\\udb40\\udc01",
    ]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8", "cp1251"])
def test_a_terminal_that_lacks_the_letters_gets_their_numbers(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With LANG=C the title of a competition ended the server."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding, errors="strict"))
    assert say("决赛 on http://localhost:8000")
    said = raw.getvalue().decode(encoding)
    assert said in ("决赛 on http://localhost:8000\n", "\\u51b3\\u8d5b on http://localhost:8000\n")


def test_lines_stay_lines_and_nothing_else_passes(capsys: pytest.CaptureFixture[str]) -> None:
    """A record may be anybody's, and its names are shown."""
    say("one\ntwo \x1b[31m\rthree")
    assert capsys.readouterr().out == "one\ntwo \\u001b[31m\\u000dthree\n"


@pytest.mark.parametrize("error", [False, True])
def test_a_reader_who_left_ends_nothing(error: bool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """``roadshow serve | head -1`` is still a server; nor does what nobody read make its end a failure."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stderr" if error else "stdout", stream)
        assert not say("anything", error=error)
        stream.flush()


@pytest.mark.parametrize("closed", ["before", "meanwhile"])
def test_nor_does_a_closed_terminal(closed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program may be started without one, and outlive it."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    stream.close()
    monkeypatch.setattr(sys, "stdout", None if closed == "before" else stream)
    assert not say("anything")


def test_half_a_record_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked for and cannot be given must not look given."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        with pytest.raises(BrokenPipeError):
            pass_on(b"{}")
        stream.flush()
