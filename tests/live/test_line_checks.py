"""Line checks, from a person's desk to the relay, the store and control."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from roadshow.access.limits import LINE_CHECKS_OF_PERSON
from roadshow.competitions.people import Person, Role
from roadshow.fields import lines
from roadshow.fields.rooms import RoomKind, SideRoom
from roadshow.ids import RoomId
from roadshow.rooms.commands import Start
from tests.live.conftest import AI, BIO, Browser, Final, a_browser
from tests.relay.light_peer import LightPeer, section
from tests.told import sections

PUBLISH = section("video", "0", "sendonly", ["VP8"])
WATCH = section("video", "0", "recvonly", ["VP8"])
GOOD = {"way": "udp", "estimate": 2_400_000, "carried": 2_000_000, "round_trip": 30, "spread": 5, "lost": 0}


@dataclass
class Desk:
    """Somebody who is signed in."""

    final: Final
    person: Person
    http: httpx.AsyncClient
    check: str = ""
    """The newest."""

    @property
    def line(self) -> str:
        return f"/as/{self.person.id}/line"

    async def begin(self) -> dict[str, str]:
        answer = await self.http.post(self.line)
        assert answer.status_code == 200, answer.text
        given: dict[str, str] = answer.json()
        self.check = given["check"]
        return given

    async def finish(self, **changed: Any) -> httpx.Response:
        return await self.http.post(f"{self.line}/figures", params={"check": self.check}, json={**GOOD, **changed})

    async def stop(self, check: str | None = None) -> httpx.Response:
        return await self.http.delete(self.line, params={"check": self.check if check is None else check})

    async def offer(self, address: str, token: str, parts: list[str]) -> httpx.Response:
        headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token}"}
        return await self.http.post(address, content=LightPeer().offer(parts), headers=headers)

    @asynccontextmanager
    async def following(self, room: RoomId = AI) -> AsyncIterator[Browser]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        async with a_browser(self.final.base, f"?as={self.person.id}", cookie) as browser:
            await browser.send(type="follow", room=room)
            yield browser


@asynccontextmanager
async def _desk(final: Final, role: Role, number: int = 0) -> AsyncIterator[Desk]:
    person = [one for one in final.show.people if one.role is role][number]
    headers = {"Origin": final.base, "Accept": "application/json"}
    async with httpx.AsyncClient(base_url=final.base, headers=headers) as browser:
        await browser.post(await final.show.invite(person.id))
        yield Desk(final, person, browser)


def _refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_check_is_sent_to_this_server_and_nobody_else_can_watch_it(final: Final) -> None:
    """It is to tell of the true way, and is nobody's business; its token opens no stage, nor somebody's practice."""
    async with _desk(final, Role.PITCHER) as ann, _desk(final, Role.PITCHER, 1) as bo:
        given, others = await ann.begin(), await bo.begin()
        assert (await ann.offer(given["whip"], given["token"], PUBLISH)).status_code == 201
        whep = given["whip"].replace("/whip", "/whep")
        for token in ("nonsense", others["token"]):
            assert (await bo.offer(whep, token, WATCH)).status_code in (401, 403)
        for room in (AI, SideRoom(RoomKind.PRACTICE, ann.person.id).id):
            assert (await ann.offer(f"/rooms/{room}/whip", given["token"], PUBLISH)).status_code in (401, 403), room
        stage = final.show.rooms[AI].snapshot().stage
        assert (stage.sources, stage.lanes) == ((), {})


async def test_the_servers_verdict_is_kept_and_shown_on_the_next_page(final: Final) -> None:
    """Days later the desk still begins with what was found; and ends what is sent, for others wait for the place."""
    async with _desk(final, Role.PITCHER) as ann:
        given = await ann.begin()
        sending = await ann.offer(given["whip"], given["token"], PUBLISH)
        told = (await ann.finish(estimate=900_000)).json()
        assert (told["verdict"], told["reasons"], told["up"], told["elsewhere"]) == ("slides", ["rate"], 900_000, False)
        assert (await ann.http.get(sending.headers["Location"])).json()["code"] == "relay.session"
        for page in ("pitch", "practice"):
            assert '"verdict":"slides"' in (await ann.http.get(f"/as/{ann.person.id}/{page}")).text, page


async def test_control_hears_of_it_at_once_and_the_audience_never(final: Final) -> None:
    """Whoever has a bad line is told to by the organiser, not by everybody who reads a socket."""
    async with (
        _desk(final, Role.PITCHER) as ann,
        _desk(final, Role.ORGANISER) as host,
        _desk(final, Role.JUDGE) as judge,
        host.following() as control,
        judge.following() as jury,
        final.watching() as audience,
    ):
        before = sections(await control.read_until("room.snapshot"))["lines"]["lines"]
        assert {line["verdict"] for line in before} == {None}
        await ann.begin()
        await ann.finish(way=None)
        while "lines" not in (told := sections(await control.read_until("room.changed"))):
            pass
        (found,) = [line for line in told["lines"]["lines"] if line["verdict"] is not None]
        assert (found["person"], found["verdict"], found["reasons"]) == (ann.person.id, "another", ["unreached"])
        assert found["old_at"] > found["at"]
        assert "figures" not in found
        await _start(final, AI)  # something that all of them hear
        for browser in (jury, audience):
            assert "lines" not in sections(await browser.read_until("room.snapshot"))
            assert "lines" not in sections(await browser.read_until("room.changed"))


async def test_no_check_while_a_field_is_live(final: Final) -> None:
    """Its bits would come out of a pitch's; in another field of the competition as well."""
    async with _desk(final, Role.PITCHER) as ann:
        await _start(final, BIO)
        assert _refusal(await ann.http.post(ann.line)) == (409, "line.live")


