"""A ledger that breaks the latch is told, whatever store let it through: written from docs/voting.md alone."""

from collections.abc import Callable
from itertools import count

import msgspec
import pytest
from msgspec import structs

from roadshow.ids import CommandId, CriterionId, PanelId, PersonId, PollId, ProjectId
from roadshow.moments import Instant
from roadshow.voting import acts
from roadshow.voting.ballot import canonical, frame
from roadshow.voting.ledger.chain import chained
from roadshow.voting.ledger.proceedings import Impossible, Proceedings
from roadshow.voting.spec import Criterion, Panel, PollSpec, RuleSet, former
from roadshow.voting.tally import EntryKind
from roadshow.voting.votes import BallotKind, Cast

ARM, LEG = ProjectId("arm"), ProjectId("leg")
CHAIR, DEPUTY, LIN, ORGANISER = (PersonId(name) for name in ("chair", "deputy", "lin", "organiser"))
IMPACT = CriterionId("impact")
SPEC = PollSpec(
    PollId("robotics"),
    (ARM, LEG),
    (CHAIR, LIN),
    CHAIR,
    ((CHAIR, LEG),),
    (Criterion(IMPACT, 1, 10),),
    RuleSet("mean", 1, ("re-vote", "chair", "shared"), "exact", 3),
    deputy=DEPUTY,
    procedure=2,
)
WHY = "a reason"


class Ledger:
    """Entries as a store would write them, whether or not one would."""

    def __init__(self, spec: PollSpec = SPEC) -> None:
        self.proceedings = Proceedings(spec)
        self._sequence = count(1)
        self._commands = count()

    def write(self, kind: EntryKind, body: bytes) -> int:
        """The entry's number. Raises Impossible."""
        sequence = next(self._sequence)
        self.proceedings.take(chained("", sequence, kind, Instant(1_000 + sequence), body))
        return sequence

    def command(self) -> CommandId:
        return CommandId(f"command-{next(self._commands):04}")

    def act(self, by: PersonId, act: acts.Act) -> int:
        return self.write(acts.act_kind(act), acts.act_body(by, act, self.command()))

    def ballot(self, judge: PersonId, project: ProjectId, revision: int = 1, kind: BallotKind = "ballot") -> int:
        cast = Cast(self.command(), project, {} if kind == "recuse" else {IMPACT: 5}, revision)
        category = {"recuse": "close", "abstain": "missed"}.get(kind, "")
        return self.write(kind, frame(judge, cast, kind, category).at_revision(revision))

    def open(self, project: ProjectId) -> int:
        head, tail = acts.open_body(project)
        return self.write("open", head + b"null" + tail)

    def close(self, project: ProjectId) -> int:
        return self.write("close", acts.close_body(project, "command"))

    def settle(self, by: PersonId, *order: ProjectId) -> int:
        return self.write("settle", acts.settle_body(by, order, WHY, self.command()))

    def revote(self, by: PersonId, *projects: ProjectId) -> int:
        head, tail = acts.revote_body(by, projects, WHY, self.command())
        return self.write("revote", head + b"2" + tail)

    def confirm(self) -> int:
        return self.write("confirm", b"".join(acts.confirm_body(CHAIR, b"{}", self.command())))

    def close_count(self, number: int = 1) -> int:
        return self.act(CHAIR, acts.CloseCount(number))

    def reopen(self, number: int = 1, by: PersonId = CHAIR, signs: PersonId = ORGANISER) -> int:
        return self.act(signs, acts.Reopen(self.act(by, acts.AskReopening(number, WHY))))


def voted(spec: PollSpec = SPEC) -> Ledger:
    """Both judges have scored arm, Lin has leg."""
    ledger = Ledger(spec)
    for project, judges in ((ARM, (CHAIR, LIN)), (LEG, (LIN,))):
        ledger.open(project)
        for judge in judges:
            ledger.ballot(judge, project)
        ledger.close(project)
    return ledger


