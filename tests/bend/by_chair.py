"""What the chair, or the deputy, may try."""

from typing import Any

from roadshow.ids import PersonId, ProjectId
from tests.bend.final import (
    ANNA,
    ARM,
    CHAIR,
    CRITERIA,
    DENG,
    DEPUTY,
    EAR,
    EYE,
    LEG,
    LIN,
    MEI,
    OneFinal,
    clear,
    level,
    turned,
)
from tests.bend.ways import way


def _but_for_the_chair(judge: PersonId, project: ProjectId, criterion: int) -> int:
    return (clear if judge == CHAIR else turned)(judge, project, criterion)


TRIES = 54
"""As many as it once took to find the difference of two projects to a hundredth."""


@way(
    "chair",
    f"sends late ballots of their own {TRIES} times, accepts each and looks at the ties in between",
    caught="late.repeated, ruling.conflict",
    learns=_but_for_the_chair,
)
async def late_ballots_and_looks(final: OneFinal) -> None:
    final.voted_already.add((CHAIR, ARM))
    await final.to_voting(LEG)
    await final.says(CHAIR, "ballot.late", **final.ballot(CHAIR, ARM))
    for number in range(TRIES):
        scores = dict.fromkeys(CRITERIA, number % 11)
        await final.tries(CHAIR, "ballot.late", project=ARM, scores=scores, expected_revision=1)
        (late,) = (await final.looks(CHAIR))["review"]["late"]
        about = {"judge": CHAIR, "project": ARM, "late": late["late"]}
        await final.tries(CHAIR, "late.accept", **about, reason="I was late.")
    await final.voted()
    await final.looks(CHAIR)


@way(
    "chair",
    "confirms, opens the count again alone, and takes points off the winner",
    caught="role.not_allowed, result.confirmed",
)
async def reopens_alone(final: OneFinal) -> None:
    await final.confirmed()
    await final.says(CHAIR, "count.ask", count=1, reason="I want to look again.")
    asked = (await final.review())["asked"]["sequence"]
    await final.tries(CHAIR, "count.reopen", asked=asked)
    await final.tries(CHAIR, "project.penalty", project=ARM, points=5000, reason="Afterthought.")


@way("chair", "takes points off once the count is closed and the ties are known", caught="count.closed", scores=level)
async def penalty_after_the_count(final: OneFinal) -> None:
    await final.counted()
    await final.tries(CHAIR, "project.penalty", project=ARM, points=1, reason="Overtime.")


@way("chair", "voids a ballot once the count is closed", caught="count.closed")
async def void_after_the_count(final: OneFinal) -> None:
    await final.counted()
    await final.tries(CHAIR, "ballot.void", judge=LIN, project=ARM, reason="Was away.")


@way("chair", "sets ballots aside for a project they have a conflict with", caught="ruling.conflict")
async def void_in_conflict(final: OneFinal) -> None:
    await final.voted()
    for judge in (LIN, MEI):
        await final.tries(CHAIR, "ballot.void", judge=judge, project=EAR, reason="Too strict.")
    await final.tries(CHAIR, "project.penalty", project=EAR, points=100, reason="Overtime.")


def _ear_level(judge: Any, project: Any, criterion: int) -> int:
    """Eye and ear are tied for the third place."""
    return 4 if project in (EYE, EAR) else clear(judge, project, criterion)


@way("chair", "settles a tie of a project they have a conflict with", caught="ruling.conflict", scores=_ear_level)
async def settle_in_conflict(final: OneFinal) -> None:
    await final.counted()
    await final.tries(CHAIR, "result.settle", order=[EAR, EYE], reason="Mine is better.")
    await final.tries(CHAIR, "result.revote", projects=[EYE, EAR], reason="Once more.")


@way(
    "chair",
    "settles ties on trial before the count is closed, to see which are taken",
    caught="count.open",
    learns=level,
)
async def settles_on_trial(final: OneFinal) -> None:
    await final.voted()
    for order in ([ARM, LEG], [LEG, EYE], [ARM, EYE], [ARM, LEG, EYE]):
        await final.tries(CHAIR, "result.settle", order=order, reason="On trial.")


@way("chair", "asks for re-votes on trial before the count is closed", caught="count.open", learns=level)
async def revotes_on_trial(final: OneFinal) -> None:
    await final.voted()
    for projects in ([ARM, LEG], [LEG, EYE], [ARM, LEG, EYE]):
        await final.tries(CHAIR, "result.revote", projects=projects, reason="On trial.")


