"""What we make, judged by OpenSSL."""

import subprocess
from pathlib import Path

import pytest

from pki.public_keys import KEY_TYPES
from tests.unit.pki.folder import Pki, made, tool


def openssl(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [tool("openssl"), *map(str, words)], capture_output=True, text=True, check=False
    )


def verify(pki: Pki, leaf: str, purpose: str) -> bool:
    anchors = ("-CAfile", pki.home / "ca.pem", "-untrusted", pki.home / "truststore.pem")
    words = ("-x509_strict", "-purpose", purpose, *anchors, pki.home / leaf)
    return openssl("verify", *words).returncode == 0


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_openssl_strictly_verifies_every_key_type_for_its_purpose_only(
    tmp_path: Path, key_type: str
) -> None:
    pki = made(tmp_path, "--key-type", key_type)
    leaf_type = "ec-p384" if key_type.startswith("rsa") else "rsa-2048"
    pki.done("issue", "client", "a", "--key-type", leaf_type)
    pki.done("issue", "server", "a.b", "*.a.b", "127.0.0.1", "::1")
    assert verify(pki, "clients/a.pem", "sslclient")
    assert verify(pki, "server/a.b.pem", "sslserver")
    assert not verify(pki, "clients/a.pem", "sslserver")
    assert not verify(pki, "server/a.b.pem", "sslclient")


def test_openssl_refuses_a_leaf_of_another_pki(tmp_path: Path) -> None:
    pki, other = made(tmp_path / "one"), made(tmp_path / "two")
    other.done("issue", "client", "a")
    (pki.home / "clients/a.pem").write_bytes((other.home / "clients/a.pem").read_bytes())
    assert not verify(pki, "clients/a.pem", "sslclient")


def test_openssl_opens_an_encrypted_key(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a", "--passphrase", PKI_LEAF_PASSPHRASE="geheim")
    key = pki.home / "clients/a.key"
    assert openssl("pkey", "-in", key, "-passin", "pass:geheim", "-noout").returncode == 0
    assert openssl("pkey", "-in", key, "-passin", "pass:falsch", "-noout").returncode != 0
