"""The strings of clientCert, for names and numbers that are not everyday."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier

from proxy.client_cert import ClientCert, distinguished_name, openssl_time
from tests import builders

A = x509.NameAttribute
N = x509.Name
COMMON, ORGANIZATION = NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            N(
                [
                    A(NameOID.COUNTRY_NAME, "US"),
                    A(NameOID.STATE_OR_PROVINCE_NAME, "Washington"),
                    A(NameOID.LOCALITY_NAME, "Seattle"),
                    A(ORGANIZATION, "Amazon Web Services"),
                    A(NameOID.ORGANIZATIONAL_UNIT_NAME, "Security"),
                    A(COMMON, "My Client"),
                ]
            ),
            "C=US,ST=Washington,L=Seattle,O=Amazon Web Services,OU=Security,CN=My Client",
        ),
        (N([A(COMMON, "first"), A(ORGANIZATION, "last")]), "CN=first,O=last"),
        (N([A(COMMON, "a"), A(COMMON, "b")]), "CN=a,CN=b"),
        (N([]), ""),
        (N([A(COMMON, "x,CN=admin")]), "CN=x\\,CN=admin"),
        (N([A(COMMON, 'a+b"c\\d<e>f;g')]), 'CN=a\\+b\\"c\\\\d\\<e\\>f\\;g'),
        (N([A(COMMON, " #x ")]), "CN=\\ #x\\ "),
        (N([A(COMMON, "#x")]), "CN=\\#x"),
        (N([A(COMMON, " ")]), "CN=\\ "),
        (N([A(COMMON, "a=b")]), "CN=a=b"),
        (N([A(COMMON, "a\nb\0")]), "CN=a\\0Ab\\00"),
        (N([A(COMMON, "Zoë 山田")]), "CN=Zoë 山田"),
        (
            N(
                [
                    A(NameOID.DOMAIN_COMPONENT, "example"),
                    A(NameOID.USER_ID, "u1"),
                    A(NameOID.EMAIL_ADDRESS, "a@b.example"),
                    A(NameOID.SERIAL_NUMBER, "7"),
                ]
            ),
            "DC=example,UID=u1,emailAddress=a@b.example,serialNumber=7",
        ),
        (N([A(ObjectIdentifier("1.3.6.1.4.1.99999.1"), "odd")]), "1.3.6.1.4.1.99999.1=odd"),
        (
            N([x509.RelativeDistinguishedName([A(COMMON, "a"), A(NameOID.USER_ID, "u")])]),
            "CN=a+UID=u",
        ),
    ],
)
def test_a_name_in_certificate_order(name: x509.Name, expected: str) -> None:
    assert distinguished_name(name) == expected


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (datetime(2026, 8, 5, 0, 28, 21, tzinfo=UTC), "Aug  5 00:28:21 2026 GMT"),
        (datetime(2060, 12, 31, 23, 59, 59, tzinfo=UTC), "Dec 31 23:59:59 2060 GMT"),
        (datetime(2026, 1, 1, 1, 2, 3, tzinfo=UTC), "Jan  1 01:02:03 2026 GMT"),
    ],
)
def test_a_time_as_openssl_prints_it(time: datetime, expected: str) -> None:
    assert openssl_time(time) == expected


@pytest.mark.parametrize(
    "serial_number", [1, 0x80, 2**63, 2**64 - 1, 0xFEF2 << 112, (1 << 159) - 1, 1 << 158]
)
def test_a_serial_number_is_decimal(serial_number: int) -> None:
    holder = builders.leaf(issuer=builders.authority(), serial_number=serial_number)
    assert ClientCert.from_certificate(holder.certificate).serial_number == str(serial_number)


def test_a_whole_certificate() -> None:
    issuer = builders.authority(subject="CN=Example Issuing CA,O=Example Ltd,C=GB")
    holder = builders.leaf(
        issuer=issuer,
        subject="CN=client-1,O=Example Ltd,C=GB",
        not_before=datetime(2026, 8, 5, 0, 28, 21, tzinfo=UTC),
        lifetime=timedelta(days=40 * 365),
    )
    assert ClientCert.from_certificate(holder.certificate).as_event() == {
        "clientCertPem": holder.pem,
        "subjectDN": "C=GB,O=Example Ltd,CN=client-1",
        "issuerDN": "C=GB,O=Example Ltd,CN=Example Issuing CA",
        "serialNumber": str(holder.certificate.serial_number),
        "validity": {
            "notBefore": "Aug  5 00:28:21 2026 GMT",
            "notAfter": "Jul 26 00:28:21 2066 GMT",
        },
    }
    assert holder.pem.endswith("-----END CERTIFICATE-----\n")
