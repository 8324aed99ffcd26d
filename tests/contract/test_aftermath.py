"""After the podium, on every store there is: objections, rulings, places that move, and when nothing moves any more."""

from collections.abc import AsyncIterator, Awaitable, Iterator

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.errors import Conflict, InputError, NotAllowed, NotFound, RoadshowError
from roadshow.ids import AwardId, CommandId, CompetitionId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.store.connection import Store
from roadshow.store.fence import Fence
from roadshow.store.keys import Keys
from roadshow.voting.acts import AskSubstitute, Substitute
from roadshow.voting.aftermath.acts import LONGEST_WORDS, MOST_OBJECTIONS, AfterAct, Amend, AskAmendment, Rule
from roadshow.voting.aftermath.sealing import confided, is_objection_genuine, sealed, team_of
from roadshow.voting.ballot import canonical
from roadshow.voting.ledger.record import encode_record
from roadshow.voting.ledger.recount import recount
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.ports import VoteStore
from roadshow.voting.redis_store import RedisVoteStore
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Award, Criterion, PollSpec, Prize, RuleSet
from roadshow.voting.votes import Cast
from tests.clocks import HandClock
from tests.contract.counting import close_count
from tests.contract.three_counts import assert_recount_agrees

ROOM, POLL = RoomId("robotics"), PollId("robotics")
ARM, LEG, EYE, EAR = PROJECTS = tuple(map(ProjectId, ("arm", "leg", "eye", "ear")))
CHAIR, LIN, MEI = JUDGES = tuple(map(PersonId, ("chair", "lin", "mei")))
DEPUTY, ONE, TWO = map(PersonId, ("deputy", "organiser-1", "organiser-2"))
VERA, OLEG = map(PersonId, ("vera", "oleg"))
TEAM = PersonId("founder")
IMPACT = CriterionId("impact")
SPEC = PollSpec(
    POLL,
    PROJECTS,
    JUDGES,
    CHAIR,
    ((LIN, EAR),),
    (Criterion(IMPACT, 1, 100),),
    RuleSet(
        "mean",
        1,
        ("shared",),
        "exact",
        2,
        awards=(Award(AwardId("impact-award"), "criterion", IMPACT),),
        objection_hours=24,
    ),
    deputy=DEPUTY,
    procedure=2,
)
SIGNER = Signer(Ed25519PrivateKey.generate())
HOUR = Duration.minutes(60)
WORDS = "The timer of our pitch was stopped a minute too early."


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture(params=["memory", "valkey"])
def store(request: pytest.FixtureRequest, clock: HandClock) -> VoteStore:
    if request.param == "memory":
        return MemoryVoteStore(clock)
    keys = Keys(CompetitionId("final"))
    connected: Store = request.getfixturevalue("connected")
    return RedisVoteStore(connected, keys, Fence(keys, clock))


@pytest.fixture
async def service(store: VoteStore) -> AsyncIterator[VotingService]:
    """Announced: arm 90, leg 80 and eye 80 level, ear 70, on a podium of two places. In the end all counts are one."""
    service = await begun(store, SPEC)
    yield service
    await assert_recount_agrees(service, store, SPEC, ROOM)


async def begun(store: VoteStore, spec: PollSpec) -> VotingService:
    service = VotingService(store, SIGNER, {ROOM: spec}, Nobody())
    await service.prepare()
    for project, score in zip(PROJECTS, (90, 80, 80, 70), strict=True):
        if project == EYE and spec.reserve:
            await substituted(service)
        await service.open_window(ROOM, project, None)
        await service.cast(ROOM, MEI, Cast(command(), project, {IMPACT: score}, 0))
        await service.close_window(ROOM, project)
    await close_count(service, ROOM, CHAIR)
    await service.confirm(ROOM, CHAIR, True, command())
    view = await service.ceremony(ROOM)
    while view.remaining:
        view = await service.reveal_next(ROOM, ONE, len(view.announced), command())
    return service


