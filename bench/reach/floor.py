"""The floor: what kernel and cipher alone take on this machine, by ``limit.c``, which does nothing else."""

import subprocess
from pathlib import Path

from roadshow.bench.machine import Cores
from roadshow.bench.toolchain import built
from roadshow.errors import SetupError

SOURCE = Path(__file__).with_name("limit.c")
FLAGS, LIBRARIES = ("-O2", "-std=gnu11"), ("-lcrypto", "-lpthread")
PRICE_S, HOLD_S = 1.0, 1.0
"""Counted for a price; for each number of viewers that is tried."""
MOST = 5000
"""Viewers tried: their packets would take twice what a core has."""
PATIENCE_S = 120


def price(cores: Cores, viewers: int) -> float:
    """Microseconds of CPU a packet, in bursts of six to so many viewers. Raises SetupError."""
    return _run("price", viewers, PRICE_S, cores)


def paced_price(cores: Cores, viewers: int) -> float:
    """The same of a stream like the bench's, with sound, at its time and not in a loop without a pause. Raises
    SetupError."""
    return _run("paced", viewers, PRICE_S, cores)


def holds(cores: Cores) -> int:
    """How many viewers a core holds that does nothing but encrypt and send, p99 of a burst within 30 ms. Raises
    SetupError."""
    return round(_run("hold", MOST, HOLD_S, cores))


def _run(what: str, viewers: int, seconds: float, cores: Cores) -> float:
    program = built("limit", [SOURCE], FLAGS, LIBRARIES)
    command = [str(program), what, str(viewers), str(seconds), str(cores.server), str(min(cores.load))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    if done.returncode:
        raise SetupError(f"limit.c could not measure: {done.stderr.strip()}")
    return float(done.stdout.split()[0])
