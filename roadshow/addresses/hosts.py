"""Names and numbers of hosts as browsers write them. (pure)"""

import ipaddress
import re

import idna

LONGEST_HOST = 253
"""Characters of a name in the DNS."""

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""A name whose last part is one would be read as an IPv4 address."""


def canonical_host(host: str) -> str:
    """A name in ASCII and small letters (UTS 46, IDNA 2008), without the dot of the root; an IP address in its shortest
    form. Raises ValueError."""
    if host.startswith("["):
        return f"[{_ipv6(host[1:-1])}]"
    name = _ascii(host).removesuffix(".")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return str(ipaddress.IPv4Address(name))
    if len(name) > LONGEST_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(f"{host[:80]!r} is no name a browser can look up")
    return name


def _ascii(host: str) -> str:
    if not host.isascii() or "xn--" in host.lower():
        try:
            # What an ASCII form stands for is checked as well: browsers refuse one that stands for nothing.
            return idna.encode(host, uts46=True, std3_rules=False, transitional=False).decode()
        except (idna.IDNAError, UnicodeError) as problem:
            raise ValueError(f"{host[:80]!r} is no international name: {problem}") from problem
    return host.lower()


def _ipv6(text: str) -> str:
    address = ipaddress.IPv6Address(text)
    if address.ipv4_mapped is None:
        return str(address)
    high, low = divmod(int(address.ipv4_mapped), 0x10000)
    return f"::ffff:{high:x}:{low:x}"
