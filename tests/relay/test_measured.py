"""A viewer whose line is measured, on modelled lines: which picture it gets, and how soon. Nothing but its own packets
is tried on it."""

from collections.abc import Callable

import pytest

from roadshow.rooms.relay.last_mile.estimate.line import PythonLine
from roadshow.rooms.relay.last_mile.estimate.measured import LEAST_REPEATS, PACKET_BITS, REPEATED_SHARE, Measured
from roadshow.rooms.relay.last_mile.estimate.probing import AGAIN_MS, OCTETS, Prober, rate_of
from roadshow.rooms.relay.last_mile.estimate.told import Probe
from roadshow.rooms.relay.last_mile.ladder import Rates
from roadshow.rooms.relay.last_mile.quality import Choice, QualityChooser
from roadshow.rooms.relay.last_mile.resending import RESENDS_A_SECOND
from roadshow.rooms.relay.offers.lanes import Quality
from tests.relay.traces import Path, Trace

LAYERS = (150_000, 380_000, 900_000)
TICK_MS, DECIDE_MS, SETTLE_MS = 20, 500, 600
SOUND = 40.0


class Ears:
    """Satisfies ``Line`` for the trace: what is acknowledged is heard by whoever decides."""

    def __init__(self, viewer: "Viewer") -> None:
        self.viewer = viewer
        self.depart = viewer.measured.line.depart
        self.mark = viewer.measured.line.mark
        self.fate = viewer.measured.line.fate

    @property
    def stirred(self) -> int:
        return 0

    @property
    def told(self) -> object:
        return None

    def acknowledge(self, body: bytes) -> bool:
        if self.viewer.measured.acknowledge(body, self.viewer.trace.now):
            self.viewer.decide()
        return True


class Viewer:
    """The relay's side of one viewer on a path."""

    def __init__(self, path: Path, layers: tuple[int, ...] = LAYERS, seed: int = 1) -> None:
        self.measured = Measured(PythonLine())
        self.chooser = QualityChooser()
        self.rates = Rates(layers=layers)
        self.probes = self.probed = 0
        self.moves: list[tuple[int, Quality | None]] = []
        self._sent = float(layers[-1])
        """Bits a second of pictures, as they are sent: a change waits for its key frame."""
        self._changes: list[tuple[int, float]] = []
        self._reported = (0, 0)
        self.stilled = False
        """Whether it ever had but stills."""
        sound = path.beside
        path.beside = lambda now: sound(now) + SOUND
        self.trace = Trace(Ears(self), path, lambda now: self._sent / 1000, seed)  # type: ignore[arg-type]

    @property
    def quality(self) -> Quality | None:
        return self.chooser.quality

    def run(self, ms: int) -> "Viewer":
        end = self.trace.now + ms
        while self.trace.now < end:
            list(self.trace.run(TICK_MS))
            now = self.trace.now
            if self._changes and now >= self._changes[0][0]:
                self._sent = self._changes.pop(0)[1]
            if now % DECIDE_MS == 0:
                self.decide()
                wish = self.chooser.wish
                if wish is not None and self.measured.prober.due(wish, now):
                    self.probes += 1
                    self.measured.line.mark(self.measured.prober.begin(wish, now))
            if self.measured.prober.sending:
                sent = 0
                owed = self.measured.prober.owed(now, TICK_MS)
                while sent < owed:
                    self.trace.send(1200)
                    sent += 1200
                self.probed += sent
                if owed > 0:
                    self.measured.prober.sent(sent)
            if not self.measured.prober.sending:
                self.measured.line.mark(0)
        return self

    def decide(self) -> None:
        now, before = self.trace.now, (self.chooser.quality, self.chooser.stills)
        bits = self.measured.look(now)
        if bits is not None:
            self.chooser.on_estimate(bits, self.measured.rate.congested, now)
        told = self.measured.line.told
        came, lost = told.came - self._reported[0], told.lost - self._reported[1]
        if came + lost >= 100:
            self.chooser.on_loss(max(0.0, lost / (came + lost)), now, came + lost)
            self._reported = told.came, told.lost
        quality = self.chooser.decide(now, self.rates)
        quality_and_stills = quality, self.chooser.stills
        self.stilled |= self.chooser.stills > 0
        if quality_and_stills != before:
            self.moves.append((now, quality))
            self.measured.rate.changed(now)
            rate = 0 if quality is None else self.rates.layers[max(0, len(self.rates.layers) - 3 + quality)]
            self._changes = [(now + SETTLE_MS, float(self.chooser.stills or rate))]


STEADY: dict[str, Callable[[], Path]] = {
    "jitter": lambda: Path(rate=lambda now: 20_000.0, jitter_ms=30.0),
    "reordering": lambda: Path(rate=lambda now: 20_000.0, jitter_ms=30.0, reorders=True),
    "a step": lambda: Path(rate=lambda now: 20_000.0, delay_ms=lambda now: 20.0 if now < 10_000 else 120.0),
    "loss": lambda: Path(rate=lambda now: 20_000.0, loss=0.05, burst=4.0),
}


@pytest.mark.parametrize("seed", range(2, 5))
@pytest.mark.parametrize("name", STEADY)
def test_no_layer_is_lost_to_what_is_no_congestion(name: str, seed: int) -> None:
    viewer = Viewer(STEADY[name](), seed=seed).run(40_000)
    assert viewer.moves == []
    assert viewer.probes == 0, "there is nothing more to wish for"


