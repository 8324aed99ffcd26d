"""The store's library comes in parts; together they are the one that the version before had in one file."""

import re
from importlib.resources import files
from pathlib import Path

import pytest

from roadshow.store.functions import library_name, read_library
from roadshow.voting.redis_store import PARTS

ROOT = Path(__file__).parents[3]


def test_no_part_of_the_library_is_left_behind() -> None:
    """A file that nobody names would never reach the store, and its functions would be missing at the first call."""
    folder = files("roadshow.voting").joinpath("functions")
    assert sorted(PARTS) == sorted(file.name.removesuffix(".lua") for file in folder.iterdir())


def test_the_library_and_its_functions_keep_their_names() -> None:
    """A store keeps libraries with its data, and takes another library's function of the same name for a clash."""
    source = read_library("roadshow.voting", *PARTS)
    assert library_name(source) == "roadshow_voting"
    assert re.findall(r'^(?:writes|reads)\("roadshow_voting_(\w+)"', source, re.MULTILINE) == [
        "prepare",
        "paper",
        "carry",
        "calibrate",
        "tell_calibration",
        "calibration",
        "open_window",
        "close_window",
        "revote",
        "cast",
        "act",
        "question",
        "deliberate",
        "confirm",
        "announce",
        "after",
        "comment",
        "decide_comment",
        "comments",
        "keep_seals",
        "seals",
        "words",
        "read",
        "ledger",
    ]


def test_the_first_part_names_the_library() -> None:
    """Elsewhere that line is no Lua: in another order, the store would refuse all of it."""
    with pytest.raises(ValueError, match="starts with"):
        read_library("roadshow.voting", *PARTS[::-1])


def test_no_library_registers_a_function_without_the_fence() -> None:
    """One that writes by itself would write for a server that was overtaken."""
    here = ROOT / "roadshow"
    direct = {str(path.relative_to(here)) for path in here.rglob("*.lua") if "register_function" in path.read_text()}
    assert direct == {"store/prelude.lua"}
