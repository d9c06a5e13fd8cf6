"""The certificates of a truststore, each read once; what cannot be read is told with its line."""

import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cryptography import x509

from pki.describe import printable
from pki.errors import UNREADABLE
from pki.purposes import name, number_fault
from pki.verdict import Fault

from .scan import Block

#: ALB takes TLS messages of 64 K: no client could ever send a chain with a larger one.
LARGEST = 65_536
_LONGEST_LABEL = 200
_MOST_PARTS = 40  # the last ones come first in RFC 4514
_VERSION = 0xA0
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A certificate, with what the rules ask of it; equal to itself alone."""

    line: int
    size: int  #: of its PEM block
    der: bytes
    certificate: x509.Certificate
    name: x509.Name
    subject: bytes
    issuer: bytes
    key: bytes  #: SubjectPublicKeyInfo
    form: Fault | None
    begins: datetime
    ends: datetime
    extensions: Mapping[x509.ObjectIdentifier, x509.ExtensionType]

    @property
    def label(self) -> str:
        """Its subject, for people."""
        return label(self.name)

    def extension(self, kind: type[_Extension]) -> _Extension | None:
        """Return the extension *kind*, if it has one."""
        found = self.extensions.get(kind.oid)
        return found if isinstance(found, kind) else None

    @property
    def constraints(self) -> x509.BasicConstraints | None:
        """Whether it is a CA, and for how many below it."""
        return self.extension(x509.BasicConstraints)

    @property
    def usage(self) -> x509.KeyUsage | None:
        """What its key is for."""
        return self.extension(x509.KeyUsage)

    @property
    def identifier(self) -> bytes | None:
        """Which identifier its key has."""
        found = self.extension(x509.SubjectKeyIdentifier)
        return found.digest if found else None

    @property
    def wanted(self) -> bytes | None:
        """Which identifier its issuer's key should have."""
        found = self.extension(x509.AuthorityKeyIdentifier)
        return found.key_identifier if found else None

    @property
    def is_self_issued(self) -> bool:
        """Whether it bears its issuer's name (RFC 5280, 3.2)."""
        return self.subject == self.issuer

    @property
    def is_ca(self) -> bool:
        """Whether basicConstraints says so."""
        constraints = self.constraints
        return constraints is not None and constraints.ca

    @property
    def signs_certificates(self) -> bool:
        """Whether keyUsage has keyCertSign."""
        usage = self.usage
        return usage is not None and usage.key_cert_sign

    @property
    def has_leaf_marks(self) -> bool:
        """Whether something says that it is a leaf: a purpose, a SAN, another use of its key."""
        kinds = (x509.ExtendedKeyUsage, x509.SubjectAlternativeName)
        other_use = self.usage is not None and not self.usage.key_cert_sign
        return other_use or any(kind.oid in self.extensions for kind in kinds)


@dataclass(frozen=True, slots=True)
class Broken:
    """A block that holds no readable certificate, and why; oversized: one that was not read."""

    line: int
    number: int  #: which of the blocks, from 1
    because: str
    is_oversized: bool = False


def read(blocks: Iterable[Block]) -> tuple[list[Member], list[Broken]]:
    """Return the certificates in *blocks*, and the blocks without one."""
    members, broken = [], []
    for number, block in enumerate(blocks, 1):
        if block.size > LARGEST * 3 // 2:
            because = f"the block has {block.size:,} octets"
            broken.append(Broken(block.line, number, because, is_oversized=True))
            continue
        try:
            members.append(_member(block))
        except (*UNREADABLE, _MalformedError) as error:
            reason = (str(error).splitlines() or ["unreadable"])[0].lower().rstrip(".")
            broken.append(Broken(block.line, number, printable(reason)[:_LONGEST_LABEL]))
    return members, broken


def label(of: x509.Name) -> str:
    """Return the name for people: printable, and not too long."""
    parts = of.rdns
    text = name(of if len(parts) <= _MOST_PARTS else x509.Name(parts[-_MOST_PARTS:]))
    text = text if text.isprintable() else printable(text)
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"


class _MalformedError(Exception):
    """Readable to no verifier."""


def _member(block: Block) -> Member:
    try:
        der = binascii.a2b_base64(b"".join(block.body.split()), strict_mode=True)
    except binascii.Error as error:
        headers = b":" in block.body
        because = "there are headers in it (RFC 1421)" if headers else f"not base64: {error}"
        raise _MalformedError(because) from error
    return member(x509.load_der_x509_certificate(der), der, line=block.line, size=block.size)


def member(certificate: x509.Certificate, der: bytes, *, line: int = 0, size: int = 0) -> Member:
    """Return what the rules ask of *certificate*; an exception if it is malformed."""
    issuer, subject, key = _raw(certificate.tbs_certificate_bytes)
    if issuer != subject:
        certificate.issuer  # noqa: B018
    return Member(
        line=line,
        size=size,
        der=der,
        certificate=certificate,
        name=certificate.subject,
        subject=subject,
        issuer=issuer,
        key=key,
        form=number_fault(certificate),
        begins=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
        extensions={one.oid: one.value for one in certificate.extensions},
    )


def _raw(tbs: bytes) -> tuple[bytes, bytes, bytes]:
    """Return issuer, subject and SubjectPublicKeyInfo as they stand in *tbs* (RFC 5280, 4.1).

    cryptography has parsed it: tags are of one octet, lengths are right.
    """
    _, position, end = _element(tbs, 0)
    parts = []
    while position < end:
        start = position
        tag, _, position = _element(tbs, start)
        if tag != _VERSION:
            parts.append(tbs[start:position])
    _, _, issuer, _, subject, key, *_ = parts
    return issuer, subject, key


def _element(der: bytes, start: int) -> tuple[int, int, int]:
    """Return tag, start and end of the content of the element at *start*."""
    length, begins = der[start + 1], start + 2
    if length & 0x80:
        octets = length & 0x7F
        length, begins = int.from_bytes(der[begins : begins + octets], "big"), begins + octets
    return der[start], begins, begins + length
