"""Credentials and configuration against a real coturn: who gets allocations, how many, for how long, and to where."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from aioice import stun
from aioice.turn import TurnClientMixin
from starlette.applications import Starlette

from roadshow.clock import SystemClock
from roadshow.moments import Duration, Instant
from roadshow.rooms.relay.offers.ice_servers import LIFETIME_S, IceServer, link
from roadshow.rooms.relay.relay import ForwardingRelay
from roadshow.signalling.routes import signalling_routes
from tests.relay.browser import PATIENCE_S
from tests.relay.support import Gate, running_relay
from tests.relay.test_signalling import WHEP, publish, watch
from tests.turn_server import Credentials, TurnServer, given, turn_server

SECRET, PEOPLES = "a" * 32, "b" * 32
RULE = Path(__file__).parents[2] / "deploy" / "turn.nft"
VIEWERS = 20
MOST_OF_ONE = 16
"""``user-quota`` of deploy/turnserver.conf."""


@pytest.fixture(scope="module")
def turn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TurnServer]:
    """One for all here that leave nothing allocated."""
    with turn_server(tmp_path_factory.mktemp("turn"), SECRET) as running:
        yield running


@asynccontextmanager
async def house(*servers: IceServer) -> AsyncIterator[tuple[ForwardingRelay, httpx.AsyncClient]]:
    async with running_relay(max_viewers=VIEWERS * 8, ice_servers=servers) as relay:
        app = Starlette(routes=signalling_routes(relay, Gate()))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://relay.test") as client:
            yield relay, client


@asynccontextmanager
async def held(credentials: list[Credentials]) -> AsyncIterator[list[TurnClientMixin]]:
    """An allocation for each."""
    made: list[TurnClientMixin] = []
    try:
        for one in credentials:
            made.append(await one.allocate())  # noqa: PERF401  # what was made must be given back
        yield made
    finally:
        for allocation in made:
            await allocation.delete()


async def refusal_at_last(credentials: Credentials) -> int:
    """coturn's clock stands still for a second, on a busy machine for longer."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                allocation = await credentials.allocate()
            except stun.TransactionFailed as failed:
                code = failed.response.error_code
                assert code is not None
                return code
            await allocation.delete()
            await asyncio.sleep(0.2)


async def refusal(credentials: Credentials) -> int:
    with pytest.raises(stun.TransactionFailed) as failed:
        await credentials.allocate()
    code = failed.value.response.error_code
    assert code is not None
    return code


async def test_every_viewer_gets_an_allocation(turn: TurnServer) -> None:
    """Behind a network that blocks UDP a viewer without one sees nothing: the ninth of all viewers was refused."""
    async with house(IceServer(turn.url(), SECRET), IceServer(turn.url("tcp"), SECRET)) as (_, client):
        replies = [await watch(client) for _ in range(VIEWERS)]
        credentials = [one for reply in replies for one in given(reply)]
        assert [one.transport for one in credentials] == ["udp", "tcp"] * VIEWERS
        async with held(credentials) as allocations:
            assert len({allocation.relayed_address for allocation in allocations}) == 2 * VIEWERS


async def test_one_client_takes_its_share_and_no_more(turn: TurnServer) -> None:
    """Whoever asks for one allocation after another comes to an end; nobody else notices. Nor does asking for
    credentials before there is a session make anybody more than one."""
    async with house(IceServer(turn.url(), SECRET)) as (_, client):
        greedy, other = [given(await watch(client))[0] for _ in range(2)]
        async with held([greedy] * MOST_OF_ONE):
            assert await refusal(greedy) == 486
            async with held([other]):
                pass
        asked = [given(await client.options(WHEP))[0] for _ in range(2)]
        async with held([asked[0]] * MOST_OF_ONE):
            assert await refusal(asked[1]) == 486


