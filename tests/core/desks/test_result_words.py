"""A published result in words, each kind of step and in every language."""

import re
from typing import get_args, get_type_hints

import pytest

from roadshow.desks.result.words import DECIDED_BY, ESTIMATORS, NO_BALLOT, OUTCOMES, TIE_STEPS, Remark, Words
from roadshow.ids import AwardId, CriterionId, PanelId, PersonId, PollId, ProjectId
from roadshow.languages import catalogue
from roadshow.texts import LANGUAGES
from roadshow.voting.explanation import (
    AudienceAdded,
    CarriedOver,
    Counted,
    Deducted,
    Dropped,
    Estimated,
    Figure,
    JudgeLine,
    JudgeState,
    Met,
    NotHeld,
    PanelLine,
    Penalised,
    Placed,
    Prized,
    Ranked,
    Step,
    Taken,
    TieTried,
    Weighed,
)
from roadshow.voting.results import Absence, Caveat, Standing
from roadshow.voting.spec import EstimatorName, TieStep

ARM, LEG, EYE = ProjectId("arm"), ProjectId("leg"), ProjectId("eye")
TEAM = CriterionId("team")
LIN, MEI = PersonId("lin"), PersonId("mei")
HALF, THIRDS = Figure("87.5", "87.50"), Figure("263/3", "87.67")
NAMES = {ARM: "Arm", LEG: "Leg", EYE: "Eye"}


PRIZES = {AwardId("first"): "First prize", AwardId("second"): "Second prize"}


def words(language: str) -> Words:
    return Words(
        catalogue(language), NAMES, {TEAM: "Team"}, {PanelId("experts"): "Experts"}, PRIZES, {PollId("ai"): "AI"}
    )


TOLD: tuple[tuple[Step, str], ...] = (
    (Counted((), 1200, 3), "Ballots that count: 1,200 of 0; at least 3 are needed."),
    (Estimated("mean", "mean", HALF, 3), "By the mean, the ballots make 87.50 points of 100."),
    (
        Estimated("trimmed-mean", "mean", HALF, 3),
        "By the mean, the ballots make 87.50 points of 100. The rules name the trimmed mean, but some project has too "
        "few ballots for it (3), so it is not used for any project of the field.",
    ),
    (
        Estimated("trimmed-mean", "trimmed-mean", HALF, 5, (Dropped(("70.00", "71.50"), ("99.00",)),)),
        "By the trimmed mean, the ballots make 87.50 points of 100. Left out: lowest 70.00, 71.50, highest 99.00.",
    ),
    (
        Estimated("trimmed-mean", "trimmed-mean", HALF, 5, (Dropped(("7",), ("9",), TEAM), Dropped((), ()))),
        "By the trimmed mean, the ballots make 87.50 points of 100. Left out on Team: lowest 7, highest 9.",
    ),
    (
        Estimated("z-score", "z-score", HALF, 5, raw=Figure("0.1", "0.100")),
        "By the mean of standardised scores (z-scores), the ballots make 87.50 points of 100. Before scaling: 0.100.",
    ),
    (
        Weighed(
            (
                PanelLine(PanelId("experts"), 60, 3, HALF, (Dropped(("70.00",), ("90.00",)),)),
                PanelLine(PanelId("gone"), 40, 1, THIRDS),
            )
        ),
        "Experts, weight 60: 87.50. Ballots that count: 3. Left out: lowest 70.00, highest 90.00. "
        "gone, weight 40: 87.67. Ballots that count: 1.",
    ),
    (
        Deducted((Taken(TEAM, 2, Figure("1.5", "1.50")), Taken(CriterionId("gone"), 1, THIRDS))),
        "Judges who took points off for “Team”: 2; on average 1.50. Judges who took points off for “gone”: 1; on "
        "average 87.67. They are off these judges' own totals.",
    ),
    (
        Deducted((Taken(TEAM, 2, HALF),), HALF, THIRDS),
        "Judges who took points off for “Team”: 2; on average 87.50. On average 87.50 points are taken off, which "
        "leaves 87.67.",
    ),
    (
        Penalised(HALF, "late & <b>loud</b>, 5% over", THIRDS),
        "A penalty takes 87.50 points off, which leaves 87.67. Reason: late & <b>loud</b>, 5% over",
    ),
    (
        AudienceAdded(12, 40, 20, THIRDS),
        "The audience gave it 12 votes, the most that any project has are 40. They make 20% of the score: 87.67.",
    ),
    (
        CarriedOver(PollId("ai"), LEG, 1, HALF, HALF, 40, THIRDS, HALF),
        "It brings 87.50 points from AI, where it had place 1. Together: 87.50 × 40% + 87.67 × 60% = 87.50.",
    ),
    (
        CarriedOver(PollId("north"), LEG, 2, HALF, THIRDS, 100, HALF, THIRDS),
        "It brings 87.67 points from north, where it had place 2: its 87.50 points there, measured by the best of that "
        "field. Together: 87.67 × 100% + 87.50 × 0% = 87.67.",
    ),
    (Ranked("exact", THIRDS, 2, (LEG, EYE)), "With 87.67 points it stands level with Leg, Eye."),
    (
        TieTried("heaviest-criterion", (ARM, LEG, EYE), "divided", ((LEG,), (ARM, EYE)), {LEG: THIRDS, ARM: HALF}),
        "Tie between Arm, Leg, Eye, by the heaviest criterion: divided: 1. Leg; 2. Arm, Eye. (Leg 87.67; Arm 87.50)",
    ),
    (
        TieTried("pairwise-majority", (ARM, LEG), "level", beats={ARM: (LEG, EYE), LEG: ()}),
        "Tie between Arm, Leg, by majority of judges, pair by pair: still level. Arm is ahead of Leg, Eye with more "
        "judges.",
    ),
    (TieTried("re-vote", (ARM, LEG), "waits"), "Tie between Arm, Leg, by the jury's re-vote: waits for a vote."),
    (
        TieTried("re-vote", (ARM, LEG), "waived"),
        "Tie between Arm, Leg, by the jury's re-vote: not held; the chair has voted instead.",
    ),
    (
        TieTried("chair", (ARM, LEG), "not-asked"),
        "Tie between Arm, Leg, by the chair's vote: not asked, for no place on the podium hangs on it.",
    ),
    (
        TieTried("chair", (ARM, LEG), "divided", ((LEG,), (ARM,)), reason="A working model"),
        "Tie between Arm, Leg, by the chair's vote: divided: 1. Leg; 2. Arm. Reason: A working model",
    ),
    (TieTried("shared", (ARM, LEG), "shared"), "Tie between Arm, Leg, by shared place: the place is shared."),
    (
        NotHeld((ARM, LEG), 1, 3),
        "The re-vote on Arm, Leg counts as not held: judges who scored all of them: 1; at least 3 are needed.",
    ),
    (Prized(AwardId("second"), (AwardId("first"),)), "Too few points for: First prize. Prize: Second prize."),
    (Prized(least=HALF), "Fewer than 87.50 points: not on the podium."),
    (Placed(None, "incomplete"), "Too few ballots: no place."),
    (
        Met((LEG,), (EYE,), (ARM,)),
        "More judges put it ahead of: Leg. As many judges put it ahead as behind: Eye. More judges put it behind: Arm.",
    ),
    (Placed(None, "unmet"), "Compared with too few other projects: no place."),
    (Placed(None, "not-through"), "It did not come through from the field before, and was not scored."),
    (Placed(2, "score"), "Place 2."),
    (Placed(2, "shared", (LEG, EYE)), "Place 2, shared with Leg, Eye."),
)


