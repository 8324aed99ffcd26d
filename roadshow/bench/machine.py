"""What the kernel says of processes and cores. Linux; all of it from /proc."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


class Cores(msgspec.Struct, frozen=True):
    """Which core the server gets, and which the load. With one core both share it, and nothing can be concluded from
    its being full."""

    server: int
    load: frozenset[int]

    @property
    def shared(self) -> bool:
        return self.server in self.load


class Spent(msgspec.Struct, frozen=True):
    """Processor time in seconds."""

    user: float = 0.0
    system: float = 0.0

    @property
    def total(self) -> float:
        return self.user + self.system

    def since(self, former: "Spent") -> "Spent":
        return Spent(self.user - former.user, self.system - former.system)


def choose_cores() -> Cores:
    """Of those this process may use, the first for the server."""
    allowed = sorted(os.sched_getaffinity(0))
    return Cores(allowed[0], frozenset(allowed[1:] or allowed))


@contextmanager
def pinned(cores: frozenset[int]) -> Iterator[None]:
    """Threads and children that begin in the block stay on these cores."""
    former = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, former)


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            words = _stat(folder)
            if words:
                children.setdefault(int(words[1]), []).append(int(folder.name))
    found, ahead = [], [pid]
    while ahead:
        one = ahead.pop()
        found.append(one)
        ahead += children.get(one, [])
    return found


def spent(pids: list[int]) -> Spent:
    """By all their threads and by children they have waited for."""
    user = system = 0
    for pid in pids:
        words = _stat(Path(f"/proc/{pid}"))
        if words:
            user += int(words[11]) + int(words[13])
            system += int(words[12]) + int(words[14])
    return Spent(user / TICK, system / TICK)


def resident(pids: list[int]) -> int:
    """Bytes of memory in use."""
    total = 0
    for pid in pids:
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
        except OSError:
            continue
    return total


def stolen(core: int) -> float:
    """Seconds another guest of the same host had of this core."""
    for line in Path("/proc/stat").read_text().splitlines():
        words = line.split()
        if words[0] == f"cpu{core}":
            return int(words[8]) / TICK
    return 0.0


def datagrams_refused() -> int:
    """Datagrams that found a full buffer, anywhere on this machine."""
    rows = [line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Udp:")]
    counts = dict(zip(rows[0][1:], rows[1][1:], strict=True))
    return int(counts["RcvbufErrors"]) + int(counts["SndbufErrors"])


def processor() -> str:
    """Its name, as the kernel knows it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return os.uname().machine


def _stat(folder: Path) -> list[str]:
    """The words after the name, which may have anything in it; none if the process is gone."""
    try:
        return (folder / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return []
