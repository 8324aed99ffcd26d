"""Who follows a room hears all of it, in order, and only what is theirs to see."""

import asyncio
import json
from typing import Any

import pytest
from msgspec.structs import replace

from roadshow.errors import Unavailable
from roadshow.fields.sections import Group
from roadshow.ids import PersonId, ProjectId
from roadshow.live.hub import MOST_REPLAYED
from roadshow.voting.results import CeremonyState, CeremonyView
from roadshow.voting.review import JudgeProgress, ProgressView, ProjectProgress, ReviewView, Tie
from tests.live.conftest import AI, BIO, COMMAND, Browser, Site
from tests.told import sections


async def _follow(browser: Browser, **where: Any) -> dict[str, Any]:
    await browser.send(type="follow", room="ai", **where)
    return await browser.read_until("room.snapshot")


def _project(message: dict[str, Any]) -> str:
    assert message["type"] == "room.changed"
    project = sections(message)["session"]["project"]
    assert isinstance(project, str)
    return project


async def _next_change(browser: Browser) -> dict[str, Any]:
    """The next numbered event; counts of viewers come whenever they come."""
    return await browser.read_until("room.changed")


async def test_a_snapshot_and_then_every_change_with_its_number(site: Site) -> None:
    """A gap in the numbers is how a browser notices that it missed something."""
    site.happens("before")
    async with site.browser() as browser:
        await browser.read()
        snapshot = await _follow(browser)
        assert snapshot["offset"] == 1
        assert sections(snapshot)["session"]["project"] == "neuro"
        for number in range(3):
            site.happens(f"p{number}")
        changes = [await _next_change(browser) for _ in range(3)]
    assert [change["offset"] for change in changes] == [2, 3, 4]
    assert [_project(change) for change in changes] == ["p0", "p1", "p2"]
    assert {change["epoch"] for change in changes} == {snapshot["epoch"]}


async def test_a_browser_that_comes_back_gets_exactly_what_it_missed(site: Site) -> None:
    """Short gaps are the rule in a hall's network; nobody should see the page start anew for one."""
    async with site.browser() as browser:
        await browser.read()
        snapshot = await _follow(browser)
        site.happens("seen")
        seen = await _next_change(browser)
    for number in range(3):
        site.happens(f"missed-{number}")
    async with site.browser() as browser:
        await browser.read()
        await browser.send(type="follow", room="ai", epoch=snapshot["epoch"], offset=seen["offset"])
        site_taken = site.rooms.snapshots
        missed = [await browser.read() for _ in range(3)]
        site.happens("fresh")
        fresh = await _next_change(browser)
    assert [_project(change) for change in missed] == ["missed-0", "missed-1", "missed-2"]
    assert (_project(fresh), fresh["offset"]) == ("fresh", seen["offset"] + 4)
    assert site_taken == site.rooms.snapshots


@pytest.mark.parametrize(("epoch", "offset"), [("another", 0), ("epoch-audience", 99), ("", 0), ("epoch-chair", 0)])
async def test_a_place_the_log_does_not_know_leads_to_a_snapshot(site: Site, epoch: str, offset: int) -> None:
    """The server was restarted, the desk was another role's, or the number is made up."""
    site.happens("one")
    async with site.browser() as browser:
        await browser.read()
        assert (await _follow(browser, epoch=epoch, offset=offset))["offset"] == 1


async def test_who_missed_very_much_gets_a_snapshot(site: Site) -> None:
    """Cheaper for both, and the outbox would not hold it."""
    async with site.browser() as browser:
        await browser.read()
        for number in range(MOST_REPLAYED + 1):
            site.happens(f"p{number}")
        snapshot = await _follow(browser, epoch="epoch-audience", offset=0)
    assert snapshot["offset"] == MOST_REPLAYED + 1


async def test_what_happens_while_the_snapshot_is_taken_comes_after_it(site: Site) -> None:
    """The one moment in which an event could slip through."""

    async def meanwhile() -> None:
        site.happens("meanwhile")

    site.rooms.before_snapshot = meanwhile
    async with site.browser() as browser:
        await browser.read()
        snapshot = await _follow(browser)
        change = await _next_change(browser)
    assert (snapshot["offset"], change["offset"], _project(change)) == (0, 1, "meanwhile")


