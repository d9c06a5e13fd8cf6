"""The certificates of a truststore, each read once; what cannot be read is told with its line."""

import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki.describe import printable
from pki.errors import UNREADABLE
from pki.purposes import name, number_fault
from pki.search import cost_of_key
from pki.tbs import LARGEST, Parts, parts_of
from pki.verdict import Fault

from .scan import Block

_LONGEST_LABEL = 200
_BLANKS = b" \t\n\r\x0b\x0c"
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)
_Names = dict[bytes, x509.Name]  #: those that have been read, by their octets


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
    parts: Parts
    form: Fault | None
    begins: datetime
    ends: datetime
    extensions: Mapping[x509.ObjectIdentifier, x509.Extension[x509.ExtensionType]]
    constraints: x509.BasicConstraints | None  #: whether it is a CA, and for how many below it
    usage: x509.KeyUsage | None  #: what its key is for
    identifier: bytes | None  #: of its key
    above: x509.AuthorityKeyIdentifier | None  #: which issuer it asks for
    wanted: bytes | None  #: which identifier its issuer's key should have
    is_self_issued: bool  #: whether it bears its issuer's name (RFC 5280, 3.2)
    is_ca: bool  #: whether basicConstraints says so
    signs_certificates: bool  #: whether keyUsage has keyCertSign
    cost: int  #: of a signature by its key

    @property
    def label(self) -> str:
        """Its subject, for people."""
        return label(self.name)

    def extension(self, kind: type[_Extension]) -> _Extension | None:
        """Return the extension *kind*, if it has one."""
        return _extension(self.extensions, kind)

    @property
    def has_leaf_marks(self) -> bool:
        """Whether something says that it is a leaf: a purpose, a SAN, another use of its key."""
        kinds = (x509.ExtendedKeyUsage, x509.SubjectAlternativeName)
        other_use = self.usage is not None and not self.signs_certificates
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
    names: _Names = {}
    for number, block in enumerate(blocks, 1):
        if block.size > LARGEST * 3 // 2:
            because = f"the block has {block.size:,} octets"
            broken.append(Broken(block.line, number, because, is_oversized=True))
            continue
        try:
            members.append(_member(block, names))
        except (*UNREADABLE, _MalformedError) as error:
            reason = (str(error).splitlines() or ["unreadable"])[0].lower().rstrip(".")
            broken.append(Broken(block.line, number, printable(reason)[:_LONGEST_LABEL]))
    return members, broken


def of(certificates: Iterable[x509.Certificate]) -> list[Member]:
    """Return what the rules ask of *certificates*; an exception if one is malformed."""
    names: _Names = {}
    return [_read(one, one.public_bytes(Encoding.DER), names) for one in certificates]


def label(of: x509.Name) -> str:
    """Return the name for people: printable, and not too long."""
    text = name(of)
    text = text if text.isprintable() else printable(text)
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"


class _MalformedError(Exception):
    """Readable to no verifier."""


def _member(block: Block, names: _Names) -> Member:
    try:
        der = binascii.a2b_base64(block.body.translate(None, _BLANKS), strict_mode=True)
    except binascii.Error as error:
        headers = b":" in block.body
        because = "there are headers in it (RFC 1421)" if headers else f"not base64: {error}"
        raise _MalformedError(because) from error
    certificate = x509.load_der_x509_certificate(der)
    return _read(certificate, der, names, block)


def _read(
    certificate: x509.Certificate, der: bytes, names: _Names, block: Block | None = None
) -> Member:
    """Return *certificate* as a member; *names* grows by its own."""
    parts = parts_of(der)
    subject, issuer = parts.subject, parts.issuer
    if subject not in names:
        names[subject] = certificate.subject
    if issuer not in names:
        names[issuer] = certificate.issuer
    extensions = {one.oid: one for one in certificate.extensions}
    constraints = _extension(extensions, x509.BasicConstraints)
    usage = _extension(extensions, x509.KeyUsage)
    own = _extension(extensions, x509.SubjectKeyIdentifier)
    above = _extension(extensions, x509.AuthorityKeyIdentifier)
    return Member(
        line=block.line if block else 0,
        size=block.size if block else 0,
        der=der,
        certificate=certificate,
        name=names[subject],
        subject=subject,
        issuer=issuer,
        key=parts.key,
        parts=parts,
        form=number_fault(certificate),
        begins=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
        extensions=extensions,
        constraints=constraints,
        usage=usage,
        identifier=own.digest if own else None,
        above=above,
        wanted=above.key_identifier if above else None,
        is_self_issued=subject == issuer,
        is_ca=constraints is not None and constraints.ca,
        signs_certificates=usage is not None and usage.key_cert_sign,
        cost=cost_of_key(certificate),
    )


def _extension(
    extensions: Mapping[x509.ObjectIdentifier, x509.Extension[x509.ExtensionType]],
    kind: type[_Extension],
) -> _Extension | None:
    found = extensions.get(kind.oid)
    return found.value if found is not None and isinstance(found.value, kind) else None
