"""What the pages of a result say, as the front builds them: whom an award went to as well, and what became of ballots
that came late."""

import re
from functools import partial
from pathlib import Path

import pytest

from roadshow.ids import CriterionId, PollId, ProjectId
from roadshow.voting.acts import RejectLate
from roadshow.voting.audience.award import Choice, Voter, VoterId
from roadshow.voting.votes import Cast
from tests.front.fronted import COMPETITION, FIELD, Fronted, fronted

RESULTS, PROTOCOL = f"/rooms/{FIELD.room}/results", f"/rooms/{FIELD.room}/protocol"


async def award(final: Fronted, winner: ProjectId) -> None:
    """The audience votes, and control announces."""
    store = final.store._stores.awards
    poll = PollId(FIELD.room)
    await store.open(poll, None, final.command())
    opening = await store.read(poll)
    voters = [Voter(VoterId(f"voter-{number}"), opening.opening, opening.now, "hall") for number in range(3)]
    await store.vote(poll, "writer", 1, tuple(Choice(voter, winner) for voter in voters))
    await store.close(poll, final.command())
    async with final.news_of(FIELD.room, '"counted"'):
        await final.show.parts.context.award.announce(FIELD.room, (), final.command())


async def late(final: Fronted) -> None:
    """A ballot after its window, which the chair rejects."""
    jury = final.show.casting.cast.jury_of(FIELD)
    judge, chair = jury[1].id, jury[0].id
    project = next(one.id for one in final.show.casting.cast.projects_in(FIELD.id) if one.id not in jury[1].recused)
    scores = {CriterionId(one.id): 1 for one in COMPETITION.criteria}
    receipt = await final.voting.cast_late(FIELD.room, judge, Cast(final.command(), project, scores, 1))
    word = RejectLate(judge, project, receipt.sequence, "Long after the pitch")
    await final.voting.act(FIELD.room, chair, word, final.command())


async def test_an_award_is_on_the_pages_as_soon_as_sockets_tell_it(tmp_path: Path) -> None:
    """And says who has won; that five others got nothing stands nowhere."""
    async with fronted(tmp_path) as final:
        winner, *others = final.show.casting.cast.projects_in(FIELD.id)
        for path in ("/results", RESULTS):
            assert "data-award hidden" in await final.text(path, cookie="lang=en")
        await award(final, winner.id)
        for path in ("/results", RESULTS):
            (line,) = [
                line for line in (await final.text(path, cookie="lang=en")).splitlines() if "data-award>" in line
            ]
            assert f"<strong data-names>{winner.name.en}</strong>" in line
            assert "3 votes" in line
            assert not any(other.name.en in line for other in others)


@pytest.mark.parametrize("language", ["en", "zh", "ru"])
async def test_a_protocol_stands_for_itself(tmp_path: Path, language: str) -> None:
    """The year, the criteria and their weights, the rules, late ballots and the audience's award: it is filed alone."""
    async with fronted(tmp_path) as final:
        await final.vote(before_the_word=partial(late, final))
        winner = final.show.casting.cast.projects_in(FIELD.id)[1]
        await award(final, winner.id)
        await final.reveal_all()
        page = await final.text(PROTOCOL, cookie=f"lang={language}")
        async with final.browser(cookie=f"lang={language}") as browser:
            of_the_house = (await browser.get(PROTOCOL)).text
    for told in (page, of_the_house):
        assert re.search(r"\b20\d\d", told.split("<table", 1)[0])
        for criterion in COMPETITION.criteria:
            assert criterion.title.in_language(language) in told
        whole = sum(criterion.weight for criterion in COMPETITION.criteria)
        sign = {"en": "%", "zh": "%", "ru": "\u00a0%"}[language]
        assert f"{COMPETITION.criteria[0].weight * 100 // whole}{sign}<" in told
        assert "Long after the pitch" in told
        assert {"en": "(3 of 3 votes)", "zh": "（3 票中的 3 票）", "ru": "(3 из 3 голосов)"}[language] in told
        rule = {"en": "A project needs", "zh": "每个项目至少需要", "ru": "Проекту нужно"}[language]
        assert rule in told