@way(
    "chair",
    "confirms on trial before the count is closed, to see whether a tie stands in the way",
    caught="count.open",
    learns=level,
)
async def confirms_on_trial(final: OneFinal) -> None:
    await final.voted()
    await final.tries(CHAIR, "result.confirm", accept_incomplete=True)
    await final.looks(CHAIR)


@way(
    "chair",
    "closes the count to see the ties while projects are still to pitch",
    caught="result.not_over",
    learns=turned,
)
async def closes_early(final: OneFinal) -> None:
    await final.to_voting(EAR)
    await final.tries(CHAIR, "count.close", count=1)
    await final.looks(CHAIR)


@way("chair", "closes the count over a late ballot, to decide on it when the ties are known", caught="result.late")
async def closes_over_a_late_ballot(final: OneFinal) -> None:
    await final.nobody_votes(ARM)
    for judge in (CHAIR, MEI, "olga", "ray"):
        await final.says(judge, "ballot.late", **final.ballot(judge, ARM))
    await final.voted()
    await final.tries(CHAIR, "count.close", count=1)
    for late in (await final.review())["late"]:
        about = {"judge": late["judge"], "project": ARM, "late": late["late"]}
        await final.says(final.office(late["decided_by"]), "late.accept", **about, reason="All were late.")
    await final.says(LIN, "ballot.late", **final.ballot(LIN, ARM))
    (late,) = (await final.review())["late"]
    await final.says(CHAIR, "late.accept", judge=LIN, project=ARM, late=late["late"], reason="All were late.")


@way(
    "chair",
    "votes on a tie before the ties are told, by an order of projects that are not level",
    caught="result.no_tie",
)
async def settles_no_tie(final: OneFinal) -> None:
    await final.counted()
    await final.tries(CHAIR, "result.settle", order=[LEG, ARM], reason="Better.")
    await final.tries(CHAIR, "result.revote", projects=[ARM, LEG], reason="Once more.")


@way(
    "chair",
    "confirms and signs as the second person, too",
    caught="result.same_person",
    rules={"second_confirmation": True},
)
async def signs_twice(final: OneFinal) -> None:
    await final.counted()
    await final.says(CHAIR, "result.confirm", accept_incomplete=True)
    await final.tries(CHAIR, "result.countersign", version=1)


@way("chair", "gives a ballot in a judge's name", caught="message.malformed")
async def ballot_in_anothers_name(final: OneFinal) -> None:
    await final.to_voting(LEG)
    await final.tries(CHAIR, "ballot.cast", judge=MEI, **final.ballot(MEI, LEG))


@way(
    "chair",
    "takes off more points than a project can have, or fewer than none",
    caught="penalty.out_of_range, message.malformed",
)
async def penalty_out_of_range(final: OneFinal) -> None:
    await final.voted()
    await final.tries(CHAIR, "project.penalty", project=ARM, points=100_01, reason="All of them.")
    await final.tries(CHAIR, "project.penalty", project=LEG, points=-2000, reason="A gift.")


@way("chair", "rules without a reason, or with blanks for one", caught="reason.length")
async def no_reason(final: OneFinal) -> None:
    await final.voted()
    await final.tries(CHAIR, "project.penalty", project=ARM, points=5000, reason="        ")
    await final.tries(CHAIR, "ballot.void", judge=LIN, project=ARM, reason="\u200b\u200b\u200b\u200b\u200b")


@way("chair", "announces the places themselves", caught="role.not_allowed")
async def announces(final: OneFinal) -> None:
    await final.confirmed()
    await final.tries(CHAIR, "result.reveal", announced=0)


@way("chair", "takes so many points off the winner that another wins", told="results, protocol")
async def penalty_for_the_winner(final: OneFinal) -> None:
    await final.voted()
    await final.tries(CHAIR, "project.penalty", project=ARM, points=5000, reason="Spoke nine minutes too long.")


@way("chair", "sets so many ballots for the winner aside that it gets no place", told="results, protocol")
async def voids_the_winner(final: OneFinal) -> None:
    await final.voted()
    for judge in (LIN, MEI, "olga"):
        await final.tries(CHAIR, "ballot.void", judge=judge, project=ARM, reason=f"{judge.title()} knows the team.")