def test_whom_the_lot_gave_other_projects_scores_these_alone() -> None:
    """A ballot beside the assignment, from a store that let it in, would be one more than the rules give a project. A
    conflict may be said anyway, for a re-vote is everybody's."""
    rules = structs.replace(SPEC.rules, panels=(Panel(PanelId("jury"), 1, 1),))
    seats = ((CHAIR, PanelId("jury")), (LIN, PanelId("jury")))
    spec = structs.replace(SPEC, rules=rules, seats=seats, assigned=((CHAIR, ARM), (LIN, LEG)))
    ledger = Ledger(spec)
    ledger.open(ARM)
    ledger.ballot(CHAIR, ARM)
    with pytest.raises(Impossible, match="to others than lin"):
        ledger.ballot(LIN, ARM)
    ledger.close(ARM)
    with pytest.raises(Impossible, match="to others than lin"):
        ledger.ballot(LIN, ARM, kind="late")
    ledger.open(LEG)
    ledger.ballot(LIN, LEG)
    ledger.close(LEG)
    ledger.close_count()
    ledger.revote(DEPUTY, ARM, LEG)
    for project in (ARM, LEG):
        head, tail = acts.open_body(project, 2)
        ledger.write("open", head + b"null" + tail)
        cast = Cast(ledger.command(), project, {IMPACT: 5}, 0, 2)
        ledger.write("ballot", frame(LIN, cast).at_revision(1))


def test_what_may_be_done_is_possible() -> None:
    """Nobody must be accused of it: three counts, each with its rulings, a tie and a confirmation."""
    ledger = voted()
    late = ledger.ballot(CHAIR, ARM, 2, "late")
    ledger.act(DEPUTY, acts.AcceptLate(CHAIR, ARM, late, WHY))
    ledger.act(CHAIR, acts.Penalise(ARM, 100, WHY))
    ledger.act(CHAIR, acts.Penalise(ARM, 0, WHY))
    ledger.close_count()
    ledger.revote(DEPUTY, ARM, LEG)
    ledger.settle(DEPUTY, ARM, LEG)
    ledger.confirm()
    ledger.reopen()
    ledger.act(CHAIR, acts.Void(LIN, ARM, WHY))
    ledger.act(DEPUTY, acts.Penalise(LEG, 100, WHY))
    ledger.close_count(2)
    ledger.reopen(2, by=DEPUTY)
    ledger.act(CHAIR, acts.Restore(LIN, ARM, WHY))
    ledger.close_count(3)
    ledger.confirm()


AFTER = {
    "penalty": lambda ledger: ledger.act(CHAIR, acts.Penalise(ARM, 100, WHY)),
    "organiser's penalty": lambda ledger: ledger.act(ORGANISER, acts.Penalise(ARM, 100, WHY)),
    "void": lambda ledger: ledger.act(CHAIR, acts.Void(LIN, ARM, WHY)),
    "late": lambda ledger: ledger.ballot(LIN, ARM, 2, "late"),
    "window": lambda ledger: ledger.open(ARM),
    "closed twice": lambda ledger: ledger.close_count(),
}


@pytest.mark.parametrize("what", AFTER)
def test_nothing_moves_a_score_once_the_count_is_closed(what: str) -> None:
    """Also in a poll that was begun before counts were closed: from its first closed count on it holds."""
    for spec in (SPEC, former(SPEC)):
        AFTER[what](voted(spec)) if what != "closed twice" else None
        ledger = voted(spec)
        ledger.close_count()
        with pytest.raises(Impossible, match="closed"):
            AFTER[what](ledger)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('"category":"other","command":"command-9999","judge":"lin","project":"arm","revision":1', None),
        ('"category":"missed","command":"command-9999","judge":"lin","project":"arm","revision":1', "of what kind"),
        ('"category":"","command":"command-9999","judge":"lin","project":"arm","revision":1', "of what kind"),
        ('"command":"command-9999","judge":"lin","project":"arm","reason":"a cousin","revision":1', "of what kind"),
        (
            '"category":"close","command":"command-9999","judge":"lin","project":"arm","revision":1,"words":"a cousin"',
            "not sealed",
        ),
    ],
)
def test_a_recusal_says_of_what_kind_it_is_and_no_more(body: str, why: str | None) -> None:
    """Words in the open would be published with the record for good."""
    ledger = Ledger()
    ledger.open(ARM)
    if why is None:
        ledger.write("recuse", f"{{{body}}}".encode())
    else:
        with pytest.raises(Impossible, match=why):
            ledger.write("recuse", f"{{{body}}}".encode())


def test_a_reason_in_the_open_is_of_a_poll_from_before() -> None:
    """Its ledger is counted again by what was asked of it then."""
    ledger = Ledger(former(SPEC))
    ledger.open(ARM)
    body = {"command": "command-9999", "judge": LIN, "project": ARM, "reason": "a cousin", "revision": 1}
    ledger.write("recuse", canonical(body))


