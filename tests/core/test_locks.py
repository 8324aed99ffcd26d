"""The locked packages: what the image and a checkout run, by version and by hash. `make lock` writes them."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = {"run": PROJECT["project"]["dependencies"], "build": PROJECT["build-system"]["requires"]}
ENTRY = re.compile(
    r"(?P<name>[\w.-]+)==(?P<version>[\w.!+]+)(?: ; [^\\]+)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n"
)
OUTDATED = "make lock has to be run again"


def _text(name: str) -> str:
    return (ROOT / "locks" / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_there_in_one_version_with_its_hashes(name: str) -> None:
    """One without would let whoever holds the registry, or the way to it, choose what runs. And no registry is named:
    which one is asked is for whoever installs to say."""
    rest = ENTRY.sub("", _text(name))
    assert [line for line in rest.splitlines() if not line.startswith("#")] == []
    assert not re.search(r"https?:|--index|--find", _text(name))


@pytest.mark.parametrize("name", LOCKS)
def test_what_is_locked_is_what_is_asked_for(name: str) -> None:
    """A dependency that was added, or whose range has moved on, would be missing from the image."""
    locked: dict[str, list[str]] = {}
    for entry in ENTRY.finditer(_text(name)):
        locked.setdefault(canonicalize_name(entry["name"]), []).append(entry["version"])
    for asked in map(Requirement, LOCKS[name]):
        versions = locked.get(canonicalize_name(asked.name), [])
        assert versions, f"{asked} is not locked: {OUTDATED}"
        assert all(asked.specifier.contains(version) for version in versions), f"{asked}: {OUTDATED}"


def test_the_image_installs_nothing_else() -> None:
    """Neither a dependency by its range, nor a build's helpers without a hash."""
    commands = re.findall(r"bin/pip (?:install|wheel) [^&\n\\]+", (ROOT / "Dockerfile").read_text())
    assert commands
    assert [
        command
        for command in commands
        if not ("--require-hashes" in command or "--no-deps" in command)
        or ("pip wheel" in command and "--no-build-isolation" not in command)
    ] == []
