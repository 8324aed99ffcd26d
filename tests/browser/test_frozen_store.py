"""The store hangs while a judge submits: the desk says what becomes of the ballot, and pages find their way back."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.async_api import expect

from tests.browser.acts import STEP, ballot_taken, in_phase, score
from tests.browser.conftest import People
from tests.browser.shortcut import let_vote
from tests.chaos.desks import Guest
from tests.demo_server import DemoServer

ROOM = "bio"
CALM = {"reduced_motion": "reduce"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoServer]:
    """One for all here: its store hangs for a while, and is back."""
    with DemoServer(tmp_path_factory.mktemp("frozen")) as running:
        yield running


@contextmanager
def frozen(process: int) -> Iterator[None]:
    """As a disk that hangs: it is there, and answers nothing."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


async def test_a_ballot_submitted_to_a_store_that_hangs_is_told_kept_and_stored(
    server: DemoServer, people: People
) -> None:
    """Somebody who looks at "Sending…" reloads; the page they then land on must not be the end of it."""
    judge = (await people.invited(server.people["judges"][ROOM][0], **CALM)).page
    await let_vote(await Guest.accepted(server.base, server.people["organiser"]), ROOM)
    await in_phase(judge, "voting")
    await expect(judge.locator("#submit")).to_have_attribute("aria-disabled", "false", timeout=STEP)
    desk = judge.url
    people.tolerant = True  # answers of 503

    with frozen(server.store_pid):
        await score(judge, [7, 6, 5, 4, 3])
        state = judge.locator("#ballot-state")
        await expect(state).to_have_attribute("data-kind", "busy", timeout=STEP)
        await expect(state).to_contain_text(
            "is kept in this browser and is sent again until it is stored", timeout=STEP
        )
        answer = await judge.reload()
        assert answer is not None
        assert answer.status == 503
        waits = int(await answer.header_value("retry-after") or 0)
        assert int(await answer.header_value("refresh") or 0) > waits > 0
        await expect(judge.locator("main")).to_contain_text("asks again by itself")
    # Nobody touches anything from here on.
    await expect(judge.locator("#card")).to_be_visible(timeout=STEP)
    assert judge.url == desk
    await ballot_taken(judge, 1)
    checked = judge.locator("fieldset.criterion input:checked")
    assert await checked.evaluate_all("all => all.map(one => one.value)") == ["7", "6", "5", "4", "3"]
    assert people.errors == []


@pytest.mark.parametrize("scripted", [True, False], ids=["with scripts", "without"])
async def test_an_invitation_pressed_while_the_store_hangs_still_leads_to_the_desk(
    server: DemoServer, people: People, scripted: bool
) -> None:
    """The page of the refusal offered the programme alone, and the link was gone from the address."""
    people.tolerant = True
    link = server.people["judges"][ROOM][1 if scripted else 2]
    page = (await people.visit(link, java_script_enabled=scripted)).page
    with frozen(server.store_pid):
        await page.locator("main form button").click()
        await expect(page.locator("main")).to_contain_text("Try again", timeout=STEP)
        assert page.url == link
    await expect(page.locator("main form button")).to_be_visible(timeout=STEP)
    await page.locator("main form button").click()
    await page.wait_for_url("**/as/**")
    if scripted:
        await page.go_back()
        assert "/i/" not in page.url
    assert people.errors == []


async def test_a_page_that_could_not_be_built_comes_back_without_scripts(server: DemoServer, people: People) -> None:
    """Somebody with an invitation, on a phone that runs no script: what they opened opens once it can."""
    people.tolerant = True
    link = server.people["judges"][ROOM][3]
    with frozen(server.store_pid):
        page = (await people.visit(f"{link}?lang=ru", java_script_enabled=False)).page
        await expect(page.locator("main")).to_contain_text("store.away")
    await expect(page.locator("main form button")).to_be_visible(timeout=STEP)
    assert page.url == f"{link}?lang=ru"
