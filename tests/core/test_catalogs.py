"""The interface's texts are complete, and the tool that says so can be believed."""

from pathlib import Path

import pytest

from scripts.catalogs import ROOT, key, path_of, problems, read, update, written

CONFIG = (ROOT / "babel.cfg").read_text(encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with one text of each kind."""
    (tmp_path / "babel.cfg").write_text(CONFIG)
    for folder in ("roadshow", "web/templates", "web/static/js", "scripts"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "roadshow" / "words.py").write_text('TEXT = _("At most %(limit)s")\n')
    (tmp_path / "web" / "templates" / "page.html").write_text("<p>{{ _('Hello') }}</p>")
    (tmp_path / "web" / "static" / "js" / "page.js").write_text('tn("{count} vote", "{count} votes", 3);\n')
    update(tmp_path)
    translations: dict[str, dict[str, str | tuple[str, ...]]] = {
        "zh": {"At most %(limit)s": "最多 %(limit)s", "Hello": "你好", "{count} vote": ("{count} 票",)},
        "ru": {
            "At most %(limit)s": "Не больше %(limit)s",
            "Hello": "Здравствуйте",
            "{count} vote": ("{count} голос", "{count} голоса", "{count} голосов"),
        },
    }
    for language, texts in translations.items():
        translate(tmp_path, language, texts)
    return tmp_path


def translate(project: Path, language: str, texts: dict[str, str | tuple[str, ...]]) -> None:
    catalog = read(path_of(project, language), language)
    for message in catalog:
        if message.id and key(message) in texts:
            message.string = texts[key(message)]
    path_of(project, language).write_text(written(catalog), encoding="utf-8")


def test_every_text_of_the_interface_is_in_every_language() -> None:
    """A page half in English is a page that was not finished."""
    assert list(problems(ROOT)) == []


def test_a_complete_project_has_no_problems(project: Path) -> None:
    """The check must be able to pass, or nobody will heed it."""
    assert list(problems(project)) == []


def test_a_new_text_is_missed_until_it_is_translated(project: Path) -> None:
    """Whoever adds a sentence hears of it in their own check, not from a reader in Moscow."""
    page = project / "web" / "templates" / "page.html"
    page.write_text(page.read_text() + "<p>{{ _('Goodbye') }}</p>")
    assert sum("missing: 'Goodbye'" in problem for problem in problems(project)) == 3
    update(project)
    assert [problem.split(": ", 1)[1] for problem in problems(project)] == ["untranslated: 'Goodbye'"] * 2


def test_a_text_nobody_uses_any_more_is_reported_and_dropped_by_update(project: Path) -> None:
    """Dead texts cost translators their time."""
    (project / "web" / "templates" / "page.html").write_text("<p></p>")
    assert sum("no source uses 'Hello'" in problem for problem in problems(project)) == 3
    update(project)
    assert list(problems(project)) == []


def test_a_text_that_the_extractor_overlooks_is_reported(project: Path) -> None:
    """It would be English in every language, and the catalogues complete."""
    page = project / "web" / "static" / "js" / "page.js"
    page.write_text(page.read_text() + 'say(`${name} · ${late ? t("too late") : t("in time")}`);\n')
    update(project)
    assert any("page.js:2: not found by the extractor" in problem for problem in problems(project))


@pytest.mark.parametrize("wrong", ["Не больше", "Не больше %(limit)s %(more)s", "Не больше %(most)s"])
def test_other_placeholders_than_the_texts_own_are_reported(project: Path, wrong: str) -> None:
    """A wrong placeholder shows up as a crash or a gap, in one language only, on the day."""
    translate(project, "ru", {"At most %(limit)s": wrong})
    assert any("other placeholders" in problem for problem in problems(project))


def test_a_sign_that_may_begin_a_line_is_reported(project: Path) -> None:
    """In Russian a dash at the start of a line opens somebody's speech."""
    translate(project, "ru", {"Hello": "Здравствуйте — входите"})
    assert [problem for problem in problems(project) if "may begin" in problem]
    translate(project, "ru", {"Hello": "Здравствуйте\u00a0— входите"})
    assert list(problems(project)) == []


def test_a_missing_plural_form_is_reported(project: Path) -> None:
    """Russian has three forms; two of them filled would pass a careless look."""
    translate(project, "ru", {"{count} vote": ("{count} голос", "{count} голоса", "")})
    assert any("untranslated: '{count} vote'" in problem for problem in problems(project))


def test_a_fuzzy_entry_is_reported(project: Path) -> None:
    """Fuzzy means a guess: nobody has read it yet, and it is not shown."""
    path = path_of(project, "zh")
    path.write_text(path.read_text().replace('msgid "Hello"', '#, fuzzy\nmsgid "Hello"'), encoding="utf-8")
    assert any("fuzzy: 'Hello'" in problem for problem in problems(project))


def test_a_text_put_together_at_run_time_is_reported(project: Path) -> None:
    """No tool finds t(name): it would stay English for ever."""
    (project / "web" / "static" / "js" / "other.js").write_text("label.textContent = t(name);\n")
    assert any("other.js:1: write the text itself into the call" in problem for problem in problems(project))


def test_a_text_that_moves_to_another_module_must_be_updated(project: Path) -> None:
    """Pages get the texts of their own modules: by the places in the catalogue."""
    old = project / "web" / "static" / "js" / "page.js"
    old.rename(old.with_name("moved.js"))
    assert any("names other files" in problem for problem in problems(project))
    update(project)
    assert list(problems(project)) == []
