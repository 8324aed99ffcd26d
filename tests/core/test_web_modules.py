"""The folders of web/static/js: which way imports go, and that none grows over its reader's head."""

import re
from pathlib import Path

import pytest

from roadshow import installation
from roadshow.pages.static import StaticFiles, without_comments

STATIC = installation.web() / "static"
FILES = StaticFiles(STATIC)
TEMPLATES = installation.web() / "templates"
MODULES = sorted(path.relative_to(STATIC / "js").as_posix() for path in (STATIC / "js").rglob("*.js"))
ENTRIES = (
    "audit",
    "calibration",
    "comments",
    "control",
    "invitation",
    "judge",
    "objection",
    "paper",
    "people",
    "pitch",
    "plain",
    "practice",
    "print",
    "programme",
    "public",
    "receipts",
    "results",
    "screen",
    "signins",
    "watch",
)
BELOW: dict[str, tuple[str, ...]] = {
    "lib": (),
    "live": ("lib",),
    "connection": ("lib", "live"),
    "line": ("lib", "live", "connection"),
    "media": ("lib", "live", "connection"),
    "ceremony": ("lib", "live"),
    "pitch": ("lib", "live", "connection", "media"),
    "practice": ("lib", "live", "connection", "media", "pitch"),
    "audit": ("lib", "live"),
    "receipts": ("lib", "live"),
    "notes": ("lib",),
    "calls": ("lib", "live"),
    "questions": ("lib", "live"),
    "office": ("lib", "live"),
    "keys": ("lib", "live"),
    "ordering": ("lib",),
    "jury": ("lib", "live", "ceremony", "keys", "questions", "office", "ordering"),
    "control": ("lib", "live", "ceremony", "questions", "office", "jury", "keys", "line", "calls"),
}
"""What a folder may import beside its own modules. Entry modules import from all."""
MOST_FILES = 22
MOST_LINES = 400
TYPES = "live/protocol.js"
"""Loaded by no page: it holds types alone."""
LOOKED_FOR = re.compile(r"""(?:querySelector(?:All)?|must|closest|matches)\(\s*(["`])(.+?)\1""")
COMPUTED = re.compile(r"[\w-]*\$\{.*?\}")
CLASS_OR_ID = re.compile(r"[.#]([A-Za-z][\w-]*)")


def imports(module: str) -> list[str]:
    """What a module imports itself."""
    return [name.removeprefix("js/") for name in FILES.imports(f"js/{module}")]


def folder(module: str) -> str:
    return Path(module).parent.as_posix()


def test_only_the_pages_own_modules_stand_at_the_top() -> None:
    """Whoever opens the folder sees the pages, and goes on from there."""
    assert [name for name in MODULES if folder(name) == "."] == [f"{entry}.js" for entry in ENTRIES]
    assert {folder(name) for name in MODULES} == {".", *BELOW}


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_one_way(module: str) -> None:
    """A part that knows its desk can be used on no other."""
    if folder(module) == ".":
        assert all(folder(name) != "." for name in imports(module))
    else:
        assert {folder(name) for name in imports(module)} <= {folder(module), *BELOW[folder(module)]}


@pytest.mark.parametrize("module", MODULES)
def test_no_module_leads_back_to_itself(module: str) -> None:
    """Two modules that need each other are one."""
    for name in imports(module):
        assert f"js/{module}" not in FILES.modules(f"js/{name}")


def test_every_module_belongs_to_a_page() -> None:
    """What no page loads is dead, and would be translated and tested for nothing."""
    loaded = {name.removeprefix("js/") for entry in ENTRIES for name in FILES.modules(f"js/{entry}.js")}
    assert set(MODULES) - loaded == {TYPES}


def test_folders_and_files_can_be_overlooked() -> None:
    """At one sitting, by somebody who sees them for the first time."""
    for place in BELOW:
        assert sum(folder(name) == place for name in MODULES) <= MOST_FILES, place
    for name in MODULES:
        assert len((STATIC / "js" / name).read_text(encoding="utf-8").splitlines()) <= MOST_LINES, name


def test_a_script_looks_for_nothing_that_is_not_there() -> None:
    """A class that is gone from its template leaves a list empty or a button dead, and nobody is told."""
    scripts = {name: (STATIC / "js" / name).read_text(encoding="utf-8") for name in MODULES}
    templates = (path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html"))
    made = "\n".join([*templates, *(LOOKED_FOR.sub("", text) for text in scripts.values())])
    there = set(re.findall(r"[\w-]+", made))
    sought = {
        (module, name)
        for module, text in scripts.items()
        for _quote, selector in LOOKED_FOR.findall(text)
        for name in CLASS_OR_ID.findall(COMPUTED.sub("", selector))
    }
    assert len(sought) > 100
    assert {(module, name) for module, name in sought if name not in there} == set()


def test_one_module_asks_for_words_dates_and_numbers() -> None:
    """A browser's Intl may throw (an unknown zone, an old engine): i18n.js has a plain form for each label, and a page
    that asked by itself would die of one."""
    asks = re.compile(r"\bIntl\b|\btoLocale\w*\(|\blocaleCompare\(|getTimezoneOffset")
    asking = {name for name in MODULES if asks.search(read_code(name))}
    assert asking == {"lib/i18n.js"}


def read_code(module: str) -> str:
    """Without what is for readers: types in comments name ``Intl``, too."""
    return without_comments((STATIC / "js" / module).read_text(encoding="utf-8"))


DIALOG_FORMS = ("lib/ask.js", "lib/form.js")
"""Questions in a ``<dialog>``: their forms are its ways to close, and send nothing."""


def test_no_form_works_by_accident() -> None:
    """A form whose script has not come sends itself: a judge's scores stood in the address bar and in proxies' logs."""
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        forms = re.findall(r"<form\b[^>]*>.*?</form>", text, re.DOTALL)
        assert all('method="post"' in form for form in forms), path.name
        for form in forms:
            text = text.replace(form, "")
        for button in re.findall(r"<button\b[^>]*>", text):
            assert 'type="button"' in button, (path.name, button)
    for name in MODULES:
        code = read_code(name)
        made = len(re.findall(r"""(?:make|createElement)\(\s*["'`]form["'`]|<form""", code))
        assert made == (name in DIALOG_FORMS), name
        assert made == code.count('.method = "dialog"'), name


def test_every_page_says_when_its_script_has_run() -> None:
    """Until then it tells that the script is missing; the last thing a module does must take that away."""
    for entry in ENTRIES:
        assert read_code(f"{entry}.js").rstrip().endswith("\nready();"), entry
    for desk in ("control/desk", "judge/desk", "pitch/pitch", "practice/practice"):
        assert "{% block inert %} inert{% endblock %}" in (TEMPLATES / f"{desk}.html").read_text(encoding="utf-8")
