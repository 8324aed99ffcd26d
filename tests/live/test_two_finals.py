"""Two finals that differ in the scores alone are told alike to everybody, until a place is announced.

Whatever a page, a message, its length, its order or its coming at all lets somebody guess of the ranking is a leak,
also where nobody thought of it: so nothing particular is looked for. The same show is played several times, with the
same names, keys and clock; all that everybody receives is kept, in its order, and held against each other.
"""

import asyncio
import itertools
import json
import logging
import re
from collections.abc import Awaitable, Callable, Collection
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from dataclasses import replace as with_settings
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from typing_extensions import override
from websockets.exceptions import ConnectionClosed

from roadshow.adapters import in_memory
from roadshow.app import OpenHouse, open_house
from roadshow.competitions.people import Person, Role
from roadshow.ids import ProjectId
from roadshow.moments import Duration
from roadshow.rooms.phases import Phase
from roadshow.show import Show
from tests.clocks import HandClock
from tests.live.conftest import AI, BIO, Browser, a_browser, listening_socket, served
from tests.live.test_every_route import _calls
from tests.live.two import FINAL, settings_in

SILENCE: Final = 60
"""Turns of the event loop without a frame, after which all that an answered act leads to has been heard: nothing of it
waits for anything else, and is a few turns away."""
CRITERIA: Final = [criterion.id for criterion in FINAL.criteria]
PROJECTS: Final = [project.id for project in FINAL.projects if project.field == FINAL.fields[0].id]

MASKS: Final = [
    (re.compile(r"(?<='x-request-id': ')[0-9a-f]{12}"), "of each answer"),
    (re.compile(r"(?<=~)[0-9a-f]{16}\.[\w-]{43}(?=\")"), "of each sign-in, on which tokens hang"),
    (re.compile(r"/sign-ins/[0-9a-f]{16}(?=/)"), "of each sign-in"),
    (re.compile(r'(?<="epoch":")[0-9a-f]{8}(?=[-"])'), "of each start"),
    (re.compile(r'(?<="port":)\d{5}(?=\D)'), "of each start, for line checks"),
    (re.compile(r"(?<=voter=)[\w.-]{57}(?=;)"), "of each browser"),
    (re.compile(r'(?<="viewers":)\d+'), "counted once a second of the machine's own time"),
    # Everybody is told heads of the ledger, and each judge what their receipts stand on. Nobody can try scores on them:
    # each entry holds a command's random id, which only the judge and the store have.
    (re.compile(r'"(?:head|hash|parent|entry)":"[0-9a-f]{64}"'), "of all entries"),
    (re.compile(r'"signature":"[\w-]{86}"'), "of them"),
]
"""What is random, or a hash: other letters in each final, as many as in any."""
CODES: Final = re.compile(r"<svg\b.*?</svg>|(?<=receipts-hash\">)[0-9a-f]{64}|(?<='content-length': ')\d+", re.DOTALL)
"""On the page of a judge's own receipts: each one's code, which holds its signature, its entry's hash, and
how long they make the page."""
OWN: Final = re.compile(r'"(?:scores":\{[^}]*\}|ballot_hash":"[^"]*")')
"""What a judge is told of their own ballots, which is theirs to know."""
STRIKING: Final = re.compile(r'(?<="striking":)\{[^}]*\}')
"""What the chair alone is told of scores once the count is closed: how far judges are apart, never who is ahead."""
NOT_COMPARED: Final = frozenset({"metrics", "control-media"})
"""Routes that tell operators how much the machine has to do."""

Scores = Callable[[int, int, int], int]
"""Of a judge, a project and a criterion, by their numbers."""


def rising(judge: int, project: int, criterion: int) -> int:
    return min(10, 3 + project + (judge + criterion) % 2)


def falling(judge: int, project: int, criterion: int) -> int:
    """Another ranking, and other numbers of digits."""
    return max(0, 10 - 2 * project - judge % 2)


def level(judge: int, project: int, criterion: int) -> int:
    """All are tied."""
    return 10


@dataclass
class Heard:
    """By everybody, in the order in which it came."""

    frames: dict[str, list[str]] = field(default_factory=dict)
    pages: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    something: asyncio.Event = field(default_factory=asyncio.Event)
    by: dict[str, dict[str, int]] = field(default_factory=dict)
    """How many frames each had heard by when: ``voted``, ``confirmed``."""


