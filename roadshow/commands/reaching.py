"""``roadshow check --turn``: whether the STUN and TURN servers that browsers are told of answer to where this is run.

A TURN server is asked for an allocation with credentials as a browser gets them, which is given back at once (RFC 8656,
sections 7 and 8)."""

import hashlib
import secrets
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress

from aioice import stun

from roadshow.clock import SystemClock
from roadshow.rooms.relay.offers.ice_servers import Endpoint, IceServer, credentials, endpoint
from roadshow.terminal import say

PATIENCE_S = 5.0
"""For a connection, and for each answer."""
REPEATED_S = 0.5
"""A datagram may be lost."""
HEADER, LARGEST = 20, 1500
"""Octets of a message."""
LAST_FIRST_OCTET = 0x3F
"""Of STUN: two zero bits (RFC 8489, section 5)."""
UDP_RELAY = 17 << 24
"""REQUESTED-TRANSPORT."""
UNAUTHORISED, FULL = 401, 486
NAMES = {FULL: "has no place left for us", 508: "has no port left"}


class Wrong(Exception):
    """What is wrong with a server, to be read after its address."""


def reach(servers: Sequence[IceServer]) -> bool:
    """Says what each does, a line each. Whether all do what they should; none at all is a fault, too."""
    if not servers:
        say("No STUN or TURN server is set: who is in a network that blocks UDP has media by TCP at the most.")
    wrong = 0
    for server in servers:
        try:
            say(f"{server.url} {look(server)}")
        except Wrong as found:
            wrong += 1
            say(f"{server.url}: {found}")
    return bool(servers) and not wrong


def look(server: IceServer, trusted: ssl.SSLContext | None = None) -> str:
    """What it does. Raises Wrong. ``trusted``: whose certificates are good; None: those that this machine trusts."""
    there, since = endpoint(server.url), time.monotonic()
    with closing(_Client(there, trusted)) as client:
        if not server.secret:
            _asked(client, stun.Message(stun.Method.BINDING, stun.Class.REQUEST))
            return f"answers, {_since(since)}"
        refused = _asked(client, _allocation(), expected=UNAUTHORISED)
        user, password = credentials(server.secret, SystemClock().now(), secrets.token_hex(8))
        given = {name: refused.attributes[name] for name in ("REALM", "NONCE") if name in refused.attributes}
        if len(given) < 2:
            raise Wrong("answers, but asks for no credentials: use-auth-secret is missing")
        key = hashlib.md5(f"{user}:{given['REALM']}:{password}".encode()).digest()  # noqa: S324  (RFC 8489 has it so)
        for request in (_allocation(), _end()):
            request.attributes.update(USERNAME=user, **given)
            request.add_message_integrity(key)
            _asked(client, request)
        return f"answers, and takes our credentials, {_since(since)}"


def _since(moment: float) -> str:
    return f"{(time.monotonic() - moment) * 1000:.0f} ms"


def _allocation() -> stun.Message:
    request = stun.Message(stun.Method.ALLOCATE, stun.Class.REQUEST)
    request.attributes["REQUESTED-TRANSPORT"] = UDP_RELAY
    return request


def _end() -> stun.Message:
    request = stun.Message(stun.Method.REFRESH, stun.Class.REQUEST)
    request.attributes["LIFETIME"] = 0
    return request


def _asked(client: "_Client", request: stun.Message, expected: int = 0) -> stun.Message:
    """Its answer: a success, or an error of this number. Raises Wrong."""
    try:
        answer = stun.parse_message(client.ask(bytes(request)))
    except ValueError as problem:
        raise _not_turn(client.there) from problem
    if answer.transaction_id != request.transaction_id:
        raise _not_turn(client.there)
    number = answer.attributes.get("ERROR-CODE", (0, ""))[0]
    if number == expected:
        return answer
    if number == UNAUTHORISED:
        raise Wrong("does not take our credentials: its static-auth-secret is another one, or a clock is wrong")
    raise Wrong(f"{NAMES.get(number, 'does not do what we ask')} ({number})")


def _not_turn(there: Endpoint) -> Wrong:
    return Wrong(
        f"something answers on port {there.port}, and it is not TURN"
        + (f": the proxy there must know the name {there.host}" if there.tls else "")
    )


class _Client:
    def __init__(self, there: Endpoint, trusted: ssl.SSLContext | None) -> None:
        self.there = there
        kind = socket.SOCK_DGRAM if there.transport == "udp" else socket.SOCK_STREAM
        with _named(there):
            family, _, _, _, address = socket.getaddrinfo(there.host, there.port, type=kind)[0]
            plain = socket.socket(family, kind)
            plain.settimeout(PATIENCE_S)
            try:
                plain.connect(address)
                context = trusted or ssl.create_default_context()
                self._socket = context.wrap_socket(plain, server_hostname=there.host) if there.tls else plain
            except BaseException:
                plain.close()
                raise

    def close(self) -> None:
        self._socket.close()

    def ask(self, message: bytes) -> bytes:
        """Raises Wrong, ValueError."""
        with _named(self.there):
            if self.there.transport == "udp":
                return self._repeated(message)
            self._socket.sendall(message)
            header = self._read(HEADER)
            if header[0] > LAST_FIRST_OCTET:  # an HTTP server's complaint, say
                raise _not_turn(self.there)
            return header + self._read(int.from_bytes(header[2:4], "big"))

    def _repeated(self, message: bytes) -> bytes:
        give_up = time.monotonic() + PATIENCE_S
        self._socket.settimeout(REPEATED_S)
        while time.monotonic() < give_up:
            self._socket.send(message)
            with suppress(TimeoutError):
                return self._socket.recv(LARGEST)
        raise TimeoutError

    def _read(self, octets: int) -> bytes:
        found = b""
        while len(found) < octets:
            more = self._socket.recv(octets - len(found))
            if not more:
                raise _not_turn(self.there)
            found += more
        return found


@contextmanager
def _named(there: Endpoint) -> Iterator[None]:
    """What went wrong with a socket, in words. Raises Wrong."""
    where = f"{there.host} on {there.transport.upper()} port {there.port}"
    try:
        yield
    except socket.gaierror as problem:
        raise Wrong(f"the name {there.host} is not known: give it an address in the DNS") from problem
    except ssl.SSLCertVerificationError as problem:
        raise Wrong(f"its certificate is not good for {there.host}: {problem.verify_message}") from problem
    except ssl.SSLError as problem:
        raise Wrong(f"speaks no TLS that we know: {problem.reason or problem}") from problem
    except TimeoutError as problem:
        raise Wrong(f"nothing answers at {where}: is it open in the firewall?") from problem
    except OSError as problem:
        raise Wrong(f"nothing answers at {where}: {problem.strerror or problem}") from problem
