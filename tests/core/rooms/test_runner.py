"""The task that runs a room: order, durability, and staying alive."""

import asyncio
from collections.abc import Awaitable

import pytest

from roadshow.clock import SystemClock
from roadshow.errors import Conflict, Unavailable
from roadshow.ids import SourceId
from roadshow.moments import Duration
from roadshow.rooms.commands import AddTime, Next, Pause, SelectStage, Skip, SourceCame, SourceWent, Start
from roadshow.rooms.lanes import MAIN
from roadshow.rooms.phases import EndPolicy, Phase, PhaseTimes, RoomPlan, StageMode
from roadshow.rooms.runner import INBOX, MOST_TOLD, RoomRunner
from tests.core.rooms.fakes import World
from tests.core.rooms.plans import MINUTE, NOON, PITCH, PROJECT_A, ROOM, VOTING, A, plan

CAMERA = SourceId("atlas/camera")
LONG_ENOUGH = Duration.seconds(10)
"""By the room's clock, for any pause between two tries to be over."""


@pytest.fixture
def world() -> World:
    return World()


async def nudge(runner: RoomRunner, world: World) -> None:
    """Let the room look at its clock, which does not move by itself here."""
    await asyncio.sleep(0)
    runner.tell(SourceCame(CAMERA))
    await world.happened.until(lambda: CAMERA in {seen.source for seen in runner.snapshot().stage.sources})
    runner.tell(SourceWent(CAMERA))


async def refusal_of(asked: Awaitable[None]) -> str:
    """The code a command is refused with."""
    with pytest.raises((Conflict, Unavailable)) as refused:
        await asked
    return refused.value.code


async def test_nobody_hears_of_a_state_before_it_is_saved(world: World) -> None:
    """After a crash the audience must not have seen a phase that never was."""
    async with world.on_air(plan()) as runner:
        await runner.ask(Start())
        await runner.ask(Next())
        world.happened.entries.clear()
        await runner.ask(Next())
        assert world.happened.entries == [
            ("asked to save", "next"),
            ("saved", "next"),
            "asked for a window",
            ("open", PROJECT_A),
            ("published", Phase.VOTING),
        ]


async def test_a_snapshot_shows_only_what_is_saved(world: World) -> None:
    """Somebody who joins during a save must not be ahead of everybody else."""
    async with world.on_air(plan()) as runner, asyncio.TaskGroup() as group:
        world.journal.gate.clear()
        asked = group.create_task(runner.ask(Start()))
        await world.happened.until(lambda: ("asked to save", "start") in world.happened.entries)
        assert runner.snapshot().session.phase is Phase.STANDBY
        world.journal.gate.set()
        await asked
        assert runner.snapshot().session.phase is Phase.PITCH


async def test_a_command_that_comes_after_the_deadline_finds_the_next_phase(world: World) -> None:
    """A click on "next" that races with a cut must not skip the questions."""
    async with world.on_air(plan()) as runner:
        await runner.ask(Start())
        world.clock.advance(PITCH)
        assert await refusal_of(runner.ask(Next(expected=(A, Phase.PITCH)))) == "room.moved_on"
        assert runner.snapshot().session.phase is Phase.QUESTIONS


async def test_the_deadline_comes_by_itself(world: World) -> None:
    """A show must run through with nobody at the desk."""
    blink = PhaseTimes(Duration(5), EndPolicy.CUT)
    brisk = RoomPlan(ROOM, (PROJECT_A,), {Phase.PITCH: blink, Phase.QUESTIONS: blink, Phase.VOTING: blink}, NOON)
    runner = await RoomRunner.load(
        brisk,
        clock=SystemClock(),
        journal=world.journal,
        polls=world.polls,
        relay=world.relay,
        followers=world.followers,
    )
    async with asyncio.TaskGroup() as group:
        running = group.create_task(runner.run())
        await runner.ask(Start())
        await world.happened.until(lambda: ("published", Phase.CLOSED) in world.happened.entries)
        running.cancel()
    phases = [entry[1] for entry in world.happened.entries if isinstance(entry, tuple) and entry[0] == "published"]
    assert phases == [Phase.STANDBY, Phase.PITCH, Phase.QUESTIONS, Phase.VOTING, Phase.CLOSED]
    assert runner.snapshot().session.over


async def test_a_command_that_cannot_be_saved_is_refused_and_changes_nothing(world: World) -> None:
    """What is not safe has not happened; control presses again when the store is back."""
    async with world.on_air(plan()) as runner:
        world.journal.away = True
        assert await refusal_of(runner.ask(Start())) == "room.not_saved"
        assert runner.snapshot().session.phase is Phase.STANDBY
        world.journal.away = False
        await runner.ask(Start())
        assert runner.snapshot().session.phase is Phase.PITCH


