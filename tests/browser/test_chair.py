"""The chair's desk in a real browser: ties broken by each step of the chain, a late ballot, a conflict of interest."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.acts import STEP, ballot_taken, score, yes
from tests.browser.conftest import People
from tests.browser.houses import House
from tests.browser.serving import RulesServer
from tests.browser.shortcut import CRITERIA, cast, guest_of
from tests.chaos.desks import Desk, Guest, receipt_of
from tests.demo_server import DemoServer

ROOM = "ai"
PROJECTS = 3
Scores = tuple[int, int, int, int, int]
"""Of innovation, which weighs most, market, team, feasibility and cooperation."""

LEVEL: Scores = (8, 5, 5, 5, 5)
LOW: Scores = (3, 3, 3, 3, 3)
OF_INNOVATION: Scores = (8, 5, 5, 5, 5)
OF_TEAM: Scores = (7, 5, 6, 6, 5)
"""Worth what OF_INNOVATION is: one point of innovation weighs as two of team and feasibility."""
RE_VOTE_RULES = """tie_chain = ["heaviest-criterion", "pairwise-majority", "re-vote", "chair"]
revote_quorum = 1
second_confirmation = true
"""


Hook = Callable[[int], Awaitable[None]]


async def nothing(_number: int) -> None:
    pass


async def play(
    control: Desk,
    jury: list[Guest],
    ballots: list[list[Scores]],
    *,
    while_open: Hook = nothing,
    after: Hook = nothing,
) -> list[str]:
    """Three projects pitch and get their ballots: ``ballots[project][judge]``. The projects, in that order."""
    for slot in control.room["rundown"]["slots"][PROJECTS:]:
        await control.do("slot.skip", slot=slot["slot"])
    pitched: list[str] = []
    for number, given in enumerate(ballots):
        for phase in ("pitch", "questions", "voting"):
            await control.advance(phase)
        pitched.append(control.room["session"]["project"])
        for judge, scores in zip(jury, given, strict=True):
            await cast(judge, control.room_id, pitched[-1], scores)
        await while_open(number)
        await control.advance("closed")
        await after(number)
        if number < len(ballots) - 1:
            await control.advance("standby")
    return pitched


async def jury_of(server: DemoServer, room: str = ROOM) -> list[Guest]:
    """Two judges without a browser."""
    return [await Guest.accepted(server.base, link) for link in server.people["judges"][room][:2]]


async def chaired(people: People, link: str, room: str = ROOM) -> tuple[Page, Guest]:
    """The chair's desk on the result's tab, and the chair's own connection for what is no part of the test."""
    page = (await people.invited(link)).page
    return page, await guest_of(people.server, page.context, f"chair-{room}")


async def close_count(chair: Page) -> None:
    """From here on ties are told."""
    await expect(chair.locator("[data-review=close-count]")).to_have_attribute("aria-disabled", "false", timeout=STEP)
    await chair.locator("[data-review=close-count]").click()
    await yes(chair)
    await expect(chair.locator("[data-review=close-count]")).to_be_hidden(timeout=STEP)


async def confirm(chair: Page, *, is_counted: bool = False) -> None:
    if not is_counted:
        await close_count(chair)
    await expect(chair.locator("[data-review=confirm]")).to_have_attribute("aria-disabled", "false", timeout=STEP)
    await chair.locator("[data-review=confirm]").click()
    await yes(chair)
    await expect(chair.locator("[data-review=confirm]")).to_be_hidden(timeout=STEP)


async def results(people: People, control: Desk) -> Page:
    """All places announced, and the page that tells how they came about."""
    await control.until(lambda room: room["ceremony"]["state"] == "confirmed")
    while control.room["ceremony"]["state"] != "revealed":
        known = len(control.room["ceremony"]["announced"])
        await control.do("result.reveal", announced=known)
        await control.until(lambda room, known=known: len(room["ceremony"]["announced"]) > known)  # type: ignore[misc]
    return (await people.visit(f"{people.server.base}/rooms/{control.room_id}/results")).page


def tie(page: Page, project: str, by: str) -> Locator:
    """The explanation's sentence on a step of the tie chain."""
    return page.locator(f".explanation[data-project='{project}'] li[data-step=tie][data-by='{by}']")


async def opened(page: Page, project: str) -> None:
    details = page.locator(f".explanation[data-project='{project}']")
    if await details.get_attribute("open") is None:
        await details.locator("summary").click()


async def places(page: Page) -> list[str]:
    """The projects, from the top of the table."""
    found: list[str] = await page.locator(".ranking tbody tr").evaluate_all(
        "rows => rows.map(row => row.dataset.project)"
    )
    return found[:PROJECTS]


