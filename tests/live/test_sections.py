"""Who is told a section, and who not even that it changed: every section, every group, through a real show's hub."""

import json
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typing_extensions import override

from roadshow.access.groups import group_of
from roadshow.adapters import in_memory
from roadshow.app import open_show
from roadshow.clock import SystemClock
from roadshow.competitions.loading import load_preset
from roadshow.fields import sections
from roadshow.fields.sections import SECTIONS, Group, Section, whole
from roadshow.ids import RoomId
from roadshow.moments import Instant, encode_moment
from roadshow.settings import Settings
from roadshow.show import Show
from tests.live.test_sealed import Listener
from tests.told import sections as told_in

ROOM = RoomId("ai")
TABLES = {
    "as it is": SECTIONS,
    **{f"{group} alone": tuple(Section(one.view, {group: whole}) for one in SECTIONS) for group in Group},
}
"""Tables to walk. In all but the first every section is one group's alone, so that nothing hangs on today's rows."""


class StandingClock(SystemClock):
    """What is read twice is the same."""

    @override
    def now(self) -> Instant:
        return Instant(1_767_225_600_000)


@pytest.fixture(params=TABLES)
def table(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> tuple[Section, ...]:
    rows = TABLES[request.param]
    monkeypatch.setattr(sections, "SECTIONS", rows)
    monkeypatch.setattr(sections, "_BY_VIEW", {row.view: row for row in rows})
    return rows


@pytest.fixture
async def show(tmp_path: Path) -> AsyncIterator[Show]:
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0)
    competition = load_preset("demo", today=date(2026, 1, 1))
    async with open_show(settings, competition, adapters=in_memory, clock=StandingClock()) as show:
        yield show


async def _one_of_each_group(show: Show) -> dict[Group, Listener]:
    """Each has followed the room."""
    listeners = {group_of(one.visitor, ROOM): one for one in map(Listener, (None, *show.people))}
    assert set(listeners) == set(Group)
    for listener in listeners.values():
        show.hub.join(listener)
        await show.hub.follow(listener, ROOM)
    return listeners


def _heard(listener: Listener) -> list[dict[str, Any]]:
    """Since it was asked last, but for the number of viewers."""
    messages = [json.loads(frame) for frame in listener.frames]
    listener.frames.clear()
    return [message for message in messages if message["type"] != "room.viewers"]


def _shown(row: Section, view: Any, group: Group) -> Any:
    """As a browser of the group should read it."""
    return json.loads(msgspec.json.encode(row.sees[group](view), enc_hook=encode_moment))


async def test_a_section_reaches_the_groups_of_its_row_and_no_other(show: Show, table: tuple[Section, ...]) -> None:
    """A new section is walked by being in the table. Who must not see it must not learn from a gap in the numbers
    either that there was something to see."""
    listeners = await _one_of_each_group(show)
    views = await show.fields[ROOM].read(row.view for row in table)
    offsets = {}
    for group, listener in listeners.items():
        (snapshot,) = _heard(listener)
        offsets[group] = snapshot["offset"]
        assert told_in(snapshot) == {
            row.name: _shown(row, view, group) for row, view in zip(table, views, strict=True) if group in row.sees
        }

    for row, view in zip(table, views, strict=True):
        show.hub.publish(ROOM, (view,))
        for group, listener in listeners.items():
            changes = _heard(listener)
            if group not in row.sees:
                assert changes == []
                continue
            (change,) = changes
            offsets[group] += 1
            assert change["offset"] == offsets[group]
            assert told_in(change) == {row.name: _shown(row, view, group)}


async def test_of_sections_that_change_together_each_group_is_told_its_own(
    show: Show, table: tuple[Section, ...]
) -> None:
    """They leave in one frame; a group's frame is not another's."""
    listeners = await _one_of_each_group(show)
    views = await show.fields[ROOM].read(row.view for row in table)
    for listener in listeners.values():
        _heard(listener)
    show.hub.publish(ROOM, views)
    for group, listener in listeners.items():
        told = [list(told_in(change)) for change in _heard(listener)]
        seen = [row.name for row in table if group in row.sees]
        assert told == ([seen] if seen else [])


class _Nobodys(msgspec.Struct, frozen=True, tag_field="section", tag="nobodys"):
    """A row that no family provides."""


async def test_a_section_nobody_makes_is_said_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the first to follow a room would find out, and everybody after them."""
    monkeypatch.setattr(sections, "SECTIONS", (*SECTIONS, Section(_Nobodys, {Group.CHAIR: whole})))
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0)
    competition = load_preset("demo", today=date(2026, 1, 1))
    with pytest.raises(LookupError, match="nobodys"):
        async with open_show(settings, competition, adapters=in_memory):
            pass