async def test_there_are_so_many_at_once_and_one_that_is_stopped_makes_room(
    final: Final, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each sends at full rate. Whoever begins again has still one place."""
    monkeypatch.setattr(lines, "MOST", 1)
    async with _desk(final, Role.PITCHER) as ann, _desk(final, Role.PITCHER, 1) as bo:
        first, second = await ann.begin(), await ann.begin()
        assert first["whip"] == second["whip"]
        assert _refusal(await bo.http.post(bo.line)) == (503, "relay.side-rooms")
        sending = await ann.offer(second["whip"], second["token"], PUBLISH)
        assert (await ann.stop()).status_code == 204
        assert (await ann.http.get(sending.headers["Location"])).json()["code"] == "relay.session"
        await bo.begin()
        assert _refusal(await ann.finish()) == (409, "line.over")


async def test_a_tab_that_was_left_behind_neither_ends_nor_judges_the_check_begun_anew(final: Final) -> None:
    """A person has one place. What the former tab still says is about a line that it did not measure to its end."""
    async with _desk(final, Role.PITCHER) as ann:
        former = (await ann.begin())["check"]
        given = await ann.begin()
        sending = await ann.offer(given["whip"], given["token"], PUBLISH)
        for stale in (former, "", "another"):
            assert _refusal(await ann.stop(stale)) == (409, "line.anew")
            figures = await ann.http.post(f"{ann.line}/figures", params={"check": stale}, json=GOOD)
            assert _refusal(figures) == (409, "line.anew")
        assert (await ann.http.get(sending.headers["Location"])).status_code == 204, "it still sends"
        assert (await ann.finish()).json()["verdict"] == "full"
        assert (await ann.stop(former)).status_code == 204, "there is nothing left to end"


async def test_a_check_that_nobody_ends_ends_by_itself(final: Final, monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed lid must not keep the place, nor send into it for half a day."""
    monkeypatch.setattr(lines, "LONGEST_S", 0.2)
    async with _desk(final, Role.PITCHER) as ann:
        given = await ann.begin()
        sending = await ann.offer(given["whip"], given["token"], PUBLISH)
        assert sending.status_code == 201

        async def is_free() -> bool:
            return final.show.parts.context.lines.running == 0

        await _until(is_free)
        assert (await ann.http.get(sending.headers["Location"])).json()["code"] == "relay.session"
        assert _refusal(await ann.finish()) == (409, "line.over")

        async def is_refused() -> bool:
            return (await ann.offer(given["whip"], given["token"], PUBLISH)).status_code == 401

        await _until(is_refused)


async def test_what_is_sent_with_the_token_of_a_check_that_was_stopped_ends_with_it(
    final: Final, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever stops at once would have a session without an end."""
    monkeypatch.setattr(lines, "LONGEST_S", 0.3)
    async with _desk(final, Role.PITCHER) as ann:
        given = await ann.begin()
        await ann.stop()
        sending = await ann.offer(given["whip"], given["token"], PUBLISH)
        assert sending.status_code == 201

        async def is_over() -> bool:
            return (await ann.http.get(sending.headers["Location"])).status_code == 404

        await _until(is_over)


async def test_one_person_checks_so_often_and_no_more(final: Final) -> None:
    """A script in a loop would be a publisher for ever."""
    async with _desk(final, Role.PITCHER) as ann:
        for _ in range(LINE_CHECKS_OF_PERSON.amount):
            await ann.begin()
        assert _refusal(await ann.http.post(ann.line)) == (429, "rate.lines")


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"[]", b"{", b'{"way": "carrier pigeon"}', b'{"way": "udp", "lost": 2}', b'{"way": "udp", "more": 1}'),
        *(b'{"way": "udp", "estimate": 1e400}', b'{"way": "udp", "round_trip": -1}', b" " * 2000),
        *(b'{"way": "\xff"}', b'{"\xff": 1}', b'{"way": "udp", "lost": NaN}'),
    ],
)
async def test_figures_that_no_page_of_ours_sends_are_refused(final: Final, body: bytes) -> None:
    """They come from a browser, so from anybody with a desk."""
    async with _desk(final, Role.PITCHER) as ann:
        await ann.begin()
        answer = await ann.http.post(f"{ann.line}/figures", content=body)
        assert _refusal(answer) == (400, "message.malformed")


async def test_who_was_shown_out_checks_no_more(final: Final) -> None:
    """As with all that is sent: a revocation ends it at once."""
    async with _desk(final, Role.PITCHER) as ann:
        given = await ann.begin()
        sending = await ann.offer(given["whip"], given["token"], PUBLISH)
        await final.show.guests.revoke(ann.person.id)
        assert (await ann.http.get(sending.headers["Location"])).json()["code"] == "relay.session"
        assert (await ann.offer(given["whip"], given["token"], PUBLISH)).status_code == 401
        assert (await ann.finish()).status_code == 401


async def _until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await holds():  # noqa: ASYNC110  (a timer's end is told to nobody)
            await asyncio.sleep(0.02)


async def _start(final: Final, room: RoomId) -> None:
    session = final.show.rooms[room].snapshot().session
    assert session.slot is not None
    await final.show.fields.of(room).control(Start(expected=(session.slot, session.phase)))
