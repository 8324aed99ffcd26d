"""A final that is really served: its people, an honest play of it to the end, and what the public is told.

One field of four projects, which is judged, and one that is not. Five score: the chair, who has declared a conflict
with the last project, and four judges. A deputy who scores nothing, and two organisers.
"""

import asyncio
import itertools
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec
from msgspec.structs import replace
from redis.asyncio import Redis
from websockets.exceptions import ConnectionClosed

from roadshow.access.groups import group_of
from roadshow.access.office import as_it_passed
from roadshow.access.roles import Visitor
from roadshow.app import open_show
from roadshow.clock import ShowClock
from roadshow.competitions.definition import Competition
from roadshow.competitions.loading import load
from roadshow.competitions.people import Person
from roadshow.competitions.voting import Voting
from roadshow.errors import RoadshowError
from roadshow.fields.sections import seen_by, visible
from roadshow.ids import CompetitionId, PersonId, PollId, ProjectId, RoomId
from roadshow.messages import MESSAGES
from roadshow.moments import Duration, encode_moment
from roadshow.rooms.phases import Phase
from roadshow.settings import Settings
from roadshow.show import Show
from roadshow.store.keys import Keys, PollKeys
from roadshow.voting.identity.keys import ballot_text, vote_text
from roadshow.voting.ledger.told import HeadsView
from roadshow.voting.votes import Cast
from tests.bend.owned import Own
from tests.clocks import HandClock
from tests.core.competitions.definitions import TODAY
from tests.live.conftest import Browser, a_browser, listening_socket, served

ROOM, OTHER = RoomId("final"), RoomId("bio")
ARM, LEG, EYE, EAR = PROJECTS = tuple(map(ProjectId, ("arm", "leg", "eye", "ear")))
CHAIR, DEPUTY = PersonId("chair"), PersonId("deputy")
LIN, MEI, OLGA, RAY = JUDGES = tuple(map(PersonId, ("lin", "mei", "olga", "ray")))
JURY: Final = (CHAIR, *JUDGES)
ANNA, DENG = ORGANISERS = tuple(map(PersonId, ("organiser", "organiser-2")))
PITCHER = PersonId("pitcher-arm")
IN_CONFLICT: Final = EAR
"""With the chair."""
CRITERIA: Final = ("solution", "market", "team", "plan")


def _said(name: str) -> str:
    return f'{{ en = "{name}", zh = "{name}", ru = "{name}" }}'


def _project(id_: str, room: str) -> str:
    texts = "\n".join(f"{key} = {_said(id_.title())}" for key in ("name", "one_liner", "summary", "team", "place"))
    deck = f"deck = [{{ title = {_said('Why')} }}]"
    return f'[[projects]]\nid = "{id_}"\nfield = "{room}"\n{texts}\nneeds = ["financing"]\n{deck}\n'


def _juror(id_: str, room: str, more: str = "") -> str:
    texts = f"name = {_said(id_.title())}\naffiliation = {_said('Park')}"
    return f'[[judges]]\nid = "{id_}"\nfield = "{room}"\n{texts}\n{more}\n'


_TEXT: Final = "\n".join(
    (
        'extends = "generic-5-5"\nid = "bend"\n',
        f"title = {_said('Bend')}\ntagline = {_said('A final')}\nabout = {_said('A final.')}",
        f"organisers = [{_said('Anna')}, {_said('Deng')}]\nclerks = [{_said('Kim')}, {_said('Pat')}]",
        '[rules]\nestimator = "trimmed-mean"\nquorum = 3\ntie_chain = ["chair"]\nchair_votes = true\n'
        "deputy_votes = false\nshow_judges = true\nplaces = 3",
        *(
            f'[[fields]]\nid = "{room}"\ntitle = {_said(room)}\nsummary = {_said(room)}\nstarts_at = "today 14:00"'
            for room in (ROOM, OTHER)
        ),
        *(_project(project, ROOM) for project in PROJECTS),
        _project("gene", OTHER),
        _juror(CHAIR, ROOM, f'chair = true\nrecused = ["{IN_CONFLICT}"]'),
        _juror(DEPUTY, ROOM, "deputy = true"),
        *(_juror(judge, ROOM) for judge in JUDGES),
        _juror("bio-chair", OTHER, "chair = true"),
        *(_juror(f"bio-{number}", OTHER) for number in range(3)),
    )
)


