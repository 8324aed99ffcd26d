"""The load client against the real server, for a moment: does what it counts agree with what was done to it?"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from roadshow.bench.machine import choose_cores
from roadshow.bench.peer import Behaviour, Client, calibrate
from roadshow.bench.ramp import Ramp, relay_ramp
from roadshow.bench.toolchain import client_library
from roadshow.errors import SetupError

RATE = 50.0


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """One for the process: C has one table of peers."""
    try:
        client_library()
    except SetupError as problem:
        pytest.skip(str(problem))
    made = Client(sample_every=2)
    yield made
    made.stop()


def _delivered(ramp: Ramp, packets: int) -> None:
    """Wait until so many came."""
    give_up = time.monotonic() + 20
    while ramp.fleet.look().packets < packets:
        assert time.monotonic() < give_up, "nothing comes"
        time.sleep(0.05)


def test_the_command_measures_a_real_stream(client: Client) -> None:
    """An organiser's one command, from the encoder to the advice."""
    command = [sys.executable, "-m", "roadshow", "bench", "relay", "--steps", "2", "--seconds", "1", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    report = json.loads(done.stdout)
    (step,) = report["steps"]
    assert (step["viewers"], step["joined"], step["refused"]) == (2, 2, 0)
    assert step["packets"] > 100
    assert step["frames"] > 10
    assert step["authentic"] > 0
    assert (step["forged"], step["backwards"]) == (0, 0)
    assert step["us_per_packet"] > 0
    assert report["machine"]["sendto_us"] > 0
    assert "viewers" in report["advice"]["sentences"][0]


def test_lost_datagrams_are_counted_as_lost(client: Client) -> None:
    """One in ten is thrown away before it is looked at; a count that does not show it would show no server's loss."""
    behaviour = Behaviour(loss=0.1)
    with relay_ramp(client, choose_cores(), most=3, behaviour=behaviour) as ramp:
        assert ramp.fleet.grow(2, RATE).joined == 2
        before = ramp.fleet.look()
        _delivered(ramp, before.packets + 1000)
        seen = ramp.fleet.look().since(before)
    assert 0.05 < seen.lost / seen.expected < 0.2
    assert (seen.forged, seen.backwards) == (0, 0)
    assert seen.authentic > 200


def test_a_lossy_viewer_asks_and_is_helped(client: Client) -> None:
    """The row of whole frames means nothing unless packets were lost, asked for, and sent again."""
    behaviour = Behaviour(repairs=True, loss=0.05)
    with relay_ramp(client, choose_cores(), most=3, behaviour=behaviour) as ramp:
        assert ramp.fleet.grow(2, RATE).joined == 2
        _delivered(ramp, 1500)
        counted = ramp.fleet.look().counters
    assert all(one.nacked and one.repaired and one.whole for one in counted)


def test_the_calibration_gives_prices(client: Client) -> None:
    cores = choose_cores()
    sendto, cipher = calibrate(cores.server, min(cores.load), 0.05)
    assert 0 < cipher < sendto + 10


def test_the_tests_affinity_is_left_as_it_was(client: Client) -> None:
    """The server's core is set for a moment in this very thread."""
    before = os.sched_getaffinity(0)
    with relay_ramp(client, choose_cores(), most=1):
        assert os.sched_getaffinity(0) == before
    assert os.sched_getaffinity(0) == before
