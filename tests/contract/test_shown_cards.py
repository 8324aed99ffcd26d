"""Cards shown before the ceremony, on every store there is: when they may be, what is told, and what that stops."""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.clock import SystemClock
from roadshow.errors import Conflict, RoadshowError
from roadshow.ids import CommandId, CompetitionId, CriterionId, PanelId, PersonId, PollId, ProjectId, RoomId
from roadshow.store.keys import Keys
from roadshow.voting.acts import (
    AcceptLate,
    Act,
    AskSubstitute,
    CloseCount,
    Penalise,
    RejectLate,
    Restore,
    ShowCards,
    Substitute,
    Void,
)
from roadshow.voting.grounds import Grounds
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.results import Card, ShownProject
from roadshow.voting.service import VotingService
from roadshow.voting.spec import Criterion, Panel, PollSpec, RuleSet, Trim
from roadshow.voting.votes import Cast
from tests.contract.counting import close_count, reopen_count
from tests.contract.three_counts import assert_recount_agrees

ROOM = RoomId("robotics")
ARM, LEG, EYE = ProjectId("arm"), ProjectId("leg"), ProjectId("eye")
CHAIR, LIN, MEI, OLGA, PAVEL = map(PersonId, ("chair", "lin", "mei", "olga", "pavel"))
JURY = (CHAIR, LIN, MEI, OLGA, PAVEL)
ORGANISER = PersonId("organiser-1")
IMPACT = CriterionId("impact")
EACH = RuleSet("trimmed-mean", 3, ("shared",), "exact", 3, trim=Trim(k=1, n_min=3), scores_told="after-each")
SPEC = PollSpec(PollId("robotics"), (ARM, LEG, EYE), JURY, CHAIR, (), (Criterion(IMPACT, 1, 100),), EACH, procedure=2)
LATER = msgspec.structs.replace(EACH, scores_told="one-later")
ITSELF = msgspec.structs.replace(EACH, shown_by_itself=True)
SIGNER = Signer(Ed25519PrivateKey.generate())


class Heard:
    def __init__(self) -> None:
        self.ceremonies = 0

    def progress_changed(self, room: RoomId) -> None: ...

    def ceremony_changed(self, room: RoomId) -> None:
        self.ceremonies += 1


class Desk:
    """One poll and who acts in it."""

    def __init__(self, store: VoteStore, spec: PollSpec, *, names_judges: bool = True) -> None:
        self.spec = spec
        self.heard = Heard()
        self.store = store
        self.service = VotingService(store, SIGNER, {ROOM: self.spec}, self.heard, names_judges=names_judges)

    async def vote(self, project: ProjectId, scores: dict[PersonId, int], *, close: bool = True) -> None:
        await self.service.open_window(ROOM, project, None)
        for judge, score in scores.items():
            await self.service.cast(ROOM, judge, cast(project, score))
        if close:
            await self.service.close_window(ROOM, project)

    async def act(self, act: Act, by: PersonId = CHAIR) -> None:
        await self.service.act(ROOM, by, act, command())

    async def show(self, project: ProjectId, missing: int = 0) -> None:
        await self.act(ShowCards(project, missing), ORGANISER)

    async def shown(self) -> tuple[ShownProject, ...]:
        return (await self.service.views(ROOM)).cards().projects

    async def showable(self) -> list[tuple[ProjectId, int, str]]:
        found = (await self.service.views(ROOM)).progress().showable
        return [(one.project, one.missing, one.waits) for one in found]


_numbers = count()


def command() -> CommandId:
    return CommandId(f"command-{next(_numbers):08}")


def cast(project: ProjectId, score: int, expected: int = 0) -> Cast:
    return Cast(command(), project, {IMPACT: score}, expected)


async def refused(act: Awaitable[object]) -> str:
    with pytest.raises(RoadshowError) as caught:
        await act
    return caught.value.code


FULL = {CHAIR: 90, LIN: 95, MEI: 80, OLGA: 60, PAVEL: 95}
"""One 60 and one 95 are dropped: (90 + 80 + 95) ÷ 3 = 88.33."""


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest) -> VoteStore:
    if request.param == "memory":
        return MemoryVoteStore(SystemClock())
    return RedisVoteStore(request.getfixturevalue("connected"), Keys(CompetitionId("final")))


