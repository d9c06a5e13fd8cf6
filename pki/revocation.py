"""Revoke leaves: which ones, whether they are ours, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.x509.ocsp import OCSPResponseStatus

from . import delegate, keys, lookup, ocsp, publication
from .crl import Revocation
from .describe import describe, serial_number
from .errors import PkiError, filesystem
from .initialisation import authority_certificates, load_authority
from .revoked import Revoked
from .status import Statuses
from .store import Store
from .truststore import is_issued_by

_FEWEST_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one certificate: revoked now, or before; with what is recorded of it."""

    certificate: x509.Certificate
    revocation: Revocation
    is_new: bool


@dataclass(frozen=True, slots=True)
class Order:
    """Why something is revoked, and since when."""

    reason: str
    revoked_at: datetime


def find(store: Store, what: str, now: datetime) -> list[x509.Certificate]:
    """Return the leaves that *what* means: a file's, a name's, or a serial number's.

    A name means all of its certificates that have not expired at *now*: a renewal keeps the key,
    so the earlier ones are as good as the last. Of a serial number at least 8 digits are wanted.
    """
    path = Path(what)
    with filesystem("read", what):
        is_file = path.exists()
    if is_file:
        return [_only_leaf(lookup.certificates(store, what), what)]
    store.require()
    found = store.index.find(what)
    named = [entry for entry in found if entry.name == what]
    if len({entry.profile for entry in named}) > 1:
        raise PkiError(
            f"{what!r} is the name of a client and of a server",
            "give the serial number, see: python -m pki list",
        )
    if not named and len(what.replace(":", "")) < _FEWEST_DIGITS:
        raise PkiError(
            f"{what!r} is no file and no name here, and too short for a serial number",
            f"give at least {_FEWEST_DIGITS} digits of it, see: python -m pki list",
        )
    good = [entry for entry in named if entry.not_after > now] or named[-1:]
    if not named:
        return lookup.certificates(store, what)
    return [x509.load_pem_x509_certificate(entry.pem.encode()) for entry in good]


def revoke(
    store: Store,
    leaves: Sequence[x509.Certificate],
    order: Order,
    ask: keys.Ask,
    *,
    now: datetime,
) -> tuple[list[Outcome], x509.CertificateRevocationList | None]:
    """Revoke *leaves* as *order* says; return what became of each, and the new CRL, if any.

    What is revoked already stays as it was. PkiError if one of them is not a leaf of this PKI,
    or if the issuing CA's key cannot be read; then nothing is changed.
    """
    issuing, _ = authority_certificates(store)
    for leaf in leaves:
        _require_leaf_of(leaf, issuing)
    revoked = publication.table(store, issuing)
    before = [revoked.find(serial_number(leaf)) for leaf in leaves]
    if all(before) and publication.is_complete(store, issuing):
        return _outcomes(revoked, leaves, before), None
    authority = load_authority(store, ask)
    authority.require_valid(now.astimezone(UTC))
    with store.lock():
        before = [revoked.find(serial_number(leaf)) for leaf in leaves]
        for leaf in leaves:
            new = Revocation(serial_number(leaf), order.revoked_at, order.reason)
            revoked.add([new], leaf.not_valid_after_utc)
        return _outcomes(revoked, leaves, before), publication.publish(store, authority, now=now)


def answer(store: Store, request: bytes, ask: keys.Ask, now: datetime) -> ocsp.Answer:
    """Return the answer to the OCSP *request*, after making a responder's certificate if need be.

    PkiError if that takes a passphrase that *ask* does not give.
    """
    issuing, _ = authority_certificates(store)
    with store.lock():
        publication.catch_up(store, issuing)
    signer = delegate.signer(store, now)
    if signer is None or delegate.is_due(store, now):
        try:
            delegate.renew(store, ask, now)
        except PkiError:
            if signer is None:
                raise
        signer = delegate.signer(store, now) or signer
    if signer is None:
        return ocsp.refusal(OCSPResponseStatus.TRY_LATER)
    return signer.answer(request, Statuses(store, issuing).of, now)


def _only_leaf(found: Sequence[x509.Certificate], what: str) -> x509.Certificate:
    leaves = [certificate for certificate in found if not describe(certificate).is_ca] or found
    if len(leaves) > 1:
        raise PkiError(
            f"{what!r} holds {len(leaves)} certificates, expected one leaf",
            "give each in a file of its own, or by its serial number",
        )
    return leaves[0]


def _outcomes(
    revoked: Revoked,
    leaves: Sequence[x509.Certificate],
    before: Sequence[Revocation | None],
) -> list[Outcome]:
    found = [revoked.find(serial_number(leaf)) for leaf in leaves]
    return [
        Outcome(leaf, now, is_new=earlier is None)
        for leaf, now, earlier in zip(leaves, found, before, strict=True)
        if now is not None
    ]


def _require_leaf_of(leaf: x509.Certificate, issuing: x509.Certificate) -> None:
    name = leaf.subject.rfc4514_string() or serial_number(leaf)
    if leaf == issuing or leaf.subject == leaf.issuer:
        raise PkiError(
            f"{name!r} is a CA, and our CRL speaks of leaves alone",
            "take it out of every truststore, and make a new PKI:"
            " PKI_HOME=.pki-new python -m pki init",
        )
    if not is_issued_by(leaf, issuing):
        raise PkiError(
            f"{name!r} was issued by another CA, {leaf.issuer.rfc4514_string()!r}",
            "let that CA revoke it",
        )
    if _is_responder(leaf):
        raise PkiError(
            f"{name!r} signs OCSP answers: nobody asks whether it is revoked",
            "make another, and let it expire: rm -r .pki/ocsp; python -m pki serve",
        )


def _is_responder(leaf: x509.Certificate) -> bool:
    try:
        leaf.extensions.get_extension_for_class(x509.OCSPNoCheck)
    except x509.ExtensionNotFound:
        return False
    return True