def test_no_recusal_moves_one_in_a_revote() -> None:
    """It would take the first round's ballot out as well."""
    ledger = voted()
    ledger.close_count()
    ledger.revote(DEPUTY, ARM, LEG)
    head, tail = acts.open_body(ARM, 2)
    ledger.write("open", head + b"null" + tail)
    with pytest.raises(Impossible, match="the count is closed"):
        ledger.ballot(LIN, ARM, 2, "recuse")


@pytest.mark.parametrize(
    "act",
    [
        lambda ledger: ledger.settle(DEPUTY, ARM, LEG),
        lambda ledger: ledger.revote(DEPUTY, ARM, LEG),
        Ledger.confirm,
        lambda ledger: ledger.act(CHAIR, acts.AskReopening(1, WHY)),
    ],
)
def test_ties_are_not_settled_before_the_count_is_closed(act) -> None:  # type: ignore[no-untyped-def]
    """Who could settle one knew of it."""
    with pytest.raises(Impossible, match="not closed"):
        act(voted())


def test_a_count_is_not_closed_over_what_is_still_open() -> None:
    """A window, or a late ballot, would move a score afterwards."""
    ledger = voted()
    ledger.open(ARM)
    with pytest.raises(Impossible, match="a window is open"):
        ledger.close_count()
    ledger = voted()
    ledger.ballot(LIN, ARM, 2, "late")
    with pytest.raises(Impossible, match="a late ballot waits"):
        ledger.close_count()
    with pytest.raises(Impossible, match="not the chair"):
        voted().act(DEPUTY, acts.CloseCount(1))


@pytest.mark.parametrize(("by", "signs"), [(CHAIR, CHAIR), (CHAIR, LIN), (DEPUTY, DEPUTY), (DEPUTY, CHAIR)])
def test_a_count_is_opened_again_by_two_people(by: PersonId, signs: PersonId) -> None:
    """The second is neither who asked, nor the chair, nor a judge."""
    ledger = voted()
    ledger.close_count()
    with pytest.raises(Impossible, match="no second person"):
        ledger.reopen(by=by, signs=signs)


def test_there_are_three_counts_at_most_and_each_ruling_once_in_a_later_one() -> None:
    """Each further look tells of one more order."""
    ledger = voted()
    ledger.close_count()
    with pytest.raises(Impossible, match="neither the chair nor the deputy"):
        voted().act(ORGANISER, acts.AskReopening(1, WHY))
    ledger.reopen()
    ledger.act(CHAIR, acts.Penalise(ARM, 100, WHY))
    with pytest.raises(Impossible, match="decided before"):
        ledger.act(ORGANISER, acts.Penalise(ARM, 0, WHY))
    ledger.close_count(2)
    ledger.reopen(2)
    ledger.close_count(3)
    with pytest.raises(Impossible, match="3 counts at most"):
        ledger.reopen(3)


def test_the_chair_alone_takes_nothing_back() -> None:
    """So it was once; a forger must not pass a penalty through it."""
    body = canonical({"by": CHAIR, "command": "command-9999", "reason": WHY, "version": 1})
    for spec, is_possible in ((SPEC, False), (former(SPEC), True)):
        ledger = voted(spec)
        if not is_possible:
            ledger.close_count()
        ledger.confirm()
        if is_possible:
            ledger.write("reopen", body)
        else:
            with pytest.raises(Impossible, match="alone"):
                ledger.write("reopen", body)


def test_a_second_late_ballot_is_told() -> None:
    """Two would be two trials."""
    ledger = voted()
    ledger.act(CHAIR, acts.RejectLate(LIN, ARM, ledger.ballot(LIN, ARM, 2, "late"), WHY))
    with pytest.raises(Impossible, match="before"):
        ledger.ballot(LIN, ARM, 3, "late")


@pytest.mark.parametrize(
    "act",
    [
        lambda ledger: ledger.act(CHAIR, acts.Void(LIN, LEG, WHY)),
        lambda ledger: ledger.act(CHAIR, acts.Penalise(LEG, 100, WHY)),
        lambda ledger: ledger.act(CHAIR, acts.Void(CHAIR, ARM, WHY)),
        lambda ledger: ledger.act(DEPUTY, acts.Void(LIN, ARM, WHY)),
        lambda ledger: ledger.act(ORGANISER, acts.Void(LIN, LEG, WHY)),
        lambda ledger: (ledger.close_count(), ledger.settle(CHAIR, ARM, LEG)),
        lambda ledger: (ledger.close_count(), ledger.revote(ORGANISER, ARM, LEG)),
    ],
)
def test_nobody_decides_about_their_own_and_nobody_in_anothers_place(act) -> None:  # type: ignore[no-untyped-def]
    """The chair is recused from leg: the deputy has no conflict, so nobody else decides about it."""
    with pytest.raises(Impossible, match="to decide"):
        act(voted())


