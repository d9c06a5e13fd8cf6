"""The identity headers behind nginx, byte for byte as ALB writes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.x509.oid import NameOID

from tests import builders
from tests.builders import Files, Holder
from tests.conftest import Pki
from tests.e2e import wire
from tests.e2e.recorder import Proxy
from tests.e2e.wrong import WRONG

Keep = Callable[[Holder], Files]
NOW = datetime.now(UTC).replace(microsecond=0)
CALL = b"GET /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
LEAF, CHAIN = "X-Amzn-Mtls-Clientcert-Leaf", "X-Amzn-Mtls-Clientcert"
SERIAL, SUBJECT = "X-Amzn-Mtls-Clientcert-Serial-Number", "X-Amzn-Mtls-Clientcert-Subject"
ISSUER, VALIDITY = "X-Amzn-Mtls-Clientcert-Issuer", "X-Amzn-Mtls-Clientcert-Validity"


def as_alb_escapes(pem: str) -> str:
    """ALB: "URL-encoded PEM format, with +=/ as safe characters"."""
    return quote(pem, safe="+=/")


def test_verify_mode_hands_over_five_headers_and_no_more(
    alb: Proxy, pki: Pki, billing: Files
) -> None:
    certificate = builders.read(billing.pem, billing.key).certificate
    received = alb.send(CALL, billing)
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    assert received.identity == {
        LEAF: as_alb_escapes(builders.pem(certificate)),
        SERIAL: certificate.serial_number.to_bytes(20, "big").lstrip(b"\0").hex().upper(),
        ISSUER: "CN=Example Issuing CA,O=Example",
        SUBJECT: "CN=billing,O=Example",
        VALIDITY: f"NotBefore={begins:%Y-%m-%dT%H:%M:%SZ};NotAfter={ends:%Y-%m-%dT%H:%M:%SZ}",
    }
    assert wire.exchange(alb.port, wire.tls(pki.ca), CALL) == b""


def test_the_leaf_keeps_plus_slash_and_equals(alb: Proxy, issuing: Holder, keep: Keep) -> None:
    # One byte more in the subject at a time: every padding comes up.
    seen = ""
    for length in range(1, 13):
        holder = builders.leaf(issuer=issuing, subject=f"CN={'x' * length},O=Example")
        value = alb.send(CALL, keep(holder)).one(LEAF)
        assert value == as_alb_escapes(holder.pem)
        assert value.endswith("-----END%20CERTIFICATE-----%0A")
        seen += value.removeprefix("-----BEGIN%20CERTIFICATE-----%0A")
    assert {"+", "/", "=", "%0A", "%20"} <= set(re.findall(r"%..|[+/=]", seen))
    assert set(re.findall(r"%..", seen)) == {"%0A", "%20"}


def test_a_leaf_of_several_kilobytes_arrives_whole(alb: Proxy, issuing: Holder, keep: Keep) -> None:
    long = "spiffe://example.org/" + "long/" * 1400
    holder = builders.leaf(issuer=issuing, uri=long)
    assert alb.send(CALL, keep(holder)).one(LEAF) == as_alb_escapes(holder.pem)


def test_the_second_request_of_a_connection_has_the_same_identity(
    alb: Proxy, billing: Files
) -> None:
    twice = CALL.replace(b"Connection: close\r\n", b"") + CALL
    both = wire.answers(wire.exchange(alb.port, wire.tls(alb.ca, billing), twice))
    first, second = (re.findall(rb"(?m)^X-Amzn-Mtls.*$", answer.body) for answer in both)
    assert first == second
    assert len(first) == 5


@pytest.mark.parametrize(
    ("serial_number", "written"),
    [
        (1, "01"),
        (0x10, "10"),
        (0x3A5B1, "03A5B1"),
        (0xFEF257372D5C14D4, "FEF257372D5C14D4"),
        (0x7F << 152, "7F" + "00" * 19),
    ],
)
def test_a_serial_number_has_an_even_number_of_upper_case_digits(
    alb: Proxy, issuing: Holder, keep: Keep, serial_number: int, written: str
) -> None:
    holder = builders.leaf(issuer=issuing, serial_number=serial_number)
    assert alb.send(CALL, keep(holder)).one(SERIAL) == written


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize(("day", "hour"), [(3, 0), (10, 23)])
def test_validity_is_iso_8601_in_every_month(
    alb: Proxy, issuing: Holder, keep: Keep, month: int, day: int, hour: int
) -> None:
    begins = datetime(2021, month, day, hour, 4, 5, tzinfo=UTC)
    ends = datetime(2057, 13 - month, 29 - day, 23 - hour, 59, 58, tzinfo=UTC)
    holder = builders.leaf(issuer=issuing, not_before=begins, lifetime=ends - begins)
    assert alb.send(CALL, keep(holder)).one(VALIDITY) == (
        f"NotBefore={begins:%Y-%m-%dT%H:%M:%SZ};NotAfter={ends:%Y-%m-%dT%H:%M:%SZ}"
    )


@pytest.mark.parametrize(("first", "last"), [(1950, 2049), (1999, 2050), (2000, 9999)])
def test_validity_knows_every_year(
    alb: Proxy, issuing: Holder, keep: Keep, first: int, last: int
) -> None:
    begins = datetime(first, 1, 1, tzinfo=UTC)
    ends = datetime(last, 12, 31, 23, 59, 59, tzinfo=UTC)
    holder = builders.leaf(issuer=issuing, not_before=begins, lifetime=ends - begins)
    assert alb.send(CALL, keep(holder)).one(VALIDITY) == (
        f"NotBefore={first}-01-01T00:00:00Z;NotAfter={last}-12-31T23:59:59Z"
    )


def _name(*pairs: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])


CN, O = NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME  # noqa: E741
SUBJECTS = {
    "in reverse order": (
        _name((NameOID.COUNTRY_NAME, "US"), (O, "mTLS"), (CN, "client_.com")),
        "CN=client_.com,O=mTLS,C=US",
    ),
    "a comma": (_name((O, "A, B"), (CN, "x")), r"CN=x,O=A\, B"),
    "a forged CN in O": (_name((O, "x,CN=admin"), (CN, "x")), r"CN=x,O=x\,CN=admin"),
    "a plus": (_name((O, "a+b"), (CN, "x")), r"CN=x,O=a\+b"),
    "a quote": (_name((O, 'a"b'), (CN, "x")), r"CN=x,O=a\"b"),
    "a backslash": (_name((O, "a\\b"), (CN, "x")), r"CN=x,O=a\\b"),
    "a leading hash": (_name((O, "#a"), (CN, "x")), r"CN=x,O=\#a"),
    "blanks at both ends": (_name((O, " a "), (CN, "x")), "CN=x,O=\\ a\\ "),
    "not ASCII": (_name((O, "Müller"), (CN, "x")), r"CN=x,O=M\C3\BCller"),
    "a line end": (_name((O, "a\r\nb: c"), (CN, "x")), r"CN=x,O=a\0D\0Ab: c"),
    "two in one": (
        x509.Name(
            [
                x509.RelativeDistinguishedName(
                    [x509.NameAttribute(CN, "x"), x509.NameAttribute(NameOID.USER_ID, "7")]
                )
            ]
        ),
        "UID=7+CN=x",
    ),
}


@pytest.mark.parametrize("kind", SUBJECTS)
def test_a_subject_is_written_as_in_rfc_2253(
    alb: Proxy, issuing: Holder, keep: Keep, kind: str
) -> None:
    name, written = SUBJECTS[kind]
    received = alb.send(CALL, keep(builders.leaf(issuer=issuing, subject=name)))
    assert received.one(SUBJECT) == written
    assert received.one(ISSUER) == "CN=Example Issuing CA,O=Example"


def test_an_empty_subject_is_no_header(alb: Proxy, issuing: Holder, keep: Keep) -> None:
    received = alb.send(CALL, keep(builders.leaf(issuer=issuing, subject=x509.Name([]))))
    assert received.all(SUBJECT) == []
    assert len(received.identity) == 4


def test_passthrough_hands_over_the_presented_leaf_alone(
    passthrough_alb: Proxy, billing: Files
) -> None:
    pem = builders.read(billing.pem, billing.key).pem
    assert passthrough_alb.send(CALL, billing).identity == {CHAIN: as_alb_escapes(pem)}


def test_passthrough_without_a_certificate_has_no_identity_header(passthrough_alb: Proxy) -> None:
    assert passthrough_alb.send(CALL, None).identity == {}


@pytest.mark.parametrize("name", sorted(set(WRONG) - {"Ed25519"}))
def test_passthrough_hands_over_what_verify_refuses(
    passthrough_alb: Proxy, alb: Proxy, issuing: Holder, keep: Keep, name: str
) -> None:
    holder = WRONG[name](issuing)
    received = passthrough_alb.send(CALL, keep(holder))
    assert received.identity == {CHAIN: as_alb_escapes(holder.pem)}
    assert wire.exchange(alb.port, wire.tls(alb.ca, keep(holder)), CALL) == b""


def test_passthrough_never_hands_over_an_ed25519_leaf(
    passthrough_alb: Proxy, issuing: Holder, keep: Keep
) -> None:
    """OpenSSL's client finds no signature algorithm in common and presents nothing."""
    holder = builders.leaf(issuer=issuing, key=ed25519.Ed25519PrivateKey.generate())
    assert passthrough_alb.send(CALL, keep(holder)).identity == {}


def test_an_expired_leaf_is_handed_over_with_its_dates_by_passthrough_alone(
    passthrough_alb: Proxy, issuing: Holder, keep: Keep
) -> None:
    long_ago = builders.leaf(issuer=issuing, not_before=NOW - timedelta(days=900))
    received = passthrough_alb.send(CALL, keep(long_ago))
    assert received.identity == {CHAIN: as_alb_escapes(long_ago.pem)}