COMPETITION: Final = load(_TEXT, "bend", today=TODAY)

Scores = Callable[[PersonId, ProjectId, int], int]
"""What a judge gives a project on a criterion, by its number."""


def clear(judge: PersonId, project: ProjectId, criterion: int) -> int:
    """Arm, leg, eye, ear: 12 points of 100 and more apart, so that nothing but a deed changes a place."""
    return {ARM: 9, LEG: 7, EYE: 5, EAR: 3}[project] + (JURY.index(judge) + criterion) % 2


def turned(judge: PersonId, project: ProjectId, criterion: int) -> int:
    """The other way round, and other differences."""
    return {ARM: 2, LEG: 4, EYE: 6, EAR: 8}[project] + (JURY.index(judge) * 2 + criterion) % 3


def uneven(judge: PersonId, project: ProjectId, criterion: int) -> int:
    """As ``clear``, and leg is first by the first criterion: weights decide."""
    return 10 if (project, criterion) == (LEG, 0) else clear(judge, project, criterion)


def level(judge: PersonId, project: ProjectId, criterion: int) -> int:
    """Arm and leg are tied."""
    return clear(judge, ARM if project == LEG else project, criterion)


def personal(judge: PersonId, project: ProjectId, criterion: int) -> int:
    """By what they give the winner, judges can be told from each other: 90, 80, 70, 60 and 50 points."""
    return 9 - JURY.index(judge) if project == ARM else {LEG: 4, EYE: 3, EAR: 2}[project]


class Refusal(Exception):
    """An honest act was refused."""

    def __init__(self, who: str, what: str, code: str) -> None:
        super().__init__(f"{who}: {what} is refused: {code}")
        self.code = code


_SIGNED: Final = frozenset({"ballot.cast", "ballot.late", "ballot.abstain", "ballot.recuse", "jury.vote"})
PATIENCE: Final = 0.1
"""Seconds before somebody is asked again who was told to wait: whoever tries much comes to the limit of messages."""
NO_EFFECT: Final = "(nothing comes of it)"
"""For ``Attempt.told``: the pages are to be as if nobody had bent."""


@dataclass(frozen=True)
class Attempt:
    """Of whoever bends. ``code``: how it was refused; empty if it was taken."""

    who: str
    what: str
    code: str
    says: Mapping[str, Any] = field(default_factory=dict)
    """What was sent."""
    told: str = ""
    """Words that have to stand on the public pages if it was taken; else its reason, and whose it was."""

    @property
    def took_effect(self) -> bool:
        return not self.code


@dataclass(frozen=True)
class Published:
    """What anybody gets in the end."""

    record: bytes
    pages: Mapping[str, str]
    """``results`` and ``protocol``: their words in English."""

    @property
    def podium(self) -> list[tuple[int, tuple[str, ...], str]]:
        """Of the record: place, projects by the names they are told by, score."""
        record = json.loads(self.record)
        names = record["names"]["projects"]
        return [
            (one["place"], tuple(f"{id_} ({names.get(id_)})" for id_ in one["projects"]), one["score"])
            for one in record["podium"]
        ]


@dataclass
class World:
    """What all finals of a run share: a store, and names that none had before."""

    url: str
    """Of the store."""
    folder: Path
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def settings(self, name: str) -> Settings:
        return Settings(data=self.folder / name, port=0, udp_port=0, media_tcp="off", redis_url=self.url)


