"""The campaign's short form, and a referee who can say that something was bent. `make bend` takes every way."""

import asyncio
import json
from collections.abc import Callable, Iterator

import pytest

from roadshow.errors import Conflict
from roadshow.fields.field import LiveField
from roadshow.ids import PollId
from roadshow.store.connection import socket_url
from roadshow.store.embedded import EmbeddedStore
from roadshow.voting.ledger import recount as counting_again
from roadshow.voting.ledger.findings import Finding
from roadshow.voting.review import ReviewView
from tests.bend import all_ways, table
from tests.bend.final import ANNA, ARM, CHAIR, CRITERIA, EAR, LIN, OneFinal, World, turned
from tests.bend.run import a_folder
from tests.bend.verdict import Outcome, Referee
from tests.bend.ways import PARTIES, Way

WAYS = all_ways()
AT_LEAST = 50
SAMPLE = (
    "chair: settles_on_trial",
    "chair: penalty_for_the_winner",
    "organiser: signs_in_as_a_judge",
    "organiser: signs_for_a_key_of_their_own",
    "store: casts_for_an_absent_judge",
    "store: rewrites_while_down",
    "process: sets_the_clock_back",
)
"""One for each kind of thing that catches or tells."""


@pytest.fixture(scope="module")
def referee() -> Iterator[Referee]:
    """One, and one store, so that finals in which nobody bends are played once."""
    with a_folder() as folder, asyncio.Runner() as runner:  # the store outlives the loop of any one test
        store = EmbeddedStore(folder / "shared")
        runner.run(store.__aenter__())
        yield Referee(World(socket_url(store.socket), folder))
        runner.run(store.__aexit__(None, None, None))


async def test_a_sample_of_ways_is_caught_or_told(referee: Referee) -> None:
    """Each as the table says; what all of them come to, the campaign tells."""
    for way in [one for one in WAYS if one.name in SAMPLE]:
        outcome = await referee.outcome(way)
        assert outcome.is_as_expected(way), (way.name, outcome)


async def test_every_forged_record_is_caught(referee: Referee) -> None:
    """They share one final, so that all of them are soon tried."""
    forgeries = [one for one in WAYS if one.forges]
    assert len(forgeries) >= 20
    for way in forgeries:
        outcome = await referee.outcome(way)
        assert outcome.is_as_expected(way), (way.name, outcome)


def test_ways_are_many_and_of_everybody() -> None:
    """Of every party, each with a name of its own and a sentence that its party is the subject of."""
    assert len(WAYS) >= AT_LEAST
    assert {one.party for one in WAYS} == set(PARTIES)
    assert len({one.name for one in WAYS}) == len(WAYS)
    assert {*SAMPLE} <= {one.name for one in WAYS}


def test_the_document_lists_them() -> None:
    """Who decides whom to trust reads it there: `python -m tests.bend.table write`."""
    text = table.FILE.read_text(encoding="utf-8")
    assert text == table.written(text)


# The referee itself: with a guard taken away, or without a trace, it says *bent* --------------------------------------


def _way(play: object, **options: object) -> Way:
    return Way("chair", "tries it", "caught", ("nothing",), play, **options)  # type: ignore[arg-type]


async def _bent(referee: Referee, way: Way, why: str) -> None:
    outcome: Outcome = await referee.outcome(way)
    assert outcome.ending == "bent", outcome
    assert why in outcome.by[0], outcome


