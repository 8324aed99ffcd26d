"""What no store would have taken of questions to a jury, a recount refuses: whoever holds it may have written it."""

import asyncio
from functools import cache
from itertools import count
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import structs

from roadshow.ids import AwardId, CommandId, CriterionId, PanelId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration
from roadshow.voting.acts import CloseCount
from roadshow.voting.ballot import canonical
from roadshow.voting.boxes.box import Box
from roadshow.voting.boxes.jury import seal_vote
from roadshow.voting.ledger.chain import chained
from roadshow.voting.ledger.proceedings import Impossible, Proceedings
from roadshow.voting.ledger.proceedings.questions import KINDS
from roadshow.voting.ledger.proceedings.standing import Asked, Standing
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.looking import whole_ledger
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.questions.acts import MOST_QUESTIONS, NONE_OF_THEM, QuestionBody, QuestionKind, Vote
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Award, Criterion, Panel, PollSpec, RuleSet
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.votes import Cast
from tests.clocks import HandClock

ROOM, POLL = RoomId("robotics"), PollId("robotics")
ARM, LEG, EYE = PROJECTS = tuple(map(ProjectId, ("arm", "leg", "eye")))
CHAIR, LIN, MEI, OLEG, GUEST, DEPUTY, ONE = map(
    PersonId, ("chair", "lin", "mei", "oleg", "guest", "deputy", "organiser-1")
)
BEST, IMPACT, JURY, SHADOW = AwardId("best-team"), CriterionId("impact"), PanelId("jury"), PanelId("shadow")
SPEC = PollSpec(
    POLL,
    PROJECTS,
    (CHAIR, LIN, MEI, OLEG, GUEST),
    CHAIR,
    ((OLEG, LEG), (CHAIR, EYE)),
    (Criterion(IMPACT, 1, 10),),
    RuleSet(
        "mean",
        1,
        ("jury", "chair"),
        "exact",
        2,
        awards=(Award(BEST, "jury"), Award(AwardId("impact"), "criterion", IMPACT)),
        panels=(Panel(JURY, 1), Panel(SHADOW, 0)),
        vote_quorum=2,
    ),
    deputy=DEPUTY,
    procedure=2,
    seats=((CHAIR, JURY), (LIN, JURY), (MEI, JURY), (OLEG, JURY), (GUEST, SHADOW)),
)
MAY = (CHAIR, LIN, MEI)
MINUTE = 60_000
_numbers = count()

Act = tuple[QuestionKind, int, dict[str, Any]]
"""A kind, how many milliseconds after the count, and what the body says."""


def command() -> CommandId:
    return CommandId(f"command-{next(_numbers):08}")


@cache
def counted() -> tuple[LedgerEntry, ...]:
    """A field until its count is closed."""

    async def held() -> tuple[LedgerEntry, ...]:
        store = MemoryVoteStore(HandClock())
        service = VotingService(store, Signer(Ed25519PrivateKey.generate()), {ROOM: SPEC}, Nobody())
        await service.prepare()
        for project in PROJECTS:
            await service.open_window(ROOM, project, None)
            await service.cast(ROOM, LIN, Cast(command(), project, {IMPACT: 5}, 0))
            await service.close_window(ROOM, project)
        await service.act(ROOM, CHAIR, CloseCount(1), command())
        return tuple(await whole_ledger(store, POLL))

    return asyncio.run(held())


BOX = Box.of(POLL, bytes(32))
FIRST = 11
"""The first question's entry: before it are three windows with a ballot each, and the end of the count."""


def taken(*acts: Act, entries: tuple[LedgerEntry, ...] | None = None, spec: PollSpec = SPEC) -> Proceedings:
    """Raises Impossible."""
    proceedings, held = Proceedings(spec, BOX), list(counted() if entries is None else entries)
    for kind, after, said in acts:
        last, at = held[-1], counted()[-1].at + Duration(after)
        until = {"until": at.ms + said["until"]} if "until" in said else {}
        body = canonical(QuestionBody(command=command(), **{**said, **until}))
        held.append(chained(last.hash, last.sequence + 1, kind, at, body))
    for entry in held:
        proceedings.take(entry)
    return proceedings


