"""What no store would have taken of a card of paper, a recount refuses by itself: its holder may have written it."""

from collections.abc import Callable
from itertools import count

import msgspec
import pytest

from roadshow.ids import CommandId, CriterionId, PersonId, PollId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.acts import ActBody, CloseBody, open_body
from roadshow.voting.ballot import canonical, frame
from roadshow.voting.ledger.chain import chained, genesis
from roadshow.voting.ledger.proceedings import Impossible, Proceedings
from roadshow.voting.paper.acts import MOST_CARDS, PaperBody
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.tally import EntryKind
from roadshow.voting.votes import BallotKind, Cast

ARM, LEG = map(ProjectId, ("arm", "leg"))
CHAIR, LIN, MEI, DEPUTY, VERA, ONE, TWO = map(
    PersonId, ("chair", "lin", "mei", "deputy", "vera", "organiser", "organiser-2")
)
KIM, PAT = map(PersonId, ("clerk", "clerk-2"))
IMPACT = CriterionId("impact")
CODE = "K7QF2M9X4"
SPEC = PollSpec(
    PollId("robotics"),
    (ARM, LEG),
    (CHAIR, LIN, MEI),
    CHAIR,
    ((MEI, ARM),),
    (Criterion(IMPACT, 1, 10),),
    RuleSet("mean", 1, ("shared",), "exact", 1, scores_told="after-each"),
    deputy=DEPUTY,
    procedure=2,
    reserve=(VERA,),
    clerks=(KIM, PAT),
)
_numbers = count()


def command() -> CommandId:
    return CommandId(f"command-{next(_numbers):08}")


class Forger:
    """Whoever holds the store: writes what they like, with every hash in order."""

    def __init__(self, spec: PollSpec = SPEC) -> None:
        self.spec = spec
        self.proceedings = Proceedings(spec)
        self.head, self.sequence = genesis(spec), 0

    def write(self, kind: EntryKind, body: bytes) -> int:
        """The number of the entry. Raises Impossible."""
        entry = chained(self.head, self.sequence + 1, kind, Instant(1_000 * (self.sequence + 1)), body)
        self.proceedings.take(entry)
        self.head, self.sequence = entry.hash, entry.sequence
        return entry.sequence

    def open(self, project: ProjectId = ARM) -> int:
        head, tail = open_body(project)
        return self.write("open", head + b"null" + tail)

    def close(self, project: ProjectId = ARM) -> int:
        return self.write("close", canonical(CloseBody("command", project)))

    def cast(self, kind: BallotKind = "ballot", judge: PersonId = LIN, project: ProjectId = ARM) -> int:
        return self.write(kind, frame(judge, Cast(command(), project, {IMPACT: 5}, 0), kind).at_revision(1))

    def act(self, kind: EntryKind, by: PersonId, **fields: object) -> int:
        return self.write(kind, canonical(ActBody(by, command(), **fields)))  # type: ignore[arg-type]

    def typed(self, **changed: object) -> int:
        body = PaperBody(KIM, command(), code=CODE, judge=LIN, project=ARM, scores={IMPACT: 7})
        return self.write("paper", canonical(msgspec.structs.replace(body, **changed)))

    def confirmed(self, number: int, **changed: object) -> int:
        body = PaperBody(PAT, command(), code=CODE, paper=number, scores={IMPACT: 7})
        return self.write("confirm-paper", canonical(msgspec.structs.replace(body, **changed)))

    def said(self, kind: EntryKind, by: PersonId, number: int, category: str) -> int:
        body = {"by": by, "category": category, "command": command(), "paper": number}
        return self.write(kind, canonical(body))


@pytest.fixture
def forger() -> Forger:
    """Arm's window is open."""
    made = Forger()
    made.open()
    return made


