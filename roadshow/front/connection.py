"""A client's connection to the front: requests are read one by one, and answered, or it is given up to the house.

It works on the socket itself and not through a transport: the answer to a cached page is one call of the system, and a
socket that nobody else holds can be passed on with everything that was read from it.
"""

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

from roadshow.errors import Unavailable
from roadshow.front.answering import Answer, Answers, Asked
from roadshow.front.bounds import MOST_HEAD
from roadshow.front.hall import Hall
from roadshow.front.handing import Handing
from roadshow.front.lanes import Proxies
from roadshow.front.requests import RequestHead
from roadshow.front.tally import Tally
from roadshow.front.writing import Dates, head_of, refusal
from roadshow.languages import message_for, negotiate

log = logging.getLogger(__name__)

READ_AT_ONCE = 64 * 1024
MOST_READ = MOST_HEAD + 1
"""Bytes of a connection that are kept: the longest head, and one that says that it is too long. What a client sends
beyond that stays in the system's buffers until there is room for it."""
ANSWERS_PER_TURN = 32
"""Of the loop, to requests that one client sent without waiting: about as long as accepting a few others."""
TURN_WITHIN = 0.002
"""Seconds after which no further one of them is begun: some requests cost more than others."""
MADE_WITHIN = 10.0
"""Seconds for an answer that has to be made first; the store's own patience is shorter."""
BUSY = Unavailable("house.busy", retry_after=2)
MOST_HELD = 64 * 1024 * 1024
"""Bytes of requests that are not whole, or wait behind an answer that is not taken, of all connections together;
ordinary ones come in one piece, and after the answer. Thousands of others, each as long as a head may be, would take
gigabytes."""
_END = b"\r\n\r\n"


@dataclass(slots=True)
class Shared:
    """What the connections of a front have in common."""

    loop: asyncio.AbstractEventLoop
    answers: Answers
    handing: Handing
    hall: Hall
    dates: Dates
    tally: Tally
    proxies: Proxies
    held: int = 0
    """Bytes that are kept of requests."""
    is_ending: bool = False
    emptied: asyncio.Event = field(default_factory=asyncio.Event)
    """Nobody is left, while it ends."""


