"""The two ends of a connection as SDP and trickle-ICE fragments tell them (RFC 8839, RFC 8840). Pure."""

from string import ascii_letters, digits

import msgspec

from roadshow.rooms.relay.wire.sdp import BadOffer, Section

ICE_OPTIONS = "a=ice-options:trickle ice2"
"""Candidates may come later (RFC 8840), and checks as RFC 8445 has them; in answers and restarts alike."""
MAX_FRAGMENT_LINES = 256
"""Of a trickle-ICE fragment: more candidates than any machine's interfaces have."""
_ICE_CHARS = frozenset(ascii_letters + digits + "+/")
"""Of names and passwords (RFC 8839, section 5.4)."""
_CANDIDATE_WORDS = 8
"""Foundation, component, transport, priority, address, port, ``typ`` and type (RFC 8839, section 5.1)."""


class IceCredentials(msgspec.Struct, frozen=True):
    ufrag: str
    password: str


class Transport(msgspec.Struct, frozen=True):
    """Our end, as the answer tells it. ``candidates`` are (address, port), best first."""

    credentials: IceCredentials
    fingerprint: str
    """SHA-256, in colon-separated hex."""
    candidates: tuple[tuple[str, int], ...]
    by_tcp: bool = False
    """Whether the same are there by TCP, for whom UDP does not reach."""


class RemoteTransport(msgspec.Struct, frozen=True):
    """Their end. ``kind`` and ``mid`` are those of the section that carries the bundle."""

    kind: str
    mid: str
    credentials: IceCredentials
    fingerprints: tuple[tuple[str, str], ...]
    waits: bool
    """They want to be the DTLS server (``a=setup:passive``), so we must begin. Browsers leave it to us."""
    leaves: bool = False
    """They leave it to us who is the DTLS server (``a=setup:actpass``)."""
    takes_aead: bool = False
    """They leave it to us, and their make is known to take AES-GCM (``known.py``): we begin, and offer that alone."""

    @property
    def is_led(self) -> bool:
        """Whether we begin the DTLS handshake."""
        return self.waits or self.takes_aead


def read_remote(section: Section) -> RemoteTransport:
    """Their end, by the section that carries the bundle. Raises BadOffer."""
    if not section.ufrag or not section.password:
        raise BadOffer("ice")
    if not any(algorithm in ("sha-256", "sha-384", "sha-512") for algorithm, _ in section.fingerprints):
        raise BadOffer("fingerprint")
    if section.setup not in ("actpass", "active", "passive"):
        raise BadOffer("setup")
    credentials = IceCredentials(section.ufrag, section.password)
    waits, leaves = section.setup == "passive", section.setup == "actpass"
    return RemoteTransport(section.kind, section.mid, credentials, section.fingerprints, waits, leaves)


def transport_lines(transport: Transport, restart: bool = False) -> list[str]:
    """Credentials and candidates (RFC 8839), as an answer and a restart's fragment have them.

    A fragment names no candidate by TCP: they are as they were, and a client in use (whip-whep 1.2) makes one line of
    all that it names."""
    lines = [f"a=ice-ufrag:{transport.credentials.ufrag}", f"a=ice-pwd:{transport.credentials.password}"]
    for rank, (host, port) in enumerate(transport.candidates):
        priority = 126 << 24 | (65535 - rank) << 8 | 255
        lines.append(f"a=candidate:{rank + 1} 1 udp {priority} {host} {port} typ host")
    # After all others: clients that know UDP alone may look at the first only. RFC 6544, section 4.2: who waits to be
    # connected has 4 as direction preference, so any UDP comes first.
    for rank, (host, port) in enumerate(transport.candidates if transport.by_tcp and not restart else ()):
        priority = 126 << 24 | (4 << 13 | 8191 - rank) << 8 | 255
        foundation = len(transport.candidates) + rank + 1
        lines.append(f"a=candidate:{foundation} 1 tcp {priority} {host} {port} typ host tcptype passive")
    return [*lines, "a=end-of-candidates"]


def read_fragment(text: str) -> IceCredentials | None:
    """The credentials in a trickle-ICE fragment (RFC 8840), or None where it has none. Raises BadOffer."""
    ufrag = password = ""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if not 0 < len(lines) <= MAX_FRAGMENT_LINES:
        raise BadOffer("fragment")
    for line in lines:
        name, _, value = line.partition(":")
        if not line.startswith(("a=", "m=")):
            raise BadOffer("fragment")
        if name == "a=ice-ufrag":
            ufrag = ufrag or value
        elif name == "a=ice-pwd":
            password = password or value
        elif name == "a=candidate" and len(value.split()) < _CANDIDATE_WORDS:
            raise BadOffer("candidate")
    if not ufrag and not password:
        return None
    if not (4 <= len(ufrag) <= 256 and 22 <= len(password) <= 256 and _ICE_CHARS.issuperset(ufrag + password)):
        raise BadOffer("ice")
    return IceCredentials(ufrag, password)


def write_fragment(transport: Transport, remote: RemoteTransport) -> str:
    """The answer to an ICE restart (RFC 9725, section 4.3.3)."""
    lines = ["a=ice-lite", ICE_OPTIONS, f"m={remote.kind} 9 UDP/TLS/RTP/SAVPF 0"]
    lines += [f"a=mid:{remote.mid}"] if remote.mid else []
    return "\r\n".join([*lines, *transport_lines(transport, restart=True)]) + "\r\n"
