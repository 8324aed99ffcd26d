"""The auditor's desk in a real browser: each act as it happens, and an alarm where the ledger is not what it was."""

from playwright.async_api import expect

from tests.browser.acts import STEP
from tests.browser.conftest import People
from tests.browser.houses import House
from tests.browser.shortcut import play
from tests.chaos.desks import Guest, receipt_of

FORGES = """() => {
  const key = Object.keys(localStorage).find((one) => one.startsWith("roadshow.audit."));
  const noted = JSON.parse(localStorage.getItem(key));
  noted.hashes[2] = "0".repeat(64);
  localStorage.setItem(key, JSON.stringify(noted));
}"""
"""As if the server now told of another third entry than this browser saw."""


async def test_an_auditor_follows_a_field_to_its_end_and_is_warned_of_a_forged_ledger(
    server: House, room: str, people: People
) -> None:
    """The one who watches has their own eyes: what this browser saw, not what the server says of it later."""
    links = server.people
    audit = (await people.invited(links["auditors"][0])).page
    await audit.goto(f"{server.base}/as/auditor/audit/{room}")
    await expect(audit.locator("#audit-empty")).to_be_visible(timeout=STEP)
    organiser = await server.guest(links["organiser"])
    jury = [await Guest.accepted(server.base, link) for link in (links["chairs"][room], *links["judges"][room][:2])]
    slow = await Guest.accepted(server.base, links["judges"][room][2])

    await play(organiser, jury, room)
    rows, calm, alarms = audit.locator("#audit-rows tr"), audit.locator("#audit-calm"), audit.locator("#audit-alarms")
    await expect(rows.first).to_contain_text("Place announced", timeout=STEP)
    await expect(calm).to_contain_text("The published record has every entry", timeout=STEP)
    await expect(alarms).to_be_hidden()
    assert await audit.locator("#audit-heads li").count() == 5, "three windows, the count, the result"
    async with audit.expect_download() as saving:
        await audit.locator("#audit-save").click()
    hashes = (await (await saving.value).path()).read_text().split()
    assert len(hashes) == 1 + await rows.count()
    assert hashes[1] == await rows.last.locator(".audit-hash").get_attribute("title")

    await audit.evaluate(FORGES)
    await audit.reload()
    await expect(alarms).to_contain_text("Entry 3 is not what this browser saw before.", timeout=STEP)
    await expect(calm).to_be_hidden()
    assert people.errors == []
    async with slow.desk(room) as desk:
        answer = await desk.ask({"type": "ballot.cast", "project": "polynya", "scores": {}, "expected_revision": 0})
        assert answer["type"] == "refused"


async def test_what_is_done_beside_the_windows_stands_out(server: House, room: str, people: People) -> None:
    """Hundreds of ballots are as they should be; the late one is what an auditor looks for."""
    links = server.people
    audit = (await people.invited(links["auditors"][0])).page
    await audit.goto(f"{server.base}/as/auditor/audit/{room}")
    organiser = await server.guest(links["organiser"])
    slow = await Guest.accepted(server.base, links["judges"][room][2])
    async with organiser.desk(room) as control, slow.desk(room) as desk:
        for phase in ("pitch", "questions", "voting", "closed"):
            await control.advance(phase)
        project = control.room["session"]["project"]
        scores = dict.fromkeys(("innovation", "market", "team", "feasibility", "cooperation"), 8)
        receipt_of(
            await desk.ask({"type": "ballot.late", "project": project, "scores": scores, "expected_revision": 0})
        )
    await audit.locator("#audit-which [value=late]").click()
    rows = audit.locator("#audit-rows tr")
    await expect(rows).to_have_count(1, timeout=STEP)
    await expect(rows.first).to_contain_text("Late ballot")
    await expect(rows.first).to_have_attribute("data-late", "true")
    await expect(audit.locator("#audit-which [value=late]")).to_have_attribute("aria-pressed", "true")
    assert people.errors == []
