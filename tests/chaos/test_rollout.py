"""Two servers on one store: a roll-out with overlap, a server that dies, and one that slept and woke up."""

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import httpx

from roadshow.live.hub import RESTARTING
from roadshow.store.connection import socket_url
from roadshow.store.embedded import EmbeddedStore
from roadshow.store.tenure import DEAD_AFTER
from roadshow.voting.key_file import load_signer
from roadshow.voting.ledger.signing import is_genuine
from tests.chaos.desks import PATIENCE, Gone, Guest, receipt_of
from tests.chaos.test_server_kill import BALLOTS, ROOM, _jury, _to_voting, _Trigger, _until_answered
from tests.demo_server import STOP_WITHIN, DemoServer

TAKES_OVER_WITHIN = DEAD_AFTER.in_seconds() + 20
"""Seconds: the bound, and a start of a whole server on a busy machine."""


@asynccontextmanager
async def _store(folder: Path) -> AsyncIterator[str]:
    """A Valkey that belongs to no server; its URL."""
    async with EmbeddedStore(folder) as store:
        yield socket_url(store.socket)


@contextmanager
def _server(folder: Path, url: str, data: Path) -> Iterator[DemoServer]:
    """Not started. All have one folder, as containers that share a volume."""
    folder.mkdir()
    server = DemoServer(folder, brisk=False, environment={**os.environ, "REDIS_URL": url})
    server.data = data
    try:
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.process.send_signal(signal.SIGCONT)
        server.stop()
        sys.stdout.write(f"--- {folder.name}\n{server.log()}")  # shown if the test has failed


@asynccontextmanager
async def _two(tmp_path: Path) -> AsyncIterator[tuple[DemoServer, DemoServer]]:
    """One that serves, and one that waits for it."""
    data = tmp_path / "data"
    async with _store(tmp_path / "store") as url:
        with _server(tmp_path / "former", url, data) as former, _server(tmp_path / "next", url, data) as following:
            await asyncio.to_thread(former.start)
            following.launch()
            await _until(lambda: following.port, lambda answer: answer == "waiting")
            yield former, following


async def _until(port: Callable[[], int], wanted: Callable[[str], bool]) -> None:
    """What ``/health`` says."""
    async with asyncio.timeout(TAKES_OVER_WITHIN), httpx.AsyncClient() as client:
        while True:
            try:
                answer = (await client.get(f"http://127.0.0.1:{port()}/health")).json()["status"]
            except httpx.TransportError:
                answer = "nobody"
            if wanted(answer):
                return
            await asyncio.sleep(0.05)


async def _readiness(server: DemoServer) -> tuple[int, str]:
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"http://127.0.0.1:{server.port}/ready")
        return answer.status_code, answer.json().get("code", "")


async def test_a_roll_out_with_overlap_goes_on_where_the_former_server_stood(tmp_path: Path) -> None:
    """The next one waits and says so, takes over when the former is asked to stop, and reads where all stands; before,
    it answered ``room.stale`` for ever."""
    async with _two(tmp_path) as (former, following):
        assert await _readiness(former) == (200, "")
        assert await _readiness(following) == (503, "lease.waiting")
        organiser = await Guest.accepted(former.base, former.people["organiser"])
        async with organiser.desk(ROOM) as control:
            await control.advance("pitch")
            await control.do("session.add_time", seconds=90)
            before = control.room
            async with httpx.AsyncClient() as client:
                page = await client.get(f"http://127.0.0.1:{following.port}/", headers={"Accept": "text/html"})
                assert (page.status_code, page.headers["retry-after"]) == (503, "2")
                assert "lease.waiting" in page.text
            assert former.process is not None
            former.process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(following.until_served)
        assert await asyncio.to_thread(former.process.wait, STOP_WITHIN) == 0
        assert await _readiness(following) == (200, "")
        organiser = await Guest.accepted(following.base, following.people["organiser"])
        async with organiser.desk(ROOM) as control:
            assert control.room["session"] == before["session"]
            assert control.room["rundown"] == before["rundown"]
            await control.advance("questions")
        log = following.log_file.read_text()
        assert log.count("This server waits.") == 1
        assert log.count("is run by this server from now on.") == 1


