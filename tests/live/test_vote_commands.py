"""Every message about votes leads to the act it names, done by whoever is connected."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.access.roles import Visitor
from roadshow.clock import SystemClock
from roadshow.competitions.people import Role
from roadshow.errors import Conflict, NotAllowed
from roadshow.fields.field import Fields, LiveField
from roadshow.fields.sections import Group, seen_by
from roadshow.ids import CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.live.families import FAMILIES
from roadshow.live.families.ballots import BallotAccepted, BallotFamily, OwnBallots
from roadshow.live.family import Families, Family, Sender, Services
from roadshow.live.messages import Message, RoomAct
from roadshow.live.protocol import decode
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.review import WindowsView
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from tests.people import somebody

AI, POLL = RoomId("ai"), PollId("ai")
NEURO, TIDAL = ProjectId("neuro"), ProjectId("tidal")
SPEC = PollSpec(
    POLL,
    (NEURO, TIDAL),
    (PersonId("judge"), PersonId("other")),
    PersonId("chair"),
    (),
    (Criterion(CriterionId("team"), 1, 10),),
    RuleSet("mean", 1, ("re-vote", "chair", "shared"), "exact", 3, second_confirmation=True),
    procedure=2,
    reserve=(PersonId("vera"),),
)
PEOPLE = {
    name: Sender(Visitor(somebody(name, role, None if role is Role.ORGANISER else AI), "192.0.2.1"))
    for name, role in (
        ("judge", Role.JUDGE),
        ("other", Role.JUDGE),
        ("chair", Role.CHAIR),
        ("organiser", Role.ORGANISER),
    )
}


class _Course:
    """A poll, and the messages that come to it."""

    def __init__(self) -> None:
        self.store = MemoryVoteStore(SystemClock())
        signer = Signer(Ed25519PrivateKey.generate())
        self.voting = VotingService(self.store, signer, {AI: SPEC}, Nobody())
        self.over = False
        room = SimpleNamespace(
            id=AI, is_settled=True, snapshot=lambda: SimpleNamespace(session=SimpleNamespace(over=self.over))
        )
        self.field = LiveField(cast("Any", room), self.voting, cast("Any", None))
        services = cast("Services", SimpleNamespace(fields=Fields({AI: self.field})))
        self.families = Families(family(services) for family in FAMILIES)
        self._number = 0

    async def say(self, who: str, tag: str, **fields: object) -> list[str]:
        """The kinds of the ledger's entries it leads to."""
        self._number += 1
        before = (await self.store.read(POLL)).sequence
        text = msgspec.json.encode({"type": tag, "command": f"command-{self._number:04}", "room": "ai", **fields})
        message = decode(text.decode())
        assert isinstance(message, RoomAct)
        family = self.families.of(message)
        answer = await family.act(PEOPLE[who], message)
        assert isinstance(answer, BallotAccepted) is isinstance(family, BallotFamily)
        return [entry.kind for entry in await self.store.ledger(POLL, before, 100)]


@pytest.fixture
async def course() -> AsyncIterator[_Course]:
    course = _Course()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(course.field.run())
        yield course
        running.cancel()


