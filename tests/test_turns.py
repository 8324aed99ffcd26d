"""Tests that run beside each other, and those that cannot: the lock between the processes of a run."""

import fcntl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import pytest

from tests.turns import Turns

PATIENCE = 20.0
MEANWHILE = 0.1
"""Seconds in which whoever is not kept out would have entered."""


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[list[Turns]]:
    """As three processes have it: each opens the files for itself."""
    made = [Turns(tmp_path) for _ in range(3)]
    yield made
    for turns in made:
        turns.close()


def _until_somebody_waits(door: Path) -> None:
    give_up = time.monotonic() + PATIENCE
    with door.open() as look:
        while True:
            try:
                fcntl.flock(look, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            fcntl.flock(look, fcntl.LOCK_UN)
            assert time.monotonic() < give_up
            time.sleep(0.01)


def test_whoever_wants_to_be_alone_waits_for_the_others_and_is_not_overtaken(
    processes: list[Turns], tmp_path: Path
) -> None:
    """A loss test beside a busy neighbour measures the neighbour; and a stream of short tests must not keep it out."""
    first, measuring, third = processes
    entered, done, late = Event(), Event(), Event()

    def alone() -> None:
        with measuring.turn(alone=True):
            entered.set()
            assert done.wait(PATIENCE)

    def beside() -> None:
        with third.turn(alone=False):
            late.set()

    with ThreadPoolExecutor(2) as threads:
        with ExitStack() as stack:
            stack.enter_context(first.turn(alone=False))
            waits = threads.submit(alone)
            _until_somebody_waits(tmp_path / "door")
            assert not entered.wait(MEANWHILE)
            follows = threads.submit(beside)
            assert not late.wait(MEANWHILE)
        assert entered.wait(PATIENCE)
        assert not late.wait(MEANWHILE)
        done.set()
        waits.result(PATIENCE)
        follows.result(PATIENCE)
    assert late.is_set()


def test_all_others_run_beside_each_other(processes: list[Turns]) -> None:
    """Or two processes would be no faster than one."""
    with ExitStack() as stack:
        for turns in processes:
            stack.enter_context(turns.turn(alone=False))