def test_what_may_be_done_is_possible(forger: Forger) -> None:
    """Rejected and typed in again, confirmed by an organiser, contested and accepted; late, and accepted."""
    forger.said("reject-paper", ONE, forger.typed(), "typing")
    number = forger.typed()
    forger.confirmed(number, by=ONE)
    forger.close()
    forger.said("contest-paper", LIN, number, "not-mine")
    forger.act("accept", CHAIR, judge=LIN, project=ARM, late=number, reason="It bears their hand.")
    late = forger.typed(judge=CHAIR, late=True)
    forger.confirmed(late)
    forger.act("reject", DEPUTY, judge=CHAIR, project=ARM, late=late, reason="It was never seen.")
    forger.act("close-count", CHAIR, count=1)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"by": ONE}, "no clerk"),
        ({"by": LIN}, "no clerk"),
        ({"judge": MEI}, "recused"),
        ({"judge": VERA}, "no vote"),
        ({"judge": ONE}, "no vote"),
        ({"judge": None}, "no vote"),
        ({"project": LEG}, "the window was not"),
        ({"project": ProjectId("eye")}, "no vote"),
        ({"late": True}, "the window was not"),
        ({"code": None}, "no code"),
        ({"code": "K7QF2M9X"}, "no code"),
        ({"code": "K7QF2M9XO"}, "no code"),
        ({"scores": {}}, "just the criteria"),
        ({"scores": None}, "just the criteria"),
        ({"scores": {IMPACT: 11}}, "11 of 10"),
        ({"scores": {IMPACT: -1}}, "-1 of 10"),
    ],
)
def test_a_card_that_could_not_be_typed_in_is_told(forger: Forger, changed: dict[str, object], why: str) -> None:
    with pytest.raises(Impossible, match=why):
        forger.typed(**changed)


def test_nor_where_the_rules_name_no_clerk() -> None:
    """Ballots by paper are said before the first window, or there are none."""
    forger = Forger(msgspec.structs.replace(SPEC, clerks=()))
    forger.open()
    with pytest.raises(Impossible, match="no clerk"):
        forger.typed()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"by": KIM}, "has typed it in"),
        ({"by": LIN}, "no second person"),
        ({"by": CHAIR}, "no second person"),
        ({"by": DEPUTY}, "no second person"),
        ({"by": VERA}, "no second person"),
        ({"scores": {IMPACT: 8}}, "is not what was typed in"),
        ({"code": "K7QF2M9X5"}, "is not what was typed in"),
        ({"paper": 1}, "no such card"),
        ({"paper": None}, "no such card"),
    ],
)
def test_a_confirmation_that_could_not_be_is_told(forger: Forger, changed: dict[str, object], why: str) -> None:
    number = forger.typed()
    with pytest.raises(Impossible, match=why):
        forger.confirmed(number, **changed)


def test_each_card_once(forger: Forger) -> None:
    """Neither confirmed twice, nor typed in beside one that waits or counts, nor more than so often."""
    number = forger.typed()
    with pytest.raises(Impossible, match="before"):
        forger.typed(by=PAT)
    for _ in range(MOST_CARDS - 1):
        forger.said("reject-paper", PAT, number, "other")
        number = forger.typed()
    forger.said("reject-paper", PAT, number, "other")
    with pytest.raises(Impossible, match="times before"):
        forger.typed()
    forger.confirmed(forger.typed(judge=CHAIR))
    with pytest.raises(Impossible, match="before"):
        forger.typed(judge=CHAIR)


def test_none_beside_what_the_judge_has_sent(forger: Forger) -> None:
    forger.cast()
    with pytest.raises(Impossible, match="themselves"):
        forger.typed()


def test_none_is_confirmed_after_what_the_judge_sent(forger: Forger) -> None:
    number = forger.typed()
    forger.cast()
    with pytest.raises(Impossible, match="no such card"):
        forger.confirmed(number)


