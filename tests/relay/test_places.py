"""Who gets one of a relay's places for viewers, and where the others go."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from typing_extensions import override

from roadshow.access.admission.viewing import Viewing, kept_for_people
from roadshow.access.admission.waiting import FEWEST
from roadshow.ids import PersonId
from roadshow.moments import Duration
from roadshow.rooms.relay.load import BRINK, BUSY
from roadshow.rooms.relay.relay import ForwardingRelay
from roadshow.rooms.relay.transport.peer import CONNECT_MS
from roadshow.signalling.gate import WatchGrant
from roadshow.signalling.routes import SDP, signalling_routes
from roadshow.signalling.seats import Seats
from tests.relay.light_peer import LightPeer
from tests.relay.support import ROOM, Gate, ShiftedClock, running_relay
from tests.relay.test_signalling import WATCH, WHEP, publish, serving, watch

GIVEN_BACK_WITHIN = Duration.seconds(10)
SWEEP = Duration.seconds(1)


class Desks(Gate):
    """A person's token is their name."""

    @override
    async def may_watch(self, room: str, bearer: str | None) -> WatchGrant:
        return WatchGrant(ROOM, None if bearer is None else PersonId(bearer))


Client = Callable[[str], httpx.AsyncClient]


@asynccontextmanager
async def house(viewers: int) -> AsyncIterator[tuple[ForwardingRelay, Client, ShiftedClock]]:
    """A relay with places for ``viewers``, and clients by their address."""
    clock = ShiftedClock()
    async with running_relay(max_viewers=viewers, kept_for_people=kept_for_people(viewers), clock=clock) as relay:
        app = Starlette(routes=signalling_routes(relay, Desks(), None, Seats(Viewing(viewers), clock.now)))

        def client(address: str) -> httpx.AsyncClient:
            return httpx.AsyncClient(
                transport=httpx.ASGITransport(app, client=(address, 1)), base_url="http://relay.test"
            )

        yield relay, client, clock


async def offer(client: httpx.AsyncClient, peer: LightPeer | None = None, person: str | None = None) -> httpx.Response:
    headers = {"Content-Type": SDP} | ({} if person is None else {"Authorization": f"Bearer {person}"})
    return await client.post(WHEP, content=(peer or LightPeer()).offer(WATCH), headers=headers)


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
    """An offer costs nothing to send and holds a place for ten seconds."""
    async with house(4 * FEWEST) as (_, client, _):
        one = client("192.0.2.1")
        made = [await offer(one) for _ in range(FEWEST // 2)]
        refused = await offer(one)
        assert (refused.status_code, refused.json()["code"]) == (429, "rate.media")
        assert int(refused.headers["retry-after"]) > 0
        await one.delete(made[0].headers["location"])
        assert (await offer(one)).status_code == 201


async def test_a_hall_behind_one_address_fills_half_the_house() -> None:
    """Those who are connected wait no more; and when it has its share, it is told to come back, not that it is full."""
    async with house(FEWEST * 3) as (_, client, _):
        hall, peers = client("192.0.2.1"), [LightPeer() for _ in range(FEWEST * 3 // 2)]
        for peer in peers:
            reply = await offer(hall, peer)
            assert reply.status_code == 201
            await peer.connect(reply.text)
        refused = await offer(hall)
        assert (refused.status_code, refused.json()["code"]) == (429, "rate.network")
        assert int(refused.headers["retry-after"]) > 0
        assert (await offer(client("198.51.100.1"))).status_code == 201
        for peer in peers:
            peer.vanish()


async def test_four_ipv6_customers_hold_a_quarter_of_the_house_with_nobody_in_it() -> None:
    """They held all of it, as each /64 was let wait for a quarter of the places."""
    async with house(4 * FEWEST) as (relay, client, clock):
        for number in range(4):
            attacker = client(f"2001:db8:{number:x}::1")
            for _ in range(FEWEST):
                await offer(attacker)
        assert len(relay._viewers) == FEWEST
        clock.ahead += Duration.seconds(3)
        hall, peers = client("192.0.2.1"), [LightPeer() for _ in range(10)]
        for peer in peers:
            reply = await offer(hall, peer)
            assert reply.status_code == 201
            await peer.connect(reply.text)
        assert len(relay._viewers) == FEWEST - 1 + len(peers), "one of theirs gave way, each of ours made room itself"
        for peer in peers:
            peer.vanish()


async def test_a_session_that_never_connects_gives_its_place_back_within_ten_seconds() -> None:
    """Nobody is in it, and somebody waits for it."""
    assert Duration(CONNECT_MS) + SWEEP <= GIVEN_BACK_WITHIN
    async with house(1) as (relay, client, clock):
        one, other = client("192.0.2.1"), client("198.51.100.1")
        assert (await offer(one)).status_code == 201
        assert (await offer(other)).json()["code"] == "relay.full"
        clock.ahead += GIVEN_BACK_WITHIN
        relay._sweep(clock.now().ms)
        assert (await offer(other)).status_code == 201


async def test_a_full_house_has_a_picture_for_who_was_invited() -> None:
    """A judge who cannot see the pitch cannot score it, and an organiser not run it."""
    async with house(1) as (_, client, _):
        one = client("192.0.2.1")
        assert (await offer(one)).status_code == 201
        assert (await offer(one)).json()["code"] == "relay.full"
        assert (await offer(one, person="judge")).status_code == 201
        people = [await offer(one, person=f"judge-{number}") for number in range(kept_for_people(1) - 1)]
        assert {reply.status_code for reply in people} == {201}
        assert (await offer(one, person="one-too-many")).json()["code"] == "relay.full"


async def test_a_busy_house_has_a_picture_for_some_who_were_invited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At 80 % of a core one viewer more costs all; those kept for are counted, and on the brink nobody gets in."""
    async with house(100) as (relay, client, _):
        one, meter = client("192.0.2.1"), relay._clockwork.meter
        monkeypatch.setattr(type(meter), "window", lambda *_: None)
        meter.load = BUSY
        assert (await offer(one)).json()["code"] == "relay.busy"
        for number in range(kept_for_people(100)):
            assert (await offer(one, person=f"judge-{number}")).status_code == 201
        assert (await offer(one, person="one-too-many")).json()["code"] == "relay.busy"
    async with house(100) as (relay, client, _):
        relay._clockwork.meter.load = BRINK
        assert (await offer(client("192.0.2.1"), person="judge")).json()["code"] == "relay.busy"
