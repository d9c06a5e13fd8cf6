"""Issue, renew and sign: a wish in, files and a row of the index out, all or nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from . import csr, keys, public_keys, publication, staging
from .addresses import Addresses
from .authority import CertificateAuthority, Issued, subject
from .describe import fingerprint, serial_number
from .errors import PkiError, filesystem
from .index import Entry
from .initialisation import authority_certificates, load_authority, organization_of
from .profiles import Profile
from .sans import Sans
from .store import LeafFiles, Seen, Store, parse_certificates
from .truststore import is_issued_by
from .wishes import Wish


class Renewal(Enum):
    """What to do with a leaf that is there already."""

    NEVER = "never"
    IF_NEEDED = "if-needed"
    AT_ONCE = "at-once"


@dataclass(frozen=True, slots=True)
class Secrets:
    """Passphrases: of the issuing CA, of a leaf's key that has one, for a new key, for PKCS#12."""

    authority: keys.Ask
    leaf: keys.Ask
    new_key: bytes | None = None
    p12: keys.P12 | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was done ("made", "renewed", "kept", "completed"), why, and with which files."""

    done: str
    because: str
    leaf: x509.Certificate
    files: tuple[Path, ...]
    ends_with_issuer: bool


def issue(
    store: Store,
    wish: Wish,
    secrets: Secrets,
    *,
    now: datetime,
    renewal: Renewal = Renewal.NEVER,
    addresses: Addresses | None = None,
) -> Outcome:
    """Make the leaf of *wish*, or renew it with the same key as *renewal* says.

    PkiError if it is there and *renewal* is NEVER, not there and *renewal* is AT_ONCE, revoked,
    or if anything of the wish cannot be. A wish that was interrupted is completed.
    """
    files = store.leaf(wish.profile, wish.name)
    interrupted: frozenset[str] = frozenset()
    while True:
        issuing, root = authority_certificates(store)
        with store.lock() as completed:
            interrupted |= completed
            seen = files.seen()
        leaf = _leaf(store, issuing, files, seen)
        there = _existing(files)
        if leaf and fingerprint(leaf) in interrupted and _covers(leaf, wish):
            return _outcome("completed", "it was interrupted", leaf, issuing, files=there)
        key = _key_to_keep(files, seen, renewal, secrets)
        because = _why_renew(leaf, key, issuing, wish, now=now) if key else ""
        if leaf and key and not because and renewal is Renewal.IF_NEEDED:
            return _outcome("kept", "", leaf, issuing, files=there)
        authority = load_authority(store, secrets.authority, addresses)
        issued = _make(authority, wish, leaf, key, now=now)
        content = _content(files, issued, root, secrets, is_new=key is None)
        with store.lock() as completed:
            interrupted |= completed
            if files.seen() == seen:
                _commit(store, wish, issued.leaf, content, now=now)
                done = "renewed" if key else "made"
                return _outcome(done, because, issued.leaf, issuing, files=tuple(content))


def sign(
    store: Store,
    request: csr.Request,
    profile: Profile,
    ask: keys.Ask,
    *,
    now: datetime,
    lifetime: timedelta | None = None,
    addresses: Addresses | None = None,
) -> x509.Certificate:
    """Return the leaf for the checked CSR *request*, recorded in the index.

    *addresses*: what it says of CRL and OCSP.
    """
    authority = load_authority(store, ask, addresses)
    leaf = authority.issue(
        request.public_key, profile, request.subject, request.sans, now=now, lifetime=lifetime
    )
    name = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    text = str(name[0].value) if name else str(request.sans)
    with store.lock():
        store.index.add(Entry.of(leaf, profile=profile.name, name=text, issued_at=now))
    return leaf


def _leaf(
    store: Store, issuing: x509.Certificate, files: LeafFiles, seen: Seen
) -> x509.Certificate | None:
    """Return the leaf that is there; PkiError if it is revoked: its key is not to be used again."""
    if seen.pem is None:
        return None
    leaf = parse_certificates(seen.pem, files.certificate)[0]
    revocation = publication.table(store, issuing).find(serial_number(leaf))
    if revocation is not None:
        raise PkiError(
            f"{str(files.certificate)!r} is revoked, for {revocation.reason}, and so is its key",
            f"make both anew: rm {files.certificate} {files.key}",
        )
    return leaf


def _covers(leaf: x509.Certificate, wish: Wish) -> bool:
    asked_subject = wish.organization is None or leaf.subject == subject(
        wish.common_name, wish.organization
    )
    return asked_subject and Sans.from_certificate(leaf).covers(wish.sans or Sans())


def _key_to_keep(
    files: LeafFiles, seen: Seen, renewal: Renewal, secrets: Secrets
) -> keys.PrivateKey | None:
    if seen == Seen(None, has_key=False):
        if renewal is Renewal.AT_ONCE:
            raise PkiError(
                f"{str(files.certificate)!r} is not there, nothing to renew", "leave out --renew"
            )
        return None
    there = files.certificate if seen.pem is not None else files.key
    if renewal is Renewal.NEVER:
        raise PkiError(
            f"{str(there)!r} is there already",
            "renew it with the same key: add --renew (or --if-needed)",
        )
    if not seen.has_key:
        raise PkiError(
            f"{str(there)!r} is there, but its key {str(files.key)!r} is not",
            f"put the key back, or make both anew: rm {there}",
        )
    return keys.read(files.key, secrets.leaf)


def _why_renew(
    leaf: x509.Certificate | None,
    key: keys.PrivateKey,
    issuing: x509.Certificate,
    wish: Wish,
    *,
    now: datetime,
) -> str:
    kind = public_keys.describe(key.public_key())
    if wish.key_type not in (None, kind):
        raise PkiError(
            f"{wish.name!r} has a key of type {kind!r}, not {wish.key_type!r}, and would keep it",
            "leave out --key-type, or choose another name",
        )
    if leaf is None:
        return "there was only a key"
    if leaf.public_key() != key.public_key():
        return "the certificate did not fit the key"
    if not is_issued_by(leaf, issuing):
        return "it was issued by another CA"
    if not _covers(leaf, wish):
        return "it did not have all the names"
    start, end = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    if not start <= now <= end - (end - start) / 3:
        return "it had expired" if now > end else "it was in the last third of its life"
    return ""


def _make(
    authority: CertificateAuthority,
    wish: Wish,
    leaf: x509.Certificate | None,
    key: keys.PrivateKey | None,
    *,
    now: datetime,
) -> Issued:
    there = Sans.from_certificate(leaf) if leaf else wish.default_sans
    organization = wish.organization or organization_of(leaf or authority.certificate)
    private_key = key or keys.generate(wish.key_type or public_keys.DEFAULT_KEY_TYPE)
    certificate = authority.issue(
        private_key.public_key(),
        wish.profile,
        subject(wish.common_name, organization),
        wish.sans or there,
        now=now,
        lifetime=wish.lifetime,
    )
    return authority.issued(certificate, private_key)


def _content(
    files: LeafFiles, issued: Issued, root: x509.Certificate, secrets: Secrets, *, is_new: bool
) -> dict[Path, bytes]:
    sent = issued.chain if files.sends_chain else issued.chain[:1]
    content = {files.certificate: b"".join(c.public_bytes(Encoding.PEM) for c in sent)}
    if issued.key is not None and is_new:
        content[files.key] = keys.to_pem(issued.key, secrets.new_key)
    if issued.key is not None and secrets.p12 is not None:
        chain = (*issued.chain, root)
        content[files.p12] = keys.to_p12(files.certificate.stem, issued.key, chain, secrets.p12)
    return content


def _commit(
    store: Store, wish: Wish, leaf: x509.Certificate, content: dict[Path, bytes], *, now: datetime
) -> None:
    with filesystem("write into", store.home):
        staged = staging.stage(store.home, serial_number(leaf), content)
        store.index.add(Entry.of(leaf, profile=wish.profile.name, name=wish.name, issued_at=now))
        staging.publish(store.home, staged)


def _existing(files: LeafFiles) -> tuple[Path, ...]:
    return tuple(path for path in (files.certificate, files.key, files.p12) if path.exists())


def _outcome(
    done: str,
    because: str,
    leaf: x509.Certificate,
    issuing: x509.Certificate,
    *,
    files: tuple[Path, ...],
) -> Outcome:
    clamped = leaf.not_valid_after_utc == issuing.not_valid_after_utc
    return Outcome(done, because, leaf, files, clamped)