class Play:
    """One final, from the first pitch to the first place."""

    def __init__(self, house: OpenHouse, base: str, clock: HandClock, scores: Scores) -> None:
        self.house = house
        self.show: Show = house.shows[0]
        self.base = base
        self.scores = scores
        self.heard = Heard()
        self.sockets: dict[str, Browser] = {}
        self.cookies: dict[str, str] = {}
        self._clock = clock
        self._numbers = itertools.count()

    def of(self, role: Role, room: Any = AI) -> Person:
        return next(one for one in self.show.people if one.holds(role, room=room))

    @property
    def jury(self) -> list[Person]:
        return [one for one in self.show.people if one.holds(Role.JUDGE, room=AI)]

    @property
    def constant(self) -> Person:
        """The judge who gives the same scores in every final, and so must be told the same."""
        return self.jury[-1]

    async def come(self, stack: AsyncExitStack) -> None:
        """Everybody opens their desk, and somebody in the hall the watch page."""
        everybody = [self.of(role) for role in (Role.ORGANISER, Role.CHAIR, Role.PITCHER)]
        for person in (*everybody, *self.jury, self.of(Role.JUDGE, BIO)):
            _, session = await self.show.guests.accept(await self.show.guests.invite(person.id), None)
            self.cookies[str(person.id)] = f"roadshow={session}"
        for name in ("audience", *self.cookies):
            cookie = self.cookies.get(name)
            query = "" if cookie is None else f"?as={name}"
            browser = await stack.enter_async_context(a_browser(self.base, query, cookie))
            self.sockets[name], self.heard.frames[name] = browser, []
            stack.callback(asyncio.create_task(self._listen(browser, self.heard.frames[name])).cancel)
            await browser.send(type="follow", room=AI)
            await self.settle()

    async def _listen(self, browser: Browser, frames: list[str]) -> None:
        with suppress(ConnectionClosed):
            while True:
                frame = str(await browser.socket.recv())
                if json.loads(frame)["type"] != "room.viewers":  # comes when it comes, once a second
                    frames.append(frame)
                    self.heard.something.set()

    async def settle(self) -> None:
        silent = 0
        while silent < SILENCE:
            self.heard.something.clear()
            await asyncio.sleep(0)
            silent = 0 if self.heard.something.is_set() else silent + 1

    async def says(self, who: Person, tag: str, **more: Any) -> None:
        """And everybody hears of it before anybody says more."""
        self._clock.advance(Duration.seconds(1))
        command = f"command-{next(self._numbers):06}"
        frames = self.heard.frames[str(who.id)]
        await self.sockets[str(who.id)].send(type=tag, room=AI, command=command, **more)
        async with asyncio.timeout(30):
            while not any(command in frame for frame in frames):
                self.heard.something.clear()
                await self.heard.something.wait()
        await self.settle()
        (answer,) = [one for one in map(json.loads, frames) if one.get("command") == command]
        assert answer["type"] != "refused", answer

    async def on(self) -> Phase:
        """The organiser presses *Next*."""
        view = self.show.rooms[AI].snapshot().session
        tag = "session.start" if view.phase is Phase.STANDBY else "session.next"
        await self.says(self.of(Role.ORGANISER), tag, expected={"slot": view.slot, "phase": view.phase.value})
        return self.show.rooms[AI].snapshot().session.phase

    async def vote(self, number: int, project: ProjectId) -> None:
        for index, judge in enumerate([*self.jury, self.of(Role.CHAIR)]):
            if project in judge.appointments[0].recused:
                continue
            is_constant = judge == self.constant or judge.holds(Role.CHAIR, room=AI)
            given = level if is_constant else self.scores
            scores = {criterion: given(index, number, at) for at, criterion in enumerate(CRITERIA)}
            await self.says(judge, "ballot.cast", project=project, scores=scores, expected_revision=0)

    async def play(self) -> None:
        """Every slot to its end, and something of all that may be done besides."""
        chair, first, organiser = self.of(Role.CHAIR), self.jury[0], self.of(Role.ORGANISER)
        for number, project in enumerate(PROJECTS):
            while await self.on() is not Phase.VOTING:
                pass
            await self.vote(number, project)
            if number == 1:
                void = {"judge": first.id, "project": PROJECTS[0], "reason": "Had left the room."}
                await self.says(chair, "ballot.void", **void)
                await self.says(organiser, "project.penalty", project=project, points=150, reason="Over time.")
            while self.show.rooms[AI].snapshot().session.phase is Phase.VOTING:
                await self.on()
        await self.look("voted")

    async def count(self) -> None:
        """From here on the chair knows who stands level."""
        await self.says(self.of(Role.CHAIR), "count.close", count=1)
        await self.look("counted")

    async def confirm_and_announce(self) -> None:
        """The third place, or however many share it."""
        await self.count()
        await self.says(self.of(Role.CHAIR), "result.confirm")
        await self.look("confirmed")
        await self.says(self.of(Role.ORGANISER), "result.reveal", announced=0)

    async def look(self, when: str) -> None:
        """Every page there is, for one of each kind."""
        self.heard.by[when] = {name: len(frames) for name, frames in self.heard.frames.items()}
        self.heard.by[when]["log"] = len(self.heard.log)
        kinds = (Role.ORGANISER, Role.CHAIR, Role.PITCHER)
        looking = [None, *(self.of(role) for role in kinds), self.jury[0], self.constant, self.of(Role.JUDGE, BIO)]
        transport = httpx.ASGITransport(self.house.app)
        headers = {"Origin": self.base, "Accept": "text/html"}
        for person in looking:
            name, role = ("audience", Role.AUDIENCE) if person is None else (person.id, person.appointments[0].role)
            cookie = {"Cookie": self.cookies[name]} if name in self.cookies else {}
            for call in _calls(self.show, role, person):
                if call.method != "GET" or call.name in NOT_COMPARED:
                    continue
                async with httpx.AsyncClient(transport=transport, base_url=self.base, headers=headers) as browser:
                    answer = await browser.get(call.path, headers=cookie)
                told = f"{answer.status_code} {dict(answer.headers)} {answer.text}"
                self.heard.pages[f"{when}, {name} {call.path}"] = told.replace(self.base, "http://here")


