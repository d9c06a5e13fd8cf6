"""The parts of a certificate as they stand in it, octet for octet (RFC 5280, 4.1)."""

from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

#: Octets of a certificate. ALB takes TLS messages of 64 K: no client could send a larger one.
LARGEST = 65_536
_VERSION = 0xA0


class Parts(NamedTuple):
    """What a certificate is made of, in DER.

    signed: TBSCertificate; names_one_algorithm: whether it names the one that its signature is
    said to be of, as it has to (4.1.1.2); size: octets of all.
    """

    issuer: bytes
    subject: bytes
    key: bytes  #: SubjectPublicKeyInfo
    signed: bytes
    names_one_algorithm: bool
    size: int


def parts(certificate: x509.Certificate) -> Parts:
    """Return the parts of *certificate*, be they readable or not."""
    return parts_of(certificate.public_bytes(Encoding.DER))


def parts_of(der: bytes) -> Parts:
    """Return the parts of the certificate *der*.

    cryptography has loaded it: tags are of one octet, lengths are right.
    """
    tbs = _content(der, 0)
    serial_number = _content(der, tbs)
    if der[serial_number] == _VERSION:
        serial_number = _end(der, serial_number)
    algorithm = _end(der, serial_number)
    issuer = _end(der, algorithm)
    validity = _end(der, issuer)
    subject = _end(der, validity)
    key = _end(der, subject)
    signed = _end(der, tbs)
    return Parts(
        der[issuer:validity],
        der[subject:key],
        der[key : _end(der, key)],
        der[tbs:signed],
        der[algorithm:issuer] == der[signed : _end(der, signed)],
        len(der),
    )


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
