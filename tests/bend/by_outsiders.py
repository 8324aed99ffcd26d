"""What a pitcher, or anybody without a sign-in, may try."""

from tests.bend.final import (
    ARM,
    CRITERIA,
    EAR,
    JURY,
    LEG,
    LIN,
    PITCHER,
    OneFinal,
    level,
    personal,
    turned,
)
from tests.bend.ways import way

FULL_MARKS = dict.fromkeys(CRITERIA, 10)
FILES = ("/rooms/final/record.json", "/rooms/final/table.csv", "/overall.json")


@way("pitcher", "scores, takes points off a rival, and presses control's buttons", caught="role.not_allowed")
async def acts_from_the_stage(final: OneFinal) -> None:
    await final.to_voting(ARM)
    await final.tries(PITCHER, "ballot.cast", project=ARM, scores=FULL_MARKS, expected_revision=0)
    await final.tries(PITCHER, "project.penalty", project=LEG, points=5000, reason="Overtime.")
    await final.tries(PITCHER, "session.add_time", seconds=600)
    await final.tries(PITCHER, "slot.skip", slot=LEG)
    await final.tries(PITCHER, "count.close", count=1)


@way("pitcher", "learns early how they were scored", caught="result.sealed", learns=turned)
async def reads_early(final: OneFinal) -> None:
    for step in (final.voted, final.counted, final.confirmed):
        await step()
        await final.looks(PITCHER)
        for path in FILES:
            await final.gets(path, PITCHER)


@way("audience", "acts without a sign-in", caught="sign_in.needed")
async def acts_without_a_sign_in(final: OneFinal) -> None:
    await final.to_voting(ARM)
    await final.tries("audience", "ballot.cast", project=ARM, scores=FULL_MARKS, expected_revision=0)
    await final.tries("audience", "count.close", count=1)
    await final.tries("audience", "result.reveal", announced=0)


@way("audience", "makes up a sign-in of a judge", caught="sign_in.needed")
async def makes_up_a_sign_in(final: OneFinal) -> None:
    await final.to_voting(LEG)
    for cookie in ("roadshow=" + "A" * 32, "roadshow=lin", "roadshow="):
        await final.tries_as(LIN, cookie, "ballot.cast", **final.ballot(LIN, LEG))


@way(
    "audience",
    "asks for record, table and pages before the places are announced",
    caught="result.sealed",
    learns=turned,
)
async def asks_early(final: OneFinal) -> None:
    await final.confirmed()
    for path in FILES:
        await final.gets(path)
    for path in ("/rooms/final/results", "/rooms/final/protocol", "/results", "/rooms/final/screen"):
        await final.reads(path)
    await final.looks("audience")


@way(
    "audience",
    "reads from the ceremony whether places are shared, before they are announced",
    caught="nothing to be learned",
    learns=level,
)
async def reads_the_ceremony(final: OneFinal) -> None:
    await final.confirmed()
    await final.says("organiser", "result.reveal", announced=0)
    told = (await final.snapshot("audience"))["ceremony"]
    final.seen.append(f"remaining {told['remaining']}")


@way(
    "audience",
    "follows an announced ledger's head through the votes to try scores on it",
    caught="nothing to be learned",
    learns=turned,
)
async def heads_tell_nothing(final: OneFinal) -> None:
    await final.to_voting(EAR)
    for who in ("audience", PITCHER):
        await final.looks(who)


@way(
    "audience",
    "takes judges that are numbered for the published jury list, in its order",
    caught="nothing to be learned",
    scores=personal,
    learns=personal,
    rules={"show_judges": False},
)
async def numbers_by_the_list(final: OneFinal) -> None:
    final.guess = JURY
    await final.counted()


@way(
    "audience",
    "asks for the record where judges are numbered, for it tells who gave what",
    caught="sign_in.needed",
    rules={"show_judges": False},
)
async def asks_for_the_record(final: OneFinal) -> None:
    await final.announced()
    await final.gets("/rooms/final/record.json")
    await final.gets("/rooms/final/record.json", PITCHER)
