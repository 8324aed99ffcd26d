"""Judges say before the voting with which projects they have a conflict of interest, by the link they were sent."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from roadshow.app import open_show
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Person, Role
from roadshow.errors import Conflict
from roadshow.ids import CommandId, CriterionId
from roadshow.settings import Settings
from roadshow.show import Show
from roadshow.voting.votes import Cast
from tests.core.competitions.definitions import TODAY

DEMO = load_preset("demo", today=TODAY)
DEMO = msgspec.structs.replace(DEMO, conflicts_until="2100-01-01T00:00:00+00:00")
OVER = msgspec.structs.replace(DEMO, conflicts_until="2000-01-01T00:00:00+00:00")
FIELD = next(field for field in DEMO.fields if field.id == "ai")
FIRST, SECOND, THIRD = [project.id for project in DEMO.projects if project.field == FIELD.id][:3]
WORDS = "I lent the founder my flat."


@asynccontextmanager
async def by_link(show: Show, person: Person) -> AsyncIterator[httpx.AsyncClient]:
    base = show.settings.public_url
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(show.app), base_url=base, headers={"Origin": base}, follow_redirects=True
    ) as browser:
        await browser.post(f"/i/{await show.guests.invite(person.id)}")
        yield browser


@pytest.fixture(params=[DEMO])
async def show(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Show]:
    async with open_show(Settings(data=tmp_path / "data", port=0, udp_port=0), request.param) as show:
        yield show


def who(show: Show, role: Role, number: int = 0) -> Person:
    return [one for one in show.people if one.holds(role, room=None if role is Role.ORGANISER else FIELD.room)][number]


async def answer(browser: httpx.AsyncClient, judge: Person, **fields: str) -> httpx.Response:
    """Send the form as it stands on the page, with these fields filled."""
    page = f"/as/{judge.id}/conflicts/{FIELD.room}"
    found = re.search(r'name="revision" value="(\d+)"', (await browser.get(page)).text)
    assert found is not None
    return await browser.post(page, data={"revision": found[1], **fields})


def stands(show: Show, judge: Person) -> dict[str, str] | None:
    declaration = show.casting.cast.declarations.get((judge.id, FIELD.room))
    return None if declaration is None else {str(one.project): one.category for one in declaration.conflicts}


async def test_the_link_leads_to_the_question_and_the_answer_to_the_poll(show: Show) -> None:
    """A judge needs nothing but their invitation; from then on no ballot of theirs for the project is taken."""
    judge = who(show, Role.JUDGE)
    async with by_link(show, judge) as browser:
        desk = (await browser.get(f"/as/{judge.id}")).text
        assert "Please say whether you have a conflict of interest" in desk
        assert f"/as/{judge.id}/conflicts/{FIELD.room}" in desk
        said = await answer(
            browser, judge, **{f"kind.{FIRST}": "close", f"words.{FIRST}": WORDS, f"words.{THIRD}": "?"}
        )
        assert "Your answer is stored" in said.text
        assert stands(show, judge) == {FIRST: "close"}
        assert WORDS in said.text  # their own page shows them what they wrote
        assert "Please say whether" not in (await browser.get(f"/as/{judge.id}/judge")).text
        # Taken back in time, and said again.
        await answer(browser, judge)
        assert stands(show, judge) == {}
        assert WORDS not in (await browser.get(f"/as/{judge.id}/conflicts/{FIELD.room}")).text
        await answer(browser, judge, **{f"kind.{SECOND}": "works"})
    voting = show.fields[FIELD.room].voting
    await voting.open_window(FIELD.room, SECOND, None)
    scores = {CriterionId(one.id): 5 for one in DEMO.criteria}
    with pytest.raises(Conflict, match=r"ballot\.recused"):
        await voting.cast(FIELD.room, judge.id, Cast(CommandId("ballot-0001"), SECOND, scores, 0))


async def test_own_words_are_for_chair_and_organisers(show: Show) -> None:
    """Another judge, the audience and the project's own page must not show them; who has answered is theirs to see."""
    judge, other, chair, organiser = (
        who(show, role, number)
        for role, number in ((Role.JUDGE, 0), (Role.JUDGE, 1), (Role.CHAIR, 0), (Role.ORGANISER, 0))
    )
    async with by_link(show, judge) as browser:
        await answer(browser, judge, **{f"kind.{FIRST}": "stake", f"words.{FIRST}": WORDS})
    for person, path in (
        (organiser, f"/as/{organiser.id}/conflicts"),
        (chair, f"/as/{chair.id}/conflicts/{FIELD.room}"),
    ):
        async with by_link(show, person) as browser:
            page = (await browser.get(path)).text
            assert WORDS in page
            assert "has a share in it" in page
            assert page.count("no answer yet") == (len(DEMO.judges) if person is organiser else 6) - 1
    async with by_link(show, other) as browser:
        for path in (
            f"/as/{other.id}/conflicts/{FIELD.room}",
            f"/as/{other.id}/judge",
            f"/projects/{FIRST}",
            f"/rooms/{FIELD.room}/watch",
            f"/rooms/{FIELD.room}/results",
            "/",
        ):
            page = (await browser.get(path)).text
            assert WORDS not in page
            assert "has a share in it" not in page
        assert (await browser.get(f"/as/{other.id}/conflicts")).status_code == 403


