"""The truststore: the CA certificates a terminator trusts. No private key is ever in reach."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from .describe import describe
from .errors import PkiError, filesystem

LARGEST = 2 * 1024 * 1024
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
        name = f"{certificate.subject.rfc4514_string()!r}{place}"
        if not _is_ca(certificate):
            raise PkiError(
                f"{name} is not a CA, expected only CA certificates",
                "leave it out: a truststore holds the issuing CA and its root, never a leaf",
            )
        if certificate.not_valid_after_utc <= now:
            raise PkiError(
                f"{name} expired on {certificate.not_valid_after_utc:%Y-%m-%d}",
                "ask its owner for the present one, and leave this one out",
            )


def is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether *issuer*'s name and key stand behind *certificate* (RFC 5280, 6.1.3)."""
    if certificate.issuer != issuer.subject:
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def content(path: Path) -> bytes:
    """Return what is in the file *path*, up to 2 MiB; PkiError if it cannot be read."""
    with filesystem("read", path), path.open("rb") as file:
        read = file.read(LARGEST + 1)
    if len(read) > LARGEST:
        raise PkiError(f"{str(path)!r} is larger than 2 MiB", "give the PEM file with the CAs")
    return read


def _certificates(pem: bytes, origin: str) -> Iterator[x509.Certificate]:
    starts = list(_BEGIN.finditer(pem))
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
    """Return *certificate*; PkiError if any part of it cannot be read."""
    # cryptography reads lazily: a broken part would come to light only when it is asked for.
    describe(certificate)
    hash(certificate.issuer)
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
    by_subject = defaultdict(list)
    for member in members:
        by_subject[member.subject].append(member)
    issuers = {}
    for member in members:
        found = [other for other in by_subject[member.issuer] if is_issued_by(member, other)]
        if not found:
            raise PkiError(
                f"the issuer of {member.subject.rfc4514_string()!r} is missing:"
                f" {member.issuer.rfc4514_string()!r}",
                "add the file with that CA: python -m pki truststore build FILE...",
            )
        issuers[member] = [other for other in found if other != member]
    return issuers
