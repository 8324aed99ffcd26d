"""Passing connections on to the house, no faster than it works them off."""

import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from roadshow.front.accepting import Seldom
from roadshow.front.channel import Channel, Kind
from roadshow.front.lanes import Lane, Waiting, lane_of
from roadshow.front.tally import Tally

log = logging.getLogger(__name__)

AT_ONCE = {Lane.STAFF: 16, Lane.CROWD: 8}
"""Connections the house works on at a time. Eight requests keep its one core busy while some of them wait for the
store; more would only make each turn of its loop longer, which packets and clocks wait for. Staff's do not wait behind
the crowd's, and are few."""
MOST_WAITING = 2048
"""In each lane: as many as the backlog of a socket holds."""
WAITS_WITHIN = 5.0
"""Seconds until whoever waits is asked to come back: then the house is not busy, it stands still."""


class Handed(Protocol):
    """A connection whose request is not for the front."""

    @property
    def target(self) -> bytes: ...

    @property
    def network(self) -> str: ...

    def give_up(self) -> tuple[socket.socket, bytes] | None:
        """The socket and what was read from it. None: the client has most likely
        gone."""
        ...

    def refuse(self) -> None:
        """Ask the client to come back, and end."""
        ...


@dataclass(slots=True)
class _Way:
    waiting: Waiting[Handed] = field(default_factory=lambda: Waiting(MOST_WAITING))
    free: int = 0


class Handing:
    def __init__(self, channel: Channel, tally: Tally, time: Callable[[], float]) -> None:
        """``time`` is the loop's, in seconds."""
        self._time = time
        self._channel = channel
        self._tally = tally
        self._ways = {lane: _Way(free=AT_ONCE[lane]) for lane in Lane}
        self._busy = Seldom("the house is busy: some are asked to come back")

    def hand(self, connection: Handed) -> None:
        """Sooner or later it is given up or refused."""
        lane = lane_of(connection.target)
        way = self._ways[lane]
        displaced = way.waiting.add(connection.network, connection, self._time())
        if displaced is not None:
            self._refuse(displaced)
        self._send(lane)

    def settled(self, lane: Lane) -> None:
        """The house is done with one."""
        self._ways[lane].free += 1
        self._send(lane)

    def sweep(self) -> None:
        """Whoever waited too long."""
        for way in self._ways.values():
            for late in way.waiting.since(self._time() - WAITS_WITHIN):
                self._refuse(late)

    def refuse_all(self) -> None:
        for way in self._ways.values():
            while (who := way.waiting.next()) is not None:
                who.refuse()

    def _send(self, lane: Lane) -> None:
        way = self._ways[lane]
        while way.free and (connection := way.waiting.next()) is not None:
            given = connection.give_up()
            if given is None:
                continue
            client, read = given
            way.free -= 1
            self._tally.handed += 1
            self._channel.send(Kind.CONNECTION, bytes([lane]) + read, client)

    def _refuse(self, connection: Handed) -> None:
        self._tally.refused += 1
        self._busy.happened(log)
        connection.refuse()
