"""Podiums stand on the pages as these are made: whoever has no script, or not yet, sees every place that was
announced and none that was not."""

import re
from pathlib import Path

import pytest

from tests.front.fronted import COMPETITION, FIELD, Fronted, fronted

PAGES = ("/results", f"/rooms/{FIELD.room}/results", f"/rooms/{FIELD.room}/watch")
NAMES = {project.name.en for project in COMPETITION.projects if project.field == FIELD.id}
PODIUM = re.compile(r"<podium-reveal([^>]*)>(.*?)</podium-reveal>", re.DOTALL)
TAKEN = re.compile(r'<li class="pedestal taken" data-place="(\d)"><div class="pedestal-names"><strong>([^<]+)</strong>')
EMPTY = re.compile(r'<li class="pedestal" data-place="(\d)">')


def podium(page: str) -> tuple[str, str]:
    """Of the field that votes, which is the first: what its tag says, and what stands in it."""
    found = PODIUM.search(page)
    assert found is not None
    return found[1], found[2]


@pytest.mark.parametrize("path", PAGES)
async def test_the_podium_is_in_the_page_place_by_place(tmp_path: Path, path: str) -> None:
    """It was drawn by a script alone: without it the results began with a hole."""
    async with fronted(tmp_path) as final:
        _tag, drawn = podium(await final.text(path, cookie="lang=en"))
        assert not TAKEN.findall(drawn)
        assert not any(name in drawn for name in NAMES)
        await final.vote()
        for announced in range(4):
            page = await final.text(path, cookie="lang=en")
            tag, drawn = podium(page)
            taken = TAKEN.findall(drawn)
            assert [place for place, _ in taken] == [str(place) for place in range(4 - announced, 4)]
            assert EMPTY.findall(drawn) == [str(place) for place in range(1, 4 - announced)]
            named = {name for _, name in taken}
            assert len(named) == announced
            assert not any(name in drawn for name in NAMES - named)
            if "watch" in path:
                assert ("hidden" in tag) == (announced == 0)
            if announced < 3:
                await final.reveal(announced)


@pytest.mark.parametrize("language", ["en", "zh", "ru"])
async def test_it_is_in_the_pages_language(tmp_path: Path, language: str) -> None:
    """With the decimal sign that the language has, and the names of the places."""
    async with fronted(tmp_path) as final:
        await final.vote()
        await final.reveal_all()
        _tag, drawn = podium(await final.text(PAGES[1], cookie=f"lang={language}"))
    assert {"en": "Champion", "zh": "冠军", "ru": "место"}[language] in drawn
    scores = re.findall(r'<span class="pedestal-score">([^<]+)</span>', drawn)
    assert len(scores) == 3
    assert all(("," in score) == (language == "ru") for score in scores)


async def shown_to_all(final: Fronted, path: str) -> str:
    return podium(await final.text(path, cookie="lang=en"))[1]


async def test_a_confirmed_result_shows_empty_steps_alone(tmp_path: Path) -> None:
    """Each says that it is to be announced."""
    async with fronted(tmp_path) as final:
        await final.vote()
        for path in PAGES:
            assert (await shown_to_all(final, path)).count("To be announced") == 3
