"""CAs for the vectors of lint: right in everything unless told otherwise, and on fixed days."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes

from tests import builders
from tests.builders import Holder, PrivateKey, p256, pem

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
ENDS = datetime(2036, 1, 1, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
CA = x509.BasicConstraints(ca=True, path_length=None)

Extra = tuple[x509.ExtensionType, bool]


@dataclass(frozen=True)
class Ids:
    """Key identifiers: ours and our issuer's, the right ones by default, or None for neither."""

    own: bytes | None = None
    above: bytes | None = None
    left_out: bool = False


def ca(
    subject: str | x509.Name = "CN=Root",
    issuer: Holder | None = None,
    *,
    key: PrivateKey | None = None,
    public_key: CertificatePublicKeyTypes | None = None,
    constraints: x509.BasicConstraints | None = CA,
    is_critical: bool = True,
    usage: x509.KeyUsage | None = builders.SIGNS_CERTIFICATES,
    begins: datetime = BEGINS,
    ends: datetime = ENDS,
    extra: Sequence[Extra] = (),
    ids: Ids = Ids(),
    issuer_name: str | None = None,
    serial_number: int | None = None,
    signed_with: str | hashes.HashAlgorithm = "sha256",
) -> Holder:
    """A root without *issuer*, else a CA below it."""
    key = key or p256()
    own = public_key or key.public_key()
    name = _name(subject)
    above = _name(issuer_name) if issuer_name else issuer.certificate.subject if issuer else name
    identifiers = () if ids.left_out else _identifiers(own, issuer, ids)
    extensions: list[tuple[x509.ExtensionType | None, bool]] = [(constraints, is_critical)]
    extensions += [(usage, True), *extra, *identifiers]
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(above)
        .public_key(own)
        .serial_number(serial_number or x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
    )
    for extension, critical in extensions:
        if extension is not None:
            builder = builder.add_extension(extension, critical)
    return Holder(_signed(builder, issuer.key if issuer else key, signed_with), key)


def _name(text: str | x509.Name) -> x509.Name:
    return x509.Name.from_rfc4514_string(text) if isinstance(text, str) else text


def _identifiers(
    own: CertificatePublicKeyTypes, issuer: Holder | None, ids: Ids
) -> list[tuple[x509.ExtensionType | None, bool]]:
    digest = ids.own or x509.SubjectKeyIdentifier.from_public_key(own).digest
    found: list[tuple[x509.ExtensionType | None, bool]] = [
        (x509.SubjectKeyIdentifier(digest), False)
    ]
    if issuer:
        above = x509.SubjectKeyIdentifier.from_public_key(issuer.key.public_key()).digest
        wanted = x509.AuthorityKeyIdentifier(ids.above or above, None, None)
        found.append((wanted, False))
    return found


def _signed(
    builder: x509.CertificateBuilder, signer: PrivateKey, signed_with: str | hashes.HashAlgorithm
) -> x509.Certificate:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if isinstance(signed_with, str):
            return builders._signed(builder, signer, signed_with)
        return builder.sign(signer, signed_with)  # type: ignore[arg-type]


def tower(count: int) -> list[Holder]:
    """A root and CAs below it, *count* together, the root last."""
    holders = [ca("CN=Floor 0")]
    for number in range(1, count):
        holders.insert(0, ca(f"CN=Floor {number}", holders[0]))
    return holders


def store(*holders: Holder) -> bytes:
    """A truststore."""
    return "".join(pem(holder.certificate) for holder in holders).encode()
