"""The hosts with bad lines of ``roadshow bench lines``: each line is as it was told, and nothing outlives its maker."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from roadshow.bench.lines.network import Counts, Host, Line, Network, missing, records

pytestmark = pytest.mark.skipif(missing() is not None, reason=str(missing()))
PATIENCE_S = 20.0
CLONE_NEWNET = 0x40000000


@pytest.fixture
def network() -> Iterator[Network]:
    with Network("a", "b") as network:
        yield network


@pytest.fixture
def ways(network: Network) -> Iterator[tuple[socket.socket, socket.socket]]:
    """From a to b: connected, and listening."""
    sender, receiver = socket_in(network["a"]), socket_in(network["b"])
    with closing(sender), closing(receiver):
        receiver.bind((network["b"].address, 0))
        receiver.settimeout(PATIENCE_S)
        sender.connect(receiver.getsockname())
        yield sender, receiver


def socket_in(host: Host) -> socket.socket:
    """A socket stays in the network it was made in, whoever uses it."""
    made: list[socket.socket] = []

    def make() -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        with Path(host.space).open("rb") as space:
            assert libc.setns(space.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        made.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    return made[0]


def burst(ways: tuple[socket.socket, socket.socket], count: int, size: int = 1000) -> list[tuple[int, float]]:
    """The numbers that come at the other end, and how long after the first was sent, ms: until the last has come."""
    sender, receiver = ways
    began, came = time.monotonic(), list[tuple[int, float]]()
    for number in range(count):
        sender.send(number.to_bytes(4) + bytes(size - 4))
    while not came or came[-1][0] != count - 1:
        came.append((int.from_bytes(receiver.recv(2048)[:4]), (time.monotonic() - began) * 1000))
    return came


def told(host: Host, packets: int) -> Counts:
    """What went to the host, once so many came to its line."""
    end = time.monotonic() + PATIENCE_S
    while (down := host.counts()[1]).passed + down.lost + down.overflowed < packets:
        assert time.monotonic() < end, f"only {down} came"
    return down


def waiting(receiver: socket.socket) -> set[int]:
    """The numbers that are there already."""
    found = set()
    with suppress(BlockingIOError):
        while True:
            found.add(int.from_bytes(receiver.recv(2048)[:4]))
    return found


def is_alive(pid: int) -> bool:
    """A zombie is not: whoever inherited it has yet to ask for its status."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except OSError:
        return False


def test_a_clean_line_changes_nothing(ways: tuple[socket.socket, socket.socket]) -> None:
    """Else every case would measure the network of the bench."""
    assert [number for number, _ in burst(ways, 50)] == list(range(50))


def test_delays_add_up_on_the_way(network: Network, ways: tuple[socket.socket, socket.socket]) -> None:
    """A packet meets the sender's line, then the receiver's."""
    network["a"].line(up=Line(delay=30))
    network["b"].line(down=Line(delay=40))
    (_, took), *_ = burst(ways, 1)
    assert took >= 70


def test_a_rate_spreads_a_burst(network: Network, ways: tuple[socket.socket, socket.socket]) -> None:
    """20 packets of 1,028 bytes at 1 Mbit/s take 8.2 ms each."""
    network["b"].line(down=Line(rate=1000, queue=1000))
    came = burst(ways, 20)
    assert len(came) == 20
    assert came[-1][1] >= 20 * 1028 * 8 / 1000


@pytest.mark.parametrize("line", [Line(rate=1, packets=20), Line(rate=1, queue=20 * 1028 * 8)], ids=["packets", "ms"])
def test_a_full_queue_drops_what_comes_last(
    network: Network, ways: tuple[socket.socket, socket.socket], line: Line
) -> None:
    """At 1 kbit/s none of them leaves while the others come, so it is exact: 20 wait."""
    network["b"].line(down=line)
    for _ in range(50):
        ways[0].send(bytes(1000))
    counts = told(network["b"], 50)
    assert (counts.passed, counts.lost, counts.overflowed) == (20, 0, 30)


