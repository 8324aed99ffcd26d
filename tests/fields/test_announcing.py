"""Whoever keeps public pages hears of a change before any socket does."""

from collections.abc import Sequence

import pytest

from roadshow.fields.announcing import SHOWN, Announcing
from roadshow.fields.sections import SECTIONS, View
from roadshow.ids import ProjectId, RoomId, SlotId
from roadshow.rooms.phases import Phase, SlotStatus, StageMode
from roadshow.rooms.views import ClockView, RundownView, SessionView, SlotView, StageView
from roadshow.voting.audience.award import AudienceView
from roadshow.voting.results import CeremonyState, CeremonyView

ROOM = RoomId("ai")


class Order:
    """What happened, in its order."""

    def __init__(self) -> None:
        self.happened: list[str] = []

    def publish(self, room: RoomId, views: Sequence[View]) -> None:
        self.happened.append("told")

    def changed(self) -> None:
        self.happened.append("changed")


@pytest.fixture
def order() -> Order:
    return Order()


@pytest.fixture
def announcing(order: Order) -> Announcing:
    return Announcing(order, order.changed)


def rundown(at: int, status: SlotStatus = SlotStatus.WAITING) -> RundownView:
    return RundownView((SlotView(SlotId("one"), ProjectId("one"), status, at),))


@pytest.mark.parametrize("view", [CeremonyView(CeremonyState.SEALED), rundown(1)])
def test_a_change_is_counted_before_it_is_told(announcing: Announcing, order: Order, view: View) -> None:
    """Who hears of a place and asks for the page comes after it."""
    announcing.publish(ROOM, (view,))
    assert order.happened == ["changed", "told"]


@pytest.mark.parametrize(
    "view",
    [
        SessionView(Phase.PITCH, None, None, ClockView(), False, False, False, False),
        StageView(StageMode.AUTO, {}, ()),
        AudienceView(),
    ],
)
def test_what_no_page_shows_costs_none(announcing: Announcing, order: Order, view: View) -> None:
    """An open award tells a number every second; every page would be built again each time."""
    announcing.publish(ROOM, (view,))
    announcing.read(ROOM, (view,))
    assert order.happened == ["told"]


def test_what_a_snapshot_tells_first_is_counted(announcing: Announcing, order: Order) -> None:
    """It is read from the store, which may be ahead of the news."""
    announcing.publish(ROOM, (CeremonyView(CeremonyState.SEALED), rundown(1)))
    order.happened.clear()
    announcing.read(ROOM, (CeremonyView(CeremonyState.SEALED), rundown(1)))
    assert order.happened == []
    announcing.read(ROOM, (CeremonyView(CeremonyState.REVEALING, (), 3), rundown(1)))
    announcing.read(ROOM, (CeremonyView(CeremonyState.REVEALING, (), 3), rundown(1)))
    assert order.happened == ["changed"]
    announcing.read(ROOM, (rundown(1, SlotStatus.SKIPPED),))
    assert order.happened == ["changed", "changed"]


def test_a_plan_that_moves_with_the_clock_is_no_news(announcing: Announcing, order: Order) -> None:
    """While everybody waits for a late beginning, each newcomer would have every page built again."""
    announcing.read(ROOM, (rundown(1),))
    order.happened.clear()
    announcing.read(ROOM, (rundown(60_001),))
    assert order.happened == []


def test_what_pages_show_is_among_what_is_told() -> None:
    """A section of another name would never be counted."""
    assert set(SHOWN) <= {section.view for section in SECTIONS}
