"""The order of slots, and when each is planned to begin. Pure."""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from roadshow.errors import Conflict
from roadshow.ids import ProjectId, SlotId
from roadshow.moments import Duration, Instant
from roadshow.rooms.phases import Slot, SlotStatus

Rundown = tuple[Slot, ...]

FINISHED = frozenset({SlotStatus.DONE, SlotStatus.SKIPPED})


def plan(projects: Iterable[ProjectId]) -> Rundown:
    """One waiting slot for each project, in this order; a slot has its project's name."""
    return tuple(Slot(SlotId(project), project) for project in projects)


def reconcile(rundown: Rundown, projects: Iterable[ProjectId], *, current: SlotId | None) -> Rundown:
    """A saved rundown under a plan that may have changed since: newcomers wait at the end; slots that wait for nobody
    any more are gone, but the current one stays."""
    wanted = tuple(projects)
    kept = tuple(
        slot
        for slot in rundown
        if slot.project in wanted or slot.id == current or slot.status is not SlotStatus.WAITING
    )
    known = {slot.project for slot in kept}
    return kept + plan(project for project in wanted if project not in known)


def find(rundown: Rundown, slot: SlotId) -> Slot:
    """Raises Conflict("room.no_such_slot")."""
    for candidate in rundown:
        if candidate.id == slot:
            return candidate
    raise Conflict("room.no_such_slot")


def mark(rundown: Rundown, slot: SlotId, status: SlotStatus) -> Rundown:
    """The rundown with this slot's status."""
    return tuple(
        msgspec.structs.replace(candidate, status=status) if candidate.id == slot else candidate
        for candidate in rundown
    )


def skip(rundown: Rundown, slot: SlotId) -> Rundown:
    """Raises Conflict("room.slot_finished") for a slot that is done or skipped already."""
    status = find(rundown, slot).status
    if status in FINISHED:
        raise Conflict("room.slot_finished", status=status.value)
    return mark(rundown, slot, SlotStatus.SKIPPED)


def defer(rundown: Rundown, slot: SlotId) -> Rundown:
    """The slot waits at the end, even one that was skipped. Raises Conflict("room.slot_finished") if it is done."""
    deferred = find(rundown, slot)
    if deferred.status is SlotStatus.DONE:
        raise Conflict("room.slot_finished", status=deferred.status.value)
    others = tuple(candidate for candidate in rundown if candidate.id != slot)
    return (*others, msgspec.structs.replace(deferred, status=SlotStatus.WAITING))


def next_waiting(rundown: Rundown) -> Slot | None:
    """The first slot that waits."""
    return next((slot for slot in rundown if slot.status is SlotStatus.WAITING), None)


def previous_done(rundown: Rundown, slot: SlotId | None) -> Slot | None:
    """The last slot played before this one; before None, the last of all."""
    before = rundown if slot is None else rundown[: rundown.index(find(rundown, slot))]
    return next((candidate for candidate in reversed(before) if candidate.status is SlotStatus.DONE), None)


def is_over(rundown: Rundown) -> bool:
    """Whether every slot is done or skipped."""
    return all(slot.status in FINISHED for slot in rundown)


def planned_times(
    rundown: Rundown, *, stage_free_at: Instant, length: Callable[[SlotId], Duration], began: Mapping[SlotId, Instant]
) -> tuple[Instant, ...]:
    """When each slot is planned to begin: slots on stage or done when they did begin, waiting ones one after another
    from ``stage_free_at``, each for its ``length``. A skipped slot stands where it would have been."""
    times = []
    cursor = stage_free_at
    for slot in rundown:
        match slot.status:
            case SlotStatus.LIVE | SlotStatus.DONE:
                times.append(began.get(slot.id, cursor))
            case SlotStatus.WAITING:
                times.append(cursor)
                cursor += length(slot.id)
            case SlotStatus.SKIPPED:
                times.append(cursor)
    return tuple(times)
