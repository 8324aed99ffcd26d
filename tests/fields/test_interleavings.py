"""Two acts at once leave a field as if one had come after the other, however slow its stores are."""

import asyncio
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from roadshow.fields.turns import Turns
from tests.fields.world import ACTS, SITUATIONS, Act, Pace, live_field, outcome, standing

Seen = tuple[str, str, tuple[object, ...]]

paces = st.lists(st.integers(0, 6), max_size=12)
names = st.sampled_from(sorted(ACTS))


async def _at_once(before: Sequence[Act], first: Act, second: Act, waits: list[int]) -> Seen:
    pace = Pace()
    async with live_field(pace) as field:
        for act in before:
            await outcome(field, act)
        pace.be(waits)
        one, two = await asyncio.gather(outcome(field, first), outcome(field, second))
        pace.be([])
        return one, two, await standing(field)


async def _in_turn(before: Sequence[Act], first: Act, second: Act) -> Seen:
    async with live_field(Pace()) as field:
        for act in before:
            await outcome(field, act)
        return await outcome(field, first), await outcome(field, second), await standing(field)


@cache
def _serial(situation: str, first: str, second: str) -> tuple[Seen, Seen]:
    return _both_orders(SITUATIONS[situation], ACTS[first], ACTS[second])


def _both_orders(before: Sequence[Act], first: Act, second: Act) -> tuple[Seen, Seen]:
    """What the first and the second hear, and what it comes to: in this order, and the other way round."""
    two, one, after = asyncio.run(_in_turn(before, second, first))
    return asyncio.run(_in_turn(before, first, second)), (one, two, after)


def _is_explained(situation: str, first: str, second: str, waits: list[int]) -> bool:
    seen = asyncio.run(_at_once(SITUATIONS[situation], ACTS[first], ACTS[second], waits))
    return seen in _serial(situation, first, second)


@given(st.sampled_from(sorted(SITUATIONS)), names, names, paces)
def test_no_interleaving_leads_where_no_order_does(situation: str, first: str, second: str, waits: list[int]) -> None:
    """Two people press in the same second, and the disk is slow: nobody may end up in a state nobody asked for."""
    assert _is_explained(situation, first, second, waits)


class FieldMachine(RuleBasedStateMachine):
    """A field that lives on: acts one by one, then two at once, and so forth from wherever that led."""

    def __init__(self) -> None:
        super().__init__()
        self.history: list[Act] = []

    @rule(name=names)
    def one(self, name: str) -> None:
        self.history.append(ACTS[name])

    @rule(first=names, second=names, waits=paces)
    def two_at_once(self, first: str, second: str, waits: list[int]) -> None:
        one, two = ACTS[first], ACTS[second]
        seen = asyncio.run(_at_once(self.history, one, two, waits))
        in_order, reversed_ = _both_orders(self.history, one, two)
        assert seen in (in_order, reversed_)
        self.history += (one, two) if seen == in_order else (two, one)


TestFieldMachine = FieldMachine.TestCase
TestFieldMachine.settings = settings(max_examples=15, stateful_step_count=12)

_PACES = [[before, after] * 4 for before in range(5) for after in range(5)]


@pytest.mark.parametrize("comeback", ["defer first", "defer last", "back"])
def test_the_count_is_not_closed_past_a_project_that_comes_back(comeback: str) -> None:
    """It could never be scored: the rundown is part of what was counted."""
    for situation in ("last skipped", "over"):
        for waits in _PACES:
            assert _is_explained(situation, comeback, "close count", waits), waits
            assert _is_explained(situation, "close count", comeback, waits), waits


def test_the_walk_would_find_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """With acts that do not take turns, the former fault is there again."""

    async def at_once(_turns: Turns, act: Act) -> object:
        return await act()  # type: ignore[call-arg]

    monkeypatch.setattr(Turns, "take", at_once)
    assert not all(_is_explained("last skipped", "defer last", "close count", waits) for waits in _PACES)
