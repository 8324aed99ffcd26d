"""Viewers' offers that were seen before: all browsers of one make offer the same, but for their credentials.

To read an offer and to plan by it takes half a millisecond, and a crowd joins at once. And with a make that was met
before we begin the DTLS handshake: its first picture comes a round trip sooner (docs/decisions/we-begin.md).
"""

import re
from collections import OrderedDict

import msgspec

from roadshow.rooms.relay.offers.ends import RemoteTransport, read_remote
from roadshow.rooms.relay.offers.lanes import LaneTable
from roadshow.rooms.relay.offers.negotiation import WatchPlan, plan_watch
from roadshow.rooms.relay.wire.sdp import Section, parse_offer, read_attributes

MAX_KNOWN = 64
"""Makes and versions of browsers, by how many sections their pages ask for."""
MAX_KEPT = 16 * 1024
"""Characters of an offer that is kept: browsers' have 3,000 to 8,000. So all together take a megabyte."""
_OWN = re.compile(r"\n(o=|a=ice-ufrag:|a=ice-pwd:|a=fingerprint:)([^\n]*)")
"""What is each connection's own. The rest decides what is answered. No offer begins with one of them, and where a line
ends is found by far sooner than where one begins."""


AGAIN_MS, LONGEST_MS = 600_000, 86_400_000
"""After a handshake that we began and that came to nothing we leave it to that make to begin for so long, twice as long
each time, at most a day."""
IN_VAIN = 3
"""So many handshakes in a row that were never finished: one may be a line that broke, where others were finished."""


class Make:
    """One make of browser: what its offers come to, and whether we begin the DTLS handshake. Times in ms.

    A browser takes AES-GCM from a server that prefers it, but from a client only where that offers nothing else, which
    would be the end with one that knows none. So a make is led once one of it has begun itself and agreed on it."""

    def __init__(self, plan: WatchPlan) -> None:
        self.plan = plan
        self._takes_aead = False
        self._led_from = 0
        self._rest_ms = AGAIN_MS
        self._in_vain = IN_VAIN - 1
        """Handshakes that we began and that were not finished, since one was; the first decides."""

    def is_led(self, now: int) -> bool:
        """Whether we begin, with the next of them that leaves it to us."""
        return self._takes_aead and self.plan.remote.leaves and now >= self._led_from

    def agreed(self, aead: bool, led: bool) -> None:
        """One of them is connected, with AES-GCM or without; we led it, or it began itself."""
        if led:
            self._in_vain = 0
        else:
            self._takes_aead = aead

    def failed(self, now: int, certain: bool) -> None:
        """One of them that we led is there, and its handshake came to nothing: for a reason, or it was never finished.
        It connects anew, and then begins itself."""
        self._in_vain += 1
        if now >= self._led_from and (certain or self._in_vain >= IN_VAIN):  # a crowd fails at once
            self._led_from, self._rest_ms = now + self._rest_ms, min(2 * self._rest_ms, LONGEST_MS)


class KnownOffers:
    """For one table of lanes. Pure, but for what it remembers."""

    def __init__(self, table: LaneTable) -> None:
        self._table = table
        self._makes: OrderedDict[str, Make] = OrderedDict()

    def plan(self, text: str, now: int) -> tuple[WatchPlan, Make | None]:
        """As ``plan_watch`` of this offer, and raises what that and ``parse_offer`` raise. None: a make of which
        nothing is remembered."""
        if len(text) > MAX_KEPT:
            return plan_watch(parse_offer(text), self._table), None
        own: dict[str, set[str]] = {}

        def blank(found: re.Match[str]) -> str:
            own.setdefault(found[1], set()).add(found[2])
            return "\n" + found[1]

        form = _OWN.sub(blank, text)
        make = self._makes.get(form)
        own.pop("o=", None)
        if any(len(values) > 1 for values in own.values()):
            # Sections that differ: which of them carries the others is for the plan to find.
            return plan_watch(parse_offer(text), self._table), None
        if make is not None:
            self._makes.move_to_end(form)
            remote = _remote(own, make.plan.remote, make.is_led(now))
            return msgspec.structs.replace(make.plan, remote=remote), make
        plan = plan_watch(parse_offer(text), self._table)
        make = self._makes[form] = Make(plan)
        if len(self._makes) > MAX_KNOWN:
            self._makes.popitem(last=False)
        return plan, make


def _remote(own: dict[str, set[str]], known: RemoteTransport, takes_aead: bool) -> RemoteTransport:
    """The same end with these credentials, which are read as those of any offer."""
    section = Section("session", "", 0, "", setup="actpass")
    read_attributes(section, [f"{name}{value}" for name, values in own.items() for value in values])
    read = read_remote(section)
    # One line for the session and one for the section count twice, as when they are read together.
    return msgspec.structs.replace(
        known,
        credentials=read.credentials,
        fingerprints=read.fingerprints * len(known.fingerprints),
        takes_aead=takes_aead,
    )
