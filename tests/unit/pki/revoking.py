"""What tests of revocation ask of a PKI in a folder."""

import sqlite3
import subprocess
from pathlib import Path

from cryptography import x509

from tests.unit.pki.folder import Pki, tool


def crl_of(pki: Pki) -> x509.CertificateRevocationList:
    """The published CRL, after its signature is checked."""
    found = x509.load_pem_x509_crl((pki.home / "crl.pem").read_bytes())
    issuer = pki.certificate("authorities/issuing.pem")
    assert found.is_signature_valid(issuer.public_key())  # type: ignore[arg-type]
    assert found.issuer == issuer.subject
    return found


def number(found: x509.CertificateRevocationList) -> int:
    return found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def serials(found: x509.CertificateRevocationList) -> list[str]:
    return [f"{entry.serial_number:x}" for entry in found]


def serial(pki: Pki, path: str) -> str:
    return f"{pki.certificate(path).serial_number:x}"


def query(pki: Pki, statement: str, *values: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(pki.home / "index.sqlite")
    try:
        with connection:
            return connection.execute(statement, values).fetchall()
    finally:
        connection.close()


def openssl_accepts(pki: Pki, leaf: Path) -> bool:
    """Whether `openssl verify -crl_check` does, with our CRL."""
    verified = subprocess.run(
        [
            *(tool("openssl"), "verify", "-x509_strict", "-purpose", "sslclient", "-crl_check"),
            *("-CAfile", pki.home / "truststore.pem", "-CRLfile", pki.home / "crl.pem", leaf),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (verified.returncode == 0) == ("revoked" not in verified.stderr), verified.stderr
    return verified.returncode == 0