async def test_a_save_whose_answer_was_lost_does_not_lock_the_room(world: World) -> None:
    """The store may have kept what we believe it has not; the room must find out and go on."""
    async with world.on_air(plan()) as runner:
        world.journal.loses_answers = True
        assert await refusal_of(runner.ask(Start())) == "room.not_saved"
        world.journal.loses_answers = False
        await runner.ask(SelectStage(StageMode.EMPTY))
        session = runner.snapshot().session
        assert session.phase is Phase.STANDBY
    async with world.on_air(plan()) as restarted:
        assert restarted.snapshot().session == session, "the refused start is not in force after a restart either"


async def test_a_refused_start_is_taken_out_of_the_store_by_itself(world: World) -> None:
    """Even if nobody presses anything before the next restart."""
    async with world.on_air(plan()) as runner:
        world.journal.loses_answers = True
        await refusal_of(runner.ask(Start()))
        world.journal.loses_answers = False
        world.clock.advance(LONG_ENOUGH)
        await nudge(runner, world)
    assert (await world.load(plan())).snapshot().session.phase is Phase.STANDBY


async def test_time_that_is_up_while_the_store_is_away_is_up_when_it_is_back(world: World) -> None:
    """The show halts with the store, and goes on with it, without anybody's help."""
    async with world.on_air(plan()) as runner:
        await runner.ask(Start())
        world.journal.away = True
        world.clock.advance(PITCH)
        await nudge(runner, world)
        assert runner.snapshot().session.phase is Phase.PITCH
        world.journal.away = False
        world.clock.advance(LONG_ENOUGH)
        await nudge(runner, world)
        await world.happened.until(lambda: ("published", Phase.QUESTIONS) in world.happened.entries)


async def test_a_window_that_cannot_be_opened_yet_is_opened_later_with_the_time_that_is_left(world: World) -> None:
    """Voting must not stay shut because the store blinked, nor last longer than the clock says."""
    async with world.on_air(plan()) as runner:
        await runner.ask(Start())
        await runner.ask(Next())
        world.polls.away = True
        await runner.ask(Next())
        assert runner.snapshot().session.phase is Phase.VOTING
        assert world.polls.windows == {}
        world.polls.away = False
        closes = world.clock.now() + VOTING
        world.clock.advance(LONG_ENOUGH)
        await nudge(runner, world)
        await world.happened.until(lambda: PROJECT_A in world.polls.windows)
        assert world.polls.windows == {PROJECT_A: closes}


async def test_a_window_that_is_owed_is_forgotten_when_voting_is_over(world: World) -> None:
    """Late retries must not reopen what has been closed since."""
    async with world.on_air(plan()) as runner:
        await runner.ask(Start())
        await runner.ask(Next())
        world.polls.away = True
        await runner.ask(Next())
        await runner.ask(Next())
        world.polls.away = False
        world.clock.advance(LONG_ENOUGH)
        await nudge(runner, world)
        await world.happened.until(lambda: world.happened.entries[-1] == ("closed", PROJECT_A))
        assert world.polls.windows == {}


async def test_a_vote_that_may_not_be_reopened_is_refused_before_anybody_hears_of_it(world: World) -> None:
    """Once the result stands, going back into voting is no longer possible."""
    async with world.on_air(plan()) as runner:
        await runner.ask(Start())
        await runner.ask(Next())
        before = runner.snapshot()
        world.polls.confirmed = True
        world.happened.entries.clear()
        assert await refusal_of(runner.ask(Next())) == "result.confirmed"
        assert runner.snapshot() == before
        assert ("published", Phase.VOTING) not in world.happened.entries
    assert (await world.load(plan())).snapshot().session == before.session


async def test_time_goes_on_even_if_the_vote_may_not_be_reopened(world: World) -> None:
    """Nobody asked, so nobody can be refused; the room must not hang at zero."""
    async with world.on_air(plan()) as runner:
        await runner.ask(Start())
        await runner.ask(Next())
        world.polls.confirmed = True
        world.clock.advance(Duration.minutes(7))
        await nudge(runner, world)
        assert runner.snapshot().session.phase is Phase.VOTING


