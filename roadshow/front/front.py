"""The front: it accepts, and gives each connection what they all share."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import suppress

from roadshow.front.accepting import Accepting
from roadshow.front.answering import Answers
from roadshow.front.channel import Channel
from roadshow.front.connection import Connection, Shared
from roadshow.front.hall import Hall
from roadshow.front.handing import Handing
from roadshow.front.lanes import Proxies
from roadshow.front.tally import Tally
from roadshow.front.writing import Dates

SWEEP_EVERY = 0.5
ENDS_WITHIN = 1.0
"""Seconds for what is being answered when the house ends, which takes about as long itself."""


class Front:
    def __init__(self, answers: Answers, channel: Channel, trusted_proxies: Sequence[str] = ()) -> None:
        self._loop = asyncio.get_running_loop()
        self.tally = Tally()
        self.handing = Handing(channel, self.tally, self._loop.time)
        self._hall = Hall()
        self._shared = Shared(
            self._loop, answers, self.handing, self._hall, Dates(), self.tally, Proxies(trusted_proxies)
        )
        self._accepting: Accepting | None = None
        self._sweeping = self._loop.call_later(SWEEP_EVERY, self._sweep)

    @property
    def connections(self) -> int:
        return len(self._hall.guests)

    def open(self, listening: socket.socket) -> None:
        self._accepting = Accepting(listening, self._welcome, self._make_room)

    def from_memory(self, yes: bool) -> None:
        """Whether it answers; else everything is the house's."""
        self._shared.from_memory = yes

    async def end(self) -> None:
        """Accept nothing more, finish what is being answered, close the rest."""
        self._shared.is_ending = True
        if self._accepting is not None:
            self._accepting.stop()
            self._accepting = None
        self.handing.refuse_all()
        self._hall.close_waiting()
        if self._hall.guests:
            with suppress(TimeoutError):
                async with asyncio.timeout(ENDS_WITHIN):
                    await self._shared.emptied.wait()
        for guest in tuple(self._hall.guests):
            guest.close()
        self._sweeping.cancel()

    def _welcome(self, client: socket.socket, address: str) -> None:
        Connection(self._shared, client, address)

    def _make_room(self) -> bool:
        made = self._hall.make_room(self._loop.time())
        self.tally.displaced += made
        return made

    def _sweep(self) -> None:
        self._sweeping = self._loop.call_later(SWEEP_EVERY, self._sweep)
        self._hall.sweep(self._loop.time())
        self.handing.sweep()