@asynccontextmanager
async def poll(
    store: VoteStore, rules: RuleSet = EACH, *, names_judges: bool = True, **more: Any
) -> AsyncIterator[Desk]:
    """In the end the store's tally, a fold over its ledger and a recount are one. ``more``: of the spec."""
    desk = Desk(store, msgspec.structs.replace(SPEC, rules=rules, **more), names_judges=names_judges)
    await desk.service.prepare()
    yield desk
    await assert_recount_agrees(desk.service, store, desk.spec, ROOM)


async def test_each_judges_card_is_told_and_what_they_come_to(store: VoteStore) -> None:
    """What the hall shows is what the rules will count: what is dropped is struck out, a penalty is off."""
    async with poll(store) as desk:
        await desk.act(Penalise(ARM, 250, "over time"), ORGANISER)
        await desk.vote(ARM, FULL)
        assert await desk.shown() == ()
        assert await desk.showable() == [(ARM, 0, "")]
        before = desk.heard.ceremonies
        await desk.show(ARM)
        (shown,) = await desk.shown()
        assert shown.cards == (
            Card(CHAIR, 1, "submitted", "90.00", dropped=False),
            Card(LIN, 2, "submitted", "95.00", dropped=False),
            Card(MEI, 3, "submitted", "80.00", dropped=False),
            Card(OLGA, 4, "submitted", "60.00", dropped=True),
            Card(PAVEL, 5, "submitted", "95.00", dropped=True),
        )
        assert (shown.score, shown.penalty, shown.estimator) == ("85.83", "2.50", "trimmed-mean")
        assert desk.heard.ceremonies == before + 1
        assert await desk.showable() == []


async def test_numbers_stand_for_judges_who_are_not_named_and_stay_the_same(store: VoteStore) -> None:
    """Who has number 3 for one pitch and 4 for the next cannot be followed; who follows the jury's list is named."""
    async with poll(store, names_judges=False) as desk:
        for project in (ARM, LEG):
            await desk.vote(project, FULL)
            await desk.show(project)
        first, second = await desk.shown()
        assert [card.judge for card in first.cards] == [None] * 5
        assert [card.number for card in first.cards] == [1, 2, 3, 4, 5]
        assert [card.total for card in first.cards] == [card.total for card in second.cards]
        assert "chair" not in msgspec.json.encode(first).decode()


async def test_a_judge_from_whom_nothing_came_is_named_before_it_is_too_late(store: VoteStore) -> None:
    """Whoever closes and shows at once would shut a judge out: the number of those is part of the act."""
    async with poll(store) as desk:
        await desk.vote(ARM, {CHAIR: 90, LIN: 95, MEI: 80})
        await desk.service.open_window(ROOM, ARM, None)
        await desk.service.abstain(ROOM, PAVEL, Cast(command(), ARM, {}, 0), Grounds("missed"))
        await desk.service.close_window(ROOM, ARM)
        assert await desk.showable() == [(ARM, 1, "")]
        for number in (0, 2):
            assert await refused(desk.show(ARM, number)) == "cards.moved_on"
        await desk.show(ARM, 1)
        (shown,) = await desk.shown()
        assert [card.state for card in shown.cards] == ["submitted", "submitted", "submitted", "absent", "abstained"]


async def test_cards_have_their_moment(store: VoteStore) -> None:
    """Before the window is over a judge would see the others' cards and still change their own."""
    async with poll(store) as desk:
        assert await refused(desk.show(ARM)) == "cards.early"
        await desk.vote(ARM, FULL, close=False)
        assert await desk.showable() == []
        assert await refused(desk.show(ARM)) == "poll.open"
        await desk.service.close_window(ROOM, ARM)
        await desk.show(ARM)
        assert await refused(desk.show(ARM)) == "cards.shown"
        assert await refused(desk.show(ProjectId("none"))) == "project.unknown"


