"""The authorities of a truststore, as those who issue leaves and sign CRLs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from service.certificate import UNREADABLE, Name, comparable


@dataclass(frozen=True, slots=True)
class Issuer:
    """A name and a key. Two authorities may share either; who shares both is the same one."""

    certificate: x509.Certificate
    id: str  #: SHA-256 over both, hex
    name: Name

    @classmethod
    def of(cls, certificate: x509.Certificate) -> Issuer:
        """Raises one of certificate.UNREADABLE where its name or key cannot be read."""
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        name = certificate.subject.public_bytes()
        digest = hashlib.sha256(len(name).to_bytes(4, "big") + name + key)
        return cls(certificate, digest.hexdigest(), comparable(certificate.subject))

    def issued(self, leaf: x509.Certificate) -> bool:
        """Whether it signed *leaf*: the names alone would not tell two keys apart."""
        try:
            leaf.verify_directly_issued_by(self.certificate)
        except (InvalidSignature, *UNREADABLE):
            return False
        return True

    @property
    def key_id(self) -> bytes | None:
        """Its subjectKeyIdentifier, None if it has none."""
        try:
            found = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        except x509.ExtensionNotFound:
            return None
        return found.value.digest


def issuers(truststore: Iterable[x509.Certificate]) -> tuple[Issuer, ...]:
    """Those of *truststore* that are authorities, each once, whatever certificates it has."""
    found: dict[str, Issuer] = {}
    for certificate in truststore:
        try:
            if is_authority(certificate):
                issuer = Issuer.of(certificate)
                found.setdefault(issuer.id, issuer)
        except UNREADABLE:  # a leaf that it issued gets no answer, and so is refused
            continue
    return tuple(found.values())


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it says so (RFC 5280, 4.2.1.9)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False
