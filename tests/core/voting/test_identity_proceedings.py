"""A ledger with a browser or a key that no store takes is told: written from docs/voting.md alone."""

from collections.abc import Callable

import pytest
from msgspec import structs

from roadshow.ids import PersonId, ProjectId
from roadshow.moments import Duration
from roadshow.voting.ballot import frame
from roadshow.voting.identity.browsers import MOST_BROWSERS, UseBrowser
from roadshow.voting.identity.keys import MOST_ASKED, AskKey, SignKey, ballot_text, vote_text
from roadshow.voting.ledger.chain import genesis
from roadshow.voting.ledger.proceedings import Impossible
from roadshow.voting.questions.acts import PutQuestion, Vote, question_body
from roadshow.voting.spec import PollSpec
from roadshow.voting.votes import Cast
from tests.bend.owned import Own
from tests.core.voting.test_proceedings import ARM, CHAIR, DEPUTY, IMPACT, LEG, LIN, ORGANISER, SPEC, Ledger

PHONE = UseBrowser("a" * 16, 5, ORGANISER)
OWN = {judge: Own(judge) for judge in (CHAIR, LIN)}
THIEF = Own("thief")
MINUTE = Duration.minutes(1)
KEYED = structs.replace(
    SPEC,
    rules=structs.replace(SPEC.rules, ballot_keys=True),
    keys=tuple((judge, own.key) for judge, own in OWN.items()),
)


def begun(spec: PollSpec = SPEC) -> Ledger:
    ledger = Ledger(spec)
    ledger.open(ARM)
    return ledger


def give(ledger: Ledger, own: Own | None = OWN[LIN], revision: int = 1, **other: object) -> int:
    """Lin's ballot for arm, signed; ``other``: what stands in the entry instead of what was signed."""
    cast = Cast(ledger.command(), ARM, {IMPACT: 5}, revision - 1)
    if own is not None:
        text = ballot_text(genesis(KEYED), KEYED.poll, LIN, cast, "ballot")
        cast = structs.replace(cast, signature=own.sign(text))
    return ledger.write("ballot", frame(LIN, structs.replace(cast, **other)).at_revision(revision))


@pytest.mark.parametrize(
    ("by", "act", "why"),
    [
        (ORGANISER, PHONE, "has no vote"),
        (LIN, UseBrowser("", 5), "names no browser"),
        (LIN, UseBrowser("a" * 65, 5), "names no browser"),
        (LIN, AskKey(THIEF.key), "sign nothing"),
        (CHAIR, SignKey(1), "no such request"),
    ],
)
def test_what_no_store_enters_is_told(by: PersonId, act: UseBrowser | AskKey | SignKey, why: str) -> None:
    """Somebody who holds the store could put it in, to lay a trail."""
    with pytest.raises(Impossible, match=why):
        begun().act(by, act)


def test_a_browser_is_entered_once_and_not_before_the_voting() -> None:
    """Else the protocol counts it twice; before, it would be the entry that locks the rules."""
    with pytest.raises(Impossible, match="no window"):
        Ledger().act(LIN, PHONE)
    ledger = begun()
    ledger.act(LIN, PHONE)
    ledger.act(CHAIR, PHONE)
    with pytest.raises(Impossible, match="already"):
        ledger.act(LIN, PHONE)
    for number in range(MOST_BROWSERS - 1):
        ledger.act(LIN, UseBrowser(str(number), 5))
    with pytest.raises(Impossible, match="others"):
        ledger.act(LIN, UseBrowser("one more", 5))


def test_a_ballot_has_its_judges_signature() -> None:
    """That is what neither the store nor the server's key can make."""
    give(begun(KEYED))
    problems: tuple[Callable[[Ledger], int], ...] = (
        lambda ledger: give(ledger, THIEF),
        lambda ledger: give(ledger, OWN[CHAIR]),
        lambda ledger: give(ledger, None),
        lambda ledger: give(ledger, scores={IMPACT: 9}),
        lambda ledger: give(ledger, round=2),
        lambda ledger: give(ledger, command=ledger.command()),
        lambda ledger: give(ledger, signature="A" * 86),
        lambda ledger: give(ledger, signature="A" * 5000),
    )
    for problem in problems:
        with pytest.raises(Impossible, match="not signed with the key of lin"):
            problem(begun(KEYED))
    with pytest.raises(Impossible, match="where nobody signs"):
        give(begun())


