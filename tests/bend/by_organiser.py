"""What an organiser may try, who has the control desk."""

import re

from roadshow.moments import Duration
from roadshow.rooms.phases import Phase
from tests.bend.final import (
    ANNA,
    ARM,
    CHAIR,
    CRITERIA,
    DENG,
    EAR,
    LEG,
    LIN,
    RAY,
    OneFinal,
    level,
    turned,
)
from tests.bend.ways import way

FULL_MARKS = dict.fromkeys(CRITERIA, 10)


@way("organiser", "takes the rundown back once the count is closed, and takes points off", caught="count.closed")
async def back_after_the_count(final: OneFinal) -> None:
    await final.counted()
    view = final.session
    await final.tries(ANNA, "session.back", expected={"slot": view.slot, "phase": view.phase.value})
    await final.tries(ANNA, "slot.skip", slot=EAR)
    await final.tries(ANNA, "slot.defer", slot=EAR)
    await final.tries(ANNA, "project.penalty", project=ARM, points=5000, reason="Overtime.")


@way("organiser", "takes the rundown back once the result is confirmed", caught="result.confirmed")
async def back_after_the_result(final: OneFinal) -> None:
    await final.confirmed()
    view = final.session
    await final.tries(ANNA, "session.back", expected={"slot": view.slot, "phase": view.phase.value})
    await final.tries(ANNA, "project.penalty", project=ARM, points=5000, reason="Overtime.")


@way("organiser", "asks for another count, and signs it", caught="role.not_allowed, count.moved_on")
async def asks_and_signs(final: OneFinal) -> None:
    await final.confirmed()
    await final.tries(ANNA, "count.ask", count=1, reason="I am not content.")
    for asked in range(1, 40, 13):
        await final.tries(ANNA, "count.reopen", asked=asked)


@way("organiser", "signs that the count is opened again once a place was announced", caught="result.announced")
async def reopens_after_the_podium(final: OneFinal) -> None:
    await final.confirmed()
    await final.says(CHAIR, "count.ask", count=1, reason="We have to look again.")
    asked = (await final.review())["asked"]["sequence"]
    await final.says(DENG, "result.reveal", announced=0)
    await final.tries(ANNA, "count.reopen", asked=asked)


@way(
    "organiser",
    "closes the count, settles and confirms in the chair's place",
    caught="role.not_allowed, result.not_chair",
)
async def acts_as_the_chair(final: OneFinal) -> None:
    await final.voted()
    await final.tries(ANNA, "count.close", count=1)
    await final.tries(ANNA, "ballot.void", judge=LIN, project=ARM, reason="Too generous.")
    await final.counted()
    await final.tries(ANNA, "result.settle", order=[LEG, ARM], reason="Better.")
    await final.tries(ANNA, "result.confirm", accept_incomplete=True)


@way("organiser", "gives scores", caught="role.not_allowed")
async def scores(final: OneFinal) -> None:
    await final.to_voting(LEG)
    await final.tries(ANNA, "ballot.cast", project=LEG, scores=FULL_MARKS, expected_revision=0)


@way(
    "organiser",
    "announces places before the result is confirmed, or out of turn",
    caught="result.sealed, reveal.moved_on",
)
async def announces_out_of_turn(final: OneFinal) -> None:
    await final.counted()
    await final.tries(ANNA, "result.reveal", announced=0)
    await final.confirmed()
    await final.tries(ANNA, "result.reveal", announced=2)


@way(
    "organiser",
    "announces before the second person has signed",
    caught="result.unsigned",
    rules={"second_confirmation": True},
)
async def announces_unsigned(final: OneFinal) -> None:
    await final.counted()
    await final.says(CHAIR, "result.confirm", accept_incomplete=True)
    await final.tries(ANNA, "result.reveal", announced=0)


