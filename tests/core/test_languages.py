"""Choosing a language, and saying things in it."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from hypothesis import given
from hypothesis import strategies as st

from roadshow.languages import Catalogue, catalogue, closed_up, message_for, negotiate
from roadshow.messages import MESSAGES, UNKNOWN, house, media, paper, people, shows, votes
from roadshow.moments import Duration, Instant
from roadshow.texts import LANGUAGES

ROOT = Path(__file__).resolve().parents[2]
NOON = Instant(1_606_622_400_000)
"""29 November 2020, 12:00 in Shanghai, 07:00 in Moscow."""


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "chosen"),
    [
        ("zh", "ru", "en", "zh"),
        (None, "ru", "zh-CN", "ru"),
        ("xx", None, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        (None, None, "de, ru;q=0.7, en;q=0.9", "en"),
        (None, None, "en;q=0.2, ru-RU;q=0.8", "ru"),
        (None, None, "zh;q=0, ru;q=0.1", "ru"),
        (None, None, "zh;q=0", "en"),
        (None, None, "de", "en"),
        (None, None, None, "en"),
    ],
)
def test_the_address_wins_over_the_cookie_and_the_cookie_over_the_browser(
    query: str | None, cookie: str | None, accept: str | None, chosen: str
) -> None:
    """A choice somebody made must not be undone by what their browser says."""
    assert negotiate(query, cookie, accept) == chosen


@given(st.text(max_size=700), st.text(max_size=20), st.text(max_size=20))
def test_any_header_leads_to_a_language_we_have(accept: str, query: str, cookie: str) -> None:
    """Headers are hostile input: none may crash a page."""
    assert negotiate(query, cookie, accept) in LANGUAGES


def is_made(called: ast.expr) -> bool:
    """Whether an object is made by the call: ``Conflict(…)``, ``super().__init__(…)``."""
    if isinstance(called, ast.Name):
        return called.id[0].isupper()
    return isinstance(called, ast.Attribute) and called.attr == "__init__"


def is_code(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[a-z_-]+\.[a-z_-]+", value) is not None


def test_every_error_code_in_the_program_has_a_message() -> None:
    """A code without a message reaches people as "that did not work", which helps nobody."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "roadshow").rglob("*.py")]
    calls = [node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    codes = {
        call.args[0].value
        for call in calls
        if is_made(call.func) and call.args and isinstance(call.args[0], ast.Constant) and is_code(call.args[0].value)
    }
    assert len(codes) > 30
    assert codes - MESSAGES.keys() == set()


def test_each_code_is_in_one_table() -> None:
    """Of two texts for one code, readers would see the one that nobody is looking at."""
    assert len(MESSAGES) == sum(len(table.MESSAGES) for table in (house, media, paper, people, shows, votes))


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_error_names_its_details(language: str) -> None:
    """ "Between 0 and 10" helps a judge; a bare placeholder does not."""
    text = message_for("ballot.out_of_range", {"maximum": 10, "criterion": "team"}, language)
    assert "10" in text
    assert "%(" not in text


def test_missing_details_and_unknown_codes_still_give_a_sentence() -> None:
    """An answer to a mistake must not be another mistake."""
    assert "%(" not in message_for("ballot.out_of_range", {}, "en")
    assert message_for("no.such.code", {}, "ru") == catalogue("ru").gettext(UNKNOWN)
    assert message_for("no.such.code", {}, "xx") == UNKNOWN


def test_russian_counts_in_three_forms() -> None:
    """One form too few, and a Russian page reads like a machine."""
    said = [catalogue("ru").duration(Duration.minutes(minutes)) for minutes in (1, 2, 5, 11, 21)]
    assert said == ["1 минута", "2 минуты", "5 минут", "11 минут", "21 минута"]


@pytest.mark.parametrize(
    ("language", "span", "said"),
    [
        ("en", Duration.seconds(6120), "1 hour 42 minutes"),
        ("zh", Duration.minutes(8), "8 分钟"),
        ("en", Duration.seconds(0), "0 seconds"),
    ],
)
def test_a_span_is_told_in_at_most_two_units(language: str, span: Duration, said: str) -> None:
    """The programme says how long a pitch is; Chinese units are missing from the formatting library."""
    assert catalogue(language).duration(span) == said


def test_one_moment_reads_differently_in_two_time_zones() -> None:
    """The event is in Beijing and half of its people in Moscow."""
    texts = catalogue("en")
    assert texts.time(NOON, "Asia/Shanghai") == "12:00"
    assert texts.time(NOON, "Europe/Moscow") == "07:00"
    assert texts.offset(NOON, "Asia/Shanghai") == "UTC+8"
    assert texts.offset(NOON, "America/St_Johns") == "UTC−3:30"
    assert [catalogue(language).zone("Asia/Shanghai") for language in LANGUAGES] == ["Shanghai", "上海", "Шанхай"]


def test_what_is_less_than_nothing_has_a_minus_sign() -> None:
    """A hyphen is half as wide as a plus, and a line may break behind it."""
    scores = [catalogue(language).score("-3.42") for language in LANGUAGES]
    assert scores == ["−3.42", "−3.42", "−3,42"]
    assert {catalogue(language).number(-7) for language in LANGUAGES} == {"−7"}


def test_names_in_a_row_are_parted_as_the_language_does_it() -> None:
    """A Western comma between Chinese names is a foreign sign, with a hole behind it."""
    rows = [catalogue(language).listed(["A", "B", "C"]) for language in LANGUAGES]
    assert rows == ["A, B, C", "A、B、C", "A, B, C"]
    assert [catalogue(language).apart for language in LANGUAGES] == ["; ", "；", "; "]
    assert [catalogue(language).aside("A") for language in LANGUAGES] == [" (A)", "（A）", " (A)"]
    scores = [catalogue(language).scores(["5.2", "6.1"]) for language in LANGUAGES]
    assert scores == ["5.2, 6.1", "5.2、6.1", "5,2; 6,1"]


def test_scores_keep_their_digits_and_take_the_languages_decimal_sign() -> None:
    """A score is exact: it is never turned into a number that could round."""
    assert [catalogue(language).score("87.60") for language in LANGUAGES] == ["87.60", "87.60", "87,60"]


def test_a_page_gets_the_texts_of_its_own_scripts_alone() -> None:
    """The audience's phone does not load the control desk's words; plurals come by the names the browser knows."""
    catalog = Catalog(locale="ru", fuzzy=False)
    catalog.add("Skip", "Пропустить", [("web/static/js/control.js", 1)])
    catalog.add("Watch", "Смотреть", [("web/templates/page.html", 1), ("web/static/js/watch.js", 1)])
    catalog.add(("{count} vote", "{count} votes"), ("голос", "голоса", "голосов"), [("web/static/js/watch.js", 1)])
    catalog.add("Page", "", [("web/static/js/watch.js", 1)])
    assert Catalogue("ru", catalog).messages_for_scripts(["js/watch.js", "js/lib/clock.js"]) == {
        "Watch": "Смотреть",
        "{count} vote": {"one": "голос", "few": "голоса", "many": "голосов"},
    }


def test_modules_of_one_name_in_two_folders_keep_their_texts_apart() -> None:
    """Folders are named for concepts, and two concepts may well have a "menu": neither page loads the other's words."""
    catalog = Catalog(locale="ru", fuzzy=False)
    catalog.add("Quality", "Качество", [("web/static/js/media/menu.js", 1)])
    catalog.add("Rundown", "Программа", [("web/static/js/control/menu.js", 1)])
    assert Catalogue("ru", catalog).messages_for_scripts(["js/media/menu.js"]) == {"Quality": "Качество"}
    assert Catalogue("ru", catalog).messages_for_scripts(["js/control/menu.js"]) == {"Rundown": "Программа"}


@pytest.mark.parametrize(
    ("page", "set_as"),
    [
        ("<p>已确认。 如果不是您，请告知。</p>", "<p>已确认。如果不是您，请告知。</p>"),
        ("<strong>没有链接。</strong> 请再粘贴", "<strong>没有链接。</strong>请再粘贴"),
        ('<span>未加载。</span>\n  <a href="">重试</a>', '<span>未加载。</span><a href="">重试</a>'),
        ("<p>完。</p>\n<p>新段</p>", "<p>完。</p>\n<p>新段</p>"),
        ("满分 100 分，", "满分 100 分，"),
    ],
)
def test_chinese_has_no_space_after_its_own_punctuation(page: str, set_as: str) -> None:
    """Templates set one between two sentences; other languages keep it."""
    assert closed_up(page, "zh") == set_as
    assert closed_up(page, "ru") == page


def test_chinese_has_no_space_beside_a_name() -> None:
    """It reads as a gap: names of people and projects are Chinese themselves."""
    name = r"(?:%\((?:name|names|judge|project|projects|others)\)s|\{(?:name|names|judge|project|projects)\})"
    apart = re.compile(rf"[\u4e00-\u9fff] {name}|{name} [\u4e00-\u9fff]")
    texts = catalogue("zh")
    said = [*texts._texts.values(), *(form for forms in texts._plurals.values() for form in forms)]
    assert [text for text in said if apart.search(text)] == []
