"""Scores and their order stay sealed until they are announced: every page, message, metric, error and log is read."""

import logging
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx
import msgspec
import pytest

from roadshow.access.roles import Visitor
from roadshow.adapters import stored_for_reading, vote_store
from roadshow.app import open_show
from roadshow.competitions.cast import first_cast
from roadshow.competitions.people import Person, Role
from roadshow.errors import Conflict
from roadshow.fields.plans import poll_spec
from roadshow.fields.revisions import Revisions
from roadshow.front.answering import Asked
from roadshow.front.public.answers import PublicAnswers
from roadshow.ids import CommandId, CriterionId, PersonId, ProjectId, RoomId
from roadshow.live.families.result import Penalise, RestoreBallot, ResultFamily, VoidBallot
from roadshow.live.family import Sender, Services
from roadshow.live.hub import Hub
from roadshow.live.messages import Message
from roadshow.rooms.commands import Back, SelectStage, Skip
from roadshow.rooms.phases import StageMode
from roadshow.settings import Settings
from roadshow.show import Show
from roadshow.store.connection import open_running_store
from roadshow.voting.acts import CloseCount, ShowCards
from roadshow.voting.grounds import Grounds
from roadshow.voting.key_file import load_signer
from roadshow.voting.review import ReviewView
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.votes import Cast
from tests.contract.counting import reopen_count
from tests.live.test_every_route import _calls
from tests.live.test_record import COMPETITION, FIELD

SPEC = poll_spec(COMPETITION, FIELD, first_cast(COMPETITION))


JUDGE = next(
    one for one in SPEC.judges if one not in (SPEC.chair, SPEC.deputy) and (one, SPEC.projects[1]) not in SPEC.recused
)
OWN_WORDS = "I lent them money."
WRITINGS = ("en", "ru")
"""One for each way of writing a number: Chinese pages are made of the same templates, and write as English ones do."""
READ_BY = {f"{role.value} /live" for role in (Role.ORGANISER, Role.CHAIR, Role.DEPUTY)}
"""Whom a judge's own words are for."""


_PROJECTS = re.compile(rf"\b(?:{'|'.join(map(re.escape, SPEC.projects))})\b")


def _score(judge: int, project: int) -> int:
    """The last to pitch are the best; no project's mean is a plain number."""
    return min(10, 2 + project + (judge == project % 3))


def _points(projects: Iterable[ProjectId]) -> set[str]:
    """Each project's mean of 100 as English and Russian pages would write it."""
    found: set[str] = set()
    for project in projects:
        number = SPEC.projects.index(project)
        judges = [index for index, judge in enumerate(SPEC.judges) if (judge, project) not in SPEC.recused]
        mean = Fraction(sum(10 * _score(judge, number) for judge in judges), len(judges))
        points = (Decimal(mean.numerator) / mean.denominator).quantize(Decimal("0.01"), ROUND_HALF_UP)
        found |= {str(points), str(points).replace(".", ",")}
    return found


async def _vote_on_all(voting: VotingService) -> None:
    for number, project in enumerate(SPEC.projects):
        await voting.open_window(FIELD.room, project, None)
        for index, judge in enumerate(SPEC.judges):
            if (judge, project) in SPEC.recused:
                continue
            scores = {CriterionId(one.id): _score(index, number) for one in SPEC.criteria}
            ballot = Cast(CommandId(f"ballot-{number:02}-{index:02}"), project, scores, 0)
            await voting.cast(FIELD.room, PersonId(judge), ballot)
        if project == SPEC.projects[1]:
            await voting.recuse(FIELD.room, JUDGE, project, Grounds("close", OWN_WORDS), CommandId("recuse-0001"))
        await voting.close_window(FIELD.room, project)


class Listener:
    """A socket of somebody's, as the hub knows it."""

    def __init__(self, person: Person | None) -> None:
        self.visitor = Visitor(person, "127.0.0.1")
        self.frames: list[str] = []

    def send(self, message: Message) -> None:
        raise AssertionError(message)

    def send_event(self, room: RoomId, frame: str) -> None:
        self.frames.append(frame)

    def send_snapshot(self, room: RoomId, frame: str) -> None:
        self.frames.append(frame)

    def end(self, code: int, reason: str, last: Message | None = None) -> None:
        raise AssertionError(reason)


