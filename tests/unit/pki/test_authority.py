"""What is in each certificate, field by field."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from pki.authority import CertificateAuthority, subject
from pki.errors import PkiError
from pki.profiles import CLIENT, SERVER, Profile
from pki.sans import Sans

NOW = datetime(2026, 11, 22, 12, 0, 0, 123456, tzinfo=UTC)
EXACTLY = NOW.replace(microsecond=0)
KEY = ec.generate_private_key(ec.SECP256R1()).public_key()
ROOT = CertificateAuthority.create_root(organization="Example", now=NOW)
ISSUING = ROOT.create_issuing(organization="Example", now=NOW)
NAMES = Sans(
    ("a.example.org",), ("spiffe://example.org/a",), ("a@example.org",), ("127.0.0.1", "::1")
)


def leaf(profile: Profile = CLIENT, sans: Sans = NAMES) -> x509.Certificate:
    return ISSUING.issue(KEY, profile, subject("a", "Example"), sans, now=NOW)


def usages(certificate: x509.Certificate) -> set[str]:
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    names = "digital_signature content_commitment key_encipherment data_encipherment"
    names += " key_agreement key_cert_sign crl_sign"
    return {name for name in names.split() if getattr(usage, name)}


def critical(certificate: x509.Certificate) -> set[str]:
    return {type(e.value).__name__ for e in certificate.extensions if e.critical}


def present(certificate: x509.Certificate) -> set[str]:
    return {type(e.value).__name__ for e in certificate.extensions}


CA_PARTS = {"BasicConstraints", "KeyUsage", "SubjectKeyIdentifier", "AuthorityKeyIdentifier"}


@pytest.mark.parametrize(
    ("certificate", "name", "path_length", "days"),
    [
        (ROOT.certificate, "CN=Example Root CA,O=Example", 1, 3650),
        (ISSUING.certificate, "CN=Example Issuing CA,O=Example", 0, 1825),
    ],
)
def test_a_ca_has_what_rfc_5280_wants_and_nothing_else(
    certificate: x509.Certificate, name: str, path_length: int, days: int
) -> None:
    assert certificate.version is x509.Version.v3
    assert certificate.subject.rfc4514_string() == name
    assert certificate.issuer.rfc4514_string() == "CN=Example Root CA,O=Example"
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert constraints == x509.BasicConstraints(ca=True, path_length=path_length)
    assert usages(certificate) == {"key_cert_sign", "crl_sign"}
    assert present(certificate) == CA_PARTS
    assert critical(certificate) == {"BasicConstraints", "KeyUsage"}
    assert certificate.not_valid_before_utc == EXACTLY - timedelta(minutes=5)
    assert certificate.not_valid_after_utc == EXACTLY + timedelta(days=days)


@pytest.mark.parametrize(
    ("profile", "purpose", "days"),
    [
        (CLIENT, ExtendedKeyUsageOID.CLIENT_AUTH, 30),
        (SERVER, ExtendedKeyUsageOID.SERVER_AUTH, 90),
    ],
)
def test_a_leaf_has_what_its_profile_says_and_nothing_else(
    profile: Profile, purpose: x509.ObjectIdentifier, days: int
) -> None:
    made = leaf(profile)
    extensions = made.extensions
    assert made.subject.rfc4514_string() == "CN=a,O=Example"
    assert made.issuer == ISSUING.certificate.subject
    constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
    assert constraints == x509.BasicConstraints(ca=False, path_length=None)
    assert usages(made) == {"digital_signature"}
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [purpose]
    assert Sans.from_certificate(made) == NAMES
    assert present(made) == CA_PARTS | {"ExtendedKeyUsage", "SubjectAlternativeName"}
    assert critical(made) == {"BasicConstraints", "KeyUsage"}
    assert made.not_valid_before_utc == EXACTLY - timedelta(minutes=5)
    assert made.not_valid_after_utc == EXACTLY + timedelta(days=days)


def test_key_identifiers_lead_from_the_leaf_to_the_root() -> None:
    path = [leaf(), ISSUING.certificate, ROOT.certificate, ROOT.certificate]
    for below, above in pairwise(path):
        authority = below.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        own = above.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        assert authority.key_identifier == own.digest
        below.verify_directly_issued_by(above)


def test_the_organization_comes_before_the_common_name_in_the_certificate() -> None:
    assert [one.rfc4514_attribute_name for one in leaf().subject] == ["O", "CN"]


def test_a_leaf_without_a_subject_has_a_critical_san() -> None:
    nameless = ISSUING.issue(KEY, CLIENT, x509.Name([]), NAMES, now=NOW)
    assert "SubjectAlternativeName" in critical(nameless)


def test_a_leaf_without_subject_and_san_is_refused() -> None:
    with pytest.raises(PkiError, match="neither subject nor SAN"):
        ISSUING.issue(KEY, CLIENT, x509.Name([]), Sans(), now=NOW)


def test_serial_numbers_are_positive_different_and_of_127_bits() -> None:
    numbers = [leaf().serial_number for _ in range(300)]
    assert len(set(numbers)) == 300
    assert all(0 < number < 1 << 127 for number in numbers)
    assert max(numbers).bit_length() > 120


def test_a_leaf_never_outlives_its_issuer() -> None:
    end = ISSUING.certificate.not_valid_after_utc
    late = end - timedelta(days=3)
    made = ISSUING.issue(KEY, CLIENT, subject("a", "Example"), NAMES, now=late)
    assert made.not_valid_after_utc == end


def test_an_issuing_ca_never_outlives_its_root() -> None:
    end = ROOT.certificate.not_valid_after_utc
    late = ROOT.create_issuing(organization="Example", now=end - timedelta(days=3))
    assert late.certificate.not_valid_after_utc == end


@pytest.mark.parametrize(
    ("now", "because"),
    [
        (ISSUING.certificate.not_valid_after_utc, "expired"),
        (ISSUING.certificate.not_valid_before_utc - timedelta(seconds=1), "now is earlier"),
    ],
)
def test_a_ca_that_is_not_valid_issues_nothing(now: datetime, because: str) -> None:
    with pytest.raises(PkiError, match=because) as caught:
        ISSUING.issue(KEY, CLIENT, subject("a", "Example"), NAMES, now=now)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("key_type", "algorithm"),
    [("ec-p256", hashes.SHA256), ("ec-p384", hashes.SHA384), ("rsa-2048", hashes.SHA256)],
)
def test_the_hash_follows_the_issuer_key(
    key_type: str, algorithm: type[hashes.HashAlgorithm]
) -> None:
    root = CertificateAuthority.create_root(organization="Example", now=NOW, key_type=key_type)
    made = root.issue(KEY, CLIENT, subject("a", "Example"), NAMES, now=NOW)
    assert isinstance(made.signature_hash_algorithm, algorithm)


def test_dates_from_2050_on_are_generalized_time() -> None:
    ca = CertificateAuthority.create_root(
        organization="Example", now=NOW, lifetime=timedelta(days=12000)
    )
    assert ca.certificate.not_valid_after_utc.year > 2050
    assert b"\x18\x0f2059" in ca.certificate.tbs_certificate_bytes


def test_a_key_that_does_not_fit_the_certificate_is_refused() -> None:
    with pytest.raises(PkiError, match="does not belong"):
        CertificateAuthority(ROOT.certificate, ISSUING.key)


def test_issued_has_the_chain_without_the_root() -> None:
    made = leaf()
    assert ISSUING.issued(made, None).chain == (made, ISSUING.certificate)
    assert ROOT.issued(made, None).chain == (made,)