def put(after: int = 0, **said: Any) -> Act:
    return "question", after, {"by": CHAIR, "projects": (ARM, LEG), "jury": MAY, "until": MINUTE, **said}


def vote(by: PersonId, choice: str = ARM, after: int = 0, **said: Any) -> Act:
    return "vote", after, {"by": by, "choice": choice, "question": FIRST, **said}


def casting(choice: str = ARM, by: PersonId = CHAIR, after: int = 0, **said: Any) -> Act:
    return "casting-vote", after, {"by": by, "choice": choice, "question": FIRST, "reason": "So.", **said}


AWARD = put(award=BEST, projects=(ARM, LEG))
LEVEL = (put(), vote(LIN, ARM), vote(MEI, LEG), vote(CHAIR, ""))


def test_what_a_store_takes_is_taken() -> None:
    """Or nothing below would mean anything."""
    assert len(counted()) == FIRST - 1
    taken(put(), vote(LIN), vote(MEI), vote(CHAIR, LEG))
    taken(*LEVEL, casting())
    taken(put(), vote(LIN), put(MINUTE), vote(LIN, after=MINUTE, question=FIRST + 2))
    taken(AWARD, vote(LIN, ""), vote(MEI, ""), vote(CHAIR, LEG))
    taken(AWARD, vote(LIN, ""), vote(MEI, LEG), casting("", after=MINUTE))
    taken(put(by=DEPUTY, projects=(LEG, EYE), jury=(LIN, MEI)))


QUESTIONS: dict[str, tuple[Act, ...]] = {
    "by nobody who decides": (put(by=LIN),),
    "by the deputy, where the chair decides": (put(by=DEPUTY),),
    "by a chair in conflict": (put(projects=(ARM, EYE), jury=(LIN, MEI, OLEG)),),
    "with somebody left out": (put(jury=(LIN, MEI)),),
    "with somebody who is recused": (put(jury=(*MAY, OLEG)),),
    "with a shadow judge": (put(jury=(*MAY, GUEST)),),
    "with a stranger": (put(jury=(*MAY, ONE)),),
    "in another order": (put(jury=(LIN, CHAIR, MEI)),),
    "about nothing": (put(projects=()),),
    "about a stranger": (put(projects=(ARM, ProjectId("nose"))),),
    "about one twice": (put(projects=(ARM, ARM)),),
    "without time": (put(until=1_000),),
    "without an end": (put(until=10 * 3_600_000),),
    "that chooses itself": (put(choice=ARM),),
    "about an award by score": (put(award=AwardId("impact")),),
    "about no award": (put(award=AwardId("none")),),
    "while another is open": (put(), put()),
    "that was answered": (put(), vote(LIN), vote(MEI), put(MINUTE)),
    "that was answered, in another order": (put(), vote(LIN), vote(MEI), put(MINUTE, projects=(LEG, ARM))),
    "about an award that was voted on, with others": (
        AWARD,
        vote(LIN),
        vote(MEI),
        put(MINUTE, award=BEST, projects=(ARM,)),
    ),
}
VOTES: dict[str, tuple[Act, ...]] = {
    "on nothing": (vote(LIN),),
    "on another question": (put(), vote(LIN, question=FIRST + 1)),
    "twice": (put(), vote(LIN), vote(LIN)),
    "twice, the other way": (put(), vote(LIN), vote(LIN, LEG)),
    "though recused": (put(), vote(OLEG)),
    "of a shadow judge": (put(), vote(GUEST)),
    "of the deputy": (put(), vote(DEPUTY)),
    "too late": (put(), vote(LIN, after=MINUTE)),
    "for another project": (put(), vote(LIN, EYE)),
    "that asks": (put(), vote(LIN, projects=(ARM,))),
}
CASTING: dict[str, tuple[Act, ...]] = {
    "while the jury votes": (put(), vote(LIN), vote(MEI, LEG), casting()),
    "where the jury could tell": (put(), vote(LIN), vote(MEI), casting(after=MINUTE)),
    "of a judge": (*LEVEL, casting(by=LIN)),
    "of the deputy": (*LEVEL, casting(by=DEPUTY)),
    "without a reason": (*LEVEL, casting(reason=" ")),
    "twice": (*LEVEL, casting(), casting(LEG)),
    "for none on a tie": (*LEVEL, casting("")),
    "for another project": (*LEVEL, casting(EYE)),
    "where too few voted": (put(), vote(LIN, ""), casting(after=MINUTE)),
    "for an award that has fewer votes": (AWARD, vote(LIN, ""), vote(MEI, LEG), casting(ARM, after=MINUTE)),
}


