"""Why there is no path from a leaf to a root: looked for only once there is none."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime

from cryptography import x509

from .ancestry import Ancestry
from .issuers import FEW, Named, is_signed_by
from .path import MAX_AUTHORITIES, Candidates
from .purposes import folded, key_identifiers, name
from .verdict import Fault

_LONGEST = 100
_PASSED_OVER = ("chain-member-expired", "chain-member-not-yet-valid")
_Certificates = Sequence[x509.Certificate]


def why_no_issuer(ancestry: Ancestry, truststore: Named, ignored: _Certificates) -> Fault | None:
    """Return why no CA stands above the leaf, if none does.

    In this order: a CA of the issuer's name has another key identifier than is asked for, or
    another key; a name differs in spelling alone; no CA has the name.
    *ignored*: what the client sent and the front does not read.
    """
    leaf = ancestry.leaf
    if ancestry.issuers[leaf]:
        return None
    wanted = name(leaf.issuer)
    for namesake in ancestry.namesakes[leaf][-FEW:]:
        identifiers = key_identifiers(leaf, namesake)
        if identifiers and is_signed_by(leaf, namesake):
            found = f"{wanted!r} has the key identifier {identifiers[1]!r}"
            expected = f"the leaf asks for {identifiers[0]!r}"
            return Fault("issuer-has-another-identifier", f"{found}, {expected}")
    if ancestry.namesakes[leaf]:
        found = f"a CA called {wanted!r} is there, but the leaf is not signed with its key"
        return Fault("issuer-has-another-key", f"{found}: is it an earlier or a later one?")
    for authority in truststore.spelled(folded(leaf.issuer))[:1]:
        found = f"the leaf writes its issuer {wanted!r}"
        expected = f"the truststore has {name(authority.subject)!r} in another spelling"
        return Fault("issuer-spelled-differently", f"{found}, {expected} or encoding")
    return Fault("issuer-not-found", f"no CA called {wanted!r} is there{_sent(leaf, ignored)}")


def why_no_root(ancestry: Ancestry, anchors: _Certificates, ignored: _Certificates) -> Fault | None:
    """Return which issuer is missing, if no root of the truststore stands above the leaf."""
    if anchors:
        return None
    tops = [ca for ca in ancestry.authorities() if not ancestry.issuers[ca]]
    if not tops:
        found = "the CAs above the leaf issued each other"
        return Fault("chain-incomplete", f"{found}, expected one that signed itself")
    top = tops[0]
    if top in ancestry.roots:
        found = f"the root {name(top.subject)!r} was sent by the client"
        return Fault("chain-incomplete", f"{found}, expected it in the truststore")
    missing = f"{name(top.subject)!r} is there, its issuer {name(top.issuer)!r} is missing"
    if ancestry.namesakes[top]:
        missing += ": a CA of that name is there, but has another key"
    return Fault("chain-incomplete", f"{missing}{_sent(top, ignored)}")


def why_no_path(
    candidates: Candidates, reason: Fault, wrong: Sequence[Fault], now: datetime
) -> Fault:
    """Return why no path leads to a root, though CAs lead to one.

    In this order: the verifier finds one when it is asked again for a longer one, unless *reason*,
    its own, is that it took too long; what is *wrong* with the nearest CA on the way by itself; the
    verifier's reason.
    """
    longer = reason if reason.code == "search-too-large" else candidates.path(now, _LONGEST)
    if isinstance(longer, tuple):
        found = f"{len(longer) - 1} CAs stand above the leaf"
        return Fault("chain-too-long", f"{found}, expected up to {MAX_AUTHORITIES}")
    return wrong[0] if wrong else longer


def why_doubtful(
    ancestry: Ancestry,
    faults: Mapping[x509.Certificate, Fault],
    trusted: AbstractSet[x509.Certificate],
    truststore: Named,
) -> Fault | None:
    """Return which other CA of *truststore* might be taken, and lead to no good, though a path is.

    A verifier that does not turn back, as OpenSSL's, may go its way; expired ones it passes over.
    """
    for authority in ancestry.authorities():
        fault = faults.get(authority)
        if authority not in truststore or (fault and fault.code in _PASSED_OVER):
            continue
        if fault:
            return Fault("several-paths", f"beside a good path there is {fault.because}")
        if not ancestry.issuers[authority] and authority not in trusted:
            found = f"beside a good path there is {name(authority.subject)!r}"
            return Fault("several-paths", f"{found}, without its issuer {name(authority.issuer)!r}")
    return None


def _sent(child: x509.Certificate, ignored: _Certificates) -> str:
    if any(is_signed_by(child, sent) for sent in ignored[:FEW]):
        return "; the client sent it, but only the truststore is read"
    return ""
