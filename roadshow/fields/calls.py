"""Calls for help: somebody at a desk says that something is wrong, and control says that it was heard. (pure)

They end with the process. A page whose call was not heard makes it again when it is back.
"""

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from roadshow.competitions.people import Role
from roadshow.errors import Conflict
from roadshow.ids import CommandId, PersonId
from roadshow.moments import Instant

CallKind = Literal["stage", "card", "time", "other"]
"""What is wrong: picture or sound; the scorecard, the slides, or a clerk's cards of paper; the time; something else."""
LONGEST_CALL = 200
"""Characters. What control can read while the show goes on; the rest is said by telephone."""
Words = Annotated[str, Meta(max_length=LONGEST_CALL)]
MOST_HEARD: Final = 5
"""Of calls that were heard, the newest: whoever shares the desk sees that a colleague has them."""


class Heard(msgspec.Struct, frozen=True):
    by: PersonId
    at: int
    """Milliseconds since the epoch."""


class Call(msgspec.Struct, frozen=True):
    number: int
    """Of this process, from 1. What was said anew is another call."""
    by: PersonId
    role: Role
    """As what they are here."""
    kind: CallKind
    words: str
    at: int
    """Milliseconds since the epoch."""
    heard: Heard | None = None


class CallsView(msgspec.Struct, frozen=True, tag_field="section", tag="calls"):
    """For control."""

    calls: tuple[Call, ...]
    """As they came; of those that were heard the newest."""


class Calls:
    """Of one field. Everybody has one at most, so there are no more than people."""

    def __init__(self) -> None:
        self._of: dict[PersonId, Call] = {}
        self._commands: dict[PersonId, CommandId] = {}
        """By which each was made."""
        self._last = 0

    def make(
        self, by: PersonId, role: Role, kind: CallKind, words: str, command: CommandId, now: Instant
    ) -> tuple[Call, bool]:
        """Their call now, and whether it is a new one: a command that comes again makes none. It takes the place of an
        earlier one of theirs."""
        known = self._of.get(by)
        if known is not None and self._commands.get(by) == command:
            return known, False
        self._last += 1
        # Takes its place at the end, too.
        self._of.pop(by, None)
        self._of[by] = call = Call(self._last, by, role, kind, readable(words), now.ms)
        self._commands[by] = command
        return call, True

    def withdraw(self, by: PersonId) -> bool:
        """It is fine again. Whether there was a call."""
        self._commands.pop(by, None)
        return self._of.pop(by, None) is not None

    def hear(self, number: int, by: PersonId, now: Instant) -> tuple[Call, bool]:
        """The call, and whether it was not heard before. Raises Conflict("call.moved_on") if it was withdrawn, or they
        say something else by now."""
        call = self.numbered(number)
        if call is None:
            raise Conflict("call.moved_on")
        if call.heard is not None:
            return call, False
        heard = msgspec.structs.replace(call, heard=Heard(by, now.ms))
        self._of[call.by] = heard
        return heard, True

    def numbered(self, number: int) -> Call | None:
        return next((one for one in self._of.values() if one.number == number), None)

    def of(self, person: PersonId) -> Call | None:
        """Theirs, if they made one."""
        return self._of.get(person)

    def view(self) -> CallsView:
        heard = sorted((one.heard.at, one.number) for one in self._of.values() if one.heard is not None)
        shown = {number for _, number in heard[-MOST_HEARD:]}
        return CallsView(tuple(one for one in self._of.values() if one.heard is None or one.number in shown))


def readable(words: str) -> str:
    """One line of what people can read: control characters and the like are no part of it."""
    return " ".join("".join(one if one.isprintable() else " " for one in words).split())
