"""Messages made from the families' own types, some as they should be and some not, to a whole show by real sockets."""

import json
import logging
import random
from collections.abc import Callable
from typing import Any, Final

import pytest
from msgspec import inspect

from roadshow.access.speaking import Speaking
from roadshow.competitions.people import Role
from roadshow.live import connection
from roadshow.live.families import FAMILIES
from tests.live.conftest import Browser, a_browser
from tests.live.conftest import Final as Show

MESSAGES: Final = 400
"""To each socket: enough for each kind to come several times, and every bound to be overstepped."""
ASKS: Final = [inspect.type_info(ask) for family in FAMILIES for ask in family.asks]
ODD: tuple[object, ...] = (
    None,
    True,
    -1,
    0,
    2**63,
    10**30,
    1.5,
    "",
    "x",
    "a" * 65,
    "nul \x00 in it",
    "\u202e turned",
    [],
    [[]],
    {},
    {"a": 1},
)


class Forger:
    """Writes messages by dice."""

    def __init__(self, seed: int, names: list[str], criteria: list[str]) -> None:
        self.dice = random.Random(seed)
        self._names = names
        self._criteria = criteria
        self._makes: dict[type, Callable[[Any], object]] = {
            inspect.StrType: self._text,
            inspect.IntType: self._number,
            inspect.BoolType: lambda _: self.dice.random() < 0.5,
            inspect.NoneType: lambda _: None,
            inspect.UnionType: lambda kind: self._value(self.dice.choice(kind.types)),
            inspect.LiteralType: lambda kind: self.dice.choice(kind.values),
            inspect.EnumType: lambda kind: self.dice.choice(list(kind.cls)).value,
            inspect.VarTupleType: lambda kind: [
                self._value(kind.item_type) for _ in range(self.dice.choice((0, 2, 3, 51)))
            ],
            inspect.DictType: lambda kind: {name: self._value(kind.value_type) for name in self._criteria},
            inspect.StructType: self.message,
        }

    def message(self, kind: Any) -> dict[str, object]:
        said = {field.encode_name: self._value(field.type) for field in kind.fields if self.dice.random() > 0.01}
        return {"type": kind.tag, **said} if kind.tag else said

    def _value(self, kind: Any) -> object:
        return self.dice.choice(ODD) if self.dice.random() < 0.03 else self._makes[type(kind)](kind)

    def _text(self, kind: Any) -> str:
        if kind.min_length:
            return "A reason as people give one."
        if "8,64" in (kind.pattern or ""):
            return f"command-{self.dice.randrange(1000):04}"
        return self.dice.choice(self._names)

    def _number(self, kind: Any) -> int:
        return int(self.dice.choice((kind.ge, kind.ge + 1, kind.ge + 5, kind.le or 9, kind.ge - 1, (kind.le or 9) + 1)))


@pytest.mark.parametrize("role", Role)
async def test_nothing_a_browser_can_write_fails_within(
    role: Role, final: Show, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A crash that somebody can cause from a browser is a security bug: all there is are answers and refusals."""
    monkeypatch.setattr(connection, "MESSAGES_AT_ONCE", 100 * MESSAGES)
    monkeypatch.setattr(Speaking, "may", lambda *_: True)
    caplog.set_level(logging.ERROR)
    show = final.show
    person = next((one for one in show.people if one.role is role), None)
    room = (person and person.appointments[0].room) or next(iter(show.rooms))
    known = [*(one.id for one in show.competition.projects[:6]), *(one.id for one in show.people[:9])]
    names = [*[str(room)] * 6, *map(str, known), "nobody"]
    forger = Forger(sum(map(ord, role)), names, [one.id for one in show.competition.criteria])
    query, cookie = "", None
    if person is not None:
        _, session = await show.guests.accept(await show.guests.invite(person.id), None)
        query, cookie = f"?as={person.id}", f"roadshow={session}"
    codes = set()
    async with a_browser(final.base, query, cookie) as browser:
        for _ in range(MESSAGES):
            message = forger.message(forger.dice.choice(ASKS))
            if forger.dice.random() < 0.9:
                message["room"] = room
            await browser.send(**message)
            codes.add(await _answer(browser))
            await browser.send(type="clock.ping", sent=1)  # so that there is never a row of nonsense
            await browser.read_until("clock.pong")
    assert not codes & {"internal", "room.failed"}
    assert "message.malformed" in codes
    assert len(codes) > (2 if role in (Role.PITCHER, Role.AUDITOR, Role.CLERK, Role.AUDIENCE) else 6), (
        "it came as far as the rules"
    )
    assert caplog.records == []


async def _answer(browser: Browser) -> str:
    """The next one's kind, or the refusal's code."""
    while (answer := await browser.read())["type"] in ("welcome", "room.changed", "room.viewers", "room.snapshot"):
        pass
    assert "Traceback" not in json.dumps(answer)
    return str(answer["code"] if answer["type"] == "refused" else answer["type"])
