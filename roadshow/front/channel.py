"""A Unix socket between the house and one of its fronts: frames, some of which bring a descriptor with them.

A stream of frames and not SOCK_SEQPACKET, which macOS does not have. A descriptor travels with the first byte of its
frame, and a read ends behind the bytes that brought one: the first descriptor there is belongs to the first frame that
should have one.
"""

import asyncio
import logging
import socket
import struct
from collections import deque
from collections.abc import Callable
from enum import IntEnum

log = logging.getLogger(__name__)

READ_AT_ONCE = 256 * 1024
MOST_PAYLOAD = 256 * 1024 * 1024
"""Bytes of one frame. The largest holds all competitions, each as long as a definition may be; only a mistake of ours
is longer."""
DESCRIPTORS_AT_ONCE = 8
_HEADER = struct.Struct("!BI")


class Kind(IntEnum):
    BEGIN = 1
    """House to front: its settings and competitions."""
    ACCEPTING = 2
    """Front to house: connections are accepted."""
    CONNECTION = 3
    """Front to house: a client's socket, the lane, and what was read from it."""
    SETTLED = 4
    """House to front: one connection of this lane is no more work."""
    FIGURES = 5
    """Front to house: what it has done so far."""
    MEMORY = 7
    """House to front: whether it answers from memory, as one byte, or passes everything on."""
    END = 6
    """House to front: accept nothing more."""


class Broken(Exception):
    """What came is no frame."""


class Frames:
    """Bytes and descriptors in, frames out. Pure."""

    def __init__(self) -> None:
        self._read = bytearray()
        self._descriptors: deque[int | None] = deque()

    def add(self, data: bytes, descriptors: list[int | None]) -> None:
        """A descriptor is None when the system had none left for it."""
        self._read += data
        self._descriptors.extend(descriptors)

    def next(self) -> tuple[Kind, bytes, int | None] | None:
        """None until the next frame is whole. Raises Broken."""
        if len(self._read) < _HEADER.size:
            return None
        number, length = _HEADER.unpack_from(self._read)
        if length > MOST_PAYLOAD or number not in Kind.__members__.values():
            raise Broken(f"kind {number}, {length} bytes")
        end = _HEADER.size + length
        if len(self._read) < end:
            return None
        kind, payload = Kind(number), bytes(self._read[_HEADER.size : end])
        del self._read[:end]
        descriptor = self._descriptors.popleft() if kind is Kind.CONNECTION and self._descriptors else None
        return kind, payload, descriptor

    def left(self) -> list[int]:
        """Descriptors whose frames never came whole; they are the caller's to close."""
        left = [descriptor for descriptor in self._descriptors if descriptor is not None]
        self._descriptors.clear()
        return left


class Channel:
    """One end. ``heard`` is told each frame, and owns its descriptor; ``ended`` once when the other end is gone."""

    def __init__(
        self,
        end: socket.socket,
        heard: Callable[[Kind, bytes, int | None], None],
        ended: Callable[[], None],
        *,
        reads_per_turn: int = 1,
    ) -> None:
        """``reads_per_turn``: of the loop; each read brings at most one descriptor."""
        self._loop = asyncio.get_running_loop()
        self._end = end
        self._heard = heard
        self._ended = ended
        self._reads_per_turn = reads_per_turn
        self._frames = Frames()
        self._unsent: deque[tuple[memoryview, socket.socket | None]] = deque()
        self._is_open = True
        end.setblocking(False)
        self._loop.add_reader(end, self._read)

    def send(self, kind: Kind, payload: bytes = b"", passed: socket.socket | None = None) -> None:
        """``passed`` is closed here once it is on its way. Whoever sends bounds how much may be so at a time."""
        if not self._is_open:
            if passed is not None:
                passed.close()
            return
        self._unsent.append((memoryview(_HEADER.pack(kind, len(payload)) + payload), passed))
        if len(self._unsent) == 1:
            self._write()

    def close(self) -> None:
        if not self._is_open:
            return
        self._is_open = False
        self._loop.remove_reader(self._end)
        self._loop.remove_writer(self._end)
        self._end.close()
        for _, passed in self._unsent:
            if passed is not None:
                passed.close()
        self._unsent.clear()
        for descriptor in self._frames.left():
            socket.close(descriptor)

    def _write(self) -> None:
        while self._unsent:
            data, passed = self._unsent[0]
            try:
                sent = socket.send_fds(self._end, [data], [passed.fileno()]) if passed else self._end.send(data)
            except (BlockingIOError, InterruptedError):
                self._loop.add_writer(self._end, self._write)
                return
            except OSError:
                self._gone()
                return
            if passed is not None:
                passed.close()
            if sent < len(data):
                self._unsent[0] = data[sent:], None
            else:
                self._unsent.popleft()
        self._loop.remove_writer(self._end)

    def _read(self) -> None:
        for _ in range(self._reads_per_turn):
            try:
                data, passed, flags, _ = socket.recv_fds(self._end, READ_AT_ONCE, DESCRIPTORS_AT_ONCE)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                self._gone()
                return
            lost = [None] if flags & socket.MSG_CTRUNC and not passed else []
            self._frames.add(data, [*passed, *lost])
            if not data:
                self._gone()
                return
            try:
                while self._is_open and (frame := self._frames.next()) is not None:
                    self._heard(*frame)
            except Broken:
                log.exception("what came between the house and its front cannot be read")
                self._gone()
            if not self._is_open:
                return

    def _gone(self) -> None:
        if self._is_open:
            self.close()
            self._ended()
