"""Who gets one of a relay's places for viewers, and where the others go."""

import pytest

from roadshow.errors import TooMany
from roadshow.signalling.routes import SDP
from roadshow.signalling.waiting import LEAST, SHARE, Waiting
from tests.relay.light_peer import LightPeer
from tests.relay.support import ROOM
from tests.relay.test_signalling import WATCH, WHEP, publish, serving, watch


async def test_who_finds_the_house_full_is_sent_on_once() -> None:
    """307 keeps the POST a POST (RFC 9725, section 4.5); between two full houses nobody goes to and fro."""
    async with serving(max_viewers=1, overflow="https://second.example.org/rooms/{room}/whep?from=first") as client:
        first = await watch(client)
        assert first.status_code == 201
        sent_on = await watch(client)
        where = f"https://second.example.org/rooms/{ROOM}/whep?from=first&redirected=1"
        assert (sent_on.status_code, sent_on.headers["location"]) == (307, where)
        assert sent_on.headers["access-control-allow-origin"] == "*"
        assert (await watch(client, "?redirected=1")).status_code == 503
        # Who is in, stays; and publishers have nowhere else to go.
        assert (await client.delete(first.headers["location"])).status_code == 200
        assert (await publish(client)).status_code == 201


async def test_one_address_cannot_hold_every_place_without_connecting() -> None:
    """An offer costs nothing to send and holds a place for twenty seconds."""
    async with serving(max_viewers=LEAST * SHARE) as client:
        made = [await watch(client) for _ in range(LEAST)]
        refused = await watch(client)
        assert (refused.status_code, refused.json()["code"]) == (429, "rate.media")
        assert int(refused.headers["retry-after"]) > 0
        await client.delete(made[0].headers["location"])
        assert (await watch(client)).status_code == 201


async def test_a_hall_behind_one_address_fills_every_place() -> None:
    """Only those count who have not connected."""
    async with serving(max_viewers=LEAST * SHARE) as client:
        peers = [LightPeer() for _ in range(LEAST + 1)]
        for peer in peers:
            reply = await client.post(WHEP, content=peer.offer(WATCH), headers={"Content-Type": SDP})
            assert reply.status_code == 201
            await peer.connect(reply.text)
        for peer in peers:
            peer.vanish()


def test_the_share_of_an_address_is_its_own() -> None:
    """One that misbehaves keeps nobody else out; and what is gone or connected is forgotten."""
    state: dict[str, bool | None] = {}
    waiting = Waiting(100 * SHARE, state.get)
    for number in range(100):
        waiting.admit("192.0.2.1")
        waiting.add(f"s{number}", "192.0.2.1")
        state[f"s{number}"] = False
    with pytest.raises(TooMany):
        waiting.admit("192.0.2.1")
    waiting.admit("192.0.2.2")
    state["s1"], state["s2"] = True, None
    for number in (100, 101):
        waiting.admit("192.0.2.1")
        waiting.add(f"s{number}", "192.0.2.1")
        state[f"s{number}"] = False
    with pytest.raises(TooMany):
        waiting.admit("192.0.2.1")
