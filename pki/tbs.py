"""The parts of a certificate as they stand in it, octet for octet (RFC 5280, 4.1)."""

from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

#: Octets of a certificate. ALB takes TLS messages of 64 K: no client could send a larger one.
LARGEST = 65_536
_VERSION = 0xA0


class Parts(NamedTuple):
    """Two names and the SubjectPublicKeyInfo in DER; *size*: octets of the whole certificate."""

    issuer: bytes
    subject: bytes
    key: bytes
    size: int


def parts(certificate: x509.Certificate) -> Parts:
    """Return the parts of *certificate*, be they readable or not."""
    return parts_of(certificate.public_bytes(Encoding.DER))


def parts_of(der: bytes) -> Parts:
    """Return the parts of the certificate *der*.

    cryptography has loaded it: tags are of one octet, lengths are right.
    """
    serial_number = _content(der, _content(der, 0))
    if der[serial_number] == _VERSION:
        serial_number = _end(der, serial_number)
    issuer = _end(der, _end(der, serial_number))
    validity = _end(der, issuer)
    subject = _end(der, validity)
    key = _end(der, subject)
    octets = der[issuer:validity], der[subject:key], der[key : _end(der, key)]
    return Parts(*octets, len(der))


def _content(der: bytes, start: int) -> int:
    """Return where the content of the element at *start* begins."""
    length = der[start + 1]
    return start + 2 + (length & 0x7F if length & 0x80 else 0)


def _end(der: bytes, start: int) -> int:
    """Return where the element at *start* ends."""
    length, begins = der[start + 1], start + 2
    if length & 0x80:
        octets, begins = begins, begins + (length & 0x7F)
        length = int.from_bytes(der[octets:begins], "big")
    return begins + length
