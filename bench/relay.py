"""The relay beside its aims, row by row: ``make bench-relay``. See bench/README.md for the method.

Every row is measured on this machine in one sitting, the server on one core, the load on the others.
"""

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.reach import floor, janus, losses, peers, switches
from roadshow.bench import media
from roadshow.bench.command import FILES_BESIDE, allow_open_files, describe, heading
from roadshow.bench.machine import Cores, choose_cores, pinned
from roadshow.bench.peer import CHROMIUM, PLAIN, Behaviour, Client
from roadshow.bench.ramp import Ramp, relay_ramp
from roadshow.bench.results import COLUMNS, Limits, Reached, Step, faults, reach_row, row
from roadshow.errors import SetupError

FLOOR_TIMES, PYTHON_US = 1.5, 8.0
PRICED_AT = 500
"""Viewers at which a packet's price is compared."""
PEER_TIMES = {"janus": 4.0, peers.LIVEKIT: 3.5, peers.MEDIAMTX: 3.5}
PEER_ROUNDS, PEER_VIEWERS = 3, (300, 500)
HELD_SHARE = 0.6
"""Of the viewers that ``limit.c`` holds in the same run."""
HELD_LIMITS = Limits(lost_percent=0.0, frames_percent=1.0, server_percent=100.0, p99_ms=30.0)
RAMP = (100, 500, 600, 1000, 1250, 1500, 1750, 2000)
MEMORY_FROM, MEMORY_TO, MEMORY_KB = 100, 600, 100.0
JOIN_MS, JOINS_A_SECOND, PICTURE_MS = 3.0, 200.0, 500.0
SWITCHES, SWITCH_VIEWERS, SWITCH_MS = 100, 1000, 500.0
KEY_PACKETS, LINE, LINE_LOSS = 40, (2_450_000, 20), 0.2
"""Of a large key frame; the viewers' lines, 1.5 times the stream's rate with room for 20 packets; and per cent of the
packets that may find no room: a tenth of what was lost when such frames left at once."""
LOSS, LOSS_VIEWERS, LOSS_SECONDS, WHOLE_PERCENT = 0.05, 20, 30.0, 99.5
ROWS = ("native", "plain", "python", "pacing", "peers", "switches", "loss")
MANNERS = {"native": CHROMIUM, "plain": PLAIN}
"""Viewers that answer transport-wide feedback and take RED as Chromium does, and such that do not."""