async def test_a_killed_server_is_followed_within_seconds_and_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    """kill -9 releases no lease: it comes to its end by the store's clock."""
    async with _two(tmp_path) as (former, following):
        pick = random.Random(7)
        organiser = await Guest.accepted(former.base, former.people["organiser"])
        async with organiser.desk(ROOM) as control:
            project = await _to_voting(control)
        voters = await _jury(former, project)
        kill = _Trigger(len(voters) * BALLOTS // 3, former.kill)
        async with AsyncExitStack() as desks:
            connected = [await desks.enter_async_context(voter.guest.desk(ROOM)) for voter in voters]
            async with asyncio.TaskGroup() as tasks:
                for voter, desk in zip(voters, connected, strict=True):
                    tasks.create_task(voter.storm(desk, pick, kill))
        assert kill.left <= 0, "the storm was over before the kill"
        killed_at = time.monotonic()
        await asyncio.to_thread(following.until_served)
        assert time.monotonic() - killed_at < TAKES_OVER_WITHIN

        links = [following.people["chairs"][ROOM], *following.people["judges"][ROOM]]
        public_key = load_signer(following.data / "signing.key").public_key
        sequences = []
        for voter, link in zip(voters, links, strict=False):
            guest = await Guest.accepted(following.base, link)
            assert guest.person == voter.guest.person
            async with guest.desk(ROOM) as desk:
                own = (await desk.own_ballots()).get(project)
                if own is not None:
                    voter.check_kept(own)
                else:  # others were quicker until the kill
                    assert not voter.receipts
                receipts = await voter.send_again(desk)
            assert [receipt.revision for receipt in receipts] == list(range(1, len(voter.sent) + 1))
            assert all(is_genuine(receipt, public_key) for receipt in receipts)
            sequences += [receipt.sequence for receipt in receipts]
        assert len(set(sequences)) == len(sequences)


async def test_a_server_that_slept_through_its_lease_stops_and_reads_again_when_it_gets_it_back(tmp_path: Path) -> None:
    """A paused virtual machine wakes up and believes that nothing happened: two clocks ran, and the older wrote."""
    async with _two(tmp_path) as (sleeper, following):
        organiser = await Guest.accepted(sleeper.base, sleeper.people["organiser"])
        judge = await Guest.accepted(sleeper.base, sleeper.people["judges"][ROOM][0])
        async with organiser.desk(ROOM) as control, judge.desk(ROOM) as desk:
            project = await _to_voting(control)
            assert sleeper.process is not None
            sleeper.process.send_signal(signal.SIGSTOP)
            await asyncio.to_thread(following.until_served)
            ballot = {"type": "ballot.cast", "project": project, "scores": {}, "expected_revision": 0}
            ballot["scores"] = dict.fromkeys(("innovation", "market", "team", "feasibility", "cooperation"), 5)
            asked = asyncio.create_task(desk.ask(ballot, "command-while-asleep"))
            sleeper.process.send_signal(signal.SIGCONT)
            try:
                answer = await asked
            except Gone:
                pass
            else:
                assert answer["retry"], answer
            async with asyncio.timeout(PATIENCE):
                code, reason = await control.closed()
            assert (code, reason.partition("=")[0]) == (RESTARTING, "retry_ms")
        await _until(lambda: sleeper.port, lambda answer: answer == "waiting")
        assert sleeper.log_file.read_text().count("This one stops serving it.") == 1
        organiser = await Guest.accepted(following.base, following.people["organiser"])
        chair = await Guest.accepted(following.base, following.people["judges"][ROOM][0])
        async with organiser.desk(ROOM) as control, chair.desk(ROOM) as desk:
            assert project not in await desk.own_ballots()
            receipt_of(await _until_answered(desk, ballot, "command-while-asleep"))
            await control.advance("closed")

        sleeper.links_file.unlink()
        following.stop()
        await asyncio.to_thread(sleeper.until_served)
        organiser = await Guest.accepted(sleeper.base, sleeper.people["organiser"])
        async with organiser.desk(ROOM) as control:
            assert control.room["session"]["phase"] == "closed"
            await control.advance("standby")


async def test_a_server_with_another_key_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """Half of the receipts could not be checked with either key, and nobody would learn of it before the appeal."""
    async with _store(tmp_path / "store") as url:
        with _server(tmp_path / "former", url, tmp_path / "data") as former:
            await asyncio.to_thread(former.start)
            former.stop()
        with _server(tmp_path / "next", url, tmp_path / "elsewhere") as following:
            following.launch()
            assert following.process is not None
            assert await asyncio.to_thread(following.process.wait, TAKES_OVER_WITHIN) == 2
            said = following.log().strip().splitlines()[-1]
            assert said.startswith("roadshow: The votes in this store are signed with the key ")
            assert said.endswith("start once with --new-key.")


async def test_a_server_that_waits_stops_when_asked(tmp_path: Path) -> None:
    """Whoever rolled out too early takes it back, and the show goes on."""
    async with _two(tmp_path) as (former, following):
        assert following.process is not None
        following.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(following.process.wait, STOP_WITHIN) == 0
        assert await _readiness(former) == (200, "")
