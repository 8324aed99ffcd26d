"""STUN and TURN servers for browsers, as WHIP's and WHEP's Link headers (RFC 9725, section 4.6). Pure.

TURN credentials are short-lived: coturn's ``use-auth-secret`` scheme, an HMAC over a user name that is its own expiry.
"""

import base64
import hashlib
import hmac

import msgspec

from roadshow.moments import Instant

LIFETIME_S = 6 * 3600
"""A final with its rehearsal."""


class IceServer(msgspec.Struct, frozen=True):
    """``url`` as in RFC 7064 and 7065; ``secret`` is what a TURN server shares with us, empty for STUN."""

    url: str
    secret: str = ""


def link(server: IceServer, now: Instant) -> str:
    """The value of a Link header."""
    value = f'<{server.url}>; rel="ice-server"'
    if not server.secret:
        return value
    user = f"{now.ms // 1000 + LIFETIME_S}:roadshow"
    # SHA-1 because that is what TURN servers compute; as an HMAC it is sound.
    digest = hmac.new(server.secret.encode(), user.encode(), hashlib.sha1).digest()
    return f'{value}; username="{user}"; credential="{base64.b64encode(digest).decode()}"; credential-type="password"'
