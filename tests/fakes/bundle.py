"""A truststore by the rules that AWS documents: a second opinion, which does not ask pki.lint.

Source: [D:rest-api-mutual-tls] and [D:api-gateway-execution-service-limits-table], as in the
facts. AWS's words for a warning are not known; it names the issue and the subject.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa

MAX_BYTES = 1_048_576
MAX_CERTIFICATES = 1000
MAX_CHAIN = 4
INSECURE = "is signed with an insecure algorithm"
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
_CURVES = (ec.SECP256R1, ec.SECP384R1)
_HASHES = {"sha256", "sha384", "sha512"}


class NoBundle(ValueError):
    """The whole file is refused, and why."""


@dataclass(frozen=True)
class Bundle:
    """What a truststore holds, and what API Gateway warns of."""

    content: bytes
    certificates: tuple[x509.Certificate, ...]
    warnings: tuple[str, ...]


def read(content: bytes, now: datetime) -> Bundle:
    """Return the truststore *content*; NoBundle beyond the limits, or without a certificate."""
    if len(content) > MAX_BYTES:
        raise NoBundle(f"{len(content)} bytes, more than {MAX_BYTES}")
    blocks = _BLOCK.findall(content)
    if not blocks:
        raise NoBundle("no PEM certificate in it")
    if len(blocks) > MAX_CERTIFICATES:
        raise NoBundle(f"{len(blocks)} certificates, more than {MAX_CERTIFICATES}")
    found, said = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cryptography's, of serials and the like
        for number, block in enumerate(blocks, 1):
            try:
                found.append(x509.load_pem_x509_certificate(block))
            except ValueError:
                said.append(f"Certificate number {number} is not a valid X.509 certificate.")
        by_name: dict[x509.Name, list[x509.Certificate]] = {}
        for certificate in found:
            by_name.setdefault(certificate.subject, []).append(certificate)
        for certificate in found:
            issues = [*_own(certificate, now)]
            if INSECURE not in issues:  # the signature on it counts for nothing
                issues += _chain(certificate, by_name)
            subject = certificate.subject.rfc4514_string()
            said += [f"Certificate with subject '{subject}' {issue}." for issue in issues]
    return Bundle(content, tuple(found), tuple(said))


def _own(certificate: x509.Certificate, now: datetime) -> Iterator[str]:
    if now > certificate.not_valid_after_utc:
        yield "has expired"
    if now < certificate.not_valid_before_utc:
        yield "is not valid yet"
    try:
        key = certificate.public_key()
        digest = certificate.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        yield "uses an unsupported algorithm"
        return
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < 2048:
            yield f"has an RSA key of {key.key_size} bits, which is too weak"
    elif not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, _CURVES):
        yield "has a key of an unsupported type"
    if digest is None or digest.name not in _HASHES:
        yield INSECURE


def _chain(
    certificate: x509.Certificate, by_name: dict[x509.Name, list[x509.Certificate]]
) -> Iterator[str]:
    length = _to_root(certificate, by_name, ())
    if length is None:
        yield "has no complete chain up to a root certificate"
    elif length > MAX_CHAIN:
        yield f"has a chain of {length} certificates, longer than {MAX_CHAIN}"


def _to_root(
    certificate: x509.Certificate,
    by_name: dict[x509.Name, list[x509.Certificate]],
    seen: Sequence[x509.Certificate],
) -> int | None:
    """The number of certificates on the shortest way up to a root; None: there is no way."""
    if certificate.subject == certificate.issuer and _signed(certificate, certificate):
        return len(seen) + 1
    if len(seen) > 2 * MAX_CHAIN:
        return None
    ways = [
        _to_root(issuer, by_name, [*seen, certificate])
        for issuer in by_name.get(certificate.issuer, ())
        if issuer != certificate and issuer not in seen and _signed(certificate, issuer)
    ]
    return min((way for way in ways if way), default=None)


def _signed(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