async def substituted(service: VotingService) -> None:
    """Lin's seat passes to Vera."""
    await service.act(ROOM, CHAIR, AskSubstitute(LIN, VERA, EYE, "The line is down."), command())
    offered = (await service.views(ROOM)).review().offered
    assert offered is not None
    await service.act(ROOM, DEPUTY, Substitute(offered.asked.asked), command())


_numbers: Iterator[int] = iter(range(10**9))


def command() -> CommandId:
    return CommandId(f"command-{next(_numbers):08}")


async def objected(service: VotingService, project: ProjectId = LEG, category: str = "procedure") -> int:
    return await service.aftermath.object(ROOM, TEAM, project, category, WORDS, command())  # type: ignore[arg-type]


async def act(service: VotingService, by: PersonId, one: AfterAct) -> None:
    await service.aftermath.act(ROOM, by, one, command())


async def asked(service: VotingService, by: PersonId, one: AskAmendment) -> int:
    await act(service, by, one)
    request = await service.aftermath.waiting(ROOM)
    assert request is not None
    return request.sequence


async def amended(service: VotingService, project: ProjectId, change: str = "disqualify") -> None:
    number = await asked(service, CHAIR, AskAmendment(project, change, "Not theirs."))  # type: ignore[arg-type]
    await act(service, ONE, Amend(number))


async def refused(doing: Awaitable[object], kind: type[RoadshowError], code: str) -> None:
    with pytest.raises(kind) as caught:
        await doing
    assert caught.value.code == code


async def places(service: VotingService) -> dict[ProjectId, int | None]:
    return {line.project: line.place for line in (await service.published(ROOM)).standings}


async def how(service: VotingService, clock: HandClock) -> str:
    return (await service.views(ROOM)).aftermath(clock.now()).stands


# The term -----------------------------------------------------------------------------------------------------------


async def test_a_result_is_final_when_its_term_is_over(service: VotingService, clock: HandClock) -> None:
    """To the millisecond, and by the rules the voting began with: nobody cuts or extends it."""
    clock.advance(Duration(24 * HOUR.ms - 1))
    await objected(service)
    clock.advance(Duration(1))
    await refused(objected(service), Conflict, "result.final")
    assert await how(service, clock) == "pending"
    assert (await service.ceremony(ROOM)).after == 1


async def test_an_objection_keeps_the_result_from_being_final_until_somebody_rules(
    service: VotingService, clock: HandClock
) -> None:
    """Whoever does not like it cannot sit it out: it stays open in public, and a ruling after the term is good."""
    number = await objected(service)
    clock.advance(Duration(100 * HOUR.ms))
    assert await how(service, clock) == "pending"
    await act(service, CHAIR, Rule(number, False, "The recording shows the whole time."))
    assert await how(service, clock) == "final"
    await refused(act(service, CHAIR, Rule(number, True, "Once more.")), Conflict, "objection.closed")


async def test_without_a_term_a_result_is_final_at_once(store: VoteStore, clock: HandClock) -> None:
    spec = msgspec.structs.replace(SPEC, rules=msgspec.structs.replace(SPEC.rules, objection_hours=0))
    service = await begun(store, spec)
    assert await how(service, clock) == "final"
    await refused(objected(service), Conflict, "result.final")
    await refused(act(service, CHAIR, AskAmendment(ARM, "disqualify", "Not theirs.")), Conflict, "result.final")


async def test_nothing_comes_after_a_podium_that_is_not_announced(store: VoteStore) -> None:
    service = VotingService(store, SIGNER, {ROOM: SPEC}, Nobody())
    await service.prepare()
    await refused(objected(service), Conflict, "result.sealed")
    await refused(act(service, CHAIR, AskAmendment(ARM, "disqualify", "Not theirs.")), Conflict, "result.sealed")


