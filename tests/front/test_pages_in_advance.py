"""What people look for is there before they ask, and a store that hangs keeps nobody waiting for what is not."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roadshow.errors import Unavailable
from roadshow.front.public import pages
from roadshow.languages import TAGS
from roadshow.pages.pages import THEMES
from roadshow.texts import LANGUAGES
from roadshow.voting import looking
from tests.front.fronted import COMPETITION, FIELD, Fronted, fronted


@pytest.fixture
async def final(tmp_path: Path) -> AsyncIterator[Fronted]:
    async with fronted(tmp_path) as final:
        yield final


async def test_a_look_at_the_votes_of_a_store_that_hangs_ends(final: Fronted, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the house, which answers where no page was built."""
    monkeypatch.setattr(looking, "PATIENCE", 0.05)
    final.store.before = asyncio.Event().wait
    look = final.voting.looking(final.store.votes)
    async with asyncio.timeout(10):
        with pytest.raises(Unavailable, match=r"store\.away"):
            await look.ceremony(FIELD.room)


async def test_a_store_that_goes_away_finds_what_people_look_for(
    final: Fronted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In each language and in all colours, before anybody asked for it."""
    monkeypatch.setattr(pages, "BREATH", 0)
    await final.answers.prepare()
    final.store.is_away = True
    final.revisions.advance(0)
    looked_for = ["/", "/programme", "/results"]
    for field in COMPETITION.fields:
        looked_for += [f"/rooms/{field.room}/results", f"/rooms/{field.room}/watch"]
    for path in looked_for:
        for language in LANGUAGES:
            for theme in THEMES:
                answer = await final.get(path, cookie=f"lang={language}; theme={theme}")
                assert answer is not None, path
                assert ("Content-Language", TAGS[language]) in {(n.title(), v) for n, v in answer.headers}
                assert ("X-Stale", "store.away") in answer.headers


async def test_what_could_not_be_built_in_advance_is_tried_again(
    final: Fronted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A house may start before its store answers."""
    monkeypatch.setattr(pages, "BREATH", 0)
    monkeypatch.setattr(pages, "ANOTHER_ROUND", 0)
    monkeypatch.setattr(pages, "TRY_AGAIN", 0)
    final.store.is_away = True
    asked_for_it = asyncio.Event()

    async def noted() -> None:
        asked_for_it.set()

    final.store.before = noted
    preparing = asyncio.create_task(final.answers.prepare())
    await asked_for_it.wait()
    assert len(final.answers._house._cache) == 0
    final.store.is_away = False
    async with asyncio.timeout(60):
        await preparing
    assert len(final.answers._house._cache) == (3 + 2 * len(COMPETITION.fields)) * len(LANGUAGES) * len(THEMES)