async def test_one_snapshot_serves_all_who_come_at_once(site: Site) -> None:
    """After a restart three hundred browsers ask in the same second; the store is asked once."""
    release = asyncio.Event()
    asked = asyncio.Barrier(6)

    async def hold() -> None:
        await release.wait()

    async def come() -> int:
        async with site.browser() as browser:
            await browser.read()
            await browser.send(type="follow", room="ai")
            await browser.send(type="clock.ping", sent=1)
            await browser.read_until("clock.pong")
            await asked.wait()
            return int((await browser.read_until("room.snapshot"))["offset"])

    site.rooms.before_snapshot = hold
    async with asyncio.TaskGroup() as tasks:
        coming = [tasks.create_task(come()) for _ in range(5)]
        await asked.wait()
        release.set()
    assert [task.result() for task in coming] == [0] * 5
    assert site.rooms.snapshots == 1


async def test_a_store_that_is_away_sends_a_new_follower_back_to_try_again(site: Site) -> None:
    """Nobody repeats a ``follow`` by hand; coming back does it."""

    async def away() -> None:
        raise Unavailable("store.away")

    site.rooms.before_snapshot = away
    async with site.browser() as browser:
        await browser.read()
        await browser.send(type="follow", room="ai")
        assert (await browser.read())["code"] == "store.away"
        assert (await browser.closed())[0] == 1013


PROGRESS = ProgressView(
    (ProjectProgress(ProjectId("neuro"), True, (JudgeProgress(PersonId("judge"), "submitted", 1),), False),)
)
REVIEW = ReviewView(CeremonyState.SEALED, True, (), (), "head", 4)


@pytest.mark.parametrize(
    ("person", "sees"),
    [
        (None, {"ceremony"}),
        ("pitcher", {"ceremony"}),
        ("other-judge", {"ceremony"}),
        ("judge", {"ceremony"}),
        ("chair", {"ceremony", "progress", "review"}),
        ("organiser", {"ceremony", "progress", "review"}),
    ],
)
async def test_each_group_sees_its_own_sections(site: Site, person: str | None, sees: set[str]) -> None:
    """Who has voted is for control and the chair; a judge or the audience must not even learn that."""
    async with site.browser(person) as browser:
        await browser.read()
        snapshot = await _follow(browser)
        for view in (PROGRESS, REVIEW, CeremonyView(CeremonyState.CONFIRMED, (), 3)):
            site.hub.publish(AI, (view,))
        changes = [await _next_change(browser)]
        while "ceremony" not in sections(changes[-1]):
            changes.append(await _next_change(browser))
    assert sections(snapshot).keys() & {"progress", "review"} == sees - {"ceremony"}
    assert {name for change in changes for name in sections(change)} == sees
    assert [change["offset"] for change in changes] == list(range(1, len(sees) + 1))


@pytest.mark.parametrize(("person", "ties"), [("chair", 1), ("organiser", 0)])
async def test_ties_are_told_to_the_chair_alone(site: Site, person: str, ties: int) -> None:
    """Control is told of those that wait for an organiser alone, and not whether the result is ready."""
    tie = Tie((ProjectId("neuro"), ProjectId("tidal")))
    theirs = replace(tie, decided_by="organiser")
    async with site.browser(person) as browser:
        await browser.read()
        await _follow(browser)
        for review in (REVIEW, replace(REVIEW, ready=False, ties=(tie,)), replace(REVIEW, ready=False, ties=(theirs,))):
            site.hub.publish(AI, (review,))
        told = [sections(await _next_change(browser))["review"] for _ in range(3)]
    assert [len(one["ties"]) for one in told] == [0, ties, 1]
    assert [one["ready"] for one in told] == [person == "chair", False, False]
    assert all(bool(one["sequence"]) is (person == "chair") for one in told)


async def test_what_changes_together_comes_together(site: Site) -> None:
    """A pause moves the clock and the rundown's times: five thousand sockets are written to once, not twice."""
    async with site.browser("chair") as chair, site.browser() as viewer:
        for browser in (chair, viewer):
            await browser.read()
            await _follow(browser)
        site.hub.publish(AI, (CeremonyView(CeremonyState.CONFIRMED, (), 3), PROGRESS, REVIEW))
        site.hub.publish(AI, (PROGRESS,))
        site.happens("next")
        assert list(sections(await _next_change(chair))) == ["ceremony", "progress", "review"]
        told = [await _next_change(viewer) for _ in range(2)]
    assert [list(sections(one)) for one in told] == [["ceremony"], ["session"]]
    assert [one["offset"] for one in told] == [1, 2]


