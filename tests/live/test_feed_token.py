"""What `roadshow feed` prints opens the door of the server that uses the same data folder."""

from datetime import date
from pathlib import Path

import httpx

from roadshow.app import open_show
from roadshow.commands.links import feed_links
from roadshow.competitions.loading import load_preset
from roadshow.settings import Settings

COMPETITION = load_preset("demo", today=date(2026, 1, 1))


async def test_the_server_takes_the_token_for_that_room_alone(tmp_path: Path) -> None:
    """An offer that makes no sense is refused for that, so whoever sent it was let in."""
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0, public_url="http://localhost:8000")
    async with (
        open_show(settings, COMPETITION) as show,
        httpx.AsyncClient(transport=httpx.ASGITransport(show.app), base_url=settings.public_url) as sender,
    ):
        here, elsewhere = (feed_links(settings, COMPETITION, field.room) for field in COMPETITION.fields[:2])

        async def refusal(token: str) -> int:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
            return (await sender.post(here.whip, content="v=0\r\n", headers=headers)).status_code

        assert await refusal("p.ai.feed.0..0.made-up") == 401
        assert await refusal(elsewhere.publish_token) == 403
        assert await refusal(here.publish_token) == 422
