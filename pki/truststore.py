"""The truststore: the CA certificates a terminator trusts. No private key is ever in reach."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .describe import require_readable, rfc4514
from .errors import PkiError, filesystem
from .issuers import FEW, Named, is_signed_by
from .search import Search
from .tbs import LARGEST as LARGEST_CERTIFICATE
from .tbs import parts

LARGEST = 2 * 1024 * 1024
#: Certificates; twice as many as API Gateway takes.
MOST = 2000
#: Then the search for issuers is given up: 1 is a signature with P-256, see search.py.
MAX_CHECKS = 10_000
_BEGIN = re.compile(rb"-----BEGIN ([^-\r\n]{0,64})-----")
_HINT = "see what is in it: openssl storeutl -noout -text FILE"


def read(source: Path | bytes) -> list[x509.Certificate]:
    """Return the certificates of the PEM file or content *source*, in its order.

    Text between the PEM blocks is skipped (RFC 7468, 2). PkiError if there is a private key, any
    other block, a malformed certificate, or no certificate at all.
    """
    if isinstance(source, bytes):
        return parse(source, "input")
    return parse(content(source), repr(str(source)))


def parse(pem: bytes, origin: str) -> list[x509.Certificate]:
    """Return the certificates in *pem* as read() does; a PkiError names *origin*."""
    return list(_certificates(pem, origin))


def read_der(path: Path) -> x509.Certificate:
    """Return the one DER certificate in the file *path*; PkiError if it is malformed."""
    der = content(path)
    with _malformed(repr(str(path))):
        return readable(x509.load_der_x509_certificate(der))


def build(certificates: Iterable[x509.Certificate], now: datetime) -> bytes:
    """Return *certificates* as PEM: each once, every CA before its issuer.

    PkiError if one is no CA (RFC 5280, 4.2.1.9) or has expired at *now*, or if the issuer of
    one is missing: API Gateway wants complete chains up to the root.
    """
    members = list(dict.fromkeys(certificates))
    if not members:
        raise PkiError("no certificates", "give a file: python -m pki truststore build FILE")
    refuse_unfit(members, now)
    ordered = _issuers_last(members)
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in ordered)


def gather(paths: Iterable[Path], now: datetime) -> list[x509.Certificate]:
    """Return the CA certificates in the files *paths*; PkiError, with the file, if one is unfit."""
    gathered = []
    for path in paths:
        found = read(path)
        refuse_unfit(found, now, str(path))
        gathered += found
    return gathered


def refuse_unfit(certificates: Iterable[x509.Certificate], now: datetime, origin: str = "") -> None:
    """Raise PkiError, naming *origin* and the subject, if one is no CA or expired at *now*."""
    place = f" in {origin!r}" if origin else ""
    for certificate in certificates:
        if not _is_ca(certificate):
            raise PkiError(
                f"{_name(certificate)}{place} is not a CA, expected only CA certificates",
                "leave it out: a truststore holds the issuing CA and its root, never a leaf",
            )
        if certificate.not_valid_after_utc <= now:
            raise PkiError(
                f"{_name(certificate)}{place} expired on"
                f" {certificate.not_valid_after_utc:%Y-%m-%d}",
                "ask its owner for the present one, and leave this one out",
            )


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether *issuer*'s name and key stand behind *certificate* (RFC 5280, 6.1.3)."""
    return certificate.issuer == issuer.subject and is_signed_by(certificate, issuer)


def content(path: Path) -> bytes:
    """Return what is in the file *path*, up to 2 MiB; PkiError if it cannot be read."""
    with filesystem("read", path), path.open("rb") as file:
        read = file.read(LARGEST + 1)
    if len(read) > LARGEST:
        raise PkiError(f"{str(path)!r} is larger than 2 MiB", "give the PEM file with the CAs")
    return read


