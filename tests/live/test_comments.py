"""Pages for comments to the teams: who writes, who looks them through, who reads, and that nobody does before."""

from collections.abc import AsyncIterator
from datetime import date
from itertools import count
from pathlib import Path

import httpx
import msgspec
import pytest

from roadshow.adapters import in_memory
from roadshow.app import open_show
from roadshow.competitions.loading import load_preset
from roadshow.fields.plans import poll_spec
from roadshow.ids import CommandId, CriterionId, PersonId
from roadshow.settings import Settings
from roadshow.show import Show
from roadshow.voting.acts import CloseCount
from roadshow.voting.votes import Cast
from tests.clocks import HandClock

DEMO = load_preset("demo", today=date(2026, 1, 1))
FIELD = DEMO.fields[0]
ORGANISER, CHAIR = PersonId("organiser"), PersonId(f"chair-{FIELD.id}")
JUDGE, OTHER = PersonId(f"judge-{FIELD.id}-1"), PersonId(f"judge-{FIELD.id}-2")
WORDS = "Say <b>who</b> pays in the first year."
_numbers = count()


@pytest.fixture
async def show(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Show]:
    """Its first field is scored; nothing is announced."""
    named, policy = getattr(request, "param", (True, "chair"))
    rules = msgspec.structs.replace(DEMO.rules, comments=policy, show_judges=named)
    competition = msgspec.structs.replace(DEMO, rules=rules)
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0)
    async with open_show(settings, competition, adapters=in_memory, clock=HandClock()) as show:
        voting, spec = show.parts.context.voting, poll_spec(competition, FIELD, show.parts.context.cast)
        for rank, project in enumerate(spec.projects):
            await voting.open_window(FIELD.room, project, None)
            for judge in spec.judges[:3]:
                scores = {CriterionId(one.id): max(one.maximum - rank, 0) for one in spec.criteria}
                await voting.cast(FIELD.room, judge, Cast(command(), project, scores, 0))
            await voting.close_window(FIELD.room, project)
        yield show


async def announce(show: Show) -> None:
    voting = show.parts.context.voting
    await voting.act(FIELD.room, CHAIR, CloseCount(1), command())
    await voting.confirm(FIELD.room, CHAIR, True, command())
    view = await voting.ceremony(FIELD.room)
    while view.remaining:
        view = await voting.reveal_next(FIELD.room, ORGANISER, len(view.announced), command())


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


def own(person: PersonId) -> str:
    return f"/as/{person}/comments/{FIELD.room}"


async def team(show: Show, number: int) -> tuple[httpx.AsyncClient, str, str]:
    """The browser of a project's pitcher, the address of what was written to them, and the project."""
    project = show.parts.context.cast.projects_in(FIELD.id)[number].id
    person = show.parts.context.cast.pitchers_of(project)[0]
    return await signed_in(show, person.id), f"/as/{person.id}/pitch/{project}/comments", project


def named(show: Show, person: PersonId) -> str:
    return show.parts.context.cast.people[person].name.in_language("en")


async def test_a_comment_goes_from_the_judge_by_the_chair_to_the_team_alone(show: Show) -> None:
    """As it was written, as text; and sealed before: on every page that anybody of the field can ask for."""
    judge, chair, organiser = [await signed_in(show, one) for one in (JUDGE, CHAIR, ORGANISER)]
    browser, address, project = await team(show, 0)
    rival, theirs, _ = await team(show, 1)
    form = {"project": project, "words": WORDS, "revision": "0"}
    assert (await judge.post(own(JUDGE), data=form)).status_code == 303
    assert "Say &lt;b&gt;who" in (await judge.get(own(JUDGE))).text

    async def elsewhere() -> list[str]:
        """Everything but the judge's own page."""
        looked = f"{own(CHAIR)}/all"
        pages = [await chair.get(own(CHAIR)), await chair.get(looked), await browser.get(address)]
        pages += [await organiser.get(f"/as/{ORGANISER}/comments/{FIELD.room}/all"), await rival.get(theirs)]
        pages += [await rival.get(f"/rooms/{FIELD.room}/results"), await rival.get(f"/rooms/{FIELD.room}/record.json")]
        return [str(one.request.url.path) for one in pages if "who&lt;/b&gt; pays" in one.text or WORDS in one.text]

    assert await elsewhere() == []
    release = {"judge": JUDGE, "project": project, "revision": "1", "act": "release"}
    early = await chair.post(f"{own(CHAIR)}/all", data=release)
    assert early.status_code == 409

    await announce(show)
    assert await elsewhere() == [f"{own(CHAIR)}/all"]
    assert (await judge.post(own(JUDGE), data=form | {"words": "Other.", "revision": "0"})).status_code == 409
    assert (await organiser.post(f"{own(ORGANISER)}/all", data=release)).status_code == 403
    withhold = release | {"act": "withhold", "reason": ""}
    assert (await chair.post(f"{own(CHAIR)}/all", data=withhold)).status_code == 400
    assert (await chair.post(f"{own(CHAIR)}/all", data=release)).status_code == 303
    assert await elsewhere() == [f"{own(CHAIR)}/all", address]
    assert named(show, JUDGE) in (await browser.get(address)).text
    for path in (address, theirs.replace(theirs.split("/")[2], address.split("/")[2])):
        assert (await rival.get(path)).status_code in (401, 403)


async def test_a_withheld_comment_comes_back_to_its_judge_with_the_reason(show: Show) -> None:
    """And to nobody else."""
    judge, chair = await signed_in(show, JUDGE), await signed_in(show, CHAIR)
    browser, address, project = await team(show, 0)
    await judge.post(own(JUDGE), data={"project": project, "words": WORDS, "revision": "0"})
    await announce(show)
    form = {"judge": JUDGE, "project": project, "revision": "1", "act": "withhold", "reason": "Not about the product."}
    assert (await chair.post(f"{own(CHAIR)}/all", data=form)).status_code == 303
    assert "Not about the product." in (await judge.get(own(JUDGE))).text
    told = (await browser.get(address)).text
    assert "who" not in told.partition("<main")[2] or WORDS not in told
    assert "Not about the product." not in told


@pytest.mark.parametrize("show", [(False, "after-result")], indirect=True)
async def test_the_result_releases_comments_without_names_where_judges_are_not_shown(show: Show) -> None:
    """``show_judges = false`` holds here as well."""
    judge = await signed_in(show, JUDGE)
    browser, address, project = await team(show, 0)
    await judge.post(own(JUDGE), data={"project": project, "words": WORDS, "revision": "0"})
    assert "&lt;b&gt;who" not in (await browser.get(address)).text
    await announce(show)
    told = (await browser.get(address)).text
    assert "Say &lt;b&gt;who" in told
    assert JUDGE not in told
    assert named(show, JUDGE) not in told


async def test_what_was_typed_is_shown_again_with_what_is_wrong(show: Show) -> None:
    """Beside what is stored: a page of text is not typed twice."""
    judge = await signed_in(show, JUDGE)
    _, _, project = await team(show, 0)
    await judge.post(own(JUDGE), data={"project": project, "words": "From the tablet.", "revision": "0"})
    for words, revision, status in ((WORDS, "0", 409), ("x" * 2001, "1", 400), (WORDS, "-1", 400)):
        again = await judge.post(own(JUDGE), data={"project": project, "words": words, "revision": revision})
        assert again.status_code == status
        assert "From the tablet." in again.text
        assert words.replace("<b>", "&lt;b&gt;").replace("</b>", "&lt;/b&gt;") in again.text
