"""A judge's receipts in a real browser: saved, checked on paper and by recount, and an alarm on a forged store."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from roadshow.ids import CompetitionId, PollId
from roadshow.store.connection import connect, socket_url
from roadshow.store.embedded import EmbeddedStore
from roadshow.store.keys import Keys
from roadshow.voting.ledger.recount import Report, recount
from tests.browser.acts import STEP
from tests.browser.conftest import People
from tests.browser.shortcut import CRITERIA, SCORED, guest_of, play
from tests.chaos.desks import Guest
from tests.demo_server import DemoServer

ROOM = "ai"
DEMO = CompetitionId("demo")
COUNTED = "Your 3 receipts are in the published record."


async def _saved(page: Page, button: str) -> bytes:
    async with page.expect_download() as saving:
        await page.locator(button).click()
    return await asyncio.to_thread(Path(await (await saving.value).path()).read_bytes)


async def _recounted(page: Page, server: DemoServer, receipts: bytes) -> Report:
    """What ``roadshow recount --receipt`` says of the record that everybody gets."""
    record = await (await page.request.get(f"{server.base}/rooms/{ROOM}/record.json")).body()
    return recount(record, receipt=receipts)


async def _forge(server: DemoServer, judge: str) -> None:
    """The server's machine in bad hands: a ballot gets other scores in the store, and what lies beside the key, which
    would stop the next start, is taken away. Hashes mend themselves: they are made of what the store says."""
    async with connect(socket_url(EmbeddedStore(server.data).socket)) as opened:
        store = opened.redis
        ledger = Keys(DEMO).poll(PollId(ROOM)).ledger
        found: Any = await store.xrange(ledger)
        entries = [(name.decode(), fields) for name, fields in found]
        for _, fields in entries:
            body = json.loads(fields[b"body"])
            if fields[b"kind"] == b"ballot" and body["judge"] == judge:
                body["scores"] = dict.fromkeys(CRITERIA, 0)
                fields[b"body"] = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
                break
        else:
            pytest.fail("there is no ballot to forge")
        await store.delete(ledger)
        for name, fields in entries:
            await store.xadd(ledger, fields, id=name)
    for file in server.data.glob("heads-*"):
        file.unlink()


async def test_a_judge_saves_receipts_checks_them_and_is_warned_of_a_forged_store(
    server: DemoServer, people: People
) -> None:
    """What was acknowledged is in the judge's hands: no server over a forged store takes it back."""
    links = server.people
    organiser = await Guest.accepted(server.base, links["organiser"])
    desk = (await people.invited(links["judges"][ROOM][0])).page
    judge = await guest_of(server, desk.context, desk.url.partition("/as/")[2].partition("/")[0])
    chair, other = [
        await Guest.accepted(server.base, link) for link in (links["chairs"][ROOM], links["judges"][ROOM][1])
    ]
    await play(organiser, [chair, judge, other], ROOM)

    # Saved, and checked: by this browser against the record, by any machine with recount, and on paper.
    await expect(desk.locator("#receipts-published")).to_have_text(COUNTED, timeout=STEP)
    receipts = await _saved(desk, "#save-receipts")
    assert [one["judge"] for one in json.loads(receipts)["receipts"]] == [judge.person] * SCORED
    report = await _recounted(desk, server, receipts)
    assert report.faults == ()
    assert any("receipt" in finding.text for finding in report.findings)
    paper = (await people.tab(desk.context, f"{server.base}/as/{judge.person}/receipts/{ROOM}")).page
    await expect(paper.get_by_text("The signature is genuine.")).to_have_count(SCORED, timeout=STEP)
    await paper.close()

    people.tolerant = True
    server.kill()
    await _forge(server, judge.person)
    await asyncio.to_thread(server.start)
    alarm = desk.locator("#receipt-alarm")
    await expect(alarm).to_contain_text("The server holds another ballot", timeout=STEP)
    kept = await _saved(desk, "#receipt-alarm [data-save]")
    assert json.loads(kept)["receipts"] == json.loads(receipts)["receipts"]

    # It outlives the page, and the published record is against the one who forged it as well.
    await desk.reload()
    await expect(alarm).to_contain_text("The published record does not have your ballot", timeout=STEP)
    assert (await _recounted(desk, server, kept)).faults
    assert people.errors == []
