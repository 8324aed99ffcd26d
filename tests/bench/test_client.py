"""The load client against the real server, for a moment: does what it counts agree with what was done to it?"""

import ctypes as c
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from roadshow.bench.machine import choose_cores
from roadshow.bench.peer import Behaviour, Client, calibrate
from roadshow.bench.ramp import Ramp, relay_ramp
from roadshow.bench.toolchain import client_library
from roadshow.errors import SetupError
from roadshow.rooms.relay.wire.transport_wide import read

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


_GAPS = some.one_of(some.none(), some.integers(-300, 300), some.integers(-40_000, 40_000))


@settings(max_examples=200, deadline=None)
@given(some.integers(0, 65535), some.integers(20_000_000, 1 << 31), some.lists(_GAPS, min_size=1, max_size=500))
def test_transport_wide_feedback_says_what_came_when(base: int, begin: int, gaps: list[int | None]) -> None:
    """A relay's estimate of 500 viewers hangs on bytes made here; the reader was written apart from them."""
    library = c.CDLL(str(client_library()))
    at, tick = list[int](), begin
    for gap in gaps:
        tick = max(tick + (gap or 0), 1)
        at.append(0 if gap is None else tick)
    told, done, number = c.c_int(), 0, 7
    while done < len(at):
        out = c.create_string_buffer(2048)
        rest = (c.c_int64 * (len(at) - done))(*at[done:])
        size = library.rp_feedback_write(out, 1, 2, base + done & 0xFFFF, rest, len(rest), number, c.byref(told))
        packet = out.raw[:size]
        assert size == 4 + 4 * int.from_bytes(packet[2:4], "big") <= 1400
        assert (packet[0] & 0x1F, packet[1]) == (15, 205)
        body = packet[4 : size - packet[-1] if packet[0] & 0x20 else size]
        found = read(body)
        assert (found.base, found.number) == (base + done & 0xFFFF, number)
        wanted = at[done : done + told.value]
        assert [one and one % (1 << 32) for one in found.arrivals] == [one or None for one in wanted]
        assert told.value
        done += told.value


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