class Connection:
    __slots__ = (
        "_awaited",
        "_front",
        "_has_waited",
        "_head",
        "_held",
        "_is_last",
        "_is_reading",
        "_number",
        "_peer",
        "_read",
        "_socket",
        "_task",
        "_unsent",
        "_when_sent",
    )

    def __init__(self, front: Shared, client: socket.socket, peer: str) -> None:
        self._front = front
        self._socket = client
        self._number = client.fileno()
        """For the loop: given a socket that it does not know yet, it spells it out for an error that nobody sees."""
        self._peer = peer
        self._read = b""
        """What is not answered yet."""
        self._head = RequestHead()
        self._awaited = 0
        """Bytes of a request whose head is here, with its body; 0: a head is read."""
        self._held = 0
        self._has_waited = False
        """For the house."""
        self._is_last = False
        """What was read is all that the client says."""
        self._is_reading = False
        self._unsent: list[memoryview] = []
        self._when_sent: Callable[[], None] = self._go_on
        self._task: asyncio.Task[None] | None = None
        self._listen()
        front.hall.came(self, front.loop.time(), None if peer in front.proxies else peer)

    # Satisfies ``Handed``.

    @property
    def target(self) -> bytes:
        return self._head.target

    @property
    def network(self) -> str:
        return self._front.proxies.network_of(self._peer, self._head.headers.get("x-forwarded-for"))

    def give_up(self) -> tuple[socket.socket, bytes] | None:
        """It is out of the front's hands then, whatever comes of it."""
        if self._has_waited and self._has_said_all():
            self.refuse()
            return None
        self._leave()
        return self._socket, self._read

    def refuse(self) -> None:
        language = negotiate(None, None, self._head.headers.get("accept-language"))
        text = f"{message_for(BUSY.code, BUSY.details, language)}\n{BUSY.code}"
        self._end_with(refusal(BUSY.status, text, BUSY.retry_after))

    # Reading

    def _listen(self) -> None:
        self._is_reading = True
        self._front.loop.add_reader(self._number, self._readable)

    def _readable(self) -> None:
        room = (self._awaited or MOST_READ) - len(self._read)
        if not room:
            return  # the rest of the row is answered first
        try:
            data = self._socket.recv(room)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.close()
            return
        if not data:
            self._is_last = True
            self._front.loop.remove_reader(self._number)
            if self._awaited or _END not in self._read:
                self.close()
            return  # unless some of a row of requests is still to be answered
        if self._read:
            self._read += data
        else:
            self._read = data
            self._front.hall.begun(self, self._front.loop.time())
        self._go_on()

    def _go_on(self) -> None:
        """Answer what can be answered at once."""
        ends = self._front.loop.time() + TURN_WITHIN
        for _ in range(ANSWERS_PER_TURN):
            if not self._read or not self._advance():
                if self._is_last and self._is_reading:
                    self.close()
                return
            if self._front.loop.time() > ends:
                break
        self._front.loop.call_soon(self._go_on_later)

    def _go_on_later(self) -> None:
        """Unless something has happened meanwhile."""
        if self._is_reading:
            self._go_on()

    def _advance(self) -> bool:
        """Whether a request was answered, and the next one may be looked at."""
        head, read = self._head, self._read
        if self._awaited:
            return self._with_body()
        end = read.find(_END, max(0, head.fed - len(_END) + 1))
        upto = len(read) if end < 0 else end + len(_END)
        head.feed(read, upto)
        if upto > MOST_HEAD or head.has_too_many:
            self._end_with(refusal(HTTPStatus.BAD_REQUEST, "The headers are too long."))
            return False
        if end >= 0 and not head.is_odd and (body := head.small_body):
            self._awaited = upto + body
            return self._with_body()
        if head.is_odd or (end >= 0 and not head.is_whole):
            self._hand_over()
            return False
        if end < 0:
            self._hold(len(read))
            return False
        asked = head.asked()
        if asked is None:
            self._hand_over()
            return False
        answer = self._front.answers.ready(asked)
        if answer is None:
            self._pause()
            self._task = self._front.loop.create_task(self._make(asked))
            return False
        return self._answer(answer)

    def _with_body(self) -> bool:
        """The house is not to wait for what a client may never send."""
        if len(self._read) < self._awaited:
            self._hold(len(self._read))
        else:
            self._hand_over()
        return False

    def _hold(self, size: int) -> None:
        """So many bytes are kept that cannot be answered yet."""
        front = self._front
        if not self._held:
            front.hall.halfway(self, front.loop.time())
        front.held += size - self._held
        self._held = size
        if front.held > MOST_HELD:
            front.hall.drop_slowest()

    def _release(self) -> None:
        self._front.held -= self._held
        self._held = 0
        self._front.hall.waits_for_us(self)

    def _pause(self) -> None:
        """Nothing is read, and the client not waited for."""
        self._is_reading = False
        self._front.loop.remove_reader(self._number)
        self._front.hall.waits_for_us(self)

    async def _make(self, asked: Asked) -> None:
        try:
            async with asyncio.timeout(MADE_WITHIN):
                answer = await self._front.answers.make(asked)
        except TimeoutError:
            self._task = None
            self._front.tally.refused += 1
            self.refuse()
            return
        except Exception:
            log.exception("an answer could not be made")
            answer = None  # the house tells the reader in whatever way it can
        self._task = None
        if answer is None:
            self._hand()
        elif self._answer(answer):
            self._listen()
            self._go_on()

    def _hand_over(self) -> None:
        self._pause()
        self._hand()

    def _hand(self) -> None:
        self._front.handing.hand(self)
        self._has_waited = True  # unless it is gone from here

    # Writing

    def _answer(self, answer: Answer) -> bool:
        """Whether all of it is sent, and another request may come."""
        front, head = self._front, self._head
        front.tally.answered += 1
        keeps = head.keeps_alive and not front.is_ending
        begin = head_of(answer, front.dates.header(time.time()), keeps=keeps, old=head.is_old)
        body = b"" if head.is_head_only else answer.body
        self._read = self._read[head.fed :]
        if self._held:
            self._release()
        head.reset()
        if not self._send(begin, body):
            self._when_sent = self._next if keeps else self.close
            if not keeps:
                self._read = b""
            elif self._read and self._socket.fileno() >= 0:
                self._hold(len(self._read))
            return False
        if not keeps:
            self.close()
            return False
        self._is_answered()
        return True

    def _is_answered(self) -> None:
        front = self._front
        is_proxy = self._peer in front.proxies
        front.hall.answered(self, front.loop.time(), has_more=bool(self._read), is_proxy=is_proxy)

    def _next(self) -> None:
        self._listen()
        self._is_answered()
        self._go_on()

    def _send(self, *parts: bytes) -> bool:
        """Whether nothing is left to be sent; else it goes on by itself, and nothing is read meanwhile."""
        self._unsent = [memoryview(part) for part in parts if part]
        if self._write():
            return True
        if self._socket.fileno() >= 0:
            self._is_reading = False
            self._front.loop.remove_reader(self._number)
            self._front.loop.add_writer(self._number, self._writable)
            self._front.hall.sending(self, self._front.loop.time())
        return False

    def _write(self) -> bool:
        try:
            sent = self._socket.sendmsg(self._unsent)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            self.close()
            return False
        while self._unsent and sent >= len(self._unsent[0]):
            sent -= len(self._unsent.pop(0))
        if self._unsent:
            self._unsent[0] = self._unsent[0][sent:]
            self._front.hall.takes(self, self._front.loop.time())
        return not self._unsent

    def _writable(self) -> None:
        if self._write():
            self._front.loop.remove_writer(self._number)
            self._when_sent()

    def _end_with(self, answer: Answer) -> None:
        """Answer and close. What the client still sends is taken until it has read the answer: closing on unread bytes
        would take it away."""
        begin = head_of(answer, self._front.dates.header(time.time()), keeps=False)
        self._read = b""
        self._when_sent = self._linger
        if self._send(begin, b"" if self._head.is_head_only else answer.body):
            self._linger()

    def _linger(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.close()
            return
        self._front.hall.lingers(self, self._front.loop.time())
        self._front.loop.add_reader(self._number, self._discard)

    def _discard(self) -> None:
        try:
            if self._socket.recv(READ_AT_ONCE):
                return
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            pass
        self.close()

    # The end

    def close(self) -> None:
        if self._socket.fileno() < 0:
            return
        self._leave()
        self._is_reading = False
        if self._task is not None:
            self._task.cancel()
        self._front.loop.remove_reader(self._number)
        self._front.loop.remove_writer(self._number)
        self._unsent = []
        self._socket.close()

    def _leave(self) -> None:
        self._release()
        self._front.hall.left(self)
        if self._front.is_ending and not self._front.hall.guests:
            self._front.emptied.set()

    def _has_said_all(self) -> bool:
        """The client has ended its half of the connection. Some do so behind their request and read on; but whoever
        does while it waits has most likely gone, as a browser does on a reload: the house is spared, and they are
        answered all the same."""
        try:
            return self._socket.recv(1, socket.MSG_PEEK) == b""
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            return True
