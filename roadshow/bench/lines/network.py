"""Hosts with bad lines on this machine: network namespaces behind ``emu``, a router in user space.

The namespaces have no names and end with their processes, so two runs never meet, and nothing is left of a run, even if
it was killed. What runs in a host is started through ``Host.command``."""

import ctypes as c
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import msgspec

from roadshow.bench.toolchain import built
from roadshow.errors import SetupError

SOURCE = Path(__file__).with_name("emu.c")
TUN = Path("/dev/net/tun")
FLAGS = ("-O2", "-std=gnu11")
INTERFACE = "line"
FIRST, SECOND = 2, 3
"""Last parts of a host's address, and of the one it may change to; 1 is the router."""
PASSED, LOST, OVERFLOWED = range(3)
"""What becomes of a packet."""
COMMAND_S = 10


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """One direction of a host's line. What is not named is clean."""

    delay: float = 0.0
    """ms"""
    jitter: float = 0.0
    """ms; half normal, added to the delay, twice so much at the most"""
    loss: float = 0.0
    """%"""
    burst: float = 0.0
    """Mean length of a loss, in packets."""
    rate: float = 0.0
    """kbit/s of IP packets; 0: no limit"""
    queue: float = 0.0
    """ms that a packet may wait for its turn; 0: 200"""
    packets: int = 0
    """In place of ``queue``: how many may wait, the one on the wire included."""
    reorder: bool = False
    """Whether jitter may change the order."""
    mtu: int = 0
    blockudp: bool = False

    @property
    def words(self) -> str:
        """As ``emu`` reads it."""
        return " ".join(f"{name}={float(value):g}" for name, value in msgspec.to_builtins(self).items())


CLEAN = Line()


class Counts(msgspec.Struct, frozen=True):
    """Packets of one direction so far."""

    passed: int
    lost: int
    overflowed: int
    """That found the queue full."""


class Record(c.LittleEndianStructure):
    """A packet at the beginning of a direction: ``record_t`` in emu.c."""

    _pack_ = 1
    _fields_ = (
        ("at", c.c_double),  # ms
        ("length", c.c_uint16),
        ("host", c.c_uint8),
        ("down", c.c_uint8),
        ("fate", c.c_uint8),
        ("udp", c.c_uint8),
        ("head", c.c_uint8 * 24),
    )
    at: float
    length: int
    host: int
    down: int
    fate: int
    udp: int
    head: c.Array[c.c_uint8]


class Host:
    """One of the network's."""

    def __init__(self, network: "Network", number: int, name: str, space: str) -> None:
        self._network, self.space = network, space
        self.number, self.name = number, name
        self.address = ""

    def command(self, *words: str, pipes: tuple[int, int] | None = None) -> list[str]:
        """What this process is to start for a program to run here. It ends with this process; ``pipes`` become its
        files 3 and 4."""
        ends = pipes or (-1, -1)
        return [str(self._network.emu), "enter", self.space, *map(str, ends), str(os.getpid()), *words]

    def run(self, *words: str) -> None:
        """Raises SetupError."""
        done = subprocess.run(  # noqa: S603
            self.command(*words), capture_output=True, text=True, timeout=COMMAND_S, check=False
        )
        if done.returncode:
            raise SetupError(f"{' '.join(words)} did not work in the network of the bench: {done.stderr.strip()}")

    def at(self, last: int) -> str:
        return f"10.77.{self.number}.{last}"

    def move(self, last: int) -> None:
        """To this address of its network, as a phone goes to another network: what it had is gone first."""
        if self.address:
            self.run("ip", "address", "flush", "dev", INTERFACE, "scope", "global")
        self.address = self.at(last)
        self.run("ip", "address", "add", f"{self.address}/24", "dev", INTERFACE)
        self.run("ip", "-6", "address", "add", f"fd77:0:0:{self.number:x}::{last}/64", "dev", INTERFACE, "nodad")
        self.run("ip", "link", "set", INTERFACE, "up", "txqueuelen", "5000")
        self.run("ip", "route", "replace", "default", "via", self.at(1), "dev", INTERFACE)
        self.run("ip", "-6", "route", "replace", "default", "dev", INTERFACE)

    def line(self, *, up: Line | None = None, down: Line | None = None) -> None:
        """From now on; a direction that is not named stays as it is."""
        for way, line in (("up", up), ("down", down)):
            if line is not None:
                self._network.tell(f"{self.name} {way} {line.words}")

    def counts(self) -> tuple[Counts, Counts]:
        """Up and down."""
        told = {tuple(words[:2]): Counts(*map(int, words[2:])) for words in map(str.split, self._network.ask("counts"))}
        return told[self.name, "up"], told[self.name, "down"]


class Network:
    """``with Network("server", "pitcher") as network``: hosts without a fault, each able to reach the others."""

    def __init__(self, *names: str) -> None:
        self._names = names
        self.hosts: dict[str, Host] = {}
        self.emu = Path()
        self.router: subprocess.Popen[str] | None = None

    def __getitem__(self, name: str) -> Host:
        return self.hosts[name]

    def __enter__(self) -> Self:
        """Raises SetupError with what is missing."""
        if why := missing():
            raise SetupError(why)
        self.emu = built("emu", [SOURCE], FLAGS, ["-lm"])
        self.router = subprocess.Popen(  # noqa: S603
            [str(self.emu), *self._names],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        try:
            for number, words in enumerate(self._until("ready")):
                _, name, space = words.split()
                self.hosts[name] = Host(self, number, name, space)
            for host in self.hosts.values():
                host.move(FIRST)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        router, self.router = self.router, None
        if router is not None:
            for end in (router.stdin, router.stdout, router.stderr):
                assert end is not None  # noqa: S101
                end.close()
            router.wait(COMMAND_S)

    def tell(self, line: str) -> None:
        assert self.router is not None  # noqa: S101
        assert self.router.stdin is not None  # noqa: S101
        self.router.stdin.write(line + "\n")
        self.router.stdin.flush()

    def ask(self, line: str) -> list[str]:
        """What it says to it."""
        self.tell(line)
        return list(self._until("done"))

    def traced(self, path: Path | None) -> None:
        """Write each packet there from now on (``records`` reads it); None: no longer."""
        self.ask(f"trace {path or '-'}")

    def _until(self, last: str) -> Iterator[str]:
        assert self.router is not None  # noqa: S101
        assert self.router.stdout is not None  # noqa: S101
        for line in self.router.stdout:
            if line.strip() == last:
                return
            yield line.strip()
        assert self.router.stderr is not None  # noqa: S101
        raise SetupError(f"the network of the bench ended: {self.router.stderr.read().strip()}")


def records(path: Path) -> list[Record]:
    data = path.read_bytes()
    return list((Record * (len(data) // c.sizeof(Record))).from_buffer_copy(data))


def missing() -> str | None:
    """Why there can be no such network here, in words for whoever runs it."""
    if not TUN.exists():
        return f"{TUN} is missing: load the tun module, or start the container with --device {TUN} --cap-add NET_ADMIN."
    if os.geteuid() != 0:
        return "Networks of its own need root: run it with sudo."
    return None
