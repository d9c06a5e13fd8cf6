"""Who issued a certificate: by name, key identifier and signature, as far as a search may go."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from .errors import UNREADABLE
from .purposes import (
    asks_by_number,
    authority_key_identifier,
    folded,
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


class Named(Collection[x509.Certificate]):
    """Certificates, each once, in their order; and by subject, octet for octet.

    Whatever is asked of it is remembered, so that a thousand leaves may ask. *beside*: others that
    stand behind these, and are not among them.
    """

    def __init__(
        self, certificates: Iterable[x509.Certificate], beside: "Named | None" = None
    ) -> None:
        self._all = dict.fromkeys(certificates)
        self._beside = beside
        self._by_subject: dict[bytes, _Certificates] = defaultdict(list)
        self._by_spelling: dict[str, _Certificates] | None = None
        self._known: dict[bytes, _Namesakes] = {}
        self._issuers: dict[x509.Certificate, tuple[_Certificates, _Certificates, int]] = {}
        self._roots: dict[x509.Certificate, tuple[bool, int]] = {}
        for one in self._all:
            self._by_subject[parts(one).subject].append(one)

    @classmethod
    def of(cls, certificates: Collection[x509.Certificate]) -> "Named":
        """Return *certificates*, named if they are not."""
        return certificates if isinstance(certificates, Named) else cls(certificates)

    def __contains__(self, one: object) -> bool:
        """Whether *one* is among these."""
        return one in self._all

    def __iter__(self) -> Iterator[x509.Certificate]:
        """Give each, in their order."""
        return iter(self._all)

    def __len__(self) -> int:
        """Return how many these are."""
        return len(self._all)

    def called(self, subject: bytes) -> _Certificates:
        """Return those with *subject*, be they malformed or not; first those beside."""
        beside = self._beside.called(subject) if self._beside else ()
        return list(dict.fromkeys((*beside, *self._by_subject.get(subject, ()))))

    def spelled(self, spelling: str) -> _Certificates:
        """Return those whose subject is *spelling* as purposes.folded() has it."""
        if self._by_spelling is None:
            self._by_spelling = defaultdict(list)
            for one in self._all:
                with suppress(*UNREADABLE):
                    self._by_spelling[folded(one.subject)].append(one)
        return self._by_spelling.get(spelling, [])

    def is_root(self, one: x509.Certificate, search: Search) -> bool:
        """Whether *one* signed itself, and does not ask for another issuer (RFC 5280, 4.2.1.1)."""
        if self._beside and one in self._beside:
            return self._beside.is_root(one, search)
        if one in self._roots:
            is_root, cost = self._roots[one]
            return search.again(cost) and is_root
        before = search.cost
        is_root = is_signed_by(one, one, search) and not key_identifiers(one, one)
        if one in self._all and not search.is_over:
            self._roots[one] = is_root, search.cost - before
        return is_root

    def issuers_of(
        self, child: x509.Certificate, search: Search
    ) -> tuple[_Certificates, _Certificates]:
        """Return who issued *child*, and who bears that name and did not; *child* is neither.

        Malformed ones are left out. Of those with another key identifier than *child* asks for
        (RFC 5280, 4.2.1.1) the latter end with FEW: whether these signed it is not looked at. If
        *search* does not reach for all nobody is asked: half an answer would be none.
        """
        issuer = parts(child).issuer
        if self._beside and issuer not in self._by_subject:
            return self._beside.issuers_of(child, search)
        if child in self._issuers:
            issuers, others, cost = self._issuers[child]
            return (issuers, others) if search.again(cost) else ([], others)
        if issuer not in self._known:
            found = self.called(issuer)
            # Beside a truststore this is done for each leaf.
            if self._beside and not search.may(cost_of_sorting(len(found))):
                return [], []
            self._known[issuer] = _namesakes(found)
        namesakes, above = self._known[issuer], authority_key_identifier(child)
        wanted, before = above.key_identifier if above else None, search.cost
        issuers, others = _told_apart(child, namesakes.likely(wanted), search)
        others += namesakes.unlikely(wanted)
        if child in self._all and not search.is_over:
            self._issuers[child] = issuers, others, search.cost - before
        return issuers, others


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


def _namesakes(found: Iterable[x509.Certificate]) -> _Namesakes:
    every: list[_Namesake] = []
    by_identifier: dict[bytes | None, list[_Namesake]] = defaultdict(list)
    for certificate in found:
        if not _is_malformed(certificate):
            key = parts(certificate).key
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
    if asks_by_number(authority_key_identifier(child)):
        if not search.may(len(candidates) * (1 + size)):
            return [], others
        candidates = [o for o in candidates if key_identifiers(child, o.certificate) is None]
    by_key = {one.key: one for one in candidates}
    if not search.may(sum(one.cost + size for one in by_key.values())):
        return [], others
    signers = {key for key, one in by_key.items() if is_signed_by(child, one.certificate)}
    issuers = [one.certificate for one in candidates if one.key in signers]
    issuers = [one for one in issuers if one != child]
    known = set(issuers)
    return issuers, [one for one in others if one not in known]


def _is_malformed(certificate: x509.Certificate) -> bool:
    fault = form_fault(certificate)
    return fault is not None and fault.code == "malformed"