# Objections ---------------------------------------------------------------------------------------------------------


async def test_words_stay_between_the_team_and_those_who_rule(service: VotingService, store: VoteStore) -> None:
    """The record is public: neither words, nor who wrote them, nor whose team, is in it."""
    await objected(service)
    record = encode_record(await service.record(ROOM))
    assert b"timer" not in record
    assert TEAM.encode() not in record
    (heard,) = await service.aftermath.heard(ROOM)
    assert (heard.said.words, heard.said.by, heard.said.project) == (WORDS, TEAM, LEG)


async def test_a_team_sees_its_own_objections_alone(service: VotingService) -> None:
    number = await objected(service, LEG)
    await objected(service, ARM)
    own = await service.aftermath.heard(ROOM, LEG)
    assert [one.objection.sequence for one in own] == [number]
    await refused(service.aftermath.receipt(ROOM, ARM, number), NotFound, "objection.unknown")


async def test_a_team_objects_three_times_to_one_publication(service: VotingService) -> None:
    """Whoever is flooded rules on nothing. Another team has its own, and after an amendment all have them anew."""
    for _ in range(MOST_OBJECTIONS):
        await objected(service, LEG)
    await refused(objected(service, LEG), Conflict, "objection.too_many")
    await objected(service, ARM)
    await amended(service, ARM)
    await objected(service, LEG)


async def test_an_objection_sent_again_is_the_same_one(service: VotingService) -> None:
    """A browser that had no answer sends it again; with other words it is another one, and is told so."""
    one = command()
    first = await service.aftermath.object(ROOM, TEAM, LEG, "other", WORDS, one)
    assert await service.aftermath.object(ROOM, TEAM, LEG, "other", f" {WORDS}\r\n", one) == first
    other = service.aftermath.object(ROOM, TEAM, LEG, "other", "Something else, and longer.", one)
    await refused(other, Conflict, "command.reused")


async def test_what_is_no_objection_is_refused(service: VotingService) -> None:
    """Before anything is written."""

    def given(words: str, category: str = "other", project: ProjectId = LEG) -> Awaitable[int]:
        return service.aftermath.object(ROOM, TEAM, project, category, words, command())  # type: ignore[arg-type]

    await refused(given("too short"), InputError, "objection.length")
    await refused(given("x" * (LONGEST_WORDS + 1)), InputError, "objection.length")
    await refused(given(WORDS, category="weather"), InputError, "objection.malformed")
    await refused(given(WORDS, project=ProjectId("nose")), NotFound, "project.unknown")
    assert await service.aftermath.heard(ROOM) == ()


async def test_a_receipt_proves_an_objection_word_for_word(service: VotingService) -> None:
    """One that vanished, or was rewritten, is told by whoever made it."""
    number = await objected(service)
    receipt = await service.aftermath.receipt(ROOM, LEG, number)
    assert is_objection_genuine(receipt, SIGNER.public_key)
    record = encode_record(await service.record(ROOM))
    assert recount(record, receipt=msgspec.json.encode(receipt)).holds
    forged = msgspec.structs.replace(receipt, words="Another text, that was never said.")
    assert not recount(record, receipt=msgspec.json.encode(forged)).holds
    await objected(service)  # the ledger goes on, and it is still there
    record = encode_record(await service.record(ROOM))
    assert recount(record, receipt=msgspec.json.encode(receipt)).holds


async def test_an_objection_that_somebody_put_into_the_store_proves_nothing(store: VoteStore) -> None:
    """A receipt is the seal of what the server was asked, and it was asked for nothing."""
    service = await begun(store, SPEC)
    said = confided(POLL, TEAM, LEG, WORDS, command(), SIGNER)
    objection = sealed("procedure", said, team_of(POLL, LEG, SIGNER))
    number = await store.after(SPEC, TEAM, objection, command(), canonical(said).decode())
    receipt = await service.aftermath.receipt(ROOM, LEG, number)
    assert receipt.signature == ""
    assert not is_objection_genuine(receipt, SIGNER.public_key)
    report = recount(encode_record(await service.record(ROOM)), receipt=msgspec.json.encode(receipt))
    assert {fault.check for fault in report.faults} == {"acknowledged", "receipt"}


