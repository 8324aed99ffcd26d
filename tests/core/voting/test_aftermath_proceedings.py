"""What no store would have taken after a podium, a recount refuses by itself: its holder may have written it."""

import asyncio
from functools import cache
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from roadshow.ids import CommandId, CriterionId, PersonId, PollId, ProjectId, RoomId
from roadshow.moments import Duration, Instant
from roadshow.voting.acts import CloseCount, reveal_body
from roadshow.voting.aftermath.acts import AfterBody, AfterKind
from roadshow.voting.ballot import canonical
from roadshow.voting.ledger.chain import chained
from roadshow.voting.ledger.proceedings import Impossible, Proceedings
from roadshow.voting.ledger.signing import Signer
from roadshow.voting.looking import whole_ledger
from roadshow.voting.memory_store import MemoryVoteStore
from roadshow.voting.service import Nobody, VotingService
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.tally import LedgerEntry
from roadshow.voting.votes import Cast
from tests.clocks import HandClock

ROOM, POLL = RoomId("robotics"), PollId("robotics")
ARM, LEG = map(ProjectId, ("arm", "leg"))
CHAIR, LIN, DEPUTY, ONE, TWO, SPARE = map(PersonId, ("chair", "lin", "deputy", "organiser-1", "organiser-2", "spare"))
SPEC = PollSpec(
    POLL,
    (ARM, LEG),
    (CHAIR, LIN),
    CHAIR,
    ((DEPUTY, LEG),),
    (Criterion(CriterionId("impact"), 1, 10),),
    RuleSet("mean", 1, ("shared",), "exact", 1, objection_hours=1),
    deputy=DEPUTY,
    procedure=2,
    reserve=(SPARE,),
)
HOUR = Duration.minutes(60)
HASH = "a" * 64
_numbers = count()

Act = tuple[AfterKind, int, AfterBody]
"""How many hours after the podium."""


def command() -> CommandId:
    return CommandId(f"command-{next(_numbers):08}")


@cache
def announced() -> tuple[LedgerEntry, ...]:
    """A field from its first window to its only place."""

    async def held() -> tuple[LedgerEntry, ...]:
        store = MemoryVoteStore(HandClock())
        service = VotingService(store, Signer(Ed25519PrivateKey.generate()), {ROOM: SPEC}, Nobody())
        await service.prepare()
        for score, project in enumerate(SPEC.projects):
            await service.open_window(ROOM, project, None)
            await service.cast(ROOM, LIN, Cast(command(), project, {CriterionId("impact"): score}, 0))
            await service.close_window(ROOM, project)
        await service.act(ROOM, CHAIR, CloseCount(1), command())
        await service.confirm(ROOM, CHAIR, True, command())
        await service.reveal_next(ROOM, ONE, 0, command())
        return tuple(await whole_ledger(store, POLL))

    return asyncio.run(held())


def taken(*acts: Act, entries: tuple[LedgerEntry, ...] | None = None) -> Proceedings:
    """Raises Impossible. The first act is entry ``FIRST``."""
    proceedings = Proceedings(SPEC)
    held = list(announced() if entries is None else entries)
    for kind, hours, body in acts:
        last = held[-1]
        at = max(last.at, announced()[-1].at + Duration(hours * HOUR.ms))
        held.append(chained(last.hash, last.sequence + 1, kind, at, canonical(body)))
    for entry in held:
        proceedings.take(entry)
    return proceedings


FIRST = 10
"""Of the acts after the podium: before it are two windows with a ballot each, and three acts."""


def objection(hours: int = 0, category: str = "procedure", team: str = HASH) -> Act:
    return "object", hours, AfterBody(command(), category=category, team=team, words=HASH)  # type: ignore[arg-type]


def ruling(
    by: PersonId | None = CHAIR, number: int = FIRST, reason: str = "So it is.", upheld: bool | None = True
) -> Act:
    return "rule", 0, AfterBody(command(), by, objection=number, reason=reason, upheld=upheld)


def request(
    by: PersonId = CHAIR,
    hours: int = 0,
    number: int | None = None,
    project: ProjectId = ARM,
    change: str = "disqualify",
) -> Act:
    body = AfterBody(command(), by, objection=number, project=project, reason="So.", change=change)  # type: ignore[arg-type]
    return "ask-amendment", hours, body


def signature(by: PersonId = ONE, number: int = FIRST, hours: int = 0) -> Act:
    return "amend", hours, AfterBody(command(), by, asked=number)


def test_what_a_store_takes_is_taken() -> None:
    """Or nothing below would mean anything."""
    assert len(announced()) == FIRST - 1
    course = (objection(), ruling(), request(), signature(number=FIRST + 2), objection(hours=0))
    assert taken(*course).out == {ARM}
    late = (objection(), request(ONE, hours=5, number=FIRST), signature(TWO, number=FIRST + 1, hours=9))
    assert taken(*late).out == {ARM}
    back = (request(), signature(), request(project=ARM, change="reinstate"), signature(number=FIRST + 2))
    assert taken(*back).out == frozenset()


@pytest.mark.parametrize(
    ("acts", "why"),
    [
        ((objection(hours=1),), "final"),
        ((objection(team="me"),), "no objection"),
        ((*[objection() for _ in range(3)], objection()), "3 times"),
        ((ruling(),), "not open"),
        ((objection(), ruling(), ruling()), "not open"),
        ((objection(), ruling(reason=" ")), "no reason"),
        ((objection(), ruling(upheld=None)), "neither yes nor no"),
        ((objection(), ruling(by=LIN)), "had not to decide"),
        ((objection(), ruling(by=None)), "had not to decide"),
        ((objection(), ruling(by=SPARE)), "had not to decide"),
        ((request(), signature(by=SPARE)), "had not to decide"),
        ((objection(), ruling(by=DEPUTY)), "recused"),
        ((objection(category="jury"), ruling()), "objected to"),
        ((request(hours=1),), "final"),
        ((request(project=ProjectId("nose")),), "no such amendment"),
        ((request(by=DEPUTY),), "recused"),
        ((request(number=FIRST),), "not open"),
        ((request(change="reinstate"),), "not disqualified"),
        ((request(), signature(), request()), "signed before"),
        ((signature(),), "no such request"),
        ((request(), request(), signature()), "no such request"),
        ((request(), signature(by=CHAIR)), "no second person"),
        ((request(), signature(by=LIN)), "no second person"),
        ((request(by=ONE), signature(by=ONE)), "no second person"),
        ((request(), signature(by=DEPUTY)), "recused"),
        ((request(), signature(hours=1)), "final"),
        ((objection(), request(number=FIRST), ruling(), signature(number=FIRST + 1)), "no such request"),
    ],
)
def test_what_no_store_takes_is_refused(acts: tuple[Act, ...], why: str) -> None:
    with pytest.raises(Impossible, match=why):
        taken(*acts)


def test_nothing_of_it_comes_before_the_podium() -> None:
    with pytest.raises(Impossible, match="no place was announced"):
        taken(objection(), entries=announced()[:-1])


def test_no_place_is_announced_after_it_has_begun() -> None:
    """One more would be announced over the heads of those who objected."""
    proceedings = taken(objection())
    last = LedgerEntry(FIRST + 1, "", "", "reveal", reveal_body(ONE, 2, command()), Instant(2**41))
    with pytest.raises(Impossible, match="announced before"):
        proceedings.take(last)
