"""``roadshow bench lines`` as it is asked for: which cases, what is missing, what breaks."""

import argparse
import os
from pathlib import Path

import pytest

from roadshow.bench.lines import command, devtools, network
from roadshow.bench.lines.cases import CASES, Case
from roadshow.bench.lines.command import add_options
from roadshow.bench.lines.finding import Finding
from roadshow.bench.lines.network import Network
from roadshow.bench.lines.scene import Scene
from roadshow.cli import EXIT_SETUP, main
from roadshow.errors import SetupError


def test_cases_are_named_by_number(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_options(parser)
    assert [case.number for case in parser.parse_args(["--cases", "7-9,1"]).cases] == [1, 7, 8, 9]
    assert parser.parse_args([]).cases == CASES
    for wrong, said in (("99", "there is no case 99"), ("one", "give numbers")):
        with pytest.raises(SystemExit):
            parser.parse_args(["--cases", wrong])
        assert said in capsys.readouterr().err


def test_there_are_nineteen_cases_in_order() -> None:
    """Others speak of them by their numbers."""
    assert [case.number for case in CASES] == list(range(1, 20))


def test_without_tun_or_root_it_is_said_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where they are missing is where somebody tries it for the first time: a container, a laptop."""
    monkeypatch.setattr(network, "TUN", tmp_path / "tun")
    with pytest.raises(SetupError, match="NET_ADMIN"), Network("a"):
        pass
    (tmp_path / "tun").touch()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(SetupError, match="sudo"), Network("a"):
        pass


def test_a_browser_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(SystemExit) as ended:
        main(["bench", "lines", "--cases", "1"])
    assert ended.value.code == EXIT_SETUP
    assert "/nowhere/chromium" in capsys.readouterr().err


async def test_a_case_that_breaks_is_not_good_and_says_why() -> None:
    """One page that crashes must not cost the eighteen other cases."""

    async def breaks(scene: Scene) -> Finding:
        raise devtools.PageError("TypeError: peer is undefined\n    at lines.publish")

    found = await command.tried(Case(1, "", "", breaks), Scene())
    assert found == Finding("broke: TypeError: peer is undefined", good=False)
