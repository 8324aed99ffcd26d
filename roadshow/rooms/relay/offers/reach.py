"""Who can reach the addresses that answers offer, as far as addresses tell. Pure."""

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

_OWN_NAMES = ("localhost", "")


def shortfall(hosts: Sequence[str], site: str) -> str | None:
    """What to tell the operator of a site whose media are offered at these IP addresses; None: nothing.

    ``site`` is what people type, a URL; empty: not known, and then nothing is expected of it."""
    name = urlsplit(site).hostname or ""
    if name in _OWN_NAMES or name.endswith(".localhost") or _is(name, "is_loopback"):
        return None
    told = ", ".join(hosts)
    if all(_is(host, "is_loopback") or _is(host, "is_unspecified") for host in hosts):
        return (
            f"No address that media are offered at can be reached from another machine ({told}): nobody at {name} will "
            "see or hear anything. Set ROADSHOW_UDP_HOST to 0.0.0.0, or to an address of this machine."
        )
    if any(_is(host, "is_global") for host in hosts):
        return None
    if _is(name, "is_private"):
        return None
    return (
        f"Media are offered at private addresses alone ({told}): people at {name} see and hear something only if they "
        "are on that network. Otherwise set ROADSHOW_ADVERTISED_ADDRESSES to the address by which this machine is "
        "reached from outside."
    )


def _is(host: str, what: str) -> bool:
    """Whether it is an IP address of this kind; names are of none."""
    try:
        return bool(getattr(ipaddress.ip_address(host), what))
    except ValueError:
        return False
