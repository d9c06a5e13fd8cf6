"""What a server's handshake messages say: RFC 5246, 7.4 and RFC 8446, 4.3, read octet by octet.

Whoever is at the other end wrote them: every length is checked against what is there.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509

from .errors import UNREADABLE
from .purposes import name

CERTIFICATE, CERTIFICATE_REQUEST = 11, 13
_HEADER = 4  # type, and a length of three octets
_AUTHORITIES = 47  # certificate_authorities: RFC 8446, 4.2.4
_MOST = 2000  # certificates, names or extensions


class MalformedHandshake(ValueError):
    """A message that is not what its type says."""


@dataclass(slots=True)
class _Octets:
    """Octets to be taken from the front."""

    rest: bytes

    def take(self, count: int) -> bytes:
        if count > len(self.rest):
            raise MalformedHandshake(f"{count} octets announced, {len(self.rest)} are there")
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def vector(self, width: int) -> "_Octets":
        """Take a length of *width* octets, and what it announces."""
        return _Octets(self.take(int.from_bytes(self.take(width), "big")))

    def each(self) -> Iterator["_Octets"]:
        """Give itself until nothing is left."""
        for _ in range(_MOST):
            if not self.rest:
                return
            yield self
        if self.rest:
            raise MalformedHandshake(f"more than {_MOST} entries")


def certificates(message: bytes, *, is_tls_1_3: bool) -> tuple[bytes, ...]:
    """Return the certificates, in DER, of a Certificate *message* (with its header)."""
    body = _Octets(message[_HEADER:])
    if is_tls_1_3:
        body.vector(1)  # context
    found = []
    for entries in body.vector(3).each():
        found.append(entries.vector(3).rest)
        if is_tls_1_3:
            entries.vector(2)  # extensions
    return tuple(found)


def authorities(message: bytes, *, is_tls_1_3: bool) -> tuple[bytes, ...]:
    """Return the names of CAs, in DER, of a CertificateRequest *message* (with its header)."""
    body = _Octets(message[_HEADER:])
    body.vector(1)  # TLS 1.3: context; before: kinds of certificates
    if not is_tls_1_3:
        body.vector(2)  # signature algorithms
        return _names(body)
    for extensions in body.vector(2).each():
        kind = int.from_bytes(extensions.take(2), "big")
        extension = extensions.vector(2)
        if kind == _AUTHORITIES:
            return _names(extension)
    return ()


def as_name(der: bytes) -> x509.Name | None:
    """Return the name in *der*; None if it cannot be read."""
    # cryptography reads names only within something: a request for an all-zero key will do.
    zeros = _der(0x03, bytes(33))
    key = _der(0x30, _ED25519 + zeros)
    content = _der(0x30, b"\x02\x01\x00" + der + key + b"\xa0\x00")
    try:
        found = x509.load_der_x509_csr(_der(0x30, content + _ED25519 + zeros)).subject
        name(found)
    except UNREADABLE:
        return None
    return found


_ED25519 = bytes.fromhex("300506032b6570")


def _names(body: _Octets) -> tuple[bytes, ...]:
    return tuple(names.vector(2).rest for names in body.vector(2).each())


def _der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:  # noqa: PLR2004
        return bytes([tag, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content
