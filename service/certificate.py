"""What a leaf says, as one frozen value."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

#: A name to compare: per RDN the set of its (dotted OID, value) pairs, in certificate order.
Name = tuple[frozenset[tuple[str, str | bytes]], ...]

PEM_BLOCK = re.compile(
    r"-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)-----END CERTIFICATE-----\n?"
)


#: What cryptography raises where a part of a certificate that it has loaded cannot be read.
UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
    x509.InvalidVersion,
)


class MalformedCertificate(ValueError):
    """The bytes are not a certificate, or not one whose fields can be read."""


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """The leaf of a client whose certificate was verified: nothing unverified has this type."""

    subject: str  #: RFC 4514, e.g. "CN=billing,O=Example"
    issuer: str  #: RFC 4514
    serial_number: str  #: lower-case hex, no colons, no leading zeros
    fingerprint: str  #: SHA-256 over DER, lower-case hex
    not_before: datetime  #: aware, UTC
    not_after: datetime  #: aware, UTC
    dns_names: tuple[str, ...]
    uris: tuple[str, ...]
    emails: tuple[str, ...]
    ip_addresses: tuple[str, ...]
    is_ca: bool  #: no leaf at all (RFC 5280, 4.2.1.9)
    subject_name: Name = field(repr=False)
    issuer_name: Name = field(repr=False)

    @classmethod
    def from_pem(cls, pem: str) -> ClientCertificate:
        """Read *pem*: exactly one CERTIFICATE block and nothing else.

        Raises MalformedCertificate.
        """
        return cls.from_certificate(load_pem(pem))

    @classmethod
    def from_certificate(cls, certificate: x509.Certificate) -> ClientCertificate:
        """Read the fields of *certificate*, which the caller has verified.

        Raises MalformedCertificate, also where a field cannot be read (RFC 5280, 4.1.2.2: a serial
        number is positive; 4.2: no extension occurs twice).
        """
        try:
            return cls._read(certificate)
        except UNREADABLE as error:
            raise MalformedCertificate(f"cannot read the certificate: {error}") from error

    @classmethod
    def _read(cls, certificate: x509.Certificate) -> ClientCertificate:
        if certificate.serial_number <= 0:
            raise MalformedCertificate("expected a positive serial number")
        subject, issuer = certificate.subject, certificate.issuer
        names = _alternative_names(certificate)
        return cls(
            subject=subject.rfc4514_string(),
            issuer=issuer.rfc4514_string(),
            serial_number=f"{certificate.serial_number:x}",
            fingerprint=certificate.fingerprint(SHA256()).hex(),
            not_before=certificate.not_valid_before_utc,
            not_after=certificate.not_valid_after_utc,
            dns_names=_texts(names, x509.DNSName),
            uris=_texts(names, x509.UniformResourceIdentifier),
            emails=_texts(names, x509.RFC822Name),
            ip_addresses=_texts(names, x509.IPAddress),
            is_ca=_is_ca(certificate),
            subject_name=comparable(subject),
            issuer_name=comparable(issuer),
        )

    @property
    def organization(self) -> str:
        """The subject's first O, or ""."""
        return next((str(v) for rdn in self.subject_name for oid, v in rdn if oid == _O), "")

    def as_dict(self) -> dict[str, object]:
        """The fields as JSON has them: times in ISO 8601 with Z, names as lists."""
        return {
            "subject": self.subject,
            "issuer": self.issuer,
            "serial_number": self.serial_number,
            "fingerprint": self.fingerprint,
            "not_before": _iso(self.not_before),
            "not_after": _iso(self.not_after),
            "dns_names": list(self.dns_names),
            "uris": list(self.uris),
            "emails": list(self.emails),
            "ip_addresses": list(self.ip_addresses),
        }


_O = NameOID.ORGANIZATION_NAME.dotted_string


def load_pem(pem: str) -> x509.Certificate:
    """The certificate in *pem*, which has one and nothing else; raises MalformedCertificate."""
    match = PEM_BLOCK.fullmatch(pem)
    if match is None:
        raise MalformedCertificate("expected exactly one PEM certificate and nothing else")
    return load(match[1])


def load(base64_text: str) -> x509.Certificate:
    """The certificate in the *base64_text* of one PEM block; raises MalformedCertificate."""
    try:
        der = base64.b64decode(base64_text.replace("\n", ""), validate=True)
        return x509.load_der_x509_certificate(der)
    except UNREADABLE as error:
        raise MalformedCertificate(f"expected a certificate: {error}") from error


def parse_name(text: str) -> Name:
    """A distinguished name in RFC 4514 text, to compare; raises ValueError."""
    return comparable(x509.Name.from_rfc4514_string(text))


def comparable(name: x509.Name) -> Name:
    """*name* without its ASN.1 string types: values are equal when their text is the same.

    Stricter than RFC 5280, 7.1, which folds case and blanks: a list of those who may enter should
    not grow by folding.
    """
    return tuple(
        frozenset((attribute.oid.dotted_string, attribute.value) for attribute in rdn)
        for rdn in name.rdns
    )


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _alternative_names(certificate: x509.Certificate) -> x509.SubjectAlternativeName | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return None


def _texts(
    names: x509.SubjectAlternativeName | None,
    kind: type[x509.DNSName | x509.UniformResourceIdentifier | x509.RFC822Name | x509.IPAddress],
) -> tuple[str, ...]:
    return tuple(str(value) for value in names.get_values_for_type(kind)) if names else ()


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
