"""Whose certificate it is: by fingerprint alone (RFC 8122; RFC 8827, section 6.5), and strong enough to prove it."""

import hashlib
from collections.abc import Callable, Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import InvalidVersion
from OpenSSL import SSL, crypto

DIGESTS = ("sha-512", "sha-384", "sha-256")
"""Hash functions of fingerprints, the most preferred first. What is offered with SHA-1 alone is not taken at all."""
CIPHERS = ":".join(
    f"ECDHE-{key}-{cipher}"
    for cipher in ("AES128-GCM-SHA256", "CHACHA20-POLY1305", "AES128-SHA", "AES256-SHA")
    for key in ("ECDSA", "RSA")
).encode()
"""What we offer and take: forward secrecy always, and the server's key whichever it is. Ours is ECDSA; a server of
theirs may have RSA."""
_KEY_TOO_SMALL = 66
"""OpenSSL's X509_V_ERR_EE_KEY_TOO_SMALL, by its security level 2: less than 112 bits, as RSA below 2,048 has."""


def is_theirs(fingerprints: Sequence[tuple[str, str]], digest: Callable[[str], str]) -> bool:
    """Whether one of these (hash function, value) is the certificate's: of those of the most preferred function, since
    a client may have several certificates, and a fingerprint of each (RFC 8122, section 5)."""
    for name in DIGESTS:
        offered = {value.upper() for algorithm, value in fingerprints if algorithm.lower() == name}
        if offered:
            return digest(name.replace("-", "")).upper() in offered
    return False


def fingerprint(certificate: crypto.X509) -> Callable[[str], str]:
    """Of this certificate, by the hash function's name."""
    encoded = crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)
    return lambda name: hashlib.new(name, encoded).digest().hex(":")


def strong_enough(connection: SSL.Connection, certificate: crypto.X509, error: int, _: int, __: int) -> bool:
    """OpenSSL's question about each error it found in a certificate. Nobody signed it, and its dates are nobody's
    business (RFC 8827): only a key that could be broken is a reason."""
    if error != _KEY_TOO_SMALL:
        return True
    try:
        told = f"a key of {certificate.get_pubkey().bits()} bits"
    except crypto.Error:  # a key that is none has no size either
        told = "unreadable"
    connection.set_app_data(told)  # OpenSSL keeps no refused one
    return False


def kind(connection: SSL.Connection) -> str:
    """What kind of key the other end's certificate has, for whoever looks into a failure; empty if none was seen."""
    refused = connection.get_app_data()
    if isinstance(refused, str):
        return refused
    try:
        certificate = connection.get_peer_certificate(as_cryptography=True)
        key = certificate.public_key() if certificate is not None else None
    except (ValueError, UnsupportedAlgorithm, InvalidVersion):
        return "unreadable"
    if isinstance(key, EllipticCurvePublicKey):
        return key.curve.name
    if isinstance(key, RSAPublicKey):
        return f"RSA {key.key_size}"
    return type(key).__name__.removesuffix("PublicKey") if key is not None else ""
