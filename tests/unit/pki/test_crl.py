"""The CRL: what RFC 5280 asks of it, judged by cryptography and OpenSSL."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from pki import crl
from pki.authority import CertificateAuthority
from pki.crl import LIFETIME, REASONS, Revocation
from pki.errors import PkiError
from pki.public_keys import KEY_TYPES
from tests.builders import issuing_of
from tests.unit.pki.folder import Pki, made, tool
from tests.unit.pki.revoking import crl_of, number, openssl_accepts, query, serial, serials
from tests.unit.pki.test_garbage import changed, quick

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ROOT = CertificateAuthority.create_root(organization="Test", now=NOW)
ISSUING = ROOT.create_issuing(organization="Test", now=NOW)

EMPTY = crl.build(ISSUING, [], number=1, now=NOW)


def test_a_crl_is_version_2_with_number_and_key_identifier() -> None:
    found = crl.build(ISSUING, [], number=7, now=NOW.replace(microsecond=5))
    assert (found.last_update_utc, found.next_update_utc) == (NOW, NOW + LIFETIME)
    assert crl.is_of(found, ISSUING.certificate)
    assert not crl.is_of(found, ROOT.certificate)
    assert [(e.oid._name, e.critical) for e in found.extensions] == [
        ("authorityKeyIdentifier", False),
        ("cRLNumber", False),
    ]
    assert found.extensions[0].value == ISSUING.key_identifier
    assert crl.number(found) == 7


@pytest.mark.parametrize("reason", REASONS)
def test_an_entry_has_its_reason_and_unspecified_none(reason: str) -> None:
    one = Revocation("1f", NOW - DAY, reason)
    found = crl.build(ISSUING, [one], number=1, now=NOW)
    (entry,) = found
    assert (entry.serial_number, entry.revocation_date_utc) == (0x1F, NOW - DAY)
    assert len(entry.extensions) == (reason != "unspecified")
    assert crl.revocations(found) == [one]


def test_a_crl_of_another_with_the_same_name_is_not_ours() -> None:
    other = CertificateAuthority.create_root(organization="Test", now=NOW).create_issuing(
        organization="Test", now=NOW
    )
    assert other.certificate.subject == ISSUING.certificate.subject
    assert not crl.is_of(crl.build(other, [], number=1, now=NOW), ISSUING.certificate)


@pytest.mark.parametrize("when", [NOW - DAY, NOW + 3651 * DAY])
def test_an_authority_that_is_not_valid_signs_no_crl(when: datetime) -> None:
    with pytest.raises(PkiError):
        crl.build(ISSUING, [], number=1, now=when)


@quick()
@given(data=st.binary() | changed(EMPTY.public_bytes(Encoding.DER)))
def test_any_bytes_are_a_crl_or_none(data: bytes) -> None:
    found = crl.parse(data)
    if found is not None:
        crl.is_of(found, ISSUING.certificate)
        crl.number(found)


@pytest.mark.parametrize("key_type", KEY_TYPES[:4])
def test_openssl_takes_the_crl_of_every_key_type(tmp_path: Path, key_type: str) -> None:
    pki = made(tmp_path, "--key-type", key_type)
    pki.done("issue", "client", "a")
    assert openssl_accepts(pki, pki.home / "clients/a.pem")
    pki.done("revoke", "a", "--reason", "keyCompromise")
    assert not openssl_accepts(pki, pki.home / "clients/a.pem")
    shown = openssl_crl(pki, pki.home / "crl.pem", "-text")
    assert "verify OK" in shown.stderr
    assert "Key Compromise" in shown.stdout


def openssl_crl(pki: Pki, file: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [tool("openssl"), "crl", "-in", file, "-noout", "-verify",
         "-CAfile", pki.home / "truststore.pem", *words],
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_crl_makes_another_with_a_higher_number_and_copies_it(tmp_path: Path) -> None:
    pki = made(tmp_path)
    first = crl_of(pki)
    pem, der = tmp_path / "copy.pem", tmp_path / "copy.der"
    assert "CRL 2: nothing is revoked" in pki.done("crl", "--out", str(pem)).stdout
    assert pem.read_bytes() == (pki.home / "crl.pem").read_bytes()
    pki.done("crl", "--out", str(der), "--der", "--days", "30")
    pki.done("crl", "--out", str(der), "--der")  # replaced, and as long as the last
    found = x509.load_der_x509_crl(der.read_bytes())
    assert [number(first), number(found)] == [1, 4]
    assert found.next_update_utc == found.last_update_utc + timedelta(days=30)
    assert found.fingerprint(hashes.SHA256()) == crl_of(pki).fingerprint(hashes.SHA256())
    assert "verify OK" in openssl_crl(pki, der, "-inform", "DER").stderr


def test_a_file_that_is_no_crl_is_not_replaced(tmp_path: Path) -> None:
    pki = made(tmp_path)
    key = pki.home / "authorities/root.key"
    before = key.read_bytes()
    assert "is no CRL" in pki.refused("crl", "--out", str(key))
    assert key.read_bytes() == before
    assert number(crl_of(pki)) == 1
    assert "--out" in pki.misused("crl", "--der")


def test_an_expired_certificate_is_on_one_more_crl_and_then_on_none(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    pki.done("issue", "client", "b")
    pki.done("revoke", "a")
    pki.done("revoke", "b")
    a, b = serial(pki, "clients/a.pem"), serial(pki, "clients/b.pem")
    ended = "UPDATE revocations SET not_after = '2026-01-01T00:00:00Z' WHERE serial_number = ?"
    query(pki, ended, a)
    pki.done("crl")
    assert serials(crl_of(pki)) == [a, b]
    pki.done("crl")
    assert serials(crl_of(pki)) == [b]
    assert "already" in pki.done("revoke", "a").stdout


def test_whoever_was_revoked_stays_so_when_the_index_is_made_anew(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    pki.done("revoke", "a", "--reason", "superseded", "--at", "2026-01-31")
    pki.done("crl")
    (pki.home / "index.sqlite").unlink()
    pki.done("init")
    assert len(query(pki, "SELECT * FROM revocations")) == 1
    pki.done("crl")
    assert serials(crl_of(pki)) == [serial(pki, "clients/a.pem")]
    assert number(crl_of(pki)) == 4
    assert "since 2026-01-31T00:00:00Z, for superseded" in pki.done("revoke", "a").stdout


def test_a_crl_of_another_ca_or_garbage_is_replaced(tmp_path: Path) -> None:
    pki, other = made(tmp_path / "one"), made(tmp_path / "two")
    other.done("issue", "client", "a")
    other.done("revoke", "a")
    for content in ((other.home / "crl.pem").read_bytes(), b"", b"\x30\x80garbage"):
        (pki.home / "crl.pem").write_bytes(content)
        pki.done("init")
        assert serials(crl_of(pki)) == []


def test_a_crl_from_another_program_without_a_number_is_replaced(tmp_path: Path) -> None:
    pki = made(tmp_path)
    issuing = issuing_of(pki.home)
    now = datetime.now(UTC).replace(microsecond=0)
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuing.certificate.subject)
    bare = builder.last_update(now).next_update(now + DAY).sign(issuing.key, hashes.SHA256())
    (pki.home / "crl.pem").write_bytes(bare.public_bytes(Encoding.PEM))
    pki.done("crl")
    assert number(crl_of(pki)) == 2
