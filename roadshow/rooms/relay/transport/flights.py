"""What a DTLS handshake sends: records in datagrams, the same again while no answer comes, at a bad end an alert. Pure.

Terms and record layout: RFC 6347 (DTLS 1.2); when to repeat: RFC 9147, section 5.8.
"""

from collections.abc import Iterable

import msgspec

from roadshow.rooms.relay.diagnosis.troubles import Trouble

MTU = 1200
"""Bytes of a datagram that every way carries: IPv6's least is 1,280, less 48 of headers, less what TURN adds."""
HELLO_MS = 100
"""First wait for an answer to our ClientHello. Who waits for it often listens too late for the first: FFmpeg reads that
as the end of ICE. The way is proven, and it is one datagram of 200 bytes."""
FLIGHT_MS = 400
"""First wait for an answer to any other flight (RFC 9147, section 5.8.2: recommended for DTLS-SRTP)."""
LONGEST_MS = 1600
"""Each further wait is twice as long, up to this: of the time to connect (``peer.py``) none is slept through."""
MAX_REPEATS = 12
"""Of one handshake: with these waits, more than there is time for; so no peer draws more out of us."""

_HEAD = 13
"""Bytes of a record's head: type, version, epoch, number, length."""
_ALERT = 21
_LENGTH_AT = 11
_ALERTS = {
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow",
    30: "decompression_failure", 40: "handshake_failure", 41: "no_certificate", 42: "bad_certificate",
    43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown",
    47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error", 51: "decrypt_error",
    60: "export_restriction", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
    86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation", 109: "missing_extension",
    110: "unsupported_extension", 113: "bad_certificate_status_response", 115: "unknown_psk_identity",
    116: "certificate_required", 120: "no_application_protocol",
}  # fmt: skip
"""The names of the registry *TLS Alerts*."""
_OF_CERTIFICATES = range(41, 47)
_REASONS_OF_CERTIFICATES = ("certificate", "wrong curve", "key too small", "signature type", "bad signature")
"""Words in OpenSSL's reasons that speak of one, whatever alert it sends for them."""


class Failure(msgspec.Struct, frozen=True):
    """Why a handshake came to nothing."""

    trouble: Trouble
    detail: str


class Repeats:
    """When the last flight goes out again. Times in whole ms."""

    def __init__(self) -> None:
        self.due: int | None = None
        self._wait = 0
        self._left = MAX_REPEATS

    def began(self, now: int, first_ms: int) -> None:
        """Another flight was sent."""
        self._wait = first_ms
        self.due = now + first_ms if self._left else None

    def take(self, now: int) -> bool:
        """Whether to send it again now; it then counts as sent."""
        if self.due is None or now < self.due:
            return False
        self._left -= 1
        self._wait = min(2 * self._wait, LONGEST_MS)
        self.due = now + self._wait if self._left else None
        return True


def packed(records: bytes) -> list[bytes]:
    """Datagrams of no more than ``MTU`` bytes, each with whole records, of what OpenSSL wrote in one piece."""
    made: list[bytes] = []
    at = begin = 0
    while at + _HEAD <= len(records):
        end = at + _HEAD + int.from_bytes(records[at + _LENGTH_AT : at + _HEAD], "big")
        if end - begin > MTU and at > begin:
            made.append(records[begin:at])
            begin = at
        at = end
    if begin < len(records):
        made.append(records[begin:])
    return made


def alert(datagrams: Iterable[bytes]) -> str:
    """The name of the first alert among these that is in the clear; empty without one."""
    for datagram in datagrams:
        at = 0
        while at + _HEAD <= len(datagram):
            size = int.from_bytes(datagram[at + _LENGTH_AT : at + _HEAD], "big")
            clear = datagram[at + 3 : at + 5] == b"\0\0" and size == 2
            if datagram[at] == _ALERT and clear and at + _HEAD + size <= len(datagram):
                number = datagram[at + _HEAD + 1]
                return _ALERTS.get(number, str(number))
            at += _HEAD + size
    return ""


def failure(sent: str, heard: str, reason: str, certificate: str) -> Failure:
    """What to tell of a handshake that ended with these alerts; ``reason`` is OpenSSL's, ``certificate`` says what kind
    the other end's is, as far as it was seen."""
    names = {_ALERTS[number] for number in _OF_CERTIFICATES}
    blamed = sent in names or heard in names or any(word in reason for word in _REASONS_OF_CERTIFICATES)
    said = f"sent {sent}" if sent else f"got {heard}" if heard else "no alert"
    detail = (
        said if heard or not reason else f"{said}: {reason}"
    )  # of an alert that came OpenSSL's reason says the same
    return Failure(
        Trouble.CERTIFICATE if blamed else Trouble.HANDSHAKE,
        f"{detail} (their certificate: {certificate})" if certificate else detail,
    )
