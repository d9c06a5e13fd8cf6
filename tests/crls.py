"""CRLs put together by hand: large ones in no time, and wrong ones that no builder would make.

Right in everything unless told otherwise. `None` for an extension or a time means: leave it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtensionOID

from tests.builders import Holder, PrivateKey

NOW = datetime.now(UTC).replace(microsecond=0)
KEY_COMPROMISE = 1
#: Ask for the default, as None asks for nothing.
DEFAULT = object()
UNKNOWN = "2.25.4711"  # known to nobody


@dataclass(frozen=True)
class Entry:
    """One revoked serial; *reason* as in RFC 5280, 5.3.1; *more*: Extensions in DER."""

    serial_number: int
    reason: int | None = None
    more: bytes = b""

    def der(self, revoked_at: bytes) -> bytes:
        extensions = self.more
        if self.reason is not None:
            extensions += extension("2.5.29.21", der(0x0A, bytes([self.reason])))
        tail = der(0x30, extensions) if extensions else b""
        return der(0x30, integer(self.serial_number) + revoked_at + tail)


def crl(
    issuer: Holder,
    revoked: Iterable[int | Entry] = (),
    *,
    number: int | None = 1,
    this_update: datetime = NOW - timedelta(hours=1),
    next_update: datetime | None = NOW + timedelta(days=1),
    key: PrivateKey | None = None,
    name: x509.Name | None = None,
    key_id: bytes | object | None = DEFAULT,
    more: bytes = b"",
    sha1: bool = False,
) -> bytes:
    """A CRL of *issuer* in DER; *key* signs in the place of its own; *more*: Extensions in DER."""
    when = time(this_update)
    entries = b"".join(
        (entry if isinstance(entry, Entry) else Entry(entry)).der(when) for entry in revoked
    )
    return signed(
        b"".join(
            [
                (name or issuer.certificate.subject).public_bytes(),
                when,
                time(next_update) if next_update else b"",
                der(0x30, entries) if entries else b"",
                _extensions(issuer, number, key_id, more),
            ]
        ),
        key or issuer.key,
        sha1=sha1,
    )


def many(issuer: Holder, serial_numbers: Sequence[int], *, number: int = 1) -> bytes:
    """As `crl`, with serials of 16 octets: a million in a second."""
    when = time(NOW - timedelta(hours=1))
    tail = when + der(0x30, extension("2.5.29.21", der(0x0A, bytes([KEY_COMPROMISE]))))
    head = b"\x30" + bytes([18 + len(tail)]) + b"\x02\x10"
    entries = b"".join(head + serial.to_bytes(16, "big") + tail for serial in serial_numbers)
    return signed(
        b"".join(
            [
                issuer.certificate.subject.public_bytes(),
                when,
                time(NOW + timedelta(days=1)),
                der(0x30, entries),
                _extensions(issuer, number, DEFAULT, b""),
            ]
        ),
        issuer.key,
    )


def with_key_id(root: Holder) -> Holder:
    """*root* with a subjectKeyIdentifier, as authorities have in life."""
    certificate = root.certificate
    builder = x509.CertificateBuilder(
        subject_name=certificate.subject,
        issuer_name=certificate.subject,
        public_key=root.key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=certificate.not_valid_before_utc,
        not_valid_after=certificate.not_valid_after_utc,
        extensions=[
            *certificate.extensions,
            x509.Extension(
                x509.SubjectKeyIdentifier.oid,
                False,
                x509.SubjectKeyIdentifier.from_public_key(root.key.public_key()),
            ),
        ],
    )
    return Holder(builder.sign(root.key, hashes.SHA256()), root.key)


def signed(after_algorithm: bytes, key: PrivateKey, *, sha1: bool = False) -> bytes:
    """A CertificateList, version 2 if it has extensions, of what follows the algorithm."""
    version = integer(1) if b"\xa0" in after_algorithm[-4000:] else b""
    algorithm = _algorithm(key, sha1=sha1)
    tbs = der(0x30, version + algorithm + after_algorithm)
    digest = hashes.SHA1() if sha1 else hashes.SHA256()  # noqa: S303
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(tbs, padding.PKCS1v15(), digest)
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        signature = key.sign(tbs, ec.ECDSA(digest))
    else:
        signature = key.sign(tbs)
    return der(0x30, tbs + algorithm + der(0x03, b"\x00" + signature))


def pem(*crls: bytes) -> bytes:
    """As a PEM file."""
    return b"".join(x509.load_der_x509_crl(one).public_bytes(Encoding.PEM) for one in crls)


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    body = der(0x06, _oid(oid)) + (b"\x01\x01\xff" if critical else b"") + der(0x04, value)
    return der(0x30, body)


def scope(value: x509.IssuingDistributionPoint) -> bytes:
    """That extension."""
    oid = ExtensionOID.ISSUING_DISTRIBUTION_POINT.dotted_string
    return extension(oid, value.public_bytes(), critical=True)


def integer(value: int) -> bytes:
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def time(moment: datetime) -> bytes:
    if moment.year < 2050:
        return der(0x17, moment.strftime("%y%m%d%H%M%SZ").encode())
    return der(0x18, moment.strftime("%Y%m%d%H%M%SZ").encode())


def _extensions(
    issuer: Holder, number: int | None, key_id: bytes | object | None, more: bytes
) -> bytes:
    if key_id is DEFAULT:
        key_id = x509.SubjectKeyIdentifier.from_public_key(issuer.key.public_key()).digest
    found = more
    if isinstance(key_id, bytes):
        found += extension("2.5.29.35", der(0x30, der(0x80, key_id)))
    if number is not None:
        found += extension("2.5.29.20", integer(number))
    return der(0xA0, der(0x30, found)) if found else b""


def _algorithm(key: PrivateKey, *, sha1: bool) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        oid = "1.2.840.113549.1.1.5" if sha1 else "1.2.840.113549.1.1.11"
        return der(0x30, der(0x06, _oid(oid)) + b"\x05\x00")
    if isinstance(key, ec.EllipticCurvePrivateKey):
        oid = "1.2.840.10045.4.1" if sha1 else "1.2.840.10045.4.3.2"
        return der(0x30, der(0x06, _oid(oid)))
    return der(0x30, der(0x06, _oid("1.3.101.112")))


def _oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    found = b""
    for arc in (first * 40 + second, *rest):
        octets = [arc & 0x7F]
        while arc := arc >> 7:
            octets.append(0x80 | arc & 0x7F)
        found += bytes(reversed(octets))
    return found
