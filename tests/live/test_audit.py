"""The auditor: reads the ledger as it grows, and can do nothing."""

import httpx

from roadshow.competitions.people import Role
from roadshow.ids import PersonId
from roadshow.rooms.commands import Next, Start
from roadshow.rooms.phases import Phase
from tests.live.conftest import AI, Final, a_browser
from tests.told import sections

AUDITOR = PersonId("auditor")


async def _signed_in(final: Final, browser: httpx.AsyncClient) -> str:
    await browser.post(await final.show.invite(AUDITOR))
    return "; ".join(f"{name}={value}" for name, value in browser.cookies.items())


async def _first_window(final: Final) -> None:
    field = final.show.fields.of(AI)
    for phase in (Phase.STANDBY, Phase.PITCH, Phase.QUESTIONS):
        session = final.show.rooms[AI].snapshot().session
        assert session.phase is phase
        assert session.slot is not None
        expected = (session.slot, session.phase)
        await field.control(Start(expected=expected) if phase is Phase.STANDBY else Next(expected=expected))


async def test_an_auditor_reads_each_act_as_it_happens_and_the_audience_hears_nothing_of_it(final: Final) -> None:
    """Who watches must not have to ask those whom they watch."""
    headers = {"Origin": final.base, "Accept": "application/json"}
    async with httpx.AsyncClient(base_url=final.base, headers=headers) as browser, final.watching() as audience:
        cookie = await _signed_in(final, browser)
        async with a_browser(final.base, f"?as={AUDITOR}", cookie) as desk:
            await desk.send(type="follow", room=AI)
            before = sections(await desk.read_until("room.snapshot"))
            assert before["ledger"]["sequence"] == 0
            assert before["ledger"]["head"] == before["ledger"]["rules"], "nothing but the rules yet"
            assert not before.keys() & {"progress", "review", "windows", "grounds"}
            await _first_window(final)
            while (now := sections(await desk.read_until("room.changed"))).get("ledger", before["ledger"])[
                "sequence"
            ] == 0:
                pass
        page = f"/as/{AUDITOR}/audit/{AI}"
        found = (await browser.get(f"{page}/entries")).json()
        assert [entry["kind"] for entry in found["entries"]] == ["open"]
        assert found["entries"][0]["hash"] == now["ledger"]["head"]
        assert (await browser.get(f"{page}/entries", params={"after": 1})).json() == {"entries": [], "more": False}
        for nonsense in ("-1", "x", "٣", "9" * 40):
            answer = await browser.get(f"{page}/entries", params={"after": nonsense})
            assert (answer.status_code, answer.json()["code"]) == (400, "message.malformed"), nonsense
        assert "ledger" not in sections(await audience.read_until("room.snapshot"))


async def test_an_auditor_holds_no_other_role(final: Final) -> None:
    """Nobody audits what they do themselves."""
    (auditor,) = [one for one in final.show.people if one.holds(Role.AUDITOR)]
    assert len(auditor.appointments) == 1
