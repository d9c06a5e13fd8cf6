"""Certificate revocation lists (RFC 5280, 5). Pure: entries in, a signed list out.

Whoever has cloud credentials reads CRLs with this too, so no key is reached by importing it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

from .ancestry import MAX_SIGNATURES
from .errors import UNREADABLE, PkiError, filesystem
from .issuers import Named
from .search import Search
from .tbs import parts

_PEM = re.compile(rb"-----BEGIN X509 CRL-----[^-]*-----END X509 CRL-----")

LIFETIME = timedelta(days=7)
"""From thisUpdate to nextUpdate, where nobody says otherwise."""

LARGEST = 128 * 1024 * 1024
"""Octets of a file; one with a million entries has 66 million as PEM."""

REASONS = {
    reason.value: reason
    for reason in (
        x509.ReasonFlags.unspecified,
        x509.ReasonFlags.key_compromise,
        x509.ReasonFlags.affiliation_changed,
        x509.ReasonFlags.superseded,
        x509.ReasonFlags.cessation_of_operation,
        x509.ReasonFlags.privilege_withdrawn,
    )
}
"""Why a leaf is revoked, by the RFC's names; without what is for CAs, and without the hold."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """One revoked certificate: its serial number (lower-case hex), since when, and why."""

    serial_number: str
    revoked_at: datetime
    reason: str = "unspecified"


class Signer(Protocol):
    """Who signs a CRL: a CertificateAuthority, which cannot be imported where no key may be."""

    @property
    def certificate(self) -> x509.Certificate:
        """The CA's own."""

    @property
    def key(self) -> CertificateIssuerPrivateKeyTypes:
        """The private key to it."""

    @property
    def algorithm(self) -> hashes.SHA256 | hashes.SHA384:
        """What is hashed with before it signs."""

    @property
    def key_identifier(self) -> x509.AuthorityKeyIdentifier:
        """How what it signs names its key."""

    def require_valid(self, now: datetime) -> None:
        """Raise PkiError if it is not valid at *now*."""


def build(
    authority: Signer,
    revocations: Iterable[Revocation],
    *,
    number: int,
    now: datetime,
    lifetime: timedelta = LIFETIME,
) -> x509.CertificateRevocationList:
    """Return the complete CRL *number* of *authority*, good from *now* for *lifetime*.

    PkiError if the CA is not valid at *now*.
    """
    start = now.astimezone(UTC).replace(microsecond=0)
    authority.require_valid(start)
    # All entries at once: add_revoked_certificate copies the list each time.
    entries = [_entry(revocation) for revocation in revocations]
    return (
        x509.CertificateRevocationListBuilder(revoked_certificates=entries)
        .issuer_name(authority.certificate.subject)
        .last_update(start)
        .next_update(start + lifetime)
        .add_extension(authority.key_identifier, critical=False)
        .add_extension(x509.CRLNumber(number), critical=False)
        .sign(authority.key, authority.algorithm)
    )


def content(path: Path) -> bytes:
    """Return what is in the file *path*, up to LARGEST octets; PkiError if it cannot be read."""
    with filesystem("read", path), path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise PkiError(
            f"{str(path)!r} is larger than 128 MiB", "no CRL that we publish is so large"
        )
    return data


def parse(data: bytes) -> x509.CertificateRevocationList | None:
    """Return the CRL in *data*, PEM or DER, or None if that is none."""
    try:
        if data.lstrip().startswith(b"-----"):
            return x509.load_pem_x509_crl(data)
        return x509.load_der_x509_crl(data)
    except UNREADABLE:
        return None


def parse_all(data: bytes) -> list[x509.CertificateRevocationList] | None:
    """Return the CRLs in *data*, one in DER or any number in PEM; None if that is none."""
    if data[:1] == b"\x30":
        blocks = [data]
    else:
        blocks = _PEM.findall(data)
        if data.count(b"-----BEGIN X509 CRL-----") != len(blocks):
            return None
    found = [parse(block) for block in blocks]
    known = [one for one in found if one is not None]
    return known if known and len(known) == len(found) else None


def is_of(found: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    """Whether *issuer* signed the CRL *found*, under its own name."""
    try:
        key = issuer.public_key()
        return found.issuer == issuer.subject and found.is_signature_valid(key)  # type: ignore[arg-type]
    except (*UNREADABLE, InvalidSignature):
        return False


def number(found: x509.CertificateRevocationList) -> int:
    """Return the CRL number of *found*, which is ours; 0 if another program left it out."""
    try:
        return found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except (x509.ExtensionNotFound, *UNREADABLE):
        return 0


def end(found: x509.CertificateRevocationList) -> datetime:
    """Return nextUpdate of *found*, which is ours; without one it has ended."""
    return found.next_update_utc or found.last_update_utc


def find(
    data: bytes, leaf: x509.Certificate, authorities: Iterable[x509.Certificate]
) -> Revocation | None:
    """Return what the CRL in *data* says of *leaf*, if its issuer, one of *authorities*, signed it.

    Whether the CRL has expired is not looked at: what it revokes stays revoked. Where the search
    for the issuer is too large nothing is found; acceptance.decide() refuses the leaf then.
    """
    listed = parse(data)
    if listed is None:
        return None
    try:
        issuers, _ = Named(authorities).issuers_of(leaf, Search(MAX_SIGNATURES))
        by_key = {parts(one).key: one for one in issuers}
        if not any(is_of(listed, one) for one in by_key.values()):
            return None
    except UNREADABLE:  # a name that is malformed
        return None
    entry = listed.get_revoked_certificate_by_serial_number(leaf.serial_number)
    if entry is None:
        return None
    return Revocation(f"{entry.serial_number:x}", entry.revocation_date_utc, _reason(entry))


def revocations(found: x509.CertificateRevocationList) -> list[Revocation]:
    """Return the entries of *found*, which is ours."""
    return [
        Revocation(f"{entry.serial_number:x}", entry.revocation_date_utc, _reason(entry))
        for entry in found
    ]


def _entry(revocation: Revocation) -> x509.RevokedCertificate:
    builder = (
        x509.RevokedCertificateBuilder()
        .serial_number(int(revocation.serial_number, 16))
        .revocation_date(revocation.revoked_at)
    )
    reason = REASONS[revocation.reason]
    if reason is not x509.ReasonFlags.unspecified:  # to be left out (RFC 5280, 5.3.1)
        builder = builder.add_extension(x509.CRLReason(reason), critical=False)
    return builder.build()


def _reason(entry: x509.RevokedCertificate) -> str:
    try:
        reason = entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return "unspecified"
    return reason.value if reason.value in REASONS else "unspecified"