class Bench:
    """``scale`` shrinks every number of viewers and switches, to try the program itself: the rows then say so.
    ``most``: no more viewers than that are tried. ``others``: where other servers' programs are."""

    def __init__(
        self, client: Client, cores: Cores, seconds: float, scale: float, most: int, others: Path | None
    ) -> None:
        self.client, self.cores, self.seconds, self.scale = client, cores, seconds, scale
        self.ramp = tuple(number for number in RAMP if number <= most) or (most,)
        self.others = others or Path("peers")

    def scaled(self, count: int) -> int:
        return max(round(count * self.scale), 1)

    def native(self) -> list[Reached]:
        """One ramp on the native way of sending gives price, reach, joins and memory."""
        steps, rows = self._beside_the_floor("native", "everything on")
        by_viewers = {step.wanted: step for step in steps}
        return [
            *rows,
            self._joins(by_viewers.get(self.scaled(PRICED_AT))),
            self._memory(by_viewers.get(self.scaled(MEMORY_FROM)), by_viewers.get(self.scaled(MEMORY_TO))),
        ]

    def plain(self) -> list[Reached]:
        """The same with viewers that report once a second and answer nothing else."""
        return self._beside_the_floor("plain", "without feedback and RED")[1]

    def python(self) -> list[Reached]:
        steps = self._ramp("python", (MEMORY_FROM, PRICED_AT), CHROMIUM)
        wanted = self.scaled(PRICED_AT)
        priced = next((step for step in steps if step.wanted == wanted), None)
        return [self._price("CPU per delivered packet, pure Python", PYTHON_US, priced)]

    def pacing(self) -> list[Reached]:
        """Large key frames on lines with shallow queues."""
        behaviour, wanted = Behaviour(line=LINE), self.scaled(PRICED_AT)
        print(f"\nkey frames of {KEY_PACKETS} packets\n{COLUMNS}", flush=True)
        with relay_ramp(
            self.client,
            self.cores,
            most=wanted + 1,
            path="native",
            behaviour=behaviour,
            key_packets=KEY_PACKETS,
            settled=True,
        ) as ramp:
            step = ramp.step(wanted, self.seconds)
        _show(step)
        lost = 100 * step.overflowed / max(step.packets + step.overflowed, 1)
        rate, room = LINE
        what = f"key frames of {KEY_PACKETS} packets, lines of {rate / 1e6} Mbit/s with room for {room}: lost"
        said = f"{lost:.2f} %, {step.us_per_packet:.2f} us (quietest 2 s: {step.least_us:.2f}), {step.viewers} viewers"
        return [Reached(what, f"≤ {LINE_LOSS} %", said, step.viewers == wanted and lost <= LINE_LOSS)]

    def peers(self) -> list[Reached]:
        """In turns, so that a busy neighbour slows all; only those that are there."""
        numbers = [self.scaled(number) for number in PEER_VIEWERS]
        opened: dict[str, Callable[[], AbstractContextManager[Ramp]]] = {
            "roadshow": lambda: relay_ramp(
                self.client, self.cores, most=numbers[-1] + 1, path="native", behaviour=CHROMIUM, settled=True
            ),
            "janus": lambda: janus.janus_ramp(self.client, self.cores, CHROMIUM),
            peers.LIVEKIT: lambda: peers.livekit_ramp(self.client, self.cores, self.others, CHROMIUM),
            peers.MEDIAMTX: lambda: peers.mediamtx_ramp(self.client, self.cores, self.others, CHROMIUM),
        }
        found: dict[str, list[list[Step]]] = {name: [] for name in opened}
        missing: dict[str, str] = {}
        for turn in range(PEER_ROUNDS):
            for name, begin in opened.items():
                if name in missing:
                    continue
                print(f"\n{name}, round {turn + 1}\n{COLUMNS}", flush=True)
                try:
                    with begin() as ramp:
                        steps = [ramp.step(number, self.seconds) for number in numbers]
                except SetupError as problem:
                    missing[name] = str(problem).splitlines()[-1]
                    continue
                for step in steps:
                    _show(step)
                found[name].append(steps)
        return [self._beside(name, place, found, missing) for name in PEER_TIMES for place in range(len(numbers))]

    def _beside(self, name: str, place: int, found: dict[str, list[list[Step]]], missing: dict[str, str]) -> Reached:
        times = PEER_TIMES[name]
        what, aim = f"beside {name}, {self.scaled(PEER_VIEWERS[place])} viewers", f"≤ 1/{times} of its CPU per packet"
        for one in ("roadshow", name):
            if one in missing:
                return Reached(what, aim, missing[one], None)
        ours, theirs = ([steps[place].us_per_packet for steps in found[one]] for one in ("roadshow", name))
        ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
        wrong = faults(found[name][-1][place])
        said = f"{_list(ours)} against {_list(theirs)} us: {', '.join(f'{ratio:.1f}' for ratio in ratios)} times"
        said += f" (it: {'; '.join(wrong)})" if wrong else ""
        return Reached(what, aim, said, statistics.median(ratios) >= times)

    def switches(self) -> list[Reached]:
        count, viewers = self.scaled(SWITCHES), self.scaled(SWITCH_VIEWERS)
        found = switches.measure(self.client, self.cores, viewers=viewers, switches=count, path="native")
        print(f"\nswitches\n{found}")
        what = f"{count} switches of publisher, {viewers} viewers"
        complete = found.viewers == viewers
        ordered = Reached(
            f"{what}: numbers that ran backwards",
            "0",
            f"timestamps {found.backwards}, sequence {found.disordered}, frames before a key frame {found.undecodable}",
            complete and not (found.backwards or found.disordered or found.undecodable),
        )
        slowest = found.slowest_ms if found.slowest_ms is not None else float("inf")
        in_time = Reached(
            f"{what}: new picture, slowest viewer",
            f"≤ {SWITCH_MS:.0f} ms",
            f"{slowest:.0f} ms (p99 {found.p99_ms or 0:.0f}); {found.left_behind} without; {found.viewers} viewers",
            complete and not found.left_behind and slowest <= SWITCH_MS,
        )
        return [ordered, in_time]

    def loss(self) -> list[Reached]:
        rows = []
        for where, publisher_loss in (("viewers' links", 0.0), ("viewers' and publisher's links", LOSS)):
            found = losses.measure(
                self.client, self.cores, viewers=LOSS_VIEWERS, seconds=LOSS_SECONDS * min(self.scale * 4, 1), loss=LOSS,
                publisher_loss=publisher_loss, path="native",
            )  # fmt: skip
            print(f"\nloss, {where}\n{found}")
            said = f"{found.percent:.2f} % of {found.whole + found.broken}, {found.viewers} viewers"
            held = found.viewers == LOSS_VIEWERS and found.percent >= WHOLE_PERCENT and not found.problems
            what = f"{LOSS:.0%} loss each way, {where}: whole frames"
            rows.append(Reached(what, f"≥ {WHOLE_PERCENT} % within 0.5 s", said, held))
        return rows

    def _beside_the_floor(self, name: str, said: str) -> tuple[list[Step], list[Reached]]:
        """A ramp, and what ``limit.c`` takes before and after it."""
        priced_at = self.scaled(PRICED_AT)
        before = floor.price(self.cores, priced_at)
        steps = self._ramp("native", self.ramp, MANNERS[name])
        after, paced = floor.price(self.cores, priced_at), floor.paced_price(self.cores, priced_at)
        holds = floor.holds(self.cores)
        least = (before + after) / 2
        print(f"floor: {before:.2f} us a packet before, {after:.2f} after, {paced:.2f} paced; it holds {holds} viewers")
        priced = next((step for step in steps if step.wanted == priced_at), None)
        price = self._price(f"CPU per delivered packet, {said}", FLOOR_TIMES * least, priced)
        if priced is not None:
            ours = priced.us_per_packet
            measured = f"{ours / least:.2f} × ({ours / paced:.2f} × paced): {price.measured}"
            price = msgspec.structs.replace(price, aim=f"≤ {FLOOR_TIMES} × limit.c's {least:.2f} us", measured=measured)
        return steps, [price, self._held(steps, said, holds)]

    def _ramp(self, path: str, wanted: Sequence[int], behaviour: Behaviour) -> list[Step]:
        print(f"\n{path}\n{COLUMNS}", flush=True)
        numbers = sorted({self.scaled(number) for number in wanted})
        steps: list[Step] = []
        with relay_ramp(
            self.client, self.cores, most=numbers[-1] + 1, path=path, behaviour=behaviour, settled=True
        ) as ramp:
            for number in numbers:
                step = ramp.step(number, self.seconds)
                _show(step)
                steps.append(step)
                if number > self.scaled(MEMORY_TO) and faults(step):  # what smaller ones tell is wanted in any case
                    break
        return steps

    def _price(self, what: str, most: float, step: Step | None) -> Reached:
        what = f"{what}, {self.scaled(PRICED_AT)} viewers"
        if step is None:
            return Reached(what, f"≤ {most:.2f} us", "so many viewers were not reached", False)
        said = f"{step.us_per_packet:.2f} us (quietest 2 s: {step.least_us:.2f})"
        wrong = faults(step)
        said += f"; but {'; '.join(wrong)}" if wrong else ""
        return Reached(what, f"≤ {most:.2f} us", said, step.us_per_packet <= most and not wrong)

    def _held(self, steps: Sequence[Step], who: str, possible: int) -> Reached:
        held, why = 0, "the ramp's end"
        for step in steps:
            if found := faults(step, HELD_LIMITS, exact=True):
                why = f"at {step.wanted}: {'; '.join(found)}"
                break
            held = step.viewers
        share = held / max(possible, 1)
        return Reached(
            f"viewers on one core, {who}: no loss, p99 < 30 ms",
            f"≥ {HELD_SHARE} of limit.c's {possible}",
            f"{held}, {share:.2f} ({why})",
            share >= HELD_SHARE,
        )

    def _joins(self, step: Step | None) -> Reached:
        what = "join: server CPU; joins a second; first picture, p95"
        aim = f"≤ {JOIN_MS:.0f} ms; ≥ {JOINS_A_SECOND:.0f}; ≤ {PICTURE_MS:.0f} ms"
        if step is None or step.picture_p95_ms is None:
            return Reached(what, aim, "nobody came in", False)
        said = f"{step.join_ms:.2f} ms; {step.joins_per_second:.0f}; {step.picture_p95_ms:.0f} ms"
        fast = step.joins_per_second >= JOINS_A_SECOND and step.picture_p95_ms <= PICTURE_MS
        return Reached(what, aim, said, step.join_ms <= JOIN_MS and fast)

    def _memory(self, few: Step | None, many: Step | None) -> Reached:
        what, aim = "memory for each added viewer", f"≤ {MEMORY_KB:.0f} KB"
        if few is None or many is None or many.viewers <= few.viewers:
            return Reached(what, aim, "so many viewers were not reached", False)
        each = (many.memory_bytes - few.memory_bytes) / (many.viewers - few.viewers) / 1e3
        return Reached(what, aim, f"{each:.0f} KB, from {few.viewers} to {many.viewers} viewers", each <= MEMORY_KB)