class OneFinal:
    """Whoever is honest does what is right; whoever bends uses ``tries`` and ``looks``, which are written down."""

    def __init__(self, world: World, competition: Competition, scores: Scores, clock: ShowClock | None) -> None:
        self.competition = competition
        self.scores = scores
        self.clock = clock
        self.settings = world.settings(competition.id)
        self.world = world
        self.store = Redis.from_url(world.url)
        """The hands of whoever holds its socket."""
        self.keys = Keys(competition.id)
        self.show: Show
        self.base = ""
        self.attempts: list[Attempt] = []
        self.seen: list[str] = []
        """By whoever bends, made alike where it is random anyway."""
        self.receipts: dict[str, list[dict[str, Any]]] = {}
        """What judges' browsers hold."""
        self.guess: tuple[PersonId, ...] = ()
        """Of whoever bends, where judges are numbered: who is Judge 1, Judge 2 …"""
        self.heads: set[str] = set()
        """Hashes that everybody was told, noted by somebody in the hall."""
        self.handed_on = b""
        """A record that is given out in the place of the true one."""
        self.own: dict[PersonId, Own] = {}
        """The judges' own keys, where they sign."""
        self.public_key = ""
        """As these browsers saw it first."""
        self.refused_honest: list[str] = []
        self.absent: set[PersonId] = set()
        """Who does not score for now."""
        self.voted_already: set[tuple[PersonId, ProjectId]] = set()
        """Whose honest ballot the way has sent."""
        self.chair = CHAIR
        """Who has the office."""
        self._desks: dict[str, Browser] = {}
        self._cookies: dict[str, str] = {}
        self._voted: set[ProjectId] = set()
        self._commands = itertools.count()
        self._up = AsyncExitStack()
        self.web: httpx.AsyncClient

    @property
    def poll(self) -> PollKeys:
        return self.keys.poll(PollId(ROOM))

    # Up and down ------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Raises SetupError where the server does not start on what it finds."""
        async with AsyncExitStack() as stack:
            listening, self.base = stack.enter_context(listening_socket())
            settings = Settings(
                **{name: getattr(self.settings, name) for name in self.settings.__slots__} | {"public_url": self.base}
            )
            self.show = await stack.enter_async_context(open_show(settings, self.competition, clock=self.clock))
            await stack.enter_async_context(served(self.show.app, listening, self.show.hub.shut_down))
            self.web = await stack.enter_async_context(httpx.AsyncClient(base_url=self.base, verify=False))  # noqa: S501
            self._up = stack.pop_all()
        self.public_key = self.public_key or self.show.fields[ROOM].voting.public_key

    async def stop(self) -> None:
        self._desks.clear()
        await self._up.aclose()

    @asynccontextmanager
    async def down(self) -> AsyncIterator[None]:
        """The server is stopped; whatever happens then happens without it."""
        await self.stop()
        yield
        await self.start()

    async def down_and_up(self) -> None:
        async with self.down():
            pass

    def set_clock(self, by: Duration) -> None:
        """Forward or back."""
        assert isinstance(self.clock, HandClock)
        self.clock.advance(by)

    # People -----------------------------------------------------------------------------------------------------------

    def person(self, who: PersonId) -> Person:
        known = next(one for one in self.show.people if one.id == who)
        return as_it_passed(known, self.show.fields[ROOM].voting.leads) or known

    async def cookie(self, who: str) -> str:
        """By a real invitation, taken where the person opens it."""
        if who not in self._cookies:
            answer = await self.web.post(
                (await self.show.invite(PersonId(who))).removeprefix(self.base), headers={"Origin": self.base}
            )
            assert answer.status_code == 303, answer.text
            self._cookies[who] = answer.headers["set-cookie"].partition(";")[0]
            self.web.cookies.clear()
        return self._cookies[who]

    async def desk(self, who: str) -> Browser:
        """``audience`` has none, and comes without a sign-in."""
        if who not in self._desks:
            audience = who == "audience"
            cookie, query = (None, "") if audience else (await self.cookie(who), f"?as={who}")
            self._desks[who] = await self._up.enter_async_context(a_browser(self.base, query, cookie))
        return self._desks[who]

    async def enrol(self) -> None:
        """Each judge's browser makes a key, and enrols it."""
        for judge in JURY:
            self.own[judge] = Own(f"{judge} {self.competition.id}")
            answer = await self.web.post(
                f"/as/{judge}/key/{ROOM}",
                data={"key": self.own[judge].key},
                headers={"Origin": self.base, "Cookie": await self.cookie(judge)},
            )
            self.web.cookies.clear()
            assert answer.status_code == 204, answer.text

    async def signed(self, judge: str, tag: str, said: Mapping[str, Any], own: Own) -> dict[str, Any]:
        """What a judge sends, signed with a key."""
        (told,) = await self.show.fields[ROOM].read((HeadsView,))
        assert isinstance(told, HeadsView)
        if tag == "jury.vote":
            asked = (said["question"], said["choice"] or "", said["command"])
            text = vote_text(told.rules, PollId(ROOM), PersonId(judge), *asked)
            return {**said, "key": own.key, "signature": own.sign(text)}
        cast = Cast(
            said["command"],
            said["project"],
            said.get("scores", {}),
            said.get("expected_revision", 0),
            said.get("round", 1),
        )
        kind: Any = {"ballot.cast": "ballot"}.get(tag, tag.removeprefix("ballot."))
        text = ballot_text(told.rules, PollId(ROOM), PersonId(judge), cast, kind, said.get("category", ""))
        return {**said, "key": own.key, "signature": own.sign(text)}

    async def asked_key(self) -> int:
        """The entry of the newest request for a key."""
        return int((await self.review())["asked_keys"][-1]["asked"])

    def command(self) -> str:
        return f"command-{next(self._commands):06}"

    async def _asks(self, who: str, tag: str, said: dict[str, Any]) -> dict[str, Any]:
        said = {"command": self.command(), "room": ROOM, **said}
        if who in self.own and tag in _SIGNED and "signature" not in said:
            said = await self.signed(who, tag, said, self.own[PersonId(who)])
        desk = await self.desk(who)
        while (told := await self._answered(desk, tag, said)).get("retry"):  # noqa: ASYNC110  # it says: come again
            await asyncio.sleep(PATIENCE)
        if told["type"] == "ballot.accepted":
            self.receipts.setdefault(who, []).append(told["receipt"])
        return told

    @staticmethod
    async def _answered(desk: Browser, tag: str, said: dict[str, Any]) -> dict[str, Any]:
        await desk.send(type=tag, **said)
        while True:
            told = await desk.read()
            mine = told.get("command") == said["command"]
            if mine or (told["type"] == "refused" and told["command"] is None):
                return told

    async def says(self, who: str, tag: str, **said: Any) -> None:
        """Honestly. Raises Refusal."""
        told = await self._asks(who, tag, said)
        if told["type"] == "refused":
            raise Refusal(who, tag, told["code"])

    async def tries(self, who: str, tag: str, told: str = "", **said: Any) -> str:
        """To bend; the code it is refused with, or nothing. ``told``: as ``Attempt``."""
        answer = await self._asks(who, tag, said)
        code = answer.get("code", "")
        self.attempts.append(Attempt(who, tag, code, said, told))
        self.seen.append(f"{who} {tag}: {code or answer['type']} {json.dumps(answer.get('details', {}))}")
        return str(code)

    def did(self, who: str, what: str, told: str) -> None:
        """Something that nobody is asked for: a word in the store."""
        self.attempts.append(Attempt(who, what, "", told=told))

    async def snapshot(self, who: str) -> dict[str, Any]:
        """All that the room tells somebody who has followed it up to now: news may be on their way for a moment."""
        desk = await self.desk(who)
        async with asyncio.timeout(60):
            told = await self._follow(desk)
            while _alike(now := await self._sections(who)) != _alike({name: told.get(name) for name in now}):
                try:
                    async with asyncio.timeout(0.2):
                        news = await desk.read()
                except TimeoutError:  # it was changed by whoever writes into the store, and no news will come
                    news = await self._follow(desk)
                if news["type"] in ("room.changed", "room.snapshot"):
                    told |= news
        return {name: told[name] for name in now}

    @staticmethod
    async def _follow(desk: Browser) -> dict[str, Any]:
        while True:
            await desk.send(type="follow", room=ROOM)
            while (told := await desk.read())["type"] not in ("room.snapshot", "refused"):
                pass
            if told["type"] == "room.snapshot":
                return told
            if not told["retry"]:
                raise Refusal("somebody", "follow", told["code"])
            await asyncio.sleep(PATIENCE)

    async def _sections(self, who: str) -> dict[str, Any]:
        """What they are to hear, asked of the field itself."""
        visitor = Visitor(None if who == "audience" else self.person(PersonId(who)), "127.0.0.1")
        group = group_of(visitor, ROOM)
        try:
            views = visible(await self.show.fields[ROOM].read(seen_by(group)), group)
        except RoadshowError as problem:  # as any act of theirs would be refused
            raise Refusal(who, "follow", problem.code) from problem
        sections: dict[str, Any] = json.loads(msgspec.json.encode(views, enc_hook=encode_moment))
        return sections

    async def own_ballots(self, who: str) -> dict[str, Any]:
        """What the store holds of a judge, as their browser is told."""
        desk = await self.desk(who)
        await desk.send(type="follow", room=ROOM)
        return await desk.read_until("ballot.own")

    async def looks(self, who: str) -> dict[str, Any]:
        """As ``snapshot``, by whoever bends."""
        told = await self.snapshot(who)
        self.seen.append(f"{who} sees {_alike(told)}")
        return told

    async def gets(self, path: str, who: str = "audience") -> httpx.Response:
        """A page or file, by whoever bends."""
        cookie = {} if who == "audience" else {"Cookie": await self.cookie(who)}
        answer = await self.web.get(path, headers={"Accept": "application/json", **cookie})
        self.web.cookies.clear()
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        told = answer.json() if is_json else {}
        code = str(told.get("code", "")) if answer.is_error else ""
        self.attempts.append(Attempt(who, path, code or (str(answer.status_code) if answer.is_error else "")))
        self.seen.append(f"{who} gets {path}: {answer.status_code} {code or _alike_text(answer.text)}")
        return answer

    async def presses(self, who: str, path: str, told: str = "", **said: str) -> None:
        """The button of somebody's form, by whoever bends. ``told``: as ``Attempt``."""
        cookie = f"{await self.cookie(who)}; lang=en"
        headers = {"Origin": self.base, "Cookie": cookie, "Accept": "application/json"}
        answer = await self.web.post(path, headers=headers, data={"command": self.command(), **said})
        self.web.cookies.clear()
        code = "" if not answer.is_error else _code_of(answer)
        self.attempts.append(Attempt(who, path, code, said, told))

    async def reads(self, path: str) -> None:
        """A page, by anybody who bends: what it shows is seen."""
        page = await self.web.get(f"{path}?lang=en", headers={"Accept": "text/html"})
        self.web.cookies.clear()
        self.seen.append(f"reads {path}: {page.status_code} {_alike_text(words_of(page.text))}")

    async def tries_as(self, who: str, cookie: str, tag: str, told_by: str = "", **said: Any) -> None:
        """At somebody's desk, with whatever sign-in there is: as ``tries``."""
        said = {"command": self.command(), "room": ROOM, **said}
        try:
            async with a_browser(self.base, f"?as={who}", cookie) as desk:
                await desk.send(type=tag, **said)
                while (told := await desk.read())["type"] in ("welcome", "clock.pong"):
                    pass
                code = str(told.get("code", ""))
        except ConnectionClosed as refused:
            code = "" if refused.rcvd is None else refused.rcvd.reason
        self.attempts.append(Attempt(who, tag, code, said, told_by))

    def forget_desk(self, who: str) -> None:
        """The next is another browser of the same person."""
        self._desks.pop(who, None)
        self._cookies.pop(who, None)

    # The honest play --------------------------------------------------------------------------------------------------

    async def notes_heads(self) -> None:
        """Somebody in the hall does."""
        try:
            (told,) = await self.show.fields[ROOM].read((HeadsView,))
        except RoadshowError:  # whoever acts next hears of it
            return
        assert isinstance(told, HeadsView)
        self.heads |= {told.rules, *(head.hash for head in told.heads)}

    @property
    def session(self) -> Any:
        """Where the rundown stands."""
        return self._room.session

    @property
    def _room(self) -> Any:
        return self.show.rooms[ROOM].snapshot()

    async def on(self) -> Phase:
        """The organiser presses *Next*."""
        view = self._room.session
        tag = "session.start" if view.phase is Phase.STANDBY else "session.next"
        await self.says(ANNA, tag, expected={"slot": view.slot, "phase": view.phase.value})
        await self.notes_heads()
        phase: Phase = self._room.session.phase
        return phase

    async def to_voting(self, project: ProjectId) -> None:
        """Its window is open, and nobody has voted."""
        while not (self._room.session.project == project and self._room.session.phase is Phase.VOTING):
            await self.on()
            await self._vote_where_open(but=project)

    def ballot(self, judge: str, project: ProjectId, **more: Any) -> dict[str, Any]:
        """What the judge honestly sends: where ballots are orders, the sums of the scores in order."""
        given = {one: self.scores(PersonId(judge), project, at) for at, one in enumerate(CRITERIA)}
        if self.competition.rules.ballots == "orders":
            best = sorted({*self._voted, project}, key=lambda one: -self._sum(PersonId(judge), one))
            given = {one: place for place, one in enumerate(best, start=1)}
        if self.competition.rules.ballots == "pairs":
            mine = self._sum(PersonId(judge), project)
            met = (self.show.fields[ROOM].voting.opponents(ROOM, PersonId(judge)) or {})[project]
            recused = self.person(PersonId(judge)).appointments[0].recused
            others = {one: self._sum(PersonId(judge), one) for one in (self._voted & met) - {project, *recused}}
            given = {one: 2 if mine > theirs else 0 for one, theirs in others.items()}
        return {"project": project, "scores": given, "expected_revision": 0} | more

    def _sum(self, judge: PersonId, project: ProjectId) -> int:
        return sum(self.scores(judge, project, at) for at in range(len(CRITERIA)))

    async def vote(self, judge: PersonId, project: ProjectId) -> None:
        await self.says(judge, "ballot.cast", **self.ballot(judge, project))

    async def vote_here(self) -> None:
        """All honest ballots for whatever is on stage."""
        await self._vote_where_open()

    async def nobody_votes(self, project: ProjectId) -> None:
        """Its window passes."""
        await self.to_voting(project)
        self.skip_voting(project)
        await self.on()

    def skip_voting(self, project: ProjectId) -> None:
        self._voted.add(project)

    async def _vote_where_open(self, but: ProjectId | None = None) -> None:
        session = self._room.session
        project = session.project
        if session.phase is not Phase.VOTING or project == but or project in self._voted:
            return
        self._voted.add(project)
        for judge in JURY:
            away = judge in self.absent or (judge, project) in self.voted_already
            away = away or not self.ballot(judge, project)["scores"]  # the first one, where ballots compare
            if away or project in self.person(judge).appointments[0].recused:
                continue
            try:
                await self.vote(judge, project)
            except Refusal as refusal:
                if refusal.code not in DECIDED_OTHERWISE:
                    raise
                self.refused_honest.append(f"{judge} for {project}: {refusal.code}")

    async def voted(self) -> None:
        """All have had their turn, and everybody scored."""
        while not self._room.session.over:
            await self._vote_where_open()
            await self.on()

    async def review(self) -> dict[str, Any]:
        review: dict[str, Any] = (await self.snapshot(self.chair))["review"]
        return review

    def office(self, name: str) -> PersonId:
        return {"chair": self.chair, "deputy": DEPUTY, "organiser": ANNA}[name]

    async def counted(self) -> None:
        """What waits is decided, and the count closed."""
        await self.voted()
        review = await self.review()
        if review["count"]["closed"]:
            return
        for late in review["late"]:
            about = {"judge": late["judge"], "project": late["project"], "late": late["late"]}
            await self.says(self.office(late["decided_by"]), "late.reject", **about, reason="It came too late.")
        await self.says(self.chair, "count.close", count=review["count"]["number"])
        await self.notes_heads()

    async def confirmed(self) -> None:
        await self.counted()
        review = await self.review()
        if review["state"] == "sealed":
            await self._answered_by_the_jury()
            for tie in (await self.review())["ties"]:
                await self._decided(tie)
            await self.says(self.chair, "result.confirm", accept_incomplete=True)
            review = await self.review()
            await self.notes_heads()
        if review["state"] == "awaiting":
            await self.says(DENG, "result.countersign", version=review["version"])

    async def _decided(self, tie: dict[str, Any]) -> None:
        """For the first of them, as the rules have it."""
        who, because = self.office(tie["decided_by"]), {"reason": "Better answers."}
        if tie["waits_for"] == "jury":
            await self.says(who, "jury.ask", projects=tie["projects"], seconds=600)
            await self._answered_by_the_jury()
        elif tie["waits_for"] == "casting-vote":
            await self.says(who, "jury.casting", question=tie["question"], choice=tie["projects"][0], **because)
        else:
            await self.says(who, "result.settle", order=tie["projects"], **because)

    async def _answered_by_the_jury(self) -> None:
        asked = (await self.snapshot(self.chair))["questions"]["newest"]
        if asked is not None and asked["state"] == "open":
            for judge in [one for one in asked["jury"] if one not in asked["voted"]]:
                await self.says(judge, "jury.vote", question=asked["question"], choice=asked["projects"][0])

    async def announced(self) -> None:
        await self.confirmed()
        while True:
            ceremony = (await self.snapshot("audience"))["ceremony"]
            if ceremony["state"] == "revealed":
                return
            await self.says(ANNA, "result.reveal", announced=len(ceremony["announced"]))

    async def published(self) -> Published:
        """As anybody gets it. Raises Refusal."""
        named = self.competition.rules.show_judges  # else the record is for those it is about
        cookie = {} if named else {"Cookie": await self.cookie(LIN)}
        answer = await self.web.get(f"/rooms/{ROOM}/record.json", headers={"Accept": "application/json", **cookie})
        self.web.cookies.clear()
        if answer.status_code != 200:
            raise Refusal("audience", "record.json", answer.json()["code"])
        pages: dict[str, str] = {}
        for name in ("results", "protocol"):
            page = await self.web.get(f"/rooms/{ROOM}/{name}?lang=en", headers={"Accept": "text/html"})
            if page.status_code != 200:
                raise Refusal("audience", name, str(page.status_code))
            pages[name] = words_of(page.text)
        return Published(self.handed_on or answer.content, pages)


