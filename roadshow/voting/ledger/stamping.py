"""Time stamps by RFC 3161: a ledger's head was there at a time, by the word of an authority outside the house. (pure)

What is stamped is the text of which the head is the SHA-256: an entry's five lines, or the canonical spec for the hash
of the rules. So ``openssl ts -verify`` checks one, too.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Sequence

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response
from rfc3161_client.errors import VerificationError
from rfc3161_client.tsp import PKIStatus, TimeStampResponse

from roadshow.voting.ledger.findings import Finding, finding
from roadshow.voting.ledger.record import Stamp

SHA256 = "2.16.840.1.101.3.4.2.1"


def request_for(text: bytes) -> tuple[bytes, int | None]:
    """What the authority is asked, in DER, and the nonce that its answer must have."""
    request = TimestampRequestBuilder(data=text, hash_algorithm=HashAlgorithm.SHA256).build()
    return request.as_bytes(), request.nonce


def stamp_of(head: str, answer: bytes, nonce: int | None) -> Stamp:
    """Raises ValueError for an answer that is not a stamp of just this head, for this request."""
    token = _decoded(answer)
    if PKIStatus(token.status) not in (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS):
        raise ValueError(f"the authority refuses: {', '.join(token.status_string) or 'without a word'}")
    if _stamped(token) != head:
        raise ValueError("the authority has stamped something else")
    if token.tst_info.nonce != nonce:
        raise ValueError("the authority has answered another request")
    return Stamp(head, base64.b64encode(answer).decode())


def authorities(pem: bytes) -> tuple[Certificate, ...]:
    """Raises ValueError."""
    return tuple(load_pem_x509_certificates(pem))


def stamp_findings(
    stamps: Iterable[Stamp], rules: str, hashes: Sequence[str], roots: Sequence[Certificate]
) -> Iterator[Finding]:
    """Whether each is of this ledger, and by an authority that one of ``roots`` vouches for; without roots that is not
    checked, and said. ``hashes``: of the entries, in their order."""
    numbers = {rules: 0, **{hash_: number for number, hash_ in enumerate(hashes, start=1)}}
    for stamp in stamps:
        number = numbers.get(stamp.hash)
        if number is None:
            yield finding("stamp", False, f"A time stamp is of {stamp.hash}, which is no head of this ledger.")
            continue
        what = f"the ledger up to entry {number}" if number else "the rules"
        try:
            yield _checked(stamp, what, roots)
        except (ValueError, VerificationError) as problem:
            yield finding("stamp", False, f"The time stamp of {what} is not genuine: {problem}.")


def _checked(stamp: Stamp, what: str, roots: Sequence[Certificate]) -> Finding:
    token = _decoded(_der(stamp.token))
    if _stamped(token) != stamp.hash:
        raise ValueError("it is of something else")
    at = token.tst_info.gen_time.isoformat(timespec="seconds")
    if not roots:
        return finding(
            "stamp", True, f"A time stamp of {what} names {at}; whose it is, only --authority CERTIFICATE.pem can tell."
        )
    problem: Exception = ValueError("no authority was given")
    for root in roots:
        try:
            VerifierBuilder(roots=[root]).build().verify(token, bytes.fromhex(stamp.hash))
        except (ValueError, VerificationError) as one:
            problem = one
        else:
            return finding("stamp", True, f"An authority that you trust has seen {what} at {at}.")
    raise problem


def _decoded(answer: bytes) -> TimeStampResponse:
    try:
        return decode_timestamp_response(answer)
    except ValueError as problem:
        raise ValueError("it cannot be read") from problem


def _stamped(token: TimeStampResponse) -> str:
    imprint = token.tst_info.message_imprint
    if imprint.hash_algorithm.dotted_string != SHA256:
        raise ValueError("it is not of a SHA-256")
    return imprint.message.hex()


def _der(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as problem:
        raise ValueError("it cannot be read") from problem
