"""The OCSP responder's certificate and key: a delegate of the issuing CA, soon replaced.

Each has a key of its own, without a passphrase: a leaf of 30 days that can sign nothing but
answers. It lies in .pki/ocsp/SERIAL.pem and .key; the latest one that is good counts.
"""

from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from . import keys, ocsp, staging
from .authority import subject
from .describe import serial_number
from .errors import PkiError, filesystem
from .index import Entry
from .initialisation import authority_certificates, load_authority, organization_of
from .profiles import RESPONDER
from .sans import Sans
from .store import FOLDER_MODE, Store, read_certificates
from .truststore import is_issued_by


def signer(store: Store, now: datetime) -> ocsp.Signer | None:
    """Return who signs answers at *now*; None if there is nobody, or not any more."""
    issuing, _ = authority_certificates(store)
    found = _latest(store, issuing, now)
    if found is None:
        return None
    path, certificate = found
    key = keys.read(path.with_suffix(".key"), _no_passphrase)
    if key.public_key() != certificate.public_key():
        raise PkiError(f"{str(path)!r} does not fit its key", f"make another: rm {path}")
    return ocsp.Signer(issuing, certificate, key)


def is_due(store: Store, now: datetime) -> bool:
    """Whether there is no delegate, or a third of its life is left."""
    issuing, _ = authority_certificates(store)
    found = _latest(store, issuing, now)
    return found is None or _ages(found[1], now)


def renew(store: Store, ask: keys.Ask, now: datetime) -> bool:
    """Make a delegate if one is due, *ask*ing for the issuing CA's passphrase; whether it was."""
    if not is_due(store, now):
        return False
    authority = load_authority(store, ask)
    key = keys.generate("ec-p256")
    name = subject(
        f"{organization_of(authority.certificate)} OCSP"[:64],
        organization_of(authority.certificate),
    )
    leaf = authority.issue(key.public_key(), RESPONDER, name, Sans(), now=now)
    path = store.responders / f"{serial_number(leaf)}.pem"
    content = {
        path: leaf.public_bytes(Encoding.PEM),
        path.with_suffix(".key"): keys.to_pem(key),
    }
    with store.lock():
        if not is_due(store, now):  # another process was faster
            return False
        with filesystem("write into", store.home):
            store.responders.mkdir(mode=FOLDER_MODE, exist_ok=True)
            staged = staging.stage(store.home, serial_number(leaf), content)
            store.index.add(Entry.of(leaf, profile=RESPONDER.name, name="ocsp", issued_at=now))
            staging.publish(store.home, staged)
            _remove_all_but(store, path)
    return True


def _latest(
    store: Store, issuing: x509.Certificate, now: datetime
) -> tuple[Path, x509.Certificate] | None:
    with filesystem("look into", store.responders):
        paths = sorted(store.responders.glob("*.pem"))
    found = [(path, read_certificates(path)[0]) for path in paths]
    good = [
        (path, certificate)
        for path, certificate in found
        if certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc
        and path.with_suffix(".key").exists()
        and is_issued_by(certificate, issuing)
    ]
    return max(good, key=lambda one: one[1].not_valid_after_utc, default=None)


def _ages(certificate: x509.Certificate, now: datetime) -> bool:
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return now > end - (end - start) / 3


def _remove_all_but(store: Store, kept: Path) -> None:
    for path in sorted(store.responders.glob("*"), reverse=True):  # the certificate before its key
        if path.stem != kept.stem:
            path.unlink()


def _no_passphrase() -> bytes:
    raise PkiError("the OCSP responder's key has a passphrase", "make another: rm -r .pki/ocsp")