@pytest.mark.parametrize(("step", "told"), TOLD)
def test_each_step_is_told_in_plain_sentences(step: Step, told: str) -> None:
    """Whoever asks why a project came second reads this, and what people wrote stays text."""
    assert words("en").step(step) == told


def test_every_kind_of_step_is_among_these() -> None:
    """One that nobody has looked at would first be read on the evening of a final."""
    assert {type(step) for step, _ in TOLD} == set(get_args(Step))


CAVEATS = (
    (
        Caveat(declared="trimmed-mean", used="mean", short=(LEG, EYE), needed=5, first=(ARM,)),
        (
            "Instead of the trimmed mean, which the rules name, the mean was used for the whole field, because fewer "
            "than 5 ballots count for: Leg, Eye.",
            "By the trimmed mean, this would be first: Arm.",
        ),
    ),
    (
        Caveat(
            absent=(Absence(ARM, (LIN, MEI)),),
            provisional=True,
            declared="trimmed-mean",
            used="mean",
            short=(ARM,),
            needed=5,
        ),
        (
            "Instead of the trimmed mean, which the rules name, the mean was used for the whole field, because fewer "
            "than 5 ballots count for: Arm.",
            "By the trimmed mean nothing can be worked out: too few ballots are left.",
            "The result is provisional: a missing ballot could move other projects than its own.",
            "No ballot came for Arm from: Lin, Judge 2.",
        ),
    ),
    (Caveat((Absence(EYE, (PersonId("gone"),)),)), ("No ballot came for Eye from: gone.",)),
    (None, ()),
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("caveat", "told"), CAVEATS)
def test_what_hangs_on_missing_ballots_is_told(caveat: Caveat | None, told: tuple[str, ...], language: str) -> None:
    """In every language, and of judges what the page calls them."""
    said = words(language).caveat(caveat, {LIN: "Lin", MEI: "Judge 2"})
    assert len(said) == len(told)
    assert not any("%" in sentence for sentence in said)
    assert (said == told) == (language == "en" or not told)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_step_can_be_told_in_every_language(language: str) -> None:
    """A placeholder that is spelt differently in a translation would take the page down."""
    for step, told in TOLD:
        text = words(language).step(step)
        assert "%" not in re.sub(r"\d+\s?%", "", text)
        assert (text == told) == (language == "en")


def test_figures_have_the_readers_decimal_sign() -> None:
    """87.50 reads as a date in Russian."""
    assert "87,50" in words("ru").step(Estimated("mean", "mean", HALF, 3))


def test_everything_that_the_rules_can_name_has_a_name_for_people() -> None:
    """A rule that is added without its words is found here, and not by the first reader."""
    outcomes = set(get_args(get_type_hints(TieTried)["outcome"]))
    assert set(ESTIMATORS) == set(get_args(EstimatorName))
    assert set(TIE_STEPS) == set(DECIDED_BY) == set(get_args(TieStep))
    assert set(OUTCOMES) == outcomes - {"divided"}
    assert set(NO_BALLOT) == set(get_args(JudgeState)) - {"submitted"}


def standing(decided_by: str) -> Standing:
    return Standing(ARM, None, "", 3, {}, decided_by)


def test_what_is_out_of_the_ordinary_stands_beside_the_name() -> None:
    """A project without a place had too few ballots, or was not there: these are two stories."""
    said = words("en")
    assert said.remark(standing("score"), pitched=True) is None
    assert said.remark(standing("chair"), pitched=True) == Remark("tie: chair's vote")
    assert said.remark(standing("incomplete"), pitched=True) == Remark("too few ballots", is_warning=True)
    assert said.remark(standing("incomplete"), pitched=False) == Remark("did not pitch")
    assert said.no_ballot(JudgeLine(PersonId("lin"), "void")) == "set aside"
