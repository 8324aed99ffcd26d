"""The stylesheets are of one piece: breakpoints have names, rules have users, pages have the sheets they need."""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from roadshow.pages.pages import PLAIN_PAGE
from roadshow.pages.sheets import combinations
from roadshow.pages.static import StaticFiles

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "web" / "static"
STYLES = STATIC / "css"
TEMPLATES = ROOT / "web" / "templates"
BUILT = {"stage-main", "stage-slides"}
"""Classes that a script puts together (``stage-${lane}``)."""
BADGES = {"bad", "done"}
"""Kinds of badges that desks/people.py names."""
PAGE = re.compile(r'render\(\s*request,\s*"([\w/]+\.html)",[^)]*?module=(?:"(\w+)"|None)')
LINKED = re.compile(r"\{\{ sheets\((.*?)\) \}\}", re.DOTALL)
MADE = re.compile(r'(?:\bmake\("[\w-]+", |className = )"([\w -]+)"')
"""How scripts give an element its classes."""
NAME = re.compile(r"[.#]([A-Za-z][\w-]*)|(?<![\w.#:-])([a-z]+-[a-z-]+)")
"""A class, an id, or one of our own elements."""
BREAKPOINT = re.compile(r"^ \*   (\w+) +(min|max)-(width|height) ([\d.]+)rem ", re.MULTILINE)
FEATURE = re.compile(r"\((min|max)-(width|height): ([\d.]+)rem\)")
NOT_NEEDED = {
    ("control/desk.html", "components/rulings"),
    ("public/project.html", "components/clock"),
    ("public/project.html", "components/places"),
    ("screen/hall.html", "components/stage-bar"),
}
"""The page's script could make it, for another page: the hall's stage is ``bare``, without controls."""
TOO_NEW = re.compile(r"@layer|@container|@import|color-mix\(|light-dark\(|&")


class Rule(NamedTuple):
    sheet: str
    media: str
    selector: str
    body: str


def read_rules(sheet: str, text: str, media: str = "") -> Iterator[Rule]:
    """One for each selector of a list. At-rules other than @media (fonts, motions, the printed page) have none."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    start = 0
    while found := re.compile(r"\s*([^{};]+)\{").match(text, start):
        depth, end = 1, found.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        prelude, body, start = " ".join(found[1].split()), text[found.end() : end - 1], end
        if prelude.startswith("@media"):
            yield from read_rules(sheet, body, prelude)
        elif not prelude.startswith("@"):
            for selector in re.split(r", (?![^(]*\))", prelude):
                yield Rule(sheet, media, selector, body)


SOURCES = {
    path.relative_to(STYLES).with_suffix("").as_posix(): path.read_text("utf-8") for path in STYLES.rglob("*.css")
}
RULES = [rule for sheet, text in sorted(SOURCES.items()) for rule in read_rules(sheet, text)]
PAGES = {
    template: f"js/{module}.js" if module else PLAIN_PAGE
    for path in sorted((ROOT / "roadshow").rglob("*.py"))
    for template, module in PAGE.findall(path.read_text("utf-8"))
}


@pytest.fixture(scope="module")
def static() -> StaticFiles:
    return StaticFiles(STATIC)


def template_text(name: str) -> str:
    """A template with all that it extends, includes and imports."""
    text = (TEMPLATES / name).read_text("utf-8")
    others = re.findall(r'\{% (?:extends|include|from) "([\w/.]+)"', text)
    return text + "".join(template_text(other) for other in others)


def linked(name: str) -> list[str]:
    """In the order of the page: base.html's, then its own."""
    return [
        sheet
        for template in ("base.html", name)
        for call in LINKED.findall((TEMPLATES / template).read_text("utf-8"))
        for sheet in re.findall(r'"([\w/-]+)"', call)
    ]


def script_text(script: str, static: StaticFiles) -> str:
    return "".join((STATIC / name).read_text("utf-8") for name in static.modules(script))


def words(text: str) -> set[str]:
    return set(re.findall(r"[\w-]+", text))


def names(selector: str) -> list[str]:
    """What a selector asks for, in its order; attributes aside."""
    return [one or other for one, other in NAME.findall(re.sub(r"\[[^]]*\]", "", selector))]


def owner(selector: str) -> str | None:
    """The name a rule is looked up by: its first."""
    return next(iter(names(selector)), None)


def classes(name: str, static: StaticFiles) -> set[str]:
    """Classes and own elements that a page is sure to write, or its scripts."""
    text = template_text(name)
    given = re.findall(r'class="([^"]*)"', text) + MADE.findall(script_text(PAGES[name], static))
    return words(" ".join(given)) | set(re.findall(r"<([a-z]+-[a-z-]+)", text))


