"""Two competitions in one house: walked as each role, by whoever was invited to the other. Nothing of one opens, moves
or tells anything of the other, though everybody and everything has the same name."""

import asyncio
import dataclasses
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from roadshow.access import limits
from roadshow.access.roles import ROUTES, allowed
from roadshow.adapters import Adapters, in_memory, stored
from roadshow.app import MOST_COMPETITIONS, open_house
from roadshow.competitions.people import Role
from roadshow.errors import Conflict, RoadshowError, SetupError, TooMany
from roadshow.ids import FEED, CommandId, CompetitionId, PersonId, PublisherId
from roadshow.live import socket as live_socket
from roadshow.live.hub import POLICY
from roadshow.rooms.phases import Phase
from roadshow.show import Show
from roadshow.voting.audience.award import AwardState, Voter, VoterId
from roadshow.voting.key_file import key_path, load_signer
from roadshow.voting.ledger.signing import is_genuine
from roadshow.voting.votes import Cast
from tests.chaos.desks import Gone, Guest
from tests.live.test_cast import Ended
from tests.live.test_every_route import DENIALS, Call, _calls
from tests.live.two import (
    AI,
    FINAL,
    YOUTH,
    base_of,
    browser_in,
    house_of_two,
    settings_in,
    sign_in,
    somebody,
    two_on_a_port,
)
from tests.relay.light_peer import LightPeer, section, vp8
from tests.relay.studio import pictures

OF_THE_HOUSE = {"static", "health", "ready", "metrics", "programme", "robots"}
"""Routes that are no competition's."""
PUBLISH = section("video", "0", "sendonly", ["VP8"])
WATCH = section("video", "0", "recvonly", ["VP8"])
JSON = "application/json"
KEPT = pytest.mark.parametrize("adapters", [in_memory, stored])


def _walk(show: Show, role: Role, is_first: bool) -> Iterator[Call]:
    """Every route of the competition; of the first, also by the addresses that do not name it."""
    for call in _calls(show, role, somebody(show, role)):
        if call.name not in OF_THE_HOUSE:
            if is_first and call.name != "home":  # at the shortest address is the house's own page
                yield call
            yield Call(call.name, call.method, f"/c/{show.competition.id}{_without_name(call.path)}")


def _names(routes: Sequence[BaseRoute]) -> set[str]:
    return {route.name for route in routes if isinstance(route, Route | WebSocketRoute)}


def _without_name(path: str) -> str:
    return re.sub(r"^/c/[^/]+/?", "/", path)


# People -------------------------------------------------------------------------------------------------------------


async def test_each_competition_has_every_route_under_its_name(tmp_path: Path) -> None:
    """What the walk below takes for granted."""
    async with house_of_two(tmp_path) as (house, *_):
        under = {route.path: _names(route.routes) for route in house.app.routes if isinstance(route, Mount)}
        assert set(under) == {"/c/demo", "/c/youth"}
        assert all(names == set(ROUTES) - OF_THE_HOUSE for names in under.values())


@KEPT
async def test_nobody_is_let_into_the_other_competition(tmp_path: Path, adapters: Adapters) -> None:
    """All of it with real cookies: an id in an address, and a session that is good next door, open nothing."""
    async with house_of_two(tmp_path, adapters) as (house, *_):
        for own, other in permutations(house.shows):
            for role in Role:
                person = somebody(own, role)
                async with browser_in(house, JSON) as browser:
                    if person is not None:
                        await sign_in(browser, own, person.id)
                        assert (await browser.get(f"{base_of(own)}/as/{person.id}")).status_code == 303
                    closed = set()
                    for call in _walk(other, role, is_first=other is house.shows[0]):
                        if allowed(Role.AUDIENCE, call.name):
                            continue
                        answer = await browser.request(call.method, call.path)
                        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in.needed"), (role, call)
                        closed.add(call.name)
                    assert closed == {name for name in ROUTES if not allowed(Role.AUDIENCE, name)}


async def test_what_is_public_is_open_to_guests_of_the_other(tmp_path: Path) -> None:
    async with house_of_two(tmp_path) as (house, final, youth):
        for own, other in permutations((final, youth)):
            async with browser_in(house, JSON) as browser:
                await sign_in(browser, own, PersonId("organiser"))
                for call in _walk(other, Role.AUDIENCE, is_first=other is final):
                    if allowed(Role.AUDIENCE, call.name):
                        answer = await browser.request(call.method, call.path)
                        code = answer.json().get("code") if "json" in answer.headers.get("content-type", "") else ""
                        assert code not in DENIALS | {"page.unknown", "page.method"}, call
                        assert answer.status_code < 500, call


