"""A judge's receipts, printed: each with a code that holds what ``recount`` takes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from roadshow.adapters import OpenStores, Stores, in_memory
from roadshow.app import open_house
from roadshow.clock import Clock
from roadshow.desks.receipts import code_of
from roadshow.fields.plans import poll_spec
from roadshow.ids import CommandId, CompetitionId, ProjectId
from roadshow.settings import Settings
from roadshow.voting.votes import Cast
from tests.live.two import AI, FINAL, browser_in, settings_in, sign_in

NEVER = "The server never acknowledged this ballot."


async def test_what_was_acknowledged_is_there_with_its_code_and_nothing_of_others(tmp_path: Path) -> None:
    """The judge takes it home. What somebody put into the store has no code, and a warning."""
    held: list[Stores] = []

    @asynccontextmanager
    async def kept(settings: Settings, clock: Clock) -> AsyncIterator[OpenStores]:
        async with in_memory(settings, clock) as stores_of:

            def one(competition: CompetitionId) -> Stores:
                held.append(stores_of(competition))
                return held[-1]

            yield one

    async with open_house(settings_in(tmp_path), [FINAL], adapters=kept) as house:
        (show,) = house.shows
        voting = show.fields.of(AI).voting
        spec = poll_spec(FINAL, FINAL.fields[0], show.casting.cast)
        judge, other = spec.judges[:2]
        free = [project for project in spec.projects if not {(judge, project), (other, project)} & set(spec.recused)]

        def cast(number: int, project: ProjectId) -> Cast:
            return Cast(CommandId(f"command-{number:04}"), project, {one.id: 1 for one in spec.criteria}, 0)

        async with browser_in(house) as browser:
            await sign_in(browser, show, judge)
            before = (await browser.get(f"/as/{judge}/receipts/{AI}")).text
        for project in free[:2]:
            await voting.open_window(AI, project, None)
        receipt = await voting.cast(AI, judge, cast(1, free[0]))
        theirs = await voting.cast(AI, other, cast(2, free[0]))
        await held[0].votes.cast(spec.poll, judge, cast(3, free[1]))
        async with browser_in(house) as browser:
            await sign_in(browser, show, judge)
            page = (await browser.get(f"/as/{judge}/receipts/{AI}")).text
    assert code_of(receipt) in page
    standing = [sorted(spec.projects, key=lambda one: text.index(f'"{one}"')) for text in (before, page)]
    assert standing == [list(spec.projects)] * 2, "which come first tells nothing"
    assert page.count('class="qr"') == 1
    assert NEVER in page
    assert receipt.entry in page
    assert theirs.entry not in page
    assert code_of(receipt) != code_of(msgspec.structs.replace(receipt, sequence=99))
