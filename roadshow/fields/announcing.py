"""Whoever keeps public pages hears of a change before any socket does: who reads of a place on theirs and then asks for
the page must find it there.
"""

from collections.abc import Callable, Sequence
from typing import Any

from roadshow.fields.news import Followers
from roadshow.fields.sections import View
from roadshow.ids import RoomId
from roadshow.rooms.views import RundownView
from roadshow.voting.audience.award import AudienceView
from roadshow.voting.overall.podium import OverallView
from roadshow.voting.results import CeremonyView

SHOWN = (RundownView, CeremonyView, OverallView, AudienceView)
"""What public pages show of a room; of the audience's vote who has won. The rest of it (the clock, the stage, how many
have voted) they get by socket."""


Gists = dict[tuple[RoomId, type[View]], Any]


class Announcing:
    """Satisfies ``news.Followers``."""

    def __init__(self, followers: Followers, changed: Callable[[], None]) -> None:
        """``changed`` must not block and must not fail."""
        self._followers = followers
        self._changed = changed
        self._known: Gists = {}

    def publish(self, room: RoomId, views: Sequence[View]) -> None:
        """As ``news.Followers``."""
        new = _gists(room, views)
        if new:
            self._known.update(new)
            self._changed()
        self._followers.publish(room, views)

    def read(self, room: RoomId, views: Sequence[View]) -> None:
        """These are on their way to somebody who has just come: what they tell may not have been published yet."""
        new = _gists(room, views)
        if any(self._known.get(key) != gist for key, gist in new.items()):
            self._known.update(new)
            self._changed()


def _gists(room: RoomId, views: Sequence[View]) -> Gists:
    return {
        (room, type(view)): _gist(view)
        for view in views
        if isinstance(view, SHOWN) and not (isinstance(view, AudienceView) and view.winners is None)
    }


def _gist(view: View) -> Any:
    """What is news of it when it is read again: a plan that moves with the clock is none."""
    if isinstance(view, RundownView):
        return tuple((slot.slot, slot.status) for slot in view.slots)
    return view
