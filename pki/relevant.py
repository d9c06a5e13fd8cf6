"""Of a truststore, the CAs that can matter to a leaf; and which leaves are alike before them."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtensionOID, PublicKeyAlgorithmOID, SignatureAlgorithmOID

from . import public_keys
from .algorithms import validity_fault
from .errors import UNREADABLE
from .issuers import FEW, Named, is_signed_by
from .purposes import folded, form_fault
from .search import Search, cost_of_sorting
from .tbs import parts

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
    """What of *truststore* matters to a leaf; asked again for the same issuers, it remembers.

    What `decide()` says of a leaf depends on these only: it goes from the names of its issuer, and
    of the issuers of what came with it, to the certificates that bear them, and of others it asks
    whether they spell that of its issuer differently.
    """

    def __init__(self, truststore: Named) -> None:
        self._truststore = truststore
        self._known: dict[frozenset[bytes], Kin] = {}

    def to(self, leaf: x509.Certificate, sent: Sequence[x509.Certificate] = ()) -> Kin:
        """Return the certificates that can matter to *leaf*; none, if its issuer is unreadable."""
        issuers = frozenset(parts(one).issuer for one in (leaf, *sent))
        try:
            if issuers not in self._known:
                self._known[issuers] = self._kin(issuers, folded(leaf.issuer))
        except UNREADABLE:
            return Kin()
        return self._known[issuers]

    def _kin(self, issuers: frozenset[bytes], spelling: str) -> Kin:
        found: list[x509.Certificate] = []
        seen, waiting = set(issuers), [*issuers]
        while waiting:
            for certificate in self._truststore.called(waiting.pop()):
                found.append(certificate)
                above = parts(certificate).issuer
                if above not in seen:
                    seen.add(above)
                    waiting.append(above)
        found += self._truststore.spelled(spelling)
        return Kin(tuple(dict.fromkeys(found)), any(map(_constrains, found)))


def likeness(
    leaf: x509.Certificate, truststore: Named, now: datetime, search: Search
) -> Hashable | None:
    """Return what is equal of two leaves that `decide()` takes the same path for, at *now*.

    None for a leaf that must be asked about by itself: one that is odd or not valid now. So must
    one whose names count, because a CA constrains them (Kin.constrains).
    """
    try:
        if form_fault(leaf) or validity_fault(leaf, now) or leaf.subject == leaf.issuer:
            return None
        if leaf.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSASSA_PSS:
            return None
        if leaf.signature_algorithm_oid == SignatureAlgorithmOID.RSASSA_PSS:
            return None
        issuers, others = truststore.issuers_of(leaf, search)
        search.may(cost_of_sorting(len(issuers) + len(others)))
        misidentified = [one for one in others[-FEW:] if is_signed_by(leaf, one, search)]
        signers = frozenset((*issuers, *misidentified))
        extensions = tuple(
            (one.oid, one.critical, None if one.oid in _OWN else one.value.public_bytes())
            for one in leaf.extensions
        )
        key = public_keys.describe(leaf.public_key())
    except (*UNREADABLE, NotImplementedError):
        return None
    names = parts(leaf).issuer, bool(leaf.subject.rdns)
    return names, leaf.signature_algorithm_oid, key, extensions, signers


def _constrains(certificate: x509.Certificate) -> bool:
    try:
        certificate.extensions.get_extension_for_class(x509.NameConstraints)
    except x509.ExtensionNotFound:
        return False
    except UNREADABLE:
        return True
    return True
