"""A server certificate that is to go into ACM: read from files, and checked; not its key."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from pki import truststore
from pki.describe import describe, iso, remaining
from pki.errors import UNREADABLE
from pki.findings import Finding, Severity

#: ACM: import-certificate-prerequisites; without RSA of 1024 bits, which no client should take.
_KEY_TYPES = ("rsa-2048", "rsa-3072", "rsa-4096", "ec-p256", "ec-p384", "ec-secp521r1")
_WEAK = ("md5", "sha1")
_SOON = timedelta(days=30)
_ACM = "ACM: import-certificate-prerequisites"
_AGAIN = "ACM: import-reimport"
_MTLS = "API Gateway: rest-api-mutual-tls"


@dataclass(frozen=True, slots=True)
class Presented:
    """The leaf, and what is presented after it: each issued by the next."""

    leaf: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names that it is for, as clients see them: those of the SAN alone."""
        return tuple(name.lower() for name in describe(self.leaf).dns_names)

    @property
    def pem(self) -> bytes:
        """Return the leaf as ACM takes it."""
        return self.leaf.public_bytes(Encoding.PEM)

    @property
    def chain_pem(self) -> bytes:
        """Return the chain as ACM takes it; b"" = none."""
        return b"".join(one.public_bytes(Encoding.PEM) for one in self.chain)


def read(path: Path, chain: Path | None = None) -> Presented:
    """Return what is in the PEM file *path*, leaf first, and in *chain*.

    PkiError if one of them cannot be read, or holds a private key.
    """
    leaf, *rest = truststore.read(path)
    rest += truststore.read(chain) if chain else []
    return Presented(leaf, tuple(dict.fromkeys(one for one in rest if one != leaf)))


def check(presented: Presented, now: datetime) -> list[Finding]:
    """Return what is wrong with it for a server behind ACM, at the aware time *now*.

    1. it is a leaf, for servers, with names;
    2. it is valid now, and not about to end;
    3. its key and signature are such as ACM and clients take;
    4. each certificate was issued by the one after it.
    """
    return [
        *_purpose(presented),
        *_dates(presented, now),
        *_algorithms(presented),
        *_chain(presented, now),
    ]


def changes(before: x509.Certificate, after: x509.Certificate) -> Iterator[Finding]:
    """Yield what ACM refuses of *after* in the place of *before* (ACM: import-reimport)."""
    old, new = describe(before), describe(after)
    hint = "import it as another certificate: without --arn"
    if old.key_type != new.key_type:
        said = f"the key is {new.key_type}, and that of the one in ACM {old.key_type}: ACM takes no"
        yield _error("certificate.key-type", f"{said} other kind or size", hint, _AGAIN)
    lost = {*old.extended_key_usage} - {*new.extended_key_usage, "clientAuth"}
    lost |= {*old.key_usage} - {*new.key_usage}
    if new.key_type.startswith("ec-"):
        lost -= {"keyEncipherment"}
    if lost:
        said = f"the one in ACM has the usages {', '.join(sorted(lost))}, and this one has not: ACM"
        yield _error("certificate.usages", f"{said} takes none that has fewer", hint, _AGAIN)


def relocks(before: x509.Certificate, after: x509.Certificate) -> Iterator[Finding]:
    """Yield what makes domains that have *before* wait for another import, instead of *after*."""
    old, new = Presented(before).names, Presented(after).names
    if set(old) != set(new):
        said = f"its names are {', '.join(new)}, and those of the one in ACM {', '.join(old)}"
        yield _error("certificate.other-names", f"{said}{_LOCKED}", _ACCEPT, _MTLS)
    if before.issuer != after.issuer:
        said = f"its issuer is {after.issuer.rfc4514_string()}, and that of the one in ACM"
        said += f" {before.issuer.rfc4514_string()}"
        yield _error("certificate.other-issuer", f"{said}{_LOCKED}", _ACCEPT, _MTLS)


_LOCKED = ": domains with mutual TLS may become PENDING_CERTIFICATE_REIMPORT, and take no change"
_ACCEPT = "import it as another one, without --arn; or all the same, with --may-lock-domains"


