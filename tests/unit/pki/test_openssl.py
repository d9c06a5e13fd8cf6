"""What we make, judged by OpenSSL and Java."""

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


@pytest.mark.parametrize("passphrase", ["changeit", "Paßwort mit Ümlaut"])
def test_openssl_opens_the_pkcs12_with_its_passphrase_only(tmp_path: Path, passphrase: str) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a", "--p12", PKI_P12_PASSPHRASE=passphrase)
    file = pki.home / "clients/a.p12"
    opened = openssl("pkcs12", "-in", file, "-passin", f"pass:{passphrase}", "-nodes", "-info")
    assert opened.returncode == 0, opened.stderr
    assert opened.stdout.count("BEGIN CERTIFICATE") == 3
    assert "BEGIN PRIVATE KEY" in opened.stdout
    assert "friendlyName: a" in opened.stdout
    assert "PBES2, PBKDF2, AES-256-CBC" in opened.stderr
    assert "MAC: sha256" in opened.stderr
    assert openssl("pkcs12", "-in", file, "-passin", "pass:wrong", "-nodes").returncode != 0


def test_java_opens_the_pkcs12(tmp_path: Path) -> None:
    keytool = tool("keytool")
    pki = made(tmp_path)
    pki.done("issue", "client", "a", "--p12", PKI_P12_PASSPHRASE="changeit")
    file = str(pki.home / "clients/a.p12")
    words = [keytool, "-J-Duser.language=en", "-list", "-v", "-keystore", file, "-storepass"]
    opened = subprocess.run([*words, "changeit"], capture_output=True, text=True, check=False)
    assert "Entry type: PrivateKeyEntry" in opened.stdout, opened.stdout
    assert "Certificate chain length: 3" in opened.stdout
    wrong = subprocess.run([*words, "wrong"], capture_output=True, text=True, check=False)
    assert wrong.returncode != 0


def test_renewing_with_p12_replaces_it_and_without_says_it_is_old(tmp_path: Path) -> None:
    pki = made(tmp_path)
    secret = {"PKI_P12_PASSPHRASE": "changeit"}
    pki.done("issue", "client", "a", "--p12", **secret)
    before = (pki.home / "clients/a.p12").read_bytes()
    assert "add --p12" in pki.done("issue", "client", "a", "--renew").stdout
    assert (pki.home / "clients/a.p12").read_bytes() == before
    assert "add --p12" not in pki.done("issue", "client", "a", "--renew", "--p12", **secret).stdout
    assert (pki.home / "clients/a.p12").read_bytes() != before


def test_openssl_opens_an_encrypted_key(tmp_path: Path) -> None:
    pki = made(tmp_path)
    pki.done("issue", "client", "a", "--passphrase", PKI_LEAF_PASSPHRASE="geheim")
    key = pki.home / "clients/a.key"
    assert openssl("pkey", "-in", key, "-passin", "pass:geheim", "-noout").returncode == 0
    assert openssl("pkey", "-in", key, "-passin", "pass:falsch", "-noout").returncode != 0