async def _fresh(show: Show) -> None:
    """Something happens in the room, so that no snapshot of before is given out again."""
    empty = show.rooms[FIELD.room].snapshot().stage.mode is StageMode.EMPTY
    await show.rooms[FIELD.room].ask(SelectStage(StageMode.AUTO if empty else StageMode.EMPTY))


async def frames_of(hub: Hub, person: Person | None, room: RoomId = FIELD.room) -> str:
    listener = Listener(person)
    hub.join(listener)
    await hub.follow(listener, room)
    hub.leave(listener)
    return "".join(listener.frames)


async def _everything(show: Show, languages: tuple[str, ...] = WRITINGS) -> dict[str, str]:
    """What each role gets from every route in these languages, errors too, from the room's socket, and from a front."""
    await _fresh(show)
    base = show.settings.public_url
    found: dict[str, str] = {}
    for number, role in enumerate(Role, start=1):
        person = next((one for one in show.people if one.holds(role, room=FIELD.room)), None)
        address = (f"100.64.{number}.1", 40_000)  # each at home: an address may ask for so many pages
        headers = {"Origin": base, "Accept": "text/html"}
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(show.app, client=address), base_url=base, headers=headers
        ) as browser:
            if person is not None:
                await browser.post(f"/i/{await show.guests.invite(person.id)}")
            for call in _calls(show, role, person):
                for language in languages if call.method == "GET" else ():
                    answer = await browser.get(call.path, params={"lang": language})
                    found[f"{role.value} {call.path} {language}"] = answer.text + str(answer.headers)
        found[f"{role.value} /live"] = await frames_of(show.hub, person)
    # A new one each time: it reads what the house has written, whether or not anybody was told.
    async with stored_for_reading(show.settings) as readers:
        front = PublicAnswers(show.settings, [show.competition], readers, Revisions.private())
        for call in _calls(show, Role.AUDIENCE, None):
            for language in languages:
                made = await front.make(Asked("GET", call.path, f"lang={language}", {}))
                found[f"front {call.path} {language}"] = (
                    "" if made is None else made.body.decode(errors="replace") + str(made.headers)
                )
    by_front = [text for where, text in found.items() if where.startswith("front") and text]
    assert len(by_front) >= 3 * len(languages)
    return found


def _order(text: str) -> list[str]:
    """The projects, by where each stands first."""
    return list(dict.fromkeys(_PROJECTS.findall(text)))


def _seen(points: Iterable[str], text: str) -> list[str]:
    """Which of these numbers stand there."""
    return re.findall(rf"(?<![\d.])(?:{'|'.join(map(re.escape, sorted(points)))})(?!\d)", text)


def _usual(where: str, before: Mapping[str, str]) -> list[list[str]]:
    """Orders that tell nothing: an auditor's ledger names the projects as they pitched, which everybody saw."""
    pitched: list[list[str]] = [list(SPEC.projects)] if "/entries" in where and "audit" in where else []
    return [*pitched, _order(before[where])]


