"""Would API Gateway or ALB accept this client certificate, and if not, why.

What AWS documents is followed. Where its behaviour is not confirmed the answer is the stricter
one, with a row of unconfirmed.py as its source. Revocation is not looked at here: API Gateway
never asks, and ALB asks the CRLs that were imported.
"""

import warnings
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509

from .algorithms import key_fault, signature_fault, validity_fault
from .ancestry import MAX_SIGNATURES, Ancestry, trace
from .errors import UNREADABLE
from .issuers import Named, is_signed_by
from .path import MAX_AUTHORITIES, Candidates
from .purposes import (
    authority_fault,
    constraints_fault,
    form_fault,
    leaf_fault,
    name,
    names_host_in_common_name,
)
from .reasons import refused
from .refusal import why_doubtful, why_no_issuer, why_no_path, why_no_root
from .search import Search
from .verdict import Accepted, Fault, Front, Refused, Verdict

__all__ = ["MAX_AUTHORITIES", "MAX_SENT", "Accepted", "Front", "Refused", "Verdict", "decide"]

#: Anybody may send them, and each makes the search longer.
MAX_SENT = 8


def decide(
    leaf: x509.Certificate,
    sent_chain: Sequence[x509.Certificate],
    truststore: Collection[x509.Certificate],
    *,
    front: Front,
    now: datetime,
    search: Search | None = None,
) -> Verdict:
    """Return whether *front* accepts *leaf* at the aware time *now*, and why not.

    1. the leaf is well-formed, valid at *now*, and *front* takes its key and the signature on it;
    2. it did not sign itself, is no CA, and is for TLS clients;
    3. CAs of *truststore* (for ALB, of at most MAX_SENT in *sent_chain* too) stand above it, up to
       a root of *truststore* that signed itself;
    4. each of them is right by itself: well-formed, a CA that may issue, valid at *now*, with a key
       and a signature that *front* takes;
    5. cryptography's verifier makes a path of at most MAX_AUTHORITIES of them (RFC 5280, 6.1);
    6. no other CA of *truststore* that stands above it, and is valid, leads anywhere else.

    *search*: what looking for the CAs may cost; MAX_SIGNATURES by default.

    The first that fails is the reason. Nothing is raised for a certificate that could be loaded:
    a malformed leaf is refused, and malformed others are passed over.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cryptography warns of much that is refused here
        try:
            found = _decide(_Question(leaf, sent_chain, Named.of(truststore), front, now, search))
        except UNREADABLE as error:
            found = Fault("malformed", f"a certificate is malformed: {error}")
    return refused(found, front) if isinstance(found, Fault) else found


@dataclass(frozen=True, slots=True)
class _Question:
    leaf: x509.Certificate
    sent: Sequence[x509.Certificate]
    truststore: Named
    front: Front
    now: datetime
    search: Search | None

    @property
    def hints(self) -> Sequence[x509.Certificate]:
        return self.sent if self.front == "alb" else ()

    @property
    def ignored(self) -> Sequence[x509.Certificate]:
        return () if self.front == "alb" else self.sent


def _decide(question: _Question) -> Accepted | Fault:
    leaf = question.leaf
    fault = _leaf_fault(question) or _crowd(question.hints)
    if fault:
        return fault
    ancestry = trace(leaf, question.truststore, question.hints, question.search)
    if not ancestry.is_complete:
        found = f"gave up after {MAX_SIGNATURES:,} signatures"
        return Fault("search-too-large", f"{found}: too many CAs have the same name")
    authorities = ancestry.authorities()
    trusted = {root for root in ancestry.roots if root in question.truststore}
    anchors = [authority for authority in authorities if authority in trusted]
    fault = why_no_issuer(ancestry, question.truststore, question.ignored) or why_no_root(
        ancestry, anchors, question.ignored
    )
    if fault:
        return fault
    faults = _authority_faults(ancestry, question)
    candidates = Candidates(
        leaf,
        [root for root in anchors if root not in faults],
        [a for a in authorities if a not in ancestry.roots and a not in faults],
    )
    path = candidates.path(question.now)
    if isinstance(path, Fault):
        wrong = [faults[a] for a in ancestry.shortest_route(anchors) if a in faults]
        return why_no_path(candidates, path, wrong, question.now)
    doubt = why_doubtful(ancestry, faults, trusted, question.truststore)
    return doubt or Accepted(
        path,
        max(certificate.not_valid_before_utc for certificate in path),
        min(certificate.not_valid_after_utc for certificate in path),
    )


def _leaf_fault(question: _Question) -> Fault | None:
    leaf, front = question.leaf, question.front
    return (
        form_fault(leaf)
        or validity_fault(leaf, question.now)
        or key_fault(leaf, front)
        or signature_fault(leaf, front)
        or _self_signed(leaf, question.truststore)
        or leaf_fault(leaf)
    )


def _self_signed(leaf: x509.Certificate, truststore: Named) -> Fault | None:
    """Refuse a leaf that vouches for itself, be it in the truststore."""
    if not is_signed_by(leaf, leaf):
        return None
    found = f"{name(leaf.subject)!r} signed itself, expected a CA's signature"
    if leaf in truststore:
        return Fault("self-signed-listed", f"{found}, though it is in the truststore")
    return Fault("self-signed", found)


def _crowd(hints: Sequence[x509.Certificate]) -> Fault | None:
    if len(hints) <= MAX_SENT:
        return None
    found = f"{len(hints)} certificates were sent with the leaf"
    return Fault("too-many-sent", f"{found}, expected up to {MAX_SENT}")


def _authority_faults(ancestry: Ancestry, question: _Question) -> dict[x509.Certificate, Fault]:
    faults = {}
    names_host = names_host_in_common_name(ancestry.leaf)
    for authority in ancestry.authorities():
        is_root = authority in ancestry.roots
        fault = (
            form_fault(authority)
            or authority_fault(authority, question.front, question.now, is_root=is_root)
            or constraints_fault(authority, names_host=names_host)
        )
        if fault:
            because = f"{name(authority.subject)!r}: {fault.because}"
            faults[authority] = Fault(f"chain-member-{fault.code}", because)
    return faults
