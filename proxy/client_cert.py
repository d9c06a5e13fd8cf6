"""A leaf in the words that API Gateway uses in its events.

For show: whoever decides something should read the PEM. The formats are those of the events in
"Introducing mutual TLS authentication for Amazon API Gateway" (AWS, 2020) and of production users.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# OpenSSL's short names: C, ST, L, O, OU and CN are seen on AWS, the others are UNCONFIRMED.
_SHORT_NAMES = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "street",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "title",
    "2.5.4.17": "postalCode",
    "2.5.4.42": "GN",
    "2.5.4.43": "initials",
    "2.5.4.46": "dnQualifier",
    "2.5.4.65": "pseudonym",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}
_ESCAPED = frozenset('",+;<>\\')


@dataclass(frozen=True, slots=True)
class ClientCert:
    """`clientCert` of an event."""

    pem: str  #: the leaf alone, with a newline at its end
    subject_dn: str  #: certificate order, "C=GB,O=Example Ltd,CN=client-1"
    issuer_dn: str
    serial_number: str  #: decimal
    not_before: str  #: "Aug  5 00:28:21 2026 GMT"
    not_after: str

    @classmethod
    def from_certificate(cls, certificate: x509.Certificate) -> ClientCert:
        """The strings of *certificate*; ValueError if a name in it cannot be read."""
        return cls(
            pem=certificate.public_bytes(Encoding.PEM).decode(),
            subject_dn=distinguished_name(certificate.subject),
            issuer_dn=distinguished_name(certificate.issuer),
            serial_number=str(certificate.serial_number),
            not_before=openssl_time(certificate.not_valid_before_utc),
            not_after=openssl_time(certificate.not_valid_after_utc),
        )

    def as_event(self) -> dict[str, object]:
        """The object as it stands in an event."""
        return {
            "clientCertPem": self.pem,
            "subjectDN": self.subject_dn,
            "issuerDN": self.issuer_dn,
            "serialNumber": self.serial_number,
            "validity": {"notBefore": self.not_before, "notAfter": self.not_after},
        }


def distinguished_name(name: x509.Name) -> str:
    """*name* in certificate order, "," between RDNs, "+" within one.

    Values are escaped as in RFC 4514, 2.4, and otherwise left as they are (UNCONFIRMED on AWS).
    """
    return ",".join("+".join(map(_attribute, rdn)) for rdn in name.rdns)


def openssl_time(time: datetime) -> str:
    """The UTC *time* as OpenSSL prints it: English month, day padded with a blank."""
    clock = f"{time.hour:02}:{time.minute:02}:{time.second:02}"
    return f"{MONTHS[time.month - 1]} {time.day:2} {clock} {time.year} GMT"


def _attribute(attribute: x509.NameAttribute[str | bytes]) -> str:
    oid = attribute.oid.dotted_string
    return f"{_SHORT_NAMES.get(oid, oid)}={_value(attribute.value)}"


def _value(value: str | bytes) -> str:
    if isinstance(value, bytes):
        return f"#{value.hex()}"
    escaped = "".join(map(_character, value))
    if escaped.startswith(("#", " ")):
        escaped = f"\\{escaped}"
    if escaped.endswith(" ") and len(value) > 1:
        escaped = f"{escaped[:-1]}\\ "
    return escaped


def _character(character: str) -> str:
    if character in _ESCAPED:
        return f"\\{character}"
    if character < " " or character == "\x7f":
        return f"\\{ord(character):02X}"
    return character