async def test_no_score_and_no_order_is_told_before_it_is_announced(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever could read them early could act on them: bet, complain, or vote along."""
    caplog.set_level(logging.DEBUG)
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0)
    async with open_show(settings, COMPETITION) as show, open_running_store(settings, COMPETITION.id) as store:
        before = await _everything(show)
        signer = load_signer(settings.data / "signing.key")
        voting = VotingService(vote_store(store, COMPETITION.id), signer, {FIELD.room: SPEC}, Nobody())
        await _vote_on_all(voting)
        voted = await _everything(show)
        await voting.act(FIELD.room, SPEC.chair, CloseCount(1), CommandId("close-count-1"))
        counted = await _everything(show)
        await voting.confirm(FIELD.room, SPEC.chair, True, CommandId("confirm-0001"))
        confirmed = await _everything(show)

        sealed = _points(SPEC.projects)
        assert len(sealed) == 2 * len(SPEC.projects)
        usual = {where: _usual(where, before) for where in before}
        for told in (voted, counted, confirmed):
            assert told.keys() == before.keys()
            for where, text in told.items():
                leaked = _seen(sealed, text)
                assert not leaked, (where, leaked)
                assert _order(text) in usual[where], where
                if where.endswith("/live"):
                    assert '"score' not in text, where
                assert (OWN_WORDS in text) is (where in READ_BY), where
        assert not [points for points in sealed if points in caplog.text]
        assert '"scores"' not in caplog.text
        assert OWN_WORDS not in caplog.text

        await voting.reveal_next(FIELD.room, SPEC.chair, 0, CommandId("reveal-0001"))
        announced = (await voting.ceremony(FIELD.room)).announced
        # The numbers looked for are those that are told in the end, and where this test looks.
        assert announced[0].score in sealed
        await _fresh(show)
        assert announced[0].score in await frames_of(show.hub, None)

        # Nor does the published result tell a judge's own words: not on a page, and not in the record.
        for number in range(1, min(SPEC.rules.places, len(SPEC.projects))):
            with suppress(Conflict):  # level ones were announced together
                await voting.reveal_next(FIELD.room, SPEC.chair, number, CommandId(f"reveal-{number:04}"))
        published = await _everything(show)
        assert sum('"category":"close"' in text for text in published.values()) > 1
        assert {where for where, text in published.items() if OWN_WORDS in text} == READ_BY


@pytest.mark.parametrize("told", ["after-each", "one-later", "chair"])
async def test_who_may_not_see_a_score_yet_sees_none(told: str, tmp_path: Path) -> None:
    """Whatever the rules tell early, and to whom, they tell that and no more: not the next project's, not to a judge
    what is the chair's."""
    rules = msgspec.structs.replace(COMPETITION.rules, estimator="mean", scores_told=told)
    competition = msgspec.structs.replace(COMPETITION, rules=rules)
    spec = poll_spec(competition, FIELD, first_cast(competition))
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0)
    first = spec.projects[0]
    async with open_show(settings, competition) as show, open_running_store(settings, competition.id) as store:
        before = await _everything(show, ("ru",))
        signer = load_signer(settings.data / "signing.key")
        voting = VotingService(vote_store(store, competition.id), signer, {FIELD.room: spec}, Nobody())
        await _vote_on_all(voting)
        await _fresh(show)
        for group in (None, *show.people):
            assert '"score' not in await frames_of(show.hub, group)
        if told == "chair":
            await voting.act(FIELD.room, spec.chair, CloseCount(1), CommandId("close-count-1"))
        else:
            organiser = next(one.id for one in show.people if one.holds(Role.ORGANISER, room=FIELD.room))
            await show.fields[FIELD.room].act(organiser, ShowCards(first, 0), CommandId("show-cards-1"))
        looked = await _everything(show, ("ru",))

        every = _points(spec.projects)
        hidden = every if told == "chair" else every - _points((first,))
        for where, text in looked.items():
            seen = set(_seen(every, text))
            if told == "chair" and where == "chair /live":
                assert len(seen) >= len(spec.projects) - 1  # one judge has stepped back from one of them
                continue
            assert not seen & hidden, where
            assert _order(text) in _usual(where, before), where
            assert bool(seen) is (told != "chair" and where.endswith("/live")), where


