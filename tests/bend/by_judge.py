"""What a judge may try, with a desk or two of their own."""

from roadshow.competitions.definition import Deduction
from roadshow.ids import CriterionId
from roadshow.texts import Text
from tests.bend.final import ARM, CHAIR, CRITERIA, EAR, EYE, LEG, LIN, MEI, OLGA, OneFinal, Scores, clear, turned
from tests.bend.ways import way

FULL_MARKS = dict.fromkeys(CRITERIA, 10)
TITLE = Text(en="Reads from a sheet", zh="照稿宣读", ru="Чтение с листа")
READING = {"deductions": (Deduction(CriterionId("reading"), TITLE, 3),)}
ORDERS = {"ballots": "orders", "estimator": "borda", "tie_chain": ("pairwise-majority", "chair")}


@way("judge", "scores a project they have declared a conflict with", caught="ballot.recused")
async def scores_in_conflict(final: OneFinal) -> None:
    await final.to_voting(EAR)
    await final.tries(CHAIR, "ballot.cast", **final.ballot(CHAIR, EAR))


@way("judge", "withdraws for a conflict, and scores the project all the same", caught="ballot.recused")
async def scores_after_recusal(final: OneFinal) -> None:
    await final.to_voting(EAR)
    await final.says(LIN, "ballot.recuse", project=EAR, category="stake")
    await final.tries(LIN, "ballot.cast", project=EAR, scores=FULL_MARKS, expected_revision=1)
    await final.tries(LIN, "ballot.abstain", project=EAR, category="missed", expected_revision=1)


@way("judge", "votes twice, from two devices", caught="ballot.stale")
async def votes_from_two_devices(final: OneFinal) -> None:
    await final.to_voting(LEG)
    final.absent.add(LIN)
    await final.vote(LIN, LEG)
    final.forget_desk(LIN)
    await final.tries(LIN, "ballot.cast", project=LEG, scores=FULL_MARKS, expected_revision=0)
    final.absent.clear()


@way("judge", "scores after the window has closed", caught="ballot.closed")
async def scores_too_late(final: OneFinal) -> None:
    await final.to_voting(LEG)
    await final.tries(LIN, "ballot.cast", project=ARM, scores=dict.fromkeys(CRITERIA, 0), expected_revision=1)


@way("judge", "scores a project before it has pitched", caught="ballot.closed")
async def scores_too_early(final: OneFinal) -> None:
    await final.tries(LIN, "ballot.cast", project=EAR, scores=FULL_MARKS, expected_revision=0)
    await final.tries(LIN, "ballot.late", project=EAR, scores=FULL_MARKS, expected_revision=0)


@way("judge", "sends a second late ballot, having heard how the first was taken", caught="late.repeated")
async def two_late_ballots(final: OneFinal) -> None:
    await final.to_voting(LEG)
    await final.says(LIN, "ballot.late", project=ARM, scores=FULL_MARKS, expected_revision=1)
    await final.tries(LIN, "ballot.late", project=ARM, scores=dict.fromkeys(CRITERIA, 0), expected_revision=2)


@way(
    "judge",
    "gives more than the scale has, less than nothing, a criterion of their own, or leaves one out",
    caught="ballot.out_of_range, ballot.unknown_criterion, ballot.missing_criterion",
)
async def scores_off_the_scale(final: OneFinal) -> None:
    await final.to_voting(ARM)
    for scores in (
        FULL_MARKS | {"team": 11},
        FULL_MARKS | {"team": -1},
        FULL_MARKS | {"charm": 10},
        {"team": 10},
    ):
        await final.tries(LIN, "ballot.cast", project=ARM, scores=scores, expected_revision=0)


@way("judge", "sends the id of an acknowledged ballot again, with other scores", caught="ballot.command_reused")
async def replays_a_command(final: OneFinal) -> None:
    await final.to_voting(LEG)
    command = final.receipts[LIN][-1]["command"]
    scores = dict.fromkeys(CRITERIA, 0)
    await final.tries(LIN, "ballot.cast", command=command, project=ARM, scores=scores, expected_revision=0)
    scored = final.ballot(MEI, ARM) | {"command": final.receipts[MEI][-1]["command"]}
    await final.tries(LIN, "ballot.cast", **scored)


@way("judge", "scores in another field's room", caught="room.not_yours")
async def scores_in_another_room(final: OneFinal) -> None:
    await final.tries("bio-0", "ballot.cast", **final.ballot(LIN, ARM))
    await final.tries("bio-chair", "project.penalty", project=ARM, points=5000, reason="Overtime.")
    await final.tries("bio-chair", "count.close", count=1)


@way("judge", "sends ballots of a re-vote that nobody has opened", caught="ballot.closed")
async def a_round_of_ones_own(final: OneFinal) -> None:
    await final.to_voting(LEG)
    for number in (2, 3, 1000):
        await final.tries(LIN, "ballot.cast", round=number, project=LEG, scores=FULL_MARKS, expected_revision=0)


@way("judge", "rules, settles, closes and confirms as if they had the chair", caught="role.not_allowed")
async def acts_as_the_chair(final: OneFinal) -> None:
    await final.voted()
    await final.tries(LIN, "ballot.void", judge=MEI, project=ARM, reason="Too generous.")
    await final.tries(LIN, "project.penalty", project=ARM, points=100, reason="Overtime.")
    await final.tries(LIN, "result.settle", order=[LEG, ARM], reason="Better.")
    await final.tries(LIN, "count.close", count=1)
    await final.counted()
    await final.tries(LIN, "result.confirm", accept_incomplete=True)