async def test_a_chair_is_audience_in_other_rooms(site: Site) -> None:
    """Their office ends at the door of their room."""
    async with site.browser("chair") as browser:
        await browser.read()
        await browser.send(type="follow", room=BIO)
        assert "progress" not in sections(await browser.read_until("room.snapshot"))


async def test_rooms_do_not_hear_each_other(site: Site) -> None:
    """Three finals run at once."""
    async with site.browser() as browser:
        await browser.read()
        await _follow(browser)
        site.happens("elsewhere", BIO)
        site.happens("here")
        assert _project(await _next_change(browser)) == "here"


async def test_a_judge_gets_their_own_ballots_with_the_room(site: Site) -> None:
    """What the store holds decides what the desk shows after a reload."""
    async with site.browser("judge") as browser:
        await browser.read()
        await browser.send(type="follow", room="ai")
        kinds = {(await browser.read())["type"] for _ in range(2)}
    assert kinds == {"room.snapshot", "ballot.own"}


async def test_following_twice_does_not_double_what_is_heard(site: Site) -> None:
    """A browser that lost count asks again on the same connection."""
    async with site.browser() as browser:
        await browser.read()
        await _follow(browser)
        await _follow(browser)
        site.happens("once")
        site.happens("twice")
        assert [_project(await _next_change(browser)) for _ in range(2)] == ["once", "twice"]
        assert site.hub.viewers(AI) == 1


async def test_viewers_are_counted(site: Site) -> None:
    """The pitcher and control see that somebody is there; desks are not audience."""
    async with site.browser("organiser") as control, site.browser() as one, site.browser() as two:
        for browser in (control, one, two):
            await browser.read()
            await _follow(browser)
        while (await control.read_until("room.viewers"))["viewers"] != 2:
            pass


async def test_a_reader_too_slow_loses_events_and_gets_a_snapshot_when_it_reads_again(site: Site) -> None:
    """One phone in a lift must cost the others nothing, and be right again once it is out."""
    # More than the kernel's buffers of both ends and the outbox hold together (at most 6 + 4 + 3 MB).
    events, size = 400, 50_000
    # The client takes 4 frames off the wire and no more until it is read.
    async with site.browser(max_queue=(4, 1), max_size=None) as slow, site.browser() as quick:
        for browser in (slow, quick):
            await browser.read()
            await _follow(browser)
        for number in range(1, events + 1):
            site.happens(f"{number}-" + "x" * size)
            assert (await _next_change(quick))["offset"] == number
        offsets = []
        while (message := await slow.read())["type"] != "room.snapshot":
            if message["type"] == "room.changed":
                offsets.append(message["offset"])
        assert offsets == list(range(1, len(offsets) + 1))
        assert len(offsets) < events
        assert message["offset"] == events
        site.happens("on")
        assert _project(await _next_change(slow)) == "on"


async def test_answers_do_not_queue_behind_events(site: Site) -> None:
    """A judge's receipt matters more than the audience's news."""
    async with site.browser("organiser") as browser:
        await browser.read()
        await _follow(browser)

        async def busy(message: object) -> None:
            for number in range(20):
                site.happens(f"p{number}")

        site.rooms.answer = busy
        await browser.send(type="session.pause", command=COMMAND, room="ai")
        kinds = [(await browser.read())["type"] for _ in range(21)]
    assert kinds.index("command.accepted") == 0


def test_every_group_has_an_epoch_of_its_own(site: Site) -> None:
    """A number of the audience's log must not be taken for one of the chair's."""
    assert len({topic.log.epoch for topic in site.hub._topics.values()}) == len(Group)


async def test_frames_are_plain_json_text(site: Site) -> None:
    """Browsers parse text frames; moments travel as whole milliseconds."""
    async with site.browser() as browser:
        raw = await browser.socket.recv()
    assert isinstance(raw, str)
    assert isinstance(json.loads(raw)["server_now"], int)
