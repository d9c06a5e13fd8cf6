"""Of a truststore, the CAs that can matter to a leaf; and which leaves are alike before them."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, PublicKeyAlgorithmOID, SignatureAlgorithmOID

from . import public_keys
from .algorithms import validity_fault
from .errors import UNREADABLE
from .issuers import is_signed_by
from .purposes import form_fault, name

#: What they say differs from leaf to leaf, and no front looks at it unless names are constrained.
_OWN = {
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    ExtensionOID.SUBJECT_KEY_IDENTIFIER,
    ExtensionOID.AUTHORITY_INFORMATION_ACCESS,
    ExtensionOID.CRL_DISTRIBUTION_POINTS,
}


@dataclass(frozen=True, slots=True)
class Kin:
    """The *certificates* that can matter to a leaf; constrains: one of them constrains names."""

    certificates: tuple[x509.Certificate, ...] = ()
    constrains: bool = False


class Relevant:
    """The certificates of *truststore* by name; asked again for the same issuer, it remembers.

    What `decide()` says of a leaf that came alone depends on these only: it goes from a name to
    the certificates that bear it, and of others it asks whether they spell it differently.
    """

    def __init__(self, truststore: Sequence[x509.Certificate]) -> None:
        self._by_subject: dict[bytes, list[x509.Certificate]] = defaultdict(list)
        self._by_spelling: dict[str, list[x509.Certificate]] = defaultdict(list)
        self._known: dict[bytes, Kin] = {}
        for certificate in truststore:
            try:
                subject = certificate.subject.public_bytes()
                self._by_spelling[_folded(certificate.subject)].append(certificate)
                self._by_subject[subject].append(certificate)
            except UNREADABLE:
                continue

    def to(self, leaf: x509.Certificate) -> Kin:
        """Return the certificates that can matter to *leaf*; none, if its issuer is unreadable."""
        try:
            issuer = leaf.issuer.public_bytes()
            if issuer not in self._known:
                self._known[issuer] = self._kin(issuer, _folded(leaf.issuer))
        except UNREADABLE:
            return Kin()
        return self._known[issuer]

    def _kin(self, issuer: bytes, spelling: str) -> Kin:
        found: list[x509.Certificate] = []
        seen, waiting = {issuer}, [issuer]
        while waiting:
            for certificate in self._by_subject.get(waiting.pop(), ()):
                found.append(certificate)
                above = certificate.issuer.public_bytes()
                if above not in seen:
                    seen.add(above)
                    waiting.append(above)
        found += self._by_spelling.get(spelling, ())
        return Kin(tuple(dict.fromkeys(found)), any(map(_constrains, found)))


def likeness(leaf: x509.Certificate, kin: Kin, now: datetime) -> Hashable | None:
    """Return what is equal of two leaves that `decide()` takes the same path for, at *now*.

    None for a leaf that must be asked about by itself: one that is odd or not valid now, or whose
    names count, because a CA constrains them.
    """
    if kin.constrains:
        return None
    try:
        if form_fault(leaf) or validity_fault(leaf, now) or leaf.subject == leaf.issuer:
            return None
        if leaf.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSASSA_PSS:
            return None
        if leaf.signature_algorithm_oid == SignatureAlgorithmOID.RSASSA_PSS:
            return None
        signers = frozenset(above for above in kin.certificates if is_signed_by(leaf, above))
        extensions = tuple(
            (one.oid, one.critical, None if one.oid in _OWN else one.value.public_bytes())
            for one in leaf.extensions
        )
        key = public_keys.describe(leaf.public_key())
    except (*UNREADABLE, NotImplementedError):
        return None
    names = leaf.issuer.public_bytes(), bool(leaf.subject.rdns)
    return names, leaf.signature_algorithm_oid, key, extensions, signers


def _constrains(certificate: x509.Certificate) -> bool:
    try:
        certificate.extensions.get_extension_for_class(x509.NameConstraints)
    except x509.ExtensionNotFound:
        return False
    except UNREADABLE:
        return True
    return True


def _folded(of: x509.Name) -> str:
    return " ".join(name(of).casefold().split())
