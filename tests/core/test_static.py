"""A page's modules: which files it loads, that folders do not hide any of them, and what of them is sent."""

import gzip
import re
from pathlib import Path

import pytest

from roadshow import installation
from roadshow.pages.static import StaticFiles, without_comments

WEB = installation.web()
SPECIFIER = re.compile(r"""\b(?:from|import)\b[\s(]*["'`]([^"'`\n]+)["'`]""")
"""More than StaticFiles looks for: whatever names a module, in any quotes."""
MODULES = sorted((WEB / "static" / "js").rglob("*.js"))
AUDIENCE_LIMIT = 36_100
"""Bytes of the watch page's modules, compressed, before they went into folders. They may only become fewer."""
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def files(folder: Path, modules: dict[str, str]) -> StaticFiles:
    for name, source in modules.items():
        path = folder / "js" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source, encoding="utf-8")
    return StaticFiles(folder)


@pytest.fixture(scope="module")
def static() -> StaticFiles:
    """As they are served: read and taken apart once."""
    return StaticFiles(WEB / "static")


def test_a_module_of_another_folder_belongs_to_the_page(tmp_path: Path) -> None:
    """What is not known to belong is neither preloaded nor translated, and nobody would be told."""
    static = files(
        tmp_path,
        {
            "watch.js": 'import { stage } from "./media/stage.js";\n',
            "media/stage.js": 'import { t } from "../lib/i18n.js";\nimport "./menu.js";\n',
            "media/menu.js": 'export { keep } from "../lib/../lib/kept.js";\n',
            "control/menu.js": "export {};\n",
            "lib/i18n.js": 'import {\n  page,\n} from "./page.js";\n',
            "lib/page.js": 'export const later = () => import("../media/later.js");\n',
            "lib/kept.js": "export const keep = 1;\n",
            "media/later.js": '// import "./never.js";\n',
            "media/never.js": "export {};\n",
        },
    )
    assert sorted(static.modules("js/watch.js")) == [
        "js/lib/i18n.js",
        "js/lib/kept.js",
        "js/lib/page.js",
        "js/media/later.js",
        "js/media/menu.js",
        "js/media/stage.js",
        "js/watch.js",
    ]


def test_a_path_that_leaves_the_folder_leads_nowhere(tmp_path: Path) -> None:
    """Only what is served can be part of a page."""
    (tmp_path / "secret.js").write_text("export {};\n")
    static = files(tmp_path / "static", {"watch.js": 'import "../../secret.js";\nimport "../../../../etc/x.js";\n'})
    assert static.modules("js/watch.js") == ("js/watch.js",)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_import_is_seen_by_whoever_preloads_and_translates(static: StaticFiles, path: Path) -> None:
    """An import written in another way than StaticFiles reads would lose its texts in silence."""
    modules = static.modules(path.relative_to(WEB / "static").as_posix())
    named = SPECIFIER.findall(COMMENT.sub("", path.read_text(encoding="utf-8")))
    wanted = {(path.parent / name).resolve().relative_to(WEB / "static").as_posix() for name in named}
    assert wanted <= set(modules)


def test_what_is_asked_for_later_is_not_loaded_with_the_page(static: StaticFiles) -> None:
    """Whoever never unfolds it never waits for it; its words and its style are there all the same."""
    later = set(static.modules("js/watch.js")) - set(static.at_once("js/watch.js"))
    assert "js/live/heads.js" in later
    assert static.imports("js/watch.js", later=False) == [
        name for name in static.imports("js/watch.js") if name not in later
    ]


def test_comments_stay_here_and_lines_keep_their_numbers() -> None:
    """A phone does not load what it never reads; an error's place is still that in the source."""
    source = """// Why.
/**
 * @param {string} one
 */
export function f(one) {
  /** @type {string} */ let kept = one; // the end of a line stays
  const address = "https://example.org/*"; /* and so does this */
  return kept + address;
}
"""
    sent = without_comments(source).splitlines()
    assert sent[:4] == [""] * 4
    assert sent[4:] == [
        "export function f(one) {",
        " let kept = one; // the end of a line stays",
        '  const address = "https://example.org/*"; /* and so does this */',
        "  return kept + address;",
        "}",
    ]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_no_text_looks_like_a_comment(path: Path) -> None:
    """What begins a line like a comment is left out, also in the middle of a template literal."""
    before = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith(("//", "/*")):
            code = without_comments(before)
            assert code.count("`") % 2 == 0, line
        before += line + "\n"


def test_the_audience_page_stays_light(static: StaticFiles) -> None:
    """Most of the audience comes by phone, many by a slow network."""
    sources = [(WEB / "static" / name).read_text(encoding="utf-8") for name in static.at_once("js/watch.js")]
    assert sum(len(gzip.compress(without_comments(one).encode(), 9, mtime=0)) for one in sources) <= AUDIENCE_LIMIT
