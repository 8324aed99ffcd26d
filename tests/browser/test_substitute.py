"""A judge is lost in the middle of a field, and then the chair, walked in browsers; and a prize nobody has."""

from pathlib import Path

from playwright.async_api import Browser, Page, expect

from tests.browser.acts import STEP, ballot_taken, score, yes
from tests.browser.conftest import People
from tests.browser.serving import RulesServer
from tests.browser.shortcut import cast, guest_of
from tests.browser.test_chair import LEVEL, LOW, OF_TEAM, ROOM, chaired, confirm, play, results
from tests.chaos.desks import Guest

RULES = """quorum = 3
tie_chain = ["chair", "shared"]
places = 6

[[rules.prizes]]
id = "first-prize"
minimum = 90
title = { en = "First prize", zh = "一等奖", ru = "Первый приз" }

[[rules.prizes]]
id = "second-prize"
count = 2
title = { en = "Second prize", zh = "二等奖", ru = "Второй приз" }

[[rules.prizes]]
id = "third-prize"
count = 3
title = { en = "Third prize", zh = "三等奖", ru = "Третий приз" }

[[judges]]
id = "reserve-ai"
field = "ai"
reserve = true
name = { en = "Vera Lavrova", zh = "薇拉·拉夫罗娃", ru = "Вера Лаврова" }
affiliation = { en = "Perm Fund", zh = "彼尔姆基金", ru = "Пермский фонд" }
"""


async def another_chair(control: Page, deputy: Page, chair: Page) -> None:
    """Control asks that the deputy have the office, the deputy signs, and each desk says whose it is by now."""
    await control.locator("#ask-chair").click(timeout=STEP)
    await control.locator("dialog select").select_option("judge-ai-5")
    await control.locator("dialog textarea").fill("The chair has left for the airport")
    await yes(control)
    await expect(control.locator("#office")).to_contain_text("no deputy chair then", timeout=STEP)
    await expect(control.locator("#sign-chair")).to_be_hidden()
    await expect(chair.locator("[data-review=sign-chair]")).to_be_hidden()
    await deputy.locator("#tab-review").click()
    await deputy.locator("[data-review=sign-chair]").click(timeout=STEP)
    await expect(deputy.locator("dialog")).to_contain_text("Judges, quorum and rule stay as they are")
    await yes(deputy)
    await expect(deputy.locator("#office-passed")).to_contain_text("You have the chair's office now", timeout=STEP)
    await expect(chair.locator("#office-passed")).to_be_visible(timeout=STEP)
    for desk in (deputy, chair):
        await desk.locator("#office-passed a").click()
        await expect(desk.locator("#office-passed")).to_be_hidden(timeout=STEP)
    await expect(chair.locator("#tab-review")).to_have_count(0)
    await expect(chair.locator("#submit")).to_be_visible()
    await deputy.locator("#tab-review").click()


async def test_one_of_the_reserve_takes_the_seat_of_a_judge_who_is_lost(tmp_path: Path, browser: Browser) -> None:
    """Whoever comes must be able to score at once, and everybody sees afterwards who sat where, why, and who signed."""
    with RulesServer(tmp_path, RULES) as server:
        people = People(server, browser)
        control_page = (await people.invited(server.organiser_link)).page
        organiser = await guest_of(server, control_page.context, "organiser")
        await control_page.goto(f"{server.base}/as/organiser/control/{ROOM}")
        chair, own = await chaired(people, await server.invite(organiser, "chair-ai"))
        deputy = (await people.invited(await server.invite(organiser, "judge-ai-5"))).page
        reserve = (await people.invited(await server.invite(organiser, "reserve-ai"))).page
        judge, lost = [
            await Guest.accepted(server.base, await server.invite(organiser, f"judge-ai-{n}")) for n in (1, 2)
        ]
        async with organiser.desk(ROOM) as control:

            async def third_ballot(number: int) -> None:
                project = control.room["session"]["project"]
                if number == 0:
                    await expect(reserve.locator("#ballot-state")).to_contain_text(
                        "Somebody else has this seat", timeout=STEP
                    )
                    await cast(lost, ROOM, project, LEVEL)
                    return
                await reserve.locator(f".project-tab[data-project='{project}']").click()
                await score(reserve, [6, 6, 6, 6, 6])
                await ballot_taken(reserve, 1)

            async def substitute(number: int) -> None:
                if number:
                    return
                await control_page.locator("#ask-seat").click(timeout=STEP)
                await control_page.locator("#judge").select_option("judge-ai-2")
                await control_page.locator("#project").select_option(index=0)
                await control_page.locator("dialog textarea").fill("The line to Perm is down")
                await yes(control_page)
                await expect(control_page.locator("#seat")).to_contain_text(
                    "every project has its quorum", timeout=STEP
                )
                await expect(control_page.locator("#sign-seat")).to_be_hidden()
                await deputy.locator("#tab-review").click()
                await deputy.locator("[data-review=sign-seat]").click(timeout=STEP)
                await expect(deputy.locator("dialog")).to_contain_text("Vera Lavrova")
                await yes(deputy)
                await expect(deputy.locator("[data-review=sign-seat]")).to_be_hidden(timeout=STEP)

            pitched = await play(
                control,
                [own, judge],
                [[LEVEL] * 2, [OF_TEAM] * 2, [LOW] * 2],
                while_open=third_ballot,
                after=substitute,
            )
            await chair.locator("#tab-review").click()
            await another_chair(control_page, deputy, chair)
            await confirm(deputy)
            page = await results(people, control)
        prizes = page.locator(".awards")
        await expect(prizes).to_contain_text("First prize")
        await expect(prizes).to_contain_text("not awarded")
        for place, prize in enumerate(("Second prize", "Second prize", "Third prize"), start=1):
            await expect(page.locator(f".pedestal[data-place='{place}']")).to_contain_text(prize)
        minutes = page.locator("section[aria-labelledby=minutes] li")
        await expect(minutes.filter(has_text="Vera Lavrova have the seat of")).to_contain_text(
            "The line to Perm is down"
        )
        await expect(minutes.filter(has_text="Signed: the substitute has the seat")).to_contain_text("Deputy chair")
        await expect(minutes.filter(has_text="the chair's office from here on")).to_contain_text("Deputy chair")
        first = page.locator(f".explanation[data-project='{pitched[0]}']")
        await expect(first).to_contain_text("somebody else had the seat")
        assert not people.errors, people.errors
        await people.leave()
