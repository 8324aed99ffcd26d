"""Two acts at once leave a field as if one had come after the other, however slow its stores are."""

import asyncio
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.fields.turns import Turns
from tests.fields.world import ACTS, SITUATIONS, Act, Pace, live_field, outcome, standing

Seen = tuple[str, str, tuple[object, ...]]

paces = st.lists(st.integers(0, 6), max_size=12)


async def _at_once(situation: str, first: Act, second: Act, waits: list[int]) -> Seen:
    pace = Pace()
    async with live_field(pace) as field:
        for act in SITUATIONS[situation]:
            await act(field)
        pace.be(waits)
        one, two = await asyncio.gather(outcome(field, first), outcome(field, second))
        pace.be([])
        return one, two, await standing(field)


async def _in_turn(situation: str, first: Act, second: Act) -> Seen:
    async with live_field(Pace()) as field:
        for act in SITUATIONS[situation]:
            await act(field)
        return await outcome(field, first), await outcome(field, second), await standing(field)


@cache
def _serial(situation: str, first: str, second: str) -> tuple[Seen, Seen]:
    one, two, after = asyncio.run(_in_turn(situation, ACTS[second], ACTS[first]))
    return asyncio.run(_in_turn(situation, ACTS[first], ACTS[second])), (two, one, after)


def _is_explained(situation: str, first: str, second: str, waits: list[int]) -> bool:
    seen = asyncio.run(_at_once(situation, ACTS[first], ACTS[second], waits))
    return seen in _serial(situation, first, second)


@given(st.sampled_from(sorted(SITUATIONS)), st.sampled_from(sorted(ACTS)), st.sampled_from(sorted(ACTS)), paces)
def test_no_interleaving_leads_where_no_order_does(situation: str, first: str, second: str, waits: list[int]) -> None:
    """Two people press in the same second, and the disk is slow: nobody may end up in a state nobody asked for."""
    assert _is_explained(situation, first, second, waits)


_PACES = [[before, after] * 4 for before in range(5) for after in range(5)]


@pytest.mark.parametrize("comeback", ["defer first", "defer last", "back"])
def test_a_result_is_not_confirmed_past_a_project_that_comes_back(comeback: str) -> None:
    """It could never be scored: the rundown is part of what was confirmed."""
    for situation in ("last skipped", "over"):
        for waits in _PACES:
            assert _is_explained(situation, comeback, "confirm", waits), waits
            assert _is_explained(situation, "confirm", comeback, waits), waits


def test_the_walk_would_find_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """With acts that do not take turns, the former fault is there again."""

    async def at_once(_turns: Turns, act: Act) -> object:
        return await act()  # type: ignore[call-arg]

    monkeypatch.setattr(Turns, "take", at_once)
    assert not all(_is_explained("last skipped", "defer last", "confirm", waits) for waits in _PACES)