DECIDED_OTHERWISE: Final = frozenset({"ballot.closed", "ballot.recused", "ballot.void", "ballot.stale", "count.closed"})
"""Refusals a judge lives with; at all others something is wrong with the server."""


@asynccontextmanager
async def a_final(
    world: World,
    scores: Scores = clear,
    clock: ShowClock | None = None,
    **rules: Any,
) -> AsyncIterator[OneFinal]:
    """Served, with nobody on stage. ``rules``: what differs of them; ``carried``: what the final takes over."""
    name = CompetitionId(f"bend-{next(world.numbers)}")
    n_min = rules.pop("trim_n_min", None)
    voting = Voting(sealed=rules.pop("sealed", False), samples=rules.pop("samples", ()))
    trim = COMPETITION.rules.trim if n_min is None else replace(COMPETITION.rules.trim, n_min=n_min)
    first, *others = COMPETITION.fields
    fields = (replace(first, carried=rules.pop("carried", None)), *others)
    competition = replace(COMPETITION, id=name, fields=fields, voting=voting)
    competition = replace(competition, rules=replace(COMPETITION.rules, trim=trim, **rules))
    final = OneFinal(world, competition, scores, clock)
    await final.start()
    if competition.rules.ballot_keys:
        await final.enrol()
    try:
        yield final
    finally:
        await final.stop()
        await final.store.aclose()


