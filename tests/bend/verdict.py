"""How a way ended, found out from what everybody gets in the end: nothing is taken on the word of whoever bent.

*Caught*: it was refused, each time with a code that has a text, or recount, a receipt or the server itself names it.
*Told*: it took effect, and the public pages say so, with who did it by office and with the reason. *Bent*: all else.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from roadshow.clock import SystemClock
from roadshow.errors import SetupError
from roadshow.ids import PersonId
from roadshow.messages import MESSAGES
from roadshow.voting.key_file import load_signer
from roadshow.voting.ledger.recount import recount
from tests.bend.final import (
    ARM,
    CHAIR,
    DEPUTY,
    JURY,
    NO_EFFECT,
    Attempt,
    OneFinal,
    Published,
    Refusal,
    Scores,
    World,
    a_final,
    personal,
    without_moments,
)
from tests.bend.ways import Way
from tests.clocks import HandClock

ALARMS: Final = frozenset({"ledger.rewritten", "poll.changed"})
"""With these the server itself stops a vote: nothing is announced any more, and every act says why."""
OFFICES: Final = {CHAIR: "Chair", DEPUTY: "Deputy chair"}
"""Of whoever decides; all others who do are organisers."""
NO_START: Final = {
    "has begun, so its definition cannot change": "no start: other rules",
    "not those that this server acknowledged": "no start: other votes",
    "are signed with the key": "no start: another key",
    "can be read by other users": "no start: an open key",
}
"""What a server says that does not start on what it finds, and what it is called in the table."""
NEAR: Final = 200
"""Characters before a reason in which a page says whose it was."""


@dataclass(frozen=True)
class Outcome:
    ending: Literal["caught", "told", "bent"]
    by: tuple[str, ...]
    """What caught or told it; of a bent one, what is wrong."""

    def is_as_expected(self, way: Way) -> bool:
        return self.ending == way.ending and set(way.by) <= set(self.by)


@dataclass(frozen=True)
class Played:
    """A way that was taken, and what the public has after it; None if the server stopped the vote."""

    final: OneFinal
    published: Published | None
    alarm: str = ""


class Referee:
    """Plays ways, and says how they ended."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._honest: dict[str, tuple[OneFinal, Published]] = {}

    async def outcome(self, way: Way) -> Outcome:
        """Raises what is none of the expected ends: a mistake of the way, or a server that fails."""
        if way.forges:
            final, honest = await self._final_without(way)
            forge: Any = way.play
            forged = replace(honest, record=forge(honest.record, load_signer(final.settings.data / "signing.key")))
            assert forged.record != honest.record, "nothing was forged"
            return judged(Played(final, forged), [], honest, shown=honest)
        played = await self._play(way, way.scores)
        again = [] if way.learns is None else [await self._play(way, way.learns)]
        return judged(played, again, (await self._final_without(way))[1])

    async def _play(self, way: Way, scores: Scores) -> Played:
        clock = HandClock(SystemClock().now()) if way.own_clock else None
        async with a_final(self._world, scores, clock, **way.rules) as final:
            play: Any = way.play
            try:
                await play(final)
                await final.announced()
                return Played(final, await final.published())
            except Refusal as refusal:
                if refusal.code not in ALARMS:
                    raise
                return Played(final, None, refusal.code)
            except SetupError as problem:
                return Played(final, None, _cause(str(problem)))

    async def _final_without(self, way: Way) -> tuple[OneFinal, Published]:
        """The same final, in which nobody bends."""
        name = f"{way.scores.__name__} {dict(way.rules)}"
        if name not in self._honest:
            async with a_final(self._world, way.scores, **way.rules) as final:
                await final.announced()
                self._honest[name] = final, await final.published()
        return self._honest[name]


