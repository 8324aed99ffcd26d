"""Juries of several panels, as hypothesis draws them."""

from collections.abc import Sequence

from hypothesis import strategies as st

from roadshow.ids import PanelId, PersonId
from roadshow.voting.spec import Panel

weights = st.sampled_from([(), (60, 40), (100, 0)])
"""One jury; two panels; one, and shadow judges who never count."""


def panels(weights: Sequence[int]) -> tuple[Panel, ...]:
    return tuple(Panel(PanelId(f"panel-{number}"), weight) for number, weight in enumerate(weights))


def seats(judges: Sequence[PersonId], weights: Sequence[int]) -> tuple[tuple[PersonId, PanelId], ...]:
    """The judges by turns."""
    of = panels(weights)
    return tuple((judge, of[number % len(of)].id) for number, judge in enumerate(judges)) if of else ()
