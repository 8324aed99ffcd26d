"""How many instructions a join takes of the relay: counted by valgrind, so that a busy machine changes nothing.

``python bench/joins.py [TREE …]``: each a checkout that was set up. See bench/README.md for the method.
"""

import argparse
import asyncio
import importlib
import sys
from collections.abc import Callable, Coroutine, Generator
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[1]))  # behind the tree that is asked about

from bench.callgrind import counter, done, trigger

HERE = Path(__file__).resolve()
WARM, JOINS = 8, 8
"""The first make what all others find made: contexts, makes of browser, code that Python has yet to specialise."""
SETTLES_S = 0.05
"""After a join for what still comes of it, such as a client's last flight."""
LED = {"server": "active", "client": "actpass"}
"""The relay's part in the handshake, and what the offer has to say for it (RFC 8842)."""
RELAY = "roadshow.rooms.relay."
WHOLE = (
    "transport.peer:Peer.dtls",
    "transport.sessions:Sessions.received",
    "transport.sessions:Sessions.acts",
    "transport.udp:Reader._turn",
    "transport.dtls:DtlsTransport._look",
)
"""What counts, besides the answer to the offer: all that is called from outside for it, each with what it calls."""


class Meter:
    """Counts while anything that is ``counted`` runs, once it is ``on``."""

    def __init__(self) -> None:
        self.on = False
        self._trigger = trigger()
        self._depth = 0

    def begin(self) -> None:
        self.on = True
        self._trigger.begin()

    def end(self) -> None:
        self.on = False
        self._trigger.end()

    def enter(self) -> None:
        self._depth += 1
        if self.on and self._depth == 1:
            self._trigger.turn()

    def leave(self) -> None:
        self._depth -= 1
        if self.on and not self._depth:
            self._trigger.turn()

    def counts(self, name: str) -> None:
        """A method or function of the relay, as ``module:name`` or ``module:Class.name``; or ``ssl:name`` of OpenSSL's
        connection."""
        place, _, path = name.partition(":")
        owner: Any = importlib.import_module("OpenSSL.SSL" if place == "ssl" else RELAY + place)
        *outer, last = (f"Connection.{path}" if place == "ssl" else path).split(".")
        for each in outer:
            owner = getattr(owner, each)
        setattr(owner, last, self._counted(getattr(owner, last)))

    def _counted(self, called: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.enter()
            try:
                return called(*arguments, **named)
            finally:
                self.leave()

        return call


class Counted:
    """A coroutine whose every step counts."""

    def __init__(self, meter: Meter, steps: Coroutine[Any, Any, Any]) -> None:
        self._meter, self._steps = meter, steps

    def __await__(self) -> Generator[Any, Any, Any]:
        while True:
            self._meter.enter()
            try:
                waits = self._steps.send(None)
            except StopIteration as end:
                return end.value
            finally:
                self._meter.leave()
            yield waits


async def play(setup: str, part: str) -> None:
    """Viewers come, one after the other. Prints how many did, in this part of the handshake."""
    light = importlib.import_module("tests.relay.light_peer")
    support, studio = importlib.import_module("tests.relay.support"), importlib.import_module("tests.relay.studio")
    native = importlib.import_module(RELAY + "config").MediaPath.NATIVE
    meter = Meter()
    for name in [part] if part else WHOLE:
        meter.counts(name)
    listener, clock = support.Listener(), support.ShiftedClock()
    async with support.running_relay(listener, clock=clock, path=native, max_viewers=WARM + JOINS) as relay:
        peers, came = [], 0
        for number in range(WARM + JOINS):
            if number == WARM:
                meter.begin()
            peer = light.LightPeer()
            peers.append(peer)
            asked = relay.watch(support.ROOM, peer.offer(*studio.WATCHED).replace("setup:actpass", f"setup:{setup}"))
            answer = await (asked if part else Counted(meter, asked))
            await peer.connect(answer.sdp)
            await asyncio.sleep(SETTLES_S)
            is_led = (
                "a=setup:active" in answer.sdp
            )  # not the first of its make: it might not like what the rest is led by
            came += number >= WARM and relay.connected(answer.session) and is_led is (setup == "actpass")
        meter.end()
        done(str(came))


def main() -> None:
    parser = argparse.ArgumentParser(description="Instructions that a join takes of the relay.")
    parser.add_argument("trees", nargs="*", type=Path, default=[HERE.parents[1]], help="checkouts that were set up")
    parser.add_argument("--part", default="", metavar="MODULE:NAME", help="this alone, as transport.dtls:session_keys")
    parser.add_argument("--role", choices=LED, action="append", help="the relay's in the handshake (default both)")
    parser.add_argument("--inside", metavar="SETUP", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        asyncio.run(play(options.inside, options.part))
    with counter() as counting:
        for role in options.role or LED:
            for tree in options.trees:
                arguments = ("--inside", LED[role], "--part", options.part)
                said, instructions = counting.count(tree.resolve(), HERE, arguments, collect=False)
                assert int(said) == JOINS, f"{said} came in"
                what = options.part or "a join"
                print(
                    f"{what}, the relay as {role}: {instructions / JOINS / 1e6:.3f} M instructions  {tree}", flush=True
                )


if __name__ == "__main__":
    main()