@pytest.mark.parametrize("acts", QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_that_could_not_be_put(acts: tuple[Act, ...]) -> None:
    """Who asks, about what, whom, for how long, and how often."""
    _impossible(acts)


@pytest.mark.parametrize("acts", VOTES.values(), ids=VOTES)
def test_a_vote_that_could_not_be_given(acts: tuple[Act, ...]) -> None:
    """One person, one vote, in time."""
    _impossible(acts)


@pytest.mark.parametrize("acts", CASTING.values(), ids=CASTING)
def test_a_casting_vote_that_was_not_wanted(acts: tuple[Act, ...]) -> None:
    """It comes after the jury's, once, from whoever decides, and for what is level."""
    _impossible(acts)


def test_nothing_is_asked_before_the_count_is_closed_or_where_the_rules_do_not() -> None:
    """A question tells who stands level."""
    with pytest.raises(Impossible, match="count is not closed"):
        taken(put(), entries=counted()[:-1])
    rules = structs.replace(SPEC.rules, tie_chain=("chair",))
    with pytest.raises(Impossible, match="no vote"):
        taken(put(), spec=structs.replace(SPEC, rules=rules))


def test_there_are_so_many_questions_and_no_more() -> None:
    """As the stores have it."""
    asked = [put(number * MINUTE) for number in range(MOST_QUESTIONS + 1)]
    taken(*asked[:-1])
    with pytest.raises(Impossible, match="at most"):
        taken(*asked)


def _impossible(acts: tuple[Act, ...]) -> None:
    taken(*acts[:-1])
    with pytest.raises(Impossible):
        taken(*acts)


def test_a_sealed_vote_is_the_one_that_its_key_opens() -> None:
    """Where a poll is held so, and nowhere else: the store could vote in the open, or as somebody else did."""
    standing = Standing(structs.replace(SPEC, sealed=BOX.mark), BOX)
    standing.asked_jury[FIRST] = Asked(frozenset((ARM, LEG)), (ARM, LEG), MAY, MINUTE)

    def given(by: PersonId, what: ProjectId, **said: Any) -> QuestionBody:
        own, vote = CommandId("command-1"), Vote(FIRST, what)
        sealed = seal_vote(BOX, SPEC, by, vote, own)
        return QuestionBody(**{"by": by, "command": own, "question": FIRST, "sealed": sealed, **said})

    entry = counted()[-1]
    other = given(MEI, ARM).sealed
    for wrong in (
        given(LIN, EYE),
        given(LIN, ARM, sealed=None, choice=ARM),
        given(LIN, ARM, choice=ARM),
        given(LIN, ARM, signature="s" * 86),
        given(LIN, ARM, sealed=other),
        given(LIN, ARM, command=CommandId("command-2")),
        given(LIN, ARM, sealed=""),
    ):
        with pytest.raises(Impossible):
            KINDS["vote"].take(standing, entry, wrong)
    KINDS["vote"].take(standing, entry, given(LIN, LEG))
    KINDS["vote"].take(standing, entry, given(MEI, NONE_OF_THEM))
    assert standing.asked_jury[FIRST].votes == {LIN: LEG, MEI: NONE_OF_THEM}
    standing.box = None
    with pytest.raises(Impossible, match="no key"):
        KINDS["vote"].take(standing, entry, given(CHAIR, LEG))
    with pytest.raises(Impossible, match="it is sealed"):
        taken(put(), ("vote", 0, {"by": LIN, "question": FIRST, "sealed": other}))
