"""The relay beside its aims, row by row: ``make bench-relay``. See bench/README.md for the method.

Every row is measured on this machine in one sitting, the server on one core, the load on the others.
"""

import argparse
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.reach import janus, losses, switches
from roadshow.bench import media
from roadshow.bench.command import FILES_BESIDE, allow_open_files, describe, heading
from roadshow.bench.machine import Cores, choose_cores, pinned
from roadshow.bench.peer import Client
from roadshow.bench.ramp import relay_ramp
from roadshow.bench.results import COLUMNS, Limits, Reached, Step, faults, reach_row, row
from roadshow.errors import SetupError

NATIVE_US, PYTHON_US = 2.5, 8.0
PRICED_AT = 500
"""Viewers at which a packet's price is compared."""
JANUS_TIMES, JANUS_ROUNDS, JANUS_VIEWERS = 4.0, 3, 300
HELD = 1500
HELD_LIMITS = Limits(lost_percent=0.0, frames_percent=1.0, server_percent=100.0, p99_ms=30.0)
RAMP = (100, 500, 600, 1000, 1500, 1750, 2000)
MEMORY_FROM, MEMORY_TO, MEMORY_KB = 100, 600, 100.0
JOIN_MS, JOINS_A_SECOND, PICTURE_MS = 3.0, 200.0, 500.0
SWITCHES, SWITCH_VIEWERS, SWITCH_MS = 100, 1000, 500.0
LOSS, LOSS_VIEWERS, LOSS_SECONDS, WHOLE_PERCENT = 0.05, 20, 30.0, 99.5
ROWS = ("native", "python", "janus", "switches", "loss")


class Bench:
    """``scale`` shrinks every number of viewers and switches, to try the program itself: the rows then say so."""

    def __init__(self, client: Client, cores: Cores, seconds: float, scale: float) -> None:
        self.client, self.cores, self.seconds, self.scale = client, cores, seconds, scale

    def scaled(self, count: int) -> int:
        return max(round(count * self.scale), 1)

    def native(self) -> list[Reached]:
        """One ramp on the native way of sending gives price, reach, joins and memory."""
        steps = self._ramp("native", RAMP)
        by_viewers = {step.wanted: step for step in steps}
        priced = by_viewers.get(self.scaled(PRICED_AT))
        return [
            self._price("CPU per delivered packet, native", NATIVE_US, priced),
            self._held(steps),
            self._joins(priced),
            self._memory(by_viewers.get(self.scaled(MEMORY_FROM)), by_viewers.get(self.scaled(MEMORY_TO))),
        ]

    def python(self) -> list[Reached]:
        steps = self._ramp("python", (MEMORY_FROM, PRICED_AT))
        wanted = self.scaled(PRICED_AT)
        priced = next((step for step in steps if step.wanted == wanted), None)
        return [self._price("CPU per delivered packet, pure Python", PYTHON_US, priced)]

    def janus(self) -> list[Reached]:
        """In turns, so that a busy neighbour slows both."""
        what, aim = (
            f"beside Janus, {self.scaled(JANUS_VIEWERS)} viewers",
            f"≤ 1/{JANUS_TIMES:.0f} of its CPU per packet",
        )
        if janus.folder() is None:
            return [Reached(what, aim, f"Janus is missing: {janus.INSTALL}", None)]
        ours, theirs = list[float](), list[float]()
        for turn in range(JANUS_ROUNDS):
            for name, found in (("roadshow", ours), ("janus", theirs)):
                print(f"\n{name}, round {turn + 1}\n{COLUMNS}")
                ramp_on = relay_ramp(self.client, self.cores, most=JANUS_VIEWERS + 1, path="native")
                with ramp_on if name == "roadshow" else janus.janus_ramp(self.client, self.cores) as ramp:
                    step = ramp.step(self.scaled(JANUS_VIEWERS), self.seconds)
                _show(step)
                found.append(step.us_per_packet)
        ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
        said = f"{_list(ours)} against {_list(theirs)} us: {', '.join(f'{ratio:.1f}' for ratio in ratios)} times"
        return [Reached(what, aim, said, min(ratios) >= JANUS_TIMES)]

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

    def _ramp(self, path: str, wanted: Sequence[int]) -> list[Step]:
        print(f"\n{path}\n{COLUMNS}", flush=True)
        numbers = sorted({self.scaled(number) for number in wanted})
        steps: list[Step] = []
        with relay_ramp(self.client, self.cores, most=numbers[-1] + 1, path=path) as ramp:
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
            return Reached(what, f"≤ {most} us", "so many viewers were not reached", False)
        said = f"{step.us_per_packet:.2f} us (quietest 2 s: {step.least_us:.2f})"
        wrong = faults(step)
        said += f"; but {'; '.join(wrong)}" if wrong else ""
        return Reached(what, f"≤ {most} us", said, step.us_per_packet <= most and not wrong)

    def _held(self, steps: Sequence[Step]) -> Reached:
        held, why = 0, "the ramp's end"
        for step in steps:
            if found := faults(step, HELD_LIMITS, exact=True):
                why = f"at {step.wanted}: {'; '.join(found)}"
                break
            held = step.viewers
        most = self.scaled(HELD)
        return Reached(
            "viewers on one core: no loss, 99–101 % frames, p99 < 30 ms", f"≥ {most}", f"{held} ({why})", held >= most
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
    print(row(step) + "".join(f"  ! {problem}" for problem in step.problems), flush=True)


def _list(values: Sequence[float]) -> str:
    return "/".join(f"{value:.2f}" for value in values) + f" (mean {statistics.mean(values):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description="The relay beside its aims.")
    parser.add_argument("--only", nargs="+", choices=ROWS, default=ROWS, help="these rows alone")
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
        bench = Bench(client, cores, options.seconds, options.scale)
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
