"""The page of calibration rounds: who scores, who opens and closes, who sees whose card, and who sees nothing."""

import re
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import httpx
import msgspec
import pytest

from roadshow.adapters import in_memory
from roadshow.app import open_show
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Appointment, Role
from roadshow.competitions.voting import Sample, Voting
from roadshow.ids import PersonId
from roadshow.settings import Settings
from roadshow.show import Show
from roadshow.texts import Text, same_in_all
from tests.clocks import HandClock
from tests.live.test_comments import signed_in

DEMO = load_preset("demo", today=date(2026, 1, 1))
FIELD = DEMO.fields[0]
ORGANISER, CHAIR = PersonId("organiser"), PersonId(f"chair-{FIELD.id}")
JUDGE, OTHER = PersonId(f"judge-{FIELD.id}-1"), PersonId(f"judge-{FIELD.id}-2")
SAMPLE = Sample(
    "old", same_in_all("Last year's winner"), Text("A <b>robot</b>.", "机器人", "Робот"), "https://films.example/1"
)


@pytest.fixture
async def show(tmp_path: Path) -> AsyncIterator[Show]:
    """Before the first window."""
    competition = msgspec.structs.replace(DEMO, voting=Voting(samples=(SAMPLE,)))
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0)
    async with open_show(settings, competition, adapters=in_memory, clock=HandClock()) as show:
        yield show


def here(person: PersonId) -> str:
    return f"/as/{person}/calibration/{FIELD.room}"


def card(score: int, number: int = 1) -> dict[str, str]:
    return {"number": str(number), **{f"score.{one.id}": str(score) for one in DEMO.criteria}}


def words(page: httpx.Response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


async def test_a_round_from_its_opening_to_the_first_window(show: Show) -> None:
    """Sealed until it is closed, then side by side; and the window ends it."""
    chair, judge, other = [await signed_in(show, one) for one in (CHAIR, JUDGE, OTHER)]
    assert "Last year&#39;s winner" not in (await judge.get(here(JUDGE))).text
    opened = await chair.post(f"{here(CHAIR)}/round", data={"act": "open", "sample": "old", "number": "1"})
    assert opened.status_code == 303
    seen = await judge.get(here(JUDGE))
    assert "A &lt;b&gt;robot&lt;/b&gt;." in seen.text
    assert "https://films.example/1" in seen.text
    stamp = re.findall(r'data-stamp="([^"]+)"', seen.text)[0]
    assert (await judge.get(f"{here(JUDGE)}?since={stamp}")).status_code == 204

    half = await judge.post(f"{here(JUDGE)}/card", data={**card(7), f"score.{DEMO.criteria[0].id}": ""})
    assert half.status_code == 400
    assert "Every criterion needs a score." in words(half)
    assert half.text.count("checked") == len(DEMO.criteria) - 1
    assert (await judge.post(f"{here(JUDGE)}/card", data=card(7))).status_code == 303
    assert (await judge.get(f"{here(JUDGE)}?since={stamp}")).status_code == 200
    for browser, person in ((other, OTHER), (chair, CHAIR)):
        page = await browser.get(here(person))
        assert "checked" not in page.text
        assert "Lowest to highest" not in page.text
    assert (await other.post(f"{here(OTHER)}/card", data=card(5))).status_code == 303

    assert (await chair.post(f"{here(CHAIR)}/round", data={"act": "close", "number": "1"})).status_code == 303
    for browser, person, own in ((judge, JUDGE, "7"), (other, OTHER, "5"), (chair, CHAIR, "–")):
        told = words(await browser.get(here(person)))
        assert told.count(f"{own} 6.00 5–7") == len(DEMO.criteria)
        assert "60.00 50.00–70.00" in told
    late = await judge.post(f"{here(JUDGE)}/card", data=card(9))
    assert (late.status_code, "This round is closed" in words(late)) == (409, True)

    project = show.parts.context.cast.projects_in(FIELD.id)[0].id
    await show.parts.context.voting.open_window(FIELD.room, project, None)
    again = await chair.post(f"{here(CHAIR)}/round", data={"act": "open", "sample": "old", "number": "2"})
    assert (again.status_code, "The voting has begun" in words(again)) == (409, True)
    assert "5–7" in words(await judge.get(here(JUDGE)))
    entry = (await show.parts.context.polls.seen(FIELD.room, 0)).entries[0]
    assert (entry.kind, entry.by, entry.judge, entry.reason) == ("calibrate", None, None, "")


async def test_an_organiser_leads_and_scores_nothing_and_nobody_else_comes_in(show: Show) -> None:
    """Auditor, startup and audience have no part in it; nor has a judge the buttons, or another field's."""
    organiser, judge = await signed_in(show, ORGANISER), await signed_in(show, JUDGE)
    assert (await organiser.get(here(ORGANISER))).status_code == 200
    opening = {"act": "open", "sample": "old", "number": "1"}
    assert (await judge.post(f"{here(JUDGE)}/round", data=opening)).status_code == 403
    for wrong in ({**opening, "sample": "none"}, {**opening, "act": "reopen"}, {**opening, "number": "x"}):
        assert (await organiser.post(f"{here(ORGANISER)}/round", data=wrong)).status_code == 400
    assert (await organiser.post(f"{here(ORGANISER)}/round", data=opening)).status_code == 303
    assert (await organiser.post(f"{here(ORGANISER)}/card", data=card(7))).status_code == 403
    page = await organiser.get(here(ORGANISER))
    assert "Still missing" in page.text
    assert 'id="card"' not in page.text
    cast = show.parts.context.cast
    pitcher = cast.pitchers_of(cast.projects_in(FIELD.id)[0].id)[0].id
    for person in (pitcher, PersonId("auditor"), PersonId(f"judge-{DEMO.fields[1].id}-1")):
        browser = await signed_in(show, person)
        for asked in (browser.get(here(person)), browser.post(f"{here(person)}/card", data=card(7))):
            assert (await asked).status_code == 403
    async with httpx.AsyncClient(transport=httpx.ASGITransport(show.app), base_url=show.settings.public_url) as nobody:
        assert (await nobody.get(here(JUDGE))).status_code in (401, 403)


async def test_an_organiser_who_is_of_one_of_the_teams_stays_outside(show: Show) -> None:
    """How strict each judge is, is nothing for whoever is judged."""
    project = show.parts.context.cast.projects_in(FIELD.id)[0].id
    await show.casting.appoint(ORGANISER, Appointment(Role.PITCHER, FIELD.room, project), 1)
    organiser = await signed_in(show, ORGANISER)
    assert (await organiser.get(here(ORGANISER))).status_code == 403
    opening = {"act": "open", "sample": "old", "number": "1"}
    assert (await organiser.post(f"{here(ORGANISER)}/round", data=opening)).status_code == 403


@pytest.mark.parametrize("language", ["en", "zh", "ru"])
async def test_the_page_speaks_the_readers_language(show: Show, language: str) -> None:
    judge = await signed_in(show, JUDGE)
    title = {"en": "Calibration", "zh": "试评", "ru": "Калибровка"}[language]
    assert f"<h1>{title}</h1>" in (await judge.get(f"{here(JUDGE)}?lang={language}", follow_redirects=True)).text
