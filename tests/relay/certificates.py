"""Certificates as other stacks make them, with the TLS context those would have."""

from datetime import UTC, datetime, timedelta
from typing import Any

from aiortc.rtcdtlstransport import RTCCertificate, SRTPProtectionProfile
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from OpenSSL import SSL
from typing_extensions import override

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


def keys() -> dict[str, Key]:
    """One of each kind that was seen, or might be."""
    return {
        "P-256": ec.generate_private_key(ec.SECP256R1()),
        "P-384": ec.generate_private_key(ec.SECP384R1()),
        "P-521": ec.generate_private_key(ec.SECP521R1()),
        "P-224": ec.generate_private_key(ec.SECP224R1()),
        "Ed25519": ed25519.Ed25519PrivateKey.generate(),
        "RSA 2048": rsa.generate_private_key(65537, 2048),
        "RSA 1024": rsa.generate_private_key(65537, 1024),  # noqa: S505  (to see it refused)
    }


def self_signed(key: Key) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number())
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
    return made.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256())


class TheirCertificate(RTCCertificate):
    """Of any key; every suite is offered with it, as general stacks do."""

    def __init__(self, key: Key) -> None:
        super().__init__(key, self_signed(key))  # type: ignore[arg-type]
        self._their_key = key

    @override
    def _create_ssl_context(self, srtp_profiles: list[SRTPProtectionProfile]) -> Any:
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_cipher_list(b"DEFAULT:@SECLEVEL=0")
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        context.use_certificate(self._cert)
        context.use_privatekey(self._their_key)
        context.set_tlsext_use_srtp(b":".join(profile.openssl_profile for profile in srtp_profiles))
        return context

    def pem(self) -> tuple[bytes, bytes]:
        """The certificate and its key, as programs take them from files."""
        key = self._their_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self._cert.public_bytes(Encoding.PEM), key
