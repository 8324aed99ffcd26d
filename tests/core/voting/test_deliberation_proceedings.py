"""What no store would have taken of a deliberation, a recount refuses by itself."""

from itertools import count

import pytest
from msgspec import structs

from roadshow.ids import CommandId, CriterionId, PersonId, PollId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.acts import ActBody, close_body, open_body
from roadshow.voting.ballot import canonical
from roadshow.voting.deliberation.acts import DeliberateBody
from roadshow.voting.ledger.chain import chained, genesis
from roadshow.voting.ledger.proceedings import Impossible, Proceedings
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.tally import EntryKind

ARM, LEG, EYE = PROJECTS = tuple(map(ProjectId, ("arm", "leg", "eye")))
CHAIR, LIN, DEPUTY = map(PersonId, ("chair", "lin", "deputy"))
SPEC = PollSpec(
    PollId("robotics"),
    PROJECTS,
    (CHAIR, LIN),
    CHAIR,
    (),
    (Criterion(CriterionId("impact"), 1, 10),),
    RuleSet("mean", 1, ("chair", "shared"), "exact", 2, deliberation=10),
    deputy=DEPUTY,
    procedure=2,
)
_numbers = count()
Act = tuple[EntryKind, bytes]


def opened(project: ProjectId) -> Act:
    head, tail = open_body(project)
    return "open", head + b"null" + tail


def closed(project: ProjectId) -> Act:
    return "close", close_body(project, "command")


def deliberates(*projects: ProjectId, by: PersonId = CHAIR) -> Act:
    return "deliberate", canonical(DeliberateBody(by, CommandId(f"command-{next(_numbers):08}"), projects))


def counted() -> Act:
    return "close-count", canonical(ActBody(CHAIR, CommandId(f"command-{next(_numbers):08}"), count=1))


JUDGED = (opened(ARM), closed(ARM), opened(LEG), closed(LEG))


def taken(*acts: Act, spec: PollSpec = SPEC) -> None:
    """Raises Impossible."""
    proceedings, parent = Proceedings(spec), genesis(spec)
    for number, (kind, body) in enumerate(acts, start=1):
        entry = chained(parent, number, kind, Instant(number), body)
        proceedings.take(entry)
        parent = entry.hash


IMPOSSIBLE: dict[str, tuple[Act, ...]] = {
    "by the deputy": (deliberates(ARM, LEG, by=DEPUTY),),
    "by a judge": (deliberates(ARM, LEG, by=LIN),),
    "about some of them": (deliberates(ARM),),
    "about one that was not judged": (deliberates(ARM, LEG, EYE),),
    "in another order": (deliberates(LEG, ARM),),
    "about one twice": (deliberates(ARM, LEG, LEG),),
    "while a vote is open": (opened(EYE), deliberates(ARM, LEG, EYE)),
    "twice": (deliberates(ARM, LEG), deliberates(ARM, LEG)),
    "once the count is closed": (counted(), deliberates(ARM, LEG)),
}


@pytest.mark.parametrize("acts", IMPOSSIBLE.values(), ids=IMPOSSIBLE)
def test_a_deliberation_that_could_not_be(acts: tuple[Act, ...]) -> None:
    """Who opens the cards, of whom, when, and how often."""
    taken(*JUDGED, deliberates(ARM, LEG), opened(ARM), opened(LEG))
    taken(*JUDGED, *acts[:-1])
    with pytest.raises(Impossible):
        taken(*JUDGED, *acts)


def test_there_is_none_where_the_rules_have_none_or_nothing_was_judged() -> None:
    """It is off by default."""
    with pytest.raises(Impossible, match="no deliberation"):
        taken(
            *JUDGED,
            deliberates(ARM, LEG),
            spec=structs.replace(SPEC, rules=structs.replace(SPEC.rules, deliberation=0)),
        )
    with pytest.raises(Impossible, match="all that were judged"):
        taken(deliberates())