def test_a_signature_is_good_for_one_project_and_one_revision() -> None:
    """Whoever holds the store has all of them to choose from."""
    ledger = begun(KEYED)
    cast = Cast(ledger.command(), ARM, {IMPACT: 5}, 0)
    signature = OWN[LIN].sign(ballot_text(genesis(KEYED), KEYED.poll, LIN, cast, "ballot"))
    signed = structs.replace(cast, signature=signature)
    ledger.open(LEG)
    with pytest.raises(Impossible, match="not signed"):
        ledger.write("ballot", frame(LIN, structs.replace(signed, project=LEG)).at_revision(1))
    ledger = begun(KEYED)
    give(ledger)
    other = structs.replace(signed, command=ledger.command())
    with pytest.raises(Impossible, match="not signed"):
        ledger.write("ballot", frame(LIN, other).at_revision(2))


def enrolled(ledger: Ledger, by: PersonId = CHAIR, ask: AskKey = AskKey(THIEF.key, ORGANISER)) -> int:  # noqa: B008
    return ledger.act(by, SignKey(ledger.act(LIN, ask)))


def test_a_second_person_signs_for_another_key_and_the_former_is_worth_nothing() -> None:
    """Two keys in force would be two judges."""
    ledger = begun(KEYED)
    give(ledger)
    enrolled(ledger)
    give(ledger, THIEF, 2)
    with pytest.raises(Impossible, match="not signed"):
        give(ledger, OWN[LIN], 3)


@pytest.mark.parametrize("by", [LIN, ORGANISER, PersonId("organiser-2"), DEPUTY])
def test_neither_the_judge_nor_who_made_the_link_signs(by: PersonId) -> None:
    """One person alone would then be both."""
    ledger = begun(KEYED)
    if by in (LIN, ORGANISER):
        with pytest.raises(Impossible, match="no second person"):
            enrolled(ledger, by)
    else:
        enrolled(ledger, by)


def test_who_votes_without_a_key_signs_nothing() -> None:
    """A signature that nobody can check says nothing."""
    ledger = begun(KEYED)
    enrolled(ledger, ORGANISER, AskKey(""))
    give(ledger, None)
    with pytest.raises(Impossible, match="not signed"):
        give(ledger, OWN[LIN], 2)


BAD: dict[str, Callable[[Ledger], int]] = {
    "names no key": lambda ledger: ledger.act(LIN, AskKey("x")),
    "has no vote": lambda ledger: ledger.act(DEPUTY, AskKey(THIEF.key)),
    "no such request": lambda ledger: ledger.act(CHAIR, SignKey(1)),
}


@pytest.mark.parametrize("why", BAD)
def test_requests_that_no_store_takes_are_told(why: str) -> None:
    """The second signature would then be for something nobody asked."""
    with pytest.raises(Impossible, match=why):
        BAD[why](begun(KEYED))


def test_requests_are_bounded_and_the_newest_counts() -> None:
    """As in the store."""
    ledger = begun(KEYED)
    first = ledger.act(LIN, AskKey(THIEF.key))
    for _ in range(MOST_ASKED - 1):
        ledger.act(LIN, AskKey(OWN[LIN].key))
    with pytest.raises(Impossible, match="times before"):
        ledger.act(LIN, AskKey(THIEF.key))
    with pytest.raises(Impossible, match="no such request"):
        ledger.act(CHAIR, SignKey(first))


def test_a_judge_without_a_key_has_no_ballot() -> None:
    """Somebody who came late asks for one first."""
    ledger = begun(structs.replace(KEYED, keys=()))
    with pytest.raises(Impossible, match="had no key"):
        give(ledger)


def test_a_vote_on_a_question_has_its_judges_signature() -> None:
    """It divides a tie: one that was put in, or turned, must not stand."""
    spec = structs.replace(KEYED, recused=(), rules=structs.replace(KEYED.rules, tie_chain=("jury", "shared")))
    rules = genesis(spec)

    def asked() -> tuple[Ledger, int]:
        ledger = Ledger(spec)
        ledger.open(ARM)
        ledger.close(ARM)
        ledger.close_count()
        head, tail = question_body(CHAIR, PutQuestion(None, (ARM, LEG), (CHAIR, LIN), MINUTE), ledger.command())
        return ledger, ledger.write("question", head + b"61000" + tail)

    def vote(own: Own | None, choice: ProjectId = ARM, said: ProjectId = ARM) -> int:
        ledger, number = asked()
        command = ledger.command()
        signature = None if own is None else own.sign(vote_text(rules, spec.poll, LIN, number, said, command))
        body, _ = question_body(LIN, Vote(number, choice, signature=signature), command)
        return ledger.write("vote", body)

    vote(OWN[LIN])
    for own, choice in ((None, ARM), (THIEF, ARM), (OWN[CHAIR], ARM), (OWN[LIN], LEG)):
        with pytest.raises(Impossible, match="not signed with the key of lin"):
            vote(own, choice)
