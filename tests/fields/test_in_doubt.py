"""A room whose last save got no answer may stand elsewhere in the store than here."""

from typing import Any, cast

import pytest

from roadshow.errors import Unavailable
from roadshow.ids import SlotId
from roadshow.rooms.commands import Defer
from tests.fields.world import SITUATIONS, B, Pace, command, confirm, live_field


async def test_no_result_is_confirmed_of_a_room_in_doubt() -> None:
    """The server may die next: then the rundown would be another than the one that was confirmed."""
    async with live_field(Pace()) as field:
        for act in SITUATIONS["last skipped"]:
            await act(field)
        runner = field.room
        journal = cast("Any", runner)._journal

        async def away(*_: object) -> None:
            raise Unavailable("store.away")

        cast("Any", runner)._journal = type("Away", (), {"save": staticmethod(away)})()
        with pytest.raises(Unavailable, match=r"room\.not_saved"):
            await field.control(Defer(command=command("defer"), slot=SlotId(B)))
        assert field.is_over
        with pytest.raises(Unavailable, match=r"room\.not_saved"):
            await confirm()(field)
        cast("Any", runner)._journal = journal