def judged(played: Played, again: Iterable[Played], honest: Published, shown: Published | None = None) -> Outcome:
    """``again``: the same with other scores, of which whoever bends must not have learned anything. ``shown``: what was
    published where the record that is judged came later."""
    final, published = played.final, played.published
    learned = [one for other in again for one in _difference(final.seen, other.final.seen)]
    if learned:
        return Outcome("bent", (f"learns of the scores: {learned[0]}",))
    if final.guess and all(_is_right(one) for one in (played, *again)):
        return Outcome("bent", ("knows which judge has which number",))
    codes = tuple(dict.fromkeys(one.code for one in final.attempts if one.code))
    if silent := [code for code in codes if code not in MESSAGES]:
        return Outcome("bent", (f"refused without a text: {silent[0]}",))
    if published is None:
        return Outcome("caught", (played.alarm, *codes))
    if faults := tuple(dict.fromkeys(_faults(final, published, shown or published))):
        return Outcome("caught", (*faults, *codes))
    effects = [one for one in final.attempts if one.took_effect and one.told != NO_EFFECT]
    if effects:
        told = {name: [_is_told(final, one, page) for one in effects] for name, page in published.pages.items()}
        if any(all(all_) for all_ in told.values()):
            return Outcome("told", (*(name for name, all_ in told.items() if all(all_)), *codes))
        return Outcome("bent", tuple(f"not told on {name}" for name in told))
    if published.podium != honest.podium:
        return Outcome("bent", (f"the podium is {published.podium} instead of {honest.podium}",))
    if codes:
        return Outcome("caught", codes)
    if final.attempts:
        return _without_effect(published, honest)
    return Outcome("caught", ("nothing to be learned",)) if again else Outcome("bent", ("nothing was tried",))


def _is_right(played: Played) -> bool:
    """Whether the judges are numbered as was guessed: by what they gave the winner, as the protocol has it."""
    assert played.published is not None
    row = re.search(r" Arm [\d.]+((?: [\d.]+){5}) ", played.published.pages["protocol"])
    assert row is not None, "the protocol has no line of the winner"
    given = [float(points) for points in row[1].split()]
    return given == [10.0 * personal(judge, ARM, 0) for judge in played.final.guess]


def _without_effect(published: Published, honest: Published) -> Outcome:
    for name, page in published.pages.items():
        if without_moments(page) != without_moments(honest.pages[name]):
            return Outcome("bent", (f"the page {name} is another",))
    return Outcome("caught", ("without effect",))


def _faults(final: OneFinal, published: Published, shown: Published) -> Iterator[str]:
    """Found by whoever counts again with the key, the receipts that judges' browsers hold, heads that were noted when
    they were told, and the last entry as the pages have ``shown`` it: a record that comes later may be another's."""
    heads = sorted({*final.heads, json.loads(shown.record)["result"]["head"]})
    files = [
        json.dumps({"format": "roadshow receipts 1", "public_key": final.public_key, "receipts": held}).encode()
        for held in final.receipts.values()
    ]
    for receipt in (*files, *((None,) if not files else ())):
        report = recount(published.record, final.public_key, receipt, heads)
        yield from (f"recount: {fault.check}" for fault in report.faults)


def _is_told(final: OneFinal, attempt: Attempt, page: str) -> bool:
    """By words of its own, or the reason as it was given, and not far before it by whom."""
    reason = attempt.says.get("reason")
    if attempt.told or reason is None:
        return bool(attempt.told) and attempt.told in page
    who = PersonId(attempt.who)
    names = (final.person(who).name.en,) if who in JURY and who != CHAIR else (OFFICES.get(who, "Organiser"),)
    before = [page[max(0, one.start() - NEAR) : one.start()] for one in re.finditer(re.escape(reason), page)]
    return any(name in words for words in before for name in names)


def _cause(said: str) -> str:
    return next((name for words, name in NO_START.items() if words in said), said)


def _difference(mine: list[str], theirs: list[str]) -> Iterator[str]:
    if len(mine) != len(theirs):
        yield f"{len(mine)} and {len(theirs)} things were seen"
    for one, other in zip(mine, theirs, strict=False):
        if one != other:
            at = next(at for at, pair in enumerate(zip(f"{one} ", f"{other} ", strict=False)) if len({*pair}) > 1)
            around: Any = slice(max(0, at - 60), at + 60)
            yield f"{one[:40]} … {one[around]} or {other[around]}"