# Rulings ------------------------------------------------------------------------------------------------------------


async def test_whoever_is_recused_from_any_project_has_no_part_in_it(store: VoteStore) -> None:
    """Who may not judge the second has an interest in the first."""
    spec = msgspec.structs.replace(SPEC, recused=((CHAIR, EAR),))
    service = await begun(store, spec)
    number = await objected(service)
    await refused(act(service, CHAIR, Rule(number, True, "They are right.")), NotAllowed, "ruling.conflict")
    ask = AskAmendment(ARM, "disqualify", "They copied it.")
    await refused(act(service, CHAIR, ask), NotAllowed, "ruling.conflict")
    with pytest.raises(NotAllowed):  # the store sees to it by itself
        await store.after(spec, CHAIR, ask, command())
    await act(service, DEPUTY, Rule(number, False, "They are wrong."))


async def test_about_the_jury_the_jury_does_not_rule(service: VotingService) -> None:
    number = await objected(service, category="jury")
    await refused(act(service, CHAIR, Rule(number, False, "We were fair.")), NotAllowed, "ruling.conflict")
    await refused(act(service, DEPUTY, Rule(number, False, "We were fair.")), NotAllowed, "ruling.conflict")
    answer = AskAmendment(ARM, "disqualify", "So be it.", number)
    await refused(act(service, CHAIR, answer), NotAllowed, "ruling.conflict")
    await act(service, ONE, Rule(number, False, "Everybody was asked."))


async def test_judges_and_strangers_to_the_office_decide_nothing(service: VotingService) -> None:
    number = await objected(service)
    await refused(act(service, MEI, Rule(number, True, "Yes.")), NotAllowed, "result.not_chair")
    await refused(act(service, CHAIR, Rule(number, True, "")), InputError, "reason.length")
    await refused(act(service, CHAIR, Rule(number + 1, True, "Yes.")), Conflict, "objection.closed")


async def test_nobody_answers_an_objection_of_their_own(service: VotingService) -> None:
    """Whoever organises and has left their team since pitches no more, and would rule on what they said."""
    number = await service.aftermath.object(ROOM, ONE, LEG, "eligibility", WORDS, command())
    answer = AskAmendment(ARM, "disqualify", "They copied it.", number)
    for own in (Rule(number, True, "So it is."), answer):
        await refused(act(service, ONE, own), NotAllowed, "ruling.conflict")
    request = await asked(service, TWO, answer)
    await refused(act(service, ONE, Amend(request)), NotAllowed, "ruling.conflict")
    await act(service, DEPUTY, Amend(request))


# Amendments ---------------------------------------------------------------------------------------------------------


async def test_a_disqualification_moves_up_whoever_stands_behind(service: VotingService) -> None:
    """Nobody's score moves, nobody's order; level ones stay level, and the award goes to the best of the others."""
    number = await objected(service)
    request = await asked(service, CHAIR, AskAmendment(ARM, "disqualify", "Bought, not built.", number))
    assert await places(service) == {ARM: 1, LEG: 2, EYE: 2, EAR: 4}
    await act(service, DEPUTY, Amend(request))
    assert await places(service) == {LEG: 1, EYE: 1, EAR: 3, ARM: None}
    published = await service.published(ROOM)
    assert {line.project: line.place for line in published.announced} == {ARM: 1, LEG: 2, EYE: 2, EAR: 4}
    assert published.awards[0].projects == (LEG, EYE)
    assert [one.project for one in published.explanations] == [line.project for line in published.standings]
    ceremony = await service.ceremony(ROOM)
    assert [(one.place, one.projects) for one in ceremony.announced] == [(1, (LEG, EYE))]
    (view,) = (await service.views(ROOM)).aftermath(HandClock().now()).objections
    assert (view.upheld, view.office, view.reason) == (True, "chair", "Bought, not built.")


