"""The truststore: complete, ordered, without keys and leaves."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki import truststore
from pki.authority import CertificateAuthority
from pki.errors import PkiError
from tests.unit.pki.folder import Pki, made

NOW = datetime.now(UTC)
ROOT = CertificateAuthority.create_root(organization="Partner", now=NOW)
FIRST = ROOT.create_issuing(organization="Partner", now=NOW)
SECOND = ROOT.create_issuing(organization="Partner Two", now=NOW)
STRANGER = CertificateAuthority.create_root(organization="Partner", now=NOW)
EXPIRED = CertificateAuthority.create_root(
    organization="Old", now=NOW - timedelta(days=400), lifetime=timedelta(days=365)
)


def pem(*authorities: CertificateAuthority) -> bytes:
    return b"".join(ca.certificate.public_bytes(Encoding.PEM) for ca in authorities)


def built(*authorities: CertificateAuthority) -> list[x509.Certificate]:
    return truststore.read(truststore.build([ca.certificate for ca in authorities], NOW))


def test_every_ca_stands_before_its_issuer_once() -> None:
    expected = [FIRST.certificate, SECOND.certificate, ROOT.certificate]
    assert built(ROOT, FIRST, SECOND, FIRST, ROOT) == expected
    assert built(FIRST, ROOT, SECOND) == expected
    assert built(FIRST, ROOT, STRANGER) == [
        FIRST.certificate, ROOT.certificate, STRANGER.certificate,
    ]  # fmt: skip


def test_a_chain_without_its_root_is_refused() -> None:
    with pytest.raises(PkiError, match="issuer of 'CN=Partner Issuing CA,O=Partner' is missing"):
        built(FIRST)


def test_a_root_of_the_same_name_with_another_key_is_no_issuer() -> None:
    with pytest.raises(PkiError, match="is missing"):
        built(FIRST, STRANGER)


def test_an_expired_ca_is_refused() -> None:
    with pytest.raises(PkiError, match="'CN=Old Root CA,O=Old' expired on"):
        built(EXPIRED)


def test_nothing_is_no_truststore() -> None:
    with pytest.raises(PkiError, match="no certificates"):
        built()


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf# CA\n\nsubject: CN=x - y\n" + pem(FIRST) + b"\n\nx\n" + pem(ROOT) + b"end",
        (pem(FIRST) + pem(ROOT)).replace(b"\n", b"\r\n"),
        pem(FIRST) + pem(ROOT).rstrip(),
    ],
)  # fmt: skip
def test_text_around_the_blocks_is_skipped(content: bytes) -> None:
    assert truststore.read(content) == [FIRST.certificate, ROOT.certificate]


@pytest.mark.parametrize(
    ("content", "because"),
    [
        (b"", "no PEM certificate"),
        (b"text", "no PEM certificate"),
        (ROOT.certificate.public_bytes(Encoding.DER), "no PEM certificate"),
        (pem(ROOT)[:-40], "malformed"),
        (pem(ROOT).replace(b"MII", b"MIJ", 1), "malformed"),
        (pem(ROOT)[:-40] + pem(ROOT), "malformed"),
        (pem(ROOT) + b"-----BEGIN X509 CRL-----\n-----END X509 CRL-----", "X509 CRL"),
        (pem(ROOT) + b"-----BEGIN PRIVATE KEY-----", "private key"),
        (pem(ROOT) + b"-----BEGIN EC PRIVATE KEY-----", "private key"),
        (pem(ROOT) + b"-----BEGIN ENCRYPTED PRIVATE KEY-----", "private key"),
    ],
)
def test_what_is_no_certificate_is_refused(content: bytes, because: str) -> None:
    with pytest.raises(PkiError, match=because):
        truststore.read(content)


def test_build_writes_our_own_chain_by_default(tmp_path: Path) -> None:
    pki = made(tmp_path)
    before = (pki.home / "truststore.pem").read_bytes()
    (pki.home / "truststore.pem").unlink()
    pki.done("truststore", "build")
    assert (pki.home / "truststore.pem").read_bytes() == before


def test_build_adds_the_cas_of_partners(tmp_path: Path) -> None:
    pki = made(tmp_path)
    one, two, out = tmp_path / "one.pem", tmp_path / "two.pem", tmp_path / "out.pem"
    one.write_bytes(pem(ROOT))
    two.write_bytes(pem(FIRST, SECOND, ROOT))
    before = (pki.home / "truststore.pem").read_bytes()
    output = pki.done("truststore", "build", str(one), str(two), "--out", str(out)).stdout
    assert "5 CAs" in output
    assert out.read_bytes() == before + pem(FIRST, SECOND, ROOT)
    assert (pki.home / "truststore.pem").read_bytes() == before
    shown = json.loads(pki.done("truststore", "show", str(out), "--json").stdout)
    assert [one["subject"] for one in shown][2:] == [
        "CN=Partner Issuing CA,O=Partner",
        "CN=Partner Two Issuing CA,O=Partner Two",
        "CN=Partner Root CA,O=Partner",
    ]


@pytest.mark.parametrize(
    ("content", "because"),
    [
        (pem(FIRST), "is missing"),
        (pem(EXPIRED), "expired"),
        (b"text", "no PEM certificate"),
        (pem(ROOT) + b"-----BEGIN PRIVATE KEY-----", "private key"),
        (None, "no such file"),
    ],
)
def test_a_bad_file_leaves_the_truststore_as_it_is(
    tmp_path: Path, content: bytes | None, because: str
) -> None:
    pki = made(tmp_path)
    file = tmp_path / "partner.pem"
    if content is not None:
        file.write_bytes(content)
    before = sorted((path, path.stat().st_mtime_ns) for path in pki.home.rglob("*.pem"))
    message = pki.refused("truststore", "build", str(file))
    assert because in message
    assert "partner.pem" in message or because == "is missing"
    assert sorted((path, path.stat().st_mtime_ns) for path in pki.home.rglob("*.pem")) == before


def test_a_leaf_is_refused_by_file_and_subject(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a")
    message = pki.refused("truststore", "build", str(pki.home / "clients/a.pem"))
    assert "'CN=a,O=Example'" in message
    assert "clients/a.pem" in message


def test_the_truststore_is_shown_without_any_key(tmp_path: Path) -> None:
    pki = made(tmp_path)
    alone = Pki(tmp_path / "alone")
    alone.home.mkdir()
    (alone.home / "truststore.pem").write_bytes((pki.home / "truststore.pem").read_bytes())
    assert "CN=Example Issuing CA,O=Example" in alone.done("truststore", "show").stdout
    (alone.home / "truststore.pem").unlink()
    alone.refused("truststore", "show")


@pytest.mark.parametrize("out", ["", ".", "/", "no/such/folder/x.pem", "a\x00b"])
def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, out: str) -> None:
    made(tmp_path).refused("truststore", "build", "--out", out)
