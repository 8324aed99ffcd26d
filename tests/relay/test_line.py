"""What left for a viewer and what its transport-wide feedback makes of that, in C and in Python: one behaviour."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadshow.rooms.relay.egress.native import load
from roadshow.rooms.relay.egress.native.line import NativeLine
from roadshow.rooms.relay.last_mile.estimate.line import PythonLine
from roadshow.rooms.relay.last_mile.estimate.told import RING, SLOTS, Fate, Line, Signal, Told, ident_of
from roadshow.rooms.relay.wire.transport_wide import write
from tests.relay.traces import Path, Trace


def native() -> Line:
    return NativeLine(*load())


@pytest.fixture(params=[PythonLine, native], ids=["python", "native"])
def line(request: pytest.FixtureRequest) -> Line:
    made: Line = request.param()
    return made


def feedback(base: int, arrivals: list[int | None]) -> bytes:
    """Without RTCP's header and padding. Arrivals in ticks of 250 µs."""
    packet, told = write(1, 2, 0, base, arrivals)
    assert told == len(arrivals)
    return packet[4 : len(packet) - (packet[-1] if packet[0] & 0x20 else 0)]


def test_numbers_run_on_and_wrap(line: Line) -> None:
    assert [line.depart(100, at) for at in range(3)] == [0, 1, 2]
    for at in range(3, 0xFFFF):
        line.depart(100, at)
    assert [line.depart(100, at) for at in range(3)] == [0xFFFF, 0, 1]
    assert line.told.departed == 0x10002


def test_what_came_is_counted_once(line: Line) -> None:
    """However often it is told: nobody makes their line wider by repeating themselves."""
    for at in range(4):
        line.depart(1000 + at, at * 1000)
    told = feedback(0, [4000, None, 4008])
    assert line.acknowledge(told) is Signal.NORMAL
    assert (line.told.came, line.told.lost, line.told.octets) == (2, 1, 2002)
    line.acknowledge(told)
    assert (line.told.came, line.told.lost, line.told.octets) == (2, 1, 2002)


def test_what_comes_late_was_not_lost(line: Line) -> None:
    for at in range(4):
        line.depart(1000, at * 1000)
    line.acknowledge(feedback(0, [4000, None, 4008]))
    line.acknowledge(feedback(1, [4010, None, 4012]))
    assert (line.told.came, line.told.lost) == (4, 0)


def test_it_is_known_what_became_of_a_packet(line: Line) -> None:
    """By its name, and of the newest of that name; as long as it is remembered."""
    for number in range(4):
        line.depart(1000, number * 1000, ident_of(0x12345, number))
    line.acknowledge(feedback(0, [4000, None, 4008]))
    fates = [line.fate(ident_of(0x92345, number)) for number in range(5)]
    assert fates == [Fate.CAME, Fate.LOST, Fate.CAME, Fate.ON_ITS_WAY, Fate.UNKNOWN]
    assert line.fate(ident_of(0x12346, 0)) is Fate.UNKNOWN
    line.acknowledge(feedback(1, [4010]))
    assert line.fate(ident_of(0x12345, 1)) is Fate.CAME
    line.depart(1000, 5000, ident_of(0x12345, 1))
    assert line.fate(ident_of(0x12345, 1)) is Fate.ON_ITS_WAY
    for number in range(RING):
        line.depart(1000, 6000, ident_of(1, number))
    assert line.fate(ident_of(0x12345, 1)) is Fate.UNKNOWN


def test_nobody_acknowledges_what_never_left(line: Line) -> None:
    line.depart(1000, 0)
    assert line.acknowledge(feedback(0xFFF0, [1000 + n for n in range(40)])) is not None
    assert (line.told.came, line.told.octets) == (1, 1000)


def test_only_so_many_are_remembered(line: Line) -> None:
    for at in range(RING + 10):
        line.depart(1000, at * 1000)
    line.acknowledge(feedback(0, [4000 + n for n in range(20)]))
    assert line.told.came == 10


def test_slots_have_what_came_and_the_least_delay(line: Line) -> None:
    """65.536 ms each, on the receiver's clock."""
    for at in (0, 10_000, 20_000, 150_000):
        line.depart(500, at)
    line.acknowledge(feedback(0, [4000, 4100, 4060, 4800]))
    told = line.told
    assert [(slot.number, slot.octets) for slot in told.slots] == [(15, 1500), (18, 500)]
    assert [slot.delay_ms for slot in told.slots] == [995.0, 1050.0]


def test_old_slots_are_left_out(line: Line) -> None:
    for at in range(60):
        line.depart(500, at * 100_000)
    for number in range(60):
        line.acknowledge(feedback(number, [4000 + number * 400]))
    slots = line.told.slots
    assert 0 < len(slots) <= SLOTS
    assert slots[-1].number - slots[0].number < SLOTS


