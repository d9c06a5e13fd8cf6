"""Who issued a certificate: by name, key identifier and signature, as far as a search may go."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, islice

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
from .search import Search, cost_of_key, cost_of_size, cost_of_sorting
from .signature import verify
from .tbs import parts

#: Of those that have another key identifier than is asked for, as many are told.
FEW = 8
_Certificates = list[x509.Certificate]


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
        verify(certificate, child, issuer)
    except (*UNREADABLE, InvalidSignature):
        return False
    return True


class Named:
    """Certificates by subject, octet for octet."""

    def __init__(self, certificates: Iterable[x509.Certificate]) -> None:
        self._by_subject: dict[bytes, list[tuple[x509.Certificate, bytes]]] = defaultdict(list)
        self._known: dict[bytes, _Namesakes] = {}
        for certificate in dict.fromkeys(certificates):
            found = parts(certificate)
            self._by_subject[found.subject].append((certificate, found.key))

    def issuers_of(
        self, child: x509.Certificate, search: Search
    ) -> tuple[_Certificates, _Certificates]:
        """Return who issued *child*, and who bears that name and did not; *child* is neither.

        Malformed ones are left out. Of those with another key identifier than *child* asks for
        (RFC 5280, 4.2.1.1) the latter end with FEW: whether these signed it is not looked at. If
        *search* does not reach for all nobody is asked: half an answer would be none.
        """
        own = parts(child)
        namesakes = self._of(own.issuer)
        above = authority_key_identifier(child)
        wanted = above.key_identifier if above else None
        issuers, others = _told_apart(child, namesakes.likely(wanted), search)
        return issuers, [*others, *namesakes.unlikely(wanted)]

    def _of(self, subject: bytes) -> "_Namesakes":
        if subject not in self._known:
            self._known[subject] = _namesakes(self._by_subject.get(subject, ()))
        return self._known[subject]


@dataclass(frozen=True, slots=True)
class _Namesake:
    certificate: x509.Certificate
    key: bytes
    cost: int  #: of a signature by it


@dataclass(frozen=True, slots=True)
class _Namesakes:
    """Certificates with one subject, in their order, and by key identifier."""

    every: list[_Namesake]
    by_identifier: Mapping[bytes | None, list[_Namesake]]

    def likely(self, wanted: bytes | None) -> list[_Namesake]:
        """Return those that have no other key identifier than *wanted*."""
        if wanted is None:
            return self.every
        return [*self.by_identifier.get(wanted, ()), *self.by_identifier.get(None, ())]

    def unlikely(self, wanted: bytes | None) -> _Certificates:
        """Return a few of those that have another."""
        same = set(self.by_identifier) if wanted is None else {None, wanted}
        groups = (group for known, group in self.by_identifier.items() if known not in same)
        return [one.certificate for one in islice(chain.from_iterable(groups), FEW)]


def _namesakes(found: Iterable[tuple[x509.Certificate, bytes]]) -> _Namesakes:
    every: list[_Namesake] = []
    by_identifier: dict[bytes | None, list[_Namesake]] = defaultdict(list)
    for certificate, key in found:
        if not _is_malformed(certificate):
            namesake = _Namesake(certificate, key, cost_of_key(certificate))
            every.append(namesake)
            by_identifier[key_identifier(certificate)].append(namesake)
    return _Namesakes(every, by_identifier)


def _told_apart(
    child: x509.Certificate, candidates: list[_Namesake], search: Search
) -> tuple[_Certificates, _Certificates]:
    """Return of *candidates* those that issued *child*, and the others."""
    others = [one.certificate for one in candidates if one.certificate != child]
    size = cost_of_size(parts(child).size)
    cost = cost_of_sorting(len(candidates))
    if asks_by_number(authority_key_identifier(child)):
        cost += len(candidates) * (1 + size)
        if not search.may(cost):
            return [], others
        candidates = [o for o in candidates if key_identifiers(child, o.certificate) is None]
        cost = 0
    by_key = {one.key: one for one in candidates}
    if not search.may(cost + sum(one.cost + size for one in by_key.values())):
        return [], others
    signers = {key for key, one in by_key.items() if is_signed_by(child, one.certificate)}
    issuers = [one.certificate for one in candidates if one.key in signers]
    issuers = [one for one in issuers if one != child]
    known = set(issuers)
    return issuers, [one for one in others if one not in known]


def _is_malformed(certificate: x509.Certificate) -> bool:
    fault = form_fault(certificate)
    return fault is not None and fault.code == "malformed"
