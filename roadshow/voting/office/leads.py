"""Who leads each poll by now, as this server has last seen it: for whoever asks as what somebody comes. (pure)"""

from collections.abc import Callable

import msgspec

from roadshow.ids import PersonId, RoomId
from roadshow.voting.office.passing import at_present
from roadshow.voting.spec import PollSpec
from roadshow.voting.tally import Tally


class Lead(msgspec.Struct, frozen=True):
    """Of a poll whose chair's office has passed."""

    chair: PersonId
    deputy: PersonId | None
    stood_down: tuple[PersonId, ...]
    """Who was chair before."""
    judges: tuple[PersonId, ...]
    """Everybody entitled to a ballot."""


class Leads:
    """``passed`` is called with whoever has another office from then on than before."""

    def __init__(self, passed: Callable[[PersonId], None] | None = None) -> None:
        self._passed = passed or (lambda _person: None)
        self._leads: dict[RoomId, Lead] = {}

    def of(self, room: RoomId | None) -> Lead | None:
        """None: who leads the poll is as it was begun."""
        return None if room is None else self._leads.get(room)

    def learn(self, room: RoomId, spec: PollSpec, tally: Tally) -> None:
        """What a reading of the poll tells. ``spec``: as it was begun."""
        if not tally.passed:
            return
        now = at_present(spec, tally)
        lead = Lead(now.chair, now.deputy, now.stood_down, now.judges)
        former = self._leads.get(room)
        known = () if former is None else former.stood_down
        if len(lead.stood_down) < len(known):  # an answer that a newer one has overtaken
            return
        self._leads[room] = lead
        if former is None or former.chair != lead.chair:
            for person in (*(one for one in lead.stood_down if one not in known), lead.chair):
                self._passed(person)