class _Acts(logging.Handler):
    """What the log says of them, but for how long they took."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.INFO)
        self._lines = lines

    @override
    def emit(self, record: logging.LogRecord) -> None:
        names = ("what", "who", "role", "field", "whom", "command", "outcome", "sockets")
        self._lines.append(f"{record.getMessage()} {[getattr(record, name, None) for name in names]}")


async def _played(folder: Path, scores: Scores, then: Callable[[Play], Awaitable[None]]) -> Play:
    """In one folder all have the same keys."""
    clock = HandClock()
    async with AsyncExitStack() as stack:
        listening, base = stack.enter_context(listening_socket())
        settings = with_settings(settings_in(folder), public_url=base)
        house = await stack.enter_async_context(open_house(settings, [FINAL], adapters=in_memory, clock=clock))
        await stack.enter_async_context(served(house.app, listening, house.say_goodbye))
        play = Play(house, base, clock, scores)
        acts, logger = _Acts(play.heard.log), logging.getLogger("roadshow.telemetry")
        stack.callback(logger.removeHandler, acts)
        logger.addHandler(acts)
        await play.come(stack)
        await play.play()
        await then(play)
    return play


def _masked(text: str, *, own: bool) -> str:
    for pattern, _ in MASKS:
        text = pattern.sub(lambda found: "•" * len(found[0]), text)
    return OWN.sub("•", text) if own else text


def _difference(one: str, other: str) -> tuple[str, str]:
    """Where they part."""
    at = next((at for at, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), 0)
    return one[max(0, at - 60) : at + 60], other[max(0, at - 60) : at + 60]


def _assert_alike(one: Play, other: Play, *, until: str, but: Collection[str] = ()) -> None:
    """``until``: ``voted``, ``counted`` or ``confirmed``. ``but``: who is not looked at."""
    theirs = {str(judge.id) for judge in one.jury if judge != one.constant}
    chair = str(one.of(Role.CHAIR).id)
    for name in one.heard.frames.keys() - set(but):
        told = [
            [_masked(frame, own=name in theirs) for frame in play.heard.frames[name][: play.heard.by[until][name]]]
            for play in (one, other)
        ]
        if name == chair:
            counted = one.heard.by["voted"][name]
            told = [frames[:counted] + [STRIKING.sub("•", frame) for frame in frames[counted:]] for frames in told]
        assert len(told[0]) == len(told[1]) > len(PROJECTS), f"{name} hears more, or less"
        for number, (this, that) in enumerate(zip(*told, strict=True)):
            assert this == that, f"{name} is told something else in frame {number}: {_difference(this, that)}"
    looked = 0
    for where in one.heard.pages.keys() & other.heard.pages.keys():
        name = where.split()[1]
        if name not in but:
            looked += 1
            pages = [play.heard.pages[where] for play in (one, other)]
            if "/receipts/" in where:
                pages = [CODES.sub("•", page) for page in pages]
            this, that = (_masked(page, own=name in theirs) for page in pages)
            assert this == that, f"{where}: {_difference(this, that)}"
    assert looked > 100
    logs = [play.heard.log[: play.heard.by[until]["log"]] for play in (one, other)]
    assert logs[0] == logs[1]


@pytest.fixture(autouse=True)
def _log_of_all(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="roadshow")


async def test_another_ranking_is_told_alike_until_a_place_is_announced(tmp_path: Path) -> None:
    """Also that the result was confirmed tells nothing of it. Then the third place is told, and this test sees that."""
    one, other = [await _played(tmp_path, scores, Play.confirm_and_announce) for scores in (rising, falling)]
    _assert_alike(one, other, until="confirmed")
    announced = [_masked(play.heard.frames["audience"][-1], own=False) for play in (one, other)]
    assert "ceremony" in announced[0]
    assert announced[0] != announced[1]


async def test_whether_all_are_level_is_told_to_the_chair_alone_and_once_the_count_is_closed(tmp_path: Path) -> None:
    """Control can take points off and bring projects back, the chair rules on ballots: whoever knew of ties and
    could still move a score would find them all."""
    one, other = [await _played(tmp_path, scores, Play.count) for scores in (rising, level)]
    chair = str(one.of(Role.CHAIR).id)
    _assert_alike(one, other, until="counted", but={chair})
    told = [[_masked(frame, own=False) for frame in play.heard.frames[chair]] for play in (one, other)]
    open_until = one.heard.by["voted"][chair]
    assert told[0][:open_until] == told[1][:open_until]
    assert told[0][open_until:] != told[1][open_until:]