async def test_a_tie_is_broken_by_the_heaviest_criterion_and_the_page_says_so(
    server: House, room: str, people: People
) -> None:
    """Level projects are told apart by what the rules said beforehand; everybody can read by what."""
    chair, own = await chaired(people, server.people["chairs"][room], room)
    organiser = await server.guest(server.people["organiser"])
    jury = [own, *await jury_of(server, room)]
    async with organiser.desk(room) as control:
        first, second, third = await play(control, jury, [[OF_TEAM] * 3, [OF_INNOVATION] * 3, [LOW] * 3])
        await confirm(chair)
        page = await results(people, control)
    assert await places(page) == [second, first, third]
    await opened(page, second)
    await expect(tie(page, second, "heaviest-criterion")).to_contain_text("divided", timeout=STEP)
    await expect(page.locator(".spread-dot")).to_have_count(9)
    assert not people.errors, people.errors


async def test_a_tie_is_broken_by_the_majority_of_judges(server: House, room: str, people: People) -> None:
    """Where the heaviest criterion is level too, more judges on one side decide, and the page names the step."""
    chair, own = await chaired(people, server.people["chairs"][room], room)
    organiser = await server.guest(server.people["organiser"])
    jury = [own, *await jury_of(server, room)]
    better, worse, far_better = (8, 6, 5, 5, 5), (8, 5, 5, 5, 5), (8, 7, 5, 5, 5)
    async with organiser.desk(room) as control:
        first, second, third = await play(
            control, jury, [[worse, worse, far_better], [better, better, worse], [LOW] * 3]
        )
        await confirm(chair)
        page = await results(people, control)
    assert await places(page) == [second, first, third]
    await opened(page, second)
    await expect(tie(page, second, "heaviest-criterion")).to_contain_text("still level", timeout=STEP)
    await expect(tie(page, second, "pairwise-majority")).to_contain_text("divided", timeout=STEP)
    assert not people.errors, people.errors


async def test_a_tie_that_nothing_divides_waits_for_the_chairs_vote(server: House, room: str, people: People) -> None:
    """Nobody else may decide it, and the reason that the chair writes is what everybody reads."""
    chair, own = await chaired(people, server.people["chairs"][room], room)
    organiser = await server.guest(server.people["organiser"])
    jury = [own, *await jury_of(server, room)]
    async with organiser.desk(room) as control:
        first, second, third = await play(control, jury, [[LEVEL] * 3, [LEVEL] * 3, [LOW] * 3])
        await close_count(chair)
        form = chair.locator(".tie-form")
        await expect(form).to_be_visible(timeout=STEP)
        await form.locator("[aria-label^=Move][aria-label$=down]").first.click()
        await form.locator("textarea").fill("The stronger letters of intent.")
        await form.locator("button.primary").click()
        await confirm(chair, is_counted=True)
        page = await results(people, control)
    assert await places(page) == [second, first, third]
    await opened(page, second)
    await expect(tie(page, second, "chair")).to_contain_text("The stronger letters of intent.", timeout=STEP)
    assert not people.errors, people.errors


async def test_a_late_ballot_counts_once_the_chair_accepts_it_and_a_conflict_leaves_the_jury(
    server: House, room: str, people: People
) -> None:
    """A judge whose line was down is not lost, a judge with a conflict is out at once, and both can be read later."""
    chair, own = await chaired(people, server.people["chairs"][room], room)
    organiser = await server.guest(server.people["organiser"])
    slow = (await people.invited(server.people["judges"][room][2])).page
    partial = (await people.invited(server.people["judges"][room][3])).page
    jury = [own, *await jury_of(server, room)]

    async def recuse(number: int) -> None:
        if number == 1:
            await expect(partial.locator("#recuse")).to_have_attribute("aria-disabled", "false", timeout=STEP)
            await partial.locator("#recuse").click()
            await partial.locator("dialog button[value=yes]").click()  # without a word: it asks
            await expect(partial.locator("#grounds-missing")).to_be_visible()
            await partial.get_by_label("I work for it or for its organisation").check()
            await partial.locator("dialog textarea").fill("I am on their board.")
            await yes(partial)
            await expect(partial.locator("#card")).to_have_attribute("data-recused", "", timeout=STEP)

    async def hand_in_late(number: int) -> None:
        if number == 0:
            await expect(slow.locator("#submit")).to_contain_text("Hand in late", timeout=STEP)
            await score(slow, [9, 9, 9, 9, 9])
            await yes(slow)
            await expect(slow.locator("#ballot-state")).to_contain_text("waits for the chair", timeout=STEP)

    async with organiser.desk(room) as control:
        ballots: list[list[Scores]] = [[LEVEL] * 3, [OF_TEAM] * 3, [LOW] * 3]
        first, second, _ = await play(control, jury, ballots, while_open=recuse, after=hand_in_late)
        await chair.locator("#tab-review").click()
        await expect(chair.locator("[data-review=unscored] li")).to_contain_text("I am on their board.", timeout=STEP)
        await expect(chair.locator("[data-review=close-count]")).to_have_attribute("aria-disabled", "true")
        await chair.get_by_role("button", name="Accept…").click()
        await chair.locator("dialog textarea").fill("The line was down.")
        await yes(chair)
        await slow.locator(f".project-tab[data-project='{first}']").click()
        await expect(slow.locator("#ballot-state")).to_contain_text("accepted your late ballot", timeout=STEP)
        await confirm(chair)
        page = await results(people, control)
    assert (await places(page))[0] == first
    await opened(page, first)
    await expect(page.locator(f"#explained-{first} .table")).to_contain_text("90.00", timeout=STEP)
    late = "was accepted. Decided by: Chair. Reason: The line was down."
    await expect(page.locator("section[aria-labelledby=late] li")).to_contain_text(late)
    await opened(page, second)
    await expect(page.locator(f"#explained-{second} .table")).to_contain_text("works for it or for its organisation")
    await page.goto(f"{server.base}/rooms/{room}/protocol")
    await expect(page.locator(".protocol-list").first).to_contain_text("works for it or for its organisation")
    await expect(page.locator(".minutes").first).to_contain_text(late)
    assert "on their board" not in await page.content()
    assert not people.errors, people.errors