def test_an_organiser_decides_where_neither_may() -> None:
    """Else a field could not be finished."""
    ledger = voted(PollSpec(**{**{name: getattr(SPEC, name) for name in SPEC.__struct_fields__}, "deputy": None}))
    ledger.act(ORGANISER, acts.Void(LIN, LEG, WHY))
    ledger.close_count()
    ledger.settle(ORGANISER, ARM, LEG)


EACH = msgspec.structs.replace(SPEC, rules=msgspec.structs.replace(SPEC.rules, scores_told="after-each"))
LATER = msgspec.structs.replace(SPEC, rules=msgspec.structs.replace(SPEC.rules, scores_told="one-later"))


def show(ledger: Ledger, project: ProjectId, missing: int = 0, by: PersonId = ORGANISER) -> int:
    return ledger.act(by, acts.ShowCards(project, missing))


def test_cards_may_be_shown_and_later_counts_may_rule_upon_them() -> None:
    """Nobody must be accused of what the rules say."""
    ledger = voted(EACH)
    show(ledger, ARM)
    ledger.close_count()
    show(ledger, LEG)
    ledger.reopen()
    ledger.act(CHAIR, acts.Penalise(ARM, 100, WHY))
    later = voted(LATER)
    show(later, ARM)
    later.close_count()
    show(later, LEG)
    itself = voted(msgspec.structs.replace(EACH, rules=msgspec.structs.replace(EACH.rules, shown_by_itself=True)))
    show(itself, ARM, by=acts.BY_RULE)


UNSHOWABLE: dict[str, tuple[PollSpec, Callable[[Ledger], object]]] = {
    "by other rules": (SPEC, lambda ledger: show(ledger, ARM)),
    "to the chair": (
        msgspec.structs.replace(SPEC, rules=msgspec.structs.replace(SPEC.rules, scores_told="chair")),
        lambda ledger: show(ledger, ARM),
    ),
    "twice": (EACH, lambda ledger: (show(ledger, ARM), show(ledger, ARM))),
    "another number missing": (EACH, lambda ledger: show(ledger, ARM, 1)),
    "while its window is open": (EACH, lambda ledger: (ledger.open(ARM), show(ledger, ARM))),
    "by nobody": (EACH, lambda ledger: show(ledger, ARM, by=acts.BY_RULE)),
    "before a late ballot had its word": (
        EACH,
        lambda ledger: (ledger.ballot(LIN, ARM, 2, "late"), show(ledger, ARM)),
    ),
    "with too few ballots": (EACH, lambda ledger: (ledger.act(CHAIR, acts.Void(LIN, LEG, WHY)), show(ledger, LEG))),
    "of the last one": (LATER, lambda ledger: show(ledger, LEG)),
    "after the confirmation": (EACH, lambda ledger: (ledger.close_count(), ledger.confirm(), show(ledger, ARM))),
}


@pytest.mark.parametrize("how", UNSHOWABLE)
def test_cards_shown_at_the_wrong_moment_are_told(how: str) -> None:
    """A store that let it through would have told scores that could still be bent."""
    spec, act = UNSHOWABLE[how]
    with pytest.raises(Impossible):
        act(voted(spec))


AFTER_CARDS: dict[str, Callable[[Ledger], object]] = {
    "a window": lambda ledger: ledger.open(ARM),
    "a late ballot": lambda ledger: ledger.ballot(LIN, ARM, 2, "late"),
    "a penalty": lambda ledger: ledger.act(ORGANISER, acts.Penalise(ARM, 100, WHY)),
    "a void": lambda ledger: ledger.act(CHAIR, acts.Void(LIN, ARM, WHY)),
}


@pytest.mark.parametrize("act", AFTER_CARDS)
def test_what_moves_a_score_that_was_shown_is_told(act: str) -> None:
    """Also what a forged store wrote behind the hall's back."""
    ledger = voted(EACH)
    show(ledger, ARM)
    with pytest.raises(Impossible):
        AFTER_CARDS[act](ledger)