def test_a_probe_is_reported_by_itself(line: Line) -> None:
    """Five packets leave within 4 ms and come within 20: so many octets after the first, in so long."""
    line.depart(500, 0)
    line.mark(3)
    for n in range(5):
        line.depart(1000, 1000 + n * 1000)
    line.mark(0)
    line.depart(500, 6000)
    line.acknowledge(feedback(0, [4000, *[4010 + 20 * n for n in range(5)], 4200]))
    probe = line.told.probe
    assert (probe.cluster, probe.departed, probe.came, probe.octets) == (3, 5, 5, 4000)
    assert (probe.sent_us, probe.came_us) == (4000, 20_000)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        bytes(15),
        bytes(16),
        bytes(8) + b"\0\0\0\x01" + bytes(4),
        bytes(8) + b"\0\0\0\x01" + bytes(4) + b"\x20\x01",
        bytes(8) + b"\0\0\0\x01" + bytes(4) + b"\x60\x01\0\0",
        bytes(8) + b"\0\0\xff\xff" + bytes(4) + b"\x3f\xff" * 8,
    ],
    ids=["empty", "short", "of none", "no chunk", "no delta", "reserved", "too many"],
)
def test_what_is_malformed_counts_nothing(line: Line, body: bytes) -> None:
    line.depart(1000, 0)
    assert line.acknowledge(body) is None
    assert line.told.came == line.told.lost == 0


def same(one: Told, other: Told) -> None:
    for name in ("departed", "came", "lost", "octets", "signal", "overuses", "slots", "probe"):
        assert getattr(one, name) == getattr(other, name), name
    assert one.trend == pytest.approx(other.trend, rel=1e-6, abs=1e-6)
    assert one.threshold == pytest.approx(other.threshold, rel=1e-6)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_both_make_the_same_of_whatever_comes(data: st.DataObject) -> None:
    """Also of lies: any base, any chunks, arrivals from anywhere."""
    python, native_line = PythonLine(), native()
    at = 0
    for _ in range(data.draw(st.integers(1, 8))):
        for _ in range(data.draw(st.integers(0, 30))):
            at += data.draw(st.sampled_from([0, 100, 3000, 40_000]))
            octets = data.draw(st.integers(0, 1500))
            ident = data.draw(st.integers(0, 3) | st.integers(0, 0xFFFFFFFF))
            assert python.depart(octets, at, ident) == native_line.depart(octets, at, ident)
        cluster = data.draw(st.integers(0, 2))
        python.mark(cluster)
        native_line.mark(cluster)
        base = data.draw(st.integers(0, 200) | st.integers(0, 0xFFFF))
        head = bytes(8) + base.to_bytes(2, "big") + data.draw(st.integers(0, 60)).to_bytes(2, "big")
        body = head + data.draw(st.binary(min_size=4, max_size=4)) + data.draw(st.binary(max_size=80))
        if data.draw(st.booleans()):
            arrivals = data.draw(st.lists(st.none() | st.integers(4000, 5000), min_size=1, max_size=40))
            if any(arrival is not None for arrival in arrivals):
                packet, _ = write(1, 2, 0, base, arrivals)
                body = packet[4 : len(packet) - (packet[-1] if packet[0] & 0x20 else 0)]
        assert python.acknowledge(body) == native_line.acknowledge(body)
    same(python.told, native_line.told)
    assert python.stirred == native_line.stirred
    assert [python.fate(ident) for ident in range(5)] == [native_line.fate(ident) for ident in range(5)]


PATHS: dict[str, Callable[[], Path]] = {
    "constant": Path,
    "thin": lambda: Path(rate=lambda now: 500.0),
    "jitter": lambda: Path(jitter_ms=30.0),
    "reordered": lambda: Path(jitter_ms=30.0, reorders=True),
    "loss": lambda: Path(loss=0.05, burst=4.0),
    "great step": lambda: Path(delay_ms=lambda now: 20.0 if now < 5_000 else 2_500.0),
    "step": lambda: Path(delay_ms=lambda now: 20.0 if now < 8000 else 120.0),
}


@pytest.mark.parametrize("name", PATHS)
def test_both_make_the_same_of_a_line(name: str) -> None:
    """Of ten seconds of a picture of 800 kbit/s."""
    traces = [Trace(line, PATHS[name](), lambda now: 800.0) for line in (PythonLine(), native())]
    for (at, one), (also, other) in zip(*(trace.run(10_000) for trace in traces), strict=True):
        assert at == also
        same(one, other)


def test_a_growing_queue_is_overuse_within_a_second(line: Line) -> None:
    """900 kbit/s through a line of 700: its queue grows by 190 ms a second."""
    trace = Trace(line, Path(rate=lambda now: 2000.0 if now < 5000 else 700.0, queue_ms=2000), lambda now: 900.0)
    overuses = [at for at, told in trace.run(8000) if told.overuses]
    assert 5000 < overuses[0] <= 6500


@pytest.mark.parametrize("seed", range(5))
def test_jitter_alone_is_no_overuse_for_long(line: Line, seed: int) -> None:
    trace = Trace(line, Path(jitter_ms=30.0, reorders=bool(seed % 2)), lambda now: 900.0, seed=seed)
    over = [told.signal is Signal.OVERUSE for _, told in trace.run(30_000)]
    assert sum(over) <= 0.05 * len(over)


def test_a_line_of_its_own_clock_is_no_overuse(line: Line) -> None:
    """Clocks that run apart by 100 ppm (0.1 ms a second) are no queue."""
    chance = random.Random(1)
    path = Path(delay_ms=lambda now: 20 + now * 1e-4 + chance.random())
    for _, told in Trace(line, path, lambda now: 900.0).run(20_000):
        assert told.signal is not Signal.OVERUSE
