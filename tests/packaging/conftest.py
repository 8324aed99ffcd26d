"""Roadshow as somebody gets it who has no checkout: a wheel, installed where nothing of the source is near."""

import fcntl
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
MOST_SECONDS = 300
"""For one step of building, on a machine that does something else as well."""


@dataclass(frozen=True)
class Built:
    wheel: Path
    source: Path


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The wheel is built from the unpacked source distribution, so that whatever that lacks is lacking here, too."""
    folder = tmp_path_factory.mktemp("dist")
    with (tmp_path_factory.getbasetemp().parent / "building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two processes of tests would write the same notes beside the source
        _run(sys.executable, "-m", "build", "--quiet", "--no-isolation", "--outdir", folder, ROOT)
    (wheel,) = folder.glob("*.whl")
    (source,) = folder.glob("*.tar.gz")
    return Built(wheel, source)


@pytest.fixture(scope="session")
def installed(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of a fresh environment that has the wheel and what the wheel says it needs, and nothing
    else of what is installed here for developers."""
    folder = tmp_path_factory.mktemp("installed") / "environment"
    _run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    _run(*pip, "install", "--quiet", "--no-index", "--no-deps", built.wheel)
    (packages,) = folder.glob("lib/python*/site-packages")
    (said,) = metadata.distributions(name="roadshow", path=[str(packages)])
    _link(packages, said)
    return folder / "bin"


def _link(packages: Path, asking: metadata.Distribution) -> None:
    """What a distribution requires, and what that requires, from the environment that runs the tests: a registry gives
    the same files, in minutes."""
    waiting, known = [(asking, "")], set[tuple[str, str]]()
    while waiting:
        distribution, extra = waiting.pop()
        for requirement in map(Requirement, distribution.requires or ()):
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
                continue
            needed = metadata.distribution(requirement.name)
            assert needed.version in requirement.specifier, f"{requirement}, and {needed.version} is here"
            for further in ("", *requirement.extras):
                if (needed.name, further) not in known:
                    known.add((needed.name, further))
                    waiting.append((needed, further))
            for top in {file.parts[0] for file in needed.files or ()} - {"..", "__pycache__"}:
                if not (packages / top).is_symlink():
                    (packages / top).symlink_to(Path(str(needed.locate_file(top))))


def _run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=MOST_SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