async def test_what_the_chair_may_not_decide_is_the_deputys_and_two_people_open_a_count_again(
    server: House, room: str, people: People
) -> None:
    """Nobody accepts a late ballot of their own, and nobody alone counts once more; both are read by everybody."""
    chair, own = await chaired(people, server.people["chairs"][room], room)
    organiser = await server.guest(server.people["organiser"])
    deputy = (await people.invited(server.people["judges"][room][4])).page
    second = (await people.invited(server.people["organisers"][1])).page
    await second.goto(f"{server.base}/as/organiser-2/control/{room}")
    jury = [own, *await jury_of(server, room)]

    async def hand_in_late(number: int) -> None:
        if number == 0:
            async with own.desk(room) as desk:
                project = desk.room["session"]["project"]
                late = {"type": "ballot.late", "project": project, "scores": dict.fromkeys(CRITERIA, 9)}
                receipt_of(await desk.ask({**late, "expected_revision": 1}))

    async with organiser.desk(room) as control:
        await play(control, jury, [[LEVEL] * 3, [OF_TEAM] * 3, [LOW] * 3], after=hand_in_late)
        await chair.locator("#tab-review").click()
        await expect(chair.locator(".ruling.called")).to_contain_text("The deputy chair decides", timeout=STEP)
        await expect(chair.get_by_role("button", name="Accept…")).to_have_count(0)
        await deputy.locator("#tab-review").click()
        await deputy.get_by_role("button", name="Accept…").click(timeout=STEP)
        await deputy.locator("dialog textarea").fill("The chair's line was down.")
        await yes(deputy)
        await close_count(chair)
        await deputy.locator("[data-review=ask-count]").click(timeout=STEP)
        await deputy.locator("dialog textarea").fill("A team ran over its time.")
        await yes(deputy)
        await expect(chair.locator("[data-review=asked]")).to_contain_text("A team ran over its time.", timeout=STEP)
        await expect(chair.locator("[data-review=sign-count]")).to_be_hidden()
        await second.locator("#sign-count").click(timeout=STEP)
        await yes(second)
        await confirm(chair)
        page = await results(people, control)
    await expect(page.locator("section[aria-labelledby=late] li")).to_contain_text("Reason: The chair's line was down.")
    minutes = page.locator("section[aria-labelledby=minutes] li")
    for told in (
        "Count 1 closed",
        "Asked that count 1 be opened again. Reason: A team ran over",
        "Signed: count 2 opened",
    ):
        await expect(minutes.filter(has_text=told)).to_have_count(1)
    await expect(minutes.filter(has_text="Deputy chair")).to_have_count(1)
    assert not people.errors, people.errors


