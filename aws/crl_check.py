"""What is checked of a CRL before it is in force: whose it is, whether it holds, what it replaces.

The service asks the same of each; ALB says of little what it does with it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from cryptography import x509

from pki import crl
from pki.describe import iso, remaining
from pki.errors import UNREADABLE
from pki.findings import Finding, Severity

Crl = x509.CertificateRevocationList
_Kind = TypeVar("_Kind", bound=x509.ExtensionType)

#: ALB: "Quotas for your Application Load Balancers"; the service reads no more either.
LARGEST = 50 * 1024 * 1024
MOST_ENTRIES = 500_000  #: of a trust store
#: How far the clock of an authority may be ahead of ours; the service gives it as much.
_SKEW = timedelta(minutes=5)
_SOON = timedelta(days=1)
_KNOWN = (x509.AuthorityKeyIdentifier, x509.CRLNumber, x509.IssuingDistributionPoint)
_KNOWN_OF_ENTRIES = (x509.CRLReason, x509.InvalidityDate)
_HASHES = ("sha256", "sha384", "sha512")
_RFC, _ALB = "RFC 5280, 6.3.3", "ALB: mutual-authentication"
_MAKE = "python -m pki crl"


def check(found: Crl, authorities: Sequence[x509.Certificate], now: datetime) -> list[Finding]:
    """Return what is wrong with *found* where the *authorities* are trusted, at the time *now*.

    1. one of them signed it, who may sign CRLs, with SHA-256 or better;
    2. it is a whole one of its issuer's own, for leaves, and nothing critical in it is unknown;
    3. it holds now.
    """
    try:
        return [*_signer(found, authorities), *_scope(found), *_entries(found), *_dates(found, now)]
    except UNREADABLE as error:
        said = f"it cannot be read: {str(error).lower().rstrip('.')}"
        return [_error("crl.unreadable", said, "ask its CA for another one")]


def for_alb(found: Crl) -> Iterator[Finding]:
    """Yield what a trust store of ALB would refuse."""
    if len(found) > MOST_ENTRIES:
        said = f"it has {len(found):,} entries, and a trust store takes {MOST_ENTRIES:,}"
        hint = "have the quota raised, or leave out certificates that have expired"
        yield Finding(Severity.ERROR, "crl.too-many-entries", said, hint, name(found), _ALB)


def against(found: Crl, before: Crl) -> Iterator[Finding]:
    """Yield that *found* is older than *before*, whose place it is to take (RFC 5280, 5.2.3)."""
    new, old = crl.number(found), crl.number(before)
    if new < old:
        said = f"its number is {new}, and that of the one in force {old}"
        hint = "push the latest: what was revoked since would be forgotten"
        yield _error("crl.older", f"CRL of {name(found)}: {said}", hint)
    elif new == old and found.last_update_utc < before.last_update_utc:
        said = f"it is of {iso(found.last_update_utc)}, and the one in force of"
        said += f" {iso(before.last_update_utc)}"
        yield _error("crl.older", f"CRL of {name(found)}: {said}", "push the latest")


def identity(found: Crl) -> tuple[bytes, bytes, bytes]:
    """Return what a later CRL shares with *found*: issuer, its key, and what it speaks for."""
    key_id = _value(found, x509.AuthorityKeyIdentifier)
    scope = _value(found, x509.IssuingDistributionPoint)
    return (
        found.issuer.public_bytes(),
        (key_id.key_identifier or b"") if key_id else b"",
        scope.public_bytes() if scope else b"",
    )


def name(found: Crl) -> str:
    """Return its issuer."""
    return found.issuer.rfc4514_string()


def _signer(found: Crl, authorities: Sequence[x509.Certificate]) -> Iterator[Finding]:
    named = [one for one in authorities if one.subject == found.issuer]
    if not named:
        said = f"its issuer {name(found)} is not in the truststore"
        yield _error("crl.stranger", said, "name the truststore with that CA: --truststore FILE")
        return
    hashed = found.signature_hash_algorithm
    if hashed is not None and hashed.name not in _HASHES:
        said = f"it is signed with {hashed.name}, expected SHA-256 or better"
        yield _error("crl.algorithm", said, _MAKE)
        return
    signer = next((one for one in named if crl.is_of(found, one)), None)
    if signer is None:
        said = f"the {name(found)} of the truststore did not sign it"
        yield _error("crl.signature", said, "ask its CA for another one")
        return
    if not _may_sign(signer):
        said = f"{name(found)} may not sign CRLs: its keyUsage lacks cRLSign"
        yield _error("crl.signature", said, "the CA needs another certificate")
    key_id, own = _value(found, x509.AuthorityKeyIdentifier), _key_id(signer)
    if key_id and key_id.key_identifier and own and key_id.key_identifier != own:
        said = f"it names another key of {name(found)} than the one that signed it"
        yield _error("crl.signature", said, "ask its CA for another one")


def _scope(found: Crl) -> Iterator[Finding]:
    whole = "ask its CA for a whole one"
    for extension in found.extensions:
        if isinstance(extension.value, x509.DeltaCRLIndicator):
            said = "it is a delta CRL: what it does not name may be revoked as well"
            yield _error("crl.delta", said, whole)
        elif extension.critical and not isinstance(extension.value, _KNOWN):
            said = f"a critical extension is not understood: {extension.oid.dotted_string}"
            yield _error("crl.critical-extension", said, whole)
    scope = _value(found, x509.IssuingDistributionPoint)
    if scope is None:
        return
    if scope.indirect_crl:
        yield _error("crl.scope", "it is indirect: it speaks for other issuers", whole)
    if scope.only_contains_ca_certs or scope.only_contains_attribute_certs:
        yield _error("crl.scope", "it is not for leaves (issuingDistributionPoint)", whole)
    if scope.only_some_reasons:
        yield _error("crl.scope", "it is for some reasons only", whole)


def _entries(found: Crl) -> Iterator[Finding]:
    for entry in found:
        for extension in entry.extensions:
            if extension.critical and not isinstance(extension.value, _KNOWN_OF_ENTRIES):
                said = f"the entry {entry.serial_number:x} has a critical extension that is not"
                said += f" understood: {extension.oid.dotted_string}"
                yield _error("crl.critical-extension", said, "ask its CA for another one")
                return


def _dates(found: Crl, now: datetime) -> Iterator[Finding]:
    begins, ends = found.last_update_utc, found.next_update_utc
    if begins > now + _SKEW:
        said = f"it holds from {iso(begins)} on only"
        yield _error("crl.not-yet", said, "type it again then; or is the clock off?")
    if ends is None:
        said = "it does not say when the next one comes (nextUpdate)"
        yield _error("crl.endless", said, _MAKE)
    elif ends <= now:
        yield _error("crl.expired", f"it expired at {iso(ends)}", f"{_MAKE}, and push that")
    elif ends - now < min(_SOON, (ends - begins) / 4):
        said = f"it ends at {iso(ends)} ({remaining(ends, now)})"
        hint = f"push the next one before: {_MAKE}"
        yield Finding(Severity.WARNING, "crl.expires", said, hint, name(found), _RFC)


def _value(found: Crl, kind: type[_Kind]) -> _Kind | None:
    try:
        return found.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _may_sign(authority: x509.Certificate) -> bool:
    try:
        return authority.extensions.get_extension_for_class(x509.KeyUsage).value.crl_sign
    except x509.ExtensionNotFound:
        return True


def _key_id(authority: x509.Certificate) -> bytes:
    try:
        value = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:
        return b""
    return value.digest


def _error(code: str, message: str, hint: str) -> Finding:
    return Finding(Severity.ERROR, code, message, hint, "", _RFC)
