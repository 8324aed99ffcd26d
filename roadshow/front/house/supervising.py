"""The house starts its fronts, and starts one again that ended."""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import msgspec

from roadshow.errors import SetupError
from roadshow.front.beginning import Beginning, packed
from roadshow.front.channel import Channel, Kind
from roadshow.front.house.taking import PER_TURN, Taking
from roadshow.front.lanes import Lane
from roadshow.front.tally import Totals

log = logging.getLogger(__name__)

PROGRAM = (sys.executable, "-P", "-m", "roadshow.front")
AGAIN_AFTER = (0.0, 0.1, 0.5, 2.0)
"""Seconds before each new start; the last for all further ones. One that was killed is back before anybody notices, and
one that cannot run does not take the house's core with it."""
RAN_WELL = 10.0
"""Seconds after which an end is not counted with the ones before it."""
STARTS_TRIED = 3
"""Of a front that never served: then it is the operator's turn."""
LOOK_EVERY = 1.0
"""Seconds between two looks whether a front says something, which it does each second."""
SILENT_FOR = 8
"""Looks, one after another, until a front that serves counts as hanging: nobody gets in meanwhile. Starting one takes
two seconds, and even a machine with far too much to do gives a process some of each second. Looks are counted and not
seconds: those in which the house itself stood still say nothing of a front."""
ENDS_WITHIN = 2.0
"""Seconds for one that was told to end; it gives what it is answering half of them."""


class Fronts:
    """All of a house's. They share the listening socket, and each has a channel of its own."""

    def __init__(self, listening: socket.socket, revisions: int, count: int) -> None:
        self.totals = Totals()
        self._fronts = [_Front(listening, revisions, number, self.totals) for number in range(count)]

    async def serve(self, beginning: Beginning, taking: Taking) -> None:
        """Returns once all of them accept connections. Raises SetupError when one cannot."""
        await asyncio.gather(*(front.serve(packed(beginning), taking) for front in self._fronts))

    def end(self) -> None:
        """They accept nothing more."""
        for front in self._fronts:
            front.end()

    async def run(self) -> None:
        """All their processes, until they are ended."""
        async with asyncio.TaskGroup() as tasks:
            for front in self._fronts:
                tasks.create_task(front.run())

    @property
    def pids(self) -> list[int]:
        """Of the processes there are now."""
        return [front.pid for front in self._fronts if front.pid is not None]


@asynccontextmanager
async def fronts(listening: socket.socket, revisions: int, count: int = 1) -> AsyncIterator[Fronts]:
    """The processes are there at once, so that they get ready while the house does; they serve when told to.
    ``revisions``: the memory in which the house counts what has changed."""
    if not hasattr(socket, "AF_UNIX") or not hasattr(socket, "recv_fds"):
        raise SetupError("This system cannot pass connections between processes (Unix sockets): Roadshow needs that.")
    all_of_them = Fronts(listening, revisions, count)
    running = asyncio.create_task(all_of_them.run())
    try:
        yield all_of_them
    finally:
        all_of_them.end()
        await running


class _Front:
    """One, over all of its processes."""

    def __init__(self, listening: socket.socket, revisions: int, number: int, totals: Totals) -> None:
        self._listening = listening
        self._revisions = revisions
        self._number = number
        self._totals = totals
        self._beginning: bytes | None = None
        self._taking: Taking | None = None
        self._channel: Channel | None = None
        self._silent_looks: int | None = None
        """None: it does not serve yet."""
        self.pid: int | None = None
        self._serves: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._ending = asyncio.Event()

    async def serve(self, beginning: bytes, taking: Taking) -> None:
        self._beginning, self._taking = beginning, taking
        if self._channel is not None:
            self._channel.send(Kind.BEGIN, beginning)
        await self._serves

    def end(self) -> None:
        self._ending.set()
        if self._channel is not None:
            self._channel.send(Kind.END)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        ends = 0
        while not self._ending.is_set():
            began = loop.time()
            try:
                status = await self._run_once()
            except OSError as problem:
                status = problem.strerror
            if self._ending.is_set():
                return
            self._totals.gone(self._number)
            ends = ends + 1 if loop.time() - began < RAN_WELL else 1
            log.warning("a front ended and is started again", extra={"front": self._number, "status": status})
            if ends >= STARTS_TRIED and not self._serves.done():
                self._serves.set_exception(SetupError("The front cannot run; the lines above say why."))
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_AFTER[min(ends, len(AGAIN_AFTER)) - 1]):
                    await self._ending.wait()

    async def _run_once(self) -> int | str | None:
        """Its exit status."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            try:
                passed = (self._listening.fileno(), theirs.fileno(), self._revisions)
                process = await asyncio.create_subprocess_exec(
                    *PROGRAM,
                    *map(str, passed),
                    pass_fds=passed,
                    stdin=asyncio.subprocess.DEVNULL,
                    env=_environment(),
                )
            except OSError:
                ours.close()
                raise
        self._totals.begun()
        self.pid = process.pid
        self._silent_looks = None
        drained = asyncio.Event()
        self._channel = channel = Channel(ours, self._heard, drained.set, reads_per_turn=PER_TURN)
        try:
            if self._beginning is not None:
                channel.send(Kind.BEGIN, self._beginning)
            if self._ending.is_set():
                channel.send(Kind.END)
            status = await self._ended(process)
            # What it handed over before it ended is taken on all the same.
            with suppress(TimeoutError):
                async with asyncio.timeout(ENDS_WITHIN):
                    await drained.wait()
            return status
        finally:
            self._channel = self.pid = None
            channel.close()
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _ended(self, process: asyncio.subprocess.Process) -> int:
        """Once it was told to end, it has so long; one that hangs has had its time."""
        dies = asyncio.ensure_future(process.wait())
        told = asyncio.ensure_future(self._ending.wait())
        hangs = asyncio.ensure_future(self._hangs())
        try:
            await asyncio.wait({dies, told, hangs}, return_when=asyncio.FIRST_COMPLETED)
            if hangs.done() and not dies.done():
                log.error("a front says nothing any more and is ended", extra={"front": self._number})
                process.kill()
            if not dies.done():
                await asyncio.wait({dies}, timeout=ENDS_WITHIN)
            if not dies.done():
                process.kill()
            return await dies
        finally:
            told.cancel()
            hangs.cancel()

    async def _hangs(self) -> None:
        """Returns once it has said nothing for so long."""
        while self._silent_looks is None or self._silent_looks < SILENT_FOR:
            await asyncio.sleep(LOOK_EVERY)
            if self._silent_looks is not None:
                self._silent_looks += 1

    def _heard(self, kind: Kind, payload: bytes, descriptor: int | None) -> None:
        self._silent_looks = 0 if kind is Kind.ACCEPTING or self._silent_looks is not None else None
        match kind:
            case Kind.CONNECTION if self._taking is not None:
                self._taking.take(payload, descriptor, self._settled_on(self._channel))
            case Kind.ACCEPTING:
                if not self._serves.done():
                    self._serves.set_result(None)
            case Kind.FIGURES:
                with suppress(msgspec.MsgspecError):
                    self._totals.told(self._number, payload)
            case _:
                log.error("a front says what the house does not know", extra={"kind": kind.name})

    @staticmethod
    def _settled_on(channel: Channel | None) -> Callable[[Lane], None]:
        """A later process has places of its own."""

        def settled(lane: Lane) -> None:
            if channel is not None:
                channel.send(Kind.SETTLED, bytes([lane]))

        return settled


def _environment() -> dict[str, str]:
    """The same Python, which looks for modules where this one does."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(entry or os.curdir for entry in sys.path)}