@KEPT
async def test_an_invitation_opens_nothing_next_door(tmp_path: Path, adapters: Adapters) -> None:
    """Nor is it used up there. Afterwards one browser holds people of both, each where they were invited."""
    async with house_of_two(tmp_path, adapters) as (house, final, youth), browser_in(house, JSON) as browser:
        for own, other in permutations((final, youth)):
            token = await own.guests.invite(PersonId("organiser"))
            for ask in (browser.get, browser.post):
                answer = await ask(f"{base_of(other)}/i/{token}")
                assert answer.status_code == 404
            answer = await browser.post(f"{base_of(own)}/i/{token}")
            assert answer.headers["location"] == f"{base_of(own)}/as/organiser"
        for show in (final, youth):
            page = await browser.get(f"{base_of(show)}/as/organiser/control/ai")
            assert page.status_code == 200
            assert f'"live":"{base_of(show)}/live' in page.text
        await final.guests.revoke(PersonId("organiser"))
        assert (await browser.get(f"{base_of(final)}/as/organiser/people")).status_code == 401
        assert (await browser.get(f"{base_of(youth)}/as/organiser/people")).status_code == 200


# Sockets ------------------------------------------------------------------------------------------------------------


async def test_a_socket_hears_and_moves_its_own_competition_alone(tmp_path: Path) -> None:
    async with two_on_a_port(tmp_path) as (final, youth):
        here = await Guest.accepted(final.address, await final.invite(PersonId("organiser")))
        there = await Guest.accepted(youth.address, await youth.invite(PersonId("organiser")))
        stranger = Guest(youth.address, "organiser", here.cookies)
        with pytest.raises(Gone):
            async with stranger.desk(AI):
                pass
        async with here.desk(AI) as control, there.desk(AI) as other:
            await control.advance("pitch")
            assert final.rooms[AI].snapshot().session.phase is Phase.PITCH
            assert youth.rooms[AI].snapshot().session.phase is Phase.STANDBY
            await other.do("stage.select", mode="empty")
            changed = await other.heard(lambda frame: frame["type"] == "room.changed")
            assert "stage" in changed
            assert "session" not in changed, "the first thing it hears is its own"
            assert other.room["session"]["phase"] == "standby"
            await final.guests.revoke(PersonId("organiser"))
            assert (await control.heard(lambda frame: frame["type"] == "superseded"))["reason"] == "revoked"
            await other.do("stage.select", mode="auto")


async def test_an_appointment_that_ends_next_door_ends_no_socket_here(tmp_path: Path) -> None:
    async with house_of_two(tmp_path) as (_, final, youth):
        person = final.casting.cast.person(PersonId("organiser"))
        here, there = Ended(person), Ended(person)
        final.hub.join(here)
        youth.hub.join(there)
        await final.guests.revoke(person.id)
        assert here.ended == [POLICY]
        assert there.ended == []


async def test_viewers_are_counted_apart_and_seats_together(tmp_path: Path) -> None:
    """A house is full when its process is; how many watch is each field's own."""
    async with house_of_two(tmp_path) as (house, final, youth):
        final.hub.seats.most = 3
        viewers = [(show, Ended(None)) for show in (final, final, youth)]
        for show, viewer in viewers:
            show.hub.join(viewer)
            await show.hub.follow(viewer, AI)
        assert [show.hub.viewers(AI) for show in (final, youth)] == [2, 1]
        for show in house.shows:
            with pytest.raises(TooMany):
                show.hub.join(Ended(None))
        final.hub.leave(viewers[0][1])
        youth.hub.join(Ended(None))
        async with browser_in(house, JSON) as browser:
            figures = (await browser.get("/metrics", headers={"Host": "localhost"})).text
        assert 'roadshow_room_followers{room="demo/ai"} 1.0' in figures
        assert 'roadshow_room_followers{room="youth/ai"} 1.0' in figures
        assert "roadshow_sockets 3.0" in figures


