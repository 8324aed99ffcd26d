"""The wheel holds all of Roadshow, and serves the demo where there is neither make nor a compiler."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import httpx
import pytest

from tests.demo_server import DemoServer
from tests.packaging.conftest import ROOT, Built

NOTHING = {"PATH": ""}
"""No program of this machine can be found by its name."""


def _source(folder: str) -> set[str]:
    """What was written by people."""
    files = (file for file in (ROOT / folder).rglob("*") if file.is_file())
    return {
        file.relative_to(ROOT).as_posix() for file in files if "__pycache__" not in file.parts and file.suffix != ".so"
    }


def test_the_wheel_has_every_file_of_the_package_and_of_the_web(built: Built) -> None:
    """A template that was forgotten would be noticed in front of an audience."""
    with zipfile.ZipFile(built.wheel) as wheel:
        there = set(wheel.namelist())
    wanted = _source("roadshow") | {f"roadshow/_{name}" for name in _source("web")}
    assert wanted <= there
    inside = {name for name in there if name.startswith("roadshow/")}
    assert inside - wanted == {"roadshow/rooms/relay/egress/native/_fan.abi3.so"}
    assert {name.partition("/")[0].partition("-")[0] for name in there} == {"roadshow"}


def test_one_wheel_is_for_this_python_and_all_later_ones(built: Built) -> None:
    """A wheel for each Python would be a compilation for each Python."""
    assert re.fullmatch(r"roadshow-[\d.]+-cp311-abi3-linux_\w+\.whl", built.wheel.name)


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is one, not the repository")
def test_the_source_distribution_is_the_repository(built: Built) -> None:
    """Whoever packages Roadshow wants to run its tests."""
    with tarfile.open(built.source) as source:
        there = {name.partition("/")[2] for name in source.getnames()}
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {name for name in listed.split("\0") if name and (ROOT / name).exists()} <= there
    assert not [name for name in there if name.endswith((".so", ".pyc"))]


def test_the_demo_is_served_from_the_wheel_alone(installed: Path, tmp_path: Path) -> None:
    """``pipx run`` and ``uv tool run`` bring Python and this wheel, and nothing that compiles or builds."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    server = DemoServer(tmp_path, program=(str(installed / "roadshow"),), environment=NOTHING, cwd=elsewhere)
    with server, httpx.Client(base_url=server.base) as browser:
        home = browser.get("/")
        assert home.status_code == 200
        (style,) = set(re.findall(r'rel="stylesheet" href="(/static/[^"]+)"', home.text))
        assert browser.get(style).headers["content-type"].startswith("text/css")
        chinese = browser.get("/results?lang=zh")
        assert chinese.headers["content-language"] == "zh-CN"
        assert "结果" in chinese.text
        assert "by the native fan-out" in server.log_file.read_text()
        assert server.stop() == 0
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize(("wanted", "succeeds"), [("", True), ("required", False)])
def test_where_nothing_can_be_compiled_it_installs_all_the_same_unless_that_was_asked_for(
    tmp_path: Path, wanted: str, succeeds: bool
) -> None:
    """Python forwards media as well, to fewer viewers; but who builds a wheel for others must not lose it unnoticed."""
    command = [sys.executable, "setup.py", "build_ext", "--build-lib", str(tmp_path)]
    environment = os.environ | {"CC": "false", "RELAY_NATIVE_BUILD": wanted}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is succeeds, done.stderr
    assert "no native fan-out: false failed" in done.stderr
    assert not list(tmp_path.rglob("*.so"))
