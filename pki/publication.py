"""The CRL that is published: `.pki/crl.pem`, always whole, its number only growing.

What is revoked is recorded in the index first and listed then; a crash between the two is mended
by whatever publishes next: the same `revoke`, `crl`, `serve`. Numbers come from the index, and
are never below that of the CRL that is there.
"""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from . import crl, staging
from .authority import CertificateAuthority
from .errors import filesystem
from .revoked import Revoked
from .store import Store


def table(store: Store, issuing: x509.Certificate) -> Revoked:
    """Return what the CA *issuing* revoked, in the index of *store*."""
    identifier = issuing.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return Revoked(store.index, identifier.digest.hex())


def revocations(store: Store, issuing: x509.Certificate) -> dict[tuple[str, str], crl.Revocation]:
    """Return whatever *issuing* revoked, by its name (RFC 4514) and the serial number."""
    name = issuing.subject.rfc4514_string()
    return {(name, one.serial_number): one for one in table(store, issuing).everything()}


def publish(
    store: Store,
    authority: CertificateAuthority,
    *,
    now: datetime,
    lifetime: timedelta | None = None,
) -> x509.CertificateRevocationList:
    """Publish and return a CRL with a number greater than any before; the lock is the caller's.

    None keeps the lifetime of the CRL that is there.
    """
    catch_up(store, authority.certificate)
    revoked = table(store, authority.certificate)
    there = current(store, authority.certificate)
    if lifetime is None:
        lifetime = lifetime_of(there) if there is not None else crl.LIFETIME
    made = crl.build(
        authority, revoked.to_list(), number=revoked.next_number(), now=now, lifetime=lifetime
    )
    store.write(store.crl, made.public_bytes(Encoding.PEM))
    with filesystem("write", store.crl):
        staging.sync(store.home)
    revoked.listed(made.last_update_utc)
    return made


def catch_up(store: Store, issuing: x509.Certificate) -> None:
    """Take from the CRL what an index that was made anew, or is an older copy, does not know.

    Whoever was revoked stays so. The lock is the caller's.
    """
    revoked, there = table(store, issuing), current(store, issuing)
    if there is not None and crl.number(there) > revoked.number():
        end = issuing.not_valid_after_utc
        revoked.restore(crl.revocations(there), end, crl.number(there))


def current(store: Store, issuing: x509.Certificate) -> x509.CertificateRevocationList | None:
    """Return the CRL that is there, or None if there is none that *issuing* signed."""
    with filesystem("read", store.crl):
        if not store.crl.exists():
            return None
    found = crl.parse(crl.content(store.crl))
    return found if found is not None and crl.is_of(found, issuing) else None


def lifetime_of(found: x509.CertificateRevocationList) -> timedelta:
    """Return how long *found* is good, from thisUpdate to nextUpdate."""
    return crl.end(found) - found.last_update_utc


def is_complete(store: Store, issuing: x509.Certificate) -> bool:
    """Whether there is a CRL, the last one numbered, and it lists all that it has to."""
    found, revoked = current(store, issuing), table(store, issuing)
    if found is None or revoked.is_behind():
        return False
    return crl.number(found) == revoked.number()


def is_due(store: Store, issuing: x509.Certificate, now: datetime) -> bool:
    """Whether a CRL should be published: half the life of the last is over, or it lacks some."""
    found = current(store, issuing)
    if found is None or not is_complete(store, issuing):
        return True
    return now >= found.last_update_utc + lifetime_of(found) / 2
