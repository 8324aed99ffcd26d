"""One task for each room: it waits for a command or a deadline, handles it, saves, then lets the world know.

The order is the promise: nobody hears of a state that is not safe, and a command that was refused has changed nothing.
"""

import asyncio
import logging
from collections import deque
from contextlib import suppress
from typing import Self

from roadshow.clock import ShowClock
from roadshow.errors import Conflict, RoadshowError, Unavailable
from roadshow.ids import ProjectId, RoomId, SourceId
from roadshow.moments import Duration, Instant
from roadshow.rooms.commands import Control, RoomCommand, SelectStage, SourceCame, SourceWent, TimeUp
from roadshow.rooms.phases import RoomPlan
from roadshow.rooms.ports import Followers, Journal, Polls, Relay, Saved
from roadshow.rooms.room import MOST_SOURCES, CloseWindow, Effect, OpenWindow, Publish, Room, SetLanes, WindowEffect
from roadshow.rooms.views import RoomEvent, RoomSnapshot
from roadshow.store.trouble import in_words

log = logging.getLogger(__name__)

INBOX = 256
"""Commands that wait. A room has a handful of people in control; more than this is not people."""
MOST_TOLD = 2 * MOST_SOURCES
"""Sources whose coming has not been handled yet; each source counts once."""
STORE_TIMEOUT = Duration.seconds(5)
"""How long a save or a poll may take before the store counts as away."""
FIRST_PAUSE = Duration(250)
"""Before trying again what the store refused; doubles up to LONGEST_PAUSE."""
LONGEST_PAUSE = Duration.seconds(4)