async def test_one_pitch_later_is_one_pitch_later(store: VoteStore) -> None:
    """Scores of a pitch must not be known while the next is judged; the last is told once the count is closed."""
    async with poll(store, LATER) as desk:
        await desk.vote(ARM, FULL)
        assert await refused(desk.show(ARM)) == "cards.early"
        await desk.vote(LEG, FULL, close=False)
        assert await refused(desk.show(ARM)) == "cards.early"
        await desk.service.close_window(ROOM, LEG)
        assert await desk.showable() == [(ARM, 0, "")]
        assert await refused(desk.show(LEG)) == "cards.early"
        await desk.show(ARM)
        await desk.service.open_window(ROOM, LEG, None)  # it had its first opening before
        await desk.service.close_window(ROOM, LEG)
        assert await refused(desk.show(LEG)) == "cards.early"
        await desk.act(CloseCount(1))
        await desk.show(LEG)
        assert [one.project for one in await desk.shown()] == [ARM, LEG]


async def test_what_was_told_stays_so(store: VoteStore) -> None:
    """A judge who sees the others' cards, a chair who sees how much would do: neither moves the project any more."""
    async with poll(store) as desk:
        await desk.vote(ARM, {judge: score for judge, score in FULL.items() if judge != PAVEL})
        await desk.act(Void(OLGA, ARM, "came late"))
        await desk.show(ARM, 1)
        assert await refused(desk.service.open_window(ROOM, ARM, None)) == "cards.shown"
        service = desk.service
        for attempt in (
            service.cast(ROOM, LIN, cast(ARM, 1, 1)),
            service.cast_late(ROOM, PAVEL, cast(ARM, 1)),
            service.abstain(ROOM, LIN, Cast(command(), ARM, {}, 1), Grounds("subject")),
            service.recuse(ROOM, LIN, ARM, Grounds("works"), command()),
            desk.act(Void(LIN, ARM, "a reason")),
            desk.act(Restore(OLGA, ARM, "a reason")),
            desk.act(Penalise(ARM, 100, "a reason")),
            desk.act(Penalise(ARM, 100, "a reason"), ORGANISER),
        ):
            assert await refused(attempt) == "cards.shown"
        # Others go on as before.
        await desk.vote(LEG, FULL)
        await desk.act(Penalise(LEG, 100, "over time"))


async def test_a_mistake_is_mended_by_two_people_in_another_count(store: VoteStore) -> None:
    """And everybody sees it where they saw the cards; ballots are never taken again."""
    async with poll(store) as desk:
        for project in (ARM, LEG, EYE):
            await desk.vote(project, FULL)
        await desk.show(ARM)
        await close_count(desk.service, ROOM, CHAIR)
        await desk.show(LEG)
        await reopen_count(desk.service, ROOM, CHAIR, ORGANISER)
        before = desk.heard.ceremonies
        await desk.act(Void(LIN, ARM, "was not in the room"))
        assert desk.heard.ceremonies > before
        arm, _leg = await desk.shown()
        assert arm.cards[1] == Card(LIN, 2, "void", "", dropped=False)
        assert await refused(desk.service.open_window(ROOM, ARM, None)) == "cards.shown"
        assert await refused(desk.act(Restore(LIN, ARM, "a reason"))) == "ruling.repeated"
        # What is shown in this count rests in this count.
        await desk.show(EYE)
        assert await refused(desk.act(Penalise(EYE, 100, "a reason"))) == "cards.shown"
        await desk.service.act(ROOM, CHAIR, CloseCount(2), command())
        await desk.service.confirm(ROOM, CHAIR, False, command())
        while (view := await desk.service.ceremony(ROOM)).remaining:
            await desk.service.reveal_next(ROOM, ORGANISER, len(view.announced), command())


async def test_a_late_ballot_has_its_word_first(store: VoteStore) -> None:
    """Shown before it, the cards would decide whether it is accepted."""
    async with poll(store) as desk:
        await desk.vote(ARM, {judge: score for judge, score in FULL.items() if judge != PAVEL})
        late = await desk.service.cast_late(ROOM, PAVEL, cast(ARM, 70))
        assert await desk.showable() == [(ARM, 1, "late")]
        assert await refused(desk.show(ARM, 1)) == "result.late"
        await desk.act(AcceptLate(PAVEL, ARM, late.sequence, "the line broke"))
        await desk.show(ARM)
        assert await refused(desk.act(RejectLate(PAVEL, ARM, late.sequence, "a reason"))) == "cards.shown"


