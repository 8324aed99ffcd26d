"""One clock on every desk: the server's, measured."""

import asyncio
from typing import Any

import pytest
from playwright.async_api import WebSocketRoute, expect

from tests.browser.acts import CLOCK_END, STEP, advance, clock_end, give_time, in_phase, press, to_room, until
from tests.browser.conftest import People, Visit
from tests.demo_server import DemoServer

AGREE_WITHIN = 100
"""Milliseconds between any two desks."""
PONGS = 5
"""Answers that make a measurement."""
LONG_WAY = 0.25
"""Seconds a message takes to or from a desk that is far away."""

# A desk's own wall clock is wrong; what it shows must not depend on it. The page's monotonic clock is that of the
# machine, which the test uses to compare desks with each other and with the server.
WRONG_CLOCK = "{ const real = Date.now; Date.now = () => real() + %d; }"
LOOK = """() => {
  const {clock, now} = document.querySelector("show-clock");
  const at = performance.timeOrigin + performance.now();
  return {at, standing: clock.remaining_ms,
    left: clock.ends_at === null ? clock.remaining_ms : clock.ends_at - now()};
}"""
PAUSED = "document.querySelector('show-clock').clock.remaining_ms"


def _far(socket: WebSocketRoute) -> None:
    """As from another continent: every message takes its time, both ways."""
    server = socket.connect_to_server()
    loop = asyncio.get_running_loop()
    socket.on_message(lambda message: loop.call_later(LONG_WAY, server.send, message))
    server.on_message(lambda message: loop.call_later(LONG_WAY, socket.send, message))


async def _has_measured(visit: Visit) -> None:
    """Without this a desk would be asked before it could know."""
    give_up = asyncio.get_running_loop().time() + STEP / 1000
    while sum('"clock.pong"' in frame for frame in visit.frames) < PONGS:
        assert asyncio.get_running_loop().time() < give_up, f"{visit.page.url}: the clock was never measured"
        await asyncio.sleep(0.05)


async def _looks(desks: list[Visit]) -> list[dict[str, Any]]:
    return list(await asyncio.gather(*(visit.page.evaluate(LOOK) for visit in desks)))


async def _check_agreement(desks: list[Visit]) -> None:
    """What each desk shows, told for one moment, and as the server would tell it: its clock is this machine's."""
    ends = await clock_end(desks[0].page)
    for visit in desks:
        await until(visit.page, f"{CLOCK_END} === {ends}")
    looks = await _looks(desks)
    zeros = [look["at"] + look["left"] for look in looks]
    assert max(zeros) - min(zeros) < AGREE_WITHIN
    for zero in zeros:
        assert abs(zero - ends) < AGREE_WITHIN


@pytest.mark.alone
async def test_five_desks_show_the_same_time_whatever_their_own_clocks_say(
    server: DemoServer, room: str, people: People
) -> None:
    """Pitcher, jury and hall must see the same second, on machines that are minutes wrong and far away."""
    links = server.people
    desks: list[Visit] = []
    for minutes, (link, is_invitation) in enumerate(
        [
            (links["organiser"], True),
            (links["judges"][room][0], True),
            (links["screen"][room], False),
            (links["audience"][room], False),
            (links["audience"][room], False),
        ]
    ):
        context = await people.browser.new_context(viewport={"width": 800, "height": 600}, locale="en-GB")
        people.contexts.append(context)
        await context.add_init_script(WRONG_CLOCK % ((minutes - 2) * 97_000))
        if minutes == 4:
            await context.route_web_socket("**/live?*", _far)
        visit = await people.tab(context, link)
        if is_invitation:
            await visit.page.locator("main form button").click()
            await visit.page.wait_for_url("**/as/**")
        desks.append(visit)
    control = desks[0].page
    await to_room(control, room)
    await advance(control, "pitch")
    await give_time(control)
    for visit in desks:
        await in_phase(visit.page, "pitch")
        await _has_measured(visit)
    await _check_agreement(desks)

    ends = await clock_end(control)
    await control.locator("[data-add='30']").click()
    await until(control, f"{CLOCK_END} === {ends + 30_000}")
    await _check_agreement(desks)

    await press(control, "#pause")
    for visit in desks:
        await until(visit.page, f"{PAUSED} !== null")
        await expect(visit.page.locator("show-clock[data-paused]")).to_have_count(1, timeout=STEP)
    assert len({look["standing"] for look in await _looks(desks)}) == 1
    texts = [await visit.page.locator("show-clock .clock-figures").text_content() for visit in desks]
    assert len(set(texts)) == 1
    await press(control, "#pause")
    await until(control, f"{CLOCK_END} !== null")
    await _check_agreement(desks)
    assert people.errors == []