async def test_who_reconnects_for_ever_keeps_nobody_of_their_name_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An organiser is *organiser* everywhere."""
    once = dataclasses.replace(limits.HANDSHAKES_OF_PERSON, amount=1)
    monkeypatch.setattr(live_socket, "HANDSHAKES_OF_PERSON", once)
    async with two_on_a_port(tmp_path) as (final, youth):
        here = await Guest.accepted(final.address, await final.invite(PersonId("organiser")))
        there = await Guest.accepted(youth.address, await youth.invite(PersonId("organiser")))
        async with here.desk(AI):
            pass
        with pytest.raises(Gone):
            async with here.desk(AI):
                pass
        async with there.desk(AI) as desk:
            assert desk.room["session"]["phase"] == "standby"


# Media --------------------------------------------------------------------------------------------------------------


def _offer(token: str) -> dict[str, Any]:
    headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token}"}
    return {"content": LightPeer().offer(PUBLISH), "headers": headers}


async def test_a_token_publishes_into_its_own_competition_alone(tmp_path: Path) -> None:
    """And who is on the air in one room is not in the other room of that name."""
    async with house_of_two(tmp_path) as (house, final, youth), browser_in(house, JSON) as browser:
        for own, other in permutations((final, youth)):
            for publisher in (FEED, PublisherId(FINAL.projects[0].id)):
                token = own.tokens.publish_token(AI, publisher)
                refused = await browser.post(f"{base_of(other)}/rooms/ai/whip", **_offer(token))
                assert (refused.status_code, refused.json()["code"]) == (401, "whip.token")
        token = youth.tokens.publish_token(AI, FEED)
        assert (await browser.post("/rooms/ai/whip", **_offer(token))).status_code == 401, (
            "the first one's short address"
        )
        answer = await browser.post("/c/youth/rooms/ai/whip", **_offer(token))
        assert answer.status_code == 201
        assert answer.headers["Location"].startswith("/c/youth/rooms/ai/whip/")
        assert (await browser.delete(answer.headers["Location"])).status_code == 200


async def test_who_is_on_the_air_is_in_one_room_alone(tmp_path: Path) -> None:
    """Pictures of a feed arrive where it was sent, and nowhere else; so do the relay's figures."""
    peers = []

    async def connected(browser: httpx.AsyncClient, address: str, sections: list[str], token: str = "") -> LightPeer:
        peers.append(peer := LightPeer())
        headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token}"}
        answer = await browser.post(address, content=peer.offer(sections), headers=headers)
        assert answer.status_code == 201
        return await peer.connect(answer.text)

    async with house_of_two(tmp_path) as (house, final, youth), browser_in(house, JSON) as browser:
        here, there = [await connected(browser, f"{base_of(show)}/rooms/ai/whep", WATCH) for show in house.shows]
        feed = await connected(browser, "/c/youth/rooms/ai/whip", PUBLISH, youth.tokens.publish_token(AI, FEED))
        feed.send_rtp(vp8(10, 0, key=True))
        number = 10
        async with asyncio.timeout(10):
            while not pictures(there):
                number += 1
                feed.send_rtp(vp8(number, 3000 * (number - 10), key=True))
                await asyncio.sleep(0.02)
        assert not pictures(here)
        assert _sources(youth) == {"feed/camera"}
        assert _sources(final) == set()
        await sign_in(browser, final, PersonId("organiser"))
        figures = (await browser.get("/c/demo/as/organiser/control/ai/media")).json()
        assert (figures["sources"], figures["viewers"]["connected"]) == ([], 1)
        for peer in peers:
            await peer.close()


def _sources(show: Show) -> set[str]:
    return {source.source for room in show.parts.relay.stats().rooms if room.room == AI for source in room.sources}


async def test_a_full_house_sends_viewers_on_to_their_own_competition(tmp_path: Path) -> None:
    """Else the two rooms *ai* would be one, on the second server."""
    elsewhere = "https://second.example.org/c/{competition}/rooms/{room}/whep"
    full = dataclasses.replace(settings_in(tmp_path), max_viewers=0, whep_redirect=elsewhere)
    opened = open_house(full, [FINAL, YOUTH], adapters=in_memory)
    async with opened as house, browser_in(house, JSON) as browser:
        for name in ("demo", "youth"):
            offer, headers = LightPeer().offer(WATCH), {"Content-Type": "application/sdp"}
            answer = await browser.post(f"/c/{name}/rooms/ai/whep", content=offer, headers=headers)
            assert answer.status_code == 307
            assert answer.headers["location"].startswith(f"https://second.example.org/c/{name}/rooms/ai/whep?")
    nameless = dataclasses.replace(full, whep_redirect=elsewhere.replace("/c/{competition}", ""))
    with pytest.raises(SetupError, match=r"must name them too"):
        async with open_house(nameless, [FINAL, YOUTH], adapters=in_memory):
            pass
    async with open_house(nameless, [FINAL], adapters=in_memory):
        pass


