"""One browser's connection: what it says, what it is told.

Three tasks a socket: the reader decodes, checks and answers pings; the worker carries out commands one after another,
in the order they came; the writer empties the outbox. The identity comes from the connection, never from a message.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from roadshow.access.limits import MESSAGES_AT_ONCE, MESSAGES_PER_SECOND, Bucket
from roadshow.access.roles import Visitor, authorise
from roadshow.clock import Clock, SteadyClock
from roadshow.errors import Details, InputError, RoadshowError, TooMany, Unavailable
from roadshow.ids import RoomId
from roadshow.live.family import Families, Sender
from roadshow.live.hub import POLICY, TRY_LATER, Hub
from roadshow.live.messages import (
    MAX_MESSAGE_BYTES,
    ClockPing,
    ClockPong,
    Command,
    CommandAccepted,
    Follow,
    Message,
    Refused,
    RoomAct,
)
from roadshow.live.outbox import CaughtUp, Outbox, Overflow, Pong
from roadshow.live.protocol import decode, encode
from roadshow.moments import Instant
from roadshow.telemetry import Telemetry

log = logging.getLogger(__name__)

MOST_UNDER_WAY = 32
"""Commands of one socket that wait for their turn."""
MOST_MALFORMED = 3
"""Messages in a row that make no sense; with one more the socket is closed."""
FLOODED_PER_SECOND = 10
FLOODED_AT_ONCE = 100
"""Messages beyond the rate that are refused one by one; with more the socket is closed."""
DEAF_FOR = 1.0
"""Seconds in which nothing is read of a socket that spoke when its network, or its person, had said enough already."""
SLOWEST_WRITE = 10.0
"""Seconds one frame may wait for a reader that does not read."""
SLOWEST_CLOSE = 1.0
"""Seconds the closing frame may wait."""
LAST_COMMANDS = 2.0
"""Seconds in which commands that came before the socket was lost are still carried out: a ballot sent on the way out of
the door counts."""
TOO_BIG = 1009

Texts = Callable[[str, Details, str], str]
"""The message for a code, its details, a language: ``languages.message_for``."""


class _CommandOnly(msgspec.Struct):
    """To name, in a refusal, the command of a message that makes no sense otherwise."""

    command: Command | None = None


_decode_command = msgspec.json.Decoder(_CommandOnly).decode


class Connection:
    """One open socket. Satisfies ``hub.Follower``."""

    def __init__(
        self,
        websocket: WebSocket,
        sender: Sender,
        hub: Hub,
        families: Families,
        clock: Clock,
        texts: Texts,
        language: str,
        telemetry: Telemetry | None = None,
        may_speak: Callable[[Instant], bool] | None = None,
        steady: Clock | None = None,
    ) -> None:
        """``telemetry`` None: nobody asks for it. ``may_speak``: whether whoever it is, with all of their sockets, may
        say one thing more; None: they have no other. ``steady``: by which speech and slowness are measured; ``clock``
        is the show's, which is told."""
        self._sender = sender
        self._telemetry = telemetry or Telemetry()
        self._begun = 0
        """Messages that were begun and are not answered yet."""
        self._websocket = websocket
        self._hub = hub
        self._families = families
        self._clock = clock
        self._steady = steady or SteadyClock()
        self._texts = texts
        self._language = language
        self._outbox = Outbox()
        self._something_to_write = asyncio.Event()
        self._commands: asyncio.Queue[Message | None] = asyncio.Queue()
        """Bounded by ``MOST_UNDER_WAY`` in the reader; None ends the worker."""
        self._may_speak = may_speak or (lambda _now: True)
        self._bucket = Bucket(MESSAGES_PER_SECOND, MESSAGES_AT_ONCE, self._steady.now())
        self._patience = Bucket(FLOODED_PER_SECOND, FLOODED_AT_ONCE, self._steady.now())
        self._malformed = 0
        self._is_one_of_many = False
        """Whose sockets speak too fast all together: refusing them one by one would cost as much as listening."""
        self._closing: tuple[int, str] | None = None
        self._is_lost = False

    @property
    def visitor(self) -> Visitor:
        return self._sender.visitor

    # For the hub --------------------------------------------------------------------------------------------------

    def send(self, message: Message) -> None:
        """An answer: goes ahead of all events."""
        if self._closing is not None:
            return
        try:
            self._outbox.reply(encode(message))
        except Overflow:
            self.end(TRY_LATER, "not reading")
        self._something_to_write.set()

    def send_event(self, room: RoomId, frame: str) -> None:
        if self._closing is not None:
            return
        now = self._steady.now()
        self._outbox.event(room, frame, now)
        self._wrote(now_overdue=self._outbox.is_overdue(now))

    def send_snapshot(self, room: RoomId, frame: str) -> None:
        if self._closing is not None:
            return
        now = self._steady.now()
        self._outbox.snapshot(room, frame, now)
        self._wrote(now_overdue=self._outbox.is_overdue(now))

    def end(self, code: int, reason: str, last: Message | None = None) -> None:
        if self._closing is not None:
            return
        if last is not None:
            with suppress(Overflow):
                self._outbox.reply(encode(last))
        # Whoever has to go learns nothing more, however slowly they read; who comes back gets what they missed.
        self._outbox.drop_events()
        self._closing = (code, reason)
        self._something_to_write.set()

    def _wrote(self, *, now_overdue: bool) -> None:
        if now_overdue:
            self.end(TRY_LATER, "too slow")
        self._something_to_write.set()

    # Its life -----------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until the socket is closed, by whichever side."""
        async with asyncio.TaskGroup() as tasks:
            reader = tasks.create_task(self._read())
            worker = tasks.create_task(self._work())
            await self._write()
            reader.cancel()
            self._commands.put_nowait(None)
            with suppress(TimeoutError):
                async with asyncio.timeout(LAST_COMMANDS):
                    await worker

    # Reading ------------------------------------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            while self._closing is None:
                event = await self._websocket.receive()
                if event["type"] == "websocket.disconnect":
                    break
                self._take(event.get("text"))
                # One packet may bring hundreds of messages without a wait between them; everybody else gets a turn.
                await asyncio.sleep(DEAF_FOR if self._is_one_of_many else 0)
        finally:
            self._is_lost = self._closing is None
            self._something_to_write.set()

    def _take(self, text: str | None) -> None:
        """One message. ``text`` None: it was binary."""
        if text is not None and len(text.encode()) > MAX_MESSAGE_BYTES:
            self.end(TOO_BIG, "message.too_big")
            return
        now = self._steady.now()
        self._is_one_of_many = not self._may_speak(now)
        in_rate = self._bucket.take(now) and not self._is_one_of_many
        try:
            message = decode(text or "")
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            self._malformed += 1
            self._refuse(_command_in(text), InputError("message.malformed"))
            if self._malformed > MOST_MALFORMED:
                self.end(POLICY, "message.malformed")
            return
        self._malformed = 0
        if not in_rate:
            self._refuse(_command_of(message), TooMany("rate.messages"))
            if not self._patience.take(now):
                self.end(TRY_LATER, "rate.messages")
            return
        if isinstance(message, ClockPing):
            self._outbox.pong(message.sent)
            self._something_to_write.set()
        elif isinstance(message, RoomAct) and type(message) in self._families.of(message).at_once:
            self._begin(message)
        elif self._commands.qsize() >= MOST_UNDER_WAY:
            self._refuse(_command_of(message), TooMany("rate.messages"))
        else:
            self._commands.put_nowait(message)

    def _begin(self, ask: RoomAct) -> None:
        if self._begun >= MOST_UNDER_WAY:
            self._refuse(ask.command, TooMany("rate.messages"))
            return
        try:
            authorise(self.visitor, _tag(ask), ask.room)
            self._families.of(ask).begin(self._sender, ask, partial(self._answered, ask))
            self._begun += 1
        except RoadshowError as error:
            self._refuse(ask.command, error)
        except Exception:  # noqa: BLE001  # logged there
            self._refuse(ask.command, self._failure(ask))

    def _answered(self, ask: RoomAct, answer: Message | RoadshowError) -> None:
        self._begun -= 1
        if isinstance(answer, Message):
            self._hub.prove(self)
            self.send(answer)
        else:
            self._refuse(ask.command, answer)

    # Working ------------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        while (message := await self._commands.get()) is not None:
            if self._closing is not None:
                return
            command = _command_of(message)
            try:
                with self._told(message):
                    await self._act(message)
            except Unavailable as error:
                self._refuse(command, error)
                if command is None:
                    # Nobody repeats a ``follow`` by itself: coming back does.
                    self.end(TRY_LATER, f"retry_ms={self._hub.retry_ms}")
            except RoadshowError as error:
                self._refuse(command, error)
            except Exception:  # noqa: BLE001  # logged there
                self._refuse(command, self._failure(message))
                if command is None:
                    self.end(TRY_LATER, f"retry_ms={self._hub.retry_ms}")

    def _told(self, message: Message) -> AbstractContextManager[None]:
        """Acts of people alone: strangers could fill the log with what they may not do."""
        person = self.visitor.person
        if person is None or not isinstance(message, RoomAct):
            return nullcontext()
        role = self.visitor.role_in(message.room)
        return self._telemetry.act(
            _tag(message), who=person.id, role=role.value, field=message.room, command=message.command
        )

    async def _act(self, message: Message) -> None:
        if isinstance(message, RoomAct):
            authorise(self.visitor, _tag(message), message.room)
            family = self._families.of(message)
            answer = await family.act(self._sender, message)
            self.send(CommandAccepted(message.command) if answer is None else answer)
            if (told := family.concerns(self._sender, message)) is not None:
                self._hub.tell(*told, but=self)
        elif isinstance(message, Follow):
            authorise(self.visitor, _tag(message))
            room = RoomId(message.room)
            await self._hub.follow(self, room, message.epoch, message.offset)
            for family in self._families:
                greeting = await family.greet(self._sender, room)
                if greeting is not None:
                    self.send(greeting)
        elif isinstance(message, _Resume):
            await self._hub.follow(self, message.room)

    def _failure(self, message: Message) -> RoadshowError:
        """What is told of a mistake of ours: where in the log to find it, and no more."""
        request = getattr(self._websocket.state, "request_id", "-")
        log.exception("request %s: the message %s failed", request, _tag(message))
        return RoadshowError("internal", request=request)

    def _refuse(self, command: str | None, error: RoadshowError) -> None:
        self.send(refusal(command, error, self._texts, self._language))

    # Writing ------------------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        try:
            while not self._is_lost:
                match self._outbox.take():
                    case str(frame):
                        await self._put(frame)
                    case Pong(sent):
                        await self._put(encode(ClockPong(sent, self._clock.now().ms)))
                    case CaughtUp(rooms):
                        for room in rooms:
                            self._commands.put_nowait(_Resume(room))
                    case None if self._closing is not None:
                        break
                    case None:
                        self._something_to_write.clear()
                        await self._something_to_write.wait()
        except TimeoutError:
            self.end(TRY_LATER, "too slow")
        except WebSocketDisconnect:
            self._is_lost = True
        if self._closing is not None and not self._is_lost:
            with suppress(WebSocketDisconnect, TimeoutError):
                async with asyncio.timeout(SLOWEST_CLOSE):
                    await written(self._websocket.close(*self._closing))

    async def _put(self, frame: str) -> None:
        async with asyncio.timeout(SLOWEST_WRITE):
            await written(self._websocket.send_text(frame))


async def written(writing: Awaitable[None]) -> None:
    """Raises WebSocketDisconnect also where the web server closed the socket by itself, as it does to a browser that
    answers no ping: whoever writes then is told so by a RuntimeError."""
    try:
        await writing
    except RuntimeError as problem:
        raise WebSocketDisconnect(1006) from problem


class _Resume(Message, frozen=True, tag="resume"):
    """The outbox's own: the reader has caught up and needs a snapshot. Never decoded from a browser."""

    room: RoomId


def refusal(command: str | None, error: RoadshowError, texts: Texts, language: str) -> Refused:
    """What a browser is told of an error."""
    return Refused(
        command=command,
        code=error.code,
        text=texts(error.code, error.details, language),
        details=dict(error.details),
        retry=isinstance(error, TooMany | Unavailable),
    )


def _command_in(text: str | None) -> str | None:
    try:
        return _decode_command(text or "").command
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _command_of(message: Message) -> str | None:
    command = getattr(message, "command", None)
    return command if isinstance(command, str) else None


def _tag(message: Message) -> str:
    return str(message.__struct_config__.tag)