async def test_a_look_at_the_ties_before_the_count_is_closed_is_bent(
    referee: Referee, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A review that tells of scores, whoever knows it from: the two plays differ by nothing else."""
    read = LiveField.read

    async def telling(self: LiveField, wanted: object) -> tuple[object, ...]:
        views = await read(self, wanted)  # type: ignore[arg-type]
        tally = (await self.voting._store.read(PollId(self.id))).tally
        first = max(tally.ballots, key=lambda one: sum(one.ballot.scores.values()), default=None)
        return tuple(
            _with(view, incomplete=(first.ballot.project,)) if isinstance(view, ReviewView) and first else view
            for view in views
        )

    def _with(view: ReviewView, **parts: object) -> ReviewView:
        return ReviewView(**{name: getattr(view, name) for name in view.__struct_fields__} | parts)

    async def looks(final: OneFinal) -> None:
        await final.voted()
        await final.looks(CHAIR)

    monkeypatch.setattr(LiveField, "read", telling)
    await _bent(referee, _way(looks, learns=turned), "learns of the scores")


async def test_a_deed_that_nobody_is_told_of_is_bent(referee: Referee, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that leaves the reason out is not told by."""

    async def penalises(final: OneFinal) -> None:
        await final.voted()
        await final.tries(ANNA, "project.penalty", project=EAR, points=100, reason="Spoke too long.")
        published = final.published

        async def without_reasons() -> object:
            told = await published()
            pages = {name: page.replace("Spoke too long.", "") for name, page in told.pages.items()}
            return type(told)(told.record, pages)

        monkeypatch.setattr(final, "published", without_reasons)

    await _bent(referee, _way(penalises), "not told")


async def test_a_ruling_in_conflict_that_is_taken_is_bent(referee: Referee, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where neither server nor store nor recount asks who decides, the podium is another's."""

    async def voids(final: OneFinal) -> None:
        await final.voted()
        await final.store.hdel(final.poll.meta, f"recused|{CHAIR}|{EAR}")
        for judge in (LIN, "mei", "olga"):
            await final.says(CHAIR, "ballot.void", judge=judge, project=EAR, reason="Mine.")

    monkeypatch.setattr("roadshow.voting.acting.office.require_act", lambda *_: None)
    monkeypatch.setattr("tests.bend.verdict.recount", lambda *_: counting_again.Report(()))
    await _bent(referee, _way(voids, scores=turned), "the podium is")


async def test_a_forgery_that_recount_does_not_find_is_bent(referee: Referee, monkeypatch: pytest.MonkeyPatch) -> None:
    """The podium says so."""

    def forge(data: bytes, _key: object) -> bytes:
        document = json.loads(data)
        podium = document["podium"]
        podium[-1]["projects"], podium[-2]["projects"] = podium[-2]["projects"], podium[-1]["projects"]
        return json.dumps(document).encode()

    fine = counting_again.Report((Finding("podium", True, "As it is."),))
    monkeypatch.setattr("tests.bend.verdict.recount", lambda *_: fine)
    await _bent(referee, _way(forge, forges=True), "the podium is")


async def test_a_way_that_tries_nothing_is_bent(referee: Referee) -> None:
    """It would count among those that were caught."""

    async def idle(final: OneFinal) -> None:
        await final.voted()

    await _bent(referee, _way(idle), "nothing was tried")


async def test_a_refusal_without_a_text_is_bent(referee: Referee, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is refused by a crash was not expected."""

    def crash(*_: object) -> None:
        raise Conflict("made.up")

    async def scores(final: OneFinal) -> None:
        await final.to_voting(ARM)
        with monkeypatch.context() as broken:
            broken.setattr("roadshow.voting.acting.judging.check", crash)
            given = dict.fromkeys(CRITERIA, 1)
            await final.tries(LIN, "ballot.cast", project=ARM, scores=given, expected_revision=0)

    await _bent(referee, _way(scores), "refused without a text")


async def test_numbers_in_the_order_of_the_jury_list_are_bent(
    referee: Referee, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has the list knows then who gave what."""

    def by_the_list(jury: list[tuple[str, str]], name: Callable[[int], str], _key: str) -> dict[str, str]:
        return {id_: name(number) for number, (id_, _) in enumerate(jury, start=1)}

    monkeypatch.setattr("roadshow.desks.result.tables.judge_names", by_the_list)
    way = next(one for one in WAYS if one.name == "audience: numbers_by_the_list")
    await _bent(referee, way, "which judge has which number")