async def test_prizes_follow_the_places_and_keep_their_minimum(store: VoteStore) -> None:
    """Nobody has the points for gold then, and it is not awarded; who has silver now has no award beside it."""
    gold, silver, impact = AwardId("gold"), AwardId("silver"), AwardId("impact-award")
    rules = msgspec.structs.replace(
        SPEC.rules, prizes=(Prize(gold, 1, 85_00), Prize(silver, 2)), least_score=75_00, one_award=True
    )
    service = await begun(store, msgspec.structs.replace(SPEC, rules=rules))

    async def told() -> list[tuple[AwardId, tuple[ProjectId, ...], int]]:
        return [(one.prize, one.projects, one.vacant) for one in (await service.published(ROOM)).prizes]

    async def awarded() -> tuple[ProjectId, ...]:
        (one,) = (await service.published(ROOM)).awards
        return one.projects

    assert await told() == [(gold, (ARM,), 0), (silver, (LEG, EYE), 0)]
    assert await awarded() == (EAR,)
    await amended(service, ARM)
    assert await told() == [(gold, (), 1), (silver, (LEG, EYE), 0)]
    assert [(one.place, one.projects, one.prize) for one in (await service.ceremony(ROOM)).announced] == [
        (1, (LEG, EYE), silver)
    ]
    await amended(service, EAR)
    assert await awarded() == ()
    await amended(service, LEG)
    await amended(service, EAR, "reinstate")
    assert await told() == [(gold, (), 1), (silver, (EYE,), 1)], "ear is below the least score"
    record = await service.record(ROOM)
    assert record.aftermath is not None
    assert [(one.prize, one.projects, one.vacant) for one in record.aftermath.prizes] == await told()
    assert recount(encode_record(record)).holds
    other = msgspec.structs.replace(record.aftermath, prizes=record.result.prizes)
    report = recount(encode_record(msgspec.structs.replace(record, aftermath=other)))
    assert {fault.check for fault in report.faults} == {"aftermath"}
    assert (impact, ()) not in [(one.award, one.projects) for one in record.aftermath.awards], "ear has it again"


async def test_who_took_a_seat_and_who_waits_for_one_are_of_the_jury(store: VoteStore) -> None:
    """Also who has lost theirs: they have scored what they would decide about."""
    spec = msgspec.structs.replace(SPEC, reserve=(VERA, OLEG))
    service = await begun(store, spec)
    number = await objected(service)
    request = await asked(service, CHAIR, AskAmendment(ARM, "disqualify", "Bought."))
    for person in (LIN, VERA, OLEG):
        await refused(act(service, person, Rule(number, True, "Yes.")), NotAllowed, "result.not_chair")
        await refused(act(service, person, Amend(request)), NotAllowed, "amendment.second_person")
    await refused(store.after(spec, VERA, Amend(request), command()), NotAllowed, "amendment.second_person")
    await act(service, DEPUTY, Amend(request))
    await assert_recount_agrees(service, store, spec, ROOM)


async def test_two_people_sign_an_amendment(service: VotingService) -> None:
    """Not who asked, not the chair, no judge of the field."""
    request = await asked(service, ONE, AskAmendment(ARM, "disqualify", "Bought."))
    for person in (ONE, CHAIR, MEI):
        await refused(act(service, person, Amend(request)), NotAllowed, "amendment.second_person")
    newer = await asked(service, DEPUTY, AskAmendment(LEG, "disqualify", "Bought as well."))
    await refused(act(service, TWO, Amend(request)), Conflict, "amendment.moved_on")
    await act(service, TWO, Amend(newer))
    await refused(act(service, TWO, Amend(newer)), Conflict, "amendment.moved_on")


