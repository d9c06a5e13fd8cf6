import base64
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from service.certificate import ClientCertificate, MalformedCertificate, comparable, parse_name
from tests.unit.service.certs import NOW, key, leaf, name, pem


def read(certificate: x509.Certificate) -> ClientCertificate:
    return ClientCertificate.from_pem(pem(certificate))


def test_a_leaf_says_who_it_is() -> None:
    certificate = leaf(
        not_before=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        not_after=datetime(2060, 1, 2, 3, 4, 5, tzinfo=UTC),
        names=(
            x509.UniformResourceIdentifier("spiffe://example.org/billing"),
            x509.DNSName("billing.example.org"),
            x509.RFC822Name("billing@example.org"),
            x509.IPAddress(IPv4Address("192.0.2.1")),
        ),
    )
    said = read(certificate).as_dict()
    assert list(said) == [
        "subject",
        "issuer",
        "serial_number",
        "fingerprint",
        "not_before",
        "not_after",
        "dns_names",
        "uris",
        "emails",
        "ip_addresses",
    ]
    assert said["subject"] == "CN=billing,O=Example"
    assert said["issuer"] == "CN=Example Issuing CA,O=Example"
    assert said["serial_number"] == "3f1"
    assert len(str(said["fingerprint"])) == 64
    assert (said["not_before"], said["not_after"]) == (
        "2026-01-02T03:04:05Z",
        "2060-01-02T03:04:05Z",
    )
    assert said["uris"] == ["spiffe://example.org/billing"]
    assert said["dns_names"] == ["billing.example.org"]
    assert said["emails"] == ["billing@example.org"]
    assert said["ip_addresses"] == ["192.0.2.1"]


@pytest.mark.parametrize(
    ("number", "text"),
    [(1, "1"), (0xFE << 56, "fe00000000000000"), (2**158 + 5, f"{2**158 + 5:x}")],
)
def test_a_serial_number_is_hex_without_leading_zeros(number: int, text: str) -> None:
    assert read(leaf(serial_number=number)).serial_number == text


def test_a_leaf_without_subject_and_san_is_still_read() -> None:
    client = read(leaf(subject=x509.Name([]), names=()))
    assert (client.subject, client.uris, client.organization) == ("", (), "")


def test_an_organization_with_a_comma_stays_whole() -> None:
    assert read(leaf(subject=r"CN=x,O=Ex\, CN\=admin")).organization == "Ex, CN=admin"


def test_names_are_equal_by_value_and_not_by_string_type() -> None:
    def with_type(kind: x509.name._ASN1Type) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "billing", kind)])

    utf8, printable = (
        with_type(x509.name._ASN1Type.UTF8String),
        with_type(x509.name._ASN1Type.PrintableString),
    )
    assert comparable(utf8) == comparable(printable) == parse_name("CN=billing")


@pytest.mark.parametrize(
    "other",
    [
        "CN=Billing,O=Example",
        "O=Example,CN=billing",
        "CN=billing+O=Example",
        "CN=billing",
        r"CN=billing\,O\=Example",
    ],
)
def test_a_name_that_only_looks_alike_is_another(other: str) -> None:
    assert comparable(name(other)) != parse_name("CN=billing,O=Example")


def test_a_multi_valued_rdn_has_no_order() -> None:
    assert parse_name("CN=a+UID=b,O=c") == parse_name("UID=b+CN=a,O=c")
    assert parse_name("CN=a+UID=b,O=c") != parse_name("CN=a,UID=b,O=c")


GOOD = pem(leaf())
BODY = GOOD.removeprefix("-----BEGIN CERTIFICATE-----\n").removesuffix(
    "-----END CERTIFICATE-----\n"
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        GOOD + GOOD,
        GOOD + "x",
        " " + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD[:-30],
        GOOD.replace("CERTIFICATE", "X509 CERTIFICATE"),
        GOOD.replace("CERTIFICATE", "certificate"),
        GOOD.replace(BODY, ""),
        GOOD.replace(BODY, BODY[:-8] + "\n"),
        GOOD.replace(BODY, "AAAA\n"),
        GOOD.replace(BODY[10:12], "=="),
        GOOD.replace(BODY[10:11], "\u00e9"),
        GOOD.replace(BODY[10:11], "\0"),
        GOOD.replace(BODY, BODY.rstrip() + "AAAA\n"),
    ],
)
def test_anything_but_one_certificate_is_malformed(text: str) -> None:
    with pytest.raises(MalformedCertificate):
        ClientCertificate.from_pem(text)
    assert ClientCertificate.from_pem(GOOD).serial_number == "3f1"


def test_a_final_newline_makes_no_difference() -> None:
    assert ClientCertificate.from_pem(GOOD) == ClientCertificate.from_pem(GOOD.rstrip("\n"))


def malformed(der: bytes) -> bool:
    text = base64.b64encode(der).decode()
    try:
        ClientCertificate.from_pem(
            f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"
        )
    except MalformedCertificate:
        return True
    return False


@pytest.mark.filterwarnings("ignore:.*serial number which wasn't positive")
@pytest.mark.parametrize("serial", [b"\x00", b"\x85"])
def test_a_serial_number_that_is_not_positive_is_malformed(serial: bytes) -> None:
    """RFC 5280, 4.1.2.2. cryptography does not make one, so its one byte is changed."""
    der = leaf(serial_number=0x45).public_bytes(Encoding.DER)
    assert der.count(b"\x02\x01\x45") == 1
    assert malformed(der.replace(b"\x02\x01\x45", b"\x02\x01" + serial))
    assert not malformed(der)


def test_a_second_san_extension_is_malformed() -> None:
    """RFC 5280, 4.2. Made by renaming the issuer's alternative name of a good one."""
    san = x509.SubjectAlternativeName([x509.DNSName("a.example.org")])
    twin = x509.IssuerAlternativeName([x509.DNSName("b.example.org")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name("CN=a"))
        .issuer_name(name("CN=b"))
        .serial_number(5)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .public_key(key().public_key())
        .add_extension(san, critical=False)
        .add_extension(twin, critical=False)
        .sign(key(), hashes.SHA256())
    )
    der = certificate.public_bytes(Encoding.DER)
    assert malformed(der.replace(b"\x06\x03\x55\x1d\x12", b"\x06\x03\x55\x1d\x11"))
    assert not malformed(der)