def _certificates(pem: bytes, origin: str) -> Iterator[x509.Certificate]:
    starts = list(islice(_BEGIN.finditer(pem), MOST + 1))
    if b"PRIVATE KEY-----" in pem:
        raise PkiError(
            f"{origin} holds a private key, expected certificates only",
            "take the key out, and give it to nobody",
        )
    if not starts:
        raise PkiError(
            f"{origin} holds no PEM certificate",
            "convert DER with: openssl x509 -inform DER -in FILE -out FILE.pem",
        )
    if len(starts) > MOST:
        raise PkiError(f"{origin} holds more than {MOST:,} PEM blocks", "keep the CAs alone")
    ends = [start.start() for start in starts[1:]]
    for start, end in zip(starts, [*ends, len(pem)], strict=True):
        label = start.group(1)
        if label != b"CERTIFICATE":
            raise PkiError(f"{origin} holds {label.decode(errors='replace')!r}", _HINT)
        yield _certificate(pem[start.start() : end], origin)


def _certificate(block: bytes, origin: str) -> x509.Certificate:
    end = b"-----END CERTIFICATE-----"
    body, is_whole, _ = block.partition(end)
    with _malformed(origin):
        if not is_whole:
            raise ValueError("it has no END line")
        return readable(x509.load_pem_x509_certificate(body + end))


def readable(certificate: x509.Certificate) -> x509.Certificate:
    """Return *certificate*; PkiError if it is too large, or any part of it cannot be read."""
    if (size := parts(certificate).size) > LARGEST_CERTIFICATE:
        found = f"a certificate has {size:,} octets, expected up to {LARGEST_CERTIFICATE:,}"
        raise PkiError(found, "leave it out: no client could send it")
    require_readable(certificate)
    return certificate


@contextmanager
def _malformed(origin: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, x509.InvalidVersion, PkiError) as error:
        reason = (str(error).lower().rstrip(".").splitlines() or ["unreadable"])[0]
        raise PkiError(f"{origin} holds a malformed certificate: {reason}", _HINT) from error


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    except x509.ExtensionNotFound:
        return False
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    except x509.ExtensionNotFound:
        return constraints.value.ca
    return constraints.value.ca and usage.value.key_cert_sign


def _issuers_last(members: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    issuers = _issuers(members)
    waiting: dict[x509.Certificate, int] = defaultdict(int)
    for above in issuers.values():
        for issuer in above:
            waiting[issuer] += 1
    ordered: dict[x509.Certificate, None] = {}
    for first in members:
        ready = [first] if not waiting[first] else []
        while ready:
            member = ready.pop()
            if member in ordered:
                continue
            ordered[member] = None
            for issuer in issuers[member]:
                waiting[issuer] -= 1
                if not waiting[issuer]:
                    ready.append(issuer)
    return list(dict.fromkeys((*ordered, *members)))


def _issuers(
    members: Sequence[x509.Certificate],
) -> dict[x509.Certificate, list[x509.Certificate]]:
    """Return by certificate who else issued it: nobody, if it signed itself."""
    search, named = Search(MAX_CHECKS), Named(members)
    issuers: dict[x509.Certificate, list[x509.Certificate]] = {}
    for member in members:
        is_root = is_signed_by(member, member, search)
        above = [] if is_root else _above(member, named, search)
        if search.is_over:
            raise PkiError(
                f"{_name(member)}: gave up looking for its issuer, too many CAs have that name",
                "see which: python -m pki truststore lint FILE",
            )
        if not (is_root or above):
            raise PkiError(
                f"the issuer of {_name(member)} is missing: {rfc4514(member.issuer)!r}",
                "add the file with that CA: python -m pki truststore build FILE...",
            )
        issuers[member] = above
    return issuers


def _above(member: x509.Certificate, named: Named, search: Search) -> list[x509.Certificate]:
    """Return who issued *member*, be it under another key identifier than it asks for."""
    issuers, others = named.issuers_of(member, search)
    return issuers or [one for one in others[-FEW:] if is_signed_by(member, one, search)]


def _name(certificate: x509.Certificate) -> str:
    return repr(rfc4514(certificate.subject))