async def test_what_strangers_take_is_not_what_people_need(tmp_path: Path) -> None:
    """Strangers who fill the house's TURN keep no pitcher off the air."""
    with (
        turn_server(tmp_path / "full", SECRET, total_quota=4) as full,
        turn_server(tmp_path / "people", PEOPLES) as people,
    ):
        servers = IceServer(people.url(), PEOPLES, for_people=True), IceServer(full.url(), SECRET)
        async with house(*servers) as (_, client):
            strangers = [given(await watch(client)) for _ in range(5)]
            assert [len(one) for one in strangers] == [1] * 5
            (late,) = strangers[4]
            async with held([one for (one,) in strangers[:4]]):
                assert await refusal(late) == 486
                kept, shared = given(await publish(client))
                assert await refusal(shared) == 486
                async with held([kept]):
                    pass
            assert await refusal(Credentials(people.port, "udp", late.user, late.password)) == 401


async def test_a_final_outlives_its_credentials(turn: TurnServer) -> None:
    """What was allocated in time is kept up for as long as it is used; who comes later needs new ones."""
    ends = Instant(SystemClock().now().ms // 1000 * 1000) + Duration.seconds(2)
    value = link(IceServer(turn.url(), SECRET), ends - Duration.seconds(LIFETIME_S), "session-1")
    (credentials,) = given(httpx.Response(200, headers={"Link": value}))
    async with held([credentials]) as (allocation,):
        assert await refusal_at_last(credentials) == 401
        request = stun.Message(message_method=stun.Method.REFRESH, message_class=stun.Class.REQUEST)
        request.attributes["LIFETIME"] = 600
        answer, _ = await allocation.request_with_retry(request)
        assert answer.attributes["LIFETIME"] == 600


async def test_it_relays_to_the_address_of_media_alone(turn: TurnServer) -> None:
    """With a credential that anybody gets, everything that it reaches is reached by anybody."""
    async with (
        house(IceServer(turn.url(), SECRET)) as (relay, client),
        held(given(await watch(client))) as (allocation,),
    ):
        await allocation.channel_bind(0x4001, ("127.0.0.1", relay.udp_port))
        elsewhere = ("127.0.0.2", "10.0.0.1", "172.17.0.1", "192.168.1.1", "169.254.169.254", "192.0.2.1")
        for number, address in enumerate(elsewhere, start=0x4002):
            with pytest.raises(stun.TransactionFailed) as failed:
                await allocation.channel_bind(number, (address, 53))
            assert failed.value.response.error_code == 403, address


REACHED = """
from socket import AF_INET, SOCK_DGRAM, socket
for number in {ports}:
    with socket(AF_INET, SOCK_DGRAM) as peer, socket(AF_INET, SOCK_DGRAM) as ours:
        ours.bind(("127.0.0.1", {source}))
        peer.bind(("127.0.0.1", number))
        peer.settimeout(5)
        try:
            ours.sendto(b"x", ("127.0.0.1", number))
            print(number, peer.recv(1) == b"x")
        except PermissionError:
            print(number, False)
"""
"""A packet that the rule drops on its way out is refused to its sender at once."""


@pytest.mark.parametrize(
    ("source", "reached"),
    [(61_000, {8001: True, 443: False, 53: False}), (65_535, {8001: True, 53: False}), (60_999, {443: True})],
)
def test_the_firewalls_rule_leaves_relayed_packets_the_media_port_alone(source: int, reached: dict[int, bool]) -> None:
    """coturn holds them to an address, and on that address listens more than media. Other programs notice nothing. In
    a network namespace of its own, which ends with the command."""
    looks = (
        f"ip link set lo up; nft -f {RULE} && {sys.executable} -c '{REACHED.format(ports=[*reached], source=source)}'"
    )
    environment = {**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    command = ["unshare", "--map-root-user", "--net", "sh", "-c", looks]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert {int(port): came == "True" for port, came in map(str.split, done.stdout.splitlines())} == reached
