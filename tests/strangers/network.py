"""A network of its own for a program, with one address beside the loopback (Linux): some clients use no loopback."""

import os
import subprocess
import sys

ADDRESS = "10.99.0.1"
_INSIDE = "ROADSHOW_IN_ITS_OWN_NETWORK"
_MADE_BY = (
    "ip link set lo up",
    "ip link add d0 type veth peer name d1",
    f"ip address add {ADDRESS}/24 dev d0",
    "ip link set d0 up",
    "ip link set d1 up",
    # Browsers ask which way the world would be, and use that address.
    "ip route add default via 10.99.0.2",
)


def enter(module: str) -> None:
    """Returns in the network; the process that called waits for the one that does, and ends with its status."""
    if _INSIDE not in os.environ:
        command = ["unshare", "--user", "--map-root-user", "--net", sys.executable, "-m", module, *sys.argv[1:]]
        sys.exit(subprocess.run(command, env={**os.environ, _INSIDE: "1"}, check=False).returncode)
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    for command in map(str.split, _MADE_BY):
        subprocess.run(command, check=True, env={**os.environ, "PATH": path})