@pytest.mark.parametrize(("burst_length", "least"), [(0.0, 1.0), (4.0, 2.5)])
def test_loss_is_as_told_and_counted(
    network: Network, ways: tuple[socket.socket, socket.socket], burst_length: float, least: float
) -> None:
    """Chance has a seed. What is lost in bursts is as much, in fewer and longer holes."""
    network["b"].line(down=Line(loss=10, burst=burst_length))
    sender, receiver = ways
    receiver.setblocking(False)
    came = set[int]()
    for number in range(3000):
        sender.send(number.to_bytes(4))
        if number % 50 == 49:  # its buffer never fills
            told(network["b"], number + 1)
            came |= waiting(receiver)
    counts = network["b"].counts()[1]
    assert 200 < counts.lost < 400
    assert counts.lost + counts.passed == 3000
    holes = sum(number not in came and number - 1 in came for number in range(1, 3000))
    assert counts.lost / holes >= least


def test_jitter_keeps_the_order_unless_it_may_change_it(
    network: Network, ways: tuple[socket.socket, socket.socket]
) -> None:
    """A queue that fills and empties does the one, several ways at once the other."""
    network["b"].line(down=Line(jitter=20))
    numbers = [number for number, _ in burst(ways, 100)]
    assert numbers == list(range(100))
    network["b"].line(down=Line(jitter=20, reorder=True))
    sender, receiver = ways
    for number in range(100):
        sender.send(number.to_bytes(4))
    mixed = [int.from_bytes(receiver.recv(2048)[:4]) for _ in range(100)]
    assert mixed != sorted(mixed)
    assert sorted(mixed) == list(range(100))


def test_udp_may_be_shut_out(network: Network, ways: tuple[socket.socket, socket.socket]) -> None:
    network["b"].line(down=Line(blockudp=True))
    ways[0].send(b"x")
    assert told(network["b"], 1).lost == 1


def test_each_packet_is_traced_with_what_became_of_it(
    network: Network, ways: tuple[socket.socket, socket.socket], tmp_path: Path
) -> None:
    """The shallow queue is judged by it."""
    network["b"].line(down=Line(rate=1, packets=1))
    network.traced(tmp_path / "trace")
    for word in (b"first", b"second"):
        ways[0].send(word)
    told(network["b"], 2)
    network.traced(None)
    found = [(one.down, one.fate, bytes(one.head).rstrip(b"\0")) for one in records(tmp_path / "trace")]
    assert sorted(found) == [(0, 0, b"first"), (0, 0, b"second"), (1, 0, b"first"), (1, 2, b"second")]


def test_a_host_gets_another_address(network: Network, ways: tuple[socket.socket, socket.socket]) -> None:
    """What was bound to the former one is cut off, what comes to the new one arrives."""
    host, former = network["b"], network["b"].address
    try:
        host.move(3)
        assert host.address != former
        with closing(socket_in(host)) as receiver:
            receiver.settimeout(PATIENCE_S)
            receiver.bind((host.address, 0))
            ways[0].connect(receiver.getsockname())
            ways[0].send(b"here")
            assert receiver.recv(100) == b"here"
    finally:
        host.move(2)


def test_nothing_begins_for_a_run_that_is_over(network: Network) -> None:
    """It may be killed before what it has just started looks whose it is."""
    command = network["a"].command("true")
    assert subprocess.run(command, check=False).returncode == 0
    command[command.index(str(os.getpid()))] = "1"
    assert subprocess.run(command, check=False).returncode == 1


def test_nothing_outlives_a_run_that_was_killed() -> None:
    """A network that stays would be in the next run's way, and a browser in it take half of the machine."""
    program = (
        "import subprocess, sys, time\n"
        "from roadshow.bench.lines.network import Network\n"
        "with Network('a') as network:\n"
        "    child = subprocess.Popen(network['a'].command('sleep', '600'))\n"
        "    print(network.router.pid, child.pid, flush=True)\n"
        "    time.sleep(600)\n"
    )
    run = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    with run.stdout as said:
        pids = [int(word) for word in said.readline().split()]
    run.send_signal(signal.SIGKILL)
    run.wait()
    assert len(pids) == 2
    end = time.monotonic() + PATIENCE_S
    while left := [pid for pid in pids if is_alive(pid)]:
        assert time.monotonic() < end, f"{left} are still there"
        time.sleep(0.05)
