"""Everybody who is connected to a front, and who has been waited for too long. Reads no clock."""

from typing import Protocol

from roadshow.access.admission.origins import origin_of
from roadshow.addresses.clients import client_of
from roadshow.front.bounds import REQUEST_WITHIN, UNREAD_MS
from roadshow.front.crowds import Crowds
from roadshow.front.patience import Patience

IDLE = 15.0
"""Seconds between two requests: browsers come back for a page's files at once, and connect again later for nothing."""
PROXY_IDLE = 150.0
"""Of a trusted proxy, which keeps connections for other people's requests: longer than Caddy does (two minutes), so
that it is never we who end one that a request is just being sent on."""
LINGER = 2.0
"""Seconds for a client to read its refusal."""
ANSWER_WITHIN = 60.0
"""Seconds for one answer, however steadily a client takes some of it: the largest file of a page, half a megabyte, is
through by then at 8 kB/s, the slowest line anybody watches a final on."""
FEW = 8
"""Connections that any network may hold: a browser opens six at a time. Of one that holds more, also those make room
that are being worked for."""
YOUNGEST_DISPLACED = 1.0
"""Seconds: a new connection whose first request is still on its way does not have to make room."""


class Guest(Protocol):
    def close(self) -> None:
        """It is not in the hall any more then."""
        ...


class Hall:
    def __init__(self) -> None:
        self.guests: set[Guest] = set()
        self._reading: Patience[Guest] = Patience(REQUEST_WITHIN)
        """A request is expected, or has begun."""
        self._halfway: Patience[Guest] = Patience(float("inf"))
        """Whoever has sent what is kept here: some of a request and not all, or more while an answer is not taken."""
        self._idle: Patience[Guest] = Patience(IDLE)
        self._idle_proxies: Patience[Guest] = Patience(PROXY_IDLE)
        self._sending: Patience[Guest] = Patience(UNREAD_MS / 1000)
        self._answering: Patience[Guest] = Patience(ANSWER_WITHIN)
        """Of an answer that is being sent, all of it."""
        self._lingering: Patience[Guest] = Patience(LINGER)
        self._crowds: Crowds[Guest] = Crowds()
        """A proxy's connections are not in it: they are many people's."""
        self._all = (
            self._reading,
            self._halfway,
            self._idle,
            self._idle_proxies,
            self._sending,
            self._answering,
            self._lingering,
        )

    def came(self, who: Guest, now: float, address: str | None = None) -> None:
        """``address``: whose network is to count it; None for a proxy."""
        self.guests.add(who)
        self._reading.begin(who, now)
        if address is not None:
            self._crowds.add(origin_of(client_of(address)).narrow[-1], who, now)

    def left(self, who: Guest) -> None:
        self.guests.discard(who)
        self._crowds.remove(who)
        for waited in self._all:
            waited.end(who)

    def begun(self, who: Guest, now: float) -> None:
        """The first bytes of a request are there."""
        self._idle.end(who)
        self._idle_proxies.end(who)
        self._reading.begin(who, now)
        self._crowds.begin(who, now)

    def halfway(self, who: Guest, now: float) -> None:
        self._halfway.begin(who, now)

    def waits_for_us(self, who: Guest) -> None:
        """Its request is whole."""
        self._reading.end(who)
        self._halfway.end(who)

    def sending(self, who: Guest, now: float) -> None:
        """An answer was not taken at once."""
        self._reading.end(who)
        self._sending.begin(who, now)
        self._answering.begin(who, now)

    def takes(self, who: Guest, now: float) -> None:
        """Some more of its answer."""
        self._sending.begin(who, now)

    def answered(self, who: Guest, now: float, *, has_more: bool, is_proxy: bool) -> None:
        """``has_more``: the next request has begun already."""
        self._sending.end(who)
        self._answering.end(who)
        if has_more:
            self._reading.begin(who, now)
        else:
            self._reading.end(who)
            (self._idle_proxies if is_proxy else self._idle).begin(who, now)

    def lingers(self, who: Guest, now: float) -> None:
        """It may read its last answer."""
        self._reading.end(who)
        self._sending.end(who)
        self._answering.end(who)
        self._lingering.begin(who, now)

    def sweep(self, now: float) -> None:
        """Close whoever has been waited for too long."""
        for waited in self._all:
            for who in waited.over(now):
                who.close()

    def make_room(self, now: float) -> bool:
        """Close somebody: idle ones first, which browsers open again unseen; then of the network that holds most, so
        that nobody keeps others out; then whoever has been waited for longest. False: all are being worked for."""
        before = now - YOUNGEST_DISPLACED
        who = (
            self._idle.longest(before)
            or self._lingering.longest(before)
            or self._crowds.longest(before, more_than=FEW)
            or self._reading.longest(before)
            or self._answering.longest(before)
            or self._idle_proxies.longest(before)
        )
        if who is None:
            return False
        who.close()
        return True

    def drop_slowest(self) -> None:
        """Close whoever has made us keep what they sent for longest."""
        who = self._halfway.longest(float("inf"))
        if who is not None:
            who.close()

    def close_waiting(self) -> None:
        """Whoever is not being worked for."""
        for waited in (self._idle, self._idle_proxies, self._reading):
            for who in waited.all():
                who.close()