def written(templates: str, scripts: str) -> set[str]:
    """Every name that may come to stand in a page, kinds of badges from Python among them; never a word of a text."""
    given = re.findall(r'(?:class|id)="([^"]*)"', templates) + re.findall(r"body_class %\}([\w -]+)", templates)
    given += re.findall(r"<([a-z]+-[a-z-]+)", templates)
    given += re.findall(r'(?<!\bt\()"([\w -]+)"', scripts) + re.findall(r"`([\w -]+)\$\{", scripts)
    return words(" ".join(given)) | BUILT | BADGES


def test_media_queries_keep_to_the_named_breakpoints() -> None:
    """tokens.css lists them; the other side of each is a hundredth away. A query's name stands behind it."""
    listed = BREAKPOINT.findall(SOURCES["tokens"])
    assert [name for name, *_ in listed] == ["phone", "tablet", "laptop", "hall", "low", "short", "tall"]
    named = {(end, side, float(value)) for _, end, side, value in listed}
    other = {"min": ("max", -0.01), "max": ("min", 0.01)}
    named |= {(other[end][0], side, round(value + other[end][1], 2)) for end, side, value in named}
    sayable = {"below", "not", "or", *(name for name, *_ in listed)}
    for sheet, text in SOURCES.items():
        for query, said in re.findall(r"@media ([^{]*\b(?:width|height)\b[^{]*)\{(?: /\* ([a-z, ]+) \*/)?", text):
            asked = {(end, side, float(value)) for end, side, value in FEATURE.findall(query)}
            assert len(asked) == query.count("("), (sheet, query)
            assert asked <= named, (sheet, query)
            assert words(said or "nothing") <= sayable, (sheet, query)


def test_no_rule_is_without_a_user() -> None:
    """A class nobody writes any more takes its rules along."""
    pages = "".join(path.read_text("utf-8") for path in TEMPLATES.rglob("*.html"))
    scripts = "".join(path.read_text("utf-8") for path in (STATIC / "js").rglob("*.js"))
    known = written(pages, scripts)
    assert {(rule.sheet, name) for rule in RULES for name in names(rule.selector) if name not in known} == set()


def test_custom_properties_and_motions_have_a_maker_and_a_user() -> None:
    styles = "\n".join(SOURCES.values())
    scripts = "\n".join(path.read_text("utf-8") for path in (STATIC / "js").rglob("*.js"))
    made = set(re.findall(r"(--[\w-]+)\s*:", styles)) | set(re.findall(r'"(--[\w-]+)"', scripts))
    optional = {"--gap"}  # for who wants to differ
    assert set(re.findall(r"var\((--[\w-]+)", styles)) ^ made <= optional
    motions = set(re.findall(r"@keyframes ([\w-]+)", styles))
    assert {motion for motion in motions if not re.search(rf"animation(?:-name)?: [^;]*\b{motion}\b", styles)} == set()


def test_nothing_is_styled_in_two_sheets() -> None:
    """Under the same conditions; what a page changes about a component, it says with a selector of its own."""
    where = defaultdict(set)
    for rule in RULES:
        if rule.sheet != "tokens":
            where[rule.media, rule.selector].add(rule.sheet)
    assert {key: sheets for key, sheets in where.items() if len(sheets) > 1} == {}


CAN_BE_DEAD = re.compile(r"\.button\b|\.stage-tool|\.rundown-tool|\.choices|\.scale|#(?:abstain|recuse)")
"""What a script or a page can take the power from."""
SIGNS_OF_LIFE = re.compile(r"(?<![\w-])(?:background|color|border-color|filter|box-shadow):")


def test_what_does_nothing_now_does_not_light_up() -> None:
    """A dead button that answers the pointer looks alive, and its words stood on the live one's ground at 2.44 to 1."""
    alive = [rule for rule in RULES if re.search(r":hover|:active", rule.selector) and SIGNS_OF_LIFE.search(rule.body)]
    spared = re.compile(r"disabled")
    lit = [f"{rule.sheet}: {rule.selector}" for rule in alive if CAN_BE_DEAD.search(rule.selector)]
    assert lit, "the test has lost what it looks at"
    assert [one for one in lit if not spared.search(one)] == []


