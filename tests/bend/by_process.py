"""What somebody may try who runs the server: its clock, its definition, its key file, another server beside it."""

from msgspec.structs import replace

from roadshow.moments import Duration
from tests.bend.final import ARM, CRITERIA, LIN, MEI, OneFinal
from tests.bend.ways import way


@way("process", "sets the clock back, to vote in a window that was closed", caught="ballot.closed", own_clock=True)
async def sets_the_clock_back(final: OneFinal) -> None:
    await final.to_voting(ARM)
    await final.vote_here()
    await final.on()
    final.set_clock(Duration.seconds(-600))
    scores = {"scores": dict.fromkeys(CRITERIA, 0), "expected_revision": 1}
    await final.tries(MEI, "ballot.cast", **final.ballot(MEI, ARM) | scores)


@way("process", "sets the clock back over a deadline that has passed", caught="ballot.closed", own_clock=True)
async def sets_the_clock_back_over_a_deadline(final: OneFinal) -> None:
    await final.to_voting(ARM)
    await final.vote_here()
    final.set_clock(Duration.seconds(600))
    late = final.ballot(MEI, ARM) | {"scores": dict.fromkeys(CRITERIA, 0), "expected_revision": 1}
    await final.tries(MEI, "ballot.cast", **late)
    final.set_clock(Duration.seconds(-900))
    await final.tries(MEI, "ballot.cast", **late)


@way("process", "edits weights in the definition after the first window", caught="no start: other rules")
async def edits_the_weights(final: OneFinal) -> None:
    await final.voted()
    async with final.down():
        first, *others = final.competition.criteria
        final.competition = replace(final.competition, criteria=(replace(first, weight=1000), *others))


@way("process", "edits rules in the definition after the first window", caught="no start: other rules")
async def edits_the_rules(final: OneFinal) -> None:
    await final.voted()
    async with final.down():
        rules = replace(final.competition.rules, estimator="mean", tie_chain=("net", "chair"))
        final.competition = replace(final.competition, rules=rules)


@way("process", "takes a judge out of the definition after the first window", caught="no start: other rules")
async def edits_the_jury(final: OneFinal) -> None:
    await final.voted()
    async with final.down():
        judges = tuple(one for one in final.competition.judges if one.id != LIN)
        final.competition = replace(final.competition, judges=judges)


@way("process", "declares a conflict for a judge in the definition after the vote", caught="no start: other rules")
async def edits_conflicts(final: OneFinal) -> None:
    await final.voted()
    async with final.down():
        judges = tuple(
            replace(one, recused=(ARM,)) if one.id in (LIN, MEI) else one for one in final.competition.judges
        )
        final.competition = replace(final.competition, judges=judges)


@way("process", "puts another signing key in the place of the first", caught="no start: another key")
async def another_key(final: OneFinal) -> None:
    await final.voted()
    async with final.down():
        key = final.settings.data / "signing.key"
        was = key.read_text()
        key.write_text("7" * 64 + "\n")
        assert key.read_text() != was


@way("process", "takes the signing key away", caught="no start: another key")
async def no_key(final: OneFinal) -> None:
    await final.voted()
    async with final.down():
        (final.settings.data / "signing.key").unlink()


@way("process", "makes the signing key readable by everybody", caught="no start: an open key")
async def an_open_key(final: OneFinal) -> None:
    await final.voted()
    async with final.down():
        (final.settings.data / "signing.key").chmod(0o644)


@way("process", "moves the store to a server with a key of its own", caught="no start: another key")
async def a_second_server(final: OneFinal) -> None:
    await final.voted()
    async with final.down():
        final.settings = final.world.settings(f"{final.competition.id}-elsewhere")
