"""What the chair is told of ties, and when."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest

from roadshow.access.roles import Visitor
from roadshow.competitions.people import Role
from roadshow.errors import Conflict
from roadshow.fields.field import Fields, LiveField
from roadshow.ids import ProjectId, RoomId
from roadshow.live.families.result import ConfirmResult, OpenRevote, ResultFamily, SettleTie
from roadshow.live.family import Sender, Services
from roadshow.voting.results import CeremonyState
from roadshow.voting.review import ReviewView, Tie
from tests.people import somebody

AI = RoomId("ai")
CHAIR = Sender(Visitor(somebody("chair", Role.CHAIR, AI), "192.0.2.1"))
TIE = Tie((ProjectId("neuro"), ProjectId("tidal")))


class Voting:
    async def views(self, _room: RoomId) -> SimpleNamespace:
        return SimpleNamespace(review=lambda: ReviewView(CeremonyState.SEALED, True, (), (TIE,), "head", 7))


@asynccontextmanager
async def _field(*, over: bool) -> AsyncIterator[LiveField]:
    room = SimpleNamespace(id=AI, snapshot=lambda: SimpleNamespace(session=SimpleNamespace(over=over)))
    field = LiveField(cast("Any", room), cast("Any", Voting()), cast("Any", None))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(field.run())
        yield field
        running.cancel()


@pytest.mark.parametrize("over", [False, True])
async def test_nobody_hears_who_stands_level_while_projects_are_still_to_be_scored(over: bool) -> None:
    """The chair may be a judge of those to come, and between two windows none is open."""
    async with _field(over=over) as field:
        (review,) = cast("tuple[ReviewView]", await field.read((ReviewView,)))
    assert (review.ties, review.ready) == (((TIE,), True) if over else ((), False))


@pytest.mark.parametrize(
    "act",
    [
        SettleTie(command="command-1", room="ai", order=("neuro", "tidal"), reason="A guess."),
        OpenRevote(command="command-1", room="ai", projects=("neuro", "tidal"), reason="A guess."),
        ConfirmResult(command="command-1", room="ai"),
    ],
)
async def test_the_chairs_acts_wait_for_the_end_of_the_field(act: SettleTie | OpenRevote | ConfirmResult) -> None:
    """Their answers would tell the same: a vote on projects that are not level is refused."""
    async with _field(over=False) as field:
        family = ResultFamily(cast("Services", SimpleNamespace(fields=Fields({AI: field}))))
        with pytest.raises(Conflict, match=r"result\.not_over"):
            await family.act(CHAIR, act)