@way("organiser", "reads scores from control, or from files asked for early", caught="result.sealed", learns=turned)
async def reads_scores(final: OneFinal) -> None:
    for step in (final.voted, final.counted, final.confirmed):
        await step()
        await final.looks(ANNA)
        for name in ("record.json", "table.csv"):
            await final.gets(f"/rooms/final/{name}", ANNA)
    await final.gets("/overall.json", ANNA)


@way("organiser", "takes points off the winner before the count is closed", told="results, protocol")
async def penalty_for_the_winner(final: OneFinal) -> None:
    await final.voted()
    await final.tries(ANNA, "project.penalty", project=ARM, points=5000, reason="Spoke nine minutes too long.")


@way("organiser", "skips a project that the jury has scored", caught="room.slot_finished")
async def skips_what_was_scored(final: OneFinal) -> None:
    await final.voted()
    await final.tries(ANNA, "slot.skip", slot=ARM)


@way(
    "organiser",
    "keeps the window open for one project alone, half an hour longer than for the others",
    told="protocol",
    own_clock=True,
)
async def a_longer_window(final: OneFinal) -> None:
    await final.to_voting(LEG)
    await final.tries(ANNA, "session.add_time", told="(31 minutes", seconds=1800)
    final.set_clock(Duration.minutes(31))


@way(
    "organiser",
    "opens a project's window again, for a judge to score it anew",
    told="protocol",
    own_clock=True,
)
async def a_window_opened_again(final: OneFinal) -> None:
    await final.to_voting(ARM)
    await final.vote_here()
    while final.session.phase is not Phase.CLOSED:
        await final.on()
    final.set_clock(Duration.minutes(2))
    view = final.session
    expected = {"slot": view.slot, "phase": view.phase.value}
    await final.tries(ANNA, "session.back", told="(3 minutes", expected=expected)
    final.set_clock(Duration.minutes(3))
    await final.says(LIN, "ballot.cast", **final.ballot(LIN, ARM) | {"scores": FULL_MARKS, "expected_revision": 1})


@way("organiser", "closes a project's window before the jury could score it", told="results, protocol")
async def a_window_cut_short(final: OneFinal) -> None:
    await final.to_voting(ARM)
    final.skip_voting(ARM)
    view = final.session
    expected = {"slot": view.slot, "phase": view.phase.value}
    await final.tries(ANNA, "session.next", told="no ballot", expected=expected)


@way(
    "organiser",
    "takes a further link for an absent judge, and scores with it",
    told="protocol",
)
async def signs_in_as_a_judge(final: OneFinal) -> None:
    final.absent.add(RAY)
    await final.to_voting(ARM)
    cookie = await further_link(final, ANNA, RAY)
    scores = dict.fromkeys(CRITERIA, 0)
    told = f"{final.person(RAY).name.en} · browser 1: first used at"
    await final.tries_as(RAY, cookie, "ballot.cast", told, project=ARM, scores=scores, expected_revision=0)


@way(
    "organiser",
    "takes a further link for a judge, and votes on a tie with it",
    told="protocol",
    scores=level,
    rules={"tie_chain": ("jury", "shared")},
)
async def votes_as_a_judge(final: OneFinal) -> None:
    await final.counted()
    cookie = await further_link(final, ANNA, RAY)
    await final.says(CHAIR, "jury.ask", projects=[ARM, LEG], seconds=600)
    question = (await final.snapshot(CHAIR))["questions"]["newest"]["question"]
    told = f"{final.person(RAY).name.en} · browser 2: first used at"
    await final.tries_as(RAY, cookie, "jury.vote", told, question=question, choice=LEG)


async def further_link(final: OneFinal, by: str, judge: str) -> str:
    """A cookie of somebody who came by it."""
    form = await final.web.post(
        f"/as/{by}/people/{judge}/invite-further", headers={"Origin": final.base, "Cookie": await final.cookie(by)}
    )
    link = re.search(r"/i/[\w-]+", form.text)
    assert link is not None, form.text
    answer = await final.web.post(link[0], headers={"Origin": final.base})
    final.web.cookies.clear()
    return answer.headers["set-cookie"].partition(";")[0]
