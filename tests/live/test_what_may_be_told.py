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
from roadshow.ids import RoomId
from roadshow.live.families.result import CloseCount, ConfirmResult, OpenRevote, ResultFamily, SettleTie
from roadshow.live.family import Sender, Services
from tests.people import somebody

AI = RoomId("ai")
CHAIR = Sender(Visitor(somebody("chair", Role.CHAIR, AI), "192.0.2.1"))


@asynccontextmanager
async def _field(*, over: bool) -> AsyncIterator[LiveField]:
    room = SimpleNamespace(id=AI, snapshot=lambda: SimpleNamespace(session=SimpleNamespace(over=over)))
    field = LiveField(cast("Any", room), cast("Any", None), cast("Any", None))
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(field.run())
        yield field
        running.cancel()


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
