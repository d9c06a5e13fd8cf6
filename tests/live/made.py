"""Certificates made on the spot: of a CA that nobody trusts, or of one in the truststore."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from tests.live.client import Files

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Change = Callable[[x509.CertificateBuilder], x509.CertificateBuilder]
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Issuer:
    """A CA and its key."""

    certificate: x509.Certificate
    key: Key

    @classmethod
    def read(cls, pem: Path, key: Path) -> Issuer:
        """The CA in two files."""
        loaded = serialization.load_pem_private_key(key.read_bytes(), None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
        return cls(x509.load_pem_x509_certificate(pem.read_bytes()), loaded)


def stranger() -> Issuer:
    """A CA of this run."""
    key, name = ec.generate_private_key(ec.SECP256R1()), _name("Nobody's CA")
    builder = _builder(name, name, key).add_extension(
        x509.BasicConstraints(ca=True, path_length=None), critical=True
    )
    return Issuer(builder.sign(key, hashes.SHA256()), key)


def leaf(
    folder: Path,
    issuer: Issuer | None,
    change: Change = lambda builder: builder,
    *,
    curve: ec.EllipticCurve | None = None,
    days: tuple[int, int] = (0, 1),
) -> Files:
    """A client leaf in *folder*; without *issuer* it signs itself."""
    key = ec.generate_private_key(curve or ec.SECP256R1())
    subject = _name("tests.live")
    above = issuer.certificate.subject if issuer else subject
    builder = change(_builder(subject, above, key, days))
    signed = builder.sign(issuer.key if issuer else key, hashes.SHA256())
    files = Files(
        folder / f"{signed.serial_number:x}.pem", folder / f"{signed.serial_number:x}.key"
    )
    files.pem.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    files.key.touch(mode=0o600)
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def _with(extension: x509.ExtensionType, *, critical: bool) -> Change:
    return lambda builder: builder.add_extension(extension, critical=critical)


_USAGE = dict.fromkeys(
    (
        *("digital_signature", "content_commitment", "data_encipherment", "key_agreement"),
        *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    ),
    False,
)
#: By the id of the question: what a CA in the truststore would have to sign.
CHANGES: Mapping[str, Change] = {
    "authority": _with(x509.BasicConstraints(ca=True, path_length=None), critical=True),
    "not-for-clients": _with(
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
    ),
    "may-not-sign": _with(x509.KeyUsage(key_encipherment=True, **_USAGE), critical=True),
    "critical-extension": _with(
        x509.UnrecognizedExtension(ObjectIdentifier("2.25.4711"), b"\x05\x00"), critical=True
    ),
    "netscape-type": _with(
        x509.UnrecognizedExtension(ObjectIdentifier("2.16.840.1.113730.1.1"), b"\x03\x02\x06\x40"),
        critical=False,
    ),
}


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, days: tuple[int, int] = (0, 1)
) -> x509.CertificateBuilder:
    now = datetime.now(UTC).replace(microsecond=0) - _HOUR
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
    )