async def test_too_few_ballots_stay_sealed(store: VoteStore) -> None:
    """Showing them would shut the project out for good: late ballots may still come."""
    async with poll(store) as desk:
        await desk.vote(ARM, {CHAIR: 90, LIN: 95, MEI: 80})
        await desk.act(Void(MEI, ARM, "was away"))
        assert await desk.showable() == [(ARM, 2, "quorum")]
        assert await refused(desk.show(ARM, 2)) == "cards.quorum"


async def test_cards_that_show_themselves_wait_for_every_judge(store: VoteStore) -> None:
    """Nobody is shut out by a clock: from whom nothing came is for a person to say."""
    async with poll(store, ITSELF) as desk:
        await desk.vote(ARM, FULL)
        assert [one.project for one in await desk.shown()] == [ARM]
        await desk.vote(LEG, {judge: score for judge, score in FULL.items() if judge != PAVEL})
        assert len(await desk.shown()) == 1
        late = await desk.service.cast_late(ROOM, PAVEL, cast(LEG, 70))
        await desk.act(AcceptLate(PAVEL, LEG, late.sequence, "the line broke"))
        assert [one.project for one in await desk.shown()] == [ARM, LEG]


@pytest.mark.parametrize("told", [None, "chair"])
async def test_rules_that_show_no_cards_show_none(store: VoteStore, told: str | None) -> None:
    """Not even a single one, whoever asks."""
    rules = msgspec.structs.replace(EACH, scores_told=told)
    async with poll(store, rules) as desk:
        await desk.vote(ARM, FULL)
        assert await desk.showable() == []
        assert await refused(desk.show(ARM)) == "cards.sealed"
        assert (await desk.service.views(ROOM)).review().cards == ()
        await desk.act(CloseCount(1))
        cards = (await desk.service.views(ROOM)).review().cards
        assert [(one.project, one.score) for one in cards] == (
            [] if told is None else [(ARM, "88.33"), (LEG, ""), (EYE, "")]
        )
        assert await desk.shown() == ()


async def test_a_command_that_comes_again_shows_once(store: VoteStore) -> None:
    """Its answer was lost; the first one stands."""
    async with poll(store) as desk:
        await desk.vote(ARM, FULL)
        again = command()
        for _ in range(2):
            await desk.service.act(ROOM, ORGANISER, ShowCards(ARM, 0), again)
        with pytest.raises(Conflict, match=r"command\.reused"):
            await desk.service.act(ROOM, ORGANISER, ShowCards(LEG, 0), again)


EXPERTS, INVESTORS, LEARNERS = map(PanelId, ("experts", "investors", "learners"))
PANELS = (Panel(EXPERTS, 60, quorum=2), Panel(INVESTORS, 40, each=1), Panel(LEARNERS, 0))
"""The chair and Lin are experts; Mei and Olga investors, one of them for each project; Pavel learns it."""
SEATS = ((CHAIR, EXPERTS), (LIN, EXPERTS), (MEI, INVESTORS), (OLGA, INVESTORS), (PAVEL, LEARNERS))
LOTS = ((MEI, ARM), (OLGA, LEG), (MEI, EYE))
VERA = PersonId("vera")
IN_PANELS = msgspec.structs.replace(EACH, estimator="mean", quorum=1, panels=PANELS, shown_by_itself=True)
SUBSTITUTED: dict[str, Any] = {"reserve": (VERA,), "deputy": PersonId("deputy")}