def _purpose(presented: Presented) -> Iterator[Finding]:
    leaf = describe(presented.leaf)
    if leaf.is_ca:
        said = f"{leaf.subject} is a CA, expected the certificate of a server"
        yield _error("certificate.ca", said, "give the leaf first, and its CAs with --chain", _ACM)
    eku, usage = leaf.extended_key_usage, leaf.key_usage
    if eku and not {*eku} & {"serverAuth", "anyExtendedKeyUsage"}:
        said = f"it is for {', '.join(eku)}, expected serverAuth"
        yield _error("certificate.not-server", said, "python -m pki issue server NAME", _ACM)
    if usage and "digitalSignature" not in usage:
        said = f"its key usage is {', '.join(usage)}, expected digitalSignature among them"
        yield _error("certificate.not-server", said, "python -m pki issue server NAME", "RFC 8446")
    if not presented.names:
        said = "it has no DNS name in its subject alternative name, where clients look for it"
        yield _error("certificate.no-names", said, "python -m pki issue server NAME", "RFC 9525")


def _dates(presented: Presented, now: datetime) -> Iterator[Finding]:
    leaf = presented.leaf
    begins, ends = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    if begins > now:
        said = f"it is valid from {iso(begins)} on only, and ACM takes it no earlier"
        yield _error("certificate.not-yet", said, "type it again then; or is the clock off?", _ACM)
    if ends <= now:
        hint = "import its successor"
        yield _error("certificate.expired", f"it expired at {iso(ends)}", hint, _ACM)
    elif ends - now < _SOON:
        said = f"it ends at {iso(ends)} ({remaining(ends, now)}), and ACM renews no imported one"
        hint = "import its successor in time, with --arn"
        yield Finding(Severity.WARNING, "certificate.expires", said, hint, "", _ACM)


def _algorithms(presented: Presented) -> Iterator[Finding]:
    kind = describe(presented.leaf).key_type
    if kind not in _KEY_TYPES:
        said = f"its key is {kind}, expected one of {', '.join(_KEY_TYPES)}"
        yield _error("certificate.key-type", said, "make another key", _ACM)
    for one in (presented.leaf, *presented.chain):
        hashed = _hash(one)
        if hashed in _WEAK and one.subject != one.issuer:
            said = f"{one.subject.rfc4514_string()} is signed with {hashed}, which no client takes"
            yield _error("certificate.algorithm", said, "have it issued anew, with SHA-256", _ACM)


def _hash(certificate: x509.Certificate) -> str:
    try:
        algorithm = certificate.signature_hash_algorithm
    except UNREADABLE:
        return ""
    return algorithm.name if algorithm else ""


def _chain(presented: Presented, now: datetime) -> Iterator[Finding]:
    line = (presented.leaf, *presented.chain)
    for one, issuer in itertools.pairwise(line):
        if not truststore.is_issued_by(one, issuer):
            said = f"{one.subject.rfc4514_string()} was not issued by what comes after it,"
            said += f" {issuer.subject.rfc4514_string()}"
            hint = "the leaf comes first, then each certificate's issuer"
            yield _error("certificate.chain", said, hint, _ACM)
    yield from _expired(presented.chain, now)
    if not presented.chain and presented.leaf.subject != presented.leaf.issuer:
        said = "nothing is presented after it: clients have to know"
        said += f" {presented.leaf.issuer.rfc4514_string()} by themselves"
        hint = "give the certificates of its CAs: --chain FILE"
        yield Finding(Severity.WARNING, "certificate.no-chain", said, hint, "", _ACM)


def _expired(chain: Sequence[x509.Certificate], now: datetime) -> Iterator[Finding]:
    for one in chain:
        if one.not_valid_after_utc <= now:
            said = f"{one.subject.rfc4514_string()} expired at {iso(one.not_valid_after_utc)}"
            yield _error("certificate.chain", said, "ask its owner for the present one", _ACM)


def _error(code: str, message: str, hint: str, source: str) -> Finding:
    return Finding(Severity.ERROR, code, message, hint, "", source)
