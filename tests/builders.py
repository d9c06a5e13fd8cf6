"""Certificates that pki/ rightly refuses to make: right in everything unless told otherwise.

`None` for an extension means: leave it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

CLIENT_AUTH = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
SERVER_AUTH = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
#: Marked critical, and known to nobody (2.25: a UUID's arc).
UNKNOWN_EXTENSION = x509.UnrecognizedExtension(ObjectIdentifier("2.25.4711"), b"\x05\x00")


def _usage(*names: str) -> x509.KeyUsage:
    known = [
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    ]
    return x509.KeyUsage(**{name: name in names for name in known})


SIGNS = _usage("digital_signature")
ENCIPHERS = _usage("key_encipherment")
SIGNS_CERTIFICATES = _usage("key_cert_sign", "crl_sign")
SIGNS_EVERYTHING = _usage("digital_signature", "key_cert_sign", "crl_sign")


@dataclass(frozen=True)
class Holder:
    """A certificate, its key, and what is presented after it."""

    certificate: x509.Certificate
    key: PrivateKey
    intermediates: tuple[x509.Certificate, ...] = ()

    @property
    def pem(self) -> str:
        return pem(self.certificate)

    @property
    def presented(self) -> str:
        """Leaf first, then the intermediates."""
        return self.pem + "".join(map(pem, self.intermediates))


@dataclass(frozen=True)
class Files:
    """Where `write` put a holder: what clients are given."""

    pem: Path
    key: Path


def p256() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def rsa_key(bits: int) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def authority(
    *,
    subject: str = "CN=Test Root,O=Test",
    issuer: Holder | None = None,
    key: PrivateKey | None = None,
    path_length: int | None = None,
    key_usage: x509.KeyUsage | None = SIGNS_CERTIFICATES,
    not_before: datetime | None = None,
    lifetime: timedelta = timedelta(days=365),
) -> Holder:
    """A CA: a root without *issuer*, else one below it."""
    return _certificate(
        subject=x509.Name.from_rfc4514_string(subject),
        issuer=issuer,
        key=key or p256(),
        not_before=not_before,
        lifetime=lifetime,
        extensions=[
            (x509.BasicConstraints(ca=True, path_length=path_length), True),
            (key_usage, True),
        ],
    )


def leaf(
    *,
    issuer: Holder | None,
    subject: str | x509.Name = "CN=billing,O=Example",
    uri: str | None = "spiffe://example.org/billing",
    dns_name: str | None = None,
    key: PrivateKey | None = None,
    eku: x509.ExtendedKeyUsage | None = CLIENT_AUTH,
    key_usage: x509.KeyUsage | None = SIGNS,
    ca: bool = False,
    not_before: datetime | None = None,
    lifetime: timedelta = timedelta(days=30),
    serial_number: int | None = None,
    signed_with: str = "sha256",
    critical: x509.UnrecognizedExtension | None = None,
) -> Holder:
    """A client leaf; without *issuer* it signs itself. *signed_with*: sha256, sha1 or pss.

    *dns_name* stands in place of *uri*.
    """
    name = x509.Name.from_rfc4514_string(subject) if isinstance(subject, str) else subject
    general = x509.DNSName(dns_name) if dns_name else uri and x509.UniformResourceIdentifier(uri)
    san = x509.SubjectAlternativeName([general]) if general else None
    return _certificate(
        subject=name,
        issuer=issuer,
        key=key or p256(),
        not_before=not_before,
        lifetime=lifetime,
        serial_number=serial_number,
        signed_with=signed_with,
        extensions=[
            (x509.BasicConstraints(ca=ca, path_length=None), True),
            (key_usage, True),
            (eku, False),
            (san, False),
            (critical, True),
        ],
    )


def tower(*, intermediates: int) -> tuple[Holder, ...]:
    """A root, so many CAs below it, and a leaf at the end."""
    holders = [authority(subject=f"CN=Tower of {intermediates},O=Test")]
    for number in range(intermediates):
        name = f"CN=Floor {number + 1} of {intermediates},O=Test"
        holders.append(authority(subject=name, issuer=holders[-1]))
    return (*holders, leaf(issuer=holders[-1]))


def issuing_of(home: Path) -> Holder:
    """The issuing CA of the PKI in *home*: what it signs, a running stack trusts."""
    certificate = x509.load_pem_x509_certificate((home / "authorities/issuing.pem").read_bytes())
    key = serialization.load_pem_private_key((home / "authorities/issuing.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return Holder(certificate, key)


def read(pem_file: Path, key_file: Path) -> Holder:
    """A holder from files that pki/ made."""
    certificate = x509.load_pem_x509_certificate(pem_file.read_bytes())
    key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return Holder(certificate, key)


def write(folder: Path, name: str, holder: Holder) -> Files:
    """Put *holder* into *folder* as NAME.pem (with its intermediates) and NAME.key."""
    files = Files(folder / f"{name}.pem", folder / f"{name}.key")
    files.pem.write_text(holder.presented)
    files.key.touch(mode=0o600)
    files.key.write_bytes(
        holder.key.private_bytes(
            Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files


def write_p12(path: Path, holder: Holder, passphrase: str) -> Path:
    """Put *holder* into a PKCS#12 file."""
    path.touch(mode=0o600)
    path.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"client",
            holder.key,
            holder.certificate,
            holder.intermediates or None,
            serialization.BestAvailableEncryption(passphrase.encode()),
        )
    )
    return path


def pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def bundle(*certificates: x509.Certificate) -> str:
    """A truststore."""
    return "".join(map(pem, certificates))


def _certificate(
    *,
    subject: x509.Name,
    issuer: Holder | None,
    key: PrivateKey,
    not_before: datetime | None,
    lifetime: timedelta,
    extensions: Sequence[tuple[x509.ExtensionType | None, bool]],
    serial_number: int | None = None,
    signed_with: str = "sha256",
) -> Holder:
    begins = not_before or datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(serial_number or x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + lifetime)
    )
    for extension, critical in extensions:
        if extension is not None:
            builder = builder.add_extension(extension, critical=critical)
    signer = issuer.key if issuer else key
    return Holder(_signed(builder, signer, signed_with), key)


def _signed(
    builder: x509.CertificateBuilder, signer: PrivateKey, signed_with: str
) -> x509.Certificate:
    if isinstance(signer, ed25519.Ed25519PrivateKey):
        return builder.sign(signer, None)
    if signed_with == "pss":
        assert isinstance(signer, rsa.RSAPrivateKey)
        pss = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=padding.PSS.DIGEST_LENGTH)
        return builder.sign(signer, hashes.SHA256(), rsa_padding=pss)
    certificate = builder.sign(signer, hashes.SHA256())
    return _with_sha1(certificate, signer) if signed_with == "sha1" else certificate


# AlgorithmIdentifiers in DER: ecdsa-with-SHA256 and -SHA1, sha256WithRSAEncryption and sha1With….
_ECDSA = bytes.fromhex("300a06082a8648ce3d040302"), bytes.fromhex("300906072a8648ce3d0401")
_RSA = (
    bytes.fromhex("300d06092a864886f70d01010b0500"),
    bytes.fromhex("300d06092a864886f70d0101050500"),
)


def _with_sha1(
    certificate: x509.Certificate, signer: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
) -> x509.Certificate:
    # cryptography signs certificates with SHA-2 alone: so the same one is put together by hand.
    was, becomes = _RSA if isinstance(signer, rsa.RSAPrivateKey) else _ECDSA
    tbs = certificate.tbs_certificate_bytes.replace(was, becomes, 1)
    header = 4 if tbs[1] == 0x82 else 3
    tbs = _der(0x30, tbs[header:])
    if isinstance(signer, rsa.RSAPrivateKey):
        signature = signer.sign(tbs, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    else:
        signature = signer.sign(tbs, ec.ECDSA(hashes.SHA1()))  # noqa: S303
    return x509.load_der_x509_certificate(
        _der(0x30, tbs + becomes + _der(0x03, b"\x00" + signature))
    )


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content
