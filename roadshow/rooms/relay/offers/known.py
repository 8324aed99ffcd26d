"""Plans of viewers' offers that were seen before: all browsers of one make offer the same, but for their credentials.

To read an offer and to plan by it takes half a millisecond, and a crowd joins at once.
"""

import re
from collections import OrderedDict

import msgspec

from roadshow.rooms.relay.offers.ends import RemoteTransport, read_remote
from roadshow.rooms.relay.offers.lanes import LaneTable
from roadshow.rooms.relay.offers.negotiation import WatchPlan, plan_watch
from roadshow.rooms.relay.wire.sdp import parse_offer

MAX_KNOWN = 64
"""Makes and versions of browsers, by how many sections their pages ask for."""
MAX_KEPT = 16 * 1024
"""Characters of an offer that is kept: browsers' have 3,000 to 8,000. So all together take a megabyte."""
_OWN = re.compile(r"^(o=|a=ice-ufrag:|a=ice-pwd:|a=fingerprint:)([^\n]*)", re.MULTILINE)
"""What is each connection's own. The rest decides what is answered."""


class KnownOffers:
    """For one table of lanes. Pure, but for what it remembers."""

    def __init__(self, table: LaneTable) -> None:
        self._table = table
        self._plans: OrderedDict[str, WatchPlan] = OrderedDict()

    def plan(self, text: str) -> WatchPlan:
        """As ``plan_watch`` of this offer, and raises what that and ``parse_offer`` raise."""
        if len(text) > MAX_KEPT:
            return plan_watch(parse_offer(text), self._table)
        own: dict[str, set[str]] = {}

        def blank(found: re.Match[str]) -> str:
            own.setdefault(found[1], set()).add(found[2])
            return found[1]

        form = _OWN.sub(blank, text)
        known = self._plans.get(form)
        own.pop("o=", None)
        if any(len(values) > 1 for values in own.values()):
            # Sections that differ: which of them carries the others is for the plan to find.
            return plan_watch(parse_offer(text), self._table)
        if known is not None:
            self._plans.move_to_end(form)
            return msgspec.structs.replace(known, remote=_remote(own, known.remote))
        plan = self._plans[form] = plan_watch(parse_offer(text), self._table)
        if len(self._plans) > MAX_KNOWN:
            self._plans.popitem(last=False)
        return plan


def _remote(own: dict[str, set[str]], known: RemoteTransport) -> RemoteTransport:
    """The same end with these credentials, which are read as those of any offer."""
    lines = [f"{name}{value}" for name, values in own.items() for value in values]
    section = parse_offer("\n".join(["v=0", "a=setup:actpass", *lines, "m=audio 9 UDP/TLS/RTP/SAVPF 0"])).sections[0]
    read = read_remote(section)
    # One line for the session and one for the section count twice, as when they are read together.
    return msgspec.structs.replace(
        known, credentials=read.credentials, fingerprints=read.fingerprints * len(known.fingerprints)
    )
