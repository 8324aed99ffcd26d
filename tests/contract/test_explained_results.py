"""What a confirmed result holds beyond its table: explanations, awards, and the ranking of all fields together."""

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.clock import SystemClock
from roadshow.errors import Conflict, NotFound
from roadshow.ids import AwardId, CommandId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.voting.acts import CloseCount
from roadshow.voting.explanation import Placed
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.overall.podium import NONE, OverallView
from roadshow.voting.results import decode_result
from roadshow.voting.service import VotingService
from roadshow.voting.spec import Award, Criterion, PollSpec, RuleSet
from roadshow.voting.votes import Cast

IDEA = CriterionId("idea")
AI, BIO = RoomId("ai"), RoomId("bio")
RULES = RuleSet("mean", 1, ("shared",), "exact", 3, awards=(Award(AwardId("idea"), "criterion", IDEA),), overall=True)
SCORES = {AI: {"arm": 90, "leg": 70}, BIO: {"seed": 80, "leaf": 60}}


class _Deaf:
    def progress_changed(self, room: RoomId) -> None: ...

    def ceremony_changed(self, room: RoomId) -> None: ...


def _spec(room: RoomId, rules: RuleSet) -> PollSpec:
    judge = PersonId(f"judge-{room}")
    projects = tuple(ProjectId(project) for project in SCORES[room])
    return PollSpec(PollId(room), projects, (judge,), judge, (), (Criterion(IDEA, 1, 100),), rules)


async def _service(rules: RuleSet = RULES) -> VotingService:
    specs = {room: _spec(room, rules) for room in SCORES}
    service = VotingService(MemoryVoteStore(SystemClock()), Signer(Ed25519PrivateKey.generate()), specs, _Deaf())
    await service.prepare()
    return service


async def _final(service: VotingService, room: RoomId) -> None:
    """From the first window to the last place."""
    judge = PersonId(f"judge-{room}")
    for project, score in SCORES[room].items():
        await service.open_window(room, ProjectId(project), Duration.minutes(1))
        cast = Cast(CommandId(f"cast-{room}-{project}"), ProjectId(project), {IDEA: score}, 0)
        await service.cast(room, judge, cast)
        await service.close_window(room, ProjectId(project))
    await service.act(room, judge, CloseCount(1), CommandId(f"close-count-{room}"))
    await service.confirm(room, judge, False, CommandId(f"confirm-{room}"))
    announced, remaining = 0, 1
    while remaining:
        view = await service.reveal_next(room, judge, announced, CommandId(f"reveal-{room}-{announced}"))
        announced, remaining = len(view.announced), view.remaining


async def test_a_published_result_explains_every_place_and_names_the_awards() -> None:
    """As it was when the chair confirmed it, not as later software would tell it."""
    service = await _service()
    await _final(service, AI)
    published = await service.published(AI)
    assert [told.project for told in published.explanations] == ["arm", "leg"]
    assert published.explanations[1].steps[-1] == Placed(2, "score")
    assert [(award.award, award.projects, award.value) for award in published.awards] == [("idea", ("arm",), "90.00")]
    assert (await service.views(AI)).explanations() == published.explanations


async def test_all_fields_are_ranked_together_once_all_are_announced_and_not_before() -> None:
    """The overall podium would give a field's places away."""
    service = await _service()
    await _final(service, AI)
    organiser, command = PersonId("organiser"), CommandId("overall-1")
    with pytest.raises(Conflict) as caught:
        await service.overall.confirm(organiser, command)
    assert caught.value.code == "result.sealed"
    assert (await service.overall.views()).view() == OverallView("waiting")
    await _final(service, BIO)
    assert (await service.overall.views()).view() == OverallView("ready")
    await service.overall.confirm(organiser, command)
    await service.overall.countersign(PersonId("lin"), CommandId("overall-2"))
    for announced in range(3):
        await service.overall.reveal_next(organiser, announced, CommandId(f"overall-{announced}-told"))
    result = (await service.overall.views()).published()
    assert [(line.project, line.place) for line in result.standings] == [
        ("arm", 1),
        ("seed", 2),
        ("leg", 3),
        ("leaf", 4),
    ]


async def test_nobody_asked_for_an_overall_podium() -> None:
    """It is off unless the rules say so."""
    service = await _service(msgspec.structs.replace(RULES, overall=False))
    assert (await service.overall.views()).view() == NONE
    with pytest.raises(NotFound, match=r"overall\.none"):
        await service.overall.confirm(PersonId("organiser"), CommandId("overall-1"))


def test_a_result_that_was_confirmed_by_an_earlier_version_can_still_be_read() -> None:
    """A final that was over before an update must not lose its results page."""
    stored = (
        b'{"standings":[{"project":"arm","place":1,"score":"90.00","ballots":3,"by_criterion":{"idea":"9.00"},'
        b'"decided_by":"score"}],"confirmed_by":"lin","head":"00","sequence":9,"public_key":"k","signature":"s"}'
    )
    result = decode_result(stored)
    assert (result.standings[0].project, result.version, result.awards, result.explanations) == ("arm", 1, (), ())
    with pytest.raises(msgspec.ValidationError):
        decode_result(b'{"standings":[]}')
