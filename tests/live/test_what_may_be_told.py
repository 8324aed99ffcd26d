"""What the chair is told of ties, and when."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from roadshow.access.roles import Visitor
from roadshow.competitions.people import Person, Role
from roadshow.errors import Conflict
from roadshow.ids import PersonId, ProjectId, RoomId
from roadshow.live.handlers import DeskHandlers
from roadshow.live.protocol import ConfirmResult, OpenRevote, SettleTie
from roadshow.voting.results import CeremonyState
from roadshow.voting.review import ReviewView, Tie

AI = RoomId("ai")
CHAIR = Visitor(Person(PersonId("chair"), Role.CHAIR, {"en": "Chair"}, AI), "192.0.2.1")
TIE = Tie((ProjectId("neuro"), ProjectId("tidal")))


class Voting:
    async def review(self, _room: RoomId) -> ReviewView:
        return ReviewView(CeremonyState.SEALED, True, (), (TIE,), "head", 7)


def _handlers(*, over: bool) -> DeskHandlers:
    room = SimpleNamespace(snapshot=lambda: SimpleNamespace(session=SimpleNamespace(over=over)))
    return DeskHandlers(cast("Any", {AI: room}), cast("Any", Voting()))


async def test_nobody_hears_who_stands_level_while_projects_are_still_to_be_scored() -> None:
    """The chair may be a judge of those to come, and between two windows none is open."""
    early = await _handlers(over=False).review(AI)
    assert (early.ties, early.ready) == ((), False)
    assert (await _handlers(over=True).review(AI)).ties == (TIE,)


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
    with pytest.raises(Conflict, match=r"result\.not_over"):
        await _handlers(over=False).vote_command(CHAIR, act)
