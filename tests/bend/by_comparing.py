"""What may be tried where judges compare projects pair by pair."""

from tests.bend.final import ARM, CRITERIA, EAR, EYE, LEG, LIN, ROOM, OneFinal
from tests.bend.ways import way

PAIRS = {"ballots": "pairs", "estimator": "copeland", "tie_chain": ("pairwise-majority", "chair")}
DRAWN = PAIRS | {"opponents": 2}


@way(
    "judge",
    "compares a project with itself, with nothing, with one that has not pitched, or for more or less than a point",
    caught="ballot.pairs, ballot.level, ballot.unheard",
    rules=PAIRS,
)
async def compares_at_will(final: OneFinal) -> None:
    await final.to_voting(LEG)
    for others in ({LEG: 2}, {ARM: 3}, {ARM: -2}, {ARM: 1}, {EAR: 0}, {}, dict.fromkeys(CRITERIA, 2)):
        await final.tries(LIN, "ballot.cast", project=LEG, scores=others, expected_revision=0)


@way(
    "judge",
    "changes a comparison after both windows, as a late ballot or from the other project's side",
    caught="ballot.closed",
    rules=PAIRS,
)
async def compares_too_late(final: OneFinal) -> None:
    await final.voted()
    for tag in ("ballot.cast", "ballot.late"):
        for project, other in ((ARM, LEG), (LEG, ARM)):
            revision = int(project == LEG)
            await final.tries(LIN, tag, project=project, scores={other: 0}, expected_revision=revision)


@way(
    "judge",
    "compares their favourite with projects that the lot gave to others, and they take for weak",
    caught="ballot.undrawn",
    rules=DRAWN,
)
async def chooses_opponents(final: OneFinal) -> None:
    await final.to_voting(EAR)
    met = final.show.fields[ROOM].voting.opponents(ROOM, LIN) or {}
    for other in {ARM, LEG, EYE} - met[EAR]:
        await final.tries(LIN, "ballot.cast", project=EAR, scores={other: 2}, expected_revision=0)


@way(
    "judge",
    "compares a project they have stepped back from, in another one's window",
    caught="ballot.recused",
    rules=PAIRS,
)
async def compares_in_conflict(final: OneFinal) -> None:
    await final.to_voting(EYE)
    await final.says(LIN, "ballot.recuse", project=EYE, category="rival")
    await final.vote_here()
    await final.to_voting(EAR)
    await final.tries(LIN, "ballot.cast", project=EAR, scores={EYE: 0, ARM: 2}, expected_revision=0)
