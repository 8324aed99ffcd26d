"""Accepting connections, also when descriptors run out."""

import asyncio
import errno
import logging
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress

from roadshow.front.bounds import descriptors, spared

log = logging.getLogger(__name__)

AT_ONCE = 64
"""Connections accepted in one turn of the loop: one second's worth of a hall, about a millisecond."""
AGAIN_AFTER = 0.2
"""Seconds until it is tried again: long for a core, short for whoever waits."""
TELL_EVERY = 60.0
"""Seconds: one line of the log for all that happened in them."""
_OUT_OF = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Accepting:
    """From the moment it is made until ``stop``."""

    def __init__(
        self,
        listening: socket.socket,
        welcome: Callable[[socket.socket, str], None],
        make_room: Callable[[], bool],
    ) -> None:
        """``welcome`` gets the socket and the client's address. ``make_room`` ends a connection that nobody would miss
        much; False: there is none."""
        self._loop = asyncio.get_running_loop()
        self._listening = listening
        self._welcome = welcome
        self._make_room = make_room
        limit = descriptors()
        self._ceiling = limit - spared(limit)
        """The system gives the lowest free descriptor: one so high says that most are taken."""
        self._is_short = False
        self._short = Seldom("few file descriptors are left: idle connections make room for new ones")
        self._again: asyncio.TimerHandle | None = None
        listening.setblocking(False)
        self._loop.add_reader(listening, self._accept)

    def stop(self) -> None:
        if self._again is not None:
            self._again.cancel()
        self._loop.remove_reader(self._listening)
        self._listening.close()

    def _accept(self) -> None:
        for _ in range(AT_ONCE):
            if self._is_short and not self._has_room():
                self._wait()
                return
            try:
                client, address = self._listening.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as problem:
                if problem.errno in _OUT_OF:
                    self._short.happened(log, reason=problem.strerror)
                    self._make_room()
                    self._wait()
                    return
                continue  # the client was gone before it was accepted
            if client.fileno() >= self._ceiling:
                self._is_short = True
                self._short.happened(log)
            client.setblocking(False)
            # By itself: what is inherited from the listening socket differs between systems.
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._welcome(client, str(address[0]))

    def _has_room(self) -> bool:
        with suppress(OSError):  # all of them are taken
            lowest = os.dup(self._listening.fileno())
            os.close(lowest)
            self._is_short = lowest >= self._ceiling
        return not self._is_short or self._make_room()

    def _wait(self) -> None:
        """Whoever comes meanwhile is in the backlog."""
        self._loop.remove_reader(self._listening)
        self._again = self._loop.call_later(AGAIN_AFTER, self._resume)

    def _resume(self) -> None:
        self._again = None
        self._loop.add_reader(self._listening, self._accept)


class Seldom:
    """A warning that is told at once, and then at most every ``TELL_EVERY`` seconds with how often it was meant."""

    def __init__(self, text: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._text = text
        self._clock = clock
        self._told_at: float | None = None
        self._untold = 0

    def happened(self, logger: logging.Logger, **fields: str | int | None) -> None:
        self._untold += 1
        now = self._clock()
        if self._told_at is None or now - self._told_at >= TELL_EVERY:
            logger.warning(self._text, extra={"times": self._untold, **fields})
            self._told_at, self._untold = now, 0
