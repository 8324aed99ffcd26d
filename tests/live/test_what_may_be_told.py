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
from roadshow.fields.sections import Group, visible
from roadshow.ids import ProjectId, RoomId
from roadshow.live.families.result import CloseCount, ConfirmResult, OpenRevote, ResultFamily, SettleTie
from roadshow.live.family import Sender, Services
from roadshow.voting.results import Caveat, CeremonyState
from roadshow.voting.review import ReviewView, without_first
from tests.people import somebody

AI = RoomId("ai")
CHAIR = Sender(Visitor(somebody("chair", Role.CHAIR, AI), "192.0.2.1"))
CAVEAT = Caveat(
    declared="trimmed-mean", used="mean", short=(ProjectId("tidal"),), needed=5, first=(ProjectId("neuro"),)
)


@asynccontextmanager
async def _field(*, over: bool) -> AsyncIterator[LiveField]:
    room = SimpleNamespace(id=AI, snapshot=lambda: SimpleNamespace(session=SimpleNamespace(over=over)))
    field = LiveField(cast("Any", room), cast("Any", None), cast("Any", None))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(field.run())
        yield field
        running.cancel()


def test_who_would_be_first_by_the_rules_own_estimator_is_told_to_the_chair_alone() -> None:
    """It is an order. That another estimator is used follows from who has submitted, which all of them see."""
    review = ReviewView(CeremonyState.SEALED, True, (), (), "head", 7, caveat=CAVEAT)
    told = {group: visible((review,), group).get("review") for group in Group}
    caveats = {group: cast("ReviewView", one).caveat for group, one in told.items() if one is not None}
    assert caveats == {
        Group.CHAIR: CAVEAT,
        Group.DEPUTY: without_first(CAVEAT),
        Group.CONTROL: without_first(CAVEAT),
    }


@pytest.mark.parametrize(
    "act",
    [
        SettleTie(command="command-1", room="ai", order=("neuro", "tidal"), reason="A guess."),
        OpenRevote(command="command-1", room="ai", projects=("neuro", "tidal"), reason="A guess."),
        ConfirmResult(command="command-1", room="ai"),
        CloseCount(command="command-1", room="ai", count=1),
    ],
)
async def test_the_chairs_acts_wait_for_the_end_of_the_field(
    act: SettleTie | OpenRevote | ConfirmResult | CloseCount,
) -> None:
    """Their answers would tell the same: a vote on projects that are not level is refused."""
    async with _field(over=False) as field:
        family = ResultFamily(cast("Services", SimpleNamespace(fields=Fields({AI: field}))))
        with pytest.raises(Conflict, match=r"result\.not_over"):
            await family.act(CHAIR, act)