@way("judge", "signs as the second person that the count is opened again", caught="role.not_allowed")
async def signs_a_reopening(final: OneFinal) -> None:
    await final.confirmed()
    await final.says(CHAIR, "count.ask", count=1, reason="We have to look again.")
    asked = (await final.review())["asked"]["sequence"]
    for judge in (LIN, MEI):
        await final.tries(judge, "count.reopen", asked=asked)


def _but_for_lin(others: Scores) -> Scores:
    def scores(judge: str, project: str, criterion: int) -> int:
        return (clear if judge == LIN else others)(judge, project, criterion)  # type: ignore[arg-type]

    scores.__name__ = f"{others.__name__}_but_for_lin"
    return scores


@way(
    "judge",
    "reads from what their desk is told, or from files asked for early, what the others gave",
    caught="result.sealed",
    scores=_but_for_lin(clear),
    learns=_but_for_lin(turned),
)
async def reads_others_scores(final: OneFinal) -> None:
    await final.voted()
    await final.looks(LIN)
    for name in ("record.json", "table.csv"):
        await final.gets(f"/rooms/final/{name}", LIN)
    await final.confirmed()
    await final.looks(LIN)


@way("judge", "casts again for a project for which their ballots were set aside", caught="ballot.void")
async def scores_after_a_void(final: OneFinal) -> None:
    await final.to_voting(LEG)
    await final.vote(OLGA, LEG)
    await final.says(CHAIR, "ballot.void", judge=OLGA, project=LEG, reason="Was on the telephone.")
    await final.tries(OLGA, "ballot.cast", project=LEG, scores=FULL_MARKS, expected_revision=1)
    await final.says(CHAIR, "ballot.restore", judge=OLGA, project=LEG, reason="It was for the jury.")
    final.voted_already.add((OLGA, LEG))


@way("judge", "scores, or sends a late ballot, once the count is closed", caught="count.closed")
async def scores_after_the_count(final: OneFinal) -> None:
    await final.counted()
    await final.tries(LIN, "ballot.cast", project=EYE, scores=FULL_MARKS, expected_revision=1)
    await final.tries(LIN, "ballot.late", project=EYE, scores=FULL_MARKS, expected_revision=1)
    await final.tries(LIN, "ballot.recuse", project=ARM, category="stake")


@way("judge", "comes to another judge's desk with their own sign-in", caught="sign_in.needed")
async def at_anothers_desk(final: OneFinal) -> None:
    await final.to_voting(LEG)
    await final.tries_as(MEI, await final.cookie(LIN), "ballot.cast", **final.ballot(MEI, LEG))


@way(
    "judge",
    "abstains on the last project to end trimming for the whole field, where the rules name as many ballots as judges",
    told="results, protocol",
    rules={"trim_n_min": 5},
)
async def abstains_to_end_trimming(final: OneFinal) -> None:
    await final.to_voting(EYE)
    final.absent.add(LIN)
    words = "was used for the whole field"
    await final.tries(LIN, "ballot.abstain", told=words, project=EYE, category="missed", expected_revision=0)
    await final.on()
    final.absent.clear()


@way("judge", "abstains on the last project, by rules that name no number: nothing is switched", told="protocol")
async def abstains_in_vain(final: OneFinal) -> None:
    await final.to_voting(EYE)
    final.voted_already.add((LIN, EYE))
    said = {"project": EYE, "category": "missed", "expected_revision": 0}
    await final.tries(LIN, "ballot.abstain", told="Eye · Lin: abstained", **said)


@way(
    "judge",
    "takes more points off than is stated, gives them as a bonus, or takes them for a reason of their own",
    caught="ballot.out_of_range, ballot.unknown_criterion",
    rules=READING,
)
async def takes_off_at_will(final: OneFinal) -> None:
    await final.to_voting(ARM)
    for taken in ({"reading": 4}, {"reading": -3}, {"reading": 0}, {"charm": 1}):
        await final.tries(LIN, "ballot.cast", project=ARM, scores=FULL_MARKS | taken, expected_revision=0)


@way(
    "judge",
    "hands in an order with a gap, a place for two, without the project on stage, or with one that has not pitched",
    caught="ballot.order, ballot.level, ballot.unheard",
    rules=ORDERS,
)
async def orders_at_will(final: OneFinal) -> None:
    await final.to_voting(LEG)
    orders = ({ARM: 1, LEG: 3}, {ARM: 1}, {ARM: 1, LEG: 1}, {ARM: 1, LEG: 2, EYE: 3, EAR: 4}, {LEG: 0}, FULL_MARKS)
    for order in orders:
        await final.tries(LIN, "ballot.cast", project=LEG, scores=order, expected_revision=0)


@way(
    "judge",
    "moves others in their order after the last window, as a late ballot or under a former project's name",
    caught="ballot.closed",
    rules=ORDERS,
)
async def orders_too_late(final: OneFinal) -> None:
    await final.voted()
    order = {EAR: 1, EYE: 2, LEG: 3, ARM: 4}
    for tag in ("ballot.cast", "ballot.late"):
        for project in (ARM, EAR):
            await final.tries(LIN, tag, project=project, scores=order, expected_revision=1)