@way("chair", "opens the count again together with an organiser, and takes points off", told="results, protocol")
async def reopens_with_an_organiser(final: OneFinal) -> None:
    await final.confirmed()
    await final.tries(CHAIR, "count.ask", count=1, reason="Something was forgotten.")
    asked = (await final.review())["asked"]["sequence"]
    await final.tries(ANNA, "count.reopen", asked=asked, told="Signed: count 2 opened.")
    await final.tries(CHAIR, "project.penalty", project=ARM, points=5000, reason="Spoke too long, on second thoughts.")


@way("chair", "opens the count again to search: the same ruling with other points", caught="ruling.repeated")
async def rules_twice_in_a_later_count(final: OneFinal) -> None:
    await _reopen(final, 1)
    await final.says(DEPUTY, "project.penalty", project=EAR, points=100, reason="Overtime.")
    await final.tries(DEPUTY, "project.penalty", project=EAR, points=101, reason="Overtime, a trial.")
    await final.tries(DEPUTY, "project.penalty", project=EAR, points=0, reason="Overtime, taken back.")


@way("chair", "has the count opened again and again", caught="count.no_more")
async def a_fourth_count(final: OneFinal) -> None:
    await _reopen(final, 1)
    await _reopen(final, 2)
    await final.counted()
    await final.tries(CHAIR, "count.ask", count=3, reason="Once more.")


async def _reopen(final: OneFinal, count: int) -> None:
    await final.counted()
    await final.says(CHAIR, "count.ask", count=count, reason="We have to look again.")
    await final.says(DENG, "count.reopen", asked=(await final.review())["asked"]["sequence"])


@way("chair", "has the deputy ask and sign for another count", caught="count.second_person")
async def deputy_asks_and_signs(final: OneFinal) -> None:
    await final.confirmed()
    await final.says(DEPUTY, "count.ask", count=1, reason="We have to look again.")
    await final.tries(DEPUTY, "count.reopen", asked=(await final.review())["asked"]["sequence"])


@way("chair", "has the deputy rule where the chair has no conflict", caught="result.not_chair")
async def deputy_rules(final: OneFinal) -> None:
    await final.voted()
    await final.tries(DEPUTY, "project.penalty", project=ARM, points=5000, reason="Overtime.")
    await final.tries(DEPUTY, "ballot.void", judge=LIN, project=ARM, reason="Was away.")


@way("chair", "has the deputy close the count and confirm", caught="role.not_allowed")
async def deputy_confirms(final: OneFinal) -> None:
    await final.voted()
    await final.tries(DEPUTY, "count.close", count=1)
    await final.tries(DEPUTY, "result.confirm", accept_incomplete=True)


@way(
    "chair",
    "reads from the review's numbers and the ceremony whether anybody is level, before the count is closed",
    caught="nothing to be learned",
    learns=level,
)
async def numbers_tell_of_ties(final: OneFinal) -> None:
    await final.voted()
    for who in (CHAIR, DEPUTY, ANNA, LIN, "audience"):
        await final.looks(who)


@way(
    "chair",
    "has deputy and organisers read it after the count, who have no tie to settle",
    caught="nothing to be learned",
    learns=level,
)
async def others_learn_of_ties(final: OneFinal) -> None:
    await final.confirmed()
    for who in (DEPUTY, ANNA, LIN, "pitcher-arm", "audience"):
        await final.looks(who)


def _apart(judge: PersonId, project: ProjectId, criterion: int) -> int:
    """One judge is far from all others, and gives everybody the same."""
    return 0 if judge == LIN else clear(judge, project, criterion)


@way(
    "chair",
    "sets a ballot aside, and looks whether an alarm about the judges' scores falls silent",
    caught="nothing to be learned",
    scores=clear,
    learns=_apart,
)
async def measures_by_alarms(final: OneFinal) -> None:
    await final.voted()
    for act in ("ballot.void", "ballot.restore"):
        final.seen.append(str((await final.review())["striking"]))
        await final.says(CHAIR, act, judge=LIN, project=ARM, reason="The log will tell.")
    final.seen.append(str((await final.review())["striking"]))


@way(
    "organiser",
    "reads on control what is told the chair of the judges' scores, once the count is closed",
    caught="nothing to be learned",
    scores=clear,
    learns=_apart,
)
async def reads_the_chairs_alarms(final: OneFinal) -> None:
    await final.counted()
    for who in (ANNA, DEPUTY):
        final.seen.append(str((await final.snapshot(who))["review"]["striking"]))
