"""The audience and people at work do not share their way to the store."""

import asyncio
import socket
from datetime import date
from pathlib import Path

import httpx
import pytest

from roadshow import adapters
from roadshow.app import open_show
from roadshow.competitions.loading import load_preset
from roadshow.competitions.people import Role
from roadshow.ids import CommandId, CriterionId
from roadshow.settings import Settings
from roadshow.store.connection import socket_url
from roadshow.voting.votes import Cast

DEMO = load_preset("demo", today=date(2090, 1, 1))
FIELD = DEMO.fields[0]
CROWD = 500


async def test_a_crowd_that_hangs_leaves_a_judges_ballot_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the reveal everybody asks at once, and elsewhere a jury is still voting."""
    hanging = tmp_path / "hanging.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(hanging))
        listening.listen(CROWD)  # takes every connection and answers none
        monkeypatch.setattr(adapters, "running_url", lambda _settings: socket_url(hanging))
        settings = Settings(data=tmp_path / "data", port=0, udp_port=0)
        async with open_show(settings, DEMO) as show:
            base = show.settings.public_url
            transport = httpx.ASGITransport(show.app)
            judge = next(one for one in show.people if one.holds(Role.JUDGE, room=FIELD.room))
            project = show.casting.cast.projects_in(FIELD.id)[0].id
            voting = show.parts.context.voting
            async with httpx.AsyncClient(transport=transport, base_url=base, headers={"Origin": base}) as browser:
                asking = [asyncio.create_task(browser.get("/results")) for _ in range(CROWD)]
                await asyncio.sleep(0)
                await browser.post(f"/i/{await show.guests.invite(judge.id)}")
                desk = await browser.get(f"/as/{judge.id}/judge/{FIELD.room}")
                assert desk.status_code == 200
                await voting.open_window(FIELD.room, project, None)
                scores = {CriterionId(one.id): 5 for one in DEMO.criteria}
                given = await voting.cast(FIELD.room, judge.id, Cast(CommandId("ballot-0001"), project, scores, 0))
                assert given.revision == 1
                for one in asking:
                    one.cancel()
                await asyncio.wait(asking)