def test_a_late_card_counts_with_the_chairs_word_alone(forger: Forger) -> None:
    """And not with that of whoever confirmed it."""
    forger.close()
    number = forger.typed(late=True)
    forger.confirmed(number, by=ONE)
    with pytest.raises(Impossible, match="waits for the chair"):
        forger.act("close-count", CHAIR, count=1)
    with pytest.raises(Impossible, match="chair's to decide"):
        forger.act("accept", ONE, judge=LIN, project=ARM, late=number, reason="It is fine.")


def test_who_had_a_hand_in_a_card_does_not_decide_about_it() -> None:
    forger = Forger(msgspec.structs.replace(SPEC, deputy=None))
    forger.open()
    forger.close()
    number = forger.typed(judge=CHAIR, late=True)
    forger.confirmed(number, by=ONE)
    for by, why in ((ONE, "had a hand"), (KIM, "had not to decide")):
        with pytest.raises(Impossible, match=why):
            forger.act("accept", by, judge=CHAIR, project=ARM, late=number, reason="It is fine.")
    forger.act("accept", TWO, judge=CHAIR, project=ARM, late=number, reason="It is fine.")


@pytest.mark.parametrize(
    "doing",
    [
        lambda forger: forger.act("close-count", CHAIR, count=1),
        lambda forger: forger.act("show-cards", ONE, project=ARM, missing=1),
    ],
)
def test_nothing_is_closed_or_shown_over_a_card_that_waits(forger: Forger, doing: Callable[[Forger], int]) -> None:
    forger.typed()
    forger.cast(judge=CHAIR)
    forger.close()
    with pytest.raises(Impossible, match="waits to be confirmed"):
        doing(forger)


def test_nobody_but_its_judge_contests_a_card_and_once(forger: Forger) -> None:
    number = forger.typed()
    with pytest.raises(Impossible, match="could contest"):
        forger.said("contest-paper", LIN, number, "not-mine")
    forger.confirmed(number)
    for by in (CHAIR, KIM, ONE):
        with pytest.raises(Impossible, match="could contest"):
            forger.said("contest-paper", by, number, "not-mine")
    with pytest.raises(Impossible, match="say why"):
        forger.said("contest-paper", LIN, number, "typing")
    forger.said("contest-paper", LIN, number, "not-mine")
    with pytest.raises(Impossible, match="before"):
        forger.said("contest-paper", LIN, number, "not-mine")


def test_a_rejection_says_why_and_is_nobodys_of_the_jury(forger: Forger) -> None:
    number = forger.typed()
    for by in (LIN, CHAIR, DEPUTY, VERA):
        with pytest.raises(Impossible, match="had not to reject"):
            forger.said("reject-paper", by, number, "typing")
    with pytest.raises(Impossible, match="say why"):
        forger.said("reject-paper", PAT, number, "not-mine")


def test_nothing_comes_by_paper_once_the_count_is_closed(forger: Forger) -> None:
    number = forger.typed()
    forger.confirmed(number)
    forger.close()
    forger.act("close-count", CHAIR, count=1)
    with pytest.raises(Impossible, match="the count is closed"):
        forger.typed(judge=CHAIR, late=True)
    with pytest.raises(Impossible, match="the count is closed"):
        forger.said("contest-paper", LIN, number, "not-mine")


def test_no_seat_passes_over_a_card(forger: Forger) -> None:
    number = forger.typed()
    asks = {"judge": LIN, "substitute": VERA, "project": ARM, "reason": "fell ill"}
    with pytest.raises(Impossible, match="has given something"):
        forger.act("ask-substitute", ONE, **asks)
    forger.said("reject-paper", PAT, number, "unsigned")
    forger.act("ask-substitute", ONE, **asks)


def test_an_entry_of_another_shape_is_none(forger: Forger) -> None:
    """One text for one act: what readers could read differently is refused."""
    with pytest.raises(Impossible, match="cannot be read"):
        forger.write("paper", b'{"by":"clerk","command":"command-x","note":"hello"}')
    with pytest.raises(Impossible, match="written as the store"):
        forger.write("paper", b'{"by":"clerk", "command":"command-y"}')
