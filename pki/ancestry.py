"""Which CAs stand above a leaf, by name and signature: what a path can be made of."""

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from .errors import UNREADABLE
from .purposes import (
    asks_by_number,
    authority_key_identifier,
    form_fault,
    key_identifier,
    key_identifiers,
)
from .search import Search, cost_of_key, cost_of_size
from .tbs import parts

#: As many as API Gateway's largest truststore has certificates, if they are with P-256 or RSA, or
#: what takes as long; then the search is given up.
MAX_SIGNATURES = 1000
_NAMESAKES = 8

_Certificates = dict[x509.Certificate, list[x509.Certificate]]


@dataclass(slots=True)
class Ancestry:
    """The CAs above *leaf*.

    issuers: of the leaf and of each CA above it, those that issued it; namesakes: those that bear
    the name of its issuer and did not issue it, and a few that have another key identifier than it
    asks for; roots: those that signed themselves; is_complete: False if the search was given up
    after MAX_SIGNATURES.
    """

    leaf: x509.Certificate
    issuers: _Certificates = field(default_factory=dict)
    namesakes: _Certificates = field(default_factory=dict)
    roots: set[x509.Certificate] = field(default_factory=set)
    is_complete: bool = True

    def authorities(self) -> list[x509.Certificate]:
        """Return all CAs above the leaf, nearest first, each once."""
        return list(dict.fromkeys(ca for above in self.issuers.values() for ca in above))

    def shortest_route(self, to: Sequence[x509.Certificate]) -> list[x509.Certificate]:
        """Return the CAs from above the leaf up to the nearest of *to*; empty if none leads there.

        It only says where to look for what is wrong: it is no verified path.
        """
        below: dict[x509.Certificate, x509.Certificate] = {}
        waiting = deque([self.leaf])
        while waiting:
            here = waiting.popleft()
            if here in to:
                route = [here]
                while (child := below[route[0]]) is not self.leaf:
                    route.insert(0, child)
                return route
            for issuer in self.issuers.get(here, ()):
                if issuer not in below:
                    below[issuer] = here
                    waiting.append(issuer)
        return []


def trace(
    leaf: x509.Certificate,
    candidates: Iterable[x509.Certificate],
    search: Search | None = None,
) -> Ancestry:
    """Return the CAs of *candidates* above the well-formed *leaf*, right or wrong.

    Malformed candidates are passed over. A CA stands above another certificate if that bears its
    name as the issuer's, octet for octet (RFC 5280, 7.1, would compare more kindly), does not ask
    for another key identifier (4.2.1.1), and is signed with its key (6.1.3). What a root would be
    issued by is not looked for. *search*: what it may cost; MAX_SIGNATURES by default.
    """
    ancestry = Ancestry(leaf)
    search = search or Search(MAX_SIGNATURES)
    named = _Named(candidates)
    waiting = deque([leaf])
    while waiting:
        child = waiting.popleft()
        if child in ancestry.issuers:
            continue
        if is_signed_by(child, child, search) and not key_identifiers(child, child):
            ancestry.roots.add(child)
            ancestry.issuers[child], ancestry.namesakes[child] = [], []
            continue
        namesakes = named.of(parts(child).issuer)
        likely = namesakes.who_may_have_issued(child)
        issuers, others = _told_apart(child, likely, search)
        ancestry.issuers[child] = issuers
        ancestry.namesakes[child] = [*others, *namesakes.a_few_besides(likely)]
        waiting.extend(issuers)
    ancestry.is_complete = not search.is_over
    return ancestry


def is_signed_by(
    certificate: x509.Certificate, issuer: x509.Certificate, search: Search | None = None
) -> bool:
    """Whether *issuer*'s name and key stand behind *certificate* (RFC 5280, 6.1.3).

    No if nobody is to use that key (search.cost_of_key), or once *search* is over.
    """
    child = parts(certificate)
    if child.issuer != (child if certificate is issuer else parts(issuer)).subject:
        return False
    cost = cost_of_key(issuer)
    if not cost or (search and not search.may(cost + cost_of_size(child.size))):
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (*UNREADABLE, InvalidSignature):
        return False
    return True


def _told_apart(
    child: x509.Certificate, candidates: Iterable[x509.Certificate], search: Search
) -> tuple[list[x509.Certificate], list[x509.Certificate]]:
    """Return of *candidates* those that issued *child*, and the others."""
    issuers, others = list[x509.Certificate](), list[x509.Certificate]()
    by_number = asks_by_number(authority_key_identifier(child))
    for candidate in candidates:
        if search.is_over:
            break
        if candidate == child:
            continue
        if by_number and not search.may(1 + cost_of_size(parts(child).size)):
            break
        is_another = by_number and key_identifiers(child, candidate) is not None
        is_issuer = not is_another and is_signed_by(child, candidate, search)
        (issuers if is_issuer else others).append(candidate)
    return issuers, others


@dataclass(frozen=True, slots=True)
class _Namesakes:
    """Well-formed certificates with one subject, in their order, and by key identifier."""

    every: list[x509.Certificate]
    by_identifier: dict[bytes | None, list[x509.Certificate]]

    def who_may_have_issued(self, child: x509.Certificate) -> list[x509.Certificate]:
        """Return those that have no other key identifier than *child* asks for."""
        above = authority_key_identifier(child)
        if above is None or above.key_identifier is None:
            return self.every
        same = self.by_identifier.get(above.key_identifier, [])
        return [*same, *self.by_identifier.get(None, [])]

    def a_few_besides(self, these: Iterable[x509.Certificate]) -> list[x509.Certificate]:
        """Return some that are not among *these*."""
        known = set(these)
        return list(islice((one for one in self.every if one not in known), _NAMESAKES))


class _Named:
    """Certificates by subject, octet for octet."""

    def __init__(self, certificates: Iterable[x509.Certificate]) -> None:
        self._by_subject: dict[bytes, list[x509.Certificate]] = defaultdict(list)
        self._known: dict[bytes, _Namesakes] = {}
        for certificate in dict.fromkeys(certificates):
            self._by_subject[parts(certificate).subject].append(certificate)

    def of(self, subject: bytes) -> _Namesakes:
        """Return those with *subject*, without the malformed ones."""
        if subject not in self._known:
            found = [one for one in self._by_subject.get(subject, ()) if not _is_malformed(one)]
            by_identifier = defaultdict(list)
            for one in found:
                by_identifier[key_identifier(one)].append(one)
            self._known[subject] = _Namesakes(found, by_identifier)
        return self._known[subject]


def _is_malformed(certificate: x509.Certificate) -> bool:
    fault = form_fault(certificate)
    return fault is not None and fault.code == "malformed"