@pytest.mark.parametrize("seed", range(2, 5))
def test_half_a_megabit_and_the_end_of_it(seed: int) -> None:
    """What fits within two seconds, no more changes while the limit lasts, all again within eight of its end."""
    path = Path(rate=lambda now: 500.0 if 10_000 <= now < 40_000 else 10_000.0)
    viewer = Viewer(path, seed=seed).run(60_000)
    assert not viewer.stilled, "while the former picture goes on, nothing is known of the new one"
    falls = [at for at, quality in viewer.moves if quality is not Quality.HIGH]
    assert 10_000 < falls[0] <= 12_000
    held = [(at, quality) for at, quality in viewer.moves if 14_000 < at <= 40_000]
    assert len(held) <= 2, held
    assert viewer.moves[-1][1] is Quality.HIGH
    assert viewer.moves[-1][0] <= 48_000


def test_a_line_that_holds_the_middle_layer_gets_it() -> None:
    """By what the probes find: the first fall goes to the lowest, as the full queue lets it seem."""
    viewer = Viewer(Path(rate=lambda now: 700.0)).run(30_000)
    assert viewer.quality is Quality.MEDIUM


def test_probes_are_few() -> None:
    """On a line that is too narrow for good: some 17 kbit/s."""
    viewer = Viewer(Path(rate=lambda now: 300.0)).run(60_000)
    assert viewer.quality is Quality.LOW
    assert 0 < viewer.probes <= 60_000 / AGAIN_MS
    assert viewer.probed <= viewer.probes * (OCTETS + 1200)


def test_what_somebody_chose_is_given_up_when_it_is_beyond_doubt() -> None:
    """Three seconds of a full line, not one."""
    viewer = Viewer(Path(rate=lambda now: 3000.0 if now < 10_000 else 300.0))
    viewer.chooser.choose(Choice.HIGH)
    viewer.run(20_000)
    assert viewer.moves
    assert 13_000 <= viewer.moves[0][0] <= 16_000


def test_without_any_picture_there_is_nothing_to_measure_with() -> None:
    """From sound and slides it goes up by a still picture, which tells of itself."""
    chooser, rates = QualityChooser(), Rates(layers=LAYERS)
    levels = []
    for now in range(0, 90_000, DECIDE_MS):
        if now < 40_000:
            chooser.on_loss(0.5, now, 100)
            chooser.on_estimate(10_000, now % 2000 == 0, now)
        levels.append((chooser.decide(now, rates), chooser.stills > 0))
    assert (None, False) in levels
    assert (Quality.LOW, True) in levels[levels.index((None, False)) :]


def test_who_tells_nothing_any_more_is_measured_no_longer() -> None:
    viewer = Viewer(Path()).run(5_000)
    assert viewer.measured.look(viewer.trace.now) is not None
    assert viewer.measured.look(viewer.trace.now + 2_500) is not None
    assert viewer.measured.look(viewer.trace.now + 6_000) is None


def test_a_full_line_is_not_filled_with_repeats() -> None:
    """A fifth of what it carries; as many as ever once it is whole again."""
    viewer = Viewer(Path(rate=lambda now: 500.0 if 5_000 <= now < 10_000 else 5_000.0)).run(7_000)
    assert viewer.measured.full(viewer.trace.now)
    assert LEAST_REPEATS <= viewer.measured.repeats(viewer.trace.now) <= 500_000 * REPEATED_SHARE / PACKET_BITS
    viewer.run(13_000)
    assert not viewer.measured.full(viewer.trace.now)
    assert viewer.measured.repeats(viewer.trace.now) == RESENDS_A_SECOND
    assert viewer.measured.repeats(viewer.trace.now, thin=True) < RESENDS_A_SECOND


def test_a_line_that_holds_no_picture_gets_stills() -> None:
    """One layer of 900 kbit/s: what fits is a still each second; the whole again soon after the line is."""
    path = Path(rate=lambda now: 500.0 if 5_000 <= now < 30_000 else 5_000.0)
    viewer = Viewer(path, layers=(900_000,)).run(9_000)
    stills = [viewer.chooser.stills, viewer.run(21_000).chooser.stills, viewer.run(8_000).chooser.stills]
    assert stills == [375_000, 375_000, 0]
    assert viewer.quality is Quality.HIGH


@pytest.mark.parametrize(
    ("probe", "rate"),
    [
        (Probe(1, 8, 8, 8_400, 50_000, 50_000), 1_000_000),
        (Probe(1, 8, 8, 8_400, 50_000, 20_000), 1_000_000),
        (Probe(1, 8, 8, 8_400, 50_000, 134_400), 475_000),
        (Probe(1, 8, 8, 8_400, 0, 10_000), None),
    ],
    ids=["as fast", "all at once", "held up", "all left at once"],
)
def test_a_cluster_says_what_it_was_carried_at(probe: Probe, rate: float | None) -> None:
    found = rate_of(probe, 1_000_000)
    assert found == rate if rate is None else found == pytest.approx(rate)


def test_a_cluster_of_which_too_little_came_says_nothing() -> None:
    prober = Prober()
    prober.begin(1_000_000, 0)
    prober.sent(OCTETS)
    assert prober.found(Probe(1, 8, 6, 6_000, 50_000, 50_000), 1_400) is None
    assert prober.found(Probe(1, 8, 6, 6_000, 50_000, 50_000), 1_600) is None
    assert prober.found(Probe(1, 8, 8, 6_000, 50_000, 50_000), 1_700) is None
    assert not prober.due(1_000_000, AGAIN_MS - 1)
    assert prober.due(1_000_000, AGAIN_MS)


def test_where_a_cluster_came_through_another_may_follow_at_once() -> None:
    """Two steps up in a second, where the line holds them."""
    prober = Prober()
    for held_up, soon in ((20_000, True), (134_400, False)):
        prober.begin(1_000_000, 0)
        prober.sent(OCTETS)
        assert prober.found(Probe(prober.cluster, 8, 8, 8_400, 50_000, held_up), 500) is not None
        assert prober.due(2_000_000, 600) is soon
