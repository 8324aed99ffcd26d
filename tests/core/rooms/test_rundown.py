"""The order of slots and their planned times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.errors import Conflict
from roadshow.ids import ProjectId, SlotId
from roadshow.moments import Duration, Instant
from roadshow.rooms import rundown
from roadshow.rooms.phases import Slot, SlotStatus
from tests.core.rooms.plans import NOON, A, B, C

names = st.lists(st.integers(0, 30).map(lambda number: f"p{number}"), min_size=1, max_size=12, unique=True)
statuses = st.sampled_from(SlotStatus)


@st.composite
def rundowns(draw: st.DrawFn) -> rundown.Rundown:
    return tuple(Slot(SlotId(name), ProjectId(name), draw(statuses)) for name in draw(names))


def slots(**statuses: SlotStatus) -> rundown.Rundown:
    return tuple(Slot(SlotId(name), ProjectId(name), status) for name, status in statuses.items())


def quarter(_: SlotId) -> Duration:
    return Duration.minutes(15)


@given(rundowns(), st.data())
def test_deferring_moves_one_slot_to_the_end_and_no_other(order: rundown.Rundown, data: st.DataObject) -> None:
    """The rest of the field keeps the order that was drawn."""
    slot = data.draw(st.sampled_from(order))
    if slot.status is SlotStatus.DONE:
        with pytest.raises(Conflict):
            rundown.defer(order, slot.id)
        return
    deferred = rundown.defer(order, slot.id)
    assert deferred[-1] == Slot(slot.id, slot.project, SlotStatus.WAITING)
    assert deferred[:-1] == tuple(other for other in order if other.id != slot.id)


@given(rundowns(), st.data())
def test_skipping_changes_one_slot_and_no_other(order: rundown.Rundown, data: st.DataObject) -> None:
    """A skipped slot keeps its place, so that everybody sees what happened."""
    slot = data.draw(st.sampled_from(order))
    if slot.status in rundown.FINISHED:
        with pytest.raises(Conflict):
            rundown.skip(order, slot.id)
        return
    changed = [(old, new) for old, new in zip(order, rundown.skip(order, slot.id), strict=True) if old != new]
    assert changed == [(slot, Slot(slot.id, slot.project, SlotStatus.SKIPPED))]


def test_a_slot_that_does_not_exist_is_refused() -> None:
    """Control's page may be of another competition."""
    for act in (rundown.skip, rundown.defer):
        with pytest.raises(Conflict, match=r"room\.no_such_slot"):
            act(slots(atlas=SlotStatus.WAITING), B)


@given(rundowns(), st.integers(0, 10**6))
def test_waiting_slots_are_planned_one_after_another(order: rundown.Rundown, later: int) -> None:
    """Pitchers go by these times: in order, without gaps, from when the stage is free."""
    free = NOON + Duration(later)
    planned = rundown.planned_times(order, stage_free_at=free, length=quarter, began={})
    waiting = [at for slot, at in zip(order, planned, strict=True) if slot.status is SlotStatus.WAITING]
    assert waiting == [free + Duration.minutes(15 * number) for number in range(len(waiting))]


def test_slots_on_stage_or_done_show_when_they_began() -> None:
    """What was planned for them is of no use to anybody any more."""
    order = slots(atlas=SlotStatus.DONE, borealis=SlotStatus.LIVE, cedar=SlotStatus.WAITING)
    began = {A: NOON, B: NOON + Duration.minutes(20)}
    free = NOON + Duration.minutes(37)
    assert rundown.planned_times(order, stage_free_at=free, length=quarter, began=began) == (NOON, began[B], free)


def test_a_skipped_slot_takes_no_time() -> None:
    """Everybody after it moves up."""
    order = slots(atlas=SlotStatus.SKIPPED, borealis=SlotStatus.WAITING)
    times: tuple[Instant, ...] = rundown.planned_times(order, stage_free_at=NOON, length=quarter, began={})
    assert times == (NOON, NOON)


@given(rundowns())
def test_it_is_over_when_nobody_waits_or_is_on_stage(order: rundown.Rundown) -> None:
    """Only then may the hall say so."""
    open_slots = {slot.status for slot in order} & {SlotStatus.WAITING, SlotStatus.LIVE}
    assert rundown.is_over(order) == (not open_slots)


def test_a_changed_plan_brings_newcomers_to_the_end_and_drops_who_left() -> None:
    """The organiser may correct the definition between two starts; what was played stays."""
    saved = slots(atlas=SlotStatus.DONE, borealis=SlotStatus.WAITING, cedar=SlotStatus.WAITING)
    wanted = [ProjectId("cedar"), ProjectId("delta")]
    assert [slot.id for slot in rundown.reconcile(saved, wanted, current=C)] == [A, C, "delta"]
    assert [slot.id for slot in rundown.reconcile(saved, wanted, current=B)] == [A, B, C, "delta"]


def test_an_unchanged_plan_changes_nothing() -> None:
    """An ordinary restart keeps the order, deferred slots and all."""
    saved = slots(cedar=SlotStatus.WAITING, atlas=SlotStatus.SKIPPED)
    assert rundown.reconcile(saved, [ProjectId("atlas"), ProjectId("cedar")], current=C) == saved


def test_the_slot_before_is_the_last_one_played() -> None:
    """Going back from standby must not lead to a slot that never took place."""
    order = slots(atlas=SlotStatus.DONE, borealis=SlotStatus.SKIPPED, cedar=SlotStatus.WAITING)
    before = rundown.previous_done(order, C)
    assert before is not None
    assert before.id == A
    assert rundown.previous_done(order, A) is None
    assert rundown.previous_done(order, None) == before
