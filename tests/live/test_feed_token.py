"""What `roadshow feed` prints opens the door of the server that uses the same data folder, until it is withdrawn."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import httpx
import pytest

from roadshow.app import open_show
from roadshow.cli import main
from roadshow.commands import feeding
from roadshow.commands.links import RoomLinks
from roadshow.competitions.loading import load_preset
from roadshow.errors import SetupError
from roadshow.ids import EncoderId, RoomId
from roadshow.rooms.feeds.encoders import BACKUP, MAIN
from roadshow.settings import Settings
from roadshow.show import Show
from tests.live.conftest import AI
from tests.relay.light_peer import LightPeer, section

COMPETITION = load_preset("demo", today=date(2026, 1, 1))


@dataclass(frozen=True)
class Served:
    """A server with a store of its own, and a program that sends."""

    settings: Settings
    show: Show
    sender: httpx.AsyncClient

    async def links(self, room: RoomId, encoder: EncoderId = MAIN) -> RoomLinks:
        return await feeding.feed_links(self.settings, COMPETITION, room, encoder)

    async def withdraw(self, room: RoomId, encoder: EncoderId) -> RoomLinks:
        """At the console."""
        links, is_served = await feeding.withdraw(self.settings, COMPETITION, room, encoder)
        assert is_served
        return links

    async def offered(self, whip: str, token: str, offer: str = "v=0\r\n") -> tuple[int, str]:
        """Status and code. An offer that makes no sense is refused for that, so whoever sent it was let in."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
        answer = await self.sender.post(whip, content=offer, headers=headers)
        return answer.status_code, "" if answer.status_code == 201 else answer.json()["code"]


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0, public_url="http://localhost:8000")
    async with (
        open_show(settings, COMPETITION) as show,
        httpx.AsyncClient(transport=httpx.ASGITransport(show.app), base_url=settings.public_url) as sender,
    ):
        yield Served(settings, show, sender)


async def test_the_server_takes_the_token_for_that_room_alone(served: Served) -> None:
    """Nobody gets onto another field's stage with it."""
    here, elsewhere = [await served.links(field.room) for field in COMPETITION.fields[:2]]
    assert await served.offered(here.whip, "p.ai.feed.0..0.made-up") == (401, "whip.token")
    assert await served.offered(here.whip, elsewhere.publish_token) == (403, "whip.room")
    assert (await served.offered(here.whip, here.publish_token))[0] == 422


async def test_a_token_is_withdrawn_alone_and_at_once_beside_the_running_server(
    served: Served, acts_of_the_console: asyncio.Queue[tuple[str, str, str]]
) -> None:
    """By whoever finds out in the middle of the show that it is in the wrong hands. What it opened ends; the next one
    opens, and so does the other encoder's."""
    main, backup = [await served.links(AI, name) for name in (MAIN, BACKUP)]
    offer = LightPeer().offer(section("video", "0", "sendonly", ["VP8"]))
    assert await served.offered(main.whip, main.publish_token, offer) == (201, "")
    assert await served.offered(backup.whip, backup.publish_token, offer) == (201, "")
    following = await served.withdraw(AI, BACKUP)
    assert following.publish_token != backup.publish_token
    assert following.publish_token == (await served.links(AI, BACKUP)).publish_token
    assert await served.offered(backup.whip, backup.publish_token) == (401, "feed.withdrawn")
    assert (await served.offered(backup.whip, following.publish_token))[0] == 422
    assert (await served.offered(main.whip, main.publish_token))[0] == 422
    async with asyncio.timeout(10):
        assert await acts_of_the_console.get() == ("feed.withdraw", BACKUP, "accepted")
    assert served.show.parts.context.relay.stats().publishers == 1


async def test_an_encoder_of_another_name_is_there_once_its_token_was_asked_for(served: Served) -> None:
    """And not before: whoever has the secret of an old server has no name of this one's."""
    balcony = EncoderId("balcony")
    token = served.show.tokens.encoder_token(AI, balcony, 0)
    whip = (await served.links(AI)).whip
    assert await served.offered(whip, token) == (401, "feed.withdrawn")
    with pytest.raises(SetupError, match="There are: main, backup"):
        await served.withdraw(AI, balcony)
    assert (await served.links(AI, balcony)).publish_token == token
    assert (await served.offered(whip, token))[0] == 422
    assert (await served.links(AI, balcony)).publish_token == token
    with pytest.raises(SetupError, match="small letters"):
        await served.links(AI, EncoderId("Second camera"))


async def test_the_command_says_what_it_ended_and_what_comes_next(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever withdraws a token in the middle of a show sets the machine up anew in the same minute."""
    for name in ("REDIS_URL", "ROADSHOW_DATA", "ROADSHOW_SECRET"):
        monkeypatch.delenv(name, raising=False)
    command = ["feed", AI, "--demo", "--encoder", "backup", "--withdraw", "--data", str(served.settings.data)]
    await asyncio.to_thread(main, command)
    said, server, token = capsys.readouterr().out.splitlines()
    assert said.startswith("The token of backup in ai is withdrawn; a server is running")
    assert server.endswith("/c/demo/rooms/ai/whip")
    assert token == f"Bearer Token  {(await served.links(AI, BACKUP)).publish_token}"
