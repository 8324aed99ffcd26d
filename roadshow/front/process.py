"""The front as a process. The house starts it with three descriptors: the listening socket, their channel, and the
memory in which it counts what has changed."""

import asyncio
import ctypes
import logging
import os
import signal
import socket
import sys
from contextlib import suppress

from roadshow import logs
from roadshow.fields.revisions import Revisions
from roadshow.front.beginning import unpacked
from roadshow.front.channel import Channel, Kind
from roadshow.front.front import Front
from roadshow.front.lanes import Lane
from roadshow.front.public.answers import public_answers
from roadshow.front.tally import encoded
from roadshow.languages import catalogue
from roadshow.texts import LANGUAGES

log = logging.getLogger(__name__)

TELL_EVERY = 1.0
"""Seconds. Figures also say that it runs: the house ends a front that says nothing."""
_PR_SET_PDEATHSIG = 1


def main(listening: int, channel: int, revisions: int) -> None:
    """Serve until the house says END or is gone."""
    # Ctrl+C reaches every process of a terminal; the house decides when the front ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with_the_house()
    with suppress(KeyboardInterrupt):
        asyncio.run(_run(socket.socket(fileno=listening), socket.socket(fileno=channel), Revisions.of_file(revisions)))


class _House:
    """The other end of the channel."""

    def __init__(self, end: socket.socket) -> None:
        self.begun: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self.over = asyncio.Event()
        self.channel = Channel(end, self._heard, self._gone)
        self.front: Front | None = None

    def _heard(self, kind: Kind, payload: bytes, _descriptor: int | None) -> None:
        match kind:
            case Kind.BEGIN if not self.begun.done():
                self.begun.set_result(payload)
            case Kind.SETTLED if self.front is not None:
                self.front.handing.settled(Lane(payload[0]))
            case Kind.END:
                self.end()
            case _:
                log.error("the house says what a front does not know", extra={"kind": kind.name})

    def _gone(self) -> None:
        """There is nobody to hand anything to, and another house may want the port."""
        os._exit(0)  # nothing of it has to be kept, and nothing is to be waited for

    def end(self) -> None:
        self.over.set()
        if not self.begun.done():
            self.begun.cancel()


async def _run(listening: socket.socket, end: socket.socket, revisions: Revisions) -> None:
    house = _House(end)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, house.end)
    try:
        beginning = unpacked(await house.begun)
    except asyncio.CancelledError:
        return
    logs.set_up(beginning.settings.log_level, beginning.settings.log_format)
    async with public_answers(beginning.settings, beginning.competitions, revisions) as answers:
        house.front = front = Front(answers, house.channel, beginning.settings.trusted_proxies)
        front.open(listening)
        house.channel.send(Kind.ACCEPTING)
        reading = asyncio.create_task(asyncio.to_thread(_read_texts))
        while not house.over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(TELL_EVERY):
                    await house.over.wait()
            house.channel.send(Kind.FIGURES, encoded(front.tally))
        await front.end()
        reading.cancel()
    house.channel.close()


def _read_texts() -> None:
    """Not when the first of them is needed: that is when there is no time for it."""
    for language in LANGUAGES:
        catalogue(language)


def _die_with_the_house() -> None:
    """On Linux also when it is killed while this process computes; everywhere, the end of the channel says it too."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
