"""No file and no folder grows over its reader's head."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MOST_LINES = 400
MOST_FILES = 22
CODE = {".py", ".js", ".css", ".lua", ".c"}
FOLDERS = ("roadshow", "web/static")
"""Of these each file is held; how many a folder may have, in roadshow/ (for web/static/js: test_web_modules)."""

FILES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in CODE)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_file_is_longer_than_can_be_held_in_the_head(folder: str) -> None:
    """What no longer fits has two things in it."""
    held = [path for path in FILES if path.is_relative_to(ROOT / folder)]
    assert len(held) > 50
    long = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in held}
    assert {name: lines for name, lines in long.items() if lines > MOST_LINES} == {}


def test_no_folder_is_a_drawer() -> None:
    """Whoever looks for a concept reads its folder's names in one glance."""
    folders: dict[Path, int] = {}
    for path in FILES:
        if path.is_relative_to(ROOT / "roadshow"):
            folders[path.parent] = folders.get(path.parent, 0) + 1
    assert {str(folder.relative_to(ROOT)): files for folder, files in folders.items() if files > MOST_FILES} == {}
