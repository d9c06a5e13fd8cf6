"""Certificates for the service's unit tests: right in everything, unless asked otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NOW = datetime.now(UTC).replace(microsecond=0)
ISSUER = "CN=Example Issuing CA,O=Example"
HEADER = "X-Amzn-Mtls-Clientcert-Leaf"


@cache
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def leaf(
    *,
    subject: str | x509.Name = "CN=billing,O=Example",
    issuer: str = ISSUER,
    serial_number: int = 0x3F1,
    not_before: datetime = NOW - timedelta(days=1),
    not_after: datetime = NOW + timedelta(days=1),
    names: tuple[x509.GeneralName, ...] = (
        x509.UniformResourceIdentifier("spiffe://example.org/billing"),
    ),
    is_ca: bool = False,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject) if isinstance(subject, str) else subject)
        .issuer_name(name(issuer))
        .serial_number(serial_number)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .public_key(key().public_key())
    )
    if is_ca:
        builder = builder.add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(key(), hashes.SHA256())


def name(text: str) -> x509.Name:
    return x509.Name.from_rfc4514_string(text)


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def as_alb_sends(*certificates: x509.Certificate) -> str:
    """URL-encoded as ALB does it: "+", "/" and "=" stay."""
    return quote("".join(pem(certificate) for certificate in certificates), safe="+/=")
