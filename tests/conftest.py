"""For every test: nothing of the operator's environment, hypothesis without a stopwatch, its turn, and a browser."""

import asyncio.constants
import os
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import AbstractContextManager, nullcontext

import hypothesis
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests import left_open
from tests.chromium import Chromium, chromium
from tests.firefox import Firefox, firefox
from tests.turns import Turns

FAILED = pytest.StashKey[bool]()

# A busy machine is no failure; what a test must not exceed is bounded where it matters.
hypothesis.settings.register_profile("roadshow", deadline=None, print_blob=True)
# For `make rules`: whoever changes a rule has the time for it, every run has not.
hypothesis.settings.register_profile("long", deadline=None, print_blob=True, max_examples=10_000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "roadshow"))
left_open.watch()
# In debug mode asyncio notes where each handle and future was made. Ten frames deep, that took a quarter of the time.
asyncio.constants.DEBUG_STACK_DEPTH = 2  # type: ignore[misc]


@pytest.fixture(autouse=True, scope="session")
def _no_settings_from_outside() -> None:
    """A REDIS_URL in the developer's shell must never reach a test that empties its store."""
    for name in [name for name in os.environ if name.startswith("ROADSHOW_") or name == "REDIS_URL"]:
        del os.environ[name]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One browser means one event loop: whoever asks for it runs on that. And what failed in a browser that shared the
    machine with others says little of either: it is done once more, alone, in a new one, and the run's end tells so.

    Whoever must be alone comes first: the other processes begin in the middle of the list, among tests that are over in
    a moment, so that nobody waits long for anybody.
    """
    items.sort(key=lambda item: item.get_closest_marker("alone") is None)
    for item in items:
        if isinstance(item, pytest.Function) and {"browser", "other_browser"} & set(item.fixturenames):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)
            if "PYTEST_XDIST_WORKER" in os.environ:
                item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = report.failed or (item.stash.get(FAILED, False) and report.when != "setup")
    return report


@pytest.fixture(scope="session")
def _turns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Turns | None]:
    """None: there is one process."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        yield None
        return
    turns = Turns(tmp_path_factory.getbasetemp().parent)
    yield turns
    turns.close()


@pytest.fixture(autouse=True)
def _no_connection_left_open() -> Iterator[None]:
    """By the test, and all that it has set up."""
    yield
    assert left_open.left_open() == []


@pytest.fixture(autouse=True)
def _turn(request: pytest.FixtureRequest, _turns: Turns | None) -> Iterator[None]:
    """Before all that a test sets up, until all of it is put away."""
    again = getattr(request.node, "execution_count", 1) > 1
    alone = again or request.node.get_closest_marker("alone") is not None
    turn: AbstractContextManager[None] = nullcontext() if _turns is None else _turns.turn(alone=alone)
    with turn:
        yield


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _chromium() -> AsyncIterator[Chromium]:
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def browser(request: pytest.FixtureRequest, _chromium: Chromium) -> AsyncIterator[Browser]:
    """The run's one Chromium. Of what a test opens in it nothing is left to the next, after a failure not itself."""
    shared = await _chromium.running()
    yield shared
    await put_away(shared, ill=request.node.stash[FAILED])


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _firefox() -> AsyncIterator[Firefox]:
    async with firefox() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def other_browser(request: pytest.FixtureRequest, _firefox: Firefox) -> AsyncIterator[Browser]:
    """The run's one Firefox, for what must not hang on one kind of browser."""
    shared = await _firefox.running()
    yield shared
    await put_away(shared, ill=request.node.stash[FAILED])


async def put_away(browser: Browser, *, ill: bool) -> None:
    if ill:
        await browser.close()
    for context in browser.contexts:
        await context.close()
