"""Something is wrong: judges, pitchers and clerks call control, which answers that it has heard."""

from typing import Annotated, ClassVar

from msgspec import Meta
from typing_extensions import override

from roadshow.access.roles import CALLING
from roadshow.fields.calls import Call, CallKind, Calls, CallsView, Words
from roadshow.fields.field import Reading
from roadshow.ids import CommandId, PersonId, RoomId
from roadshow.live.family import Family, Sender, Services
from roadshow.live.messages import Message, RoomAct


class MakeCall(RoomAct, frozen=True, tag="call.make"):
    """Something is wrong at the sender's desk. Takes the place of what they called before."""

    kind: CallKind
    words: Words = ""


class WithdrawCall(RoomAct, frozen=True, tag="call.withdraw"):
    """It is fine again."""


class HearCall(RoomAct, frozen=True, tag="call.hear"):
    """Control has heard it, and sees to it."""

    call: Annotated[int, Meta(ge=1)]


class OwnCall(Message, frozen=True, tag="call.own"):
    """To whoever may call, after ``follow`` and at each change: their own call, and whether control has heard it."""

    room: str
    call: Call | None
    withdrawn: bool = False
    """They took it back; else a page that knows of one makes it again."""


class CallFamily(Family):
    asks: ClassVar = (MakeCall, WithdrawCall, HearCall)
    tells: ClassVar = (OwnCall,)

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self._calls = {room: Calls() for room in services.fields}
        for field in services.fields.values():
            field.provide(CallsView, self._read)

    @override
    async def act(self, sender: Sender, ask: RoomAct) -> Message | None:
        room = self.services.fields.of(ask.room).id
        by, calls, now = sender.person.id, self._calls[room], self.services.clock.now()
        match ask:
            case MakeCall(kind=kind, words=words):
                role = sender.visitor.role_in(room)
                _, is_new = calls.make(by, role, kind, words, CommandId(ask.command), now)
            case WithdrawCall():
                is_new = calls.withdraw(by)
            case HearCall(call=number):
                _, is_new = calls.hear(number, by, now)
            case _:
                raise NotImplementedError(type(ask).__name__)
        if is_new:
            self.services.news.changed(room, CallsView)
        return None

    @override
    def concerns(self, sender: Sender, ask: RoomAct) -> tuple[PersonId, Message] | None:
        """Whoever called, on all their devices."""
        calls = self._calls[RoomId(ask.room)]
        if isinstance(ask, HearCall):
            heard = calls.numbered(ask.call)
            return None if heard is None else (heard.by, OwnCall(ask.room, heard))
        own = calls.of(sender.person.id)
        return sender.person.id, OwnCall(ask.room, own, withdrawn=isinstance(ask, WithdrawCall))

    @override
    async def greet(self, sender: Sender, room: RoomId) -> Message | None:
        if not sender.visitor.roles_in(room) & CALLING:
            return None
        return OwnCall(room, self._calls[room].of(sender.person.id))

    async def _read(self, reading: Reading) -> CallsView:
        return self._calls[reading.field.id].view()