async def test_each_amendment_is_open_to_objection_for_the_whole_term(service: VotingService, clock: HandClock) -> None:
    """Whoever is disqualified in the last minute can say something about it."""
    clock.advance(Duration(24 * HOUR.ms - 1))
    await amended(service, ARM)
    clock.advance(Duration(24 * HOUR.ms - 1))
    number = await objected(service, ARM)
    clock.advance(Duration(1))
    request = await asked(service, ONE, AskAmendment(ARM, "reinstate", "It was theirs.", number))
    await act(service, TWO, Amend(request))
    assert await places(service) == {ARM: 1, LEG: 2, EYE: 2, EAR: 4}


async def test_a_project_goes_out_once_and_comes_back_once(service: VotingService) -> None:
    """Each publication opens the term anew: nobody keeps a result from being final by turning it back and forth."""
    await refused(act(service, CHAIR, AskAmendment(ARM, "reinstate", "Back.")), Conflict, "amendment.none")
    await amended(service, ARM)
    again = AskAmendment(ARM, "disqualify", "Again.")
    await refused(act(service, CHAIR, again), Conflict, "amendment.repeated")
    await amended(service, ARM, "reinstate")
    await refused(act(service, CHAIR, again), Conflict, "amendment.repeated")
    await refused(act(service, CHAIR, AskAmendment(ARM, "reinstate", "Again.")), Conflict, "amendment.repeated")
    unknown = AskAmendment(ProjectId("nose"), "disqualify", "Who?")
    await refused(act(service, CHAIR, unknown), NotFound, "project.unknown")


async def test_after_the_term_only_an_open_objection_moves_a_place(service: VotingService, clock: HandClock) -> None:
    """A request that nobody has signed in time is void, and so is one whose objection was dismissed meanwhile."""
    number = await objected(service)
    free = await asked(service, CHAIR, AskAmendment(ARM, "disqualify", "Bought."))
    clock.advance(Duration(24 * HOUR.ms))
    await refused(act(service, ONE, Amend(free)), Conflict, "result.final")
    await refused(act(service, CHAIR, AskAmendment(ARM, "disqualify", "Late.")), Conflict, "result.final")
    bound = await asked(service, CHAIR, AskAmendment(ARM, "disqualify", "As they say.", number))
    await act(service, CHAIR, Rule(number, False, "Not as they say."))
    await refused(act(service, ONE, Amend(bound)), Conflict, "amendment.moved_on")
    assert await places(service) == {ARM: 1, LEG: 2, EYE: 2, EAR: 4}


async def test_everybody_may_be_disqualified(service: VotingService) -> None:
    """Then there is no podium; pages and record still hold."""
    for project in PROJECTS:
        await amended(service, project)
    assert set((await places(service)).values()) == {None}
    assert (await service.ceremony(ROOM)).announced == ()
    assert (await service.published(ROOM)).awards[0].projects == ()


async def test_an_act_sent_again_is_done_once(service: VotingService) -> None:
    """Also the signature, whose request does not wait any more."""
    number = await asked(service, CHAIR, AskAmendment(ARM, "disqualify", "Bought."))
    one = command()
    await service.aftermath.act(ROOM, ONE, Amend(number), one)
    await service.aftermath.act(ROOM, ONE, Amend(number), one)
    assert len((await service.views(ROOM)).aftermath(HandClock().now()).amendments) == 1
    await refused(service.aftermath.act(ROOM, ONE, Amend(number + 1), one), Conflict, "command.reused")


# Counting again, from the record ------------------------------------------------------------------------------------


