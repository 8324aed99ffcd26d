"""Pages for objections: each team its own, forms that keep what was typed, and nobody who has a stake in it."""

from collections.abc import AsyncIterator, Mapping
from datetime import date
from itertools import count
from pathlib import Path

import httpx
import msgspec
import pytest

from roadshow.adapters import in_memory
from roadshow.app import open_show
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Appointment, Role
from roadshow.fields.plans import poll_spec
from roadshow.ids import CommandId, CriterionId, PersonId
from roadshow.settings import Settings
from roadshow.show import Show
from roadshow.voting.acts import CloseCount
from roadshow.voting.aftermath.sealing import ObjectionReceipt
from roadshow.voting.votes import Cast
from tests.clocks import HandClock

COMPETITION = load_preset("demo", today=date(2026, 1, 1))
FIELD = COMPETITION.fields[0]
WORDS = "The timer <b>was</b> stopped a minute too early."
ORGANISER, CHAIR = PersonId("organiser"), PersonId(f"chair-{FIELD.id}")
_numbers = count()


@pytest.fixture
async def show(tmp_path: Path) -> AsyncIterator[Show]:
    """With its first field announced."""
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0)
    async with open_show(settings, COMPETITION, adapters=in_memory, clock=HandClock()) as show:
        voting, spec = show.parts.context.voting, poll_spec(COMPETITION, FIELD, show.parts.context.cast)
        for rank, project in enumerate(spec.projects):
            await voting.open_window(FIELD.room, project, None)
            for judge in spec.judges[:3]:
                scores = {CriterionId(one.id): max(one.maximum - rank, 0) for one in spec.criteria}
                await voting.cast(FIELD.room, judge, Cast(command(), project, scores, 0))
            await voting.close_window(FIELD.room, project)
        await voting.act(FIELD.room, spec.chair, CloseCount(1), command())
        await voting.confirm(FIELD.room, spec.chair, True, command())
        view = await voting.ceremony(FIELD.room)
        while view.remaining:
            view = await voting.reveal_next(FIELD.room, ORGANISER, len(view.announced), command())
        yield show


def command() -> CommandId:
    return CommandId(f"command-{next(_numbers):08}")


async def signed_in(show: Show, person: PersonId) -> httpx.AsyncClient:
    _, session = await show.guests.accept(await show.guests.invite_further(person), None)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(show.app),
        base_url=show.settings.public_url,
        headers={"Origin": show.settings.public_url, "Accept": "text/html"},
        cookies={"roadshow": session},
    )


async def team(show: Show, number: int) -> tuple[httpx.AsyncClient, str]:
    """The browser of a project's pitcher, and the address of their objections."""
    project = show.parts.context.cast.projects_in(FIELD.id)[number]
    person = show.parts.context.cast.pitchers_of(project.id)[0]
    return await signed_in(show, person.id), f"/as/{person.id}/pitch/{project.id}/objection"


def form(**fields: str) -> Mapping[str, str]:
    return {"category": "procedure", "words": WORDS, "command": command(), **fields}


async def test_what_was_typed_is_shown_again_with_what_is_wrong(show: Show) -> None:
    """As text: whatever it is."""
    browser, address = await team(show, 0)
    long = await browser.post(address, data=form(words="<script>" * 500))
    assert long.status_code == 400
    assert "&lt;script&gt;" * 500 in long.text
    assert "<script><script>" not in long.text
    for fields in (form(category="weather"), form(command="x"), {"words": WORDS}):
        answer = await browser.post(address, data=fields)
        assert (answer.status_code, "timer &lt;b&gt;was" in answer.text) == (400, True)
    huge = await browser.post(address, data=form(words="x" * 70_000))
    assert huge.status_code == 413
    assert await show.parts.context.voting.aftermath.heard(FIELD.room) == ()


async def test_a_team_sees_and_fetches_its_own_alone(show: Show) -> None:
    """Whoever tries another's address is refused before anything is read."""
    one, own = await team(show, 0)
    other, others = await team(show, 1)
    fields = form()
    for _ in range(2):  # pressed twice
        assert (await one.post(own, data=fields)).status_code == 303
    (heard,) = await show.parts.context.voting.aftermath.heard(FIELD.room)
    number = heard.objection.sequence
    receipt = msgspec.json.decode((await one.get(f"{own}/{number}.json")).content, type=ObjectionReceipt)
    assert receipt.words == WORDS
    assert "stopped a minute" in (await one.get(own)).text
    assert "stopped a minute" not in (await other.get(others)).text
    assert (await other.get(f"{others}/{number}.json")).status_code == 404
    assert (await other.get(own)).status_code == 401
    theirs = f"{others.partition('/pitch/')[0]}/pitch/{own.partition('/pitch/')[2]}"
    for answer in (await other.get(theirs), await other.post(theirs, data=form())):
        assert answer.status_code == 403
    public = await other.get(f"/rooms/{FIELD.room}/results")
    assert "Objection 1" in public.text
    assert "stopped a minute" not in public.text


async def test_an_organiser_of_a_team_has_no_part_in_it(show: Show) -> None:
    """They would rule on their own objection, or on who stands before them."""
    one, own = await team(show, 0)
    await one.post(own, data=form())
    (heard,) = await show.parts.context.voting.aftermath.heard(FIELD.room)
    organiser, desk = await signed_in(show, ORGANISER), f"/as/{ORGANISER}/objections/{FIELD.room}"
    assert "stopped a minute" in (await organiser.get(desk)).text
    project = show.parts.context.cast.projects_in(FIELD.id)[0]
    await show.casting.appoint(ORGANISER, Appointment(Role.PITCHER, FIELD.room, project.id), 1)
    assert "stopped a minute" not in (await organiser.get(desk)).text
    ruling = {"act": "dismiss", "objection": str(heard.objection.sequence), "reason": "Not so.", "command": command()}
    assert (await organiser.post(desk, data=ruling)).status_code == 403
    chair = await signed_in(show, CHAIR)
    answer = await chair.post(f"/as/{CHAIR}/objections/{FIELD.room}", data=ruling)
    assert answer.status_code == 303


async def test_a_form_of_the_desk_that_cannot_be_read_does_nothing(show: Show) -> None:
    """And what was typed into it is there again."""
    chair, desk = await signed_in(show, CHAIR), f"/as/{CHAIR}/objections/{FIELD.room}"
    kept = {
        "act": "ask",
        "project": "nobody",
        "change": "disqualify",
        "reason": "They bought it.",
        "command": command(),
    }
    answer = await chair.post(desk, data=kept)
    assert (answer.status_code, "They bought it." in answer.text) == (404, True)
    for fields in (
        {},
        {"act": "ask", "change": "x"},
        {"act": "sign", "asked": "9" * 30},
        {"act": "uphold", "objection": "²"},
    ):
        assert (await chair.post(desk, data={**fields, "command": command()})).status_code == 400
    assert await show.parts.context.voting.aftermath.waiting(FIELD.room) is None