async def test_cards_are_those_of_whose_ballots_can_count_weighed_by_their_panels(store: VoteStore) -> None:
    """A shadow judge's card would be taken for one that counts, and one whom the lot sent elsewhere gave nothing: they
    are not waited for, either."""
    async with poll(store, IN_PANELS, seats=SEATS, assigned=LOTS) as desk:
        await desk.vote(ARM, {PAVEL: 1, CHAIR: 90, LIN: 70, MEI: 60})
        (arm,) = await desk.shown()
        assert [(card.judge, card.number, card.total) for card in arm.cards] == [
            (CHAIR, 1, "90.00"),
            (LIN, 2, "70.00"),
            (MEI, 3, "60.00"),
        ]
        assert arm.score == "72.00"  # 60 % of 80, 40 % of 60
        await desk.vote(LEG, {CHAIR: 90, OLGA: 60})
        assert await desk.showable() == [(LEG, 1, "quorum")]
        assert await refused(desk.show(LEG, 1)) == "cards.quorum"
        await desk.vote(LEG, {LIN: 80})
        assert [one.project for one in await desk.shown()] == [ARM, LEG]


async def test_trimming_strikes_out_each_panels_own_ends(store: VoteStore) -> None:
    """The highest total of the jury may well be in the middle of its panel."""
    panels = (Panel(EXPERTS, 1), Panel(INVESTORS, 1))
    rules = msgspec.structs.replace(EACH, panels=panels)
    seats = tuple((judge, EXPERTS if judge in (CHAIR, LIN, MEI) else INVESTORS) for judge in (*JURY, VERA))
    async with poll(store, rules, judges=(*JURY, VERA), seats=seats) as desk:
        await desk.vote(ARM, {CHAIR: 90, LIN: 95, MEI: 80, OLGA: 60, PAVEL: 99, VERA: 92})
        await desk.show(ARM)
        (arm,) = await desk.shown()
        assert [card.judge for card in arm.cards if not card.dropped] == [CHAIR, VERA]
        assert arm.score == "91.00"


@pytest.mark.parametrize("names_judges", [True, False])
async def test_a_substitutes_card_is_shown_under_the_substitute(store: VoteStore, names_judges: bool) -> None:
    """The seat is one, and so is its card: who lost it has none from then on."""
    async with poll(store, names_judges=names_judges, **SUBSTITUTED) as desk:
        await desk.vote(ARM, FULL)
        await desk.show(ARM)
        await substitute(desk, PAVEL, LEG)
        await desk.vote(LEG, {CHAIR: 90, LIN: 95, MEI: 80, VERA: 60})
        assert await desk.showable() == [(LEG, 1, "")]
        await desk.show(LEG, 1)
        arm, leg = await desk.shown()
        if names_judges:
            assert [card.judge for card in arm.cards] == list(JURY)
            assert [card.judge for card in leg.cards] == [CHAIR, LIN, MEI, OLGA, VERA]
        numbers = [{card.number for card in one.cards} for one in (arm, leg)]
        assert len(numbers[0] & numbers[1]) == 4
        assert {card.total: card.state for card in leg.cards} == {
            "90.00": "submitted",
            "95.00": "submitted",
            "80.00": "submitted",
            "60.00": "submitted",
            "": "absent",
        }


async def test_no_seat_passes_for_a_project_that_was_shown(store: VoteStore) -> None:
    """Everybody saw from how many judges nothing had come: it must not become somebody else who was missing. A request
    from before does not help."""
    given = {CHAIR: 90, LIN: 95, MEI: 80, OLGA: 60}
    async with poll(store, **SUBSTITUTED) as desk:
        await desk.vote(ARM, given)
        ask = AskSubstitute(PAVEL, VERA, ARM, "the line is down")
        await desk.act(ask, ORGANISER)
        asked = (await store.read(desk.spec.poll)).sequence
        await desk.show(ARM, 1)
        assert await refused(desk.act(ask, ORGANISER)) == "cards.shown"
        assert await refused(desk.act(Substitute(asked), PersonId("deputy"))) == "cards.shown"
        await substitute(desk, PAVEL, LEG)


async def substitute(desk: Desk, judge: PersonId, project: ProjectId) -> None:
    await desk.act(AskSubstitute(judge, VERA, project, "the line is down"), ORGANISER)
    asked = (await desk.store.read(desk.spec.poll)).sequence
    await desk.act(Substitute(asked), PersonId("deputy"))