async def test_a_restart_stands_where_the_room_stood(world: World) -> None:
    """Same phase, same deadline, and the relay is told again."""
    async with world.on_air(plan()) as runner:
        await runner.ask(Start())
        before = runner.snapshot()
    world.relay.programme = {}
    world.clock.advance(MINUTE)
    async with world.on_air(plan()) as restarted:
        await nudge(restarted, world)
        assert restarted.snapshot().session == before.session
        assert world.relay.programme[MAIN] == CAMERA


async def test_a_room_that_another_server_has_taken_over_refuses_everything(world: World) -> None:
    """Two servers must never play the same room."""
    async with world.on_air(plan()) as former, world.on_air(plan()) as present:
        await present.ask(Start())
        assert await refusal_of(former.ask(Skip(A))) == "room.stale"
        await present.ask(Pause())
        assert present.snapshot().session.paused


async def test_a_full_inbox_says_so(world: World) -> None:
    """A script gone wild must not fill the memory."""
    runner = await world.load(plan())
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(runner.ask(Pause())) for _ in range(INBOX)]
        await asyncio.sleep(0)
        assert await refusal_of(runner.ask(Start())) == "room.busy"
        for task in waiting:
            task.cancel()


async def test_who_waits_when_the_room_stops_is_told(world: World) -> None:
    """Nobody's page may hang at a clean shutdown."""
    world.journal.gate.set()
    async with asyncio.TaskGroup() as group:
        async with world.on_air(plan()) as runner:
            world.journal.gate.clear()
            asked = [group.create_task(refusal_of(runner.ask(command))) for command in (Start(), Pause())]
            await world.happened.until(lambda: ("asked to save", "start") in world.happened.entries)
        assert await asyncio.gather(*asked) == ["room.stopping", "room.stopping"]
    assert await refusal_of(runner.ask(Start())) == "room.stopping"


@pytest.mark.parametrize("store_away", [False, True])
async def test_who_gives_up_waiting_does_not_stop_the_room(world: World, store_away: bool) -> None:
    """A browser may close while its command is being saved, or refused."""
    async with world.on_air(plan()) as runner, asyncio.TaskGroup() as group:
        await runner.ask(Start())
        world.journal.gate.clear()
        gone = group.create_task(runner.ask(AddTime(MINUTE)))
        await world.happened.until(lambda: ("asked to save", "add-time") in world.happened.entries)
        gone.cancel()
        await asyncio.sleep(0)
        world.journal.away = store_away
        world.journal.gate.set()
        assert await refusal_of(runner.ask(Start())) == "room.not_possible"
        world.journal.away = False
        await runner.ask(Pause())
        assert runner.snapshot().session.paused


async def test_only_the_last_word_about_a_source_counts(world: World) -> None:
    """A publisher that flaps while the store is slow must not pile up."""
    runner = await world.load(plan())
    for _ in range(1000):
        runner.tell(SourceCame(CAMERA))
        runner.tell(SourceWent(CAMERA))
    runner.tell(SourceCame(SourceId("atlas/microphone")))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(runner.run())
        await runner.ask(Start())
        assert [seen.source for seen in runner.snapshot().stage.sources] == ["atlas/microphone"]
        running.cancel()


async def test_more_sources_than_a_room_can_have_are_left_out(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """And those that are there can still go."""
    async with world.on_air(plan()) as runner:
        for number in range(2 * MOST_TOLD):
            runner.tell(SourceCame(SourceId(f"p{number}/camera")))
        await runner.ask(Start())
        assert len(runner.snapshot().stage.sources) == MOST_TOLD // 2
        assert "left out" in caplog.text
        for number in range(2 * MOST_TOLD):
            runner.tell(SourceWent(SourceId(f"p{number}/camera")))
        await runner.ask(Pause())
        assert runner.snapshot().stage.sources == ()


async def test_a_bug_does_not_end_the_room(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Other rooms are on air in the same process, and this one has pitchers waiting."""
    async with world.on_air(plan()) as runner:
        await runner.ask(SelectStage(StageMode.AUTO))
        world.relay.broken = True
        assert await refusal_of(runner.ask(Start())) == "room.failed"
        assert "ZeroDivisionError" in caplog.text
        world.relay.broken = False
        await runner.ask(AddTime(MINUTE))
        assert runner.snapshot().session.phase is Phase.PITCH


async def test_the_journal_says_what_happened(world: World) -> None:
    """For the minutes of the day."""
    async with world.on_air(plan()) as runner:
        await runner.ask(Start())
        await runner.ask(Pause())
    notes = await world.journal.history(ROOM)
    assert [(note.revision, note.note) for note in notes] == [(1, "begun"), (2, "start"), (3, "pause")]