async def test_a_disqualification_written_to_a_records_end_is_told(service: VotingService) -> None:
    """The result's signature ends at the confirmation: whoever has a record could add what they like."""
    await objected(service)
    honest = await service.record(ROOM)
    assert honest.aftermath is not None
    await amended(service, ARM)
    later = await service.record(ROOM)
    forged = msgspec.structs.replace(later, aftermath=honest.aftermath)
    untold = msgspec.structs.replace(later, aftermath=None)
    cut = msgspec.structs.replace(honest, entries=honest.entries[:-1])
    moved = msgspec.structs.replace(later.aftermath, out=())  # type: ignore[type-var]
    for record in (forged, untold, cut, msgspec.structs.replace(later, aftermath=moved)):
        assert "aftermath" in {fault.check for fault in recount(encode_record(record)).faults}
    told = [one.text for one in recount(encode_record(later)).findings if one.check == "aftermath"]
    assert any("arm was disqualified" in text for text in told)
    assert any("1. leg, 1. eye, 3. ear" in text for text in told)


@pytest.mark.parametrize("step", ["text", "kind", "nonsense"])
async def test_a_damaged_aftermath_is_told_and_breaks_nothing(service: VotingService, step: str) -> None:
    """A record is anybody's file."""
    await objected(service)
    record = await service.record(ROOM)
    body = {"text": record.entries[-1].body, "kind": "{}", "nonsense": '{"by":1}'}[step]
    last = msgspec.structs.replace(record.entries[-1], body=body, kind="amend" if step != "nonsense" else "object")
    damaged = msgspec.structs.replace(record, entries=(*record.entries[:-1], last))
    assert not recount(encode_record(damaged)).holds


async def test_an_act_that_nobody_asked_the_server_for_is_told(service: VotingService) -> None:
    """It fits the ledger in every way, and has no seal, or somebody else's."""
    await amended(service, ARM)
    record = await service.record(ROOM)
    *seals, last = record.seals
    stranger = msgspec.structs.replace(last, signature=Signer(Ed25519PrivateKey.generate()).sign(b""))
    for tried, check in (((*seals,), "acknowledged"), ((*seals, stranger), "seals")):
        report = recount(encode_record(msgspec.structs.replace(record, seals=tried)))
        assert {fault.check for fault in report.faults} == {check}


async def test_a_store_asks_by_itself_what_the_service_asks(store: VoteStore) -> None:
    """Two servers, or two requests at once: what was so when the service looked may not be so any more."""
    service = await begun(store, SPEC)
    number = await objected(service)

    def given(by: PersonId, one: AfterAct) -> Awaitable[int]:
        return store.after(SPEC, by, one, command())

    await refused(given(LIN, Rule(number, True, "Yes.")), NotAllowed, "ruling.conflict")
    asked_by_one = await given(ONE, AskAmendment(ARM, "disqualify", "Bought."))
    await refused(given(ONE, Amend(asked_by_one)), NotAllowed, "amendment.second_person")
    await refused(given(MEI, Amend(asked_by_one)), NotAllowed, "amendment.second_person")
    await refused(given(TWO, Amend(number)), Conflict, "amendment.moved_on")
    await refused(given(TWO, Rule(asked_by_one, True, "Yes.")), Conflict, "objection.closed")
    unknown = AskAmendment(ProjectId("nose"), "disqualify", "Who?")
    await refused(given(ONE, unknown), NotFound, "project.unknown")
    await given(TWO, Amend(asked_by_one))


async def test_only_who_may_rule_on_an_objection_reads_it(store: VoteStore) -> None:
    """Not a judge, not who is recused from any project; and about the jury not even the chair."""
    spec = msgspec.structs.replace(SPEC, recused=((DEPUTY, EAR),))
    service = await begun(store, spec)
    await objected(service)
    await objected(service, category="jury")

    async def read_by(person: PersonId) -> list[bool]:
        return [may for _, may in await service.aftermath.confided(ROOM, person)]

    assert await read_by(ONE) == [True, True]
    assert await read_by(CHAIR) == [True, False]
    assert await read_by(DEPUTY) == await read_by(MEI) == [False, False]
