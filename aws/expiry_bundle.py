"""A truststore's CAs as what is watched, and which of them issued leaves depend on.

Pure, and shipped with aws/watcher.
"""

import re
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .expiry import Found, Kind, Unread, Watched

#: API Gateway's quota is 1 MB; whatever is longer is no truststore.
LARGEST = 2 * 1024 * 1024
_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----")
_HINT = "see what is in it: python -m pki truststore lint FILE"

# What cryptography raises where a part of a certificate cannot be read; it reads them late.
_UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


def read(content: bytes, place: str, leaves: Iterable[x509.Certificate] | None = None) -> Found:
    """Return the CAs in the PEM file *content*, which lies at *place*; each once.

    What cannot be read is among the unread. With *leaves*, issued ones that are still good, each
    CA has the number of them that chain to it.
    """
    found = Found()
    if len(content) > LARGEST:
        found.unread.append(_unread(place, "it is longer than 2 MiB, expected up to 1 MB"))
        return found
    readable: list[x509.Certificate] = []
    for number, certificate in enumerate(_certificates(content), 1):
        if isinstance(certificate, str):
            what = f"certificate {number} of the truststore {place}"
            found.unread.append(Unread(what, certificate, _HINT, Kind.CA))
        else:
            readable.append(certificate)
    if content.count(b"-----BEGIN ") != len(_BLOCK.findall(content)):
        found.unread.append(_unread(place, "something in it is no certificate, or a torn one"))
    if not readable and not found.unread:
        found.unread.append(_unread(place, "there is no certificate in it"))
    members = list(dict.fromkeys(readable))
    counts = None if leaves is None else dependents(members, leaves)
    for one, successor in zip(members, _successors(members), strict=True):
        watched = of_certificate(Kind.CA, one, place)
        count = None if counts is None else counts[one]
        found.watched.append(replace(watched, dependents=count, successor=successor))
    return found


def of_certificate(
    kind: Kind, certificate: x509.Certificate, place: str, name: str = ""
) -> Watched:
    """Return *certificate*, which lies at *place*; ValueError and the like if it is malformed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cryptography warns of lengths beyond RFC 5280, A.1
        hash(certificate.issuer)  # it is read late, and wanted by dependents()
        return Watched(
            kind=kind,
            subject=certificate.subject.rfc4514_string(),
            not_after=certificate.not_valid_after_utc,
            place=place,
            name=name,
            serial_number=f"{certificate.serial_number:x}",
            fingerprint=certificate.fingerprint(hashes.SHA256()).hex(),
        )


def dependents(
    authorities: Sequence[x509.Certificate], leaves: Iterable[x509.Certificate]
) -> Mapping[x509.Certificate, int]:
    """Return how many of *leaves* chain to each of *authorities*, by name and signature.

    Lifetimes are not looked at (RFC 5280, 6.1.3, without a and d).
    """
    by_subject = defaultdict(list)
    for authority in authorities:
        by_subject[authority.subject].append(authority)

    def issuers(of: x509.Certificate) -> list[x509.Certificate]:
        return [one for one in by_subject.get(of.issuer, ()) if _issued(one, of)]

    above = {authority: issuers(authority) for authority in authorities}
    counts: Counter[x509.Certificate] = Counter()
    for leaf in leaves:
        counts.update(_reached(issuers(leaf), above))
    return counts


def _certificates(content: bytes) -> Iterator[x509.Certificate | str]:
    """Yield each certificate, or why it cannot be read."""
    for block in _BLOCK.findall(content):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # and of serial numbers that are not positive
                certificate = x509.load_pem_x509_certificate(block)
                of_certificate(Kind.CA, certificate, "")
        except _UNREADABLE as error:
            yield f"it is malformed: {(str(error).splitlines() or ['unreadable'])[0]}"
        else:
            yield certificate


def _unread(place: str, because: str) -> Unread:
    return Unread(f"the truststore {place}", because, _HINT, Kind.CA)


def _successors(members: Sequence[x509.Certificate]) -> list[datetime | None]:
    """Return, for each of *members*, the end of the last one with its name and key, if it is later.

    One that begins only when the other has ended is none.
    """
    families = defaultdict(list)
    for member in members:
        if key := _key(member):
            families[member.subject, key].append(member)
    found: list[datetime | None] = []
    for member in members:
        end = member.not_valid_after_utc
        family = families.get((member.subject, _key(member) or b""), ())
        later = [
            other.not_valid_after_utc
            for other in family
            if other.not_valid_before_utc <= end < other.not_valid_after_utc
        ]
        found.append(max(later, default=None))
    return found


def _key(certificate: x509.Certificate) -> bytes | None:
    try:
        public_key = certificate.public_key()
        return public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except _UNREADABLE:
        return None


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (*_UNREADABLE, InvalidSignature):
        return False
    return True


def _reached(
    first: Iterable[x509.Certificate],
    above: Mapping[x509.Certificate, Sequence[x509.Certificate]],
) -> set[x509.Certificate]:
    found: set[x509.Certificate] = set()
    waiting = list(first)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += above[one]
    return found
