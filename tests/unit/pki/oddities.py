"""Certificates that tests/builders.py does not make: single extensions, odd keys, edited octets."""

import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ObjectIdentifier

from tests import builders
from tests.builders import Holder, p256

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
Extensions = tuple[x509.ExtensionType, bool]


def signed(
    issuer: Holder,
    *extensions: Extensions,
    subject: str | x509.Name = "CN=made,O=Test",
    public_key: CertificatePublicKeyTypes | None = None,
    issuer_name: x509.Name | None = None,
    key: builders.PrivateKey | None = None,
) -> Holder:
    """A certificate with just these extensions, each with its criticality."""
    key = key or p256()
    name = x509.Name.from_rfc4514_string(subject) if isinstance(subject, str) else subject
    builder = _builder(public_key or key.public_key())
    builder = builder.subject_name(name).issuer_name(issuer_name or issuer.certificate.subject)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return Holder(builder.sign(issuer.key, hashes.SHA256()), key)


def hashed(issuer: Holder, algorithm: hashes.SHA384 | hashes.SHA224 | hashes.SHA3_256) -> Holder:
    """A leaf signed with another hash."""
    builder = _builder(p256().public_key()).subject_name(x509.Name([]))
    builder = builder.issuer_name(issuer.certificate.subject)
    return Holder(builder.sign(issuer.key, algorithm), p256())


def pss(issuer: Holder, salt_length: int) -> Holder:
    """A leaf signed with RSASSA-PSS and so many octets of salt."""
    scheme = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=salt_length)
    builder = _builder(p256().public_key()).subject_name(x509.Name([]))
    builder = builder.issuer_name(issuer.certificate.subject)
    assert isinstance(issuer.key, rsa.RSAPrivateKey)
    return Holder(builder.sign(issuer.key, hashes.SHA256(), rsa_padding=scheme), p256())


def ca(issuer: Holder, *extensions: Extensions, subject: str = "CN=Sub") -> Holder:
    constraints = x509.BasicConstraints(ca=True, path_length=None)
    return signed(issuer, (constraints, True), *extensions, subject=subject)


def edited(issuer: Holder, change: Callable[[bytes], bytes], holder: Holder) -> Holder:
    """*holder*'s certificate with other octets in it, signed again by *issuer*."""
    tbs = holder.certificate.tbs_certificate_bytes
    content = tbs[4 if tbs[1] == 0x82 else 3 :]
    changed = change(content)
    assert changed != content
    tbs = builders._der(0x30, changed)
    assert isinstance(issuer.key, ec.EllipticCurvePrivateKey)
    signature = issuer.key.sign(tbs, ec.ECDSA(hashes.SHA256()))
    tail = builders._ECDSA[0] + builders._der(0x03, b"\0" + signature)
    der = builders._der(0x30, tbs + tail)
    return Holder(loaded(der), holder.key)


def loaded(der: bytes) -> x509.Certificate:
    """The certificate; cryptography warns of some that it loads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return x509.load_der_x509_certificate(der)


def without_version(content: bytes) -> bytes:
    """X.509 v1 is what has no version, of five octets."""
    return content[5:]


def serial_number(der: bytes) -> Callable[[bytes], bytes]:
    """Put *der* in the place of the serial number, which comes after the version."""
    return lambda content: content[:5] + der + content[7 + content[6] :]


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda content: content.replace(old, new)


def unknown(oid: str, value: bytes) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(ObjectIdentifier(oid), value)


def _builder(public_key: CertificatePublicKeyTypes) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + 30 * DAY)
    )