OF_FORMS: Final = ("objection.", "amendment.", "paper.", "calibration.")
"""Codes that no message of a desk is refused with."""


def _code_of(refusal: httpx.Response) -> str:
    """Of a page that says what is wrong, or of an answer in JSON."""
    if refusal.headers["content-type"].startswith("application/json"):
        return str(refusal.json()["code"])
    shown = re.search(r'(?s)id="refused">(.*?)</p>', refusal.text)
    assert shown is not None, f"{refusal.status_code} without a word"
    said = words_of(shown[1]).strip()
    texts = {code: re.sub(r"%\\\(\w+\\\)s", ".+", re.escape(text)) for code, text in MESSAGES.items()}
    fitting = [code for code, text in texts.items() if re.fullmatch(text, said)]
    return max(fitting, key=lambda code: code.startswith(OF_FORMS))  # two codes may have one text


def words_of(page: str) -> str:
    """The text that a page shows."""
    page = re.sub(r"(?s)<(script|style|template)\b.*?</\1>", " ", page)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def without_moments(page: str) -> str:
    """A page's words, but for when something was and the hashes of it."""
    return re.sub(r"\d\d:\d\d(:\d\d)?|[\w-]{43,}|bend-\d+|localhost:\d+", "…", page)


_RANDOM: Final = (
    (re.compile(r'"(head|epoch|signature|ballot_hash|hash|parent)": ?"[^"]*"'), r'"\1":…'),
    (re.compile(r"bend-\d+"), "bend"),
    (re.compile(r"about \d\d:\d\d"), "about"),
    (re.compile(r"[0-9a-f]{64}"), "hash"),
    (re.compile(r'"(server_now|at|ends_at|closes_at|until|planned_at|offset|viewers|cast_at)": ?\d+'), r'"\1":…'),
    (re.compile(r'"(remaining|starts_at|port)": ?-?\d+'), r'"\1":…'),
)


def _alike_text(text: str) -> str:
    for pattern, instead in _RANDOM:
        text = pattern.sub(instead, text)
    return text


def _alike(told: dict[str, Any]) -> str:
    """Without what differs from final to final whatever is scored."""
    return _alike_text(json.dumps(told, sort_keys=True))