async def test_messages_lead_to_acts(course: _Course) -> None:
    """The whole way of a field in which nothing goes smoothly."""
    await course.voting.prepare()
    cast_, late = {"scores": {"team": 8}, "expected_revision": 0}, {"judge": "other", "project": "neuro"}
    for project in (NEURO, TIDAL):
        await course.voting.open_window(AI, project, None)
        assert await course.say("judge", "ballot.cast", project=project, **cast_) == ["ballot"]
        if project is TIDAL:
            abstention = {"project": "tidal", "category": "missed", "expected_revision": 0}
            assert await course.say("other", "ballot.abstain", **abstention) == ["abstain"]
        await course.voting.close_window(AI, project)
    assert await course.say("other", "ballot.late", project="neuro", **cast_) == ["late"]
    number = (await course.voting.views(AI)).review().late[0].late
    with pytest.raises(Conflict, match=r"late\.moved_on"):
        await course.say("chair", "late.accept", late=number + 1, reason="A reason.", **late)
    assert await course.say("chair", "late.accept", late=number, reason="A reason.", **late) == ["accept"]
    second = await course.say("judge", "ballot.late", project="neuro", scores={"team": 2}, expected_revision=1)
    assert second == ["late"]
    other = {"judge": "judge", "project": "neuro", "late": number + 2}
    assert await course.say("chair", "late.reject", reason="A reason.", **other) == ["reject"]
    about = {"judge": "judge", "project": "neuro", "reason": "A reason."}
    assert await course.say("chair", "ballot.void", **about) == ["void"]
    assert await course.say("chair", "ballot.restore", **about) == ["restore"]
    penalty = {"project": "tidal", "reason": "A reason."}
    assert await course.say("organiser", "project.penalty", points=100, **penalty) == ["penalty"]
    assert await course.say("organiser", "project.penalty", points=0, **penalty) == ["penalty"]
    with pytest.raises(Conflict, match=r"result\.not_over"):
        await course.say("chair", "count.close", count=1)
    course.over = True
    assert await course.say("chair", "count.close", count=1) == ["close-count"]
    with pytest.raises(Conflict, match=r"count\.closed"):
        await course.say("organiser", "project.penalty", points=100, **penalty)
    tied = {"projects": ["tidal", "neuro"], "reason": "Level.", "seconds": 60}
    assert await course.say("chair", "result.revote", **tied) == ["revote", "open", "open"]
    assert await course.say("judge", "ballot.cast", project="neuro", round=2, **cast_) == ["ballot"]
    (own,) = [told for family in course.families if (told := await _greeted(family, PEOPLE["judge"])) is not None]
    assert isinstance(own, OwnBallots)
    assert [(one.project, one.round) for one in own.revote] == [("neuro", 2)]
    assert await course.say("chair", "result.revote_close") == ["close", "close"]
    assert await course.say("chair", "result.settle", order=["tidal", "neuro"], reason="A reason.") == ["settle"]
    assert await course.say("chair", "result.confirm") == ["confirm"]
    assert await course.say("chair", "count.ask", count=1, reason="A reason.") == ["ask-reopening"]
    asked = (await course.voting.views(AI)).review().asked
    assert asked is not None
    assert await course.say("organiser", "count.reopen", asked=asked.sequence) == ["reopen"]
    assert await course.say("chair", "project.penalty", points=100, **penalty) == ["penalty"]
    with pytest.raises(Conflict, match=r"ruling\.repeated"):
        await course.say("organiser", "project.penalty", points=0, **penalty)
    assert await course.say("chair", "count.close", count=2) == ["close-count"]
    assert await course.say("chair", "result.confirm") == ["confirm"]
    assert await course.say("other", "result.countersign", version=2) == ["countersign"]
    assert await course.say("organiser", "result.reveal", announced=0) == ["reveal"]


async def test_a_seat_passes_by_two_messages_while_the_field_goes_on(course: _Course) -> None:
    """A judge is lost when nobody has time for it: the next project is scored with the substitute."""
    await course.voting.prepare()
    seat = {"judge": "other", "substitute": "vera", "project": "tidal", "reason": "The line is down."}
    assert await course.say("organiser", "seat.ask", **seat) == ["ask-substitute"]
    offered = (await course.voting.views(AI)).review().offered
    assert offered is not None
    assert offered.decided_by == "chair"
    sign = {"asked": offered.asked.asked, "substitute": "vera"}
    with pytest.raises(NotAllowed, match=r"substitute\.second_person"):
        await course.say("organiser", "seat.sign", **sign)
    assert await course.say("chair", "seat.sign", **sign) == ["substitute"]
    await course.voting.open_window(AI, TIDAL, None)
    assert (await course.voting.own_ballots(AI, PersonId("vera"))).replaced == (NEURO,)
    assert (await course.voting.own_ballots(AI, PersonId("other"))).replaced == (TIDAL,)
    progress = (await course.voting.views(AI)).progress().projects
    assert [[one.judge for one in project.judges] for project in progress] == [["judge", "other"], ["judge", "vera"]]


async def _greeted(family: Family, who: Sender) -> Message | None:
    return await family.greet(who, AI) if isinstance(family, BallotFamily) else None


def test_windows_are_told_to_the_jury_and_control() -> None:
    """A judge's desk must know that a re-vote is on; the audience need not know who is level."""
    assert [group for group in Group if WindowsView not in seen_by(group)] == [
        Group.AUDIENCE,
        Group.CLERK,
        Group.AUDITOR,
    ]


async def test_the_chairs_office_passes_by_two_messages_while_the_field_goes_on(course: _Course) -> None:
    """The chair is gone, and the day has to end: whoever has the office closes the count, and everybody who follows the
    room is told who that is."""
    await course.voting.prepare()
    asks = {"chair": "judge", "count": None, "reason": "I have to leave."}
    with pytest.raises(Conflict, match=r"chair\.early"):
        await course.say("chair", "chair.ask", **asks)
    await course.voting.open_window(AI, NEURO, None)
    assert await course.say("chair", "chair.ask", **asks) == ["ask-chair"]
    office = (await course.voting.views(AI)).review().office
    assert office is not None
    assert office.offered is not None
    sign = {"asked": office.offered.asked.asked}
    for person in ("chair", "judge", "other"):
        with pytest.raises(NotAllowed, match=r"chair\.second_person"):
            await course.say(person, "chair.sign", **sign)
    assert (await course.voting.views(AI)).windows().chair is None
    assert await course.say("organiser", "chair.sign", **sign) == ["pass-chair"]
    assert (await course.voting.views(AI)).windows().chair == "judge"
    await course.voting.close_window(AI, NEURO)
    course.over = True
    with pytest.raises(NotAllowed, match=r"result\.not_chair"):
        await course.say("chair", "count.close", count=1)
    assert await course.say("judge", "count.close", count=1) == ["close-count"]