def test_what_is_dead_is_so_whatever_else_it_is() -> None:
    """Of rules of one weight the later one counts: the dead look comes after every kind of button."""
    order = [rule.selector for rule in RULES if rule.sheet == "components/button"]
    kinds = [f".button.{kind}" for kind in ("primary", "brass", "live", "danger", "quiet")]
    for dead in (".button:disabled", '.button[aria-disabled="true"]'):
        assert all(order.index(kind) < order.index(dead) for kind in [*kinds, ".button:active"])


def test_phones_of_2021_understand_every_sheet() -> None:
    assert {(rule.sheet, rule.selector) for rule in RULES if "{" in rule.body} == set()
    assert {
        sheet for sheet, text in SOURCES.items() if TOO_NEW.search(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))
    } == set()


def test_sheets_lead_to_files_that_are_there(static: StaticFiles) -> None:
    for sheet, text in SOURCES.items():
        for target in re.findall(r'url\("([^"]+)"\)', text):
            assert (STYLES / sheet).parent.joinpath(target).resolve().is_relative_to(STATIC)
            static.url((STYLES / sheet).parent.joinpath(target).resolve().relative_to(STATIC).as_posix())


@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_page_links_its_sheets_in_the_order_of_the_cascade(page: str, static: StaticFiles) -> None:
    sheets = linked(page)
    assert [static.url(f"css/{sheet}.css") for sheet in dict.fromkeys(sheets)] == [
        static.url(f"css/{sheet}.css") for sheet in sheets
    ]
    steps = [("components/", "pages/").index(sheet.split("/")[0] + "/") if "/" in sheet else -1 for sheet in sheets]
    assert steps == sorted(steps)


@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_page_links_every_sheet_of_what_it_shows(page: str, static: StaticFiles) -> None:
    sheets = defaultdict(set)
    for rule in RULES:
        sheets[owner(rule.selector)].add(rule.sheet)
    have = set(linked(page)) | {sheet for where, sheet in NOT_NEEDED if where == page}
    shown = classes(page, static)
    assert {name: sheets[name] for name in shown if sheets[name] and not sheets[name] & have} == {}


@pytest.mark.parametrize("page", sorted(PAGES))
def test_a_page_links_no_sheet_for_nothing(page: str, static: StaticFiles) -> None:
    known = written(template_text(page), script_text(PAGES[page], static))
    asked = {sheet: [names(rule.selector) for rule in RULES if rule.sheet == sheet] for sheet in linked(page)}
    assert [sheet for sheet, rules in asked.items() if not any(known.issuperset(found) for found in rules)] == []


def test_every_sheet_is_linked_by_some_page() -> None:
    assert set(SOURCES) == {sheet for page in PAGES for sheet in linked(page)}


def test_what_a_page_shows_is_read_from_templates_and_scripts(static: StaticFiles) -> None:
    """The tests above are worth something only while this holds."""
    assert {"skip-link", "show-clock", "watch-rundown", "pedestal"} <= classes("watch/watch.html", static)
    assert len(PAGES) == 32


def test_a_page_has_one_sheet_joined_of_those_it_names(static: StaticFiles) -> None:
    """A crowd that comes at once pays for each file; and what a stranger asks for is never joined."""
    known = set(combinations(TEMPLATES))
    assert {tuple(linked(page)) for page in PAGES} <= known
    judge = tuple(linked("judge/desk.html"))
    assert judge in known
    assert tuple(sheet for sheet in judge if sheet != "components/review") not in known
    address = static.join_sheets(("tokens", "components/badge"))
    assert address == static.join_sheets(("tokens", "components/badge"))
    assert address != static.join_sheets(("components/badge", "tokens"))
    name = address.partition(f"{static.fingerprint}/")[2]
    sent = static.send(static.fingerprint, name, None, None)
    assert sent is not None
    parts = [
        static.send(static.fingerprint, f"css/{sheet}.css", None, None) for sheet in ("tokens", "components/badge")
    ]
    assert sent.body == b"\n".join(part.body for part in parts if part is not None)


def test_what_a_sheet_of_a_folder_refers_to_is_found_from_the_joined_one(tmp_path: Path) -> None:
    """A relative address is relative to the sheet, and joined ones are elsewhere."""
    sheet = tmp_path / "css" / "components" / "one.css"
    sheet.parent.mkdir(parents=True)
    sheet.write_text('a { src: url("../../fonts/a.woff2"); b: url("data:,x") }')
    static = StaticFiles(tmp_path)
    name = static.join_sheets(("components/one",)).partition(f"{static.fingerprint}/")[2]
    sent = static.send(static.fingerprint, name, None, None)
    assert sent is not None
    assert sent.body == b'a { src: url("../fonts/a.woff2"); b: url("data:,x") }'
