"""PKCS#12, opened by OpenSSL, Java and NSS; by each with its passphrase only."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from pki.public_keys import KEY_TYPES
from tests.unit.pki.folder import Pki, made, tool

Done = subprocess.CompletedProcess[str]
AES = ("PBES2, PBKDF2, AES-256-CBC, Iteration 50000, PRF hmacWithSHA256", "MAC: sha256")
#: By the options given: how OpenSSL calls what they choose.
ENCRYPTIONS: dict[tuple[str, ...], tuple[str, str]] = {
    (): AES,
    ("--p12-encryption", "aes-256"): AES,
    ("--p12-encryption", "3des"): (
        "pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 50000",
        "MAC: sha1",
    ),
}
PASSPHRASES = ("changeit", "Paßwort mit Ümlaut")
each_encryption = pytest.mark.parametrize("options", ENCRYPTIONS, ids=" ".join)
each_passphrase = pytest.mark.parametrize("passphrase", PASSPHRASES)


def run(*words: str | Path) -> Done:
    return subprocess.run(
        [tool(str(words[0])), *map(str, words[1:])], capture_output=True, text=True, check=False
    )


def p12(pki: Pki, passphrase: str, *options: str) -> Path:
    pki.done("issue", "client", "a", "--p12", *options, PKI_P12_PASSPHRASE=passphrase)
    return pki.home / "clients/a.p12"


@each_encryption
@each_passphrase
def test_openssl_opens_it(tmp_path: Path, passphrase: str, options: tuple[str, ...]) -> None:
    file = p12(made(tmp_path), passphrase, *options)
    opened = run(
        "openssl", "pkcs12", "-in", file, "-passin", f"pass:{passphrase}", "-nodes", "-info"
    )
    assert opened.returncode == 0, opened.stderr
    assert opened.stdout.count("BEGIN CERTIFICATE") == 3
    assert "BEGIN PRIVATE KEY" in opened.stdout
    assert "friendlyName: a" in opened.stdout
    encryption, mac = ENCRYPTIONS[options]
    # The certificates and the key.
    assert opened.stderr.count(encryption) == 2
    assert mac in opened.stderr
    wrong = run("openssl", "pkcs12", "-in", file, "-passin", "pass:wrong", "-nodes")
    assert wrong.returncode != 0
    assert "BEGIN" not in wrong.stdout


@each_encryption
def test_java_opens_it(tmp_path: Path, options: tuple[str, ...]) -> None:
    file = p12(made(tmp_path), "changeit", *options)

    def listed(passphrase: str) -> Done:
        words = ("keytool", "-J-Duser.language=en", "-list", "-v", "-keystore", file)
        return run(*words, "-storepass", passphrase)

    opened = listed("changeit")
    assert "Entry type: PrivateKeyEntry" in opened.stdout, opened.stdout
    assert "Certificate chain length: 3" in opened.stdout
    assert listed("wrong").returncode != 0


@pytest.fixture
def nss(tmp_path: Path) -> Callable[..., Done]:
    """Runs one of NSS's tools on a new database, as Firefox and Chromium have one."""
    folder = tmp_path / "nss"
    folder.mkdir()

    def ask(program: str, *words: str | Path) -> Done:
        return run(program, "-d", f"sql:{folder}", *words)

    assert ask("certutil", "-N", "--empty-password").returncode == 0
    return ask


def held(nss: Callable[..., Done]) -> tuple[set[str], int]:
    """The nicknames of the certificates in the database, and the number of its private keys."""
    lines = nss("certutil", "-L").stdout.splitlines()[3:]
    names = {line.rsplit(maxsplit=1)[0].strip() for line in lines if line.strip()}
    return names, nss("certutil", "-K").stdout.count("< ")


@each_encryption
@each_passphrase
def test_nss_opens_it(
    tmp_path: Path, nss: Callable[..., Done], passphrase: str, options: tuple[str, ...]
) -> None:
    file = p12(made(tmp_path), passphrase, *options)
    wrong = nss("pk12util", "-i", file, "-W", "wrong")
    assert wrong.returncode != 0
    assert "SEC_ERROR_BAD_PASSWORD" in wrong.stderr
    assert held(nss) == (set(), 0)
    opened = nss("pk12util", "-i", file, "-W", passphrase)
    assert opened.returncode == 0, opened.stderr
    assert held(nss) == ({"a", "Example Issuing CA - Example", "Example Root CA - Example"}, 1)


@pytest.mark.parametrize("key_type", KEY_TYPES)
def test_nss_takes_the_leaf_for_a_client_and_not_for_a_server(
    tmp_path: Path, nss: Callable[..., Done], key_type: str
) -> None:
    file = p12(made(tmp_path), "changeit", "--key-type", key_type)
    assert nss("pk12util", "-i", file, "-W", "changeit").returncode == 0
    client, server = [("-V", "-n", "a", "-u", usage) for usage in "CV"]
    assert nss("certutil", *client).returncode != 0
    nss("certutil", "-M", "-n", "Example Root CA - Example", "-t", "TC,,")
    assert nss("certutil", *client).stdout == "certutil: certificate is valid\n"
    assert nss("certutil", *server).stdout.startswith("certutil: certificate is invalid: ")


def test_how_it_is_encrypted_is_said_of_a_pkcs12_alone(tmp_path: Path) -> None:
    pki = made(tmp_path)
    words = ("issue", "client", "a", "--p12-encryption", "3des")
    assert "goes with --p12" in pki.misused(*words)
    assert "rc2" in pki.misused("issue", "client", "a", "--p12", "--p12-encryption", "rc2")
    pki.done(*words, "--p12", PKI_P12_PASSPHRASE="x")


def test_renewing_with_p12_replaces_it_and_without_says_it_is_old(tmp_path: Path) -> None:
    pki = made(tmp_path)
    secret = {"PKI_P12_PASSPHRASE": "changeit"}
    pki.done("issue", "client", "a", "--p12", **secret)
    before = (pki.home / "clients/a.p12").read_bytes()
    assert "add --p12" in pki.done("issue", "client", "a", "--renew").stdout
    assert (pki.home / "clients/a.p12").read_bytes() == before
    assert "add --p12" not in pki.done("issue", "client", "a", "--renew", "--p12", **secret).stdout
    assert (pki.home / "clients/a.p12").read_bytes() != before
