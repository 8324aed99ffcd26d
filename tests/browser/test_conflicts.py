"""A judge says before the voting with which project they have a conflict of interest."""

from playwright.async_api import expect

from tests.browser.acts import STEP
from tests.browser.conftest import People
from tests.demo_server import DemoServer


async def test_a_judge_answers_by_their_link_and_the_scorecard_knows(
    server: DemoServer, room: str, people: People
) -> None:
    """From the invitation to the question, from the answer to a card that cannot be filled, and to the organiser."""
    judge = (await people.invited(server.people["judges"][room][2])).page
    await judge.get_by_role("link", name="Answer now").click()
    second = judge.locator(".conflict").nth(1)
    project = (await second.locator("select").get_attribute("name") or "").removeprefix("kind.")
    await expect(second.locator("textarea")).to_be_hidden()
    await second.locator("select").select_option("advises")
    await second.locator("textarea").fill("I sat on their board.")
    await judge.get_by_role("button", name="Send").click()
    await expect(judge.locator(".notice.good")).to_contain_text("Your answer is stored", timeout=STEP)
    await judge.get_by_role("link", name="Judge's desk").click()
    await expect(judge.get_by_role("link", name="Answer now")).to_have_count(0)
    await judge.locator(f".project-tab[data-project='{project}']").click()
    await expect(judge.locator("#card")).to_have_attribute("data-recused", "", timeout=STEP)

    organiser = (await people.invited(server.people["organiser"])).page
    await organiser.goto(f"{server.base}/as/organiser/people")
    await organiser.get_by_role("link", name="Conflicts of interest").click()
    row = organiser.locator("tr", has_text="I sat on their board.")
    await expect(row).to_contain_text("teaches, supervises or advises it", timeout=STEP)
    assert not people.errors, people.errors