class RoomRunner:
    """``load`` one, put ``run()`` in a task group, and ``ask`` or ``tell`` it."""

    def __init__(
        self,
        room: Room,
        revision: int,
        *,
        clock: ShowClock,
        journal: Journal,
        polls: Polls,
        relay: Relay,
        followers: Followers,
    ) -> None:
        self._room = room
        self._revision = revision
        self._clock = clock
        self._journal = journal
        self._polls = polls
        self._relay = relay
        self._followers = followers
        self._inbox: deque[tuple[Control | SelectStage, asyncio.Future[None]]] = deque()
        self._told: dict[SourceId, SourceCame | SourceWent] = {}
        self._wake = asyncio.Event()
        self._ended = False
        self._owed: dict[ProjectId, None] = {}
        """Projects whose window may not be as it should; in order."""
        self._in_doubt: Saved | None = None
        """A save without an answer: it may or may not be stored."""
        self._hold_until: Instant | None = None
        """While the store is away, nothing is tried by itself before this."""
        self._pause = FIRST_PAUSE

    @classmethod
    async def load(
        cls, plan: RoomPlan, *, clock: ShowClock, journal: Journal, polls: Polls, relay: Relay, followers: Followers
    ) -> Self:
        """The room as the journal has it, or from its beginning. Raises SetupError, Unavailable."""
        saved = await journal.load(plan.room)
        if saved is None:
            room, revision, note = Room.begin(plan), 0, "begun"
        else:
            room, revision, note = Room.restore(plan, saved.state, clock.now()), saved.revision, "restored"
        state = room.encode()
        if saved is None or saved.state != state:
            revision += 1
            await journal.save(plan.room, Saved(revision, state), note)
        return cls(room, revision, clock=clock, journal=journal, polls=polls, relay=relay, followers=followers)

    @property
    def id(self) -> RoomId:
        return self._room.id

    @property
    def is_settled(self) -> bool:
        """Whether the store is known to hold what ``snapshot`` tells: no save was given up without an answer."""
        return self._in_doubt is None or self._hold_until is None

    @property
    def waits_for_nothing(self) -> bool:
        """Whether no clock is on, running or standing, and nothing has to be tried again: the show's may be set."""
        return not (self._room.has_clock or self._owed or self._in_doubt is not None or self._hold_until is not None)

    def snapshot(self) -> RoomSnapshot:
        """Only what is safe in the store."""
        return self._room.snapshot(self._clock.now())

    async def ask(self, command: Control | SelectStage) -> None:
        """Returns when the command is handled, saved and announced. Raises Conflict, InputError or Unavailable when it
        was refused. After Unavailable("room.not_saved") it is not in force, unless the server dies before the store is
        back."""
        if self._ended:
            raise Unavailable("room.stopping")
        if len(self._inbox) >= INBOX:
            raise Unavailable("room.busy")
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._inbox.append((command, answer))
        self._wake.set()
        await answer

    def tell(self, command: SourceCame | SourceWent) -> None:
        """Never blocks, never fails. Only the newest word about a source counts."""
        waiting = command.source in self._told
        match command:
            case SourceWent() if not waiting and command.source not in self._room.sources:
                return
            case SourceCame() if not waiting and len(self._told) >= MOST_TOLD:
                log.warning("Room %s: too many sources at once; %s is left out.", self.id, command.source)
                return
            case SourceCame() | SourceWent():
                self._told[command.source] = command
                self._wake.set()

    async def run(self) -> None:
        """Ends only by cancellation."""
        try:
            await self._carry_out(self._room.announce(self._clock.now()))
            while True:
                await self._wait()
                await self._turn()
        finally:
            self._ended = True
            for _, answer in self._inbox:
                _refuse(answer, Unavailable("room.stopping"))
            self._inbox.clear()

    async def _wait(self) -> None:
        """Until there is something to do."""
        self._wake.clear()
        if self._inbox or self._told:
            return
        now = self._clock.now()
        due = self._due_at(now)
        with suppress(TimeoutError):
            async with asyncio.timeout(None if due is None else (due - now).in_seconds() / self._clock.speed):
                await self._wake.wait()

    async def _turn(self) -> None:
        """Everything that is due, then one thing that was asked or told: a command must find the phase that its moment
        belongs to."""
        now = self._clock.now()
        while (due := self._due_at(now)) is not None and due <= now:
            await self._do_what_is_due(now)
            now = self._clock.now()
        if self._told:
            await self._note_source(self._told.pop(next(iter(self._told))), now)
        elif self._inbox:
            await self._answer(*self._inbox.popleft(), now)

    def _due_at(self, now: Instant) -> Instant | None:
        """When something is to be done without being asked."""
        due = now if self._owed or self._in_doubt is not None else self._room.next_deadline
        if due is None or self._hold_until is None:
            return due
        return max(due, self._hold_until)

    async def _do_what_is_due(self, now: Instant) -> None:
        try:
            if self._in_doubt is not None:
                await self._clear_doubt()
            elif self._owed:
                await self._settle_windows(now)
            else:
                await self._apply(TimeUp(), now)
        except Unavailable as problem:
            log.warning("Room %s waits for the store. %s", self.id, in_words(problem))
        except RoadshowError as problem:  # another server has taken the room over
            # A trace adds nothing.
            log.error("Room %s cannot go on by itself: %s", self.id, in_words(problem))  # noqa: TRY400
            self._hold()
        except Exception:
            log.exception("Room %s cannot go on by itself", self.id)
            self._hold()

    async def _note_source(self, command: SourceCame | SourceWent, now: Instant) -> None:
        try:
            await self._apply(command, now)
        except RoadshowError as refusal:
            log.warning("Room %s: source %s does not count: %s", self.id, command.source, in_words(refusal))
        except Exception:
            log.exception("Room %s failed at %s", self.id, command.kind)

    async def _answer(self, command: Control | SelectStage, answer: asyncio.Future[None], now: Instant) -> None:
        try:
            await self._apply(command, now)
        except RoadshowError as refusal:
            _refuse(answer, refusal)
        except asyncio.CancelledError:
            _refuse(answer, Unavailable("room.stopping"))
            raise
        except Exception:
            log.exception("Room %s failed at %s", self.id, command.kind)  # and goes on: other rooms are on air too
            _refuse(answer, Unavailable("room.failed"))
        else:
            if not answer.done():
                answer.set_result(None)

    async def _apply(self, command: RoomCommand, now: Instant) -> None:
        before = self._room
        handled = before.handle(command, now)
        if handled.changed:
            await self._save(handled.room, command.kind.value)
        self._room = handled.room
        refusal = await self._carry_out(handled.effects, stop_if_refused=not isinstance(command, TimeUp))
        if refusal is not None:
            await self._undo(before)
            raise refusal

    async def _undo(self, before: Room) -> None:
        """Voting refused what the command needs, before anybody heard of it: put the room back."""
        self._room = before
        with suppress(Unavailable):  # then it is in doubt, and follows later
            await self._save(before, "undone")

    async def _save(self, room: Room, note: str) -> None:
        """Raises Conflict("room.stale"), Unavailable("room.not_saved")."""
        await self._clear_doubt()
        await self._send(Saved(self._revision + 1, room.encode()), note)

    async def _clear_doubt(self) -> None:
        """Settle a save without an answer by sending it again, then save over it what has been in force meanwhile."""
        while self._in_doubt is not None:
            doubt = self._in_doubt
            await self._send(doubt, "sent-again")
            in_force = self._room.encode()
            if doubt.state != in_force:
                self._in_doubt = Saved(self._revision + 1, in_force)

    async def _send(self, saved: Saved, note: str) -> None:
        self._in_doubt = saved
        try:
            async with asyncio.timeout(STORE_TIMEOUT.in_seconds()):
                await self._journal.save(self.id, saved, note)
        except (Unavailable, TimeoutError) as problem:
            self._hold()
            raise Unavailable("room.not_saved") from problem
        except Conflict:
            self._in_doubt = None
            raise
        self._in_doubt = None
        self._revision = saved.revision
        self._store_is_back()

    async def _carry_out(self, effects: tuple[Effect, ...], *, stop_if_refused: bool = False) -> RoadshowError | None:
        """Returns the refusal of a window that stopped it."""
        for effect in effects:
            match effect:
                case OpenWindow() | CloseWindow():
                    refusal = await self._set_window(effect)
                    if refusal is not None and stop_if_refused:
                        return refusal
                case SetLanes(programme=programme):
                    self._relay.show(self.id, programme)
                case Publish(sections=sections):
                    self._followers.publish(RoomEvent(self.id, sections))
        return None

    async def _settle_windows(self, now: Instant) -> None:
        project = next(iter(self._owed))
        del self._owed[project]
        await self._set_window(self._room.window(project, now))

    async def _set_window(self, effect: WindowEffect) -> RoadshowError | None:
        """If the store is away, it is owed. Returns a refusal."""
        try:
            async with asyncio.timeout(STORE_TIMEOUT.in_seconds()):
                match effect:
                    case OpenWindow(project=project, closes_in=closes_in):
                        await self._polls.open_window(self.id, project, closes_in)
                    case CloseWindow(project=project):
                        await self._polls.close_window(self.id, project)
        except (Unavailable, TimeoutError) as problem:
            log.warning("Room %s: the window of %s has to wait. %s", self.id, effect.project, in_words(problem))
            self._owed[effect.project] = None
            self._hold()
        except RoadshowError as refusal:
            log.info("Room %s: the window of %s stays as it is: %s", self.id, effect.project, in_words(refusal))
            return refusal
        else:
            self._store_is_back()
        return None

    def _hold(self) -> None:
        self._hold_until = self._clock.now() + self._pause
        self._pause = min(self._pause + self._pause, LONGEST_PAUSE)

    def _store_is_back(self) -> None:
        self._hold_until = None
        self._pause = FIRST_PAUSE


def _refuse(answer: asyncio.Future[None], refusal: RoadshowError) -> None:
    if not answer.done():  # whoever asked may have gone
        answer.set_exception(refusal)