async def test_what_cannot_be_taken_is_shown_again(show: Show) -> None:
    """Nobody writes it twice; "other" says nothing without words, and of two tabs the second is told."""
    judge = who(show, Role.JUDGE)
    async with by_link(show, judge) as browser:
        refused = await answer(browser, judge, **{f"kind.{FIRST}": "other", f"kind.{SECOND}": "rival"})
        assert refused.status_code == 400
        assert refused.text.count(" selected>") == 2
        assert stands(show, judge) is None
        await answer(browser, judge, **{f"kind.{FIRST}": "rival"})
        stale = await browser.post(f"/as/{judge.id}/conflicts/{FIELD.room}", data={"revision": "0"})
        assert stale.status_code == 409
        assert stands(show, judge) == {FIRST: "rival"}


async def test_once_the_voting_has_begun_the_scorecard_is_the_place(show: Show) -> None:
    """The poll's conflicts are fixed with its first window."""
    judge = who(show, Role.JUDGE)
    await show.fields[FIELD.room].voting.open_window(FIELD.room, FIRST, None)
    async with by_link(show, judge) as browser:
        assert "Please say whether" not in (await browser.get(f"/as/{judge.id}/judge")).text
        refused = await answer(browser, judge, **{f"kind.{SECOND}": "rival"})
        assert refused.status_code == 409
        assert "The voting has begun: say it on your scorecard" in refused.text
    assert stands(show, judge) is None


@pytest.mark.parametrize("show", [OVER], indirect=True)
async def test_after_the_deadline_a_conflict_is_late_and_stays(show: Show) -> None:
    """It is better told late than not, and gone again it would be worth nothing."""
    judge, organiser = who(show, Role.JUDGE), who(show, Role.ORGANISER)
    async with by_link(show, judge) as browser:
        await answer(browser, judge, **{f"kind.{FIRST}": "close"})
        refused = await answer(browser, judge)
        assert refused.status_code == 409
    assert stands(show, judge) == {FIRST: "close"}
    async with by_link(show, organiser) as browser:
        assert "after the deadline" in (await browser.get(f"/as/{organiser.id}/conflicts")).text


async def test_where_too_few_judges_are_left_the_organiser_is_told(show: Show) -> None:
    """Before the day, when another judge can still be found."""
    jury = [one for one in show.people if one.holds(Role.CHAIR, Role.DEPUTY, Role.JUDGE, room=FIELD.room)]
    for judge in jury[: len(jury) - DEMO.rules.quorum + 1]:
        async with by_link(show, judge) as browser:
            await answer(browser, judge, **{f"kind.{FIRST}": "close"})
    organiser = who(show, Role.ORGANISER)
    async with by_link(show, organiser) as browser:
        assert "Too few judges are left" in (await browser.get(f"/as/{organiser.id}/conflicts")).text
