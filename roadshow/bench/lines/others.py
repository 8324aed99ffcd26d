"""How much of the machine programs took that are none of ours: what is measured beside them says less of a line."""

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec

PROC = Path("/proc")


class Ticks(msgspec.Struct, frozen=True):
    """Processor time since the machine began, of all processors together, in the kernel's ticks."""

    all: int
    busy: int
    """Of these, what any program, the kernel, or the machine's host took."""
    ours: int
    """Of these, this process, what it started, and so on."""


def ticks(proc: Path = PROC, root: int | None = None) -> Ticks:
    """``proc``: as proc(5) has it; ``root``: the first of our processes (None: this one)."""
    user, nice, system, idle, waiting, *rest = map(int, (proc / "stat").read_text().splitlines()[0].split()[1:9])
    busy = user + nice + system + sum(rest)
    children, taken = defaultdict[int, list[int]](list), dict[int, int]()
    for pid, parent, took in _processes(proc):
        children[parent].append(pid)
        taken[pid] = took
    ours, left = 0, [os.getpid() if root is None else root]
    while left:
        pid = left.pop()
        ours += taken.get(pid, 0)
        left += children[pid]
    return Ticks(busy + idle + waiting, busy, ours)


def share_of_others(before: Ticks, after: Ticks) -> float:
    """0 to 1, of all processors. A process that left without being waited for counts as another's."""
    whole = after.all - before.all
    others = (after.busy - before.busy) - (after.ours - before.ours)
    return min(1.0, max(0.0, others / whole)) if whole > 0 else 0.0


def _processes(proc: Path) -> Iterator[tuple[int, int, int]]:
    """Number, parent, and what it and those it has waited for took."""
    for folder in proc.iterdir():
        if folder.name.isdigit():
            try:
                # The name before may hold blanks and brackets.
                fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            except OSError:  # ended meanwhile
                continue
            yield int(folder.name), int(fields[1]), sum(map(int, fields[11:15]))