def _show(step: Step) -> None:
    told = f"  feedback {step.told / max(step.viewers * step.seconds, 1):.1f}/s" if step.told else ""
    red = f"  RED {step.red}" if step.red else ""
    print(row(step) + told + red + "".join(f"  ! {problem}" for problem in step.problems), flush=True)


def _list(values: Sequence[float]) -> str:
    return "/".join(f"{value:.2f}" for value in values) + f" (mean {statistics.mean(values):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description="The relay beside its aims.")
    parser.add_argument("--only", nargs="+", choices=ROWS, default=ROWS, help="these rows alone")
    parser.add_argument("--most", type=int, default=max(RAMP), help="no more viewers than that (default all)")
    parser.add_argument("--peers", type=Path, help="folder with other servers' programs (see bench/README.md)")
    parser.add_argument("--seconds", type=float, default=8.0, help="counted at each step (default 8)")
    parser.add_argument("--scale", type=float, default=1.0, help="fewer viewers, to try this program itself")
    options = parser.parse_args()
    assert 0 < options.scale <= 1, "the scale is a share"
    allow_open_files(max(RAMP) + FILES_BESIDE)
    cores = choose_cores()
    assert not cores.shared, "this measures one core: two are needed"
    reached: list[Reached] = []
    with pinned(cores.load):
        media.load()
        before = describe(cores)
        print(heading(before, cores))
        client = Client()
        bench = Bench(client, cores, options.seconds, options.scale, options.most, options.peers)
        rows: dict[str, Callable[[], list[Reached]]] = {name: getattr(bench, name) for name in ROWS}
        for name in options.only:
            try:
                reached += rows[name]()
            except SetupError as problem:
                reached.append(Reached(name, "", str(problem).splitlines()[-1], None))
        client.stop()
        after = describe(cores)
    print(f"\n{heading(before, cores)}")
    print(f"afterwards: sendto {after.sendto_us:.2f} us, load average {after.load_average:.2f}\n")
    if options.scale < 1:
        print(f"Scaled by {options.scale}: this tries the program, it measures nothing.\n")
    for one in reached:
        print(reach_row(one))


if __name__ == "__main__":
    main()