async def test_no_score_can_be_found_by_trial(tmp_path: Path) -> None:
    """Take points off, look whether that made a tie, take off others: whoever may do both would know every score."""
    rules = msgspec.structs.replace(COMPETITION.rules, tie_chain=("chair", "shared"))
    competition = msgspec.structs.replace(COMPETITION, rules=rules)
    spec = poll_spec(competition, FIELD, first_cast(competition))
    settings = Settings(data=tmp_path / "data", port=0, udp_port=0)
    everybody = first_cast(competition).everybody()
    people = {
        role: next(one for one in everybody if one.holds(role, room=FIELD.room))
        for role in (Role.CHAIR, Role.ORGANISER)
    }
    first, second, *_ = spec.projects
    async with open_show(settings, competition) as show, open_running_store(settings, competition.id) as store:
        signer = load_signer(settings.data / "signing.key")
        voting = VotingService(vote_store(store, competition.id), signer, {FIELD.room: spec}, Nobody())
        field = show.fields[FIELD.room]
        desk = ResultFamily(cast("Services", SimpleNamespace(fields=show.fields)))

        async def ties() -> list[set[str]]:
            (review,) = await field.read((ReviewView,))
            return [set(tie.projects) for tie in cast("ReviewView", review).ties]

        async def rule(role: Role, message: Penalise | VoidBallot | RestoreBallot) -> None:
            await desk.act(Sender(Visitor(people[role], "127.0.0.1")), message)

        able = (one for one in spec.judges if not {(one, first), (one, second)} & set(spec.recused))
        judge = next(one for one in able if one != spec.chair)
        for project in (first, second):
            await voting.open_window(FIELD.room, project, None)
            for other in spec.judges:
                if (other, project) not in spec.recused:
                    scores = {CriterionId(one.id): 10 if project is first else 8 for one in spec.criteria}
                    await voting.cast(
                        FIELD.room, other, Cast(CommandId(f"ballot-{project}-{other}"[:64]), project, scores, 0)
                    )
            await voting.close_window(FIELD.room, project)
        # All will stand 20.00 points apart; while projects are still to come, nothing is told, and rulings are taken.
        penalty = Penalise("penalty-early", FIELD.room, first, 1900, "Over time.")
        await rule(Role.ORGANISER, penalty)
        assert '"ties":[]' in await frames_of(show.hub, people[Role.CHAIR])
        for slot in show.rooms[FIELD.room].snapshot().rundown.slots:
            await show.rooms[FIELD.room].ask(Skip(slot=slot.slot))

        assert await ties() == []
        await field.act(spec.chair, CloseCount(1), CommandId("close-count-1"))
        await rule(Role.ORGANISER, penalty)  # sent again: it was done
        for role in people:
            for points in (0, 1999, 2000):
                with pytest.raises(Conflict, match=r"count\.closed"):
                    await rule(role, Penalise(f"trial-{role.value}-{points}", FIELD.room, first, points, "A trial."))
        with pytest.raises(Conflict, match=r"count\.closed"):
            await rule(Role.CHAIR, VoidBallot("trial-void", FIELD.room, judge, first, "A trial."))
        with pytest.raises(Conflict, match=r"count\.closed"):
            await field.control(Back())
        assert await ties() == []

        # A late finding is for another count, which two people open, and each may be decided once.
        await voting.confirm(FIELD.room, spec.chair, True, CommandId("confirm-0001"))
        await reopen_count(voting, FIELD.room, spec.chair, people[Role.ORGANISER].id)
        await rule(Role.CHAIR, Penalise("finding-1", FIELD.room, first, 2000, "Over time, and twice."))
        await rule(Role.CHAIR, VoidBallot("finding-2", FIELD.room, judge, second, "Was away."))
        for again in (
            Penalise("trial-again-1", FIELD.room, first, 1999, "A trial."),
            RestoreBallot("trial-again-2", FIELD.room, judge, second, "A trial."),
        ):
            with pytest.raises(Conflict, match=r"ruling\.repeated"):
                await rule(Role.CHAIR, again)

        # Now they are level. The chair is told once the count is closed; control is not.
        assert await ties() == []
        await field.act(spec.chair, CloseCount(2), CommandId("close-count-2"))
        assert await ties() == [{first, second}]
        await _fresh(show)
        assert '"ties":[{' in await frames_of(show.hub, people[Role.CHAIR])
        assert '"ready":false,' in (await frames_of(show.hub, people[Role.ORGANISER]))
        assert '"ties":[]' in await frames_of(show.hub, people[Role.ORGANISER])
