"""truststore build: partners' files and folders, in any form, with and without a PKI."""

from __future__ import annotations

import functools
import json
import warnings
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pki import collection, truststore
from pki.errors import PkiError
from tests.builders import Holder, p256
from tests.lint.cas import NOW, ca, store, tower
from tests.lint.cases_files import der, wrapped
from tests.unit.pki.folder import Pki, assert_refusal, made
from tests.unit.pki.test_garbage import changed

AT = ("--at", f"{NOW:%Y-%m-%dT%H:%M:%SZ}")
ROOT = ca("CN=Partner Root")
FIRST, SECOND = ca("CN=First", ROOT), ca("CN=Second", ROOT)
P7B = pkcs7.serialize_certificates([FIRST.certificate, ROOT.certificate], Encoding.DER)


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    """No PKI is there."""
    return Pki(tmp_path / "none")


def built(pki: Pki, tmp_path: Path, *words: str) -> list[x509.Certificate]:
    out = tmp_path / "out.pem"
    pki.done("truststore", "build", *words, "--out", str(out), *AT)
    return truststore.read(out)


def certificates(*holders: Holder) -> list[x509.Certificate]:
    return [holder.certificate for holder in holders]


@pytest.mark.parametrize(
    "content",
    [
        store(FIRST, ROOT),
        P7B,
        wrapped(P7B, label="PKCS7"),
        wrapped(P7B, label="CMS"),
        pkcs7.serialize_certificates(certificates(FIRST, ROOT), Encoding.PEM),
        b"subject=CN = First\r\n" + store(ROOT, FIRST, ROOT).replace(b"\n", b"\r\n"),
    ],
)
def test_every_form_is_told_by_its_content(pki: Pki, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "partner.txt"
    file.write_bytes(content)
    assert built(pki, tmp_path, str(file)) == certificates(FIRST, ROOT)


def test_chains_are_completed_from_whatever_is_given(pki: Pki, tmp_path: Path) -> None:
    folder = tmp_path / "partners"
    (folder / "deep/er").mkdir(parents=True)
    (folder / "a.crt").write_bytes(der(SECOND))
    (folder / "deep/er/root.cer").write_bytes(der(ROOT))
    (folder / "deep/b.p7b").write_bytes(P7B)
    (folder / "README").write_text("from the partners")
    (folder / ".hidden").write_text("-----BEGIN PRIVATE KEY-----")
    found = built(pki, tmp_path, str(folder))
    assert found == certificates(SECOND, FIRST, ROOT)
    again = built(pki, tmp_path, str(folder), str(folder / "a.crt"))
    assert set(again) == set(found)


def test_what_was_skipped_is_told(pki: Pki, tmp_path: Path) -> None:
    folder = tmp_path / "partners"
    folder.mkdir()
    (folder / "README").write_text("from the partners")
    (folder / "root.pem").write_bytes(store(ROOT))
    words = ("truststore", "build", str(folder), *AT, "--out", str(tmp_path / "x.pem"))
    assert "README': no certificate in it" in pki.done(*words).stdout
    assert "no PEM certificate" in pki.refused("truststore", "build", str(folder / "README"), *AT)


def test_a_private_key_in_a_folder_is_refused(pki: Pki, tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p/a.pem").write_bytes(store(ROOT))
    (tmp_path / "p/a.key").write_text("-----BEGIN EC PRIVATE KEY-----\n")
    message = pki.refused("truststore", "build", str(tmp_path / "p"), "--out", str(tmp_path / "x"))
    assert "a.key" in message
    assert "private key" in message
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("content", "because"),
    [
        (P7B[:-300], "neither a certificate nor PKCS#7"),
        (b"0\x03\x02\x01\x01", "neither a certificate nor PKCS#7"),
        (wrapped(P7B, label="PKCS7") + store(ROOT), "'CERTIFICATE' beside PKCS#7"),
        (wrapped(P7B, label="PKCS7") + b"-----BEGIN PRIVATE KEY-----", "beside PKCS#7"),
        (b"-----BEGIN PKCS7-----\n!\n-----END PKCS7-----\n", "not base64"),
        (b"#" * (truststore.LARGEST + 1), "larger than 2 MiB"),
        (store(ROOT).replace(b"-----END CERTIFICATE-----\n", b""), "no end line"),
    ],
)
def test_what_cannot_be_read_is_refused_by_its_file(
    pki: Pki, tmp_path: Path, content: bytes, because: str
) -> None:
    file = tmp_path / "partner.p7b"
    file.write_bytes(content)
    message = pki.refused("truststore", "build", str(file), "--out", str(tmp_path / "x"))
    assert because in message
    assert "partner.p7b" in message


def test_without_a_pki_a_place_is_needed(pki: Pki, tmp_path: Path) -> None:
    file = tmp_path / "root.pem"
    file.write_bytes(store(ROOT))
    assert "--out truststore.pem" in pki.refused("truststore", "build", str(file), *AT)
    assert "no PKI" in pki.refused("truststore", "build")
    assert not pki.home.exists()


def test_it_reads_standard_input_and_writes_standard_output(pki: Pki) -> None:
    given = store(ROOT, FIRST)
    result = pki.fed(given, "truststore", "build", "-", "--out", "-", *AT)
    assert result.exit_code == 0, result.output
    assert result.stdout.encode() == store(FIRST, ROOT)
    assert "2 CAs" in result.stderr


def test_our_own_are_there_where_a_pki_is(tmp_path: Path) -> None:
    pki, file = made(tmp_path), tmp_path / "root.pem"
    file.write_bytes(store(ca("CN=Partner")))
    pki.done("truststore", "build", str(file))
    assert len(truststore.read(pki.home / "truststore.pem")) == 3


def test_whatever_lint_calls_an_error_is_refused_with_its_findings(
    pki: Pki, tmp_path: Path
) -> None:
    file, out = tmp_path / "deep.pem", tmp_path / "x.pem"
    file.write_bytes(store(*tower(6)))
    result = pki.run("truststore", "build", str(file), "--out", str(out), *AT)
    assert_refusal(result)
    assert result.stdout.count("error: truststore.chain-too-long") == 2
    assert "error: truststore.chain-too-long: 'CN=Floor 5'" in result.stderr
    assert not out.exists()
    as_json = pki.run("truststore", "build", str(file), "--out", str(out), *AT, "--json")
    assert [finding["line"] for finding in json.loads(as_json.stdout)] == [0, 0]


def test_what_one_front_refuses_is_built_for_the_other(pki: Pki, tmp_path: Path) -> None:
    file, out = tmp_path / "many.pem", str(tmp_path / "x.pem")
    key = p256()
    file.write_bytes(store(*(ca(f"CN=Root {number}", key=key) for number in range(26))))
    words = ("truststore", "build", str(file), "--out", out, *AT)
    assert "too-many" in pki.refused(*words, "--front", "alb")
    pki.done(*words, "--front", "api-gateway")
    assert "error (alb): truststore.too-many" in pki.done(*words).stdout


@functools.partial(settings, deadline=None, suppress_health_check=list(HealthCheck))(
    max_examples=200
)
@given(
    st.binary(max_size=200)
    | changed(P7B)
    | changed(der(ROOT))
    | st.binary(max_size=80).map(functools.partial(wrapped, label="PKCS7"))
    | changed(wrapped(P7B, label="PKCS7"))
)
def test_any_octets_are_certificates_or_refused(content: bytes) -> None:
    found = []
    with suppress(PkiError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as the command does
        found = collection.certificates(content, "input")
        assert found
    assert all(isinstance(one, x509.Certificate) for one in found)