async def test_a_re_vote_divides_a_tie_and_a_second_person_signs(tmp_path: Path, browser: Browser) -> None:
    """The jury itself settles what it left level; nothing is announced before the organiser has signed, too."""
    with RulesServer(tmp_path, RE_VOTE_RULES) as server:
        people = People(server, browser)
        control_page = (await people.invited(server.organiser_link)).page
        organiser = await guest_of(server, control_page.context, "organiser")
        chair, own = await chaired(people, await server.invite(organiser, "chair-ai"))
        judge = (await people.invited(await server.invite(organiser, "judge-ai-1"))).page
        by_page = await guest_of(server, judge.context, "judge-ai-1")
        other = await Guest.accepted(server.base, await server.invite(organiser, "judge-ai-2"))
        async with organiser.desk(ROOM) as control:
            first, second, third = await play(control, [own, by_page, other], [[LEVEL] * 3, [LEVEL] * 3, [LOW] * 3])
            await close_count(chair)
            form = chair.locator(".tie-form").first
            await form.locator("textarea").fill("Level on everything.")
            await form.locator("button.primary").click()
            await expect(judge.locator("#revote strong")).to_contain_text("round 2", timeout=STEP)
            for project, scores in ((first, [8, 5, 5, 5, 5]), (second, [9, 5, 5, 5, 5])):
                await judge.locator(f".project-tab[data-project='{project}'][data-round='2']").click()
                await score(judge, scores)
                await ballot_taken(judge, 1)
            await chair.locator("[data-review=close]").click()
            await yes(chair)
            await confirm(chair, is_counted=True)

            await control_page.goto(f"{server.base}/as/organiser/control/{ROOM}")
            await control_page.locator("#countersign").click(timeout=STEP)
            await yes(control_page)
            page = await results(people, control)
        assert await places(page) == [second, first, third]
        await opened(page, second)
        await expect(tie(page, second, "re-vote")).to_contain_text("divided", timeout=STEP)
        await expect(page.locator(".proof")).to_contain_text("Anna Grigorieva")
        assert not people.errors, people.errors
        await people.leave()


NET_RULES = """tie_chain = ["net", "shared"]
rank_on = "rounded"
"""
UNTRIMMED_RULES = """estimator = "trimmed-mean"
trim = { k = 1, n_min = 3 }
tie_chain = ["untrimmed-mean", "shared"]
"""
SHARED_RULES = """tie_chain = ["shared"]
"""
SIXTY: Scores = (6, 6, 6, 6, 6)
SIXTY_AND_A_HALF: Scores = (7, 5, 6, 6, 6)
NINETY: Scores = (9, 9, 9, 9, 9)
FIFTY: Scores = (5, 5, 5, 5, 5)


@pytest.mark.parametrize(
    ("rules", "ballots", "penalty", "step", "outcome", "order", "places_given"),
    [
        # 180.5 / 3 = 60.1666… against 60.5 - 0.33 = 60.17: both read 60.17, the exact points divide them.
        pytest.param(
            NET_RULES,
            [[SIXTY, SIXTY, SIXTY_AND_A_HALF], [SIXTY_AND_A_HALF] * 3, [LOW] * 3],
            33,
            "net",
            "divided",
            [1, 0, 2],
            ["1", "2", "3"],
            id="exact-points",
        ),
        # Without the highest and the lowest both have 60; the mean of all is 66.67 against 60.
        pytest.param(
            UNTRIMMED_RULES,
            [[SIXTY] * 3, [FIFTY, SIXTY, NINETY], [LOW] * 3],
            0,
            "untrimmed-mean",
            "divided",
            [1, 0, 2],
            ["1", "2", "3"],
            id="untrimmed-mean",
        ),
        pytest.param(
            SHARED_RULES,
            [[LEVEL] * 3, [LEVEL] * 3, [LOW] * 3],
            0,
            "shared",
            "shared",
            [0, 1, 2],
            ["1", "1", "3"],
            id="shared-place",
        ),
    ],
)
async def test_a_tie_is_broken_as_the_competitions_own_rules_say(
    tmp_path: Path,
    browser: Browser,
    rules: str,
    ballots: list[list[Scores]],
    penalty: int,
    step: str,
    outcome: str,
    order: list[int],
    places_given: list[str],
) -> None:
    """Every step that rules may name divides a real field, and the page tells which one did."""
    with RulesServer(tmp_path, rules) as server:
        people = People(server, browser)
        organiser = await Guest.accepted(server.base, server.organiser_link)
        chair, own = await chaired(people, await server.invite(organiser, "chair-ai"))
        jury = [
            own,
            *[await Guest.accepted(server.base, await server.invite(organiser, f"judge-ai-{n}")) for n in (1, 2)],
        ]
        async with organiser.desk(ROOM) as control:

            async def penalise(number: int) -> None:
                if penalty and number == 1:
                    project = control.room["session"]["project"]
                    await control.do("project.penalty", project=project, points=penalty, reason="Ran over time.")

            pitched = await play(control, jury, ballots, after=penalise)
            await confirm(chair)
            page = await results(people, control)
        found = await places(page)
        assert sorted(found[:2]) == sorted(pitched[:2])
        if outcome == "divided":
            assert found == [pitched[index] for index in order]
        cells = await page.locator(".ranking tbody tr").evaluate_all(
            "rows => rows.map(row => row.querySelector('th, td').textContent.trim())"
        )
        assert cells[:PROJECTS] == places_given
        await opened(page, found[0])
        sentence = {"divided": "divided", "shared": "the place is shared"}[outcome]
        await expect(tie(page, found[0], step)).to_contain_text(sentence, timeout=STEP)
        assert not people.errors, people.errors
        await people.leave()
