"""Client leaves with names, numbers, dates and keys that somebody gets wrong."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID, ObjectIdentifier

from tests import builders
from tests.builders import Holder, p256, rsa_key

Make = Callable[[Holder], Holder]
NAME = x509.Name.from_rfc4514_string
LEAF = "CN=billing,O=Example"
URI = x509.UniformResourceIdentifier("spiffe://example.org/awkward")
EMAIL, UID, SERIAL = NameOID.EMAIL_ADDRESS, NameOID.USER_ID, NameOID.SERIAL_NUMBER
BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)


def of(
    subject: str | x509.Name,
    *sans: x509.GeneralName,
    key: builders.PrivateKey | None = None,
    serial_number: int | None = None,
    until: datetime | None = None,
) -> Make:
    """A leaf of the issuer that it is given."""

    def make(issuer: Holder) -> Holder:
        name = NAME(subject) if isinstance(subject, str) else subject
        own = key or p256()
        builder = x509.CertificateBuilder(
            subject_name=name,
            issuer_name=issuer.certificate.subject,
            public_key=own.public_key(),
            serial_number=serial_number or x509.random_serial_number(),
            not_valid_before=BEGAN.replace(tzinfo=None),
            not_valid_after=(until or BEGAN + timedelta(days=30)).replace(tzinfo=None),
        )
        builder = builder.add_extension(
            x509.SubjectAlternativeName([URI, *sans]), critical=not name.rdns
        ).add_extension(builders.CLIENT_AUTH, critical=False)
        assert isinstance(issuer.key, ec.EllipticCurvePrivateKey)
        return Holder(builder.sign(issuer.key, hashes.SHA256()), own)

    return make


def rdns(*names: tuple[ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in names])


def common(value: str, kind: _ASN1Type | None = None) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, value, kind)])


_MULTI = x509.Name(
    [
        x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example")]),
        x509.RelativeDistinguishedName(
            [
                x509.NameAttribute(NameOID.COMMON_NAME, "one+two"),
                x509.NameAttribute(UID, "u=1"),
                x509.NameAttribute(SERIAL, "7"),
            ]
        ),
    ]
)
_UNITS = rdns(*[(NameOID.ORGANIZATIONAL_UNIT_NAME, f"unit {n:02} of many") for n in range(30)])
_SANS = (
    x509.DNSName("*.example.org"),
    x509.DNSName("xn--bcher-kva.example"),
    x509.IPAddress(ipaddress.ip_address("192.0.2.7")),
    x509.IPAddress(ipaddress.ip_address("2001:db8::7")),
    x509.RFC822Name("a+b@example.org"),
    x509.UniformResourceIdentifier("urn:x:%2B+,;'\"&="),
)

LEAVES: Mapping[str, Make] = {
    "plain": of(LEAF),
    "commas": of(common("Doe, John, Jr.,O=Admin")),
    "quotes and backslashes": of(common('"John" \\ "Doe"\\')),
    "plus": of(common("a+b+CN=admin")),
    "everything that RFC 4514 escapes": of(common(' #";<>=+,\\ ')),
    "percent": of(common("%2C%0A100%+")),
    "beyond ASCII": of(common("Zoë Ünïcode 株式会社 🔑")),
    "BMPString": of(common("Żółw", _ASN1Type.BMPString)),
    "right to left": of(common("שלום\u202eabc")),
    "line feed": of(common("a\r\nX-Amzn-Mtls-Clientcert-Leaf: b")),
    "multi-valued RDN": of(_MULTI),
    "no subject": of(x509.Name([])),
    "e-mail and UID": of(rdns((EMAIL, "a@example.org"), (UID, "u,1"), (SERIAL, "00ff"))),
    "an attribute without a name": of(rdns((ObjectIdentifier("1.2.3.4.5"), "v,=+"))),
    "long names": of(_UNITS),
    "the same attribute twice": of("CN=b,CN=a,DC=example,DC=org"),
    "serial number 1": of(LEAF, serial_number=1),
    "serial number with the high bit": of(LEAF, serial_number=0xFEDCBA9876543210),
    "serial number of 159 bits": of(LEAF, serial_number=(1 << 158) + 0xABC),
    "serial number that ends in zeros": of(LEAF, serial_number=0xA0000000000000000000),
    "past 2050": of(LEAF, until=datetime(2051, 2, 3, 4, 5, 6, tzinfo=UTC)),
    "the last second there is": of(LEAF, until=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
    "RSA": of(LEAF, key=rsa_key(2048)),
    "RSA 4096": of(LEAF, key=rsa_key(4096)),
    "P-384": of(LEAF, key=ec.generate_private_key(ec.SECP384R1())),
    "every kind of SAN": of(LEAF, *_SANS),
    "a hundred SANs": of(LEAF, *(x509.DNSName(f"host-{n}.example.org") for n in range(100))),
}
