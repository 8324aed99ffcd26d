"""STUN and TURN servers for browsers, as WHIP's and WHEP's Link headers (RFC 9725, section 4.6). Pure.

TURN credentials are coturn's ``use-auth-secret`` scheme: an HMAC over ``<expiry>:<user>``. coturn counts by the user,
so each client is one of its own; were they all the same, a quota for one would be the quota of all viewers together.
"""

import base64
import hashlib
import hmac

import msgspec

from roadshow.moments import Instant

LIFETIME_S = 3600
"""They are asked for when an allocation is made, and that is at once: with the answer, or with an ICE restart, which
brings new ones. What is allocated by then is kept up for as long as it is used, however long a final takes. The hour is
for a phone that changes its network and tries by itself first."""


class IceServer(msgspec.Struct, frozen=True):
    """``url`` as in RFC 7064 and 7065; ``secret`` is what a TURN server shares with us, empty for STUN."""

    url: str
    secret: str = ""
    for_people: bool = False
    """Kept for those who were invited: its allocations are theirs, however many strangers there are."""


def offered(servers: tuple[IceServer, ...], *, invited: bool) -> list[IceServer]:
    """What a client is told of. Whoever was invited has those for everybody, too: one more way in."""
    return [server for server in servers if invited or not server.for_people]


def link(server: IceServer, now: Instant, client: str) -> str:
    """The value of a Link header. ``client`` stays the same for as long as its allocations count together; nobody
    can read it from the user, which TURN sends in the clear."""
    value = f'<{server.url}>; rel="ice-server"'
    if not server.secret:
        return value
    user, password = credentials(server.secret, now, client)
    return f'{value}; username="{user}"; credential="{password}"; credential-type="password"'


def credentials(secret: str, now: Instant, client: str) -> tuple[str, str]:
    """User and password, as ``link`` has them."""
    key = secret.encode()
    user = f"{now.ms // 1000 + LIFETIME_S}:{hmac.digest(key, b'user ' + client.encode(), 'sha256')[:12].hex()}"
    # SHA-1 because that is what TURN servers compute; as an HMAC it is sound.
    digest = hmac.new(key, user.encode(), hashlib.sha1).digest()
    return user, base64.b64encode(digest).decode()


class Endpoint(msgspec.Struct, frozen=True):
    """Where a server is, and how it is spoken to."""

    host: str
    """Without the brackets of an IPv6 address."""
    port: int
    transport: str
    """``udp`` or ``tcp``."""
    tls: bool


def endpoint(url: str) -> Endpoint:
    """Of a STUN or TURN URI (RFC 7064, RFC 7065) that settings have taken."""
    scheme, _, rest = url.partition(":")
    authority, _, query = rest.partition("?transport=")
    host, _, port = authority.rpartition("]") if authority.startswith("[") else authority.partition(":")
    tls = scheme.endswith("s")
    number = port.lstrip(":") or ("5349" if tls else "3478")
    return Endpoint(host.lstrip("["), int(number), query or ("tcp" if tls else "udp"), tls)
