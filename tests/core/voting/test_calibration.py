"""Calibration by itself: what cards come to beside each other, and what the ledger may say of rounds."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadshow.errors import Conflict
from roadshow.ids import CommandId, CriterionId, PersonId, PollId, ProjectId
from roadshow.moments import Instant
from roadshow.voting.acts import open_body
from roadshow.voting.ballot import canonical
from roadshow.voting.calibration.rounds import (
    MOST_ROUNDS,
    About,
    Calibration,
    CalibrationAct,
    CloseRound,
    HandIn,
    OpenRound,
    ToldRound,
    after,
    calibrate_body,
    read,
    seal,
    told,
    written,
)
from roadshow.voting.calibration.spread import compared
from roadshow.voting.ledger.chain import chained, genesis
from roadshow.voting.ledger.proceedings import Impossible, Proceedings
from roadshow.voting.spec import Criterion, PollSpec, RuleSet
from roadshow.voting.tally import EntryKind

ARM = ProjectId("arm")
CHAIR, LIN, VERA = map(PersonId, ("chair", "lin", "vera"))
IDEA, TEAM = map(CriterionId, ("idea", "team"))
SPEC = PollSpec(
    PollId("ai"),
    (ARM,),
    (CHAIR, LIN),
    CHAIR,
    (),
    (Criterion(IDEA, 3, 10), Criterion(TEAM, 1, 10, 2)),
    RuleSet("mean", 1, ("shared",), "exact", 1),
    procedure=2,
    reserve=(VERA,),
)
COMMAND = CommandId("rule-00000001")
HELD = ToldRound(CHAIR, 2_000, 3, 1_000, "sample-a")


def taken(*entries: tuple[EntryKind, bytes]) -> None:
    """By a recount, each a second after the one before. Raises Impossible."""
    proceedings, parent = Proceedings(SPEC), genesis(SPEC)
    for number, (kind, body) in enumerate(entries, start=1):
        entry = chained(parent, number, kind, Instant(9_000 + 1_000 * number), body)
        proceedings.take(entry)
        parent = entry.hash


def told_of(*rounds: ToldRound) -> tuple[EntryKind, bytes]:
    return "calibrate", calibrate_body(rounds, COMMAND)


def opened() -> tuple[EntryKind, bytes]:
    head, tail = open_body(ARM)
    return "open", head + b"null" + tail


def test_a_ledger_may_begin_with_the_rounds_that_were_held() -> None:
    taken(told_of(HELD, ToldRound(LIN, None, 0, 2_000, "sample-a")), opened())


@pytest.mark.parametrize(
    "rounds",
    [
        (),
        (HELD,) * (MOST_ROUNDS + 1),
        (ToldRound(CHAIR, 2_000, 4, 1_000, "sample-a"),),
        (ToldRound(CHAIR, 2_000, -1, 1_000, "sample-a"),),
        (ToldRound(CHAIR, 999, 3, 1_000, "sample-a"),),
        (ToldRound(CHAIR, 20_000, 3, 1_000, "sample-a"),),
        (ToldRound(CHAIR, None, 3, 20_000, "sample-a"),),
        (ToldRound(CHAIR, 2_000, 3, 1_000, "Sample A"),),
        (ToldRound(CHAIR, None, 3, 1_000, "sample-a"), HELD),
        (ToldRound(CHAIR, 2_000, 3, 1_000, "sample-a"), ToldRound(CHAIR, 3_000, 3, 1_500, "sample-a")),
    ],
)
def test_no_rounds_are_told_that_could_not_have_been(rounds: tuple[ToldRound, ...]) -> None:
    with pytest.raises(Impossible):
        taken(told_of(*rounds))


def test_rounds_are_told_once_by_nobody_and_before_the_first_window() -> None:
    by_somebody: dict[str, Any] = {"by": CHAIR, "command": COMMAND, "rounds": [HELD]}
    for entries in (
        (opened(), told_of(HELD)),
        (told_of(HELD), ("calibrate", calibrate_body((HELD,), CommandId("rule-00000002")))),
        (("calibrate", canonical(by_somebody)),),
    ):
        with pytest.raises(Impossible):
            taken(*entries)


_scores = st.fixed_dictionaries({IDEA: st.integers(0, 10), TEAM: st.integers(0, 20)})
_cards = st.dictionaries(st.sampled_from((CHAIR, LIN, VERA)), _scores, min_size=1)


@given(_cards)
def test_cards_beside_each_other_come_to_what_the_rules_make_of_totals(
    cards: dict[PersonId, dict[CriterionId, int]],
) -> None:
    """Else a judge would calibrate on another scale than the one that counts."""
    spread = compared(SPEC, cards)
    assert spread is not None
    for judge, scores in cards.items():
        own = Fraction(75 * scores[IDEA], 10) + Fraction(25 * scores[TEAM], 20)
        assert spread.totals[judge] == own
        assert read(written(scores), SPEC) == scores
    assert spread.total.mean == sum(spread.totals.values()) / len(cards)
    assert (spread.total.lowest, spread.total.highest) == (min(spread.totals.values()), max(spread.totals.values()))
    halves = [Fraction(scores[TEAM], 2) for scores in cards.values()]
    assert spread.criteria[TEAM] == (sum(halves) / len(halves), min(halves), max(halves))


def test_without_a_card_there_is_nothing_to_compare() -> None:
    assert compared(SPEC, {}) is None


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b'{"idea":1}', b'{"idea": 1,"team":1}', b'{"team":1,"idea":1}', b'{"idea":11,"team":1}', b"\xff"],
)
def test_what_is_no_card_is_none(text: bytes) -> None:
    assert read(text, SPEC) is None


def test_a_seal_is_of_one_judge_one_round_and_one_card() -> None:
    about = About(SPEC.poll, 1, "sample-a", LIN)
    others = (
        about._replace(number=2),
        about._replace(judge=CHAIR),
        about._replace(sample="b"),
        about._replace(poll=PollId("b")),
    )
    seals = {seal(one, "{}", bytes.hex) for one in (about, *others)} | {seal(about, "x", bytes.hex)}
    assert len(seals) == 6


_acts: st.SearchStrategy[CalibrationAct] = st.one_of(
    st.builds(OpenRound, st.integers(0, 4), st.sampled_from("ab"), st.just(CHAIR)),
    st.builds(HandIn, st.integers(0, 4), st.sampled_from((CHAIR, LIN, VERA)), st.sampled_from("xy"), st.just("s")),
    st.builds(CloseRound, st.integers(0, 4)),
)


@given(st.lists(st.tuples(_acts, st.integers(0, 50)), max_size=40))
def test_whatever_is_done_what_is_told_of_it_could_have_been(acts: list[tuple[CalibrationAct, int]]) -> None:
    """One round is open at most, closed ones stand, and a recount believes the rest."""
    now, at, held = Calibration(), 0, Calibration()
    for act, later in acts:
        at += later
        former = now
        try:
            now = after(now, act, SPEC, Instant(at))
        except Conflict:
            continue
        assert now.changes - former.changes in (0, 1)
        assert (now == former) == (now.changes == former.changes)
        closed = [one for one in former.rounds if one.closed_at is not None]
        assert list(now.rounds[: len(closed)]) == closed
        held = now
    assert all(one.closed_at is not None for one in now.rounds[:-1])
    if held.rounds:
        taken(told_of(*told(held, SPEC)), opened())
