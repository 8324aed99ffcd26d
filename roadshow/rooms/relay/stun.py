"""Connectivity checks, from the answering side of ICE-lite (RFC 8445, RFC 8489). No sockets: bytes in, bytes out."""

from struct import error as struct_error

import msgspec
from aioice import stun

MAX_CHECK = 548
"""Longer STUN messages are not connectivity checks."""
_ROLE_CONFLICT = (487, "Role Conflict")


class Check(msgspec.Struct, frozen=True):
    """A binding request that names one of our sessions, not yet authenticated."""

    message: stun.Message
    ufrag: str
    """Ours: the first half of USERNAME."""

    @property
    def transaction(self) -> bytes:
        return self.message.transaction_id

    @property
    def conflicts(self) -> bool:
        """Whether the other side thinks itself controlled, which only a full agent facing another may."""
        return "ICE-CONTROLLED" in self.message.attributes

    def authentic(self, password: str) -> bool:
        """Whether MESSAGE-INTEGRITY proves knowledge of the session's password."""
        return self.message.check_message_integrity(password.encode())


def read(data: bytes) -> Check | None:
    """A binding request, or None for anything else, malformed or not for us to answer."""
    if len(data) > MAX_CHECK:
        return None
    try:
        message = stun.parse_message(data)
    except (ValueError, IndexError, struct_error):
        return None
    if message.message_class != stun.Class.REQUEST or message.message_method != stun.Method.BINDING:
        return None
    username = message.attributes.get("USERNAME")
    if not isinstance(username, str) or "MESSAGE-INTEGRITY" not in message.attributes:
        return None
    return Check(message, username.partition(":")[0])


def answer(check: Check, password: str, host: str, port: int) -> bytes:
    """The response to an authentic check that came from this address."""
    kind = stun.Class.ERROR if check.conflicts else stun.Class.RESPONSE
    message = stun.Message(stun.Method.BINDING, kind, transaction_id=check.transaction)
    if check.conflicts:
        message.attributes["ERROR-CODE"] = _ROLE_CONFLICT
    else:
        message.attributes["XOR-MAPPED-ADDRESS"] = (host, port)
    message.add_message_integrity(password.encode())
    return bytes(message)
