"""The one form in which two addresses of the web are compared: as browsers write it into ``Origin``. (pure)

People write ``https://финал.рф``, browsers say ``https://xn--80apkg7a.xn--p1ai``; people write
``HTTPS://Final.Example.org:443/``, browsers say ``https://final.example.org``. Every address that is compared, goes
into a header or is made into a link passes here first.
"""

import re

from roadshow.addresses.hosts import canonical_host

DEFAULT_PORTS = {"http": 80, "https": 443}
"""Browsers leave these out."""
_BAD_PORTS = """
1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 123
135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 990
993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080
"""
BLOCKED_PORTS = frozenset(map(int, _BAD_PORTS.split()))
"""What no browser connects to: the Fetch standard's "bad ports"."""

_ADDRESS = re.compile(
    r"(https?)://(\[[0-9A-Fa-f:.]+\]|[^\s/?#\\@:\[\]%]+)(?::([0-9]{0,5}))?(?=[/?#]|\Z)(.*)", re.IGNORECASE | re.DOTALL
)


def origin_and_rest(address: str) -> tuple[str, str]:
    """``https://final.example.org`` and what stands behind it. Raises ValueError with the reason where no browser would
    ever send that origin."""
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise ValueError("that is no address with https:// or http:// and a name, and nothing before an @")
    scheme, host, port, rest = found[1].lower(), found[2], found[3], found[4]
    return f"{scheme}://{canonical_host(host)}{_port(scheme, port)}", rest


def canonical(origin: str) -> str | None:
    """An origin in its one form; None where it is none."""
    try:
        found, rest = origin_and_rest(origin)
    except ValueError:
        return None
    return None if rest else found


def _port(scheme: str, text: str | None) -> str:
    if not text or int(text) == DEFAULT_PORTS[scheme]:
        return ""
    port = int(text)
    if port in BLOCKED_PORTS or not 1 <= port <= 0xFFFF:
        raise ValueError(f"no browser connects to port {port}")
    return f":{port}"
