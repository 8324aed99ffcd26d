"""The server, or its store, is killed in the middle of a final. What was acknowledged is still true afterwards."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from roadshow.voting.key_file import load_signer
from roadshow.voting.ledger.signing import is_genuine
from roadshow.voting.votes import Receipt
from tests.chaos.desks import PATIENCE, Desk, Frame, Gone, Guest, command_id, receipt_of
from tests.chaos.votes_history import unsigned
from tests.chaos.votes_whole import left_in
from tests.demo_server import DemoServer

ROOM = "ai"
CRITERIA = ("innovation", "market", "team", "feasibility", "cooperation")
BALLOTS = 24
"""Of each judge in a storm: a first one and its revisions. With ``follow`` fewer than one socket may send at once."""
AT_ONCE = 4
"""Ballots that a judge sends without waiting for the first one's answer."""
KILL_POINTS = 6
RETRY_AFTER = 0.1
"""Seconds a judge waits before sending again what may succeed later."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[DemoServer]:
    """A demo final with phases of minutes: none ends during a test."""
    with DemoServer(tmp_path, brisk=False) as running:
        yield running
    _check_signed(running)


@pytest.fixture
def brisk(tmp_path: Path) -> Iterator[DemoServer]:
    """A demo final with phases of seconds that are cut at their end."""
    with DemoServer(tmp_path, brisk=True) as running:
        yield running
    _check_signed(running)


def _check_signed(server: DemoServer) -> None:
    """What a server was asked for has its signature in the end, or ``recount`` would take it for a forgery."""
    key = load_signer(server.data / "signing.key").public_key
    for spec, (entries, _, seals) in asyncio.run(left_in(server.data)):
        assert unsigned(spec, entries, seals, key) == []


@dataclass
class Voter:
    """A judge who keeps changing their mind about one project, and remembers every word."""

    guest: Guest
    project: str
    sent: dict[str, dict[str, object]] = field(default_factory=dict)
    """Each ballot by its command id, in the order they were sent."""
    receipts: dict[str, Receipt] = field(default_factory=dict)
    refusals: list[Frame] = field(default_factory=list)

    async def storm(self, desk: Desk, pick: random.Random, when_taken: Callable[[], None]) -> None:
        """Ballot after ballot; returns when all were answered, or the connection is lost."""
        room_for = asyncio.Semaphore(AT_ONCE)

        async def cast(revision: int) -> None:
            command = command_id()
            self.sent[command] = {
                "type": "ballot.cast",
                "project": self.project,
                "scores": {criterion: pick.randint(0, 10) for criterion in CRITERIA},
                "expected_revision": revision,
            }
            try:
                answer = await desk.ask(self.sent[command], command)
            except Gone:
                return
            finally:
                room_for.release()
            if answer["type"] == "refused":
                self.refusals.append(answer)
            else:
                self.receipts[command] = receipt_of(answer)
                when_taken()

        async with asyncio.TaskGroup() as tasks:
            for revision in range(BALLOTS):
                await room_for.acquire()
                tasks.create_task(cast(revision))

    def check_kept(self, own: Frame) -> None:
        """``own``: what the store holds of this ballot. It is the newest acknowledged one, or one sent after it."""
        newest = max((receipt.revision for receipt in self.receipts.values()), default=0)
        assert own["revision"] >= newest
        ballots = {command: ballot for command, ballot in self.sent.items() if own["receipt"]["command"] == command}
        (command,) = ballots
        assert ballots[command]["scores"] == own["scores"] == own["receipt"]["scores"]
        assert ballots[command]["expected_revision"] == own["revision"] - 1
        if command in self.receipts:
            assert receipt_of({"type": "ballot.accepted", "receipt": own["receipt"]}) == self.receipts[command]

    async def send_again(self, desk: Desk) -> list[Receipt]:
        """Every ballot once more, with its own id, until it is taken. The receipts, in order."""
        again: list[Receipt] = []
        for command, ballot in self.sent.items():
            receipt = receipt_of(await _until_answered(desk, ballot, command))
            assert receipt == self.receipts.get(command, receipt)
            assert receipt.command == command
            assert receipt.scores == ballot["scores"]
            again.append(receipt)
        return again


async def _until_answered(desk: Desk, ballot: dict[str, object], command: str) -> Frame:
    """As a page does it: what may succeed later is sent again."""
    async with asyncio.timeout(PATIENCE):
        while True:
            answer = await desk.ask(ballot, command)
            if not answer.get("retry"):
                return answer
            await asyncio.sleep(RETRY_AFTER)


async def _jury(server: DemoServer, project: str, size: int = 6) -> list[Voter]:
    links = [server.people["chairs"][ROOM], *server.people["judges"][ROOM]][:size]
    return [Voter(await Guest.accepted(server.base, link), project) for link in links]


async def _to_voting(desk: Desk) -> str:
    """The project whose window is open then."""
    for phase in ("pitch", "questions", "voting"):
        await desk.advance(phase)
    return str(desk.room["session"]["project"])


def _check_refusals(voters: list[Voter]) -> None:
    """All of them may be sent again. (A ballot after one that was not taken replaces nothing: that, too, is said.)"""
    for refusal in [refusal for voter in voters for refusal in voter.refusals]:
        assert refusal["retry"] or refusal["code"] == "ballot.stale", refusal


async def _restart(server: DemoServer) -> None:
    await asyncio.to_thread(server.start)


class _Trigger:
    """Does something at the n-th call."""

    def __init__(self, count: int, act: Callable[[], object]) -> None:
        self.left = count
        self._act = act

    def __call__(self) -> None:
        self.left -= 1
        if self.left == 0:
            self._act()


@pytest.mark.parametrize("seed", range(KILL_POINTS))
async def test_no_acknowledged_ballot_is_lost_or_doubled_by_a_kill_in_the_middle_of_voting(
    server: DemoServer, seed: int
) -> None:
    """A judge with a receipt has voted, and a judge without one may simply send again."""
    pick = random.Random(seed)
    organiser = await Guest.accepted(server.base, server.people["organiser"])
    async with organiser.desk(ROOM) as control:
        project = await _to_voting(control)
    voters = await _jury(server, project)

    def power_fails() -> None:
        server.kill_store()
        server.kill()

    act = power_fails if seed % 3 == 2 else server.kill
    kill = _Trigger(pick.randint(1, len(voters) * BALLOTS * 3 // 4), act)
    async with AsyncExitStack() as desks:
        connected = [await desks.enter_async_context(voter.guest.desk(ROOM)) for voter in voters]
        async with asyncio.TaskGroup() as tasks:
            for voter, desk in zip(voters, connected, strict=True):
                tasks.create_task(voter.storm(desk, pick, kill))
    assert kill.left <= 0, "the storm was over before the kill"
    assert any(len(voter.receipts) < len(voter.sent) for voter in voters), "nobody was left without an answer"
    _check_refusals(voters)

    await _restart(server)
    sequences: list[int] = []
    public_key = load_signer(server.data / "signing.key").public_key
    for voter in voters:
        async with voter.guest.desk(ROOM) as desk:
            own = await desk.own_ballots()
            if project in own or voter.receipts:
                voter.check_kept(own[project])
            receipts = await voter.send_again(desk)
        assert [receipt.revision for receipt in receipts] == list(range(1, len(voter.sent) + 1))
        assert all(is_genuine(receipt, public_key) for receipt in receipts)
        sequences += [receipt.sequence for receipt in receipts]
    assert len(set(sequences)) == len(sequences)
    async with organiser.desk(ROOM) as control:
        assert control.revisions(project) == {voter.guest.person: len(voter.sent) for voter in voters}


@pytest.mark.parametrize("seed", range(2))
async def test_a_killed_store_comes_back_under_the_running_server(server: DemoServer, seed: int) -> None:
    """The system may kill the store for want of memory; judges wait a moment, and no vote is lost or counted twice."""
    pick = random.Random(seed)
    organiser = await Guest.accepted(server.base, server.people["organiser"])
    async with organiser.desk(ROOM) as control:
        project = await _to_voting(control)
        before = control.room["session"]
        voters = await _jury(server, project)
        first = server.store_pid
        assert first
        kill = _Trigger(pick.randint(1, len(voters) * BALLOTS // 2), server.kill_store)
        async with AsyncExitStack() as desks:
            connected = [await desks.enter_async_context(voter.guest.desk(ROOM)) for voter in voters]
            async with asyncio.TaskGroup() as tasks:
                for voter, desk in zip(voters, connected, strict=True):
                    tasks.create_task(voter.storm(desk, pick, kill))
            assert kill.left <= 0, "the storm was over before the kill"
            _check_refusals(voters)
            for voter, desk in zip(voters, connected, strict=True):
                receipts = await voter.send_again(desk)
                assert [receipt.revision for receipt in receipts] == list(range(1, len(voter.sent) + 1))
        assert server.store_pid not in (0, first)
        expected = {voter.guest.person: len(voter.sent) for voter in voters}
        await control.until(lambda _: control.revisions(project) == expected)
        assert control.room["session"] == before
        await control.do("session.add_time", seconds=60)


async def test_the_clock_goes_on_where_it_was_after_a_kill_in_the_middle_of_a_pitch(server: DemoServer) -> None:
    """The pitcher's time is the pitcher's, whatever happens to the server; nobody has to sign in again."""
    link = server.people["organiser"]
    organiser = await Guest.accepted(server.base, link)
    judge = await Guest.accepted(server.base, server.people["judges"][ROOM][0])
    async with organiser.desk(ROOM) as control:
        await control.advance("pitch")
        before = control.room
        assert before["session"]["clock"]["ends_at"] is not None
        server.kill()

    await _restart(server)
    async with organiser.desk(ROOM) as control:
        assert control.room["session"] == before["session"]
        assert control.room["rundown"] == before["rundown"]
        welcome = await control.heard(lambda frame: frame["type"] == "welcome")
        left = before["session"]["clock"]["ends_at"] - welcome["server_now"]
        assert 0 < left < before["session"]["clock"]["duration_ms"]
    async with judge.desk(ROOM) as desk:
        assert desk.room["session"] == before["session"]
    assert await judge.opens(f"/as/{judge.person}/judge") == 200
    assert await organiser.opens(link) == 200, "the used link leads its owner to the desk"


async def test_every_acknowledged_command_survives_a_kill_right_after_it(server: DemoServer) -> None:
    """What control was told is done stays done: time that was given, a pause, a changed order, a skipped project."""
    organiser = await Guest.accepted(server.base, server.people["organiser"])
    async with organiser.desk(ROOM) as control:
        slots = [slot["slot"] for slot in control.room["rundown"]["slots"]]
        await control.advance("pitch")

    def time_was_added(before: Frame, after: Frame) -> bool:
        return bool(after["session"]["clock"]["ends_at"] == before["session"]["clock"]["ends_at"] + 90_000)

    def is_last(_: Frame, after: Frame) -> bool:
        return _order(after)[-1] == (slots[2], "waiting")

    def is_skipped(_: Frame, after: Frame) -> bool:
        return (slots[3], "skipped") in _order(after)

    def stands(before: Frame, after: Frame) -> bool:
        session = after["session"]
        return (
            bool(session["paused"]) and 0 < session["clock"]["remaining_ms"] < before["session"]["clock"]["duration_ms"]
        )

    acts: list[tuple[str, dict[str, object], Callable[[Frame, Frame], bool]]] = [
        ("session.add_time", {"seconds": 90}, time_was_added),
        ("slot.defer", {"slot": slots[2]}, is_last),
        ("slot.skip", {"slot": slots[3]}, is_skipped),
        ("session.pause", {}, stands),
    ]
    for kind, fields, is_done in acts:
        async with organiser.desk(ROOM) as control:
            before = dict(control.room)
            assert not is_done(before, before)
            await control.do(kind, **fields)
            server.kill()
        await _restart(server)
        async with organiser.desk(ROOM) as control:
            assert is_done(before, control.room), kind
    async with organiser.desk(ROOM) as control:
        paused = control.room["session"]
        server.kill()
    await _restart(server)
    async with organiser.desk(ROOM) as control:
        assert control.room["session"] == paused, "a clock that stands goes on standing"
        await control.do("session.resume")
        await control.until(lambda room: room["session"]["clock"]["ends_at"] is not None)


@pytest.mark.parametrize("seed", range(3))
async def test_window_and_phase_agree_after_a_kill_between_them(server: DemoServer, seed: int) -> None:
    """Phase and voting window are two writes: killed between them, the next server must put the second one right."""
    pick = random.Random(seed)
    organiser = await Guest.accepted(server.base, server.people["organiser"])
    voter = (await _jury(server, "", 1))[0]
    async with organiser.desk(ROOM) as control:
        for phase in ("pitch", "questions"):
            await control.advance(phase)
        session = control.room["session"]
        # The command is under way when the server dies: how far it came is a matter of luck, and all of it is right.
        await control.say(
            {
                "type": "session.next",
                "room": ROOM,
                "command": command_id(),
                "expected": {"phase": session["phase"], "slot": session["slot"]},
            }
        )
        await asyncio.sleep(pick.random() * 0.006)
        server.kill()

    await _restart(server)
    async with organiser.desk(ROOM) as control, voter.guest.desk(ROOM) as desk:
        phase = control.room["session"]["phase"]
        assert phase in ("questions", "voting")
        ballot = {
            "type": "ballot.cast",
            "project": session["project"],
            "scores": dict.fromkeys(CRITERIA, 5),
            "expected_revision": 0,
        }
        answer = await _until_answered(desk, ballot, command_id())
        if phase == "voting":
            receipt_of(answer)
        else:
            assert answer["code"] == "ballot.closed"
            await control.advance("voting")
            receipt_of(await _until_answered(desk, ballot, command_id()))


async def test_a_phase_whose_time_runs_out_while_the_server_is_away_stands_at_zero(brisk: DemoServer) -> None:
    """Nobody's pitch is cut, and no vote closes, because the server was not there: people decide how to go on."""
    organiser = await Guest.accepted(brisk.base, brisk.people["organiser"])
    judge = await Guest.accepted(brisk.base, brisk.people["judges"]["robotics"][0])
    ends = 0
    async with organiser.desk("ai") as pitching, organiser.desk("robotics") as voting:
        await pitching.advance("pitch")
        project = await _to_voting(voting)
        await pitching.do("session.add_time", seconds=-15)
        await voting.do("session.add_time", seconds=-20)
        for desk in (pitching, voting):
            room = await desk.until(lambda room: room["session"]["clock"]["ends_at"] is not None)
            ends = max(ends, room["session"]["clock"]["ends_at"])
            assert not room["session"]["interrupted"]
        brisk.kill()
    await asyncio.sleep(max(0.0, ends / 1000 - time.time()))  # not for anything to happen: the deadline must be past

    await _restart(brisk)
    async with organiser.desk("ai") as pitching, organiser.desk("robotics") as voting:
        for desk, phase in ((pitching, "pitch"), (voting, "voting")):
            session = desk.room["session"]
            assert (session["phase"], session["interrupted"]) == (phase, True)
            assert (session["clock"]["ends_at"], session["clock"]["remaining_ms"]) == (None, 0)
        async with judge.desk("robotics") as late:
            ballot = {
                "type": "ballot.cast",
                "project": project,
                "scores": dict.fromkeys(CRITERIA, 7),
                "expected_revision": 0,
            }
            receipt_of(await _until_answered(late, ballot, command_id()))
        await pitching.do("session.add_time", seconds=30)
        await pitching.until(lambda room: room["session"]["clock"]["remaining_ms"] == 30_000)
        await pitching.do("session.resume")
        session = (await pitching.until(lambda room: room["session"]["clock"]["ends_at"] is not None))["session"]
        assert (session["phase"], session["interrupted"]) == ("pitch", False)
        await voting.advance("closed")


def _order(room: Frame) -> list[tuple[str, str]]:
    return [(slot["slot"], slot["status"]) for slot in room["rundown"]["slots"]]