async def test_a_revocation_takes_nobody_off_the_air_next_door(tmp_path: Path) -> None:
    """The same person, by name, publishes the same project in both."""
    async with house_of_two(tmp_path) as (house, final, youth), browser_in(house, JSON) as browser:
        pitcher = next(one for one in final.people if one.holds(Role.PITCHER, room=AI))
        project = next(iter(pitcher.publishers))
        on_air = []
        for show in house.shows:
            era = (await show.guests.access([pitcher.id]))[pitcher.id].era
            token = show.tokens.publish_token(AI, project, holder=pitcher.id, era=era)
            answer = await browser.post(f"{base_of(show)}/rooms/ai/whip", **_offer(token))
            assert answer.status_code == 201
            on_air.append(answer.headers["Location"])
        await final.guests.revoke(pitcher.id)
        assert [(await browser.get(session)).status_code for session in on_air] == [404, 204]
        await youth.guests.revoke(pitcher.id)
        assert (await browser.get(on_air[1])).status_code == 404


# What is kept -------------------------------------------------------------------------------------------------------


@KEPT
async def test_votes_and_receipts_are_of_one_competition(tmp_path: Path, adapters: Adapters) -> None:
    """Of a voter's token, too: what it voted for in one is nobody's choice in another."""
    async with house_of_two(tmp_path, adapters) as (_, final, youth):
        judge = next(one for one in final.people if one.holds(Role.JUDGE, room=AI)).id
        project = final.fields.of(AI).room.snapshot().rundown.slots[0].project
        voting, other = final.parts.context.voting, youth.parts.context.voting
        scores = {criterion.id: 5 for criterion in FINAL.criteria}
        receipt = None
        async with asyncio.timeout(5):
            while receipt is None:  # the room begins by closing every window, and may do so in between
                await voting.open_window(AI, project, None)
                with suppress(Conflict):
                    receipt = await voting.cast(AI, judge, Cast(CommandId("ballot-001"), project, scores, 0))
        assert is_genuine(receipt, voting.public_key)
        assert not is_genuine(receipt, other.public_key)
        assert voting.public_key == load_signer(key_path(final.settings.data, FINAL.id)).public_key
        assert not (await other.own_ballots(AI, judge)).receipts
        with pytest.raises(Conflict, match=r"ballot\.closed"):
            await other.cast(AI, judge, Cast(CommandId("ballot-002"), project, scores, 0))

        award = final.parts.award
        await award.open(AI, None, CommandId("open-0001"))
        stored = await award.state(AI)
        voter = VoterId("a" * 32)
        voted: asyncio.Future[RoadshowError | None] = asyncio.get_running_loop().create_future()
        award.vote(AI, Voter(voter, stored.opening, stored.now, "hall"), project, voted.set_result)
        assert await voted is None
        assert await award.choice(AI, voter) == project
        assert await youth.parts.award.choice(AI, voter) is None
        told = await youth.parts.award.view(AI)
        assert (told.state, told.votes) == (AwardState.CLOSED, 0)


async def test_a_browser_votes_once_in_each(tmp_path: Path) -> None:
    """Were the tokens of two competitions to overwrite one another, each visit next door would be another vote."""
    async with house_of_two(tmp_path) as (house, final, youth), browser_in(house) as browser:
        request = HTTPConnection({"type": "websocket", "headers": [], "client": ("192.0.2.7", 1)})
        for show in (final, youth):
            await show.parts.award.open(AI, None, CommandId("open-0001"))
        kept: list[dict[str, str]] = []
        for _ in range(2):
            for show in (final, youth):
                with show.parts.context.voters.booth(request) as booth:
                    answer = await browser.post(f"{base_of(show)}/rooms/ai/voters/{booth.name}")
                assert answer.status_code == 204
            kept.append(dict(browser.cookies))
        assert kept[0] == kept[1]
        assert set(kept[0]) == {"voter.demo.ai", "voter.youth.ai"}
        there = youth.parts.context.voters
        assert there.read(AI, {there.cookie(AI): kept[0]["voter.demo.ai"]}) is None


async def test_two_of_one_name_are_refused(tmp_path: Path) -> None:
    """So are too many."""
    with pytest.raises(SetupError, match=r"^Two competitions have the same id: demo\.$"):
        async with open_house(settings_in(tmp_path), [FINAL, YOUTH, FINAL], adapters=in_memory):
            pass
    many = [replace(FINAL, id=CompetitionId(f"number-{number}")) for number in range(MOST_COMPETITIONS + 1)]
    for competitions in ([], many):
        with pytest.raises(SetupError, match=r"^A house serves between 1 and 20 competitions\.$"):
            async with open_house(settings_in(tmp_path), competitions, adapters=in_memory):
                pass
